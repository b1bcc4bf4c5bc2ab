/*
 * cors - the list of origins
 */
// SPDX-License-Identifier: Apache-2.0
#include "cors.h"

#include <string.h>

enum { ORIGINS_MAX = 32 };

struct cors {
    char *text; /* cut at its commas */
    const char *origins[ORIGINS_MAX];
    size_t count;
};

/* scheme://host[:port], nothing after it, and never "*": anybody is not an origin. */
static bool
is_origin(const char *text)
{
    const char *host = strstr(text, "://");
    return host != NULL && host != text && host[3] != 0 &&
           strpbrk(host + 3, "/?#@* \t\"\\") == NULL;
}

struct cors *
cors_new(const char *origins)
{
    struct cors *cors = mem_alloc(sizeof *cors);
    cors->text = mem_copy_text(origins);
    char *rest = cors->text;
    for (char *origin; (origin = strsep(&rest, ",")) != NULL;) {
        origin += strspn(origin, " ");
        origin[strcspn(origin, " ")] = 0;
        if (*origin == 0)
            continue;
        if (!is_origin(origin) || cors->count == ORIGINS_MAX) {
            cors_free(&cors);
            return NULL;
        }
        cors->origins[cors->count++] = origin;
    }
    return cors;
}

void
cors_free(struct cors **cors)
{
    struct cors *c = *cors;
    *cors = NULL;
    if (c == NULL)
        return;
    mem_free(c->text);
    mem_free(c);
}

bool
cors_is_on(const struct cors *cors)
{
    return cors->count > 0;
}

bool
cors_is_allowed(const struct cors *cors, const char *origin)
{
    for (size_t i = 0; origin != NULL && i < cors->count; i++) {
        if (strcmp(origin, cors->origins[i]) == 0)
            return true;
    }
    return false;
}
