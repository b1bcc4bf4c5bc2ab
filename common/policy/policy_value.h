/*
 * policy_value - values of the seventeen kinds: read by kind, printed canonically, compared for the
 * customer
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/date.h"
#include "common/money.h"
#include "common/policy/policy_catalogue.h"
#include "common/policy/policy_node.h"

struct policy_predicate;

enum {
    POLICY_COUNT_MAX = 1000000000,
    POLICY_CODES_MAX = 64,
    POLICY_LIST_ITEMS_MAX =
        256, /* tests, steps, documents, rungs, fee terms, anchors of one value */
    POLICY_SPAN_MONTHS_MAX = 1200,
    POLICY_SPAN_DAYS_MAX = 36600,
    POLICY_SPAN_WORK_DAYS_MAX = 3660,
    POLICY_SPAN_WORK_MINUTES_MAX = 1000000
};

struct policy_codes {
    const char *const *codes; /* in the order written */
    size_t count;
};

/* Exactly one of: months and days; working days; working minutes. With a calendar and no minutes it
 * is working days, be they 0. */
struct policy_span {
    int months;
    int days;
    int working_days;
    int working_minutes;
    const char *calendar; /* name, with working time; else NULL */
};

struct policy_anchor {
    const struct policy_fact_row *row; /* the fact that says its day: each event has one */
    const char *event;                 /* its code: "delivered" */
    int months;
    int days;
};

/* One term of a fee: an amount, an amount per unit, a share of a base, or a register's price. */
struct policy_fee_term {
    struct money amount;   /* currency "" where there is none */
    const char *unit;      /* "km": per km; NULL: flat */
    int basis_points;      /* share: hundredths of a percent; `base` then says of what */
    const char *base;      /* "price_paid"; NULL: no share */
    bool has_min, has_max; /* share: bounds */
    struct money min, max;
    const char *register_name; /* "parts.price_list": `list ...`; NULL */
};

struct policy_rung {
    const char *to;         /* position */
    struct policy_codes on; /* "overdue", "unsatisfied" */
    struct policy_span answer_within;
    int line;
};

struct policy_document {
    const char *document;
    const struct policy_predicate *when;   /* NULL: always */
    const struct policy_predicate *unless; /* NULL: never */
    struct policy_codes instead;
    int line;
};

struct policy_test {
    const char *id; /* a clause of its own: "warranty.exclusions.misuse" */
    const struct policy_predicate *when;
    struct policy_codes
        evidence;             /* documents, one of which proves it; none: no evidence asked for */
    struct policy_codes then; /* remedies */
    int line;
};

struct policy_step {
    const char *id;
    const char *by; /* "customer" or "company" */
    int line;
};

struct policy_value {
    enum policy_kind kind;
    enum policy_absence absence; /* not PRESENT: nothing below counts */
    union {
        bool flag;
        int64_t count;
        int basis_points;          /* PERCENT */
        const char *code;          /* CHOICE, CALENDAR, CONTACT, REGISTER: a name */
        struct policy_codes codes; /* CHOICES */
        struct policy_span span;
        struct money money;
        struct {
            const struct policy_anchor *items;
            size_t count;
        } anchors;
        struct {
            const struct policy_rung *items;
            size_t count;
        } ladder;
        struct {
            const struct policy_fee_term *items;
            size_t count;
            bool is_free;
        } fee;
        struct {
            const struct policy_document *items;
            size_t count;
        } documents;
        struct {
            const struct policy_test *items;
            size_t count;
        } tests;
        struct {
            const struct policy_step *items;
            size_t count;
        } steps;
        const char *text; /* TEXT: key under which each language has it */
    };
};

/* What reading a value may refer to; see policy.h. */
struct policy;

/* Reads a value by its kind. False: refused, and `problems` says why and where. Names (codes,
 * calendars, contacts, facts) are checked against `policy`, whose axes, codes, calendars and
 * contacts must have been read. Texts of tests and steps are given to the policy's main language by
 * the clause reader, not here. */
bool policy_value_read(struct arena *arena, const struct policy *policy,
                       const struct policy_parameter_row *row, const struct policy_node *node,
                       const char *clause_id, struct policy_value *ret_value,
                       struct policy_problems *problems);

/* Single scalars, also for the command line: "6 months", "7 working days of workshop", "49.00 EUR
 * per visit + 0.80 EUR per km", "12.5 %" (0 to 100). False: malformed; `ret_reason` (may be NULL)
 * is then half a sentence in static memory, which goes after "'...' is no span: ". A span's
 * calendar is not looked up here; units, bases and registers of a fee are. */
bool policy_span_parse(struct arena *arena, const char *text, struct policy_span *ret_span,
                       enum policy_absence *ret_absence, const char **ret_reason);
bool policy_fee_parse(struct arena *arena, const char *text, struct policy_value *ret_fee,
                      const char **ret_reason);
bool policy_percent_parse(const char *text, int *ret_basis_points, const char **ret_reason);

/* The canonical text of a scalar value ("12 months", "90 days", "7 working days of office", "12.50
 * %", "a, b"), in the arena; structured kinds print as one line of canonical JSON. Equal values
 * print equally, and the text reads back as the value. */
const char *policy_value_print(struct arena *arena, const struct policy_value *value);

bool policy_value_equals(const struct policy_value *a, const struct policy_value *b);

/* How two values of a parameter compare for the customer. */
enum policy_order { POLICY_WORSE, POLICY_SAME, POLICY_BETTER, POLICY_INCOMPARABLE };

/* a seen from b: BETTER = a is better for the customer. INCOMPARABLE: it depends on the case (14
 * days against 7 working days; fees of different terms), or the parameter has no direction. */
enum policy_order policy_value_compare(const struct policy_parameter_row *row,
                                       const struct policy_value *a, const struct policy_value *b);

/* The better of two where the direction joins instead of choosing: the union (`more`) or
 * intersection (`fewer`) of codes, tests or documents, else whichever is better; a for
 * INCOMPARABLE. */
struct policy_value policy_value_best(struct arena *arena, const struct policy_parameter_row *row,
                                      const struct policy_value *a, const struct policy_value *b);
