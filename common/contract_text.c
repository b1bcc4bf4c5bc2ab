/*
 * contract_text - UTF-8 eight bytes at a time while it is ASCII, and the formats of texts
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/contract_text.h"

#include <string.h>

#include "common/money.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Bytes of the character that begins with a byte beyond ASCII; 0 if it is none. */
static size_t
wide_size(const unsigned char *text, size_t left_bytes)
{
    unsigned char c = text[0];
    size_t size = c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (size == 0 || size > left_bytes)
        return 0;
    /* The second byte keeps out long forms, surrogates and what is beyond U+10FFFF. */
    unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

size_t
text_utf8_size(const char *text, size_t size_bytes)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t i = 0;
    while (i < size_bytes) {
        uint64_t word;
        if (size_bytes - i >= sizeof word) {
            memcpy(&word, bytes + i, sizeof word);
            if ((word & HIGH_BITS) == 0) {
                i += sizeof word;
                continue;
            }
        }
        size_t size = bytes[i] < 0x80 ? 1 : wide_size(bytes + i, size_bytes - i);
        if (size == 0)
            break;
        i += size;
    }
    return i;
}

bool
text_is_utf8(const char *text, size_t size_bytes)
{
    return text_utf8_size(text, size_bytes) == size_bytes;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_uuid(const char *text, size_t size_bytes)
{
    if (size_bytes != 36)
        return false;
    for (size_t i = 0; i < size_bytes; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        bool is_hex = is_digit(text[i]) || (text[i] >= 'a' && text[i] <= 'f');
        if (is_hyphen ? text[i] != '-' : !is_hex)
            return false;
    }
    return true;
}

static bool
is_code(const char *text, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        if (!is_letter(text[i]) && !is_digit(text[i]) && text[i] != '.' && text[i] != '_' &&
            text[i] != '-')
            return false;
    return true;
}

/* The characters that begin or end lines, or do not print: C0, DEL, C1, U+2028 and U+2029. */
static bool
is_line(const char *text, size_t size_bytes)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char c = bytes[i];
        if (c < 0x20 || c == 0x7f)
            return false;
        if (c == 0xc2 && bytes[i + 1] < 0xa0)
            return false;
        if (c == 0xe2 && bytes[i + 1] == 0x80 && (bytes[i + 2] == 0xa8 || bytes[i + 2] == 0xa9))
            return false;
    }
    return true;
}

/* Whether an address can be delivered to is not for us to say: one @ with something on both sides,
 * and nothing that could break out of a header line. */
static bool
is_email(const char *text, size_t size_bytes)
{
    const char *at = memchr(text, '@', size_bytes);
    if (at == NULL || at == text || at + 1 == text + size_bytes)
        return false;
    size_t rest_bytes = (size_t)(text + size_bytes - (at + 1));
    return memchr(at + 1, '@', rest_bytes) == NULL && strpbrk(text, " ,;<>()[]\\\"") == NULL &&
           is_line(text, size_bytes);
}

static bool
is_language(const char *text, size_t size_bytes)
{
    size_t part_bytes = 0;
    bool is_first = true;
    for (size_t i = 0; i <= size_bytes; i++) {
        if (i < size_bytes && text[i] != '-') {
            if (!is_letter(text[i]) && (is_first || !is_digit(text[i])))
                return false;
            part_bytes++;
            continue;
        }
        if (part_bytes < (is_first ? 2 : 1) || part_bytes > 8)
            return false;
        part_bytes = 0;
        is_first = false;
    }
    return true;
}

bool
text_has_format(const char *text, size_t size_bytes, enum contract_format format)
{
    switch (format) {
    case CONTRACT_ANY:
        return true;
    case CONTRACT_UUID:
        return is_uuid(text, size_bytes);
    case CONTRACT_CODE:
        return is_code(text, size_bytes);
    case CONTRACT_EMAIL:
        return is_email(text, size_bytes);
    case CONTRACT_CURRENCY:
        return money_digits(text) >= 0;
    case CONTRACT_LANGUAGE:
        return is_language(text, size_bytes);
    case CONTRACT_LINE:
        return is_line(text, size_bytes);
    case CONTRACT_SEGMENT:
        return is_line(text, size_bytes) && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
    }
    CHECK(false && "a format of the contract");
    return false;
}

const char *
text_format_sentence(enum contract_format format)
{
    static const char *const sentences[] = {
        [CONTRACT_ANY] = "any text",
        [CONTRACT_UUID] = "a UUID of 8-4-4-4-12 lower-case hexadecimal digits",
        [CONTRACT_CODE] = "a code of letters, digits and . _ - only",
        [CONTRACT_EMAIL] = "an e-mail address",
        [CONTRACT_CURRENCY] = "a currency code of ISO 4217",
        [CONTRACT_LANGUAGE] = "a language tag of BCP 47",
        [CONTRACT_LINE] = "one line without control characters",
        [CONTRACT_SEGMENT] = "one line without control characters, neither \".\" nor \"..\"",
    };
    return sentences[format];
}
