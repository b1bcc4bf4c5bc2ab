/*
 * entitlement - the ledger of a unit: which layers cover it, from when until when, and why
 *
 * Facts (sold, delivered, in repair, repaired, replaced, plan bought, transferred ...) and terms
 * (what the pinned policy versions promise) go in; intervals come out, one for each layer, cost
 * class and component. Nothing is stored: the ledger is computed anew for each question, for any
 * day asked about (`at`) and as it was known at any moment (`known_at`).
 *
 * The arithmetic (the comments of this folder name its rules by these numbers):
 *
 *   A1   Intervals of civil days, first and last included; no last day = without limit.
 *   A2   last = anchor + span in one addition; the anchor day itself is not counted.
 *   A3   Anchor = first known event of the chain plus its offset; nothing known = undetermined.
 *   A4   Contradictory facts are refused, both named.
 *   A5   A covered repair stands still: what was left at intake is left at hand-back; pauses are
 *        united first. A repair that begins after the end changes nothing.
 *   A6   A unit that is still in repair is covered and paused; its last day assumes hand-back on
 *        the day asked about.
 *   A7   Uncovered repairs do not pause unless the terms count all; terms may cap the sum of days.
 *   A8   Repair layer: from the hand-back, for the repaired component and fault.
 *   A9   Replacement: old layers end the day before handover; remaining, restart or longer_of.
 *   A10  A plan begins the day after its base, cost class by cost class, and moves with it.
 *   A11  A transfer ends what does not go along; a plan not yet begun is cancelled.
 *   A12  Order of use: repair, commercial, statutory, extended, goodwill.
 *   A13  Facts are judged as known at `known_at`.
 *   A14  One interval for each layer, cost class and component.
 *   A15  Day of the sale: ordered, purchased, delivered, installed, registered, manufactured.
 *
 * What the arithmetic leaves open is decided here:
 *
 *   Corrections. A correction can be corrected, and then what it had struck out counts again. A
 *   fact does not count if one correction of it counts.
 *
 *   Events. Two days for one event of one unit contradict each other, `registered` apart: every
 *   owner registers, and the first day counts. Nothing is delivered, installed or registered before
 *   it was manufactured, or installed before it was delivered. Of two facts that tell the same day,
 *   the one that is not the customer's word counts. What is dated later than the day
 *   after its recording (in UTC: it is that day already further east) is wrong, apart from
 *   goodwill and cancellations, which may speak of days to come.
 *
 *   Repairs. What the hand-back says about coverage replaces what the intake said; OPEN counts as
 *   covered, as nothing that is unproven denies. A hand-back without a known intake pauses nothing.
 *   A repair without a known intake (on site) has its layer from the day of the repair; one that
 *   did not succeed has none. On the day of the hand-back the unit is no longer paused.
 *
 *   Cap of the pauses. It never makes a unit expire in our hands: a layer that ran at intake runs
 *   at least until the day of the hand-back. A cap in months is counted from the last day without
 *   pauses. `none` and `unlimited` are no cap.
 *
 *   Replacement. Anchors, day of the sale and cap are those of the first unit; events of the
 *   later ones are ignored. Only layers that ran on R (the day on which the faulty unit reached
 *   us), or had not begun, go over to the new unit; those that had ended are not revived by
 *   `restart` or `longer_of`. A layer that ran on R ends on the day before the handover N even
 *   where its own last day lay between: the unit was in our hands, and it counts as paused from R
 *   on. Pauses of the old unit count until R. The cap goes on counting where what remained goes
 *   over, and begins anew where a new span does. Repair layers stay with the old unit; goodwill
 *   keeps its dates and goes over. A restarted plan without a base that goes over runs its whole
 *   span from the handover.
 *
 *   Plans. A contract belongs to the unit it was bought for and to those that replace it. Its base
 *   is the commercial layer of its cost class and component (of the whole unit if there is none for
 *   the component), or, of a renewal, the contract it renews in that class. It begins when its base
 *   ends, also where that was voided, cancelled or ended by a transfer; a base that ended before it
 *   began leaves its place to the plan. A replaced unit does not end it: the base goes on. A base
 *   without limit, or until the last day of the year 9999, leaves the plan empty, without dates; an
 *   undetermined one makes it undetermined. A base that ended on an earlier unit is a base all the
 *   same: a plan has the same one whichever unit of the chain it was bought for. What had begun
 *   when its unit was replaced goes over by A9, what still waited follows its base on the new unit.
 *   A renewal of what ended on an earlier unit before it began has that one's place: its base is
 *   what comes before.
 *   A plan may begin before the day it was bought: who may buy, and until when, is the policy's.
 *   A plan bought after a transfer or voiding, or on that day, is not touched by it; neither is a
 *   repair layer or goodwill that began then.
 *
 *   Ends. Cancelled, transferred, voided: `date` is the first day without cover, the last one is
 *   the day before. The earliest end holds, a second transfer changes nothing. Ends hold over
 *   A6: a layer that is voided while the unit is in our hands ends then. A layer whose unit was
 *   replaced after its end does not go over.
 *
 *   Pauses and plans. Adding a covered pause never makes a day uncovered, with two exceptions. A
 *   plan whose span is no whole number of years may end up to three days earlier where the pause
 *   moves its start over the end of a month. And a plan that would have run when its unit was
 *   replaced, but still waits because of the pause, begins after its base, and has no new span by
 *   `longer_of`.
 *
 * Pure: no I/O, no clock; all memory from the caller's arena, which the answer lives in (that of a
 * printed explanation from the caller's buffer); texts and facts are borrowed from the question.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/date.h"
#include "common/err.h"

enum {
    ENTITLEMENT_FACTS_MAX = 10000, /* of one unit and the units it replaced */
    ENTITLEMENT_TERMS_MAX = 512,
    ENTITLEMENT_ANCHORS_MAX = 8,
    ENTITLEMENT_UNITS_MAX = 64,        /* in a chain of replacements */
    ENTITLEMENT_INTERVALS_MAX = 8192,  /* of a ledger */
    ENTITLEMENT_MONTHS_MAX = 12000,    /* of a span or an offset */
    ENTITLEMENT_DAYS_MAX = 366000,     /* of a span or an offset */
    ENTITLEMENT_COST_CLASSES_MAX = 32, /* of a fact */
    ENTITLEMENT_YEAR_MIN = 1900,       /* of a fact's day: so there is a day before and after it */
    ENTITLEMENT_YEAR_MAX = 9000
};

enum entitlement_layer {
    ENTITLEMENT_STATUTORY = 1,
    ENTITLEMENT_COMMERCIAL,
    ENTITLEMENT_EXTENDED,
    ENTITLEMENT_REPAIR,
    ENTITLEMENT_GOODWILL
};

/* "STATUTORY" and so on; NULL for what is none. */
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
const char *entitlement_event_name(enum entitlement_event event); /* "ordered"; NULL for none */

enum entitlement_fact_kind {
    ENTITLEMENT_FACT_EVENT,       /* event */
    ENTITLEMENT_FACT_TAKEN_IN,    /* repair_id, coverage (as presumed) */
    ENTITLEMENT_FACT_HANDED_BACK, /* repair_id, coverage (other than OPEN it holds) */
    ENTITLEMENT_FACT_REPAIRED, /* repair_id, fault_code, component, cost_classes, has_succeeded */
    ENTITLEMENT_FACT_REPLACED, /* old_serial -> serial; date = handover N; received_date = R */
    ENTITLEMENT_FACT_PLAN_BOUGHT,    /* contract_id, plan */
    ENTITLEMENT_FACT_PLAN_CANCELLED, /* contract_id; `date` is the first day without the plan */
    ENTITLEMENT_FACT_PLAN_RENEWED,   /* contract_id of the new one, plan, renews_contract_id; a
                                        contract that is not known is as if none were named */
    ENTITLEMENT_FACT_TRANSFERRED,
    ENTITLEMENT_FACT_GOODWILL,  /* date .. last_date, cost_classes, component */
    ENTITLEMENT_FACT_VOIDED,    /* layers; from `date` on */
    ENTITLEMENT_FACT_CORRECTED, /* corrects_fact_id: that fact counts no more */
    ENTITLEMENT_FACT_KIND_COUNT
};
const char *entitlement_fact_kind_name(enum entitlement_fact_kind kind); /* "taken_in"; or NULL */

enum entitlement_coverage { ENTITLEMENT_OPEN, ENTITLEMENT_COVERED, ENTITLEMENT_NOT_COVERED };

/* What was told about a unit. Texts are borrowed; NULL is the same as "". A corrected fact with a
 * new content is two facts: CORRECTED, and the new one. */
struct entitlement_fact {
    const char *fact_id; /* not empty, unique */
    const char *serial;  /* not empty; of CORRECTED ignored */
    enum entitlement_fact_kind kind;
    enum entitlement_event event;
    bool is_stated;    /* an event that only the customer tells: days count from it as from any
                          other, and entitlement_is_stated says of which intervals that holds */
    struct date date;  /* in ENTITLEMENT_YEAR_MIN .. _MAX; of CORRECTED ignored */
    int64_t record_us; /* when we learned it, unix microseconds */
    const char *corrects_fact_id;
    const char *repair_id; /* unique within a serial */
    enum entitlement_coverage coverage;
    const char *fault_code;
    const char *component;
    const char *const *cost_classes; /* ENTITLEMENT_COST_CLASSES_MAX; none: all of the terms */
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

/* A length in calendar units. Exactly one of: a length (0 is one), none (no such layer),
 * unlimited. */
struct entitlement_span {
    int months; /* 0 .. ENTITLEMENT_MONTHS_MAX */
    int days;   /* 0 .. ENTITLEMENT_DAYS_MAX */
    bool is_none;
    bool is_unlimited;
};

/* One link of an anchor chain: the event's day plus an offset, bounded as a span. */
struct entitlement_anchor {
    enum entitlement_event event;
    int months;
    int days;
};

enum entitlement_carry_over { ENTITLEMENT_REMAINING, ENTITLEMENT_RESTART, ENTITLEMENT_LONGER_OF };

/* What one clause promises for one cost class and component. The caller expands the policy into
 * these; two terms of one layer, cost class and component are refused, unless they are rights of
 * several clauses (STATUTORY) or belong to several plans (EXTENDED). */
struct entitlement_terms {
    enum entitlement_layer layer; /* STATUTORY, COMMERCIAL, EXTENDED or REPAIR */
    const char *clause_id;
    const char *cost_class;       /* "parts" */
    const char *component;        /* "": the whole unit; REPAIR: any repaired component */
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
    struct entitlement_span at_least;       /* A9, longer_of; none: no least length */
    bool is_transferable;                   /* A11 */
};

enum entitlement_step_kind {
    ENTITLEMENT_STEP_ANCHOR,    /* the anchor: fact's day + offset */
    ENTITLEMENT_STEP_BASE,      /* plan: the last day of its base + 0 */
    ENTITLEMENT_STEP_REPAIR,    /* repair layer: the hand-back (or repair on site) + 0 */
    ENTITLEMENT_STEP_SPAN,      /* + the span of the terms */
    ENTITLEMENT_STEP_PAUSE,     /* + days in repair */
    ENTITLEMENT_STEP_REMAINING, /* replaced: the handover + the days that were left */
    ENTITLEMENT_STEP_RESTART,   /* replaced: the handover + the whole span, or the least one */
    ENTITLEMENT_STEP_GOODWILL,  /* the last day that was granted + 0 */
    ENTITLEMENT_STEP_IN_HANDS,  /* replaced: + the days from R to the handover, as a pause */
    ENTITLEMENT_STEP_END        /* cut: first day without cover - 1 day */
};

/* One step of how `last_date` came about. Always: date = date_add(from_date, months, days); and
 * from_date is the date of the step before (SPAN, PAUSE, IN_HANDS), the last day of the base (BASE)
 * or a day that `fact` names (the others). So whoever adds again comes to the same date. */
struct entitlement_step {
    enum entitlement_step_kind kind;
    struct date from_date;
    int months;
    int days;
    struct date date; /* result after this step */
    /* What it rests on: the event, the first intake of united pauses, the replacement, what ended
     * it; of SPAN and BASE none. */
    const struct entitlement_fact *fact;
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
    const char *serial;      /* the unit whose time it is: the one asked about or a predecessor */
    const struct entitlement_terms *terms; /* NULL: goodwill */
    const struct entitlement_fact *fact; /* PLAN_BOUGHT or _RENEWED, REPAIRED, GOODWILL; or NULL */
    /* What it begins after (plan) or goes on from (after a replacement); NULL if neither. */
    const struct entitlement_interval *base;
    bool is_undetermined; /* no anchor known: no start_date, a last_date only if it was ended */
    struct date start_date;
    bool has_last_date;         /* false: without limit, unless undetermined or empty */
    struct date last_date;      /* absent if there is none */
    struct date term_last_date; /* the last day before anything ended it; absent if without limit */
    bool is_paused; /* in repair on the day asked about, and the clock stands still (A6) */
    /* Still in repair, and the clock stands still: covered from this day on, without end (A6) or up
     * to the day before cut_date. */
    struct date in_repair_since; /* absent if not */
    /* The first day without cover for a cancellation, transfer or voiding, also where that lies
     * after last_date; absent: there is none, or the unit was replaced before. */
    struct date cut_date;
    bool is_empty; /* ended before it began (cancelled, voided), or never begins: covers no day */
    const char *ended_by_fact_id; /* what ended it early; NULL: its own term */
    const struct entitlement_step *steps;
    size_t step_count;
};

struct entitlement_ledger {
    /* In the order of use (A12); then plans in the order they were bought, repairs and goodwill by
     * day; then in the order of the terms; then first unit first. */
    const struct entitlement_interval *intervals;
    size_t interval_count;
    struct date sale_date; /* A15; absent: unknown */
    const struct entitlement_fact *sale_fact;
    /* Those that were known and not struck out, sorted by date, record time, id. */
    const struct entitlement_fact *const *facts;
    size_t fact_count;
};

struct entitlement_question {
    const char *serial;
    struct date at;      /* the day asked about */
    int64_t known_at_us; /* facts recorded later are not known; INT64_MAX: all */
    /* Of the unit and of all units it replaced, in any order; those of other units are ignored. */
    const struct entitlement_fact *facts;
    size_t fact_count;
    const struct entitlement_terms *terms;
    size_t term_count;
};

/* ERR_INVALID_ARGUMENT: facts that contradict each other (reason FACTS_CONTRADICT, both ids in the
 * message), that cannot be (FACT_WRONG), terms that repeat (TERMS_REPEAT) or cannot be
 * (TERMS_WRONG), no serial or day (QUESTION_WRONG).
 * ERR_RESOURCE_EXHAUSTED: above a limit, or the arena's budget. */
enum err entitlement_compute(struct arena *arena, const struct entitlement_question *question,
                             struct entitlement_ledger *ret_ledger,
                             struct fault *ret_fault) MUST_CHECK;

/* Whether an interval covers a day: the one asked about, or another one as far as it can be said
 * from there. Of a unit in repair: every day from the intake on (A6), up to the day before its cut.
 */
bool entitlement_covers(const struct entitlement_interval *interval, struct date day);

/* Whether its days are counted from one that only the customer tells, its own or that of what it
 * goes on from. */
bool entitlement_is_stated(const struct entitlement_interval *interval);

/* The day of the sale alone (A15), from facts as known; absent (and the fact NULL) if none. For
 * pinning the policy version before there are terms. Of a unit that replaced another: the sale of
 * the first. Errors as those of entitlement_compute. */
enum err entitlement_sale_date(struct arena *arena, const struct entitlement_fact *facts,
                               size_t fact_count, const char *serial, int64_t known_at_us,
                               struct date *ret_date, const struct entitlement_fact **ret_fact,
                               struct fault *ret_fault) MUST_CHECK;

/* Checks facts against each other (A4), without terms: what a service calls, with the new one
 * among those that are there, before it stores one. Errors as those of entitlement_compute. */
enum err entitlement_check_facts(struct arena *arena, const struct entitlement_fact *facts,
                                 size_t fact_count, struct fault *ret_fault) MUST_CHECK;

/* What the kind of a fact needs and it has not, as "names no repair"; NULL: nothing is missing. */
const char *entitlement_fact_missing(const struct entitlement_fact *fact);

/* Checks what one fact says, alone: FACT_WRONG names it and says what cannot be. */
enum err entitlement_fact_check(const struct entitlement_fact *fact,
                                struct fault *ret_fault) MUST_CHECK;

/* The facts that were known and that no correction strikes out, sorted by date, record time, id;
 * what each says is not looked at. `ret_facts` are in the arena. Errors as those of
 * entitlement_compute. */
enum err entitlement_facts_left(struct arena *arena, const struct entitlement_fact *facts,
                                size_t fact_count, int64_t known_at_us,
                                const struct entitlement_fact *const **ret_facts, size_t *ret_count,
                                struct fault *ret_fault) MUST_CHECK;

/* English, for records: "delivered 2026-03-15", "+ 1 year", "+ 12 days in repair",
 * "replaced 2027-03-11 + 40 days left". Nothing is said of a step that adds nothing. */
void entitlement_step_print(const struct entitlement_step *step, struct buf *out);

/* All steps of an interval: "delivered 2026-01-20 + 1 year + 12 days in repair". Of an undetermined
 * one: "no anchor known". */
void entitlement_interval_print(const struct entitlement_interval *interval, struct buf *out);
