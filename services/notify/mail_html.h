/*
 * mail_html - the text of a mail that is HTML
 *
 * Pure, by libxml2's HTML parser, which takes anything. Scripts, styles and what is not shown are
 * dropped; paragraphs, list items and line breaks begin lines; a link is followed by where it leads
 * to, if its text does not say that. No tree is built.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"

/* Adds the text of `html`, which is UTF-8 without control characters, until `text` holds
 * `size_max`. False: it was cut. */
bool mail_html_add(struct buf *text, const char *html, size_t size_bytes, size_t size_max);
