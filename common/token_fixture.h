/*
 * token_fixture - what the tests of tokens and of their keys share: keys, claims, signatures
 *
 * Included by tests only.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

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
#include "common/token.h"
#include "common/v1/envelope.pb-c.h"
#include "common/v1/options.pb-c.h"

static const uint8_t installation_key[PRINCIPAL_KEY_SIZE] = {1, 2, 3};

static json_t *ec_key, *rsa_key, *stranger_key; /* private */
static struct arena *arena;
static struct jwks *jwks;
static struct token_checker *checker;
static struct principal principal;
static const char *why;

static inline json_t *
make_key(const char *algorithm, const char *kid)
{
    json_t *key = json_pack("{s:s}", "alg", algorithm);
    assert_true(jose_jwk_gen(NULL, key));
    json_object_set_new(key, "kid", json_string(kid));
    return key;
}

static inline int
group_setup(void **state UNUSED)
{
    rng_init();
    principal_init_key(installation_key);
    ec_key = make_key("ES256", "ec");
    rsa_key = make_key("RS256", "rsa");
    stranger_key = make_key("ES256", "ec");
    return 0;
}

static inline int
group_teardown(void **state UNUSED)
{
    json_decref(ec_key);
    json_decref(rsa_key);
    json_decref(stranger_key);
    return 0;
}

static inline void
open_keys(json_t *set)
{
    struct fault fault;
    char *text = json_dumps(set, 0);
    assert_int_equal(jwks_open_text(text, strlen(text), &jwks, &fault), OK);
    free(text);
    json_decref(set);
}

static inline int
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

static inline int
teardown(void **state UNUSED)
{
    token_checker_free(&checker);
    jwks_close(&jwks);
    arena_free(&arena);
    arena_deinit();
    return 0;
}

static inline int64_t
now_s(void)
{
    return clock_real_ms() / 1000;
}

static inline json_t *
good_claims(void)
{
    return json_pack("{s:s, s:s, s:s, s:[s,s], s:I, s:I, s:I}", "iss", "aftercare", "aud",
                     "aftercare", "sub", "ann", "roles", "customer", "parts_clerk", "iat",
                     (json_int_t)now_s(), "nbf", (json_int_t)now_s(), "exp",
                     (json_int_t)now_s() + 600);
}

static inline json_t *
good_header(void)
{
    return json_pack("{s:s, s:s, s:s}", "alg", "ES256", "kid", "ec", "typ", "at+jwt");
}

/* Signs, and takes both references. */
static inline const char *
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

static inline void
expect_good(const char *token)
{
    why = NULL;
    if (token_verify(checker, arena, token, &principal, &why) != OK)
        fail_msg("refused: %s", why);
}

static inline void
expect_refusal(const char *token, const char *expected_why)
{
    assert_int_equal(token_verify(checker, arena, token, &principal, &why), ERR_UNAUTHENTICATED);
    assert_string_equal(why, expected_why);
    assert_false(token_find(checker, arena, token, &principal));
}

/* A good token but for one claim; a NULL value takes it away. */
static inline const char *
with_claim(const char *name, json_t *value)
{
    json_t *claims = good_claims();
    if (value != NULL)
        json_object_set_new(claims, name, value);
    else
        json_object_del(claims, name);
    return sign(good_header(), claims, ec_key);
}

static inline const char *
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
static inline const char *
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
