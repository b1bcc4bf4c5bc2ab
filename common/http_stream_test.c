/*
 * Tests of the HTTP server: bodies that are read in pieces.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_stream_fixture.h"

static void
a_body_comes_in_pieces_byte_for_byte(void **state UNUSED)
{
    enum { SIZE = 2 * HTTP_PIECE_BYTES + 1000 };
    struct client client = client_open();
    char *body = make_bytes(SIZE);
    client_say(&client, "POST /up HTTP/1.1\r\n" HOST "Content-Length: 263144\r\n\r\n");
    expect_taken(1);
    assert_int_equal(http_declared_bytes(taken), SIZE);
    struct sender sender = {.fd = client.fd, .bytes = body, .left_bytes = SIZE};
    enum http_piece last;
    do {
        http_read(taken, on_ready, NULL);
        unsigned next = ready_count + 1;
        while (!loop_run_until(loop, is_ready, &next, 1))
            has_sent(&sender);
        last = take_piece();
        assert_true(last == HTTP_LAST || piece_size_bytes == HTTP_PIECE_BYTES);
    } while (last == HTTP_MORE);
    assert_int_equal(last, HTTP_LAST);
    assert_int_equal(ready_count, 3);
    assert_int_equal(pieces.size_bytes, SIZE);
    assert_memory_equal(pieces.bytes, body, SIZE);
    http_reply(&taken, 200, NULL, "thanks", 6);
    expect_count(&client, "thanks", 1);
    client_say(&client, GET "\r\n"); /* the connection goes on */
    expect_count(&client, "HTTP/1.1 200", 2);
    mem_free(body);
    client_close(&client);
}

static void
a_chunked_body_and_an_empty_one_end_with_the_last_piece(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, "POST /up HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    expect_taken(1);
    assert_int_equal(http_declared_bytes(taken), -1);
    client_say(&client, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_int_equal(read_piece(), HTTP_LAST);
    assert_string_equal(buf_text(&pieces), "abcde");
    http_reply(&taken, 200, NULL, "one", 3);
    expect_count(&client, "one", 1);
    client_say(&client, "POST /up HTTP/1.1\r\n" HOST "\r\n");
    expect_taken(2);
    assert_int_equal(read_piece(), HTTP_LAST);
    assert_int_equal(piece_size_bytes, 0);
    http_reply(&taken, 200, NULL, "two", 3);
    expect_count(&client, "two", 1);
    client_close(&client);
}

static void
the_client_waits_while_nobody_asks_for_the_next_piece(void **state UNUSED)
{
    enum { SIZE = 64 * 1024 * 1024 };
    struct client client = client_open();
    char *body = make_bytes(SIZE);
    client_say(&client, "POST /up HTTP/1.1\r\n" HOST "Content-Length: 67108864\r\n\r\n");
    expect_taken(1);
    struct sender sender = {.fd = client.fd, .bytes = body, .left_bytes = SIZE};
    http_read(taken, on_ready, NULL);
    assert_false(loop_run_until(loop, has_sent, &sender, 500));
    assert_int_equal(ready_count, 1); /* one piece, and no further word */
    assert_true(sender.left_bytes > SIZE / 2);
    size_t before_bytes = sender.left_bytes;
    loop_run_until(loop, has_sent, &sender, 100);
    assert_true(before_bytes - sender.left_bytes < HTTP_PIECE_BYTES);
    assert_int_equal(take_piece(), HTTP_MORE);
    client_close(&client);
    http_reply(&taken, 503, NULL, "", 0);
    mem_free(body);
}

static void
a_request_that_is_refused_at_its_head_is_answered_before_its_body(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, "POST /refused HTTP/1.1\r\n" HOST
                        "Content-Length: 300000\r\nExpect: 100-continue\r\n\r\n");
    expect_end(&client);
    assert_non_null(strstr(buf_text(&client.in), "HTTP/1.1 403"));
    assert_null(strstr(buf_text(&client.in), "100 Continue"));
    assert_int_equal(taken_count, 0);
    client_close(&client);
    client = client_open();
    client_say(&client,
               "POST /up HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    expect_count(&client, "100 Continue", 1);
    client_say(&client, "abc");
    assert_int_equal(read_piece(), HTTP_LAST);
    http_reply(&taken, 200, NULL, "", 0);
    expect_count(&client, "HTTP/1.1 200", 1);
    client_close(&client);
}

static void
what_is_not_taken_at_its_head_has_the_limit_of_whole_bodies(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, POST "Content-Length: 1001\r\n\r\n");
    expect_end(&client);
    assert_non_null(strstr(buf_text(&client.in), "HTTP/1.1 413"));
    client_close(&client);
    client = client_open();
    client_say(&client, POST "Content-Length: 5\r\n\r\nhello");
    expect_count(&client, "hello", 1);
    assert_int_equal(received_count, 1);
    client_close(&client);
}

static void
a_chunked_body_beyond_its_limit_is_said_and_dropped(void **state UNUSED)
{
    struct client client = client_open();
    char *body = make_bytes(LIMIT_BYTES + 1);
    client_say(&client, "POST /up HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n60001\r\n");
    expect_taken(1);
    struct sender sender = {.fd = client.fd, .bytes = body, .left_bytes = LIMIT_BYTES + 1};
    do {
        http_read(taken, on_ready, NULL);
        unsigned next = ready_count + 1;
        while (!loop_run_until(loop, is_ready, &next, 1))
            has_sent(&sender);
    } while (take_piece() == HTTP_MORE);
    assert_int_equal(piece, HTTP_TOO_LARGE);
    assert_true(pieces.size_bytes <= LIMIT_BYTES);
    http_reply(&taken, 413, NULL, "", 0);
    assert_true(loop_run_until(loop, has_sent, &sender, LIMIT_MS));
    client_say(&client, "\r\n0\r\n\r\n");
    expect_count(&client, "HTTP/1.1 413", 1);
    client_close(&client);
    mem_free(body);
}

static void
an_answer_in_the_middle_of_a_body_comes_after_the_rest_was_dropped(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, "POST /up HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
    expect_taken(1);
    http_read(taken, on_ready, NULL);
    http_reply(&taken, 503, NULL, "away", 4);
    assert_int_equal(http_server_in_flight(server), 0);
    client_say(&client, "defghij" GET "\r\n");
    expect_count(&client, "away", 1);
    expect_count(&client, "HTTP/1.1 200", 1);
    assert_int_equal(ready_count, 0);
    client_close(&client);
}

static void
a_client_that_stops_half_way_is_noticed_by_who_reads(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, "POST /up HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
    expect_taken(1);
    http_read(taken, on_ready, NULL);
    client_close(&client);
    unsigned one = 1;
    assert_true(loop_run_until(loop, is_ready, &one, LIMIT_MS));
    assert_int_equal(take_piece(), HTTP_GONE);
    assert_true(http_is_gone(taken));
    assert_true(loop_run_until(loop, is_nobody_there, NULL, LIMIT_MS));
    http_reply(&taken, 200, NULL, "", 0);
    assert_int_equal(http_server_in_flight(server), 0);
}

static void
a_client_that_stops_while_its_piece_is_at_work_is_noticed_at_the_next(void **state UNUSED)
{
    struct client client = client_open();
    char *body = make_bytes(HTTP_PIECE_BYTES);
    client_say(&client, "POST /up HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\n");
    expect_taken(1);
    http_read(taken, on_ready, NULL);
    client_send(&client, body, HTTP_PIECE_BYTES);
    unsigned one = 1;
    assert_true(loop_run_until(loop, is_ready, &one, LIMIT_MS));
    assert_int_equal(take_piece(), HTTP_MORE);
    client_close(&client);
    assert_true(loop_run_until(loop, is_nobody_there, NULL, LIMIT_MS));
    assert_int_equal(read_piece(), HTTP_GONE);
    http_reply(&taken, 200, NULL, "", 0);
    mem_free(body);
}

static void
a_client_that_dribbles_its_piece_is_cut_off(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, "POST /up HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
    expect_taken(1);
    http_read(taken, on_ready, NULL);
    expect_end(&client);
    assert_int_equal(ready_count, 1);
    assert_int_equal(take_piece(), HTTP_GONE);
    http_reply(&taken, 200, NULL, "", 0);
    client_close(&client);
}

static void
each_piece_has_the_time_of_a_request_and_no_more(void **state UNUSED)
{
    struct client client = client_open();
    char *body = make_bytes(HTTP_PIECE_BYTES);
    client_say(&client, "POST /up HTTP/1.1\r\n" HOST "Content-Length: 393217\r\n\r\n");
    expect_taken(1);
    for (unsigned i = 1; i <= 3; i++) { /* longer in all than one request may take */
        http_read(taken, on_ready, NULL);
        loop_run_until(loop, never, NULL, 120);
        client_send(&client, body, HTTP_PIECE_BYTES);
        assert_true(loop_run_until(loop, is_ready, &i, LIMIT_MS));
        assert_int_equal(take_piece(), HTTP_MORE);
    }
    http_read(taken, on_ready, NULL); /* and now nothing more comes */
    expect_end(&client);
    assert_int_equal(take_piece(), HTTP_GONE);
    http_reply(&taken, 200, NULL, "", 0);
    client_close(&client);
    mem_free(body);
}

static void
a_piece_at_work_is_not_cut_by_the_clock(void **state UNUSED)
{
    struct client client = client_open();
    client_say(&client, "POST /up HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
    expect_taken(1);
    assert_int_equal(read_piece(), HTTP_LAST);
    loop_run_until(loop, never, NULL, 900); /* longer than every limit of this server */
    http_reply(&taken, 200, NULL, "done", 4);
    expect_count(&client, "done", 1);
    client_close(&client);
}

int
main(void)
{
    log_init("http_stream_test", LOG_ERROR);
    const struct CMUnitTest tests[] = {
        STREAM(a_body_comes_in_pieces_byte_for_byte),
        STREAM(a_chunked_body_and_an_empty_one_end_with_the_last_piece),
        STREAM(the_client_waits_while_nobody_asks_for_the_next_piece),
        STREAM(a_request_that_is_refused_at_its_head_is_answered_before_its_body),
        STREAM(what_is_not_taken_at_its_head_has_the_limit_of_whole_bodies),
        STREAM(a_chunked_body_beyond_its_limit_is_said_and_dropped),
        STREAM(an_answer_in_the_middle_of_a_body_comes_after_the_rest_was_dropped),
        STREAM(a_client_that_stops_half_way_is_noticed_by_who_reads),
        STREAM(a_client_that_stops_while_its_piece_is_at_work_is_noticed_at_the_next),
        HASTY(a_client_that_dribbles_its_piece_is_cut_off),
        HASTY(each_piece_has_the_time_of_a_request_and_no_more),
        HASTY(a_piece_at_work_is_not_cut_by_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
