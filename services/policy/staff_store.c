/*
 * staff_store - all SQL for the staff directory
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy.h"

#include "common/message.h"
#include "common/v1/options.pb-c.h"

#define SELECT_STAFF                                                                               \
    "SELECT staff_id, subject, role, position, authority_minor, currency_code, create_time,"       \
    " version FROM staff "

DB_STATEMENT(read_staff, "policy_read_staff", SELECT_STAFF "WHERE subject = $1");

/* $1 after which subject, $2 how many, $3 role or ''. */
#define PAGE "subject > $1 AND ($3 = '' OR role = $3) ORDER BY subject LIMIT $2"

DB_STATEMENT(list_staff, "policy_list_staff", SELECT_STAFF "WHERE " PAGE);
/* $4 position. */
DB_STATEMENT(list_position, "policy_list_position", SELECT_STAFF "WHERE position = $4 AND " PAGE);

/* $14 entry, $15 subject, $16 role, $17 position, $18 authority, $19 its currency. */
DB_STATEMENT(create_staff, "policy_create_staff",
             "WITH locked AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM staff WHERE subject = "
             "$15)), " CHANGE_KEYED
             ", changed AS (INSERT INTO staff (staff_id, subject, role, position, authority_minor,"
             " currency_code, create_time) SELECT $14, $15, $16, $17, $18, $19, $5 FROM keyed"
             " RETURNING version), " CHANGE_SAID CHANGE_COUNTS);

#define LOCKED                                                                                     \
    "WITH locked AS (SELECT staff_id FROM staff WHERE staff_id = $14 AND version = $15"            \
    " FOR UPDATE), "

/* $14 entry, $15 the version that was read, $16 .. $19 as above. */
DB_STATEMENT(update_staff, "policy_update_staff",
             LOCKED CHANGE_KEYED
             ", changed AS (UPDATE staff SET role = $16, position = $17, authority_minor = $18,"
             " currency_code = $19, version = version + 1 FROM keyed WHERE staff_id = $14"
             " RETURNING version), " CHANGE_SAID CHANGE_COUNTS);

/* $14, $15 as above. What is said of it has the version that a further change would have had. */
DB_STATEMENT(delete_staff, "policy_delete_staff",
             LOCKED CHANGE_KEYED ", changed AS (DELETE FROM staff USING keyed WHERE staff_id = $14"
                                 " RETURNING version + 1 AS version), " CHANGE_SAID CHANGE_COUNTS);

static const char *
role_name(int role)
{
    return contract_enum_name(&common__v1__role__descriptor, role);
}

/* A name that is not known is a newer daemon's: 0, unspecified. */
static int
role_of(const char *name)
{
    int role = 0;
    if (!contract_enum_value(&common__v1__role__descriptor, name, &role))
        return 0;
    return role;
}

static struct staff_row
row_from(const struct db_rows *rows, size_t row)
{
    return (struct staff_row){
        .staff_id = db_get_uuid(rows, row, 0),
        .subject = db_get_text(rows, row, 1),
        .role = role_of(db_get_text(rows, row, 2)),
        .position = db_get_text(rows, row, 3),
        .has_authority = !db_is_null(rows, row, 4),
        .authority_minor = db_get_int8(rows, row, 4),
        .currency_code = db_get_text(rows, row, 5),
        .create_time_us = db_get_time(rows, row, 6),
        .version = db_get_int8(rows, row, 7),
    };
}

Policy__V1__StaffMember *
staff_to_message(struct arena *arena, const struct staff_row *row)
{
    Policy__V1__StaffMember *message = arena_alloc(arena, sizeof *message);
    policy__v1__staff_member__init(message);
    message->staff_id = message_uuid(arena, &row->staff_id);
    message->subject = (char *)row->subject;
    message->role = (Common__V1__Role)row->role;
    message->position = (char *)row->position;
    if (row->has_authority) {
        message->authority = arena_alloc(arena, sizeof *message->authority);
        common__v1__money__init(message->authority);
        message->authority->minor = row->authority_minor;
        message->authority->currency_code = (char *)row->currency_code;
    }
    message->create_time = message_time(arena, row->create_time_us);
    message->version = row->version;
    return message;
}

enum err
staff_read_await(struct call *call, const char *subject, struct staff_row *ret_row)
{
    const struct db_param param = db_text(subject);
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_staff, &param, 1, &rows);
    if (err == OK)
        *ret_row = row_from(rows, 0);
    return err;
}

static void *
message_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct staff_row staff = row_from(rows, row);
    return staff_to_message(arena, &staff);
}

enum err
staff_list_await(struct call *call, const char *position, int role, const char *after_subject,
                 int32_t size, struct page *ret_page)
{
    bool is_all = position[0] == 0;
    const struct db_param params[] = {db_text(after_subject), page_limit(size),
                                      db_text(role == 0 ? "" : role_name(role)), db_text(position)};
    return page_read_await(svc_db(call->svc), call, is_all ? &list_staff : &list_position, params,
                           is_all ? 3 : 4, size, message_from_row, ret_page);
}

/* ---- writing ---- */

static struct db_param
authority_of(const struct staff_row *row)
{
    struct db_param param = db_int8(row->authority_minor);
    param.is_null = !row->has_authority;
    return param;
}

static enum err
commit_await(struct call *call, const struct staff_row *row, struct change *change)
{
    char staff_id[UUID_TEXT_SIZE];
    uuid_print(&row->staff_id, staff_id);
    change->aggregate_id = staff_id;
    change->owner_id = "";
    change->unit_serial = "";
    return change_commit_await(svc_db(call->svc), call, change);
}

enum err
staff_create_await(struct call *call, const struct staff_row *row, const ProtobufCMessage *event,
                   const ProtobufCMessage *response)
{
    const struct db_param params[] = {
        db_uuid(&row->staff_id),        db_text(row->subject), db_text(role_name(row->role)),
        db_text_or_null(row->position), authority_of(row),     db_text_or_null(row->currency_code)};
    struct change change = {
        .stmt = &create_staff,
        .is_creation = true,
        .time_us = row->create_time_us,
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &policy_v1_staff_member_created_contract,
        .event = event,
        .response = response,
    };
    return commit_await(call, row, &change);
}

enum err
staff_update_await(struct call *call, const struct staff_row *row, const ProtobufCMessage *event,
                   const ProtobufCMessage *response)
{
    const struct db_param params[] = {db_uuid(&row->staff_id),
                                      db_int8(row->version - 1),
                                      db_text(role_name(row->role)),
                                      db_text_or_null(row->position),
                                      authority_of(row),
                                      db_text_or_null(row->currency_code)};
    struct change change = {
        .stmt = &update_staff,
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &policy_v1_staff_member_updated_contract,
        .event = event,
        .response = response,
    };
    return commit_await(call, row, &change);
}

enum err
staff_delete_await(struct call *call, const struct staff_row *row, const ProtobufCMessage *event,
                   const ProtobufCMessage *response)
{
    const struct db_param params[] = {db_uuid(&row->staff_id), db_int8(row->version)};
    struct change change = {
        .stmt = &delete_staff,
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &policy_v1_staff_member_deleted_contract,
        .event = event,
        .response = response,
    };
    return commit_await(call, row, &change);
}
