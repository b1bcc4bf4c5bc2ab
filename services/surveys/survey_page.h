/*
 * survey_page - the page by which somebody answers, as HTML
 *
 * Works without a script, on a telephone first. Pure: no I/O, no clock. What people wrote is
 * escaped. The gateway adds the headers that let no script run.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "invitation.h"
#include "survey_words.h"

/* The button by which somebody says that they do not wish to answer: no question's id is this. */
#define SURVEY_PAGE_DISMISS "!dismiss"

struct survey_page {
    const Surveys__V1__Template *template; /* its texts have the title's languages */
    const struct policy_branding *branding;
    const char *language;    /* one of the title's */
    const char *form_action; /* path and query that take the form */
    const char *page_path;   /* path and query of the page, to which &language= may be added */
    /* What was chosen and written so far. */
    Common__V1__FormField *const *fields;
    size_t field_count;
    bool is_incomplete; /* required answers are missing */
};

/* Which of the template's languages a reader gets: by `wish`, else by what their browser would like
 * (Accept-Language), else by `fallback`, else the first. */
const char *survey_page_language(const Surveys__V1__Template *template, const char *wish,
                                 const char *accept, const char *fallback);

/* The words in a language; "" where there are none. */
const char *survey_page_words(Surveys__V1__Words *const *words, size_t count, const char *language);

void survey_page_write_form(const struct survey_page *page, struct buf *out);
/* A page of one message in place of the questions. */
void survey_page_write_notice(const struct survey_page *page, enum survey_word title,
                              enum survey_word text, struct buf *out);
