/*
 * loop_handlers - low scores: whose work they are, that the customer was contacted, how it ended
 */
// SPDX-License-Identifier: Apache-2.0
#include "loop.h"

#include <string.h>

#include "common/message.h"
#include "common/principal.h"
#include "surveys/v1/surveys.dispatch.h"

static enum err
read_await(struct call *call, const char *loop_id, Surveys__V1__Loop **ret_loop)
{
    enum err err = loop_read_await(call, loop_id, ret_loop);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, ERR_NOT_FOUND, "LOOP_MISSING", "loop \"%s\" is not known", loop_id);
    return err;
}

enum err
surveys_get_loop(struct call *call, const Surveys__V1__GetLoopRequest *req,
                 Surveys__V1__GetLoopResponse *res)
{
    return read_await(call, req->loop_id, &res->loop);
}

enum err
surveys_list_loops(struct call *call, const Surveys__V1__ListLoopsRequest *req,
                   Surveys__V1__ListLoopsResponse *res)
{
    struct page page;
    enum err err = loop_list_await(call, req, &page);
    if (err != OK)
        return err;
    res->loops = (Surveys__V1__Loop **)page.messages;
    res->n_loops = page.count;
    if (page.has_more) {
        const Surveys__V1__Loop *last = res->loops[page.count - 1];
        const char *parts[] = {surveys_token_time(call->arena, message_get_time(last->contact_by)),
                               last->loop_id};
        res->next_page_token = (char *)page_token_make(call->arena, parts, COUNT_OF(parts));
    }
    return OK;
}

/* Reads it and moves it by the method at hand. */
static enum err
move_await(struct call *call, const char *loop_id, int to, Surveys__V1__Loop **ret_loop)
{
    enum err err = read_await(call, loop_id, ret_loop);
    if (err != OK)
        return err;
    int state = (int)(*ret_loop)->state;
    err = call_move_to(call, &surveys_v1_loop_state_machine, "LOOP_STATE", to != 0 ? to : state,
                       &state);
    (*ret_loop)->state = state;
    (*ret_loop)->version++;
    return err;
}

static enum err
assign_once_await(struct call *call, const Surveys__V1__AssignLoopRequest *req,
                  Surveys__V1__AssignLoopResponse *res)
{
    char pseudonym[PRINCIPAL_PSEUDONYM_SIZE];
    enum err err = move_await(call, req->loop_id, 0, &res->loop);
    if (err != OK)
        return err;
    res->loop->assignee_id = req->assignee_id;
    principal_pseudonym("subject", req->assignee_id, pseudonym);
    Surveys__V1__LoopAssigned event = SURVEYS__V1__LOOP_ASSIGNED__INIT;
    event.loop_id = res->loop->loop_id;
    event.invitation_id = res->loop->invitation_id;
    event.assignee_id = pseudonym;
    event.contact_by = res->loop->contact_by;
    event.state = res->loop->state;
    event.is_late = res->loop->is_late;
    return loop_change_await(call, res->loop, &surveys_v1_loop_assigned_contract, &event.base,
                             &res->base);
}

enum err
surveys_assign_loop(struct call *call, const Surveys__V1__AssignLoopRequest *req,
                    Surveys__V1__AssignLoopResponse *res)
{
    enum err err;
    do
        err = assign_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

static enum err
contact_once_await(struct call *call, const Surveys__V1__RecordContactRequest *req,
                   Surveys__V1__RecordContactResponse *res)
{
    enum err err = move_await(call, req->loop_id, SURVEYS__V1__LOOP__STATE__CONTACTED, &res->loop);
    if (err != OK)
        return err;
    res->loop->note = req->note;
    char pseudonym[PRINCIPAL_PSEUDONYM_SIZE];
    Surveys__V1__CustomerContacted event = SURVEYS__V1__CUSTOMER_CONTACTED__INIT;
    principal_pseudonym("subject", res->loop->assignee_id, pseudonym);
    event.assignee_id = pseudonym;
    event.loop_id = res->loop->loop_id;
    event.invitation_id = res->loop->invitation_id;
    return loop_change_await(call, res->loop, &surveys_v1_customer_contacted_contract, &event.base,
                             &res->base);
}

enum err
surveys_record_contact(struct call *call, const Surveys__V1__RecordContactRequest *req,
                       Surveys__V1__RecordContactResponse *res)
{
    enum err err;
    do
        err = contact_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

static enum err
close_once_await(struct call *call, const Surveys__V1__CloseLoopRequest *req,
                 Surveys__V1__CloseLoopResponse *res)
{
    int to = req->is_recovered ? SURVEYS__V1__LOOP__STATE__RECOVERED
                               : SURVEYS__V1__LOOP__STATE__NOT_RECOVERED;
    enum err err = move_await(call, req->loop_id, to, &res->loop);
    if (err != OK)
        return err;
    if (req->note[0] != 0)
        res->loop->note = req->note;
    Surveys__V1__LoopClosed event = SURVEYS__V1__LOOP_CLOSED__INIT;
    event.loop_id = res->loop->loop_id;
    event.invitation_id = res->loop->invitation_id;
    event.is_recovered = req->is_recovered;
    return loop_change_await(call, res->loop, &surveys_v1_loop_closed_contract, &event.base,
                             &res->base);
}

enum err
surveys_close_loop(struct call *call, const Surveys__V1__CloseLoopRequest *req,
                   Surveys__V1__CloseLoopResponse *res)
{
    enum err err;
    do
        err = close_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

/* ---- the deadline passes ---- */

static enum err
escalate_once_await(struct call *call, const char *loop_id)
{
    Surveys__V1__Loop *loop;
    enum err err = loop_read_await(call, loop_id, &loop);
    if (err != OK || loop->state != SURVEYS__V1__LOOP__STATE__OPEN || loop->is_late)
        return err;
    loop->is_late = true;
    loop->version++;
    char pseudonym[PRINCIPAL_PSEUDONYM_SIZE];
    Surveys__V1__GetLoopResponse response = SURVEYS__V1__GET_LOOP_RESPONSE__INIT;
    Surveys__V1__LoopEscalated event = SURVEYS__V1__LOOP_ESCALATED__INIT;
    event.loop_id = loop->loop_id;
    event.invitation_id = loop->invitation_id;
    event.position = loop->owner;
    principal_pseudonym("subject", loop->assignee_id, pseudonym);
    event.assignee_id = pseudonym;
    event.contact_by = loop->contact_by;
    return loop_change_await(call, loop, &surveys_v1_loop_escalated_contract, &event.base,
                             &response.base);
}

enum err
loop_on_contact_by(struct call *call, const struct timer_due *due)
{
    enum err err;
    do
        err = escalate_once_await(call, due->aggregate_id);
    while (call_may_retry_await(call, err));
    return err;
}
