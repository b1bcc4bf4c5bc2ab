/*
 * follow - each process follows the log: wakes pulls that wait, and publishes
 *
 * While a pull waits or somebody listens to the publication, the end of the log is looked at every
 * LOOK_MS, and at once where the relay of this process has appended. Only then: a process that
 * nobody asks costs nothing.
 *
 * The publication begins where the log ends when the first subscription is seen, and goes on in
 * order without a gap. A Tick says how far it is: what lies behind it was published before it, or
 * before the subscription; what lies ahead will be. So whoever subscribes, waits for a Tick and
 * then pulls misses nothing.
 */
// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/bus_publish.h"
#include "common/clock.h"
#include "common/stat.h"
#include "common/task.h"

STAT(published, "events.event.publish", STAT_COUNTER, "", "Events published.");
STAT(waiting, "events.pull.wait", STAT_GAUGE, "", "Pulls that wait for an event.");

enum {
    LOOK_MS = 10,
    TICK_MS = 1000,
    DEADLINE_MS = 5000,
    PAGE_EVENTS = 500,
    TYPES_MAX = 256, /* whose last position is known; of others it is not */
    TYPE_SIZE = 128,
    ADDRESS_SIZE = 256,
};

#define TICK_TOPIC "events.v1.Tick"

struct waiter {
    struct task_wait wait;
    TAILQ_ENTRY(waiter) link;
};

TAILQ_HEAD(waiters, waiter);

/* Where the events of a type were published last. */
struct last_of_type {
    char type[TYPE_SIZE];
    int64_t position;
};

static struct {
    struct svc *svc;
    struct loop_timer look_timer;
    struct loop_timer tick_timer;
    struct waiters waiters;
    unsigned waiter_count;
    int64_t last_position; /* as far as is known here */
    bool is_looking;
    bool is_looking_again; /* something happened meanwhile */
    bool is_stopped;
    struct bus_publish *publish;
    char address[ADDRESS_SIZE];
    bool is_heard;      /* there are subscribers */
    bool is_publishing; /* and it is known from where on */
    int64_t epoch;
    int64_t position; /* published up to here */
    struct last_of_type lasts[TYPES_MAX];
    size_t last_count;
} follow;

/* ---- publishing ---- */

static int64_t
swap_last_of_type(const char *type, int64_t position)
{
    size_t i = 0;
    while (i < follow.last_count && strcmp(follow.lasts[i].type, type) != 0)
        i++;
    if (i == TYPES_MAX || strlen(type) >= TYPE_SIZE)
        return 0;
    int64_t before = 0;
    if (i < follow.last_count)
        before = follow.lasts[i].position;
    else
        memcpy(follow.lasts[follow.last_count++].type, type, strlen(type) + 1);
    follow.lasts[i].position = position;
    return before;
}

static void
publish_event(Events__V1__LoggedEvent *event)
{
    Events__V1__Publication publication = EVENTS__V1__PUBLICATION__INIT;
    publication.epoch = follow.epoch;
    publication.position = event->position;
    publication.previous_position = swap_last_of_type(event->type, event->position);
    publication.event = event;
    bus_publish_send(follow.publish, event->type, &publication.base);
    follow.position = event->position;
    published.value++;
}

/* From here on. */
static void
begin_publishing(const struct log_ends *ends)
{
    follow.is_publishing = true;
    follow.epoch = ends->epoch;
    follow.position = ends->last_position;
    follow.last_count = 0;
}

static bool
publish_page_await(void)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct call call;
    const struct log_wish wish = {.epoch = follow.epoch,
                                  .after = follow.position,
                                  .limit = PAGE_EVENTS,
                                  .aggregate_type = "",
                                  .aggregate_id = "",
                                  .owner_id = ""};
    struct log_page page = {.count = 0};
    svc_system_call(follow.svc, &call, arena, "", DEADLINE_MS);
    enum err err = log_read_await(&call, &wish, &page);
    /* Nobody hears it any more, or the log is another one: from its end on, when there is need. */
    if (err == ERR_OUT_OF_RANGE)
        follow.is_publishing = false;
    bool is_good = err == OK && follow.is_publishing;
    for (size_t i = 0; is_good && i < page.count; i++)
        publish_event(page.events[i]);
    arena_free(&arena);
    return is_good && page.count > 0;
}

/* ---- looking ---- */

static void
wake_all(void)
{
    struct waiter *waiter;
    while ((waiter = TAILQ_FIRST(&follow.waiters)) != NULL) {
        TAILQ_REMOVE(&follow.waiters, waiter, link);
        follow.waiter_count--;
        task_done(&waiter->wait, OK);
    }
    waiting.value = follow.waiter_count;
}

static void
take_ends(const struct log_ends *ends)
{
    bool is_longer = ends->last_position != follow.last_position;
    follow.last_position = ends->last_position;
    if (is_longer)
        wake_all();
    if (follow.is_heard && (!follow.is_publishing || follow.epoch != ends->epoch))
        begin_publishing(ends);
}

static bool
look_once_await(void)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct call call;
    struct log_ends ends;
    svc_system_call(follow.svc, &call, arena, "", DEADLINE_MS);
    enum err err = log_read_ends_await(&call, &ends);
    arena_free(&arena);
    if (err == OK)
        take_ends(&ends);
    return err == OK;
}

static void
look_await(void *context UNUSED)
{
    do {
        follow.is_looking_again = false;
        if (!look_once_await())
            break; /* the timer tries again */
        while (!follow.is_stopped && follow.is_publishing &&
               follow.position < follow.last_position && publish_page_await())
            continue;
    } while (follow.is_looking_again && !follow.is_stopped);
    follow.is_looking = false;
}

static bool
has_work(void)
{
    return follow.waiter_count > 0 || follow.is_heard;
}

void
follow_look(void)
{
    follow.is_looking_again = true;
    if (follow.is_looking || follow.is_stopped || !has_work())
        return;
    follow.is_looking = true;
    if (!task_spawn(look_await, NULL))
        follow.is_looking = false; /* too many calls at hand; the timer tries again */
}

static void
on_look_time(void *context UNUSED)
{
    if (has_work())
        follow_look();
    else
        loop_timer_stop(&follow.look_timer);
}

static void
need_looks(void)
{
    if (!uv_is_active((uv_handle_t *)&follow.look_timer.handle))
        loop_timer_start(&follow.look_timer, LOOK_MS, LOOK_MS);
}

/* ---- waiting ---- */

static void
on_timeout(struct task_wait *wait)
{
    struct waiter *waiter = container_of(wait, struct waiter, wait);
    TAILQ_REMOVE(&follow.waiters, waiter, link);
    waiting.value = --follow.waiter_count;
}

bool
follow_wait_await(int64_t after, int64_t deadline_mono_ms)
{
    if (follow.is_stopped)
        return false;
    if (follow.last_position < after)
        follow.last_position = after; /* the caller has seen it */
    else if (follow.last_position > after)
        return true;
    struct waiter waiter = {.wait.on_timeout = on_timeout};
    TAILQ_INSERT_TAIL(&follow.waiters, &waiter, link);
    waiting.value = ++follow.waiter_count;
    need_looks();
    enum err err = task_wait_await(&waiter.wait, deadline_mono_ms);
    return !follow.is_stopped && (err == OK || err == ERR_DEADLINE_EXCEEDED);
}

/* ---- who listens ---- */

static void
on_tick_time(void *context UNUSED)
{
    if (!follow.is_publishing)
        return;
    Events__V1__Publication tick = EVENTS__V1__PUBLICATION__INIT;
    tick.epoch = follow.epoch;
    tick.position = follow.position;
    bus_publish_send(follow.publish, TICK_TOPIC, &tick.base);
}

static void
on_subscribers(void *context UNUSED, bool are_there)
{
    follow.is_heard = are_there;
    follow.is_publishing = false;
    if (!are_there) {
        loop_timer_stop(&follow.tick_timer);
        return;
    }
    need_looks();
    follow_look();
    loop_timer_start(&follow.tick_timer, TICK_MS, TICK_MS);
}

const char *
follow_publication(void)
{
    bus_publish_print_address(follow.publish, follow.address, sizeof follow.address);
    return follow.address;
}

unsigned
follow_publication_port(void)
{
    return bus_publish_port(follow.publish);
}

/* ---- life ---- */

void
follow_start(struct svc *svc, const struct events_config *config)
{
    const char *listen = config->publish[0] != 0 ? config->publish : NULL;
    struct fault fault;
    follow.svc = svc;
    TAILQ_INIT(&follow.waiters);
    loop_timer_init(svc_loop(svc), &follow.look_timer, on_look_time, NULL);
    loop_timer_init(svc_loop(svc), &follow.tick_timer, on_tick_time, NULL);
    if (bus_publish_open(svc_bus(svc), listen, on_subscribers, NULL, &follow.publish, &fault) == OK)
        return;
    fprintf(stderr, "aftercare-events: AFTERCARE_EVENTS_PUBLISH: %s\n", fault.message);
    exit(2);
}

void
follow_drain(void)
{
    follow.is_stopped = true;
    loop_timer_stop(&follow.look_timer);
    loop_timer_stop(&follow.tick_timer);
    bus_publish_drain(follow.publish);
    wake_all();
}

void
follow_stop(void)
{
    bus_publish_close(&follow.publish);
    loop_timer_close(&follow.look_timer, NULL);
    loop_timer_close(&follow.tick_timer, NULL);
}
