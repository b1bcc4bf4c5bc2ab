/*
 * json_scan - a JSON text into jansson's tree, under our limits
 *
 * jansson takes 312 bytes of stack for each level, so brackets are counted before it sees the text.
 * It counts columns in characters and names the end of what it stumbled over; we work the place out
 * from its byte position instead: line and column of the first byte of the token that does not fit,
 * or of the byte inside a string that does not.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/json_value.h"

#include <jansson.h>
#include <string.h>

void
json_say_place(const char *text, size_t offset, struct fault *fault)
{
    const char *line = text;
    fault->line = 1;
    for (const char *at = text; at < text + offset; at++)
        if (*at == '\n') {
            fault->line++;
            line = at + 1;
        }
    fault->column = (int)(text + offset - line) + 1;
}

static enum err
refuse_at(const char *text, size_t offset, const char *reason, const char *message,
          struct fault *ret_fault)
{
    fault_set(ret_fault, ERR_INVALID_ARGUMENT, reason, "%s", message);
    json_say_place(text, offset, ret_fault);
    return ERR_INVALID_ARGUMENT;
}

/* The end of the string that begins before `at`: behind its closing quote, or the end of the text.
 */
static const char *
skip_string(const char *at, const char *end)
{
    while (at < end && *at != '"') {
        at += *at == '\\' ? 2 : 1;
    }
    return at < end ? at + 1 : end;
}

/* Brackets outside strings. Where this and jansson would disagree on what a string is, the text is
 * malformed, and jansson has stopped before. */
static enum err
check_depth(const char *text, size_t size_bytes, struct fault *ret_fault)
{
    const char *end = text + size_bytes;
    int depth = 0;
    for (const char *at = text; at < end;) {
        char c = *at++;
        if (c == '"')
            at = skip_string(at, end);
        else if ((c == '[' || c == '{') && ++depth > JSON_DEPTH_MAX)
            return refuse_at(text, (size_t)(at - 1 - text), "JSON_TOO_DEEP",
                             "nests deeper than 32 levels", ret_fault);
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
    }
    return OK;
}

/* The token that jansson's message quotes; NULL if it quotes none. */
static const char *
quoted_token(const char *message, size_t *ret_size_bytes)
{
    const char *token = strstr(message, " near '");
    size_t size_bytes = strlen(message);
    if (token == NULL || message[size_bytes - 1] != '\'')
        return NULL;
    token += strlen(" near '");
    *ret_size_bytes = (size_t)(message + size_bytes - 1 - token);
    return token;
}

/* Byte offset of what is wrong. jansson's position is behind the last byte that it took. */
static size_t
find_fault(const char *text, size_t size_bytes, const json_error_t *error)
{
    size_t position = error->position < 0 ? 0 : (size_t)error->position;
    if (position > size_bytes)
        position = size_bytes;
    bool is_next_byte = json_error_code(error) == json_error_premature_end_of_input ||
                        json_error_code(error) == json_error_invalid_utf8 ||
                        strncmp(error->text, "unexpected newline", 18) == 0 ||
                        strncmp(error->text, "control character", 17) == 0;
    if (is_next_byte || position == 0)
        return position;
    size_t token_bytes = 0;
    const char *token = quoted_token(error->text, &token_bytes);
    bool is_whole = token != NULL && token_bytes > 0 && token_bytes <= position &&
                    (token[0] != '"' || (token_bytes > 1 && token[token_bytes - 1] == '"')) &&
                    memcmp(text + position - token_bytes, token, token_bytes) == 0;
    return is_whole ? position - token_bytes : position - 1;
}

enum err
json_parse(const char *text, size_t size_bytes, struct json_t **ret_json, struct fault *ret_fault)
{
    if (size_bytes > JSON_SIZE_BYTES_MAX)
        return refuse_at(text, JSON_SIZE_BYTES_MAX, "JSON_TOO_LARGE", "is larger than 128 KiB",
                         ret_fault);
    const char *nul = size_bytes > 0 ? memchr(text, 0, size_bytes) : NULL;
    if (nul != NULL)
        return refuse_at(text, (size_t)(nul - text), "JSON_MALFORMED", "holds a zero byte",
                         ret_fault);
    enum err err = check_depth(text, size_bytes, ret_fault);
    if (err != OK)
        return err;
    json_error_t error;
    json_t *json = json_loadb(text, size_bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (json == NULL)
        return refuse_at(text, find_fault(text, size_bytes, &error), "JSON_MALFORMED", error.text,
                         ret_fault);
    *ret_json = json;
    return OK;
}
