/*
 * history - a unit's life in lines, as events tell it: its facts, its claims, and what other
 * services say of it
 *
 * The lines are kept by the consumer "views" (views.h), so they come a moment after what they tell,
 * and what one service says stands beside what another does.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/zone.h"
#include "fact.h"

/* Who sees a line beside staff. */
#define HISTORY_FOR_ALL NULL /* who may see the unit */
#define HISTORY_FOR_STAFF "" /* nobody; else the pseudonym of the one customer who does */

/* A line, and its place in the order: day, time of recording, identity. */
struct history_line {
    const char *serial;
    struct date date;
    int64_t record_time_us;
    struct uuid line_id;    /* of the fact, claim, decision or event */
    const char *kind;       /* "DELIVERED", "CLAIM_SUBMITTED", "CLAIM_DECIDED" */
    const char *resource;   /* "/v1/claims/0190..."; "" if none tells more */
    const char *visible_to; /* not filled by reading */
    const char *summary;
};

/* ---- history_store.c ---- */

/*
 * Inserts the lines of the events that are `taken`, any number of each; those that are there stay.
 * Of a DB_BATCH (CONSUMER_EACH_TAKEN): its parameters $8 to $16 are history_params'; its own
 * further ones begin at $17. Arrays side by side: of those PostgreSQL expects few rows whatever
 * they hold, and so keeps one plan. Of a series over one array it expects a thousand, and plans
 * anew with each event, which costs more than the statement.
 */
#define HISTORY_ADDED                                                                              \
    "INSERT INTO unit_history (serial, line_date, record_time, line_id, kind, resource,"           \
    " visible_to, summary) SELECT h.serial, h.line_date::date, h.record_time::timestamptz,"        \
    " h.line_id::uuid, h.kind, h.resource, nullif(h.visible_to, '*'), h.summary FROM taken JOIN"   \
    " unnest($8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],"          \
    " $14::text[], $15::text[], $16::text[]) AS h (event_id, serial, line_date, record_time,"      \
    " line_id, kind, resource, visible_to, summary) ON h.event_id::uuid = taken.event_id"          \
    " ON CONFLICT DO NOTHING"
enum { HISTORY_PARAM_COUNT = 9 };
void history_params(struct arena *arena, const struct uuid *event_id,
                    const struct history_line *lines, size_t count,
                    struct db_param ret_params[HISTORY_PARAM_COUNT]);

/* Lines of a unit, oldest first, at most `size` + 1 of them: one more tells that there are more.
 * They begin after the place of `after` (an absent date: at the start). `viewer` narrows them to
 * what that customer sees, by pseudonym; NULL: all. */
enum err history_read_await(struct call *call, const char *serial, const char *viewer,
                            const struct history_line *after, int32_t size,
                            struct history_line **ret_lines, size_t *ret_count) MUST_CHECK;

/* ---- history_lines.c: pure ---- */

enum { HISTORY_FACT_LINES_MAX = 2 };

/* The day of what has none of its own, by the clocks of the company. */
struct date history_day(const struct zone *zone, int64_t unix_us);

/* The lines of a fact, one for each unit that it is about: HISTORY_FACT_LINES_MAX at most. Answers
 * how many; 0: it has no id that is one. */
size_t history_of_fact(struct arena *arena, const struct zone *zone,
                       const Warranty__V1__UnitFact *fact, struct history_line *ret_lines);

/* What an event says that this program knows no more of: "returns.v1.ReturnReceived" is
 * RETURN_RECEIVED. */
struct history_line history_of_event(struct arena *arena, const char *type,
                                     const char *aggregate_type, const char *aggregate_id);

/* "/v1/part-orders/<id>" for "part_order". In the arena. */
const char *history_resource(struct arena *arena, const char *aggregate_type,
                             const char *aggregate_id);
