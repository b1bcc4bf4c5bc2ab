/*
 * page - tokens are the parts, each ended by a zero byte, in base64url
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/page.h"

#include <sodium.h>
#include <string.h>

#include "common/buf.h"
#include "common/contract_text.h"

enum { VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

int32_t
page_size(int32_t asked)
{
    return asked > 0 ? asked : PAGE_SIZE_DEFAULT;
}

const char *
page_token_make(struct arena *arena, const char *const *parts, size_t count)
{
    struct buf raw = {0};
    for (size_t i = 0; i < count; i++)
        buf_add(&raw, parts[i], strlen(parts[i]) + 1);
    size_t size = sodium_base64_encoded_len(raw.size_bytes, VARIANT);
    char *token = arena_alloc(arena, size);
    sodium_bin2base64(token, size, (const unsigned char *)raw.bytes, raw.size_bytes, VARIANT);
    buf_free(&raw);
    return token;
}

size_t
page_fit(void *const *rows, size_t count, int32_t size)
{
    size_t size_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        size_bytes += protobuf_c_message_get_packed_size(rows[i]) + 8; /* and its tag and length */
        if (i == (size_t)size || (i > 0 && size_bytes > PAGE_BYTES_MAX))
            return i;
    }
    return count;
}

struct db_param
page_limit(int32_t size)
{
    return db_int8((int64_t)size + 1);
}

enum err
page_read_await(struct db *db, struct call *call, const struct db_stmt *stmt,
                const struct db_param *params, size_t param_count, int32_t size, page_make *make,
                struct page *ret_page)
{
    *ret_page = (struct page){0};
    const struct db_rows *rows;
    enum err err = db_read_await(db, call, stmt, params, param_count, &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    size_t row_count = db_row_count(rows);
    ret_page->messages = arena_alloc(call->arena, row_count * sizeof *ret_page->messages);
    for (size_t i = 0; i < row_count; i++)
        ret_page->messages[i] = make(call->arena, rows, i);
    ret_page->count = page_fit(ret_page->messages, row_count, size);
    ret_page->has_more = row_count > ret_page->count;
    return OK;
}

/* Cuts `raw` at its zero bytes; exactly `count` pieces. */
static bool
split(char *raw, size_t size_bytes, size_t count, const char **ret_parts)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        char *end = memchr(raw + at, 0, size_bytes - at);
        if (end == NULL)
            return false;
        ret_parts[i] = raw + at;
        at = (size_t)(end - raw) + 1;
    }
    return at == size_bytes;
}

enum err
page_token_read(struct call *call, const char *token, size_t count, const char **ret_parts)
{
    CHECK(count <= PAGE_PARTS_MAX);
    for (size_t i = 0; i < count; i++)
        ret_parts[i] = "";
    if (token[0] == 0)
        return OK;
    size_t room_bytes = strlen(token);
    char *raw = arena_alloc(call->arena, room_bytes + 1);
    size_t size_bytes = 0;
    if (sodium_base642bin((unsigned char *)raw, room_bytes, token, strlen(token), NULL, &size_bytes,
                          NULL, VARIANT) == 0 &&
        text_is_utf8(raw, size_bytes) && split(raw, size_bytes, count, ret_parts))
        return OK;
    return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                           "page_token is not one that this list gave");
}
