/* Tests of the HTTP server: clients that are slow, leave, or are too many. */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_fixture.h"

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

/* ---- too many ---- */

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

struct crowd {
    struct client clients[CONNECTIONS_MAX];
    unsigned count;
};

/* Each says `text` and waits for `wanted` if there is some. */
static void
crowd_grow(struct crowd *crowd, unsigned count, unsigned host, const char *text, const char *wanted)
{
    for (unsigned i = 0; i < count; i++) {
        struct client *client = &crowd->clients[crowd->count++];
        *client = client_open_from(host);
        client_say(client, text);
        if (wanted != NULL)
            expect_count(client, wanted, 1);
    }
}

static void
crowd_close(struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->count; i++)
        client_close(&crowd->clients[i]);
}

static bool
is_count_there(void *context)
{
    return http_server_connections(server) == *(unsigned *)context;
}

static void
expect_connections(unsigned count)
{
    if (!loop_run_until(loop, is_count_there, &count, LIMIT_MS))
        fail_msg("%u connections, not %u", http_server_connections(server), count);
}

static void
a_stranger_with_every_place_does_not_lock_others_out(void **state UNUSED)
{
    static const char *const lies[] = {"", "GET /no", GET "A: b",
                                       POST "Content-Length: 9\r\n\r\na"};
    struct crowd crowd = {0};
    for (size_t i = 0; i < COUNT_OF(lies); i++)
        crowd_grow(&crowd, CONNECTIONS_MAX / COUNT_OF(lies), 2, lies[i], NULL);
    struct client client = client_open();
    client_say(&client, GET "\r\n");
    expect_count(&client, "HTTP/1.1 200", 1);
    client_close(&client);
    crowd_close(&crowd);
}

static void
who_has_one_connection_keeps_it_before_those_who_have_many(void **state UNUSED)
{
    struct crowd crowd = {0};
    struct client few = client_open(); /* waits longest */
    client_say(&few, GET "\r\n");
    expect_count(&few, "HTTP/1.1 200", 1);
    crowd_grow(&crowd, 40, 2, GET "\r\n", "HTTP/1.1 200");
    crowd_grow(&crowd, 23, 3, GET "\r\n", "HTTP/1.1 200");
    expect_connections(CONNECTIONS_MAX * 3 / 4);
    client_say(&few, GET "\r\n");
    expect_count(&few, "HTTP/1.1 200", 2);
    /* The 16 that had to go were of the larger crowd. */
    unsigned ended[2] = {0};
    for (unsigned i = 0; i < crowd.count; i++)
        ended[i / 40] += has_ended(&crowd.clients[i]);
    assert_int_equal(ended[0], 16);
    assert_int_equal(ended[1], 0);
    client_close(&few);
    crowd_close(&crowd);
}

static void
requests_at_work_are_never_cut_to_make_room(void **state UNUSED)
{
    struct crowd crowd = {0};
    for (unsigned i = 0; i < 50; i++) {
        crowd_grow(&crowd, 1, 2, "", NULL);
        hold(&crowd.clients[i], i + 1);
    }
    crowd_grow(&crowd, 14, 2, GET "\r\n", "HTTP/1.1 200");
    expect_connections(50 + CONNECTIONS_MAX / 8); /* so many may wait in any case */
    assert_int_equal(gone_count, 0);
    for (unsigned i = 0; i < 50; i++) {
        reply_to(i);
        expect_count(&crowd.clients[i], "done", 1);
    }
    crowd_close(&crowd);
}

/* ---- behind a proxy ---- */

static void
a_trusted_proxy_keeps_its_connections_and_tells_who_its_clients_are(void **state UNUSED)
{
    struct crowd crowd = {0};
    crowd_grow(&crowd, 40, 2, GET "\r\n", "HTTP/1.1 200");
    assert_string_equal(last_peer, "127.0.0.2");
    crowd_grow(&crowd, 20, 3, GET "\r\n", "HTTP/1.1 200");
    expect_connections(CONNECTIONS_MAX * 3 / 4);
    for (unsigned i = 0; i < 40; i++) {
        client_say(&crowd.clients[i], GET "X-Forwarded-For: 198.51.100.1\r\n"
                                          "X-Forwarded-For: 203.0.113.7, 127.0.0.2\r\n\r\n");
        expect_count(&crowd.clients[i], "HTTP/1.1 200", 2);
    }
    assert_string_equal(last_peer, "203.0.113.7");
    crowd_close(&crowd);
}

static void
nobody_else_is_believed(void **state UNUSED)
{
    struct client client = client_open_from(3);
    client_say(&client, GET "X-Forwarded-For: 203.0.113.7\r\n\r\n");
    expect_count(&client, "HTTP/1.1 200", 1);
    assert_string_equal(last_peer, "127.0.0.3");
    client_close(&client);
}

/* Nothing ends by its time limit here. */
static int
setup_patient(void **state UNUSED)
{
    open_server(60000, 60000, NULL);
    return 0;
}

static int
setup_trusting(void **state)
{
    struct http_proxies *proxies = http_proxies_new("127.0.0.2");
    *state = proxies;
    open_server(60000, 60000, proxies);
    return 0;
}

static int
teardown_trusting(void **state)
{
    struct http_proxies *proxies = *state;
    teardown(state);
    http_proxies_free(&proxies);
    return 0;
}

#define TEST_PATIENT(name) cmocka_unit_test_setup_teardown(name, setup_patient, teardown)
#define TEST_TRUSTING(name) cmocka_unit_test_setup_teardown(name, setup_trusting, teardown_trusting)

int
main(void)
{
    log_init("http_client_test", LOG_ERROR);
    const struct CMUnitTest tests[] = {
        TEST_HASTY(a_client_that_dribbles_is_cut_off_wherever_it_is),
        TEST_HASTY(an_idle_connection_is_closed),
        TEST_HASTY(a_request_at_work_is_not_cut_by_the_clock),
        TEST(a_client_that_leaves_while_its_request_is_at_work_is_noticed),
        TEST(a_client_that_resets_or_leaves_in_mid_body_harms_nobody),
        TEST(a_request_that_comes_with_the_end_of_its_stream_is_not_held),
        TEST(a_full_server_takes_clients_again_when_all_have_left),
        TEST_PATIENT(a_stranger_with_every_place_does_not_lock_others_out),
        TEST_PATIENT(who_has_one_connection_keeps_it_before_those_who_have_many),
        TEST_PATIENT(requests_at_work_are_never_cut_to_make_room),
        TEST_TRUSTING(a_trusted_proxy_keeps_its_connections_and_tells_who_its_clients_are),
        TEST_TRUSTING(nobody_else_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
