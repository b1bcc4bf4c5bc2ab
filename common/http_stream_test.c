/*
 * Tests of the HTTP server: bodies that are read in pieces, and answers that are sent in pieces.
 *
 * "/up" is taken at its head, at most LIMIT_BYTES of it; the test asks for each piece. "/refused"
 * is answered at its head. "/down" is answered in pieces by the test.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_fixture.h"

enum { LIMIT_BYTES = 3 * HTTP_PIECE_BYTES };

static struct http_request *taken;
static unsigned ready_count, taken_count;
static enum http_piece piece;
static struct buf pieces; /* what was read of all */
static size_t piece_size_bytes;

static void
on_ready(void *context UNUSED)
{
    ready_count++;
}

static bool
on_head(void *context UNUSED, struct http_request *request)
{
    if (strcmp(http_path(request), "/refused") == 0) {
        http_reply(&request, 403, NULL, "no", 2);
        return true;
    }
    if (strcmp(http_path(request), "/down") == 0) {
        http_stream(request, 0);
        taken = request;
        taken_count++;
        return true;
    }
    if (strcmp(http_path(request), "/up") != 0)
        return false;
    http_stream(request, LIMIT_BYTES);
    taken = request;
    taken_count++;
    return true;
}

static void
open_streams(int64_t request_timeout_ms, int64_t idle_timeout_ms)
{
    const struct http_options options = {
        .listen = "127.0.0.1:0",
        .connections_max = CONNECTIONS_MAX,
        .header_bytes_max = 4096,
        .body_bytes_max = BODY_MAX,
        .request_timeout_ms = request_timeout_ms,
        .idle_timeout_ms = idle_timeout_ms,
        .on_head = on_head,
    };
    struct fault fault;
    loop = loop_open();
    taken = NULL;
    taken_count = ready_count = held_count = gone_count = received_count = 0;
    assert_int_equal(http_server_open(loop, &options, on_request, NULL, &server, &fault), OK);
}

static int
setup_streams(void **state UNUSED)
{
    open_streams(5000, 60000);
    return 0;
}

static int
setup_hasty_streams(void **state UNUSED)
{
    open_streams(300, 400);
    return 0;
}

static int
teardown_streams(void **state)
{
    buf_free(&pieces);
    return teardown(state);
}

static bool
has_taken(void *context)
{
    return taken_count >= *(unsigned *)context;
}

static void
expect_taken(unsigned count)
{
    assert_true(loop_run_until(loop, has_taken, &count, LIMIT_MS));
}

static bool
is_ready(void *context)
{
    return ready_count >= *(unsigned *)context;
}

static enum http_piece
take_piece(void)
{
    const void *bytes;
    piece = http_piece(taken, &bytes, &piece_size_bytes);
    buf_add(&pieces, bytes, piece_size_bytes);
    return piece;
}

/* Asks for the next piece and waits for it. */
static enum http_piece
read_piece(void)
{
    unsigned next = ready_count + 1;
    http_read(taken, on_ready, NULL);
    assert_true(loop_run_until(loop, is_ready, &next, LIMIT_MS));
    return take_piece();
}

/* Bytes that differ from place to place. */
static char *
make_bytes(size_t size_bytes)
{
    char *bytes = mem_alloc(size_bytes);
    for (size_t i = 0; i < size_bytes; i++)
        bytes[i] = (char)('a' + (i * 7 + i / 251) % 26);
    return bytes;
}

/* Sends in the background of the loop's turns: a client whose window is closed. */
struct sender {
    int fd;
    const char *bytes;
    size_t left_bytes;
    size_t goal_bytes; /* of left_bytes */
};

static bool
has_sent(void *context)
{
    struct sender *sender = context;
    ssize_t sent = send(sender->fd, sender->bytes, sender->left_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
        sender->bytes += sent;
        sender->left_bytes -= (size_t)sent;
    }
    return sender->left_bytes <= sender->goal_bytes;
}

/* ---- bodies ---- */

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

/* ---- answers ---- */

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

#define STREAM(name) cmocka_unit_test_setup_teardown(name, setup_streams, teardown_streams)
#define HASTY(name) cmocka_unit_test_setup_teardown(name, setup_hasty_streams, teardown_streams)

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
