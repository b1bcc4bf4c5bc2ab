/*
 * import_csv - reads a row in one pass over its bytes
 *
 * What is broken is given back up to the end of its first line: the lines that a quote without its
 * partner swallowed are then read as the rows that they most likely are.
 */
// SPDX-License-Identifier: Apache-2.0
#include "import_csv.h"

#include <string.h>

/* Where in a row the reader stands. */
struct cursor {
    char separator;
    const char *bytes;
    size_t size_bytes;
    bool is_last;
    size_t at;
    char *room;
    struct csv_row *row;
};

/* What a byte, or the lack of one, means. */
enum meaning { TEXT, SEPARATOR, QUOTE, LINE_END, FILE_END, NOT_KNOWN };

/* The bytes of the end of a line at `at`: 1, 2, or 0 where the byte after a CR is not there yet. */
static size_t
line_end_bytes(const struct cursor *cursor)
{
    if (cursor->bytes[cursor->at] == '\n')
        return 1;
    if (cursor->at + 1 < cursor->size_bytes)
        return cursor->bytes[cursor->at + 1] == '\n' ? 2 : 1;
    return cursor->is_last ? 1 : 0;
}

static enum meaning
look(const struct cursor *cursor)
{
    if (cursor->at >= cursor->size_bytes)
        return cursor->is_last ? FILE_END : NOT_KNOWN;
    char c = cursor->bytes[cursor->at];
    if (c == cursor->separator)
        return SEPARATOR;
    if (c == '\n' || c == '\r')
        return line_end_bytes(cursor) != 0 ? LINE_END : NOT_KNOWN;
    return c == '"' ? QUOTE : TEXT;
}

static void
take_line_end(struct cursor *cursor)
{
    cursor->at += line_end_bytes(cursor);
    cursor->row->line_count++;
}

static void
put(struct cursor *cursor, char c)
{
    *cursor->room++ = c;
}

/* ---- cells ---- */

static bool
refuse(struct cursor *cursor, const char *reason, const char *message)
{
    cursor->row->reason = reason;
    cursor->row->message = message;
    return false;
}

/* Up to the quote that ends it. False: broken, or (reason NULL) more bytes are needed. */
static bool
take_quoted(struct cursor *cursor)
{
    cursor->at++;
    for (;;) {
        enum meaning meaning = look(cursor);
        if (meaning == NOT_KNOWN)
            return false;
        if (meaning == FILE_END)
            return refuse(cursor, "QUOTE_OPEN", "a quote begins here that nothing ends");
        char c = cursor->bytes[cursor->at];
        if (meaning == LINE_END) {
            size_t begin = cursor->at;
            take_line_end(cursor);
            for (size_t i = begin; i < cursor->at; i++)
                put(cursor, cursor->bytes[i]);
            continue;
        }
        cursor->at++;
        if (meaning != QUOTE) {
            put(cursor, c);
            continue;
        }
        meaning = look(cursor);
        if (meaning == NOT_KNOWN)
            return false;
        if (meaning != QUOTE)
            return true;
        cursor->at++;
        put(cursor, '"');
    }
}

/* What stands behind the quote, or the whole of a cell without quotes. */
static bool
take_plain(struct cursor *cursor, bool is_quoted)
{
    for (;;) {
        enum meaning meaning = look(cursor);
        if (meaning == NOT_KNOWN)
            return false;
        if (meaning == SEPARATOR || meaning == LINE_END || meaning == FILE_END)
            return true;
        char c = cursor->bytes[cursor->at++];
        if (!is_quoted)
            put(cursor, c);
        else if (c != ' ')
            return refuse(cursor, "QUOTE_MALFORMED",
                          "text follows the quote that ends a value; within a value a quote is "
                          "written twice");
    }
}

static bool
take_cell(struct cursor *cursor)
{
    struct csv_row *row = cursor->row;
    if (row->cell_count == CSV_CELLS_MAX)
        return refuse(cursor, "CELLS_TOO_MANY", "the row has more than 64 values");
    const char *begin = cursor->room;
    bool is_quoted = look(cursor) == QUOTE;
    if ((is_quoted && !take_quoted(cursor)) || !take_plain(cursor, is_quoted))
        return false;
    row->cells[row->cell_count++] =
        (struct csv_cell){.text = begin, .size_bytes = (size_t)(cursor->room - begin)};
    put(cursor, 0);
    if (memchr(begin, 0, (size_t)(cursor->room - begin - 1)) != NULL)
        return refuse(cursor, "VALUE_HAS_NUL", "a value holds a zero byte");
    return true;
}

/* ---- rows ---- */

/* Gives everything back but the first line. */
static enum csv_outcome
break_off(struct cursor *cursor)
{
    cursor->at = 0;
    cursor->row->line_count = 0;
    cursor->row->cell_count = 0;
    for (;; cursor->at++) {
        if (cursor->at >= cursor->size_bytes)
            break;
        if (cursor->bytes[cursor->at] == '\n' || cursor->bytes[cursor->at] == '\r')
            break;
    }
    if (cursor->at < cursor->size_bytes) {
        if (line_end_bytes(cursor) == 0)
            return CSV_MORE;
        take_line_end(cursor);
    } else if (!cursor->is_last) {
        return CSV_MORE;
    }
    cursor->row->size_bytes = cursor->at;
    return CSV_BROKEN;
}

/* A row that does not end within its limit: a quote without its partner, or a line that is none. */
static enum csv_outcome
give_up(struct cursor *cursor)
{
    cursor->is_last = false;
    (void)refuse(cursor, "ROW_TOO_LONG",
                 "the row has more than 65536 bytes; is the quote missing that ends a value?");
    return break_off(cursor) == CSV_BROKEN ? CSV_BROKEN : CSV_TOO_LONG;
}

static bool
is_empty(const struct csv_row *row)
{
    for (size_t i = 0; i < row->cell_count; i++) {
        if (row->cells[i].size_bytes != 0)
            return false;
    }
    return true;
}

static enum csv_outcome
take_row(struct cursor *cursor)
{
    for (;;) {
        if (!take_cell(cursor))
            return cursor->row->reason == NULL ? CSV_MORE : break_off(cursor);
        enum meaning meaning = look(cursor);
        if (meaning == LINE_END)
            take_line_end(cursor);
        else if (meaning == SEPARATOR)
            cursor->at++;
        if (meaning != SEPARATOR)
            break;
    }
    cursor->row->size_bytes = cursor->at;
    return is_empty(cursor->row) ? CSV_EMPTY : CSV_ROW;
}

/* The bytes that a row may have are looked at, never more: so what is too long does not depend on
 * how much more is there. */
static struct cursor
begin_row(char separator, const char *bytes, size_t size_bytes, bool is_last, char *room,
          struct csv_row *row)
{
    row->size_bytes = 0;
    row->line_count = 0;
    row->cell_count = 0;
    row->reason = NULL;
    row->message = NULL;
    bool is_cut = size_bytes > CSV_ROW_BYTES_MAX;
    return (struct cursor){
        .separator = separator,
        .bytes = bytes,
        .size_bytes = is_cut ? CSV_ROW_BYTES_MAX : size_bytes,
        .is_last = is_last && !is_cut,
        .room = room,
        .row = row,
    };
}

/* Whether all bytes of a row that may be looked at are there. */
static bool
is_full(const struct cursor *cursor)
{
    return cursor->size_bytes == CSV_ROW_BYTES_MAX && !cursor->is_last;
}

enum csv_outcome
csv_read(char separator, const char *bytes, size_t size_bytes, bool is_last, char *room,
         struct csv_row *ret_row)
{
    struct cursor cursor = begin_row(separator, bytes, size_bytes, is_last, room, ret_row);
    if (size_bytes == 0)
        return is_last ? CSV_END : CSV_MORE;
    enum csv_outcome outcome = take_row(&cursor);
    return outcome == CSV_MORE && is_full(&cursor) ? give_up(&cursor) : outcome;
}

enum csv_outcome
csv_read_line(const char *bytes, size_t size_bytes, bool is_last, char *room,
              struct csv_row *ret_row)
{
    struct cursor cursor = begin_row('\n', bytes, size_bytes, is_last, room, ret_row);
    if (size_bytes == 0)
        return is_last ? CSV_END : CSV_MORE;
    const char *end = memchr(bytes, '\n', cursor.size_bytes);
    if (end == NULL && !cursor.is_last)
        return is_full(&cursor) ? CSV_TOO_LONG : CSV_MORE;
    size_t text_bytes = end != NULL ? (size_t)(end - bytes) : cursor.size_bytes;
    ret_row->size_bytes = text_bytes + (end != NULL);
    ret_row->line_count = end != NULL;
    if (text_bytes > 0 && bytes[text_bytes - 1] == '\r')
        text_bytes--;
    memcpy(room, bytes, text_bytes);
    room[text_bytes] = 0;
    ret_row->cells[0] = (struct csv_cell){.text = room, .size_bytes = text_bytes};
    ret_row->cell_count = 1;
    return strspn(room, " \t") == text_bytes ? CSV_EMPTY : CSV_ROW;
}

char
csv_find_separator(const char *bytes, size_t size_bytes, size_t *ret_skip_bytes)
{
    static const char separators[] = ";\t,";
    size_t counts[sizeof separators - 1] = {0};
    *ret_skip_bytes = 0;
    if (size_bytes >= 6 && memcmp(bytes, "sep=", 4) == 0 && strchr(separators, bytes[4]) != NULL &&
        bytes[4] != 0 && (bytes[5] == '\r' || bytes[5] == '\n')) {
        *ret_skip_bytes = size_bytes > 6 && bytes[5] == '\r' && bytes[6] == '\n' ? 7 : 6;
        return bytes[4];
    }
    bool is_quoted = false;
    for (size_t i = 0; i < size_bytes; i++) {
        const char *found = bytes[i] != 0 ? strchr(separators, bytes[i]) : NULL;
        if (bytes[i] == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && (bytes[i] == '\n' || bytes[i] == '\r'))
            break;
        else if (!is_quoted && found != NULL)
            counts[found - separators]++;
    }
    size_t best = sizeof separators - 2;
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        if (counts[i] > counts[best])
            best = i;
    }
    return separators[best];
}
