/*
 * mail_text - UTF-8 that is clean, by ICU
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_text.h"

#include <gmime/gmime.h>
#include <pthread.h>
#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

enum { CHUNK_BYTES = 4096, UNREADABLE = 0xfffd, SUBSTITUTED = 0x1a };

static pthread_once_t once = PTHREAD_ONCE_INIT;

void
mail_text_init(void)
{
    pthread_once(&once, g_mime_init);
}

/* Control characters, C1 too, and the line ends of Unicode. */
static bool
is_control(UChar32 c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

/* What is added for it; 0: nothing. */
static UChar32
clean(enum mail_text_form form, UChar32 c, UChar32 before)
{
    if (c < 0)
        return UNREADABLE;
    bool is_end = c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
    if (is_end && before == '\r' && c == '\n')
        return 0;
    if (form == MAIL_TEXT_LINES)
        return is_end ? '\n' : c == '\t' ? c : is_control(c) ? 0 : c;
    return is_end || c == '\t' ? ' ' : is_control(c) ? 0 : c;
}

bool
mail_text_add(struct buf *buf, enum mail_text_form form, const char *bytes, size_t size_bytes,
              size_t size_max)
{
    const uint8_t *from = (const uint8_t *)bytes;
    size_t start_bytes = buf->size_bytes;
    UChar32 before = 0;
    bool is_whole = true;
    for (int64_t i = 0; i < (int64_t)size_bytes;) {
        UChar32 c;
        uint8_t text[4];
        int32_t text_bytes = 0;
        U8_NEXT(from, i, (int64_t)size_bytes, c);
        UChar32 wanted = clean(form, c, before);
        before = c;
        if (wanted == 0 ||
            (form == MAIL_TEXT_LINE && wanted == ' ' && buf->size_bytes == start_bytes))
            continue;
        U8_APPEND_UNSAFE(text, text_bytes, wanted);
        is_whole = buf->size_bytes + (size_t)text_bytes <= size_max;
        if (!is_whole)
            break;
        buf_add(buf, text, (size_t)text_bytes);
    }
    while (form == MAIL_TEXT_LINE && buf->size_bytes > start_bytes &&
           buf->bytes[buf->size_bytes - 1] == ' ')
        buf->size_bytes--;
    return is_whole;
}

/* ICU puts U+FFFD for what it cannot read, or U+001A for a single byte. */
static void
convert(UConverter *converter, const char *bytes, size_t size_bytes, size_t size_max,
        struct buf *utf8)
{
    UChar units[CHUNK_BYTES] = {0};
    const char *from = bytes, *end = bytes + size_bytes;
    UErrorCode code = U_BUFFER_OVERFLOW_ERROR;
    while (code == U_BUFFER_OVERFLOW_ERROR && utf8->size_bytes <= size_max) {
        UChar *to = units;
        int32_t written_bytes = 0;
        code = U_ZERO_ERROR;
        ucnv_toUnicode(converter, &to, units + CHUNK_BYTES, &from, end, NULL, true, &code);
        for (UChar *unit = units; unit < to; unit++)
            *unit = *unit == SUBSTITUTED ? UNREADABLE : *unit;
        UErrorCode code_8 = U_ZERO_ERROR;
        char *room = buf_room(utf8, CHUNK_BYTES * 3);
        u_strToUTF8WithSub(room, CHUNK_BYTES * 3, &written_bytes, units, (int32_t)(to - units),
                           UNREADABLE, NULL, &code_8);
        if (U_SUCCESS(code_8))
            utf8->size_bytes += (size_t)written_bytes;
    }
}

bool
mail_text_add_charset(struct buf *buf, enum mail_text_form form, const char *charset,
                      const char *bytes, size_t size_bytes, size_t size_max)
{
    UErrorCode code = U_ZERO_ERROR;
    UConverter *converter = NULL;
    if (size_bytes > 0 && charset != NULL && charset[0] != 0 &&
        g_ascii_strcasecmp(charset, "utf-8") != 0)
        converter = ucnv_open(charset, &code);
    if (converter == NULL || U_FAILURE(code))
        return mail_text_add(buf, form, bytes, size_bytes, size_max);
    struct buf utf8 = {0};
    convert(converter, bytes, size_bytes, 4 * size_max, &utf8);
    ucnv_close(converter);
    bool is_whole = mail_text_add(buf, form, utf8.bytes, utf8.size_bytes, size_max);
    buf_free(&utf8);
    return is_whole;
}
