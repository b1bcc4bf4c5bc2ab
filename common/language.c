/*
 * language - which of several languages a reader gets
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/language.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TAG_SIZE = 36, WEIGHT_ALL = 1000, BASE = 10 };

/* How well a language fits: 3 the same, 2 wider than the wish, 1 of the same language, 0 not. */
static int
rate_language(const char *language, const char *wish)
{
    size_t size = strlen(language);
    if (strcasecmp(language, wish) == 0)
        return 3;
    if (strncasecmp(language, wish, size) == 0 && wish[size] == '-')
        return 2;
    size_t primary = strcspn(wish, "-");
    return primary == strcspn(language, "-") && strncasecmp(language, wish, primary) == 0 ? 1 : 0;
}

size_t
language_find(const char *const *languages, size_t count, const char *wish)
{
    size_t best = count;
    int best_rate = 0;
    for (size_t i = 0; wish[0] != 0 && i < count; i++) {
        int rate = rate_language(languages[i], wish);
        /* Of two that are wider than the wish, the longer one is nearer. */
        if (rate > best_rate ||
            (rate == best_rate && rate == 2 && strlen(languages[i]) > strlen(languages[best]))) {
            best_rate = rate;
            best = i;
        }
    }
    return best;
}

size_t
language_choose(const char *const *languages, size_t count, const char *wish, const char *fallback)
{
    size_t best = language_find(languages, count, wish);
    if (best == count)
        best = language_find(languages, count, fallback);
    return best < count ? best : 0;
}

/* ---- Accept-Language ---- */

/* In thousandths, of what stands behind a tag, as ";q=0.8"; WEIGHT_ALL where nothing does, 0 of
 * what is no weight. */
static int
read_weight(const char *text, size_t size)
{
    size_t at = strspn(text, " \t");
    if (at >= size)
        return WEIGHT_ALL;
    if (text[at++] != ';')
        return 0;
    at += strspn(&text[at], " \t");
    if (at + 2 >= size || tolower((unsigned char)text[at]) != 'q' || text[at + 1] != '=')
        return 0;
    at += 2;
    if (text[at] == '1')
        return WEIGHT_ALL;
    int weight = 0;
    if (text[at++] != '0' || at >= size || text[at++] != '.')
        return 0;
    for (int unit = WEIGHT_ALL / BASE; unit > 0 && at < size && isdigit((unsigned char)text[at]);
         unit /= BASE)
        weight += (text[at++] - '0') * unit;
    return weight;
}

/* One wish of the header: its language and weight. */
static size_t
find_wish(const char *const *languages, size_t count, const char *text, size_t size,
          int *ret_weight)
{
    char tag[TAG_SIZE];
    size_t begin = strspn(text, " \t");
    begin = begin < size ? begin : size;
    size_t tag_size = strcspn(&text[begin], " \t;,");
    if (tag_size == 0 || tag_size >= sizeof tag)
        return count;
    memcpy(tag, &text[begin], tag_size);
    tag[tag_size] = 0;
    *ret_weight = read_weight(&text[begin + tag_size], size - begin - tag_size);
    return *ret_weight == 0 ? count : language_find(languages, count, tag);
}

size_t
language_find_accepted(const char *const *languages, size_t count, const char *header)
{
    size_t best = count;
    int best_weight = 0;
    for (const char *at = header; *at != 0;) {
        int weight = 0;
        size_t size = strcspn(at, ",");
        size_t found = find_wish(languages, count, at, size, &weight);
        if (found < count && weight > best_weight) {
            best = found;
            best_weight = weight;
        }
        at += size + (at[size] == ',');
    }
    return best;
}
