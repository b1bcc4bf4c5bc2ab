/*
 * policy_catalogue_facts - the fact catalogue: all that a condition may ask and a decision may rest
 * on
 *
 * Axes are facts too: the category of the product, the region ... Documents that came with a case
 * are facts of kind FLAG under their own code; the usual ones stand here, those that a policy adds
 * under `codes:` are read by a row of the caller's (policy_fact_read_row).
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_catalogue.h"

#include <stdlib.h>
#include <string.h>

#define CODE(NAME, LIST, SENTENCE)                                                                 \
    {                                                                                              \
        NAME, POLICY_FACT_CODE, LIST, SENTENCE, false                                              \
    }
#define WISH(NAME, LIST, SENTENCE)                                                                 \
    {                                                                                              \
        NAME, POLICY_FACT_CODE, LIST, SENTENCE, true                                               \
    }
#define FLAG(NAME, SENTENCE)                                                                       \
    {                                                                                              \
        NAME, POLICY_FACT_FLAG, NULL, SENTENCE, false                                              \
    }
#define NUMBER(NAME, SENTENCE)                                                                     \
    {                                                                                              \
        NAME, POLICY_FACT_NUMBER, NULL, SENTENCE, false                                            \
    }
#define DATE(NAME, SENTENCE)                                                                       \
    {                                                                                              \
        NAME, POLICY_FACT_DATE, NULL, SENTENCE, false                                              \
    }
#define TIME(NAME, SENTENCE)                                                                       \
    {                                                                                              \
        NAME, POLICY_FACT_TIME, NULL, SENTENCE, false                                              \
    }
#define MONEY(NAME, SENTENCE)                                                                      \
    {                                                                                              \
        NAME, POLICY_FACT_MONEY, NULL, SENTENCE, false                                             \
    }
#define TEXT(NAME, SENTENCE)                                                                       \
    {                                                                                              \
        NAME, POLICY_FACT_TEXT, NULL, SENTENCE, false                                              \
    }

/* Sorted by name. */
static const struct policy_fact_row fact_rows[] = {
    TIME("acknowledge_time", "When we confirmed the complaint; our record."),
    TIME("answer_time", "When we answered the complaint; our record."),
    DATE("approved", "The day on which the customer accepted the estimate; our record."),
    CODE("category", "category", "The kind of product; from the product catalogue."),
    CODE("cause", "cause", "What is wrong in the customer's words; the customer says it."),
    CODE("channel", "channel", "How the product was bought; from the order or the receipt."),
    CODE("charge_item", "charge_item", "The line of the bill that is asked about."),
    NUMBER("claims_in_period", "Claims accepted without inspection within the period of "
                               "warranty.limits, this one not counted; our record."),
    NUMBER("claims_under_plan",
           "Claims accepted under the plan, this one not counted; our record."),
    FLAG("commercial_use", "Whether the product was used in a trade; staff find it."),
    CODE("component", "component", "The part at fault; the customer says it, staff find it."),
    CODE("condition", "condition", "As what the product was sold; from the order."),
    CODE("contact_channel", "contact_channel", "How the customer reached us; our record."),
    CODE("cost_class", "cost_class", "What the cost that is asked about is for."),
    CODE("coverage", "coverage", "Whether a layer of warranty pays for this; decided before."),
    NUMBER("csat", "Satisfaction, 1 to 5; the customer's answer to a survey."),
    FLAG("custom_made", "Whether the product was made to the customer's wishes; from the order."),
    CODE("customer_class", "customer_class", "Who bought the product; from the order."),
    CODE("data_class", "data_class", "The kind of record that is asked about."),
    NUMBER("days_in_repair", "Days that this fault kept the unit with us, in all; our record."),
    NUMBER("days_waiting_part", "Days that the repair has waited for a part; our record."),
    DATE("delivered", "The day on which the customer received the product; our record or a "
                      "delivery note."),
    FLAG("delivery_note", "Whether a delivery note was given."),
    DATE("discontinued", "The day on which the last product of this kind was made; our record."),
    NUMBER("distance_m", "Metres from the service centre to the customer, by road; our record."),
    NUMBER("effort", "Ease of getting help (CES), 1 to 7; the customer's answer to a survey."),
    CODE("escalation_cause", "escalation_cause", "Why a complaint goes up the ladder; our record."),
    MONEY("estimate_amount", "The sum of the repair's estimate; our record."),
    NUMBER("failed_repairs_same_fault",
           "Repairs after which the same fault came back; our record."),
    TEXT("fault_code", "The fault by its code; staff find it."),
    FLAG("fault_photo", "Whether a photo of the fault was given."),
    CODE("finding", "finding", "What a technician found to be the cause; staff find it."),
    CODE("grade", "grade", "The state in which a returned product arrived; staff find it."),
    FLAG("hygiene_product", "Whether it is a product for hygiene; from the product catalogue."),
    FLAG("inspected", "Whether staff have examined the unit for this case; our record."),
    DATE("installed", "The day on which the product was installed where it is used; our record or "
                      "the installer's."),
    NUMBER("labour_minutes", "Minutes of work on the repair; our record."),
    MONEY("list_price", "The price of the product by the list; our record."),
    NUMBER("low_scores_same_category", "Low scores of the last 90 days for products of this "
                                       "category; our record."),
    NUMBER("low_scores_same_centre", "Low scores of the last 90 days for this service centre; our "
                                     "record."),
    NUMBER("low_scores_same_clause", "Low scores of the last 90 days after decisions by this "
                                     "clause; our record."),
    DATE("manufactured", "The day on which the unit was made; our record or its serial number."),
    NUMBER("nps", "Willingness to recommend us, 0 to 10; the customer's answer to a survey."),
    FLAG("opened", "Whether the seal or packing was opened; the customer says it, staff find it."),
    TEXT("order_line", "The line of our order that sold the product; our record."),
    DATE("ordered", "The day on which the product was ordered; our record or the receipt."),
    CODE("part_class", "part_class", "The kind of spare part; from the parts catalogue."),
    NUMBER("participants", "How many people take part in a training; our record."),
    FLAG("perishable", "Whether the product spoils soon; from the product catalogue."),
    NUMBER("pieces", "How many pieces; our record."),
    CODE("plan", "plan", "The plan of the extended warranty; our record."),
    MONEY("price_paid", "What the customer paid for the product; our record or the receipt."),
    CODE("priority", "priority", "How urgent the request is; staff say it."),
    FLAG("proof_of_purchase", "Whether a receipt or invoice was given."),
    DATE("purchased", "The day on which the product was bought; our record or the receipt."),
    WISH("reason", "reason", "Why the product is given back; the customer says it, staff find it."),
    FLAG("recalled", "Whether the unit is part of a recall; our record."),
    TIME("receive_time", "When the complaint or request reached us; our record."),
    DATE("received", "The day on which the product reached us; our record."),
    CODE("region", "region",
         "Where the product was sold (terms of the sale) or the service is "
         "asked for (others)."),
    DATE("registered", "The day on which the customer registered the product; our record."),
    NUMBER("repairs_in_year", "Repairs of this unit in the last 12 months; our record."),
    CODE("role", "role", "The role of the member of staff who decides; our record."),
    NUMBER("rung", "The rung of the ladder that the complaint has reached, 0 for none; our "
                   "record."),
    TIME("rung_time", "When the complaint reached that rung; our record."),
    FLAG("safety_risk", "Whether somebody could be hurt; the customer says it, staff find it."),
    FLAG("serial_label_photo", "Whether a photo of the serial label was given."),
    NUMBER("sessions", "How many sessions of training; our record."),
    CODE("severity", "severity", "How serious the complaint is; staff say it."),
    TEXT("sku", "The product by its article number; from the product catalogue."),
    NUMBER("storage_days", "Days that a finished product was stored beyond the free ones; our "
                           "record."),
    CODE("survey_after", "survey_after", "What the survey asks about; our record."),
    FLAG("technician_report", "Whether a technician's report was given."),
    CODE("training_method", "training_method", "How the training is held; the customer chooses."),
    FLAG("unit_reachable", "Whether a technician can reach the product where it stands; the "
                           "customer says it, staff find it."),
    NUMBER("usage_hours", "Hours that the product has run by its counter; staff find it."),
    MONEY("value_claimed", "What the claim will cost us at most; our record, else the price paid."),
    NUMBER("visits", "How many visits at the customer's; our record."),
    WISH("wanted_remedy", "remedy", "What the customer asks for; the customer says it."),
    FLAG("waterproof", "Whether the product is marked as waterproof; from the product catalogue."),
    NUMBER("weight_g", "Weight of the parcel in grams; our record."),
    CODE("zone", "zone", "How far the customer is from the service centre; our record."),
};

static int
compare_name(const void *name, const void *row)
{
    return strcmp(name, ((const struct policy_fact_row *)row)->name);
}

const struct policy_fact_row *
policy_find_fact(const char *name)
{
    return bsearch(name, fact_rows, COUNT_OF(fact_rows), sizeof *fact_rows, compare_name);
}

size_t
policy_fact_rows(const struct policy_fact_row **ret_rows)
{
    *ret_rows = fact_rows;
    return COUNT_OF(fact_rows);
}
