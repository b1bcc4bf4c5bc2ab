/*
 * link - packing, vouching, and the way back; nothing is believed before its MAC was checked
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/link.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/v1/envelope.pb-c.h"

enum { VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

static char *
encode(struct arena *arena, const uint8_t *bytes, size_t size_bytes)
{
    size_t text_size = sodium_base64_encoded_len(size_bytes, VARIANT);
    return sodium_bin2base64(arena_alloc(arena, text_size), text_size, bytes, size_bytes, VARIANT);
}

const char *
link_make(struct arena *arena, const char *id, const char *method, const char *resource,
          int64_t expire_time_ms)
{
    char *subject = arena_printf(arena, "link:%s", id);
    if (strlen(subject) >= CALL_SUBJECT_SIZE || strlen(method) >= CALL_LINK_SIZE ||
        strlen(resource) >= CALL_LINK_SIZE)
        return NULL;
    Common__V1__Principal principal = COMMON__V1__PRINCIPAL__INIT;
    principal.kind = COMMON__V1__PRINCIPAL__KIND__LINK;
    principal.subject = subject;
    principal.expire_time_ms = expire_time_ms;
    principal.link_method = arena_copy_text(arena, method);
    principal.link_resource = arena_copy_text(arena, resource);
    size_t size_bytes = common__v1__principal__get_packed_size(&principal);
    uint8_t *packed = arena_alloc(arena, size_bytes);
    common__v1__principal__pack(&principal, packed);
    uint8_t mac[PRINCIPAL_MAC_SIZE];
    principal_mac("link", packed, size_bytes, mac);
    return arena_printf(arena, "%s.%s", encode(arena, packed, size_bytes),
                        encode(arena, mac, sizeof mac));
}

static bool
decode(struct arena *arena, const char *text, size_t text_size, uint8_t **ret_bytes,
       size_t *ret_size_bytes)
{
    const char *end = NULL;
    *ret_bytes = arena_alloc(arena, text_size + 1);
    return sodium_base642bin(*ret_bytes, text_size + 1, text, text_size, NULL, ret_size_bytes, &end,
                             VARIANT) == 0 &&
           end == text + text_size;
}

static bool
is_vouched(struct arena *arena, const char *text, uint8_t **ret_packed, size_t *ret_size_bytes)
{
    const char *dot = strchr(text, '.');
    uint8_t *mac, expected[PRINCIPAL_MAC_SIZE];
    size_t mac_size_bytes;
    if (dot == NULL || strlen(text) > LINK_TEXT_SIZE_MAX ||
        !decode(arena, text, (size_t)(dot - text), ret_packed, ret_size_bytes) ||
        !decode(arena, dot + 1, strlen(dot + 1), &mac, &mac_size_bytes) ||
        mac_size_bytes != sizeof expected)
        return false;
    principal_mac("link", *ret_packed, *ret_size_bytes, expected);
    return sodium_memcmp(mac, expected, sizeof expected) == 0;
}

enum err
link_open(struct arena *arena, const char *text, struct principal *ret_principal,
          struct fault *ret_fault)
{
    uint8_t *packed;
    size_t size_bytes;
    Common__V1__Principal *principal = NULL;
    if (is_vouched(arena, text, &packed, &size_bytes))
        principal = common__v1__principal__unpack(arena_allocator(arena), size_bytes, packed);
    if (principal == NULL || principal->kind != COMMON__V1__PRINCIPAL__KIND__LINK)
        return fault_set(ret_fault, ERR_UNAUTHENTICATED, "LINK_INVALID", "the link does not hold");
    if (principal->expire_time_ms <= clock_real_ms())
        return fault_set(ret_fault, ERR_UNAUTHENTICATED, "LINK_EXPIRED", "the link has ended");
    memset(ret_principal, 0, sizeof *ret_principal);
    ret_principal->kind = (int)principal->kind;
    ret_principal->expire_time_ms = principal->expire_time_ms;
    snprintf(ret_principal->subject, sizeof ret_principal->subject, "%s", principal->subject);
    snprintf(ret_principal->link_method, sizeof ret_principal->link_method, "%s",
             principal->link_method);
    snprintf(ret_principal->link_resource, sizeof ret_principal->link_resource, "%s",
             principal->link_resource);
    return OK;
}
