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

/* Where the page stands in another language. Borrowed. */
struct policy_page_link {
    const char *language; /* BCP 47 */
    const char *url;
};

/* What a page prints at most; policy_check refuses a policy that would need more. */
enum { POLICY_PAGE_VALUES_MAX = 100000 };

struct policy_page {
    const struct policy *policy;
    size_t language;
    const struct policy_subject *reader; /* NULL: the general reader */
    const struct policy *previous;       /* the version before, to mark what changed; NULL */
    const char *clause_id;               /* only this clause; NULL: all */
    bool shows_internal;                 /* for staff: internal clauses too, and values that no text
                                            prints */
    bool has_enforced; /* for staff: mark sections that no daemon enforces; `enforced` lists the
                          others' ids */
    struct policy_codes enforced;
    const struct policy_page_link *language_links; /* none: no links are printed */
    size_t language_link_count;
    struct policy_formatter *formatter; /* of the policy and language, which knows the registers'
                                           addresses; NULL: one is made for the call */
};

/* How many values of parameters the whole page in a language prints at most, exceptions included,
 * whoever reads it. `ret_clause`: with which POLICY_PAGE_VALUES_MAX is passed; NULL: it is not. */
size_t policy_page_count_values(struct arena *arena, const struct policy *policy, size_t language,
                                const struct policy_clause **ret_clause);

/* A whole document. Each value stands in an element whose `data-parameter` is the parameter's name,
 * as "warranty.period/length"; the branch of a select also has the value, canonical, as
 * `data-value`. */
void policy_page_html(const struct policy_page *page, struct buf *out);

/* Lines of at most `width_columns` characters (at least 20), but for words that are longer. */
void policy_page_text(const struct policy_page *page, int width_columns, struct buf *out);

/* The sentence of one clause or right, without number or markup; what varies for the reader stands
 * in brackets. ERR_NOT_FOUND: no such clause. */
enum err policy_page_sentence(const struct policy_page *page, const char *clause_id,
                              struct buf *out) MUST_CHECK;
