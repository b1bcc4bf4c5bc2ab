/*
 * policy_predicate - reading conditions
 *
 * Depth and number of terms are bounded before anything is kept. A fault does not end the reading:
 * the author sees all of them at once.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_predicate_term.h"

#include <string.h>

#include "common/policy/policy.h"
#include "common/policy/policy_value_parts.h"

struct reading {
    struct arena *arena;
    const struct policy *policy;
    const char *clause_id;
    struct policy_problems *problems;
    size_t term_count;
};

#define REFUSE(reading, place, reason, ...)                                                        \
    (policy_problem_add((reading)->problems, POLICY_ERROR, reason, place, (reading)->clause_id,    \
                        __VA_ARGS__),                                                              \
     false)

/* ---- matchers ---- */

static bool
add_code(struct reading *reading, const struct policy_node *node, struct policy_predicate *term,
         const char **codes)
{
    const char *list = term->row->list;
    if (node->kind != POLICY_NODE_SCALAR || node->text[0] == 0)
        return REFUSE(reading, node->place, "MATCHER_WRONG", "a list of '%s' holds codes",
                      term->row->name);
    if (list != NULL && !policy_has_code(reading->policy, list, node->text))
        return REFUSE(reading, node->place, "CODE_UNKNOWN", "'%s' is no code of %s", node->text,
                      list);
    if (strlen(node->text) >= POLICY_CODE_SIZE)
        return REFUSE(reading, node->place, "MATCHER_WRONG", "'%s' is too long", node->text);
    for (size_t i = 0; i < term->codes.count; i++)
        if (strcmp(codes[i], node->text) == 0)
            return REFUSE(reading, node->place, "CODE_REPEATED", "'%s' stands here twice",
                          node->text);
    codes[term->codes.count++] = arena_copy_text(reading->arena, node->text);
    return true;
}

static bool
read_codes(struct reading *reading, const struct policy_node *node, struct policy_predicate *term)
{
    bool is_list = node->kind == POLICY_NODE_LIST;
    size_t room = is_list ? node->child_count : 1;
    if (room == 0 || room > POLICY_CODES_MAX)
        return REFUSE(reading, node->place, "MATCHER_WRONG",
                      "a list of codes has at least one and at most %d", POLICY_CODES_MAX);
    const char **codes = arena_alloc(reading->arena, room * sizeof *codes);
    term->kind = POLICY_TERM_CODES;
    term->axis = term->row->list == NULL ? -1 : policy_find_axis(term->row->list);
    term->codes.codes = codes;
    if (!is_list)
        return add_code(reading, node, term, codes);
    bool is_fine = true;
    for (const struct policy_node *child = node->children; child != NULL; child = child->next)
        is_fine = add_code(reading, child, term, codes) && is_fine;
    return is_fine;
}

static bool
read_flag(struct reading *reading, const struct policy_node *node, struct policy_predicate *term)
{
    term->kind = POLICY_TERM_FLAG;
    term->flag = strcmp(node->text, "yes") == 0;
    if (!term->flag && strcmp(node->text, "no") != 0)
        return REFUSE(reading, node->place, "MATCHER_WRONG",
                      "'%s' is yes, no, known or unknown, not '%s'", term->row->name, node->text);
    return true;
}

/* The operator at the beginning of a comparison; none is "=". Moves `at` behind it. */
static enum policy_comparison
take_operator(const char **at)
{
    static const struct {
        const char *text;
        enum policy_comparison comparison;
    } operators[] = {{">=", POLICY_AT_LEAST},
                     {"<=", POLICY_AT_MOST},
                     {">", POLICY_ABOVE},
                     {"<", POLICY_BELOW},
                     {"=", POLICY_EQUAL}};
    for (size_t i = 0; i < COUNT_OF(operators); i++) {
        size_t length = strlen(operators[i].text);
        if (strncmp(*at, operators[i].text, length) == 0) {
            *at += length;
            *at += strspn(*at, " ");
            return operators[i].comparison;
        }
    }
    return POLICY_EQUAL;
}

static bool
parse_number(const char *text, int64_t *ret_number)
{
    const char *at = text;
    struct policy_word word = policy_word_take(&at);
    return policy_word_number(word, POLICY_COUNT_MAX, ret_number) == POLICY_NUMBER_FINE &&
           *ret_number <= POLICY_COUNT_MAX && policy_words_end(at);
}

static bool
read_comparison(struct reading *reading, const struct policy_node *node,
                struct policy_predicate *term)
{
    const char *at = node->text;
    term->kind = POLICY_TERM_COMPARISON;
    term->comparison = take_operator(&at);
    const char *example = ">= 2";
    bool is_fine = false;
    if (term->row->kind == POLICY_FACT_MONEY) {
        is_fine = money_parse(at, &term->money);
        example = ">= 50.00 EUR";
    } else if (term->row->kind == POLICY_FACT_DATE) {
        is_fine = date_parse(at, &term->date);
        example = ">= 2026-01-31";
    } else {
        is_fine = parse_number(at, &term->number);
    }
    if (!is_fine)
        return REFUSE(reading, node->place, "MATCHER_WRONG",
                      "'%s' is compared as in '%s', or is known or unknown; '%s' is neither",
                      term->row->name, example, node->text);
    return true;
}

static bool
read_scalar(struct reading *reading, const struct policy_node *node, struct policy_predicate *term)
{
    if (strcmp(node->text, "known") == 0) {
        term->kind = POLICY_TERM_KNOWN;
        return true;
    }
    if (strcmp(node->text, "unknown") == 0) {
        term->kind = POLICY_TERM_UNKNOWN;
        return true;
    }
    bool is_word = strcmp(node->text, "yes") == 0 || strcmp(node->text, "no") == 0;
    switch (term->row->kind) {
    case POLICY_FACT_CODE:
    case POLICY_FACT_TEXT:
        return read_codes(reading, node, term);
    case POLICY_FACT_FLAG:
        return read_flag(reading, node, term);
    case POLICY_FACT_TIME:
        return REFUSE(reading, node->place, "MATCHER_WRONG",
                      "'%s' is a moment: only known or unknown", term->row->name);
    case POLICY_FACT_DATE:
        if (is_word)
            return read_flag(reading, node, term);
        break;
    default:
        break;
    }
    return read_comparison(reading, node, term);
}

/* The catalogue's row, or one for a document that the policy names; NULL: no fact. */
static const struct policy_fact_row *
find_fact(struct reading *reading, const char *name)
{
    const struct policy_fact_row *row = policy_find_fact(name);
    if (row != NULL || !policy_has_code(reading->policy, "document", name))
        return row;
    struct policy_fact_row *made = arena_alloc(reading->arena, sizeof *made);
    *made = (struct policy_fact_row){.name = arena_copy_text(reading->arena, name),
                                     .kind = POLICY_FACT_FLAG,
                                     .sentence = "Whether this document was given."};
    return made;
}

static bool
read_fact(struct reading *reading, const struct policy_node *node, struct policy_predicate *term)
{
    term->row = find_fact(reading, node->key);
    if (term->row == NULL) {
        const char *nearest = policy_nearest('f', node->key);
        return REFUSE(reading, node->key_place, "FACT_UNKNOWN", "there is no fact '%s'%s%s%s",
                      node->key, nearest != NULL ? "; did you mean '" : "",
                      nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
    }
    term->key = term->row->name;
    bool takes_list = term->row->kind == POLICY_FACT_CODE || term->row->kind == POLICY_FACT_TEXT;
    if (node->kind == POLICY_NODE_LIST && takes_list)
        return read_codes(reading, node, term);
    if (node->kind != POLICY_NODE_SCALAR || node->text[0] == 0)
        return REFUSE(reading, node->place, "MATCHER_WRONG", "'%s' needs %s", node->key,
                      takes_list ? "a code or a list of codes" : "one value to match");
    return read_scalar(reading, node, term);
}

/* ---- all, any, not ---- */

static bool read_map(struct reading *reading, const struct policy_node *node, int depth,
                     struct policy_predicate *ret_term);

static bool
read_list(struct reading *reading, const struct policy_node *node, int depth,
          struct policy_predicate *term)
{
    if (node->kind != POLICY_NODE_LIST || node->child_count == 0)
        return REFUSE(reading, node->place, "CONDITION_WRONG", "'%s' needs a list of conditions",
                      node->key);
    if (node->child_count > POLICY_PREDICATE_TERMS_MAX - reading->term_count)
        return REFUSE(reading, node->place, "CONDITION_TOO_LONG",
                      "a condition has at most %d terms", POLICY_PREDICATE_TERMS_MAX);
    struct policy_predicate *items = arena_alloc(reading->arena, node->child_count * sizeof *items);
    bool is_fine = true;
    for (const struct policy_node *child = node->children; child != NULL; child = child->next)
        is_fine = read_map(reading, child, depth, &items[term->item_count++]) && is_fine;
    term->items = items;
    return is_fine;
}

static bool
read_entry(struct reading *reading, const struct policy_node *node, int depth,
           struct policy_predicate *term)
{
    bool is_not = strcmp(node->key, "not") == 0;
    bool is_all = strcmp(node->key, "all") == 0;
    if (!is_not && !is_all && strcmp(node->key, "any") != 0)
        return read_fact(reading, node, term);
    if (depth == POLICY_PREDICATE_DEPTH_MAX)
        return REFUSE(reading, node->key_place, "CONDITION_TOO_DEEP",
                      "all, any and not nest at most %d deep", POLICY_PREDICATE_DEPTH_MAX);
    term->kind = is_not ? POLICY_TERM_NOT : is_all ? POLICY_TERM_ALL : POLICY_TERM_ANY;
    term->key = is_not ? "not" : is_all ? "all" : "any";
    if (!is_not)
        return read_list(reading, node, depth + 1, term);
    struct policy_predicate *item = arena_alloc(reading->arena, sizeof *item);
    term->items = item;
    term->item_count = 1;
    return read_map(reading, node, depth + 1, item);
}

static bool
read_map(struct reading *reading, const struct policy_node *node, int depth,
         struct policy_predicate *ret_term)
{
    if (node->kind != POLICY_NODE_MAP || node->child_count == 0)
        return REFUSE(reading, node->place, "CONDITION_WRONG",
                      "a condition is a map of facts and what they must be: {finding: liquid}");
    if (node->child_count > POLICY_PREDICATE_TERMS_MAX - reading->term_count)
        return REFUSE(reading, node->place, "CONDITION_TOO_LONG",
                      "a condition has at most %d terms", POLICY_PREDICATE_TERMS_MAX);
    reading->term_count += node->child_count;
    struct policy_predicate *items = arena_alloc(reading->arena, node->child_count * sizeof *items);
    ret_term->kind = POLICY_TERM_MAP;
    ret_term->items = items;
    bool is_fine = true;
    for (const struct policy_node *child = node->children; child != NULL; child = child->next)
        is_fine = read_entry(reading, child, depth, &items[ret_term->item_count++]) && is_fine;
    return is_fine;
}

const struct policy_predicate *
policy_predicate_read(struct arena *arena, const struct policy *policy,
                      const struct policy_node *node, const char *clause_id,
                      struct policy_problems *problems)
{
    struct reading reading = {
        .arena = arena, .policy = policy, .clause_id = clause_id, .problems = problems};
    struct policy_predicate *predicate = arena_alloc(arena, sizeof *predicate);
    return read_map(&reading, node, 0, predicate) ? predicate : NULL;
}
