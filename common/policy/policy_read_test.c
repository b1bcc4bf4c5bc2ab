/*
 * policy_read_test - what stands in the files stands in the policy
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check.h"
#include "common/policy/policy_read_fixture.h"

static void
the_head_is_read(void **state)
{
    const struct policy *policy = read_whole(*state);
    assert_string_equal(policy->name, "whole");
    assert_int_equal(policy->version, 3);
    assert_int_equal(date_compare(policy->effective_from, (struct date){2026, 2, 1}), 0);
    assert_int_equal(date_compare(policy->also_for_sold_since, (struct date){2025, 6, 15}), 0);
    assert_int_equal(policy->language_count, 2);
    assert_string_equal(policy->languages[1], "de");
    assert_string_equal(policy->title.texts[0], "Our whole policy: for you");
    assert_string_equal(policy->title.texts[1], "Alles f\xc3\xbcr Sie");
    assert_string_equal(zone_name(policy->zone), "Europe/Berlin");
    assert_string_equal(policy->currency_code, "EUR");
    assert_string_equal(policy->branding.company, "Example Ltd");
    assert_string_equal(policy->branding.logo_url, "/logo.svg");
    assert_string_equal(policy->branding.imprint_url, "https://example.com/imprint");
    struct policy_subject subject = {.values = {0}};
    assert_string_equal(zone_name(policy_zone(policy, &subject)), "Europe/Berlin");
    assert_true(policy_subject_set(&policy->axes, &subject, POLICY_AXIS_REGION, "US"));
    assert_string_equal(zone_name(policy_zone(policy, &subject)), "America/New_York");
}

static void
axes_and_codes_are_read(void **state)
{
    const struct policy *policy = read_whole(*state);
    const struct policy_axes *axes = &policy->axes;
    int ovens = policy_axes_find(axes, POLICY_AXIS_CATEGORY, "ovens");
    int appliances = policy_axes_find(axes, POLICY_AXIS_CATEGORY, "appliances");
    assert_true(ovens > 0 && appliances > 0);
    assert_true(policy_axes_contains(axes, appliances, ovens));
    assert_false(policy_axes_contains(axes, ovens, appliances));
    assert_int_equal(axes->values[ovens].depth, 2);
    assert_true(policy_axes_find(axes, POLICY_AXIS_SKU, "OV-7/b") > 0);
    assert_int_equal(policy_axes_find(axes, POLICY_AXIS_SKU, "OV-8"), 0);
    assert_true(policy_axes_find(axes, POLICY_AXIS_COST_CLASS, "travel") > 0);
    assert_true(policy_axes_find(axes, POLICY_AXIS_PART_CLASS, "cosmetic") > 0);
    assert_int_equal(axes->end[POLICY_AXIS_SKU] - axes->first[POLICY_AXIS_SKU], 1);
    assert_true(policy_has_code(policy, "cause", "wear"));
    assert_true(policy_has_code(policy, "cause", "unknown"));
    assert_false(policy_has_code(policy, "cause", "magic"));
    struct arena *arena = arena_new(65536);
    assert_non_null(strstr(policy_print_codes(arena, policy, "cause"), "wear, "));
    assert_string_equal(policy_print_codes(arena, policy, "weather"), "");
    arena_free(&arena);
}

static void
calendars_and_contacts_are_read(void **state)
{
    const struct policy *policy = read_whole(*state);
    const struct calendar *office = policy_find_calendar(policy, "office");
    assert_non_null(office);
    assert_string_equal(calendar_label(office), "office@3");
    assert_string_equal(zone_name(calendar_zone(office)), "Europe/Berlin");
    const struct calendar_hours *week = calendar_week(office);
    assert_int_equal(week[0].interval_count, 2);
    assert_int_equal(week[0].intervals[1].start_minute, 13 * 60);
    assert_int_equal(week[4].interval_count, 1);
    assert_int_equal(week[4].intervals[0].end_minute, 13 * 60);
    assert_int_equal(week[5].interval_count, 0);
    assert_string_equal(calendar_day(office, (struct date){2026, 12, 24}).name, "Christmas Eve");
    assert_string_equal(calendar_day(office, (struct date){2026, 12, 28}).name, "Stocktaking");
    assert_string_equal(calendar_day(office, (struct date){2026, 4, 3}).name, "Good Friday");
    assert_true(calendar_is_working_day(office, (struct date){2026, 12, 24}));
    assert_false(calendar_is_working_day(office, (struct date){2026, 4, 3}));
    assert_string_equal(zone_name(calendar_zone(policy_find_calendar(policy, "always"))), "UTC");
    const struct policy_contact *contact = policy_find_contact(policy, "service");
    assert_string_equal(contact->email, "service@example.com");
    assert_string_equal(contact->calendar, "office");
    assert_string_equal(policy_find_contact(policy, "post")->phone, "");
    assert_null(policy_find_contact(policy, "nobody"));
}

/* The rule for a parameter's subject with one axis set, or for nobody in particular. */
static const struct policy_rule *
rule_for(const struct policy *policy, enum policy_parameter parameter, enum policy_axis axis,
         const char *code)
{
    struct policy_subject subject = {.values = {0}};
    if (code != NULL)
        assert_true(policy_subject_set(&policy->axes, &subject, axis, code));
    const struct policy_rule *rule = policy_find_rule(policy, parameter, &subject);
    assert_non_null(rule);
    return rule;
}

static void
clauses_and_rules_are_read(void **state)
{
    struct read_fixture *fixture = *state;
    const struct policy *policy = read_whole(fixture);
    assert_int_equal(policy->section_count, 5);
    assert_string_equal(policy->sections[1].id, "warranty");
    assert_int_equal(policy->sections[1].number, 1);
    assert_int_equal(policy->sections[1].clause_count, 5);
    const struct policy_clause *clause = policy_find_clause(policy, "warranty.period");
    assert_ptr_equal(clause->section, &policy->sections[1]);
    assert_int_equal(clause->place.line, 72);
    assert_false(clause->is_internal);
    assert_true(policy_find_clause(policy, "general.privacy")->is_internal);
    const struct policy_rule *rule =
        rule_for(policy, POLICY_WARRANTY_PERIOD_LENGTH, POLICY_AXIS_CATEGORY, "ovens");
    assert_string_equal(rule->id, "warranty.period[category=ovens]");
    assert_string_equal(rule->when_text, "category=ovens");
    assert_int_equal(rule->value.span.months, 24);
    assert_int_equal(rule->place.line, 78);
    assert_ptr_equal(rule->clause, clause);
    rule = rule_for(policy, POLICY_WARRANTY_PERIOD_LENGTH, POLICY_AXIS_CATEGORY, "lamps");
    assert_string_equal(rule->id, "warranty.period");
    assert_int_equal(rule->value.span.months, 12);
    rule = rule_for(policy, POLICY_WARRANTY_PERIOD_LENGTH, POLICY_AXIS_SKU, "OV-7/b");
    assert_int_equal(rule->value.span.months, 36);
    rule = rule_for(policy, POLICY_WARRANTY_EXCLUSIONS_TESTS, POLICY_AXIS_REGION, "DE");
    assert_int_equal(rule->value.tests.count, 2);
    assert_string_equal(rule->value.tests.items[0].id, "warranty.exclusions.misuse");
    rule = rule_for(policy, POLICY_WARRANTY_EXCLUSIONS_TESTS, POLICY_AXIS_REGION, "US");
    assert_int_equal(rule->value.tests.count, 1);
}

static void
texts_are_read_in_every_language(void **state)
{
    const struct policy *policy = read_whole(*state);
    const struct policy_clause *clause = policy_find_clause(policy, "warranty.coverage");
    assert_string_equal(clause->text.texts[0], "It covers {causes}.");
    assert_string_equal(clause->text.texts[1], "Sie umfasst {causes}.");
    assert_string_equal(clause->text.places[1].file, "tests/policies/whole.de.yaml");
    assert_int_equal(clause->text.places[1].line, 13);
    assert_string_equal(policy->sections[1].title.texts[1], "Garantie");
    assert_string_equal(policy_find_text(policy, "warranty.process/report")->texts[0],
                        "tell us, please");
    assert_string_equal(policy_find_text(policy, "warranty.exclusions.late")->texts[1],
                        "was Sie sp\xc3\xa4t melden");
    assert_string_equal(policy_label(policy, "cause", "material_defect", 1), "Materialfehler");
    assert_string_equal(policy_label(policy, "document", "proof_of_purchase", 0),
                        "proof of purchase");
    assert_string_equal(policy_label(policy, "category", "ovens", 1), "\xc3\x96"
                                                                      "fen");
}

static void
a_title_that_is_not_translated_stays_with_a_warning(void **state)
{
    struct read_fixture *fixture = *state;
    const struct policy *policy = read_whole(fixture);
    const struct policy_text *title = &policy->sections[3].title;
    assert_string_equal(title->texts[1], "Support");
    assert_int_equal(title->places[1].line, title->places[0].line);
    assert_string_equal(title->places[1].file, "tests/policies/whole.yaml");
    assert_int_equal(fixture->problems.error_count, 0);
    assert_int_equal(fixture->problems.warning_count, 1);
    assert_string_equal(fixture->problems.problems[0].reason, "TEXT_MISSING");
    assert_string_equal(fixture->problems.problems[0].clause_id, "support");
}

static void
statutory_packs_are_read(void **state)
{
    const struct policy *policy = read_whole(*state);
    assert_int_equal(policy->pack_count, 1);
    const struct policy_pack *pack = &policy->packs[0];
    assert_string_equal(pack->label, "sample@2");
    assert_true(pack->is_sample);
    assert_string_equal(pack->notice.texts[1], "Ein Muster.");
    assert_string_equal(pack->source.texts[0], "a law");
    assert_string_equal(pack->source.texts[1], "ein Gesetz");
    assert_int_equal(pack->right_count, 2);
    const struct policy_right *right = &pack->rights[0];
    assert_int_equal(right->kind, POLICY_RIGHT_WARRANTY);
    assert_int_equal(right->length.months, 24);
    assert_int_equal(right->presumed_for.months, 12);
    assert_int_equal(right->start_count, 2);
    assert_string_equal(right->covers.codes[1], "labour");
    assert_string_equal(right->causes.codes[0], "material_defect");
    assert_string_equal(right->excludes.codes[0], "warranty.exclusions.misuse");
    assert_string_equal(right->remedies.codes[1], "replace");
    assert_int_equal(right->on_replacement, ENTITLEMENT_RESTART);
    assert_true(right->pauses_in_repair);
    assert_int_equal(pack->rights[1].kind, POLICY_RIGHT_RETURN);
    assert_string_equal(pack->rights[1].reasons.codes[0], "change_of_mind");
}

static void
what_a_floor_holds_for_lies_within_its_pack(void **state)
{
    struct read_fixture *fixture = *state;
    const struct policy *policy = read_whole(fixture);
    const struct policy_pack *pack = &policy->packs[0];
    assert_int_equal(pack->floor_count, 2);
    assert_int_equal(pack->floors[0].parameter, POLICY_RETURNS_REFUND_REFUND_WITHIN);
    assert_int_equal(pack->floors[0].value.span.days, 10);
    assert_true(policy_when_equals(&pack->floors[0].when, &pack->applies));
    assert_string_equal(policy_when_print(fixture->arena, &policy->axes, &pack->floors[1].when),
                        "region=DE,customer_class=consumer,reason=our_fault");
    assert_string_equal(policy_when_print(fixture->arena, &policy->axes, &pack->rights[1].when),
                        "region=eu,customer_class=consumer,channel=distance");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, read_set_up, read_tear_down)

static void
of_two_labels_for_a_code_the_second_is_refused(void **state)
{
    struct read_fixture *fixture = *state;
    assert_null(read_main_text(
        fixture, "format: 1\npolicy: small\ntitle: S\nlanguages: [en]\ntime_zone: UTC\n"
                 "currency: EUR\nlabels:\n  cause: {unknown: unknown}\n  cause.unknown: not known\n"
                 "sections: []\n"));
    assert_int_equal(fixture->problems.error_count, 1);
    assert_string_equal(fixture->problems.problems[0].reason, "LABEL_TWICE");
    assert_int_equal(fixture->problems.problems[0].line, 9);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_head_is_read),
        TEST(axes_and_codes_are_read),
        TEST(calendars_and_contacts_are_read),
        TEST(clauses_and_rules_are_read),
        TEST(texts_are_read_in_every_language),
        TEST(a_title_that_is_not_translated_stays_with_a_warning),
        TEST(statutory_packs_are_read),
        TEST(what_a_floor_holds_for_lies_within_its_pack),
        TEST(of_two_labels_for_a_code_the_second_is_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    date_deinit();
    arena_deinit();
    return failed;
}
