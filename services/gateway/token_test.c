/* Tests of bearer tokens: what holds, and everything that must not. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <jansson.h>
#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/jws.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/rng.h"
#include "common/v1/envelope.pb-c.h"
#include "common/v1/options.pb-c.h"
#include "token.h"

static const uint8_t installation_key[PRINCIPAL_KEY_SIZE] = {1, 2, 3};

static json_t *ec_key, *rsa_key, *stranger_key; /* private */
static struct arena *arena;
static struct jwks *jwks;
static struct token_checker *checker;
static struct principal principal;
static const char *why;

static json_t *
make_key(const char *algorithm, const char *kid)
{
    json_t *key = json_pack("{s:s}", "alg", algorithm);
    assert_true(jose_jwk_gen(NULL, key));
    json_object_set_new(key, "kid", json_string(kid));
    return key;
}

static int
group_setup(void **state UNUSED)
{
    rng_init();
    principal_init_key(installation_key);
    ec_key = make_key("ES256", "ec");
    rsa_key = make_key("RS256", "rsa");
    stranger_key = make_key("ES256", "ec");
    return 0;
}

static int
group_teardown(void **state UNUSED)
{
    json_decref(ec_key);
    json_decref(rsa_key);
    json_decref(stranger_key);
    return 0;
}

static void
open_keys(json_t *set)
{
    struct fault fault;
    char *text = json_dumps(set, 0);
    assert_int_equal(jwks_open_text(text, strlen(text), &jwks, &fault), OK);
    free(text);
    json_decref(set);
}

static int
setup(void **state UNUSED)
{
    const struct token_options options = {
        .issuer = "aftercare", .audience = "aftercare", .leeway_ms = 60000};
    arena = arena_new(ARENA_BUDGET_BYTES);
    /* The private keys: the table must not mind. */
    open_keys(json_pack("{s:[O,O]}", "keys", ec_key, rsa_key));
    checker = token_checker_new(&options, jwks);
    return 0;
}

static int
teardown(void **state UNUSED)
{
    token_checker_free(&checker);
    jwks_close(&jwks);
    arena_free(&arena);
    arena_deinit();
    return 0;
}

static int64_t
now_s(void)
{
    return clock_real_ms() / 1000;
}

static json_t *
good_claims(void)
{
    return json_pack("{s:s, s:s, s:s, s:[s,s], s:I, s:I, s:I}", "iss", "aftercare", "aud",
                     "aftercare", "sub", "ann", "roles", "customer", "parts_clerk", "iat",
                     (json_int_t)now_s(), "nbf", (json_int_t)now_s(), "exp",
                     (json_int_t)now_s() + 600);
}

static json_t *
good_header(void)
{
    return json_pack("{s:s, s:s, s:s}", "alg", "ES256", "kid", "ec", "typ", "at+jwt");
}

/* Signs, and takes both references. */
static const char *
sign(json_t *header, json_t *claims, const json_t *key)
{
    json_t *jws = json_pack("{s:o}", "payload", jose_b64_enc_dump(claims));
    json_t *signature = json_pack("{s:O}", "protected", header);
    assert_true(jose_jws_sig(NULL, jws, signature, key));
    const char *token =
        arena_printf(arena, "%s.%s.%s", json_string_value(json_object_get(jws, "protected")),
                     json_string_value(json_object_get(jws, "payload")),
                     json_string_value(json_object_get(jws, "signature")));
    json_decref(jws);
    json_decref(signature);
    json_decref(header);
    json_decref(claims);
    return token;
}

static void
expect_good(const char *token)
{
    why = NULL;
    if (token_verify(checker, arena, token, &principal, &why) != OK)
        fail_msg("refused: %s", why);
}

static void
expect_refusal(const char *token, const char *expected_why)
{
    assert_int_equal(token_verify(checker, arena, token, &principal, &why), ERR_UNAUTHENTICATED);
    assert_string_equal(why, expected_why);
    assert_false(token_find(checker, arena, token, &principal));
}

/* A good token but for one claim; a NULL value takes it away. */
static const char *
with_claim(const char *name, json_t *value)
{
    json_t *claims = good_claims();
    if (value != NULL)
        json_object_set_new(claims, name, value);
    else
        json_object_del(claims, name);
    return sign(good_header(), claims, ec_key);
}

static const char *
with_header(const char *name, json_t *value)
{
    json_t *header = good_header();
    if (value != NULL)
        json_object_set_new(header, name, value);
    else
        json_object_del(header, name);
    return sign(header, good_claims(), ec_key);
}

/* Header and claims as they are, with any text for a signature. */
static const char *
unsigned_token(json_t *header, const char *signature)
{
    json_t *claims = good_claims();
    json_t *head = jose_b64_enc_dump(header), *payload = jose_b64_enc_dump(claims);
    const char *token = arena_printf(arena, "%s.%s.%s", json_string_value(head),
                                     json_string_value(payload), signature);
    json_decref(head);
    json_decref(payload);
    json_decref(header);
    json_decref(claims);
    return token;
}

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

/* ---- keys ---- */

static void
keys_that_are_not_ours_are_passed_over(void **state UNUSED)
{
    json_t *small = json_pack("{s:s, s:i}", "alg", "RS256", "bits", 1024);
    json_t *p384 = make_key("ES384", "p384");
    json_t *nameless = json_deep_copy(ec_key);
    json_t *for_encryption = json_deep_copy(ec_key);
    json_t *other_algorithm = json_deep_copy(rsa_key);
    json_object_del(nameless, "kid");
    json_object_set_new(for_encryption, "kid", json_string("enc"));
    json_object_set_new(for_encryption, "use", json_string("enc"));
    json_object_set_new(other_algorithm, "kid", json_string("ps"));
    json_object_set_new(other_algorithm, "alg", json_string("PS256"));
    json_object_set_new(small, "kty", json_string("RSA"));
    json_object_set_new(small, "kid", json_string("small"));
    json_object_set_new(small, "n", json_string("wAAA"));
    jwks_close(&jwks);
    open_keys(json_pack("{s:[O,o,o,o,o,o,i]}", "keys", ec_key, small, p384, nameless,
                        for_encryption, other_algorithm, 7));
    assert_int_equal(jwks_count(jwks), 1);
    assert_string_equal(jwks_find(jwks, "ec")->algorithm, "ES256");
    assert_null(json_object_get(jwks_find(jwks, "ec")->jwk, "d"));
}

static void
a_set_without_keys_or_with_two_of_a_name_is_refused(void **state UNUSED)
{
    static const char *const bad[] = {
        "",           "{}", "[]", "{\"keys\":[]}", "{\"keys\":7}", "{\"keys\":[{\"kty\":\"EC\"}]}",
        "{\"keys\":["};
    struct jwks *none = NULL;
    struct fault fault;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(jwks_open_text(bad[i], strlen(bad[i]), &none, &fault),
                         ERR_INVALID_ARGUMENT);
    json_t *twins = json_pack("{s:[O,O]}", "keys", ec_key, stranger_key);
    char *text = json_dumps(twins, 0);
    assert_int_equal(jwks_open_text(text, strlen(text), &none, &fault), ERR_INVALID_ARGUMENT);
    assert_null(none);
    free(text);
    json_decref(twins);
    assert_int_equal(jwks_open("/nonexistent/jwks.json", &none, &fault), ERR_UNAVAILABLE);
}

static void
write_file(const char *path, json_t *set)
{
    /* As rotation should: beside it, then in its place. */
    char fresh[80];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    if (set != NULL) {
        assert_int_equal(json_dump_file(set, fresh, 0), 0);
    } else {
        FILE *file = fopen(fresh, "we");
        assert_non_null(file);
        fputs("{half a file", file);
        fclose(file);
    }
    assert_int_equal(rename(fresh, path), 0);
    json_decref(set);
}

static void
a_file_that_changes_is_read_again_and_a_bad_one_changes_nothing(void **state UNUSED)
{
    char path[] = "/tmp/token_test.XXXXXX";
    close(mkstemp(path));
    struct jwks *file;
    struct fault fault;
    write_file(path, json_pack("{s:[O]}", "keys", ec_key));
    assert_int_equal(jwks_open(path, &file, &fault), OK);
    assert_false(jwks_refresh(file));
    write_file(path, json_pack("{s:[O,O]}", "keys", ec_key, rsa_key));
    assert_true(jwks_refresh(file));
    assert_int_equal(jwks_count(file), 2);
    write_file(path, NULL);
    assert_false(jwks_refresh(file));
    assert_int_equal(jwks_count(file), 2);
    unlink(path);
    assert_false(jwks_refresh(file));
    assert_non_null(jwks_find(file, "rsa"));
    jwks_close(&file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
        TEST(keys_that_are_not_ours_are_passed_over),
        TEST(a_set_without_keys_or_with_two_of_a_name_is_refused),
        TEST(a_file_that_changes_is_read_again_and_a_bad_one_changes_nothing),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
