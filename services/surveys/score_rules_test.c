/*
 * score_rules_test - scores by hand: what is counted, what is not, and how sure it is
 *
 * The bounds of shares are those that R. G. Newcombe gives for Wilson's interval (method 3) in
 * "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998).
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "score_rules.h"

static void
nps_is_promoters_less_detractors(void **state UNUSED)
{
    const struct score_answers answers = {.nps = {[10] = 3, [9] = 2, [8] = 3, [7] = 1, [6] = 1}};
    struct score score = score_nps(&answers);
    assert_int_equal(score.n, 10);
    assert_int_equal(score.value, 400); /* 5 - 1 of 10 */
    assert_true(score.has_bounds);
    assert_int_equal(score.lower, -11); /* 0.4 -+ 1.96 sqrt((0.6 - 0.16) / 10) */
    assert_int_equal(score.upper, 811);
}

static void
nps_of_detractors_alone_is_the_least_there_is(void **state UNUSED)
{
    const struct score_answers answers = {.nps = {[0] = 4, [6] = 3}};
    struct score score = score_nps(&answers);
    assert_int_equal(score.value, -1000);
    assert_int_equal(score.lower, -1000);
    assert_int_equal(score.upper, -1000);
}

static void
seven_and_eight_count_as_answers_only(void **state UNUSED)
{
    const struct score_answers answers = {.nps = {[7] = 1, [8] = 1}};
    struct score score = score_nps(&answers);
    assert_int_equal(score.n, 2);
    assert_int_equal(score.value, 0);
}

static void
csat_is_the_share_of_four_and_five(void **state UNUSED)
{
    const struct score_answers answers = {.csat = {[5] = 50, [4] = 31, [3] = 100, [1] = 82}};
    struct score score = score_csat(&answers);
    assert_int_equal(score.n, 263);
    assert_int_equal(score.value, 308);
    assert_int_equal(score.lower, 255);
    assert_int_equal(score.upper, 366);
}

static void
a_share_of_nothing_still_says_how_much_it_may_be(void **state UNUSED)
{
    const struct score_answers answers = {.csat = {[1] = 20}};
    struct score score = score_csat(&answers);
    assert_int_equal(score.value, 0);
    assert_int_equal(score.lower, 0);
    assert_int_equal(score.upper, 161);
}

static void
ces_is_a_mean_and_a_share(void **state UNUSED)
{
    const struct score_answers answers = {.ces = {[7] = 1, [5] = 1, [4] = 1, [2] = 1}};
    struct score mean = score_ces(&answers);
    assert_int_equal(mean.value, 4500);
    assert_int_equal(mean.lower, 2460); /* 4.5 -+ 1.96 * 2.0817 / 2 */
    assert_int_equal(mean.upper, 6540);
    assert_int_equal(score_ces_easy(&answers).value, 500);
}

static void
one_answer_has_no_spread_but_a_share_has_bounds(void **state UNUSED)
{
    const struct score_answers answers = {.nps = {[10] = 1}, .csat = {[5] = 1}, .ces = {[7] = 1}};
    assert_int_equal(score_nps(&answers).value, 1000);
    assert_false(score_nps(&answers).has_bounds);
    assert_int_equal(score_ces(&answers).value, 7000);
    assert_false(score_ces(&answers).has_bounds);
    assert_true(score_csat(&answers).has_bounds);
}

static void
nobody_answered_says_nothing(void **state UNUSED)
{
    const struct score_answers answers = {0};
    assert_int_equal(score_nps(&answers).n, 0);
    assert_int_equal(score_csat(&answers).n, 0);
    assert_int_equal(score_ces(&answers).n, 0);
    assert_int_equal(score_ces_easy(&answers).n, 0);
    assert_false(score_csat(&answers).has_bounds);
}

static void
who_dismissed_is_in_no_denominator(void **state UNUSED)
{
    assert_int_equal(score_response_rate(10, 2, 4), 500);
    assert_int_equal(score_response_rate(3, 0, 2), 667);
    assert_int_equal(score_response_rate(2, 2, 0), 0);
    assert_int_equal(score_response_rate(0, 0, 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nps_is_promoters_less_detractors),
        cmocka_unit_test(nps_of_detractors_alone_is_the_least_there_is),
        cmocka_unit_test(seven_and_eight_count_as_answers_only),
        cmocka_unit_test(csat_is_the_share_of_four_and_five),
        cmocka_unit_test(a_share_of_nothing_still_says_how_much_it_may_be),
        cmocka_unit_test(ces_is_a_mean_and_a_share),
        cmocka_unit_test(one_answer_has_no_spread_but_a_share_has_bounds),
        cmocka_unit_test(nobody_answered_says_nothing),
        cmocka_unit_test(who_dismissed_is_in_no_denominator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
