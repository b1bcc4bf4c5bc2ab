/*
 * policy_value_read - a value from a node, by its parameter's kind
 *
 * What a scalar means is decided by the kind alone. Absence is written in words, and each parameter
 * takes only those that mean something for it: its row says which. A code of the parameter's own
 * list comes first (`refund_after: none`). An empty list is refused: it is `none`. Codes and
 * anchors are in policy_value_codes.c, lists of maps in policy_value_list.c.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/policy/policy.h"

bool
policy_value_refuse(const struct policy_reading_value *reading, const struct policy_node *node,
                    const char *reason, const char *format, ...)
{
    /* Longer than a problem keeps, so that it is cut there, between characters. */
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    policy_problem_add(reading->problems, POLICY_ERROR, reason, node->place, reading->clause_id,
                       "%s", message);
    return false;
}

bool
policy_value_is_scalar(const struct policy_reading_value *reading, const struct policy_node *node,
                       const char *what)
{
    if (node->kind == POLICY_NODE_SCALAR)
        return true;
    return policy_value_refuse(reading, node, "VALUE_WRONG", "%s: one %s belongs here, not a %s",
                               reading->row->name, what,
                               node->kind == POLICY_NODE_MAP ? "map" : "list");
}

/* ---- scalars ---- */

static bool
read_flag(const struct policy_reading_value *reading, const struct policy_node *node,
          struct policy_value *ret_value)
{
    ret_value->flag = strcmp(node->text, "yes") == 0;
    if (ret_value->flag || strcmp(node->text, "no") == 0)
        return true;
    return policy_value_refuse(reading, node, "VALUE_WRONG", "'%s' is neither yes nor no",
                               node->text);
}

static bool
read_count(const struct policy_reading_value *reading, const struct policy_node *node,
           struct policy_value *ret_value)
{
    const char *at = node->text;
    struct policy_word word = policy_word_take(&at);
    bool is_number =
        policy_word_number(word, POLICY_COUNT_MAX, &ret_value->count) == POLICY_NUMBER_FINE;
    if (is_number && ret_value->count <= POLICY_COUNT_MAX && policy_words_end(at))
        return true;
    return policy_value_refuse(reading, node, "VALUE_WRONG",
                               "'%s' is no count: write a whole number up to %d, or unlimited",
                               node->text, POLICY_COUNT_MAX);
}

static bool
read_percent(const struct policy_reading_value *reading, const struct policy_node *node,
             struct policy_value *ret_value)
{
    const char *reason = "";
    if (policy_percent_parse(node->text, &ret_value->basis_points, &reason))
        return true;
    return policy_value_refuse(reading, node, "VALUE_WRONG", "'%s' is no percentage: %s",
                               node->text, reason);
}

/* A policy has one currency: limits, prices and what was paid are compared and added. */
static bool
check_currency(const struct policy_reading_value *reading, const struct policy_node *node,
               struct money money)
{
    const char *own = reading->policy->currency_code;
    if (own[0] == 0 || money.currency_code[0] == 0 || strcmp(own, money.currency_code) == 0)
        return true;
    return policy_value_refuse(reading, node, "CURRENCY_OTHER",
                               "'%s' is in %s, but the currency of the policy is %s", node->text,
                               money.currency_code, own);
}

static bool
read_money(const struct policy_reading_value *reading, const struct policy_node *node,
           struct policy_value *ret_value)
{
    if (money_parse(node->text, &ret_value->money) && ret_value->money.minor >= 0)
        return check_currency(reading, node, ret_value->money);
    return policy_value_refuse(reading, node, "VALUE_WRONG",
                               "'%s' is no amount: write it as '49.00 EUR', with the digits of its "
                               "currency and not below zero",
                               node->text);
}

static bool
read_fee(const struct policy_reading_value *reading, const struct policy_node *node,
         struct policy_value *ret_value)
{
    const char *reason = "";
    if (policy_fee_parse(reading->arena, node->text, ret_value, &reason)) {
        /* All amounts of a fee are in one currency, so the first other one tells it. */
        for (size_t i = 0; i < ret_value->fee.count; i++) {
            const struct policy_fee_term *term = &ret_value->fee.items[i];
            if (!check_currency(reading, node, term->amount) ||
                !check_currency(reading, node, term->min) ||
                !check_currency(reading, node, term->max))
                return false;
        }
        return true;
    }
    return policy_value_refuse(reading, node, "VALUE_WRONG", "'%s' is no fee: %s", node->text,
                               reason);
}

static bool
read_span_of(const struct policy_reading_value *reading, const struct policy_node *node,
             struct policy_span *ret_span, enum policy_absence *ret_absence)
{
    const char *reason = "";
    if (!policy_value_is_scalar(reading, node, "length of time"))
        return false;
    if (!policy_span_parse(reading->arena, node->text, ret_span, ret_absence, &reason))
        return policy_value_refuse(reading, node, "VALUE_WRONG", "'%s' is no span: %s", node->text,
                                   reason);
    if (ret_span->calendar != NULL &&
        policy_find_calendar(reading->policy, ret_span->calendar) == NULL)
        return policy_value_refuse(reading, node, "CALENDAR_UNKNOWN",
                                   "there is no calendar '%s' under calendars", ret_span->calendar);
    return true;
}

bool
policy_value_read_length(const struct policy_reading_value *reading, const struct policy_node *node,
                         struct policy_span *ret_span)
{
    enum policy_absence absence = POLICY_PRESENT;
    if (!read_span_of(reading, node, ret_span, &absence))
        return false;
    if (absence == POLICY_PRESENT)
        return true;
    return policy_value_refuse(reading, node, "VALUE_WRONG", "'%s' is no length of time",
                               node->text);
}

static bool
read_span(const struct policy_reading_value *reading, const struct policy_node *node,
          struct policy_value *ret_value)
{
    if (!policy_value_read_length(reading, node, &ret_value->span))
        return false;
    if (ret_value->span.calendar == NULL || (reading->row->also & POLICY_WORKING_TIME) != 0)
        return true;
    return policy_value_refuse(reading, node, "VALUE_WRONG",
                               "'%s' is working time, and %s runs by the civil calendar: write it "
                               "in days, months or years",
                               node->text, reading->row->name);
}

static bool
read_calendar(const struct policy_reading_value *reading, const struct policy_node *node,
              struct policy_value *ret_value)
{
    ret_value->code = arena_copy_text(reading->arena, node->text);
    return policy_find_calendar(reading->policy, node->text) != NULL ||
           policy_value_refuse(reading, node, "CALENDAR_UNKNOWN",
                               "there is no calendar '%s' under calendars", node->text);
}

static bool
read_contact(const struct policy_reading_value *reading, const struct policy_node *node,
             struct policy_value *ret_value)
{
    ret_value->code = arena_copy_text(reading->arena, node->text);
    return policy_find_contact(reading->policy, node->text) != NULL ||
           policy_value_refuse(reading, node, "CONTACT_UNKNOWN",
                               "there is no contact '%s' under contacts", node->text);
}

/* The text itself is kept by language under the parameter's name. */
static bool
read_text(const struct policy_reading_value *reading, const struct policy_node *node,
          struct policy_value *ret_value)
{
    ret_value->text = reading->row->name;
    return node->kind != POLICY_NODE_LIST ||
           policy_value_refuse(reading, node, "VALUE_WRONG", "%s: a text belongs here, not a list",
                               reading->row->name);
}

/* ---- by kind ---- */

static const struct {
    policy_value_reader *read;
    const char *scalar; /* what it is, if it must be a scalar */
} kinds[POLICY_KIND_COUNT] = {
    [POLICY_TEXT] = {read_text, NULL},
    [POLICY_FLAG] = {read_flag, "yes or no"},
    [POLICY_COUNT] = {read_count, "number"},
    [POLICY_PERCENT] = {read_percent, "percentage"},
    [POLICY_CHOICE] = {policy_value_read_choice, "code"},
    [POLICY_CHOICES] = {policy_value_read_choices, NULL},
    [POLICY_SPAN] = {read_span, "length of time"},
    [POLICY_ANCHORS] = {policy_value_read_anchors, NULL},
    [POLICY_CALENDAR] = {read_calendar, "calendar"},
    [POLICY_LADDER] = {policy_value_read_ladder, NULL},
    [POLICY_MONEY] = {read_money, "amount"},
    [POLICY_FEE] = {read_fee, "fee"},
    [POLICY_CHECKLIST] = {policy_value_read_documents, NULL},
    [POLICY_TESTS] = {policy_value_read_tests, NULL},
    [POLICY_STEPS] = {policy_value_read_steps, NULL},
    [POLICY_CONTACT] = {read_contact, "contact"},
    [POLICY_REGISTER] = {policy_value_read_choice, "register"},
};

static enum policy_absence
absence_of(const struct policy_node *node, unsigned absences)
{
    for (unsigned i = POLICY_NONE; i <= POLICY_NOT_OFFERED; i++)
        if ((absences >> i & 1) != 0 &&
            strcmp(node->text, policy_absence_name((enum policy_absence)i)) == 0)
            return (enum policy_absence)i;
    return POLICY_PRESENT;
}

bool
policy_value_read(struct arena *arena, const struct policy *policy,
                  const struct policy_parameter_row *row, const struct policy_node *node,
                  const char *clause_id, struct policy_value *ret_value,
                  struct policy_problems *problems)
{
    const struct policy_reading_value reading = {
        .arena = arena, .policy = policy, .row = row, .clause_id = clause_id, .problems = problems};
    struct policy_value value = {.kind = row->kind};
    bool is_fine;
    if (node->kind == POLICY_NODE_SCALAR && node->text[0] == 0)
        is_fine = policy_value_refuse(&reading, node, "VALUE_MISSING",
                                      "%s has no value; what is not there is written: none, "
                                      "unlimited, not_offered or 0",
                                      row->name);
    else if (kinds[row->kind].scalar != NULL &&
             !policy_value_is_scalar(&reading, node, kinds[row->kind].scalar))
        is_fine = false;
    else {
        bool is_code = node->kind == POLICY_NODE_SCALAR && row->list[0] != 0 &&
                       policy_has_code(policy, row->list, node->text);
        if (node->kind == POLICY_NODE_SCALAR && !is_code)
            value.absence = absence_of(node, row->also);
        is_fine = value.absence != POLICY_PRESENT || kinds[row->kind].read(&reading, node, &value);
    }
    if (is_fine)
        *ret_value = value;
    return is_fine;
}
