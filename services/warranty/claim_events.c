/*
 * claim_events - what events say of claims: lines in the histories of their units, and work
 *
 * Each event says all that the worklist shows, so an item is what the claim's last event says.
 */
// SPDX-License-Identifier: Apache-2.0
#include "views.h"

#include <string.h>

#include "claim.h"
#include "common/message.h"

#define STATE(name) WARRANTY__V1__CLAIM__STATE__##name

/* Submitted and decided by one event, for the unit and the one in its place. */
enum { LINES_MAX = 4 };

/* The lines that a claim's event becomes. */
struct story {
    struct arena *arena;
    const struct consumer_event *event;
    const struct zone *zone;
    const struct view_work *work;
    struct history_line lines[LINES_MAX];
    size_t count;
    bool is_malformed; /* an id is none */
};

static void
add(struct story *story, const char *kind, const char *id, struct date date, const char *summary)
{
    struct uuid line_id = {0};
    story->is_malformed = story->is_malformed || !uuid_parse(id, &line_id);
    const char *const serials[] = {story->work->serial, story->work->replacement_serial};
    for (size_t i = 0; i < COUNT_OF(serials); i++) {
        if (serials[i][0] == 0)
            continue;
        CHECK(story->count < LINES_MAX);
        story->lines[story->count++] = (struct history_line){
            .serial = serials[i],
            .date = date,
            .record_time_us = story->event->event_time_us,
            .line_id = line_id,
            .kind = kind,
            .resource = history_resource(story->arena, "claim", story->work->claim_id),
            .visible_to = story->event->envelope->owner_id,
            .summary = summary,
        };
    }
}

static void
add_submitted(struct story *story, const Common__V1__Date *at_date)
{
    add(story, "CLAIM_SUBMITTED", story->work->claim_id, message_get_date(at_date),
        arena_printf(story->arena, "claim made for %s", story->work->serial));
}

static void
add_decided(struct story *story, const Common__V1__Decision *decision)
{
    const char *outcome =
        contract_enum_name(&common__v1__decision__outcome__descriptor, (int)decision->outcome);
    add(story, "CLAIM_DECIDED", decision->decision_id,
        history_day(story->zone, story->event->event_time_us),
        arena_printf(story->arena, "claim decided: %s, %s, by %s", outcome != NULL ? outcome : "?",
                     decision->reason, decision->deciding_clause_id));
}

/* What a person did; a step that leaves the claim where it was is none of the unit's life. */
static void
add_moved(struct story *story, int from, int to)
{
    const char *state = contract_enum_name(&warranty__v1__claim__state__descriptor, to);
    if (from == to || state == NULL)
        return;
    char *words = arena_copy_text(story->arena, state);
    for (char *at = words; *at != 0; at++)
        *at = (char)(*at == '_' ? ' ' : *at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
    add(story, arena_printf(story->arena, "CLAIM_%s", state), story->event->envelope->event_id,
        history_day(story->zone, story->event->event_time_us),
        arena_printf(story->arena, "claim %s", words));
}

static struct view_work
work_of(const char *claim_id, const char *serial, int state, int64_t decide_by_us)
{
    const char *name = contract_enum_name(&warranty__v1__claim__state__descriptor, state);
    bool is_promised = state == STATE(UNDER_REVIEW) || state == STATE(APPEALED);
    return (struct view_work){
        .claim_id = claim_id,
        .serial = serial,
        .replacement_serial = "",
        .state = name != NULL ? name : "",
        .is_open = claim_is_work(state),
        .due_time_us = is_promised ? decide_by_us : 0,
        .assignee_id = "",
    };
}

static enum err
take_await(struct call *call, const struct story *story)
{
    if (story->is_malformed)
        return call_fail(call, ERR_DATA_LOSS, "EVENT_UNREADABLE", "an id is no UUID");
    return view_take_claim_await(call, story->event, story->lines, story->count, story->work);
}

enum err
view_on_claim_created(struct call *call, const struct consumer_event *event)
{
    const Warranty__V1__ClaimCreated *said = (const void *)event->payload;
    const struct view_work work =
        work_of(said->claim_id, said->serial, (int)said->state, message_get_time(said->decide_by));
    struct story story = {.arena = call->arena, .event = event, .work = &work};
    enum err err = view_zone(call, &story.zone);
    if (err != OK)
        return err;
    if (said->decision != NULL) { /* else it is a draft */
        add_submitted(&story, said->at_date);
        add_decided(&story, said->decision);
    }
    return take_await(call, &story);
}

enum err
view_on_claim_decided(struct call *call, const struct consumer_event *event)
{
    const Warranty__V1__ClaimDecided *said = (const void *)event->payload;
    struct view_work work =
        work_of(said->claim_id, said->serial, (int)said->state, message_get_time(said->decide_by));
    work.assignee_id = said->assignee_id;
    work.replacement_serial = said->replacement_serial;
    struct story story = {.arena = call->arena, .event = event, .work = &work};
    enum err err = view_zone(call, &story.zone);
    if (err != OK)
        return err;
    if (strcmp(said->verb, "SubmitClaim") == 0)
        add_submitted(&story, said->at_date);
    if (said->decision != NULL)
        add_decided(&story, said->decision);
    return take_await(call, &story);
}

enum err
view_on_claim_moved(struct call *call, const struct consumer_event *event)
{
    const Warranty__V1__ClaimMoved *said = (const void *)event->payload;
    struct view_work work = work_of(said->claim_id, said->serial, (int)said->to_state,
                                    message_get_time(said->decide_by));
    work.assignee_id = said->assignee_id;
    if (said->fulfilment != NULL)
        work.replacement_serial = said->fulfilment->replacement_serial;
    struct story story = {.arena = call->arena, .event = event, .work = &work};
    enum err err = view_zone(call, &story.zone);
    if (err != OK)
        return err;
    add_moved(&story, (int)said->from_state, (int)said->to_state);
    return take_await(call, &story);
}

/* Our own affair. */
enum err
view_on_decision_missed(struct call *call, const struct consumer_event *event)
{
    const Warranty__V1__DecisionMissed *said = (const void *)event->payload;
    const struct zone *zone;
    enum err err = view_zone(call, &zone);
    if (err != OK)
        return err;
    struct history_line line =
        history_of_event(call->arena, event->envelope->type, "claim", said->claim_id);
    line.serial = said->serial;
    line.date = history_day(zone, event->event_time_us);
    line.record_time_us = event->event_time_us;
    line.line_id = event->event_id;
    line.visible_to = HISTORY_FOR_STAFF;
    return view_add_lines_await(call, event, &line, 1);
}
