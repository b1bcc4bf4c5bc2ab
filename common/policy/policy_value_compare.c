/*
 * policy_value_compare - which of two values is better for the customer, and the better of both
 *
 * The four absences are placed first: what is not there is worst where more, longer or higher is
 * better (and unlimited is best), no limit at all is worst where shorter or lower is better, and
 * nothing asked for is best where fewer is. Two that are present compare only where one is better
 * in every case.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_parts.h"

#include <string.h>

static enum policy_order
reverse(enum policy_order order)
{
    if (order == POLICY_BETTER)
        return POLICY_WORSE;
    return order == POLICY_WORSE ? POLICY_BETTER : order;
}

static enum policy_order
order_of(int64_t a, int64_t b)
{
    return a == b ? POLICY_SAME : a > b ? POLICY_BETTER : POLICY_WORSE;
}

/* The place of a value among the absences, better ones higher. */
static int
place_of(enum policy_better better, enum policy_absence absence)
{
    if (absence == POLICY_PRESENT)
        return 1;
    switch (better) {
    case POLICY_SHORTER:
    case POLICY_LOWER:
        return 0;
    case POLICY_FEWER:
        return absence == POLICY_UNLIMITED ? 0 : 2;
    default:
        return absence == POLICY_UNLIMITED ? 2 : 0;
    }
}

/* Which is more: POLICY_BETTER = a. */
static enum policy_order
compare_amounts(const struct policy_value *a, const struct policy_value *b)
{
    switch (a->kind) {
    case POLICY_COUNT:
        return order_of(a->count, b->count);
    case POLICY_PERCENT:
        return order_of(a->basis_points, b->basis_points);
    case POLICY_SPAN:
        return policy_span_compare(&a->span, &b->span);
    case POLICY_FEE:
        return reverse(policy_fee_compare(a, b));
    case POLICY_MONEY:
        if (strcmp(a->money.currency_code, b->money.currency_code) != 0)
            return POLICY_INCOMPARABLE;
        return order_of(a->money.minor, b->money.minor);
    default:
        return POLICY_INCOMPARABLE;
    }
}

/* ---- sets: codes, documents, tests ---- */

static size_t
item_count(const struct policy_value *value)
{
    switch (value->kind) {
    case POLICY_CHOICES:
        return value->codes.count;
    case POLICY_CHECKLIST:
        return value->documents.count;
    case POLICY_TESTS:
        return value->tests.count;
    default:
        return 0;
    }
}

static bool
items_equal(const struct policy_value *a, size_t i, const struct policy_value *b, size_t j)
{
    switch (a->kind) {
    case POLICY_CHOICES:
        return strcmp(a->codes.codes[i], b->codes.codes[j]) == 0;
    case POLICY_CHECKLIST:
        return policy_document_equals(&a->documents.items[i], &b->documents.items[j]);
    default:
        return policy_test_equals(&a->tests.items[i], &b->tests.items[j]);
    }
}

/* Items of one name, whatever else they say: two of them cannot stand in one value. */
static bool
names_equal(const struct policy_value *a, size_t i, const struct policy_value *b, size_t j)
{
    switch (a->kind) {
    case POLICY_CHOICES:
        return strcmp(a->codes.codes[i], b->codes.codes[j]) == 0;
    case POLICY_CHECKLIST:
        return strcmp(a->documents.items[i].document, b->documents.items[j].document) == 0;
    default:
        return strcmp(a->tests.items[i].id, b->tests.items[j].id) == 0;
    }
}

typedef bool item_match(const struct policy_value *a, size_t i, const struct policy_value *b,
                        size_t j);

static bool
has_item(const struct policy_value *set, const struct policy_value *b, size_t j, item_match *match)
{
    size_t count = item_count(set);
    for (size_t i = 0; i < count; i++)
        if (match(set, i, b, j))
            return true;
    return false;
}

static bool
has_all(const struct policy_value *set, const struct policy_value *other)
{
    size_t count = item_count(other);
    for (size_t j = 0; j < count; j++)
        if (!has_item(set, other, j, items_equal))
            return false;
    return true;
}

/* Which holds the other: POLICY_BETTER = a. */
static enum policy_order
compare_sets(const struct policy_value *a, const struct policy_value *b)
{
    bool a_holds = has_all(a, b);
    bool b_holds = has_all(b, a);
    if (a_holds && b_holds)
        return POLICY_SAME;
    return a_holds ? POLICY_BETTER : b_holds ? POLICY_WORSE : POLICY_INCOMPARABLE;
}

/* ---- rankings: "restart > longer_of > remaining" ---- */

/* Place of a code from the top, 0 first; -1: not ranked. */
static int
rank_of(const char *ranking, const char *code)
{
    const char *at = ranking;
    for (int rank = 0;; rank++) {
        if (policy_word_is(policy_word_take(&at), code))
            return rank;
        if (!policy_word_is(policy_word_take(&at), ">"))
            return -1;
    }
}

static enum policy_order
compare_ranks(const char *ranking, const char *a, const char *b)
{
    int a_rank = rank_of(ranking, a);
    int b_rank = rank_of(ranking, b);
    if (a_rank < 0 || b_rank < 0)
        return POLICY_INCOMPARABLE;
    return order_of(b_rank, a_rank);
}

static enum policy_order
compare_present(const struct policy_parameter_row *row, const struct policy_value *a,
                const struct policy_value *b)
{
    switch (row->better) {
    case POLICY_LONGER:
    case POLICY_HIGHER:
        return compare_amounts(a, b);
    case POLICY_SHORTER:
    case POLICY_LOWER:
        return reverse(compare_amounts(a, b));
    case POLICY_MORE:
        return compare_sets(a, b);
    case POLICY_FEWER:
        return reverse(compare_sets(a, b));
    case POLICY_YES:
        return order_of(a->flag, b->flag);
    case POLICY_NO:
        return order_of(b->flag, a->flag);
    case POLICY_RANKED:
        return compare_ranks(row->ranking, a->code, b->code);
    default:
        return POLICY_INCOMPARABLE;
    }
}

enum policy_order
policy_value_compare(const struct policy_parameter_row *row, const struct policy_value *a,
                     const struct policy_value *b)
{
    if (policy_value_equals(a, b))
        return POLICY_SAME;
    if (row->better == POLICY_UNCOMPARED || row->better == POLICY_RANKED) {
        bool is_ranked = row->better == POLICY_RANKED && a->absence == POLICY_PRESENT &&
                         b->absence == POLICY_PRESENT;
        return is_ranked ? compare_present(row, a, b) : POLICY_INCOMPARABLE;
    }
    int a_place = place_of(row->better, a->absence);
    int b_place = place_of(row->better, b->absence);
    if (a_place != b_place)
        return order_of(a_place, b_place);
    bool are_present = a->absence == POLICY_PRESENT && b->absence == POLICY_PRESENT;
    return are_present ? compare_present(row, a, b) : POLICY_SAME;
}

/* ---- joins ---- */

static size_t
item_size_bytes(enum policy_kind kind)
{
    switch (kind) {
    case POLICY_CHOICES:
        return sizeof(const char *);
    case POLICY_CHECKLIST:
        return sizeof(struct policy_document);
    default:
        return sizeof(struct policy_test);
    }
}

static const void *
item_at(const struct policy_value *value, size_t i)
{
    switch (value->kind) {
    case POLICY_CHOICES:
        return &value->codes.codes[i];
    case POLICY_CHECKLIST:
        return &value->documents.items[i];
    default:
        return &value->tests.items[i];
    }
}

static struct policy_value
make_set(enum policy_kind kind, void *items, size_t count)
{
    struct policy_value value = {.kind = kind};
    if (count == 0) {
        value.absence = POLICY_NONE;
    } else if (kind == POLICY_CHOICES) {
        value.codes = (struct policy_codes){.codes = items, .count = count};
    } else if (kind == POLICY_CHECKLIST) {
        value.documents.items = items;
        value.documents.count = count;
    } else {
        value.tests.items = items;
        value.tests.count = count;
    }
    return value;
}

/* The items of a that b has too; or those of a and, behind them, the ones that only b has. */
static struct policy_value
join(struct arena *arena, const struct policy_value *a, const struct policy_value *b, bool is_union)
{
    size_t size_bytes = item_size_bytes(a->kind);
    size_t a_count = item_count(a);
    size_t b_count = item_count(b);
    char *items = arena_alloc(arena, (a_count + b_count) * size_bytes);
    size_t count = 0;
    for (size_t i = 0; i < a_count; i++)
        if (is_union || has_item(b, a, i, items_equal))
            memcpy(items + count++ * size_bytes, item_at(a, i), size_bytes);
    for (size_t j = 0; is_union && j < b_count; j++)
        if (!has_item(a, b, j, names_equal))
            memcpy(items + count++ * size_bytes, item_at(b, j), size_bytes);
    return make_set(a->kind, items, count);
}

struct policy_value
policy_value_best(struct arena *arena, const struct policy_parameter_row *row,
                  const struct policy_value *a, const struct policy_value *b)
{
    enum policy_order order = policy_value_compare(row, a, b);
    if (order == POLICY_WORSE)
        return *b;
    bool is_join = row->better == POLICY_MORE || row->better == POLICY_FEWER;
    if (order != POLICY_INCOMPARABLE || !is_join)
        return *a;
    return join(arena, a, b, row->better == POLICY_MORE);
}
