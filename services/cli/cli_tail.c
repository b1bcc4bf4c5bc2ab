/*
 * cli_tail - aftercare tail: prints events as they come
 *
 * One task pulls, with a wait at the end of the log, and prints what comes; the bus finds a replica
 * and, when that is lost, another. What passes by itself (no replica, a replica lost, too many
 * calls) is waited out; anything else ends it.
 *
 * Lines are flushed before the place is kept: after a kill some come twice, none is lost. One
 * loop, one thread.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_tail.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "common/bus.h"
#include "common/clock.h"
#include "common/cloudevent.h"
#include "common/log.h"
#include "common/message.h"
#include "common/rng.h"
#include "common/task.h"
#include "events/v1/events.contract.h"

enum {
    PAGE_EVENTS = 1000,
    WAIT_MS = 20000,
    DEADLINE_MS = 30000,
    SHORT_DEADLINE_MS = 5000,
    PAUSE_MIN_MS = 100,
    PAUSE_MAX_MS = 2000,
    SAVE_MS = 5000, /* how often the place is kept while only others' events come */
    END_LIMIT_MS = 5000,
};

struct tail {
    struct cli_tail_words words;
    struct loop *loop;
    struct bus *bus;
    struct bus_client *client;
    uv_signal_t on_interrupt;
    uv_signal_t on_terminate;
    struct cli_place place;
    struct cli_place saved;
    int64_t save_mono_ms;
    struct buf out;
    int64_t pause_ms; /* before the next try; 0: all is well */
    bool is_stopping;
    bool is_over;
    int status;
};

/* ---- lines ---- */

/* Texts of the log are printed without what a terminal would obey. */
static void
add_plain(struct buf *out, const char *text)
{
    for (; *text != 0; text++)
        buf_add_char(out, (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

void
cli_tail_add_line(struct buf *out, int64_t epoch, const Events__V1__LoggedEvent *event,
                  bool is_json)
{
    char sequence[CLOUDEVENT_SEQUENCE_SIZE], time[CLOCK_TEXT_SIZE];
    if (is_json) {
        cloudevent_write(out, epoch, event);
        buf_add_char(out, '\n');
        return;
    }
    cloudevent_print_sequence(epoch, event->position, sequence);
    clock_print_us(message_get_time(event->event_time), time);
    buf_printf(out, "%s  %s  ", sequence, time);
    add_plain(out, event->type);
    buf_add_text(out, "  ");
    add_plain(out, event->aggregate_type);
    buf_add_char(out, '/');
    add_plain(out, event->aggregate_id);
    buf_printf(out, "  v%" PRId64, event->aggregate_version);
    if (event->unit_serial[0] != 0) {
        buf_add_text(out, "  unit ");
        add_plain(out, event->unit_serial);
    }
    buf_add_char(out, '\n');
}

static bool
print_lines(struct tail *tail, const Events__V1__PullEventsResponse *res)
{
    if (res->n_events == 0)
        return true;
    buf_clear(&tail->out);
    for (size_t i = 0; i < res->n_events; i++)
        cli_tail_add_line(&tail->out, res->epoch, res->events[i], tail->words.is_json);
    if (fwrite(tail->out.bytes, 1, tail->out.size_bytes, stdout) == tail->out.size_bytes &&
        fflush(stdout) == 0)
        return true;
    fprintf(stderr, "aftercare: cannot write the events: %s\n", strerror(errno));
    return false;
}

/* ---- the place ---- */

static bool
save_place(struct tail *tail)
{
    if (tail->words.state_path == NULL || tail->place.epoch == 0 ||
        (tail->saved.epoch == tail->place.epoch && tail->saved.position == tail->place.position))
        return true;
    tail->saved = tail->place;
    tail->save_mono_ms = clock_mono_ms();
    return cli_place_save(tail->words.state_path, &tail->place);
}

static bool
move_on(struct tail *tail, const Events__V1__PullEventsResponse *res)
{
    tail->place = (struct cli_place){res->epoch, res->next_after};
    bool is_due = res->n_events > 0 || clock_mono_ms() - tail->save_mono_ms >= SAVE_MS;
    return !is_due || save_place(tail);
}

/* ---- asking ---- */

static void
tell_refusal(const struct bus_answer *answer)
{
    fprintf(stderr, "aftercare: %s (%s)", answer->fault.message, answer->fault.reason);
    if (answer->fault.field[0] != 0)
        fprintf(stderr, " field=%s", answer->fault.field);
    for (size_t i = 0; i < answer->details.count; i++)
        fprintf(stderr, " %s=%s", answer->details.list[i].name, answer->details.list[i].value);
    fprintf(stderr, "\n");
}

static void
end(struct tail *tail, int status)
{
    tail->status = status;
    tail->is_stopping = true;
}

/* Waits longer from try to try, and says so once. */
static void
pause_await(struct tail *tail, const struct bus_answer *answer)
{
    if (tail->pause_ms == 0)
        fprintf(stderr, "aftercare: waiting for the events daemon: %s (%s)\n",
                answer->fault.message, answer->fault.reason);
    tail->pause_ms = tail->pause_ms == 0 ? PAUSE_MIN_MS : 2 * tail->pause_ms;
    if (tail->pause_ms > PAUSE_MAX_MS)
        tail->pause_ms = PAUSE_MAX_MS;
    task_sleep_await(tail->pause_ms);
}

/* The answer in the arena; NULL: there is none, and it is over or tried again. */
static const ProtobufCMessage *
ask_await(struct tail *tail, struct arena *arena, const struct contract_method *method,
          const ProtobufCMessage *req, int64_t deadline_ms)
{
    size_t size_bytes = protobuf_c_message_get_packed_size(req);
    uint8_t *body = arena_alloc(arena, size_bytes + 1);
    protobuf_c_message_pack(req, body);
    const struct bus_question question = {
        .method = method->name,
        .body = body,
        .body_size_bytes = size_bytes,
        .token = tail->words.token,
        .key = "",
        .traceparent = "",
        .deadline_mono_ms = clock_mono_ms() + deadline_ms,
        .may_repeat = true,
    };
    struct bus_answer answer;
    enum err err = bus_ask_await(tail->client, arena, &question, &answer);
    ProtobufCMessage *res = NULL;
    if (err == OK)
        err = contract_read(arena, method->response, answer.body, answer.body_size_bytes, false,
                            &res, &answer.fault);
    if (tail->is_stopping)
        return NULL;
    if (err == OK) {
        if (tail->pause_ms > 0)
            fprintf(stderr, "aftercare: the events daemon is back\n");
        tail->pause_ms = 0;
        return res;
    }
    if (err_may_pass(err)) {
        pause_await(tail, &answer);
        return NULL;
    }
    tell_refusal(&answer);
    end(tail, err == ERR_OUT_OF_RANGE ? CLI_TAIL_RESYNC : CLI_TAIL_REFUSED);
    return NULL;
}

/* ---- the two questions ---- */

/* Where it begins, if nothing said so: at the log's end. */
static void
find_end_await(struct tail *tail)
{
    Events__V1__GetStreamRequest req = EVENTS__V1__GET_STREAM_REQUEST__INIT;
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    const Events__V1__GetStreamResponse *res = (const Events__V1__GetStreamResponse *)ask_await(
        tail, arena, &events_v1_get_stream_method, &req.base, SHORT_DEADLINE_MS);
    if (res != NULL)
        tail->place = (struct cli_place){res->epoch, res->last_position};
    if (res != NULL && !save_place(tail))
        end(tail, CLI_TAIL_WRONG);
    arena_free(&arena);
}

static void
pull_await(struct tail *tail)
{
    Events__V1__PullEventsRequest req = EVENTS__V1__PULL_EVENTS_REQUEST__INIT;
    req.epoch = tail->place.epoch;
    req.after = tail->place.position;
    req.limit = PAGE_EVENTS;
    req.types = (char **)tail->words.types;
    req.n_types = tail->words.type_count;
    req.aggregate = (char *)tail->words.aggregate;
    req.wait_ms = tail->words.is_ending ? 0 : WAIT_MS;
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    const Events__V1__PullEventsResponse *res = (const Events__V1__PullEventsResponse *)ask_await(
        tail, arena, &events_v1_pull_events_method, &req.base, DEADLINE_MS);
    if (res != NULL) {
        if (!print_lines(tail, res) || !move_on(tail, res))
            end(tail, CLI_TAIL_WRONG);
        else if (tail->words.is_ending && res->next_after >= res->last_position)
            end(tail, CLI_TAIL_ENDED);
    }
    arena_free(&arena);
}

static void
run_await(void *context)
{
    struct tail *tail = context;
    bool has_place = tail->words.is_after_said || tail->place.epoch != 0;
    while (!tail->is_stopping && !has_place) {
        find_end_await(tail);
        has_place = tail->place.epoch != 0;
    }
    while (!tail->is_stopping)
        pull_await(tail);
    if (tail->status == CLI_TAIL_ENDED && !save_place(tail))
        tail->status = CLI_TAIL_WRONG;
    tail->is_over = true;
    loop_stop(tail->loop);
}

/* ---- life ---- */

static void
on_signal(uv_signal_t *handle, int number UNUSED)
{
    struct tail *tail = handle->data;
    tail->is_stopping = true;
    bus_client_close(&tail->client); /* ends the question at hand */
}

static void
watch(struct tail *tail, uv_signal_t *handle, int number)
{
    uv_signal_init(loop_uv(tail->loop), handle);
    handle->data = tail;
    uv_signal_start(handle, on_signal, number);
}

static bool
open_bus(struct tail *tail)
{
    const struct bus_options options = {
        .service = "tail",
        .directory = tail->words.bus_dir,
        .connect = tail->words.connect,
        .curve_dir = tail->words.curve_dir,
    };
    struct fault fault;
    if (bus_open(tail->loop, &options, &tail->bus, &fault) == OK &&
        bus_client_open(tail->bus, "events", &tail->client) == OK)
        return true;
    fprintf(stderr, "aftercare: %s\n", fault.message);
    return false;
}

static bool
no_task_is_left(void *context UNUSED)
{
    return task_count() == 0;
}

static void
run(struct tail *tail)
{
    watch(tail, &tail->on_interrupt, SIGINT);
    watch(tail, &tail->on_terminate, SIGTERM);
    CHECK(task_spawn(run_await, tail));
    while (!tail->is_over)
        loop_run(tail->loop);
    loop_run_until(tail->loop, no_task_is_left, NULL, END_LIMIT_MS);
    uv_close((uv_handle_t *)&tail->on_interrupt, NULL);
    uv_close((uv_handle_t *)&tail->on_terminate, NULL);
}

static int
follow(struct tail *tail)
{
    clock_init();
    rng_init();
    log_init("tail", LOG_ERROR);
    tail->loop = loop_open();
    task_init(tail->loop, 0);
    if (open_bus(tail))
        run(tail);
    else
        tail->status = CLI_TAIL_WRONG;
    if (tail->client != NULL)
        bus_client_close(&tail->client);
    bus_close(&tail->bus);
    task_deinit();
    log_deinit();
    loop_close(&tail->loop);
    buf_free(&tail->out);
    arena_deinit();
    clock_deinit();
    return tail->status;
}

int
cli_tail(int argc, char **argv)
{
    static struct tail tail;
    if (!cli_tail_read_words(argc, argv, &tail.words))
        return CLI_TAIL_WRONG;
    if (tail.words.is_help) {
        cli_tail_print_help();
        return CLI_TAIL_ENDED;
    }
    tail.place = tail.words.after;
    if (tail.words.state_path != NULL &&
        cli_place_load(tail.words.state_path, &tail.place) == CLI_PLACE_BAD)
        return CLI_TAIL_WRONG;
    tail.saved = tail.place;
    return follow(&tail);
}
