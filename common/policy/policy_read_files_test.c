/*
 * policy_read_files_test - which files belong to a policy, how large they may be, and what is said
 * of their faults
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check.h"
#include "common/policy/policy_read_fixture.h"

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

#define TEXT_64 "1234567890123456789012345678901234567890123456789012345678901234"

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
        {"code: DE\nrules:\n- {name: A, on: 01-01, de: " TEXT_64 TEXT_64 "}\n", "VALUE_WRONG"},
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

/* By its key, by what it is where it has none in the file, or as one of many. */
static void
what_has_the_wrong_form_is_named(void **state)
{
    struct read_fixture *fixture = *state;
    assert_null(read_main_text(
        fixture,
        "format: 1\npolicy: small\ntitle: Small\nlanguages: [en]\ntime_zone: UTC\n"
        "currency: EUR\naxes: {category: [ovens]}\n"
        "calendars: {office: {week: {mon: [\"08:00-12:00\"]}, exceptions: [x]}}\nsections:\n"
        "- section: warranty\n  number: 1\n  title: W\n  clauses:\n"
        "  - clause: warranty.period\n    text: x\n    set: {length: 1 year}\n"
        "    except: [broken]\n"
        "  - lost\n"));
    static const char *const messages[] = {
        "category must be a map, as {name: value}", "an element must be a map, as {name: value}",
        "an exception must be a map, as {name: value}", "a clause must be a map, as {name: value}"};
    policy_problems_sort(&fixture->problems);
    assert_int_equal(fixture->problems.error_count, COUNT_OF(messages));
    for (size_t i = 0; i < COUNT_OF(messages); i++)
        assert_string_equal(fixture->problems.problems[i].message, messages[i]);
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
        {"\"currency\":\"EUR\"", "\"currency\":\"EUR\",\"labels\":{}", "TEXT_ELSEWHERE"},
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, read_set_up, read_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_says_which_others_it_wants),
        TEST(files_that_do_not_belong_are_refused),
        TEST(files_larger_than_a_publication_are_refused),
        TEST(a_misspelt_name_is_told_the_nearest),
        TEST(what_has_the_wrong_form_is_named),
        TEST(errors_without_number_are_counted_and_cost_little),
        TEST(ten_thousand_rules_are_read),
        TEST(a_publication_is_held_to_the_same_rules),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    date_deinit();
    arena_deinit();
    return failed;
}
