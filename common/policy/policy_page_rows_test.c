/*
 * policy_page_rows_test - which rows a page has: where floors cross, what the law lifts for some of
 * those the reader may be, in which order, and how many at most
 */
// SPDX-License-Identifier: Apache-2.0
#include <time.h>

#include "common/policy/policy_canon.h"
#include "common/policy/policy_text_fixture.h"

enum { PAGE_SECONDS_MAX = 3 }; /* with sanitizers on a busy machine */

static struct read_fixture files;
static struct buf out;

static int
tear_down(void **state UNUSED)
{
    buf_free(&out);
    arena_deinit();
    zone_deinit();
    return 0;
}

static const char *
print_text(const struct policy *policy, const struct policy_subject *reader)
{
    struct policy_page page = {.policy = policy, .reader = reader};
    buf_clear(&out);
    policy_page_text(&page, 400, &out);
    return buf_text(&out);
}

static void
assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("there is no \"%s\"", part);
}

static void
floors_that_cross_have_a_row_for_both(void **state UNUSED)
{
    const struct policy *policy = text_open(
        &files,
        &(struct text_edits){
            .main = {"applies: {region: eu, customer_class: consumer}", "applies: {}",
                     "    floors:\n",
                     "    floors:\n"
                     "      - {id: eu_consumer_sample.a, parameter: warranty.period/length, when: "
                     "{condition: new}, is: 2 years}\n"
                     "      - {id: eu_consumer_sample.b, parameter: warranty.period/length, when: "
                     "{channel: shop}, is: 3 years}\n"
                     "      - {id: eu_consumer_sample.c, parameter: warranty.period/length, when: "
                     "{component: motor}, is: 30 months}\n"}});
    const char *text = print_text(policy, NULL);
    assert_has(text, "- purchases in a shop: 3 years\n");
    assert_has(text, "- new products: 2 years\n");
    assert_has(text, "- new products + purchases in a shop: 3 years\n");
    assert_has(text, "- new products + motors: 30 months\n");
    read_end(&files);
}

static void
the_page_for_all_and_that_of_a_region_show_what_the_law_lifts_for_whom(void **state UNUSED)
{
    const struct policy *policy =
        text_open(&files, &(struct text_edits){.main = {"refund_within: 7 working days of office",
                                                        "refund_within: 60 days"}});
    const char *text = print_text(policy, NULL);
    assert_has(text, "- the European Union + consumers: 14 days\n");
    assert_has(text, "- everything else: 60 days\n");
    struct policy_subject reader = text_subject(&files, "region=DE");
    assert_has(print_text(policy, &reader), "within 60 days (14 days for consumers), by");
    reader = text_subject(&files, "region=US");
    assert_has(print_text(policy, &reader), "within 60 days, by");
    reader = text_subject(&files, "region=DE customer_class=consumer");
    assert_has(print_text(policy, &reader), "within 14 days, by");
    reader = text_subject(&files, "region=DE customer_class=business");
    assert_has(print_text(policy, &reader), "within 60 days, by");
    read_end(&files);
}

/* What says the same as a wider exception, or floor, follows from that, wherever it stands. */
static void
what_follows_from_a_wider_row_has_none(void **state UNUSED)
{
    static const char *const whens[] = {"{region: US}", "{region: US, category: large_appliances}",
                                        "{region: US, category: large_appliances, channel: shop}"};
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < 2 * COUNT_OF(orders); i++) {
        bool is_law = i >= COUNT_OF(orders);
        struct buf set = {0}, floors = {0};
        buf_add_text(&set, is_law ? "set: {length: 90 days}\n"
                                  : "set: {length: 90 days}\n        except:\n");
        buf_add_text(&floors, "    floors:\n");
        for (int j = 0; j < 3; j++) {
            const char *when = whens[orders[i % COUNT_OF(orders)][j]];
            if (is_law)
                buf_printf(
                    &floors,
                    "      - {id: eu_consumer_sample.f%d, parameter: repair.warranty/length, "
                    "when: %s, is: 180 days}\n",
                    j, when);
            else
                buf_printf(&set, "          - {when: %s, length: 180 days}\n", when);
        }
        const struct text_edits edits = {
            .main = {"set: {length: 90 days}\n", buf_text(&set), "    floors:\n", buf_text(&floors),
                     "applies: {region: eu, customer_class: consumer}", "applies: {}"}};
        assert_has(print_text(text_open(&files, &edits), NULL),
                   "for 90 days (180 days for the United States).");
        read_end(&files);
        buf_free(&set);
        buf_free(&floors);
    }
}

/* The default policy with two exceptions of a table in an order. */
static const char *
print_ordered(bool is_swapped, uint8_t ret_digest[POLICY_DIGEST_BYTES])
{
    static const char travel[] = "          - {when: {cost_class: travel}, length: none}\n";
    static const char large[] =
        "          - {when: {category: large_appliances}, length: 2 years}\n";
    struct text_edits swap = {.main = {travel, "", large, NULL}};
    struct read_fixture own;
    char both[sizeof travel + sizeof large];
    (void)snprintf(both, sizeof both, "%s%s", large, travel);
    swap.main[3] = both;
    const struct policy *policy = text_open(&own, is_swapped ? &swap : NULL);
    const char *text = print_text(policy, NULL);
    memcpy(ret_digest, policy->digest, POLICY_DIGEST_BYTES);
    read_end(&own);
    return text;
}

static void
policies_with_one_digest_have_one_page(void **state UNUSED)
{
    uint8_t digests[2][POLICY_DIGEST_BYTES];
    char *first = strdup(print_ordered(false, digests[0]));
    assert_non_null(first);
    const char *second = print_ordered(true, digests[1]);
    assert_memory_equal(digests[0], digests[1], POLICY_DIGEST_BYTES);
    assert_string_equal(first, second);
    free(first);
}

/* "c0: {}, c1: {}, ..." */
static const char *
name_values(struct arena *arena, const char *prefix, int count)
{
    const char *text = "";
    for (int i = 0; i < count; i++)
        text = arena_printf(arena, "%s%s%d: {}, ", text, prefix, i);
    return text;
}

static void
hundreds_of_rows_in_many_places_are_found_in_little_time(void **state UNUSED)
{
    struct arena *arena = arena_new(READ_FILE_BYTES_MAX * 4);
    struct buf rules = {0}, text = {0};
    for (int i = 0; i < 512; i++)
        buf_printf(&rules,
                   "          - {when: {category: c%d, component: k%d, condition: n%d}, length: %d "
                   "days}\n",
                   i / 64, i / 8 % 8, i % 8, 100 + i);
    buf_add_text(&rules, "          - {when: {cost_class: travel}, length: none}\n");
    for (int i = 0; i < 20; i++)
        buf_add_text(&text, "{length} ");
    buf_add_text(&text, "We guarantee your product for {length}");
    struct text_edits edits = {
        .main = {
            "category: {app", arena_printf(arena, "category: {%sapp", name_values(arena, "c", 8)),
            "component: {comp",
            arena_printf(arena, "component: {%scomp", name_values(arena, "k", 8)),
            "condition: {new", arena_printf(arena, "condition: {%snew", name_values(arena, "n", 8)),
            "          - {when: {cost_class: travel}, length: none}\n", buf_text(&rules),
            "We guarantee your product for {length}", buf_text(&text)}};
    const struct policy *policy = text_open(&files, &edits);
    clock_t start = clock();
    assert_has(print_text(policy, NULL), "611 days");
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    print_message("%.3f s\n", seconds);
    assert_true(seconds < PAGE_SECONDS_MAX);
    read_end(&files);
    buf_free(&rules);
    buf_free(&text);
    arena_free(&arena);
}

/* The default policy with articles that have exceptions, floors by category, and a text that names
 * the value in many places. Answers the problem; NULL: none. */
static const struct policy_problem *
check_crossing(int rule_count, int floor_count, int place_count)
{
    struct arena *arena = arena_new(READ_FILE_BYTES_MAX * 4);
    struct buf rules = {0}, floors = {0}, text = {0};
    buf_add_text(&rules, "set: {claims_max: 3, per: 12 months}\n        except:\n");
    for (int i = 0; i < rule_count; i++)
        buf_printf(&rules, "          - {when: {sku: s%d}, claims_max: %d}\n", i, 4 + i % 5);
    buf_add_text(&floors, "    floors:\n");
    for (int i = 0; i < floor_count; i++)
        buf_printf(&floors,
                   "      - {id: eu_consumer_sample.f%d, parameter: warranty.limits/claims_max, "
                   "when: {category: c%d}, is: %d}\n",
                   i, i, 5 + i % 5);
    for (int i = 0; i < place_count; i++)
        buf_add_text(&text, "{claims_max} ");
    buf_add_text(&text, "{claims_max, select, unlimited {You may make");
    struct text_edits edits = {
        .main = {"category: {app",
                 arena_printf(arena, "category: {%sapp", name_values(arena, "c", floor_count)),
                 "set: {claims_max: 3, per: 12 months}\n", buf_text(&rules), "    floors:\n",
                 buf_text(&floors), "{claims_max, select, unlimited {You may make",
                 buf_text(&text)}};
    const struct policy *policy = text_open(&files, &edits);
    const struct policy_problem *found = NULL;
    (void)policy_check(files.arena, policy, false, &files.problems);
    for (size_t i = 0; i < files.problems.problem_count; i++) {
        if (strcmp(files.problems.problems[i].reason, "PAGE_TOO_LARGE") == 0)
            found = &files.problems.problems[i];
    }
    buf_free(&rules);
    buf_free(&floors);
    buf_free(&text);
    arena_free(&arena);
    return found;
}

static void
a_page_that_would_have_too_many_values_is_refused(void **state UNUSED)
{
    assert_null(check_crossing(2000, 3, 1));
    read_end(&files);
    const struct policy_problem *problem = check_crossing(2000, 60, 1);
    assert_non_null(problem);
    assert_string_equal(problem->clause_id, "warranty.limits");
    assert_int_equal(problem->severity, POLICY_ERROR);
    read_end(&files);
    assert_non_null(check_crossing(2000, 3, 20));
    read_end(&files);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floors_that_cross_have_a_row_for_both),
        cmocka_unit_test(the_page_for_all_and_that_of_a_region_show_what_the_law_lifts_for_whom),
        cmocka_unit_test(what_follows_from_a_wider_row_has_none),
        cmocka_unit_test(policies_with_one_digest_have_one_page),
        cmocka_unit_test(hundreds_of_rows_in_many_places_are_found_in_little_time),
        cmocka_unit_test(a_page_that_would_have_too_many_values_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
