/*
 * fact_print - a fact of a unit in a line, for its history
 */
// SPDX-License-Identifier: Apache-2.0
#include "fact.h"

#include "common/message.h"

#define KIND(name) WARRANTY__V1__UNIT_FACT__KIND__##name

/* " (covered)", " (not covered)"; "" while it is open. */
static const char *
print_coverage(const Warranty__V1__UnitFact *fact)
{
    switch (fact->coverage) {
    case WARRANTY__V1__UNIT_FACT__COVERAGE__COVERED:
        return " (covered)";
    case WARRANTY__V1__UNIT_FACT__COVERAGE__NOT_COVERED:
        return " (not covered)";
    default:
        return "";
    }
}

static const char *
print_repaired(struct arena *arena, const Warranty__V1__UnitFact *fact)
{
    return arena_printf(arena, "repaired in repair %s%s%s%s%s%s", fact->repair_id,
                        fact->component[0] != 0 ? ", component " : "", fact->component,
                        fact->fault_code[0] != 0 ? ", fault " : "", fact->fault_code,
                        fact->has_succeeded ? "" : ", without success");
}

static const char *
print_day(struct arena *arena, const Common__V1__Date *date)
{
    char *text = arena_alloc(arena, DATE_TEXT_SIZE);
    date_print(message_get_date(date), text);
    return text;
}

/* Of the kinds that are events. */
static const char *
print_event(int kind)
{
    switch (kind) {
    case KIND(ORDERED):
        return "ordered";
    case KIND(PURCHASED):
        return "bought";
    case KIND(DELIVERED):
        return "handed over to the customer";
    case KIND(INSTALLED):
        return "installed";
    case KIND(REGISTERED):
        return "registered by its owner";
    default:
        return "made";
    }
}

const char *
fact_print(struct arena *arena, const Warranty__V1__UnitFact *fact)
{
    if (fact_event((int)fact->kind) >= 0)
        return print_event((int)fact->kind);
    switch (fact->kind) {
    case KIND(TAKEN_IN):
        return arena_printf(arena, "taken in for repair %s%s", fact->repair_id,
                            print_coverage(fact));
    case KIND(HANDED_BACK):
        return arena_printf(arena, "handed back from repair %s%s", fact->repair_id,
                            print_coverage(fact));
    case KIND(REPAIRED):
        return print_repaired(arena, fact);
    case KIND(REPLACED):
        return arena_printf(arena, "%s took the place of %s", fact->serial, fact->old_serial);
    case KIND(PLAN_BOUGHT):
        return arena_printf(arena, "plan %s bought, contract %s", fact->plan, fact->contract_id);
    case KIND(PLAN_CANCELLED):
        return arena_printf(arena, "contract %s cancelled", fact->contract_id);
    case KIND(PLAN_RENEWED):
        return arena_printf(arena, "plan %s renewed, contract %s", fact->plan, fact->contract_id);
    case KIND(TRANSFERRED):
        return "went to another owner";
    case KIND(GOODWILL):
        return arena_printf(arena, "cover granted until %s", print_day(arena, fact->last_date));
    case KIND(VOIDED):
        return "cover was ended";
    case KIND(CORRECTED):
        return arena_printf(arena, "fact %s counts no more", fact->corrects_fact_id);
    default:
        return "";
    }
}
