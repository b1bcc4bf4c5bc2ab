/*
 * policy_decide_random - random cases for property tests and fuzzers: facts of every kind, known or
 * not, with any trust, and units with a history
 *
 * Choices come from a stream of numbers, so the same seed (or the same bytes of a fuzzer) makes the
 * same case everywhere.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide.h"

struct choices {
    uint64_t state;
    const uint8_t *bytes; /* a fuzzer's; NULL: numbers from the state */
    size_t size_bytes;
};

static inline uint32_t
choose(struct choices *choices, uint32_t bound)
{
    if (choices->bytes != NULL) {
        if (choices->size_bytes == 0)
            return 0;
        choices->size_bytes--;
        return *choices->bytes++ % bound;
    }
    choices->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = choices->state;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((mixed ^ mixed >> 31) >> 32) % bound;
}

static const char *const random_codes[][9] = {
    {"category", "small_appliances", "large_appliances", "appliances"},
    {"region", "DE", "FR", "GB", "US", "eu"},
    {"customer_class", "consumer", "business"},
    {"condition", "new", "refurbished"},
    {"channel", "online", "shop", "telephone", "distance"},
    {"component", "compressor", "motor", "battery", "lamp"},
    {"cause", "material_defect", "workmanship_defect", "wear", "unknown", "misuse"},
    {"finding", "no_fault_found", "material_defect", "workmanship_defect", "impact", "liquid",
     "unauthorised_repair", "normal_wear"},
    {"reason", "defect", "not_as_described", "wrong_item", "change_of_mind", "our_fault"},
    {"grade", "like_new", "used", "worn", "broken"},
    {"wanted_remedy", "refund", "replace", "repair"},
    {"coverage", "covered", "uncovered"},
    {"charge_item", "diagnosis", "labour", "parts", "shipping"},
    {"severity", "normal", "serious", "safety"},
};
static const char *const random_flags[] = {
    "waterproof",        "fault_photo",   "serial_label_photo",
    "proof_of_purchase", "delivery_note", "inspected",
    "hygiene_product",   "opened",        "technician_report"};
static const char *const random_numbers[] = {"claims_in_period",
                                             "claims_under_plan",
                                             "failed_repairs_same_fault",
                                             "days_in_repair",
                                             "days_waiting_part",
                                             "labour_minutes",
                                             "rung"};
static const char *const random_events[] = {"delivered",  "purchased",    "ordered",
                                            "registered", "manufactured", "installed"};
static const char *const random_evidence[] = {"technician_report"};

static inline struct date
random_date(struct choices *choices)
{
    return date_add((struct date){2024, 11, 1}, 0, (int)choose(choices, 256) * 4);
}

static inline struct policy_fact
random_fact(struct choices *choices, const char *name)
{
    struct policy_fact fact = {.name = name,
                               .is_known = choose(choices, 12) != 0,
                               .trust = (enum policy_trust)(POLICY_STATED + choose(choices, 4)),
                               .source = choose(choices, 2) == 0 ? "" : "claims/1"};
    if (choose(choices, 3) == 0) {
        fact.evidence = random_evidence;
        fact.evidence_count = 1;
    }
    return fact;
}

static inline void
random_facts(struct choices *choices, struct policy_case *question, struct policy_fact *facts)
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(random_codes); i++) {
        if (choose(choices, 5) == 0)
            continue;
        uint32_t bound = 0;
        while (bound < 8 && random_codes[i][bound + 1] != NULL)
            bound++;
        facts[count] = random_fact(choices, random_codes[i][0]);
        facts[count++].code = random_codes[i][1 + choose(choices, bound)];
    }
    for (size_t i = 0; i < COUNT_OF(random_flags); i++) {
        if (choose(choices, 2) == 0)
            continue;
        facts[count] = random_fact(choices, random_flags[i]);
        facts[count++].flag = choose(choices, 4) != 0;
    }
    for (size_t i = 0; i < COUNT_OF(random_numbers); i++) {
        if (choose(choices, 2) == 0)
            continue;
        facts[count] = random_fact(choices, random_numbers[i]);
        facts[count++].number = choose(choices, 120);
    }
    for (size_t i = 0; i < 3; i++) {
        if (choose(choices, 3) != 0)
            continue;
        facts[count] = random_fact(choices, random_events[i]);
        facts[count++].date = random_date(choices);
    }
    if (choose(choices, 3) != 0) {
        facts[count] = random_fact(choices, "price_paid");
        facts[count++].money = (struct money){(int64_t)choose(choices, 256) * 150, "EUR"};
    }
    if (choose(choices, 2) != 0) {
        facts[count] = random_fact(choices, "receive_time");
        facts[count++].time_s = question->decide_us / 1000000 - choose(choices, 256) * 7200;
    }
    if (choose(choices, 2) != 0) {
        facts[count] = random_fact(choices, "order_line");
        facts[count++].code = "orders/1";
    }
    question->facts = facts;
    question->fact_count = count;
}

static inline struct entitlement_fact *
random_unit_fact(struct choices *choices, struct policy_case *question,
                 struct entitlement_fact *facts, enum entitlement_fact_kind kind)
{
    static const char *const ids[] = {"f0", "f1", "f2", "f3", "f4", "f5", "f6",
                                      "f7", "f8", "f9", "fa", "fb", "fc", "fd"};
    struct entitlement_fact *fact = &facts[question->unit_fact_count];
    *fact = (struct entitlement_fact){
        .fact_id = ids[question->unit_fact_count++],
        .serial = "SN-1",
        .kind = kind,
        .date = random_date(choices),
    };
    fact->record_us = (date_to_days(fact->date) * 86400 + choose(choices, 86400)) * 1000000;
    return fact;
}

static inline void
random_repair(struct choices *choices, struct policy_case *question, struct entitlement_fact *facts)
{
    struct entitlement_fact *in =
        random_unit_fact(choices, question, facts, ENTITLEMENT_FACT_TAKEN_IN);
    in->repair_id = "R-1";
    in->coverage = (enum entitlement_coverage)choose(choices, 3);
    if (choose(choices, 4) == 0)
        return;
    static const char *const classes[] = {"parts", "labour"};
    for (int kind = ENTITLEMENT_FACT_HANDED_BACK; kind <= ENTITLEMENT_FACT_REPAIRED; kind++) {
        struct entitlement_fact *fact =
            random_unit_fact(choices, question, facts, (enum entitlement_fact_kind)kind);
        fact->repair_id = "R-1";
        fact->date = date_add(in->date, 0, (int)choose(choices, 40));
        fact->record_us = (date_to_days(fact->date) * 86400 + 60) * 1000000;
        if (kind == ENTITLEMENT_FACT_HANDED_BACK)
            continue;
        fact->has_succeeded = true;
        fact->component = "motor";
        fact->fault_code = choose(choices, 2) == 0 ? "" : "F7";
        fact->cost_classes = classes;
        fact->cost_class_count = choose(choices, 3);
    }
}

static inline void
random_history(struct choices *choices, struct policy_case *question,
               struct entitlement_fact *facts)
{
    question->unit_fact_count = 0;
    question->unit_facts = facts;
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++) {
        if (choose(choices, event == ENTITLEMENT_DELIVERED ? 2 : 6) != 0)
            continue;
        struct entitlement_fact *fact =
            random_unit_fact(choices, question, facts, ENTITLEMENT_FACT_EVENT);
        fact->event = (enum entitlement_event)event;
        fact->is_stated = choose(choices, 4) == 0;
    }
    if (choose(choices, 3) == 0)
        random_repair(choices, question, facts);
    if (choose(choices, 4) == 0) {
        struct entitlement_fact *plan =
            random_unit_fact(choices, question, facts, ENTITLEMENT_FACT_PLAN_BOUGHT);
        plan->contract_id = "C-1";
        plan->plan = choose(choices, 2) == 0 ? "plus1" : "plus3";
    }
    if (choose(choices, 8) == 0)
        random_unit_fact(choices, question, facts, ENTITLEMENT_FACT_TRANSFERRED);
    if (choose(choices, 8) == 0)
        random_unit_fact(choices, question, facts, ENTITLEMENT_FACT_VOIDED)->voided_layers =
            1U << ENTITLEMENT_COMMERCIAL;
    if (choose(choices, 8) == 0 && question->unit_fact_count > 0)
        random_unit_fact(choices, question, facts, ENTITLEMENT_FACT_CORRECTED)->corrects_fact_id =
            "f0";
}

/* A case of any question, within the years of the default policy. */
static inline struct policy_case *
random_case(struct arena *arena, struct choices *choices)
{
    struct policy_case *question = arena_alloc(arena, sizeof *question);
    question->question = (enum policy_question)choose(choices, POLICY_QUESTION_COUNT);
    if (choose(choices, 2) == 0)
        question->question = POLICY_WARRANTY_CLAIM;
    question->decision_id = "01900000-0000-7000-8000-000000000001";
    question->subject = "tests/1";
    question->at_date = random_date(choices);
    question->decide_us =
        (date_to_days(question->at_date) * 86400 + choose(choices, 86400)) * 1000000;
    question->replaces_decision_id = "";
    question->serial = "SN-1";
    random_facts(choices, question, arena_alloc(arena, 64 * sizeof(struct policy_fact)));
    random_history(choices, question, arena_alloc(arena, 16 * sizeof(struct entitlement_fact)));
    return question;
}
