/* Tests of whole exchanges: who asks, and how often. */
// SPDX-License-Identifier: Apache-2.0
#include "exchange_fixture.h"

static void
without_a_token_that_holds_it_is_401(void **state UNUSED)
{
    assert_int_equal(ask("GET /v1/units/a", "", NULL), 401);
    EXPECT_REASON("TOKEN_MISSING");
    assert_true(has_header("WWW-Authenticate: Bearer realm=\"aftercare\""));
    assert_int_equal(ask("GET /v1/units/a", "Authorization: Bearer a.b.c\r\n", NULL), 401);
    EXPECT_REASON("TOKEN_INVALID");
    assert_true(
        has_header("WWW-Authenticate: Bearer realm=\"aftercare\", error=\"invalid_token\""));
    assert_int_equal(ask("GET /v1/units/a", "Authorization: Basic YTpi\r\n", NULL), 401);
    EXPECT_REASON("TOKEN_MISSING");
    assert_int_equal(ask("GET /v1/units/a", "Authorization: Link x.y\r\n", NULL), 401);
    EXPECT_REASON("LINK_INVALID");
    assert_int_equal(fake.count, 0);
}

static void
a_token_becomes_the_principal(void **state UNUSED)
{
    for (int i = 0; i < 2; i++) { /* verified, then remembered */
        ask_staff("GET /v1/units/a", "", NULL);
        assert_int_equal(fake.principal.kind, COMMON__V1__PRINCIPAL__KIND__TOKEN);
        assert_string_equal(fake.principal.subject, "ann");
        assert_int_equal(fake.principal.roles,
                         1U << COMMON__V1__ROLE__AGENT | 1U << COMMON__V1__ROLE__CUSTOMER);
    }
}

static void
me_is_how_the_gateway_understands_the_token(void **state UNUSED)
{
    assert_int_equal(ask_staff("GET /v1/me", "", NULL), 200);
    assert_true(
        has_member("{\"subject\":\"ann\",\"roles\":[\"customer\",\"agent\"],\"expire_time\":\"20"));
    assert_int_equal(ask("GET /v1/me", "", NULL), 401);
    assert_int_equal(fake.count, 0);
}

static void
tokens_that_keep_failing_are_429(void **state UNUSED)
{
    unsigned status = 0;
    for (unsigned i = 0; i < config.token_failure_burst + 1; i++)
        status = ask("GET /v1/units/a", "Authorization: Bearer a.b.c\r\n", NULL);
    assert_int_equal(status, 429);
    EXPECT_REASON("RATE_LIMITED");
    assert_true(has_header("Retry-After: 1"));
}

static void
an_anonymous_method_looks_at_no_token_and_is_limited(void **state UNUSED)
{
    fake.response = prepare_product(1);
    assert_int_equal(ask("GET /v1/products/a", "Authorization: Bearer rubbish\r\n", NULL), 200);
    assert_int_equal(fake.principal.kind, COMMON__V1__PRINCIPAL__KIND__ANONYMOUS);
    assert_string_equal(fake.principal.subject, "anonymous");
    unsigned status = 200;
    /* Tokens come back while a slow machine asks: somewhat more than the burst is needed. */
    for (unsigned i = 0; i < 5 * config.anonymous_burst && status == 200; i++)
        status = ask("GET /v1/products/a", "", NULL);
    assert_int_equal(status, 429);
    assert_true(has_header("Retry-After: 1"));
}

static void
clients_behind_a_trusted_proxy_have_limits_of_their_own(void **state UNUSED)
{
    fake.response = prepare_product(1);
    unsigned status = 200;
    char header[80];
    /* What a client writes itself, here another address each time, stands to the left of what the
     * proxy adds. */
    for (unsigned i = 0; i < 5 * config.anonymous_burst && status == 200; i++) {
        snprintf(header, sizeof header, "X-Forwarded-For: 198.51.100.%u, 203.0.113.7\r\n", i);
        status = ask("GET /v1/products/a", header, NULL);
    }
    assert_int_equal(status, 429);
    assert_int_equal(ask("GET /v1/products/a", "X-Forwarded-For: 203.0.113.8\r\n", NULL), 200);
}

static void
a_link_is_passed_on_as_what_it_opens(void **state UNUSED)
{
    char line[3000];
    const char *link = link_make(fake.arena, "L1", GET_CLAIM, CLAIM_ID, clock_real_ms() + 60000);
    fake.reply.fault.code = ERR_NOT_FOUND;
    snprintf(line, sizeof line, "GET /v1/claims/" CLAIM_ID "?link=%s", link);
    assert_int_equal(ask(line, "", NULL), 404);
    assert_int_equal(fake.principal.kind, COMMON__V1__PRINCIPAL__KIND__LINK);
    assert_string_equal(fake.principal.subject, "link:L1");
    assert_string_equal(fake.principal.link_resource, CLAIM_ID);
    snprintf(line, sizeof line, "Authorization: Link %s\r\n", link);
    assert_int_equal(ask("POST /v1/claims/" CLAIM_ID ":withdraw", line, NULL), 404);
    assert_int_equal(strlen(fake.key), 64); /* what is asked is the key */
    assert_int_equal(ask("GET /v1/me", line, NULL), 403);
    EXPECT_REASON("LINK_FOR_SOMETHING_ELSE");
    link = link_make(fake.arena, "L1", GET_CLAIM, CLAIM_ID, clock_real_ms() - 1);
    snprintf(line, sizeof line, "GET /v1/claims/" CLAIM_ID "?link=%s", link);
    assert_int_equal(ask(line, "", NULL), 401);
    EXPECT_REASON("LINK_EXPIRED");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_token_that_holds_it_is_401),
        TEST(a_token_becomes_the_principal),
        TEST(me_is_how_the_gateway_understands_the_token),
        TEST(tokens_that_keep_failing_are_429),
        TEST(an_anonymous_method_looks_at_no_token_and_is_limited),
        TEST(clients_behind_a_trusted_proxy_have_limits_of_their_own),
        TEST(a_link_is_passed_on_as_what_it_opens),
    };
    int failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
    buf_free(&answer.in);
    return failed;
}
