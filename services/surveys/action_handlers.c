/*
 * action_handlers - corrective actions: opening, planning, doing, and looking at their effect
 */
// SPDX-License-Identifier: Apache-2.0
#include "action.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "surveys/v1/surveys.dispatch.h"

static const int64_t no_timers[2] = {0, 0};

static enum err
read_await(struct call *call, const char *action_id, struct action *ret_action)
{
    enum err err = action_read_await(call, action_id, ret_action);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, ERR_NOT_FOUND, "ACTION_MISSING", "action \"%s\" is not known",
                         action_id);
    return err;
}

static enum err
check_dates(struct call *call, const char *field, const Common__V1__Date *due,
            const Common__V1__Date *check)
{
    struct date due_date = message_get_date(due);
    struct date check_date = message_get_date(check);
    if (!date_is_absent(due_date) && !date_is_absent(check_date) &&
        date_compare(check_date, due_date) < 0)
        return call_fail_field(call, field, "CHECK_TOO_EARLY",
                               "%s: the effect is looked at before it is due", field);
    return OK;
}

enum err
surveys_create_action(struct call *call, const Surveys__V1__CreateActionRequest *req,
                      Surveys__V1__CreateActionResponse *res)
{
    enum err err =
        check_dates(call, "action.check_date", req->action->due_date, req->action->check_date);
    if (err != OK)
        return err;
    struct uuid id = uuid_make();
    res->action = arena_copy(call->arena, req->action, sizeof *req->action);
    res->action->action_id = message_uuid(call->arena, &id);
    res->action->state = SURVEYS__V1__ACTION__STATE__OPEN;
    res->action->create_time = message_time(call->arena, clock_now_us());
    res->action->version = 1;
    return action_create_await(call, res->action, &res->base);
}

enum err
surveys_get_action(struct call *call, const Surveys__V1__GetActionRequest *req,
                   Surveys__V1__GetActionResponse *res)
{
    struct action action;
    enum err err = read_await(call, req->action_id, &action);
    if (err == OK)
        res->action = action.message;
    return err;
}

enum err
surveys_list_actions(struct call *call, const Surveys__V1__ListActionsRequest *req,
                     Surveys__V1__ListActionsResponse *res)
{
    struct page page;
    enum err err = action_list_await(call, req, &page);
    if (err != OK)
        return err;
    res->actions = (Surveys__V1__Action **)page.messages;
    res->n_actions = page.count;
    if (page.has_more) {
        const Surveys__V1__Action *last = res->actions[page.count - 1];
        char day[DATE_TEXT_SIZE] = "9999-12-31";
        if (last->due_date != NULL)
            date_print(message_get_date(last->due_date), day);
        const char *parts[] = {day, last->action_id};
        res->next_page_token = (char *)page_token_make(call->arena, parts, COUNT_OF(parts));
    }
    return OK;
}

/* Reads it and moves it by the method at hand. */
static enum err
move_await(struct call *call, const char *action_id, int to, struct action *ret_action)
{
    enum err err = read_await(call, action_id, ret_action);
    if (err != OK)
        return err;
    int state = (int)ret_action->message->state;
    err = call_move_to(call, &surveys_v1_action_state_machine, "ACTION_STATE", to, &state);
    ret_action->message->state = state;
    ret_action->message->version++;
    return err;
}

/* When a day is over, in the policy's zone. */
static int64_t
day_end(struct arena *arena, const struct policy *policy, const Common__V1__Date *day)
{
    return surveys_day_begin(policy, message_date(arena, date_add(message_get_date(day), 0, 1)));
}

static enum err
plan_once_await(struct call *call, const Surveys__V1__PlanActionRequest *req,
                Surveys__V1__PlanActionResponse *res)
{
    struct action action;
    const struct policy *policy;
    enum err err = move_await(call, req->action_id, SURVEYS__V1__ACTION__STATE__PLANNED, &action);
    if (err == OK)
        err = surveys_policy(call, &policy);
    if (err != OK)
        return err;
    res->action = action.message;
    res->action->plan = req->plan;
    res->action->owner_id = req->owner_id;
    res->action->due_date = req->due_date;
    res->action->check_date = req->check_date;
    res->action->is_late = false;
    const int64_t timers_us[2] = {day_end(call->arena, policy, req->due_date),
                                  day_end(call->arena, policy, req->check_date)};
    Surveys__V1__ActionPlanned event = SURVEYS__V1__ACTION_PLANNED__INIT;
    event.action_id = res->action->action_id;
    event.due_date = req->due_date;
    event.check_date = req->check_date;
    return action_change_await(call, &action, timers_us, &surveys_v1_action_planned_contract,
                               &event.base, &res->base);
}

enum err
surveys_plan_action(struct call *call, const Surveys__V1__PlanActionRequest *req,
                    Surveys__V1__PlanActionResponse *res)
{
    enum err err = check_dates(call, "check_date", req->due_date, req->check_date);
    if (err != OK)
        return err;
    do
        err = plan_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

static enum err
complete_once_await(struct call *call, const Surveys__V1__CompleteActionRequest *req,
                    Surveys__V1__CompleteActionResponse *res)
{
    struct action action;
    enum err err = move_await(call, req->action_id, SURVEYS__V1__ACTION__STATE__DONE, &action);
    if (err != OK)
        return err;
    action.done_by_id = call_subject(call);
    res->action = action.message;
    res->action->is_late = false;
    Surveys__V1__ActionCompleted event = SURVEYS__V1__ACTION_COMPLETED__INIT;
    event.action_id = res->action->action_id;
    return action_change_await(call, &action, no_timers, &surveys_v1_action_completed_contract,
                               &event.base, &res->base);
}

enum err
surveys_complete_action(struct call *call, const Surveys__V1__CompleteActionRequest *req,
                        Surveys__V1__CompleteActionResponse *res)
{
    enum err err;
    do
        err = complete_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

/* What had no effect begins anew, without its days. */
static enum err
verify_once_await(struct call *call, const Surveys__V1__VerifyActionRequest *req,
                  Surveys__V1__VerifyActionResponse *res)
{
    struct action action;
    int to = req->is_effective ? SURVEYS__V1__ACTION__STATE__EFFECTIVE
                               : SURVEYS__V1__ACTION__STATE__OPEN;
    enum err err = move_await(call, req->action_id, to, &action);
    if (err != OK)
        return err;
    if (strcmp(action.done_by_id, call_subject(call)) == 0 ||
        strcmp(action.message->owner_id, call_subject(call)) == 0)
        return call_fail(call, ERR_PERMISSION_DENIED, "VERIFIER_DID_IT",
                         "its effect is looked at by another person than who did it");
    res->action = action.message;
    res->action->finding = req->finding;
    res->action->is_late = false;
    if (!req->is_effective) {
        action.done_by_id = "";
        res->action->due_date = NULL;
        res->action->check_date = NULL;
    }
    Surveys__V1__ActionVerified event = SURVEYS__V1__ACTION_VERIFIED__INIT;
    event.action_id = res->action->action_id;
    event.is_effective = req->is_effective;
    return action_change_await(call, &action, no_timers, &surveys_v1_action_verified_contract,
                               &event.base, &res->base);
}

enum err
surveys_verify_action(struct call *call, const Surveys__V1__VerifyActionRequest *req,
                      Surveys__V1__VerifyActionResponse *res)
{
    enum err err;
    do
        err = verify_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

/* ---- a day passes ---- */

/* The day by which its next step had to come is over. */
static bool
is_missed(struct arena *arena, const struct policy *policy, const Surveys__V1__Action *action)
{
    const Common__V1__Date *day = NULL;
    if (action->state == SURVEYS__V1__ACTION__STATE__PLANNED)
        day = action->due_date;
    if (action->state == SURVEYS__V1__ACTION__STATE__DONE)
        day = action->check_date;
    return day != NULL && !action->is_late && clock_now_us() >= day_end(arena, policy, day);
}

static enum err
miss_once_await(struct call *call, const char *action_id)
{
    struct action action;
    const struct policy *policy;
    enum err err = action_read_await(call, action_id, &action);
    if (err == OK)
        err = surveys_policy(call, &policy);
    if (err != OK || !is_missed(call->arena, policy, action.message))
        return err;
    action.message->is_late = true;
    action.message->version++;
    Surveys__V1__GetActionResponse response = SURVEYS__V1__GET_ACTION_RESPONSE__INIT;
    Surveys__V1__ActionMissed event = SURVEYS__V1__ACTION_MISSED__INIT;
    event.action_id = action.message->action_id;
    return action_change_await(call, &action, no_timers, &surveys_v1_action_missed_contract,
                               &event.base, &response.base);
}

enum err
action_on_date(struct call *call, const struct timer_due *due)
{
    enum err err;
    do
        err = miss_once_await(call, due->aggregate_id);
    while (call_may_retry_await(call, err));
    return err;
}
