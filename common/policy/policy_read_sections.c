/*
 * policy_read_sections - sections, their clauses, and the rules that the clauses set
 *
 * Clauses and rules are counted first and then laid into one array each, so that a section's
 * clauses stand side by side and pointers to them stay.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_private.h"

#include <string.h>

enum { SECTIONS_MAX = 100, SECTION_NUMBER_MAX = 999, NUMBER_MISSING = -1 };

/* ---- rules ---- */

/* "category, sku": the axes by which a parameter may vary. */
static const char *
print_axes(struct policy_reader *reader, uint32_t axes)
{
    const char *text = "nothing";
    for (uint32_t left = axes; left != 0; left &= left - 1) {
        const char *name = policy_axis_row((enum policy_axis)__builtin_ctz(left))->name;
        text = left == axes ? name : arena_printf(reader->arena, "%s, %s", text, name);
    }
    return text;
}

static bool
check_axes(struct policy_reader *reader, const struct policy_parameter_row *row,
           const struct policy_when *when, const struct policy_node *node, const char *clause_id)
{
    uint32_t strange = when->named & ~row->axes;
    if (strange == 0 || policy_read_is_full(reader))
        return strange == 0;
    const char *name = policy_axis_row((enum policy_axis)__builtin_ctz(strange))->name;
    const struct policy_node *place = policy_node_get(policy_node_get(node, "when"), name);
    return policy_read_fail(reader, place->key_place, clause_id, "AXIS_NOT_ALLOWED",
                            "%s does not vary by %s; it may by %s", row->name, name,
                            print_axes(reader, row->axes));
}

static int
find_parameter(struct policy_reader *reader, const char *clause_id, const struct policy_node *node)
{
    int parameter = policy_find_parameter(clause_id, node->key);
    if (parameter >= 0 || policy_read_is_full(reader))
        return parameter;
    const char *names[POLICY_PARAMETER_COUNT];
    size_t count = 0;
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)i);
        if (strcmp(row->clause_id, clause_id) == 0)
            names[count++] = row->parameter;
    }
    policy_read_fail(reader, node->key_place, clause_id, "PARAMETER_UNKNOWN",
                     "\"%.64s\" is no parameter of %s%s", node->key, clause_id,
                     policy_read_hint(reader, names, count, node->key));
    return -1;
}

/* One value: of `set` (the selector is empty) or of an exception. */
static void
read_rule(struct policy_reader *reader, const struct policy_clause *clause,
          const struct policy_node *exception, const struct policy_when *when,
          const char *when_text, const struct policy_node *node)
{
    int parameter = find_parameter(reader, clause->id, node);
    if (parameter < 0)
        return;
    const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)parameter);
    if (exception != NULL && !check_axes(reader, row, when, exception, clause->id))
        return;
    struct policy_rule rule = {.parameter = (enum policy_parameter)parameter,
                               .clause = clause,
                               .when = *when,
                               .when_text = when_text,
                               .id = clause->id,
                               .place = node->key_place};
    if (!policy_value_read(reader->arena, reader->policy, row, node, clause->id, &rule.value,
                           reader->problems))
        return;
    policy_read_value_texts(reader, row, node, clause->id);
    if (when_text[0] != 0)
        rule.id = arena_printf(reader->arena, "%s[%s]", clause->id, when_text);
    CHECK(reader->rule_count < reader->rule_room);
    reader->rules[reader->rule_count++] = rule;
}

static void
read_set(struct policy_reader *reader, const struct policy_clause *clause,
         const struct policy_node *map)
{
    static const struct policy_when all = {.depth = 0};
    if (!policy_read_is_map(reader, map, clause->id, NULL))
        return;
    for (const struct policy_node *node = map->children; node != NULL; node = node->next)
        read_rule(reader, clause, NULL, &all, "", node);
}

static void
read_exception(struct policy_reader *reader, const struct policy_clause *clause,
               const struct policy_node *map)
{
    struct policy_when when;
    if (!policy_read_is_map(reader, map, clause->id, "an exception"))
        return;
    const struct policy_node *selector = policy_read_child(reader, map, clause->id, "when");
    if (selector == NULL || !policy_read_when(reader, selector, clause->id, &when))
        return;
    if (when.named == 0) {
        policy_read_fail(reader, selector->place, clause->id, "WHEN_EMPTY",
                         "an exception says for whom; the value for all stands under `set`");
        return;
    }
    if (map->child_count == 1)
        policy_read_fail(reader, map->place, clause->id, "EXCEPTION_EMPTY",
                         "an exception sets at least one parameter");
    const char *text = policy_when_print(reader->arena, &reader->policy->axes, &when);
    for (const struct policy_node *node = map->children; node != NULL; node = node->next)
        if (node != selector)
            read_rule(reader, clause, map, &when, text, node);
}

static void
read_exceptions(struct policy_reader *reader, const struct policy_clause *clause,
                const struct policy_node *list)
{
    if (!policy_read_is_list(reader, list, clause->id, NULL))
        return;
    for (const struct policy_node *node = list->children; node != NULL; node = node->next) {
        if (policy_read_is_full(reader))
            return;
        read_exception(reader, clause, node);
    }
}

/* ---- clauses ---- */

/* The id of a clause begins with its section's. */
static bool
is_beneath(const char *id, const char *section_id)
{
    size_t length = strlen(section_id);
    return strncmp(id, section_id, length) == 0 && id[length] == '.';
}

/* Whether the program knows a clause that sets something; a misspelt one is told once, not by each
 * of its parameters. */
static bool
check_clause_id(struct policy_reader *reader, const struct policy_node *node, const char *id)
{
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++)
        if (strcmp(policy_parameter_row((enum policy_parameter)i)->clause_id, id) == 0)
            return true;
    return policy_read_fail(reader, node->place, id, "CLAUSE_UNKNOWN",
                            "no clause of the program is called %s, so it can only print%s", id,
                            policy_read_hint_for(reader, policy_nearest('c', id)));
}

static bool
read_clause(struct policy_reader *reader, const struct policy_section *section,
            const struct policy_node *map, struct policy_clause *clause)
{
    if (!policy_read_is_map(reader, map, section->id, "a clause"))
        return false;
    const struct policy_node *name = policy_read_child(reader, map, section->id, "clause");
    const char *id = name == NULL ? NULL : policy_read_id(reader, name, NULL, 2);
    if (id == NULL)
        return false;
    if (!is_beneath(id, section->id))
        return policy_read_fail(
            reader, name->place, id, "CLAUSE_ELSEWHERE",
            "the clause %s does not belong to the section %s: its id begins with \"%s.\"", id,
            section->id, section->id);
    const struct policy_node *set = policy_node_get(map, "set");
    const struct policy_node *except = policy_node_get(map, "except");
    bool sets =
        (set != NULL && set->child_count > 0) || (except != NULL && except->child_count > 0);
    if (sets && !check_clause_id(reader, name, id))
        return false;
    *clause = (struct policy_clause){.id = id, .section = section, .place = name->place};
    policy_read_check_keys(reader, map, id, "clause internal text set except");
    clause->is_internal = policy_read_flag(reader, map, id, "internal", false);
    policy_read_add_text(reader, clause->is_internal ? POLICY_TEXT_INTERNAL : POLICY_TEXT_CLAUSE,
                         id, name->place, policy_node_get(map, "text"), &clause->text);
    if (set != NULL)
        read_set(reader, clause, set);
    if (except != NULL)
        read_exceptions(reader, clause, except);
    return true;
}

/* ---- sections ---- */

static bool
read_section(struct policy_reader *reader, const struct policy_node *map,
             struct policy_section *section, struct policy_clause *clauses)
{
    if (!policy_read_is_map(reader, map, NULL, "a section"))
        return false;
    policy_read_check_keys(reader, map, NULL, "section number title clauses");
    const struct policy_node *name = policy_read_child(reader, map, NULL, "section");
    const char *id = name == NULL ? NULL : policy_read_id(reader, name, NULL, 1);
    if (id == NULL)
        return false;
    *section = (struct policy_section){
        .id = id, .number = NUMBER_MISSING, .clauses = clauses, .place = name->place};
    if (policy_read_child(reader, map, id, "number") != NULL)
        section->number = (int)policy_read_number(reader, map, id, "number", 0, SECTION_NUMBER_MAX,
                                                  NUMBER_MISSING);
    policy_read_add_text(reader, POLICY_TEXT_SECTION, id, name->place,
                         policy_node_get(map, "title"), &section->title);
    const struct policy_node *list = policy_read_child(reader, map, id, "clauses");
    if (list == NULL || !policy_read_is_list(reader, list, id, NULL))
        return true;
    int number = 0;
    for (const struct policy_node *node = list->children; node != NULL; node = node->next) {
        struct policy_clause *clause = &clauses[section->clause_count];
        if (!read_clause(reader, section, node, clause))
            continue;
        clause->number = clause->is_internal ? 0 : ++number;
        section->clause_count++;
    }
    return true;
}

static void
check_numbers(struct policy_reader *reader, const struct policy_section *sections, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (sections[i].number == sections[j].number && sections[i].number != NUMBER_MISSING)
                policy_read_fail(reader, sections[i].place, sections[i].id, "NUMBER_TWICE",
                                 "the section %s has the number %d too", sections[j].id,
                                 sections[i].number);
}

static size_t
count_of(const struct policy_node *map, const char *key)
{
    const struct policy_node *child = policy_node_get(map, key);
    return child == NULL ? 0 : child->child_count;
}

/* At least as many clauses and rules as will be read. */
static void
count_parts(const struct policy_node *sections, size_t *ret_clauses, size_t *ret_rules)
{
    *ret_clauses = *ret_rules = 0;
    for (const struct policy_node *section = sections->children; section != NULL;
         section = section->next) {
        const struct policy_node *list = policy_node_get(section, "clauses");
        const struct policy_node *clause = list == NULL ? NULL : list->children;
        for (; clause != NULL; clause = clause->next) {
            const struct policy_node *except = policy_node_get(clause, "except");
            ++*ret_clauses;
            *ret_rules += count_of(clause, "set");
            for (except = except == NULL ? NULL : except->children; except != NULL;
                 except = except->next)
                *ret_rules += except->child_count;
        }
    }
}

static bool
check_counts(struct policy_reader *reader, const struct policy_node *list, size_t clause_count,
             size_t rule_count)
{
    /* An exception's `when` is counted with its values. */
    if (list->child_count > SECTIONS_MAX)
        return policy_read_fail(reader, list->place, NULL, "SECTIONS_TOO_MANY",
                                "more than %d sections", SECTIONS_MAX);
    if (clause_count > POLICY_CLAUSES_MAX)
        return policy_read_fail(reader, list->place, NULL, "CLAUSES_TOO_MANY",
                                "more than %d clauses", POLICY_CLAUSES_MAX);
    if (rule_count > 2 * (size_t)POLICY_RULES_MAX)
        return policy_read_fail(reader, list->place, NULL, "RULES_TOO_MANY", "more than %d rules",
                                POLICY_RULES_MAX);
    return true;
}

void
policy_read_sections(struct policy_reader *reader)
{
    const struct policy_node *list = policy_read_child(reader, reader->main, NULL, "sections");
    if (list == NULL || !policy_read_is_list(reader, list, NULL, NULL))
        return;
    size_t clause_count;
    count_parts(list, &clause_count, &reader->rule_room);
    if (!check_counts(reader, list, clause_count, reader->rule_room))
        return;
    struct policy_section *sections =
        arena_alloc(reader->arena, list->child_count * sizeof *sections);
    struct policy_clause *clauses = arena_alloc(reader->arena, clause_count * sizeof *clauses);
    reader->rules = arena_alloc(reader->arena, reader->rule_room * sizeof *reader->rules);
    size_t count = 0;
    for (const struct policy_node *node = list->children; node != NULL; node = node->next) {
        if (!read_section(reader, node, &sections[count], clauses))
            continue;
        clauses += sections[count++].clause_count;
    }
    check_numbers(reader, sections, count);
    if (reader->rule_count > POLICY_RULES_MAX)
        policy_read_fail(reader, list->place, NULL, "RULES_TOO_MANY", "more than %d rules",
                         POLICY_RULES_MAX);
    reader->policy->sections = sections;
    reader->policy->section_count = count;
}
