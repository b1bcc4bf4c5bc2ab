/*
 * language - which of several languages a reader gets
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/language.h"

#include <string.h>
#include <strings.h>

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

static bool
find_best(const char *const *languages, size_t count, const char *wish, size_t *ret_best)
{
    int best_rate = 0;
    for (size_t i = 0; wish[0] != 0 && i < count; i++) {
        int rate = rate_language(languages[i], wish);
        /* Of two that are wider than the wish, the longer one is nearer. */
        if (rate > best_rate || (rate == best_rate && rate == 2 &&
                                 strlen(languages[i]) > strlen(languages[*ret_best]))) {
            best_rate = rate;
            *ret_best = i;
        }
    }
    return best_rate > 0;
}

size_t
language_choose(const char *const *languages, size_t count, const char *wish, const char *fallback)
{
    size_t best = 0;
    if (!find_best(languages, count, wish, &best) && !find_best(languages, count, fallback, &best))
        return 0;
    return best;
}
