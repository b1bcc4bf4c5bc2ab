/*
 * history_lines - what a fact and what an unknown event are in a line
 *
 * Pure. Names of other services' events and resources are made by rule: every event is a noun and a
 * past participle, every resource the plural of its aggregate.
 */
// SPDX-License-Identifier: Apache-2.0
#include "history.h"

#include <ctype.h>
#include <string.h>

#include "common/message.h"

static const int64_t US_PER_S = 1000000;

struct date
history_day(const struct zone *zone, int64_t unix_us)
{
    return zone_date(zone, divide_floor(unix_us, US_PER_S));
}

static struct history_line
line_of_fact(struct arena *arena, const struct zone *zone, const Warranty__V1__UnitFact *fact,
             const char *serial)
{
    struct history_line line = {
        .serial = serial,
        .date = message_get_date(fact->date),
        .record_time_us = message_get_time(fact->record_time),
        .kind = contract_enum_name(&warranty__v1__unit_fact__kind__descriptor, (int)fact->kind),
        .resource = "",
        .visible_to = HISTORY_FOR_ALL,
        .summary = fact_print(arena, fact),
    };
    if (date_is_absent(line.date)) /* a correction */
        line.date = history_day(zone, line.record_time_us);
    if (line.kind == NULL)
        line.kind = "UNKNOWN"; /* of a newer replica */
    return line;
}

size_t
history_of_fact(struct arena *arena, const struct zone *zone, const Warranty__V1__UnitFact *fact,
                struct history_line *ret_lines)
{
    struct uuid fact_id;
    size_t count = 0;
    if (!uuid_parse(fact->fact_id, &fact_id))
        return 0;
    ret_lines[count++] = line_of_fact(arena, zone, fact, fact->serial);
    if (fact->old_serial[0] != 0)
        ret_lines[count++] = line_of_fact(arena, zone, fact, fact->old_serial);
    for (size_t i = 0; i < count; i++)
        ret_lines[i].line_id = fact_id;
    return count;
}

/* "ReturnReceived" in words parted by `space`, in capitals or not. */
static const char *
part_words(struct arena *arena, const char *name, char space, bool is_upper)
{
    char *text = arena_alloc(arena, 2 * strlen(name) + 1);
    size_t size_bytes = 0;
    for (const char *at = name; *at != 0; at++) {
        if (isupper((unsigned char)*at) && at > name)
            text[size_bytes++] = space;
        text[size_bytes++] =
            (char)(is_upper ? toupper((unsigned char)*at) : tolower((unsigned char)*at));
    }
    return text;
}

const char *
history_resource(struct arena *arena, const char *aggregate_type, const char *aggregate_id)
{
    size_t length = strlen(aggregate_type);
    bool is_y = length > 1 && aggregate_type[length - 1] == 'y';
    char *plural = arena_printf(arena, "%.*s%s", (int)(is_y ? length - 1 : length), aggregate_type,
                                is_y ? "ies" : "s");
    for (char *at = plural; *at != 0; at++)
        if (*at == '_')
            *at = '-';
    return arena_printf(arena, "/v1/%s/%s", plural, aggregate_id);
}

struct history_line
history_of_event(struct arena *arena, const char *type, const char *aggregate_type,
                 const char *aggregate_id)
{
    const char *dot = strrchr(type, '.');
    const char *name = dot != NULL ? dot + 1 : type;
    return (struct history_line){
        .kind = part_words(arena, name, '_', true),
        .resource = history_resource(arena, aggregate_type, aggregate_id),
        .summary = part_words(arena, name, ' ', false),
    };
}
