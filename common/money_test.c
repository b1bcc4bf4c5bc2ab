/*
 * money_test - digits of currencies, sums at the edge, text there and back
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/money.h"

static void
currencies_have_their_digits(void **state UNUSED)
{
    assert_int_equal(money_digits("EUR"), 2);
    assert_int_equal(money_digits("USD"), 2);
    assert_int_equal(money_digits("AED"), 2);
    assert_int_equal(money_digits("ZMW"), 2);
    assert_int_equal(money_digits("JPY"), 0);
    assert_int_equal(money_digits("XPF"), 0);
    assert_int_equal(money_digits("KWD"), 3);
    assert_int_equal(money_digits("CLF"), 4);
}

static void
what_is_no_currency_has_none(void **state UNUSED)
{
    /* "URF" stands across two codes of the list. */
    static const char *const codes[] = {"",    "E",   "EU",  "EURO", "eur",
                                        "URF", "XAU", "XXX", "E R",  "\xc3\xa9R"};
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        assert_int_equal(money_digits(codes[i]), -1);
}

static void
sums_do_not_overflow_or_mix_currencies(void **state UNUSED)
{
    struct money sum = {.minor = 7};
    assert_int_equal(money_add((struct money){100, "EUR"}, (struct money){-250, "EUR"}, &sum), OK);
    assert_int_equal(sum.minor, -150);
    assert_string_equal(sum.currency_code, "EUR");
    assert_int_equal(money_add((struct money){1, "EUR"}, (struct money){1, "USD"}, &sum),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(money_add((struct money){INT64_MAX, "EUR"}, (struct money){1, "EUR"}, &sum),
                     ERR_OUT_OF_RANGE);
    assert_int_equal(money_add((struct money){INT64_MIN, "EUR"}, (struct money){-1, "EUR"}, &sum),
                     ERR_OUT_OF_RANGE);
    assert_int_equal(sum.minor, -150);
}

static void
text_goes_there_and_back(void **state UNUSED)
{
    static const struct {
        struct money money;
        const char *text;
    } cases[] = {
        {{4900, "EUR"}, "49.00 EUR"},
        {{0, "EUR"}, "0.00 EUR"},
        {{5, "EUR"}, "0.05 EUR"},
        {{-5, "EUR"}, "-0.05 EUR"},
        {{-4900, "EUR"}, "-49.00 EUR"},
        {{500, "JPY"}, "500 JPY"},
        {{0, "JPY"}, "0 JPY"},
        {{-1, "JPY"}, "-1 JPY"},
        {{1234, "KWD"}, "1.234 KWD"},
        {{7, "CLF"}, "0.0007 CLF"},
        {{INT64_MAX, "EUR"}, "92233720368547758.07 EUR"},
        {{INT64_MIN, "EUR"}, "-92233720368547758.08 EUR"},
        {{INT64_MIN, "JPY"}, "-9223372036854775808 JPY"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[MONEY_TEXT_SIZE];
        struct money money;
        money_print(cases[i].money, text);
        assert_string_equal(text, cases[i].text);
        assert_true(money_parse(text, &money));
        assert_memory_equal(&money, &cases[i].money, sizeof money);
    }
}

static void
any_other_text_is_refused(void **state UNUSED)
{
    static const char *const texts[] = {
        "",
        "EUR",
        " EUR",
        "49 EUR",
        "49.0 EUR",
        "49.000 EUR",
        "49.00",
        "49.00EUR",
        "49.00  EUR",
        "49.00 EUR ",
        " 49.00 EUR",
        "+49.00 EUR",
        "-0.00 EUR",
        "049.00 EUR",
        ".50 EUR",
        "49. EUR",
        "49,00 EUR",
        "4,900.00 EUR",
        "49.00 eur",
        "49.00 XXX",
        "1.0 JPY",
        "1. JPY",
        "0x1.00 EUR",
        "1e2.00 EUR",
        "--1.00 EUR",
        "-.50 EUR",
        "- 1.00 EUR",
        "92233720368547758.08 EUR",
        "-92233720368547758.09 EUR",
        "99999999999999999999.00 EUR",
    };
    struct money money = {.minor = 7};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (money_parse(texts[i], &money))
            fail_msg("\"%s\" was accepted", texts[i]);
    assert_int_equal(money.minor, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(currencies_have_their_digits),
        cmocka_unit_test(what_is_no_currency_has_none),
        cmocka_unit_test(sums_do_not_overflow_or_mix_currencies),
        cmocka_unit_test(text_goes_there_and_back),
        cmocka_unit_test(any_other_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
