/*
 * import_csv_test - rows as spreadsheets write them, whole and in pieces
 *
 * The property: random rows are printed as a spreadsheet would, in each dialect, and read back cell
 * by cell. Wherever the file is cut, every prefix of a row gives the same outcome as the whole
 * file, or asks for more. The seed is printed; AFTERCARE_TEST_SEED replays it. 2,000 files; 100,000
 * with AFTERCARE_TEST_LONG.
 */
// SPDX-License-Identifier: Apache-2.0
#include "import_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/buf.h"
#include "common/test.h"

enum { SHORT_COUNT = 2000, LONG_COUNT = 100000, ROWS_MAX = 8, CELLS_MAX = 6, CELL_BYTES_MAX = 12 };

static char room[CSV_ROW_BYTES_MAX + CSV_CELLS_MAX];
static struct csv_row row;

static enum csv_outcome
read_text(const char *text, bool is_last)
{
    return csv_read(';', text, strlen(text), is_last, room, &row);
}

static void
assert_cells(const char *const *cells, size_t count)
{
    assert_int_equal(row.cell_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(row.cells[i].text, cells[i]);
        assert_int_equal(row.cells[i].size_bytes, strlen(cells[i]));
    }
}

/* ---- rows ---- */

static void
a_row_is_its_cells_and_its_end(void **state UNUSED)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        char text[32];
        int size = snprintf(text, sizeof text, "a;;b c%s", ends[i]);
        (void)snprintf(text + size, sizeof text - (size_t)size, "next");
        assert_int_equal(read_text(text, false), CSV_ROW);
        assert_cells((const char *[]){"a", "", "b c"}, 3);
        assert_int_equal(row.size_bytes, size);
        assert_int_equal(row.line_count, 1);
    }
}

static void
the_last_row_needs_no_end(void **state UNUSED)
{
    assert_int_equal(read_text("a;b", false), CSV_MORE);
    assert_int_equal(read_text("a;b", true), CSV_ROW);
    assert_cells((const char *[]){"a", "b"}, 2);
    assert_int_equal(row.line_count, 0);
    assert_int_equal(read_text("", true), CSV_END);
    assert_int_equal(read_text("", false), CSV_MORE);
}

static void
quotes_hold_separators_line_breaks_and_quotes(void **state UNUSED)
{
    assert_int_equal(read_text("\"a;b\";\"c\r\nd\";\"say \"\"x\"\"\" ;5\" wide\nnext", false),
                     CSV_ROW);
    assert_cells((const char *[]){"a;b", "c\r\nd", "say \"x\"", "5\" wide"}, 4);
    assert_int_equal(row.line_count, 2);
}

static void
a_byte_that_may_belong_to_the_row_is_waited_for(void **state UNUSED)
{
    assert_int_equal(read_text("a\r", false), CSV_MORE);
    assert_int_equal(read_text("\"a\"", false), CSV_MORE);
    assert_int_equal(read_text("\"a\r", false), CSV_MORE);
    assert_int_equal(read_text("a\r", true), CSV_ROW);
}

static void
lines_with_nothing_in_them_are_empty(void **state UNUSED)
{
    assert_int_equal(read_text("\r\na", false), CSV_EMPTY);
    assert_int_equal(row.size_bytes, 2);
    assert_int_equal(read_text(";;;\na", false), CSV_EMPTY);
    assert_int_equal(row.size_bytes, 4);
}

static void
a_broken_row_gives_the_lines_after_its_first_back(void **state UNUSED)
{
    assert_int_equal(read_text("a;\"b\nc;d\n", true), CSV_BROKEN);
    assert_string_equal(row.reason, "QUOTE_OPEN");
    assert_int_equal(row.size_bytes, 5);
    assert_int_equal(row.line_count, 1);
    assert_int_equal(read_text("a;\"b\nc\"d\ne", false), CSV_BROKEN);
    assert_string_equal(row.reason, "QUOTE_MALFORMED");
    assert_int_equal(row.size_bytes, 5);
    assert_int_equal(csv_read(';', "a\0b\n", 4, false, room, &row), CSV_BROKEN);
    assert_string_equal(row.reason, "VALUE_HAS_NUL");
}

static void
a_row_has_at_most_so_many_cells(void **state UNUSED)
{
    char text[CSV_CELLS_MAX * 2 + 3];
    for (size_t i = 0; i <= CSV_CELLS_MAX; i++)
        memcpy(text + 2 * i, "x;", 2);
    memcpy(text + CSV_CELLS_MAX * 2 - 1, "\n", 2);
    assert_int_equal(read_text(text, true), CSV_ROW);
    assert_int_equal(row.cell_count, CSV_CELLS_MAX);
    memcpy(text + CSV_CELLS_MAX * 2 - 1, ";x\n", 4);
    assert_int_equal(read_text(text, true), CSV_BROKEN);
    assert_string_equal(row.reason, "CELLS_TOO_MANY");
}

static void
what_does_not_end_is_given_up_at_the_limit(void **state UNUSED)
{
    static char text[2 * CSV_ROW_BYTES_MAX];
    memset(text, 'x', sizeof text);
    assert_int_equal(csv_read(';', text, CSV_ROW_BYTES_MAX - 1, false, room, &row), CSV_MORE);
    assert_int_equal(csv_read(';', text, sizeof text, true, room, &row), CSV_TOO_LONG);
    assert_int_equal(csv_read_line(text, sizeof text, true, room, &row), CSV_TOO_LONG);
    memcpy(text, "a;\"b\n", 5);
    assert_int_equal(csv_read(';', text, sizeof text, false, room, &row), CSV_BROKEN);
    assert_string_equal(row.reason, "ROW_TOO_LONG");
    assert_int_equal(row.size_bytes, 5);
    memset(text, 'x', sizeof text);
    text[CSV_ROW_BYTES_MAX - 1] = '\n';
    assert_int_equal(csv_read(';', text, sizeof text, false, room, &row), CSV_ROW);
    assert_int_equal(row.cells[0].size_bytes, CSV_ROW_BYTES_MAX - 1);
}

static void
a_line_of_json_is_taken_whole(void **state UNUSED)
{
    static const char text[] = "{\"a\": \"x;y\"}\r\n \n{}";
    assert_int_equal(csv_read_line(text, sizeof text - 1, true, room, &row), CSV_ROW);
    assert_cells((const char *[]){"{\"a\": \"x;y\"}"}, 1);
    size_t at = row.size_bytes;
    assert_int_equal(csv_read_line(text + at, sizeof text - 1 - at, true, room, &row), CSV_EMPTY);
    at += row.size_bytes;
    assert_int_equal(csv_read_line(text + at, 2, false, room, &row), CSV_MORE);
    assert_int_equal(csv_read_line(text + at, 2, true, room, &row), CSV_ROW);
}

static void
the_separator_is_that_of_the_head(void **state UNUSED)
{
    static const struct {
        const char *text;
        char separator;
        size_t skip_bytes;
    } cases[] = {{"a;b\n1,2,3,4", ';', 0},  {"a,b", ',', 0},        {"a\tb\tc,d", '\t', 0},
                 {"\"a,b,c\";d\n", ';', 0}, {"alone", ',', 0},      {"sep=;\r\na,b", ';', 7},
                 {"sep=,\na;b", ',', 6},    {"sep=x\na;b", ',', 0}, {"", ',', 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t skip_bytes;
        assert_int_equal(csv_find_separator(cases[i].text, strlen(cases[i].text), &skip_bytes),
                         cases[i].separator);
        assert_int_equal(skip_bytes, cases[i].skip_bytes);
    }
}

/* ---- the property ---- */

static uint64_t random_state;

/* splitmix64 */
static unsigned
below(unsigned bound)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (unsigned)((z ^ (z >> 31)) % bound);
}

struct table {
    char cells[ROWS_MAX][CELLS_MAX][CELL_BYTES_MAX + 1];
    size_t row_count;
    size_t cell_count;
};

/* Cells of bytes that matter; the first of a row is never empty, so that no row is. */
static void
make_table(struct table *table)
{
    static const char alphabet[] = "ab \";,\t\r\n\xc3\xa4\xfc";
    table->row_count = 1 + below(ROWS_MAX);
    table->cell_count = 1 + below(CELLS_MAX);
    for (size_t r = 0; r < table->row_count; r++) {
        for (size_t c = 0; c < table->cell_count; c++) {
            size_t size = below(CELL_BYTES_MAX) + (c == 0);
            char *cell = table->cells[r][c];
            for (size_t i = 0; i < size; i++)
                cell[i] = alphabet[below(sizeof alphabet - 1)];
            cell[size] = 0;
        }
    }
}

static void
print_cell(struct buf *out, const char *cell, char separator)
{
    const char special[] = {separator, '"', '\r', '\n', 0};
    if (cell[strcspn(cell, special)] == 0 && below(4) != 0) {
        buf_add_text(out, cell);
        return;
    }
    buf_add_char(out, '"');
    for (; cell[0] != 0; cell++) {
        if (cell[0] == '"')
            buf_add_char(out, '"');
        buf_add_char(out, cell[0]);
    }
    buf_add_char(out, '"');
}

static void
print_table(struct buf *out, const struct table *table, char separator)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    const char *end = ends[below(COUNT_OF(ends))];
    bool has_last_end = below(2) != 0;
    for (size_t r = 0; r < table->row_count; r++) {
        for (size_t c = 0; c < table->cell_count; c++) {
            if (c > 0)
                buf_add_char(out, separator);
            print_cell(out, table->cells[r][c], separator);
        }
        if (r + 1 < table->row_count || has_last_end)
            buf_add_text(out, end);
    }
}

/* A prefix, copied so that reading beyond it is found, gives the row of the whole, or needs more.
 */
static void
check_cut(char separator, const char *bytes, size_t size_bytes, const struct csv_row *whole)
{
    static char cut_room[CSV_ROW_BYTES_MAX + CSV_CELLS_MAX];
    struct csv_row cut;
    size_t cut_bytes = below((unsigned)size_bytes + 1);
    char *copy = mem_alloc(cut_bytes + 1);
    char *begin = copy + 1;
    memcpy(begin, bytes, cut_bytes);
    enum csv_outcome outcome = csv_read(separator, begin, cut_bytes, false, cut_room, &cut);
    if (outcome != CSV_MORE) {
        assert_int_equal(outcome, CSV_ROW);
        assert_int_equal(cut.size_bytes, whole->size_bytes);
        assert_int_equal(cut.line_count, whole->line_count);
        assert_int_equal(cut.cell_count, whole->cell_count);
    } else {
        assert_true(cut_bytes <= whole->size_bytes);
    }
    mem_free(copy);
}

static void
check_file(void)
{
    static const char separators[] = {';', ',', '\t'};
    struct table table;
    struct buf file = {0};
    char separator = separators[below(COUNT_OF(separators))];
    make_table(&table);
    print_table(&file, &table, separator);
    size_t at = 0;
    for (size_t r = 0; r < table.row_count; r++) {
        assert_int_equal(
            csv_read(separator, file.bytes + at, file.size_bytes - at, true, room, &row), CSV_ROW);
        assert_int_equal(row.cell_count, table.cell_count);
        for (size_t c = 0; c < table.cell_count; c++)
            assert_string_equal(row.cells[c].text, table.cells[r][c]);
        check_cut(separator, file.bytes + at, file.size_bytes - at, &row);
        at += row.size_bytes;
    }
    assert_int_equal(at, file.size_bytes);
    buf_free(&file);
}

static void
what_is_printed_is_read_back_however_it_is_cut(void **state UNUSED)
{
    const char *seed = getenv("AFTERCARE_TEST_SEED");
    random_state = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    print_message("seed: AFTERCARE_TEST_SEED=%llu\n", (unsigned long long)random_state);
    int count = getenv("AFTERCARE_TEST_LONG") != NULL ? LONG_COUNT : SHORT_COUNT;
    for (int i = 0; i < count; i++)
        check_file();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_its_cells_and_its_end),
        cmocka_unit_test(the_last_row_needs_no_end),
        cmocka_unit_test(quotes_hold_separators_line_breaks_and_quotes),
        cmocka_unit_test(a_byte_that_may_belong_to_the_row_is_waited_for),
        cmocka_unit_test(lines_with_nothing_in_them_are_empty),
        cmocka_unit_test(a_broken_row_gives_the_lines_after_its_first_back),
        cmocka_unit_test(a_row_has_at_most_so_many_cells),
        cmocka_unit_test(what_does_not_end_is_given_up_at_the_limit),
        cmocka_unit_test(a_line_of_json_is_taken_whole),
        cmocka_unit_test(the_separator_is_that_of_the_head),
        cmocka_unit_test(what_is_printed_is_read_back_however_it_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
