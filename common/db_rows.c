/*
 * db_rows - results, copied once into the call's arena
 *
 * libpq's result is freed as soon as its bytes are copied: an arena runs no destructors. One block
 * holds the head, the column types, the cells and the bytes; each value ends with a zero, so texts
 * can be used where they lie.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_parts.h"

#include <endian.h>
#include <string.h>

enum { VARCHAR_OID = 1043, NAME_OID = 19 };

struct cell {
    const char *bytes; /* NULL: SQL null */
    int size_bytes;
};

struct db_rows {
    size_t row_count;
    size_t column_count;
    Oid *types;
    struct cell cells[];
};

static size_t
measure_values(const PGresult *result, int first_row, int row_count, int column_count)
{
    size_t size_bytes = 0;
    for (int row = first_row; row < first_row + row_count; row++) {
        for (int column = 0; column < column_count; column++)
            size_bytes += (size_t)PQgetlength(result, row, column) + 1;
    }
    return size_bytes;
}

static void
copy_values(const PGresult *result, int first_row, struct db_rows *rows, char *at)
{
    struct cell *cell = rows->cells;
    for (int row = first_row; row < first_row + (int)rows->row_count; row++) {
        for (int column = 0; column < (int)rows->column_count; column++, cell++) {
            *cell = (struct cell){0};
            if (PQgetisnull(result, row, column))
                continue;
            cell->size_bytes = PQgetlength(result, row, column);
            cell->bytes = at;
            memcpy(at, PQgetvalue(result, row, column), (size_t)cell->size_bytes);
            at[cell->size_bytes] = 0;
            at += cell->size_bytes + 1;
        }
    }
}

enum err
db_rows_copy(struct arena *arena, const PGresult *result, int first_row, int row_count,
             const struct db_rows **ret_rows)
{
    int column_count = PQnfields(result);
    size_t cells_bytes = (size_t)row_count * (size_t)column_count * sizeof(struct cell);
    size_t types_bytes = (size_t)column_count * sizeof(Oid);
    size_t values_bytes = measure_values(result, first_row, row_count, column_count);
    struct db_rows *rows =
        arena_try_alloc(arena, sizeof *rows + cells_bytes + types_bytes + values_bytes);
    if (rows == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    rows->row_count = (size_t)row_count;
    rows->column_count = (size_t)column_count;
    rows->types = (Oid *)((char *)rows->cells + cells_bytes);
    for (int column = 0; column < column_count; column++)
        rows->types[column] = PQftype(result, column);
    copy_values(result, first_row, rows, (char *)rows->types + types_bytes);
    *ret_rows = rows;
    return OK;
}

static int32_t
read_int4(const char *bytes)
{
    uint32_t wire = 0;
    if (bytes != NULL)
        memcpy(&wire, bytes, sizeof wire);
    return (int32_t)be32toh(wire);
}

static int64_t
read_int8(const char *bytes)
{
    uint64_t wire = 0;
    if (bytes != NULL)
        memcpy(&wire, bytes, sizeof wire);
    return (int64_t)be64toh(wire);
}

unsigned
db_rows_place(const PGresult *result, int row)
{
    int column = PQnfields(result) - 1;
    CHECK(PQftype(result, column) == db_param_oid(DB_INT8) && !PQgetisnull(result, row, column));
    return (unsigned)read_int8(PQgetvalue(result, row, column));
}

size_t
db_row_count(const struct db_rows *rows)
{
    return rows->row_count;
}

static const struct cell *
find_cell(const struct db_rows *rows, size_t row, size_t column)
{
    CHECK(row < rows->row_count && column < rows->column_count);
    return &rows->cells[row * rows->column_count + column];
}

bool
db_is_null(const struct db_rows *rows, size_t row, size_t column)
{
    return find_cell(rows, row, column)->bytes == NULL;
}

/* The bytes of a value of this type, at least `size_bytes` of them; NULL for SQL null. */
static const char *
read_value(const struct db_rows *rows, size_t row, size_t column, enum db_type type, int size_bytes)
{
    const struct cell *cell = find_cell(rows, row, column);
    CHECK(rows->types[column] == db_param_oid(type));
    CHECK(cell->bytes == NULL || cell->size_bytes == size_bytes);
    return cell->bytes;
}

const char *
db_get_text(const struct db_rows *rows, size_t row, size_t column)
{
    const struct cell *cell = find_cell(rows, row, column);
    Oid type = rows->types[column];
    CHECK(type == db_param_oid(DB_TEXT) || type == VARCHAR_OID || type == NAME_OID);
    return cell->bytes != NULL ? cell->bytes : "";
}

const void *
db_get_bytea(const struct db_rows *rows, size_t row, size_t column, size_t *ret_size_bytes)
{
    const struct cell *cell = find_cell(rows, row, column);
    CHECK(rows->types[column] == db_param_oid(DB_BYTEA));
    *ret_size_bytes = (size_t)cell->size_bytes;
    return cell->bytes != NULL ? cell->bytes : "";
}

int32_t
db_get_int4(const struct db_rows *rows, size_t row, size_t column)
{
    return read_int4(read_value(rows, row, column, DB_INT4, 4));
}

int64_t
db_get_int8(const struct db_rows *rows, size_t row, size_t column)
{
    return read_int8(read_value(rows, row, column, DB_INT8, 8));
}

bool
db_get_bool(const struct db_rows *rows, size_t row, size_t column)
{
    const char *bytes = read_value(rows, row, column, DB_BOOL, 1);
    return bytes != NULL && bytes[0] != 0;
}

struct uuid
db_get_uuid(const struct db_rows *rows, size_t row, size_t column)
{
    const char *bytes = read_value(rows, row, column, DB_UUID, sizeof(struct uuid));
    struct uuid uuid = {{0}};
    if (bytes != NULL)
        memcpy(uuid.bytes, bytes, sizeof uuid.bytes);
    return uuid;
}

struct date
db_get_date(const struct db_rows *rows, size_t row, size_t column)
{
    const char *bytes = read_value(rows, row, column, DB_DATE, 4);
    return bytes != NULL ? date_from_days(read_int4(bytes) + DB_EPOCH_DAYS) : (struct date){0};
}

int64_t
db_get_time(const struct db_rows *rows, size_t row, size_t column)
{
    const char *bytes = read_value(rows, row, column, DB_TIMESTAMPTZ, 8);
    return bytes != NULL ? read_int8(bytes) + DB_EPOCH_US : 0;
}
