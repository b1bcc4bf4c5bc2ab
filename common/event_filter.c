/*
 * event_filter - see event_filter.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/event_filter.h"

#include <stdio.h>
#include <string.h>

#include "common/cloudevent.h"
#include "common/v1/options.pb-c.h"
#include "contract_all.h"

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

static enum err
refuse(struct fault *fault, const char *field, const char *reason, const char *rule,
       const char *value)
{
    fault_set(fault, ERR_INVALID_ARGUMENT, reason, "%s must be %s \"%s\"", field, rule, value);
    snprintf(fault->field, sizeof fault->field, "%s", field);
    return fault->code;
}

static bool
has_events(const char *aggregate_type)
{
    for (size_t i = 0; i < contract_all_messages_count; i++) {
        const char *aggregate = contract_all_messages[i]->event_aggregate;
        if (aggregate != NULL && strcmp(aggregate, aggregate_type) == 0)
            return true;
    }
    return false;
}

enum err
event_filter_set_wish(struct event_filter *filter, struct arena *arena, const char *const *types,
                      size_t type_count, const char *aggregate, struct fault *ret_fault)
{
    filter->types = types;
    filter->type_count = type_count;
    for (size_t i = 0; i < type_count; i++) {
        if (cloudevent_find_type(types[i]) == NULL)
            return refuse(ret_fault, "types", "TYPE_UNKNOWN",
                          "events of /docs#event-catalogue, and none is", types[i]);
    }
    if (!event_filter_set_aggregate(filter, arena, aggregate))
        return refuse(ret_fault, "aggregate", "FIELD_FORMAT",
                      "a type, or a type, a slash and an id, and not", aggregate);
    if (aggregate[0] != 0 && !has_events(filter->aggregate_type))
        return refuse(ret_fault, "aggregate", "AGGREGATE_UNKNOWN",
                      "an aggregate of /docs#event-catalogue, and none is", filter->aggregate_type);
    return OK;
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
