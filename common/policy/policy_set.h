/*
 * policy_set - the published versions of a company's policy, and which of them counts when (pins)
 *
 * One installation, one line of versions. A parameter is pinned by its legal moment: sale, buy,
 * case or live. A moment before the first version uses the first one and says so. What was sold is
 * never worsened by a later version; it is improved only where a version says `also_for_sold_since:
 * DATE`: then, for units sold on or after that day, each SALE parameter is the better one of both.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"

enum { POLICY_VERSIONS_MAX = 1000 };

struct policy_set {
    const struct policy *const *versions; /* sorted by effective_from; numbers ascending */
    size_t version_count;
};

/* Checks a line of versions: all are of one policy, numbers ascend, no two effective_from are
 * equal, at least one. ERR_INVALID_ARGUMENT says what is wrong. */
enum err policy_set_check(const struct policy_set *set, struct fault *ret_fault) MUST_CHECK;

struct policy_pin {
    enum policy_moment moment;
    struct date date;
    const struct policy *policy;
    bool is_before_first;
};

/* The version in force on `date`; an absent date (unknown sale) pins the first, with
 * is_before_first. */
struct policy_pin policy_set_pin(const struct policy_set *set, enum policy_moment moment,
                                 struct date date);

/* Whether a version improves what was sold on a day, as things stand today: it is in force, and its
 * also_for_sold_since covers that day. */
bool policy_set_improves(const struct policy *later, struct date sale_date, struct date today);

/* Walks those that improve what is read at a pin, in their order; none where the pin is no known
 * sale. `at` begins at 0; NULL: that was all. */
const struct policy *policy_set_next(const struct policy_set *set, const struct policy_pin *pin,
                                     struct date today, size_t *at);

/* A subject in the words of another version: by its codes; one that the other does not know becomes
 * the nearest around it that it knows. */
struct policy_subject policy_set_translate(const struct policy_axes *from,
                                           const struct policy_axes *to,
                                           const struct policy_subject *subject);

/* Reads a parameter at its pin: for SALE parameters of a unit sold on `pin->date`, improved by
 * those later versions, in force on `today`, whose also_for_sold_since covers that day (`policy` of
 * the answer says which version's value holds). A unit whose sale is not known is not improved, and
 * neither is a value by one that cannot be compared with it; sets (`more`, `fewer`) are joined, and
 * `policy` is then the last version that added to it. The subject is translated between versions by
 * its codes; a code that a version does not know counts there as the nearest around it that it
 * knows. */
struct policy_reading policy_set_read(struct arena *arena, const struct policy_set *set,
                                      const struct policy_pin *pin, enum policy_parameter parameter,
                                      const struct policy_subject *subject, struct date today);
