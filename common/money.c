/*
 * money - the currencies of ISO 4217, and amounts as text
 *
 * The lists hold the active codes and those that were withdrawn so lately that a purchase under
 * warranty may be in them; precious metals, test codes and fund units without a minor unit are not
 * money here.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/money.h"

#include <string.h>

/* Codes by the digits after the point, three letters each. */
static const char *const codes_by_digits[] = {
    "BIFCLPDJFGNFISKJPYKMFKRWPYGRWFUGXUYIVNDVUVXAFXOFXPF",
    "",
    "AEDAFNALLAMDANGAOAARSAUDAWGAZNBAMBBDBDTBGNBMDBNDBOBBOVBRLBSDBTNBWPBYNBZDCADCDFCHECHFCHWCNYCOPC"
    "OUCRC"
    "CUCCUPCVECZKDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGTQGYDHKDHNLHRKHTGHUFIDRILSINRIRRJMDKESK"
    "GSKHR"
    "KPWKYDKZTLAKLBPLKRLRDLSLMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMXVMYRMZNNADNGNNIONOKNPRNZDPABPENP"
    "GKPHP"
    "PKRPLNQARRONRSDRUBSARSBDSCRSDGSEKSGDSHPSLESLLSOSSRDSSPSTNSVCSYPSZLTHBTJSTMTTOPTRYTTDTWDTZSUAHU"
    "SDUSN"
    "UYUUZSVEDVESWSTXADXCDXCGYERZARZMWZWGZWL",
    "BHDIQDJODKWDLYDOMRTND",
    "CLFUYW",
};

static bool
has_code(const char *codes, const char *code)
{
    for (; *codes != 0; codes += 3)
        if (memcmp(codes, code, 3) == 0)
            return true;
    return false;
}

int
money_digits(const char *currency_code)
{
    if (strnlen(currency_code, 4) != 3)
        return -1;
    for (size_t digits = 0; digits < COUNT_OF(codes_by_digits); digits++)
        if (has_code(codes_by_digits[digits], currency_code))
            return (int)digits;
    return -1;
}

enum err
money_add(struct money a, struct money b, struct money *ret_sum)
{
    if (memcmp(a.currency_code, b.currency_code, sizeof a.currency_code) != 0)
        return ERR_INVALID_ARGUMENT;
    struct money sum = a;
    if (__builtin_add_overflow(a.minor, b.minor, &sum.minor))
        return ERR_OUT_OF_RANGE;
    *ret_sum = sum;
    return OK;
}

void
money_print(struct money money, char *ret_text)
{
    int digits = money_digits(money.currency_code);
    CHECK(digits >= 0);
    char reversed[MONEY_TEXT_SIZE];
    int size = 0;
    uint64_t left = money.minor < 0 ? -(uint64_t)money.minor : (uint64_t)money.minor;
    for (int i = 0; i <= digits || left > 0; i++, left /= 10) {
        if (i == digits && i > 0)
            reversed[size++] = '.';
        reversed[size++] = (char)('0' + left % 10);
    }
    if (money.minor < 0)
        reversed[size++] = '-';
    while (size > 0)
        *ret_text++ = reversed[--size];
    *ret_text++ = ' ';
    memcpy(ret_text, money.currency_code, 3);
    ret_text[3] = 0;
}

/* Reads digits into *number (which grows downwards, so that the smallest int64 fits) and moves on.
 * Answers how many there were; -1 if the number leaves int64. */
static int
take_digits(const char **text, int64_t *number)
{
    const char *start = *text;
    for (; **text >= '0' && **text <= '9'; (*text)++)
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_sub_overflow(*number, **text - '0', number))
            return -1;
    return (int)(*text - start);
}

bool
money_parse(const char *text, struct money *ret_money)
{
    bool is_negative = *text == '-';
    const char *at = text + is_negative;
    int64_t negated = 0;
    const char *whole = at;
    int whole_count = take_digits(&at, &negated);
    if (whole_count < 1 || (whole_count > 1 && whole[0] == '0'))
        return false;
    int fraction_count = 0;
    if (*at == '.') {
        at++;
        fraction_count = take_digits(&at, &negated);
        if (fraction_count < 1)
            return false;
    }
    if (*at != ' ' || money_digits(at + 1) != fraction_count)
        return false;
    bool is_minus_zero = is_negative && negated == 0;
    if (is_minus_zero || (!is_negative && negated == INT64_MIN))
        return false;
    struct money money = {.minor = is_negative ? negated : -negated};
    memcpy(money.currency_code, at + 1, sizeof money.currency_code);
    *ret_money = money;
    return true;
}
