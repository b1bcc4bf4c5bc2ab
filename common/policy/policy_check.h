/*
 * policy_check - whether the rules of a policy decide every case, and exactly one way
 *
 * Errors: two rules that tie (RULES_TIE, with the exception to add), a parameter without value
 * (VALUE_MISSING), texts missing in a language, placeholders that differ between languages or name
 * nothing, codes without a label in a language, floors without direction. Warnings: a rule that
 * changes nothing (RULE_USELESS), a parameter that no text prints, a company's promise below its
 * floor (BELOW_FLOOR), a published text that cannot hold for somebody, and so on.
 *
 * Ties. Two rules of a parameter tie if some subject matches both, neither selector contains the
 * other, their values differ, and no rule has exactly the selector of both together. If all
 * overlaps exist, the matching rules of any subject are closed under overlap, so exactly one is
 * narrowest: no subject has to be enumerated.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"

/* Checks one version by itself. Adds to `problems`; true if no error was added. With `suggests`,
 * RULES_TIE errors carry the exceptions to paste: all that are missing so that the check then
 * passes. */
bool policy_check(struct arena *arena, const struct policy *policy, bool suggests,
                  struct policy_problems *problems);

/* Only ties and gaps of one parameter: for tests against models. */
bool policy_check_rules(struct arena *arena, const struct policy *policy,
                        enum policy_parameter parameter, bool suggests,
                        struct policy_problems *problems);
