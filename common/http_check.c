/*
 * http_check - what libmicrohttpd lets through and a careful server must not
 *
 * Two parsers that read one message differently are how requests are smuggled (RFC 9112, 11.2), so
 * a message that could be read in two ways is refused, not repaired. Pure: looks at text, keeps
 * counts, says what is wrong.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_private.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { HOST_SIZE_MAX = 255, PORT_DIGITS_MAX = 5 };

static bool
is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_token(const char *text, size_t size_bytes)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < size_bytes; i++) {
        if (!is_alnum(text[i]) && (text[i] == 0 || strchr(others, text[i]) == NULL))
            return false;
    }
    return size_bytes > 0;
}

/* Tabs are white space; every other control character, NUL among them, is refused. */
static bool
has_control(const char *text, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static bool
is_named(const char *name, size_t size_bytes, const char *wanted)
{
    return size_bytes == strlen(wanted) && strncasecmp(name, wanted, size_bytes) == 0;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void
trim(const char **text, size_t *size_bytes)
{
    while (*size_bytes > 0 && is_blank((*text)[*size_bytes - 1]))
        (*size_bytes)--;
    while (*size_bytes > 0 && is_blank(**text)) {
        (*text)++;
        (*size_bytes)--;
    }
}

static bool
read_length(const char *text, size_t size_bytes, uint64_t *ret_length_bytes)
{
    uint64_t length_bytes = 0;
    if (size_bytes == 0 || size_bytes > 18)
        return false;
    for (size_t i = 0; i < size_bytes; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        length_bytes = length_bytes * 10 + (uint64_t)(text[i] - '0');
    }
    *ret_length_bytes = length_bytes;
    return true;
}

/* ---- hosts: RFC 9110, 7.2, and RFC 3986, 3.2.2 ---- */

static bool
is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A reg-name; every IPv4 address is one too. RFC 3986 allows an empty one, "http" does not. */
static bool
is_name(const char *text, size_t size_bytes)
{
    static const char others[] = "-._~!$&'()*+,;=";
    for (size_t i = 0; i < size_bytes; i++) {
        if (text[i] == '%') {
            if (size_bytes - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))
                return false;
            i += 2;
        } else if (!is_alnum(text[i]) && (text[i] == 0 || strchr(others, text[i]) == NULL)) {
            return false;
        }
    }
    return size_bytes > 0 && size_bytes <= HOST_SIZE_MAX;
}

/* IPv6 in brackets. The forms that RFC 3986 keeps for the future have none yet. */
static bool
is_bracketed(const char *text, size_t size_bytes)
{
    char inner[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (size_bytes < 2 || size_bytes - 2 >= sizeof inner || text[size_bytes - 1] != ']')
        return false;
    memcpy(inner, text + 1, size_bytes - 2);
    inner[size_bytes - 2] = 0;
    return strlen(inner) == size_bytes - 2 && inet_pton(AF_INET6, inner, &address) == 1;
}

/* ":" and digits, which may be none. */
static bool
is_port(const char *text, size_t size_bytes)
{
    unsigned port = 0;
    for (size_t i = 1; i < size_bytes; i++) {
        if (text[i] < '0' || text[i] > '9' || i > PORT_DIGITS_MAX)
            return false;
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    return port <= UINT16_MAX;
}

static bool
is_host(const char *text, size_t size_bytes)
{
    size_t host_size = size_bytes;
    while (host_size > 0 && text[host_size - 1] != ':' && text[host_size - 1] != ']')
        host_size--;
    /* What stands before the last colon, unless that is inside of brackets. */
    host_size = host_size > 0 && text[host_size - 1] == ':' ? host_size - 1 : size_bytes;
    if (!is_port(text + host_size, size_bytes - host_size))
        return false;
    return host_size > 0 && text[0] == '[' ? is_bracketed(text, host_size)
                                           : is_name(text, host_size);
}

/* ---- the head ---- */

void
http_check_begin(struct http_head *head, const char *method, const char *target,
                 size_t target_size_bytes, const char *version)
{
    head->start = (uintptr_t)method;
    head->is_torn = (uintptr_t)target != head->start + strlen(method) + 1 ||
                    (uintptr_t)version != (uintptr_t)target + target_size_bytes + 1;
    head->end = (uintptr_t)version + strlen(version);
}

const char *
http_check_end(const struct http_head *head, size_t size_bytes)
{
    if (head->is_torn || head->end + 4 - head->start != size_bytes)
        return "the head has a NUL, a bare LF, a folded line or a header without a name";
    return NULL;
}

static void
follow(struct http_head *head, const char *name, const char *value)
{
    head->is_torn |= (uintptr_t)name != head->end + 2 || value < name;
    head->end = (uintptr_t)value + strlen(value);
}

const char *
http_check_header(struct http_head *head, const char *name, size_t name_size_bytes,
                  const char *value, size_t value_size_bytes)
{
    follow(head, name, value);
    if (!is_token(name, name_size_bytes))
        return "a header's name is not a token";
    if (has_control(value, value_size_bytes))
        return "a header's value has a control character";
    trim(&value, &value_size_bytes);
    if (is_named(name, name_size_bytes, "Host")) {
        head->host_count++;
        if (!is_host(value, value_size_bytes))
            return "Host is not a name or an address with or without a port";
    } else if (is_named(name, name_size_bytes, "Content-Length")) {
        head->length_count++;
        if (!read_length(value, value_size_bytes, &head->length_bytes))
            return "Content-Length is not a number";
    } else if (is_named(name, name_size_bytes, "Transfer-Encoding")) {
        head->coding_count++;
        head->is_chunked = is_named(value, value_size_bytes, "chunked");
        if (!head->is_chunked)
            return "the only Transfer-Encoding is \"chunked\"";
    }
    return NULL;
}

const char *
http_check_head(const struct http_head *head, const char *version)
{
    if (head->host_count > 1)
        return "there is more than one Host";
    if (head->host_count == 0 && strcmp(version, "HTTP/1.0") != 0)
        return "there is no Host";
    if (head->length_count > 1)
        return "there is more than one Content-Length";
    if (head->coding_count > 1)
        return "there is more than one Transfer-Encoding";
    if (head->length_count > 0 && head->coding_count > 0)
        return "Content-Length and Transfer-Encoding exclude each other";
    if (head->coding_count > 0 && strcmp(version, "HTTP/1.1") != 0)
        return "Transfer-Encoding needs HTTP/1.1";
    return NULL;
}

const char *
http_check_method(const char *method)
{
    return is_token(method, strlen(method)) ? NULL : "the method is not a token";
}

const char *
http_check_target(const char *target)
{
    const char *authority = strncasecmp(target, "http://", 7) == 0 ? target + 7 : NULL;
    for (; *target != 0; target++) {
        unsigned char c = (unsigned char)*target;
        if (c <= 0x20 || c == 0x7f)
            return "the request target has a control character or a space";
    }
    if (authority != NULL && !is_host(authority, strcspn(authority, "/?")))
        return "the request target's host is not a name or an address";
    return NULL;
}
