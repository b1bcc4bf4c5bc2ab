/*
 * policy_read_test - what stands in the files stands in the policy
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check.h"
#include "common/policy/policy_read_fixture.h"

static int
start(void **state)
{
    static struct read_fixture fixture;
    read_start(&fixture);
    *state = &fixture;
    return 0;
}

static int
end(void **state)
{
    read_end(*state);
    return 0;
}

/* ---- the whole policy ---- */

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
    assert_string_equal(policy->sections[3].title.texts[1], "Support");
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

/* ---- which files ---- */

static void
a_file_says_which_others_it_wants(void **state)
{
    struct read_fixture *fixture = *state;
    struct policy_wants wants;
    const struct policy *policy = read_whole(fixture);
    assert_true(
        policy_read_wants(fixture->arena, &fixture->sources.main, &wants, &fixture->problems));
    assert_int_equal(wants.language_count, 1);
    assert_string_equal(wants.languages[0], "de");
    assert_int_equal(wants.holiday_code_count, 1);
    assert_string_equal(wants.holiday_codes[0], "DE");
    struct buf out = {0};
    policy_canon_write(policy, &out);
    struct policy_file publication = {"p.json", out.bytes, out.size_bytes};
    assert_true(policy_read_wants(fixture->arena, &publication, &wants, &fixture->problems));
    assert_int_equal(wants.language_count + wants.holiday_code_count, 0);
    char *renamed = strstr(out.bytes, "\"holidays\":{\"DE\"");
    assert_non_null(renamed);
    memcpy(renamed, "\"holidays\":{\"XX\"", strlen("\"holidays\":{\"XX\""));
    assert_true(policy_read_wants(fixture->arena, &publication, &wants, &fixture->problems));
    assert_int_equal(wants.language_count, 0);
    assert_int_equal(wants.holiday_code_count, 1);
    assert_string_equal(wants.holiday_codes[0], "DE");
    buf_free(&out);
    struct policy_file broken = read_text("b.yaml", "languages: [en, en]\n");
    assert_false(policy_read_wants(fixture->arena, &broken, &wants, &fixture->problems));
    broken = read_text("b.yaml", "a: [\n");
    assert_false(policy_read_wants(fixture->arena, &broken, &wants, &fixture->problems));
}

static const char small_head[] = "format: 1\npolicy: small\ntitle: Small\nlanguages: [en, de]\n"
                                 "time_zone: UTC\ncurrency: EUR\nsections: []\n";

static void
assert_file_refused(struct read_fixture *fixture, const char *reason)
{
    fixture->problems = (struct policy_problems){.arena = fixture->arena};
    fixture->sources.main = read_text("main.yaml", small_head);
    assert_null(read_all(fixture));
    if (strcmp(fixture->problems.problems[0].reason, reason) != 0)
        read_print_problems(&fixture->problems);
    assert_string_equal(fixture->problems.problems[0].reason, reason);
    assert_int_equal(fixture->problems.error_count, 1);
}

static void
files_that_do_not_belong_are_refused(void **state)
{
    struct read_fixture *fixture = *state;
    static const char german[] = "language: de\ntitle: Klein\ntexts: {}\n";
    static const struct {
        const char *text;
        const char *reason;
    } holidays[] = {
        {"rules: []\n", "KEY_MISSING"},
        {"code: de\nrules: []\n", "CODE_MALFORMED"},
        {"code: DE\n", "KEY_MISSING"},
        {"code: DE\nrules: {}\n", "FORM_WRONG"},
        {"code: DE\nrule: []\nrules: []\n", "KEY_UNKNOWN"},
        {"code: DE\nrules:\n- {name: A, on: 13-01}\n", "HOLIDAY_MALFORMED"},
        {"code: DE\nrules:\n- {name: A, on: 01-01, move: away}\n", "HOLIDAY_MALFORMED"},
        {"code: DE\nrules:\n- {name: A, on: 01-01, form: 1990}\n", "KEY_UNKNOWN"},
        {"code: DE\nrules:\n- {name: A, on: 01-01, from: MCM}\n", "VALUE_WRONG"},
        {"code: DE\nrules:\n- {on: 01-01}\n", "KEY_MISSING"},
        {"code: DE\nrules:\n- 01-01\n", "FORM_WRONG"},
        {"code: DE\nrules:\n- {name: A, on: 01-01, from: 2000, to: 1999}\n", "HOLIDAY_WRONG"},
        {"[]\n", "FORM_WRONG"},
    };
    fixture->languages[0] = read_text("de.yaml", german);
    fixture->sources.language_count = 1;
    fixture->sources.holiday_count = 1;
    for (size_t i = 0; i < COUNT_OF(holidays); i++) {
        fixture->holidays[0] = read_text("holidays.yaml", holidays[i].text);
        assert_file_refused(fixture, holidays[i].reason);
    }
    fixture->holidays[0] = fixture->holidays[1] = read_text("DE.yaml", read_holidays_de);
    fixture->sources.holiday_count = 2;
    assert_file_refused(fixture, "CODE_TWICE");
    fixture->sources.holiday_count = 0;
    fixture->languages[1] = fixture->languages[0];
    fixture->sources.language_count = 2;
    assert_file_refused(fixture, "LANGUAGE_TWICE");
    fixture->languages[1] = read_text("fr.yaml", "language: fr\ntitle: Petit\n");
    assert_file_refused(fixture, "LANGUAGE_UNKNOWN");
    fixture->languages[1] = read_text("en.yaml", "language: en\ntitle: Small\n");
    assert_file_refused(fixture, "LANGUAGE_UNKNOWN");
    fixture->languages[1] = read_text("xx.yaml", "title: Small\n");
    assert_file_refused(fixture, "KEY_MISSING");
    fixture->sources.language_count = 1;
    fixture->problems = (struct policy_problems){.arena = fixture->arena};
    assert_non_null(read_all(fixture));
}

static void
files_larger_than_a_publication_are_refused(void **state)
{
    struct read_fixture *fixture = *state;
    struct buf text = {0};
    buf_add_text(&text, small_head);
    while (text.size_bytes < POLICY_FILE_BYTES_MAX)
        buf_add_text(&text, "# nothing but a comment\n");
    fixture->sources.main = (struct policy_file){"main.yaml", text.bytes, text.size_bytes};
    assert_null(read_all(fixture));
    assert_string_equal(fixture->problems.problems[0].reason, "FILE_TOO_LARGE");
    fixture->problems = (struct policy_problems){.arena = fixture->arena};
    fixture->sources.main.size_bytes = 1000;
    for (size_t i = 0; i < 4; i++)
        fixture->languages[i] = (struct policy_file){"l.yaml", text.bytes, text.size_bytes};
    fixture->sources.language_count = 4;
    assert_null(read_all(fixture));
    assert_string_equal(fixture->problems.problems[0].reason, "FILES_TOO_LARGE");
    fixture->sources.language_count = POLICY_FILES_MAX + 1;
    buf_free(&text);
}

/* ---- messages ---- */

static void
a_misspelt_name_is_told_the_nearest(void **state)
{
    struct read_fixture *fixture = *state;
    assert_null(read_main_text(
        fixture, "format: 1\npolicy: small\ntitle: Small\nlanguages: [en]\ntime_zone: UTC\n"
                 "currency: EUR\naxes: {category: {ovens: {}}}\ncontact: {}\nsections:\n"
                 "- section: warranty\n  number: 1\n  title: W\n  clauses:\n"
                 "  - clause: warranty.period\n    text: x\n    set: {lenght: 1 year}\n"
                 "    except: [{when: {categroy: oven}, length: 1 year}, "
                 "{when: {category: oven}, length: 1 year}]\n"));
    static const char *const hints[] = {"\"contacts\"", "\"length\"", "\"category\"", "\"ovens\""};
    policy_problems_sort(&fixture->problems);
    assert_int_equal(fixture->problems.error_count, COUNT_OF(hints));
    for (size_t i = 0; i < COUNT_OF(hints); i++) {
        const char *message = fixture->problems.problems[i].message;
        assert_non_null(strstr(message, "did you mean"));
        assert_non_null(strstr(message, hints[i]));
    }
}

static void
errors_without_number_are_counted_and_cost_little(void **state)
{
    struct read_fixture *fixture = *state;
    struct buf text = {0};
    buf_add_text(&text, "format: 1\npolicy: small\ntitle: Small\nlanguages: [en]\n"
                        "time_zone: UTC\ncurrency: EUR\nsections:\n- section: warranty\n"
                        "  number: 1\n  title: W\n  clauses:\n  - clause: warranty.period\n"
                        "    text: x\n    set: {length: 1 year}\n    except:\n");
    for (int i = 0; i < 19000; i++)
        buf_add_text(&text, "    - {when: {categroy: oven}, lenght: 1 year}\n");
    fixture->sources.main = (struct policy_file){"main.yaml", text.bytes, text.size_bytes};
    assert_null(read_all(fixture));
    assert_int_equal(fixture->problems.problem_count, POLICY_PROBLEMS_MAX);
    assert_true(arena_used_bytes(fixture->arena) < (size_t)64 << 20);
    buf_free(&text);
}

/* ---- size ---- */

/* Ten thousand rules over 200 categories. What a reader takes grows with what it reads. */
static void
ten_thousand_rules_are_read(void **state)
{
    struct read_fixture *fixture = *state;
    size_t used_bytes[2];
    for (int round = 0; round < 2; round++) {
        int count = round == 0 ? 5000 : 10000;
        struct buf text = {0};
        buf_add_text(&text, "format: 1\npolicy: large\ntitle: L\nlanguages: [en]\ntime_zone: UTC\n"
                            "currency: EUR\naxes:\n  category:\n");
        for (int i = 0; i < 200; i++)
            buf_printf(&text, "    c%d: {}\n", i);
        buf_add_text(&text, "sections:\n- section: warranty\n  number: 1\n  title: W\n  clauses:\n"
                            "  - clause: warranty.period\n    text: x\n    set: {length: 1 year}\n"
                            "    except:\n");
        for (int i = 1; i < count; i++)
            buf_printf(&text, "    - {when: {category: c%d, sku: S%d}, length: %d days}\n", i % 200,
                       i, i % 1000 + 1);
        fixture->sources.main = (struct policy_file){"main.yaml", text.bytes, text.size_bytes};
        size_t before_bytes = arena_used_bytes(fixture->arena);
        assert_non_null(read_all(fixture));
        used_bytes[round] = arena_used_bytes(fixture->arena) - before_bytes;
        assert_int_equal(fixture->policy->rule_count, count);
        buf_free(&text);
    }
    assert_true(used_bytes[1] < used_bytes[0] * 5 / 2);
}

/* ---- publications ---- */

static void
a_publication_is_held_to_the_same_rules(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *reason;
    } changes[] = {
        {"\"currency\":\"EUR\"", "\"currency\":\"XXY\"", "CURRENCY_UNKNOWN"},
        {"\"translations\":{\"de\"", "\"translations\":{\"fr\"", "LANGUAGE_UNKNOWN"},
        {"\"general.promise\":\"Wir", "\"general.promise_\":\"Wir", "TEXT_UNKNOWN"},
        {"\"clause\":\"general.promise\"", "\"clause\":\"general.promise\",\"text\":\"x\"",
         "TEXT_ELSEWHERE"},
        {"\"holidays\":{\"DE\"", "\"holidays\":{\"XX\"", "HOLIDAYS_MISSING"},
        {"\"length\":\"12 months\"", "\"length\":\"12.5 months\"", "VALUE_WRONG"},
        {"\"version\":3", "\"version\":\"three\"", "VALUE_WRONG"},
        {"\"title\":\"Alles", "\"titel\":\"Alles", "KEY_UNKNOWN"},
    };
    struct read_fixture *fixture = *state;
    struct buf out = {0};
    policy_canon_write(read_whole(fixture), &out);
    const char *text = buf_text(&out);
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        const char *at = strstr(text, changes[i].from);
        assert_non_null(at);
        struct buf changed = {0};
        buf_printf(&changed, "%.*s%s%s", (int)(at - text), text, changes[i].to,
                   at + strlen(changes[i].from));
        struct policy_problems problems = {.arena = fixture->arena};
        struct policy_sources sources = {.main = {"p.json", changed.bytes, changed.size_bytes}};
        assert_null(policy_read(fixture->arena, &sources, &problems));
        bool is_there = false;
        for (size_t j = 0; j < problems.problem_count; j++)
            is_there = is_there || strcmp(problems.problems[j].reason, changes[i].reason) == 0;
        if (!is_there)
            read_print_problems(&problems);
        assert_true(is_there);
        buf_free(&changed);
    }
    buf_free(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

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
        TEST(a_file_says_which_others_it_wants),
        TEST(files_that_do_not_belong_are_refused),
        TEST(files_larger_than_a_publication_are_refused),
        TEST(a_misspelt_name_is_told_the_nearest),
        TEST(errors_without_number_are_counted_and_cost_little),
        TEST(ten_thousand_rules_are_read),
        TEST(a_publication_is_held_to_the_same_rules),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    date_deinit();
    arena_deinit();
    return failed;
}
