/*
 * policy_check_table - the selectors of one parameter: exact look-up, the narrowest around a
 * selector, and ties
 *
 * Ties are found without looking at subjects. Take two rules with different values of which
 * neither contains the other and whose overlap, as a selector, is m. If a rule lies inside one of
 * the two and contains m (as one with exactly the selector m does), that one is not narrowest for
 * any subject of m. If none does, both are narrowest for the subject that m itself describes. So
 * there is a tie if and only if, for some m, the narrowest rules around m have different values.
 *
 * Cost: two selectors can only overlap if on every axis one's value contains the other's. Entries
 * stand in preorder of one axis, so those that can overlap with an entry from within are the run
 * after it. The worst case is all pairs; what a look around a selector costs is counted and
 * bounded.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- making ---- */

static uint64_t
hash_bytes(const void *bytes, size_t size_bytes)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < size_bytes; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211);
    return hash ^ (hash >> 32);
}

static uint64_t
hash_when(const struct policy_when *when)
{
    uint64_t hash = 0;
    for (uint32_t left = when->named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        uint64_t word = ((uint64_t)axis << 32) | (uint64_t)when->values[axis];
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return hash ^ (hash >> 32);
}

/* Gives the distinct values of a parameter's rules numbers. Equal values print equally, so texts
 * are compared, each with few others. */
static void
number_values(struct arena *arena, struct policy_table *table)
{
    const char **texts = arena_alloc(arena, (size_t)table->count * sizeof *texts);
    memset(table->slots, 0, ((size_t)table->slot_mask + 1) * sizeof *table->slots);
    int text_count = 0;
    for (int i = 0; i < table->count; i++) {
        const char *text = policy_value_print(arena, table->entries[i].value);
        int slot = (int)(hash_bytes(text, strlen(text)) & (uint64_t)table->slot_mask);
        while (table->slots[slot] != 0 && strcmp(texts[table->slots[slot] - 1], text) != 0)
            slot = (slot + 1) & table->slot_mask;
        if (table->slots[slot] == 0) {
            texts[text_count++] = text;
            table->slots[slot] = text_count;
        }
        table->entries[i].value_class = table->slots[slot] - 1;
    }
}

void
policy_table_make(struct arena *arena, const struct policy *policy, enum policy_parameter parameter,
                  int more, struct policy_table *ret_table)
{
    size_t first = policy->rule_first[parameter];
    size_t end = policy->rule_first[parameter + 1];
    *ret_table = (struct policy_table){.axes = &policy->axes, .room = (int)(end - first) + more};
    int slot_count = 16;
    while (slot_count < 2 * ret_table->room)
        slot_count *= 2;
    ret_table->slot_mask = slot_count - 1;
    ret_table->slots = arena_alloc(arena, (size_t)slot_count * sizeof *ret_table->slots);
    ret_table->entries =
        arena_alloc(arena, (size_t)(ret_table->room + 1) * sizeof *ret_table->entries);
    ret_table->narrowest =
        arena_alloc(arena, (size_t)(ret_table->room + 1) * sizeof(struct policy_entry *));
    for (size_t i = first; i < end; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (i > first && policy_when_equals(&rule->when, &rule[-1].when))
            continue;
        policy_table_add(ret_table, &(struct policy_entry){
                                        .when = rule->when, .value = &rule->value, .rule = rule});
    }
    number_values(arena, ret_table);
    policy_table_order(ret_table);
}

void
policy_table_add(struct policy_table *table, const struct policy_entry *entry)
{
    CHECK(table->count < table->room);
    table->entries[table->count++] = *entry;
}

static int
compare_ints(const void *a, const void *b)
{
    return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

/* How many different values the entries name on an axis. `scratch` has room for all entries. */
static int
count_values(const struct policy_table *table, int axis, int *scratch)
{
    for (int i = 0; i < table->count; i++)
        scratch[i] = table->entries[i].when.values[axis];
    qsort(scratch, (size_t)table->count, sizeof *scratch, compare_ints);
    int value_count = 0;
    for (int i = 0; i < table->count; i++)
        value_count += scratch[i] != 0 && (i == 0 || scratch[i] != scratch[i - 1]);
    return value_count;
}

static int
compare_entries(const void *a, const void *b, void *context)
{
    const struct policy_table *table = context;
    const struct policy_when *left = &((const struct policy_entry *)a)->when;
    const struct policy_when *right = &((const struct policy_entry *)b)->when;
    int order = compare_ints(&left->values[table->axis], &right->values[table->axis]);
    return order != 0 ? order : policy_when_compare(left, right);
}

void
policy_table_order(struct policy_table *table)
{
    uint32_t named = 0;
    for (int i = 0; i < table->count; i++)
        named |= table->entries[i].when.named;
    int value_count_max = 0;
    for (uint32_t left = named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        int value_count = count_values(table, axis, table->slots);
        if (value_count > value_count_max) {
            value_count_max = value_count;
            table->axis = (enum policy_axis)axis;
        }
    }
    qsort_r(table->entries, (size_t)table->count, sizeof *table->entries, compare_entries, table);
    memset(table->slots, 0, ((size_t)table->slot_mask + 1) * sizeof *table->slots);
    for (int i = 0; i < table->count; i++) {
        int slot = (int)(hash_when(&table->entries[i].when) & (uint64_t)table->slot_mask);
        while (table->slots[slot] != 0)
            slot = (slot + 1) & table->slot_mask;
        table->slots[slot] = i + 1;
    }
}

/* ---- asking ---- */

const struct policy_entry *
policy_table_find(const struct policy_table *table, const struct policy_when *when)
{
    int slot = (int)(hash_when(when) & (uint64_t)table->slot_mask);
    for (; table->slots[slot] != 0; slot = (slot + 1) & table->slot_mask) {
        const struct policy_entry *entry = &table->entries[table->slots[slot] - 1];
        if (policy_when_equals(&entry->when, when))
            return entry;
    }
    return NULL;
}

/* The first entry with at least this value on the table's axis. */
static int
first_with(const struct policy_table *table, int value)
{
    int low = 0;
    int high = table->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (table->entries[middle].when.values[table->axis] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Puts an entry among the narrowest so far, unless one of them lies inside it; those that contain
 * it go. Answers how many there are then. */
static int
put_narrowest(struct policy_table *table, const struct policy_entry *entry, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        table->visit_count++;
        const struct policy_entry *other = table->narrowest[i];
        if (policy_when_is_inside(table->axes, &other->when, &entry->when))
            return count; /* then none of the narrowest contains the entry */
        if (!policy_when_is_inside(table->axes, &entry->when, &other->when))
            table->narrowest[kept++] = other;
    }
    table->narrowest[kept++] = entry;
    return kept;
}

int
policy_table_narrowest(struct policy_table *table, const struct policy_when *when,
                       const struct policy_entry *except)
{
    int count = 0;
    int value = when->values[table->axis];
    for (;;) {
        for (int i = first_with(table, value);
             i < table->count && table->entries[i].when.values[table->axis] == value; i++) {
            table->visit_count++;
            const struct policy_entry *entry = &table->entries[i];
            if (entry != except && policy_when_is_inside(table->axes, when, &entry->when))
                count = put_narrowest(table, entry, count);
        }
        if (value == 0)
            return count;
        value = table->axes->values[value].parent;
    }
}

/* ---- ties ---- */

/* Whether some subject is in both, and neither contains the other; their overlap. */
static bool
overlap(const struct policy_axes *axes, const struct policy_when *a, const struct policy_when *b,
        struct policy_when *ret_both)
{
    for (uint32_t left = a->named & b->named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        if (!policy_axes_contains(axes, a->values[axis], b->values[axis]) &&
            !policy_axes_contains(axes, b->values[axis], a->values[axis]))
            return false;
    }
    /* What lies inside another and names as much is that other. */
    return policy_when_meet(axes, a, b, ret_both) && ret_both->depth != a->depth &&
           ret_both->depth != b->depth;
}

static bool
is_known(struct policy_table *table, const struct policy_ties *ties, const struct policy_when *when)
{
    table->visit_count += ties->count;
    for (int i = 0; i < ties->count; i++) {
        if (policy_when_equals(&ties->ties[i].when, when))
            return true;
    }
    return false;
}

/* The order in which an author reads: rules by their place, then what is suggested. */
static bool
stands_before(const struct policy_entry *a, const struct policy_entry *b)
{
    if (a->rule == NULL || b->rule == NULL)
        return b->rule == NULL && a->rule != NULL;
    if (a->rule->place.line != b->rule->place.line)
        return a->rule->place.line < b->rule->place.line;
    return a->rule->place.column < b->rule->place.column;
}

/* Adds a tie if the narrowest entries around `when` have different values. */
static void
look_at(struct arena *arena, struct policy_table *table, const struct policy_when *when,
        struct policy_ties *ties)
{
    int count = policy_table_narrowest(table, when, NULL);
    const struct policy_entry *first = table->narrowest[0];
    int next = 1;
    while (next < count && table->narrowest[next]->value_class == first->value_class)
        next++;
    if (next >= count)
        return;
    const struct policy_entry *second = table->narrowest[next];
    bool is_turned = stands_before(second, first);
    if (ties->ties == NULL)
        ties->ties = arena_alloc(arena, POLICY_CHECK_TIES_MAX * sizeof *ties->ties);
    ties->ties[ties->count++] = (struct policy_tie){
        .when = *when, .first = is_turned ? second : first, .second = is_turned ? first : second};
    ties->is_cut = ties->count == POLICY_CHECK_TIES_MAX;
}

struct policy_ties
policy_table_ties(struct arena *arena, struct policy_table *table)
{
    struct policy_ties ties = {0};
    table->visit_count = 0;
    for (int i = 0; i < table->count; i++) {
        const struct policy_entry *outer = &table->entries[i];
        int value = outer->when.values[table->axis];
        int end = value == 0 ? INT_MAX : table->axes->values[value].end;
        for (int j = i + 1; j < table->count; j++) {
            const struct policy_entry *inner = &table->entries[j];
            struct policy_when both;
            if (inner->when.values[table->axis] >= end)
                break;
            if (outer->value_class == inner->value_class ||
                !overlap(table->axes, &outer->when, &inner->when, &both) ||
                policy_table_find(table, &both) != NULL || is_known(table, &ties, &both))
                continue;
            look_at(arena, table, &both, &ties);
            ties.is_cut |= table->visit_count > POLICY_CHECK_VISITS_MAX;
            if (ties.is_cut)
                return ties;
        }
    }
    return ties;
}
