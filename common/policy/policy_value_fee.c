/*
 * policy_value_fee - fees: "free", "49.00 EUR per visit + 0.80 EUR per km", "9 % of price_paid min
 * 15.00 EUR", "list parts.price_list"
 *
 * A fee is a sum of terms: one flat amount at most, one for each unit, each base and each register.
 * All amounts are of one currency and none is negative.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_parts.h"

#include <string.h>

#include "common/policy/policy_axis.h"

enum { FEE_TERMS_MAX = 16 };

/* ---- reading ---- */

struct parser {
    struct arena *arena;
    const char *at;
    char currency_code[4]; /* of the first amount; "" before it */
    const char *reason;
};

static bool
fail(struct parser *parser, const char *reason)
{
    return policy_refuse(&parser->reason, reason);
}

/* A number, already taken, and the currency behind it. */
static bool
take_currency(struct parser *parser, struct policy_word number, struct money *ret_money)
{
    struct policy_word code = policy_word_take(&parser->at);
    char text[MONEY_TEXT_SIZE];
    if (number.length + code.length + 2 > sizeof text)
        return fail(parser, "an amount is written as '49.00 EUR'");
    memcpy(text, number.text, number.length);
    text[number.length] = ' ';
    memcpy(text + number.length + 1, code.text, code.length);
    text[number.length + 1 + code.length] = 0;
    if (!money_parse(text, ret_money))
        return fail(parser, "an amount is written as '49.00 EUR', with the digits of its currency");
    if (ret_money->minor < 0)
        return fail(parser, "an amount is not negative");
    if (parser->currency_code[0] == 0)
        memcpy(parser->currency_code, ret_money->currency_code, sizeof parser->currency_code);
    if (strcmp(parser->currency_code, ret_money->currency_code) != 0)
        return fail(parser, "all amounts are in one currency");
    return true;
}

static bool
take_amount(struct parser *parser, struct money *ret_money)
{
    return take_currency(parser, policy_word_take(&parser->at), ret_money);
}

/* The name of a unit (or base) behind "per" (or "of"). */
static bool
take_unit(struct parser *parser, bool is_base, const char **ret_name)
{
    struct policy_word word = policy_word_take(&parser->at);
    char name[POLICY_CODE_SIZE] = "";
    if (word.length < sizeof name)
        memcpy(name, word.text, word.length);
    const struct policy_fee_unit_row *row = policy_find_fee_unit(name);
    if (row == NULL || row->is_base != is_base)
        return fail(parser, is_base ? "a share is of price_paid, list_price or estimate"
                                    : "the units are hour, day, km, kg, visit, session, "
                                      "participant and piece");
    *ret_name = row->name;
    return true;
}

static bool
parse_bound(struct parser *parser, bool *ret_has, struct money *ret_bound)
{
    policy_word_take(&parser->at);
    *ret_has = true;
    return take_amount(parser, ret_bound);
}

/* The word that comes next, not taken. */
static struct policy_word
next_word(const struct parser *parser)
{
    const char *at = parser->at;
    return policy_word_take(&at);
}

/* Behind "9 %". */
static bool
parse_share(struct parser *parser, struct policy_fee_term *term)
{
    if (!policy_word_is(policy_word_take(&parser->at), "of"))
        return fail(parser, "a share says of what: 9 % of price_paid");
    if (!take_unit(parser, true, &term->base))
        return false;
    if (policy_word_is(next_word(parser), "min") &&
        !parse_bound(parser, &term->has_min, &term->min))
        return false;
    if (policy_word_is(next_word(parser), "max") &&
        !parse_bound(parser, &term->has_max, &term->max))
        return false;
    if (term->has_min && term->has_max && term->min.minor > term->max.minor)
        return fail(parser, "the min of a share is not above its max");
    return true;
}

static bool
parse_register(struct parser *parser, struct policy_fee_term *term)
{
    struct policy_word word = policy_word_take(&parser->at);
    const struct policy_list_row *registers = policy_find_list("register");
    for (const char *const *name = registers->codes; *name != NULL; name++)
        if (policy_word_is(word, *name))
            term->register_name = *name;
    if (term->register_name == NULL)
        return fail(parser, "a list is that of a register: list parts.price_list");
    return true;
}

static bool
parse_term(struct parser *parser, struct policy_fee_term *term)
{
    struct policy_word first = policy_word_take(&parser->at);
    if (policy_word_is(first, "list"))
        return parse_register(parser, term);
    bool has_sign = first.length > 1 && first.text[first.length - 1] == '%';
    if (has_sign || policy_word_is(next_word(parser), "%")) {
        if (has_sign)
            first.length--;
        else
            policy_word_take(&parser->at);
        return policy_word_hundredths(first, &term->basis_points, &parser->reason) &&
               parse_share(parser, term);
    }
    if (!take_currency(parser, first, &term->amount))
        return false;
    if (!policy_word_is(next_word(parser), "per"))
        return true;
    policy_word_take(&parser->at);
    return take_unit(parser, false, &term->unit);
}

static bool
texts_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
policy_fee_terms_pair(const struct policy_fee_term *a, const struct policy_fee_term *b)
{
    return texts_equal(a->unit, b->unit) && texts_equal(a->base, b->base) &&
           texts_equal(a->register_name, b->register_name);
}

static bool
parse_terms(struct parser *parser, struct policy_fee_term *terms, size_t *ret_count)
{
    size_t count = 0;
    for (;;) {
        if (count == FEE_TERMS_MAX)
            return fail(parser, "at most 16 terms");
        terms[count] = (struct policy_fee_term){0};
        if (!parse_term(parser, &terms[count]))
            return false;
        for (size_t i = 0; i < count; i++)
            if (policy_fee_terms_pair(&terms[i], &terms[count]))
                return fail(parser, "two terms of one kind are written as one");
        count++;
        if (policy_words_end(parser->at))
            break;
        if (!policy_word_is(policy_word_take(&parser->at), "+"))
            return fail(parser, "terms are joined by +: 49.00 EUR per visit + 0.80 EUR per km");
    }
    *ret_count = count;
    return true;
}

/* "free" or "not_offered". */
static bool
parse_word(const char *text, struct policy_value *ret_fee)
{
    const char *at = text;
    struct policy_word word = policy_word_take(&at);
    *ret_fee = (struct policy_value){.kind = POLICY_FEE};
    if (!policy_words_end(at))
        return false;
    if (policy_word_is(word, "not_offered"))
        ret_fee->absence = POLICY_NOT_OFFERED;
    else if (policy_word_is(word, "free"))
        ret_fee->fee.is_free = true;
    else
        return false;
    return true;
}

bool
policy_fee_parse(struct arena *arena, const char *text, struct policy_value *ret_fee,
                 const char **ret_reason)
{
    struct policy_value fee;
    if (parse_word(text, &fee)) {
        *ret_fee = fee;
        return true;
    }
    struct parser parser = {.arena = arena, .at = text};
    struct policy_fee_term terms[FEE_TERMS_MAX];
    size_t count = 0;
    if (!parse_terms(&parser, terms, &count))
        return policy_refuse(ret_reason, parser.reason);
    fee.fee.items = arena_copy(arena, terms, count * sizeof *terms);
    fee.fee.count = count;
    *ret_fee = fee;
    return true;
}

/* ---- printing and equality ---- */

static void
print_money(struct buf *out, const char *before, struct money money)
{
    char text[MONEY_TEXT_SIZE];
    money_print(money, text);
    buf_printf(out, "%s%s", before, text);
}

void
policy_fee_print(const struct policy_value *fee, struct buf *out)
{
    if (fee->fee.is_free)
        buf_add_text(out, "free");
    for (size_t i = 0; i < fee->fee.count; i++) {
        const struct policy_fee_term *term = &fee->fee.items[i];
        if (i > 0)
            buf_add_text(out, " + ");
        if (term->register_name != NULL) {
            buf_printf(out, "list %s", term->register_name);
        } else if (term->base != NULL) {
            buf_printf(out, "%d.%02d %% of %s", term->basis_points / 100, term->basis_points % 100,
                       term->base);
            if (term->has_min)
                print_money(out, " min ", term->min);
            if (term->has_max)
                print_money(out, " max ", term->max);
        } else {
            print_money(out, "", term->amount);
            if (term->unit != NULL)
                buf_printf(out, " per %s", term->unit);
        }
    }
}

static bool
moneys_equal(struct money a, struct money b)
{
    return a.minor == b.minor && strcmp(a.currency_code, b.currency_code) == 0;
}

static bool
terms_equal(const struct policy_fee_term *a, const struct policy_fee_term *b)
{
    return policy_fee_terms_pair(a, b) && moneys_equal(a->amount, b->amount) &&
           a->basis_points == b->basis_points && a->has_min == b->has_min &&
           a->has_max == b->has_max && moneys_equal(a->min, b->min) && moneys_equal(a->max, b->max);
}

bool
policy_fee_equals(const struct policy_value *a, const struct policy_value *b)
{
    if (a->fee.is_free != b->fee.is_free || a->fee.count != b->fee.count)
        return false;
    for (size_t i = 0; i < a->fee.count; i++)
        if (!terms_equal(&a->fee.items[i], &b->fee.items[i]))
            return false;
    return true;
}
