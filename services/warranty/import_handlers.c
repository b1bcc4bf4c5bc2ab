/*
 * import_handlers - beginning an import, looking after it, its error report
 */
// SPDX-License-Identifier: Apache-2.0
#include "import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"

Warranty__V1__Import *
import_to_message(struct arena *arena, const struct import *import)
{
    Warranty__V1__Import *message = arena_alloc(arena, sizeof *message);
    warranty__v1__import__init(message);
    message->import_id = message_uuid(arena, &import->import_id);
    message->state = (Warranty__V1__Import__State)import->state;
    message->is_dry_run = import->is_dry_run;
    message->size_bytes = import->size_bytes;
    message->read_bytes = import->read_bytes;
    message->row_count = import->row_count;
    message->stored_count = import->stored_count;
    message->same_count = import->same_count;
    message->error_count = import->error_count;
    if (import->layout != NULL) {
        message->n_columns = import->layout->n_columns;
        message->columns = import->layout->columns;
        message->separator = import->layout->separator;
        message->is_utf8 = import->layout->is_utf8;
    }
    message->refusal_reason = (char *)import->refusal_reason;
    message->refusal = (char *)import->refusal;
    message->create_time = message_time(arena, import->create_time_us);
    message->end_time = message_time(arena, import->end_time_us);
    message->report_until = message_time(arena, import->report_until_us);
    message->version = import->version;
    return message;
}

static enum err
fail_missing(struct call *call, const char *import_id)
{
    return call_fail(call, ERR_NOT_FOUND, "IMPORT_MISSING", "import \"%s\" is not known",
                     import_id);
}

/* ---- beginning ---- */

static enum err
take_request(struct call *call, const Warranty__V1__ImportUnitsRequest *req,
             struct import *ret_import)
{
    struct import_mapping mapping;
    struct fault fault = {0};
    bool is_csv = strcmp(req->upload->media_type, "text/csv") == 0;
    *ret_import = (struct import){
        .import_id = uuid_make(),
        .is_dry_run = req->dry_run,
        .document_id = message_get_uuid(req->upload->document_id),
        .media_type = req->upload->media_type,
        .mapping = req->mapping,
        .size_bytes = req->upload->size_bytes,
        .refusal_reason = "",
        .refusal = "",
        .create_time_us = clock_now_us(),
        .version = 1,
    };
    if (req->upload->size_bytes == 0)
        return call_fail_field(call, "upload", "FILE_EMPTY", "the file is empty");
    if (!is_csv && req->mapping[0] != 0)
        return call_fail_field(call, "mapping", "MAPPING_NOT_CSV",
                               "mapping is for text/csv: objects name their fields themselves");
    if (import_read_mapping(call->arena, req->mapping, &mapping, &fault) != OK)
        return call_fail_field(call, "mapping", fault.reason, "%s", fault.message);
    return call_move(call, &warranty_v1_import_state_machine, "IMPORT_STATE", &ret_import->state);
}

enum err
warranty_import_units(struct call *call, const Warranty__V1__ImportUnitsRequest *req,
                      Warranty__V1__ImportUnitsResponse *res)
{
    struct import import;
    enum err err = take_request(call, req, &import);
    if (err != OK)
        return err;
    res->import = import_to_message(call->arena, &import);
    Warranty__V1__ImportStarted event = WARRANTY__V1__IMPORT_STARTED__INIT;
    event.import_id = res->import->import_id;
    event.is_dry_run = import.is_dry_run;
    err = import_create_await(call, &import, &event.base, &res->base);
    if (err == OK)
        timer_poke(svc_timer_service(call->svc), import.create_time_us);
    return err;
}

/* ---- looking after it ---- */

static enum err
get_await(struct call *call, const char *import_id, struct import *ret_import)
{
    struct uuid id = message_get_uuid(import_id);
    enum err err = import_read_await(call, &id, ret_import);
    return err == ERR_NOT_FOUND ? fail_missing(call, import_id) : err;
}

enum err
warranty_get_import(struct call *call, const Warranty__V1__GetImportRequest *req,
                    Warranty__V1__GetImportResponse *res)
{
    struct import import;
    enum err err = get_await(call, req->import_id, &import);
    if (err == OK)
        res->import = import_to_message(call->arena, &import);
    return err;
}

/* A token holds the last row's time and its id. */
static enum err
read_list_token(struct call *call, const char *token, int64_t *ret_time_us, struct uuid *ret_id)
{
    const char *parts[2];
    *ret_time_us = 0;
    *ret_id = (struct uuid){{0}};
    enum err err = page_token_read(call, token, COUNT_OF(parts), parts);
    if (err != OK || token[0] == 0)
        return err;
    if (clock_parse_us(parts[0], ret_time_us) && uuid_parse(parts[1], ret_id))
        return OK;
    return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                           "page_token is not one that this list gave");
}

enum err
warranty_list_imports(struct call *call, const Warranty__V1__ListImportsRequest *req,
                      Warranty__V1__ListImportsResponse *res)
{
    int64_t before_time_us;
    struct uuid before_id;
    enum err err = read_list_token(call, req->page_token, &before_time_us, &before_id);
    if (err != OK)
        return err;
    const char *state = "";
    if (req->state != WARRANTY__V1__IMPORT__STATE__STATE_UNSPECIFIED)
        state = contract_enum_name(warranty_v1_import_state_machine.states, (int)req->state);
    struct page page;
    err = import_list_await(call, state, before_time_us, &before_id, page_size(req->page_size),
                            &page);
    if (err != OK)
        return err;
    res->imports = (Warranty__V1__Import **)page.messages;
    res->n_imports = page.count;
    if (page.has_more) {
        const Warranty__V1__Import *last = res->imports[page.count - 1];
        char time[CLOCK_TEXT_SIZE];
        clock_print_us(message_get_time(last->create_time), time);
        const char *parts[] = {time, last->import_id};
        res->next_page_token = (char *)page_token_make(call->arena, parts, COUNT_OF(parts));
    }
    return OK;
}

/* A token holds how many errors came before. */
static enum err
read_token(struct call *call, const char *token, int64_t *ret_number)
{
    const char *text;
    char *end;
    enum err err = page_token_read(call, token, 1, &text);
    if (err != OK)
        return err;
    *ret_number = strtoll(text, &end, 10);
    if (end[0] == 0 && *ret_number >= 0 && *ret_number <= IMPORT_ERRORS_MAX + IMPORT_ROWS)
        return OK;
    return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                           "page_token is not one that this list gave");
}

/* Whether the report is there is a matter of its time, and not of how soon it is deleted. */
static enum err
check_report(struct call *call, const struct import *import)
{
    if (import->report_until_us == 0 || clock_now_us() < import->report_until_us)
        return OK;
    return call_fail(call, ERR_NOT_FOUND, "REPORT_PURGED",
                     "the report of the refused rows is not kept any more");
}

enum err
warranty_list_import_errors(struct call *call, const Warranty__V1__ListImportErrorsRequest *req,
                            Warranty__V1__ListImportErrorsResponse *res)
{
    struct import import;
    int64_t after_number;
    enum err err = read_token(call, req->page_token, &after_number);
    if (err == OK)
        err = get_await(call, req->import_id, &import);
    if (err == OK)
        err = check_report(call, &import);
    if (err != OK)
        return err;
    struct page page;
    err = import_list_errors_await(call, &import.import_id, after_number, page_size(req->page_size),
                                   &page);
    if (err != OK)
        return err;
    res->errors = (Warranty__V1__ImportError **)page.messages;
    res->n_errors = page.count;
    if (page.has_more) {
        const char *next =
            arena_printf(call->arena, "%" PRId64, after_number + (int64_t)page.count);
        res->next_page_token = (char *)page_token_make(call->arena, &next, 1);
    }
    return OK;
}

enum err
warranty_run_import(struct call *call, const Warranty__V1__RunImportRequest *req,
                    Warranty__V1__RunImportResponse *res)
{
    struct uuid import_id = message_get_uuid(req->import_id);
    struct import_file file = {0};
    struct import import;
    struct call batch = *call;
    batch.method = NULL; /* the daemon's own work, under a key of the import's */
    enum err err = import_step_await(&batch, &import_id, &file, NULL, &import);
    import_file_free(&file);
    call->fault = batch.fault;
    if (err == ERR_NOT_FOUND)
        return fail_missing(call, req->import_id);
    if (err == ERR_KEY_USED || err == ERR_ALREADY_EXISTS)
        return call_fail(call, ERR_ABORTED, "LOST_RACE", "another replica reads these rows");
    if (err == OK)
        res->import = import_to_message(call->arena, &import);
    return err;
}
