/*
 * coverage_rules - a unit as the policy engine is told of it, and what its answer means
 *
 * Pure, but for what ends in _await.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fact.h"

enum { COVERAGE_FACTS_MAX = 16 };

/* What is known of a unit beside its ledger, as facts of a case: what its product is, and how it
 * was sold, on the customer's word where the customer registered it. Texts are borrowed, sources
 * are in the arena. Answers how many. */
size_t coverage_facts(struct arena *arena, const struct unit *unit,
                      struct policy_fact ret_facts[COVERAGE_FACTS_MAX]);

/* What covers a unit on a day, as it was known at a time: the case for the engine. `ledger` is the
 * unit's own (ledger_of), `facts` those of coverage_facts. */
struct policy_case coverage_case(struct arena *arena, const struct unit *unit,
                                 const struct ledger *ledger, const struct policy_fact *facts,
                                 size_t fact_count, struct date at, int64_t known_at_us);

/* Warranty__V1__Coverage__Outcome of a decision about coverage. */
int coverage_outcome(const Common__V1__Decision *decision);

/* The event that a day of a unit is, as its field in a request: "delivery_date". */
const char *coverage_day_field(enum entitlement_event event);

/* Reads of a unit that the caller may see what decides about its coverage: identity, owner,
 * product, sale, whether it is recalled, the days of purchase and delivery; and its family's
 * ledger. What else a unit has may be missing. Errors as unit_get_await and ledger_read_await.
 * (coverage_store.c) */
enum err coverage_get_await(struct call *call, const char *serial, struct unit *ret_unit,
                            struct ledger *ret_family) MUST_CHECK;

/* Decides what covers a unit on a day, by what was known at a time. The record lives as long as the
 * call. Errors as warranty_decide. */
enum err coverage_decide(struct call *call, const struct unit *unit, const struct ledger *family,
                         struct date at, int64_t known_at_us,
                         Common__V1__Decision **ret_decision) MUST_CHECK;
