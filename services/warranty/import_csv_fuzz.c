/*
 * import_csv_fuzz - any bytes as a file of units: head, rows, values
 *
 * The first byte chooses CSV or NDJSON, and where the file is cut. Beside memory errors it finds a
 * file that is not read to its end, and a prefix that is read otherwise than the whole.
 */
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "import_rules.h"

static char room[CSV_ROW_BYTES_MAX + CSV_CELLS_MAX];
static char cut_room[CSV_ROW_BYTES_MAX + CSV_CELLS_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static enum csv_outcome
read_row(const struct import_columns *columns, const char *bytes, size_t size_bytes, bool is_last,
         char *row_room, struct csv_row *ret_row)
{
    return columns->is_json
               ? csv_read_line(bytes, size_bytes, is_last, row_room, ret_row)
               : csv_read(columns->separator, bytes, size_bytes, is_last, row_room, ret_row);
}

/* A prefix says the same, or asks for more. */
static void
check_cut(const struct import_columns *columns, const char *bytes, size_t cut_bytes,
          enum csv_outcome whole, const struct csv_row *row)
{
    struct csv_row cut;
    enum csv_outcome outcome = read_row(columns, bytes, cut_bytes, false, cut_room, &cut);
    CHECK(outcome == CSV_MORE ||
          (outcome == whole && (outcome == CSV_TOO_LONG || (cut.size_bytes == row->size_bytes &&
                                                            cut.line_count == row->line_count &&
                                                            cut.cell_count == row->cell_count))));
}

/* What a row means, in an arena of its own. */
static void
take_row(const struct import_columns *columns, const struct csv_row *row)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct fault fault = {0};
    Warranty__V1__RegisterUnitRequest *request;
    const char *heading, *value;
    if (import_read_row(arena, columns, row, &request, &fault) != OK)
        import_find_cell(arena, columns, row, fault.field, &heading, &value);
    arena_free(&arena);
}

static void
read_rows(struct import_columns *columns, const char *bytes, size_t size_bytes, uint8_t cut,
          bool has_head)
{
    struct csv_row row;
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    for (size_t at = 0;;) {
        size_t left = size_bytes - at;
        enum csv_outcome outcome = read_row(columns, bytes + at, left, true, room, &row);
        CHECK(outcome != CSV_MORE);
        if (outcome == CSV_END || outcome == CSV_TOO_LONG)
            break;
        CHECK(row.size_bytes > 0 && row.size_bytes <= left);
        check_cut(columns, bytes + at, left * cut / 256, outcome, &row);
        if (outcome == CSV_ROW && !has_head) {
            const struct import_mapping mapping = {0};
            struct fault fault;
            has_head = true;
            if (import_find_columns(arena, &row, &mapping, columns, &fault) != OK)
                break;
        } else if (outcome == CSV_ROW) {
            take_row(columns, &row);
        }
        at += row.size_bytes;
    }
    arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    if (size_bytes < 2)
        return 0;
    bool is_json = (bytes[0] & 1) != 0;
    struct import_columns columns;
    size_t skip_bytes;
    struct fault fault;
    const char *file = (const char *)bytes + 1;
    if (import_look(file, size_bytes - 1, is_json, &columns, &skip_bytes, &fault) == OK)
        read_rows(&columns, file + skip_bytes, size_bytes - 1 - skip_bytes, bytes[0], is_json);
    return 0;
}
