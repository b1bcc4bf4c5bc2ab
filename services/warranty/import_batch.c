/*
 * import_batch - what becomes of the rows of a batch
 *
 * Rows are judged in the order of the file, each by what is stored, by what a dry run would have
 * stored, and by the rows before it. Products are read once for a batch. Between rows others have
 * their turn: working out until when a unit is covered takes a while.
 */
// SPDX-License-Identifier: Apache-2.0
#include "import.h"

#include <string.h>

#include "common/clock.h"
#include "common/contract_text.h"
#include "common/task.h"

enum { VALUE_BYTES_MAX = 200, ROWS_A_TURN = 16 };

/* What the rows of a batch are judged by. */
struct judge {
    struct call *call;
    struct import *import;
    const struct import_columns *columns;
    const char *bytes;
    const struct unit *known; /* units that are there */
    size_t known_count;
    Warranty__V1__RegisterUnitRequest **said; /* by rows of batches before, in a dry run */
    size_t said_count;
    struct product *products; /* that were asked for; one without a name is not there */
    size_t product_count;
    struct import_batch *batch;
};

/* ---- refusing ---- */

/* A text of the fault, cut where the contract of an error ends. */
static const char *
cut(struct arena *arena, const char *text, size_t size_max)
{
    size_t size = strlen(text);
    if (size <= size_max)
        return text;
    return arena_printf(arena, "%.*s", (int)text_utf8_size(text, size_max), text);
}

static void
refuse(struct judge *judge, const struct import_row *row)
{
    struct arena *arena = judge->call->arena;
    struct import_error *error = &judge->batch->errors[judge->batch->error_count++];
    *error = (struct import_error){.line = row->line, .column = "", .value = ""};
    struct csv_row again;
    char *room = mem_alloc(CSV_ROW_BYTES_MAX + CSV_CELLS_MAX);
    enum csv_outcome outcome =
        judge->columns->is_json
            ? csv_read_line(judge->bytes + row->at, row->size_bytes, true, room, &again)
            : csv_read(judge->columns->separator, judge->bytes + row->at, row->size_bytes, true,
                       room, &again);
    if (outcome == CSV_ROW)
        import_find_cell(arena, judge->columns, &again, row->fault.field, &error->column,
                         &error->value);
    else
        (void)import_text(arena, judge->bytes + row->at, row->size_bytes, false, &error->value,
                          &(size_t){0});
    mem_free(room);
    error->value = cut(arena, error->value, VALUE_BYTES_MAX);
    error->column = cut(arena, error->column, VALUE_BYTES_MAX);
    error->reason = arena_copy_text(arena, row->fault.reason);
    error->message = row->fault.column > 0 ? arena_printf(arena, "%s (at byte %d of the line)",
                                                          row->fault.message, row->fault.column)
                                           : arena_copy_text(arena, row->fault.message);
    judge->import->error_count++;
}

/* ---- reading what the rows are judged by ---- */

static enum err
read_known_await(struct judge *judge, const struct import_row *rows, size_t row_count)
{
    struct call *call = judge->call;
    const char **serials = arena_alloc(call->arena, (row_count + 1) * sizeof *serials);
    size_t count = 0;
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].request != NULL)
            serials[count++] = rows[i].request->serial;
    }
    if (count == 0)
        return OK;
    struct unit *known;
    enum err err = unit_read_many_await(call, serials, count, &known, &judge->known_count);
    if (err != OK)
        return err;
    judge->known = known;
    if (!judge->import->is_dry_run)
        return OK;
    return import_read_rows_await(call, &judge->import->import_id, serials, count, &judge->said,
                                  &judge->said_count);
}

/* Asks for a product once. ERR_NOT_FOUND: there is none. */
static enum err
find_product_await(struct judge *judge, const char *sku, const struct product **ret_product)
{
    for (size_t i = 0; i < judge->product_count; i++) {
        *ret_product = &judge->products[i];
        if (strcmp(judge->products[i].sku, sku) == 0)
            return judge->products[i].name != NULL ? OK : ERR_NOT_FOUND;
    }
    struct product *product = &judge->products[judge->product_count];
    enum err err = product_read_await(judge->call, sku, product);
    if (err == ERR_NOT_FOUND)
        *product = (struct product){.sku = sku};
    if (err == OK || err == ERR_NOT_FOUND)
        judge->product_count++;
    *ret_product = product;
    return err;
}

/* ---- judging ---- */

/* The unit that a serial number stands for already, as it is stored or as an earlier row says. */
static enum err
find_unit(struct judge *judge, const char *serial, struct unit *room, const struct unit **ret_unit)
{
    *ret_unit = NULL;
    for (size_t i = 0; i < judge->known_count && *ret_unit == NULL; i++) {
        if (strcmp(judge->known[i].serial, serial) == 0)
            *ret_unit = &judge->known[i];
    }
    for (size_t i = 0; i < judge->batch->unit_count && *ret_unit == NULL; i++) {
        if (strcmp(judge->batch->units[i].serial, serial) == 0)
            *ret_unit = &judge->batch->units[i];
    }
    for (size_t i = 0; i < judge->said_count && *ret_unit == NULL; i++) {
        if (strcmp(judge->said[i]->serial, serial) != 0)
            continue;
        enum err err = unit_take_request(judge->call, judge->said[i], room);
        if (err != OK)
            return err;
        *ret_unit = room;
    }
    return OK;
}

/* The refusal of the call becomes that of the row; what is no refusal of a row stays an error. */
static enum err
to_row(struct judge *judge, enum err err, struct import_row *row, bool *is_refused)
{
    *is_refused = err == ERR_INVALID_ARGUMENT || err == ERR_FAILED_PRECONDITION;
    if (!*is_refused)
        return err;
    row->fault = judge->call->fault;
    return OK;
}

static enum err
make_unit_await(struct judge *judge, struct import_row *row, struct unit *unit,
                struct ledger *ret_ledger)
{
    struct call *call = judge->call;
    const struct product *product;
    enum err err = unit_take_request(call, row->request, unit);
    if (err != OK)
        return err;
    unit->create_time_us = judge->batch->time_us;
    err = find_product_await(judge, unit->sku, &product);
    if (err == ERR_NOT_FOUND)
        return call_fail_field(call, "sku", "PRODUCT_MISSING",
                               "product \"%s\" is not in the catalogue", unit->sku);
    if (err != OK)
        return err;
    *ret_ledger = unit_first_ledger(call, unit);
    return unit_work_out(call, product, ret_ledger, unit);
}

static enum err
judge_row_await(struct judge *judge, struct import_row *row)
{
    struct import_batch *batch = judge->batch;
    struct unit unit = {0};
    const struct unit *there;
    struct ledger ledger = {0};
    bool is_refused = row->request == NULL;
    enum err err = OK;
    judge->import->row_count++;
    if (!is_refused) {
        err = find_unit(judge, row->request->serial, &unit, &there);
        const char *other =
            err == OK && there != NULL ? import_find_difference(row->request, there) : NULL;
        if (err == OK && there != NULL && other == NULL) {
            judge->import->same_count++;
            return OK;
        }
        if (other != NULL)
            err = call_fail_field(judge->call, other, "UNIT_DIFFERS",
                                  "the unit is registered already, with another %s", other);
        else if (err == OK)
            err = make_unit_await(judge, row, &unit, &ledger);
        err = to_row(judge, err, row, &is_refused);
    }
    if (err != OK)
        return err;
    if (is_refused) {
        refuse(judge, row);
        return OK;
    }
    batch->requests[batch->unit_count] = row->request;
    batch->units[batch->unit_count++] = unit;
    for (size_t i = 0; i < ledger.count; i++)
        batch->facts[batch->fact_count++] = ledger.facts[i];
    judge->import->stored_count++;
    return OK;
}

enum err
import_judge_await(struct call *call, struct import *import, const struct import_columns *columns,
                   const char *bytes, struct import_row *rows, size_t row_count,
                   struct import_batch *ret_batch)
{
    struct arena *arena = call->arena;
    size_t room = row_count + 1;
    *ret_batch = (struct import_batch){
        .units = arena_alloc(arena, room * sizeof *ret_batch->units),
        .requests = arena_alloc(arena, room * sizeof(void *)),
        .facts = arena_alloc(arena, room * ENTITLEMENT_EVENT_COUNT * sizeof(void *)),
        .errors = arena_alloc(arena, room * sizeof *ret_batch->errors),
        .time_us = clock_now_us(),
    };
    struct judge judge = {
        .call = call,
        .import = import,
        .columns = columns,
        .bytes = bytes,
        .products = arena_alloc(arena, room * sizeof *judge.products),
        .batch = ret_batch,
    };
    enum err err = read_known_await(&judge, rows, row_count);
    for (size_t i = 0; err == OK && i < row_count; i++) {
        if (i % ROWS_A_TURN == ROWS_A_TURN - 1)
            task_sleep_await(0);
        err = judge_row_await(&judge, &rows[i]);
    }
    return err;
}
