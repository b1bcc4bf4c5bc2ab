/*
 * html - words within HTML
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"

/* Adds words so that they are no markup, neither between elements nor in an attribute's quotes,
 * single or double. */
void html_escape(struct buf *out, const char *words);
/* The same of the first bytes. */
void html_escape_part(struct buf *out, const char *words, size_t size_bytes);
