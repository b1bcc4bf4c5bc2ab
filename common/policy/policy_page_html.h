/*
 * policy_page_html - what the writers of the HTML page share: markup and words, and the page's
 * frame
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_page_private.h"

/* Markup as it is; words escaped; words between markup. */
void html_add(struct page_writer *writer, const char *markup);
void html_add_escaped(struct page_writer *writer, const char *text);
void html_add_element(struct page_writer *writer, const char *open, const char *text,
                      const char *close);

/* Whether the page has the section of the law, and that of working hours; the latter once the body
 * is written. */
bool html_shows_law(const struct page_writer *writer);
bool html_shows_calendars(const struct page_writer *writer);

/* ---- policy_page_frame.c ---- */

void html_add_head(struct page_writer *writer);
void html_add_header(struct page_writer *writer);
/* The title, which version it is, for whom, and what the marks mean. */
void html_add_title(struct page_writer *writer);
void html_add_contents(struct page_writer *writer);
void html_add_footer(struct page_writer *writer);
