/*
 * policy_decide_outcome - how a decision ends: outcome, clause and reason, what is needed, and how
 * to have it looked at again
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

void
decide_list_add(struct decide *d, struct decide_list *list, void *item)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 8 : list->room * 2;
        void **items = decide_room(d->arena, room * sizeof *items);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = item;
}

void
decide_end(struct decide *d, Common__V1__Decision__Outcome outcome, const char *clause_id,
           const char *reason)
{
    d->record->outcome = outcome;
    d->record->deciding_clause_id = (char *)clause_id;
    d->record->reason = (char *)reason;
}

bool
decide_deny(struct decide *d, const char *clause_id, const char *reason)
{
    if (d->doubt_count == 0) {
        decide_end(d, DENIED, clause_id, reason);
        return true;
    }
    for (size_t i = 0; i < d->doubt_count; i++)
        decide_need(d, policy_axis_row(d->doubts[i].axis)->name, d->doubts[i].clause_id, NULL);
    decide_end(d, UNDETERMINED, d->doubts[0].clause_id, "FACT_MISSING");
    return false;
}

/* The verb for a subject, as "warranty/claims/0190..."; "" where it names nothing that there is. */
static const char *
appeal_method(struct decide *d, const char *collection)
{
    const char *place = strstr(d->question->subject, collection);
    const char *id = place == NULL ? "" : place + strlen(collection);
    return id[0] == 0 || strchr(id, '/') != NULL
               ? ""
               : arena_printf(d->arena, "POST /v1%s%s:appeal", collection, id);
}

/* `collection` is what the question is about one of, as "/claims/". */
void
decide_appeal(struct decide *d, const char *collection)
{
    Common__V1__Decision__Appeal *appeal = decide_room(d->arena, sizeof *appeal);
    common__v1__decision__appeal__init(appeal);
    appeal->method = (char *)appeal_method(d, collection);
    appeal->clause_id =
        (char *)policy_parameter_row(POLICY_COMPLAINTS_ESCALATION_LADDER)->clause_id;
    d->record->appeal = appeal;
}

void
decide_set_remedies(struct decide *d, const struct policy_codes *remedies)
{
    d->record->n_remedies = remedies->count;
    d->record->remedies = (char **)remedies->codes;
}

void
decide_need(struct decide *d, const char *name, const char *clause_id,
            const struct policy_codes *instead)
{
    for (size_t i = 0; i < d->needed.count; i++) {
        const Common__V1__Decision__Needed *other = d->needed.items[i];
        if (strcmp(other->name, name) == 0)
            return;
    }
    Common__V1__Decision__Needed *needed = decide_room(d->arena, sizeof *needed);
    common__v1__decision__needed__init(needed);
    needed->name = (char *)name;
    needed->clause_id = (char *)clause_id;
    if (instead != NULL) {
        needed->n_instead = instead->count;
        needed->instead = (char **)instead->codes;
    }
    decide_list_add(d, &d->needed, needed);
}
