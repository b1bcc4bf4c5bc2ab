/*
 * policy_check - all checks of one version, in the order in which an author reads the results
 *
 *   policy_check_gaps       a value for all of every parameter
 *   policy_check_rules      repeats, ties, rules that change nothing
 *   policy_check_floors     what the law lifts, and where the company promises less
 *   policy_check_period     warranties that the ledger could not work out
 *   policy_check_ids        one thing for each id
 *   policy_check_texts      texts and placeholders in every language
 *   policy_check_words      labels by themselves
 *   policy_check_labels     words for what is printed
 *   policy_check_sentences  words for the sentences of decisions
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"
#include "common/policy/policy_page.h"

#include <string.h>

/* A complaint that goes to the same position twice goes round in a circle. */
static void
check_ladder(const struct policy_rule *rule, struct policy_problems *problems)
{
    const struct policy_rung *rungs = rule->value.ladder.items;
    for (size_t i = 0; i < rule->value.ladder.count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(rungs[i].to, rungs[j].to) != 0)
                continue;
            struct policy_place place = rule->place;
            if (rungs[i].line > 0)
                place = (struct policy_place){.file = rule->place.file, .line = rungs[i].line};
            policy_problem_add(problems, POLICY_ERROR, "RUNG_REPEATED", place, rule->clause->id,
                               "the ladder goes to '%s' twice", rungs[i].to);
            break;
        }
    }
}

static void
check_ladders(const struct policy *policy, struct policy_problems *problems)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct policy_value *value = &policy->rules[i].value;
        if (value->kind == POLICY_LADDER && value->absence == POLICY_PRESENT)
            check_ladder(&policy->rules[i], problems);
    }
}

/* Every refusal names the clause that says how to have it looked at again. */
static void
check_appeal(const struct policy *policy, struct policy_problems *problems)
{
    const struct policy_parameter_row *row =
        policy_parameter_row(POLICY_COMPLAINTS_ESCALATION_LADDER);
    const struct policy_clause *clause = policy_find_clause(policy, row->clause_id);
    if (clause != NULL && clause->is_internal)
        policy_problem_add(problems, POLICY_ERROR, "APPEAL_INTERNAL", clause->place, clause->id,
                           "clause '%s' is what refusals point customers to: it cannot be internal",
                           clause->id);
}

static bool
has_test(const struct policy *policy, const char *id)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct policy_value *value = &policy->rules[i].value;
        if (value->kind != POLICY_TESTS || value->absence != POLICY_PRESENT)
            continue;
        for (size_t j = 0; j < value->tests.count; j++) {
            if (strcmp(value->tests.items[j].id, id) == 0)
                return true;
        }
    }
    return false;
}

static void
check_remedy(const struct policy_value *value, struct policy_place place, const char *clause_id,
             struct policy_problems *problems)
{
    for (size_t i = 0; value->absence == POLICY_PRESENT && i < value->tests.count; i++) {
        if (value->tests.items[i].then.count > 0)
            continue;
        if (value->tests.items[i].line > 0)
            place.line = value->tests.items[i].line;
        policy_problem_add(problems, POLICY_ERROR, "REMEDY_MISSING", place, clause_id,
                           "test '%s' gives no remedy: name them under 'then', as then: [replace, "
                           "refund]",
                           value->tests.items[i].id);
    }
}

/* Customers are told what they may choose. */
static void
check_remedies(const struct policy *policy, struct policy_problems *problems)
{
    enum policy_parameter parameter = POLICY_REPAIR_REMEDY_TESTS;
    for (size_t i = policy->rule_first[parameter]; i < policy->rule_first[parameter + 1]; i++)
        check_remedy(&policy->rules[i].value, policy->rules[i].place,
                     policy_parameter_row(parameter)->clause_id, problems);
    for (size_t p = 0; p < policy->pack_count; p++) {
        for (size_t i = 0; i < policy->packs[p].floor_count; i++) {
            const struct policy_floor *floor = &policy->packs[p].floors[i];
            if (floor->parameter == parameter)
                check_remedy(&floor->value, floor->place, floor->id, problems);
        }
    }
}

/* A right that lists an exclusion which is not there would silently not be reached by it. */
static void
check_right(const struct policy *policy, const struct policy_right *right,
            struct policy_problems *problems)
{
    for (size_t i = 0; i < right->excludes.count; i++) {
        if (!has_test(policy, right->excludes.codes[i]))
            policy_problem_add(problems, POLICY_ERROR, "TEST_UNKNOWN", right->place, right->id,
                               "right '%s' excludes '%s', which is no test of this policy",
                               right->id, right->excludes.codes[i]);
    }
}

static void
check_packs(const struct policy *policy, struct policy_problems *problems)
{
    for (size_t i = 0; i < policy->pack_count; i++) {
        const struct policy_pack *pack = &policy->packs[i];
        for (size_t j = 0; j < pack->right_count; j++)
            check_right(policy, &pack->rights[j], problems);
        if (pack->right_count + pack->floor_count == 0)
            policy_problem_add(problems, POLICY_WARNING, "LAYER_EMPTY", pack->place, "",
                               "statutory layer '%s' has neither rights nor floors", pack->id);
        if (pack->is_sample)
            policy_problem_add(problems, POLICY_WARNING, "LAYER_IS_SAMPLE", pack->place, "",
                               "statutory layer '%s' is sample data, not the law", pack->id);
    }
}

/* What could not be printed must not be published. */
static void
check_pages(struct arena *arena, const struct policy *policy, struct policy_problems *problems)
{
    for (size_t i = 0; i < policy->language_count; i++) {
        const struct policy_clause *clause;
        size_t count = policy_page_count_values(arena, policy, i, &clause);
        if (clause == NULL)
            continue;
        policy_problem_add(problems, POLICY_ERROR, "PAGE_TOO_LARGE", clause->text.places[i],
                           clause->id,
                           "the page in language '%s' prints up to %zu values, %d at most can be: "
                           "fewer exceptions and floors, or fewer places that print them",
                           policy->languages[i], count, POLICY_PAGE_VALUES_MAX);
        return;
    }
}

static void
check_rest(struct arena *arena, const struct policy *policy, bool suggests,
           struct policy_problems *problems)
{
    policy_check_period(arena, policy, problems);
    policy_check_ids(arena, policy, problems);
    check_remedies(policy, problems);
    check_packs(policy, problems);
    check_ladders(policy, problems);
    check_appeal(policy, problems);
    bool is_printed[POLICY_PARAMETER_COUNT];
    policy_check_texts(arena, policy, is_printed, problems);
    policy_check_words(policy, problems);
    policy_check_labels(arena, policy, is_printed, suggests, problems);
    policy_check_sentences(policy, suggests, problems);
}

bool
policy_check_part(struct arena *arena, const struct policy *policy, int part, bool suggests,
                  struct policy_problems *problems)
{
    size_t error_count = problems->error_count;
    CHECK(part >= 0 && part < POLICY_CHECK_PART_COUNT);
    if (part == 0) {
        check_pages(arena, policy, problems); /* first: its warnings could fill the list */
        policy_check_gaps(arena, policy, suggests, problems);
    } else if (part <= POLICY_PARAMETER_COUNT) {
        policy_check_rules(arena, policy, (enum policy_parameter)(part - 1), suggests, problems);
    } else if (part == POLICY_PARAMETER_COUNT + 1) {
        policy_check_floors(arena, policy, problems);
    } else {
        check_rest(arena, policy, suggests, problems);
    }
    return problems->error_count == error_count;
}

bool
policy_check(struct arena *arena, const struct policy *policy, bool suggests,
             struct policy_problems *problems)
{
    bool is_fine = true;
    for (int part = 0; part < POLICY_CHECK_PART_COUNT; part++)
        is_fine &= policy_check_part(arena, policy, part, suggests, problems);
    return is_fine;
}
