/*
 * policy_decide_coverage - "warranty.coverage": what covers the unit on a day
 *
 * The layers that are open on the day (see policy_decide_open), split by cost class and component.
 * Where nothing is open: a layer whose start nobody knows, or a part that might be meant, leaves it
 * UNDETERMINED; else it is DENIED by the layer that ended last. A layer that is counted from a day
 * which only the customer tells grants, and says so; where it has ended by their word alone the
 * answer is UNDETERMINED. (A claim that it covers is granted, if the documents that the process
 * asks for are there.)
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

/* ---- steps ---- */

static const char *
explain_interval(struct decide *d, const struct entitlement_interval *interval)
{
    if (d->explained == interval)
        return d->explanation;
    struct buf *text = decide_scratch(d);
    entitlement_interval_print(interval, text);
    d->explained = interval;
    d->explanation = arena_copy_text(d->arena, buf_text(text));
    return d->explanation;
}

/* Why a layer begins when it does: "delivered 2026-03-15", where that alone says it; else "". */
static const char *
explain_start(struct decide *d, const struct entitlement_interval *interval)
{
    const struct entitlement_step *first = interval->steps;
    if (interval->step_count == 0 || first->kind != ENTITLEMENT_STEP_ANCHOR ||
        date_compare(first->date, interval->start_date) != 0)
        return "";
    struct buf *text = decide_scratch(d);
    entitlement_step_print(first, text);
    return arena_copy_text(d->arena, buf_text(text));
}

/* The result of a layer's step: the best of its intervals. */
static void
judge_step(struct decide *d, Common__V1__Step *step, const struct entitlement_interval *interval)
{
    bool is_covering =
        !interval->is_undetermined && entitlement_covers(interval, d->question->at_date);
    bool is_unproven =
        !is_covering && (interval->is_undetermined || decide_is_closed_by_word(d, interval));
    decide_result result = is_covering ? GRANTS : is_unproven ? LACKS_PROOF : DENIES;
    if (result == GRANTS || step->result == SETS || step->result == LIFTED ||
        step->result == DOES_NOT_APPLY || (result == LACKS_PROOF && step->result != GRANTS))
        step->result = result;
    bool has_last_date = false;
    for (size_t i = 0; interval->has_last_date && i < step->n_computed; i++) {
        if (strcmp(step->computed[i]->name, "last_date") != 0)
            continue;
        has_last_date = true;
        if (date_compare(decide_date_of(step->computed[i]->value->date), interval->last_date) == 0)
            return;
    }
    if (interval->has_last_date && (!has_last_date || is_covering))
        decide_compute(d, step, "last_date", decide_value_date(d, interval->last_date),
                       explain_interval(d, interval));
}

static void
add_entitlement(struct decide *d, const struct entitlement_interval *interval)
{
    Common__V1__Entitlement *entitlement = decide_room(d->arena, sizeof *entitlement);
    common__v1__entitlement__init(entitlement);
    entitlement->layer = (Common__V1__Entitlement__Layer)interval->layer;
    entitlement->cost_class = (char *)interval->cost_class;
    entitlement->component = (char *)(interval->component == NULL ? "" : interval->component);
    entitlement->start_date = decide_new_date(d->arena, interval->start_date);
    if (interval->has_last_date)
        entitlement->last_date = decide_new_date(d->arena, interval->last_date);
    entitlement->is_paused = interval->is_paused;
    entitlement->clause_id = (char *)(interval->clause_id == NULL ? "" : interval->clause_id);
    entitlement->is_stated = entitlement_is_stated(interval);
    decide_list_add(d, &d->entitlements, entitlement);
}

/* ---- where nothing is open ---- */

/* The layer that ended last; else one that has not begun. */
static const struct entitlement_interval *
find_last(struct decide *d, const struct entitlement_ledger *ledger, bool *ret_is_future)
{
    const struct entitlement_interval *last = NULL;
    *ret_is_future = false;
    for (size_t i = 0; i < ledger->interval_count; i++) {
        const struct entitlement_interval *interval = &ledger->intervals[i];
        if (interval->is_empty || interval->is_undetermined || !interval->has_last_date ||
            date_compare(interval->last_date, d->question->at_date) >= 0 ||
            decide_is_beside(d, interval))
            continue;
        if (last == NULL || date_compare(interval->last_date, last->last_date) > 0)
            last = interval;
    }
    for (size_t i = 0; last == NULL && i < ledger->interval_count; i++) {
        const struct entitlement_interval *interval = &ledger->intervals[i];
        if (interval->is_empty || interval->is_undetermined ||
            date_compare(interval->start_date, d->question->at_date) <= 0 ||
            decide_is_beside(d, interval))
            continue;
        *ret_is_future = true;
        last = interval;
    }
    return last;
}

/* What would say when a layer begins: the documents that the process asks for, by the first that
 * stands there; where that is given or none is asked for, the first event of its own chain. */
static void
need_start(struct decide *d, struct decide_layers *layers,
           const struct entitlement_interval *interval)
{
    struct policy_reading reading = decide_look(d, layers->sale, POLICY_WARRANTY_PROCESS_DOCUMENTS);
    const char *clause_id = policy_parameter_row(POLICY_WARRANTY_PROCESS_DOCUMENTS)->clause_id;
    if (reading.value.absence == POLICY_PRESENT && reading.value.documents.count > 0 &&
        !decide_has_document(d, &reading.value.documents.items[0])) {
        const struct policy_document *document = &reading.value.documents.items[0];
        decide_need(d, document->document, clause_id, &document->instead);
        decide_end(d, UNDETERMINED, clause_id, "PROOF_MISSING");
        return;
    }
    clause_id = policy_parameter_row(POLICY_WARRANTY_PERIOD_STARTS)->clause_id;
    const struct entitlement_terms *terms = interval->terms;
    bool has_chain = terms != NULL && terms->anchor_count > 0;
    enum entitlement_event event = has_chain ? terms->anchors[0].event : ENTITLEMENT_DELIVERED;
    decide_need(d, entitlement_event_name(event), clause_id, NULL);
    decide_end(d, UNDETERMINED, clause_id, "PROOF_MISSING");
}

void
decide_end_maybe(struct decide *d, struct decide_layers *layers,
                 const struct entitlement_interval *interval)
{
    const char *fact_name;
    if (interval->is_undetermined || decide_is_closed_by_word(d, interval)) {
        need_start(d, layers, interval);
    } else if (decide_is_nameless(d, interval, &fact_name)) {
        decide_need(d, fact_name, interval->clause_id, NULL);
        decide_end(d, UNDETERMINED, interval->clause_id, "FACT_MISSING");
    } else {
        CHECK(decide_is_doubted(d, interval));
        decide_need(d, "component", interval->clause_id, NULL);
        const struct policy_fact *finding = decide_read_fact(d, "finding");
        if (finding == NULL || finding->trust == POLICY_STATED)
            decide_need(d, "finding", interval->clause_id, NULL);
        decide_end(d, UNDETERMINED, interval->clause_id, "PROOF_MISSING");
    }
}

static void
end_closed(struct decide *d, struct decide_layers *layers)
{
    const struct entitlement_ledger *ledger = &layers->ledger;
    for (size_t i = 0; i < ledger->interval_count; i++) {
        if (decide_open(layers, &ledger->intervals[i]) == DECIDE_MAYBE) {
            decide_end_maybe(d, layers, &ledger->intervals[i]);
            return;
        }
    }
    bool is_future;
    const struct entitlement_interval *last = find_last(d, ledger, &is_future);
    if (last == NULL) {
        const char *clause_id = policy_parameter_row(POLICY_WARRANTY_PERIOD_LENGTH)->clause_id;
        decide_deny(d, clause_id, "NOT_COVERED");
        return;
    }
    d->last_date = is_future ? last->start_date : last->last_date;
    const char *reason = is_future                        ? "NOT_STARTED"
                         : last->ended_by_fact_id != NULL ? "ENDED"
                                                          : "EXPIRED";
    /* The day after the end is explained in the same words as the end. */
    if (decide_deny(d, last->clause_id, reason))
        decide_compute(d, NULL, is_future ? "start_date" : "last_date",
                       decide_value_date(d, d->last_date),
                       is_future ? explain_start(d, last) : explain_interval(d, last));
}

bool
decide_open_layers(struct decide *d, struct decide_layers *layers)
{
    const struct entitlement_ledger *ledger = &layers->ledger;
    bool is_any = false;
    decide_find_open(d, layers);
    for (size_t i = 0; i < ledger->interval_count; i++) {
        const struct entitlement_interval *interval = &ledger->intervals[i];
        Common__V1__Step *step =
            interval->terms == NULL ? NULL : layers->steps[interval->terms - layers->terms];
        bool is_beside = decide_is_beside(d, interval);
        if (step != NULL && !is_beside)
            judge_step(d, step, interval);
        else if (step != NULL && (step->result == SETS || step->result == LIFTED))
            step->result = DOES_NOT_APPLY;
        if (is_beside && decide_gives_way(d, interval))
            continue;
        if (!interval->is_undetermined && entitlement_covers(interval, d->question->at_date))
            add_entitlement(d, interval);
        if (decide_open(layers, interval) == DECIDE_OPEN || decide_is_doubted(d, interval))
            is_any = true;
    }
    if (!is_any)
        end_closed(d, layers);
    return is_any;
}

/* ---- the question ---- */

static bool
grants_all(void *context, const struct entitlement_interval *interval)
{
    (void)context;
    (void)interval;
    return true;
}

const char *
decide_layer_reason(enum entitlement_layer layer)
{
    switch (layer) {
    case ENTITLEMENT_STATUTORY:
        return "COVERED_BY_LAW";
    case ENTITLEMENT_EXTENDED:
        return "COVERED_BY_PLAN";
    case ENTITLEMENT_REPAIR:
        return "COVERED_BY_REPAIR";
    case ENTITLEMENT_GOODWILL:
        return "COVERED_BY_GOODWILL";
    case ENTITLEMENT_COMMERCIAL:
        break;
    }
    return "COVERED";
}

/* When the company's own warranty ended; absent while any of it still runs. */
static struct date
find_own_end(struct decide *d, const struct entitlement_ledger *ledger)
{
    struct date last = {0};
    for (size_t i = 0; i < ledger->interval_count; i++) {
        const struct entitlement_interval *own = &ledger->intervals[i];
        if (own->layer != ENTITLEMENT_COMMERCIAL || own->is_undetermined ||
            decide_concerns_part(d, own) != DECIDE_OPEN)
            continue;
        if (entitlement_covers(own, d->question->at_date))
            return (struct date){0};
        if (own->has_last_date && date_compare(own->last_date, d->question->at_date) < 0 &&
            date_compare(own->last_date, last) > 0)
            last = own->last_date;
    }
    return last;
}

void
decide_tell_layer(struct decide *d, const struct decide_layers *layers,
                  const struct entitlement_interval *interval)
{
    d->last_date = interval->has_last_date ? interval->last_date : (struct date){0};
    if (interval->terms != NULL && !interval->terms->span.is_unlimited)
        d->span = (struct policy_span){.months = interval->terms->span.months,
                                       .days = interval->terms->span.days};
    d->own_last_date = find_own_end(d, &layers->ledger);
    if (interval->has_last_date) {
        decide_compute(d, NULL, "last_date", decide_value_date(d, interval->last_date),
                       explain_interval(d, interval));
        int64_t days = date_to_days(interval->last_date) - date_to_days(d->question->at_date);
        decide_compute(d, NULL, "remaining_days", decide_value_number(d, days), "");
    }
}

/* What is open, first of all by more than the customer's word. */
static const struct entitlement_interval *
find_first(const struct decide_layers *layers)
{
    const struct entitlement_ledger *ledger = &layers->ledger;
    const struct entitlement_interval *first = NULL;
    for (size_t i = 0; i < ledger->interval_count; i++) {
        const struct entitlement_interval *interval = &ledger->intervals[i];
        bool is_better =
            first == NULL || (entitlement_is_stated(first) && !entitlement_is_stated(interval));
        if (is_better && decide_open(layers, interval) == DECIDE_OPEN)
            first = interval;
    }
    return first;
}

enum err
decide_warranty_coverage(struct decide *d)
{
    struct decide_layers layers;
    enum err err = decide_layers(d, &layers);
    if (err != OK || !decide_open_layers(d, &layers))
        return err;
    const struct entitlement_interval *first = find_first(&layers);
    const struct entitlement_interval *maybe = NULL;
    enum decide_open whole = decide_is_whole(d, &layers, grants_all, NULL, &maybe);
    if (whole == DECIDE_MAYBE) {
        decide_end_maybe(d, &layers, maybe);
        return OK;
    }
    /* What is open or doubted is of a class that was promised. */
    CHECK(first != NULL);
    d->is_stated = entitlement_is_stated(first);
    decide_end(d, whole == DECIDE_OPEN ? GRANTED : PARTLY_GRANTED, first->clause_id,
               decide_layer_reason(first->layer));
    decide_tell_layer(d, &layers, first);
    return OK;
}

enum err
decide_last_cover(struct decide *d, struct date *ret_date)
{
    struct decide_layers layers;
    enum err err = decide_layers(d, &layers);
    struct date last = {0};
    bool is_unlimited = false;
    for (size_t i = 0; err == OK && i < layers.ledger.interval_count; i++) {
        const struct entitlement_interval *interval = &layers.ledger.intervals[i];
        if (interval->is_empty || interval->is_undetermined)
            continue;
        is_unlimited = is_unlimited || !interval->has_last_date;
        if (interval->has_last_date && date_compare(interval->last_date, last) > 0)
            last = interval->last_date;
    }
    if (err == OK)
        *ret_date = is_unlimited ? (struct date){0} : last;
    return err;
}
