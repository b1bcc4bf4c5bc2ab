/*
 * policy_decide_returns_fixture - returns of an appliance that came on 4 May 2026, in parts
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide_edit_fixture.h"

enum { GERMAN, ENGLISH }; /* sentences are sorted by tag */

#define RETURN(AT, FACTS) UNDATED(AT, "  delivered: 2026-05-04\n" FACTS)
/* Nobody knows when it came. */
#define UNDATED(AT, FACTS)                                                                         \
    EDIT_HEAD("returns.check", AT)                                                                 \
    "facts:\n  region: DE\n  condition: new\n  customer_class: consumer\n"                         \
    "  order_line: orders/7/1\n  fault_photo: yes\n" FACTS
#define SHOP "  category: small_appliances\n  channel: shop\n"
#define ONLINE "  category: small_appliances\n  channel: online\n"
#define PRICE "  price_paid: 100.00 EUR\n"
#define CHANGED "  reason: change_of_mind\n"
#define WORN                                                                                       \
    "  grade: {value: worn, trust: found, source: findings/1, evidence: [technician_report]}\n"
#define WORN_UNPROVEN "  grade: {value: worn, trust: found, source: findings/1}\n"

#define FLOORS "    floors:\n"
