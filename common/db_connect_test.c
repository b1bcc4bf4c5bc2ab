/*
 * db_connect_test - servers that are only starting up, silent, or gone in the midst of it
 *
 * The server is a socket of this process that answers by hand, in PostgreSQL's protocol as far as
 * it gets: a startup packet in, one error or nothing out.
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/db.h"
#include "common/log.h"
#include "common/rng.h"
#include "common/stat.h"
#include "common/task.h"

enum { CLIENTS_MAX = 64, LIMIT_MS = 20000 };

static const char starting[] = "SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0";

struct client {
    uv_pipe_t pipe;
    char bytes[1024];
};

struct server {
    uv_pipe_t pipe;
    const char *error; /* fields of an ErrorResponse; NULL: says nothing */
    size_t error_size_bytes;
    bool is_closing_at_once;
    struct client clients[CLIENTS_MAX];
    int client_count;
};

static struct server server;
static struct loop *loop;
static struct db *db;
static char folder[] = "/tmp/aftercare-db-XXXXXX";
static char path[64];

static void
answer(struct client *client)
{
    char bytes[256] = "E";
    uint32_t length = (uint32_t)(4 + server.error_size_bytes);
    const char wire[4] = {(char)(length >> 24), (char)(length >> 16), (char)(length >> 8),
                          (char)length};
    memcpy(bytes + 1, wire, sizeof wire);
    memcpy(bytes + 5, server.error, server.error_size_bytes);
    uv_buf_t buf = uv_buf_init(bytes, 1 + length);
    assert_int_equal(uv_try_write((uv_stream_t *)&client->pipe, &buf, 1), 1 + length);
}

static void
on_room(uv_handle_t *handle, size_t size_bytes UNUSED, uv_buf_t *ret_buf)
{
    struct client *client = container_of((uv_pipe_t *)handle, struct client, pipe);
    *ret_buf = uv_buf_init(client->bytes, sizeof client->bytes);
}

static void
on_bytes(uv_stream_t *stream, ssize_t size_bytes, const uv_buf_t *buf UNUSED)
{
    struct client *client = container_of((uv_pipe_t *)stream, struct client, pipe);
    if (size_bytes == 0 || uv_is_closing((uv_handle_t *)stream))
        return;
    if (size_bytes > 0 && server.error != NULL)
        answer(client);
    if (size_bytes < 0 || server.error != NULL || server.is_closing_at_once)
        uv_close((uv_handle_t *)stream, NULL);
}

static void
on_client(uv_stream_t *stream, int status)
{
    assert_int_equal(status, 0);
    assert_true(server.client_count < CLIENTS_MAX);
    struct client *client = &server.clients[server.client_count++];
    assert_int_equal(uv_pipe_init(loop_uv(loop), &client->pipe, 0), 0);
    assert_int_equal(uv_accept(stream, (uv_stream_t *)&client->pipe), 0);
    assert_int_equal(uv_read_start((uv_stream_t *)&client->pipe, on_room, on_bytes), 0);
}

/* One connection would do, but the lanes are two. */
static void
open_db(void)
{
    char url[128];
    snprintf(url, sizeof url, "host=%s port=5432 dbname=none user=nobody sslmode=disable", folder);
    const struct db_options options = {.url = url,
                                       .schema = "none",
                                       .read_connections = 1,
                                       .write_connections = 1,
                                       .queue_max = 10,
                                       .group_max = 1};
    db = db_open(loop, &options);
}

static int
set_up(void **state UNUSED)
{
    memset(&server, 0, sizeof server);
    loop = loop_open();
    task_init(loop, 0);
    assert_int_equal(uv_pipe_init(loop_uv(loop), &server.pipe, 0), 0);
    assert_int_equal(uv_pipe_bind(&server.pipe, path), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&server.pipe, CLIENTS_MAX, on_client), 0);
    open_db();
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    db_close(&db);
    uv_close((uv_handle_t *)&server.pipe, NULL);
    for (int i = 0; i < server.client_count; i++) {
        if (!uv_is_closing((uv_handle_t *)&server.clients[i].pipe))
            uv_close((uv_handle_t *)&server.clients[i].pipe, NULL);
    }
    task_deinit();
    loop_close(&loop);
    unlink(path);
    return 0;
}

static bool
has_clients(void *count)
{
    return server.client_count >= *(int *)count;
}

/* Ten tries after pauses that double without end would take a quarter of a minute. */
static void
a_server_that_is_starting_up_is_asked_again_soon_for_as_long_as_it_takes(void **state UNUSED)
{
    int count = 20; /* ten of each lane */
    server.error = starting;
    server.error_size_bytes = sizeof starting;
    int64_t begin_mono_ms = clock_mono_ms();
    assert_true(loop_run_until(loop, has_clients, &count, LIMIT_MS));
    assert_true(clock_mono_ms() - begin_mono_ms < 6000);
    assert_non_null(strstr(db_state(db), "starting up"));
}

static void
a_server_that_says_nothing_is_given_up_and_asked_again(void **state UNUSED)
{
    int count = 4; /* the second try of each lane */
    int64_t begin_mono_ms = clock_mono_ms();
    assert_true(loop_run_until(loop, has_clients, &count, LIMIT_MS));
    assert_true(clock_mono_ms() - begin_mono_ms < 4000);
    assert_non_null(strstr(db_state(db), "does not answer in time"));
}

static void
a_server_that_closes_is_asked_again_after_a_second_and_a_half_at_most(void **state UNUSED)
{
    int count = 18; /* nine of each lane */
    server.is_closing_at_once = true;
    int64_t begin_mono_ms = clock_mono_ms();
    assert_true(loop_run_until(loop, has_clients, &count, LIMIT_MS));
    assert_true(clock_mono_ms() - begin_mono_ms < 8000);
    assert_non_null(strstr(db_state(db), "closed the connection"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_server_that_is_starting_up_is_asked_again_soon_for_as_long_as_it_takes),
        TEST(a_server_that_says_nothing_is_given_up_and_asked_again),
        TEST(a_server_that_closes_is_asked_again_after_a_second_and_a_half_at_most),
    };
    rng_init();
    clock_init();
    log_init("db_connect_test", LOG_ERROR);
    if (mkdtemp(folder) == NULL)
        return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", folder);
    int failures = cmocka_run_group_tests_name("db_connect", tests, NULL, NULL);
    rmdir(folder);
    stat_deinit();
    log_deinit();
    arena_deinit();
    return failures;
}
