/*
 * policy_page_wrap - words in lines, for pages of plain text
 *
 * Lines are broken at spaces; a line's width is counted in characters (code points), as for
 * European scripts. No-break spaces are not broken, and what else belongs together
 * (policy_page_words.c) only where it is wider than a line. All spaces that are printed are
 * ordinary ones, which can be searched and copied.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"

#include <string.h>

#define NO_BREAK_SPACE "\u00a0"

/* Characters in UTF-8. */
int
page_count_characters(const char *text, size_t size)
{
    int count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

static void
add_spaces(struct buf *out, int count)
{
    for (int i = 0; i < count; i++)
        buf_add_char(out, ' ');
}

/* The bytes up to the next space where a line can be broken. */
static size_t
measure_word(const char *text, const char *at, int width_columns)
{
    size_t first = strcspn(at, " \n"), size = first;
    while (at[size] == ' ' && page_is_glued(text, (size_t)(at + size - text), at + size + 1))
        size += 1 + strcspn(at + size + 1, " \n");
    return page_count_characters(at, size) > width_columns ? first : size;
}

/* A word with its no-break spaces as ordinary ones. */
static void
add_word(struct buf *out, const char *word, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool is_space = i + 1 < size && memcmp(word + i, NO_BREAK_SPACE, 2) == 0;
        buf_add_char(out, is_space ? ' ' : word[i]);
        i += is_space;
    }
}

void
page_add_wrapped(struct page_writer *writer, int indent, const char *lead, const char *text)
{
    struct buf *out = writer->out;
    int column = page_count_characters(lead, strlen(lead));
    buf_add_text(out, lead);
    add_spaces(out, indent - column);
    column = column > indent ? column : indent;
    bool is_first = true;
    for (const char *at = text; *at != '\0';) {
        at += strspn(at, " \n");
        size_t size = measure_word(text, at, writer->width_columns - indent);
        int width = page_count_characters(at, size);
        if (size == 0)
            break;
        if (!is_first && column + 1 + width > writer->width_columns) {
            buf_add_char(out, '\n');
            add_spaces(out, indent);
            column = indent;
        } else if (!is_first) {
            buf_add_char(out, ' ');
            column++;
        }
        add_word(out, at, size);
        column += width;
        at += size;
        is_first = false;
    }
    buf_add_char(out, '\n');
}
