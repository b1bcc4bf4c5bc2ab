/*
 * policy_bench - how fast a policy is read, checked and decided by, on one core
 *
 *     policy_bench POLICY SECONDS [FACTS...]
 *
 * The policy is read and checked some times; then, for each file of facts (the form of `aftercare
 * policy decide`), cases are decided for SECONDS, each asking about another day of a year and
 * another kind of product, so that no two in a row are equal. One line of JSON for each measure.
 * Times are CPU time of this process, medians for reading and checking; bytes are what the arena
 * handed out. Reading includes the files' own I/O, all from the page cache.
 */
// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/policy/policy_check.h"
#include "common/policy/policy_decide.h"
#include "common/policy/policy_page.h"
#include "services/cli/cli_policy_files.h"

enum { ROUNDS = 5, DAYS = 365, BATCH = 64 };

static const int64_t DAY_US = INT64_C(86400) * 1000000;

static int64_t
cpu_ns(void)
{
    struct timespec time;
    CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int
compare_times(const void *a, const void *b)
{
    const int64_t *left = a;
    const int64_t *right = b;
    return (*left > *right) - (*left < *right);
}

static int64_t
median(int64_t times[ROUNDS])
{
    qsort(times, ROUNDS, sizeof *times, compare_times);
    return times[ROUNDS / 2];
}

/* Says what is wrong, and ends the program. */
NO_RETURN static void
give_up(const struct policy_problems *problems)
{
    for (size_t i = 0; i < problems->problem_count; i++)
        fprintf(stderr, "policy_bench: %s:%d: %s\n", problems->problems[i].file,
                problems->problems[i].line, problems->problems[i].message);
    exit(1);
}

static struct policy *
measure_policy(const char *path, struct arena **ret_arena)
{
    int64_t read_ns[ROUNDS];
    int64_t check_ns[ROUNDS];
    size_t read_bytes = 0;
    size_t check_bytes = 0;
    struct policy *policy = NULL;
    for (int i = 0; i < ROUNDS; i++) {
        arena_free(ret_arena);
        *ret_arena = arena_new(POLICY_READ_BUDGET_BYTES);
        struct policy_problems problems = {.arena = *ret_arena};
        int64_t start_ns = cpu_ns();
        policy = cli_policy_files_read(*ret_arena, path, NULL, &problems);
        read_ns[i] = cpu_ns() - start_ns;
        read_bytes = arena_used_bytes(*ret_arena);
        if (policy == NULL)
            give_up(&problems);
        start_ns = cpu_ns();
        if (!policy_check(*ret_arena, policy, false, &problems))
            give_up(&problems);
        check_ns[i] = cpu_ns() - start_ns;
        check_bytes = arena_used_bytes(*ret_arena) - read_bytes;
    }
    printf("{\"measure\": \"read\", \"rules\": %zu, \"ns\": %lld, \"bytes\": %zu}\n",
           policy->rule_count, (long long)median(read_ns), read_bytes);
    printf("{\"measure\": \"check\", \"rules\": %zu, \"ns\": %lld, \"bytes\": %zu}\n",
           policy->rule_count, (long long)median(check_ns), check_bytes);
    return policy;
}

/* The longest that a check keeps a thread: it may let others run between its parts. */
static void
measure_parts(const struct policy *policy)
{
    int64_t longest_ns = 0;
    struct arena *arena = arena_new(POLICY_READ_BUDGET_BYTES);
    struct policy_problems problems = {.arena = arena};
    for (int part = 0; part < POLICY_CHECK_PART_COUNT; part++) {
        int64_t start_ns = cpu_ns();
        (void)policy_check_part(arena, policy, part, false, &problems);
        int64_t taken_ns = cpu_ns() - start_ns;
        longest_ns = taken_ns > longest_ns ? taken_ns : longest_ns;
    }
    printf(
        "{\"measure\": \"longest part of check\", \"rules\": %zu, \"ns\": %lld, \"bytes\": %zu}\n",
        policy->rule_count, (long long)longest_ns, arena_used_bytes(arena));
    arena_free(&arena);
}

/* The whole page for the general reader, in the first language. */
static void
measure_page(const struct policy *policy)
{
    int64_t ns[ROUNDS];
    size_t size_bytes = 0;
    const struct policy_page page = {.policy = policy};
    for (int i = 0; i < ROUNDS; i++) {
        struct buf text = {0};
        int64_t start_ns = cpu_ns();
        policy_page_html(&page, &text);
        ns[i] = cpu_ns() - start_ns;
        size_bytes = text.size_bytes;
        buf_free(&text);
    }
    printf("{\"measure\": \"page\", \"rules\": %zu, \"ns\": %lld, \"bytes\": %zu}\n",
           policy->rule_count, (long long)median(ns), size_bytes);
}

/* Decides the case for one day, and answers the bytes it took. */
static size_t
decide(struct policy_engine *engine, const struct policy_case *question)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    Common__V1__Decision *record;
    struct fault fault;
    if (policy_decide(arena, engine, question, &record, &fault) != OK) {
        fprintf(stderr, "policy_bench: %s\n", fault.message);
        exit(1);
    }
    size_t bytes = arena_used_bytes(arena);
    arena_free(&arena);
    return bytes;
}

/* Puts the next kind of product of the policy, one that has none beneath it, into the facts. */
static void
turn_category(const struct policy_axes *axes, struct policy_fact *facts, size_t count, int *turn)
{
    int first = axes->first[POLICY_AXIS_CATEGORY];
    int end = axes->end[POLICY_AXIS_CATEGORY];
    do {
        *turn = *turn + 1 < end ? *turn + 1 : first;
    } while (*turn < end && axes->values[*turn].end != *turn + 1);
    for (size_t i = 0; *turn < end && i < count; i++) {
        if (strcmp(facts[i].name, "category") == 0)
            facts[i].code = axes->values[*turn].code;
    }
}

static void
measure_case(struct policy_engine *engine, const struct policy *policy,
             const struct policy_case *question, int64_t length_ns)
{
    struct policy_case asked = *question;
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct policy_fact *facts =
        arena_copy(arena, question->facts, question->fact_count * sizeof *facts);
    asked.facts = facts;
    int turn = 0;
    int64_t first_day = date_to_days(question->at_date);
    int64_t count = 0;
    int64_t bytes = 0;
    for (; count < DAYS; count++) /* what the engine works out once is not measured */
        bytes = (int64_t)decide(engine, question);
    count = bytes = 0;
    int64_t start_ns = cpu_ns();
    int64_t taken_ns = 0;
    while ((taken_ns = cpu_ns() - start_ns) < length_ns) {
        for (int i = 0; i < BATCH; i++, count++) {
            asked.at_date = date_from_days(first_day + count % DAYS);
            asked.decide_us = question->decide_us + count % DAYS * DAY_US;
            turn_category(&policy->axes, facts, question->fact_count, &turn);
            bytes += (int64_t)decide(engine, &asked);
        }
    }
    printf("{\"measure\": \"decide\", \"question\": \"%s\", \"count\": %lld, \"ns\": %lld, "
           "\"bytes\": %lld}\n",
           policy_question_name(question->question), (long long)count, (long long)taken_ns / count,
           (long long)bytes / count);
    arena_free(&arena);
}

static void
measure_facts(struct policy_engine *engine, const struct policy *policy, const char *path,
              int64_t length_ns)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct policy_problems problems = {.arena = arena};
    struct policy_file file;
    const struct policy_case *question = NULL;
    if (cli_policy_files_load(arena, path, POLICY_FILE_BYTES_MAX, &file, &problems))
        question = policy_case_read(arena, policy, &file, &problems);
    if (question == NULL)
        give_up(&problems);
    measure_case(engine, policy, question, length_ns);
    arena_free(&arena);
}

int
main(int argc, char **argv)
{
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 0;
    if (seconds <= 0) {
        fprintf(stderr, "usage: policy_bench POLICY SECONDS [FACTS...]\n");
        return 2;
    }
    struct arena *arena = NULL;
    struct policy *policy = measure_policy(argv[1], &arena);
    measure_parts(policy);
    measure_page(policy);
    if (policy->version == 0) { /* a draft is measured as a version long in force */
        policy->version = 1;
        policy->effective_from = (struct date){2000, 1, 1};
    }
    const struct policy *versions[] = {policy};
    struct policy_set set = {versions, 1};
    struct policy_engine *engine = policy_engine_new(&set);
    for (int i = 3; i < argc; i++)
        measure_facts(engine, policy, argv[i], (int64_t)(seconds * 1e9));
    policy_engine_free(&engine);
    arena_free(&arena);
    arena_deinit();
    return 0;
}
