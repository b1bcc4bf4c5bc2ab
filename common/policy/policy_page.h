/*
 * policy_page - the published text of a version: plain text, HTML page, one clause
 *
 * For the general reader, or for a reader who says who they are: then each placeholder prints the
 * one value that holds for them, found by the same lookup that decides, lifted by floors. The HTML
 * is a whole page with its style inside, no script: table of contents, numbered clauses with their
 * ids as anchors, readable on a phone and on paper, and accessible (WCAG 2.1 AA).
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_format.h"

struct policy_page {
    const struct policy *policy;
    size_t language;
    const struct policy_subject *reader; /* NULL: the general reader */
    const struct policy *previous;       /* the version before, to mark what changed; NULL */
    const char *clause_id;               /* only this clause; NULL: all */
    bool shows_internal;                 /* for staff: internal clauses too */
    bool has_enforced; /* for staff: mark sections that no daemon enforces; `enforced` lists the
                          others' ids */
    struct policy_codes enforced;
};

void policy_page_html(const struct policy_page *page, struct buf *out);
void policy_page_text(const struct policy_page *page, int width_columns, struct buf *out);

/* The sentence of one clause, without number or markup. ERR_NOT_FOUND: no such clause. */
enum err policy_page_sentence(const struct policy_page *page, const char *clause_id,
                              struct buf *out) MUST_CHECK;
