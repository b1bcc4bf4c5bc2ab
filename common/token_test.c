/* Tests of bearer tokens: what holds, and everything that must not. */
// SPDX-License-Identifier: Apache-2.0
#include "common/token_fixture.h"

/* ---- what holds ---- */

static void
a_good_token_becomes_a_sealed_principal(void **state UNUSED)
{
    struct principal opened;
    struct fault fault;
    expect_good(sign(good_header(), good_claims(), ec_key));
    assert_int_equal(principal_open(principal.packed, principal.packed_size_bytes, principal.mac,
                                    sizeof principal.mac, &opened, &fault),
                     OK);
    assert_int_equal(opened.kind, COMMON__V1__PRINCIPAL__KIND__TOKEN);
    assert_string_equal(opened.subject, "ann");
    assert_int_equal(opened.roles,
                     1U << COMMON__V1__ROLE__CUSTOMER | 1U << COMMON__V1__ROLE__PARTS_CLERK);
    assert_true(opened.expire_time_ms > clock_real_ms() + 500000);
}

static void
rs256_holds_under_an_rsa_key(void **state UNUSED)
{
    json_t *header = json_pack("{s:s, s:s}", "alg", "RS256", "kid", "rsa");
    expect_good(sign(header, good_claims(), rsa_key));
}

static void
the_type_may_be_absent_or_one_of_two(void **state UNUSED)
{
    expect_good(with_header("typ", NULL));
    expect_good(with_header("typ", json_string("JWT")));
    expect_good(with_header("typ", json_string("application/at+jwt")));
}

static void
one_of_several_audiences_is_enough(void **state UNUSED)
{
    expect_good(with_claim("aud", json_pack("[s,i,s]", "other", 1, "aftercare")));
}

static void
the_leeway_holds_on_both_ends_and_the_principal_outlives_the_call(void **state UNUSED)
{
    expect_good(with_claim("nbf", json_integer(now_s() + 30)));
    expect_good(with_claim("exp", json_integer(now_s() - 30)));
    assert_true(principal.expire_time_ms > clock_real_ms());
}

static void
unknown_roles_are_passed_over_and_system_is_never_given(void **state UNUSED)
{
    expect_good(
        with_claim("roles", json_pack("[s,s,s,s,i,n]", "agent", "emperor", "system", "AGENT", 3)));
    assert_int_equal(principal.roles, 1U << COMMON__V1__ROLE__AGENT);
    expect_good(with_claim("roles", NULL));
    assert_int_equal(principal.roles, 0);
    expect_good(with_claim("roles", json_string("agent")));
    assert_int_equal(principal.roles, 0);
}

static void
a_verified_token_is_remembered_until_it_is_forgotten(void **state UNUSED)
{
    const char *token = sign(good_header(), good_claims(), ec_key);
    assert_false(token_find(checker, arena, token, &principal));
    expect_good(token);
    memset(&principal, 0, sizeof principal);
    assert_true(token_find(checker, arena, token, &principal));
    assert_string_equal(principal.subject, "ann");
    assert_true(principal.packed_size_bytes > 0);
    assert_false(token_find(checker, arena, arena_printf(arena, "%sA", token), &principal));
    token_forget(checker);
    assert_false(token_find(checker, arena, token, &principal));
}

/* ---- what does not ---- */

static void
no_algorithm_and_the_wrong_one_are_refused(void **state UNUSED)
{
    static const char *const algorithms[] = {"none",  "None",  "HS256", "RS256",
                                             "ES384", "es256", ""};
    for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
        json_t *header = json_pack("{s:s, s:s}", "alg", algorithms[i], "kid", "ec");
        expect_refusal(unsigned_token(header, "AAAA"), "its algorithm is not the key's");
    }
    expect_refusal(unsigned_token(json_pack("{s:s}", "kid", "ec"), "AAAA"),
                   "its algorithm is not the key's");
    expect_refusal(unsigned_token(json_pack("{s:s, s:s}", "alg", "none", "kid", "ec"), ""),
                   "it is no compact JWS");
}

static void
a_public_key_is_no_hmac_secret(void **state UNUSED)
{
    /* The classic confusion: HS256 over the public modulus, naming the RSA key. */
    json_t *secret = json_pack("{s:s, s:O, s:s}", "kty", "oct", "k", json_object_get(rsa_key, "n"),
                               "alg", "HS256");
    json_t *header = json_pack("{s:s, s:s}", "alg", "HS256", "kid", "rsa");
    expect_refusal(sign(header, good_claims(), secret), "its algorithm is not the key's");
    json_decref(secret);
}

static void
times_are_kept(void **state UNUSED)
{
    expect_refusal(with_claim("exp", json_integer(now_s() - 61)), "it has ended");
    expect_refusal(with_claim("exp", NULL), "it does not say when it ends");
    expect_refusal(with_claim("exp", json_string("tomorrow")), "it does not say when it ends");
    expect_refusal(with_claim("exp", json_real(1e300)), "it does not say when it ends");
    expect_refusal(with_claim("exp", json_integer(-1)), "it does not say when it ends");
    expect_refusal(with_claim("nbf", json_integer(now_s() + 120)), "it has not begun");
    expect_refusal(with_claim("iat", json_integer(now_s() + 120)), "it has not begun");
    expect_refusal(with_claim("nbf", json_true()), "one of its times is none");
}

static void
issuer_audience_and_type_are_ours(void **state UNUSED)
{
    expect_refusal(with_claim("iss", json_string("Aftercare")), "its issuer is another one");
    expect_refusal(with_claim("iss", NULL), "its issuer is another one");
    expect_refusal(with_claim("aud", json_string("aftercare2")), "it is for somebody else");
    expect_refusal(with_claim("aud", json_pack("[s]", "other")), "it is for somebody else");
    expect_refusal(with_claim("aud", NULL), "it is for somebody else");
    expect_refusal(with_header("typ", json_string("logout+jwt")), "its type is another one");
    expect_refusal(with_header("typ", json_integer(1)), "its type is another one");
}

static void
a_subject_is_short_plain_and_not_reserved(void **state UNUSED)
{
    char text[300];
    memset(text, 's', sizeof text);
    text[255] = 0;
    expect_good(with_claim("sub", json_string(text)));
    text[255] = 's';
    text[256] = 0;
    expect_refusal(with_claim("sub", json_string(text)), "its subject is missing or too long");
    expect_refusal(with_claim("sub", json_string("")), "its subject is missing or too long");
    expect_refusal(with_claim("sub", NULL), "its subject is missing or too long");
    expect_refusal(with_claim("sub", json_integer(7)), "its subject is missing or too long");
    expect_refusal(with_claim("sub", json_string("system:warranty")), "its subject is reserved");
    expect_refusal(with_claim("sub", json_string("link:1")), "its subject is reserved");
    expect_refusal(with_claim("sub", json_string("anonymous")), "its subject is reserved");
}

static void
a_subject_hides_nothing_from_those_who_read_it(void **state UNUSED)
{
    static const char *const controls[] = {
        "a\nb", "a\x7f", "a\xc2\x85", "a\xc2\x80z", "\xc2\x9f", "a\xe2\x80\xa8z", "\xe2\x80\xa9"};
    static const char *const turns[] = {"a\xd8\x9cz",     "a\xe2\x80\x8e",  "\xe2\x80\x8fz",
                                        "a\xe2\x80\xaaz", "a\xe2\x80\xaez", "a\xe2\x81\xa6z",
                                        "\xe2\x81\xa9"};
    static const char *const plain[] = {"ann@shop.example", "auth0|5f7c8ec7", "Bj\xc3\xb6rn",
                                        "\xd8\xa7\xd8\xb9", "\xe2\x80\x93",   "\xe2\x81\x84"};
    for (size_t i = 0; i < COUNT_OF(controls); i++)
        expect_refusal(with_claim("sub", json_string(controls[i])),
                       "its subject has control characters");
    for (size_t i = 0; i < COUNT_OF(turns); i++)
        expect_refusal(with_claim("sub", json_string(turns[i])),
                       "its subject has characters that turn the direction of text");
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        expect_good(with_claim("sub", json_string(plain[i])));
}

static void
the_key_is_chosen_by_kid_alone(void **state UNUSED)
{
    expect_refusal(with_header("kid", json_string("nobody")), "its key is not known");
    expect_refusal(with_header("kid", NULL), "its key is not known");
    expect_refusal(with_header("kid", json_integer(1)), "its key is not known");
    expect_refusal(sign(good_header(), good_claims(), stranger_key), "its signature is wrong");
    /* A key that travels in the header is not looked at. */
    json_t *public_key = json_deep_copy(stranger_key);
    json_object_del(public_key, "d");
    json_t *header = good_header();
    json_object_set_new(header, "jwk", public_key);
    json_object_set_new(header, "jku", json_string("https://evil.example/jwks.json"));
    json_object_set_new(header, "x5u", json_string("https://evil.example/cert"));
    expect_refusal(sign(header, good_claims(), stranger_key), "its signature is wrong");
}

static void
extensions_are_refused(void **state UNUSED)
{
    expect_refusal(unsigned_token(json_pack("{s:s, s:s, s:[s], s:b}", "alg", "ES256", "kid", "ec",
                                            "crit", "b64", "b64", 0),
                                  "AAAA"),
                   "it asks for an extension");
}

static void
a_signature_that_is_cut_or_bent_is_wrong(void **state UNUSED)
{
    const char *token = sign(good_header(), good_claims(), ec_key);
    size_t size = strlen(token);
    for (size_t cut = 1; cut < 80; cut += 13)
        expect_refusal(arena_printf(arena, "%.*s", (int)(size - cut), token),
                       "its signature is wrong");
    char *bent = arena_copy_text(arena, token);
    bent[size - 10] = bent[size - 10] == 'A' ? 'B' : 'A';
    expect_refusal(bent, "its signature is wrong");
    const char *payload = strchr(token, '.') + 1;
    json_t *claims = good_claims();
    json_object_set_new(claims, "sub", json_string("bob"));
    json_t *other = jose_b64_enc_dump(claims);
    expect_refusal(arena_printf(arena, "%.*s%s%s", (int)(payload - token), token,
                                json_string_value(other), strchr(payload, '.')),
                   "its signature is wrong");
    json_decref(other);
    json_decref(claims);
}

static void
what_is_no_compact_jws_is_refused_before_any_work(void **state UNUSED)
{
    static const char *const bad[] = {"",          ".",       "..",     "...",    "a",
                                      "a.b",       "a.b.",    ".b.c",   "a..c",   "a.b.c.d",
                                      "a.b.c.d.e", "a b.c.d", "a=.b.c", "{}.{}.x"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect_refusal(bad[i], "it is no compact JWS");
    char *huge = arena_alloc(arena, 100 * 1024 + 1);
    memset(huge, 'A', 100 * 1024);
    expect_refusal(huge, "it is too long");
    expect_refusal("AAAA.AAAA.AAAA", "its parts are no JSON objects");
    expect_refusal("W10.e30.AAAA", "its parts are no JSON objects"); /* [] */
    expect_refusal("e30.e30.AAAA", "its key is not known");          /* {} */
    expect_refusal("eyJhIjoxLCJhIjoyfQ.e30.AAAA",
                   "its parts are no JSON objects"); /* {"a":1,"a":2} */
}

int
main(void)
{
    log_init("token_test", LOG_ERROR);
    const struct CMUnitTest tests[] = {
        TEST(a_good_token_becomes_a_sealed_principal),
        TEST(rs256_holds_under_an_rsa_key),
        TEST(the_type_may_be_absent_or_one_of_two),
        TEST(one_of_several_audiences_is_enough),
        TEST(the_leeway_holds_on_both_ends_and_the_principal_outlives_the_call),
        TEST(unknown_roles_are_passed_over_and_system_is_never_given),
        TEST(a_verified_token_is_remembered_until_it_is_forgotten),
        TEST(no_algorithm_and_the_wrong_one_are_refused),
        TEST(a_public_key_is_no_hmac_secret),
        TEST(times_are_kept),
        TEST(issuer_audience_and_type_are_ours),
        TEST(a_subject_is_short_plain_and_not_reserved),
        TEST(a_subject_hides_nothing_from_those_who_read_it),
        TEST(the_key_is_chosen_by_kid_alone),
        TEST(extensions_are_refused),
        TEST(a_signature_that_is_cut_or_bent_is_wrong),
        TEST(what_is_no_compact_jws_is_refused_before_any_work),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
