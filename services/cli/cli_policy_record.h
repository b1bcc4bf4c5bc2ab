/*
 * cli_policy_record - a decision record for people: what was decided, why, and what was known
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli_policy.h"
#include "common/v1/decision.pb-c.h"

/* Prints a record to `run->out`, with the sentence of one language. */
void cli_policy_record_print(const struct cli_policy *run, const Common__V1__Decision *record,
                             const char *language);
