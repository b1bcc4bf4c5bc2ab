/*
 * bus_publish_test - what a service says is heard by whoever listens, and by nobody else
 *
 * Subscribers are plain SUB sockets with a context of their own, as any program has them.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <fcntl.h>

#include "common/bus_fixture.h"
#include "common/bus_publish.h"
#include "common/log.h"

static struct fixture fixture;
static struct bus_publish *publish;
static void *zmq;
static void *sockets[8]; /* of subscribers; closed at the test's end */
static size_t socket_count;
static unsigned come_count, gone_count;
static char key_directory[64];

/* A SUB socket. */
static void *
open_socket(void)
{
    void *socket = zmq_socket(zmq, ZMQ_SUB);
    int none = 0;
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    sockets[socket_count++] = socket;
    return socket;
}

static void
close_socket(void *socket)
{
    size_t i = 0;
    while (sockets[i] != socket)
        i++;
    sockets[i] = sockets[--socket_count];
    zmq_close(socket);
}

static int
set_up(void **state UNUSED)
{
    memset(&fixture, 0, sizeof fixture);
    come_count = gone_count = 0;
    log_init("echo", LOG_ERROR);
    fixture_open(&fixture);
    zmq = zmq_ctx_new();
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    while (socket_count > 0)
        close_socket(sockets[socket_count - 1]);
    zmq_ctx_term(zmq);
    bus_publish_close(&publish);
    fixture_close(&fixture);
    log_deinit();
    return 0;
}

static void
on_subscribers(void *context UNUSED, bool are_there)
{
    *(are_there ? &come_count : &gone_count) += 1;
}

static void
open_publish(const char *listen, const char *curve_dir)
{
    struct bus_options options = {.service = "echo",
                                  .directory = fixture.directory,
                                  .connect = "",
                                  .curve_dir = curve_dir,
                                  .linger_ms = 200};
    struct fault fault;
    assert_int_equal(bus_open(fixture.loop, &options, &fixture.bus, &fault), OK);
    assert_int_equal(bus_publish_open(fixture.bus, listen, on_subscribers, NULL, &publish, &fault),
                     OK);
}

static void *
subscribe(const char *address, const char *topic)
{
    void *socket = open_socket();
    assert_int_equal(zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topic, strlen(topic)), 0);
    assert_int_equal(zmq_connect(socket, address), 0);
    return socket;
}

static void *
subscribe_here(const char *topic)
{
    char address[BUS_ENDPOINT_SIZE];
    bus_publish_print_address(publish, address, sizeof address);
    return subscribe(address, topic);
}

static void
say(const char *topic, unsigned in_flight)
{
    Common__V1__Presence message = COMMON__V1__PRESENCE__INIT;
    message.in_flight = in_flight;
    bus_publish_send(publish, topic, &message.base);
}

/* A subscriber, and the next thing that it hears. */
struct hearing {
    void *socket;
    char topic[64];
    unsigned in_flight;
};

static bool
can_hear(void *context)
{
    int events = 0;
    size_t size = sizeof events;
    zmq_getsockopt(((struct hearing *)context)->socket, ZMQ_EVENTS, &events, &size);
    return (events & ZMQ_POLLIN) != 0;
}

static bool
hears(struct hearing *hearing)
{
    uint8_t body[256];
    int size = zmq_recv(hearing->socket, hearing->topic, sizeof hearing->topic - 1, ZMQ_DONTWAIT);
    if (size < 0)
        return false;
    hearing->topic[size] = 0;
    size = zmq_recv(hearing->socket, body, sizeof body, 0);
    Common__V1__Presence *message = common__v1__presence__unpack(NULL, (size_t)size, body);
    hearing->in_flight = message->in_flight;
    common__v1__presence__free_unpacked(message, NULL);
    return true;
}

static bool
somebody_has_come(void *context UNUSED)
{
    return come_count > gone_count;
}

static bool
all_have_gone(void *context UNUSED)
{
    return come_count == gone_count;
}

static void
a_subscriber_hears_the_topics_it_asked_for(void **state UNUSED)
{
    open_publish(NULL, NULL);
    struct hearing hearing = {.socket = subscribe_here("warranty.v1.Claim")};
    WAIT_FOR(&fixture, somebody_has_come, NULL);
    say("warranty.v1.UnitRegistered", 1);
    say("warranty.v1.ClaimDecided", 2);
    WAIT_FOR(&fixture, can_hear, &hearing);
    assert_true(hears(&hearing));
    assert_string_equal(hearing.topic, "warranty.v1.ClaimDecided");
    assert_int_equal(hearing.in_flight, 2);
}

static void
who_publishes_knows_whether_anybody_listens(void **state UNUSED)
{
    open_publish(NULL, NULL);
    void *first = subscribe_here("a"), *second = subscribe_here("b");
    WAIT_FOR(&fixture, somebody_has_come, NULL);
    struct expectation both = {"bus.publication.topic", 2};
    WAIT_FOR(&fixture, counter_has_come_to, &both);
    assert_int_equal(come_count, 1);
    close_socket(first);
    close_socket(second);
    WAIT_FOR(&fixture, all_have_gone, NULL);
    assert_int_equal(come_count, 1);
    assert_int_equal(gone_count, 1);
    subscribe_here("a");
    WAIT_FOR(&fixture, somebody_has_come, NULL);
    assert_int_equal(come_count, 2);
}

static void
nobody_is_waited_for(void **state UNUSED)
{
    open_publish(NULL, NULL);
    struct hearing hearing = {.socket = subscribe_here("a")};
    WAIT_FOR(&fixture, somebody_has_come, NULL);
    enum { COUNT = 100000 };
    for (unsigned i = 1; i <= COUNT; i++)
        say("a", i);
    WAIT_FOR(&fixture, can_hear, &hearing);
    assert_true(hears(&hearing));
    unsigned heard_count = 1, last = hearing.in_flight;
    assert_int_equal(last, 1);
    while (hears(&hearing)) {
        assert_true(hearing.in_flight > last);
        last = hearing.in_flight;
        heard_count++;
    }
    /* What two queues hold and the kernel between them; the rest was dropped. */
    assert_true(heard_count >= BUS_PUBLISH_QUEUE / 2 && heard_count < COUNT / 2);
}

static bool
is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

static void
the_file_is_taken_away_when_the_service_leaves(void **state UNUSED)
{
    open_publish(NULL, NULL);
    char address[BUS_ENDPOINT_SIZE], lock[BUS_ENDPOINT_SIZE + 8];
    bus_publish_print_address(publish, address, sizeof address);
    snprintf(lock, sizeof lock, "%s.lock", address + 6);
    assert_true(is_file(address + 6));
    assert_true(is_file(lock));
    bus_publish_drain(publish);
    assert_false(is_file(address + 6));
    assert_false(is_file(lock));
}

static void
make_file(const char *name, char *ret_path)
{
    snprintf(ret_path, 256, "%s/%s", fixture.directory, name);
    FILE *file = fopen(ret_path, "w");
    assert_non_null(file);
    fclose(file);
}

static void
what_a_dead_process_left_is_removed_and_what_a_living_one_has_is_not(void **state UNUSED)
{
    char dead[256], living[256], living_lock[256], foreign[256];
    make_file("echo-0190163d-8694-739b-aea5-966c26f8ad91.pub", dead);
    make_file("echo-0190163d-8694-739b-aea5-966c26f8ad92.pub", living);
    make_file("echo-0190163d-8694-739b-aea5-966c26f8ad92.pub.lock", living_lock);
    make_file("parts-0190163d-8694-739b-aea5-966c26f8ad91.pub", foreign);
    int lock = open(living_lock, O_RDWR);
    assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
    open_publish(NULL, NULL);
    assert_false(is_file(dead));
    assert_true(is_file(living));
    assert_true(is_file(foreign));
    close(lock);
}

/* ---- over tcp ---- */

static void
beyond_loopback_it_needs_keys(void **state UNUSED)
{
    fixture_bus(&fixture);
    struct fault fault;
    assert_int_equal(
        bus_publish_open(fixture.bus, "tcp://0.0.0.0:*", on_subscribers, NULL, &publish, &fault),
        ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "BUS_NEEDS_CURVE");
    assert_int_equal(
        bus_publish_open(fixture.bus, "ipc:///tmp/x", on_subscribers, NULL, &publish, &fault),
        ERR_INVALID_ARGUMENT);
    publish = NULL;
}

static void
write_key(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", key_directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s\n", text);
    fclose(file);
}

static void
remove_key(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", key_directory, name);
    unlink(path);
}

static void *
subscribe_with_key(const char *server_key, const char *public_key, const char *secret_key)
{
    char address[64];
    void *socket = open_socket();
    snprintf(address, sizeof address, "tcp://127.0.0.1:%u", bus_publish_port(publish));
    zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_key, 41);
    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key, 41);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret_key, 41);
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    assert_int_equal(zmq_connect(socket, address), 0);
    return socket;
}

static void
over_tcp_only_listed_keys_are_let_in(void **state UNUSED)
{
    char own_public[41], own_secret[41], good_public[41], good_secret[41];
    char bad_public[41], bad_secret[41];
    strcpy(key_directory, "/tmp/bus-keys-XXXXXX");
    assert_non_null(mkdtemp(key_directory));
    assert_int_equal(zmq_curve_keypair(own_public, own_secret), 0);
    assert_int_equal(zmq_curve_keypair(good_public, good_secret), 0);
    assert_int_equal(zmq_curve_keypair(bad_public, bad_secret), 0);
    write_key("echo.public", own_public);
    write_key("echo.secret", own_secret);
    write_key("analytics.public", good_public);
    open_publish("tcp://127.0.0.1:*", key_directory);
    assert_true(bus_publish_port(publish) > 0);
    struct expectation refusal = {"bus.handshake.refuse", counter("bus.handshake.refuse") + 1};
    struct hearing bad = {.socket = subscribe_with_key(own_public, bad_public, bad_secret)};
    WAIT_FOR(&fixture, counter_has_come_to, &refusal);
    assert_int_equal(come_count, 0);
    struct hearing good = {.socket = subscribe_with_key(own_public, good_public, good_secret)};
    WAIT_FOR(&fixture, somebody_has_come, NULL);
    say("a", 1);
    WAIT_FOR(&fixture, can_hear, &good);
    assert_false(hears(&bad));
    remove_key("echo.public");
    remove_key("echo.secret");
    remove_key("analytics.public");
    assert_int_equal(rmdir(key_directory), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_subscriber_hears_the_topics_it_asked_for),
        TEST(who_publishes_knows_whether_anybody_listens),
        TEST(nobody_is_waited_for),
        TEST(the_file_is_taken_away_when_the_service_leaves),
        TEST(what_a_dead_process_left_is_removed_and_what_a_living_one_has_is_not),
        TEST(beyond_loopback_it_needs_keys),
        TEST(over_tcp_only_listed_keys_are_let_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
