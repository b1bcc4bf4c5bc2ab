/*
 * import_store - SQL for imports: begun, read, reported; import_batch_store.c has what a batch
 * writes
 */
// SPDX-License-Identifier: Apache-2.0
#include "import.h"

#define COLUMNS                                                                                    \
    "import_id, state, is_dry_run, document_id, media_type, mapping, size_bytes, read_bytes,"      \
    " line_count, row_count, stored_count, same_count, error_count, layout, refusal_reason,"       \
    " refusal, create_time, end_time, report_until, version"

DB_STATEMENT(read_import, "warranty_read_import",
             "SELECT " COLUMNS " FROM imports WHERE import_id = $1");

/* $14 import, $15 whether it is a dry run, $16 document, $17 media type, $18 mapping, $19 size, $20
 * its first timer. */
DB_STATEMENT(create_import, "warranty_create_import",
             "WITH locked AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM imports WHERE import_id = "
             "$14)), " CHANGE_KEYED
             ", changed AS (INSERT INTO imports (import_id, state, is_dry_run, document_id,"
             " media_type, mapping, size_bytes, create_time) SELECT $14, 'RUNNING', $15, $16, $17,"
             " $18, $19, $5 FROM keyed RETURNING version), begun AS (INSERT INTO timers (timer_id,"
             " kind, aggregate_id, due_time) SELECT $20, '" IMPORT_TIMER_RUN "', $9, $5"
             " FROM changed), " CHANGE_SAID CHANGE_COUNTS);

/* $1 import, $2 serial numbers; joined as in warranty_read_many. */
DB_STATEMENT(read_rows, "warranty_read_import_rows",
             "SELECT r.content FROM unnest($2::text[]) AS wanted (serial)"
             " JOIN import_rows r ON r.import_id = $1 AND r.serial = wanted.serial");

/* $1 after which number, $2 how many, $3 import. */
DB_STATEMENT(list_errors, "warranty_list_import_errors",
             "SELECT line, column_name, reason, message, value FROM import_errors"
             " WHERE import_id = $3 AND number > $1 ORDER BY number LIMIT $2");

/* $1 and $2: the row to go on after, newest first; null for the first page. $3 how many, $4 state
 * or
 * ''. */
DB_STATEMENT(list_imports, "warranty_list_imports",
             "SELECT " COLUMNS " FROM imports WHERE ($4 = '' OR state = $4)"
             " AND ($1::timestamptz IS NULL OR (create_time, import_id) < ($1, $2::uuid))"
             " ORDER BY create_time DESC, import_id DESC LIMIT $3");

/* $1 import. A few at a time, since other writes wait behind it. */
DB_STATEMENT(forget_errors, "warranty_forget_import_errors",
             "WITH gone AS (DELETE FROM import_errors WHERE import_id = $1 AND number IN"
             " (SELECT number FROM import_errors WHERE import_id = $1 ORDER BY number LIMIT 1000)"
             " RETURNING 1) SELECT count(*) FROM gone");

/* ---- reading ---- */

static struct import
import_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    size_t layout_bytes;
    const uint8_t *layout = db_get_bytea(rows, row, 13, &layout_bytes);
    struct import import = {
        .import_id = db_get_uuid(rows, row, 0),
        .is_dry_run = db_get_bool(rows, row, 2),
        .document_id = db_get_uuid(rows, row, 3),
        .media_type = db_get_text(rows, row, 4),
        .mapping = db_get_text(rows, row, 5),
        .size_bytes = db_get_int8(rows, row, 6),
        .read_bytes = db_get_int8(rows, row, 7),
        .line_count = db_get_int8(rows, row, 8),
        .row_count = db_get_int8(rows, row, 9),
        .stored_count = db_get_int8(rows, row, 10),
        .same_count = db_get_int8(rows, row, 11),
        .error_count = db_get_int8(rows, row, 12),
        .layout = db_is_null(rows, row, 13)
                      ? NULL
                      : warranty__v1__import__unpack(arena_allocator(arena), layout_bytes, layout),
        .refusal_reason = db_get_text(rows, row, 14),
        .refusal = db_get_text(rows, row, 15),
        .create_time_us = db_get_time(rows, row, 16),
        .end_time_us = db_get_time(rows, row, 17),
        .report_until_us = db_get_time(rows, row, 18),
        .version = db_get_int8(rows, row, 19),
    };
    if (!contract_enum_value(warranty_v1_import_state_machine.states, db_get_text(rows, row, 1),
                             &import.state))
        import.state = 0; /* a newer daemon's */
    return import;
}

enum err
import_read_await(struct call *call, const struct uuid *import_id, struct import *ret_import)
{
    const struct db_param params[] = {db_uuid(import_id)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_import, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    *ret_import = import_from_row(call->arena, rows, 0);
    if (ret_import->layout == NULL && !db_is_null(rows, 0, 13))
        return call_fail(call, ERR_DATA_LOSS, "IMPORT_UNREADABLE",
                         "the import cannot be read by this version of the service");
    return OK;
}

static void *
message_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct import import = import_from_row(arena, rows, row);
    return import_to_message(arena, &import);
}

enum err
import_list_await(struct call *call, const char *state, int64_t before_time_us,
                  const struct uuid *before_id, int32_t size, struct page *ret_page)
{
    struct db_param params[] = {db_time(before_time_us), db_uuid(before_id), page_limit(size),
                                db_text(state)};
    params[0].is_null = before_time_us == 0;
    return page_read_await(svc_db(call->svc), call, &list_imports, params, COUNT_OF(params), size,
                           message_from_row, ret_page);
}

enum err
import_read_rows_await(struct call *call, const struct uuid *import_id, const char *const *serials,
                       size_t serial_count, Warranty__V1__RegisterUnitRequest ***ret_requests,
                       size_t *ret_count)
{
    const struct db_param params[] = {db_uuid(import_id),
                                      db_text_array(call->arena, serials, serial_count)};
    const struct db_rows *rows;
    *ret_count = 0;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_rows, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    size_t count = db_row_count(rows);
    *ret_requests = arena_alloc(call->arena, count * sizeof(void *));
    for (size_t i = 0; i < count; i++) {
        size_t size_bytes;
        const uint8_t *bytes = db_get_bytea(rows, i, 0, &size_bytes);
        Warranty__V1__RegisterUnitRequest *request = warranty__v1__register_unit_request__unpack(
            arena_allocator(call->arena), size_bytes, bytes);
        if (request != NULL)
            (*ret_requests)[(*ret_count)++] = request;
    }
    return OK;
}

static void *
error_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    Warranty__V1__ImportError *error = arena_alloc(arena, sizeof *error);
    warranty__v1__import_error__init(error);
    error->line = db_get_int8(rows, row, 0);
    error->column = (char *)db_get_text(rows, row, 1);
    error->reason = (char *)db_get_text(rows, row, 2);
    error->message = (char *)db_get_text(rows, row, 3);
    error->value = (char *)db_get_text(rows, row, 4);
    return error;
}

enum err
import_list_errors_await(struct call *call, const struct uuid *import_id, int64_t after_number,
                         int32_t size, struct page *ret_page)
{
    const struct db_param params[] = {db_int8(after_number), page_limit(size), db_uuid(import_id)};
    return page_read_await(svc_db(call->svc), call, &list_errors, params, COUNT_OF(params), size,
                           error_from_row, ret_page);
}

/* ---- writing ---- */

enum err
import_forget_errors_await(struct call *call, const struct uuid *import_id, int64_t *ret_count)
{
    char order_key[UUID_TEXT_SIZE];
    uuid_print(import_id, order_key);
    const struct db_param params[] = {db_uuid(import_id)};
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(call->svc), call, &forget_errors, params, COUNT_OF(params),
                                  order_key, &rows);
    if (err == OK)
        *ret_count = db_get_int8(rows, 0, 0);
    return err;
}

enum err
import_create_await(struct call *call, const struct import *import, const ProtobufCMessage *event,
                    const ProtobufCMessage *response)
{
    char import_id[UUID_TEXT_SIZE];
    uuid_print(&import->import_id, import_id);
    struct uuid timer_id = uuid_make();
    const struct db_param params[] = {
        db_uuid(&import->import_id), db_bool(import->is_dry_run), db_uuid(&import->document_id),
        db_text(import->media_type), db_text(import->mapping),    db_int8(import->size_bytes),
        db_uuid(&timer_id)};
    const struct change change = {
        .stmt = &create_import,
        .is_creation = true,
        .time_us = import->create_time_us,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = import_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = &warranty_v1_import_started_contract,
        .event = event,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}
