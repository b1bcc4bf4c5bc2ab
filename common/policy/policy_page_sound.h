/*
 * policy_page_sound - a strict reader of HTML, which fails the test where a page is not sound
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_page_fixture.h"

enum { IDS_MAX = 500, DEPTH_MAX = 64, NAME_SIZE = 32 };

struct html {
    char open[DEPTH_MAX][NAME_SIZE];
    int depth;
    char *ids[IDS_MAX];
    size_t id_count;
    char *targets[IDS_MAX];
    size_t target_count;
    int heading; /* level of the last one */
    bool has_main, has_h1;
};

static inline bool
is_void(const char *name)
{
    return strcmp(name, "meta") == 0 || strcmp(name, "img") == 0;
}

/* An attribute's value, copied; NULL where the tag has none. */
static inline char *
attribute_of(const char *tag, size_t size, const char *name)
{
    char *key = arena_printf(files.arena, " %s=\"", name);
    const char *found = memmem(tag, size, key, strlen(key));
    if (found == NULL)
        return NULL;
    found += strlen(key);
    const char *end = memchr(found, '"', size - (size_t)(found - tag));
    assert_non_null(end);
    return arena_printf(files.arena, "%.*s", (int)(end - found), found);
}

static inline void
note_tag(struct html *html, const char *name, const char *tag, size_t size)
{
    char *id = attribute_of(tag, size, "id");
    char *target = attribute_of(tag, size, "href");
    assert_true(html->id_count < IDS_MAX && html->target_count < IDS_MAX);
    if (id != NULL)
        html->ids[html->id_count++] = id;
    if (target != NULL && target[0] == '#')
        html->targets[html->target_count++] = target + 1;
    if (name[0] == 'h' && name[1] >= '1' && name[1] <= '6') {
        int level = name[1] - '0';
        if (level > html->heading + 1)
            fail_msg("a heading h%d after h%d", level, html->heading);
        assert_false(level == 1 && html->has_h1);
        html->has_h1 = html->has_h1 || level == 1;
        html->heading = level;
    }
    html->has_main = html->has_main || strcmp(name, "main") == 0;
    if (strcmp(name, "img") == 0)
        assert_non_null(attribute_of(tag, size, "alt"));
    if (strcmp(name, "th") == 0)
        assert_non_null(attribute_of(tag, size, "scope"));
    assert_string_not_equal(name, "script");
    if (strcmp(name, "p") == 0)
        for (int i = 0; i < html->depth; i++)
            assert_string_not_equal(html->open[i], "p");
}

static inline void
read_tag(struct html *html, const char *tag, size_t size)
{
    char name[NAME_SIZE] = "";
    bool is_end = tag[0] == '/';
    size_t name_size = strspn(tag + is_end, "abcdefghijklmnopqrstuvwxyz0123456789");
    assert_true(name_size > 0 && name_size < sizeof name);
    memcpy(name, tag + is_end, name_size);
    if (is_end) {
        assert_true(html->depth > 0);
        assert_string_equal(html->open[--html->depth], name);
        return;
    }
    note_tag(html, name, tag, size);
    if (is_void(name))
        return;
    assert_true(html->depth < DEPTH_MAX);
    memcpy(html->open[html->depth++], name, sizeof name);
}

/* Every element is closed in its order, ids differ, links within the page lead somewhere, headings
 * go down one by one, no bare '&', '<' or '>' stands in words. */
static inline void
assert_sound(const char *page)
{
    static struct html html;
    html = (struct html){0};
    assert_memory_equal(page, "<!DOCTYPE html>\n", 16);
    for (const char *at = page + 16; *at != '\0'; at++) {
        bool is_style = html.depth > 0 && strcmp(html.open[html.depth - 1], "style") == 0;
        if (*at == '<' && (!is_style || at[1] == '/')) {
            const char *end = strchr(at, '>');
            assert_non_null(end);
            read_tag(&html, at + 1, (size_t)(end - at - 1));
            at = end;
        } else if (!is_style) {
            assert_true(*at != '>');
            assert_true(*at != '&' || strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&lt;", 4) == 0 ||
                        strncmp(at, "&gt;", 4) == 0 || strncmp(at, "&quot;", 6) == 0 ||
                        strncmp(at, "&#39;", 5) == 0);
        }
    }
    assert_int_equal(html.depth, 0);
    assert_true(html.has_main && html.has_h1);
    for (size_t i = 0; i < html.id_count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(html.ids[i], html.ids[j]);
    for (size_t i = 0; i < html.target_count; i++) {
        size_t j = 0;
        while (j < html.id_count && strcmp(html.ids[j], html.targets[i]) != 0)
            j++;
        if (j == html.id_count)
            fail_msg("#%s leads nowhere", html.targets[i]);
    }
}
