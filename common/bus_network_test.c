/*
 * bus_network_test - a network that swallows everything without a word, between a caller and tcp
 *
 * Caller and server are two buses in this process; between them a proxy, a process of its own (the
 * test runs itself again as "bus_network_test --proxy LISTENER PORT"), which carries bytes until
 * SIGUSR1 and drops them until the next one. What was connected while it dropped stays dead, as
 * behind a router that has forgotten it.
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/bus_fixture.h"

/* ---- the proxy's process ---- */

enum { ENDS_MAX = 128 };

/* Ends 2n and 2n+1 are a pair; entry 0 of `fds` is the listener. */
struct proxy {
    struct pollfd fds[1 + ENDS_MAX];
    bool is_dead[ENDS_MAX];
    unsigned count;
    uint16_t port;
};

static volatile sig_atomic_t is_dropping;

static void
on_signal(int number UNUSED)
{
    is_dropping = !is_dropping;
}

static int
connect_loopback(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        _exit(2);
    return fd;
}

static void
take_connection(struct proxy *proxy)
{
    int fd = accept(proxy->fds[0].fd, NULL, NULL);
    if (fd < 0)
        return;
    if (proxy->count == ENDS_MAX)
        _exit(3);
    proxy->is_dead[proxy->count] = proxy->is_dead[proxy->count + 1] = is_dropping;
    proxy->fds[1 + proxy->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    proxy->fds[1 + proxy->count++] =
        (struct pollfd){.fd = connect_loopback(proxy->port), .events = POLLIN};
}

/* A pair that has seen the silence never speaks again; of its ends not even the end is told. */
static void
carry(struct proxy *proxy, unsigned end)
{
    uint8_t bytes[65536];
    unsigned other = end ^ 1;
    ssize_t size = recv(proxy->fds[1 + end].fd, bytes, sizeof bytes, 0);
    if (is_dropping)
        proxy->is_dead[end] = proxy->is_dead[other] = true;
    if (size <= 0) {
        proxy->fds[1 + end].events = 0;
        if (!proxy->is_dead[end])
            shutdown(proxy->fds[1 + other].fd, SHUT_WR);
        close(proxy->fds[1 + end].fd);
        proxy->fds[1 + end].fd = -1;
    } else if (!proxy->is_dead[end] && proxy->fds[1 + other].fd >= 0) {
        send(proxy->fds[1 + other].fd, bytes, (size_t)size, MSG_NOSIGNAL);
    }
}

NO_RETURN static void
run_proxy(int listener, uint16_t port)
{
    static struct proxy proxy;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    proxy.port = port;
    proxy.fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (;;) {
        if (poll(proxy.fds, 1 + proxy.count, -1) < 0)
            continue;
        for (unsigned i = 0; i < proxy.count; i++) {
            if (proxy.fds[1 + i].revents != 0)
                carry(&proxy, i);
        }
        if (proxy.fds[0].revents != 0)
            take_connection(&proxy);
    }
}

/* ---- the test's process ---- */

static struct fixture fixture;
static struct bus *gateway;
static pid_t proxy_pid;
static char connect_endpoint[BUS_ENDPOINT_SIZE];

/* At a port of its own where `*port` is 0, which then says it. */
static int
listen_at(uint16_t *port, int backlog)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    assert_true(listener >= 0);
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, backlog), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    snprintf(connect_endpoint, sizeof connect_endpoint, "tcp://127.0.0.1:%u", *port);
    return listener;
}

static void
start_proxy(const char *server_port, uint16_t port)
{
    int listener = listen_at(&port, 16);
    char number[16];
    snprintf(number, sizeof number, "%d", listener);
    /* From the start, so that a toggle is never the signal's default action. */
    signal(SIGUSR1, SIG_IGN);
    proxy_pid = fork();
    assert_true(proxy_pid >= 0);
    if (proxy_pid == 0) {
        execl("/proc/self/exe", "bus_network_test", "--proxy", number, server_port, (char *)NULL);
        _exit(127);
    }
    close(listener);
}

static int
set_up(void **state UNUSED)
{
    struct bus_options server = {.service = "echo",
                                 .directory = fixture.directory,
                                 .connect = "",
                                 .listen = "tcp://127.0.0.1:*"};
    struct fault fault;
    memset(&fixture, 0, sizeof fixture);
    fixture_open(&fixture);
    assert_int_equal(bus_open(fixture.loop, &server, &fixture.bus, &fault), OK);
    return 0;
}

static void
open_client(void)
{
    struct bus_options client = {.service = "gateway", .connect = connect_endpoint};
    struct fault fault;
    assert_int_equal(bus_open(fixture.loop, &client, &gateway, &fault), OK);
    assert_int_equal(bus_client_open(gateway, "echo", &fixture.client), OK);
}

static const char *
server_port(void)
{
    return strrchr(bus_server_tcp_endpoint(fixture.server), ':') + 1;
}

/* Serves, and connects through the proxy. */
static void
serve(bus_on_request *on_request)
{
    fixture_serve(&fixture, on_request);
    start_proxy(server_port(), 0);
    open_client();
    WAIT_FOR(&fixture, client_is_ready, &fixture);
}

static int
tear_down(void **state UNUSED)
{
    kill(proxy_pid, SIGKILL);
    waitpid(proxy_pid, NULL, 0);
    bus_client_close(&fixture.client);
    bus_close(&gateway);
    fixture_close(&fixture);
    return 0;
}

static void
toggle_network(void)
{
    assert_int_equal(kill(proxy_pid, SIGUSR1), 0);
}

static void
expect_answer(void)
{
    struct caller caller = {0};
    caller_start(&caller, &fixture, "through", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, OK);
}

/* Nothing is asked meanwhile: the pings find it. Then nobody waits in vain, and nobody has to help
 * when the network is back. */
static void
a_silent_network_is_found_while_idle_and_found_again(void **state UNUSED)
{
    serve(fixture_echo);
    expect_answer();
    int64_t start_mono_ms = clock_mono_ms();
    toggle_network();
    WAIT_FOR(&fixture, client_is_unready, &fixture);
    print_message("             found after %d ms\n", (int)(clock_mono_ms() - start_mono_ms));
    struct caller caller = {0};
    caller_start(&caller, &fixture, "nobody there", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, ERR_UNAVAILABLE);
    assert_string_equal(caller.fault.reason, "NO_REPLICA");
    assert_int_equal(fixture.request_count, 1);
    toggle_network();
    start_mono_ms = clock_mono_ms();
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    print_message("             found again after %d ms\n", (int)(clock_mono_ms() - start_mono_ms));
    expect_answer();
}

static void
a_call_in_a_silent_network_ends_long_before_its_deadline(void **state UNUSED)
{
    serve(fixture_hold);
    struct caller caller = {.may_repeat = true};
    caller_start(&caller, &fixture, "swallowed", 60000);
    while (fixture.held == NULL)
        uv_run(loop_uv(fixture.loop), UV_RUN_ONCE);
    toggle_network();
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, ERR_UNAVAILABLE);
    assert_string_equal(caller.fault.reason, "REPLICA_LOST");
    struct bus_reply reply = {0};
    bus_reply(fixture.server, &fixture.held, &reply);
}

/* A port whose queue is full swallows who wants to connect, as a host does that is not there yet.
 * The kernel asks at 7 s and then at 11 or 15; the bus does not leave it to that. */
static void
a_connection_that_nobody_answers_is_begun_anew(void **state UNUSED)
{
    enum { FILLERS = 2, SILENT_MS = 7500, FOUND_MS_MAX = 2500 };
    uint16_t port = 0;
    int listener = listen_at(&port, 0), fillers[FILLERS];
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < FILLERS; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], (const struct sockaddr *)&address, sizeof address);
    }
    fixture_serve(&fixture, fixture_echo);
    open_client();
    for (int64_t end_ms = clock_mono_ms() + SILENT_MS; clock_mono_ms() < end_ms;)
        uv_run(loop_uv(fixture.loop), UV_RUN_ONCE);
    for (int i = 0; i < FILLERS; i++)
        close(fillers[i]);
    close(listener);
    start_proxy(server_port(), port);
    int64_t start_mono_ms = clock_mono_ms();
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    int64_t found_ms = clock_mono_ms() - start_mono_ms;
    print_message("             found after %d ms\n", (int)found_ms);
    assert_true(found_ms < FOUND_MS_MAX);
    expect_answer();
}

int
main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--proxy") == 0) {
        signal(SIGUSR1, on_signal);
        run_proxy(atoi(argv[2]), (uint16_t)atoi(argv[3]));
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_silent_network_is_found_while_idle_and_found_again),
        TEST(a_call_in_a_silent_network_ends_long_before_its_deadline),
        TEST(a_connection_that_nobody_answers_is_begun_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
