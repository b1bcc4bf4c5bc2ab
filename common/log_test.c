/*
 * log_test - one JSON object a line, levels, and a reader that does not read
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "common/log.h"

static int pipe_fds[2];
static int kept_stderr;

static int
set_up(void **state UNUSED)
{
    assert_int_equal(pipe2(pipe_fds, O_NONBLOCK), 0);
    kept_stderr = dup(STDERR_FILENO);
    dup2(pipe_fds[1], STDERR_FILENO);
    log_init("orders", LOG_INFO);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    log_deinit();
    return 0;
}

static ssize_t
read_said(char *ret_text, size_t size_bytes)
{
    ssize_t size = read(pipe_fds[0], ret_text, size_bytes - 1);
    ret_text[size > 0 ? size : 0] = 0;
    return size;
}

static void
a_line_is_one_json_object_whatever_the_fields_hold(void **state UNUSED)
{
    struct log_line *line = log_begin(LOG_WARN, "replica lost");
    log_text(line, "detail", "\"quoted\"\nnew line \xff");
    log_number(line, "smallest", INT64_MIN);
    log_number(line, "count", 70);
    log_end(line);
    char said[1024];
    assert_true(read_said(said, sizeof said) > 0);
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
    json_t *json = json_loads(said, 0, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "level")), "warn");
    assert_string_equal(json_string_value(json_object_get(json, "service")), "orders");
    assert_string_equal(json_string_value(json_object_get(json, "message")), "replica lost");
    assert_true(json_integer_value(json_object_get(json, "smallest")) == INT64_MIN);
    assert_int_equal(json_integer_value(json_object_get(json, "count")), 70);
    json_decref(json);
}

static void
levels_below_are_not_written(void **state UNUSED)
{
    struct log_line *line = log_begin(LOG_DEBUG, "detail");
    assert_null(line);
    log_text(line, "name", "value");
    log_end(line);
    char said[64];
    assert_true(read_said(said, sizeof said) <= 0);
}

static void
a_reader_that_does_not_read_stops_nobody(void **state UNUSED)
{
    for (int i = 0; i < 50000; i++) {
        struct log_line *line = log_begin(LOG_INFO, "call answered");
        log_number(line, "i", i);
        log_end(line);
    }
    char said[256];
    assert_true(read_said(said, sizeof said) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_one_json_object_whatever_the_fields_hold, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(levels_below_are_not_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_that_does_not_read_stops_nobody, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
