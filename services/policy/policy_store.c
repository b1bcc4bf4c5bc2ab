/*
 * policy_store - the SQL that reads policies and the line of versions
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy.h"

#include <sodium.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"

enum { NUMBER_DIGITS_MAX = 15 };

#define SELECT_POLICIES                                                                            \
    "SELECT policy_id, state, version_number, title, languages, digest, effective_from,"           \
    " create_time, publish_time, revoke_time, revoke_reason, version FROM policies "

DB_STATEMENT(read_policy, "policy_read_policy", SELECT_POLICIES "WHERE policy_id = $1");
DB_STATEMENT(read_version, "policy_read_version", SELECT_POLICIES "WHERE version_number = $1");

/* $1 up to which day, $2 how many. */
DB_STATEMENT(list_in_force, "policy_list_in_force",
             SELECT_POLICIES "WHERE state = 'PUBLISHED' AND effective_from <= $1"
                             " ORDER BY effective_from DESC LIMIT $2");

/* $1 and $2: the row to go on after, newest first; null for the first page. $3 how many, $4 state
 * or ''. */
DB_STATEMENT(list_policies, "policy_list_policies",
             SELECT_POLICIES
             "WHERE ($1::timestamptz IS NULL OR (create_time, policy_id) < ($1, $2::uuid))"
             " AND ($4 = '' OR state = $4)"
             " ORDER BY create_time DESC, policy_id DESC LIMIT $3");

DB_STATEMENT(read_canonical, "policy_read_canonical",
             "SELECT canonical FROM policies WHERE policy_id = $1 AND version = $2");
DB_STATEMENT(read_content, "policy_read_content",
             "SELECT canonical, source FROM policies WHERE policy_id = $1 AND version = $2");

DB_STATEMENT(read_line, "policy_read_line",
             "SELECT revision, last_number,"
             " (SELECT count(*) FROM policies WHERE state = 'PUBLISHED'),"
             " (SELECT max(effective_from) FROM policies WHERE state = 'PUBLISHED') FROM line");

const char *
policy_digest_print(struct arena *arena, const void *digest)
{
    char *text = arena_alloc(arena, 2 * POLICY_DIGEST_BYTES + 1);
    sodium_bin2hex(text, 2 * POLICY_DIGEST_BYTES + 1, digest, POLICY_DIGEST_BYTES);
    return text;
}

/* What the database holds passed its CHECK, so a name that is not known is a newer daemon's: 0,
 * unspecified. */
static int
state_of(const char *name)
{
    int state = 0;
    if (!contract_enum_value(policy_v1_policy_state_machine.states, name, &state))
        return 0;
    return state;
}

static struct policy_row
row_from(const struct db_rows *rows, size_t row)
{
    size_t digest_bytes;
    return (struct policy_row){
        .policy_id = db_get_uuid(rows, row, 0),
        .state = state_of(db_get_text(rows, row, 1)),
        .version_number = db_get_int8(rows, row, 2),
        .title = db_get_text(rows, row, 3),
        .languages = db_get_text(rows, row, 4),
        .digest = db_get_bytea(rows, row, 5, &digest_bytes),
        .effective_from = db_get_date(rows, row, 6),
        .create_time_us = db_get_time(rows, row, 7),
        .publish_time_us = db_get_time(rows, row, 8),
        .revoke_time_us = db_get_time(rows, row, 9),
        .revoke_reason = db_get_text(rows, row, 10),
        .version = db_get_int8(rows, row, 11),
    };
}

static char **
split_languages(struct arena *arena, const char *languages, size_t *ret_count)
{
    char **tags = arena_alloc(arena, POLICY_LANGUAGES_MAX * sizeof *tags);
    size_t count = 0;
    char *left = arena_copy_text(arena, languages), *state = NULL;
    for (char *tag = strtok_r(left, " ", &state); tag != NULL && count < POLICY_LANGUAGES_MAX;
         tag = strtok_r(NULL, " ", &state))
        tags[count++] = tag;
    *ret_count = count;
    return tags;
}

Policy__V1__Policy *
policy_row_to_message(struct arena *arena, const struct policy_row *row)
{
    Policy__V1__Policy *message = arena_alloc(arena, sizeof *message);
    policy__v1__policy__init(message);
    message->policy_id = message_uuid(arena, &row->policy_id);
    message->version_number = row->version_number;
    message->state = row->state;
    message->title = (char *)row->title;
    message->languages = split_languages(arena, row->languages, &message->n_languages);
    message->digest = (char *)policy_digest_print(arena, row->digest);
    message->effective_from = message_date(arena, row->effective_from);
    message->create_time = message_time(arena, row->create_time_us);
    message->publish_time = message_time(arena, row->publish_time_us);
    message->revoke_time = message_time(arena, row->revoke_time_us);
    message->revoke_reason = (char *)row->revoke_reason;
    message->version = row->version;
    return message;
}

static enum err
fail_missing(struct call *call, const char *name)
{
    return call_fail(call, ERR_NOT_FOUND, "POLICY_MISSING", "there is no policy \"%s\"", name);
}

/* "3" as a number; 0: it is none. */
static int64_t
read_number(const char *name)
{
    size_t size = strlen(name);
    int64_t number = 0;
    if (size == 0 || size > NUMBER_DIGITS_MAX || name[0] == '0')
        return 0;
    for (size_t i = 0; i < size; i++) {
        if (name[i] < '0' || name[i] > '9')
            return 0;
        number = number * 10 + (name[i] - '0');
    }
    return number;
}

enum err
policy_row_find_await(struct call *call, const char *name, struct policy_row *ret_row)
{
    int64_t number = read_number(name);
    struct uuid policy_id;
    if (number == 0 && !uuid_parse(name, &policy_id))
        return fail_missing(call, name);
    const struct db_param param = number > 0 ? db_int8(number) : db_uuid(&policy_id);
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, number > 0 ? &read_version : &read_policy,
                                 &param, 1, &rows);
    if (err == ERR_NOT_FOUND)
        return fail_missing(call, name);
    if (err == OK)
        *ret_row = row_from(rows, 0);
    return err;
}

enum err
policy_rows_in_force_await(struct call *call, struct date day, size_t count,
                           struct policy_row *ret_rows, size_t *ret_count)
{
    const struct db_param params[] = {db_date(day), db_int8((int64_t)count)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &list_in_force, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    *ret_count = db_row_count(rows);
    for (size_t i = 0; i < *ret_count; i++)
        ret_rows[i] = row_from(rows, i);
    return OK;
}

enum err
policy_row_before_await(struct call *call, const struct policy_row *row,
                        struct policy_row *ret_before)
{
    bool is_draft = row->state == POLICY__V1__POLICY__STATE__DRAFT;
    struct date last = {9999, 12, 31};
    size_t count;
    return policy_rows_in_force_await(call, is_draft ? last : date_add(row->effective_from, 0, -1),
                                      1, ret_before, &count);
}

enum err
policy_content_await(struct call *call, const struct policy_row *row, bool with_source,
                     struct policy_content *ret_content)
{
    const struct db_param params[] = {db_uuid(&row->policy_id), db_int8(row->version)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, with_source ? &read_content : &read_canonical,
                      params, COUNT_OF(params), &rows);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, ERR_ABORTED, "LOST_RACE",
                         "the policy was changed by somebody else meanwhile");
    if (err != OK)
        return err;
    *ret_content = (struct policy_content){0};
    ret_content->canonical = db_get_bytea(rows, 0, 0, &ret_content->canonical_size_bytes);
    if (with_source)
        ret_content->source = db_get_bytea(rows, 0, 1, &ret_content->source_size_bytes);
    return OK;
}

enum err
policy_line_await(struct call *call, struct policy_line *ret_line)
{
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_line, NULL, 0, &rows);
    if (err == OK)
        *ret_line = (struct policy_line){
            .revision = db_get_int8(rows, 0, 0),
            .last_number = db_get_int8(rows, 0, 1),
            .published_count = db_get_int8(rows, 0, 2),
            .last_effective_from = db_get_date(rows, 0, 3),
        };
    return err;
}

static void *
message_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct policy_row policy = row_from(rows, row);
    return policy_row_to_message(arena, &policy);
}

enum err
policy_list_await(struct call *call, const struct policy_filter *filter, int32_t size,
                  struct page *ret_page)
{
    struct db_param time = db_time(filter->before_time_us);
    time.is_null = filter->before_time_us == 0;
    const struct db_param params[] = {
        time, db_uuid(time.is_null ? NULL : &filter->before_id), page_limit(size),
        db_text(filter->state == 0
                    ? ""
                    : contract_enum_name(policy_v1_policy_state_machine.states, filter->state))};
    return page_read_await(svc_db(call->svc), call, &list_policies, params, COUNT_OF(params), size,
                           message_from_row, ret_page);
}
