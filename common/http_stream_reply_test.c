/*
 * Tests of the HTTP server: answers that are sent in pieces, and the end of the server while pieces
 * are under way.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_stream_fixture.h"

static void
begin_answer(struct client *client, const char *method, uint64_t size_bytes)
{
    static const struct http_header headers[] = {{"Content-Type", "image/png"}, {NULL, NULL}};
    unsigned next = taken_count + 1;
    client_say(client, method);
    client_say(client, " /down HTTP/1.1\r\n" HOST "\r\n");
    expect_taken(next);
    http_reply_begin(taken, 200, headers, size_bytes);
}

static void
send_piece(const char *bytes, size_t size_bytes)
{
    http_reply_piece(taken, bytes, size_bytes, on_ready, NULL);
}

static void
an_answer_goes_in_pieces_byte_for_byte(void **state UNUSED)
{
    enum { SIZE = 1000000 };
    struct client client = client_open();
    char *body = make_bytes(SIZE);
    begin_answer(&client, "GET", SIZE);
    expect_count(&client, "Content-Length: 1000000", 1);
    for (size_t at = 0; at < SIZE;) {
        size_t size_bytes = SIZE - at < HTTP_PIECE_BYTES ? SIZE - at : HTTP_PIECE_BYTES;
        unsigned next = ready_count + 1;
        send_piece(body + at, size_bytes);
        while (!loop_run_until(loop, is_ready, &next, 1))
            client_read(&client);
        at += size_bytes;
    }
    http_reply_end(&taken);
    client_say(&client, GET "\r\n");
    expect_count(&client, "HTTP/1.1 200", 2);
    const char *start = strstr(buf_text(&client.in), "\r\n\r\n") + 4;
    assert_memory_equal(start, body, SIZE);
    assert_int_equal(http_server_in_flight(server), 0);
    mem_free(body);
    client_close(&client);
}

static void
a_client_that_does_not_read_holds_up_the_next_piece_only(void **state UNUSED)
{
    enum { SIZE = 64 * 1024 * 1024 };
    struct client client = client_open(), other = client_open();
    char *body = make_bytes(HTTP_PIECE_BYTES);
    begin_answer(&client, "GET", SIZE);
    unsigned given = 0, next;
    do {
        next = ++given;
        send_piece(body, HTTP_PIECE_BYTES);
    } while (loop_run_until(loop, is_ready, &next, 200));
    assert_true((size_t)given * HTTP_PIECE_BYTES < SIZE / 2); /* what sockets hold */
    client_say(&other, GET "\r\n");
    expect_count(&other, "HTTP/1.1 200", 1);
    client_close(&other);
    client_close(&client);
    assert_true(loop_run_until(loop, is_ready, &next, LIMIT_MS));
    assert_true(http_is_gone(taken));
    http_reply_end(&taken);
    assert_int_equal(http_server_in_flight(server), 0);
    mem_free(body);
}

static void
an_answer_that_ends_too_early_is_cut_off(void **state UNUSED)
{
    struct client client = client_open();
    begin_answer(&client, "GET", 10);
    send_piece("abc", 3);
    unsigned one = 1;
    assert_true(loop_run_until(loop, is_ready, &one, LIMIT_MS));
    expect_count(&client, "\r\n\r\nabc", 1);
    http_reply_end(&taken);
    expect_end(&client);
    client_close(&client);
}

static void
head_gets_the_length_and_no_piece(void **state UNUSED)
{
    struct client client = client_open();
    begin_answer(&client, "HEAD", 10);
    send_piece("abc", 3);
    assert_int_equal(ready_count, 1);
    http_reply_end(&taken);
    client_say(&client, GET "\r\n");
    expect_count(&client, "HTTP/1.1 200", 2);
    expect_count(&client, "Content-Length: 10", 1);
    assert_null(strstr(buf_text(&client.in), "abc"));
    client_close(&client);
}

static void
a_client_that_takes_no_answer_is_cut_off(void **state UNUSED)
{
    struct client client = client_open();
    char *body = make_bytes(HTTP_PIECE_BYTES);
    begin_answer(&client, "GET", 1000 * (uint64_t)HTTP_PIECE_BYTES);
    do {
        unsigned next = ready_count + 1;
        send_piece(body, HTTP_PIECE_BYTES);
        assert_true(loop_run_until(loop, is_ready, &next, LIMIT_MS));
    } while (!http_is_gone(taken));
    http_reply_end(&taken);
    client_close(&client);
    mem_free(body);
}

/* ---- answers without an end ---- */

static void
send_and_expect(struct client *client, const char *text)
{
    unsigned next = ready_count + 1;
    send_piece(text, strlen(text));
    assert_true(loop_run_until(loop, is_ready, &next, LIMIT_MS));
    expect_count(client, text, 1);
}

static void
an_endless_answer_is_sent_as_it_comes_and_ends_well(void **state UNUSED)
{
    struct client client = client_open();
    begin_answer(&client, "GET", HTTP_ENDLESS);
    expect_count(&client, "Transfer-Encoding: chunked", 1); /* before there is anything to send */
    send_and_expect(&client, "the first\n");
    send_and_expect(&client, "the second\n");
    http_reply_end(&taken);
    expect_count(&client, "0\r\n\r\n", 1);
    client_say(&client, GET "\r\n");
    expect_count(&client, "HTTP/1.1 200", 2);
    assert_int_equal(http_server_in_flight(server), 0);
    client_close(&client);
}

static void
an_endless_answer_may_be_silent_for_long_and_notices_who_leaves(void **state UNUSED)
{
    struct client client = client_open();
    unsigned one = 1;
    begin_answer(&client, "GET", HTTP_ENDLESS);
    http_on_gone(taken, on_gone, &gone_count);
    send_and_expect(&client, "something");
    loop_run_until(loop, never, NULL, 900); /* longer than every limit of this server */
    send_and_expect(&client, "more of it");
    assert_false(http_is_gone(taken));
    client_close(&client);
    assert_true(loop_run_until(loop, has_gone, &one, LIMIT_MS));
    assert_true(http_is_gone(taken));
    http_reply_end(&taken);
    assert_int_equal(http_server_in_flight(server), 0);
}

static void
a_client_may_be_cut_off_by_who_answers(void **state UNUSED)
{
    struct client client = client_open();
    begin_answer(&client, "GET", HTTP_ENDLESS);
    send_and_expect(&client, "something");
    http_drop(taken);
    assert_true(http_is_gone(taken));
    http_drop(taken);
    http_reply_end(&taken);
    expect_end(&client);
    assert_null(strstr(buf_text(&client.in), "\r\n0\r\n"));
    client_close(&client);
}

static void
a_drained_server_is_left_by_who_had_an_endless_answer(void **state UNUSED)
{
    struct client client = client_open();
    begin_answer(&client, "GET", HTTP_ENDLESS);
    send_and_expect(&client, "something");
    http_server_drain(server);
    http_reply_end(&taken);
    expect_end(&client); /* which was not told to */
    assert_non_null(strstr(buf_text(&client.in), "\r\n0\r\n\r\n"));
    assert_true(loop_run_until(loop, is_nobody_there, NULL, LIMIT_MS));
    client_close(&client);
}

/* ---- the end ---- */

static void
a_drain_finishes_pieces_that_are_begun(void **state UNUSED)
{
    struct client up = client_open(), down = client_open();
    client_say(&up, "POST /up HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\nabc");
    expect_taken(1);
    struct http_request *upload = taken;
    begin_answer(&down, "GET", 6);
    struct http_request *download = taken;
    http_server_drain(server);
    taken = upload;
    http_read(taken, on_ready, NULL);
    client_say(&up, "def");
    unsigned next = 1;
    assert_true(loop_run_until(loop, is_ready, &next, LIMIT_MS));
    assert_int_equal(take_piece(), HTTP_LAST);
    http_reply(&taken, 200, NULL, "took", 4);
    expect_end(&up);
    assert_non_null(strstr(buf_text(&up.in), "took"));
    taken = download;
    send_piece("ghijkl", 6);
    http_reply_end(&taken);
    expect_count(&down, "ghijkl", 1);
    client_close(&up);
    client_close(&down);
    assert_true(loop_run_until(loop, is_nobody_there, NULL, LIMIT_MS));
}

static void
closing_with_pieces_under_way_leaves_them_to_their_receivers(void **state UNUSED)
{
    struct client up = client_open(), down = client_open();
    client_say(&up, "POST /up HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\nabc");
    expect_taken(1);
    struct http_request *upload = taken;
    http_read(upload, on_ready, NULL);
    begin_answer(&down, "GET", 6);
    http_reply_piece(taken, "abc", 3, on_ready, NULL);
    http_server_close(&server);
    assert_int_equal(ready_count, 2);
    assert_true(http_is_gone(upload) && http_is_gone(taken));
    http_reply(&upload, 200, NULL, "", 0);
    http_reply_end(&taken);
    client_close(&up);
    client_close(&down);
}

int
main(void)
{
    log_init("http_stream_reply_test", LOG_ERROR);
    const struct CMUnitTest tests[] = {
        STREAM(an_answer_goes_in_pieces_byte_for_byte),
        STREAM(a_client_that_does_not_read_holds_up_the_next_piece_only),
        STREAM(an_answer_that_ends_too_early_is_cut_off),
        STREAM(head_gets_the_length_and_no_piece),
        HASTY(a_client_that_takes_no_answer_is_cut_off),
        STREAM(an_endless_answer_is_sent_as_it_comes_and_ends_well),
        HASTY(an_endless_answer_may_be_silent_for_long_and_notices_who_leaves),
        STREAM(a_client_may_be_cut_off_by_who_answers),
        STREAM(a_drained_server_is_left_by_who_had_an_endless_answer),
        STREAM(a_drain_finishes_pieces_that_are_begun),
        STREAM(closing_with_pieces_under_way_leaves_them_to_their_receivers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
