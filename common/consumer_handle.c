/*
 * consumer_handle - one event of a lane: the handler, repeats, parking
 *
 * After each refusal that leaves open whether the effect is there, the lane's row is read: it says
 * so, and whose the lane is. So no answer of the database that was lost makes an effect happen
 * twice or not at all.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/consumer_private.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/rng.h"
#include "common/stat.h"

STAT(stat_handle, "consumer.event.handle", STAT_COUNTER, "", "Events whose handler is done.");
STAT(stat_repeat, "consumer.event.repeat", STAT_COUNTER, "", "Times a handler was run again.");
STAT(stat_park, "consumer.event.park", STAT_COUNTER, "",
     "Events that this process put aside because their handler refused them.");
STAT(stat_delay, "consumer.event.delay", STAT_HISTOGRAM_US, "seconds",
     "Time between an event's place in the log and its effect.");

enum {
    HANDLER_MS = 10000,
    REPEAT_MAX = 3, /* tries after the first, where a refusal does not pass by itself */
    PASSING_MIN_MS = 50,
    PASSING_MAX_MS = 5000,
    TRACE_LENGTH = 32,
};

static const int64_t repeat_pauses_ms[REPEAT_MAX] = {200, 1000, 5000};

int
consumer_compare(struct consumer_point a, struct consumer_point b)
{
    if (a.epoch != b.epoch)
        return a.epoch < b.epoch ? -1 : 1;
    return (a.position > b.position) - (a.position < b.position);
}

const struct consumer_kind *
consumer_find_kind(const struct consumer_kind *kinds, const char *type)
{
    for (const struct consumer_kind *kind = kinds; kind->handler != NULL; kind++)
        if (kind->event == NULL || strcmp(kind->event->descriptor->name, type) == 0)
            return kind;
    return NULL;
}

int64_t
consumer_pause_ms(bool is_passing, unsigned attempt)
{
    if (!is_passing)
        return attempt <= REPEAT_MAX ? repeat_pauses_ms[attempt - 1] : -1;
    int64_t pause_ms = PASSING_MIN_MS;
    for (unsigned i = 1; i < attempt && pause_ms < PASSING_MAX_MS; i++)
        pause_ms *= 2;
    return pause_ms < PASSING_MAX_MS ? pause_ms : PASSING_MAX_MS;
}

bool
consumer_is_ours(const struct consumer_task *task)
{
    const struct consumer_lane *lane = &task->consumer->lanes[task->lane];
    return lane->is_held && lane->tenure == task->tenure && !task->consumer->is_draining;
}

/* ---- one try ---- */

void
consumer_begin_call(const struct consumer *consumer, struct call *call,
                    const Events__V1__LoggedEvent *event)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    char key[CALL_KEY_SIZE];
    snprintf(key, sizeof key, "event:%s:%s", consumer->options.name, event->event_id);
    svc_system_call(consumer->svc, call, arena, key, HANDLER_MS);
    if (strlen(event->trace) == TRACE_LENGTH) /* "00-<trace>-<span>-01": the span stays */
        memcpy(call->traceparent + 3, event->trace, TRACE_LENGTH);
}

static enum err
take_payload(struct call *call, const struct consumer_kind *kind, struct consumer_event *event)
{
    const ProtobufCBinaryData *bytes = &event->envelope->payload;
    ProtobufCMessage *message;
    if (kind->event == NULL)
        return OK;
    if (contract_read(call->arena, kind->event, bytes->data, bytes->len, false, &message,
                      &call->fault) != OK)
        return call_fail(call, ERR_DATA_LOSS, "EVENT_UNREADABLE",
                         "the event cannot be read by this version of the service");
    event->payload = message;
    return OK;
}

/* What came of a try, after a look at the lane's row where the outcome leaves that open. */
enum outcome { DONE, REFUSED, LOST };

static enum outcome
judge_await(const struct consumer_task *task, const struct consumer_event *event, enum err err)
{
    if (err == OK || err == ERR_KEY_USED)
        return DONE;
    if (!err_may_pass(err))
        return REFUSED;
    struct call call;
    struct consumer_point point;
    const struct consumer_point wanted = {event->place.epoch, event->place.position};
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    svc_system_call(task->consumer->svc, &call, arena, "consumer", CONSUMER_STATEMENT_MS);
    enum err read_err = consumer_read_lane_await(task->consumer, &call, task->lane, &point);
    arena_free(&arena);
    if (read_err == ERR_ABORTED)
        return LOST;
    return read_err == OK && consumer_compare(point, wanted) >= 0 ? DONE : REFUSED;
}

struct consumer_event
consumer_make_event(const struct consumer_task *task, const Events__V1__LoggedEvent *envelope,
                    int64_t epoch)
{
    const struct consumer *consumer = task->consumer;
    struct consumer_event event = {
        .envelope = envelope,
        .event_time_us = message_get_time(envelope->event_time),
        .place = {.name = consumer->options.name,
                  .holder = consumer->holder,
                  .lane = (int)task->lane,
                  .epoch = epoch,
                  .position = envelope->position},
    };
    if (!uuid_parse(envelope->event_id, &event.event_id))
        memset(&event.event_id, 0, sizeof event.event_id); /* the contract says it is one */
    return event;
}

enum err
consumer_run_await(const struct consumer_task *task, struct call *call,
                   struct consumer_event *event)
{
    const struct consumer_kind *kind =
        consumer_find_kind(task->consumer->options.kinds, event->envelope->type);
    if (kind == NULL)
        return OK;
    enum err err = take_payload(call, kind, event);
    return err == OK ? kind->handler(call, event) : err;
}

/* Runs the handler once; `park` instead puts the event aside for `ret_fault`. */
static enum outcome
try_await(const struct consumer_task *task, const Events__V1__LoggedEvent *envelope, int64_t epoch,
          unsigned park_attempts, struct fault *ret_fault)
{
    struct consumer_event event = consumer_make_event(task, envelope, epoch);
    struct call call;
    consumer_begin_call(task->consumer, &call, envelope);
    enum err err = park_attempts > 0 ? consumer_park_await(&call, &event, ret_fault, park_attempts)
                                     : consumer_run_await(task, &call, &event);
    enum outcome outcome = judge_await(task, &event, err);
    if (outcome == REFUSED) {
        *ret_fault = call.fault;
        ret_fault->code = err;
    }
    arena_free(&call.arena);
    return outcome;
}

/* ---- repeats ---- */

struct log_line *
consumer_begin_line(const struct consumer_task *task, const Events__V1__LoggedEvent *event,
                    enum log_level level, const char *message)
{
    struct log_line *line = log_begin(level, message);
    log_text(line, "consumer", task->consumer->options.name);
    log_text(line, "type", event->type);
    log_text(line, "aggregate_id", event->aggregate_id);
    log_text(line, "event_id", event->event_id);
    log_number(line, "position", event->position);
    return line;
}

static void
tell(const struct consumer_task *task, const Events__V1__LoggedEvent *event,
     const struct fault *fault, unsigned attempt, const char *what)
{
    bool is_parked = attempt == 0;
    struct log_line *line =
        consumer_begin_line(task, event, is_parked ? LOG_ERROR : LOG_WARN, what);
    if (!is_parked)
        log_number(line, "attempt", attempt);
    log_text(line, "outcome", err_name(fault->code));
    log_text(line, "reason", fault->reason);
    log_text(line, "detail", fault->message);
    log_end(line);
    snprintf(task->consumer->trouble, sizeof task->consumer->trouble, "%s %s: %.120s", event->type,
             fault->reason, fault->message);
}

/* Sleeps in pieces, so that a drain need not wait for the pause. */
static void
pause_await(const struct consumer_task *task, int64_t pause_ms)
{
    int64_t end_mono_ms = clock_mono_ms() + pause_ms;
    for (int64_t left_ms; consumer_is_ours(task) && (left_ms = end_mono_ms - clock_mono_ms()) > 0;)
        task_sleep_await(left_ms < 100 ? left_ms : 100);
}

/* True: parked; false: the lane is not ours any more. */
static bool
park_await(struct consumer_task *task, const Events__V1__LoggedEvent *event, int64_t epoch,
           unsigned attempts, const struct fault *fault)
{
    for (unsigned attempt = 1; consumer_is_ours(task); attempt++) {
        struct fault refused = *fault;
        enum outcome outcome = try_await(task, event, epoch, attempts, &refused);
        if (outcome == DONE) {
            stat_park.value++;
            task->consumer->parked_count++;
            tell(task, event, fault, 0, "event parked");
            return true;
        }
        if (outcome == LOST)
            break;
        tell(task, event, &refused, attempt, "event not parked");
        pause_await(task, consumer_pause_ms(true, attempt));
    }
    return false;
}

static void
note_done(const Events__V1__LoggedEvent *event)
{
    int64_t delay_us = clock_real_ms() * 1000 - message_get_time(event->append_time);
    stat_handle.value++;
    stat_observe_us(&stat_delay, delay_us > 0 ? delay_us : 0);
}

bool
consumer_handle_await(struct consumer_task *task, const Events__V1__LoggedEvent *event,
                      int64_t epoch)
{
    unsigned passed_count = 0, refused_count = 0;
    while (consumer_is_ours(task)) {
        struct fault fault = {0};
        enum outcome outcome = try_await(task, event, epoch, 0, &fault);
        if (outcome == LOST) {
            consumer_lose(task->consumer, task->lane);
            return false;
        }
        if (outcome == DONE) {
            note_done(event);
            if (passed_count + refused_count > 0)
                task->consumer->trouble[0] = 0;
            return true;
        }
        bool is_passing = err_may_pass(fault.code);
        unsigned attempt = is_passing ? ++passed_count : ++refused_count;
        int64_t pause_ms = consumer_pause_ms(is_passing, attempt);
        stat_repeat.value++;
        tell(task, event, &fault, attempt, "event refused by its handler");
        if (task->on_trouble != NULL)
            task->on_trouble(task);
        if (pause_ms < 0)
            return park_await(task, event, epoch, attempt, &fault);
        pause_await(task, pause_ms);
    }
    return false;
}
