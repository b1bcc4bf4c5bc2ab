/*
 * policy_page_holidays_test - the page names the public holidays that a calendar keeps
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_fixture.h"

static const char english[] =
    "Public holidays observed: New Year's Day, Good Friday, Easter Monday, Labour Day, Ascension "
    "Day, Whit Monday, Day of German Unity, Christmas Day, and Second Day of Christmas.";

static void
holidays_are_named_in_the_language_of_the_page(void **state UNUSED)
{
    struct policy_page page = {.policy = policy};
    assert_has(print_text(&page, 10000), english);
    assert_has(print_html(&page), "</dd>\n<dd>Public holidays observed: New Year");
    page.language = 1;
    assert_has(print_text(&page, 10000), "Neujahr, Karfreitag, Ostermontag, Tag der Arbeit, ");
    assert_has(print_text(&page, 10000), ", 1. Weihnachtstag und 2. Weihnachtstag.");
}

static void
what_has_ended_is_no_holiday_of_the_page(void **state UNUSED)
{
    struct policy version = *policy;
    struct policy_page page = {.policy = &version};
    const char *const once = "Reformation Day (500 years)";
    const char *const until_1994 = "Day of Repentance and Prayer";
    assert_lacks(print_text(&page, 10000), once); /* a draft has no day */
    version.version = 1;
    version.effective_from = (struct date){2018, 1, 1};
    assert_lacks(print_text(&page, 10000), once);
    version.effective_from = (struct date){2017, 12, 1};
    assert_has(print_text(&page, 10000), once);
    assert_lacks(print_text(&page, 10000), until_1994);
    version.effective_from = (struct date){1994, 1, 1};
    assert_has(print_text(&page, 10000), until_1994);
}

static void
a_dialect_reads_the_names_of_its_language_and_others_those_of_the_list(void **state UNUSED)
{
    static const struct text_edits austrian = {
        .main = {"languages: [en, de]", "languages: [en, de-AT]"},
        .german = {"language: de", "language: de-AT"}};
    static const struct text_edits french = {.main = {"languages: [en, de]", "languages: [en, fr]"},
                                             .german = {"language: de", "language: fr"}};
    struct read_fixture own;
    struct policy_page page = {.policy = text_open(&own, &austrian), .language = 1};
    assert_has(print_text(&page, 10000),
               "Feiertage, an denen geschlossen ist: Neujahr, Karfreitag, Ostermontag, ");
    read_end(&own);
    page.policy = text_open(&own, &french);
    assert_has(print_text(&page, 10000), "New Year's Day, Good Friday, Easter Monday, ");
    read_end(&own);
}

static void
a_calendar_without_holidays_says_nothing_of_them(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"    holidays: [DE]\n", "", "    holidays: [DE]\n", ""}};
    struct read_fixture own;
    struct policy_page page = {.policy = text_open(&own, &edits)};
    assert_has(print_text(&page, 80), "Customer service: Monday");
    assert_lacks(print_text(&page, 80), "Public holidays");
    read_end(&own);
}

static void
the_hours_of_every_calendar_that_a_page_speaks_of_stand_on_it(void **state UNUSED)
{
    static const struct text_edits lifted = {
        .main = {"  workshop:\n",
                 "  court:\n    time_zone: Europe/Berlin\n    week: {tue: [\"10:00-11:00\"]}\n"
                 "  workshop:\n",
                 "refund_within, is: 14 days", "refund_within, is: 2 working days of court"}};
    struct read_fixture own;
    struct policy_page page = {.policy = text_open(&own, &lifted)};
    struct policy_subject consumer = text_subject(&own, "region=eu customer_class=consumer");
    page.reader = &consumer;
    assert_has(print_text(&page, 10000), "2 working days");
    assert_has(print_text(&page, 10000), "court: Tuesday 10:00 AM to 11:00 AM");
    assert_has(print_html(&page), "<dt>court</dt>");
    consumer = text_subject(&own, "region=US");
    assert_lacks(print_text(&page, 10000), "court:"); /* for whom nothing is lifted */
    read_end(&own);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holidays_are_named_in_the_language_of_the_page),
        cmocka_unit_test(what_has_ended_is_no_holiday_of_the_page),
        cmocka_unit_test(a_dialect_reads_the_names_of_its_language_and_others_those_of_the_list),
        cmocka_unit_test(a_calendar_without_holidays_says_nothing_of_them),
        cmocka_unit_test(the_hours_of_every_calendar_that_a_page_speaks_of_stand_on_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
