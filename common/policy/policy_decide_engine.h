/*
 * policy_decide_engine - what is worked out once for many decisions, and how it is found
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string.h>

#include "common/policy/policy_decide.h"
#include "common/policy/policy_decide_words.h"
#include "common/policy/policy_format.h"

struct decide;

/* Mostly a text is one that stands at the same place, or begins with another letter. */
static inline bool
decide_is_same_text(const char *a, const char *b)
{
    return a == b || (a[0] == b[0] && strcmp(a, b) == 0);
}

/* Names that are found by their hash: an index each, in the order in which they were added. */
struct decide_names {
    const char **names;
    size_t count;
    uint32_t *slots; /* index + 1; 0: free */
    uint32_t mask;
};

/* Where a clause is printed: "clause 1.2". */
struct decide_clause {
    int section;
    int place; /* 0: nowhere, it is internal */
    const char *id;
};

/* ICU takes a microsecond or two for a day: the last texts are kept, by a number for what they say.
 */
enum { DECIDE_KEPT_TEXTS = 512 };
struct decide_kept {
    int64_t key; /* 0: none */
    size_t size_bytes;
    char text[64];
};

/* Where the rules stand that could be a doubt against what a rule of their parameter says, from the
 * first to the last of them. */
struct decide_better {
    size_t first;
    size_t end;     /* 0: they were not looked for */
    uint32_t named; /* axes that they name */
};

/* What is worked out once for a version. */
struct decide_version {
    const struct policy *policy;
    struct policy_formatter *formatters[POLICY_LANGUAGES_MAX]; /* NULL until needed */
    struct decide_kept *kept[POLICY_LANGUAGES_MAX];            /* the same */
    size_t languages[POLICY_LANGUAGES_MAX];                    /* sorted by tag */
    Common__V1__Value **rule_values;                           /* of each rule; NULL until needed */
    struct decide_better *better;                              /* of each rule */
    uint32_t named[POLICY_PARAMETER_COUNT];       /* axes that the rules of a parameter name */
    uint32_t floor_named[POLICY_PARAMETER_COUNT]; /* axes that its floors name */
    bool has_own_words[POLICY_LANGUAGES_MAX];     /* for sentences, by label, in a language */
    struct decide_names clause_names;
    struct decide_clause *clauses; /* by the index of their name */
};

struct decide_hash;

enum { DECIDE_ROWS_MAX = 128 };

/* Codes are the same few in most cases: the last ones that were found right are kept, with their
 * trust. */
enum { DECIDE_CODES_KEPT = 256 };
struct decide_code {
    const struct policy_fact_row *row; /* NULL: none */
    enum policy_trust trust;
    char code[POLICY_CODE_SIZE];
};

struct policy_engine {
    struct policy_set set;
    struct decide_version *versions; /* parallel to the set's */
    struct decide_version *last;     /* the one that was asked for last; NULL */
    struct arena *arena;
    struct buf scratch;
    struct decide_hash *hash;
    const struct policy_fact_row *rows; /* of the fact catalogue */
    struct decide_names row_names;
    struct decide_names word_names; /* keys of policy_decide_words.h */
    const struct policy_fact_row *axis_rows[POLICY_AXIS_COUNT];
    const struct policy_fact_row *event_rows[ENTITLEMENT_EVENT_COUNT];
    struct decide_code codes[DECIDE_CODES_KEPT];
};

/* ---- policy_decide_names.c ---- */

/* Tells most names apart, from a few of their characters. */
uint32_t decide_names_hash(const char *name);
/* Room for so many names; start with {0}. */
void decide_names_init(struct arena *arena, struct decide_names *names, size_t count);
void decide_names_add(struct decide_names *names, const char *name);
int decide_names_find(const struct decide_names *names, const char *name); /* -1: not there */

/* ---- policy_decide_engine.c: what is worked out once ---- */

struct decide_version *decide_version(struct decide *d, const struct policy *policy);
/* The row of a fact; NULL: it is none of the catalogue. */
const struct policy_fact_row *decide_row(const struct policy_engine *engine, const char *name);
/* The words of a key; NULL: there are none. */
const struct decide_words *decide_words_of(const struct policy_engine *engine, const char *key);
/* The event of a unit that a fact is the day of; -1: none. */
int decide_event_of(const struct policy_engine *engine, const struct policy_fact_row *row);
/* The formatter of a version's language; made on first use. */
struct policy_formatter *decide_formatter(struct decide *d, const struct policy *policy,
                                          size_t language);
/* A day or a span in a version's language, in the words of its formatter; the last ones are kept.
 */
void decide_write_date(struct decide *d, const struct policy *policy, size_t language,
                       struct date date, struct buf *out);
void decide_write_span(struct decide *d, const struct policy *policy, size_t language,
                       const struct policy_span *span, struct buf *out);
/* The value of a rule as records hold it; made once. */
Common__V1__Value *decide_rule_value(struct decide *d, const struct policy *policy,
                                     const struct policy_rule *rule);
/* The clause of an id, or of the parameter or test that the id is of; NULL: none (a right). */
const struct decide_clause *decide_clause(struct decide *d, const struct policy *policy,
                                          const char *id);
/* A text that is being written; empty, and good until the next call. */
struct buf *decide_scratch(struct decide *d);
