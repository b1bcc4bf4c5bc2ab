/*
 * policy_decide_places - what stands in the places of a sentence for the customer
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_sentence.h"

#include <stdio.h>
#include <string.h>

bool
decide_is_sample(const struct policy *policy, const char *id)
{
    for (size_t p = 0; p < policy->pack_count; p++) {
        if (strcmp(policy->packs[p].id, id) == 0)
            return policy->packs[p].is_sample;
        for (size_t i = 0; i < policy->packs[p].right_count; i++) {
            if (strcmp(policy->packs[p].rights[i].id, id) == 0)
                return policy->packs[p].is_sample;
        }
    }
    return false;
}

/* A fact in the customer's words; a document as the policy calls it. */
static void
write_need(struct decide_writer *writer, const char *name)
{
    char key[DECIDE_KEY_SIZE];
    (void)snprintf(key, sizeof key, "need.%s", name);
    if (decide_words_of(writer->d->engine, key) != NULL)
        decide_write_words(writer, key);
    else
        buf_add_text(writer->out, policy_label(writer->policy, "document", name, writer->language));
}

void
decide_write_needed(struct decide_writer *writer)
{
    const struct decide_list *list = &writer->d->needed;
    for (size_t i = 0; i < list->count; i++) {
        const Common__V1__Decision__Needed *needed = list->items[i];
        buf_add_text(writer->out, i == 0 ? "" : "; ");
        write_need(writer, needed->name);
        for (size_t n = 0; n < needed->n_instead; n++) {
            decide_write_words(writer, "or");
            write_need(writer, needed->instead[n]);
        }
    }
}

static bool
has_class(const char *const *classes, size_t count, const char *cost_class)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(classes[i], cost_class) == 0)
            return true;
    return false;
}

static bool
is_of_other_part(struct decide *d, const Common__V1__Entitlement *entitlement)
{
    if (entitlement->component[0] == 0)
        return false;
    const struct policy_fact *part = decide_read_fact(d, "component");
    return part != NULL && strcmp(part->code, entitlement->component) != 0;
}

/* Remedies; of a layer that is open in part, the cost classes it pays for, once each: several
 * entitlements may pay for one, of two components or by two grants. What another part than the one
 * asked about has is no answer. */
void
decide_write_codes(struct decide_writer *writer)
{
    struct decide *d = writer->d;
    struct policy_codes codes = {(const char *const *)d->record->remedies, d->record->n_remedies};
    if (d->record->outcome != PARTLY_GRANTED) {
        policy_format_codes(writer->formatter, "remedy", &codes, writer->out);
        return;
    }
    const char **classes = arena_alloc(d->arena, d->entitlements.count * sizeof *classes);
    codes = (struct policy_codes){classes, 0};
    for (size_t i = 0; i < d->entitlements.count; i++) {
        const Common__V1__Entitlement *entitlement = d->entitlements.items[i];
        if (is_of_other_part(d, entitlement))
            continue;
        if (strcmp(entitlement->clause_id, d->record->deciding_clause_id) == 0 &&
            !has_class(classes, codes.count, entitlement->cost_class))
            classes[codes.count++] = entitlement->cost_class;
    }
    policy_format_codes(writer->formatter, "cost_class", &codes, writer->out);
}

void
decide_write_text(struct decide_writer *writer)
{
    const struct policy_text *text =
        policy_find_text(writer->policy, writer->d->record->deciding_clause_id);
    if (text != NULL && text->texts[writer->language] != NULL)
        buf_add_text(writer->out, text->texts[writer->language]);
    else
        writer->lacks = true;
}

/* ---- the law ---- */

/* The text of the law that a pack follows; NULL: it names none, or did not apply. */
static const char *
find_law(const struct decide_writer *writer, const struct policy_pack *pack)
{
    const struct decide_list *pins = &writer->d->pins;
    for (size_t i = 0; i < pins->count; i++) {
        const struct decide_pin *pin = pins->items[i];
        for (size_t n = 0; n < pin->layers.count; n++) {
            if (pin->layers.items[n] == pack->label)
                return pack->source.texts[writer->language];
        }
    }
    return NULL;
}

bool
decide_has_laws(struct decide_writer *writer)
{
    const struct policy *policy = writer->policy;
    for (size_t i = 0; i < policy->pack_count; i++) {
        if (find_law(writer, &policy->packs[i]) != NULL)
            return true;
    }
    return false;
}

void
decide_write_laws(struct decide_writer *writer)
{
    const struct policy *policy = writer->policy;
    const char *between = "";
    for (size_t i = 0; i < policy->pack_count; i++) {
        const char *law = find_law(writer, &policy->packs[i]);
        if (law == NULL)
            continue;
        buf_add_text(writer->out, between);
        buf_add_text(writer->out, law);
        if (policy->packs[i].is_sample)
            decide_write_words(writer, "sample");
        between = "; ";
    }
}
