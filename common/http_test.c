/* Tests of the HTTP server: requests that are as they should be, and its life from address to end.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_fixture.h"

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
        TEST(a_drain_finishes_what_is_begun_and_takes_nothing_new),
        TEST(closing_with_requests_at_work_leaves_them_to_their_receivers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
