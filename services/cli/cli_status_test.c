/*
 * cli_status_test - the table that aftercare status prints
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli.h"

#define READY                                                                                      \
    "{\"service\":\"warranty\",\"replica\":\"r1\",\"pid\":7,\"version\":\"0.1.0\",\"state\":"      \
    "\"ready\",\"schema\":\"create_warranty\",\"in_flight\":2,\"answered\":31,\"refused\":0,"      \
    "\"start_time\":\"2026-03-15T09:30:00Z\"}"

static bool
print_one(const char *answer, struct buf *out)
{
    const char *socket = "warranty-01890a5d.admin";
    return cli_status_print(&socket, &answer, 1, out);
}

static void
a_replica_that_is_ready_is_shown_with_all_its_columns(void **state UNUSED)
{
    struct buf out = {0};
    assert_true(print_one(READY, &out));
    assert_non_null(strstr(buf_text(&out), "SERVICE   REPLICA  PID  VERSION  STATE  SCHEMA"));
    assert_non_null(
        strstr(buf_text(&out), "warranty  r1       7    0.1.0    ready  create_warranty"));
    assert_non_null(strstr(buf_text(&out), "2026-03-15T09:30:00Z\n"));
    buf_free(&out);
}

static void
requests_by_http_are_what_a_gateway_has_at_hand(void **state UNUSED)
{
    struct buf out = {0};
    assert_true(print_one("{\"service\":\"gateway\",\"state\":\"ready\",\"in_flight\":0,"
                          "\"requests\":41,\"answered\":7}",
                          &out));
    assert_non_null(strstr(buf_text(&out), "41         7"));
    buf_free(&out);
}

static void
parked_events_are_those_of_all_consumers(void **state UNUSED)
{
    struct buf out = {0};
    assert_true(print_one("{\"service\":\"warranty\",\"state\":\"ready\",\"refused\":3,"
                          "\"consumer_views\":{\"parked\":2},\"consumer_mail\":{\"parked\":40}}",
                          &out));
    assert_non_null(strstr(buf_text(&out), "REFUSED  PARKED  STARTED"));
    assert_non_null(strstr(buf_text(&out), "3        42      -\n"));
    buf_free(&out);
}

static void
what_is_not_configured_stands_once_below_the_table(void **state UNUSED)
{
    static const char page[] = "{\"service\":\"notify\",\"state\":\"ready\","
                               "\"notes\":[\"no mail is sent: S is not set\",7,\"no push\"]}";
    const char *sockets[] = {"notify-1.admin", "notify-2.admin"};
    const char *pages[] = {page, page};
    struct buf out = {0};
    assert_true(cli_status_print(sockets, pages, 2, &out));
    const char *below = strstr(buf_text(&out), "notify: no mail");
    assert_non_null(below);
    assert_string_equal(below, "notify: no mail is sent: S is not set\nnotify: no push\n");
    buf_free(&out);
}

static void
a_replica_that_does_not_answer_is_named_by_its_socket(void **state UNUSED)
{
    struct buf out = {0};
    assert_false(print_one(NULL, &out));
    assert_non_null(strstr(buf_text(&out), "warranty  01890a5d  -"));
    assert_non_null(strstr(buf_text(&out), "no answer"));
    buf_free(&out);
}

static void
an_answer_that_is_no_status_page_counts_as_none(void **state UNUSED)
{
    struct buf out = {0};
    assert_false(print_one("[1]", &out));
    assert_false(print_one("{", &out));
    buf_free(&out);
}

static void
a_replica_that_drains_is_not_ready(void **state UNUSED)
{
    struct buf out = {0};
    assert_false(print_one("{\"service\":\"warranty\",\"state\":\"draining\"}", &out));
    assert_non_null(strstr(buf_text(&out), "draining"));
    buf_free(&out);
}

static void
a_long_member_is_cut_to_its_cell(void **state UNUSED)
{
    struct buf out = {0};
    char page[600];
    snprintf(page, sizeof page, "{\"service\":\"warranty\",\"state\":\"%0500d\"}", 7);
    assert_false(print_one(page, &out));
    assert_true(out.size_bytes < 800);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replica_that_is_ready_is_shown_with_all_its_columns),
        cmocka_unit_test(requests_by_http_are_what_a_gateway_has_at_hand),
        cmocka_unit_test(parked_events_are_those_of_all_consumers),
        cmocka_unit_test(what_is_not_configured_stands_once_below_the_table),
        cmocka_unit_test(a_replica_that_does_not_answer_is_named_by_its_socket),
        cmocka_unit_test(an_answer_that_is_no_status_page_counts_as_none),
        cmocka_unit_test(a_replica_that_drains_is_not_ready),
        cmocka_unit_test(a_long_member_is_cut_to_its_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
