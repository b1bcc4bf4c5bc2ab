/*
 * loop_events - what the surveys daemon says of low scores, as work: somebody must contact the
 * customer, and then say how it ended
 *
 * Each event says all that the worklist shows. One that nobody took in time waits in "ESCALATED".
 */
// SPDX-License-Identifier: Apache-2.0
#include "views.h"

#include "common/message.h"
#include "surveys/v1/surveys.contract.h"

#define OPEN "OPEN"
#define ESCALATED "ESCALATED"
#define CONTACTED "CONTACTED"

enum err
view_on_loop_opened(struct call *call, const struct consumer_event *event)
{
    const Surveys__V1__LoopOpened *said = (const void *)event->payload;
    const struct view_loop loop = {.loop_id = said->loop_id,
                                   .state = OPEN,
                                   .due_time_us = message_get_time(said->contact_by),
                                   .assignee_id = ""};
    return view_take_loop_await(call, event, &loop);
}

enum err
view_on_loop_assigned(struct call *call, const struct consumer_event *event)
{
    const Surveys__V1__LoopAssigned *said = (const void *)event->payload;
    bool is_open = said->state == SURVEYS__V1__LOOP__STATE__OPEN;
    const struct view_loop loop = {.loop_id = said->loop_id,
                                   .state = !is_open        ? CONTACTED
                                            : said->is_late ? ESCALATED
                                                            : OPEN,
                                   .due_time_us = is_open ? message_get_time(said->contact_by) : 0,
                                   .assignee_id = said->assignee_id};
    return view_take_loop_await(call, event, &loop);
}

enum err
view_on_loop_escalated(struct call *call, const struct consumer_event *event)
{
    const Surveys__V1__LoopEscalated *said = (const void *)event->payload;
    const struct view_loop loop = {.loop_id = said->loop_id,
                                   .state = ESCALATED,
                                   .due_time_us = message_get_time(said->contact_by),
                                   .assignee_id = said->assignee_id};
    return view_take_loop_await(call, event, &loop);
}

enum err
view_on_customer_contacted(struct call *call, const struct consumer_event *event)
{
    const Surveys__V1__CustomerContacted *said = (const void *)event->payload;
    const struct view_loop loop = {
        .loop_id = said->loop_id, .state = CONTACTED, .assignee_id = said->assignee_id};
    return view_take_loop_await(call, event, &loop);
}

enum err
view_on_loop_closed(struct call *call, const struct consumer_event *event)
{
    const Surveys__V1__LoopClosed *said = (const void *)event->payload;
    const struct view_loop loop = {.loop_id = said->loop_id,
                                   .state = said->is_recovered ? "RECOVERED" : "NOT_RECOVERED",
                                   .assignee_id = "",
                                   .is_done = true};
    return view_take_loop_await(call, event, &loop);
}
