/*
 * conf_test - configuration is read whole or refused, with every mistake named
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conf.h"

static const char *listen_at;
static unsigned lines_max;
static int64_t draft_ttl_ms;
static bool is_strict;

static const struct conf_key own[] = {
    CONF_DURATION("draft_ttl", draft_ttl_ms, "24h", 1000, 86400000, "How long a draft lies."),
    CONF_UINT("lines_max", lines_max, "200", 1, 1000, "The most lines."),
    CONF_FLAG("strict", is_strict, "no", "Whether it is strict."),
    CONF_TEXT("listen", listen_at, NULL, "Where it listens."),
    CONF_END,
};

static const char *log_level;

static const struct conf_key shared[] = {
    CONF_TEXT("log_level", log_level, "info", "Least level that is logged."),
    CONF_END,
};

static int
set_up(void **state UNUSED)
{
    clearenv();
    setenv("AFTERCARE_ORDERS_LISTEN", "here", 1);
    return 0;
}

/* What conf_read says on stderr while it reads. */
static const char *
read_and_catch(bool *ret_is_good)
{
    static char said[4096];
    FILE *file = tmpfile();
    assert_non_null(file);
    int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    *ret_is_good = conf_read("orders", shared, own);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    size_t size = fread(said, 1, sizeof said - 1, file);
    said[size] = 0;
    fclose(file);
    return said;
}

static void
what_is_not_set_has_its_default(void **state UNUSED)
{
    assert_true(conf_read("orders", shared, own));
    assert_int_equal(draft_ttl_ms, 86400000);
    assert_int_equal(lines_max, 200);
    assert_false(is_strict);
    assert_string_equal(listen_at, "here");
}

static void
what_is_set_is_taken(void **state UNUSED)
{
    setenv("AFTERCARE_ORDERS_DRAFT_TTL", "90s", 1);
    setenv("AFTERCARE_ORDERS_LINES_MAX", "7", 1);
    setenv("AFTERCARE_ORDERS_STRICT", "yes", 1);
    assert_true(conf_read("orders", shared, own));
    assert_int_equal(draft_ttl_ms, 90000);
    assert_int_equal(lines_max, 7);
    assert_true(is_strict);
}

static void
what_must_be_set_must_say_something(void **state UNUSED)
{
    bool is_good;
    setenv("AFTERCARE_ORDERS_LISTEN", "", 1);
    const char *said = read_and_catch(&is_good);
    assert_false(is_good);
    assert_non_null(strstr(said, "AFTERCARE_ORDERS_LISTEN must be set"));
}

static void
every_mistake_is_named(void **state UNUSED)
{
    unsetenv("AFTERCARE_ORDERS_LISTEN");
    setenv("AFTERCARE_ORDERS_DRAFT_TTL", "24", 1);
    setenv("AFTERCARE_ORDERS_LINES_MAX", "1001", 1);
    setenv("AFTERCARE_ORDERS_STRICT", "true", 1);
    setenv("AFTERCARE_ORDERS_COLOUR", "red", 1);
    bool is_good;
    const char *said = read_and_catch(&is_good);
    assert_false(is_good);
    assert_non_null(strstr(said, "AFTERCARE_ORDERS_LISTEN must be set"));
    assert_non_null(strstr(said, "AFTERCARE_ORDERS_DRAFT_TTL: \"24\" is not a duration"));
    assert_non_null(
        strstr(said, "AFTERCARE_ORDERS_LINES_MAX: \"1001\" is not a number, 1 to 1000"));
    assert_non_null(strstr(said, "AFTERCARE_ORDERS_STRICT: \"true\" is not yes or no"));
    assert_non_null(strstr(said, "AFTERCARE_ORDERS_COLOUR is not a key"));
}

static void
other_daemons_keys_are_none_of_ours(void **state UNUSED)
{
    setenv("AFTERCARE_WARRANTY_COLOUR", "red", 1);
    setenv("AFTERCARE_GATEWAY_COLOUR", "red", 1);
    assert_true(conf_read("orders", shared, own));
}

static void
the_tools_variables_may_be_inherited(void **state UNUSED)
{
    setenv("AFTERCARE_TEST_CLOCK", "/tmp/clock", 1);
    setenv("AFTERCARE_TEST_SEED", "7", 1);
    setenv("AFTERCARE_BUILD", "debug", 1);
    setenv("AFTERCARE_KEYS", "/keys", 1);
    setenv("AFTERCARE_PORT", "8080", 1);
    assert_true(conf_read("orders", shared, own));
}

static void
a_misspelt_name_is_refused_with_the_one_that_was_meant(void **state UNUSED)
{
    static const struct {
        const char *name;
        const char *said;
    } cases[] = {
        {"AFTERCARE_LOG_LEVLE", "did you mean AFTERCARE_LOG_LEVEL?"},
        {"AFTERCARE_LOGLEVEL", "did you mean AFTERCARE_LOG_LEVEL?"},
        {"AFTERCARE_log_level", "AFTERCARE_log_level is not a key"},
        {"AFTERCARE_ORDERS_LINE_MAX", "did you mean AFTERCARE_ORDERS_LINES_MAX?"},
        {"AFTERCARE_ODERS_LINES_MAX", "did you mean AFTERCARE_ORDERS_LINES_MAX?"},
        {"AFTERCARE_TEST_CLOK", "did you mean AFTERCARE_TEST_CLOCK?"},
        {"AFTERCARE_PARTSWAREHOUSE_COLOUR", "--help lists them"},
        {"AFTERCARE_", "--help lists them"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool is_good;
        setenv(cases[i].name, "x", 1);
        const char *said = read_and_catch(&is_good);
        assert_false(is_good);
        assert_non_null(strstr(said, cases[i].said));
        unsetenv(cases[i].name);
    }
}

static void
a_name_of_any_length_is_refused(void **state UNUSED)
{
    char name[4096] = "AFTERCARE_";
    memset(name + strlen(name), 'X', sizeof name - strlen(name) - 1);
    name[sizeof name - 1] = 0;
    setenv(name, "x", 1);
    bool is_good;
    read_and_catch(&is_good);
    assert_false(is_good);
}

static void
numbers_that_overflow_are_refused(void **state UNUSED)
{
    static const char *const wrong[] = {"99999999999999999999", "-1", "", "7x", " 7"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        setenv("AFTERCARE_ORDERS_LINES_MAX", wrong[i], 1);
        bool is_good;
        read_and_catch(&is_good);
        assert_false(is_good);
    }
    unsetenv("AFTERCARE_ORDERS_LINES_MAX");
    setenv("AFTERCARE_ORDERS_DRAFT_TTL", "9223372036854775807d", 1);
    bool is_good;
    read_and_catch(&is_good);
    assert_false(is_good);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_not_set_has_its_default, set_up),
        cmocka_unit_test_setup(what_is_set_is_taken, set_up),
        cmocka_unit_test_setup(what_must_be_set_must_say_something, set_up),
        cmocka_unit_test_setup(every_mistake_is_named, set_up),
        cmocka_unit_test_setup(other_daemons_keys_are_none_of_ours, set_up),
        cmocka_unit_test_setup(the_tools_variables_may_be_inherited, set_up),
        cmocka_unit_test_setup(a_misspelt_name_is_refused_with_the_one_that_was_meant, set_up),
        cmocka_unit_test_setup(a_name_of_any_length_is_refused, set_up),
        cmocka_unit_test_setup(numbers_that_overflow_are_refused, set_up),
    };
    return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
