/*
 * entitlement_check - facts that contradict each other (A4)
 *
 * Facts of one group (a unit's events, a repair, a contract, what replaced what) are neighbours in
 * the history's second order, so one walk compares them. What points from one thing to another
 * (a new unit to the old one, a renewal to what it renews) makes links, whose order in time and
 * whose circles are looked for at the end. The same told twice is no contradiction.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_private.h"

#include <stdlib.h>

/* From a new thing to the one that it follows. */
struct link {
    const struct entitlement_fact *fact;
    const char *from;
    const char *to; /* "": nothing */
    struct link *next;
    size_t walk; /* the number of the walk that came by; 0: none yet */
};

struct checker {
    const struct entitlement_history *history;
    struct link *links; /* of one family at a time */
    size_t link_count;
    struct fault *fault;
};

static enum err
contradict(struct checker *checker, const struct entitlement_fact *a,
           const struct entitlement_fact *b, const char *why)
{
    CHECK(a != NULL && b != NULL);
    return fault_set(checker->fault, ERR_INVALID_ARGUMENT, "FACTS_CONTRADICT",
                     "facts %s and %s: %s", a->fact_id, b->fact_id, why);
}

static bool
is_same_day(const struct entitlement_fact *a, const struct entitlement_fact *b)
{
    return date_compare(a->date, b->date) == 0;
}

/* Whether both are known and the first is dated after the second. */
static bool
is_after(const struct entitlement_fact *a, const struct entitlement_fact *b)
{
    return a != NULL && b != NULL && date_compare(a->date, b->date) > 0;
}

/* ---- groups ---- */

static enum err
check_events(struct checker *checker, const struct entitlement_fact *const *facts, size_t count)
{
    const struct entitlement_fact *first[ENTITLEMENT_EVENT_COUNT] = {0};
    for (size_t i = 0; i < count; i++) {
        const struct entitlement_fact **known = &first[facts[i]->event];
        if (*known == NULL)
            *known = facts[i];
        else if (!is_same_day(*known, facts[i]) && facts[i]->event != ENTITLEMENT_REGISTERED)
            return contradict(checker, *known, facts[i], "one event on two days");
    }
    const struct entitlement_fact *made = first[ENTITLEMENT_MANUFACTURED];
    for (int event = ENTITLEMENT_DELIVERED; event <= ENTITLEMENT_REGISTERED; event++)
        if (is_after(made, first[event]))
            return contradict(checker, first[event], made,
                              "it cannot have happened before the unit was manufactured");
    if (is_after(first[ENTITLEMENT_DELIVERED], first[ENTITLEMENT_INSTALLED]))
        return contradict(checker, first[ENTITLEMENT_INSTALLED], first[ENTITLEMENT_DELIVERED],
                          "installed before it was delivered");
    return OK;
}

static enum err
check_repair(struct checker *checker, const struct entitlement_fact *const *facts, size_t count)
{
    const struct entitlement_fact *taken_in = NULL, *handed_back = NULL;
    const struct entitlement_fact *repaired_first = NULL, *repaired_last = NULL;
    for (size_t i = 0; i < count; i++) {
        if (facts[i]->kind == ENTITLEMENT_FACT_REPAIRED) {
            repaired_first = repaired_first == NULL ? facts[i] : repaired_first;
            repaired_last = facts[i];
            continue;
        }
        const struct entitlement_fact **known =
            facts[i]->kind == ENTITLEMENT_FACT_TAKEN_IN ? &taken_in : &handed_back;
        if (*known == NULL)
            *known = facts[i];
        else if (!is_same_day(*known, facts[i]) || (*known)->coverage != facts[i]->coverage)
            return contradict(checker, *known, facts[i], "one repair told in two ways");
    }
    if (is_after(taken_in, handed_back))
        return contradict(checker, handed_back, taken_in, "handed back before it was taken in");
    if (is_after(taken_in, repaired_first))
        return contradict(checker, repaired_first, taken_in, "repaired before it was taken in");
    if (is_after(repaired_last, handed_back))
        return contradict(checker, repaired_last, handed_back, "repaired after it was handed back");
    return OK;
}

static void
add_link(struct checker *checker, const struct entitlement_fact *fact, const char *from,
         const char *to)
{
    CHECK(checker->links != NULL);
    checker->links[checker->link_count++] =
        (struct link){.fact = fact, .from = entitlement_text(from), .to = entitlement_text(to)};
}

static enum err
check_contract(struct checker *checker, const struct entitlement_fact *const *facts, size_t count)
{
    const struct entitlement_fact *opened = NULL, *cancelled = NULL;
    for (size_t i = 0; i < count; i++) {
        if (facts[i]->kind == ENTITLEMENT_FACT_PLAN_CANCELLED)
            cancelled = cancelled == NULL ? facts[i] : cancelled;
        else if (opened == NULL)
            opened = facts[i];
        else if (opened->kind != facts[i]->kind || !is_same_day(opened, facts[i]) ||
                 !entitlement_is_same_text(opened->serial, facts[i]->serial) ||
                 !entitlement_is_same_text(opened->plan, facts[i]->plan) ||
                 !entitlement_is_same_text(opened->renews_contract_id,
                                           facts[i]->renews_contract_id))
            return contradict(checker, opened, facts[i], "one contract told in two ways");
    }
    if (is_after(opened, cancelled))
        return contradict(checker, cancelled, opened, "cancelled before it was bought");
    if (opened != NULL)
        add_link(checker, opened, opened->contract_id,
                 opened->kind == ENTITLEMENT_FACT_PLAN_RENEWED ? opened->renews_contract_id : "");
    return OK;
}

static struct date
received_date(const struct entitlement_fact *replaced)
{
    return date_is_absent(replaced->received_date) ? replaced->date : replaced->received_date;
}

static enum err
check_replaced(struct checker *checker, const struct entitlement_fact *const *facts, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (!is_same_day(facts[0], facts[i]) ||
            !entitlement_is_same_text(facts[0]->old_serial, facts[i]->old_serial) ||
            date_compare(received_date(facts[0]), received_date(facts[i])) != 0)
            return contradict(checker, facts[0], facts[i], "one replacement told in two ways");
    add_link(checker, facts[0], facts[0]->serial, facts[0]->old_serial);
    return OK;
}

/* ---- links ---- */

static int
on_compare_from(const void *a, const void *b)
{
    return strcmp(((const struct link *)a)->from, ((const struct link *)b)->from);
}

static int
on_compare_to(const void *a, const void *b)
{
    int order = strcmp(((const struct link *)a)->to, ((const struct link *)b)->to);
    return order != 0 ? order : on_compare_from(a, b);
}

/* Nothing is linked in a circle. Each link is walked once: a walk ends where another one went. */
static enum err
check_circles(struct checker *checker)
{
    for (size_t i = 0; i < checker->link_count; i++) {
        struct link *link = &checker->links[i];
        while (link->next != NULL && link->walk == 0) {
            link->walk = i + 1;
            link = link->next;
        }
        if (link->next != NULL && link->walk == i + 1)
            return contradict(checker, link->fact, link->next->fact,
                              "they follow each other in a circle");
    }
    return OK;
}

static enum err
check_order(struct checker *checker, bool is_replaced)
{
    qsort(checker->links, checker->link_count, sizeof checker->links[0], on_compare_from);
    for (size_t i = 0; i < checker->link_count; i++) {
        struct link *link = &checker->links[i];
        const struct link key = {.from = link->to};
        struct link *next = bsearch(&key, checker->links, checker->link_count,
                                    sizeof checker->links[0], on_compare_from);
        link->next = next;
        if (next == NULL)
            continue;
        struct date day = is_replaced ? received_date(link->fact) : link->fact->date;
        if (date_compare(day, next->fact->date) < 0)
            return contradict(checker, link->fact, next->fact,
                              is_replaced ? "the unit came back before it was handed over"
                                          : "renewed before it was bought");
    }
    return check_circles(checker);
}

static enum err
check_links(struct checker *checker, bool is_replaced)
{
    size_t count = checker->link_count;
    if (is_replaced && count > 1) {
        qsort(checker->links, count, sizeof checker->links[0], on_compare_to);
        for (size_t i = 1; i < count; i++)
            if (strcmp(checker->links[i - 1].to, checker->links[i].to) == 0)
                return contradict(checker, checker->links[i - 1].fact, checker->links[i].fact,
                                  "one unit replaced by two");
    }
    return count > 0 ? check_order(checker, is_replaced) : OK;
}

/* ---- all ---- */

static enum err
check_group(struct checker *checker, const struct entitlement_fact *const *facts, size_t count)
{
    switch (facts[0]->kind) {
    case ENTITLEMENT_FACT_EVENT:
        return check_events(checker, facts, count);
    case ENTITLEMENT_FACT_TAKEN_IN:
    case ENTITLEMENT_FACT_HANDED_BACK:
    case ENTITLEMENT_FACT_REPAIRED:
        return check_repair(checker, facts, count);
    case ENTITLEMENT_FACT_PLAN_BOUGHT:
    case ENTITLEMENT_FACT_PLAN_CANCELLED:
    case ENTITLEMENT_FACT_PLAN_RENEWED:
        return check_contract(checker, facts, count);
    case ENTITLEMENT_FACT_REPLACED:
        return check_replaced(checker, facts, count);
    default:
        return OK;
    }
}

/* Links of contracts stand before those of replacements, as their families do. */
static enum err
check_groups(struct checker *checker)
{
    const struct entitlement_history *history = checker->history;
    bool is_replaced = false;
    enum err err = OK;
    for (size_t i = 0, end; i < history->fact_count && err == OK; i = end) {
        const struct entitlement_fact *first = history->groups[i];
        end = entitlement_group_end(history, i);
        if (first->kind == ENTITLEMENT_FACT_REPLACED && !is_replaced) {
            is_replaced = true;
            err = check_links(checker, false);
            checker->link_count = 0;
        }
        if (err == OK)
            err = check_group(checker, history->groups + i, end - i);
    }
    return err == OK ? check_links(checker, is_replaced) : err;
}

enum err
entitlement_check_history(struct arena *arena, const struct entitlement_history *history,
                          struct fault *ret_fault)
{
    enum {
        LINKED = 1 << ENTITLEMENT_FACT_PLAN_BOUGHT | 1 << ENTITLEMENT_FACT_PLAN_RENEWED |
                 1 << ENTITLEMENT_FACT_REPLACED
    };
    struct checker checker = {.history = history, .fault = ret_fault};
    if ((history->kinds & LINKED) != 0) {
        checker.links = arena_try_alloc(arena, history->fact_count * sizeof checker.links[0]);
        if (checker.links == NULL)
            return entitlement_no_memory(ret_fault);
    }
    return check_groups(&checker);
}

enum err
entitlement_check_facts(struct arena *arena, const struct entitlement_fact *facts,
                        size_t fact_count, struct fault *ret_fault)
{
    struct entitlement_history history;
    enum err err =
        entitlement_read_history(arena, facts, fact_count, INT64_MAX, &history, ret_fault);
    return err == OK ? entitlement_check_history(arena, &history, ret_fault) : err;
}
