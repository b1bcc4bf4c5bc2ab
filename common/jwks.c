/*
 * jwks - reading, choosing, and reading again
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/jwks.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <jose/b64.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/json.h"
#include "common/log.h"

enum { KEYS_MAX = 64, RSA_BYTES_MIN = 256, KID_SIZE_MAX = 255 };

struct jwks {
    char *path; /* NULL: from memory */
    struct stat seen;
    struct jwks_key keys[KEYS_MAX];
    size_t count;
};

static const char *
get_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static bool
is_text(const json_t *object, const char *name, const char *wanted)
{
    const char *text = get_text(object, name);
    return text != NULL && strcmp(text, wanted) == 0;
}

/* The only algorithm this key is for; NULL: none of ours. */
static const char *
choose_algorithm(const json_t *jwk)
{
    const char *algorithm = NULL;
    if (is_text(jwk, "kty", "EC") && is_text(jwk, "crv", "P-256"))
        algorithm = "ES256";
    else if (is_text(jwk, "kty", "RSA")) {
        size_t size_bytes = jose_b64_dec(json_object_get(jwk, "n"), NULL, 0);
        if (size_bytes != SIZE_MAX && size_bytes >= RSA_BYTES_MIN)
            algorithm = "RS256";
    }
    if (algorithm == NULL ||
        (json_object_get(jwk, "alg") != NULL && !is_text(jwk, "alg", algorithm)) ||
        (json_object_get(jwk, "use") != NULL && !is_text(jwk, "use", "sig")))
        return NULL;
    return algorithm;
}

/* A copy that holds what checking needs, and nothing of a private key that somebody put there by
 * mistake. */
static json_t *
copy_public(const json_t *jwk, const char *algorithm)
{
    static const char *const members[] = {"kty", "crv", "x", "y", "n", "e"};
    json_t *copy = json_object();
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const char *text = get_text(jwk, members[i]);
        if (text != NULL)
            json_object_set_new(copy, members[i], json_string(text));
    }
    json_object_set_new(copy, "alg", json_string(algorithm));
    return copy;
}

static void
drop_keys(struct jwks *jwks)
{
    for (size_t i = 0; i < jwks->count; i++) {
        mem_free(jwks->keys[i].kid);
        json_decref(jwks->keys[i].jwk);
    }
    jwks->count = 0;
}

static enum err
take_key(struct jwks *jwks, const json_t *jwk, struct fault *ret_fault)
{
    const char *kid = get_text(jwk, "kid");
    const char *algorithm = choose_algorithm(jwk);
    if (kid == NULL || kid[0] == 0 || strlen(kid) > KID_SIZE_MAX || algorithm == NULL)
        return OK; /* not for us */
    if (jwks_find(jwks, kid) != NULL)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "JWKS_MALFORMED",
                         "two keys have the kid \"%.60s\"", kid);
    if (jwks->count == KEYS_MAX)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "JWKS_MALFORMED",
                         "there are more than %d keys", KEYS_MAX);
    jwks->keys[jwks->count++] = (struct jwks_key){
        .kid = mem_copy_text(kid), .algorithm = algorithm, .jwk = copy_public(jwk, algorithm)};
    return OK;
}

/* Fills an empty set; on a refusal it is empty again. */
static enum err
take_keys(struct jwks *jwks, const char *text, size_t size_bytes, struct fault *ret_fault)
{
    json_t *json;
    enum err err = json_parse(text, size_bytes, &json, ret_fault);
    if (err != OK)
        return err;
    size_t i;
    json_t *jwk;
    json_array_foreach(json_object_get(json, "keys"), i, jwk)
    {
        err = take_key(jwks, jwk, ret_fault);
        if (err != OK)
            break;
    }
    json_decref(json);
    if (err == OK && jwks->count == 0)
        err = fault_set(ret_fault, ERR_INVALID_ARGUMENT, "JWKS_MALFORMED",
                        "\"keys\" holds no P-256 or RSA key with a kid");
    if (err != OK)
        drop_keys(jwks);
    return err;
}

/* Reads the whole file. False: errno says why. */
static bool
read_file(const char *path, char *ret_text, size_t *ret_size_bytes, struct stat *ret_seen)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t size_bytes = 0;
    ssize_t got = fstat(fd, ret_seen);
    while (got >= 0 && size_bytes < JSON_SIZE_BYTES_MAX) {
        got = read(fd, ret_text + size_bytes, JSON_SIZE_BYTES_MAX - size_bytes);
        if (got <= 0)
            break;
        size_bytes += (size_t)got;
    }
    close(fd);
    *ret_size_bytes = size_bytes;
    return got >= 0;
}

static enum err
read_keys(struct jwks *jwks, struct fault *ret_fault)
{
    char *text = mem_alloc(JSON_SIZE_BYTES_MAX);
    size_t size_bytes;
    enum err err;
    if (read_file(jwks->path, text, &size_bytes, &jwks->seen))
        err = take_keys(jwks, text, size_bytes, ret_fault);
    else
        err = fault_set(ret_fault, ERR_UNAVAILABLE, "JWKS_UNREADABLE", "%s", strerror(errno));
    mem_free(text);
    return err;
}

enum err
jwks_open(const char *path, struct jwks **ret_jwks, struct fault *ret_fault)
{
    struct jwks *jwks = mem_alloc(sizeof *jwks);
    jwks->path = mem_copy_text(path);
    enum err err = read_keys(jwks, ret_fault);
    if (err == OK)
        *ret_jwks = jwks;
    else
        jwks_close(&jwks);
    return err;
}

enum err
jwks_open_text(const char *text, size_t size_bytes, struct jwks **ret_jwks, struct fault *ret_fault)
{
    struct jwks *jwks = mem_alloc(sizeof *jwks);
    enum err err = take_keys(jwks, text, size_bytes, ret_fault);
    if (err == OK)
        *ret_jwks = jwks;
    else
        jwks_close(&jwks);
    return err;
}

void
jwks_close(struct jwks **jwks)
{
    struct jwks *j = *jwks;
    *jwks = NULL;
    if (j == NULL)
        return;
    drop_keys(j);
    mem_free(j->path);
    mem_free(j);
}

const struct jwks_key *
jwks_find(const struct jwks *jwks, const char *kid)
{
    for (size_t i = 0; i < jwks->count; i++) {
        if (strcmp(jwks->keys[i].kid, kid) == 0)
            return &jwks->keys[i];
    }
    return NULL;
}

size_t
jwks_count(const struct jwks *jwks)
{
    return jwks->count;
}

static bool
is_changed(const struct jwks *jwks)
{
    struct stat now;
    if (jwks->path == NULL || stat(jwks->path, &now) != 0)
        return false;
    return now.st_mtim.tv_sec != jwks->seen.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != jwks->seen.st_mtim.tv_nsec || now.st_size != jwks->seen.st_size ||
           now.st_ino != jwks->seen.st_ino;
}

bool
jwks_refresh(struct jwks *jwks)
{
    if (!is_changed(jwks))
        return false;
    struct jwks fresh = {.path = jwks->path};
    struct fault fault;
    enum err err = read_keys(&fresh, &fault);
    jwks->seen = fresh.seen; /* a bad file is complained of once */
    struct log_line *line = log_begin(err == OK ? LOG_INFO : LOG_WARN,
                                      err == OK ? "keys read again" : "keys not read again");
    log_text(line, "path", jwks->path);
    if (err != OK)
        log_text(line, "detail", fault.message);
    log_end(line);
    if (err != OK)
        return false;
    drop_keys(jwks);
    *jwks = fresh;
    return true;
}
