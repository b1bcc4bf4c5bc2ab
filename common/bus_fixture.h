/*
 * bus_fixture - what the tests of the bus share: a loop, a directory, a bus, callers as tasks,
 * counters
 *
 * Included by tests only, after cmocka.h.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bus_internal.h"
#include "common/clock.h"
#include "common/principal.h"
#include "common/rng.h"
#include "common/stat.h"

/* Everything a test needs; zeroed, then fixture_open. */
struct fixture {
    struct loop *loop;
    char directory[64];
    struct arena *arena;
    struct principal principal;
    struct bus *bus;
    struct bus_server *server;
    struct bus_client *client;
    struct bus_client *more_clients[2];
    /* What the server did with its requests. */
    unsigned request_count;
    unsigned attempt_max;
    struct bus_request *held; /* the last one, where the test answers by itself */
};

extern struct stat_metric *const __start_stats[];
extern struct stat_metric *const __stop_stats[];

/* The value of a counter, by name. */
static inline int64_t
counter(const char *name)
{
    for (struct stat_metric *const *stat = __start_stats; stat < __stop_stats; stat++) {
        if (strcmp((*stat)->name, name) == 0)
            return (*stat)->value;
    }
    fail_msg("no counter %s", name);
    return 0;
}

/* A counter, and what it is waited to come to. */
struct expectation {
    const char *name;
    int64_t value;
};

static inline bool
counter_has_come_to(void *context)
{
    struct expectation *expectation = context;
    return counter(expectation->name) >= expectation->value;
}

static inline void
fixture_open(struct fixture *fixture)
{
    static const uint8_t key[PRINCIPAL_KEY_SIZE] = {1, 2, 3};
    rng_init();
    principal_init_key(key);
    fixture->loop = loop_open();
    task_init(fixture->loop, 0);
    strcpy(fixture->directory, "/tmp/bus-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    fixture->arena = arena_new(ARENA_BUDGET_BYTES);
    principal_make_system("test", &fixture->principal, fixture->arena);
}

static inline bool
no_task_is_left(void *context UNUSED)
{
    return task_count() == 0;
}

static inline void
fixture_close(struct fixture *fixture)
{
    bus_client_close(&fixture->client);
    for (size_t i = 0; i < COUNT_OF(fixture->more_clients); i++)
        bus_client_close(&fixture->more_clients[i]);
    loop_run_until(fixture->loop, no_task_is_left, NULL, 5000); /* where a test failed */
    bus_server_close(&fixture->server);
    bus_close(&fixture->bus);
    task_deinit();
    loop_close(&fixture->loop);
    arena_free(&fixture->arena);
    arena_deinit();
    DIR *directory = opendir(fixture->directory);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", fixture->directory, entry->d_name);
        unlink(path);
    }
    closedir(directory);
    assert_int_equal(rmdir(fixture->directory), 0);
}

static inline struct bus *
fixture_bus(struct fixture *fixture)
{
    struct bus_options options = {
        .service = "echo", .directory = fixture->directory, .connect = "", .linger_ms = 200};
    struct fault fault;
    assert_int_equal(bus_open(fixture->loop, &options, &fixture->bus, &fault), OK);
    return fixture->bus;
}

/* Answers each request with its own body. */
static inline void
fixture_echo(void *context, struct bus_request *request)
{
    struct fixture *fixture = context;
    fixture->request_count++;
    if (request->attempt > fixture->attempt_max)
        fixture->attempt_max = request->attempt;
    struct bus_reply reply = {.body = request->body, .body_size_bytes = request->body_size_bytes};
    bus_reply(fixture->server, &request, &reply);
}

/* Keeps the request for the test to answer. */
static inline void
fixture_hold(void *context, struct bus_request *request)
{
    struct fixture *fixture = context;
    fixture->request_count++;
    assert_null(fixture->held);
    fixture->held = request;
}

static inline void
fixture_serve(struct fixture *fixture, bus_on_request *on_request)
{
    struct fault fault;
    assert_int_equal(bus_server_open(fixture->bus, on_request, fixture, &fixture->server, &fault),
                     OK);
}

static inline void
fixture_connect(struct fixture *fixture)
{
    assert_int_equal(bus_client_open(fixture->bus, "echo", &fixture->client), OK);
}

/* ---- callers ---- */

/* One call, or `repeat_count` in a row, made by a task. */
struct caller {
    struct fixture *fixture;
    struct bus_client *client; /* NULL: the fixture's */
    const char *body;
    int64_t timeout_ms;
    unsigned repeat_count; /* 0: once */
    bool may_repeat;
    unsigned ok_count;
    enum err err;
    struct fault fault;
    char details[128]; /* "name=value " of each */
    int64_t retry_after_ms;
    unsigned attempt_count;
    bool is_over;
};

static inline void
caller_run(void *context)
{
    struct caller *caller = context;
    struct fixture *fixture = caller->fixture;
    for (unsigned i = 0; i == 0 || i < caller->repeat_count; i++) {
        struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
        struct bus_question question = {
            .method = "echo.v1.EchoService/Echo",
            .body = (const uint8_t *)caller->body,
            .body_size_bytes = strlen(caller->body),
            .principal = &fixture->principal,
            .key = "",
            .traceparent = "",
            .deadline_mono_ms = clock_mono_ms() + caller->timeout_ms,
            .may_repeat = caller->may_repeat,
        };
        struct bus_answer answer;
        caller->err = bus_ask_await(caller->client != NULL ? caller->client : fixture->client,
                                    arena, &question, &answer);
        assert_int_equal(caller->err, answer.fault.code);
        if (caller->err == OK && answer.body_size_bytes == strlen(caller->body) &&
            memcmp(answer.body, caller->body, answer.body_size_bytes) == 0)
            caller->ok_count++;
        caller->fault = answer.fault;
        caller->details[0] = 0;
        for (size_t detail = 0; detail < answer.details.count; detail++) {
            size_t size = strlen(caller->details);
            snprintf(caller->details + size, sizeof caller->details - size, "%s=%s ",
                     answer.details.list[detail].name, answer.details.list[detail].value);
        }
        caller->retry_after_ms = answer.retry_after_ms;
        caller->attempt_count = answer.attempt_count;
        arena_free(&arena);
    }
    caller->is_over = true;
}

static inline void
caller_start(struct caller *caller, struct fixture *fixture, const char *body, int64_t timeout_ms)
{
    caller->fixture = fixture;
    caller->body = body;
    caller->timeout_ms = timeout_ms;
    assert_true(task_spawn(caller_run, caller));
}

static inline bool
caller_is_over(void *context)
{
    return ((struct caller *)context)->is_over;
}

/* Waits until `condition` holds, at most ten seconds. */
#define WAIT_FOR(fixture, condition, context)                                                      \
    assert_true(loop_run_until((fixture)->loop, condition, context, 10000))

static inline bool
client_is_ready(void *context)
{
    return bus_client_ready(((struct fixture *)context)->client) > 0;
}

static inline bool
client_is_unready(void *context)
{
    return bus_client_ready(((struct fixture *)context)->client) == 0;
}
