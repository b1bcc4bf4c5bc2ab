/*
 * policy_fixture - policies for tests, made in memory: axes, rules, floors, texts
 *
 * Values are written as in a policy file and read by kind. A policy begins with the trees below and
 * without rules; fixture_fill gives every parameter that has none a value and a text that prints
 * it, so that the check finds nothing.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "common/policy/policy_check.h"
#include "common/test.h"

enum {
    FIXTURE_BUDGET_BYTES = 512 << 20,
    FIXTURE_RULES_MAX = 20000,
    FIXTURE_CLAUSES_MAX = 128,
    FIXTURE_FLOORS_MAX = 128
};

struct fixture {
    struct arena *arena;
    struct policy policy;
    struct policy_problems problems;
    struct policy_section section;
    struct policy_rule *rules;
    struct policy_clause *clauses;
    struct policy_floor *floors;
    struct policy_pack pack;
};

/* Trees: axis, code, the code above it. In preorder, axes in the catalogue's order. */
struct fixture_value {
    enum policy_axis axis;
    const char *code;
    const char *above;
};

static const struct fixture_value fixture_values[] = {
    {POLICY_AXIS_CATEGORY, "appliances", NULL},
    {POLICY_AXIS_CATEGORY, "small", "appliances"},
    {POLICY_AXIS_CATEGORY, "large", "appliances"},
    {POLICY_AXIS_CATEGORY, "ovens", "large"},
    {POLICY_AXIS_CATEGORY, "toys", NULL},
    {POLICY_AXIS_SKU, "X-1", NULL},
    {POLICY_AXIS_REGION, "eu", NULL},
    {POLICY_AXIS_REGION, "DE", "eu"},
    {POLICY_AXIS_REGION, "FR", "eu"},
    {POLICY_AXIS_REGION, "US", NULL},
    {POLICY_AXIS_CUSTOMER_CLASS, "consumer", NULL},
    {POLICY_AXIS_CUSTOMER_CLASS, "business", NULL},
    {POLICY_AXIS_CONDITION, "new", NULL},
    {POLICY_AXIS_CONDITION, "refurbished", NULL},
    {POLICY_AXIS_CHANNEL, "distance", NULL},
    {POLICY_AXIS_CHANNEL, "online", "distance"},
    {POLICY_AXIS_COST_CLASS, "parts", NULL},
    {POLICY_AXIS_COST_CLASS, "travel", NULL},
};

static const char *const fixture_causes[] = {"material_defect", "unknown", "wear",
                                             "workmanship_defect"};
static const struct policy_code_list fixture_lists[] = {
    {.name = "cause", .codes = {fixture_causes, COUNT_OF(fixture_causes)}}};

/* English labels of all codes above, sorted. */
static const struct policy_label fixture_labels[] = {
    {.key = "DE", .text.texts = {"Germany"}},
    {.key = "FR", .text.texts = {"France"}},
    {.key = "US", .text.texts = {"the United States"}},
    {.key = "appliances", .text.texts = {"appliances"}},
    {.key = "business", .text.texts = {"companies"}},
    {.key = "consumer", .text.texts = {"consumers"}},
    {.key = "delivered", .text.texts = {"delivered to you"}},
    {.key = "distance", .text.texts = {"at a distance"}},
    {.key = "eu", .text.texts = {"the European Union"}},
    {.key = "large", .text.texts = {"large appliances"}},
    {.key = "material_defect", .text.texts = {"material defects"}},
    {.key = "new", .text.texts = {"new products"}},
    {.key = "online", .text.texts = {"on line"}},
    {.key = "ovens", .text.texts = {"baking ovens"}},
    {.key = "parts", .text.texts = {"spare parts"}},
    {.key = "refurbished", .text.texts = {"refurbished products"}},
    {.key = "small", .text.texts = {"small appliances"}},
    {.key = "toys", .text.texts = {"games and toys"}},
    {.key = "travel", .text.texts = {"the way to you"}},
    {.key = "unknown", .text.texts = {"unknown causes"}},
    {.key = "wear", .text.texts = {"wear and tear"}},
    {.key = "workmanship_defect", .text.texts = {"bad workmanship"}},
};

UNUSED static void
fixture_axes(struct fixture *fixture, const struct fixture_value *values, size_t count)
{
    struct policy_axes *axes = &fixture->policy.axes;
    axes->values = arena_alloc(fixture->arena, (count + 1) * sizeof *axes->values);
    axes->value_count = (int)count + 1;
    for (int i = 1; i < axes->value_count; i++) {
        const struct fixture_value *value = &values[i - 1];
        axes->values[i] = (struct policy_axis_value){.axis = value->axis, .code = value->code};
        for (int j = 1; j < i && value->above != NULL; j++) {
            if (axes->values[j].axis == value->axis &&
                strcmp(axes->values[j].code, value->above) == 0)
                axes->values[i].parent = j;
        }
    }
    policy_axes_finish(fixture->arena, axes);
}

UNUSED static struct fixture *
fixture_new(void)
{
    struct arena *arena = arena_new(FIXTURE_BUDGET_BYTES);
    struct fixture *fixture = arena_alloc(arena, sizeof *fixture);
    fixture->arena = arena;
    fixture->problems.arena = arena;
    fixture->rules = arena_alloc(arena, FIXTURE_RULES_MAX * sizeof *fixture->rules);
    fixture->clauses = arena_alloc(arena, FIXTURE_CLAUSES_MAX * sizeof *fixture->clauses);
    fixture->floors = arena_alloc(arena, FIXTURE_FLOORS_MAX * sizeof *fixture->floors);
    fixture->section = (struct policy_section){.id = "section",
                                               .title.texts = {"Section"},
                                               .clauses = fixture->clauses,
                                               .place = {"test.yaml", 1, 1}};
    fixture->pack = (struct policy_pack){
        .id = "law", .version = 1, .label = "law@1", .floors = fixture->floors};
    fixture->policy = (struct policy){.name = "test",
                                      .languages = {"en"},
                                      .language_count = 1,
                                      .title.texts = {"Title"},
                                      .currency_code = "EUR",
                                      .lists = fixture_lists,
                                      .list_count = COUNT_OF(fixture_lists),
                                      .labels = fixture_labels,
                                      .label_count = COUNT_OF(fixture_labels),
                                      .sections = &fixture->section,
                                      .section_count = 1,
                                      .rules = fixture->rules};
    fixture_axes(fixture, fixture_values, COUNT_OF(fixture_values));
    return fixture;
}

UNUSED static void
fixture_free(struct fixture **fixture)
{
    struct arena *arena = (*fixture)->arena;
    arena_free(&arena);
    arena_deinit();
    *fixture = NULL;
}

/* For a test of its own: *state is a new fixture, and afterwards nothing is left. */
UNUSED static int
fixture_set_up(void **state)
{
    *state = fixture_new();
    return 0;
}

UNUSED static int
fixture_tear_down(void **state)
{
    struct fixture *fixture = *state;
    fixture_free(&fixture);
    zone_deinit();
    return 0;
}

/* "category=large,region=eu"; "" for all. */
UNUSED static struct policy_when
fixture_when(struct fixture *fixture, const char *text)
{
    struct policy_when when = {0};
    char *words = arena_copy_text(fixture->arena, text);
    for (char *word = strtok(words, ",="); word != NULL; word = strtok(NULL, ",=")) {
        int axis = policy_find_axis(word);
        int value =
            policy_axes_find(&fixture->policy.axes, (enum policy_axis)axis, strtok(NULL, ",="));
        assert_true(axis >= 0 && value > 0);
        policy_when_name(&fixture->policy.axes, &when, (enum policy_axis)axis, value);
    }
    return when;
}

UNUSED static struct policy_subject
fixture_subject(struct fixture *fixture, const char *text)
{
    struct policy_subject subject = {0};
    char *words = arena_copy_text(fixture->arena, text);
    for (char *word = strtok(words, ",="); word != NULL; word = strtok(NULL, ",="))
        (void)policy_subject_set(&fixture->policy.axes, &subject,
                                 (enum policy_axis)policy_find_axis(word), strtok(NULL, ",="));
    return subject;
}

/* A value of a parameter as a file writes it. */
UNUSED static struct policy_value
fixture_parse(struct fixture *fixture, enum policy_parameter parameter, const char *text)
{
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    struct policy_node node = {.kind = POLICY_NODE_SCALAR, .text = text};
    struct policy_problems problems = {.arena = fixture->arena};
    struct policy_value value;
    if (!policy_value_read(fixture->arena, &fixture->policy, row, &node, row->clause_id, &value,
                           &problems))
        fail_msg("%s: %s", row->name, problems.problems[0].message);
    return value;
}

UNUSED static struct policy_clause *
fixture_clause(struct fixture *fixture, const char *id)
{
    for (size_t i = 0; i < fixture->section.clause_count; i++) {
        if (strcmp(fixture->clauses[i].id, id) == 0)
            return &fixture->clauses[i];
    }
    assert_true(fixture->section.clause_count < FIXTURE_CLAUSES_MAX);
    struct policy_clause *clause = &fixture->clauses[fixture->section.clause_count++];
    *clause =
        (struct policy_clause){.id = id,
                               .section = &fixture->section,
                               .place = {"test.yaml", 100 + (int)fixture->section.clause_count, 1}};
    return clause;
}

/* Adds a rule; its line says how many rules there are. fixture_index must follow. */
UNUSED static struct policy_rule *
fixture_put(struct fixture *fixture, enum policy_parameter parameter, struct policy_when when,
            struct policy_value value)
{
    struct policy *policy = &fixture->policy;
    assert_true(policy->rule_count < FIXTURE_RULES_MAX);
    struct policy_rule *rule = &fixture->rules[policy->rule_count++];
    *rule = (struct policy_rule){
        .parameter = parameter,
        .clause = fixture_clause(fixture, policy_parameter_row(parameter)->clause_id),
        .when = when,
        .when_text = policy_when_print(fixture->arena, &policy->axes, &when),
        .value = value,
        .place = {"test.yaml", (int)policy->rule_count, 1}};
    return rule;
}

UNUSED static void
fixture_rule(struct fixture *fixture, enum policy_parameter parameter, const char *when,
             const char *value)
{
    fixture_put(fixture, parameter, fixture_when(fixture, when),
                fixture_parse(fixture, parameter, value));
}

UNUSED static void
fixture_index(struct fixture *fixture)
{
    policy_index_rules(fixture->arena, &fixture->policy, fixture->rules,
                       fixture->policy.rule_count);
}

UNUSED static void
fixture_floor(struct fixture *fixture, const char *id, enum policy_parameter parameter,
              const char *when, const char *value)
{
    assert_true(fixture->pack.floor_count < FIXTURE_FLOORS_MAX);
    fixture->floors[fixture->pack.floor_count++] =
        (struct policy_floor){.id = id,
                              .parameter = parameter,
                              .when = fixture_when(fixture, when),
                              .value = fixture_parse(fixture, parameter, value),
                              .place = {"test.yaml", 1000 + (int)fixture->pack.floor_count, 1}};
    fixture->policy.packs = &fixture->pack;
    fixture->policy.pack_count = 1;
}

/* Adds "{length}" to what a clause prints. */
UNUSED static void
fixture_print(struct fixture *fixture, struct policy_clause *clause, const char *parameter)
{
    const char *text = clause->text.texts[0] == NULL ? "Text" : clause->text.texts[0];
    clause->text.texts[0] = arena_printf(fixture->arena, "%s {%s}", text, parameter);
}

/* Gives what has no value "none", and each clause that has no text one that prints all it sets. */
UNUSED static void
fixture_fill(struct fixture *fixture)
{
    bool has_text[POLICY_PARAMETER_COUNT];
    fixture_index(fixture);
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)i);
        has_text[i] = fixture_clause(fixture, row->clause_id)->text.texts[0] != NULL;
    }
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)i);
        if (!has_text[i])
            fixture_print(fixture, fixture_clause(fixture, row->clause_id), row->parameter);
        if (fixture->policy.rule_first[i] == fixture->policy.rule_first[i + 1])
            fixture_put(fixture, (enum policy_parameter)i, (struct policy_when){0},
                        (struct policy_value){.kind = row->kind, .absence = POLICY_NONE});
    }
    fixture_index(fixture);
}

/* How many problems have this reason. */
UNUSED static size_t
fixture_count(const struct fixture *fixture, const char *reason)
{
    size_t count = 0;
    for (size_t i = 0; i < fixture->problems.problem_count; i++)
        count += strcmp(fixture->problems.problems[i].reason, reason) == 0;
    return count;
}

/* The first problem with this reason, which there must be. */
UNUSED static const struct policy_problem *
fixture_find(const struct fixture *fixture, const char *reason)
{
    for (size_t i = 0; i < fixture->problems.problem_count; i++) {
        if (strcmp(fixture->problems.problems[i].reason, reason) == 0)
            return &fixture->problems.problems[i];
    }
    for (size_t i = 0; i < fixture->problems.problem_count; i++)
        print_message("%s: %s\n", fixture->problems.problems[i].reason,
                      fixture->problems.problems[i].message);
    fail_msg("no problem %s", reason);
    return NULL;
}
