/*
 * policy_decide_test - decisions as golden files, and what is no case or record
 *
 * Each tests/policies/decisions/NAME.yaml is a case under the default policy as version 1;
 * NAME.json beside it is its whole record. UPDATE_GOLDEN=1 writes the records anew: read what
 * changed.
 */
// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <sodium.h>

#include "common/policy/policy_decide_golden_fixture.h"

enum { CASES_MAX = 128 };

/* ---- files ---- */

static int
compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static size_t
find_cases(char (*ret_names)[128])
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", AFTERCARE_SOURCE_DIR, folder);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    size_t count = 0;
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        size_t length = strlen(entry->d_name);
        if (length < 6 || strcmp(entry->d_name + length - 5, ".yaml") != 0)
            continue;
        assert_true(count < CASES_MAX && length < 128);
        memcpy(ret_names[count], entry->d_name, length - 5);
        ret_names[count++][length - 5] = 0;
    }
    (void)closedir(directory);
    qsort(ret_names, count, sizeof *ret_names, compare_names);
    return count;
}

/* ---- records as text ---- */

static void
new_line(struct buf *out, int depth)
{
    buf_printf(out, "\n%*s", depth * 2, "");
}

/* A line for each field, so that a change is seen where it is. */
static void
spread_json(const char *json, struct buf *out)
{
    int depth = 0;
    bool in_text = false;
    for (const char *at = json; *at != 0; at++) {
        bool is_escaped = at > json && at[-1] == '\\';
        if (*at == '"' && !is_escaped)
            in_text = !in_text;
        if (in_text) {
            buf_add_char(out, *at);
        } else if (*at == '{' || *at == '[') {
            buf_add_char(out, *at);
            if (at[1] == '}' || at[1] == ']')
                buf_add_char(out, *++at);
            else
                new_line(out, ++depth);
        } else if (*at == '}' || *at == ']') {
            new_line(out, --depth);
            buf_add_char(out, *at);
        } else {
            buf_add_char(out, *at);
            if (*at == ',')
                new_line(out, depth);
            if (*at == ':')
                buf_add_char(out, ' ');
        }
    }
    buf_add_char(out, '\n');
}

static void
print_record(struct buf *out)
{
    struct fault fault = {0};
    if (contract_check(&common_v1_decision_contract, &record->base, false, &fault) != OK)
        fail_msg("%s: %s %s", fault.reason, fault.field, fault.message);
    struct buf json = {0};
    json_write(&json, &common_v1_decision_contract, &record->base);
    spread_json(buf_text(&json), out);
    buf_free(&json);
}

static void
the_records_are_those_of_the_golden_files(void **state UNUSED)
{
    static char names[CASES_MAX][128];
    size_t count = find_cases(names);
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        decide(names[i]);
        struct buf text = {0};
        print_record(&text);
        const char *path = path_of(arena, names[i], "json");
        if (getenv("UPDATE_GOLDEN") != NULL) {
            FILE *stream = fopen(path, "wb");
            assert_non_null(stream);
            (void)fwrite(text.bytes, 1, text.size_bytes, stream);
            assert_int_equal(fclose(stream), 0);
        }
        const char *golden = load_text(arena, path);
        if (golden == NULL || strcmp(golden, buf_text(&text)) != 0) {
            print_message("the record of %s is not that of its file:\n%s\n", names[i],
                          buf_text(&text));
            wrong++;
        }
        buf_free(&text);
    }
    assert_true(count >= 40);
    assert_int_equal(wrong, 0);
}

/* ---- refusals ---- */

static void
assert_refused(const struct policy_case *question, enum err err, const char *reason)
{
    Common__V1__Decision *none = NULL;
    struct fault fault = {0};
    assert_int_equal(policy_decide(arena, fixture_engine, question, &none, &fault), err);
    assert_string_equal(fault.reason, reason);
    assert_null(none);
}

static void
wrong_cases_are_refused(void **state UNUSED)
{
    decide("covered");
    struct policy_case question = *load_case(arena, "covered");
    struct policy_fact facts[2] = {
        {.name = "nothing", .is_known = true, .trust = POLICY_RECORDED},
        {.name = "region", .is_known = true, .code = "DE", .trust = POLICY_RECORDED}};
    struct policy_case wrong = question;
    wrong.facts = facts;
    wrong.fact_count = 1;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "FACT_UNKNOWN");
    facts[0] = facts[1];
    wrong.fact_count = 2;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "FACT_REPEATS");
    facts[0].code = NULL;
    wrong.fact_count = 1;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "FACT_WRONG");
    struct policy_fact many[POLICY_CASE_FACTS_MAX];
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = facts[1];
    wrong.facts = many;
    wrong.fact_count = COUNT_OF(many); /* looked at */
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "FACT_REPEATS");
    wrong.fact_count = POLICY_CASE_FACTS_MAX + 1;
    assert_refused(&wrong, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_FACTS");
    wrong = question;
    wrong.at_date = (struct date){2026, 2, 30};
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "QUESTION_WRONG");
    wrong = question;
    wrong.question = POLICY_QUESTION_COUNT;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "QUESTION_WRONG");
    wrong = question;
    wrong.decision_id = NULL;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "QUESTION_WRONG");
    wrong = question;
    wrong.decide_us = INT64_MAX;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "QUESTION_WRONG");
    wrong = question;
    wrong.unit_fact_count = ENTITLEMENT_FACTS_MAX + 1;
    assert_refused(&wrong, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_FACTS");
    struct entitlement_fact twice[2] = {question.unit_facts[0], question.unit_facts[0]};
    twice[1].fact_id = "other";
    twice[1].date.day = 16;
    wrong = question;
    wrong.unit_facts = twice;
    wrong.unit_fact_count = 2;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "FACTS_CONTRADICT");
}

static void
a_broken_case_file_is_refused_with_its_place(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *reason;
        int line;
    } broken[] = {
        {"[a]", "QUESTION_WRONG", 1},
        {"question: none\nat: 2026-01-01\n", "QUESTION_WRONG", 1},
        {"question: repair.charge\nat: 2026-13-01\n", "QUESTION_WRONG", 2},
        {"question: repair.charge\n", "QUESTION_WRONG", 1},
        {"at: 2026-01-01\n", "QUESTION_WRONG", 1},
        {"question: repair.charge\nat: 2026-01-01\ndecided: soon\n", "QUESTION_WRONG", 3},
        {"question: repair.charge\nat: 2026-01-01\nserial: [a]\n", "VALUE_WRONG", 3},
        {"question: repair.charge\nat: 2026-01-01\nday: 1\n", "KEY_UNKNOWN", 3},
        {"question: repair.charge\nat: 2026-01-01\nfacts: [a]\n", "FACT_WRONG", 3},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  regoin: DE\n", "FACT_UNKNOWN", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  rung: one\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  rung: 1x\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  opened: maybe\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  delivered: may\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  rung_time: 5\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  price_paid: 5\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  rung: [1]\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  rung: {trust: none}\n", "FACT_WRONG",
         4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  rung: {trust: found}\n", "FACT_WRONG",
         4},
        {"question: repair.charge\nat: 2026-01-01\nunit: {a: b}\n", "FACT_WRONG", 3},
        {"question: repair.charge\nat: 2026-01-01\nunit:\n  - text\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nunit:\n  - {id: a}\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nunit:\n  - {kind: voided, voided_layers: X}\n",
         "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nunit:\n  - {kind: taken_in, coverage: [{}]}\n",
         "FACT_WRONG", 4},
    };
    decide("covered");
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        struct policy_problems problems = {.arena = arena};
        struct policy_file file = read_text("case.yaml", broken[i].text);
        assert_null(policy_case_read(arena, fixture_versions[0], &file, &problems));
        assert_true(problems.error_count > 0);
        if (strcmp(problems.problems[0].reason, broken[i].reason) != 0 ||
            problems.problems[0].line != broken[i].line)
            fail_msg("%s: %s, line %d", broken[i].text, problems.problems[0].reason,
                     problems.problems[0].line);
    }
}

static void
a_record_of_an_unknown_version_is_not_decided_again(void **state UNUSED)
{
    decide("covered");
    struct fault fault = {0};
    Common__V1__Decision *again = NULL;
    record->engine_version++;
    assert_int_equal(policy_decide_again(arena, fixture_engine, record, &again, &fault),
                     ERR_NOT_FOUND);
    record->engine_version--;
    record->pins[0]->policy_version = 2;
    assert_int_equal(policy_decide_again(arena, fixture_engine, record, &again, &fault),
                     ERR_NOT_FOUND);
    record->n_pins = 0;
    assert_int_equal(policy_decide_again(arena, fixture_engine, record, &again, &fault),
                     ERR_INVALID_ARGUMENT);
    record->question = (char *)"no.question";
    assert_int_equal(policy_decide_again(arena, fixture_engine, record, &again, &fault),
                     ERR_INVALID_ARGUMENT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_records_are_those_of_the_golden_files),
        cmocka_unit_test(wrong_cases_are_refused),
        cmocka_unit_test(a_broken_case_file_is_refused_with_its_place),
        cmocka_unit_test(a_record_of_an_unknown_version_is_not_decided_again),
    };
    return cmocka_run_group_tests(tests, fixture_open, end);
}
