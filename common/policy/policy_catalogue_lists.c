/*
 * policy_catalogue_lists - the code lists of the program, and the units and bases of fees
 *
 * What the program acts on is closed: a code that no daemon understands would promise something
 * that nobody does. Lists that only name things (topics, positions, documents) are open to a
 * policy's `codes:`.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_catalogue.h"

#include <stdlib.h>
#include <string.h>

#define CODES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_CODES ((const char *const[]){NULL})

/* Sorted by name. */
static const struct policy_list_row list_rows[] = {
    {"breach_remedy", CODES("loaner", "labour_free", "shipping_free"), true},
    {"carry_over", CODES("remaining", "restart", "longer_of"), false},
    {"cause", CODES("not_as_described", "unknown"), true},
    {"charge_item", CODES("diagnosis", "labour", "parts", "shipping"), true},
    {"contact_channel", CODES("phone", "chat", "email", "online_form", "letter", "in_person"),
     true},
    {"cost_class", CODES("parts", "labour", "travel"), false},
    {"coverage", CODES("covered", "uncovered"), false},
    {"data_class",
     CODES("customer", "unit", "case", "document", "chat", "survey", "decision", "access_log"),
     true},
    {"document", NO_CODES, true},
    {"escalation_cause", CODES("overdue", "unsatisfied"), false},
    {"event",
     CODES("ordered", "purchased", "delivered", "installed", "registered", "manufactured",
           "discontinued", "received", "approved"),
     false},
    {"finding", NO_CODES, true},
    {"grade", CODES("like_new", "used", "worn", "broken"), true},
    {"online_service", CODES("chat", "remote_assistance", "video_call", "knowledge_base"), true},
    {"part_class", NO_CODES, true},
    {"pause_reason",
     CODES("estimate_answer", "customer_information", "customer_pickup", "part_delivery",
           "supplier_repair"),
     true},
    {"payer", CODES("company", "customer"), false},
    {"plan_refund", CODES("pro_rata", "none"), false},
    {"position",
     CODES("service_manager", "complaint_manager", "head_of_service", "managing_director"), true},
    {"priority", CODES("low", "normal", "high", "urgent"), false},
    {"refund_method", CODES("original_payment", "bank_transfer", "voucher"), true},
    {"register", CODES("parts.price_list", "training.courses", "network.centres"), false},
    {"remedy", CODES("repair", "replace", "refund"), false},
    {"repair_scope", CODES("in_warranty", "out_of_warranty"), false},
    {"repairs_counted", CODES("all", "covered"), false},
    {"role",
     CODES("customer", "agent", "technician", "parts_clerk", "trainer", "complaint_handler",
           "manager", "policy_owner", "analyst", "administrator", "integration"),
     false},
    {"rounding", CODES("half_up", "half_even", "down", "up"), false},
    {"severity", CODES("normal", "serious", "safety"), false},
    {"step_by", CODES("customer", "company"), false},
    {"survey_after",
     CODES("claim_closed", "return_closed", "repair_closed", "ticket_closed", "complaint_closed",
           "part_delivered", "training_completed", "visit_completed"),
     false},
    {"topic", CODES("usage", "maintenance", "troubleshooting", "software_updates"), true},
    {"training_method", CODES("on_site", "online", "video"), false},
};

/* Sorted by name. */
static const struct policy_fee_unit_row fee_unit_rows[] = {
    {"day", false, "storage_days", 1},
    {"estimate", true, "estimate_amount", 1},
    {"hour", false, "labour_minutes", 60},
    {"kg", false, "weight_g", 1000},
    {"km", false, "distance_m", 1000},
    {"list_price", true, "list_price", 1},
    {"participant", false, "participants", 1},
    {"piece", false, "pieces", 1},
    {"price_paid", true, "price_paid", 1},
    {"session", false, "sessions", 1},
    {"visit", false, "visits", 1},
};

static int
compare_list_name(const void *name, const void *row)
{
    return strcmp(name, ((const struct policy_list_row *)row)->name);
}

const struct policy_list_row *
policy_find_list(const char *name)
{
    return bsearch(name, list_rows, COUNT_OF(list_rows), sizeof *list_rows, compare_list_name);
}

static int
compare_unit_name(const void *name, const void *row)
{
    return strcmp(name, ((const struct policy_fee_unit_row *)row)->name);
}

const struct policy_fee_unit_row *
policy_find_fee_unit(const char *name)
{
    return bsearch(name, fee_unit_rows, COUNT_OF(fee_unit_rows), sizeof *fee_unit_rows,
                   compare_unit_name);
}

size_t
policy_list_rows(const struct policy_list_row **ret_rows)
{
    *ret_rows = list_rows;
    return COUNT_OF(list_rows);
}

size_t
policy_fee_unit_rows(const struct policy_fee_unit_row **ret_rows)
{
    *ret_rows = fee_unit_rows;
    return COUNT_OF(fee_unit_rows);
}
