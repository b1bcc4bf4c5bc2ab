/* Tests of the HTTP server with raw clients in the same process: bytes in, bytes out. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/http.h"
#include "common/log.h"

enum { LIMIT_MS = 5000, HELD_MAX = 64, BODY_MAX = 1000, CONNECTIONS_MAX = 64 };

#define HOST "Host: x\r\n"
#define GET "GET /now HTTP/1.1\r\n" HOST

static struct loop *loop;
static struct http_server *server;
static struct http_request *held[HELD_MAX];
static unsigned held_count, gone_count, received_count;
static char last_body[BODY_MAX + 1], last_query[256], last_header[256], last_path[256];

struct client {
    int fd;
    struct buf in;
    bool is_ended; /* the server closed */
    const char *wanted;
    unsigned wanted_count;
};

static void
on_gone(void *context)
{
    unsigned *count = context;
    (*count)++;
}

static void
on_request(void *context UNUSED, struct http_request *request)
{
    static const struct http_header headers[] = {{"Content-Type", "text/plain"}, {NULL, NULL}};
    size_t size_bytes;
    const char *body = http_body(request, &size_bytes);
    received_count++;
    assert_true(size_bytes <= BODY_MAX);
    memcpy(last_body, body, size_bytes);
    last_body[size_bytes] = 0;
    snprintf(last_query, sizeof last_query, "%s", http_query(request));
    snprintf(last_path, sizeof last_path, "%s", http_path(request));
    const char *header = http_header(request, "x-test");
    snprintf(last_header, sizeof last_header, "%s", header != NULL ? header : "none");
    if (strcmp(http_path(request), "/later") == 0) {
        assert_true(held_count < HELD_MAX);
        http_on_gone(request, on_gone, &gone_count);
        held[held_count++] = request;
        return;
    }
    http_reply(&request, 200, headers, body, size_bytes);
}

static void
open_server(const char *listen, int64_t request_timeout_ms, int64_t idle_timeout_ms)
{
    const struct http_options options = {
        .listen = listen,
        .connections_max = CONNECTIONS_MAX,
        .header_bytes_max = 4096,
        .body_bytes_max = BODY_MAX,
        .request_timeout_ms = request_timeout_ms,
        .idle_timeout_ms = idle_timeout_ms,
        .reuse_port = true,
    };
    struct fault fault;
    loop = loop_open();
    held_count = gone_count = received_count = 0;
    assert_int_equal(http_server_open(loop, &options, on_request, NULL, &server, &fault), OK);
}

static int
setup(void **state UNUSED)
{
    open_server("127.0.0.1:0", 5000, 60000);
    return 0;
}

static int
setup_hasty(void **state UNUSED)
{
    open_server("127.0.0.1:0", 200, 400);
    return 0;
}

static int
teardown(void **state UNUSED)
{
    http_server_close(&server);
    loop_close(&loop);
    arena_deinit();
    return 0;
}

static struct client
client_open(void)
{
    struct client client = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((in_port_t)http_server_port(server))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(connect(client.fd, (struct sockaddr *)&address, sizeof address) == 0 ||
                errno == EINPROGRESS);
    return client;
}

static void
client_close(struct client *client)
{
    close(client->fd);
    buf_free(&client->in);
}

static void
client_read(struct client *client)
{
    char bytes[4096];
    ssize_t size;
    while ((size = read(client->fd, bytes, sizeof bytes)) > 0)
        buf_add(&client->in, bytes, (size_t)size);
    client->is_ended |= size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static unsigned
count_text(struct client *client, const char *text)
{
    unsigned count = 0;
    for (const char *at = buf_text(&client->in); (at = strstr(at, text)) != NULL;
         at += strlen(text))
        count++;
    return count;
}

static bool
has_wanted(void *context)
{
    struct client *client = context;
    client_read(client);
    return count_text(client, client->wanted) >= client->wanted_count;
}

static bool
has_ended(void *context)
{
    struct client *client = context;
    client_read(client);
    return client->is_ended;
}

static bool
is_nobody_there(void *context UNUSED)
{
    return http_server_connections(server) == 0;
}

static bool
has_held(void *context)
{
    return held_count >= *(unsigned *)context;
}

static bool
has_gone(void *context)
{
    return gone_count >= *(unsigned *)context;
}

static bool
never(void *context UNUSED)
{
    return false;
}

/* Sends what may be sent; the loop runs when the socket is full. A closed peer ends it. */
static void
client_send(struct client *client, const char *bytes, size_t size_bytes)
{
    while (size_bytes > 0) {
        ssize_t sent = send(client->fd, bytes, size_bytes, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINPROGRESS && errno != ENOTCONN)
            return;
        if (sent > 0) {
            bytes += sent;
            size_bytes -= (size_t)sent;
        } else {
            uv_run(loop_uv(loop), UV_RUN_NOWAIT);
        }
    }
}

static void
client_say(struct client *client, const char *text)
{
    client_send(client, text, strlen(text));
}

static void
expect_count(struct client *client, const char *text, unsigned count)
{
    client->wanted = text;
    client->wanted_count = count;
    if (!loop_run_until(loop, has_wanted, client, LIMIT_MS))
        fail_msg("\"%s\" is not %u times in: %s", text, count, buf_text(&client->in));
}

static void
expect_end(struct client *client)
{
    if (!loop_run_until(loop, has_ended, client, LIMIT_MS))
        fail_msg("still open after: %s", buf_text(&client->in));
}

static void
hold(struct client *client, unsigned count)
{
    client_say(client, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    assert_true(loop_run_until(loop, has_held, &count, LIMIT_MS));
}

static void
reply_to(unsigned i)
{
    http_reply(&held[i], 200, NULL, "done", 4);
}

/* ---- answers ---- */

static void
a_request_is_given_whole_and_answered(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, "POST /now/a%20b?c=d&e HTTP/1.1\r\n" HOST
                        "X-Test: one \r\nx-test:two\r\nContent-Length: 5\r\n\r\nhe");
    client_say(&client, "llo");
    expect_count(&client, "\r\n\r\nhello", 1);
    assert_string_equal(last_body, "hello");
    assert_string_equal(last_path, "/now/a%20b");
    assert_string_equal(last_query, "c=d&e");
    assert_string_equal(last_header, "one, two");
    client_close(&client);
}

static void
pipelined_requests_are_answered_in_order(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, "GET /later HTTP/1.1\r\n" HOST "\r\n" GET "\r\n" GET "\r\n");
    unsigned one = 1;
    assert_true(loop_run_until(loop, has_held, &one, LIMIT_MS));
    assert_int_equal(received_count, 1);
    reply_to(0);
    expect_count(&client, "HTTP/1.1 200", 3);
    assert_non_null(strstr(buf_text(&client.in), "done"));
    client_close(&client);
}

static void
many_requests_wait_side_by_side(void **state UNUSED)
{
    struct client clients[HELD_MAX];
    for (unsigned i = 0; i < HELD_MAX; i++) {
        clients[i] = client_open();
        hold(&clients[i], i + 1);
    }
    assert_int_equal(http_server_in_flight(server), HELD_MAX);
    for (unsigned i = HELD_MAX; i-- > 0;)
        reply_to(i);
    for (unsigned i = 0; i < HELD_MAX; i++) {
        expect_count(&clients[i], "done", 1);
        client_close(&clients[i]);
    }
    assert_int_equal(http_server_in_flight(server), 0);
}

static void
chunked_bodies_are_put_together(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client,
               "POST /now HTTP/1.1\r\n" HOST
               "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" GET "\r\n");
    expect_count(&client, "HTTP/1.1 200", 2);
    assert_non_null(strstr(buf_text(&client.in), "abcde"));
    client_close(&client);
}

static void
the_host_of_an_absolute_target_is_cut_off(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, "GET http://x/now?a HTTP/1.1\r\n" HOST "\r\n");
    expect_count(&client, "HTTP/1.1 200", 1);
    assert_string_equal(last_path, "/now");
    assert_string_equal(last_query, "a");
    client_close(&client);
}

static void
heads_may_come_byte_by_byte(void **state UNUSED)
{
    static const char text[] =
        "\r\nGET /now HTTP/1.1\r\nHost:x\r\nA:\r\nB:   b\t \r\nX-Test: \xc3\xbc\r\n\r\n";
    struct client client = client_open();
    for (unsigned round = 1; round <= 2; round++) {
        for (size_t i = 0; i + 1 < sizeof text; i++) {
            client_send(&client, text + i, 1);
            uv_run(loop_uv(loop), UV_RUN_NOWAIT);
        }
        expect_count(&client, "HTTP/1.1 200", round);
    }
    assert_string_equal(last_header, "\xc3\xbc");
    client_close(&client);
}

static void
a_unix_socket_serves_too(void **state UNUSED)
{
    char directory[] = "/tmp/http_test.XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", directory);
    const struct http_options options = {.listen = address.sun_path,
                                         .connections_max = 4,
                                         .header_bytes_max = 4096,
                                         .body_bytes_max = BODY_MAX,
                                         .request_timeout_ms = 1000,
                                         .idle_timeout_ms = 1000};
    struct http_server *admin;
    struct fault fault;
    assert_int_equal(http_server_open(loop, &options, on_request, NULL, &admin, &fault), OK);
    struct client client = {.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    assert_int_equal(connect(client.fd, (struct sockaddr *)&address, sizeof address), 0);
    client_say(&client, GET "\r\n");
    expect_count(&client, "HTTP/1.1 200", 1);
    client_close(&client);
    http_server_close(&admin);
    unlink(address.sun_path);
    rmdir(directory);
}

static void
addresses_that_cannot_be_are_refused_with_a_sentence(void **state UNUSED)
{
    static const char *const bad[] = {
        "", "localhost:1", "127.0.0.1", "127.0.0.1:", "1.2.3.4:99999", "[::1:80", "a:b:c"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const struct http_options options = {.listen = bad[i]};
        struct http_server *none = NULL;
        struct fault fault;
        assert_int_equal(http_server_open(loop, &options, on_request, NULL, &none, &fault),
                         ERR_INVALID_ARGUMENT);
        assert_null(none);
        assert_true(strlen(fault.message) > 10);
    }
}

/* ---- what is refused ---- */

static void
expect_refusal(const char *bytes, size_t size_bytes)
{
    unsigned before = received_count;
    for (size_t piece = size_bytes; piece > 0; piece = piece > 1 ? 1 : 0) {
        struct client client = client_open();
        for (size_t i = 0; i < size_bytes; i += piece) {
            client_send(&client, bytes + i, piece);
            uv_run(loop_uv(loop), UV_RUN_NOWAIT);
        }
        expect_end(&client);
        if (strncmp(buf_text(&client.in), "HTTP/1.1 400", 12) != 0)
            fail_msg("not refused: %s -> %s", bytes, buf_text(&client.in));
        client_close(&client);
    }
    assert_int_equal(received_count, before);
}

#define EXPECT_REFUSAL(text) expect_refusal(text, sizeof(text) - 1)
#define POST "POST /now HTTP/1.1\r\n" HOST

static void
what_could_be_read_in_two_ways_is_refused_and_the_connection_closed(void **state UNUSED)
{
    EXPECT_REFUSAL(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    EXPECT_REFUSAL(POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab");
    EXPECT_REFUSAL(POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\na");
    EXPECT_REFUSAL(POST "Content-Length: 1, 1\r\n\r\na");
    EXPECT_REFUSAL(POST "Content-Length: +5\r\n\r\nabcde");
    EXPECT_REFUSAL(POST "Content-Length: -1\r\n\r\n");
    EXPECT_REFUSAL(POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n");
    EXPECT_REFUSAL(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n");
    EXPECT_REFUSAL(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
    EXPECT_REFUSAL(POST "Transfer-Encoding: identity\r\n\r\n");
    EXPECT_REFUSAL(POST
                   "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    EXPECT_REFUSAL("POST /now HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    EXPECT_REFUSAL(GET HOST "\r\n");
    EXPECT_REFUSAL("GET /now HTTP/1.1\r\nA: b\r\n\r\n"); /* no Host */
}

static void
control_characters_and_names_that_are_no_tokens_are_refused(void **state UNUSED)
{
    EXPECT_REFUSAL(GET "A: b\0c\r\n\r\n");
    EXPECT_REFUSAL(GET "A: b\0\r\n\r\n");
    EXPECT_REFUSAL(GET "A: b\0\r\nB: c\r\n\r\n");
    EXPECT_REFUSAL(GET "A\0b: c\r\n\r\n");
    EXPECT_REFUSAL(GET "A: b\x01\r\n\r\n");
    EXPECT_REFUSAL(GET "A: b\x7f\r\n\r\n");
    EXPECT_REFUSAL(GET "A\tb: c\r\n\r\n");
    EXPECT_REFUSAL(GET "A(b: c\r\n\r\n");
    EXPECT_REFUSAL(GET ": c\r\n\r\n");
    EXPECT_REFUSAL("GET /no\0w HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_REFUSAL("GET /no\x7fw HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_REFUSAL("G\0ET /now HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_REFUSAL("G{T /now HTTP/1.1\r\n" HOST "\r\n");
}

static void
folded_lines_and_bare_line_feeds_are_refused(void **state UNUSED)
{
    EXPECT_REFUSAL(GET "A: b\r\n c\r\n\r\n");
    EXPECT_REFUSAL(GET "A: b\r\n\tc\r\nB: d\r\n\r\n");
    EXPECT_REFUSAL(POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n");
    EXPECT_REFUSAL(GET "A: b\nB: c\r\n\r\n");
    EXPECT_REFUSAL(GET "A: b\r\n\n");
    EXPECT_REFUSAL("GET /now HTTP/1.1\n" HOST "\r\n");
    EXPECT_REFUSAL("GET /now HTTP/1.1\nHost: x\n\n");
}

static void
a_declared_body_over_the_limit_is_413_at_once(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, POST "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    expect_end(&client);
    assert_int_equal(strncmp(buf_text(&client.in), "HTTP/1.1 413", 12), 0);
    client_close(&client);
    assert_int_equal(received_count, 0);
}

static void
say_chunks(struct client *client, unsigned count)
{
    static const char chunk[] =
        "64\r\n0123456789012345678901234567890123456789012345678901234567890123456789"
        "012345678901234567890123456789\r\n";
    client_say(client, POST "Transfer-Encoding: chunked\r\n\r\n");
    for (unsigned i = 0; i < count; i++)
        client_say(client, chunk);
}

static void
a_chunked_body_over_the_limit_is_dropped_then_413(void **state UNUSED)
{
    struct client client = client_open();
    say_chunks(&client, 11);
    client_say(&client, "0\r\n\r\n");
    expect_end(&client);
    assert_int_equal(strncmp(buf_text(&client.in), "HTTP/1.1 413", 12), 0);
    client_close(&client);
    assert_int_equal(received_count, 0);
}

static void
a_chunked_body_without_end_is_cut_off(void **state UNUSED)
{
    struct client client = client_open();
    say_chunks(&client, 1000);
    expect_end(&client);
    client_close(&client);
    assert_int_equal(received_count, 0);
}

static void
a_body_of_just_the_limit_is_taken(void **state UNUSED)
{
    struct client client = client_open();
    say_chunks(&client, 10);
    client_say(&client, "0\r\n\r\n");
    expect_count(&client, "HTTP/1.1 200", 1);
    client_close(&client);
}

static void
headers_over_the_limit_are_431(void **state UNUSED)
{
    char text[6000];
    struct client client = client_open();
    snprintf(text, sizeof text, GET "A: %05000d\r\n\r\n", 0);
    client_say(&client, text);
    expect_end(&client);
    assert_int_equal(strncmp(buf_text(&client.in), "HTTP/1.1 431", 12), 0);
    client_close(&client);
}

/* What the library cannot keep: it answers 431, or just closes. */
static void
cookies_beyond_its_room_end_the_connection_only(void **state UNUSED)
{
    for (int count = 0; count < 2000; count += 97) {
        struct client client = client_open();
        client_say(&client, GET "Connection: close\r\nCookie: ");
        for (int i = 0; i < count; i++)
            client_say(&client, "a;");
        client_say(&client, "\r\n\r\n");
        expect_end(&client);
        assert_int_equal(count_text(&client, "HTTP/1.1 200"), received_count);
        assert_int_equal(received_count, count == 0 || (received_count == 1 && count < 200));
        received_count = 0;
        client_close(&client);
    }
}

static void
many_parameters_are_one_query(void **state UNUSED)
{
    char text[4096] = "GET /now?";
    memset(text + 9, '&', 1500);
    strcpy(text + 1509, " HTTP/1.1\r\n" HOST "\r\n");
    struct client client = client_open();
    client_say(&client, text);
    client_say(&client, GET "\r\n");
    expect_count(&client, "HTTP/1.1 200", 2);
    client_close(&client);
}

static void
a_full_server_takes_clients_again_when_all_have_left(void **state UNUSED)
{
    struct client clients[CONNECTIONS_MAX];
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        clients[i] = client_open();
        client_say(&clients[i], GET "\r\n");
        expect_count(&clients[i], "HTTP/1.1 200", 1);
    }
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        client_close(&clients[i]);
    struct client late = client_open();
    client_say(&late, GET "\r\n");
    expect_count(&late, "HTTP/1.1 200", 1);
    client_close(&late);
}

/* ---- clients that are slow, or leave ---- */

static void
expect_cut_within(struct client *client, int64_t limit_ms)
{
    int64_t start_ms = clock_mono_ms();
    expect_end(client);
    assert_true(clock_mono_ms() - start_ms < limit_ms);
    client_close(client);
}

struct drip {
    struct client client;
    const char *text;
    size_t at;
    int64_t next_ms;
};

/* A byte every 30 ms, until the server ends it. */
static bool
drip_has_ended(void *context)
{
    struct drip *drip = context;
    if (clock_mono_ms() >= drip->next_ms && drip->text[drip->at] != 0) {
        send(drip->client.fd, &drip->text[drip->at++], 1, MSG_NOSIGNAL);
        drip->next_ms = clock_mono_ms() + 30;
    }
    return has_ended(&drip->client);
}

static void
expect_drip_cut(const char *text)
{
    struct drip drip = {.client = client_open(), .text = text};
    assert_true(loop_run_until(loop, drip_has_ended, &drip, LIMIT_MS));
    assert_true(text[drip.at] != 0);
    assert_null(strstr(buf_text(&drip.client.in), "200"));
    client_close(&drip.client);
}

static void
a_client_that_dribbles_is_cut_off_wherever_it_is(void **state UNUSED)
{
    expect_drip_cut("GET "
                    "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                    "aaaaaaaaaaaaa");
    expect_drip_cut(
        GET
        "A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    expect_drip_cut(
        POST
        "Content-Length: 900\r\n\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_int_equal(received_count, 0);
}

static void
an_idle_connection_is_closed(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, GET "\r\n");
    expect_count(&client, "HTTP/1.1 200", 1);
    expect_cut_within(&client, 2000);
    client = client_open();
    expect_cut_within(&client, 2000);
}

static void
a_request_at_work_is_not_cut_by_the_clock(void **state UNUSED)
{
    struct client client = client_open();
    hold(&client, 1);
    loop_run_until(loop, never, NULL, 900); /* longer than every limit of this server */
    assert_int_equal(gone_count, 0);
    reply_to(0);
    expect_count(&client, "done", 1);
    client_close(&client);
}

static void
a_client_that_leaves_while_its_request_is_at_work_is_noticed(void **state UNUSED)
{
    struct client client = client_open();
    hold(&client, 1);
    close(client.fd);
    unsigned one = 1;
    assert_true(loop_run_until(loop, has_gone, &one, LIMIT_MS));
    assert_true(loop_run_until(loop, is_nobody_there, NULL, LIMIT_MS));
    assert_true(http_is_gone(held[0]));
    assert_int_equal(http_server_in_flight(server), 1);
    reply_to(0);
    assert_int_equal(http_server_in_flight(server), 0);
    buf_free(&client.in);
}

static void
a_client_that_resets_or_leaves_in_mid_body_harms_nobody(void **state UNUSED)
{
    const struct linger reset = {.l_onoff = 1};
    for (int i = 0; i < 20; i++) {
        struct client client = client_open();
        client_say(&client, POST "Content-Length: 500\r\n\r\nabc");
        if (i % 2 == 0)
            setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        client_close(&client);
    }
    struct client client = client_open(); /* comes after them */
    client_say(&client, GET "\r\n");
    expect_count(&client, "HTTP/1.1 200", 1);
    client_close(&client);
    assert_true(loop_run_until(loop, is_nobody_there, NULL, LIMIT_MS));
}

static void
a_request_that_comes_with_the_end_of_its_stream_is_not_held(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, "GET /later HTTP/1.1\r\n" HOST "\r\n" GET "\r\n");
    shutdown(client.fd, SHUT_WR);
    unsigned one = 1;
    assert_true(loop_run_until(loop, has_gone, &one, LIMIT_MS));
    reply_to(0);
    expect_end(&client);
    client_close(&client);
    client = client_open();
    client_say(&client, GET "\r\n");
    shutdown(client.fd, SHUT_WR);
    expect_end(&client);
    assert_non_null(
        strstr(buf_text(&client.in), "HTTP/1.1 200")); /* answered at once, so in time */
    client_close(&client);
}

/* ---- the end ---- */

static void
a_drain_finishes_what_is_begun_and_takes_nothing_new(void **state UNUSED)
{
    struct client idle = client_open(), busy = client_open();
    client_say(&idle, GET "\r\n");
    expect_count(&idle, "HTTP/1.1 200", 1);
    hold(&busy, 1);
    http_server_drain(server);
    expect_end(&idle);
    struct client late = client_open();
    expect_end(&late);
    assert_int_equal(late.in.size_bytes, 0);
    reply_to(0);
    expect_end(&busy);
    assert_non_null(strstr(buf_text(&busy.in), "Connection: close"));
    assert_non_null(strstr(buf_text(&busy.in), "done"));
    assert_int_equal(http_server_connections(server), 0);
    client_close(&idle);
    client_close(&busy);
    client_close(&late);
}

static void
closing_with_requests_at_work_leaves_them_to_their_receivers(void **state UNUSED)
{
    struct client client = client_open();
    hold(&client, 1);
    http_server_close(&server);
    assert_int_equal(gone_count, 1);
    assert_true(http_is_gone(held[0]));
    assert_string_equal(http_path(held[0]), "/later");
    reply_to(0); /* frees the last of the server */
    client_close(&client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_HASTY(name) cmocka_unit_test_setup_teardown(name, setup_hasty, teardown)

int
main(void)
{
    log_init("http_test", LOG_ERROR);
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_given_whole_and_answered),
        TEST(pipelined_requests_are_answered_in_order),
        TEST(many_requests_wait_side_by_side),
        TEST(chunked_bodies_are_put_together),
        TEST(the_host_of_an_absolute_target_is_cut_off),
        TEST(heads_may_come_byte_by_byte),
        TEST(a_unix_socket_serves_too),
        TEST(addresses_that_cannot_be_are_refused_with_a_sentence),
        TEST(what_could_be_read_in_two_ways_is_refused_and_the_connection_closed),
        TEST(control_characters_and_names_that_are_no_tokens_are_refused),
        TEST(folded_lines_and_bare_line_feeds_are_refused),
        TEST(a_declared_body_over_the_limit_is_413_at_once),
        TEST(a_chunked_body_over_the_limit_is_dropped_then_413),
        TEST(a_chunked_body_without_end_is_cut_off),
        TEST(a_body_of_just_the_limit_is_taken),
        TEST(headers_over_the_limit_are_431),
        TEST(cookies_beyond_its_room_end_the_connection_only),
        TEST(many_parameters_are_one_query),
        TEST(a_full_server_takes_clients_again_when_all_have_left),
        TEST_HASTY(a_client_that_dribbles_is_cut_off_wherever_it_is),
        TEST_HASTY(an_idle_connection_is_closed),
        TEST_HASTY(a_request_at_work_is_not_cut_by_the_clock),
        TEST(a_client_that_leaves_while_its_request_is_at_work_is_noticed),
        TEST(a_client_that_resets_or_leaves_in_mid_body_harms_nobody),
        TEST(a_request_that_comes_with_the_end_of_its_stream_is_not_held),
        TEST(a_drain_finishes_what_is_begun_and_takes_nothing_new),
        TEST(closing_with_requests_at_work_leaves_them_to_their_receivers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
