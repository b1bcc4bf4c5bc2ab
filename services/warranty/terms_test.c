/*
 * terms_test - the default policy's clause is read, and a broken one is refused at its line
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "terms.h"

static void
the_default_policy_is_read(void **state UNUSED)
{
    struct terms terms;
    struct fault fault;
    assert_int_equal(
        terms_read(AFTERCARE_SOURCE_DIR "/deploy/policies/default.yaml", &terms, &fault), OK);
    assert_string_equal(terms.time_zone, "Europe/Berlin");
    assert_int_equal(terms_length_for(&terms, "toys")->months, 12);
    assert_int_equal(terms_length_for(&terms, "large_appliances")->months, 24);
    assert_int_equal(terms.starts[0].anchor, TERMS_DELIVERED);
    assert_int_equal(terms.starts[1].anchor, TERMS_PURCHASED);
    assert_int_equal(terms.starts[4].offset_days, 90);
}

/* Reads `clause` as the clause of a small policy whose first line it begins after. */
static enum err
read_clause(const char *clause, struct fault *ret_fault)
{
    char path[] = "/tmp/aftercare-terms-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fprintf(file, "time_zone: Europe/Berlin\nsections:\n  - section: warranty\n    clauses:\n%s",
            clause);
    fclose(file);
    struct terms terms;
    enum err err = terms_read(path, &terms, ret_fault);
    unlink(path);
    return err;
}

static void
a_broken_clause_is_refused_at_its_line(void **state UNUSED)
{
    static const struct {
        const char *clause;
        int line;
    } broken[] = {
        {"      - clause: other\n", 3},
        {"      - clause: warranty.period\n", 5},
        {"      - clause: warranty.period\n        set:\n          length: 1 years\n          "
         "starts: [delivered]\n",
         7},
        {"      - clause: warranty.period\n        set:\n          length: 1 year\n          "
         "starts: []\n",
         8},
        {"      - clause: warranty.period\n        set:\n          length: 1 year\n          "
         "starts: [delivered + soon]\n",
         8},
        {"      - clause: warranty.period\n        set: [\n", 7},
    };
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        struct fault fault = {0};
        assert_int_equal(read_clause(broken[i].clause, &fault), ERR_INVALID_ARGUMENT);
        assert_int_equal(fault.line, broken[i].line);
    }
}

static void
lengths_are_read_by_kind(void **state UNUSED)
{
    struct terms_length length;
    assert_true(terms_parse_length("1 year", &length) && length.months == 12);
    assert_true(terms_parse_length("18 months", &length) && length.months == 18);
    assert_true(terms_parse_length("90 days", &length) && length.days == 90);
    assert_true(terms_parse_length("none", &length) && length.is_none);
    assert_true(terms_parse_length("unlimited", &length) && length.is_unlimited);
    static const char *const wrong[] = {"",       "year",      "0 days", "1 years",
                                        "2 year", "1.5 years", "1 week", "99999 days"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(terms_parse_length(wrong[i], &length));
}

static void
a_file_that_is_not_there_is_said_so(void **state UNUSED)
{
    struct terms terms;
    struct fault fault;
    assert_int_equal(terms_read("/nowhere/policy.yaml", &terms, &fault), ERR_NOT_FOUND);
    assert_non_null(strstr(fault.message, "/nowhere/policy.yaml"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_policy_is_read),
        cmocka_unit_test(a_broken_clause_is_refused_at_its_line),
        cmocka_unit_test(lengths_are_read_by_kind),
        cmocka_unit_test(a_file_that_is_not_there_is_said_so),
    };
    return cmocka_run_group_tests_name("terms", tests, NULL, NULL);
}
