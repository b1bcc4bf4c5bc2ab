/*
 * result_store - the one statement that counts answers
 */
// SPDX-License-Identifier: Apache-2.0
#include "result.h"

#define COUNT_IF(condition) ", count(*) FILTER (WHERE " condition ")"
#define NPS(k) COUNT_IF("nps = " #k)
#define CSAT(k) COUNT_IF("csat = " #k)
#define CES(k) COUNT_IF("ces = " #k)

enum { FIRST_NPS = 4, FIRST_CSAT = FIRST_NPS + NPS_MAX + 1, FIRST_CES = FIRST_CSAT + CSAT_MAX };

/* $1 template, $2 group, $3 from, $4 before, $5 zone. */
DB_STATEMENT(
    read_results, "surveys_read_results",
    "SELECT grouped, count(*)" COUNT_IF("state = 'DISMISSED'") COUNT_IF("state = 'ANSWERED'") NPS(
        0) NPS(1) NPS(2) NPS(3) NPS(4) NPS(5) NPS(6) NPS(7) NPS(8) NPS(9) NPS(10) CSAT(1) CSAT(2)
        CSAT(3) CSAT(4) CSAT(5) CES(1) CES(2) CES(3) CES(4) CES(5) CES(6) CES(
            7) " FROM (SELECT CASE $2::text WHEN 'CLAUSE' THEN clause_id WHEN 'PRODUCT' THEN sku"
               " WHEN 'CATEGORY' THEN category WHEN 'SERVICE_CENTRE' THEN service_centre"
               " WHEN 'REGION' THEN region WHEN 'MONTH' THEN to_char(send_time AT TIME ZONE $5, "
               "'YYYY-MM')"
               " WHEN 'CHANNEL' THEN coalesce(channel, '') ELSE '' END AS grouped, state, nps, "
               "csat, ces"
               " FROM invitations WHERE template_id = $1 AND state NOT IN ('SCHEDULED', 'NOT_SENT')"
               " AND ($3::timestamptz IS NULL OR send_time >= $3)"
               " AND ($4::timestamptz IS NULL OR send_time < $4)) AS asked"
               " GROUP BY grouped ORDER BY count(*) DESC, grouped LIMIT 500");

static struct result
make_result(const struct db_rows *rows, size_t row)
{
    struct result result = {
        .group = db_get_text(rows, row, 0),
        .sent_count = db_get_int8(rows, row, 1),
        .dismissed_count = db_get_int8(rows, row, 2),
        .answered_count = db_get_int8(rows, row, 3),
    };
    for (size_t k = 0; k <= NPS_MAX; k++)
        result.answers.nps[k] = db_get_int8(rows, row, FIRST_NPS + k);
    for (size_t k = 1; k <= CSAT_MAX; k++)
        result.answers.csat[k] = db_get_int8(rows, row, FIRST_CSAT + k - 1);
    for (size_t k = 1; k <= CES_MAX; k++)
        result.answers.ces[k] = db_get_int8(rows, row, FIRST_CES + k - 1);
    return result;
}

enum err
results_read_await(struct call *call, const struct result_wish *wish, struct result **ret_results,
                   size_t *ret_count)
{
    const struct db_param params[] = {
        db_text(wish->template_id),
        db_text(wish->group),
        surveys_time_or_null(wish->from_us),
        surveys_time_or_null(wish->before_us),
        db_text(wish->zone),
    };
    const struct db_rows *rows;
    *ret_count = 0;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_results, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    *ret_count = db_row_count(rows);
    *ret_results = arena_alloc(call->arena, *ret_count * sizeof **ret_results);
    for (size_t i = 0; i < *ret_count; i++)
        (*ret_results)[i] = make_result(rows, i);
    return OK;
}
