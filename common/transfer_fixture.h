/*
 * transfer_fixture - what the tests of outgoing connections share: a loop, tasks, a transfer, an
 * HTTP server that holds what comes, and names that resolve as a test wants
 *
 * The server listens on all addresses of this machine, so each of 127.0.0.0/8 is a host. "/now" is
 * answered at once; everything else when the test replies. A name that ends in ".test" is
 * 127.0.0.1; "hang.test" does not resolve until fixture_release. Included by tests only.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/test.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/http.h"
#include "common/log.h"
#include "common/task.h"
#include "common/transfer.h"

enum { FIXTURE_LIMIT_MS = 10000, FIXTURE_HELD_MAX = 64 };

static struct loop *loop;
static struct transfer *transfer;
static struct http_server *server;
static struct http_request *held[FIXTURE_HELD_MAX];
static unsigned held_count, gone_count;

/* ---- names ---- */

static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t names_released = PTHREAD_COND_INITIALIZER;
static bool are_names_held;

static inline void
fixture_release(void)
{
    pthread_mutex_lock(&names_lock);
    are_names_held = false;
    pthread_cond_broadcast(&names_released);
    pthread_mutex_unlock(&names_lock);
}

/* The system's, but for names that end in ".test": the program's own comes before the library's. */
int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
            struct addrinfo **ret_list)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    size_t size = name != NULL ? strlen(name) : 0;
    if (size < 5 || strcmp(name + size - 5, ".test") != 0)
        return real(name, service, hints, ret_list);
    pthread_mutex_lock(&names_lock);
    while (strcmp(name, "hang.test") == 0 && are_names_held)
        pthread_cond_wait(&names_released, &names_lock);
    pthread_mutex_unlock(&names_lock);
    return real("127.0.0.1", service, hints, ret_list);
}

/* ---- the server ---- */

static inline void
on_gone(void *context UNUSED)
{
    gone_count++;
}

static inline void
on_request(void *context UNUSED, struct http_request *request)
{
    if (strcmp(http_path(request), "/now") == 0) {
        http_reply(&request, 200, NULL, "now", 3);
        return;
    }
    assert_true(held_count < FIXTURE_HELD_MAX);
    http_on_gone(request, on_gone, NULL);
    held[held_count++] = request;
}

static inline void
fixture_reply(unsigned i, unsigned status, const struct http_header *headers, const char *body)
{
    assert_true(i < held_count && held[i] != NULL);
    http_reply(&held[i], status, headers, body, strlen(body));
}

static inline void
fixture_reply_all(void)
{
    for (unsigned i = 0; i < held_count; i++) {
        if (held[i] != NULL)
            fixture_reply(i, 200, NULL, "late");
    }
}

/* ---- waiting ---- */

static inline bool
is_over(void *context)
{
    return *(bool *)context;
}

static inline bool
is_held(void *context)
{
    return held_count >= *(unsigned *)context;
}

static inline void
expect_held(unsigned count)
{
    assert_true(loop_run_until(loop, is_held, &count, FIXTURE_LIMIT_MS));
}

static inline bool
is_quiet(void *context UNUSED)
{
    return task_count() == 0;
}

static inline void
expect_quiet(void)
{
    assert_true(loop_run_until(loop, is_quiet, NULL, FIXTURE_LIMIT_MS));
}

/* The loop does nothing until then, as under load; threads go on. */
static inline void
fixture_lag(int64_t until_mono_ms)
{
    while (clock_mono_ms() <= until_mono_ms)
        usleep(1000);
}

/* ---- life ---- */

static inline void
fixture_open(const struct transfer_options *options)
{
    const struct http_options http = {.listen = "0.0.0.0:0",
                                      .connections_max = 100,
                                      .header_bytes_max = 4096,
                                      .body_bytes_max = 100000,
                                      .request_timeout_ms = 10000,
                                      .idle_timeout_ms = 10000};
    struct fault fault;
    held_count = gone_count = 0;
    are_names_held = true;
    loop = loop_open();
    task_init(loop, 100);
    assert_int_equal(http_server_open(loop, &http, on_request, NULL, &server, &fault), OK);
    transfer = transfer_open(loop, options);
}

static inline void
fixture_close(void)
{
    fixture_release();
    fixture_reply_all();
    expect_quiet();
    transfer_close(&transfer);
    http_server_close(&server);
    task_deinit();
    loop_close(&loop);
    arena_deinit();
}
