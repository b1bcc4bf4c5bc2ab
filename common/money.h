/*
 * money - integer minor units and an ISO 4217 code; sums that cannot silently overflow
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/err.h"

struct money {
    int64_t minor;         /* negative for what the company pays */
    char currency_code[4]; /* three capitals and a zero */
};

/* Digits after the decimal point, by ISO 4217 (EUR 2, JPY 0, KWD 3); -1 for a code it does not
 * know. */
int money_digits(const char *currency_code);

/* ERR_INVALID_ARGUMENT: two currencies. ERR_OUT_OF_RANGE: the sum leaves int64. */
enum err money_add(struct money a, struct money b, struct money *ret_sum) MUST_CHECK;

/* "49.00 EUR", and back; the digits must be those of the currency, and there is no grouping.
 * Printing needs a currency that money_digits knows. */
enum { MONEY_TEXT_SIZE = 32 };
void money_print(struct money money, char *ret_text);
bool money_parse(const char *text, struct money *ret_money);
