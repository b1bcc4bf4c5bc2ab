/*
 * policy_decide - facts and policy versions in, a decision record out
 *
 * The record (proto/common/v1/decision.proto) holds everything that was read, every clause that was
 * looked at, the one that decided, what follows, and the sentence for the customer. The engine has
 * no clock, no random number and no memory: equal input gives equal bytes, on every compiler and
 * machine, and a stored record with the versions it names can be decided again to the same bytes.
 *
 * An unknown or unproven fact never denies: the outcome is then UNDETERMINED and says what is
 * needed.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_set.h"
#include "common/v1/decision.pb-c.h"

/* Raised when the same input may give another record (the words and ICU's data included). */
enum { POLICY_ENGINE_VERSION = 1 };

enum policy_question {
    POLICY_WARRANTY_COVERAGE, /* "warranty.coverage": what covers the unit on a day */
    POLICY_WARRANTY_CLAIM,    /* "warranty.claim": is this fault, reported on a day, covered */
    POLICY_RETURNS_CHECK,     /* "returns.check": may this be returned, until when, at whose cost */
    POLICY_REPAIR_CHARGE,     /* "repair.charge": what the repair costs the customer */
    POLICY_REPAIR_REMEDY, /* "repair.remedy": may the customer have an exchange or the money instead
                           */
    POLICY_COMPLAINT_DEADLINES, /* "complaint.deadlines": by when who must answer, and the ladder */
    POLICY_QUESTION_COUNT
};
const char *policy_question_name(enum policy_question question); /* "warranty.claim" */
int policy_find_question(const char *name);                      /* -1: unknown */

/* What is asked. Everything is borrowed until policy_decide returns. */
struct policy_case {
    enum policy_question question;
    const char *decision_id; /* the caller's UUID v7 */
    const char *subject;     /* "warranty/claims/0190..." */
    struct date at_date;     /* the day the question is about; a claim: the day of the report */
    int64_t decide_us;       /* when it is decided, given by the caller; unix microseconds */
    const char *replaces_decision_id; /* "" */
    const struct policy_fact *facts;  /* of the catalogue; axes too are facts ("category", "region"
                                         ...). Any order, no repeats */
    size_t fact_count;
    const char *serial;                        /* the unit; "" for questions without one */
    const struct entitlement_fact *unit_facts; /* of the unit and those it replaced */
    size_t unit_fact_count;
};

/* What is worked out once for many decisions: formatters for each language, values as records hold
 * them. It changes no answer, only how fast one comes. Not for several threads at once. */
struct policy_engine;

/* An engine for a line of versions, which it borrows. */
struct policy_engine *policy_engine_new(const struct policy_set *set);
void policy_engine_free(struct policy_engine **engine); /* NULL is fine */

/* Decides. The record lives in the arena, and borrows texts from the case, the engine and the
 * versions. ERR_INVALID_ARGUMENT: a fact that is unknown to the catalogue, of the wrong kind or out
 * of range (FACT_UNKNOWN, FACT_WRONG, FACT_REPEATS), a code that no version has (CODE_UNKNOWN; the
 * nearest is named), a day that is none (QUESTION_WRONG), or unit facts that carry what does not
 * belong to their kind or contradict each other; `ret_fault` names them. ERR_RESOURCE_EXHAUSTED:
 * above a limit. A policy that lacks something is no error here: policies are checked before they
 * are used. */
enum err policy_decide(struct arena *arena, struct policy_engine *engine,
                       const struct policy_case *question, Common__V1__Decision **ret_decision,
                       struct fault *ret_fault) MUST_CHECK;

/* Writes the sentences of a decision that a person made in place of the engine, in the words of a
 * version of the engine's set: of `record` they read the question, the outcome, the reason
 * (APPROVED_BY_STAFF, REJECTED_BY_STAFF), the clause, the remedies, the entitlements and the
 * appeal. */
void policy_write_sentences(struct arena *arena, struct policy_engine *engine,
                            const struct policy *policy, Common__V1__Decision *record);

/* The last day on which anything covers the unit of a POLICY_WARRANTY_COVERAGE case, as known at
 * decide_us: of all its layers, also those that have ended or are still to begin. A unit in repair
 * counts as handed back on at_date. Absent where a layer is without limit, where nothing covers the
 * unit, or where nobody knows since when anything does. Errors as policy_decide. */
enum err policy_last_cover(struct policy_engine *engine, const struct policy_case *question,
                           struct date *ret_date, struct fault *ret_fault) MUST_CHECK;

/* Decides a stored record again, from its own facts and with the versions that it pins, whatever
 * others the engine has. ERR_NOT_FOUND: a version that it pins is not there (by number and digest),
 * or another engine version made it. ERR_INVALID_ARGUMENT: it is no record. */
enum err policy_decide_again(struct arena *arena, struct policy_engine *engine,
                             const Common__V1__Decision *record,
                             Common__V1__Decision **ret_decision,
                             struct fault *ret_fault) MUST_CHECK;

/* The facts of a file, as `aftercare policy decide --facts` takes it (JSON or YAML; docs/policy.md
 * has the form). NULL: `problems` says why. */
struct policy_case *policy_case_read(struct arena *arena, const struct policy *policy,
                                     const struct policy_file *file,
                                     struct policy_problems *problems);
