/*
 * policy_decide_wrong - which values facts may have, whoever gives them
 *
 * The one place for it: case files are held against it while they are read, so that a person sees
 * the line, and policy_decide holds every other caller's facts against it.
 *
 * A code must be one of the policy's. One that exists nowhere would count as a reason or a cause
 * that nobody accepts, and a slip of the pen would deny. Numbers count and amounts are prices, so
 * none is below zero; and none is above what all readers of JSON keep exactly, as records are told
 * in it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <inttypes.h>
#include <string.h>

/* ---- codes ---- */

/* Customers may name what staff look for ("misuse"), and staff may find what a policy has as a
 * cause only: codes of the one are codes of the other. NULL: a list that shares with none. */
static const char *
sister_of(const char *list)
{
    if (strcmp(list, "cause") == 0)
        return "finding";
    return strcmp(list, "finding") == 0 ? "cause" : NULL;
}

/* Versions that are newer are asked first: most facts are of today. */
static bool
has_code(const struct policy_set *set, const char *list, const char *code)
{
    const char *sister = sister_of(list);
    for (size_t i = set->version_count; i > 0; i--) {
        if (policy_has_code(set->versions[i - 1], list, code) ||
            (sister != NULL && policy_has_code(set->versions[i - 1], sister, code)))
            return true;
    }
    return false;
}

static const char *
find_nearest(const struct policy_set *set, const char *list, const char *code)
{
    const struct policy *newest = set->versions[set->version_count - 1];
    const char *nearest = policy_nearest_code(newest, list, code);
    if (nearest == NULL && sister_of(list) != NULL)
        nearest = policy_nearest_code(newest, sister_of(list), code);
    return nearest;
}

static const char *
code_wrong(struct arena *arena, const struct policy_set *set, const char *list, const char *code)
{
    if (strlen(code) >= POLICY_CODE_SIZE)
        return arena_printf(arena, "a code of %s has fewer than %d bytes", list, POLICY_CODE_SIZE);
    if (has_code(set, list, code))
        return NULL;
    const char *nearest = find_nearest(set, list, code);
    return arena_printf(arena, "\"%s\" is no code of %s%s%s%s", code, list,
                        nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest,
                        nearest == NULL ? "" : "?");
}

/* ---- numbers and amounts ---- */

static const char *
number_wrong(struct arena *arena, int64_t number)
{
    if (number >= 0 && number <= POLICY_FACT_NUMBER_MAX)
        return NULL;
    return arena_printf(
        arena, "%" PRId64 " is out of range: a whole number is asked for, from 0 to %" PRId64,
        number, POLICY_FACT_NUMBER_MAX);
}

static const char *
money_wrong(struct arena *arena, struct money money)
{
    if (money_digits(money.currency_code) < 0)
        return "an amount is asked for, as 49.00 EUR";
    if (money.minor >= 0 && money.minor <= POLICY_FACT_NUMBER_MAX)
        return NULL;
    char text[MONEY_TEXT_SIZE];
    money_print(money, text);
    return arena_printf(arena, "%s is %s", text, money.minor < 0 ? "below zero" : "too large");
}

const char *
decide_fact_wrong(struct arena *arena, const struct policy_set *set,
                  const struct policy_fact_row *row, const struct policy_fact *fact,
                  const char **ret_reason)
{
    *ret_reason = "FACT_WRONG";
    if (fact->trust < POLICY_STATED || fact->trust > POLICY_RECORDED)
        return "nothing says how far it can be trusted";
    switch (row == NULL ? POLICY_FACT_FLAG : row->kind) {
    case POLICY_FACT_CODE:
        if (fact->code == NULL || fact->code[0] == 0)
            return "a code is asked for";
        *ret_reason = "CODE_UNKNOWN";
        return code_wrong(arena, set, row->list, fact->code);
    case POLICY_FACT_TEXT:
        return fact->code != NULL && fact->code[0] != 0 ? NULL : "a text is asked for";
    case POLICY_FACT_FLAG:
        break;
    case POLICY_FACT_NUMBER:
        return number_wrong(arena, fact->number);
    case POLICY_FACT_DATE:
        return date_is_valid(fact->date) ? NULL : "a day is asked for";
    case POLICY_FACT_TIME:
        return fact->time_s >= ZONE_SECOND_MIN && fact->time_s <= ZONE_SECOND_MAX
                   ? NULL
                   : "a time in the years 1 to 9999 is asked for";
    case POLICY_FACT_MONEY:
        return money_wrong(arena, fact->money);
    }
    return NULL;
}
