/*
 * consumer_retry - tries parked events again for which somebody wishes it
 *
 * The holder of the lane does it, between two events of the lane: so no other event of the
 * aggregate is handled meanwhile, by anybody. The effect takes the parked row away in its own
 * statement (CONSUMER_TAKEN), which the cursor's row lets only the holder do.
 *
 * One try each. A refusal that passes leaves the wish, and the next look finds it again; any other
 * ends it, and the row says why. The lane's own events wait for that one try and no longer.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/consumer_private.h"

#include "common/stat.h"

STAT(stat_unpark, "consumer.event.unpark", STAT_COUNTER, "",
     "Parked events that were tried again by hand, and are done.");

static void
tell(const struct consumer_task *task, const struct consumer_parked *parked,
     const struct fault *fault)
{
    bool is_done = fault->code == OK;
    struct log_line *line =
        consumer_begin_line(task, parked->event, is_done ? LOG_INFO : LOG_WARN,
                            is_done ? "parked event is done" : "parked event refused again");
    if (!is_done) {
        log_text(line, "outcome", err_name(fault->code));
        log_text(line, "reason", fault->reason);
        log_text(line, "detail", fault->message);
    }
    log_end(line);
}

/* OK: it is done. Else the refusal, which is in the call, too. */
static enum err
handle_await(const struct consumer_task *task, const struct consumer_parked *parked,
             struct fault *ret_fault)
{
    struct consumer_event event = consumer_make_event(task, parked->event, parked->epoch);
    struct call call;
    event.place.is_again = true;
    consumer_begin_call(task->consumer, &call, parked->event);
    enum err err = consumer_run_await(task, &call, &event);
    if (err == OK || err == ERR_KEY_USED) /* without an effect the row is still there */
        err = consumer_unpark_await(&call, &event);
    *ret_fault = call.fault;
    ret_fault->code = err;
    if (err != OK && !err_may_pass(err) &&
        consumer_park_again_await(&call, &event, ret_fault) != OK)
        ret_fault->code = ERR_UNAVAILABLE; /* the wish is still there */
    arena_free(&call.arena);
    return ret_fault->code;
}

void
consumer_retry_await(struct consumer_task *task)
{
    struct consumer *consumer = task->consumer;
    struct consumer_parked_list wishes = {0};
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct call call;
    consumer->lanes[task->lane].has_wish = false;
    svc_system_call(consumer->svc, &call, arena, "consumer", CONSUMER_STATEMENT_MS);
    if (consumer_list_wishes_await(consumer, &call, task->lane, &wishes) != OK)
        wishes.count = 0; /* the next look finds them again */
    for (size_t i = 0; i < wishes.count && consumer_is_ours(task); i++) {
        struct fault fault = {0};
        if (wishes.list[i].event == NULL)
            continue;
        enum err err = handle_await(task, &wishes.list[i], &fault);
        tell(task, &wishes.list[i], &fault);
        if (err == OK)
            stat_unpark.value++;
        else if (err_may_pass(err))
            break;
    }
    arena_free(&arena);
}
