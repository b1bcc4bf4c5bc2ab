/*
 * opt_out_store - all SQL for what people do not want to get
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include "common/message.h"

DB_STATEMENT(list_opt_outs, "notify_list_opt_outs",
             "SELECT category, create_time FROM opt_outs WHERE person_id = $1 ORDER BY category");

/* $1 person, $2 category. */
DB_STATEMENT(find_opt_out, "notify_find_opt_out",
             "SELECT EXISTS (SELECT FROM opt_outs WHERE person_id = $1 AND category = $2),"
             " coalesce((SELECT version FROM people WHERE person_id = $1), 0)");

/* A person's version counts what they said, both ways. */
#define COUNTED                                                                                    \
    "changed AS (INSERT INTO people (person_id) SELECT $14 FROM keyed"                             \
    " ON CONFLICT (person_id) DO UPDATE SET version = people.version + 1 RETURNING version), "

/* $14 person, $15 category. */
DB_STATEMENT(
    create_opt_out, "notify_create_opt_out",
    "WITH locked AS (SELECT 1), " CHANGE_KEYED ", " COUNTED
    "added AS (INSERT INTO opt_outs (person_id, category, create_time)"
    " SELECT $14, $15, $5 FROM changed ON CONFLICT DO NOTHING), " CHANGE_SAID CHANGE_COUNTS);

DB_STATEMENT(delete_opt_out, "notify_delete_opt_out",
             "WITH locked AS (SELECT 1), " CHANGE_KEYED ", " COUNTED
             "removed AS (DELETE FROM opt_outs USING changed WHERE person_id = $14"
             " AND category = $15), " CHANGE_SAID CHANGE_COUNTS);

enum err
opt_out_list_await(struct call *call, const char *person_id, Notify__V1__OptOutEntry ***ret_entries,
                   size_t *ret_count)
{
    const struct db_param params[] = {db_text(person_id)};
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &list_opt_outs, params, 1, &rows);
    size_t count = err == OK ? db_row_count(rows) : 0;
    Notify__V1__OptOutEntry **entries =
        arena_alloc(call->arena, (count + 2) * sizeof *entries); /* room for one more */
    for (size_t i = 0; i < count; i++) {
        entries[i] = arena_alloc(call->arena, sizeof *entries[i]);
        notify__v1__opt_out_entry__init(entries[i]);
        entries[i]->category = (Notify__V1__Notice__Category)notify_enum_of(
            &notify__v1__notice__category__descriptor, db_get_text(rows, i, 0));
        entries[i]->create_time = message_time(call->arena, db_get_time(rows, i, 1));
    }
    *ret_entries = entries;
    *ret_count = count;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
opt_out_find_await(struct call *call, const char *person_id, Notify__V1__Notice__Category category,
                   bool *ret_is_out, int64_t *ret_version)
{
    const struct db_param params[] = {
        db_text(person_id),
        db_text(notify_enum_name(&notify__v1__notice__category__descriptor, (int)category))};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &find_opt_out, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    *ret_is_out = db_get_bool(rows, 0, 0);
    *ret_version = db_get_int8(rows, 0, 1);
    return OK;
}

enum err
opt_out_write_await(struct call *call, const char *person_id, Notify__V1__Notice__Category category,
                    bool is_out, int64_t time_us, const ProtobufCMessage *response)
{
    const struct db_param params[] = {
        db_text(person_id),
        db_text(notify_enum_name(&notify__v1__notice__category__descriptor, (int)category))};
    Notify__V1__OptOutCreated created = NOTIFY__V1__OPT_OUT_CREATED__INIT;
    Notify__V1__OptOutDeleted deleted = NOTIFY__V1__OPT_OUT_DELETED__INIT;
    created.person_id = deleted.person_id = (char *)person_id;
    created.category = deleted.category = category;
    const struct change change = {
        .stmt = is_out ? &create_opt_out : &delete_opt_out,
        .is_creation = true,
        .time_us = time_us,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = person_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract =
            is_out ? &notify_v1_opt_out_created_contract : &notify_v1_opt_out_deleted_contract,
        .event = is_out ? &created.base : &deleted.base,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}
