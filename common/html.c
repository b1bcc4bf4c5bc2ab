/*
 * html - words within HTML
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/html.h"

#include <string.h>

/* What stands for a character; NULL: itself. */
static const char *
reference_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void
html_escape_part(struct buf *out, const char *words, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        const char *reference = reference_of(words[i]);
        if (reference != NULL)
            buf_add_text(out, reference);
        else
            buf_add_char(out, words[i]);
    }
}

void
html_escape(struct buf *out, const char *words)
{
    html_escape_part(out, words, strlen(words));
}
