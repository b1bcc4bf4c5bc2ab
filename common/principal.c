/*
 * principal - HMAC-SHA-256 under the installation key, by libsodium
 *
 * The key is read once and kept for the life of the process. What is authenticated: the packed
 * principal itself (its first byte is a protobuf tag, 0x08), or "<purpose>" NUL bytes (its first
 * byte is a letter), so one can never pass for the other.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/principal.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/v1/envelope.pb-c.h"

enum { SYSTEM_LIFE_MS = 60000, KEY_TEXT_SIZE = PRINCIPAL_KEY_SIZE * 2, CONTACT_SIZE = 512 };

_Static_assert(PRINCIPAL_KEY_SIZE == crypto_auth_hmacsha256_KEYBYTES, "the key fits libsodium");
_Static_assert(PRINCIPAL_MAC_SIZE == crypto_auth_hmacsha256_BYTES, "the MAC fits libsodium");

/* With the key taken in: each MAC begins with a copy, half of the work for short texts. */
static crypto_auth_hmacsha256_state keyed_state;
static bool has_key;

/* ---- the key ---- */

NO_RETURN static void
refuse_key(const char *path, const char *why)
{
    fprintf(stderr, "installation key %s: %s\n", path, why);
    exit(2);
}

void
principal_init(const char *key_path)
{
    /* One character more than the key and a line end, to see whether there is more. */
    char text[KEY_TEXT_SIZE + 3] = {0};
    int fd = open(key_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        refuse_key(key_path, strerror(errno));
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    uint8_t key[PRINCIPAL_KEY_SIZE];
    size_t key_size = 0;
    const char *end = text;
    if (size < KEY_TEXT_SIZE ||
        sodium_hex2bin(key, sizeof key, text, KEY_TEXT_SIZE, NULL, &key_size, &end) != 0 ||
        key_size != sizeof key || end[strspn(end, "\r\n")] != 0)
        refuse_key(key_path, "must hold 64 hexadecimal digits and nothing else");
    principal_init_key(key);
    sodium_memzero(text, sizeof text);
    sodium_memzero(key, sizeof key);
}

void
principal_init_key(const uint8_t key[PRINCIPAL_KEY_SIZE])
{
    crypto_auth_hmacsha256_init(&keyed_state, key, PRINCIPAL_KEY_SIZE);
    has_key = true;
}

/* The MAC of "<purpose>" NUL bytes; a NULL purpose leaves the bytes alone. */
static void
make_mac(const char *purpose, const void *bytes, size_t size_bytes,
         uint8_t ret_mac[PRINCIPAL_MAC_SIZE])
{
    CHECK(has_key);
    crypto_auth_hmacsha256_state state = keyed_state;
    if (purpose != NULL)
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
    crypto_auth_hmacsha256_update(&state, bytes, size_bytes);
    crypto_auth_hmacsha256_final(&state, ret_mac);
    sodium_memzero(&state, sizeof state);
}

void
principal_mac(const char *purpose, const void *bytes, size_t size_bytes,
              uint8_t ret_mac[PRINCIPAL_MAC_SIZE])
{
    CHECK(isalpha((unsigned char)purpose[0]));
    make_mac(purpose, bytes, size_bytes, ret_mac);
}

/* ---- principals ---- */

void
principal_seal(struct principal *principal, struct arena *arena)
{
    Common__V1__Principal message = COMMON__V1__PRINCIPAL__INIT;
    Common__V1__Role roles[32];
    message.kind = (Common__V1__Principal__Kind)principal->kind;
    message.subject = principal->subject;
    message.roles = roles;
    for (unsigned role = 0; role < 32; role++) {
        if (principal->roles & 1u << role)
            roles[message.n_roles++] = (Common__V1__Role)role;
    }
    message.expire_time_ms = principal->expire_time_ms;
    message.link_method = principal->link_method;
    message.link_resource = principal->link_resource;
    /* A kind is always there, so the packed form is never empty and begins with its tag. */
    CHECK(principal->kind != COMMON__V1__PRINCIPAL__KIND__KIND_UNSPECIFIED);
    size_t size_bytes = common__v1__principal__get_packed_size(&message);
    uint8_t *packed = arena_alloc(arena, size_bytes);
    common__v1__principal__pack(&message, packed);
    principal->packed = packed;
    principal->packed_size_bytes = size_bytes;
    make_mac(NULL, packed, size_bytes, principal->mac);
}

/* False: a text is longer than we keep. */
static bool
copy_members(const Common__V1__Principal *message, struct principal *principal)
{
    if (strlen(message->subject) >= sizeof principal->subject ||
        strlen(message->link_method) >= sizeof principal->link_method ||
        strlen(message->link_resource) >= sizeof principal->link_resource)
        return false;
    *principal =
        (struct principal){.kind = (int)message->kind, .expire_time_ms = message->expire_time_ms};
    memcpy(principal->subject, message->subject, strlen(message->subject) + 1);
    memcpy(principal->link_method, message->link_method, strlen(message->link_method) + 1);
    memcpy(principal->link_resource, message->link_resource, strlen(message->link_resource) + 1);
    for (size_t i = 0; i < message->n_roles; i++) {
        if ((unsigned)message->roles[i] < 32)
            principal->roles |= 1u << (unsigned)message->roles[i];
    }
    return true;
}

static enum err
refuse_forged(struct fault *fault)
{
    return fault_set(fault, ERR_UNAUTHENTICATED, "PRINCIPAL_FORGED",
                     "the principal is not vouched for");
}

enum err
principal_open(const uint8_t *packed, size_t packed_size_bytes, const uint8_t *mac,
               size_t mac_size_bytes, struct principal *ret_principal, struct fault *ret_fault)
{
    uint8_t right_mac[PRINCIPAL_MAC_SIZE];
    make_mac(NULL, packed, packed_size_bytes, right_mac);
    if (mac_size_bytes != sizeof right_mac || sodium_memcmp(mac, right_mac, sizeof right_mac) != 0)
        return refuse_forged(ret_fault);
    Common__V1__Principal *message = common__v1__principal__unpack(NULL, packed_size_bytes, packed);
    bool is_good = message != NULL &&
                   message->kind != COMMON__V1__PRINCIPAL__KIND__KIND_UNSPECIFIED &&
                   copy_members(message, ret_principal);
    common__v1__principal__free_unpacked(message, NULL);
    if (!is_good)
        return refuse_forged(ret_fault);
    if (ret_principal->expire_time_ms <= clock_real_ms())
        return fault_set(ret_fault, ERR_UNAUTHENTICATED, "PRINCIPAL_EXPIRED",
                         "the principal has ended");
    ret_principal->packed = packed;
    ret_principal->packed_size_bytes = packed_size_bytes;
    memcpy(ret_principal->mac, right_mac, sizeof right_mac);
    return OK;
}

void
principal_make_system(const char *service, struct principal *ret_principal, struct arena *arena)
{
    *ret_principal = (struct principal){
        .kind = COMMON__V1__PRINCIPAL__KIND__DAEMON,
        .roles = 1u << COMMON__V1__ROLE__SYSTEM,
        .expire_time_ms = clock_real_ms() + SYSTEM_LIFE_MS,
    };
    snprintf(ret_principal->subject, sizeof ret_principal->subject, "system:%s", service);
    principal_seal(ret_principal, arena);
}

/* ---- pseudonyms ---- */

static bool
is_daemon(const char *kind, const char *text)
{
    return strcmp(kind, "subject") == 0 && strncmp(text, "system:", 7) == 0;
}

void
principal_pseudonym(const char *kind, const char *text, char *ret_text)
{
    if (text[0] == 0 || is_daemon(kind, text)) {
        snprintf(ret_text, PRINCIPAL_PSEUDONYM_SIZE, "%s", text);
        return;
    }
    uint8_t mac[PRINCIPAL_MAC_SIZE];
    principal_mac(kind, text, strlen(text), mac);
    memcpy(ret_text, "p-", 2);
    sodium_bin2hex(ret_text + 2, PRINCIPAL_PSEUDONYM_SIZE - 2, mac, 16);
}

/* Without the blanks around it, in lower case. ASCII only: the domain of an address has no other
 * letters, and its local part is better left alone than changed wrongly. */
static void
normalise_email(const char *email, char ret_text[CONTACT_SIZE])
{
    while (isspace((unsigned char)*email))
        email++;
    size_t size = strlen(email);
    while (size > 0 && isspace((unsigned char)email[size - 1]))
        size--;
    if (size >= CONTACT_SIZE)
        size = CONTACT_SIZE - 1;
    for (size_t i = 0; i < size; i++)
        ret_text[i] = (char)tolower((unsigned char)email[i]);
    ret_text[size] = 0;
}

static void
normalise_phone(const char *phone, char ret_text[CONTACT_SIZE])
{
    size_t size = 0;
    for (; *phone != 0 && size < CONTACT_SIZE - 1; phone++) {
        if (isdigit((unsigned char)*phone) || (*phone == '+' && size == 0))
            ret_text[size++] = *phone;
    }
    ret_text[size] = 0;
}

void
principal_person(const char *email, const char *phone, const char *subject, char *ret_text)
{
    char text[CONTACT_SIZE];
    normalise_email(email, text);
    if (text[0] != 0) {
        principal_pseudonym("email", text, ret_text);
        return;
    }
    normalise_phone(phone, text);
    if (text[0] != 0)
        principal_pseudonym("phone", text, ret_text);
    else
        principal_pseudonym("subject", subject, ret_text);
}
