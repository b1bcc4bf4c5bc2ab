/*
 * text - a text that grows, and the ways to quote into C, JSON, HTML and Markdown
 *
 * Always ends in a NUL. Lives until memory_free_all.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

struct text {
    char *bytes; /* NULL while empty */
    size_t size_bytes;
    size_t capacity;
};

void text_add(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_add_bytes(struct text *text, const char *bytes, size_t size_bytes);
void text_add_char(struct text *text, char character);
/* "quoted", as a JSON string. */
void text_add_json(struct text *text, const char *value);
/* With & < > and " replaced. */
void text_add_html(struct text *text, const char *value);

/* The bytes so far; never NULL. */
const char *text_bytes(const struct text *text);

bool text_is_equal(const char *left, const char *right);
bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);
