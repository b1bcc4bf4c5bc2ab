/*
 * import_run - a batch of an import: reads the file from where the import stands
 *
 * Import at its version -> bytes -> head or rows -> judged -> one unit of work. The key of a batch
 * is the import's version before it, so a batch whose outcome is unknown finds its key used when it
 * is tried again. import_timer.c says when batches run.
 */
// SPDX-License-Identifier: Apache-2.0
#include "import.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"

/* One batch in the making. */
struct step {
    struct call *call;
    struct import *import;
    struct import_file *file;
    struct import_columns columns;
    struct import_batch batch;
    char *room; /* for the row that is read */
    struct csv_row row;
    struct import_row rows[IMPORT_ROWS];
    size_t row_count;
    size_t at; /* the next row, in the file's bytes */
    int64_t line_count;
    struct uuid forget_timer_id;
};

static const struct import_config *config;

void
import_init(const struct import_config *options)
{
    config = options;
}

/* ---- states ---- */

static void
end_import(struct step *step, Warranty__V1__Import__State state)
{
    const struct contract_machine *machine = &warranty_v1_import_state_machine;
    CHECK(contract_find_way(machine, step->import->state, "RunImport", (int)state) != NULL);
    step->import->state = (int)state;
    step->import->end_time_us = clock_now_us();
}

/* The file as a whole cannot be read on. Rows before stay what they became. */
static void
refuse_file(struct step *step, const struct fault *fault)
{
    step->import->refusal_reason = arena_copy_text(step->call->arena, fault->reason);
    step->import->refusal = arena_copy_text(step->call->arena, fault->message);
    end_import(step, WARRANTY__V1__IMPORT__STATE__REFUSED);
}

/* ---- reading rows ---- */

/* One row from `at` on, with as many pieces as it takes. */
static enum err
read_row_await(struct step *step, enum csv_outcome *ret_outcome)
{
    for (;;) {
        const struct buf *bytes = &step->file->bytes;
        bool is_last = import_file_is_whole(step->file, step->import);
        const char *begin = bytes->size_bytes > 0 ? bytes->bytes + step->at : "";
        size_t size_bytes = bytes->size_bytes - step->at;
        *ret_outcome = step->columns.is_json
                           ? csv_read_line(begin, size_bytes, is_last, step->room, &step->row)
                           : csv_read(step->columns.separator, begin, size_bytes, is_last,
                                      step->room, &step->row);
        if (*ret_outcome != CSV_MORE)
            return OK;
        enum err err = import_file_read_await(step->call, step->import, step->file);
        if (err != OK)
            return err;
    }
}

static void
pass_row(struct step *step)
{
    step->at += step->row.size_bytes;
    step->line_count += step->row.line_count;
}

static void
take_row(struct step *step, enum csv_outcome outcome)
{
    struct import_row *row = &step->rows[step->row_count++];
    *row = (struct import_row){
        .at = step->at, .size_bytes = step->row.size_bytes, .line = step->line_count + 1};
    if (outcome == CSV_BROKEN)
        (void)fault_set(&row->fault, ERR_INVALID_ARGUMENT, step->row.reason, "%s",
                        step->row.message);
    else if (import_read_row(step->call->arena, &step->columns, &step->row, &row->request,
                             &row->fault) != OK)
        row->request = NULL;
}

static void
refuse_long_line(struct step *step)
{
    struct fault fault;
    (void)fault_set(&fault, ERR_INVALID_ARGUMENT, "LINE_TOO_LONG",
                    "line %" PRId64 " has more than %d bytes; the lines before it were read",
                    step->line_count + 1, CSV_ROW_BYTES_MAX);
    refuse_file(step, &fault);
}

/* As many rows as a batch holds. */
static enum err
read_rows_await(struct step *step)
{
    while (step->row_count < IMPORT_ROWS && step->at < IMPORT_BATCH_BYTES) {
        enum csv_outcome outcome;
        enum err err = read_row_await(step, &outcome);
        if (err != OK)
            return err;
        if (outcome == CSV_END) {
            end_import(step, WARRANTY__V1__IMPORT__STATE__DONE);
            return OK;
        }
        if (outcome == CSV_TOO_LONG) {
            refuse_long_line(step);
            return OK;
        }
        if (outcome != CSV_EMPTY)
            take_row(step, outcome);
        pass_row(step);
    }
    return OK;
}

/* ---- the head ---- */

/* Enough of the file to see what it is: its first piece. */
static enum err
look_await(struct step *step, struct fault *ret_fault)
{
    size_t skip_bytes;
    bool is_json = strcmp(step->import->media_type, "text/csv") != 0;
    if (step->file->bytes.size_bytes == 0) {
        enum err err = import_file_read_await(step->call, step->import, step->file);
        if (err != OK)
            return err;
    }
    *ret_fault = (struct fault){.code = OK};
    if (import_look(step->file->bytes.bytes, step->file->bytes.size_bytes, is_json, &step->columns,
                    &skip_bytes, ret_fault) == OK) {
        step->at = skip_bytes;
        step->line_count += skip_bytes > 3;
    }
    return OK;
}

static enum err
find_columns(struct step *step, struct fault *ret_fault)
{
    struct import_mapping mapping;
    struct arena *arena = step->call->arena;
    enum err err = import_read_mapping(arena, step->import->mapping, &mapping, ret_fault);
    return err == OK ? import_find_columns(arena, &step->row, &mapping, &step->columns, ret_fault)
                     : err;
}

/* Reads the first line that is not empty, and what its headings mean. */
static enum err
read_columns_await(struct step *step, struct fault *ret_fault)
{
    enum csv_outcome outcome;
    for (;;) {
        enum err err = read_row_await(step, &outcome);
        if (err != OK)
            return err;
        if (outcome == CSV_END || outcome == CSV_TOO_LONG || outcome == CSV_BROKEN)
            break;
        pass_row(step);
        if (outcome == CSV_ROW)
            break;
    }
    if (outcome != CSV_ROW)
        (void)fault_set(ret_fault, ERR_INVALID_ARGUMENT, "HEAD_INCOMPLETE",
                        "the file has no first line with headings%s%s",
                        outcome == CSV_BROKEN ? ": " : "",
                        outcome == CSV_BROKEN ? step->row.message : "");
    else
        ret_fault->code = find_columns(step, ret_fault);
    return OK;
}

static enum err
read_head_await(struct step *step)
{
    struct fault fault;
    enum err err = look_await(step, &fault);
    if (err == OK && fault.code == OK && !step->columns.is_json)
        err = read_columns_await(step, &fault);
    if (err != OK)
        return err;
    step->import->layout = import_columns_to_layout(step->call->arena, &step->columns);
    if (fault.code != OK)
        refuse_file(step, &fault);
    return OK;
}

/* ---- a batch ---- */

static enum err
commit_await(struct step *step)
{
    struct import *import = step->import;
    struct arena *arena = step->call->arena;
    Warranty__V1__ImportAdvanced advanced = WARRANTY__V1__IMPORT_ADVANCED__INIT;
    Warranty__V1__ImportEnded ended = WARRANTY__V1__IMPORT_ENDED__INIT;
    Warranty__V1__GetImportResponse response = WARRANTY__V1__GET_IMPORT_RESPONSE__INIT;
    bool is_running = import->state == WARRANTY__V1__IMPORT__STATE__RUNNING;
    import->read_bytes = step->file->offset_bytes + (int64_t)step->at;
    import->line_count = step->line_count;
    import->version++;
    response.import = import_to_message(arena, import);
    advanced.import_id = ended.import_id = response.import->import_id;
    advanced.row_count = ended.row_count = import->row_count;
    advanced.stored_count = ended.stored_count = import->stored_count;
    advanced.same_count = ended.same_count = import->same_count;
    advanced.error_count = ended.error_count = import->error_count;
    ended.is_dry_run = import->is_dry_run;
    ended.state = (Warranty__V1__Import__State)import->state;
    return import_commit_await(
        step->call, import, &step->batch, is_running ? &advanced.base : &ended.base,
        is_running ? &warranty_v1_import_advanced_contract : &warranty_v1_import_ended_contract,
        &response.base);
}

/* The file is there no more: rows before stay what they became. */
static enum err
refuse_missing(struct step *step)
{
    struct fault fault;
    (void)fault_set(&fault, ERR_NOT_FOUND, "UPLOAD_MISSING",
                    "the file is not kept any more; send it again: rows that are stored are found "
                    "to be the same");
    step->row_count = 0;
    step->at = 0;
    step->line_count = step->import->line_count;
    refuse_file(step, &fault);
    return OK;
}

static enum err
read_await(struct step *step)
{
    if (step->import->layout == NULL)
        return read_head_await(step);
    step->columns = import_columns_from_layout(step->import->layout);
    return read_rows_await(step);
}

/* The report of an import that has ended is kept for a time. Answers the timer that ends it; NULL:
 * there is none to be kept. */
static const struct uuid *
keep_report(struct step *step)
{
    const int64_t us_per_ms = 1000;
    if (step->import->error_count == 0)
        return NULL;
    step->import->report_until_us =
        step->import->end_time_us + config->report_retention_ms * us_per_ms;
    step->forget_timer_id = uuid_make();
    return &step->forget_timer_id;
}

static enum err
step_await(struct step *step)
{
    struct import *import = step->import;
    import_file_seek(step->file, import->read_bytes);
    step->line_count = import->line_count;
    enum err err = read_await(step);
    if (err == ERR_NOT_FOUND)
        err = refuse_missing(step);
    const struct uuid *timer_id = step->batch.timer_id;
    const struct uuid *next_timer_id = step->batch.next_timer_id;
    if (err == OK)
        err = import_judge_await(step->call, import, &step->columns, step->file->bytes.bytes,
                                 step->rows, step->row_count, &step->batch);
    if (err != OK)
        return err;
    if (import->error_count >= IMPORT_ERRORS_MAX &&
        import->state == WARRANTY__V1__IMPORT__STATE__RUNNING) {
        struct fault fault;
        (void)fault_set(&fault, ERR_INVALID_ARGUMENT, "ERRORS_TOO_MANY",
                        "%d rows were refused; the rest of the file was not read",
                        IMPORT_ERRORS_MAX);
        refuse_file(step, &fault);
    }
    step->batch.timer_id = timer_id;
    step->batch.next_timer_id = next_timer_id;
    if (import->state != WARRANTY__V1__IMPORT__STATE__RUNNING)
        step->batch.next_timer_id = keep_report(step);
    return commit_await(step);
}

enum err
import_step_await(struct call *call, const struct uuid *import_id, struct import_file *file,
                  const struct uuid *timer_id, struct import *ret_import)
{
    enum err err = import_read_await(call, import_id, ret_import);
    if (err != OK || ret_import->state != WARRANTY__V1__IMPORT__STATE__RUNNING)
        return err;
    char text[UUID_TEXT_SIZE];
    uuid_print(import_id, text);
    (void)snprintf(call->key, sizeof call->key, "import:%s/%" PRId64, text, ret_import->version);
    struct uuid next_timer_id = uuid_make();
    struct step *step = mem_alloc(sizeof *step);
    step->call = call;
    step->import = ret_import;
    step->file = file;
    step->room = mem_alloc(CSV_ROW_BYTES_MAX + CSV_CELLS_MAX);
    if (timer_id != NULL) {
        step->batch.timer_id = timer_id;
        step->batch.next_timer_id = &next_timer_id;
    }
    err = step_await(step);
    mem_free(step->room);
    mem_free(step);
    return err;
}
