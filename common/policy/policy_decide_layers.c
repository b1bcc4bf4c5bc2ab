/*
 * policy_decide_layers - all that is promised for a unit, and what the ledger makes of it
 *
 * The wording of A15 pins the sale. The company's warranty, the rights of the packs that apply, the
 * plans that were bought and the repairs that were made become terms, each with its step in the
 * record; the ledger then says which layers there are.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_terms.h"

/* ---- rights ---- */

static void
add_right(struct decide_builder *builder, const struct policy_right *right)
{
    struct decide *d = builder->d;
    struct policy_value length = {.kind = POLICY_SPAN, .span = right->length};
    Common__V1__Step *step = decide_step(d, right->id, "length", SETS);
    step->value = decide_value(d->arena, builder->sale->pin.policy, &length);
    struct decide_anchors anchors = decide_anchors_of(d, right->starts, right->start_count);
    for (size_t i = 0; i < right->covers.count; i++) {
        struct entitlement_terms *terms =
            decide_add_terms(builder, step, right, builder->sale, NULL);
        terms->layer = ENTITLEMENT_STATUTORY;
        terms->clause_id = right->id;
        terms->cost_class = right->covers.codes[i];
        terms->component = "";
        terms->span = decide_span_of(&length);
        decide_set_anchors(terms, &anchors);
        terms->pauses = right->pauses_in_repair;
        terms->carry_over = right->on_replacement;
        terms->at_least.is_none = true;
        terms->is_transferable = true;
    }
}

static void
add_rights(struct decide_builder *builder)
{
    const struct policy *policy = builder->sale->pin.policy;
    for (size_t p = 0; p < policy->pack_count; p++) {
        const struct policy_pack *pack = &policy->packs[p];
        for (size_t i = 0; i < pack->right_count; i++) {
            const struct policy_right *right = &pack->rights[i];
            if (right->kind == POLICY_RIGHT_WARRANTY &&
                decide_holds(builder->d, builder->sale, &pack->applies, right->id) &&
                decide_holds(builder->d, builder->sale, &right->when, right->id))
                add_right(builder, right);
        }
    }
}

/* ---- facts of the ledger ---- */

const char *
decide_serial(const struct decide *d)
{
    return d->question->serial == NULL || d->question->serial[0] == 0 ? "unit"
                                                                      : d->question->serial;
}

/* A grant rests on a clause, also where nobody said on which: on what staff may decide beyond the
 * policy. */
static void
name_clause(struct entitlement_fact *fact)
{
    bool is_nameless = fact->clause_id == NULL || fact->clause_id[0] == 0;
    if (fact->kind == ENTITLEMENT_FACT_GOODWILL && is_nameless)
        fact->clause_id = policy_parameter_row(POLICY_GENERAL_AUTHORITY_OVERRIDE_LIMIT)->clause_id;
}

/* The facts that count, and the events that only the case knows on more than the customer's word.
 */
static void
collect_facts(struct decide_builder *builder)
{
    struct decide *d = builder->d;
    builder->facts =
        decide_room(d->work, (d->left_count + ENTITLEMENT_EVENT_COUNT) * sizeof *builder->facts);
    for (size_t i = 0; i < d->left_count; i++) {
        /* Corrections have been carried out; what they correct is not there. */
        if (d->facts_left[i]->kind == ENTITLEMENT_FACT_CORRECTED)
            continue;
        builder->facts[builder->fact_count] = *d->facts_left[i];
        name_clause(&builder->facts[builder->fact_count++]);
    }
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++) {
        if ((d->known_events >> event & 1) != 0)
            continue;
        const struct policy_fact *fact = decide_read_row(d, d->engine->event_rows[event]);
        if (fact == NULL || fact->trust == POLICY_STATED)
            continue;
        const char *name = entitlement_event_name((enum entitlement_event)event);
        builder->facts[builder->fact_count++] = (struct entitlement_fact){
            .fact_id = arena_printf(d->work, "case:%s", name),
            .serial = decide_serial(d),
            .kind = ENTITLEMENT_FACT_EVENT,
            .event = (enum entitlement_event)event,
            .date = fact->date,
            .record_us = d->question->decide_us,
        };
    }
}

enum err
decide_layers(struct decide *d, struct decide_layers *layers)
{
    struct decide_builder builder = {.d = d, .layers = layers};
    *layers = (struct decide_layers){0};
    collect_facts(&builder);
    struct date sale_date;
    const struct entitlement_fact *sale_fact;
    enum err err =
        entitlement_sale_date(d->work, builder.facts, builder.fact_count, decide_serial(d),
                              d->question->decide_us, &sale_date, &sale_fact, d->fault);
    if (err != OK)
        return err;
    builder.sale = decide_pin(d, POLICY_SALE, sale_date);
    layers->sale = builder.sale;
    d->policy = builder.sale->pin.policy;
    decide_add_commercials(&builder);
    add_rights(&builder);
    decide_add_plans(&builder);
    decide_add_repairs(&builder);
    layers->terms = builder.terms;
    struct entitlement_question question = {
        .serial = decide_serial(d),
        .at = d->question->at_date,
        .known_at_us = d->question->decide_us,
        .facts = builder.facts,
        .fact_count = builder.fact_count,
        .terms = builder.terms,
        .term_count = layers->term_count,
    };
    err = decide_compute_ledger(&builder, &question, &layers->ledger);
    if (err == OK)
        decide_tell_start(&builder);
    return err;
}

const struct policy_right *
decide_right(const struct decide_layers *layers, const struct entitlement_interval *interval)
{
    return interval->terms == NULL ? NULL : layers->rights[interval->terms - layers->terms];
}
