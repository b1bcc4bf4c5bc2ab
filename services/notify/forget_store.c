/*
 * forget_store - the SQL that drops what is over for long; parts, attempts and attachments go along
 */
// SPDX-License-Identifier: Apache-2.0
#include "forget.h"

/* $1 the first identity that is kept, $2 how many. An array, so that each is found by its key
 * whatever the planner takes $2 for. */
#define FORGET(table, id, which)                                                                   \
    "WITH gone AS (DELETE FROM " table " WHERE " id " = ANY (ARRAY(SELECT " id " FROM " table      \
    " WHERE " id " < $1" which " ORDER BY " id                                                     \
    " LIMIT $2)) RETURNING 1) SELECT count(*) FROM gone"

DB_STATEMENT(forget_messages, "notify_forget_messages",
             FORGET("messages", "message_id", " AND state <> 'WAITING'"));
DB_STATEMENT(forget_deliveries, "notify_forget_deliveries",
             FORGET("deliveries", "delivery_id", " AND state <> 'WAITING'"));
DB_STATEMENT(forget_mails, "notify_forget_mails", FORGET("mails", "mail_id", ""));

/* $1 the first time that is kept, $2 how many. */
DB_STATEMENT(forget_mail_answers, "notify_forget_mail_answers",
             "WITH old AS (SELECT person_id FROM mail_answers WHERE answer_time < $1 LIMIT $2),"
             " gone AS (DELETE FROM mail_answers a USING old WHERE a.person_id = old.person_id"
             " AND a.answer_time < $1 RETURNING 1) SELECT count(*) FROM gone");

/* An identity is a UUID of version 7: its first 48 bits are the milliseconds. */
static struct uuid
first_of(int64_t time_us)
{
    int64_t ms = divide_floor(time_us, 1000);
    struct uuid first = {0};
    for (int i = 0; i < 6; i++)
        first.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    return first;
}

static enum err
forget_from_await(struct call *call, const struct db_stmt *stmt, struct db_param first,
                  unsigned count_max, unsigned *ret_count)
{
    const struct db_param params[] = {first, db_int8(count_max)};
    const struct db_rows *rows;
    enum err err =
        db_write_await(svc_db(call->svc), call, stmt, params, COUNT_OF(params), stmt->name, &rows);
    if (err == OK)
        *ret_count = (unsigned)db_get_int8(rows, 0, 0);
    return err;
}

static enum err
forget_await(struct call *call, const struct db_stmt *stmt, int64_t before_us, unsigned count_max,
             unsigned *ret_count)
{
    struct uuid first = first_of(before_us);
    return forget_from_await(call, stmt, db_uuid(&first), count_max, ret_count);
}

enum err
forget_messages_await(struct call *call, int64_t before_us, unsigned count_max, unsigned *ret_count)
{
    return forget_await(call, &forget_messages, before_us, count_max, ret_count);
}

enum err
forget_deliveries_await(struct call *call, int64_t before_us, unsigned count_max,
                        unsigned *ret_count)
{
    return forget_await(call, &forget_deliveries, before_us, count_max, ret_count);
}

enum err
forget_mails_await(struct call *call, int64_t before_us, unsigned count_max, unsigned *ret_count)
{
    return forget_await(call, &forget_mails, before_us, count_max, ret_count);
}

enum err
forget_mail_answers_await(struct call *call, int64_t before_us, unsigned count_max,
                          unsigned *ret_count)
{
    return forget_from_await(call, &forget_mail_answers, db_time(before_us), count_max, ret_count);
}
