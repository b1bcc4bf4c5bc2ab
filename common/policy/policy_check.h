/*
 * policy_check - whether the rules of a policy decide every case, and exactly one way
 *
 * Errors
 *   CLAUSE_MISSING       a clause is not there, and with it the values of its parameters
 *   VALUE_MISSING        a parameter of a clause has no value for all
 *   RULE_REPEATED        the same parameter, the same selector
 *   RULES_TIE            two rules hold, neither is narrower, and they differ
 *   RULES_TANGLED        more ties or overlaps than are looked at
 *   AXIS_NOT_ALLOWED     a rule or floor on an axis by which its parameter cannot vary
 *   FLOOR_UNCOMPARED     a floor of a parameter without a direction
 *   FLOORS_RIVAL         three values hold together, none better than another
 *   FLOORS_TOO_MANY      more than 64 floors of a parameter
 *   COMPONENTS_TOO_MANY  lengths for more components than the ledger of a unit has room for
 *   EVENT_NOT_OF_UNIT    a warranty that counts from what is never told of a unit
 *   ID_REPEATED, TEST_DIFFERS, TEST_UNKNOWN
 *   RUNG_REPEATED        a ladder that comes to a position again
 *   APPEAL_INTERNAL      what refusals point to is hidden from customers
 *   TEXT_MISSING, TEXT_MALFORMED, PLACEHOLDER_UNKNOWN, PLACEHOLDER_MISSING, BRANCH_UNKNOWN
 *   LABEL_MISSING        a code or condition that is printed has no words in a language
 *   LABEL_TOO_LONG       a label of more than 1000 bytes, which may stand in every row
 *   PLACEHOLDER_REPEATED a label under `words` that puts a value in twice
 *   PAGE_TOO_LARGE       rules and floors that cross would make a page nobody can print
 * Warnings
 *   RULE_USELESS         a rule that changes nothing for anybody
 *   BELOW_FLOOR          the company promises less than a floor, where that rule holds
 *   VALUE_NOT_PRINTED    no text prints a parameter of a clause that is not internal
 *   LAYER_EMPTY, LAYER_IS_SAMPLE
 *
 * Ties. A subject may say a leaf of each axis, or less. Two rules tie if, for some subject, both
 * are among the narrowest that match, and their values differ. That is so if and only if there are
 * two such among the rules around the overlap of two selectors, where the overlap is taken for a
 * subject: no other subject has to be looked at. A rule with exactly the selector of both settles
 * it, and so does one that lies between one of the two and their overlap. If each leaf beneath an
 * overlap has a rule of its own, but not the overlap, there still is a tie: for who says less than
 * a leaf now, and for every leaf that is added to the tree.
 *
 * Codes that a product could have and no rule names are not looked for: products are not here.
 *
 * Ten thousand rules of one parameter take some hundredths of a second and 3 MB of the arena; a
 * check never takes more than about a second for each parameter.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"

/* Checks one version by itself. Adds to `problems`; true if no error was added. With `suggests`,
 * the first CLAUSE_MISSING and the first LABEL_MISSING of a language carry all that are missing,
 * and the first RULES_TIE error of each parameter carries the exceptions to paste under its
 * clause's `except`: all that are missing so that none of its rules tie (at most 1000, and a
 * comment where that was not all). Which value is right is the company's to say; proposed is the
 * one that is better for the customer, and a comment in each line names the other. */
bool policy_check(struct arena *arena, const struct policy *policy, bool suggests,
                  struct policy_problems *problems);

/* The same in parts, for who must not be kept for long: each part once, from 0 on, makes the whole
 * check. */
enum { POLICY_CHECK_PART_COUNT = POLICY_PARAMETER_COUNT + 3 };
bool policy_check_part(struct arena *arena, const struct policy *policy, int part, bool suggests,
                       struct policy_problems *problems);

/* The same for the rules of one parameter alone: repeats, axes, ties, useless rules. */
bool policy_check_rules(struct arena *arena, const struct policy *policy,
                        enum policy_parameter parameter, bool suggests,
                        struct policy_problems *problems);
