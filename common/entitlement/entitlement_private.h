/*
 * entitlement_private - what the parts of the ledger tell each other
 *
 * A question is answered in steps, one file each:
 *
 *   history   facts as known: corrections carried out, sorted, each possible by itself
 *   check     facts that contradict each other
 *   chain     the units, from the first one sold to the one asked about, and their pauses
 *   terms     terms that can be
 *   layer     one interval: its origin and span, what paused and what ended it
 *   grant     repair layers and goodwill
 *   replace   what goes over from a replaced unit to the next
 *   plan      contracts, and what each begins after
 *
 * Days are counted from 1970-01-01 inside, and dates outside. A day is within the years 1 to 9999
 * or ENTITLEMENT_NEVER.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string.h>

#include "common/entitlement/entitlement.h"

#define ENTITLEMENT_NEVER INT64_MAX

enum { ENTITLEMENT_CONTRACTS_MAX = 256 };

/* ---- history ---- */

/* Facts whose contradictions are looked for together. */
enum entitlement_family {
    ENTITLEMENT_FAMILY_EVENT,    /* of a serial */
    ENTITLEMENT_FAMILY_REPAIR,   /* of a serial and a repair */
    ENTITLEMENT_FAMILY_CONTRACT, /* of a contract */
    ENTITLEMENT_FAMILY_REPLACED, /* of the new serial */
    ENTITLEMENT_FAMILY_OTHER
};

struct entitlement_history {
    const struct entitlement_fact **facts;  /* by date, record time, id */
    const struct entitlement_fact **groups; /* the same by family, its keys, then as above */
    size_t fact_count;
    unsigned kinds; /* bits 1 << kind of what is among them */
};

/* ERR_INVALID_ARGUMENT, FACT_WRONG: the fact, and what of it. */
enum err entitlement_fact_wrong(struct fault *ret_fault, const struct entitlement_fact *fact,
                                const char *what);

/* Facts as known, without what was struck out; each is possible by itself. */
enum err entitlement_read_history(struct arena *arena, const struct entitlement_fact *facts,
                                  size_t fact_count, int64_t known_at_us,
                                  struct entitlement_history *ret_history,
                                  struct fault *ret_fault) MUST_CHECK;

/* The first fact of a group and how many there are; `key` is a fact of the same family with the
 * same keys. */
const struct entitlement_fact **entitlement_find_group(const struct entitlement_history *history,
                                                       const struct entitlement_fact *key,
                                                       size_t *ret_count);

/* Where the group that begins at `first` in `groups` ends: the index behind it. */
size_t entitlement_group_end(const struct entitlement_history *history, size_t first);

/* The order of the history: date, record time, id. */
int entitlement_compare_facts(const struct entitlement_fact *a, const struct entitlement_fact *b);

/* ---- check ---- */

enum err entitlement_check_history(struct arena *arena, const struct entitlement_history *history,
                                   struct fault *ret_fault) MUST_CHECK;

/* ---- chain ---- */

/* A stretch in which a unit was with us: [from, to). */
struct entitlement_pause {
    int64_t from_day;
    int64_t to_day; /* of an open one: the day asked about, or `from_day` where that is later */
    bool is_open;
    const struct entitlement_fact *fact; /* the first intake */
};

struct entitlement_pauses {
    const struct entitlement_pause *pauses; /* united, in order */
    size_t count;
};

struct entitlement_unit {
    const char *serial;
    /* The replacement that made it ours; NULL: the first unit */
    const struct entitlement_fact *opened_by;
    const struct entitlement_fact *closed_by; /* the replacement that took it; NULL: none */
    int64_t handover_day;                     /* of opened_by */
    int64_t received_day;                     /* R of closed_by; else NEVER */
    int64_t closed_day;                       /* N of closed_by; else NEVER */
    struct entitlement_pauses covered;
    struct entitlement_pauses all; /* with those that were not covered */
};

/* Something that may end layers of a unit before their time. */
struct entitlement_end {
    const struct entitlement_fact *fact; /* TRANSFERRED or VOIDED */
    int64_t day;                         /* the first one without cover */
    size_t unit;
};

struct entitlement_chain {
    struct entitlement_unit *units; /* the first one sold first; the last is asked about */
    size_t unit_count;
    /* Of the first unit; NULL: unknown */
    const struct entitlement_fact *events[ENTITLEMENT_EVENT_COUNT];
    const struct entitlement_fact *sale_fact;
    const struct entitlement_end *ends; /* by day */
    size_t end_count;
};

enum err entitlement_read_chain(struct arena *arena, const struct entitlement_history *history,
                                const char *serial, struct entitlement_chain *ret_chain,
                                struct fault *ret_fault) MUST_CHECK;

/* The unit with a serial; unit_count if it is none of the chain. */
size_t entitlement_find_unit(const struct entitlement_chain *chain, const char *serial);

enum err entitlement_read_pauses(struct arena *arena, const struct entitlement_history *history,
                                 struct date at, struct entitlement_chain *chain,
                                 struct fault *ret_fault) MUST_CHECK;

/* ---- terms ---- */

enum err entitlement_check_terms(const struct entitlement_terms *terms, size_t term_count,
                                 struct fault *ret_fault) MUST_CHECK;

/* ---- layer ---- */

/* An interval that is being made; `drafts` and `intervals` have the same indices. */
struct entitlement_draft {
    struct entitlement_interval *interval;
    struct entitlement_step *steps;
    size_t unit; /* whose time it is */
    int64_t start_day;
    int64_t last_day; /* by its own term; NEVER: without limit */
    int64_t pause_left_days;
    /* The first day without cover, for another reason than a replacement; or NEVER */
    int64_t cut_day;
    bool goes_over; /* ran when the unit was received, or had not begun */
};

struct entitlement_contract {
    const struct entitlement_fact *fact;      /* PLAN_BOUGHT or PLAN_RENEWED */
    const struct entitlement_fact *cancelled; /* the earliest PLAN_CANCELLED; or NULL */
    int64_t bought_day;
    size_t unit; /* it was bought for */
    const struct entitlement_contract *renews;
    size_t first_draft; /* its drafts are these, once made */
    size_t end_draft;
};

struct entitlement_builder {
    struct arena *arena;
    const struct entitlement_question *question;
    struct entitlement_history history;
    struct entitlement_chain chain;
    struct entitlement_contract *contracts; /* in order; renewals after what they renew */
    size_t contract_count;
    int64_t at_day;
    struct entitlement_interval *intervals;
    struct entitlement_draft *drafts;
    size_t count;
    size_t room;
};

/* A new interval, empty but for its names; of goodwill `term` is NULL. NULL: a limit is reached,
 * the fault says which. */
struct entitlement_draft *entitlement_draft_new(struct entitlement_builder *builder,
                                                const struct entitlement_terms *term, size_t unit,
                                                struct fault *ret_fault);

/* Adds a step; answers the day that it leads to. */
int64_t entitlement_add_step(struct entitlement_draft *draft, enum entitlement_step_kind kind,
                             struct date from_date, int months, int days,
                             const struct entitlement_fact *fact);

/* The day that the steps so far lead to; there is one at least. */
struct date entitlement_step_date(const struct entitlement_draft *draft);

/* Begins at the first known anchor of the term; undetermined if none is. */
void entitlement_begin_at_anchor(const struct entitlement_builder *builder,
                                 struct entitlement_draft *draft);

/* The first day covered. */
void entitlement_set_start(struct entitlement_draft *draft, struct date date);

/* Adds the span of the term to the steps so far, and opens its cap of pauses. */
void entitlement_add_span(struct entitlement_draft *draft);
void entitlement_open_cap(struct entitlement_draft *draft);

/* Pauses, hands, ends: all that comes after origin and span. `origin` is the day on or after which
 * an end must lie to leave it alone; NEVER: any end touches it. */
void entitlement_draft_finish(const struct entitlement_builder *builder,
                              struct entitlement_draft *draft, size_t unit,
                              const struct entitlement_contract *contract, int64_t origin);

enum err entitlement_add_layers(struct entitlement_builder *builder, enum entitlement_layer layer,
                                struct fault *ret_fault) MUST_CHECK;

/* ---- grant ---- */

enum err entitlement_add_repairs(struct entitlement_builder *builder,
                                 struct fault *ret_fault) MUST_CHECK;
enum err entitlement_add_goodwill(struct entitlement_builder *builder,
                                  struct fault *ret_fault) MUST_CHECK;

/* ---- replace ---- */

/* Whether something of a predecessor's interval goes over to the next unit. */
bool entitlement_can_go_over(const struct entitlement_builder *builder,
                             const struct entitlement_draft *before, size_t unit);

/* Begins as what went over from the predecessor (A9). */
void entitlement_begin_from(const struct entitlement_builder *builder,
                            struct entitlement_draft *draft, const struct entitlement_draft *before,
                            size_t unit);

/* The clock stands still while a unit that is being replaced is with us. */
void entitlement_hold_in_hands(const struct entitlement_builder *builder,
                               struct entitlement_draft *draft, size_t unit);

/* ---- plan ---- */

enum err entitlement_read_contracts(struct entitlement_builder *builder,
                                    struct fault *ret_fault) MUST_CHECK;
enum err entitlement_add_plans(struct entitlement_builder *builder,
                               struct fault *ret_fault) MUST_CHECK;

/* ---- small things ---- */

static inline const char *
entitlement_text(const char *text)
{
    return text != NULL ? text : "";
}

static inline int
entitlement_compare_text(const char *a, const char *b)
{
    return a == b ? 0 : strcmp(entitlement_text(a), entitlement_text(b));
}

static inline bool
entitlement_is_same_text(const char *a, const char *b)
{
    return entitlement_compare_text(a, b) == 0;
}

/* No memory left in the arena: the caller's limit, so a refusal. */
enum err entitlement_no_memory(struct fault *ret_fault);
