/*
 * policy_decide_open - whether an interval of the ledger is open for what is asked
 *
 * A layer for one component counts where that component is asked about, or none is named; a
 * repair's warranty counts for the part that was repaired. Where the part asked about has terms of
 * its own, longer, shorter or none, those hold in place of the whole unit's; at the customer's word
 * alone they take nothing away.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

static bool
is_empty_text(const char *text)
{
    return text == NULL || text[0] == 0;
}

/* Whether what an interval is limited to is what the case names. */
static enum decide_open
matches_text(struct decide *d, const char *limit, const char *fact_name)
{
    if (is_empty_text(limit))
        return DECIDE_OPEN;
    const struct policy_fact *fact = decide_read_fact(d, fact_name);
    if (fact == NULL)
        return DECIDE_MAYBE;
    return strcmp(fact->code, limit) == 0 ? DECIDE_OPEN : DECIDE_CLOSED;
}

static bool
lies_beneath(const struct policy_axes *axes, const char *code, const char *wide)
{
    int value = policy_axes_find(axes, POLICY_AXIS_COMPONENT, code);
    int above = policy_axes_find(axes, POLICY_AXIS_COMPONENT, wide);
    return value != 0 && above != 0 && policy_axes_contains(axes, above, value);
}

/* The same for the part. Where a wider one is named (`drive`), the part that an interval is limited
 * to may be meant. What was granted for a wide part is granted for each beneath it; of the
 * company's warranty, a part with other terms than the whole unit has a layer of its own. */
static enum decide_open
matches_part(struct decide *d, const struct entitlement_interval *interval)
{
    enum decide_open matches = matches_text(d, interval->component, "component");
    if (matches != DECIDE_CLOSED)
        return matches;
    const char *part = decide_read_fact(d, "component")->code;
    if (lies_beneath(&d->policy->axes, interval->component, part))
        return DECIDE_MAYBE;
    return interval->layer != ENTITLEMENT_COMMERCIAL &&
                   lies_beneath(&d->policy->axes, part, interval->component)
               ? DECIDE_OPEN
               : DECIDE_CLOSED;
}

bool
decide_gives_way(const struct decide *d, const struct entitlement_interval *interval)
{
    if (d->own_classes.count == 0 || interval->layer != ENTITLEMENT_COMMERCIAL ||
        !is_empty_text(interval->component))
        return false;
    for (size_t i = 0; i < d->own_classes.count; i++) {
        if (strcmp(d->own_classes.items[i], interval->cost_class) == 0)
            return true;
    }
    return false;
}

enum decide_open
decide_concerns_part(struct decide *d, const struct entitlement_interval *interval)
{
    if (!decide_gives_way(d, interval))
        return matches_part(d, interval);
    const struct policy_fact *part = decide_read_fact(d, "component");
    return part != NULL && part->trust > POLICY_STATED ? DECIDE_CLOSED : DECIDE_MAYBE;
}

/* What ended it early ended it whenever it began. */
bool
decide_is_closed_by_word(const struct decide *d, const struct entitlement_interval *interval)
{
    struct date at = d->question->at_date;
    bool is_ended =
        (!date_is_absent(interval->cut_date) && date_compare(at, interval->cut_date) >= 0) ||
        (interval->ended_by_fact_id != NULL && date_compare(at, interval->last_date) > 0);
    return !is_ended && !interval->is_empty && !interval->is_undetermined &&
           entitlement_is_stated(interval) && !entitlement_covers(interval, at);
}

/* The same for the fault: a repair's warranty is that of one. */
static enum decide_open
concerns_fault(struct decide *d, const struct entitlement_interval *interval)
{
    bool is_claim = d->question->question == POLICY_WARRANTY_CLAIM;
    return is_claim && interval->layer == ENTITLEMENT_REPAIR
               ? matches_text(d, interval->fault_code, "fault_code")
               : DECIDE_OPEN;
}

bool
decide_is_beside(struct decide *d, const struct entitlement_interval *interval)
{
    return decide_concerns_part(d, interval) == DECIDE_CLOSED ||
           concerns_fault(d, interval) == DECIDE_CLOSED;
}

static enum decide_open
judge_open(struct decide *d, const struct entitlement_interval *interval)
{
    bool is_claim = d->question->question == POLICY_WARRANTY_CLAIM;
    enum decide_open component = decide_concerns_part(d, interval);
    enum decide_open fault = concerns_fault(d, interval);
    /* Who only asks what is covered is told of every part. */
    if (!is_claim && component == DECIDE_MAYBE && !decide_gives_way(d, interval))
        component = DECIDE_OPEN;
    if (component == DECIDE_CLOSED || fault == DECIDE_CLOSED)
        return DECIDE_CLOSED;
    if (interval->is_undetermined)
        return interval->is_empty || (interval->has_last_date &&
                                      date_compare(interval->last_date, d->question->at_date) < 0)
                   ? DECIDE_CLOSED
                   : DECIDE_MAYBE;
    if (!entitlement_covers(interval, d->question->at_date))
        return decide_is_closed_by_word(d, interval) ? DECIDE_MAYBE : DECIDE_CLOSED;
    return component == DECIDE_OPEN && fault == DECIDE_OPEN ? DECIDE_OPEN : DECIDE_MAYBE;
}

void
decide_find_open(struct decide *d, struct decide_layers *layers)
{
    const struct entitlement_ledger *ledger = &layers->ledger;
    layers->open = decide_room(d->work, ledger->interval_count * sizeof *layers->open);
    for (size_t i = 0; i < ledger->interval_count; i++)
        layers->open[i] = judge_open(d, &ledger->intervals[i]);
}

bool
decide_is_doubted(struct decide *d, const struct entitlement_interval *interval)
{
    return decide_gives_way(d, interval) && !interval->is_undetermined &&
           entitlement_covers(interval, d->question->at_date) &&
           judge_open(d, interval) == DECIDE_MAYBE;
}

bool
decide_is_nameless(struct decide *d, const struct entitlement_interval *interval,
                   const char **ret_fact)
{
    *ret_fact = "component";
    if (matches_part(d, interval) == DECIDE_MAYBE)
        return true;
    *ret_fact = "fault_code";
    return interval->layer == ENTITLEMENT_REPAIR && !is_empty_text(interval->fault_code) &&
           decide_read_fact(d, *ret_fact) == NULL;
}

/* ---- all cost classes ---- */

/* The best that is said to a cost class. */
static enum decide_open
judge_class(struct decide *d, const struct decide_layers *layers, const char *cost_class,
            bool (*grants)(void *context, const struct entitlement_interval *interval),
            void *context, const struct entitlement_interval **ret_maybe)
{
    const struct entitlement_ledger *ledger = &layers->ledger;
    enum decide_open best = DECIDE_CLOSED;
    for (size_t i = 0; best != DECIDE_OPEN && i < ledger->interval_count; i++) {
        const struct entitlement_interval *interval = &ledger->intervals[i];
        if (!decide_is_same_text(interval->cost_class, cost_class))
            continue;
        enum decide_open open = decide_open(layers, interval);
        bool is_doubted = open == DECIDE_MAYBE &&
                          (decide_is_doubted(d, interval) || decide_is_closed_by_word(d, interval));
        if ((!is_doubted && open != DECIDE_OPEN) || !grants(context, interval))
            continue;
        best = is_doubted ? DECIDE_MAYBE : DECIDE_OPEN;
        if (is_doubted)
            *ret_maybe = interval;
    }
    return best;
}

enum decide_open
decide_is_whole(struct decide *d, const struct decide_layers *layers,
                bool (*grants)(void *context, const struct entitlement_interval *interval),
                void *context, const struct entitlement_interval **ret_maybe)
{
    enum decide_open whole = DECIDE_OPEN;
    for (size_t t = 0; t < layers->term_count; t++) {
        const struct entitlement_terms *terms = &layers->terms[t];
        if (terms->layer != ENTITLEMENT_COMMERCIAL && terms->layer != ENTITLEMENT_STATUTORY)
            continue;
        /* What is promised for a part that nobody asked about does not matter. */
        if (matches_text(d, terms->component, "component") != DECIDE_OPEN)
            continue;
        enum decide_open open =
            judge_class(d, layers, terms->cost_class, grants, context, ret_maybe);
        if (open == DECIDE_MAYBE)
            return DECIDE_MAYBE;
        if (open == DECIDE_CLOSED)
            whole = DECIDE_CLOSED;
    }
    return whole;
}
