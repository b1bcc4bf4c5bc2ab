/*
 * policy_decide_returns_rights_test - several rights to send something back, side by side
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_returns_fixture.h"

#define SECOND(LENGTH, MORE)                                                                       \
    "      - clause: eu_consumer_sample.second\n        right: return\n"                           \
    "        text: \"{length, dative} {starts}\"\n        reasons: [change_of_mind]\n"             \
    "        length: " LENGTH "\n        starts: [delivered]\n" MORE FLOORS
#define GERMAN                                                                                     \
    "  eu_consumer_sample.withdrawal:",                                                            \
        "  eu_consumer_sample.second: \"{length, dative} {starts}\"\n"                             \
        "  eu_consumer_sample.withdrawal:"

static void
the_right_that_is_open_for_longest_decides(void **state UNUSED)
{
    static const struct text_edits longer = {.main = {FLOORS, SECOND("60 days", "")},
                                             .german = {GERMAN}};
    static const struct text_edits shorter = {.main = {FLOORS, SECOND("10 days", "")},
                                              .german = {GERMAN}};
    edit_open(&longer);
    edit_decide(RETURN("2026-05-10", ONLINE PRICE CHANGED WORN));
    edit_assert_outcome(GRANTED, "eu_consumer_sample.second", "RETURNABLE_BY_LAW");
    edit_assert_last_date("2026-07-03");
    edit_open(&shorter);
    edit_decide(RETURN("2026-05-10", ONLINE PRICE CHANGED WORN));
    edit_assert_outcome(GRANTED, "eu_consumer_sample.withdrawal", "RETURNABLE_BY_LAW");
    edit_assert_last_date("2026-05-18");
}

static void
the_customer_has_the_remedies_of_all_rights(void **state UNUSED)
{
    static const struct text_edits exchange = {
        .main = {FLOORS, SECOND("60 days", "        remedies: [repair, replace]\n")},
        .german = {GERMAN}};
    edit_open(&exchange);
    edit_decide(RETURN("2026-05-10", ONLINE PRICE CHANGED WORN));
    edit_assert_outcome(GRANTED, "eu_consumer_sample.withdrawal", "RETURNABLE_BY_LAW");
    edit_assert_last_date("2026-05-18");
    edit_assert_remedies("refund repair replace");
    edit_decide(RETURN("2026-05-19", ONLINE PRICE CHANGED WORN));
    edit_assert_outcome(GRANTED, "eu_consumer_sample.second", "RETURNABLE_BY_LAW");
    edit_assert_last_date("2026-07-03");
    edit_assert_remedies("repair replace");
}

#define LARGE "  category: large_appliances\n" PRICE CHANGED

/* The company gives the money back for 7 days, the law for 14. */
static void
where_the_law_gives_longer_it_is_cited_with_its_day(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(RETURN("2026-05-08", LARGE "  channel: online\n"));
    edit_assert_outcome(GRANTED, "eu_consumer_sample.withdrawal", "RETURNABLE_BY_LAW");
    edit_assert_last_date("2026-05-18");
    edit_assert_remedies("refund replace");
    edit_assert_says(ENGLISH, "By law you may return the product: please tell us by May 18, 2026");
    edit_decide(RETURN("2026-05-08", LARGE "  channel: shop\n"));
    edit_assert_outcome(GRANTED, "returns.window", "RETURNABLE");
    edit_assert_last_date("2026-05-11");
}

/* The right counts from another event than the window. */
static void
where_the_window_lacks_its_day_too_that_of_the_window_is_asked_for(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"        starts: [delivered]\n" FLOORS, "        starts: [installed]\n" FLOORS}};
    edit_open(&edits);
    edit_decide(UNDATED("2026-05-10", ONLINE PRICE CHANGED WORN));
    edit_assert_outcome(UNDETERMINED, "returns.window", "PROOF_MISSING");
    edit_assert_needed("delivered", "returns.window");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_that_is_open_for_longest_decides),
        cmocka_unit_test(the_customer_has_the_remedies_of_all_rights),
        cmocka_unit_test(where_the_law_gives_longer_it_is_cited_with_its_day),
        cmocka_unit_test(where_the_window_lacks_its_day_too_that_of_the_window_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, edit_teardown);
}
