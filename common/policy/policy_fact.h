/*
 * policy_fact - what the engine is told: typed values, how far each can be trusted, and where it
 * came from
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/date.h"
#include "common/money.h"
#include "common/policy/policy_axis.h"

enum { POLICY_CASE_FACTS_MAX = 256 };
/* The greatest number and amount, in minor units, of a fact and of a record: all readers of JSON
 * keep it exactly. */
#define POLICY_FACT_NUMBER_MAX INT64_C(9007199254740991)

enum policy_trust {
    POLICY_STATED = 1, /* the customer says so */
    POLICY_DOCUMENTED, /* a document or photo shows it */
    POLICY_FOUND,      /* staff examined it */
    POLICY_RECORDED    /* our own record */
};
const char *policy_trust_name(enum policy_trust trust);

/* One thing that is known (or said to be not known: is_known false). Texts are borrowed. */
struct policy_fact {
    const char *name; /* of the fact catalogue */
    bool is_known;
    const char *code; /* CODE, TEXT */
    bool flag;
    int64_t number; /* NUMBER; not below zero, as amounts */
    struct date date;
    int64_t time_s; /* TIME: unix seconds */
    struct money money;
    enum policy_trust trust;
    const char *source;          /* resource or document digest that says so; may be "" */
    const char *const *evidence; /* kinds of document that come with it, as "technician_report" */
    size_t evidence_count;
};

/* Through which everything is read, so that everything read is recorded. */
struct policy_fact_reader {
    /* Finds what was given under a row's name (NULL: nothing) and takes note of the read: for who
     * keeps facts in another way. Then nothing of the rest is used but `context`. */
    const struct policy_fact *(*find)(void *context, const struct policy_fact_row *row);
    const struct policy_fact *facts; /* sorted by name, no repeats */
    size_t fact_count;
    /* Told of each read: `fact` is NULL where nothing was given under the name. */
    void (*on_read)(void *context, const struct policy_fact_row *row,
                    const struct policy_fact *fact);
    void *context;
};

/* The fact of a name, if it is known; NULL: not known. Tells on_read (if set). `name` must be of
 * the catalogue. */
const struct policy_fact *policy_fact_read(struct policy_fact_reader *reader, const char *name);

/* The same by row: for facts that are named after a policy's own document codes ("warranty_card"),
 * which the catalogue cannot list. Such a row is of kind FLAG, the caller's, and lives as long as
 * what on_read keeps of it. */
const struct policy_fact *policy_fact_read_row(struct policy_fact_reader *reader,
                                               const struct policy_fact_row *row);
