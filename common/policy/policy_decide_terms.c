/*
 * policy_decide_terms - terms of the ledger: room, anchors, and the step that each came from
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_terms.h"

#include <string.h>

bool
decide_has_kind(const struct decide *d, enum entitlement_fact_kind kind)
{
    for (size_t i = 0; i < d->left_count; i++) {
        if (d->facts_left[i]->kind == kind)
            return true;
    }
    return false;
}

struct entitlement_span
decide_span_of(const struct policy_value *value)
{
    bool is_present = value->absence == POLICY_PRESENT;
    /* The catalogue lets no span of the ledger be working time. */
    CHECK(!is_present || value->span.calendar == NULL);
    return (struct entitlement_span){
        .months = is_present ? value->span.months : 0,
        .days = is_present ? value->span.days : 0,
        .is_none = value->absence == POLICY_NONE || value->absence == POLICY_NOT_OFFERED,
        .is_unlimited = value->absence == POLICY_UNLIMITED,
    };
}

struct decide_anchors
decide_anchors_of(const struct decide *d, const struct policy_anchor *anchors, size_t count)
{
    struct decide_anchors found = {0};
    for (size_t i = 0; i < count && found.count < ENTITLEMENT_ANCHORS_MAX; i++) {
        int event = decide_event_of(d->engine, anchors[i].row);
        if (event >= 0)
            found.items[found.count++] = (struct entitlement_anchor){
                (enum entitlement_event)event, anchors[i].months, anchors[i].days};
    }
    return found;
}

void
decide_set_anchors(struct entitlement_terms *terms, const struct decide_anchors *anchors)
{
    memcpy(terms->anchors, anchors->items, anchors->count * sizeof *anchors->items);
    terms->anchor_count = anchors->count;
}

struct entitlement_terms *
decide_add_terms(struct decide_builder *builder, Common__V1__Step *step,
                 const struct policy_right *right, struct decide_pin *pin, const char *plan)
{
    struct decide_layers *layers = builder->layers;
    struct arena *arena = builder->d->work;
    if (layers->term_count == builder->room) {
        size_t old = builder->room;
        builder->room = old == 0 ? 8 : old * 2;
        struct entitlement_terms *terms = arena_alloc(arena, builder->room * sizeof *terms);
        Common__V1__Step **steps = decide_room(arena, builder->room * sizeof(Common__V1__Step *));
        const struct policy_right **rights = decide_room(arena, builder->room * sizeof *rights);
        struct decide_pin **pins = decide_room(arena, builder->room * sizeof *pins);
        const char **plans = decide_room(arena, builder->room * sizeof *plans);
        if (old > 0) {
            memcpy(terms, builder->terms, old * sizeof *terms);
            memcpy(steps, layers->steps, old * sizeof *steps);
            memcpy(rights, layers->rights, old * sizeof *rights);
            memcpy(pins, layers->pins, old * sizeof *pins);
            memcpy(plans, layers->plans, old * sizeof *plans);
        }
        builder->terms = terms;
        layers->steps = steps;
        layers->rights = rights;
        layers->pins = pins;
        layers->plans = plans;
    }
    size_t i = layers->term_count++;
    layers->steps[i] = step;
    layers->rights[i] = right;
    layers->pins[i] = pin;
    layers->plans[i] = plan;
    return &builder->terms[i];
}

void
decide_set_handling(struct entitlement_terms *terms, const struct decide_handling *handling)
{
    terms->pauses = handling->pauses;
    terms->counts_all_repairs = handling->counts_all_repairs;
    terms->has_pause_max = handling->has_pause_max;
    terms->pause_max = handling->pause_max;
    terms->carry_over = handling->carry_over;
    terms->at_least = handling->at_least;
    terms->is_transferable = handling->is_transferable;
}

bool
decide_is_same(const struct policy_reading *a, const struct policy_reading *b)
{
    return a->rule == b->rule && a->floor == b->floor && a->rival == b->rival;
}

Common__V1__Step *
decide_step_of(struct decide_builder *builder, enum policy_parameter parameter,
               const struct policy_reading *reading)
{
    struct decide *d = builder->d;
    for (size_t i = 0; i < builder->made.count; i++) {
        const struct decide_made *made = builder->made.items[i];
        if (made->rule == reading->rule && made->floor == reading->floor &&
            made->rival == reading->rival)
            return made->step;
    }
    struct decide_made *made = arena_alloc(d->work, sizeof *made);
    *made = (struct decide_made){reading->rule, reading->floor, reading->rival,
                                 decide_step_value(d, parameter, reading)};
    decide_list_add(d, &builder->made, made);
    return made->step;
}
