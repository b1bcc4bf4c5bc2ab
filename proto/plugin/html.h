/*
 * html - the page of docs.html and its recurring pieces
 *
 * The page is plain: no script, nothing loaded from elsewhere, light or dark as the reader's system
 * is, one column on a phone and a table of contents beside the text on a desktop.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/plugin/model.h"
#include "proto/plugin/text.h"

/* The head of the page up to the beginning of its body. */
void html_open_page(struct text *out, const char *title);
void html_close_page(struct text *out);

/* Paragraphs of a comment, with `code` between backquotes. */
void html_paragraphs(struct text *out, const char *comment);
/* The same within a line. */
void html_words(struct text *out, const char *comment);

/* A table in a box that scrolls sideways; headings are parted by '|'. */
void html_open_table(struct text *out, const char *caption, const char *headings);
void html_close_table(struct text *out);

/* What a type is, with a link to it where the page has it. */
void html_type(struct text *out, const struct model_field *field);

/* JSON or another text to be shown as it is. */
void html_code_block(struct text *out, const char *caption, const char *code);

/* "warranty.v1.Claim" with what an anchor may not hold replaced. */
const char *html_anchor(const char *full_name);
