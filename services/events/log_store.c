/*
 * log_store - all SQL that reads the log
 *
 * A page is read in one statement with the ends of the log, so that all are of one moment. There
 * are four statements, one for each way to read: by position, by types, by aggregate, by owner.
 * What else is wished for is looked at in each row that the way leads to. By position the log is
 * read by its primary key, class by class; the other ways do not name the class, so that their own
 * index is taken however rare a type is.
 *
 * Each names the classes' tables and never `log` above them: of a partition that is attached while
 * a plan over `log` is made PostgreSQL does not tell the plan (docs/decisions/0016).
 */
// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include <inttypes.h>

#include "common/message.h"

/*
 * $1 behind this position, $2 up to this one, $3 how many events, $4 how many bytes, $5 types, $6
 * aggregate's type, $7 its id, $8 owner, $9 and $10 how many share the lanes and which of them it
 * is, $11 the reader's epoch.
 */
#define WANTED                                                                                     \
    " position > $1 AND position <= $2"                                                            \
    " AND (cardinality($5::text[]) = 0 OR type = ANY ($5))"                                        \
    " AND ($6::text IS NULL OR aggregate_type = $6)"                                               \
    " AND ($7::text IS NULL OR aggregate_id = $7) AND ($8::text IS NULL OR owner_id = $8)"         \
    " AND ($9::integer <= 1 OR lane % $9 = $10::integer)"                                          \
    " ORDER BY position LIMIT $3"

/* Both classes under a condition that leads there. */
#define BOTH(condition)                                                                            \
    "(SELECT * FROM log_lasting WHERE " condition " AND" WANTED                                    \
    ") UNION ALL (SELECT * FROM log_brief WHERE " condition " AND" WANTED ")"

/* An event takes about 128 bytes in an answer beside its texts and payload. The first one comes
 * however large it is. */
#define PAGE(source)                                                                               \
    "WITH found AS (SELECT * FROM (" source ") events ORDER BY position LIMIT $3),"                \
    " sized AS (SELECT *, row_number() OVER whole AS place, count(*) OVER () AS total,"            \
    " sum(128 + octet_length(payload) + octet_length(type) + octet_length(aggregate_type)"         \
    " + octet_length(aggregate_id) + octet_length(principal)"                                      \
    " + coalesce(octet_length(owner_id), 0) + coalesce(octet_length(unit_serial), 0)"              \
    " + coalesce(octet_length(trace), 0)) OVER whole AS size FROM found"                           \
    " WINDOW whole AS (ORDER BY position ROWS UNBOUNDED PRECEDING))"                               \
    " SELECT relay.epoch, relay.position,"                                                         \
    " (SELECT first_position FROM horizons WHERE class = 'lasting'),"                              \
    " (SELECT first_position FROM horizons WHERE class = 'brief'),"                                \
    " (SELECT min(first_position) FROM epochs WHERE epochs.epoch > $11), total,"                   \
    " e.position, event_id, type, aggregate_type,"                                                 \
    " aggregate_id, aggregate_version, lane::integer, event_time, append_time, owner_id,"          \
    " unit_serial, principal, trace, payload"                                                      \
    " FROM relay LEFT JOIN sized e ON place = 1 OR size <= $4 ORDER BY e.position"

DB_STATEMENT(read_by_position, "events_read_by_position",
             PAGE("(SELECT * FROM log_lasting WHERE class = 'lasting' AND" WANTED
                  ") UNION ALL (SELECT * FROM log_brief WHERE class = 'brief' AND" WANTED ")"));

DB_STATEMENT(read_by_types, "events_read_by_types",
             PAGE("SELECT each.* FROM (SELECT DISTINCT name FROM unnest($5::text[]) name) wanted,"
                  " LATERAL (" BOTH("type = wanted.name") ") each"));

DB_STATEMENT(read_by_aggregate, "events_read_by_aggregate",
             PAGE(BOTH("aggregate_type = $6 AND aggregate_id = $7")));

DB_STATEMENT(read_by_owner, "events_read_by_owner", PAGE(BOTH("owner_id = $8")));

DB_STATEMENT(read_ends, "events_read_log_ends",
             "SELECT epoch, position,"
             " (SELECT first_position FROM horizons WHERE class = 'lasting'),"
             " (SELECT first_position FROM horizons WHERE class = 'brief') FROM relay");

enum {
    FIRST_EVENT_COLUMN = 6,
    EVENTS_MAX = 500, /* more hardly ever fit into LOG_PAGE_BYTES_MAX */
};

static Events__V1__LoggedEvent *
read_event(struct arena *arena, const struct db_rows *rows, size_t row)
{
    Events__V1__LoggedEvent *event = arena_alloc(arena, sizeof *event);
    events__v1__logged_event__init(event);
    size_t column = FIRST_EVENT_COLUMN;
    event->position = db_get_int8(rows, row, column++);
    struct uuid event_id = db_get_uuid(rows, row, column++);
    event->event_id = message_uuid(arena, &event_id);
    event->type = (char *)db_get_text(rows, row, column++);
    event->aggregate_type = (char *)db_get_text(rows, row, column++);
    event->aggregate_id = (char *)db_get_text(rows, row, column++);
    event->aggregate_version = db_get_int8(rows, row, column++);
    event->lane = db_get_int4(rows, row, column++);
    event->event_time = message_time(arena, db_get_time(rows, row, column++));
    event->append_time = message_time(arena, db_get_time(rows, row, column++));
    event->owner_id = (char *)db_get_text(rows, row, column++);
    event->unit_serial = (char *)db_get_text(rows, row, column++);
    event->principal = (char *)db_get_text(rows, row, column++);
    event->trace = (char *)db_get_text(rows, row, column++);
    event->payload.data = (uint8_t *)db_get_bytea(rows, row, column, &event->payload.len);
    return event;
}

/* Fills the page with what was found up to `scan_end`, at most `limit` events. */
static void
fill_page(struct arena *arena, int limit, int64_t scan_end, const struct db_rows *rows,
          struct log_page *ret_page)
{
    size_t count = db_is_null(rows, 0, FIRST_EVENT_COLUMN) ? 0 : db_row_count(rows);
    struct log_page *page = ret_page;
    page->events = arena_alloc(arena, (count + 1) * sizeof(Events__V1__LoggedEvent *));
    page->count = count;
    for (size_t i = 0; i < count; i++)
        page->events[i] = read_event(arena, rows, i);
    bool is_cut =
        count > 0 && (db_get_int8(rows, 0, 5) > (int64_t)count || (int64_t)count == limit);
    int64_t last = page->ends.last_position;
    if (is_cut)
        page->next_after = page->events[count - 1]->position;
    else
        page->next_after = last < scan_end ? last : scan_end;
}

/* Positions have no holes, so a page that has one was not read rightly: better none. */
static enum err
check_page(struct call *call, const struct log_wish *wish, const struct log_page *page)
{
    int64_t count = (int64_t)page->count;
    int64_t first = count > 0 ? page->events[0]->position : 0;
    int64_t last = count > 0 ? page->events[count - 1]->position : 0;
    if (!log_has_hole(wish, count, first, last, page->next_after))
        return OK;
    return call_fail(call, ERR_UNAVAILABLE, "LOG_NOT_WHOLE",
                     "of the events up to position %" PRId64 " not all were found",
                     page->next_after);
}

static enum err
refuse_gap(struct call *call, const struct log_wish *wish, const struct log_ends *ends,
           const char *why)
{
    enum err err = call_fail(call, ERR_OUT_OF_RANGE, "RESYNC", "%s", why);
    call_add_detail(call, "epoch", "%" PRId64, ends->epoch);
    call_add_detail(call, "first_position", "%" PRId64, log_resync_position(wish, ends));
    call_add_detail(call, "last_position", "%" PRId64, ends->last_position);
    return err;
}

static const struct db_stmt *
choose_statement(const struct log_wish *wish)
{
    switch (log_choose_way(wish)) {
    case LOG_WAY_POSITION:
        return &read_by_position;
    case LOG_WAY_TYPES:
        return &read_by_types;
    case LOG_WAY_AGGREGATE:
        return &read_by_aggregate;
    case LOG_WAY_OWNER:
        break;
    }
    return &read_by_owner;
}

enum err
log_read_await(struct call *call, const struct log_wish *wish, struct log_page *ret_page)
{
    int64_t scan_end = log_scan_end(wish);
    int limit = wish->limit < EVENTS_MAX ? wish->limit : EVENTS_MAX;
    const struct db_param params[] = {
        db_int8(wish->after),
        db_int8(scan_end),
        db_int8(limit),
        db_int8(LOG_PAGE_BYTES_MAX),
        db_text_array(call->arena, wish->types, wish->type_count),
        db_text_or_null(wish->aggregate_type),
        db_text_or_null(wish->aggregate_id),
        db_text_or_null(wish->owner_id),
        db_int4(wish->lane_count),
        db_int4(wish->lane),
        db_int8(wish->epoch),
    };
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, choose_statement(wish), params,
                                 COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    ret_page->ends = (struct log_ends){
        .epoch = db_get_int8(rows, 0, 0),
        .last_position = db_get_int8(rows, 0, 1),
        .first_lasting = db_get_int8(rows, 0, 2),
        .first_brief = db_get_int8(rows, 0, 3),
        .newer_first_position = db_is_null(rows, 0, 4) ? INT64_MAX : db_get_int8(rows, 0, 4),
    };
    const char *why = log_find_gap(wish, &ret_page->ends);
    if (why != NULL)
        return refuse_gap(call, wish, &ret_page->ends, why);
    fill_page(call->arena, limit, scan_end, rows, ret_page);
    return check_page(call, wish, ret_page);
}

enum err
log_read_ends_await(struct call *call, struct log_ends *ret_ends)
{
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_ends, NULL, 0, &rows);
    if (err != OK)
        return err;
    *ret_ends = (struct log_ends){
        .epoch = db_get_int8(rows, 0, 0),
        .last_position = db_get_int8(rows, 0, 1),
        .first_lasting = db_get_int8(rows, 0, 2),
        .first_brief = db_get_int8(rows, 0, 3),
        .newer_first_position = INT64_MAX,
    };
    return OK;
}
