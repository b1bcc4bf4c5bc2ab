/*
 * policy_decide_private - what the questions share: a decision in the making, and what is written
 * into its record
 *
 * Everything that a decision rests on is read through here, so that it stands in the record: facts
 * through `reader`, values of parameters through decide_read, conditions through decide_tests and
 * decide_documents. Each adds its steps in the order in which it is called.
 *
 * Doubts. Who is asked about may be known in part only. A rule, right or floor that would be better
 * for the customer, and that may hold by what is not known or only stated, is a doubt: a denial
 * then becomes UNDETERMINED and asks for it.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide_engine.h"

/* Axes of a sold thing: they are proven by more than the customer's word. */
#define DECIDE_SOLD_AXES                                                                           \
    (1U << POLICY_AXIS_CATEGORY | 1U << POLICY_AXIS_SKU | 1U << POLICY_AXIS_REGION |               \
     1U << POLICY_AXIS_CUSTOMER_CLASS | 1U << POLICY_AXIS_CONDITION | 1U << POLICY_AXIS_CHANNEL)

/* Pointers in the arena, as protobuf-c's repeated fields want them. */
struct decide_list {
    void **items;
    size_t count;
    size_t room;
};

/* A version at a legal moment, and who is asked about in its words. */
struct decide_pin {
    struct policy_pin pin;
    struct policy_subject subject;
    uint32_t loaded;            /* axes whose fact was read, or that the question set */
    uint32_t proven;            /* of these: known, and on more than the customer's word */
    struct decide_list sources; /* further versions whose better values were used, or might be */
    struct decide_list layers;  /* labels of the packs that applied */
};

/* An axis that may change a denial, and the clause that varies by it. */
struct decide_doubt {
    enum policy_axis axis;
    const char *clause_id;
};

struct decide {
    struct arena *arena; /* the caller's: what the record holds */
    struct arena *work;  /* what is forgotten with this */
    struct policy_engine *engine;
    struct policy_set set;
    const struct policy_case *question;
    bool is_again; /* the case is that of a stored record */
    struct fault *fault;
    Common__V1__Decision *record;

    const struct policy_fact *given[DECIDE_ROWS_MAX]; /* by row; NULL: nothing was given */
    uint64_t read_rows[DECIDE_ROWS_MAX / 64];         /* bits of the rows that were asked for */
    struct decide_list documents;                     /* facts that are none of the catalogue */
    struct decide_list read_documents;                /* rows of these */
    struct policy_fact_reader reader;                 /* the same, for conditions and fees */

    const struct entitlement_fact **unit_facts; /* known ones, by date, record time, id */
    size_t unit_fact_count;
    const struct entitlement_fact *const *facts_left; /* those that no correction strikes out */
    size_t left_count;
    unsigned known_events; /* bits 1 << enum entitlement_event: the unit's facts know the day */
    struct date today;     /* the day of the decision */

    struct decide_list pins; /* struct decide_pin */
    struct decide_list steps;
    struct decide_list entitlements;
    struct decide_list computed;
    struct decide_list needed;
    /* Cost classes for which the part asked about has terms of its own in the company's warranty.
     */
    struct decide_list own_classes;
    uint32_t doubted; /* bits of axes in doubts */
    struct decide_doubt doubts[POLICY_AXIS_COUNT];
    size_t doubt_count;

    /* What was explained last: the layer that decides is often told of twice. */
    const struct entitlement_interval *explained;
    const char *explanation;

    /* For the sentence: what the outcome is about. */
    const struct policy *policy;          /* of the deciding clause */
    const struct decide_clause *deciding; /* NULL: a right decided */
    struct decide_pin *case_pin;
    struct date last_date;     /* of the layer or window that decided */
    struct date own_last_date; /* of the company's own warranty, where a right decided */
    struct policy_span span;   /* its length; all zero: unknown */
    bool has_customer_pays;
    struct money customer_pays;
    bool is_at_most;     /* the customer receives it, or less */
    bool is_answered;    /* the complaint, on last_date */
    bool is_stated;      /* what grants is counted from a day that only the customer tells */
    bool is_none_before; /* of the claims that are counted */
    bool has_offer;
    struct money offer;
    bool has_limit; /* a claim is above it */
    struct money limit;
    bool has_exchange; /* beside the money back that decided */
    struct date exchange_date;
    struct date send_date; /* absent: the policy names none */
};

/* What looking at one clause came to. */
typedef Common__V1__Step__Result decide_result;
#define GRANTS COMMON__V1__STEP__RESULT__GRANTS
#define DENIES COMMON__V1__STEP__RESULT__DENIES
#define SETS COMMON__V1__STEP__RESULT__SETS
#define DOES_NOT_APPLY COMMON__V1__STEP__RESULT__DOES_NOT_APPLY
#define LACKS_PROOF COMMON__V1__STEP__RESULT__LACKS_PROOF
#define LIFTED COMMON__V1__STEP__RESULT__LIFTED

#define GRANTED COMMON__V1__DECISION__OUTCOME__GRANTED
#define PARTLY_GRANTED COMMON__V1__DECISION__OUTCOME__PARTLY_GRANTED
#define DENIED COMMON__V1__DECISION__OUTCOME__DENIED
#define UNDETERMINED COMMON__V1__DECISION__OUTCOME__UNDETERMINED
#define REFERRED COMMON__V1__DECISION__OUTCOME__REFERRED

/* ---- policy_decide_facts.c: what was told, and what of it was read ---- */

/* Checks and takes the facts of the case and of the unit. */
enum err decide_take_facts(struct decide *d) MUST_CHECK;
/* A fact that is known, by row or name of the catalogue; NULL: not known. It was then read. */
const struct policy_fact *decide_read_row(struct decide *d, const struct policy_fact_row *row);
const struct policy_fact *decide_read_fact(struct decide *d, const char *name);
/* All that was read, into the record. */
void decide_write_facts(struct decide *d);

/* ---- policy_decide_digest.c ---- */

struct decide_hash *decide_hash_new(void);
void decide_hash_free(struct decide_hash *hash);
/* The input digest of a record whose pins and facts stand. */
void decide_write_digest(struct decide *d);

/* ---- policy_decide_value.c: typed values ---- */

/* Room for a message that is initialised at once: not zeroed. Aborts beyond the budget. */
static inline void *
decide_room(struct arena *arena, size_t size_bytes)
{
    void *room = arena_try_alloc(arena, size_bytes);
    CHECK(room != NULL);
    return room;
}

Common__V1__Date *decide_new_date(struct arena *arena, struct date date);
Common__V1__Value *decide_new_value(struct arena *arena);
Common__V1__Value *decide_value(struct arena *arena, const struct policy *policy,
                                const struct policy_value *value);
Common__V1__Value *decide_value_code(struct decide *d, const char *code);
Common__V1__Value *decide_value_codes(struct decide *d, const struct policy_codes *codes);
Common__V1__Value *decide_value_number(struct decide *d, int64_t number);
Common__V1__Value *decide_value_flag(struct decide *d, bool flag);
Common__V1__Value *decide_value_date(struct decide *d, struct date date);
Common__V1__Value *decide_value_time(struct decide *d, int64_t unix_s);
Common__V1__Value *decide_value_money(struct decide *d, struct money money);
/* `fact` NULL: nothing was given. */
void decide_write_fact(struct decide *d, const struct policy_fact_row *row,
                       const struct policy_fact *fact, Common__V1__Fact *message);
/* NULL: the arena's budget does not do. */
Common__V1__UnitFact **decide_unit_facts(struct decide *d);
/* "2026-03-15T09:30:00Z", with as many digits of the second as it needs. */
enum { DECIDE_TIME_SIZE = 40 };
void decide_time_print(int64_t unix_us, char *ret_text);
bool decide_time_parse(const char *text, int64_t *ret_us);
struct date decide_date_of(const Common__V1__Date *date); /* absent for NULL */
/* A record back to the case that it answers, in the arena. */
enum err decide_case_of(struct arena *arena, const Common__V1__Decision *record,
                        struct policy_case *ret_case, struct fault *ret_fault) MUST_CHECK;

/* ---- policy_decide_wrong.c, policy_decide_unit.c: what facts may say ---- */

/* What is wrong with the value of a known fact, in words that name it: not of its kind, out of
 * range, or a code that no version of the set has; NULL: nothing. `row` NULL: a document. The
 * reason is FACT_WRONG or CODE_UNKNOWN. The words are in the arena, or last for ever. */
const char *decide_fact_wrong(struct arena *arena, const struct policy_set *set,
                              const struct policy_fact_row *row, const struct policy_fact *fact,
                              const char **ret_reason);
/* Sets a detail of a unit fact, whose kind stands, by its name in a record or file. Answers what is
 * wrong, as above: no such detail, none of this kind, or a value that it cannot have. */
const char *decide_unit_fact_set(struct arena *arena, struct entitlement_fact *fact,
                                 const char *name, const struct policy_codes *values);
/* What is wrong with the kind, or with a detail that the kind does not carry; NULL: nothing. */
const char *decide_unit_fact_wrong(struct arena *arena, const struct entitlement_fact *fact);
/* "yes" or "no", as JSON writes them too. False: neither. */
bool decide_flag_parse(const char *text, bool *ret_flag);
/* "delivered", "taken_in" ... False: unknown. */
bool decide_unit_fact_set_kind(struct entitlement_fact *fact, const char *kind);

/* ---- policy_decide_read.c: reading parameters, with steps and pins ---- */

/* The pin of a moment on a day; the same one for the same day. */
struct decide_pin *decide_pin(struct decide *d, enum policy_moment moment, struct date date);
/* Reads the facts of axes into the pin's subject. */
void decide_pin_load(struct decide *d, struct decide_pin *pin, uint32_t axes);
/* Says an axis in place of the facts, as the cost class that is looked at. NULL takes it back. */
void decide_pin_say(struct decide *d, struct decide_pin *pin, enum policy_axis axis,
                    const char *code);
/* The same by the index of a value of the axis; 0 takes it back. */
void decide_pin_set(struct decide_pin *pin, enum policy_axis axis, int value);
/* Makes a version a source of the pin: a record then names it. */
void decide_pin_source(struct decide *d, struct decide_pin *pin, const struct policy *version);
/* Reads a parameter without a step. */
struct policy_reading decide_look(struct decide *d, struct decide_pin *pin,
                                  enum policy_parameter parameter);
/* A step for what was read; SETS, or LIFTED where a floor replaced the value. */
Common__V1__Step *decide_step_value(struct decide *d, enum policy_parameter parameter,
                                    const struct policy_reading *reading);
/* Both. `ret_step` may be NULL. */
struct policy_reading decide_read(struct decide *d, struct decide_pin *pin,
                                  enum policy_parameter parameter, Common__V1__Step **ret_step);
/* A step of something that is no parameter: a test, a right. */
Common__V1__Step *decide_step(struct decide *d, const char *clause_id, const char *parameter,
                              decide_result result);
void decide_step_fact(struct decide *d, Common__V1__Step *step, const char *fact_name);
/* Adds to a step, or to the whole for NULL. The explanation is borrowed; "" for none. */
Common__V1__Computed *decide_compute(struct decide *d, Common__V1__Step *step, const char *name,
                                     Common__V1__Value *value, const char *explanation);
/* Says in a step since when something counts: from the day of an event on, plus its offset. */
struct date decide_tell_anchor(struct decide *d, Common__V1__Step *step,
                               const struct policy_anchor *anchor, struct date event_date);
/* The first known event of a chain plus its offset; false: none is known. */
bool decide_anchor(struct decide *d, const struct policy_anchor *anchors, size_t count,
                   Common__V1__Step *step, struct date *ret_date, const char **ret_event);
/* The day that pins the terms of a sale without a ledger: the first known event in the order of
 * A15, on more than the customer's word; absent if none. */
struct date decide_sale_date(struct decide *d);
/* When a span that begins on a day (or at a moment: `start_s`, else INT64_MIN) is over: the last
 * day, and for working time the moment. The explanation is in the arena. ERR_OUT_OF_RANGE: the
 * calendar does not open so far. */
struct decide_deadline {
    struct date date;
    int64_t time_s; /* INT64_MIN: a day, no moment */
    const char *explanation;
};
enum err decide_deadline(struct decide *d, const struct policy *policy,
                         const struct policy_span *span, struct date start, int64_t start_s,
                         const char *start_name, struct decide_deadline *ret_deadline) MUST_CHECK;
/* The deadline of a parameter as a Computed of the step and of the whole, the better of two where a
 * floor cannot be compared on paper. False: there is none (absent value, or out of range). */
bool decide_promise(struct decide *d, struct decide_pin *pin, enum policy_parameter parameter,
                    struct date start, int64_t start_s, const char *start_name, const char *name,
                    struct decide_deadline *ret_deadline);
/* Says in a step that what holds is not the value that was read but its rival: a floor that could
 * not be compared with it on paper, and that is better in this case. */
void decide_lift(struct decide *d, Common__V1__Step *step, const struct policy_reading *reading);
/* A fee in money, as a Computed of its step; the lower of two where a floor cannot be compared on
 * paper. NOT_OFFERED; MISSING: `ret_missing` names the fact or register; TOO_LARGE: above what a
 * record can hold; OTHER_CURRENCY: a share of an amount in another currency than the policy's. */
enum decide_fee {
    DECIDE_FEE_KNOWN,
    DECIDE_FEE_NOT_OFFERED,
    DECIDE_FEE_MISSING,
    DECIDE_FEE_TOO_LARGE,
    DECIDE_FEE_OTHER_CURRENCY
};
enum decide_fee decide_fee(struct decide *d, struct decide_pin *pin,
                           enum policy_parameter parameter, const char *name,
                           struct money *ret_money, const char **ret_missing);

/* ---- policy_decide_doubt.c ---- */

/* The same pin in the words of a later version; what is wide there is not proven. */
struct decide_pin decide_pin_in(const struct decide_pin *pin, const struct policy *later);
/* Whether a selector holds; where it may hold by what is not proven, that is a doubt. */
bool decide_holds(struct decide *d, struct decide_pin *pin, const struct policy_when *when,
                  const char *clause_id);
/* Whether nothing that is proven speaks against a selector. */
bool decide_may_hold(const struct decide_pin *pin, const struct policy_when *when);
/* Adds what is doubtful about a value that was read. */
void decide_doubt(struct decide *d, struct decide_pin *pin, enum policy_parameter parameter,
                  const struct policy_reading *reading);

/* ---- policy_decide_conditions.c: conditions ---- */

/* What is said to a case: by a layer, a right, or the conditions of a return. */
enum decide_saying { DECIDE_NO, DECIDE_UNSURE, DECIDE_YES };
/* Whether a list of an axis' codes covers a code. One that is wide (`our_fault`) is covered where
 * all the leaves beneath it are; DECIDE_UNSURE where only some are, and it matters which is meant.
 */
enum decide_saying decide_covers(const struct policy_axes *axes, enum policy_axis axis,
                                 const struct policy_codes *codes, const char *code);

enum decide_verdict { DECIDE_FALSE, DECIDE_UNKNOWN, DECIDE_UNPROVEN, DECIDE_PROVEN };
struct decide_test {
    const struct policy_test *test;
    enum decide_verdict verdict;
    const char *needed; /* UNKNOWN: the fact; UNPROVEN: what would prove it */
};
struct decide_tests {
    struct decide_test *tests;
    size_t count;
};
/* All tests of a parameter, a step each: DOES_NOT_APPLY, LACKS_PROOF, or what a proven one comes to
 * (DENIES for an exclusion). */
struct decide_tests decide_run_tests(struct decide *d, struct decide_pin *pin,
                                     enum policy_parameter parameter, decide_result if_proven);
/* All documents of a checklist, a step each. Answers how many are missing (they are then needed).
 */
size_t decide_documents(struct decide *d, struct decide_pin *pin, enum policy_parameter parameter);
/* Whether a document is given, or one in its place. What is not given is not read by it. */
bool decide_has_document(struct decide *d, const struct policy_document *document);

/* ---- policy_decide_layers.c: what the policy promises, and the ledger of it ---- */

enum decide_open { DECIDE_CLOSED, DECIDE_MAYBE, DECIDE_OPEN };

struct decide_layers {
    struct decide_pin *sale;
    struct entitlement_ledger ledger;
    const struct entitlement_terms *terms;
    size_t term_count;
    Common__V1__Step **steps;           /* of each term */
    const struct policy_right **rights; /* of each term; NULL: the company's */
    struct decide_pin **pins;           /* of each term; buy for plans */
    const char **plans;                 /* of each term: the plan's code; NULL */
    bool has_period;                    /* the company promises something */
    enum decide_open *open;             /* of each interval, see decide_find_open */
};

/* The unit's serial; a word for a unit without one. */
const char *decide_serial(const struct decide *d);
/* Pins the sale, expands the terms and computes the ledger; a step for each promise. */
enum err decide_layers(struct decide *d, struct decide_layers *layers) MUST_CHECK;
const struct policy_right *decide_right(const struct decide_layers *layers,
                                        const struct entitlement_interval *interval);

/* ---- policy_decide_open.c ---- */

/* Finds of each interval whether it covers the day and the part that is asked about: what is open,
 * and what of it decides, ask that often. */
void decide_find_open(struct decide *d, struct decide_layers *layers);
/* What was found. */
static inline enum decide_open
decide_open(const struct decide_layers *layers, const struct entitlement_interval *interval)
{
    return layers->open[interval - layers->ledger.intervals];
}
/* Whether it covers both only if the part is another one than the customer says. */
bool decide_is_doubted(struct decide *d, const struct entitlement_interval *interval);
/* Whether an interval of the whole unit gives way to terms of the part that is asked about. */
bool decide_gives_way(const struct decide *d, const struct entitlement_interval *interval);
/* Whether an interval is about the part that is asked about. */
enum decide_open decide_concerns_part(struct decide *d,
                                      const struct entitlement_interval *interval);
/* Whether it is about another part or fault than the one asked about. */
bool decide_is_beside(struct decide *d, const struct entitlement_interval *interval);
/* Whether it covers the day or not by the customer's word alone, and by it does not. */
bool decide_is_closed_by_word(const struct decide *d, const struct entitlement_interval *interval);
/* Whether it is limited to what the case does not name; `ret_fact` is what would name it. */
bool decide_is_nameless(struct decide *d, const struct entitlement_interval *interval,
                        const char **ret_fact);
/* Whether all cost classes that were promised are open. DECIDE_MAYBE: only if the part is another
 * one than the customer says; `ret_maybe` is then the first interval that is doubted. */
enum decide_open decide_is_whole(struct decide *d, const struct decide_layers *layers,
                                 bool (*grants)(void *context,
                                                const struct entitlement_interval *interval),
                                 void *context, const struct entitlement_interval **ret_maybe);

/* ---- policy_decide_coverage.c ---- */

/* What is open on the day as `entitlements`; the outcome where nothing is. True: something is. */
bool decide_open_layers(struct decide *d, struct decide_layers *layers);
/* UNDETERMINED by a layer that may be open: asks for what would say so. */
void decide_end_maybe(struct decide *d, struct decide_layers *layers,
                      const struct entitlement_interval *interval);
/* The last day of all layers: see policy_last_cover. */
enum err decide_last_cover(struct decide *d, struct date *ret_date) MUST_CHECK;
/* "COVERED", "COVERED_BY_LAW" ... */
const char *decide_layer_reason(enum entitlement_layer layer);
/* The last day of the layer that grants, for the whole and for the sentence. */
void decide_tell_layer(struct decide *d, const struct decide_layers *layers,
                       const struct entitlement_interval *interval);

/* ---- policy_decide_outcome.c ---- */

void decide_list_add(struct decide *d, struct decide_list *list, void *item);
/* Something that is missing for an answer; told once for each name. */
void decide_need(struct decide *d, const char *name, const char *clause_id,
                 const struct policy_codes *instead);
void decide_end(struct decide *d, Common__V1__Decision__Outcome outcome, const char *clause_id,
                const char *reason);
/* DENIED, or UNDETERMINED where a doubt stands against it. True: denied. */
bool decide_deny(struct decide *d, const char *clause_id, const char *reason);
void decide_appeal(struct decide *d, const char *collection);
void decide_set_remedies(struct decide *d, const struct policy_codes *remedies);

enum err decide_warranty_coverage(struct decide *d) MUST_CHECK;
enum err decide_warranty_claim(struct decide *d) MUST_CHECK;
enum err decide_returns_check(struct decide *d) MUST_CHECK;
enum err decide_repair_charge(struct decide *d) MUST_CHECK;
/* What the customer pays of a repair that a layer covers, over all lines of the bill. False: it
 * cannot be said. */
bool decide_covered_charge(struct decide *d, struct money *ret_money);
enum err decide_repair_remedy(struct decide *d) MUST_CHECK;
enum err decide_complaint_deadlines(struct decide *d) MUST_CHECK;
