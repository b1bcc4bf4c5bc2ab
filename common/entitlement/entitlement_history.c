/*
 * entitlement_history - facts as known: corrections carried out, each possible by itself, sorted
 *
 * Each correction points at one fact, so corrections make trees. They are decided from the leaves
 * on: a correction that nothing counts against strikes out its target, one that is struck out
 * itself does nothing. What can never be decided corrects in a circle.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_private.h"

#include <stdlib.h>

enum { SHORT_COUNT = 16 }; /* up to which an insertion sort is faster */

enum err
entitlement_no_memory(struct fault *ret_fault)
{
    return fault_set(ret_fault, ERR_RESOURCE_EXHAUSTED, "LEDGER_TOO_LARGE",
                     "the ledger needs more memory than the call may use");
}

/* ---- order ---- */

int
entitlement_compare_facts(const struct entitlement_fact *a, const struct entitlement_fact *b)
{
    int order = date_compare(a->date, b->date);
    if (order == 0)
        order = compare_numbers(a->record_us, b->record_us);
    return order != 0 ? order : strcmp(a->fact_id, b->fact_id);
}

static enum entitlement_family
family_of(const struct entitlement_fact *fact)
{
    static const unsigned char families[ENTITLEMENT_FACT_KIND_COUNT] = {
        [ENTITLEMENT_FACT_EVENT] = ENTITLEMENT_FAMILY_EVENT,
        [ENTITLEMENT_FACT_TAKEN_IN] = ENTITLEMENT_FAMILY_REPAIR,
        [ENTITLEMENT_FACT_HANDED_BACK] = ENTITLEMENT_FAMILY_REPAIR,
        [ENTITLEMENT_FACT_REPAIRED] = ENTITLEMENT_FAMILY_REPAIR,
        [ENTITLEMENT_FACT_REPLACED] = ENTITLEMENT_FAMILY_REPLACED,
        [ENTITLEMENT_FACT_PLAN_BOUGHT] = ENTITLEMENT_FAMILY_CONTRACT,
        [ENTITLEMENT_FACT_PLAN_CANCELLED] = ENTITLEMENT_FAMILY_CONTRACT,
        [ENTITLEMENT_FACT_PLAN_RENEWED] = ENTITLEMENT_FAMILY_CONTRACT,
        [ENTITLEMENT_FACT_TRANSFERRED] = ENTITLEMENT_FAMILY_OTHER,
        [ENTITLEMENT_FACT_GOODWILL] = ENTITLEMENT_FAMILY_OTHER,
        [ENTITLEMENT_FACT_VOIDED] = ENTITLEMENT_FAMILY_OTHER,
        [ENTITLEMENT_FACT_CORRECTED] = ENTITLEMENT_FAMILY_OTHER,
    };
    return families[fact->kind];
}

static int
compare_keys(const struct entitlement_fact *a, const struct entitlement_fact *b)
{
    enum entitlement_family family = family_of(a);
    int order = (int)family - (int)family_of(b);
    if (order != 0 || family == ENTITLEMENT_FAMILY_OTHER)
        return order;
    if (family == ENTITLEMENT_FAMILY_CONTRACT)
        return entitlement_compare_text(a->contract_id, b->contract_id);
    order = entitlement_compare_text(a->serial, b->serial);
    if (order != 0 || family != ENTITLEMENT_FAMILY_REPAIR)
        return order;
    return entitlement_compare_text(a->repair_id, b->repair_id);
}

static int
compare_groups(const struct entitlement_fact *a, const struct entitlement_fact *b)
{
    int order = compare_keys(a, b);
    return order != 0 ? order : entitlement_compare_facts(a, b);
}

static int
on_compare_facts(const void *a, const void *b)
{
    return entitlement_compare_facts(*(const struct entitlement_fact *const *)a,
                                     *(const struct entitlement_fact *const *)b);
}

static int
on_compare_groups(const void *a, const void *b)
{
    return compare_groups(*(const struct entitlement_fact *const *)a,
                          *(const struct entitlement_fact *const *)b);
}

typedef int (*compare_refs)(const void *a, const void *b);

static void
sort_facts(const struct entitlement_fact **facts, size_t count, compare_refs on_compare)
{
    if (count > SHORT_COUNT) {
        qsort(facts, count, sizeof facts[0], on_compare);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        const struct entitlement_fact *fact = facts[i];
        size_t place = i;
        for (; place > 0 && on_compare(&facts[place - 1], &fact) > 0; place--)
            facts[place] = facts[place - 1];
        facts[place] = fact;
    }
}

size_t
entitlement_group_end(const struct entitlement_history *history, size_t first)
{
    size_t end = first + 1;
    while (end < history->fact_count &&
           compare_keys(history->groups[first], history->groups[end]) == 0)
        end++;
    return end;
}

const struct entitlement_fact **
entitlement_find_group(const struct entitlement_history *history,
                       const struct entitlement_fact *key, size_t *ret_count)
{
    size_t low = 0, high = history->fact_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(history->groups[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found = low < history->fact_count && compare_keys(history->groups[low], key) == 0;
    *ret_count = is_found ? entitlement_group_end(history, low) - low : 0;
    return history->groups + low;
}

/* ---- corrections ---- */

/* A fact among all that were given, by id. */
struct node {
    const struct entitlement_fact *fact;
    struct node *target; /* of a known correction */
    unsigned pending;    /* known corrections of it that are not decided yet */
    bool is_known;
    bool is_struck;
};

static int
on_compare_nodes(const void *a, const void *b)
{
    return strcmp(((const struct node *)a)->fact->fact_id, ((const struct node *)b)->fact->fact_id);
}

static struct node *
find_node(struct node *nodes, size_t count, const char *fact_id)
{
    const struct entitlement_fact fact = {.fact_id = entitlement_text(fact_id)};
    const struct node key = {.fact = &fact};
    return bsearch(&key, nodes, count, sizeof nodes[0], on_compare_nodes);
}

/* All facts by id, which are unique. */
static enum err
read_nodes(struct arena *arena, const struct entitlement_fact *facts, size_t count,
           int64_t known_at_us, struct node **ret_nodes, struct fault *ret_fault)
{
    struct node *nodes = arena_try_alloc(arena, count * sizeof nodes[0]);
    if (nodes == NULL)
        return entitlement_no_memory(ret_fault);
    for (size_t i = 0; i < count; i++)
        nodes[i] = (struct node){.fact = &facts[i], .is_known = facts[i].record_us <= known_at_us};
    qsort(nodes, count, sizeof nodes[0], on_compare_nodes);
    for (size_t i = 1; i < count; i++)
        if (on_compare_nodes(&nodes[i - 1], &nodes[i]) == 0)
            return entitlement_fact_wrong(ret_fault, nodes[i].fact, "is there twice");
    *ret_nodes = nodes;
    return OK;
}

static enum err
point_at_targets(struct node *nodes, size_t count, struct fault *ret_fault)
{
    for (size_t i = 0; i < count; i++) {
        if (!nodes[i].is_known || nodes[i].fact->kind != ENTITLEMENT_FACT_CORRECTED)
            continue;
        struct node *target = find_node(nodes, count, nodes[i].fact->corrects_fact_id);
        if (target == NULL)
            return entitlement_fact_wrong(ret_fault, nodes[i].fact,
                                          "corrects a fact that is not there");
        nodes[i].target = target;
        target->pending++;
    }
    return OK;
}

static enum err
strike_out(struct node *nodes, size_t count, struct fault *ret_fault)
{
    for (size_t i = 0; i < count; i++) {
        /* As far down the branch as it can be decided; each correction is decided once. */
        struct node *node = &nodes[i];
        while (node->target != NULL && node->pending == 0) {
            struct node *target = node->target;
            node->target = NULL;
            target->is_struck |= !node->is_struck;
            target->pending--;
            node = target;
        }
    }
    for (size_t i = 0; i < count; i++)
        if (nodes[i].target != NULL)
            return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "FACTS_CONTRADICT",
                             "facts %s and %s correct in a circle", nodes[i].fact->fact_id,
                             nodes[i].target->fact->fact_id);
    return OK;
}

/* Carries out the corrections: `ret_facts` are those that are left. */
static enum err
correct(struct arena *arena, const struct entitlement_fact *facts, size_t count,
        int64_t known_at_us, const struct entitlement_fact **ret_facts, size_t *ret_count,
        struct fault *ret_fault)
{
    struct node *nodes = NULL;
    enum err err = read_nodes(arena, facts, count, known_at_us, &nodes, ret_fault);
    CHECK(err != OK || nodes != NULL);
    if (err == OK)
        err = point_at_targets(nodes, count, ret_fault);
    if (err == OK)
        err = strike_out(nodes, count, ret_fault);
    if (err != OK)
        return err;
    size_t left = 0;
    for (size_t i = 0; i < count; i++)
        if (nodes[i].is_known && !nodes[i].is_struck)
            ret_facts[left++] = nodes[i].fact;
    *ret_count = left;
    return OK;
}

/* The usual case: few facts and no correction. False: there is more to do. */
static bool
take_known(const struct entitlement_fact *facts, size_t count, int64_t known_at_us,
           const struct entitlement_fact **ret_facts, size_t *ret_count)
{
    if (count > SHORT_COUNT)
        return false;
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        if (facts[i].kind == ENTITLEMENT_FACT_CORRECTED)
            return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(facts[i].fact_id, facts[j].fact_id) == 0)
                return false;
        if (facts[i].record_us <= known_at_us)
            ret_facts[known++] = &facts[i];
    }
    *ret_count = known;
    return true;
}

static enum err
check_given(const struct entitlement_fact *facts, size_t count, struct fault *ret_fault)
{
    if (count > ENTITLEMENT_FACTS_MAX)
        return fault_set(ret_fault, ERR_RESOURCE_EXHAUSTED, "FACTS_TOO_MANY",
                         "%zu facts are more than %d", count, ENTITLEMENT_FACTS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (facts[i].fact_id == NULL || facts[i].fact_id[0] == 0)
            return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "FACT_WRONG", "a fact has no id");
        if ((unsigned)facts[i].kind >= ENTITLEMENT_FACT_KIND_COUNT)
            return entitlement_fact_wrong(ret_fault, &facts[i], "is of no known kind");
    }
    return OK;
}

/* Known facts that no correction strikes out, in no order; there is room for as many again. */
static enum err
read_left(struct arena *arena, const struct entitlement_fact *facts, size_t fact_count,
          int64_t known_at_us, struct entitlement_history *history, struct fault *ret_fault)
{
    enum err err = check_given(facts, fact_count, ret_fault);
    if (err != OK)
        return err;
    history->facts = arena_try_alloc(arena, fact_count * 2 * sizeof history->facts[0]);
    if (history->facts == NULL)
        return entitlement_no_memory(ret_fault);
    if (take_known(facts, fact_count, known_at_us, history->facts, &history->fact_count))
        return OK;
    return correct(arena, facts, fact_count, known_at_us, history->facts, &history->fact_count,
                   ret_fault);
}

enum err
entitlement_facts_left(struct arena *arena, const struct entitlement_fact *facts, size_t fact_count,
                       int64_t known_at_us, const struct entitlement_fact *const **ret_facts,
                       size_t *ret_count, struct fault *ret_fault)
{
    struct entitlement_history history = {0};
    enum err err = read_left(arena, facts, fact_count, known_at_us, &history, ret_fault);
    if (err != OK)
        return err;
    sort_facts(history.facts, history.fact_count, on_compare_facts);
    *ret_facts = history.facts;
    *ret_count = history.fact_count;
    return OK;
}

enum err
entitlement_read_history(struct arena *arena, const struct entitlement_fact *facts,
                         size_t fact_count, int64_t known_at_us,
                         struct entitlement_history *ret_history, struct fault *ret_fault)
{
    struct entitlement_history history = {0};
    enum err err = read_left(arena, facts, fact_count, known_at_us, &history, ret_fault);
    if (err != OK)
        return err;
    for (size_t i = 0; i < history.fact_count; i++) {
        err = entitlement_fact_check(history.facts[i], ret_fault);
        if (err != OK)
            return err;
        history.kinds |= 1U << history.facts[i]->kind;
    }
    sort_facts(history.facts, history.fact_count, on_compare_facts);
    history.groups = history.facts + fact_count;
    memcpy(history.groups, history.facts, history.fact_count * sizeof history.facts[0]);
    sort_facts(history.groups, history.fact_count, on_compare_groups);
    *ret_history = history;
    return OK;
}
