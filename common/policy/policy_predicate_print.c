/*
 * policy_predicate_print - conditions as canonical JSON, and whether two say the same
 *
 * Keys of a map are sorted. One code prints as a text, several as a list in the order written;
 * `known` and `unknown` print as a list where they are codes.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_predicate_term.h"

#include <string.h>

#include "common/policy/policy_value_parts.h"

static void
add_text(struct buf *out, const char *text)
{
    buf_add_json(out, text, strlen(text));
}

static void
print_codes(struct buf *out, const struct policy_codes *codes)
{
    const char *first = codes->codes[0];
    bool is_word = strcmp(first, "known") == 0 || strcmp(first, "unknown") == 0;
    if (codes->count == 1 && !is_word) {
        add_text(out, first);
        return;
    }
    for (size_t i = 0; i < codes->count; i++) {
        buf_add_char(out, i == 0 ? '[' : ',');
        add_text(out, codes->codes[i]);
    }
    buf_add_char(out, ']');
}

static void
print_comparison(struct buf *out, const struct policy_predicate *term)
{
    static const char *const operators[] = {[POLICY_AT_LEAST] = ">=",
                                            [POLICY_AT_MOST] = "<=",
                                            [POLICY_ABOVE] = ">",
                                            [POLICY_BELOW] = "<",
                                            [POLICY_EQUAL] = "="};
    char text[MONEY_TEXT_SIZE];
    buf_printf(out, "\"%s ", operators[term->comparison]);
    if (term->row->kind == POLICY_FACT_MONEY) {
        money_print(term->money, text);
        buf_add_text(out, text);
    } else if (term->row->kind == POLICY_FACT_DATE) {
        date_print(term->date, text);
        buf_add_text(out, text);
    } else {
        buf_printf(out, "%lld", (long long)term->number);
    }
    buf_add_char(out, '"');
}

static void
print_list(struct buf *out, const struct policy_predicate *term)
{
    for (size_t i = 0; i < term->item_count; i++) {
        buf_add_char(out, i == 0 ? '[' : ',');
        policy_predicate_print(&term->items[i], out);
    }
    buf_add_char(out, ']');
}

/* The item with the first key behind `last` (NULL: the very first). */
static const struct policy_predicate *
next_item(const struct policy_predicate *map, const char *last)
{
    const struct policy_predicate *next = NULL;
    for (size_t i = 0; i < map->item_count; i++) {
        const struct policy_predicate *item = &map->items[i];
        bool is_behind = last == NULL || strcmp(item->key, last) > 0;
        if (is_behind && (next == NULL || strcmp(item->key, next->key) < 0))
            next = item;
    }
    return next;
}

static void
print_map(struct buf *out, const struct policy_predicate *map)
{
    buf_add_char(out, '{');
    const struct policy_predicate *item = next_item(map, NULL);
    while (item != NULL) {
        add_text(out, item->key);
        buf_add_char(out, ':');
        policy_predicate_print(item, out);
        item = next_item(map, item->key);
        if (item != NULL)
            buf_add_char(out, ',');
    }
    buf_add_char(out, '}');
}

void
policy_predicate_print(const struct policy_predicate *predicate, struct buf *out)
{
    switch (predicate->kind) {
    case POLICY_TERM_MAP:
        print_map(out, predicate);
        break;
    case POLICY_TERM_ALL:
    case POLICY_TERM_ANY:
        print_list(out, predicate);
        break;
    case POLICY_TERM_NOT:
        policy_predicate_print(&predicate->items[0], out);
        break;
    case POLICY_TERM_CODES:
        print_codes(out, &predicate->codes);
        break;
    case POLICY_TERM_FLAG:
        add_text(out, predicate->flag ? "yes" : "no");
        break;
    case POLICY_TERM_COMPARISON:
        print_comparison(out, predicate);
        break;
    default:
        add_text(out, predicate->kind == POLICY_TERM_KNOWN ? "known" : "unknown");
    }
}

/* ---- equality ---- */

static const struct policy_predicate *
find_item(const struct policy_predicate *map, const char *key)
{
    for (size_t i = 0; i < map->item_count; i++)
        if (strcmp(map->items[i].key, key) == 0)
            return &map->items[i];
    return NULL;
}

static bool
items_equal(const struct policy_predicate *a, const struct policy_predicate *b)
{
    if (a->item_count != b->item_count)
        return false;
    for (size_t i = 0; i < a->item_count; i++) {
        const struct policy_predicate *other =
            a->kind == POLICY_TERM_MAP ? find_item(b, a->items[i].key) : &b->items[i];
        if (other == NULL || !policy_predicate_equals(&a->items[i], other))
            return false;
    }
    return true;
}

static bool
comparisons_equal(const struct policy_predicate *a, const struct policy_predicate *b)
{
    return a->comparison == b->comparison && a->number == b->number &&
           date_compare(a->date, b->date) == 0 && a->money.minor == b->money.minor &&
           strcmp(a->money.currency_code, b->money.currency_code) == 0;
}

bool
policy_predicate_equals(const struct policy_predicate *a, const struct policy_predicate *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind <= POLICY_TERM_NOT)
        return items_equal(a, b);
    /* In maps terms were paired by their keys, which name their facts. */
    if (a->kind == POLICY_TERM_CODES)
        return policy_codes_equals(&a->codes, &b->codes);
    if (a->kind == POLICY_TERM_FLAG)
        return a->flag == b->flag;
    return a->kind != POLICY_TERM_COMPARISON || comparisons_equal(a, b);
}
