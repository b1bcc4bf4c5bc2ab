/*
 * entitlement - the ledger of a unit: which layers cover it, from when until when, and why
 *
 * Facts (sold, delivered, in repair, repaired, replaced, plan bought, transferred ...) and terms
 * (what the pinned policy versions promise) go in; intervals come out, one for each layer, cost
 * class and component. Nothing is stored: the ledger is computed anew for each question, for any
 * day asked about (`at`) and as it was known at any moment (`known_at`).
 *
 * The arithmetic (the numbers A1 .. A15 in the comments of this folder stand for its rules):
 *   A1  intervals of civil days, first and last included; no last day = without limit
 *   A2  last = anchor + span in one addition; the anchor day itself is not counted
 *   A3  anchor = first known event of the chain plus its offset; nothing known = undetermined
 *   A4  contradictory facts are refused, both named
 *   A5  a covered repair stands still: what was left at intake is left at hand-back; pauses are
 * united A6  a unit that is still in repair is covered and paused; last assumes hand-back on the
 * day asked about A7  uncovered repairs do not pause unless the terms count all; the terms may cap
 * the sum of days A8  repair layer: from hand-back, for the repaired component and fault A9
 * replacement: old layers end the day before handover; remaining / restart / longer_of A10 plan:
 * begins the day after its base, cost class by cost class, and moves with it A11 transfer ends what
 * does not go along; a plan not yet begun is cancelled A12 order of use: repair, commercial,
 * statutory, extended, goodwill A13 facts are judged as known at `known_at` A14 one interval for
 * each layer, cost class and component A15 day of the sale: ordered, purchased, delivered,
 * installed, registered, manufactured
 *
 * Pure: no I/O, no clock; all memory from the caller's arena.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"
#include "common/date.h"
#include "common/err.h"

enum {
    ENTITLEMENT_FACTS_MAX = 10000, /* of one unit and the units it replaced */
    ENTITLEMENT_TERMS_MAX = 512,
    ENTITLEMENT_ANCHORS_MAX = 8,
    ENTITLEMENT_UNITS_MAX = 64 /* in a chain of replacements */
};

enum entitlement_layer {
    ENTITLEMENT_STATUTORY = 1,
    ENTITLEMENT_COMMERCIAL,
    ENTITLEMENT_EXTENDED,
    ENTITLEMENT_REPAIR,
    ENTITLEMENT_GOODWILL
};

/* "STATUTORY" and so on. */
const char *entitlement_layer_name(enum entitlement_layer layer);

/* Events that can be anchors, in the order in which they choose the day of the sale (A15);
 * `discontinued` is no fact of a unit. */
enum entitlement_event {
    ENTITLEMENT_ORDERED,
    ENTITLEMENT_PURCHASED,
    ENTITLEMENT_DELIVERED,
    ENTITLEMENT_INSTALLED,
    ENTITLEMENT_REGISTERED,
    ENTITLEMENT_MANUFACTURED,
    ENTITLEMENT_EVENT_COUNT
};
const char *entitlement_event_name(enum entitlement_event event); /* "ordered" */

enum entitlement_fact_kind {
    ENTITLEMENT_FACT_EVENT,       /* event */
    ENTITLEMENT_FACT_TAKEN_IN,    /* repair_id, coverage */
    ENTITLEMENT_FACT_HANDED_BACK, /* repair_id, coverage (KNOWN later wins over OPEN) */
    ENTITLEMENT_FACT_REPAIRED, /* repair_id, fault_code, component, cost_classes, has_succeeded */
    ENTITLEMENT_FACT_REPLACED, /* old_serial -> serial; date = handover N; received_date = R */
    ENTITLEMENT_FACT_PLAN_BOUGHT,    /* contract_id, plan */
    ENTITLEMENT_FACT_PLAN_CANCELLED, /* contract_id; date = last day + 1, i.e. ends on the day
                                        before `date`... */
    ENTITLEMENT_FACT_PLAN_RENEWED,   /* contract_id of the new one, renews_contract_id */
    ENTITLEMENT_FACT_TRANSFERRED,
    ENTITLEMENT_FACT_GOODWILL,  /* date .. last_date, cost_classes, component */
    ENTITLEMENT_FACT_VOIDED,    /* layers; from `date` on */
    ENTITLEMENT_FACT_CORRECTED, /* corrects_fact_id: that fact counts no more */
    ENTITLEMENT_FACT_KIND_COUNT
};
const char *entitlement_fact_kind_name(enum entitlement_fact_kind kind); /* "taken_in" */

enum entitlement_coverage { ENTITLEMENT_OPEN, ENTITLEMENT_COVERED, ENTITLEMENT_NOT_COVERED };

/* What was told about a unit. Texts are borrowed; NULL is the same as "". A corrected fact with a
 * new content is two facts: CORRECTED, and the new one. */
struct entitlement_fact {
    const char *fact_id;
    const char *serial;
    enum entitlement_fact_kind kind;
    enum entitlement_event event;
    struct date date;
    int64_t record_us; /* when we learned it, unix microseconds */
    const char *corrects_fact_id;
    const char *repair_id;
    enum entitlement_coverage coverage;
    const char *fault_code;
    const char *component;
    const char *const *cost_classes; /* none: all of the terms */
    size_t cost_class_count;
    bool has_succeeded;
    const char *old_serial;
    struct date received_date; /* REPLACED: the faulty unit reached us; absent = `date` */
    const char *contract_id;
    const char *renews_contract_id;
    const char *plan;
    struct date last_date;  /* GOODWILL */
    unsigned voided_layers; /* VOIDED: bits 1 << layer; the statutory bit is ignored */
    const char *clause_id;  /* GOODWILL: the authority's; REPLACED: the remedy's */
};

/* A length in calendar units. Exactly one of: a length, none (no such layer), unlimited. */
struct entitlement_span {
    int months;
    int days;
    bool is_none;
    bool is_unlimited;
};

/* One link of an anchor chain: the event's day plus an offset. */
struct entitlement_anchor {
    enum entitlement_event event;
    int months;
    int days;
};

enum entitlement_carry_over { ENTITLEMENT_REMAINING, ENTITLEMENT_RESTART, ENTITLEMENT_LONGER_OF };

/* What one clause promises for one cost class and component. The caller expands the policy into
 * these; two terms of one layer, cost class and component are refused (EXTENDED: of one plan). */
struct entitlement_terms {
    enum entitlement_layer layer; /* STATUTORY, COMMERCIAL, EXTENDED or REPAIR */
    const char *clause_id;
    const char *cost_class;       /* "parts" */
    const char *component;        /* "": the whole unit */
    const char *plan;             /* EXTENDED: which plan's contracts */
    struct entitlement_span span; /* REPAIR: from the hand-back; EXTENDED: after the base */
    struct entitlement_anchor
        anchors[ENTITLEMENT_ANCHORS_MAX]; /* STATUTORY, COMMERCIAL, EXTENDED without base */
    size_t anchor_count;
    bool pauses;             /* A5 */
    bool counts_all_repairs; /* A7 */
    bool has_pause_max;      /* A7: at most pause_max of pausing in all */
    struct entitlement_span pause_max;
    enum entitlement_carry_over carry_over; /* A9 */
    struct entitlement_span at_least;       /* A9, longer_of */
    bool is_transferable;                   /* A11 */
};

enum entitlement_step_kind {
    ENTITLEMENT_STEP_ANCHOR,     /* `date` of the anchor; `event`, offset in the text */
    ENTITLEMENT_STEP_SPAN,       /* date after the span was added */
    ENTITLEMENT_STEP_PAUSE,      /* days added, date after it */
    ENTITLEMENT_STEP_CARRY_OVER, /* replaced: date after it */
    ENTITLEMENT_STEP_BASE,       /* plan: last day of its base */
    ENTITLEMENT_STEP_END         /* cut: by replacement, transfer, cancellation, voiding */
};

/* One step of how `last_date` came about; each step's date follows from the one before. */
struct entitlement_step {
    enum entitlement_step_kind kind;
    struct date date; /* result after this step */
    int months;       /* added here */
    int days;
    const char *fact_id; /* the fact it rests on; NULL for a span */
    const char
        *text; /* "delivered 2026-03-15", "+ 1 year", "+ 12 days in repair", English, for records */
};

struct entitlement_interval {
    enum entitlement_layer layer;
    const char *clause_id;
    const char *cost_class;
    const char *component;   /* "": whole unit */
    const char *contract_id; /* EXTENDED */
    const char *plan;        /* EXTENDED */
    const char *fault_code;  /* REPAIR */
    const char *repair_id;   /* REPAIR */
    const char
        *serial; /* the unit whose time it is; differs from the asked one for its predecessors */
    bool is_undetermined; /* no anchor known: no dates */
    struct date start_date;
    bool has_last_date; /* false: without limit */
    struct date last_date;
    bool is_paused; /* in repair on the day asked about (A6) */
    bool is_empty;  /* ended before it began: cancelled or voided before its start; covers no day */
    const char *ended_by_fact_id; /* what cut it; NULL: its own term */
    const struct entitlement_step *steps;
    size_t step_count;
};

struct entitlement_ledger {
    struct entitlement_interval *intervals; /* in the order of use (A12), then cost class and
                                               component in the order of the terms */
    size_t interval_count;
    struct date sale_date; /* A15; absent: unknown */
    const struct entitlement_fact *sale_fact;
    const struct entitlement_fact *const
        *facts; /* those that counted, sorted by date, record time, id */
    size_t fact_count;
};

struct entitlement_question {
    const char *serial;
    struct date at;      /* the day asked about */
    int64_t known_at_us; /* facts recorded later are not known; INT64_MAX: all */
    const struct entitlement_fact
        *facts; /* of the unit and of all units it replaced, in any order */
    size_t fact_count;
    const struct entitlement_terms *terms;
    size_t term_count;
};

/* ERR_INVALID_ARGUMENT: facts that contradict each other (reason FACTS_CONTRADICT, both ids in the
 * message), that cannot be (FACT_WRONG), or terms that repeat (TERMS_REPEAT).
 * ERR_RESOURCE_EXHAUSTED: above a limit. */
enum err entitlement_compute(struct arena *arena, const struct entitlement_question *question,
                             struct entitlement_ledger *ret_ledger,
                             struct fault *ret_fault) MUST_CHECK;

/* Whether an interval covers a day. Of a unit in repair: every day from the intake on (A6). */
bool entitlement_covers(const struct entitlement_interval *interval, struct date day);

/* The day of the sale alone (A15), from facts as known; absent if none. For pinning the policy
 * version before there are terms. */
struct date entitlement_sale_date(const struct entitlement_fact *facts, size_t fact_count,
                                  const char *serial, int64_t known_at_us,
                                  const struct entitlement_fact **ret_fact);

/* Checks a new fact against those that are there (A4), without terms: what a service calls before
 * it stores one. */
enum err entitlement_check_facts(struct arena *arena, const struct entitlement_fact *facts,
                                 size_t fact_count, struct fault *ret_fault) MUST_CHECK;
