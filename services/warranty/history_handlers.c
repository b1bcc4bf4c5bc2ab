/*
 * history_handlers - a unit's whole life, oldest first
 *
 * A customer sees the facts of what is theirs, and what concerns their own cases; cases of an
 * earlier owner are that one's affair. The lines are those that events have told so far (views.h);
 * whether a fact still counts is the ledger's to say.
 */
// SPDX-License-Identifier: Apache-2.0
#include "history.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/principal.h"

/* ---- the place in the list ---- */

static enum err
read_token(struct call *call, const char *token, struct history_line *ret_after)
{
    const char *parts[3];
    *ret_after = (struct history_line){0};
    enum err err = page_token_read(call, token, COUNT_OF(parts), parts);
    if (err != OK || token[0] == 0)
        return err;
    if (date_parse(parts[0], &ret_after->date) &&
        clock_parse_us(parts[1], &ret_after->record_time_us) &&
        uuid_parse(parts[2], &ret_after->line_id))
        return OK;
    return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                           "page_token is not one that this list gave");
}

static const char *
make_token(struct call *call, const struct history_line *last)
{
    char day[DATE_TEXT_SIZE], time[CLOCK_TEXT_SIZE], line_id[UUID_TEXT_SIZE];
    date_print(last->date, day);
    clock_print_us(last->record_time_us, time);
    uuid_print(&last->line_id, line_id);
    const char *parts[] = {day, time, line_id};
    return page_token_make(call->arena, parts, COUNT_OF(parts));
}

/* ---- lines ---- */

static bool
is_corrected(const struct ledger *ledger, const bool *counts, const struct history_line *line)
{
    char line_id[UUID_TEXT_SIZE];
    uuid_print(&line->line_id, line_id);
    for (size_t i = 0; i < ledger->count; i++) {
        if (strcmp(ledger->facts[i]->fact_id, line_id) == 0)
            return !counts[i];
    }
    return false;
}

static Warranty__V1__HistoryEntry *
line_to_message(struct arena *arena, const struct history_line *line)
{
    Warranty__V1__HistoryEntry *message = arena_alloc(arena, sizeof *message);
    warranty__v1__history_entry__init(message);
    message->date = message_date(arena, line->date);
    message->record_time = message_time(arena, line->record_time_us);
    message->kind = (char *)line->kind;
    message->resource = (char *)line->resource;
    message->summary = (char *)line->summary;
    return message;
}

/* Corrections are judged by the whole ledger, not by the page. */
static enum err
mark_corrected_await(struct call *call, const char *serial, const struct history_line *lines,
                     Warranty__V1__GetUnitHistoryResponse *res)
{
    struct ledger ledger;
    enum err err = ledger_read_await(call, &serial, 1, &ledger);
    if (err != OK)
        return err;
    bool *counts = arena_alloc(call->arena, ledger.count + 1);
    struct fault fault = {0};
    err = ledger_find_counted(call->arena, &ledger, counts, &fault);
    if (err != OK) {
        call->fault = fault;
        return err;
    }
    for (size_t i = 0; i < res->n_entries; i++)
        res->entries[i]->is_corrected = is_corrected(&ledger, counts, &lines[i]);
    return OK;
}

/* Under which name events know a customer; NULL for those who see everything. */
static const char *
viewer_of(struct call *call)
{
    const char *subject = call_own_subject(call);
    if (subject == NULL)
        return NULL;
    char *pseudonym = arena_alloc(call->arena, PRINCIPAL_PSEUDONYM_SIZE);
    principal_pseudonym("subject", subject, pseudonym);
    return pseudonym;
}

enum err
warranty_get_unit_history(struct call *call, const Warranty__V1__GetUnitHistoryRequest *req,
                          Warranty__V1__GetUnitHistoryResponse *res)
{
    struct unit unit;
    struct history_line after, *lines = NULL;
    size_t count;
    int32_t size = page_size(req->page_size);
    enum err err = read_token(call, req->page_token, &after);
    if (err == OK)
        err = unit_get_await(call, req->serial, &unit);
    if (err == OK)
        err = history_read_await(call, unit.serial, viewer_of(call), &after, size, &lines, &count);
    if (err != OK)
        return err;
    res->owner_id = (char *)unit.owner_id;
    res->entries = arena_alloc(call->arena, (count + 1) * sizeof(*res->entries));
    for (size_t i = 0; i < count; i++)
        res->entries[i] = line_to_message(call->arena, &lines[i]);
    res->n_entries = page_fit((void *const *)res->entries, count, size);
    if (count > res->n_entries)
        res->next_page_token = (char *)make_token(call, &lines[res->n_entries - 1]);
    return mark_corrected_await(call, unit.serial, lines, res);
}
