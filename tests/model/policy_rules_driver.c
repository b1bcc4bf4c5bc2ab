/*
 * policy_rules_driver - checks the rules of one parameter and says which hold, one JSON object a
 * line, for the model in test_policy_rules.py
 *
 * {"axes": {"category": [["a", -1], ["b", 0]]}, "rules": [[{"category": "b"}, 3]], "floors": [...],
 * "subjects": [{"category": "b"}], "suggests": true} is a parameter that varies by declared trees
 * (each value with the index of the one above it), with rules numbered by their place in the list.
 * The answer: {"accepted": ..., "problems": [[reason, rule]], "suggestion": ..., "readings":
 * [[rule, value]]}. A subject that no rule holds for is answered with null.
 */
// SPDX-License-Identifier: Apache-2.0
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/policy_check.h"

enum { BUDGET_BYTES = 64 << 20 };

#define PARAMETER POLICY_WARRANTY_LIMITS_CLAIMS_MAX

/* ---- making a policy ---- */

static size_t
count_axis_values(const json_t *trees)
{
    size_t count = 1;
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++)
        count +=
            json_array_size(json_object_get(trees, policy_axis_row((enum policy_axis)axis)->name));
    return count;
}

static void
make_axes(struct arena *arena, const json_t *trees, struct policy_axes *axes)
{
    size_t count = count_axis_values(trees);
    axes->values = arena_alloc(arena, count * sizeof *axes->values);
    axes->value_count = 1;
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++) {
        const json_t *tree = json_object_get(trees, policy_axis_row((enum policy_axis)axis)->name);
        int first = axes->value_count;
        for (size_t i = 0; i < json_array_size(tree); i++) {
            const json_t *value = json_array_get(tree, i);
            json_int_t parent = json_integer_value(json_array_get(value, 1));
            axes->values[axes->value_count++] =
                (struct policy_axis_value){.axis = (enum policy_axis)axis,
                                           .code = json_string_value(json_array_get(value, 0)),
                                           .parent = parent < 0 ? 0 : first + (int)parent};
        }
    }
    policy_axes_finish(arena, axes);
}

static struct policy_when
make_when(const struct policy_axes *axes, json_t *selector)
{
    struct policy_when when = {0};
    const char *name;
    json_t *code;
    json_object_foreach(selector, name, code)
    {
        int axis = policy_find_axis(name);
        CHECK(axis >= 0);
        int value = policy_axes_find(axes, (enum policy_axis)axis, json_string_value(code));
        CHECK(value > 0);
        policy_when_name(axes, &when, (enum policy_axis)axis, value);
    }
    return when;
}

static struct policy_value
make_value(const json_t *number)
{
    return (struct policy_value){.kind = POLICY_COUNT, .count = json_integer_value(number)};
}

static void
make_rules(struct arena *arena, const json_t *list, struct policy *policy)
{
    static const struct policy_clause clause = {.id = "warranty.limits"};
    size_t count = json_array_size(list);
    struct policy_rule *rules = arena_alloc(arena, (count + 1) * sizeof *rules);
    for (size_t i = 0; i < count; i++) {
        const json_t *written = json_array_get(list, i);
        struct policy_rule *rule = &rules[i];
        rule->parameter = PARAMETER;
        rule->clause = &clause;
        rule->when = make_when(&policy->axes, json_array_get(written, 0));
        rule->when_text = policy_when_print(arena, &policy->axes, &rule->when);
        rule->value = make_value(json_array_get(written, 1));
        rule->place = (struct policy_place){.file = "model", .line = (int)i + 1};
    }
    policy_index_rules(arena, policy, rules, count);
}

static void
make_floors(struct arena *arena, const json_t *list, struct policy *policy)
{
    size_t count = json_array_size(list);
    struct policy_floor *floors = arena_alloc(arena, (count + 1) * sizeof *floors);
    struct policy_pack *pack = arena_alloc(arena, sizeof *pack);
    for (size_t i = 0; i < count; i++) {
        const json_t *written = json_array_get(list, i);
        floors[i].id = arena_printf(arena, "%zu", i);
        floors[i].parameter = PARAMETER;
        floors[i].when = make_when(&policy->axes, json_array_get(written, 0));
        floors[i].value = make_value(json_array_get(written, 1));
    }
    *pack = (struct policy_pack){.id = "model", .floors = floors, .floor_count = count};
    policy->packs = pack;
    policy->pack_count = 1;
}

/* ---- answering ---- */

static json_t *
read_subject(struct arena *arena, const struct policy *policy, json_t *said)
{
    struct policy_subject subject = {0};
    const char *name;
    json_t *code;
    json_object_foreach(said, name, code)
    {
        CHECK(policy_subject_set(&policy->axes, &subject, (enum policy_axis)policy_find_axis(name),
                                 json_string_value(code)));
    }
    if (policy_find_rule(policy, PARAMETER, &subject) == NULL)
        return json_null();
    struct policy_reading reading = policy_read_value(arena, policy, PARAMETER, &subject);
    return json_pack("[i,I]", reading.rule->place.line - 1, (json_int_t)reading.value.count);
}

static json_t *
answer(struct arena *arena, const json_t *question)
{
    struct policy *policy = arena_alloc(arena, sizeof *policy);
    policy->name = "model";
    make_axes(arena, json_object_get(question, "axes"), &policy->axes);
    make_rules(arena, json_object_get(question, "rules"), policy);
    make_floors(arena, json_object_get(question, "floors"), policy);

    struct policy_problems problems = {.arena = arena};
    bool is_accepted = policy_check_rules(
        arena, policy, PARAMETER, json_is_true(json_object_get(question, "suggests")), &problems);
    json_t *reasons = json_array();
    const char *suggestion = "";
    for (size_t i = 0; i < problems.problem_count; i++) {
        const struct policy_problem *problem = &problems.problems[i];
        json_array_append_new(reasons, json_pack("[s,i]", problem->reason, problem->line - 1));
        if (problem->suggestion != NULL)
            suggestion = problem->suggestion;
    }
    json_t *readings = json_array();
    const json_t *subjects = json_object_get(question, "subjects");
    for (size_t i = 0; i < json_array_size(subjects); i++)
        json_array_append_new(readings, read_subject(arena, policy, json_array_get(subjects, i)));
    return json_pack("{s:b,s:o,s:s,s:o}", "accepted", is_accepted, "problems", reasons,
                     "suggestion", suggestion, "readings", readings);
}

int
main(void)
{
    char *line = NULL;
    size_t room_bytes = 0;
    while (getline(&line, &room_bytes, stdin) > 0) {
        struct arena *arena = arena_new(BUDGET_BYTES);
        json_t *question = json_loads(line, 0, NULL);
        CHECK(question != NULL);
        json_t *said = answer(arena, question);
        char *text = json_dumps(said, JSON_COMPACT);
        puts(text);
        fflush(stdout);
        free(text);
        json_decref(said);
        json_decref(question);
        arena_free(&arena);
    }
    free(line);
    arena_deinit();
    return 0;
}
