/*
 * page_body - a policy in the form that somebody asks for, a piece at a time
 *
 * A page is named by everything that it depends on, made once, and kept; its pieces are copied from
 * there. What is named must not change between two pieces: the version in force is looked up for
 * each, and where another one came into force meanwhile, the digest of the bytes differs, and the
 * gateway cuts the client off.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy.h"

/* A publication as JSON or YAML; the text for people, plain or as a page. */
enum page_form { PAGE_JSON, PAGE_YAML, PAGE_TEXT, PAGE_HTML, PAGE_FORM_COUNT };

/* Who reads, by these axes of the policy, in this order: category, region, customer class, channel.
 */
enum { PAGE_AXES = 4 };

/* What is asked for, and of what. Texts are the request's, "" where nothing was said. */
struct page_wish {
    const struct policy_row *row;
    const struct policy_row *previous;   /* the version before, to mark what changed; NULL */
    const struct policy_codes *enforced; /* for staff: sections that are not marked; NULL */
    int64_t offset;                      /* from which byte on */
    enum page_form form;
    bool is_staff;
    const char *language;
    const char *clause;
    const char *axes[PAGE_AXES]; /* "" where not said */
    int64_t version;             /* of the published page, as it was asked for; for its links */
};

/* The form of a name, from `first` on. ERR_INVALID_ARGUMENT, FORMAT_UNKNOWN. */
enum err page_read_form(struct call *call, const char *name, enum page_form first,
                        enum page_form *ret_form) MUST_CHECK;

/* Who reads, in the words of a policy. `ret_is_said`: something was said. ERR_INVALID_ARGUMENT,
 * CODE_UNKNOWN. */
enum err page_read_reader(struct call *call, const struct policy *policy,
                          const struct page_wish *wish, struct policy_subject *ret_reader,
                          bool *ret_is_said) MUST_CHECK;

/* A piece of the text of a policy: of the page that is kept, or else is made. Also refuses a clause
 * that is not there: ERR_NOT_FOUND, CLAUSE_MISSING. */
enum err page_body_await(struct call *call, const struct policy *policy,
                         const struct page_wish *wish, Common__V1__Body **ret_body) MUST_CHECK;

/* A piece of a publication: what is stored, which needs no check. */
enum err page_publication_await(struct call *call, const struct page_wish *wish,
                                Common__V1__Body **ret_body) MUST_CHECK;
