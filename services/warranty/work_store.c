/*
 * work_store - the SQL of the worklist, which the consumer "views" keeps (views.h)
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <string.h>

#include "common/message.h"
#include "common/principal.h"

static void *
message_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct uuid item_id = db_get_uuid(rows, row, 0);
    bool is_claim = strcmp(db_get_text(rows, row, 6), "claim") == 0;
    Warranty__V1__WorkItem *item = arena_alloc(arena, sizeof *item);
    warranty__v1__work_item__init(item);
    item->resource = arena_printf(arena, "/v1/%s/%s", is_claim ? "claims" : "survey_loops",
                                  message_uuid(arena, &item_id));
    item->state = (char *)db_get_text(rows, row, 1);
    item->serial = (char *)db_get_text(rows, row, 2);
    item->due_time = message_time(arena, db_get_time(rows, row, 3));
    item->is_overdue = db_get_bool(rows, row, 4);
    item->assignee_id = (char *)db_get_text(rows, row, 5);
    return item;
}

/*
 * $1 and $2: the row to go on after; a null $2 for the first page. $3 how many, $4 the business
 * time, $5 due before, $6 whose (a pseudonym) or null. Events know people by pseudonym only: under
 * which subject staff know each other is the claim's own to say; of a loop, the surveys daemon's.
 */
DB_STATEMENT(
    list_work, "warranty_list_work",
    "SELECT w.item_id, w.state, w.serial, nullif(w.due_time, 'infinity') AS due_time,"
    " w.due_time < $4 AS is_overdue, CASE WHEN w.assignee_id IS NOT NULL THEN c.assignee_id END,"
    " w.kind FROM work_items w LEFT JOIN claims c ON w.kind = 'claim' AND c.claim_id = w.item_id"
    " WHERE NOT w.is_done AND ($2::uuid IS NULL OR (w.due_time, w.item_id)"
    " > (coalesce($1::timestamptz, 'infinity'), $2))"
    " AND ($5::timestamptz IS NULL OR w.due_time < $5)"
    " AND ($6::text IS NULL OR w.assignee_id = $6)"
    " ORDER BY w.due_time, w.item_id LIMIT $3");

static struct db_param
time_or_null(int64_t unix_us)
{
    struct db_param param = db_time(unix_us);
    param.is_null = unix_us == 0;
    return param;
}

enum err
work_list_await(struct call *call, const struct work_filter *filter, int32_t size,
                struct page *ret_page)
{
    char assignee[PRINCIPAL_PSEUDONYM_SIZE];
    principal_pseudonym("subject", filter->assignee_id != NULL ? filter->assignee_id : "",
                        assignee);
    const struct db_param params[] = {time_or_null(filter->after_due_us),
                                      db_uuid(filter->has_after ? &filter->after_id : NULL),
                                      page_limit(size),
                                      db_time(filter->now_us),
                                      time_or_null(filter->due_before_us),
                                      db_text(filter->assignee_id != NULL ? assignee : NULL)};
    return page_read_await(svc_db(call->svc), call, &list_work, params, COUNT_OF(params), size,
                           message_from_row, ret_page);
}
