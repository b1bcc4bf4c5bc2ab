/*
 * history_store - the SQL of a unit's life: lines as the consumer writes and the handler reads them
 */
// SPDX-License-Identifier: Apache-2.0
#include "history.h"

#include "common/clock.h"

/* $1 serial; $2 to $4 the place of the line to go on after, null for the first page; $5 how many;
 * $6 who asks, null for staff. */
DB_STATEMENT(read_history, "warranty_read_history",
             "SELECT line_date, record_time, line_id, kind, resource, summary FROM unit_history"
             " WHERE serial = $1 AND ($2::date IS NULL OR (line_date, record_time, line_id)"
             " > ($2, $3::timestamptz, $4::uuid))"
             " AND ($6::text IS NULL OR visible_to IS NULL OR visible_to = $6)"
             " ORDER BY line_date, record_time, line_id LIMIT $5");

void
history_params(struct arena *arena, const struct uuid *event_id, const struct history_line *lines,
               size_t count, struct db_param ret_params[HISTORY_PARAM_COUNT])
{
    const char **texts[HISTORY_PARAM_COUNT];
    char *event_text = arena_alloc(arena, UUID_TEXT_SIZE);
    uuid_print(event_id, event_text);
    for (size_t i = 0; i < HISTORY_PARAM_COUNT; i++)
        texts[i] = arena_alloc(arena, (count + 1) * sizeof(const char *));
    for (size_t i = 0; i < count; i++) {
        const struct history_line *line = &lines[i];
        char *day = arena_alloc(arena, DATE_TEXT_SIZE), *time = arena_alloc(arena, CLOCK_TEXT_SIZE);
        char *line_id = arena_alloc(arena, UUID_TEXT_SIZE);
        date_print(line->date, day);
        clock_print_us(line->record_time_us, time);
        uuid_print(&line->line_id, line_id);
        texts[0][i] = event_text;
        texts[1][i] = line->serial;
        texts[2][i] = day;
        texts[3][i] = time;
        texts[4][i] = line_id;
        texts[5][i] = line->kind;
        texts[6][i] = line->resource;
        texts[7][i] = line->visible_to != NULL ? line->visible_to : "*";
        texts[8][i] = line->summary;
    }
    for (size_t i = 0; i < HISTORY_PARAM_COUNT; i++)
        ret_params[i] = db_text_array(arena, texts[i], count);
}

static struct history_line
line_from_row(const struct db_rows *rows, size_t row, const char *serial)
{
    return (struct history_line){
        .serial = serial,
        .date = db_get_date(rows, row, 0),
        .record_time_us = db_get_time(rows, row, 1),
        .line_id = db_get_uuid(rows, row, 2),
        .kind = db_get_text(rows, row, 3),
        .resource = db_get_text(rows, row, 4),
        .summary = db_get_text(rows, row, 5),
    };
}

enum err
history_read_await(struct call *call, const char *serial, const char *viewer,
                   const struct history_line *after, int32_t size, struct history_line **ret_lines,
                   size_t *ret_count)
{
    const struct db_param params[] = {
        db_text(serial),          db_date(after->date), db_time(after->record_time_us),
        db_uuid(&after->line_id), page_limit(size),     db_text(viewer),
    };
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_history, params, COUNT_OF(params), &rows);
    *ret_count = 0;
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    size_t count = db_row_count(rows);
    struct history_line *lines = arena_alloc(call->arena, count * sizeof *lines);
    for (size_t i = 0; i < count; i++)
        lines[i] = line_from_row(rows, i, serial);
    *ret_lines = lines;
    *ret_count = count;
    return OK;
}
