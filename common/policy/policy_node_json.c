/*
 * policy_node_json - JSON (RFC 8259) to a tree
 *
 * A reader of its own, as every node needs its line and column and the limits hold while the text
 * is read. Strict: no comments, no trailing commas, no lone surrogates, nothing behind the value.
 * Numbers, true and false stay the text they were written as.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_node_private.h"

#include <string.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

struct reading {
    struct policy_node_builder *builder;
    const char *at;
    const char *end;
    const char *line_start;
    int line;
};

static struct policy_place
place_at(const struct reading *reading, const char *at)
{
    return (struct policy_place){reading->builder->file, reading->line,
                                 (int)(at - reading->line_start) + 1};
}

static bool
fail_at(struct reading *reading, const char *at, const char *what)
{
    return policy_node_fail(reading->builder, place_at(reading, at), "JSON_MALFORMED", "%s", what);
}

static void
skip_space(struct reading *reading)
{
    for (; reading->at < reading->end; reading->at++) {
        char c = *reading->at;
        if (c == '\n') {
            reading->line++;
            reading->line_start = reading->at + 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

/* The next character that is no space; 0 at the end. */
static char
next_char(struct reading *reading)
{
    skip_space(reading);
    return reading->at < reading->end ? *reading->at : 0;
}

static bool
take_char(struct reading *reading, char c)
{
    if (next_char(reading) != c)
        return false;
    reading->at++;
    return true;
}

/* ---- strings ---- */

static bool
read_hex(struct reading *reading, UChar32 *ret_c)
{
    *ret_c = 0;
    for (int i = 0; i < 4; i++) {
        const char digits[] = "0123456789abcdef";
        char c = reading->at < reading->end ? *reading->at : 0;
        const char *digit = c == 0 ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
        if (digit == NULL)
            return fail_at(reading, reading->at, "four hexadecimal digits are wanted after \\u");
        *ret_c = *ret_c * 16 + (UChar32)(digit - digits);
        reading->at++;
    }
    return true;
}

/* After "\u": one character, of two halves if the first is one. */
static bool
read_unicode(struct reading *reading, UChar32 *ret_c)
{
    const char *start = reading->at - 2;
    UChar32 first = 0;
    UChar32 second = 0;
    if (!read_hex(reading, &first))
        return false;
    if (U16_IS_LEAD(first)) {
        if (reading->end - reading->at < 2 || memcmp(reading->at, "\\u", 2) != 0)
            return fail_at(reading, start, "half a character");
        reading->at += 2;
        if (!read_hex(reading, &second))
            return false;
        if (!U16_IS_TRAIL(second))
            return fail_at(reading, start, "half a character");
        first = U16_GET_SUPPLEMENTARY(first, second);
    } else if (U16_IS_TRAIL(first)) {
        return fail_at(reading, start, "half a character");
    }
    *ret_c = first;
    return true;
}

/* After a backslash. An escape is never shorter than what it stands for. */
static bool
read_escape(struct reading *reading, char **to)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    char c = reading->at < reading->end ? *reading->at : 0;
    const char *letter = c == 0 ? NULL : strchr(letters, c);
    if (letter == NULL && c != 'u')
        return fail_at(reading, reading->at, "no such escape");
    reading->at++;
    if (letter != NULL) {
        *(*to)++ = meanings[letter - letters];
        return true;
    }
    UChar32 unicode = 0;
    if (!read_unicode(reading, &unicode))
        return false;
    int size_bytes = 0;
    U8_APPEND_UNSAFE(*to, size_bytes, unicode);
    *to += size_bytes;
    return true;
}

/* The closing quote of the string that `at` stands in; NULL: there is none. */
static const char *
find_quote(const struct reading *reading)
{
    for (const char *at = reading->at; at < reading->end && *at != '\n'; at++) {
        if (*at == '"')
            return at;
        if (*at == '\\' && at + 1 < reading->end)
            at++;
    }
    return NULL;
}

static bool
read_string(struct reading *reading, const char **ret_text, size_t *ret_size_bytes)
{
    if (!take_char(reading, '"'))
        return fail_at(reading, reading->at, "a string is wanted");
    const char *start = reading->at - 1;
    const char *quote = find_quote(reading);
    if (quote == NULL)
        return fail_at(reading, start, "the string is not closed on its line");
    char *text = arena_try_alloc(reading->builder->arena, (size_t)(quote - reading->at) + 1);
    if (text == NULL)
        return fail_at(reading, start, "the file needs more memory than its reader may take");
    char *to = text;
    while (reading->at < quote) {
        char c = *reading->at++;
        if (c != '\\')
            *to++ = c;
        else if (!read_escape(reading, &to))
            return false;
    }
    reading->at = quote + 1;
    *to = 0;
    *ret_text = text;
    *ret_size_bytes = (size_t)(to - text);
    size_t offset;
    if (memchr(text, '\t', *ret_size_bytes) != NULL && memchr(start, '\t', quote - start) != NULL)
        return fail_at(reading, start, "the string holds a tab; write \\t");
    if (policy_node_has_control(text, *ret_size_bytes, &offset))
        return policy_node_fail(reading->builder, place_at(reading, start), "CHARACTER_REFUSED",
                                "the text holds an escaped character that does not print");
    return true;
}

/* ---- values ---- */

static const char *
skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* The end of the number that begins at `at`; NULL: it is none. */
static const char *
find_number_end(const char *at, const char *end)
{
    at += at < end && *at == '-';
    const char *digits = at;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at > digits + 1))
        return NULL;
    if (at < end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, end);
        if (at == digits)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        digits = at;
        at = skip_digits(at, end);
        if (at == digits)
            return NULL;
    }
    return at;
}

static bool
read_word(struct reading *reading)
{
    static const char *const words[] = {"true", "false", "null"};
    const char *start = reading->at;
    const char *end = NULL;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t size_bytes = strlen(words[i]);
        if ((size_t)(reading->end - start) >= size_bytes &&
            memcmp(start, words[i], size_bytes) == 0)
            end = start + size_bytes;
    }
    if (end == NULL)
        end = find_number_end(start, reading->end);
    if (end == NULL)
        return fail_at(reading, start, "a value is wanted");
    reading->at = end;
    bool is_null = *start == 'n';
    return policy_node_scalar(reading->builder, start, is_null ? 0 : (size_t)(end - start), false,
                              is_null, place_at(reading, start));
}

static bool read_value(struct reading *reading);

static bool
read_member(struct reading *reading)
{
    const char *text = NULL;
    size_t size_bytes = 0;
    skip_space(reading);
    struct policy_place place = place_at(reading, reading->at);
    if (!read_string(reading, &text, &size_bytes) ||
        !policy_node_key(reading->builder, text, size_bytes, place))
        return false;
    if (!take_char(reading, ':'))
        return fail_at(reading, reading->at, "a colon is wanted");
    return read_value(reading);
}

/* A map or a list, from its opening bracket on. Calls itself, at most POLICY_DEPTH_MAX deep. */
static bool
read_nested(struct reading *reading, enum policy_node_kind kind)
{
    char closing = kind == POLICY_NODE_MAP ? '}' : ']';
    if (!policy_node_open(reading->builder, kind, true, place_at(reading, reading->at)))
        return false;
    reading->at++;
    if (!take_char(reading, closing)) {
        do {
            if (!(kind == POLICY_NODE_MAP ? read_member(reading) : read_value(reading)))
                return false;
        } while (take_char(reading, ','));
        if (!take_char(reading, closing))
            return fail_at(reading, reading->at, "a comma or a closing bracket is wanted");
    }
    return policy_node_close(reading->builder);
}

static bool
read_value(struct reading *reading)
{
    char c = next_char(reading);
    if (c == '{' || c == '[')
        return read_nested(reading, c == '{' ? POLICY_NODE_MAP : POLICY_NODE_LIST);
    if (c != '"')
        return read_word(reading);
    struct policy_place place = place_at(reading, reading->at);
    const char *text = NULL;
    size_t size_bytes = 0;
    return read_string(reading, &text, &size_bytes) &&
           policy_node_scalar(reading->builder, text, size_bytes, true, false, place);
}

bool
policy_node_read_json(struct policy_node_builder *builder)
{
    struct reading reading = {.builder = builder,
                              .at = builder->text,
                              .end = builder->end,
                              .line_start = builder->text,
                              .line = 1};
    if (!read_value(&reading))
        return false;
    return next_char(&reading) == 0 && reading.at == reading.end
               ? true
               : fail_at(&reading, reading.at, "something stands behind the value");
}
