/*
 * entitlement_fact - whether one fact is possible by itself
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_private.h"

#define DAY_US INT64_C(86400000000)

enum err
entitlement_fact_wrong(struct fault *ret_fault, const struct entitlement_fact *fact,
                       const char *what)
{
    return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "FACT_WRONG", "fact %s %s", fact->fact_id,
                     what);
}

static bool
is_empty(const char *text)
{
    return text == NULL || text[0] == 0;
}

const char *
entitlement_fact_missing(const struct entitlement_fact *fact)
{
    switch (fact->kind) {
    case ENTITLEMENT_FACT_EVENT:
        return (unsigned)fact->event < ENTITLEMENT_EVENT_COUNT ? NULL : "is no known event";
    case ENTITLEMENT_FACT_TAKEN_IN:
    case ENTITLEMENT_FACT_HANDED_BACK:
    case ENTITLEMENT_FACT_REPAIRED:
        if (is_empty(fact->repair_id))
            return "names no repair";
        return (unsigned)fact->coverage <= ENTITLEMENT_NOT_COVERED ? NULL : "has no known coverage";
    case ENTITLEMENT_FACT_REPLACED:
        if (is_empty(fact->old_serial))
            return "names no unit that was replaced";
        return strcmp(fact->old_serial, fact->serial) != 0 ? NULL : "replaces a unit by itself";
    case ENTITLEMENT_FACT_PLAN_BOUGHT:
    case ENTITLEMENT_FACT_PLAN_CANCELLED:
    case ENTITLEMENT_FACT_PLAN_RENEWED:
        return is_empty(fact->contract_id) ? "names no contract" : NULL;
    default:
        return NULL;
    }
}

static bool
speaks_of_days_to_come(const struct entitlement_fact *fact)
{
    return fact->kind == ENTITLEMENT_FACT_GOODWILL || fact->kind == ENTITLEMENT_FACT_PLAN_CANCELLED;
}

static int64_t
record_day_of(const struct entitlement_fact *fact)
{
    return fact->record_us / DAY_US - (fact->record_us % DAY_US < 0);
}

static bool
is_after_record(const struct entitlement_fact *fact)
{
    return date_to_days(fact->date) - 1 > record_day_of(fact);
}

static enum err
too_late(struct fault *ret_fault, const struct entitlement_fact *fact)
{
    char day[DATE_TEXT_SIZE], recorded[DATE_TEXT_SIZE];
    date_print(fact->date, day);
    date_print(date_from_days(record_day_of(fact)), recorded);
    return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "FACT_WRONG",
                     "fact %s has the day %s, later than the day after its recording on %s (UTC)",
                     fact->fact_id, day, recorded);
}

enum err
entitlement_fact_check(const struct entitlement_fact *fact, struct fault *ret_fault)
{
    if (fact->kind == ENTITLEMENT_FACT_CORRECTED)
        return OK;
    if (is_empty(fact->serial))
        return entitlement_fact_wrong(ret_fault, fact, "names no unit");
    if (!date_is_valid(fact->date))
        return entitlement_fact_wrong(ret_fault, fact, "has no day");
    if (fact->date.year < ENTITLEMENT_YEAR_MIN || fact->date.year > ENTITLEMENT_YEAR_MAX)
        return entitlement_fact_wrong(ret_fault, fact, "has a day outside the years 1900 to 9000");
    if (fact->cost_class_count > ENTITLEMENT_COST_CLASSES_MAX)
        return entitlement_fact_wrong(ret_fault, fact, "names more cost classes than a fact may");
    const char *missing = entitlement_fact_missing(fact);
    if (missing != NULL)
        return entitlement_fact_wrong(ret_fault, fact, missing);
    if (!speaks_of_days_to_come(fact) && is_after_record(fact))
        return too_late(ret_fault, fact);
    if (fact->kind == ENTITLEMENT_FACT_GOODWILL &&
        (!date_is_valid(fact->last_date) || date_compare(fact->last_date, fact->date) < 0))
        return entitlement_fact_wrong(ret_fault, fact, "has no last day on or after its first one");
    if (fact->kind == ENTITLEMENT_FACT_REPLACED && !date_is_absent(fact->received_date) &&
        (!date_is_valid(fact->received_date) || fact->received_date.year < ENTITLEMENT_YEAR_MIN ||
         date_compare(fact->received_date, fact->date) > 0))
        return entitlement_fact_wrong(ret_fault, fact, "has no receipt on or before its handover");
    return OK;
}
