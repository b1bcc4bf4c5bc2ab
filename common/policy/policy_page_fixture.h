/*
 * policy_page_fixture - the page of the default policy, and what stands on it
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_text_fixture.h"

static struct read_fixture files;
static const struct policy *policy;
static struct buf out;

static inline int
set_up(void **state UNUSED)
{
    policy = text_open(&files, NULL);
    return 0;
}

static inline int
tear_down(void **state UNUSED)
{
    buf_free(&out);
    read_end(&files);
    arena_deinit();
    zone_deinit();
    return 0;
}

/* With ordinary spaces: which are no-break spaces is policy_page_words_test's. */
static inline const char *
print_html(const struct policy_page *page)
{
    struct buf html = {0};
    buf_clear(&out);
    policy_page_html(page, &html);
    for (const char *at = buf_text(&html); *at != '\0'; at++) {
        bool is_space = strncmp(at, "\u00a0", 2) == 0;
        buf_add_char(&out, is_space ? ' ' : *at);
        at += is_space;
    }
    buf_free(&html);
    return buf_text(&out);
}

static inline const char *
print_text(const struct policy_page *page, int width_columns)
{
    buf_clear(&out);
    policy_page_text(page, width_columns, &out);
    return buf_text(&out);
}

static inline void
assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("there is no \"%s\"", part);
}

static inline void
assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("there is \"%s\"", part);
}
