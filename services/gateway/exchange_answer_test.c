/* Tests of whole exchanges: refusals, browsers, and clients that leave. */
// SPDX-License-Identifier: Apache-2.0
#include "exchange_fixture.h"

/* ---- refusals ---- */

static void
a_refusal_of_the_service_is_told_as_a_problem(void **state UNUSED)
{
    fault_set(&fake.reply.fault, ERR_FAILED_PRECONDITION, "CLAIM_NOT_SUBMITTED", "it is withdrawn");
    assert_int_equal(
        ask_staff("GET /v1/units/a", "traceparent: 00-" TRACE "-00f067aa0ba902b7-01\r\n", NULL),
        409);
    EXPECT_REASON("CLAIM_NOT_SUBMITTED");
    assert_true(has_member("\"domain\":\"warranty\""));
    assert_true(has_member("\"detail\":\"it is withdrawn\""));
    assert_true(has_member("\"trace_id\":\"" TRACE "\""));
    assert_true(has_header("Content-Type: application/problem+json"));
    fault_set(&fake.reply.fault, ERR_RESOURCE_EXHAUSTED, "OVERLOADED", "later");
    fake.reply.retry_after_ms = 2500;
    assert_int_equal(ask_staff("GET /v1/units/a", "", NULL), 503);
    assert_true(has_header("Retry-After: 3"));
    fault_set(&fake.reply.fault, ERR_INTERNAL, "STATEMENT_FAILED", "secret");
    assert_int_equal(ask_staff("GET /v1/units/a", "", NULL), 500);
    assert_false(has_member("secret"));
}

static void
an_answer_that_is_none_is_500(void **state UNUSED)
{
    assert_int_equal(ask_staff("GET /v1/units/a", "", NULL), 500); /* the reply field is missing */
    fake.reply.body = (const uint8_t *)"\xff\xff\xff";
    fake.reply.body_size_bytes = 3;
    assert_int_equal(ask_staff("GET /v1/units/a", "", NULL), 500);
    EXPECT_REASON("INTERNAL");
}

static void
paths_and_methods_that_are_not_are_404_and_405(void **state UNUSED)
{
    assert_int_equal(ask_staff("GET /v1/nothing", "", NULL), 404);
    EXPECT_REASON("PATH_UNKNOWN");
    assert_int_equal(ask_staff("DELETE /v1/products/a", "", NULL), 405);
    assert_true(has_header("Allow: GET, HEAD, PUT, OPTIONS"));
    static const char *const methods[] = {"TRACE", "CONNECT", "BREW", "get"};
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        char line[64];
        snprintf(line, sizeof line, "%s /v1/products", methods[i]);
        assert_int_equal(ask(line, "", NULL), 405);
    }
    assert_int_equal(ask("OPTIONS /v1/products/a", "", NULL), 204);
    assert_true(has_header("Allow: GET, HEAD, PUT, OPTIONS"));
    assert_int_equal(ask("OPTIONS *", "", NULL), 204);
    assert_int_equal(ask("OPTIONS /v1/nothing", "", NULL), 404);
}

/* ---- browsers ---- */

static void
configured_origins_may_read_and_others_not(void **state UNUSED)
{
    assert_int_equal(ask_staff("GET /v1/me", "Origin: https://shop.example\r\n", NULL), 200);
    assert_true(has_header("Access-Control-Allow-Origin: https://shop.example"));
    assert_true(has_header("Access-Control-Expose-Headers: ETag, Location, Idempotent-Replayed, "
                           "Retry-After, Content-Disposition, traceparent"));
    assert_true(has_header("Vary: Origin"));
    assert_int_equal(ask_staff("GET /v1/me", "Origin: https://evil.example\r\n", NULL), 200);
    assert_null(strstr(buf_text(&answer.in), "Access-Control"));
    assert_true(has_header("Vary: Origin"));
    assert_int_equal(ask("GET /v1/units/a", "Origin: https://shop.example\r\n", NULL), 401);
    assert_true(has_header("Access-Control-Allow-Origin: https://shop.example"));
}

static void
a_preflight_says_what_the_path_takes(void **state UNUSED)
{
    assert_int_equal(ask("OPTIONS /v1/products",
                         "Origin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n",
                         NULL),
                     204);
    assert_true(has_header("Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS"));
    assert_true(has_header("Access-Control-Max-Age: 600"));
    assert_non_null(
        strstr(buf_text(&answer.in), "Access-Control-Allow-Headers: Authorization, Content-Type"));
    assert_int_equal(ask("OPTIONS /v1/products",
                         "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n",
                         NULL),
                     204);
    assert_null(strstr(buf_text(&answer.in), "Access-Control"));
}

static void
pages_have_an_entity_tag_and_a_policy(void **state UNUSED)
{
    assert_int_equal(ask("GET /", "", NULL), 302);
    assert_true(has_header("Location: /docs"));
    assert_int_equal(ask("GET /docs", "", NULL), 200);
    assert_string_equal(body_text(), "<p>");
    assert_true(has_header("Content-Security-Policy: default-src 'none'; style-src "
                           "'unsafe-inline'; img-src 'self' http: https: data:; base-uri 'none'; "
                           "form-action 'self'; frame-ancestors 'none'"));
    char header[128], etag[64];
    assert_int_equal(sscanf(strstr(buf_text(&answer.in), "ETag: "), "ETag: %63s", etag), 1);
    snprintf(header, sizeof header, "If-None-Match: %s\r\n", etag);
    assert_int_equal(ask("GET /docs", header, NULL), 304);
    assert_string_equal(body_text(), "");
}

/* ---- clients that leave ---- */

static bool
is_asked(void *context UNUSED)
{
    return fake.request != NULL;
}

static bool
is_nobody_there(void *context UNUSED)
{
    return http_server_connections(gateway->server) == 0;
}

static void
a_client_that_leaves_frees_its_connection_before_the_answer_comes(void **state UNUSED)
{
    struct client client;
    struct buf text = {0};
    fake.is_held = true;
    buf_printf(&text, "GET /v1/units/a" URL_HEAD "%s\r\n", token);
    say(&client, buf_text(&text));
    assert_true(loop_run_until(svc_loop(svc), is_asked, NULL, LIMIT_MS));
    close(client.fd);
    assert_true(loop_run_until(svc_loop(svc), is_nobody_there, NULL, LIMIT_MS));
    assert_int_equal(task_count(), 1);
    answer_fake(fake.request);
    buf_free(&text);
    assert_true(loop_run_until(svc_loop(svc), has_no_task, NULL, LIMIT_MS));
    assert_int_equal(http_server_in_flight(gateway->server), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_refusal_of_the_service_is_told_as_a_problem),
        TEST(an_answer_that_is_none_is_500),
        TEST(paths_and_methods_that_are_not_are_404_and_405),
        TEST(configured_origins_may_read_and_others_not),
        TEST(a_preflight_says_what_the_path_takes),
        TEST(pages_have_an_entity_tag_and_a_policy),
        TEST(a_client_that_leaves_frees_its_connection_before_the_answer_comes),
    };
    int failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
    buf_free(&answer.in);
    return failed;
}
