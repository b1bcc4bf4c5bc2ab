/*
 * bus_tcp_test - discovery by name, and who is let in over tcp
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/bus_fixture.h"
#include "common/log.h"

/* The server's side is the fixture's own bus; the asking daemon, "gateway", has a bus of its own in
 * the same loop. */
static struct fixture fixture;
static struct bus *gateway;
static char key_directory[64];
static char connect_template[BUS_ENDPOINT_SIZE];

static void
write_key(const char *name, const char *suffix, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s%s", key_directory, name, suffix);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s\n", text);
    fclose(file);
}

static void
remove_key(const char *name, const char *suffix)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s%s", key_directory, name, suffix);
    unlink(path);
}

static void
make_pair(const char *name)
{
    char public_key[41], secret_key[41];
    assert_int_equal(zmq_curve_keypair(public_key, secret_key), 0);
    write_key(name, ".public", public_key);
    write_key(name, ".secret", secret_key);
}

static int
set_up(void **state UNUSED)
{
    memset(&fixture, 0, sizeof fixture);
    fixture_open(&fixture);
    strcpy(key_directory, "/tmp/bus-keys-XXXXXX");
    assert_non_null(mkdtemp(key_directory));
    make_pair("localhost");
    make_pair("gateway");
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    bus_client_close(&fixture.client);
    bus_close(&gateway);
    fixture_close(&fixture);
    remove_key("localhost", ".public");
    remove_key("localhost", ".secret");
    remove_key("gateway", ".public");
    remove_key("gateway", ".secret");
    return rmdir(key_directory);
}

static void
serve_tcp(const char *curve_dir)
{
    struct bus_options options = {.service = "localhost",
                                  .directory = fixture.directory,
                                  .connect = "",
                                  .listen = "tcp://127.0.0.1:*",
                                  .curve_dir = curve_dir};
    struct fault fault;
    assert_int_equal(bus_open(fixture.loop, &options, &fixture.bus, &fault), OK);
    fixture_serve(&fixture, fixture_echo);
    const char *port = strrchr(bus_server_tcp_endpoint(fixture.server), ':');
    snprintf(connect_template, sizeof connect_template, "tcp://{service}%s", port);
}

/* The daemon asks the service "localhost", which the resolver knows. */
static void
ask_tcp(const char *curve_dir)
{
    struct bus_options options = {
        .service = "gateway", .connect = connect_template, .curve_dir = curve_dir};
    struct fault fault;
    assert_int_equal(bus_open(fixture.loop, &options, &gateway, &fault), OK);
    assert_int_equal(bus_client_open(gateway, "localhost", &fixture.client), OK);
}

static void
expect_answer(void)
{
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    struct caller caller = {0};
    caller_start(&caller, &fixture, "over tcp", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, OK);
}

static void
a_service_is_found_by_its_name(void **state UNUSED)
{
    serve_tcp(NULL);
    ask_tcp(NULL);
    expect_answer();
}

static bool
failure_was_counted(void *context)
{
    return counter("bus.discovery.fail") > *(int64_t *)context;
}

static void
a_name_that_nobody_knows_has_no_replicas(void **state UNUSED)
{
    struct bus_options options = {.service = "gateway", .connect = "tcp://{service}.invalid:7400"};
    struct fault fault;
    int64_t before = counter("bus.discovery.fail");
    assert_int_equal(bus_open(fixture.loop, &options, &gateway, &fault), OK);
    assert_int_equal(bus_client_open(gateway, "parts", &fixture.client), OK);
    WAIT_FOR(&fixture, failure_was_counted, &before);
    assert_int_equal(bus_client_ready(fixture.client), 0);
}

static bool
address_was_refused(void *context)
{
    return counter("bus.discovery.refuse") > *(int64_t *)context;
}

static void
without_keys_only_loopback_is_asked(void **state UNUSED)
{
    struct bus_options options = {.service = "gateway", .connect = "tcp://192.0.2.1:7400"};
    struct fault fault;
    int64_t before = counter("bus.discovery.refuse");
    log_init("test", LOG_ERROR);
    assert_int_equal(bus_open(fixture.loop, &options, &gateway, &fault), OK);
    assert_int_equal(bus_client_open(gateway, "parts", &fixture.client), OK);
    WAIT_FOR(&fixture, address_was_refused, &before);
    assert_int_equal(bus_client_ready(fixture.client), 0);
    log_deinit();
}

static void
an_ipv6_address_is_connected_to(void **state UNUSED)
{
    struct bus_options options = {.service = "localhost",
                                  .directory = fixture.directory,
                                  .connect = "",
                                  .listen = "tcp://[::1]:*"};
    struct fault fault;
    assert_int_equal(bus_open(fixture.loop, &options, &fixture.bus, &fault), OK);
    if (bus_server_open(fixture.bus, fixture_echo, &fixture, &fixture.server, &fault) != OK)
        skip(); /* a host without IPv6 */
    const char *port = strrchr(bus_server_tcp_endpoint(fixture.server), ':');
    snprintf(connect_template, sizeof connect_template, "tcp://[::1]%s", port);
    ask_tcp(NULL);
    expect_answer();
}

/* ---- CURVE ---- */

static void
a_listed_key_is_let_in(void **state UNUSED)
{
    serve_tcp(key_directory);
    ask_tcp(key_directory);
    expect_answer();
}

static bool
handshake_was_refused(void *context)
{
    return counter("bus.handshake.refuse") > *(int64_t *)context;
}

static void
a_key_that_is_not_listed_is_kept_out_until_it_is(void **state UNUSED)
{
    char listed[256], hidden[256];
    snprintf(listed, sizeof listed, "%s/gateway.public", key_directory);
    snprintf(hidden, sizeof hidden, "%s/gateway.hidden", key_directory);
    serve_tcp(key_directory);
    ask_tcp(key_directory); /* reads its own pair */
    assert_int_equal(rename(listed, hidden), 0);
    int64_t before = counter("bus.handshake.refuse");
    WAIT_FOR(&fixture, handshake_was_refused, &before);
    assert_int_equal(bus_client_ready(fixture.client), 0);
    assert_int_equal(rename(hidden, listed), 0);
    expect_answer();
}

/* A DEALER outside of the bus, and what its handshake came to. */
struct stranger {
    void *zmq;
    void *socket;
    void *monitor;
    unsigned event;
};

static void
stranger_open(struct stranger *stranger)
{
    *stranger = (struct stranger){.zmq = zmq_ctx_new()};
    stranger->socket = zmq_socket(stranger->zmq, ZMQ_DEALER);
    stranger->monitor = zmq_socket(stranger->zmq, ZMQ_PAIR);
    int linger_ms = 0;
    zmq_setsockopt(stranger->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                 ZMQ_EVENT_DISCONNECTED;
    assert_int_equal(zmq_socket_monitor(stranger->socket, "inproc://stranger", events), 0);
    assert_int_equal(zmq_connect(stranger->monitor, "inproc://stranger"), 0);
}

static void
stranger_connect(struct stranger *stranger, const char *endpoint)
{
    assert_int_equal(zmq_connect(stranger->socket, endpoint), 0);
    zmq_send(stranger->socket, "AC\1\3", 4, ZMQ_DONTWAIT);
}

static bool
stranger_knows(void *context)
{
    struct stranger *stranger = context;
    uint8_t frame[64];
    if (stranger->event == 0 &&
        zmq_recv(stranger->monitor, frame, sizeof frame, ZMQ_DONTWAIT) >= 6) {
        uint16_t event;
        memcpy(&event, frame, sizeof event);
        stranger->event = event;
    }
    return stranger->event != 0;
}

static void
stranger_close(struct stranger *stranger)
{
    zmq_socket_monitor(stranger->socket, NULL, 0);
    zmq_close(stranger->monitor);
    zmq_close(stranger->socket);
    zmq_ctx_term(stranger->zmq);
}

static void
expect_that_a_key_is_needed(void)
{
    struct stranger stranger;
    stranger_open(&stranger);
    stranger_connect(&stranger, bus_server_tcp_endpoint(fixture.server));
    WAIT_FOR(&fixture, stranger_knows, &stranger);
    assert_int_not_equal(stranger.event, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    stranger_close(&stranger);
}

static void
a_peer_without_a_key_is_kept_out(void **state UNUSED)
{
    serve_tcp(key_directory);
    expect_that_a_key_is_needed();
}

static void
a_peer_with_a_key_of_its_own_making_is_kept_out(void **state UNUSED)
{
    char public_key[41], secret_key[41], server_key[64] = {0}, path[256];
    serve_tcp(key_directory);
    snprintf(path, sizeof path, "%s/localhost.public", key_directory);
    FILE *file = fopen(path, "r");
    assert_int_equal(fread(server_key, 1, 40, file), 40);
    fclose(file);
    assert_int_equal(zmq_curve_keypair(public_key, secret_key), 0);
    struct stranger stranger;
    stranger_open(&stranger);
    zmq_setsockopt(stranger.socket, ZMQ_CURVE_SERVERKEY, server_key, 41);
    zmq_setsockopt(stranger.socket, ZMQ_CURVE_PUBLICKEY, public_key, 41);
    zmq_setsockopt(stranger.socket, ZMQ_CURVE_SECRETKEY, secret_key, 41);
    int64_t before = counter("bus.handshake.refuse");
    stranger_connect(&stranger, bus_server_tcp_endpoint(fixture.server));
    WAIT_FOR(&fixture, stranger_knows, &stranger);
    assert_int_equal(stranger.event, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    assert_true(counter("bus.handshake.refuse") > before);
    stranger_close(&stranger);
}

/* The other way round: the key of the server is not what the client expects. */
static void
a_server_with_another_key_is_not_asked(void **state UNUSED)
{
    serve_tcp(key_directory);
    make_pair("localhost"); /* the server has read its own before */
    struct stranger stranger;
    ask_tcp(key_directory);
    stranger_open(&stranger);
    stranger_connect(&stranger, bus_server_tcp_endpoint(fixture.server));
    WAIT_FOR(&fixture, stranger_knows, &stranger);
    stranger_close(&stranger);
    assert_int_equal(bus_client_ready(fixture.client), 0);
    assert_int_equal(fixture.request_count, 0);
}

static void
ipc_needs_no_keys(void **state UNUSED)
{
    serve_tcp(key_directory);
    assert_int_equal(bus_client_open(fixture.bus, "localhost", &fixture.client), OK);
    expect_answer();
    bus_client_close(&fixture.client);
}

static bool
socket_was_bound_anew(void *path)
{
    return strcmp(bus_server_ipc_path(fixture.server), path) != 0;
}

static void
ipc_bound_anew_needs_no_keys_and_tcp_goes_on_needing_them(void **state UNUSED)
{
    char path[BUS_IPC_PATH_MAX + 1];
    log_init("test", LOG_ERROR);
    serve_tcp(key_directory);
    strcpy(path, bus_server_ipc_path(fixture.server));
    assert_int_equal(unlink(path), 0);
    WAIT_FOR(&fixture, socket_was_bound_anew, path);
    assert_int_equal(bus_client_open(fixture.bus, "localhost", &fixture.more_clients[0]), OK);
    struct caller caller = {.client = fixture.more_clients[0]};
    caller_start(&caller, &fixture, "over ipc", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, OK);
    bus_client_close(&fixture.more_clients[0]);
    expect_that_a_key_is_needed();
    ask_tcp(key_directory);
    expect_answer();
    log_deinit();
}

static void
a_daemon_without_its_keys_does_not_start(void **state UNUSED)
{
    remove_key("gateway", ".secret");
    struct bus_options options = {
        .service = "gateway", .connect = "tcp://{service}:7400", .curve_dir = key_directory};
    struct fault fault;
    assert_int_equal(bus_open(fixture.loop, &options, &gateway, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "BUS_KEYS");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_service_is_found_by_its_name),
        TEST(a_name_that_nobody_knows_has_no_replicas),
        TEST(without_keys_only_loopback_is_asked),
        TEST(an_ipv6_address_is_connected_to),
        TEST(a_listed_key_is_let_in),
        TEST(a_key_that_is_not_listed_is_kept_out_until_it_is),
        TEST(a_peer_without_a_key_is_kept_out),
        TEST(a_peer_with_a_key_of_its_own_making_is_kept_out),
        TEST(a_server_with_another_key_is_not_asked),
        TEST(ipc_needs_no_keys),
        TEST(ipc_bound_anew_needs_no_keys_and_tcp_goes_on_needing_them),
        TEST(a_daemon_without_its_keys_does_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
