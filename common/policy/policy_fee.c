/*
 * policy_fee - exact sums over one common denominator, rounded at the end of the line
 *
 * A term is a whole number of minor units times a quantity in 60ths or 1000ths of a unit, or times
 * a share in 10000ths. All of them are whole over COMMON, so a fee is one fraction of 128 bits, and
 * nothing is lost before the one rounding.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_fee.h"

#include <string.h>

enum { COMMON = 30000, SHARE = 10000 }; /* a multiple of 60, 1000 and SHARE */

/* ---- rounding ---- */

bool
policy_rounding_parse(const char *code, enum policy_rounding *ret_rounding)
{
    static const char *const codes[] = {"half_up", "half_even", "down", "up"};
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (strcmp(codes[i], code) == 0) {
            *ret_rounding = (enum policy_rounding)i;
            return true;
        }
    return false;
}

/* Whether a quotient, whose remainder is not 0, goes away from zero. Signs are gone. */
static bool
goes_up(unsigned __int128 quotient, unsigned __int128 remainder, unsigned __int128 denominator,
        enum policy_rounding rounding)
{
    /* Not 2 x remainder, which could overflow. */
    unsigned __int128 missing = denominator - remainder;
    switch (rounding) {
    case POLICY_HALF_UP:
        return remainder >= missing;
    case POLICY_HALF_EVEN:
        return remainder > missing || (remainder == missing && quotient % 2 == 1);
    case POLICY_DOWN:
        return false;
    default:
        return true;
    }
}

static enum err
round_quotient(__int128 numerator, __int128 denominator, enum policy_rounding rounding,
               int64_t *ret_minor)
{
    CHECK(denominator > 0);
    bool is_negative = numerator < 0;
    unsigned __int128 size =
        is_negative ? -(unsigned __int128)numerator : (unsigned __int128)numerator;
    unsigned __int128 divisor = (unsigned __int128)denominator;
    unsigned __int128 quotient = size / divisor;
    unsigned __int128 remainder = size % divisor;
    if (remainder != 0 && goes_up(quotient, remainder, divisor, rounding))
        quotient++;
    unsigned __int128 limit = (unsigned __int128)INT64_MAX + (is_negative ? 1 : 0);
    if (quotient > limit)
        return ERR_OUT_OF_RANGE;
    *ret_minor = (int64_t)(is_negative ? -(uint64_t)quotient : (uint64_t)quotient);
    return OK;
}

enum err
policy_round(int64_t minor, int64_t numerator, int64_t denominator, enum policy_rounding rounding,
             int64_t *ret_minor)
{
    return round_quotient((__int128)minor * numerator, denominator, rounding, ret_minor);
}

enum err
policy_pro_rata(struct money paid, int used_days, int total_days, enum policy_rounding rounding,
                struct money *ret_refund, struct money *ret_earned)
{
    if (total_days <= 0 || used_days < 0 || used_days > total_days)
        return ERR_INVALID_ARGUMENT;
    struct money refund = paid;
    struct money earned = paid;
    enum err err =
        policy_round(paid.minor, total_days - used_days, total_days, rounding, &refund.minor);
    if (err != OK)
        return err;
    /* Between 0 and what was paid, so it cannot overflow. */
    earned.minor -= refund.minor;
    *ret_refund = refund;
    *ret_earned = earned;
    return OK;
}

/* ---- fees ---- */

struct line {
    const char *currency_code;
    struct policy_fact_reader *reader;
    __int128 sum; /* over COMMON */
    struct buf explanation;
    enum err err; /* the first */
    const char *missing;
};

static void
fail(struct line *line, enum err err, const char *missing)
{
    if (line->err != OK)
        return;
    line->err = err;
    line->missing = missing;
}

static void
add(struct line *line, __int128 part)
{
    if (__builtin_add_overflow(line->sum, part, &line->sum))
        fail(line, ERR_OUT_OF_RANGE, NULL);
}

static void
explain_money(struct line *line, const char *before, struct money money)
{
    char text[MONEY_TEXT_SIZE];
    money_print(money, text);
    buf_printf(&line->explanation, "%s%s", before, text);
}

static bool
check_currency(struct line *line, struct money money, const char *fact_name)
{
    if (strcmp(money.currency_code, line->currency_code) == 0)
        return true;
    fail(line, ERR_INVALID_ARGUMENT, fact_name);
    return false;
}

/* "12.5 km x " or "90/60 hour x ". */
static void
explain_quantity(struct line *line, int64_t quantity, const struct policy_fee_unit_row *unit)
{
    int64_t whole = quantity / unit->scale;
    int64_t rest = quantity % unit->scale;
    if (rest == 0) {
        buf_printf(&line->explanation, "%lld", (long long)whole);
    } else if (unit->scale == 1000) {
        int digits = 3;
        for (; rest % 10 == 0; rest /= 10)
            digits--;
        buf_printf(&line->explanation, "%lld.%0*lld", (long long)whole, digits, (long long)rest);
    } else {
        buf_printf(&line->explanation, "%lld/%d", (long long)quantity, unit->scale);
    }
    buf_printf(&line->explanation, " %s x ", unit->name);
}

static void
add_amount(struct line *line, const struct policy_fee_term *term)
{
    int64_t quantity = 1;
    int scale = 1;
    if (term->unit != NULL) {
        const struct policy_fee_unit_row *unit = policy_find_fee_unit(term->unit);
        const struct policy_fact *fact = policy_fact_read(line->reader, unit->fact);
        if (fact == NULL || fact->number < 0) {
            fail(line, fact == NULL ? ERR_NOT_FOUND : ERR_INVALID_ARGUMENT, unit->fact);
            return;
        }
        quantity = fact->number;
        scale = unit->scale;
        explain_quantity(line, quantity, unit);
    }
    if (!check_currency(line, term->amount, NULL))
        return;
    explain_money(line, "", term->amount);
    __int128 part;
    if (__builtin_mul_overflow((__int128)term->amount.minor * quantity, (__int128)(COMMON / scale),
                               &part))
        fail(line, ERR_OUT_OF_RANGE, NULL);
    else
        add(line, part);
}

static void
add_share(struct line *line, const struct policy_fee_term *term)
{
    const char *name = policy_find_fee_unit(term->base)->fact;
    const struct policy_fact *fact = policy_fact_read(line->reader, name);
    if (fact == NULL || fact->money.minor < 0) {
        fail(line, fact == NULL ? ERR_NOT_FOUND : ERR_INVALID_ARGUMENT, name);
        return;
    }
    if (!check_currency(line, fact->money, name) ||
        (term->has_min && !check_currency(line, term->min, NULL)) ||
        (term->has_max && !check_currency(line, term->max, NULL)))
        return;
    /* Below 2^63 x 10^4 x 3: far from the end of 128 bits. */
    __int128 part = (__int128)fact->money.minor * term->basis_points * (COMMON / SHARE);
    buf_printf(&line->explanation, "%d.%02d %% of ", term->basis_points / 100,
               term->basis_points % 100);
    explain_money(line, "", fact->money);
    if (term->has_min) {
        explain_money(line, " min ", term->min);
        if (part < (__int128)term->min.minor * COMMON)
            part = (__int128)term->min.minor * COMMON;
    }
    if (term->has_max) {
        explain_money(line, " max ", term->max);
        if (part > (__int128)term->max.minor * COMMON)
            part = (__int128)term->max.minor * COMMON;
    }
    add(line, part);
}

static void
add_term(struct line *line, const struct policy_fee_term *term)
{
    if (line->explanation.size_bytes > 0)
        buf_add_text(&line->explanation, " + ");
    if (term->register_name != NULL)
        fail(line, ERR_FAILED_PRECONDITION, term->register_name);
    else if (term->base != NULL)
        add_share(line, term);
    else
        add_amount(line, term);
}

enum err
policy_fee_compute(struct arena *arena, const struct policy_value *fee,
                   enum policy_rounding rounding, const char *currency_code,
                   struct policy_fact_reader *reader, struct money *ret_money,
                   const char **ret_explanation, const char **ret_missing)
{
    CHECK(fee->kind == POLICY_FEE && fee->absence == POLICY_PRESENT);
    struct line line = {.currency_code = currency_code, .reader = reader};
    struct money money = {0};
    memcpy(money.currency_code, currency_code, sizeof money.currency_code);
    if (fee->fee.is_free)
        buf_add_text(&line.explanation, "free");
    for (size_t i = 0; i < fee->fee.count; i++)
        add_term(&line, &fee->fee.items[i]);
    if (line.err == OK)
        line.err = round_quotient(line.sum, COMMON, rounding, &money.minor);
    if (line.err == OK) {
        bool is_flat =
            fee->fee.count == 1 && fee->fee.items[0].unit == NULL && fee->fee.items[0].base == NULL;
        if (!is_flat)
            explain_money(&line, " = ", money);
        *ret_explanation = arena_copy_text(arena, buf_text(&line.explanation));
        *ret_money = money;
    } else {
        *ret_missing = line.missing;
    }
    buf_free(&line.explanation);
    return line.err;
}
