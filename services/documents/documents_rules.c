/*
 * documents_rules - what bytes are, with no I/O and no clock
 *
 * By the signatures that formats begin with. Whoever names a JPEG a PDF is refused; what is inside
 * a well-begun file is not looked at, so whoever shows documents treats them as the strangers'
 * files that they are (docs/protocol/http.md, Documents).
 */
// SPDX-License-Identifier: Apache-2.0
#include "documents.h"

#include <string.h>

#include "common/contract_text.h"

struct signature {
    const char *media_type;
    size_t at;
    const char *bytes;
    size_t size_bytes;
};

#define SIGNATURE(media_type, at, text)                                                            \
    {                                                                                              \
        media_type, at, text, sizeof(text) - 1                                                     \
    }

static const struct signature signatures[] = {
    SIGNATURE("application/pdf", 0, "%PDF-"),
    SIGNATURE("image/jpeg", 0, "\xff\xd8\xff"),
    SIGNATURE("image/png", 0, "\x89PNG\r\n\x1a\n"),
    SIGNATURE("image/gif", 0, "GIF87a"),
    SIGNATURE("image/gif", 0, "GIF89a"),
};

/* Brands of ISO base media files (ISO 14496-12): the same box begins photos and films. */
static const struct signature brands[] = {
    SIGNATURE("image/heic", 8, "heic"), SIGNATURE("image/heic", 8, "heix"),
    SIGNATURE("image/heic", 8, "heim"), SIGNATURE("image/heic", 8, "heis"),
    SIGNATURE("image/heic", 8, "mif1"), SIGNATURE("video/mp4", 8, "isom"),
    SIGNATURE("video/mp4", 8, "iso2"),  SIGNATURE("video/mp4", 8, "iso4"),
    SIGNATURE("video/mp4", 8, "iso5"),  SIGNATURE("video/mp4", 8, "iso6"),
    SIGNATURE("video/mp4", 8, "mp41"),  SIGNATURE("video/mp4", 8, "mp42"),
    SIGNATURE("video/mp4", 8, "avc1"),  SIGNATURE("video/mp4", 8, "M4V "),
};

static bool
has_bytes(const uint8_t *bytes, size_t size_bytes, size_t at, const char *wanted,
          size_t wanted_bytes)
{
    return size_bytes >= at + wanted_bytes && memcmp(bytes + at, wanted, wanted_bytes) == 0;
}

static const char *
find_signature(const struct signature *list, size_t count, const uint8_t *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < count; i++)
        if (has_bytes(bytes, size_bytes, list[i].at, list[i].bytes, list[i].size_bytes))
            return list[i].media_type;
    return NULL;
}

const char *
media_type_of(const uint8_t *bytes, size_t size_bytes)
{
    if (has_bytes(bytes, size_bytes, 0, "RIFF", 4) && has_bytes(bytes, size_bytes, 8, "WEBP", 4))
        return "image/webp";
    if (has_bytes(bytes, size_bytes, 4, "ftyp", 4))
        return find_signature(brands, COUNT_OF(brands), bytes, size_bytes);
    return find_signature(signatures, COUNT_OF(signatures), bytes, size_bytes);
}

/* ---- text ---- */

static bool
has_control(const uint8_t *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        bool is_space =
            bytes[i] == '\t' || bytes[i] == '\n' || bytes[i] == '\f' || bytes[i] == '\r';
        if ((bytes[i] < 0x20 && !is_space) || bytes[i] == 0x7f)
            return true;
    }
    return false;
}

/* Bytes of the character that begins so. */
static size_t
character_bytes(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Completes the character that the piece before has begun. */
static bool
take_rest(struct text_reader *reader, const uint8_t **bytes, size_t *size_bytes)
{
    while (reader->rest_size_bytes > 0 && *size_bytes > 0) {
        reader->rest[reader->rest_size_bytes++] = *(*bytes)++;
        (*size_bytes)--;
        if (reader->rest_size_bytes < character_bytes(reader->rest[0]))
            continue;
        if (!text_is_utf8((const char *)reader->rest, reader->rest_size_bytes))
            return false;
        reader->rest_size_bytes = 0;
    }
    return true;
}

bool
text_reader_take(struct text_reader *reader, const uint8_t *bytes, size_t size_bytes)
{
    if (has_control(bytes, size_bytes) || !take_rest(reader, &bytes, &size_bytes))
        return false;
    size_t good_bytes = text_utf8_size((const char *)bytes, size_bytes);
    size_t left_bytes = size_bytes - good_bytes;
    if (left_bytes == 0)
        return true;
    /* The end of the piece may cut a character. What is none shows with the next byte, or at the
     * end of all. */
    if (left_bytes >= sizeof reader->rest)
        return false;
    memcpy(reader->rest, bytes + good_bytes, left_bytes);
    reader->rest_size_bytes = left_bytes;
    return true;
}

bool
text_reader_is_whole(const struct text_reader *reader)
{
    return reader->rest_size_bytes == 0;
}
