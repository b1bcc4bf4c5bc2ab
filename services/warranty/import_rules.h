/*
 * import_rules - what the head and the rows of a file of units mean
 *
 * Pure. Headings are known in English and German whatever their case, signs and spaces; the caller
 * may name others. Values are read as people write them into spreadsheets: days as 2025-12-31 and
 * 31.12.2025, amounts as 1234.50 and 1.234,50. What can be read in two ways is refused, never
 * guessed: a wrong day of sale is a wrong warranty.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "import_csv.h"
#include "warranty.h"

/* What a column says of a unit. */
enum import_field {
    IMPORT_UNUSED,
    IMPORT_SERIAL,
    IMPORT_SKU,
    IMPORT_OWNER_ID,
    IMPORT_ORDER_NUMBER,
    IMPORT_ORDER_DATE,
    IMPORT_PURCHASE_DATE,
    IMPORT_DELIVERY_DATE,
    IMPORT_INSTALL_DATE,
    IMPORT_REGISTER_DATE,
    IMPORT_MANUFACTURE_DATE,
    IMPORT_REGION,
    IMPORT_CHANNEL,
    IMPORT_CUSTOMER_CLASS,
    IMPORT_CONDITION,
    IMPORT_PRICE_PAID,
    IMPORT_CURRENCY, /* of price_paid */
    IMPORT_FIELD_COUNT
};

/* Its name, as "purchase_date"; "" for IMPORT_UNUSED. */
const char *import_field_name(enum import_field field);
/* False: no field has that name. "" is IMPORT_UNUSED. */
bool import_field_find(const char *name, enum import_field *ret_field);
/* All names with commas between them, for a sentence. In the arena. */
const char *import_field_names(struct arena *arena);

/* ---- values (import_values.c) ---- */

/* A value as UTF-8, without space around it, in the arena. What is no UTF-8 is read as
 * Windows-1252, as spreadsheets on Windows write it, unless the file says that it is UTF-8. False:
 * it is neither; `ret_at` is the first byte in question, from 1. */
bool import_text(struct arena *arena, const char *bytes, size_t size_bytes, bool is_utf8,
                 const char **ret_text, size_t *ret_at);

/* A day: "2025-12-31", "31.12.2025", "1.2.2025", and these with midnight behind. DATE_MALFORMED,
 * DATE_AMBIGUOUS (12/31/2025, and years of two digits), DATE_MISSING_DAY (there is no such day). */
enum err import_date(const char *text, struct date *ret_date, struct fault *ret_fault) MUST_CHECK;

/* An amount: "1234.5", "1.234,50", "1 234,50 EUR", "€49". `currency_code` is what another column
 * says, or "". AMOUNT_MALFORMED, AMOUNT_AMBIGUOUS ("1.234" where the currency has three digits),
 * AMOUNT_TOO_LARGE, CURRENCY_MISSING, CURRENCY_UNKNOWN, CURRENCY_TWICE. */
enum err import_amount(const char *text, const char *currency_code, struct money *ret_money,
                       struct fault *ret_fault) MUST_CHECK;

/* ---- columns (import_columns.c) ---- */

/* Fields that the caller gives to headings: "Seriennr.=serial,Kaufdatum=purchase_date". */
struct import_mapping {
    const char *headings[CSV_CELLS_MAX]; /* folded, in the arena */
    enum import_field fields[CSV_CELLS_MAX];
    size_t count;
};

/* MAPPING_MALFORMED, MAPPING_FIELD_UNKNOWN. */
enum err import_read_mapping(struct arena *arena, const char *text,
                             struct import_mapping *ret_mapping,
                             struct fault *ret_fault) MUST_CHECK;

/* How a file's rows are read. */
struct import_columns {
    bool is_json; /* a line is an object; nothing else counts */
    bool is_utf8; /* the file says so by its first bytes */
    char separator;
    const char *headings[CSV_CELLS_MAX];
    enum import_field fields[CSV_CELLS_MAX];
    size_t count;
};

/* Looks at a file's first bytes: sets separator and is_utf8, and how many bytes to skip. Refuses
 * what is no text: FILE_NOT_TEXT (UTF-16, a workbook), FILE_EMPTY. */
enum err import_look(const char *bytes, size_t size_bytes, bool is_json,
                     struct import_columns *columns, size_t *ret_skip_bytes,
                     struct fault *ret_fault) MUST_CHECK;

/* Finds out what the columns are. Texts are in the arena. HEAD_INCOMPLETE, COLUMN_TWICE,
 * COLUMN_MISSING (the mapping names one that is not there), ENCODING. */
enum err import_find_columns(struct arena *arena, const struct csv_row *head,
                             const struct import_mapping *mapping, struct import_columns *columns,
                             struct fault *ret_fault) MUST_CHECK;

/* The columns as an import keeps them, and back. In the arena; texts are borrowed. */
Warranty__V1__Import *import_columns_to_layout(struct arena *arena,
                                               const struct import_columns *columns);
struct import_columns import_columns_from_layout(const Warranty__V1__Import *layout);

/* ---- rows (import_rows.c) ---- */

/* What a row asks for, checked by the contract; in the arena. The fault's field names the field of
 * a unit; "" where the row as a whole is wrong. */
enum err import_read_row(struct arena *arena, const struct import_columns *columns,
                         const struct csv_row *row, Warranty__V1__RegisterUnitRequest **ret_request,
                         struct fault *ret_fault) MUST_CHECK;

/* The column that a fault's field stands in, by its heading, and what stood there; "" where none
 * does. In the arena. */
void import_find_cell(struct arena *arena, const struct import_columns *columns,
                      const struct csv_row *row, const char *field, const char **ret_heading,
                      const char **ret_value);

/* The first field that a row says otherwise than a unit has it; NULL: the unit is exactly as the
 * row says. What a row leaves out it does not say. */
const char *import_find_difference(const Warranty__V1__RegisterUnitRequest *request,
                                   const struct unit *unit);
