/*
 * import_csv - one row after the other from CSV as spreadsheets write it
 *
 *     separator  ';', ',' or tab; found out from the head, or told by a first line "sep=;"
 *     row end    CR LF, LF or CR
 *     cell       as it stands, or in quotes: there separators and line breaks are text, and two
 *                quotes are one
 *
 * The reader has no state: it is given the bytes from the beginning of a row on, and says how many
 * the row took, or that it needs more. So an import can go on at any row, after a crash and in
 * another replica, with nothing kept but a position; and how the file was cut cannot matter.
 *
 * libcsv3 was looked at first. It reads a stream too, but its state between two pieces is its own
 * and cannot be stored; it does not say where in the file a row began; a cell may grow without
 * limit; and of a quote in the wrong place it either makes something up or, when strict, ends. A
 * row here is refused by itself, and the next line is tried. Its last release is of 2013.
 *
 * Pure. Bytes are not looked at as characters: import_text does that.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

enum {
    CSV_ROW_BYTES_MAX = 64 * 1024, /* with its quotes and its end */
    CSV_CELLS_MAX = 64,
};

struct csv_cell {
    const char *text; /* in the room, with a zero after it */
    size_t size_bytes;
};

enum csv_outcome {
    CSV_ROW,      /* a row, in `cells` */
    CSV_EMPTY,    /* a line with nothing in it, or only separators */
    CSV_BROKEN,   /* no row: `reason` and `message` say why. What was taken is its first line */
    CSV_MORE,     /* the row's end is not there yet */
    CSV_TOO_LONG, /* a line of more than CSV_ROW_BYTES_MAX: what follows cannot be told apart */
    CSV_END,      /* no bytes are left */
};

struct csv_row {
    size_t size_bytes; /* taken from the file, the row's end included */
    int line_count;    /* ends of lines among them */
    struct csv_cell cells[CSV_CELLS_MAX];
    size_t cell_count;
    const char *reason;
    const char *message;
};

/*
 * Reads a row from its beginning. `is_last`: no bytes follow these. Cells are written to `room`,
 * which has CSV_ROW_BYTES_MAX + CSV_CELLS_MAX bytes. Of `row` everything is set, apart from what
 * the outcome does not have.
 */
enum csv_outcome csv_read(char separator, const char *bytes, size_t size_bytes, bool is_last,
                          char *room, struct csv_row *ret_row);

/* The separator of a file: that of ';', tab and ',' which stands most often in the first line,
 * outside of quotes; ',' where none does. A first line "sep=;" decides, and `ret_skip_bytes` is its
 * size (0 elsewhere). */
char csv_find_separator(const char *bytes, size_t size_bytes, size_t *ret_skip_bytes);

/* A line of NDJSON, in the same way: one cell, the whole line, which is never broken. */
enum csv_outcome csv_read_line(const char *bytes, size_t size_bytes, bool is_last, char *room,
                               struct csv_row *ret_row);
