/*
 * policy_decide_repair - "repair.charge": what the repair costs the customer
 *
 * Whether a layer pays was decided before and is a fact (`coverage`). With `charge_item` the
 * question is about one line of the bill, else about all that the policy charges; the sum stands
 * only if every line could be computed. A price from a register is not the policy's: it is asked
 * for by the register's name. An amount that a record cannot hold is left to a person.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

struct bill {
    struct decide *d;
    struct money sum;
    size_t line_count; /* computed */
    size_t missing_count;
    bool asks;            /* for what is missing */
    const char *referral; /* why a person has to work it out; NULL */
};

static const char *
clause_of_charge(void)
{
    return policy_parameter_row(POLICY_REPAIR_CHARGES_CHARGE)->clause_id;
}

static void
add_line(struct bill *bill, const char *item)
{
    struct decide *d = bill->d;
    decide_pin_say(d, d->case_pin, POLICY_AXIS_CHARGE_ITEM, item);
    struct money line;
    const char *missing;
    const char *name = arena_printf(d->arena, "charge_%s", item);
    switch (decide_fee(d, d->case_pin, POLICY_REPAIR_CHARGES_CHARGE, name, &line, &missing)) {
    case DECIDE_FEE_MISSING:
        if (bill->asks)
            decide_need(d, missing, clause_of_charge(), NULL);
        bill->missing_count++;
        break;
    case DECIDE_FEE_KNOWN:
        decide_compute(d, NULL, name, decide_value_money(d, line), "");
        if (bill->line_count == 0)
            bill->sum = line;
        else if (money_add(bill->sum, line, &bill->sum) != OK ||
                 bill->sum.minor > POLICY_FACT_NUMBER_MAX)
            bill->referral = "AMOUNT_TOO_LARGE";
        bill->line_count++;
        break;
    case DECIDE_FEE_TOO_LARGE:
        bill->referral = "AMOUNT_TOO_LARGE";
        break;
    case DECIDE_FEE_OTHER_CURRENCY:
        bill->referral = "CURRENCY_DIFFERS";
        break;
    case DECIDE_FEE_NOT_OFFERED:
        break;
    }
}

static void
add_all_lines(struct bill *bill)
{
    struct decide *d = bill->d;
    const struct policy_axes *axes = &d->case_pin->pin.policy->axes;
    for (int value = axes->first[POLICY_AXIS_CHARGE_ITEM];
         value < axes->end[POLICY_AXIS_CHARGE_ITEM]; value++)
        add_line(bill, axes->values[value].code);
}

static void
add_lines(struct bill *bill)
{
    const struct policy_fact *item = decide_read_fact(bill->d, "charge_item");
    if (item != NULL)
        add_line(bill, item->code);
    else
        add_all_lines(bill);
}

/* ---- what a layer pays for ---- */

/* Whether no line of the bill is treated unlike the others, and all are free. */
static bool
is_all_free(struct decide *d)
{
    const struct policy_axes *axes = &d->case_pin->pin.policy->axes;
    decide_pin_say(d, d->case_pin, POLICY_AXIS_CHARGE_ITEM, NULL);
    struct policy_reading all = decide_look(d, d->case_pin, POLICY_REPAIR_CHARGES_CHARGE);
    bool is_free = all.value.absence == POLICY_PRESENT && all.value.fee.is_free;
    for (int value = axes->first[POLICY_AXIS_CHARGE_ITEM];
         is_free && value < axes->end[POLICY_AXIS_CHARGE_ITEM]; value++) {
        decide_pin_say(d, d->case_pin, POLICY_AXIS_CHARGE_ITEM, axes->values[value].code);
        struct policy_reading line = decide_look(d, d->case_pin, POLICY_REPAIR_CHARGES_CHARGE);
        is_free = policy_value_equals(&line.value, &all.value);
    }
    decide_pin_say(d, d->case_pin, POLICY_AXIS_CHARGE_ITEM, NULL);
    return is_free;
}

bool
decide_covered_charge(struct decide *d, struct money *ret_money)
{
    struct bill bill = {.d = d};
    const char *missing;
    decide_pin_say(d, d->case_pin, POLICY_AXIS_COVERAGE, "covered");
    if (is_all_free(d))
        return decide_fee(d, d->case_pin, POLICY_REPAIR_CHARGES_CHARGE, "customer_pays", ret_money,
                          &missing) == DECIDE_FEE_KNOWN;
    add_all_lines(&bill);
    *ret_money = bill.sum;
    return bill.line_count > 0 && bill.missing_count == 0 && bill.referral == NULL;
}

/* ---- the question ---- */

/* Whether the company repairs what no warranty pays for (or what one does). */
static bool
is_in_scope(struct decide *d, bool is_covered)
{
    struct decide_pin *live = decide_pin(d, POLICY_LIVE, d->today);
    Common__V1__Step *step;
    struct policy_reading reading = decide_read(d, live, POLICY_REPAIR_SCOPE_OFFERED, &step);
    const char *wanted = is_covered ? "in_warranty" : "out_of_warranty";
    step->result = DENIES;
    decide_step_fact(d, step, "coverage");
    for (size_t i = 0; reading.value.absence == POLICY_PRESENT && i < reading.value.codes.count;
         i++) {
        if (strcmp(reading.value.codes.codes[i], wanted) == 0)
            step->result = GRANTS;
    }
    return step->result == GRANTS;
}

/* The lines that are not offered are what the denial rests on. */
static void
deny_lines(struct decide *d)
{
    for (size_t i = 0; i < d->steps.count; i++) {
        Common__V1__Step *step = d->steps.items[i];
        if (step->result == DOES_NOT_APPLY && strcmp(step->clause_id, clause_of_charge()) == 0)
            step->result = DENIES;
    }
}

static void
end_charged(struct bill *bill)
{
    struct decide *d = bill->d;
    if (bill->missing_count > 0) {
        decide_end(d, UNDETERMINED, clause_of_charge(), "PRICE_MISSING");
        return;
    }
    if (bill->referral != NULL) {
        decide_end(d, REFERRED, clause_of_charge(), bill->referral);
        return;
    }
    if (bill->line_count == 0) {
        deny_lines(d);
        decide_deny(d, clause_of_charge(), "NOT_OFFERED");
        return;
    }
    d->customer_pays = bill->sum;
    decide_compute(d, NULL, "customer_pays", decide_value_money(d, bill->sum), "");
    decide_end(d, GRANTED, clause_of_charge(), bill->sum.minor == 0 ? "FREE" : "CHARGED");
    Common__V1__Step *step;
    struct policy_reading limit =
        decide_read(d, d->case_pin, POLICY_REPAIR_ESTIMATE_NEEDED_ABOVE, &step);
    bool is_needed = limit.value.absence == POLICY_PRESENT &&
                     strcmp(limit.value.money.currency_code, bill->sum.currency_code) == 0 &&
                     bill->sum.minor > limit.value.money.minor;
    decide_compute(d, step, "estimate_needed", decide_value_flag(d, is_needed), "");
    decide_compute(d, NULL, "estimate_needed", decide_value_flag(d, is_needed), "");
}

enum err
decide_repair_charge(struct decide *d)
{
    struct bill bill = {.d = d, .asks = true};
    const struct policy_fact *coverage = decide_read_fact(d, "coverage");
    if (coverage == NULL) {
        decide_need(d, "coverage", clause_of_charge(), NULL);
        decide_end(d, UNDETERMINED, clause_of_charge(), "FACT_MISSING");
        return OK;
    }
    if (!is_in_scope(d, strcmp(coverage->code, "covered") == 0)) {
        decide_deny(d, policy_parameter_row(POLICY_REPAIR_SCOPE_OFFERED)->clause_id, "NOT_OFFERED");
        return OK;
    }
    add_lines(&bill);
    end_charged(&bill);
    return OK;
}
