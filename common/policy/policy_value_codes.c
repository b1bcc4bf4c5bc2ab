/*
 * policy_value_codes - codes, lists of codes and anchors
 *
 * A list is written `[a, b]` or, as a scalar, `a, b`; both are the same.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_parts.h"

#include <string.h>

#include "common/policy/policy.h"

/* "; its codes are ..." for a list of the program that a policy does not extend, else "". */
static const char *
describe_list(struct arena *arena, const struct policy_list_row *row)
{
    if (row == NULL || row->is_extended)
        return "";
    const char *text = "; its codes are";
    for (const char *const *code = row->codes; *code != NULL; code++)
        text = arena_printf(arena, "%s%s %s", text, code == row->codes ? "" : ",", *code);
    return text;
}

static const char *
check_code(const struct policy_reading_value *reading, const struct policy_node *node,
           const char *code, const char *list)
{
    if (strlen(code) < POLICY_CODE_SIZE && policy_has_code(reading->policy, list, code))
        return arena_copy_text(reading->arena, code);
    const struct policy_list_row *row = policy_find_list(list);
    const char *nearest = policy_nearest_code(reading->policy, list, code);
    policy_value_refuse(reading, node, "CODE_UNKNOWN", "'%s' is no code of %s%s%s%s%s", code, list,
                        describe_list(reading->arena, row),
                        nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                        nearest != NULL ? "'?" : "");
    return NULL;
}

const char *
policy_value_read_code(const struct policy_reading_value *reading, const struct policy_node *node,
                       const char *list)
{
    return policy_value_is_scalar(reading, node, "code")
               ? check_code(reading, node, node->text, list)
               : NULL;
}

static bool
add_code(const struct policy_reading_value *reading, const struct policy_node *node,
         const char *code, const char *list, const char **codes, size_t *count)
{
    const char *checked = check_code(reading, node, code, list);
    if (checked == NULL)
        return false;
    for (size_t i = 0; i < *count; i++)
        if (strcmp(codes[i], checked) == 0)
            return policy_value_refuse(reading, node, "CODE_REPEATED", "'%s' stands here twice",
                                       checked);
    codes[(*count)++] = checked;
    return true;
}

/* The next item of a text with commas, without the spaces around it; NULL at the end. */
static const char *
take_item(struct arena *arena, const char **at)
{
    if (*at == NULL)
        return NULL;
    const char *start = *at + strspn(*at, " ");
    size_t length = strcspn(start, ",");
    *at = start[length] == ',' ? start + length + 1 : NULL;
    while (length > 0 && start[length - 1] == ' ')
        length--;
    return arena_printf(arena, "%.*s", (int)length, start);
}

static size_t
item_count(const struct policy_node *node)
{
    if (node->kind == POLICY_NODE_LIST)
        return node->child_count;
    size_t count = 1;
    for (const char *at = node->text; (at = strchr(at, ',')) != NULL; at++)
        count++;
    return count;
}

/* A list, or a text whose items commas part; not empty and not above `max`. */
static bool
is_list(const struct policy_reading_value *reading, const struct policy_node *node, size_t max)
{
    if (node->kind == POLICY_NODE_MAP)
        return policy_value_refuse(reading, node, "VALUE_WRONG",
                                   "%s: a list belongs here, not a map", reading->row->name);
    size_t count = item_count(node);
    if (count == 0)
        return policy_value_refuse(reading, node, "VALUE_WRONG",
                                   "%s: an empty list says nothing; write none",
                                   reading->row->name);
    if (count > max)
        return policy_value_refuse(reading, node, "LIST_TOO_LONG", "%s: at most %zu items",
                                   reading->row->name, max);
    return true;
}

bool
policy_value_read_codes(const struct policy_reading_value *reading, const struct policy_node *node,
                        const char *list, struct policy_codes *ret_codes)
{
    if (!is_list(reading, node, POLICY_CODES_MAX))
        return false;
    const char **codes = arena_alloc(reading->arena, item_count(node) * sizeof *codes);
    size_t count = 0;
    bool is_fine = true;
    const char *at = node->text;
    if (node->kind == POLICY_NODE_SCALAR)
        for (const char *item; (item = take_item(reading->arena, &at)) != NULL;)
            is_fine = add_code(reading, node, item, list, codes, &count) && is_fine;
    for (const struct policy_node *child = node->children; child != NULL; child = child->next)
        is_fine = policy_value_is_scalar(reading, child, "code") &&
                  add_code(reading, child, child->text, list, codes, &count) && is_fine;
    *ret_codes = (struct policy_codes){.codes = codes, .count = count};
    return is_fine;
}

bool
policy_value_read_choice(const struct policy_reading_value *reading, const struct policy_node *node,
                         struct policy_value *ret_value)
{
    ret_value->code = policy_value_read_code(reading, node, reading->row->list);
    return ret_value->code != NULL;
}

bool
policy_value_read_choices(const struct policy_reading_value *reading,
                          const struct policy_node *node, struct policy_value *ret_value)
{
    return policy_value_read_codes(reading, node, reading->row->list, &ret_value->codes);
}

/* ---- anchors ---- */

static bool
read_anchor(const struct policy_reading_value *reading, const struct policy_node *node,
            const char *text, struct policy_anchor *anchors, size_t *count)
{
    const char *at = text;
    struct policy_word word = policy_word_take(&at);
    const char *name = arena_printf(reading->arena, "%.*s", (int)word.length, word.text);
    struct policy_anchor anchor = {.event = check_code(reading, node, name, "event")};
    if (anchor.event == NULL)
        return false;
    anchor.row = policy_find_fact(anchor.event);
    if (!policy_words_end(at)) {
        struct policy_span offset = {0};
        enum policy_absence absence = POLICY_NONE;
        bool is_plus = policy_word_is(policy_word_take(&at), "+");
        if (!is_plus || !policy_span_parse(reading->arena, at, &offset, &absence, NULL) ||
            absence != POLICY_PRESENT || offset.calendar != NULL)
            return policy_value_refuse(
                reading, node, "VALUE_WRONG",
                "'%s' is no anchor: write an event, or an event and calendar "
                "time as 'manufactured + 90 days'",
                text);
        anchor.months = offset.months;
        anchor.days = offset.days;
    }
    for (size_t i = 0; i < *count; i++)
        if (strcmp(anchors[i].event, anchor.event) == 0)
            return policy_value_refuse(reading, node, "CODE_REPEATED",
                                       "'%s' stands here twice: the second could never hold",
                                       anchor.event);
    anchors[(*count)++] = anchor;
    return true;
}

bool
policy_value_read_anchors(const struct policy_reading_value *reading,
                          const struct policy_node *node, struct policy_value *ret_value)
{
    if (!is_list(reading, node, ENTITLEMENT_ANCHORS_MAX))
        return false;
    struct policy_anchor *anchors = arena_alloc(reading->arena, item_count(node) * sizeof *anchors);
    size_t count = 0;
    bool is_fine = true;
    const char *at = node->text;
    if (node->kind == POLICY_NODE_SCALAR)
        for (const char *item; (item = take_item(reading->arena, &at)) != NULL;)
            is_fine = read_anchor(reading, node, item, anchors, &count) && is_fine;
    for (const struct policy_node *child = node->children; child != NULL; child = child->next)
        is_fine = policy_value_is_scalar(reading, child, "event") &&
                  read_anchor(reading, child, child->text, anchors, &count) && is_fine;
    ret_value->anchors.items = anchors;
    ret_value->anchors.count = count;
    return is_fine;
}
