/*
 * unit_events - what events say of units, as lines of their histories
 *
 * A fact is told by each unit that it changed, so its line may be there already: it stays. An event
 * that is not about facts or claims is a line of the unit that its envelope names, whichever
 * service says it, now or in times to come.
 */
// SPDX-License-Identifier: Apache-2.0
#include "views.h"

enum { LINES_MAX = 256 };

static enum err
add_facts_await(struct call *call, const struct consumer_event *event,
                Warranty__V1__UnitFact *const *facts, size_t fact_count)
{
    struct history_line lines[LINES_MAX];
    size_t count = 0;
    const struct zone *zone;
    enum err err = view_zone(call, &zone);
    if (err != OK)
        return err;
    if (fact_count > LINES_MAX / HISTORY_FACT_LINES_MAX)
        return call_fail(call, ERR_DATA_LOSS, "EVENT_UNREADABLE", "more facts than can be");
    for (size_t i = 0; i < fact_count; i++) {
        size_t line_count = history_of_fact(call->arena, zone, facts[i], &lines[count]);
        if (line_count == 0)
            return call_fail(call, ERR_DATA_LOSS, "EVENT_UNREADABLE", "fact_id is no UUID");
        count += line_count;
    }
    return count == 0 ? OK : view_add_lines_await(call, event, lines, count);
}

enum err
view_on_unit_registered(struct call *call, const struct consumer_event *event)
{
    const Warranty__V1__UnitRegistered *said = (const void *)event->payload;
    return add_facts_await(call, event, said->facts, said->n_facts);
}

enum err
view_on_unit_fact_recorded(struct call *call, const struct consumer_event *event)
{
    const Warranty__V1__UnitFactRecorded *said = (const void *)event->payload;
    return add_facts_await(call, event, said->facts, said->n_facts);
}

enum err
view_on_unit_transferred(struct call *call, const struct consumer_event *event)
{
    const Warranty__V1__UnitTransferred *said = (const void *)event->payload;
    return add_facts_await(call, event, &said->fact, said->fact != NULL);
}

/* A customer sees it where it is theirs. */
enum err
view_on_any(struct call *call, const struct consumer_event *event)
{
    const Events__V1__LoggedEvent *envelope = event->envelope;
    if (envelope->unit_serial[0] == 0)
        return OK;
    const struct zone *zone;
    enum err err = view_zone(call, &zone);
    if (err != OK)
        return err;
    struct history_line line = history_of_event(call->arena, envelope->type,
                                                envelope->aggregate_type, envelope->aggregate_id);
    line.serial = envelope->unit_serial;
    line.date = history_day(zone, event->event_time_us);
    line.record_time_us = event->event_time_us;
    line.line_id = event->event_id;
    line.visible_to = envelope->owner_id;
    return view_add_lines_await(call, event, &line, 1);
}
