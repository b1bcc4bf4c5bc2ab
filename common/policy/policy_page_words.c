/*
 * policy_page_words - how words stand on a page: what a line does not break, and small and capital
 * letters
 *
 * A number stays with its unit ("14 days"), a sign with its number ("§ 5", "No. 5"), the parts of
 * an abbreviation with each other ("z. B."), and the groups of a telephone number. Pages do this
 * for all words alike, whoever wrote them, so that texts and sentences elsewhere keep ordinary
 * spaces, which can be searched and copied. Links are left alone: an address is copied as it
 * stands.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

enum { BEFORE_MAX = 8, ABBREVIATION_MAX = 3 };

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Of the alphabet, or a character that is not ASCII. */
static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* How many letters end before a full stop, where these are a word of its own; 0: none. */
static size_t
count_abbreviation(const char *before, size_t size)
{
    if (size < 2 || before[size - 1] != '.')
        return 0;
    size_t start = size - 1;
    while (start > 0 && is_letter(before[start - 1]))
        start--;
    bool is_word = start == 0 || before[start - 1] == ' ' || before[start - 1] == '(';
    return is_word && size - 1 - start <= ABBREVIATION_MAX ? size - 1 - start : 0;
}

bool
page_is_glued(const char *before, size_t before_size, const char *after)
{
    if (before_size == 0 || after[0] == '\0')
        return false;
    const char *end = before + before_size;
    size_t from = before_size > BEFORE_MAX ? before_size - BEFORE_MAX : 0;
    size_t letters = count_abbreviation(before + from, before_size - from);
    if (is_digit(end[-1]))
        return is_digit(after[0]) || is_letter(after[0]) || after[0] == '%';
    if (before_size >= 2 && memcmp(end - 2, "§", 2) == 0)
        return true;
    return letters > 0 &&
           (is_digit(after[0]) || (letters == 1 && is_letter(after[0]) && after[1] == '.'));
}

/* ---- HTML ---- */

/* Whether words go on behind a tag: "<b>3</b> claims". */
static bool
is_inline_tag(const char *tag)
{
    static const char *const names[] = {"span", "a", "strong"};
    tag += tag[0] == '/';
    size_t size = strcspn(tag, " >");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (size == strlen(names[i]) && memcmp(tag, names[i], size) == 0)
            return true;
    }
    return false;
}

static const char *
skip_tags(const char *at)
{
    while (*at == '<' && strchr(at, '>') != NULL)
        at = strchr(at, '>') + 1;
    return at;
}

void
page_glue_html(const char *html, struct buf *out)
{
    struct buf before = {0}; /* words since the last tag that begins something else */
    bool is_link = false;
    for (const char *at = html; *at != '\0';) {
        size_t size = *at == '<' ? strcspn(at, ">") + 1 : 1;
        if (*at == '<') {
            is_link = is_inline_tag(at + 1) && at[1] == 'a' ? true
                      : text_begins(at, "</a>")             ? false
                                                            : is_link;
            if (!is_inline_tag(at + 1))
                buf_clear(&before);
            buf_add(out, at, size);
        } else {
            bool is_glued = *at == ' ' && !is_link &&
                            page_is_glued(before.bytes, before.size_bytes, skip_tags(at + 1));
            buf_add_text(out, is_glued ? "\u00a0" : "");
            buf_add(out, at, is_glued ? 0 : size);
            buf_add(&before, at, size);
        }
        at += size;
    }
    buf_free(&before);
}

/* ---- letters ---- */

const char *
page_begin(struct arena *arena, const char *words, enum page_letter letter)
{
    const uint8_t *units = (const uint8_t *)words;
    int32_t next = 0, after = 0, size = (int32_t)strlen(words);
    UChar32 first = 0, second = 0;
    if (size == 0)
        return words;
    U8_NEXT(units, next, size, first);
    after = next;
    if (after < size)
        U8_NEXT(units, after, size, second);
    /* "VAT is added", "I agree" */
    bool is_fixed = u_isupper(second) || (first == 'I' && !u_isalpha(second));
    if (first < 0 || (letter == PAGE_SMALL && is_fixed))
        return words;
    char bytes[U8_MAX_LENGTH + 1] = {0};
    int32_t count = 0;
    U8_APPEND_UNSAFE(bytes, count, letter == PAGE_SMALL ? u_tolower(first) : u_totitle(first));
    return arena_printf(arena, "%s%s", bytes, words + next);
}
