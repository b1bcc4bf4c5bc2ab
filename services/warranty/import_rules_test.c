/*
 * import_rules_test - headings, days, amounts and texts as people write them
 */
// SPDX-License-Identifier: Apache-2.0
#include "import_rules.h"

#include <string.h>

#include "common/message.h"
#include "common/test.h"

static struct arena *arena;
static struct fault fault;
static char room[CSV_ROW_BYTES_MAX + CSV_CELLS_MAX];

static int
set_up(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&arena);
    return 0;
}

static struct csv_row
make_row(const char *text)
{
    struct csv_row row;
    assert_int_equal(csv_read(';', text, strlen(text), true, room, &row), CSV_ROW);
    return row;
}

static enum err
find_columns(const char *head, const char *mapping_text, struct import_columns *ret_columns)
{
    struct import_mapping mapping;
    struct csv_row row = make_row(head);
    *ret_columns = (struct import_columns){.separator = ';'};
    assert_int_equal(import_read_mapping(arena, mapping_text, &mapping, &fault), OK);
    return import_find_columns(arena, &row, &mapping, ret_columns, &fault);
}

/* ---- values ---- */

static void
a_text_is_utf8_or_windows_1252(void **state UNUSED)
{
    static const struct {
        const char *bytes;
        const char *text;
    } cases[] = {{" Gr\xc3\xb6\xc3\x9f"
                  "e\t",
                  "Größe"},
                 {"Gr\xf6\xdf"
                  "e",
                  "Größe"},
                 {"\x80 49\x97", "€ 49—"},
                 {"\xc2\xa0x\xc2\xa0", "x"},
                 {"", ""}};
    const char *text;
    size_t at;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(import_text(arena, cases[i].bytes, strlen(cases[i].bytes), false, &text, &at));
        assert_string_equal(text, cases[i].text);
    }
    assert_false(import_text(arena, "ab\xf6", 3, true, &text, &at));
    assert_int_equal(at, 3);
    assert_false(import_text(arena, "a\x81", 2, false, &text, &at));
    assert_int_equal(at, 2);
}

static void
a_day_is_read_as_people_write_it(void **state UNUSED)
{
    static const char *const days[] = {"2025-12-31", "31.12.2025", "31.12.2025 00:00",
                                       "2025-12-31T00:00:00", "2025-12-31 00:00:00"};
    struct date date;
    for (size_t i = 0; i < COUNT_OF(days); i++) {
        assert_int_equal(import_date(days[i], &date, &fault), OK);
        assert_int_equal(date_compare(date, (struct date){2025, 12, 31}), 0);
    }
    assert_int_equal(import_date("1.2.2025", &date, &fault), OK);
    assert_int_equal(date_compare(date, (struct date){2025, 2, 1}), 0);
}

static void
a_day_that_can_be_read_in_two_ways_is_refused(void **state UNUSED)
{
    static const char *const cases[][2] = {
        {"12/31/2025", "DATE_AMBIGUOUS"},       {"1/2/2025", "DATE_AMBIGUOUS"},
        {"01-02-2025", "DATE_AMBIGUOUS"},       {"31.12.25", "DATE_AMBIGUOUS"},
        {"31.02.2025", "DATE_MISSING_DAY"},     {"2025-13-01", "DATE_MISSING_DAY"},
        {"gestern", "DATE_MALFORMED"},          {"45992", "DATE_MALFORMED"},
        {"2025-12-31 10:30", "DATE_MALFORMED"}, {"31.12.20255", "DATE_MALFORMED"}};
    struct date date;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(import_date(cases[i][0], &date, &fault), ERR_INVALID_ARGUMENT);
        assert_string_equal(fault.reason, cases[i][1]);
    }
}

static void
an_amount_is_read_as_people_write_it(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *currency_code;
        int64_t minor;
        const char *code;
    } cases[] = {{"1234.50", "EUR", 123450, "EUR"},
                 {"1.234,50", "EUR", 123450, "EUR"},
                 {"1,234.5", "eur", 123450, "EUR"},
                 {"1 234,50 EUR", "", 123450, "EUR"},
                 {"€49", "", 4900, "EUR"},
                 {"49,00 €", "EUR", 4900, "EUR"},
                 {"EUR 1.234.567", "", 123456700, "EUR"},
                 {"1.234", "EUR", 123400, "EUR"},
                 {"1'234.05", "CHF", 123405, "CHF"},
                 {"0", "EUR", 0, "EUR"},
                 {"1\xc2\xa0"
                  "234,5",
                  "EUR", 123450, "EUR"},
                 {"1.234", "JPY", 1234, "JPY"},
                 {"1,234.000", "KWD", 1234000, "KWD"},
                 {"0.750", "KWD", 750, "KWD"},
                 {"1234,5", "KWD", 1234500, "KWD"}};
    struct money money;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(import_amount(cases[i].text, cases[i].currency_code, &money, &fault), OK);
        assert_int_equal(money.minor, cases[i].minor);
        assert_string_equal(money.currency_code, cases[i].code);
    }
}

static void
an_amount_that_is_none_is_refused(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *currency_code;
        const char *reason;
    } cases[] = {{"49", "", "CURRENCY_MISSING"},
                 {"49 EUR", "USD", "CURRENCY_TWICE"},
                 {"49", "EURO", "CURRENCY_UNKNOWN"},
                 {"49", "XQX", "CURRENCY_UNKNOWN"},
                 {"viel", "EUR", "AMOUNT_MALFORMED"},
                 {"1.23.456", "EUR", "AMOUNT_MALFORMED"},
                 {"1,2,3", "EUR", "AMOUNT_MALFORMED"},
                 {"49,", "EUR", "AMOUNT_MALFORMED"},
                 {"49,505,5", "EUR", "AMOUNT_MALFORMED"},
                 {"4 9,50", "EUR", "AMOUNT_MALFORMED"},
                 {"49,5", "JPY", "AMOUNT_MALFORMED"},
                 {"-49", "EUR", "AMOUNT_NEGATIVE"},
                 {"1.234", "KWD", "AMOUNT_AMBIGUOUS"},
                 {"999999999999999", "EUR", "AMOUNT_TOO_LARGE"},
                 {"99999999999999999999", "EUR", "AMOUNT_MALFORMED"},
                 {"EUR", "", "AMOUNT_MALFORMED"}};
    struct money money;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(import_amount(cases[i].text, cases[i].currency_code, &money, &fault),
                         ERR_INVALID_ARGUMENT);
        assert_string_equal(fault.reason, cases[i].reason);
    }
}

/* ---- columns ---- */

static void
headings_are_known_in_english_and_german(void **state UNUSED)
{
    struct import_columns columns;
    assert_int_equal(find_columns("Serien-Nr.;ARTIKEL NR;\xdc"
                                  "bergabedatum;Date of purchase;Farbe",
                                  "", &columns),
                     OK);
    assert_int_equal(columns.count, 5);
    assert_int_equal(columns.fields[0], IMPORT_SERIAL);
    assert_int_equal(columns.fields[1], IMPORT_SKU);
    assert_int_equal(columns.fields[2], IMPORT_DELIVERY_DATE);
    assert_int_equal(columns.fields[3], IMPORT_PURCHASE_DATE);
    assert_int_equal(columns.fields[4], IMPORT_UNUSED);
    assert_string_equal(columns.headings[2], "Übergabedatum");
}

static void
every_field_is_known_by_its_own_name(void **state UNUSED)
{
    for (int i = IMPORT_SERIAL; i < IMPORT_FIELD_COUNT; i++) {
        struct import_columns columns;
        const char *name = import_field_name((enum import_field)i);
        (void)find_columns(name, "", &columns);
        assert_int_equal(columns.fields[0], i);
        assert_non_null(strstr(import_field_names(arena), name));
    }
}

static void
a_mapping_goes_before_what_is_known(void **state UNUSED)
{
    struct import_columns columns;
    assert_int_equal(find_columns("serial;Nummer;sku", "Nummer=serial, Serial= ", &columns), OK);
    assert_int_equal(columns.fields[0], IMPORT_UNUSED);
    assert_int_equal(columns.fields[1], IMPORT_SERIAL);
    assert_int_equal(find_columns("serial;sku", "Nummer=serial", &columns), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "COLUMN_MISSING");
    struct import_mapping mapping;
    assert_int_equal(import_read_mapping(arena, "a=serials", &mapping, &fault),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "MAPPING_FIELD_UNKNOWN");
    assert_int_equal(import_read_mapping(arena, "a", &mapping, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "MAPPING_MALFORMED");
}

static void
a_head_that_says_too_little_or_twice_is_refused(void **state UNUSED)
{
    struct import_columns columns;
    assert_int_equal(find_columns("serial;Farbe", "", &columns), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "HEAD_INCOMPLETE");
    assert_int_equal(find_columns("serial;sku;Artikel", "", &columns), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "COLUMN_TWICE");
}

/* ---- rows ---- */

static Warranty__V1__RegisterUnitRequest *
read_row(const struct import_columns *columns, const char *text)
{
    struct csv_row row = make_row(text);
    Warranty__V1__RegisterUnitRequest *request = NULL;
    return import_read_row(arena, columns, &row, &request, &fault) == OK ? request : NULL;
}

static void
a_fault_names_the_column_and_what_stands_there(void **state UNUSED)
{
    struct import_columns columns;
    const char *heading, *value;
    assert_int_equal(find_columns("Nr;sku;Kaufdatum", "Nr=serial", &columns), OK);
    assert_null(read_row(&columns, "1;2;gestern"));
    assert_string_equal(fault.field, "purchase_date");
    struct csv_row row = make_row("1;2;gestern");
    import_find_cell(arena, &columns, &row, fault.field, &heading, &value);
    assert_string_equal(heading, "Kaufdatum");
    assert_string_equal(value, "gestern");
    import_find_cell(arena, &columns, &row, "price_paid.minor", &heading, &value);
    assert_string_equal(heading, "");
    assert_null(read_row(&columns, ";2;"));
    assert_string_equal(fault.reason, "FIELD_REQUIRED");
    assert_null(read_row(&columns, "1;2;;more"));
    assert_string_equal(fault.reason, "CELLS_TOO_MANY");
    assert_non_null(read_row(&columns, "1;2;;;"));
    assert_non_null(read_row(&columns, "1;2"));
}

static void
a_unit_is_the_same_where_it_is_as_the_row_says(void **state UNUSED)
{
    struct import_columns columns;
    assert_int_equal(find_columns("serial;sku;order date;price;region", "", &columns), OK);
    struct unit unit = {
        .serial = "1",
        .sku = "2",
        .owner_id = "anna",
        .order_number = "",
        .region = "DE",
        .channel = "",
        .customer_class = "",
        .condition = "",
        .price_paid = {.minor = 4900, .currency_code = "EUR"},
        .days = {[ENTITLEMENT_ORDERED] = {2025, 12, 31}, [ENTITLEMENT_DELIVERED] = {2026, 1, 1}},
    };
    assert_null(import_find_difference(read_row(&columns, "1;2;31.12.2025;49 EUR;DE"), &unit));
    assert_null(import_find_difference(read_row(&columns, "1;2;;;"), &unit));
    static const char *const cases[][2] = {{"1;3;;;", "sku"},
                                           {"1;2;30.12.2025;;", "order_date"},
                                           {"1;2;;49 USD;", "price_paid"},
                                           {"1;2;;49,01 EUR;", "price_paid"},
                                           {"1;2;;;FR", "region"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(import_find_difference(read_row(&columns, cases[i][0]), &unit),
                            cases[i][1]);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_text_is_utf8_or_windows_1252),
        TEST(a_day_is_read_as_people_write_it),
        TEST(a_day_that_can_be_read_in_two_ways_is_refused),
        TEST(an_amount_is_read_as_people_write_it),
        TEST(an_amount_that_is_none_is_refused),
        TEST(headings_are_known_in_english_and_german),
        TEST(every_field_is_known_by_its_own_name),
        TEST(a_mapping_goes_before_what_is_known),
        TEST(a_head_that_says_too_little_or_twice_is_refused),
        TEST(a_fault_names_the_column_and_what_stands_there),
        TEST(a_unit_is_the_same_where_it_is_as_the_row_says),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
