/*
 * token - cut, header, claims, signature; in that order, since the last one is dear
 *
 * Claims are read before the signature just to refuse early; nothing of a token is used unless all
 * four hold.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/token.h"

#include <jansson.h>
#include <jose/b64.h>
#include <jose/jws.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/contract.h"
#include "common/contract_text.h"
#include "common/json.h"
#include "common/stat.h"
#include "common/token_cache.h"
#include "common/v1/envelope.pb-c.h"

/* 9999-12-31T23:59:59Z: later times are nonsense, and would overflow in milliseconds. */
#define TIME_S_MAX 253402300799.0

STAT(hits, "token.cache.hit", STAT_COUNTER, "", "Tokens known from before.");
STAT(signatures, "token.signature.check", STAT_COUNTER, "", "Signatures computed.");
STAT(refusals, "token.check.refuse", STAT_COUNTER, "", "Tokens that did not hold.");

struct token_checker {
    struct token_options options;
    const struct jwks *jwks;
    jose_cfg_t *jose;
    struct token_cache *cache;
};

/* A token on its way through the checks. */
struct check {
    const struct token_checker *checker;
    struct arena *arena;
    const char *parts[3]; /* header, payload, signature, in base64url */
    size_t sizes[3];
    const struct jwks_key *key;
    int64_t now_ms;
    struct principal *principal;
};

/* The library would write to stderr, in a form of its own. */
static void
on_jose_error(void *context UNUSED, const char *file UNUSED, int line UNUSED, uint64_t error UNUSED,
              const char *format UNUSED, va_list args UNUSED)
{
}

struct token_checker *
token_checker_new(const struct token_options *options, const struct jwks *jwks)
{
    struct token_checker *checker = mem_alloc(sizeof *checker);
    checker->options = *options;
    checker->jwks = jwks;
    checker->jose = jose_cfg();
    CHECK(checker->jose != NULL);
    jose_cfg_set_err_func(checker->jose, on_jose_error, NULL);
    checker->cache = token_cache_new(TOKEN_CACHE_COUNT);
    return checker;
}

void
token_checker_free(struct token_checker **checker)
{
    struct token_checker *c = *checker;
    *checker = NULL;
    if (c == NULL)
        return;
    token_cache_free(&c->cache);
    jose_cfg_decref(c->jose);
    mem_free(c);
}

void
token_forget(struct token_checker *checker)
{
    token_cache_clear(checker->cache);
}

static void
digest_token(const char *token, uint8_t *ret_digest)
{
    (void)crypto_generichash(ret_digest, TOKEN_DIGEST_SIZE, (const unsigned char *)token,
                             strlen(token), NULL, 0);
}

bool
token_find(struct token_checker *checker, struct arena *arena, const char *token,
           struct principal *ret_principal)
{
    uint8_t digest[TOKEN_DIGEST_SIZE];
    digest_token(token, digest);
    bool is_found = token_cache_get(checker->cache, arena, digest, clock_real_ms(), ret_principal);
    hits.value += is_found;
    return is_found;
}

/* ---- the steps: each answers NULL, or why the token does not hold ---- */

static const char *
cut_parts(struct check *check, const char *token)
{
    if (strnlen(token, TOKEN_SIZE_MAX + 1) > TOKEN_SIZE_MAX)
        return "it is too long";
    for (size_t i = 0; i < 3; i++) {
        check->parts[i] = token;
        check->sizes[i] = strspn(token, JOSE_B64_MAP);
        token += check->sizes[i];
        if (check->sizes[i] == 0 || *token != (i < 2 ? '.' : 0))
            return "it is no compact JWS";
        token++;
    }
    return NULL;
}

/* A part as a JSON object; NULL if it is none. json_decref. */
static json_t *
read_part(const struct check *check, size_t part)
{
    size_t size_bytes = jose_b64_dec_buf(NULL, check->sizes[part], NULL, 0);
    json_t *json = NULL;
    struct fault fault;
    if (size_bytes == SIZE_MAX)
        return NULL;
    char *text = arena_alloc(check->arena, size_bytes + 1);
    if (jose_b64_dec_buf(check->parts[part], check->sizes[part], text, size_bytes) != size_bytes ||
        json_parse(text, size_bytes, &json, &fault) != OK)
        return NULL;
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

static bool
is_known_type(const json_t *type)
{
    static const char *const known[] = {"JWT", "at+jwt", "application/at+jwt"};
    const char *text = json_string_value(type);
    for (size_t i = 0; text != NULL && i < COUNT_OF(known); i++) {
        if (strcasecmp(text, known[i]) == 0)
            return true;
    }
    return type == NULL;
}

static const char *
check_header(struct check *check, const json_t *header)
{
    const char *kid = json_string_value(json_object_get(header, "kid"));
    const char *algorithm = json_string_value(json_object_get(header, "alg"));
    if (json_object_get(header, "crit") != NULL || json_object_get(header, "b64") != NULL)
        return "it asks for an extension";
    if (!is_known_type(json_object_get(header, "typ")))
        return "its type is another one";
    check->key = kid != NULL ? jwks_find(check->checker->jwks, kid) : NULL;
    if (check->key == NULL)
        return "its key is not known";
    if (algorithm == NULL || strcmp(algorithm, check->key->algorithm) != 0)
        return "its algorithm is not the key's";
    return NULL;
}

/* A NumericDate in milliseconds. `fallback` where it is absent; false where it is no time. */
static bool
read_time(const json_t *claims, const char *name, int64_t fallback_ms, int64_t *ret_ms)
{
    const json_t *value = json_object_get(claims, name);
    double seconds = json_number_value(value);
    *ret_ms = fallback_ms;
    if (value == NULL)
        return true;
    if (!json_is_number(value) || !(seconds >= 0 && seconds <= TIME_S_MAX))
        return false;
    *ret_ms = (int64_t)(seconds * 1000);
    return true;
}

static const char *
check_times(struct check *check, const json_t *claims)
{
    int64_t leeway_ms = check->checker->options.leeway_ms;
    int64_t end_ms, start_ms, issue_ms;
    if (!read_time(claims, "exp", -1, &end_ms) || end_ms < 0)
        return "it does not say when it ends";
    if (!read_time(claims, "nbf", 0, &start_ms) || !read_time(claims, "iat", 0, &issue_ms))
        return "one of its times is none";
    if (end_ms + leeway_ms <= check->now_ms)
        return "it has ended";
    if (start_ms - leeway_ms > check->now_ms || issue_ms - leeway_ms > check->now_ms)
        return "it has not begun";
    /* Within the leeway the principal must outlive the call. */
    check->principal->expire_time_ms = end_ms > check->now_ms ? end_ms : end_ms + leeway_ms;
    return NULL;
}

static bool
is_for(const json_t *audience, const char *wanted)
{
    size_t i;
    const json_t *element;
    const char *text = json_string_value(audience);
    if (text != NULL)
        return strcmp(text, wanted) == 0;
    json_array_foreach(audience, i, element)
    {
        text = json_string_value(element);
        if (text != NULL && strcmp(text, wanted) == 0)
            return true;
    }
    return false;
}

/* Characters that turn the direction of what stands around them (Unicode: Bidi_Control). A subject
 * is shown to staff and logged: it must not make other text look like something else. `text` is
 * UTF-8. */
static bool
has_direction_control(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    for (; *c != 0; c++) {
        if (c[0] == 0xd8 && c[1] == 0x9c) /* U+061C */
            return true;
        if (c[0] != 0xe2)
            continue;
        if (c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xaa && c[2] <= 0xae)))
            return true; /* U+200E, U+200F, U+202A to U+202E */
        if (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9)
            return true; /* U+2066 to U+2069 */
    }
    return false;
}

/* Subjects that this installation gives to what is no token's holder. */
static bool
is_reserved(const char *subject)
{
    return strncmp(subject, "system:", 7) == 0 || strncmp(subject, "link:", 5) == 0 ||
           strcmp(subject, "anonymous") == 0;
}

static const char *
check_subject(struct check *check, const json_t *claims)
{
    const char *subject = json_string_value(json_object_get(claims, "sub"));
    if (subject == NULL || subject[0] == 0 || strlen(subject) >= sizeof check->principal->subject)
        return "its subject is missing or too long";
    if (!text_has_format(subject, strlen(subject), CONTRACT_LINE))
        return "its subject has control characters";
    if (has_direction_control(subject))
        return "its subject has characters that turn the direction of text";
    if (is_reserved(subject))
        return "its subject is reserved";
    memcpy(check->principal->subject, subject, strlen(subject) + 1);
    return NULL;
}

static const char *
check_claims(struct check *check, const json_t *claims)
{
    const struct token_options *options = &check->checker->options;
    const char *issuer = json_string_value(json_object_get(claims, "iss"));
    if (issuer == NULL || strcmp(issuer, options->issuer) != 0)
        return "its issuer is another one";
    if (!is_for(json_object_get(claims, "aud"), options->audience))
        return "it is for somebody else";
    const char *why = check_times(check, claims);
    if (why == NULL)
        why = check_subject(check, claims);
    size_t i;
    const json_t *role;
    json_array_foreach(json_object_get(claims, "roles"), i, role)
    {
        const char *code = json_string_value(role);
        if (code != NULL)
            check->principal->roles |= contract_role_bit(code);
    }
    return why;
}

static const char *
check_signature(struct check *check)
{
    json_t *jws = json_object();
    static const char *const names[] = {"protected", "payload", "signature"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        json_object_set_new(jws, names[i], json_stringn(check->parts[i], check->sizes[i]));
    signatures.value++;
    bool is_good = jose_jws_ver(check->checker->jose, jws, NULL, check->key->jwk, false);
    json_decref(jws);
    return is_good ? NULL : "its signature is wrong";
}

static const char *
check_token(struct check *check, const char *token)
{
    const char *why = cut_parts(check, token);
    if (why != NULL)
        return why;
    json_t *header = read_part(check, 0);
    json_t *claims = read_part(check, 1);
    why = header == NULL || claims == NULL ? "its parts are no JSON objects"
                                           : check_header(check, header);
    if (why == NULL)
        why = check_claims(check, claims);
    json_decref(header);
    json_decref(claims);
    return why != NULL ? why : check_signature(check);
}

enum err
token_verify(struct token_checker *checker, struct arena *arena, const char *token,
             struct principal *ret_principal, const char **ret_why)
{
    memset(ret_principal, 0, sizeof *ret_principal);
    ret_principal->kind = COMMON__V1__PRINCIPAL__KIND__TOKEN;
    struct check check = {
        .checker = checker, .arena = arena, .now_ms = clock_real_ms(), .principal = ret_principal};
    *ret_why = check_token(&check, token);
    if (*ret_why != NULL) {
        refusals.value++;
        return ERR_UNAUTHENTICATED;
    }
    uint8_t digest[TOKEN_DIGEST_SIZE];
    digest_token(token, digest);
    principal_seal(ret_principal, arena);
    token_cache_put(checker->cache, digest, ret_principal);
    return OK;
}
