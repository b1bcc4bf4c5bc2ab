/*
 * bus_ipc_test - ipc paths and their locks: taken, left, looked for, deleted and replaced under a
 * server
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>

#include "common/bus_fixture.h"
#include "common/log.h"

static struct fixture fixture;

static int
set_up(void **state UNUSED)
{
    memset(&fixture, 0, sizeof fixture);
    log_init("test", LOG_ERROR); /* the warnings are what is provoked here */
    fixture_open(&fixture);
    fixture_bus(&fixture);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    fixture_close(&fixture);
    log_deinit();
    return 0;
}

static void
a_second_process_cannot_take_a_path(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    struct fault fault;
    int fd = -1;
    assert_int_equal(bus_ipc_claim(bus_server_ipc_path(fixture.server), &fd, &fault),
                     ERR_ALREADY_EXISTS);
    assert_string_equal(fault.reason, "BUS_PATH_TAKEN");
    assert_true(bus_ipc_is_alive(bus_server_ipc_path(fixture.server)));
    assert_int_equal(access(bus_server_ipc_path(fixture.server), F_OK), 0);
}

static void
a_server_takes_its_files_away(void **state UNUSED)
{
    char path[128], lock_path[140];
    fixture_serve(&fixture, fixture_echo);
    snprintf(path, sizeof path, "%s", bus_server_ipc_path(fixture.server));
    snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(access(lock_path, F_OK), 0);
    bus_server_close(&fixture.server);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(lock_path, F_OK), 0);
}

static void
only_sockets_of_the_service_itself_are_looked_at(void **state UNUSED)
{
    assert_true(bus_ipc_is_socket_of("parts-0190163d-8694-739b-aea5-966c26f8ad91.sock", "parts",
                                     BUS_IPC_CALLS));
    assert_false(bus_ipc_is_socket_of("parts-0190163d-8694-739b-aea5-966c26f8ad91.sock.lock",
                                      "parts", BUS_IPC_CALLS));
    assert_false(bus_ipc_is_socket_of("parts-x-0190163d-8694-739b-aea5-966c26f8ad91.sock", "parts",
                                      BUS_IPC_CALLS));
    assert_false(bus_ipc_is_socket_of("partsx-0190163d-8694-739b-aea5-966c26f8ad91.sock", "parts",
                                      BUS_IPC_CALLS));
    assert_false(bus_ipc_is_socket_of("parts-", "parts", BUS_IPC_CALLS));
    assert_false(bus_ipc_is_socket_of("parts-0190163d-8694-739b-aea5-966c26f8ad91.pub", "parts",
                                      BUS_IPC_CALLS));
    assert_true(bus_ipc_is_socket_of("parts-0190163d-8694-739b-aea5-966c26f8ad91.pub", "parts",
                                     BUS_IPC_PUBLICATION));
    assert_false(bus_ipc_is_socket_of("parts", "parts", BUS_IPC_CALLS));
}

static enum err
try_options(const struct bus_options *options)
{
    struct fault fault = {0};
    struct bus *bus = NULL;
    enum err err = bus_open(fixture.loop, options, &bus, &fault);
    bus_close(&bus);
    return err;
}

static void
unsafe_options_are_refused(void **state UNUSED)
{
    const char *directory = fixture.directory;
    assert_int_equal(try_options(&(struct bus_options){.service = "a", .connect = ""}),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(
        try_options(&(struct bus_options){
            .service = "a", .connect = "", .directory = directory, .listen = "tcp://0.0.0.0:7400"}),
        ERR_INVALID_ARGUMENT);
    assert_int_equal(
        try_options(&(struct bus_options){
            .service = "a", .connect = "", .directory = directory, .listen = "tcp://127.0.0.1:*"}),
        OK);
    assert_int_equal(try_options(&(struct bus_options){.service = "a", .connect = "udp://x:1"}),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(
        try_options(&(struct bus_options){.service = "a", .connect = "", .directory = "/nowhere"}),
        ERR_INVALID_ARGUMENT);
    assert_int_equal(chmod(directory, 0770), 0);
    assert_int_equal(
        try_options(&(struct bus_options){.service = "a", .connect = "", .directory = directory}),
        ERR_INVALID_ARGUMENT);
    assert_int_equal(chmod(directory, 0750), 0);
    assert_int_equal(
        try_options(&(struct bus_options){.service = "a", .connect = "", .directory = directory}),
        OK);
}

/* ---- deleted and replaced ---- */

static char lost_path[BUS_IPC_PATH_MAX + 1];

static bool
is_bound_anew(void *context UNUSED)
{
    return strcmp(bus_server_ipc_path(fixture.server), lost_path) != 0;
}

static void
note_path(void)
{
    snprintf(lost_path, sizeof lost_path, "%s", bus_server_ipc_path(fixture.server));
}

static const char *
lock_of(const char *path)
{
    static char lock_path[BUS_IPC_PATH_MAX + 8];
    snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    return lock_path;
}

static void
expect_answer(void)
{
    struct caller caller = {0};
    caller_start(&caller, &fixture, "found again", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, OK);
}

static void
serve_and_connect(bus_on_request *on_request)
{
    fixture_serve(&fixture, on_request);
    fixture_connect(&fixture);
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    note_path();
}

/* Callers that go on asking do not even see an error: the new socket is there before they would
 * give up waiting for it. */
static void
a_server_whose_socket_was_deleted_is_found_again(void **state UNUSED)
{
    serve_and_connect(fixture_echo);
    assert_int_equal(unlink(lost_path), 0);
    WAIT_FOR(&fixture, client_is_unready, &fixture);
    expect_answer();
    assert_true(is_bound_anew(NULL));
    assert_int_not_equal(access(lock_of(lost_path), F_OK), 0);
    assert_int_equal(access(bus_server_ipc_path(fixture.server), F_OK), 0);
}

static void
a_server_whose_lock_was_deleted_is_found_again(void **state UNUSED)
{
    serve_and_connect(fixture_echo);
    assert_int_equal(unlink(lock_of(lost_path)), 0);
    WAIT_FOR(&fixture, is_bound_anew, NULL);
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    expect_answer();
    assert_int_not_equal(access(lost_path, F_OK), 0);
}

static void
a_server_whose_socket_was_replaced_is_found_again(void **state UNUSED)
{
    serve_and_connect(fixture_echo);
    assert_int_equal(unlink(lost_path), 0);
    void *zmq = zmq_ctx_new(), *thief = zmq_socket(zmq, ZMQ_ROUTER);
    char endpoint[256];
    snprintf(endpoint, sizeof endpoint, "ipc://%s", lost_path);
    assert_int_equal(zmq_bind(thief, endpoint), 0);
    WAIT_FOR(&fixture, is_bound_anew, NULL);
    /* The lock was the server's, so the path was too. */
    assert_int_not_equal(access(lost_path, F_OK), 0);
    expect_answer();
    zmq_close(thief);
    zmq_ctx_term(zmq);
}

static void
files_of_another_lock_are_left_alone(void **state UNUSED)
{
    serve_and_connect(fixture_echo);
    struct fault fault;
    int fd = -1;
    assert_int_equal(unlink(lock_of(lost_path)), 0);
    assert_int_equal(bus_ipc_claim(lost_path, &fd, &fault), OK);
    WAIT_FOR(&fixture, is_bound_anew, NULL);
    assert_int_equal(access(lost_path, F_OK), 0);
    assert_int_equal(access(lock_of(lost_path), F_OK), 0);
    bus_ipc_release(lost_path, &fd);
    assert_int_not_equal(access(lost_path, F_OK), 0);
    expect_answer();
}

static void
a_call_at_hand_outlives_the_loss_of_its_socket(void **state UNUSED)
{
    serve_and_connect(fixture_hold);
    struct caller caller = {0};
    caller_start(&caller, &fixture, "x", 8000);
    while (fixture.held == NULL)
        uv_run(loop_uv(fixture.loop), UV_RUN_ONCE);
    assert_int_equal(unlink(lost_path), 0);
    WAIT_FOR(&fixture, is_bound_anew, NULL);
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    struct bus_reply reply = {0};
    bus_reply(fixture.server, &fixture.held, &reply);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, OK);
    assert_int_equal(caller.attempt_count, 1);
}

static void
a_server_whose_directory_went_away_comes_back_with_it(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    note_path();
    assert_int_equal(unlink(lost_path), 0);
    assert_int_equal(unlink(lock_of(lost_path)), 0);
    assert_int_equal(rmdir(fixture.directory), 0);
    assert_false(loop_run_until(fixture.loop, is_bound_anew, NULL, 2 * BUS_UNREADY_WAIT_MS));
    assert_int_equal(mkdir(fixture.directory, 0700), 0);
    WAIT_FOR(&fixture, is_bound_anew, NULL);
    fixture_connect(&fixture);
    expect_answer();
}

static unsigned
descriptors(void)
{
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static bool
has_few_descriptors(void *count_max)
{
    return descriptors() <= *(unsigned *)count_max;
}

static void
binding_anew_again_and_again_keeps_no_descriptors(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    unsigned count_max = descriptors() + 1; /* the listener before */
    for (int i = 0; i < 5; i++) {
        note_path();
        assert_int_equal(unlink(lost_path), 0);
        WAIT_FOR(&fixture, is_bound_anew, NULL);
    }
    WAIT_FOR(&fixture, has_few_descriptors, &count_max);
}

static void
a_draining_server_is_not_bound_anew(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    note_path();
    bus_server_drain(fixture.server);
    assert_false(loop_run_until(fixture.loop, is_bound_anew, NULL, 2 * BUS_UNREADY_WAIT_MS));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_second_process_cannot_take_a_path),
        TEST(a_server_takes_its_files_away),
        TEST(only_sockets_of_the_service_itself_are_looked_at),
        TEST(unsafe_options_are_refused),
        TEST(a_server_whose_socket_was_deleted_is_found_again),
        TEST(a_server_whose_lock_was_deleted_is_found_again),
        TEST(a_server_whose_socket_was_replaced_is_found_again),
        TEST(files_of_another_lock_are_left_alone),
        TEST(a_call_at_hand_outlives_the_loss_of_its_socket),
        TEST(a_server_whose_directory_went_away_comes_back_with_it),
        TEST(binding_anew_again_and_again_keeps_no_descriptors),
        TEST(a_draining_server_is_not_bound_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
