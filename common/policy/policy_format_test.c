/*
 * policy_format_test - values in the reader's language: units and plurals, money, dates, fees,
 * lists, hours
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_format.h"
#include "common/policy/policy_text_fixture.h"

enum { ENGLISH, GERMAN, FRENCH };

#define NBSP "\u00a0"

static struct read_fixture files;
static const struct policy *policy;
static struct policy_formatter *formatters[3];
static struct buf out;

/* The default policy, and its German file as French once more. */
static int
set_up(void **state UNUSED)
{
    policy = text_open(
        &files,
        &(struct text_edits){.main = {"hours: office}", "address: \"A & B\", hours: office}"}});
    struct policy *writable = files.policy;
    writable->languages[writable->language_count++] = "fr";
    for (size_t i = 0; i < COUNT_OF(formatters); i++)
        formatters[i] = policy_formatter_new(policy, i);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    for (size_t i = 0; i < COUNT_OF(formatters); i++)
        policy_formatter_free(&formatters[i]);
    policy_formatter_free(&formatters[0]); /* twice is fine */
    buf_free(&out);
    read_end(&files);
    arena_deinit();
    zone_deinit();
    return 0;
}

static void
assert_printed(const char *text)
{
    assert_string_equal(buf_text(&out), text);
    buf_clear(&out);
}

/* Reads a value as a policy file writes it, and prints it. */
static void
assert_value(size_t language, enum policy_grammar grammar, bool as_html,
             enum policy_parameter parameter, const char *yaml, const char *text)
{
    struct policy_file file = read_text("value", arena_printf(files.arena, "value: %s", yaml));
    struct policy_node *node = policy_node_read(&file, POLICY_FILE_BYTES_MAX, &files.problems);
    struct policy_value value;
    if (node == NULL ||
        !policy_value_read(files.arena, policy, policy_parameter_row(parameter), node->children,
                           "test.clause", &value, &files.problems)) {
        read_print_problems(&files.problems);
        fail_msg("%s is no value", yaml);
    }
    policy_format_value(formatters[language], parameter, &value, grammar, as_html, &out);
    assert_printed(text);
}

static void
assert_span(size_t language, enum policy_grammar grammar, const char *yaml, const char *text)
{
    assert_value(language, grammar, false, POLICY_WARRANTY_PERIOD_LENGTH, yaml, text);
}

static void
spans_have_plurals_and_cases(void **state UNUSED)
{
    assert_span(ENGLISH, POLICY_NOMINATIVE, "1 year", "1 year");
    assert_span(ENGLISH, POLICY_DATIVE, "24 months", "2 years");
    assert_span(ENGLISH, POLICY_NOMINATIVE, "18 months", "18 months");
    assert_span(GERMAN, POLICY_NOMINATIVE, "2 years", "2 Jahre");
    assert_span(GERMAN, POLICY_DATIVE, "2 years", "2 Jahren");
    assert_span(GERMAN, POLICY_DATIVE, "1 month", "1 Monat");
    assert_span(GERMAN, POLICY_DATIVE, "90 days", "90 Tagen");
    assert_span(GERMAN, POLICY_NOMINATIVE, "90 days", "90 Tage");
    assert_span(FRENCH, POLICY_DATIVE, "2 years", "2 ans");
    struct policy_span both = {.months = 13, .days = 10};
    policy_format_span(formatters[GERMAN], &both, POLICY_DATIVE, &out);
    assert_printed("13 Monaten und 10 Tagen");
}

static void
working_time_is_said_in_own_words(void **state UNUSED)
{
    static const struct {
        size_t language;
        enum policy_grammar grammar;
        const char *yaml, *text;
    } spans[] = {
        {ENGLISH, POLICY_NOMINATIVE, "1 working day of office", "1 working day"},
        {ENGLISH, POLICY_NOMINATIVE, "7 working days of workshop", "7 working days"},
        {GERMAN, POLICY_DATIVE, "7 working days of workshop", "7 Arbeitstagen"},
        {GERMAN, POLICY_DATIVE, "1 working hour of office", "1 Arbeitsstunde"},
        {GERMAN, POLICY_NOMINATIVE, "8 working hours of office", "8 Arbeitsstunden"},
    };
    for (size_t i = 0; i < COUNT_OF(spans); i++)
        assert_value(spans[i].language, spans[i].grammar, false,
                     POLICY_RETURNS_REFUND_REFUND_WITHIN, spans[i].yaml, spans[i].text);
    struct policy_span minutes = {.working_minutes = 90, .calendar = "office"};
    policy_format_span(formatters[ENGLISH], &minutes, POLICY_NOMINATIVE, &out);
    assert_printed("90 working minutes");
}

static void
absences_are_words(void **state UNUSED)
{
    assert_span(ENGLISH, POLICY_NOMINATIVE, "none", "not covered");
    assert_span(GERMAN, POLICY_NOMINATIVE, "none", "nicht umfasst");
    assert_span(ENGLISH, POLICY_NOMINATIVE, "unlimited", "without limit");
    assert_value(ENGLISH, POLICY_NOMINATIVE, false, POLICY_EXTENDED_FEES_FEE, "not_offered",
                 "not offered");
    assert_value(GERMAN, POLICY_NOMINATIVE, false, POLICY_REPAIR_WARRANTY_LENGTH, "none", "keine");
}

static void
numbers_money_and_dates_are_the_languages_own(void **state UNUSED)
{
    policy_format_number(formatters[GERMAN], 1234567, &out);
    assert_printed("1.234.567");
    policy_format_percent(formatters[GERMAN], 1250, &out);
    assert_printed("12,5" NBSP "%");
    policy_format_percent(formatters[ENGLISH], 10000, &out);
    assert_printed("100%");
    policy_format_money(formatters[GERMAN], (struct money){123450, "EUR"}, &out);
    assert_printed("1.234,50" NBSP "€");
    policy_format_money(formatters[ENGLISH], (struct money){-50, "EUR"}, &out);
    assert_printed("-€0.50");
    policy_format_money(formatters[ENGLISH], (struct money){500, "JPY"}, &out);
    assert_printed("¥500");
    policy_format_money(formatters[ENGLISH], (struct money){1500, "KWD"}, &out);
    assert_printed("KWD" NBSP "1.500");
    policy_format_date(formatters[ENGLISH], (struct date){2025, 6, 30}, &out);
    assert_printed("June 30, 2025");
    policy_format_date(formatters[GERMAN], (struct date){2025, 6, 30}, &out);
    assert_printed("30. Juni 2025");
}

/* 64 days apart, which is how many dates a formatter keeps. */
static void
dates_that_come_again_are_the_same_and_no_others(void **state UNUSED)
{
    for (int i = 0; i < 3; i++) {
        for (int again = 0; again < 2; again++) {
            policy_format_date(formatters[ENGLISH], (struct date){2025, 6, 30}, &out);
            assert_printed("June 30, 2025");
        }
        policy_format_date(formatters[ENGLISH], (struct date){2025, 9, 2}, &out);
        assert_printed("September 2, 2025");
        policy_format_date(formatters[GERMAN], (struct date){2025, 9, 2}, &out);
        assert_printed("2. September 2025");
    }
}

static void
many_currencies_take_turns(void **state UNUSED)
{
    static const char *const codes[] = {"EUR", "USD", "GBP", "CHF", "SEK",
                                        "NOK", "PLN", "CZK", "HUF", "EUR"};
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        struct money money = {.minor = 100};
        memcpy(money.currency_code, codes[i], 4);
        policy_format_money(formatters[ENGLISH], money, &out);
        assert_non_null(strstr(buf_text(&out), "1.00"));
        buf_clear(&out);
    }
}

static void
a_moment_is_told_by_the_clock_of_its_zone(void **state UNUSED)
{
    policy_format_time(formatters[GERMAN], 1750000000, zone_find("Europe/Berlin"), &out);
    assert_printed("15. Juni 2025 um 17:06 MESZ");
    policy_format_time(formatters[GERMAN], 1750000000, zone_find("Asia/Kolkata"), &out);
    assert_printed("15. Juni 2025 um 20:36 GMT+5:30");
}

static void
fees_name_their_terms(void **state UNUSED)
{
    static const enum policy_parameter fee = POLICY_NETWORK_ONSITE_FEE;
    assert_value(ENGLISH, POLICY_NOMINATIVE, false, fee, "free", "free of charge");
    assert_value(ENGLISH, POLICY_NOMINATIVE, false, fee, "49.00 EUR per visit + 0.80 EUR per km",
                 "€49.00 per visit plus €0.80 per kilometre");
    assert_value(GERMAN, POLICY_NOMINATIVE, false, fee,
                 "9 % of price_paid min 15.00 EUR max 60.00 EUR",
                 "9" NBSP "% des Kaufpreises, mindestens 15,00" NBSP "€, höchstens 60,00" NBSP "€");
    assert_value(ENGLISH, POLICY_NOMINATIVE, false, fee, "list parts.price_list",
                 "by the price list for spare parts");
    static const char *const units[] = {"day",         "hour",  "kg",      "km",
                                        "participant", "piece", "session", "visit"};
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        char yaml[64];
        (void)snprintf(yaml, sizeof yaml, "1.00 EUR per %s", units[i]);
        for (size_t language = 0; language < 2; language++) {
            struct policy_value value;
            assert_true(policy_fee_parse(files.arena, yaml, &value, NULL));
            value.kind = POLICY_FEE;
            policy_format_value(formatters[language], fee, &value, POLICY_NOMINATIVE, false, &out);
            assert_non_null(strstr(buf_text(&out), language == 0 ? " per " : " je "));
            buf_clear(&out);
        }
    }
}

static void
codes_are_joined_as_the_language_does(void **state UNUSED)
{
    assert_value(ENGLISH, POLICY_NOMINATIVE, false, POLICY_SUPPORT_CHANNELS_CHANNELS,
                 "[phone, chat, email]", "telephone, chat, and e-mail");
    assert_value(ENGLISH, POLICY_ALTERNATIVE, false, POLICY_SUPPORT_CHANNELS_CHANNELS,
                 "[phone, chat]", "telephone or chat");
    assert_value(GERMAN, POLICY_ALTERNATIVE, false, POLICY_SUPPORT_CHANNELS_CHANNELS,
                 "[phone, chat, email]", "Telefon, Chat oder E-Mail");
    assert_value(GERMAN, POLICY_NOMINATIVE, false, POLICY_RETURNS_REFUND_SHIPPING_PAID_BY,
                 "customer", "Sie");
    assert_value(ENGLISH, POLICY_NOMINATIVE, false, POLICY_WARRANTY_TRANSFER_TRANSFERABLE, "no",
                 "no");
    struct policy_codes none = {NULL, 0};
    policy_format_codes(formatters[ENGLISH], "cause", &none, &out);
    assert_printed("");
}

static void
anchors_say_what_counts_when_the_first_is_not_known(void **state UNUSED)
{
    assert_value(ENGLISH, POLICY_NOMINATIVE, false, POLICY_WARRANTY_PERIOD_STARTS, "[delivered]",
                 "delivered");
    assert_value(ENGLISH, POLICY_NOMINATIVE, false, POLICY_WARRANTY_PERIOD_STARTS,
                 "[delivered, purchased, manufactured + 90 days]",
                 "delivered (if that day is not known: purchased, then manufactured plus 90 days)");
    assert_value(GERMAN, POLICY_NOMINATIVE, false, POLICY_WARRANTY_PERIOD_STARTS,
                 "[delivered, manufactured + 90 days]",
                 "der Lieferung (falls dieser Tag nicht bekannt ist: der Herstellung zuzüglich 90 "
                 "Tagen)");
}

static void
hours_group_days_that_are_alike(void **state UNUSED)
{
    policy_format_hours(formatters[ENGLISH], policy_find_calendar(policy, "office"), &out);
    assert_printed("Monday to Friday 9:00" NBSP "AM to 6:00" NBSP "PM (Central European Time)");
    policy_format_hours(formatters[GERMAN], policy_find_calendar(policy, "workshop"), &out);
    assert_printed("Montag bis Donnerstag 07:30 bis 12:00 Uhr und 12:30 bis 16:30 Uhr, Freitag "
                   "07:30 bis 12:00 Uhr (Mitteleuropäische Zeit)");
    assert_value(GERMAN, POLICY_NOMINATIVE, false, POLICY_SUPPORT_HOURS_HOURS, "office",
                 "Montag bis Freitag 09:00 bis 18:00 Uhr (Mitteleuropäische Zeit)");
    struct calendar_source source = {.name = "always", .time_zone = "Europe/Berlin"};
    for (int day = 0; day < 7; day++)
        source.week[day] = (struct calendar_hours){{{0, 1440}}, 1};
    struct calendar *calendar;
    struct fault fault;
    assert_int_equal(calendar_new(files.arena, &source, &calendar, &fault), OK);
    policy_format_hours(formatters[ENGLISH], calendar, &out);
    assert_printed("Monday to Sunday all day (Central European Time)");
    struct calendar_source longer = {.name = "longer", .time_zone = "Europe/Berlin"};
    longer.week[0] = (struct calendar_hours){{{540, 1020}}, 1};
    longer.week[1] = (struct calendar_hours){{{540, 1080}}, 1};
    longer.week[2] = (struct calendar_hours){{{600, 1080}}, 1};
    assert_int_equal(calendar_new(files.arena, &longer, &calendar, &fault), OK);
    policy_format_hours(formatters[GERMAN], calendar, &out);
    assert_printed("Montag 09:00 bis 17:00 Uhr, Dienstag 09:00 bis 18:00 Uhr, Mittwoch 10:00 bis "
                   "18:00 Uhr (Mitteleuropäische Zeit)");
}

static void
hours_that_begin_at_midnight_are_not_all_day(void **state UNUSED)
{
    struct calendar_source source = {.name = "night", .time_zone = "Europe/Berlin"};
    source.week[0] = (struct calendar_hours){{{0, 360}}, 1};
    struct calendar *calendar;
    struct fault fault;
    assert_int_equal(calendar_new(files.arena, &source, &calendar, &fault), OK);
    policy_format_hours(formatters[GERMAN], calendar, &out);
    assert_printed("Montag 00:00 bis 06:00 Uhr (Mitteleuropäische Zeit)");
}

static void
hours_that_end_at_midnight_do_not_end_where_the_day_began(void **state UNUSED)
{
    struct calendar_source source = {.name = "evening", .time_zone = "Europe/Berlin"};
    source.week[0] = (struct calendar_hours){{{1080, 1440}}, 1};
    struct calendar *calendar;
    struct fault fault;
    assert_int_equal(calendar_new(files.arena, &source, &calendar, &fault), OK);
    policy_format_hours(formatters[GERMAN], calendar, &out);
    assert_printed("Montag 18:00 bis 24:00 Uhr (Mitteleuropäische Zeit)");
    policy_format_hours(formatters[ENGLISH], calendar, &out);
    assert_printed("Monday 6:00" NBSP "PM to midnight (Central European Time)");
}

static void
documents_have_conditions_in_words(void **state UNUSED)
{
    static const enum policy_parameter documents = POLICY_WARRANTY_PROCESS_DOCUMENTS;
    assert_value(ENGLISH, POLICY_NOMINATIVE, false, documents,
                 "[{document: proof_of_purchase, unless: {delivered: known}, instead: "
                 "[delivery_note]}, {document: fault_photo, when: {cause: [material_defect, "
                 "workmanship_defect]}}]",
                 "your proof of purchase (or instead: the delivery note), unless we know the day "
                 "of delivery; a photo of the fault, if the material is faulty or if the "
                 "workmanship is faulty");
    static const char *const others[] = {"{opened: yes}",    "{delivered: unknown}",
                                         "{csat: \">= 2\"}", "{channel: shop}",
                                         "{opened: no}",     "{channel: distance, opened: yes}"};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_value(ENGLISH, POLICY_NOMINATIVE, false, documents,
                     arena_printf(files.arena, "[{document: fault_photo, when: %s}]", others[i]),
                     "a photo of the fault, if we ask for it");
    assert_value(
        ENGLISH, POLICY_NOMINATIVE, false, documents,
        "[{document: fault_photo, when: {channel: distance, cause: material_defect}}]",
        "a photo of the fault, if you bought online or by telephone and if the material is "
        "faulty");
}

static void
lists_are_elements_in_html(void **state UNUSED)
{
    assert_value(ENGLISH, POLICY_NOMINATIVE, true, POLICY_COMPLAINTS_ESCALATION_LADDER,
                 "[{to: head_of_service, on: [overdue, unsatisfied], answer_within: 2 working days "
                 "of office}]",
                 "<li>the head of service (if we are late or if you are not satisfied; answer "
                 "within 2 working days)</li>");
    struct policy_subject anyone = {0};
    struct policy_reading tests =
        policy_read_value(files.arena, policy, POLICY_SURVEY_FEEDBACK_LOW_SCORE, &anyone);
    policy_format_value(formatters[ENGLISH], POLICY_SURVEY_FEEDBACK_LOW_SCORE, &tests.value,
                        POLICY_NOMINATIVE, true, &out);
    assert_printed("<li id=\"survey.feedback.nps\">you would not recommend us</li>"
                   "<li id=\"survey.feedback.csat\">you rate us 1 or 2</li>");
    policy_format_value(formatters[GERMAN], POLICY_SURVEY_FEEDBACK_LOW_SCORE, &tests.value,
                        POLICY_ALTERNATIVE, false, &out);
    assert_printed("Sie uns nicht empfehlen würden oder Sie uns mit 1 oder 2 bewerten");
    assert_true(policy_format_is_list(&tests.value));
}

static void
contacts_are_links_in_html_and_escaped(void **state UNUSED)
{
    assert_value(ENGLISH, POLICY_NOMINATIVE, true, POLICY_GENERAL_CONTACT_CONTACT, "service",
                 "telephone <a href=\"tel:+49300000000\">+49 30 0000000</a>, e-mail <a "
                 "href=\"mailto:service@example.com\">service@example.com</a>, <a "
                 "href=\"https://example.com/service\">https://example.com/service</a>, A &amp; B, "
                 "reachable Monday to Friday 9:00" NBSP "AM to 6:00" NBSP
                 "PM (Central European Time)");
    struct policy_value gone = {.kind = POLICY_CONTACT, .code = "gone"};
    policy_format_value(formatters[ENGLISH], POLICY_GENERAL_CONTACT_CONTACT, &gone,
                        POLICY_NOMINATIVE, false, &out);
    assert_printed("gone");
    gone = (struct policy_value){.kind = POLICY_CALENDAR, .code = "gone"};
    policy_format_value(formatters[ENGLISH], POLICY_SUPPORT_HOURS_HOURS, &gone, POLICY_NOMINATIVE,
                        true, &out);
    assert_printed("gone");
}

static void
registers_link_to_their_page_and_say_of_which_day(void **state UNUSED)
{
    static const struct policy_register_link links[] = {
        {"network.centres", "", {0, 0, 0}},
        {"parts.price_list", "https://example.com/p?a=1&b=2", {2025, 6, 30}}};
    assert_value(ENGLISH, POLICY_NOMINATIVE, true, POLICY_PARTS_PRICING_PRICE_LIST,
                 "parts.price_list", "price list for spare parts (on request)");
    policy_formatter_link(formatters[ENGLISH], links, COUNT_OF(links));
    assert_value(ENGLISH, POLICY_NOMINATIVE, true, POLICY_PARTS_PRICING_PRICE_LIST,
                 "parts.price_list",
                 "<a href=\"https://example.com/p?a=1&amp;b=2\">price list for spare parts</a> (as "
                 "of June 30, 2025)");
    assert_value(ENGLISH, POLICY_NOMINATIVE, false, POLICY_PARTS_PRICING_PRICE_LIST,
                 "parts.price_list",
                 "price list for spare parts, https://example.com/p?a=1&b=2 (as of June 30, 2025)");
    assert_value(ENGLISH, POLICY_NOMINATIVE, true, POLICY_NETWORK_CENTRES_CENTRES,
                 "network.centres", "list of service centres (on request)");
    policy_formatter_link(formatters[ENGLISH], NULL, 0);
}

static void
texts_are_looked_up_by_their_key(void **state UNUSED)
{
    struct policy_value text = {.kind = POLICY_TEXT, .text = "survey.feedback.csat"};
    policy_format_value(formatters[ENGLISH], POLICY_SURVEY_FEEDBACK_OWNER, &text, POLICY_NOMINATIVE,
                        false, &out);
    assert_printed("you rate us 1 or 2");
    text.text = "a < b";
    policy_format_value(formatters[ENGLISH], POLICY_SURVEY_FEEDBACK_OWNER, &text, POLICY_NOMINATIVE,
                        true, &out);
    assert_printed("a &lt; b");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_have_plurals_and_cases),
        cmocka_unit_test(working_time_is_said_in_own_words),
        cmocka_unit_test(absences_are_words),
        cmocka_unit_test(numbers_money_and_dates_are_the_languages_own),
        cmocka_unit_test(dates_that_come_again_are_the_same_and_no_others),
        cmocka_unit_test(many_currencies_take_turns),
        cmocka_unit_test(a_moment_is_told_by_the_clock_of_its_zone),
        cmocka_unit_test(fees_name_their_terms),
        cmocka_unit_test(codes_are_joined_as_the_language_does),
        cmocka_unit_test(anchors_say_what_counts_when_the_first_is_not_known),
        cmocka_unit_test(hours_group_days_that_are_alike),
        cmocka_unit_test(hours_that_begin_at_midnight_are_not_all_day),
        cmocka_unit_test(hours_that_end_at_midnight_do_not_end_where_the_day_began),
        cmocka_unit_test(documents_have_conditions_in_words),
        cmocka_unit_test(lists_are_elements_in_html),
        cmocka_unit_test(contacts_are_links_in_html_and_escaped),
        cmocka_unit_test(registers_link_to_their_page_and_say_of_which_day),
        cmocka_unit_test(texts_are_looked_up_by_their_key),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
