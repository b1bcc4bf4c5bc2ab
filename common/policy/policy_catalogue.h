/*
 * policy_catalogue - what the program knows: kinds, axes, parameters, code lists, facts, events,
 * fee units
 *
 * The only place that does. A policy file may set only what stands here, daemons read only what
 * stands here, and `aftercare policy schema` prints it.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"
#include "common/policy/policy_parameters.h"

enum policy_kind {
    POLICY_TEXT,
    POLICY_FLAG,
    POLICY_COUNT,
    POLICY_PERCENT,
    POLICY_CHOICE,
    POLICY_CHOICES,
    POLICY_SPAN,
    POLICY_ANCHORS,
    POLICY_CALENDAR,
    POLICY_LADDER,
    POLICY_MONEY,
    POLICY_FEE,
    POLICY_CHECKLIST,
    POLICY_TESTS,
    POLICY_STEPS,
    POLICY_CONTACT,
    POLICY_REGISTER,
    POLICY_KIND_COUNT
};

enum policy_better {
    POLICY_UNCOMPARED,
    POLICY_LONGER,
    POLICY_SHORTER,
    POLICY_HIGHER,
    POLICY_LOWER,
    POLICY_MORE,
    POLICY_FEWER,
    POLICY_YES,
    POLICY_NO,
    POLICY_RANKED
};

enum policy_moment { POLICY_SALE, POLICY_BUY, POLICY_CASE, POLICY_LIVE, POLICY_MOMENT_COUNT };

/* What can stand instead of a value: four different things (0 is the fourth, and an ordinary
 * number). */
enum policy_absence { POLICY_PRESENT, POLICY_NONE, POLICY_UNLIMITED, POLICY_NOT_OFFERED };

/* A bit beside those of the absences: the span may be working time. */
enum { POLICY_WORKING_TIME = 1 << (POLICY_NOT_OFFERED + 1) };

/* In the order in which selectors are written. */
enum policy_axis {
    POLICY_AXIS_CATEGORY,
    POLICY_AXIS_SKU,
    POLICY_AXIS_REGION,
    POLICY_AXIS_CUSTOMER_CLASS,
    POLICY_AXIS_CONDITION,
    POLICY_AXIS_CHANNEL,
    POLICY_AXIS_COMPONENT,
    POLICY_AXIS_COST_CLASS,
    POLICY_AXIS_ROLE,
    POLICY_AXIS_DATA_CLASS,
    POLICY_AXIS_REASON,
    POLICY_AXIS_GRADE,
    POLICY_AXIS_COVERAGE,
    POLICY_AXIS_CHARGE_ITEM,
    POLICY_AXIS_PART_CLASS,
    POLICY_AXIS_PRIORITY,
    POLICY_AXIS_SEVERITY,
    POLICY_AXIS_CONTACT_CHANNEL,
    POLICY_AXIS_PLAN,
    POLICY_AXIS_TRAINING_METHOD,
    POLICY_AXIS_ZONE,
    POLICY_AXIS_SURVEY_AFTER,
    POLICY_AXIS_COUNT
};

/* Where an axis has its values from. */
enum policy_axis_source {
    POLICY_AXIS_DECLARED, /* a tree under `axes:` of the policy */
    POLICY_AXIS_LISTED,   /* a code list, of the program or of the policy's `codes:` */
    POLICY_AXIS_OPEN      /* any text (sku) */
};

struct policy_axis_row {
    const char *name; /* "category" */
    enum policy_axis_source source;
    const char *list; /* LISTED: name of the code list */
    const char *sentence;
};

#define POLICY_PARAMETER_NAME(name, ...) POLICY_##name,
enum policy_parameter { POLICY_PARAMETERS(POLICY_PARAMETER_NAME) POLICY_PARAMETER_COUNT };

struct policy_parameter_row {
    const char *name;      /* "warranty.period/length" */
    const char *clause_id; /* "warranty.period" */
    const char *parameter; /* "length" */
    enum policy_kind kind;
    enum policy_better better;
    const char *ranking;
    enum policy_moment moment;
    uint32_t axes; /* bits 1 << enum policy_axis */
    const char *list;
    /* What may stand in place of a value: bits 1 << enum policy_absence, POLICY_WORKING_TIME. */
    unsigned also;
};

/* A list of codes. The program's are closed unless `is_extended`: then a policy's `codes:` adds to
 * (or makes) it. */
struct policy_list_row {
    const char *name;         /* "cost_class" */
    const char *const *codes; /* NULL-ended; empty where the policy says them all */
    bool is_extended;
};

/* How a fact's value is written and compared. */
enum policy_fact_kind {
    POLICY_FACT_CODE, /* of `list`: a code list or an axis (then a tree's inner values match what
                         lies beneath) */
    POLICY_FACT_FLAG,
    POLICY_FACT_NUMBER,
    POLICY_FACT_DATE, /* a day on which something happened: `yes` in a condition means it has */
    POLICY_FACT_TIME,
    POLICY_FACT_MONEY,
    POLICY_FACT_TEXT
};

struct policy_fact_row {
    const char *name; /* "finding" */
    enum policy_fact_kind kind;
    const char *list;     /* CODE */
    const char *sentence; /* what it is, and who says it */
    bool is_wish;         /* what the customer asks for: no statement that needs a proof */
};

/* A unit of a fee ("per hour") or a base of a percentage ("of price_paid"). Facts are whole
 * numbers, so the fact of a unit that can be divided counts a smaller one: hours come as
 * "labour_minutes", 60 to the hour. */
struct policy_fee_unit_row {
    const char *name; /* "hour" */
    bool is_base;
    const char *fact; /* the fact that holds the quantity or the base */
    int scale;        /* how many of the fact make one unit: 60; 1 for a base */
};

const char *policy_kind_name(enum policy_kind kind);
const char *policy_better_name(enum policy_better better); /* "longer", "-" for UNCOMPARED */
const char *policy_moment_name(enum policy_moment moment);
const char *policy_absence_name(enum policy_absence absence); /* "none"; "" for PRESENT */

const struct policy_parameter_row *policy_parameter_row(enum policy_parameter parameter);
const struct policy_axis_row *policy_axis_row(enum policy_axis axis);

/* By name; -1: unknown. */
int policy_find_parameter(const char *clause_id, const char *parameter);
/* The same as texts name it: "length" is the clause's own, "warranty.limits/per" another's. */
int policy_find_parameter_of(const char *clause_id, const char *name);
int policy_find_axis(const char *name);

/* By name; NULL: unknown. */
const struct policy_list_row *policy_find_list(const char *name);
const struct policy_fact_row *policy_find_fact(const char *name);
const struct policy_fee_unit_row *policy_find_fee_unit(const char *name);

/* All rows in order, for `schema`; each answers how many. */
size_t policy_list_rows(const struct policy_list_row **ret_rows);
size_t policy_fact_rows(const struct policy_fact_row **ret_rows);
size_t policy_fee_unit_rows(const struct policy_fee_unit_row **ret_rows);

/* The known name nearest to a misspelt one, for messages; NULL if none is near. `what` chooses the
 * names: 'p' parameters of any clause, 'c' clauses, 'a' axes, 'f' facts, 'l' lists, 'u' fee units.
 */
const char *policy_nearest(char what, const char *name);

/* The same among names that the caller knows. */
const char *policy_nearest_of(const char *const *names, size_t name_count, const char *name);
