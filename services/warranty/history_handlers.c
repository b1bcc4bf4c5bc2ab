/*
 * history_handlers - a unit's whole life, oldest first
 *
 * A customer sees the facts of what is theirs, and their own claims; claims of an earlier owner are
 * that one's affair.
 */
// SPDX-License-Identifier: Apache-2.0
#include "history.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"

/* ---- the place in the list ---- */

static enum err
read_token(struct call *call, const char *token, struct history_entry *ret_after)
{
    const char *parts[3];
    *ret_after = (struct history_entry){0};
    enum err err = page_token_read(call, token, COUNT_OF(parts), parts);
    if (err != OK || token[0] == 0)
        return err;
    if (date_parse(parts[0], &ret_after->date) &&
        clock_parse_us(parts[1], &ret_after->record_time_us) &&
        uuid_parse(parts[2], &ret_after->entry_id))
        return OK;
    return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                           "page_token is not one that this list gave");
}

static const char *
make_token(struct call *call, const struct history_entry *last)
{
    char day[DATE_TEXT_SIZE], time[CLOCK_TEXT_SIZE], entry_id[UUID_TEXT_SIZE];
    date_print(last->date, day);
    clock_print_us(last->record_time_us, time);
    uuid_print(&last->entry_id, entry_id);
    const char *parts[] = {day, time, entry_id};
    return page_token_make(call->arena, parts, COUNT_OF(parts));
}

/* ---- lines ---- */

static const char *
print_summary(struct arena *arena, const struct history_entry *entry)
{
    if (entry->fact != NULL)
        return fact_print(arena, entry->fact);
    if (entry->outcome[0] == 0)
        return arena_printf(arena, "claim made for %s", entry->serial);
    return arena_printf(arena, "claim decided: %s, %s, by %s", entry->outcome, entry->reason,
                        entry->deciding_clause_id);
}

static bool
is_corrected(const struct ledger *ledger, const bool *counts, const struct history_entry *entry)
{
    for (size_t i = 0; entry->fact != NULL && i < ledger->count; i++) {
        if (strcmp(ledger->facts[i]->fact_id, entry->fact->fact_id) == 0)
            return !counts[i];
    }
    return false;
}

static Warranty__V1__HistoryEntry *
entry_to_message(struct arena *arena, const struct history_entry *entry)
{
    Warranty__V1__HistoryEntry *message = arena_alloc(arena, sizeof *message);
    warranty__v1__history_entry__init(message);
    message->date = message_date(arena, entry->date);
    message->record_time = message_time(arena, entry->record_time_us);
    message->kind = (char *)entry->kind;
    if (entry->claim_id[0] != 0)
        message->resource = arena_printf(arena, "/v1/claims/%s", entry->claim_id);
    message->summary = (char *)print_summary(arena, entry);
    return message;
}

/* Corrections are judged by the whole ledger, not by the page. */
static enum err
mark_corrected_await(struct call *call, const char *serial, const struct history_entry *entries,
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
        res->entries[i]->is_corrected = is_corrected(&ledger, counts, &entries[i]);
    return OK;
}

enum err
warranty_get_unit_history(struct call *call, const Warranty__V1__GetUnitHistoryRequest *req,
                          Warranty__V1__GetUnitHistoryResponse *res)
{
    struct unit unit;
    struct history_entry after, *entries = NULL;
    size_t count;
    int32_t size = page_size(req->page_size);
    enum err err = read_token(call, req->page_token, &after);
    if (err == OK)
        err = unit_get_await(call, req->serial, &unit);
    if (err == OK)
        err = history_read_await(call, unit.serial, call_own_subject(call), &after, size, &entries,
                                 &count);
    if (err != OK)
        return err;
    res->owner_id = (char *)unit.owner_id;
    res->entries = arena_alloc(call->arena, (count + 1) * sizeof(*res->entries));
    for (size_t i = 0; i < count; i++)
        res->entries[i] = entry_to_message(call->arena, &entries[i]);
    res->n_entries = page_fit((void *const *)res->entries, count, size);
    if (count > res->n_entries)
        res->next_page_token = (char *)make_token(call, &entries[res->n_entries - 1]);
    return mark_corrected_await(call, unit.serial, entries, res);
}
