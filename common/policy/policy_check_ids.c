/*
 * policy_check_ids - ids: each names one thing, for ever
 *
 * A record names a clause, test, right or floor by its id alone, so no two may share one. A test
 * may stand in several rules of its parameter (an exception replaces the whole list), but must then
 * be the same test.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <stdlib.h>
#include <string.h>

struct named {
    const char *id;
    const char *what; /* "clause" */
    const char *clause_id;
    struct policy_place place;
    const struct policy_rule *rule; /* of a test; else NULL */
    const struct policy_test *test;
};

struct names {
    struct named *names; /* NULL: they are only counted */
    size_t count;
};

static void
put_named(struct names *names, struct named named)
{
    if (names->names != NULL)
        names->names[names->count] = named;
    names->count++;
}

static void
put(struct names *names, const char *what, const char *id, struct policy_place place)
{
    put_named(names, (struct named){.id = id, .what = what, .place = place});
}

static void
put_tests(struct names *names, const struct policy_rule *rule)
{
    const struct policy_value *value = &rule->value;
    if (value->kind != POLICY_TESTS || value->absence != POLICY_PRESENT)
        return;
    for (size_t i = 0; i < value->tests.count; i++) {
        const struct policy_test *test = &value->tests.items[i];
        struct policy_place place = rule->place;
        if (test->line > 0)
            place = (struct policy_place){.file = rule->place.file, .line = test->line};
        put_named(names, (struct named){.id = test->id,
                                        .what = "test",
                                        .clause_id = rule->clause->id,
                                        .place = place,
                                        .rule = rule,
                                        .test = test});
    }
}

static void
put_all(const struct policy *policy, struct names *names)
{
    for (size_t i = 0; i < policy->section_count; i++) {
        const struct policy_section *section = &policy->sections[i];
        put(names, "section", section->id, section->place);
        for (size_t j = 0; j < section->clause_count; j++)
            put(names, "clause", section->clauses[j].id, section->clauses[j].place);
    }
    for (size_t i = 0; i < policy->pack_count; i++) {
        const struct policy_pack *pack = &policy->packs[i];
        put(names, "statutory layer", pack->id, pack->place);
        for (size_t j = 0; j < pack->right_count; j++)
            put(names, "right", pack->rights[j].id, pack->rights[j].place);
        for (size_t j = 0; j < pack->floor_count; j++)
            put(names, "floor", pack->floors[j].id, pack->floors[j].place);
    }
    for (size_t i = 0; i < policy->rule_count; i++)
        put_tests(names, &policy->rules[i]);
}

static int
compare_names(const void *a, const void *b)
{
    const struct named *left = a;
    const struct named *right = b;
    int order = strcmp(left->id, right->id);
    return order != 0 ? order : policy_place_compare(&left->place, &right->place);
}

static bool
codes_are_equal(const struct policy_codes *a, const struct policy_codes *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        if (strcmp(a->codes[i], b->codes[i]) != 0)
            return false;
    }
    return a->count == b->count;
}

static bool
tests_are_equal(const struct policy_test *a, const struct policy_test *b)
{
    if ((a->when == NULL) != (b->when == NULL))
        return false;
    return (a->when == NULL || policy_predicate_equals(a->when, b->when)) &&
           codes_are_equal(&a->evidence, &b->evidence) && codes_are_equal(&a->then, &b->then);
}

static void
check_pair(const struct named *first, const struct named *second, struct policy_problems *problems)
{
    bool is_other_list = first->rule != NULL && second->rule != NULL &&
                         first->rule != second->rule &&
                         first->rule->parameter == second->rule->parameter;
    if (is_other_list && tests_are_equal(first->test, second->test))
        return;
    if (is_other_list)
        policy_problem_add(problems, POLICY_ERROR, "TEST_DIFFERS", second->place, second->clause_id,
                           "test '%s' is another one than in line %d: give it an id of its own",
                           second->id, first->place.line);
    else
        policy_problem_add(problems, POLICY_ERROR, "ID_REPEATED", second->place, second->clause_id,
                           "id '%s' of this %s is taken by the %s in line %d", second->id,
                           second->what, first->what, first->place.line);
}

void
policy_check_ids(struct arena *arena, const struct policy *policy, struct policy_problems *problems)
{
    struct names names = {0};
    put_all(policy, &names);
    names = (struct names){.names = arena_alloc(arena, names.count * sizeof *names.names)};
    put_all(policy, &names);
    qsort(names.names, names.count, sizeof *names.names, compare_names);
    for (size_t i = 1; i < names.count; i++) {
        if (strcmp(names.names[i].id, names.names[i - 1].id) == 0)
            check_pair(&names.names[i - 1], &names.names[i], problems);
    }
}
