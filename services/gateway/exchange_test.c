/* Tests of whole exchanges: what is asked, and how it becomes a message and an answer. */
// SPDX-License-Identifier: Apache-2.0
#include "exchange_fixture.h"

/* ---- reading ---- */

static void
a_get_becomes_its_message_and_its_answer_json(void **state UNUSED)
{
    fake.response = prepare_product(3);
    assert_int_equal(ask("GET /v1/products/a%2Fb%3Ac",
                         "traceparent: 00-" TRACE "-00f067aa0ba902b7-00\r\n", NULL),
                     200);
    assert_string_equal(fake.method, "warranty.v1.WarrantyService/GetProduct");
    assert_string_equal(((Warranty__V1__GetProductRequest *)fake.message)->sku, "a/b:c");
    assert_string_equal(fake.key, "");
    assert_memory_equal(fake.traceparent, "00-" TRACE, 35);
    assert_true(has_member("\"name\":\"Br\xc3\xbchrer\""));
    assert_true(has_header("ETag: \"3\""));
    assert_true(has_header("Content-Type: application/json"));
    assert_true(has_header("X-Content-Type-Options: nosniff"));
    char wanted[80];
    snprintf(wanted, sizeof wanted, "traceparent: %s", fake.traceparent);
    assert_true(has_header(wanted));
}

static void
an_unchanged_version_is_304(void **state UNUSED)
{
    fake.response = prepare_product(3);
    assert_int_equal(ask("GET /v1/products/a", "If-None-Match: \"2\", W/\"3\"\r\n", NULL), 304);
    assert_string_equal(body_text(), "");
    assert_true(has_header("ETag: \"3\""));
    assert_int_equal(ask("GET /v1/products/a", "If-None-Match: \"2\"\r\n", NULL), 200);
}

static void
head_is_a_get_without_its_body(void **state UNUSED)
{
    fake.response = prepare_product(3);
    assert_int_equal(ask("HEAD /v1/products/a", "", NULL), 200);
    assert_string_equal(fake.method, "warranty.v1.WarrantyService/GetProduct");
    assert_string_equal(body_text(), "");
}

static void
query_parameters_become_fields(void **state UNUSED)
{
    assert_int_equal(
        ask_staff("GET /v1/claims?state=APPEALED&serial=a+b%26c&page_size=7&", "", NULL), 200);
    const Warranty__V1__ListClaimsRequest *req =
        (const Warranty__V1__ListClaimsRequest *)fake.message;
    assert_int_equal(req->state, WARRANTY__V1__CLAIM__STATE__APPEALED);
    assert_string_equal(req->serial, "a b&c");
    assert_int_equal(req->page_size, 7);
    assert_string_equal(body_text(), "{\"claims\":[],\"next_page_token\":\"\"}");
}

static void
bad_parameters_are_400_and_named(void **state UNUSED)
{
    static const struct {
        const char *line, *reason, *field;
    } bad[] = {
        {"GET /v1/claims?stat=X", "PARAMETER_UNKNOWN", "\"field\":\"stat\""},
        {"GET /v1/claims?serial=a&serial=b", "PARAMETER_REPEATED", "\"field\":\"serial\""},
        {"GET /v1/units/a/coverage?serial=a", "PARAMETER_REPEATED", "\"field\":\"serial\""},
        {"GET /v1/claims?serial=%ff", "PARAMETER_MALFORMED", ""},
        {"GET /v1/claims?serial=%00", "PARAMETER_MALFORMED", ""},
        {"GET /v1/claims?page_size=x", "PARAMETER_MALFORMED", "must be a whole number"},
        {"GET /v1/claims?state=NOWHERE", "PARAMETER_MALFORMED", "\"field\":\"state\""},
        {"GET /v1/units/a/coverage?at=2026-02-30", "PARAMETER_MALFORMED", "\"field\":\"at\""},
        {"GET /v1/units/%ff", "PATH_MALFORMED", ""},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(ask_staff(bad[i].line, "", NULL), 400);
        assert_true(has_member(bad[i].reason));
        assert_true(has_member(bad[i].field));
    }
    assert_int_equal(ask_staff("POST /v1/products?sku=a", "Idempotency-Key: k\r\n", "{}"), 400);
    EXPECT_REASON("PARAMETER_UNEXPECTED");
    assert_int_equal(fake.count, 0);
}

/* ---- changing ---- */

static void
a_creation_is_201_with_its_place(void **state UNUSED)
{
    prepare_product(1);
    fake.response = &create_res.base;
    assert_int_equal(
        ask_staff("POST /v1/products", "Idempotency-Key: \"k 1\"\r\n",
                  "{\"sku\":\"a/b:c\",\"name\":\"Br\xc3\xbchrer\",\"category\":\"x\"}"),
        201);
    assert_string_equal(fake.key, "k 1");
    assert_string_equal(((Warranty__V1__CreateProductRequest *)fake.message)->category, "x");
    assert_true(has_header("Location: /v1/products/a%2Fb%3Ac"));
    assert_true(has_header("ETag: \"1\""));
    assert_null(strstr(buf_text(&answer.in), "Idempotent-Replayed"));
    fake.reply.is_replayed = true;
    assert_int_equal(ask_staff("POST /v1/products", "Idempotency-Key: k\r\n", "{}"), 201);
    assert_true(has_header("Idempotent-Replayed: true"));
}

static void
a_changing_post_needs_a_key(void **state UNUSED)
{
    assert_int_equal(ask_staff("POST /v1/products", "", "{}"), 400);
    EXPECT_REASON("IDEMPOTENCY_KEY_MISSING");
    static const char *const bad[] = {"Idempotency-Key: a b\r\n", "Idempotency-Key: \"\"\r\n",
                                      "Idempotency-Key:\r\n",
                                      "Idempotency-Key: a\r\nIdempotency-Key: a\r\n"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(ask_staff("POST /v1/products", bad[i], "{}"), 400);
        EXPECT_REASON("IDEMPOTENCY_KEY_MALFORMED");
    }
    assert_int_equal(fake.count, 0);
}

static void
a_put_carries_the_version_and_needs_no_key(void **state UNUSED)
{
    prepare_product(8);
    fake.response = &update_res.base;
    const Warranty__V1__UpdateProductRequest *req;
    assert_int_equal(ask_staff("PUT /v1/products/a", "If-Match: \"7\"\r\n", "{\"name\":\"n\"}"),
                     200);
    req = (const Warranty__V1__UpdateProductRequest *)fake.message;
    assert_int_equal(req->expected_version, 7);
    assert_string_equal(req->sku, "a");
    assert_int_equal(strlen(fake.key), 32);
    assert_int_equal(ask_staff("PUT /v1/products/a", "If-Match: *\r\nIdempotency-Key: mine\r\n",
                               "{\"sku\":\"a\"}"),
                     200);
    req = (const Warranty__V1__UpdateProductRequest *)fake.message;
    assert_int_equal(req->expected_version, 0);
    assert_string_equal(fake.key, "mine");
}

static void
if_match_is_needed_well_formed_and_ours(void **state UNUSED)
{
    assert_int_equal(ask_staff("PUT /v1/products/a", "", "{}"), 428);
    EXPECT_REASON("IF_MATCH_MISSING");
    assert_int_equal(ask_staff("PUT /v1/products/a", "If-Match: 7\r\n", "{}"), 400);
    EXPECT_REASON("IF_MATCH_MALFORMED");
    assert_int_equal(ask_staff("PUT /v1/products/a", "If-Match: \"abc\"\r\n", "{}"), 412);
    EXPECT_REASON("VERSION_MISMATCH");
    assert_int_equal(
        ask_staff("POST /v1/products", "If-Match: \"7\"\r\nIdempotency-Key: k\r\n", "{}"), 400);
    EXPECT_REASON("IF_MATCH_UNEXPECTED");
    assert_int_equal(
        ask_staff("PUT /v1/products/a", "If-Match: \"7\"\r\n", "{\"expected_version\":6}"), 400);
    assert_int_equal(fake.count, 0);
}

static void
a_verb_takes_no_body_or_an_empty_one(void **state UNUSED)
{
    static const char line[] = "POST /v1/claims/" CLAIM_ID ":withdraw";
    fake.reply.fault.code = ERR_FAILED_PRECONDITION;
    assert_int_equal(ask_staff(line, "Idempotency-Key: k\r\n", NULL), 409);
    assert_int_equal(ask_staff(line, "Idempotency-Key: k\r\nIf-Match: \"2\"\r\n", "{}"), 409);
    const Warranty__V1__WithdrawClaimRequest *req =
        (const Warranty__V1__WithdrawClaimRequest *)fake.message;
    assert_string_equal(req->claim_id, CLAIM_ID);
    assert_int_equal(req->expected_version, 2);
    assert_int_equal(fake.count, 2);
}

static void
bad_bodies_are_refused_with_their_place(void **state UNUSED)
{
    assert_int_equal(
        ask_staff("POST /v1/products", "Idempotency-Key: k\r\n", "{\"sku\":\n \"a\",, }"), 400);
    assert_true(has_member("\"line\":2,\"column\":"));
    assert_int_equal(ask_staff("POST /v1/products", "Idempotency-Key: k\r\n", "{\"colour\":1}"),
                     400);
    assert_true(has_member("\"field\":\"colour\""));
    assert_int_equal(ask_staff("PUT /v1/products/a", "If-Match: *\r\n", "{\"sku\":\"b\"}"), 400);
    EXPECT_REASON("PATH_CONTRADICTED");
    assert_true(has_member("\"field\":\"sku\""));
    char all[3000];
    static const char *const types[] = {"", "Content-Type: text/plain\r\n",
                                        "Content-Type: application/jsonx\r\n",
                                        "Content-Type: application/json; charset=latin1\r\n"};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        snprintf(all, sizeof all, "%sIdempotency-Key: k\r\n%s", token, types[i]);
        assert_int_equal(ask("POST /v1/products", all, "{}"), 415);
    }
    assert_int_equal(ask_staff("GET /v1/units/a", "", "{}"), 400);
    EXPECT_REASON("BODY_UNEXPECTED");
    char large[5000];
    memset(large, ' ', sizeof large - 1);
    large[sizeof large - 1] = 0;
    assert_int_equal(ask_staff("POST /v1/products", "Idempotency-Key: k\r\n", large), 413);
    assert_int_equal(fake.count, 0);
}

static void
json_types_by_other_names_are_taken(void **state UNUSED)
{
    char all[3000];
    static const char *const types[] = {"application/json;charset=UTF-8",
                                        "Application/JSON; charset=\"utf-8\"",
                                        "application/problem+json"};
    prepare_product(1);
    fake.response = &create_res.base;
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        snprintf(all, sizeof all, "%sIdempotency-Key: k\r\nContent-Type: %s\r\n", token, types[i]);
        assert_int_equal(ask("POST /v1/products", all, "{}"), 201);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_get_becomes_its_message_and_its_answer_json),
        TEST(an_unchanged_version_is_304),
        TEST(head_is_a_get_without_its_body),
        TEST(query_parameters_become_fields),
        TEST(bad_parameters_are_400_and_named),
        TEST(a_creation_is_201_with_its_place),
        TEST(a_changing_post_needs_a_key),
        TEST(a_put_carries_the_version_and_needs_no_key),
        TEST(if_match_is_needed_well_formed_and_ours),
        TEST(a_verb_takes_no_body_or_an_empty_one),
        TEST(bad_bodies_are_refused_with_their_place),
        TEST(json_types_by_other_names_are_taken),
    };
    int failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
    buf_free(&answer.in);
    return failed;
}
