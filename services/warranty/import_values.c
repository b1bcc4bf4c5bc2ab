/*
 * import_values - texts, days and amounts as they stand in the cells of a spreadsheet
 */
// SPDX-License-Identifier: Apache-2.0
#include "import_rules.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/contract_text.h"

#define NO_BREAK_SPACE "\xc2\xa0"

/* ---- texts ---- */

/* Windows-1252 from 0x80 to 0x9f, as UTF-8; NULL: not in use. From 0xa0 on it is Unicode. */
static const char *const windows_1252[32] = {
    "€",  NULL, "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", NULL, "Ž", NULL,
    NULL, "‘",  "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", NULL, "ž", "Ÿ"};

static void
trim(const char **bytes, size_t *size_bytes)
{
    const char *text = *bytes;
    size_t size = *size_bytes;
    for (;;) {
        size_t skip = size > 0 && (text[0] == ' ' || text[0] == '\t')    ? 1
                      : size > 1 && memcmp(text, NO_BREAK_SPACE, 2) == 0 ? 2
                                                                         : 0;
        if (skip == 0)
            break;
        text += skip;
        size -= skip;
    }
    for (;;) {
        size_t skip = size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t') ? 1
                      : size > 1 && memcmp(text + size - 2, NO_BREAK_SPACE, 2) == 0 ? 2
                                                                                    : 0;
        if (skip == 0)
            break;
        size -= skip;
    }
    *bytes = text;
    *size_bytes = size;
}

/* Writes at most three bytes for each. False: a byte that Windows-1252 does not use. */
static bool
convert(const char *bytes, size_t size_bytes, char *out, size_t *ret_size_bytes, size_t *ret_at)
{
    char *end = out;
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c < 0x80) {
            *end++ = (char)c;
        } else if (c >= 0xa0) {
            *end++ = (char)(0xc0 | (c >> 6));
            *end++ = (char)(0x80 | (c & 0x3f));
        } else if (windows_1252[c - 0x80] != NULL) {
            end = stpcpy(end, windows_1252[c - 0x80]);
        } else {
            *ret_at = i + 1;
            return false;
        }
    }
    *ret_size_bytes = (size_t)(end - out);
    return true;
}

bool
import_text(struct arena *arena, const char *bytes, size_t size_bytes, bool is_utf8,
            const char **ret_text, size_t *ret_at)
{
    size_t good_bytes = text_utf8_size(bytes, size_bytes);
    char *converted = NULL;
    if (good_bytes < size_bytes) {
        *ret_at = good_bytes + 1;
        converted = is_utf8 ? NULL : arena_alloc(arena, 3 * size_bytes);
        if (is_utf8 || !convert(bytes, size_bytes, converted, &size_bytes, ret_at))
            return false;
        bytes = converted;
    }
    trim(&bytes, &size_bytes);
    char *text = arena_alloc(arena, size_bytes + 1);
    memcpy(text, bytes, size_bytes);
    *ret_text = text;
    return true;
}

/* ---- days ---- */

static enum err
fail(struct fault *fault, const char *reason, const char *message)
{
    return fault_set(fault, ERR_INVALID_ARGUMENT, reason, "%s", message);
}

/* A number of `digits_min` to `digits_max` digits at `*at`, which moves on. */
static bool
take_number(const char **at, int digits_min, int digits_max, int *ret_number)
{
    int digits = 0;
    *ret_number = 0;
    for (; digits < digits_max && isdigit((unsigned char)(*at)[0]); digits++, (*at)++)
        *ret_number = *ret_number * 10 + ((*at)[0] - '0');
    return digits >= digits_min && !isdigit((unsigned char)(*at)[0]);
}

static bool
take_char(const char **at, char c)
{
    if ((*at)[0] != c)
        return false;
    (*at)++;
    return true;
}

/* Nothing, or midnight: what a spreadsheet writes behind a day that it takes for a time. */
static bool
is_day_end(const char *at)
{
    static const char *const ends[] = {
        "",      " 00:00",   " 00:00:00",  "T00:00",        "T00:00:00",
        " 0:00", " 0:00:00", "T00:00:00Z", "T00:00:00.000", " 00:00:00.000"};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        if (strcmp(at, ends[i]) == 0)
            return true;
    }
    return false;
}

/* Two numbers and a year between slashes, or a year of two digits. */
static bool
is_ambiguous(const char *text)
{
    int number;
    const char *at = text;
    if (!take_number(&at, 1, 2, &number) || (at[0] != '/' && at[0] != '.' && at[0] != '-'))
        return false;
    char between = *at++;
    return take_number(&at, 1, 2, &number) && take_char(&at, between) &&
           take_number(&at, 2, 2, &number);
}

static bool
is_by_slashes(const char *text)
{
    int number;
    const char *at = text;
    return take_number(&at, 1, 2, &number) && (at[0] == '/' || at[0] == '-') &&
           take_char(&at, at[0]) && take_number(&at, 1, 2, &number) &&
           (at[0] == '/' || at[0] == '-') && take_char(&at, at[0]) &&
           take_number(&at, 4, 4, &number) && is_day_end(at);
}

enum err
import_date(const char *text, struct date *ret_date, struct fault *ret_fault)
{
    struct date date = {0};
    const char *at = text;
    bool is_read = take_number(&at, 4, 4, &date.year) && take_char(&at, '-') &&
                   take_number(&at, 2, 2, &date.month) && take_char(&at, '-') &&
                   take_number(&at, 2, 2, &date.day) && is_day_end(at);
    if (!is_read) {
        at = text;
        is_read = take_number(&at, 1, 2, &date.day) && take_char(&at, '.') &&
                  take_number(&at, 1, 2, &date.month) && take_char(&at, '.') &&
                  take_number(&at, 4, 4, &date.year) && is_day_end(at);
    }
    if (!is_read && (is_by_slashes(text) || is_ambiguous(text)))
        return fail(ret_fault, "DATE_AMBIGUOUS",
                    "the day can be read in two ways: write 2025-12-31 or 31.12.2025");
    if (!is_read)
        return fail(ret_fault, "DATE_MALFORMED", "this is no day: write 2025-12-31 or 31.12.2025");
    if (!date_is_valid(date))
        return fail(ret_fault, "DATE_MISSING_DAY", "there is no such day in the calendar");
    *ret_date = date;
    return OK;
}

/* ---- amounts ---- */

/* An amount in pieces. */
struct amount {
    char currency_code[4];
    const char *digits; /* with its separators */
    size_t size_bytes;
};

/* A sign or a code for a currency at the beginning of a text: its size, 0 for none. */
static size_t
find_currency(const char *text, size_t size_bytes, char *ret_code)
{
    static const struct {
        const char *sign;
        const char *code;
    } signs[] = {{"€", "EUR"}, {"£", "GBP"}};
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        size_t sign_bytes = strlen(signs[i].sign);
        if (size_bytes >= sign_bytes && memcmp(text, signs[i].sign, sign_bytes) == 0) {
            memcpy(ret_code, signs[i].code, 4);
            return sign_bytes;
        }
    }
    for (size_t i = 0; i < 3; i++) {
        if (i >= size_bytes || !isalpha((unsigned char)text[i]))
            return 0;
        ret_code[i] = (char)toupper((unsigned char)text[i]);
    }
    ret_code[3] = 0;
    return 3;
}

/* Splits "EUR 1.234,50" and "1.234,50 EUR". False: it is neither, nor an amount alone. */
static bool
split_amount(const char *text, struct amount *ret_amount)
{
    *ret_amount = (struct amount){.digits = text, .size_bytes = strlen(text)};
    size_t before = find_currency(text, ret_amount->size_bytes, ret_amount->currency_code);
    ret_amount->digits += before;
    ret_amount->size_bytes -= before;
    trim(&ret_amount->digits, &ret_amount->size_bytes);
    size_t size = ret_amount->size_bytes;
    while (size > 0 && !isdigit((unsigned char)ret_amount->digits[size - 1]))
        size--;
    const char *after = ret_amount->digits + size;
    size_t after_bytes = ret_amount->size_bytes - size;
    ret_amount->size_bytes = size;
    trim(&after, &after_bytes);
    if (after_bytes == 0)
        return size > 0;
    return before == 0 && size > 0 &&
           find_currency(after, after_bytes, ret_amount->currency_code) == after_bytes;
}

/* Where the fraction begins, -1: there is none, -2: nobody can say. The last of two kinds of
 * separator begins it; one that stands alone does, unless three digits follow. */
static int
find_fraction(const struct amount *amount, int currency_digits)
{
    int last = -1, count = 0, kinds = 0;
    for (int i = 0; i < (int)amount->size_bytes; i++) {
        char c = amount->digits[i];
        if (c != '.' && c != ',')
            continue;
        kinds += last < 0 || amount->digits[last] != c;
        count = last >= 0 && amount->digits[last] == c ? count + 1 : 1;
        last = i;
    }
    if (last < 0)
        return -1;
    int after = (int)amount->size_bytes - last - 1;
    if (kinds > 1)
        return count == 1 ? last : -1;
    if (count > 1 || (after == 3 && currency_digits < 3))
        return -1;
    bool is_group = after == 3 && last > 0 && last <= 3 && amount->digits[0] != '0';
    return is_group ? -2 : last;
}

/* A group has three digits, apart from the first; groups are all separated by the same. */
static bool
take_whole(const char *digits, size_t size_bytes, int64_t *ret_number)
{
    size_t in_group = 0, separators = 0;
    char separator = 0;
    *ret_number = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char c = (unsigned char)digits[i];
        if (isdigit(c)) {
            if (__builtin_mul_overflow(*ret_number, 10, ret_number) ||
                __builtin_add_overflow(*ret_number, c - '0', ret_number))
                return false;
            in_group++;
            continue;
        }
        if (c == 0xc2 && i + 1 < size_bytes && (unsigned char)digits[i + 1] == 0xa0)
            i++;
        else if (strchr(".,' ", c) == NULL)
            return false;
        if ((separators > 0 && (in_group != 3 || separator != (char)c)) || in_group == 0 ||
            in_group > 3)
            return false;
        separators++;
        separator = (char)c;
        in_group = 0;
    }
    return separators > 0 ? in_group == 3 : in_group > 0;
}

/* The digits as minor units: a fraction may be shorter than the currency's. */
static bool
take_minor(const struct amount *amount, int fraction, int currency_digits, int64_t *ret_minor)
{
    size_t whole_bytes = fraction >= 0 ? (size_t)fraction : amount->size_bytes;
    if (!take_whole(amount->digits, whole_bytes, ret_minor))
        return false;
    size_t at = fraction >= 0 ? whole_bytes + 1 : amount->size_bytes;
    if (amount->size_bytes - at > (size_t)currency_digits ||
        (fraction >= 0 && at == amount->size_bytes))
        return false;
    for (int i = 0; i < currency_digits; i++) {
        int digit = 0;
        if (at < amount->size_bytes) {
            if (!isdigit((unsigned char)amount->digits[at]))
                return false;
            digit = amount->digits[at++] - '0';
        }
        if (__builtin_mul_overflow(*ret_minor, 10, ret_minor) ||
            __builtin_add_overflow(*ret_minor, digit, ret_minor))
            return false;
    }
    return true;
}

static enum err
choose_currency(struct amount *amount, const char *currency_code, struct fault *ret_fault)
{
    char told[4] = "";
    bool is_told = currency_code[0] != 0;
    if (is_told &&
        find_currency(currency_code, strlen(currency_code), told) != strlen(currency_code))
        return fail(ret_fault, "CURRENCY_UNKNOWN", "this is no currency of ISO 4217, as EUR");
    if (amount->currency_code[0] == 0)
        memcpy(amount->currency_code, told, sizeof told);
    else if (is_told && strcmp(amount->currency_code, told) != 0)
        return fail(ret_fault, "CURRENCY_TWICE", "the amount and its column name two currencies");
    if (amount->currency_code[0] == 0)
        return fail(
            ret_fault, "CURRENCY_MISSING",
            "an amount needs its currency: behind it, as 49.00 EUR, or in a column currency");
    if (money_digits(amount->currency_code) < 0)
        return fail(ret_fault, "CURRENCY_UNKNOWN", "this is no currency of ISO 4217, as EUR");
    return OK;
}

enum err
import_amount(const char *text, const char *currency_code, struct money *ret_money,
              struct fault *ret_fault)
{
    enum { DIGITS_MAX = 40 };
    static const char malformed[] = "this is no amount: write 1234.50 or 1.234,50";
    struct amount amount;
    if (text[0] == '-')
        return fail(ret_fault, "AMOUNT_NEGATIVE", "a price is not below zero");
    if (!split_amount(text, &amount) || amount.size_bytes > DIGITS_MAX)
        return fail(ret_fault, "AMOUNT_MALFORMED", malformed);
    enum err err = choose_currency(&amount, currency_code, ret_fault);
    if (err != OK)
        return err;
    int currency_digits = money_digits(amount.currency_code);
    int fraction = find_fraction(&amount, currency_digits);
    if (fraction == -2)
        return fail(ret_fault, "AMOUNT_AMBIGUOUS",
                    "the amount can be read in two ways: write thousands and fraction, as "
                    "1,234.000");
    struct money money = {0};
    if (!take_minor(&amount, fraction, currency_digits, &money.minor))
        return fail(ret_fault, "AMOUNT_MALFORMED", malformed);
    memcpy(money.currency_code, amount.currency_code, sizeof money.currency_code);
    if (money.minor > INT64_C(9007199254740991))
        return fail(ret_fault, "AMOUNT_TOO_LARGE", "the amount is too large");
    *ret_money = money;
    return OK;
}
