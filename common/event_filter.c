/*
 * event_filter - see event_filter.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/event_filter.h"

#include <string.h>

#include "common/v1/options.pb-c.h"

#define SEES_ALL                                                                                   \
    (1U << COMMON__V1__ROLE__ANALYST | 1U << COMMON__V1__ROLE__MANAGER |                           \
     1U << COMMON__V1__ROLE__ADMINISTRATOR | 1U << COMMON__V1__ROLE__INTEGRATION |                 \
     1U << COMMON__V1__ROLE__SYSTEM)

bool
event_filter_set_aggregate(struct event_filter *filter, struct arena *arena, const char *text)
{
    const char *slash = strchr(text, '/');
    filter->aggregate_type = text;
    filter->aggregate_id = "";
    if (slash == NULL)
        return true;
    filter->aggregate_type = arena_printf(arena, "%.*s", (int)(slash - text), text);
    filter->aggregate_id = slash + 1;
    return slash > text && slash[1] != 0;
}

void
event_filter_set_caller(struct event_filter *filter, struct arena *arena,
                        const struct principal *principal)
{
    filter->owner_id = "";
    if ((principal->roles & SEES_ALL) != 0)
        return;
    char *pseudonym = arena_alloc(arena, PRINCIPAL_PSEUDONYM_SIZE);
    principal_pseudonym("subject", principal->subject, pseudonym);
    /* Nobody's events are not the events of nobody. */
    CHECK(pseudonym[0] != 0);
    filter->owner_id = pseudonym;
}

static bool
is_wanted(const char *wanted, const char *value)
{
    return wanted[0] == 0 || strcmp(wanted, value) == 0;
}

bool
event_filter_matches(const struct event_filter *filter, const struct event_subject *event)
{
    size_t i = 0;
    while (i < filter->type_count && strcmp(filter->types[i], event->type) != 0)
        i++;
    return (filter->type_count == 0 || i < filter->type_count) &&
           is_wanted(filter->aggregate_type, event->aggregate_type) &&
           is_wanted(filter->aggregate_id, event->aggregate_id) &&
           is_wanted(filter->owner_id, event->owner_id);
}
