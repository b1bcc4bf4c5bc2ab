/*
 * policy_read_holidays - a list of holidays, in the form that holiday.h describes
 *
 * A rule's names in other languages stand beside it by their language; they are kept for the
 * canonical form.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_private.h"

#include <string.h>

/* Keys of a rule that are no language. */
static bool
is_rule_key(const char *key)
{
    static const char *const keys[] = {"name", "on", "from", "to", "move"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static void
check_names(struct policy_reader *reader, const struct policy_node *node)
{
    for (const struct policy_node *child = node->children; child != NULL; child = child->next) {
        size_t length = strspn(child->key, "abcdefghijklmnopqrstuvwxyz");
        bool is_language =
            (length == 2 || length == 3) && (child->key[length] == 0 || child->key[length] == '-');
        const char *text = policy_read_scalar(reader, child, NULL);
        if (!is_rule_key(child->key) && !is_language)
            policy_read_fail(reader, child->key_place, NULL, "KEY_UNKNOWN",
                             "\"%.64s\" is neither a key of a holiday nor a language", child->key);
        else if (text != NULL && strlen(text) >= HOLIDAY_NAME_SIZE)
            policy_read_fail(reader, child->place, NULL, "VALUE_WRONG",
                             "a name of a holiday is shorter than %d bytes", HOLIDAY_NAME_SIZE);
    }
}

static bool
read_rule(struct policy_reader *reader, const struct policy_node *node, struct holiday *rule)
{
    size_t errors = reader->problems->error_count;
    *rule = (struct holiday){.line = node->place.line};
    if (!policy_read_is_map(reader, node, NULL, NULL))
        return false;
    check_names(reader, node);
    const struct policy_node *name = policy_read_child(reader, node, NULL, "name");
    const struct policy_node *on = policy_read_child(reader, node, NULL, "on");
    const struct policy_node *move = policy_node_get(node, "move");
    rule->first_year = (int)policy_read_number(reader, node, NULL, "from", 1, 9999, 0);
    rule->last_year = (int)policy_read_number(reader, node, NULL, "to", 1, 9999, 0);
    if (reader->problems->error_count > errors)
        return false;
    rule->name = name->text;
    if (!holiday_parse_on(on->text, rule))
        return policy_read_fail(reader, on->place, NULL, "HOLIDAY_MALFORMED",
                                "\"%.48s\" is no day, as 05-01, easter + 39, first monday of may "
                                "or 2026-09-14",
                                on->text);
    if (move != NULL && !holiday_parse_move(move->text, &rule->move))
        return policy_read_fail(reader, move->place, NULL, "HOLIDAY_MALFORMED",
                                "\"%.32s\" is no way to move, as monday, sunday_to_monday, "
                                "nearest, next_free or stays",
                                move->text);
    return true;
}

static const struct policy_node *
rules_of(struct policy_reader *reader, const struct policy_node *node)
{
    const struct policy_node *rules = policy_read_child(reader, node, NULL, "rules");
    if (rules == NULL || !policy_read_is_list(reader, rules, NULL, NULL))
        return NULL;
    if (rules->child_count <= HOLIDAY_RULES_MAX)
        return rules;
    policy_read_fail(reader, rules->place, NULL, "HOLIDAYS_TOO_MANY", "more than %d rules",
                     HOLIDAY_RULES_MAX);
    return NULL;
}

void
policy_read_holiday_list(struct policy_reader *reader, struct policy_read_holidays *holidays)
{
    const struct policy_node *node = holidays->node;
    struct holiday_list *list = &holidays->list;
    size_t errors = reader->problems->error_count;
    policy_read_check_keys(reader, node, NULL,
                           node->key != NULL ? "source rules" : "code source rules");
    list->source = policy_read_words(reader, node, NULL, "source", "");
    const struct policy_node *children = rules_of(reader, node);
    if (children == NULL)
        return;
    struct holiday *rules = arena_alloc(reader->arena, children->child_count * sizeof *rules);
    for (const struct policy_node *child = children->children; child != NULL; child = child->next)
        list->rule_count += read_rule(reader, child, &rules[list->rule_count]);
    list->rules = rules;
    struct fault fault = {0};
    if (reader->problems->error_count == errors && holiday_list_check(list, &fault) != OK)
        policy_read_fail(reader,
                         (struct policy_place){node->place.file,
                                               fault.line > 0 ? fault.line : node->place.line, 0},
                         NULL, "HOLIDAY_WRONG", "%s", fault.message);
    holidays->is_read = reader->problems->error_count == errors;
}
