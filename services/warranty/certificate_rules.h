/*
 * certificate_rules - the warranty certificate of a unit: one page of HTML that prints well
 *
 * Pure. The words are the policy's (policy_words.h), so a company has them in its languages and its
 * tone; style and branding are those of the published policy.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "warranty.h"

/* What stands on it. Everything is borrowed. */
struct certificate {
    const struct policy *policy; /* in force: branding, words, labels */
    size_t language;
    const struct unit *unit;
    const struct product *product;
    const Common__V1__Decision *decision; /* about coverage on `date` */
    struct date date;
};

/* Appends a whole document. Equal input gives equal bytes. */
void certificate_print(struct arena *arena, const struct certificate *certificate, struct buf *out);
