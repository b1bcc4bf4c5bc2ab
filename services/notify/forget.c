/*
 * forget - drops what is over for long
 */
// SPDX-License-Identifier: Apache-2.0
#include "forget.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/rng.h"
#include "common/task.h"

enum {
    COUNT_MAX = 100, /* in one statement: a message may have 1,000 parts */
    PAUSE_MS = 50,
    DEADLINE_MS = 30000,
};

static const int64_t US_PER_S = 1000000;
static const int64_t DAY_S = 24 * 3600;

typedef enum err forget_function(struct call *call, int64_t before_us, unsigned count_max,
                                 unsigned *ret_count);

static struct {
    struct svc *svc;
    struct loop_timer timer;
    bool is_running;
    bool is_stopped;
} state;

/* ---- how far back ---- */

/* Where the policy's records of a case end; INT64_MIN: nowhere. */
static int64_t
end_of_records(struct call *call, const struct policy *policy, int64_t now_us)
{
    struct policy_subject subject = {0};
    (void)policy_subject_set(&policy->axes, &subject, POLICY_AXIS_DATA_CLASS, "case");
    struct policy_value retention =
        policy_read_value(call->arena, policy, POLICY_GENERAL_PRIVACY_RETENTION, &subject).value;
    if (retention.absence != POLICY_PRESENT)
        return INT64_MIN;
    struct date today = zone_date(policy->zone, divide_floor(now_us, US_PER_S));
    struct date end = date_add(today, -retention.span.months, -retention.span.days);
    return date_to_days(end) * DAY_S * US_PER_S;
}

/* ---- dropping ---- */

enum age { AGE_RECORD, AGE_DELIVERY, AGE_DAY };

/* ERR_UNAVAILABLE where there is no policy yet. */
static enum err
find_end(struct call *call, enum age age, int64_t *ret_before_us)
{
    int64_t now_us = clock_now_us();
    const struct policy *policy;
    *ret_before_us = age == AGE_DAY ? now_us - DAY_S * US_PER_S
                                    : now_us - notify_config.delivery_retention_ms * 1000;
    enum err err = age == AGE_RECORD ? notify_policy(call, &policy) : OK;
    if (err == OK && age == AGE_RECORD)
        *ret_before_us = end_of_records(call, policy, now_us);
    return err;
}

static enum err
drop_once_await(forget_function *forget, enum age age, unsigned *ret_count)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct call call;
    svc_system_call(state.svc, &call, arena, "forget", DEADLINE_MS);
    int64_t before_us;
    enum err err = find_end(&call, age, &before_us);
    *ret_count = 0;
    if (err == OK && before_us > 0)
        err = forget(&call, before_us, COUNT_MAX, ret_count);
    arena_free(&arena);
    return err;
}

static void
drop_await(forget_function *forget, enum age age, const char *what)
{
    int64_t total = 0;
    unsigned count;
    enum err err;
    do {
        err = drop_once_await(forget, age, &count);
        total += count;
        if (count == COUNT_MAX)
            task_sleep_await(PAUSE_MS);
    } while (count == COUNT_MAX && !state.is_stopped);
    if (err == ERR_UNAVAILABLE || (err == OK && total == 0))
        return;
    struct log_line *line = log_begin(err == OK ? LOG_INFO : LOG_WARN, "old rows dropped");
    log_text(line, "what", what);
    log_text(line, "outcome", err_name(err));
    log_number(line, "count", total);
    log_end(line);
}

static void
run_await(void *context UNUSED)
{
    drop_await(forget_messages_await, AGE_RECORD, "messages");
    drop_await(forget_mails_await, AGE_RECORD, "mails");
    drop_await(forget_mail_answers_await, AGE_DAY, "mail answers");
    drop_await(forget_deliveries_await, AGE_DELIVERY, "deliveries");
    state.is_running = false;
}

/* ---- begin and end ---- */

static void
on_time(void *context UNUSED)
{
    if (state.is_running || state.is_stopped)
        return;
    state.is_running = true;
    if (task_spawn(run_await, NULL))
        return;
    state.is_running = false;
    log_end(log_begin(LOG_WARN, "dropping skipped, too many calls at hand"));
}

static void
on_drain(void *context UNUSED)
{
    state.is_stopped = true;
    loop_timer_stop(&state.timer);
    loop_timer_close(&state.timer, NULL);
}

static bool
is_drained(void *context UNUSED)
{
    return !state.is_running;
}

void
forget_open(struct svc *svc)
{
    int64_t interval_ms = notify_config.forget_interval_ms;
    state.svc = svc;
    loop_timer_init(svc_loop(svc), &state.timer, on_time, NULL);
    /* Replicas start together; they need not drop together. */
    loop_timer_start(&state.timer, 1 + (int64_t)rng_below((unsigned)interval_ms), interval_ms);
    svc_on_drain(svc, on_drain, is_drained, NULL);
}
