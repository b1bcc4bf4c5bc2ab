/*
 * form_body - the body of a request that posts a form, as one text of names and values
 */
// SPDX-License-Identifier: Apache-2.0
#include "gateway.h"

#include <string.h>

#include "form_parts.h"
#include "media.h"

enum { FORM_BYTES_MAX = 64 * 1024 };

static enum err
refuse(struct exchange *exchange, const char *reason, const char *sentence)
{
    return exchange_refuse(exchange, ERR_INVALID_ARGUMENT, reason, "%s", sentence);
}

enum err
form_body_read(struct exchange *exchange, char **ret_form)
{
    size_t size_bytes;
    char type[MEDIA_TYPE_SIZE];
    const char *body = http_body(exchange->http, &size_bytes);
    const char *header = http_header(exchange->http, "Content-Type");
    bool has_type = header != NULL && media_read(header, type);
    bool is_parts = has_type && strcmp(type, "multipart/form-data") == 0;
    bool is_form = has_type && strcmp(type, "application/x-www-form-urlencoded") == 0;
    *ret_form = arena_copy_text(exchange->arena, "");
    if (size_bytes == 0)
        return OK;
    if (!is_form && !is_parts)
        return refuse(exchange, "MEDIA_TYPE_UNSUPPORTED",
                      "the body must be application/x-www-form-urlencoded in UTF-8, or "
                      "multipart/form-data");
    if (size_bytes > FORM_BYTES_MAX)
        return refuse(exchange, "BODY_TOO_LARGE", "a form has at most 64 KiB");
    if (memchr(body, 0, size_bytes) != NULL)
        return refuse(exchange, "PARAMETER_MALFORMED", "the form holds a zero byte");
    if (is_parts)
        *ret_form = form_parts_read(exchange->arena, header, body, size_bytes);
    else
        *ret_form = arena_printf(exchange->arena, "%.*s", (int)size_bytes, body);
    return *ret_form != NULL ? OK
                             : refuse(exchange, "PARAMETER_MALFORMED",
                                      "the form is not valid multipart/form-data of texts");
}
