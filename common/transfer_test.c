/*
 * transfer_test - outgoing transfers run side by side, wait for their turn, and end at their
 * deadline; who hangs holds up nobody else
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/transfer_fixture.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct fetch {
    char url[128];
    int64_t deadline_mono_ms;
    size_t size_max;
    struct transfer_guard guard;
    bool is_guarded;
    bool is_over;
    enum err err;
    CURLcode code;
    long status;
    struct transfer_reply reply;
};

static int
set_up(void **state UNUSED)
{
    fixture_open(&(struct transfer_options){.count_max = 4, .host_max = 2, .queue_max = 4});
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    fixture_close();
    return 0;
}

static void
fetch_run(void *context)
{
    struct fetch *fetch = context;
    struct call call = {.deadline_mono_ms = fetch->deadline_mono_ms};
    CURL *easy = curl_easy_init();
    assert_non_null(easy);
    curl_easy_setopt(easy, CURLOPT_URL, fetch->url);
    transfer_keep(easy, &fetch->reply);
    if (fetch->is_guarded)
        transfer_guard(easy, &fetch->guard);
    fetch->err = transfer_await(transfer, &call, easy, &fetch->code);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &fetch->status);
    curl_easy_cleanup(easy);
    fetch->is_over = true;
}

static void
fetch_start(struct fetch *fetch, const char *host, const char *path, int64_t limit_ms)
{
    snprintf(fetch->url, sizeof fetch->url, "http://%s:%u%s", host, http_server_port(server), path);
    fetch->deadline_mono_ms = clock_mono_ms() + limit_ms;
    fetch->reply.size_max = fetch->size_max != 0 ? fetch->size_max : 1000;
    assert_true(task_spawn(fetch_run, fetch));
}

static void
expect_over(struct fetch *fetch)
{
    assert_true(loop_run_until(loop, is_over, &fetch->is_over, FIXTURE_LIMIT_MS));
}

static void
expect_body(struct fetch *fetch, const char *body)
{
    expect_over(fetch);
    assert_int_equal(fetch->err, OK);
    assert_int_equal(fetch->code, CURLE_OK);
    assert_int_equal(fetch->status, 200);
    assert_string_equal(buf_text(&fetch->reply.body), body);
    buf_free(&fetch->reply.body);
}

static void
an_answer_comes_back(void **state UNUSED)
{
    struct fetch fetch = {0};
    fetch_start(&fetch, "127.0.0.1", "/now", 5000);
    expect_body(&fetch, "now");
    assert_int_equal(transfer_running(transfer), 0);
}

static void
transfers_run_side_by_side(void **state UNUSED)
{
    struct fetch fetches[2] = {0};
    fetch_start(&fetches[0], "127.0.0.1", "/a", 5000);
    fetch_start(&fetches[1], "127.0.0.1", "/b", 5000);
    expect_held(2);
    fixture_reply(1, 200, NULL, "b");
    fixture_reply(0, 200, NULL, "a");
    for (unsigned i = 0; i < 2; i++)
        expect_over(&fetches[i]);
    assert_int_equal(fetches[0].reply.body.size_bytes + fetches[1].reply.body.size_bytes, 2);
    buf_free(&fetches[0].reply.body);
    buf_free(&fetches[1].reply.body);
}

static void
a_host_that_hangs_holds_up_nobody_else(void **state UNUSED)
{
    struct fetch stuck[4] = {0}, fetch = {0};
    for (unsigned i = 0; i < 4; i++)
        fetch_start(&stuck[i], "127.0.0.2", "/stuck", 60000);
    expect_held(2);
    assert_int_equal(transfer_running(transfer), 2);
    assert_int_equal(transfer_waiting(transfer), 2);
    fetch_start(&fetch, "127.0.0.3", "/now", 5000);
    expect_body(&fetch, "now");
    assert_int_equal(held_count, 2);
    fixture_reply_all();
    expect_held(4);
    fixture_reply_all();
    for (unsigned i = 0; i < 4; i++)
        expect_body(&stuck[i], "late");
}

static void
hosts_are_one_however_they_are_written(void **state UNUSED)
{
    struct fetch fetches[3] = {0};
    fetch_start(&fetches[0], "one.test", "/a", 5000);
    fetch_start(&fetches[1], "ONE.test", "/b", 5000);
    fetch_start(&fetches[2], "user@oNe.test", "/c", 5000);
    assert_int_equal(transfer_running(transfer), 2);
    expect_held(2);
    fixture_reply_all();
    expect_held(3);
    fixture_reply_all();
    for (unsigned i = 0; i < 3; i++)
        expect_body(&fetches[i], "late");
}

static void
the_others_wait_in_order(void **state UNUSED)
{
    struct fetch fetches[8] = {0};
    const char *hosts[] = {"127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.2"};
    for (unsigned i = 0; i < 4; i++)
        fetch_start(&fetches[i], hosts[i], "/first", 5000);
    for (unsigned i = 4; i < 8; i++) {
        char path[16];
        snprintf(path, sizeof path, "/%u", i);
        fetch_start(&fetches[i], "127.0.0.3", path, 5000);
    }
    expect_held(4);
    static const unsigned places[] = {0, 1, 4, 5}; /* a host has two */
    for (unsigned i = 0; i < 4; i++) {
        fixture_reply(places[i], 200, NULL, "late");
        expect_held(5 + i);
        assert_int_equal(http_path(held[4 + i])[1], '4' + i);
    }
    fixture_reply_all();
    for (unsigned i = 0; i < 8; i++)
        expect_body(&fetches[i], "late");
}

static void
too_many_are_refused(void **state UNUSED)
{
    struct fetch fetches[7] = {0};
    for (unsigned i = 0; i < 7; i++)
        fetch_start(&fetches[i], "127.0.0.1", "/x", 60000);
    assert_true(fetches[6].is_over);
    assert_int_equal(fetches[6].err, ERR_RESOURCE_EXHAUSTED);
    for (unsigned i = 2; i <= 6; i += 2) {
        expect_held(i);
        fixture_reply_all();
    }
    for (unsigned i = 0; i < 6; i++)
        expect_body(&fetches[i], "late");
}

static void
a_transfer_ends_at_its_deadline(void **state UNUSED)
{
    struct fetch stuck[2] = {0}, waiting = {0}, next = {0};
    fetch_start(&stuck[0], "127.0.0.1", "/stuck", 150);
    fetch_start(&stuck[1], "127.0.0.1", "/stuck", 60000);
    fetch_start(&next, "127.0.0.1", "/now", 60000);
    fetch_start(&waiting, "127.0.0.1", "/now", 50);
    expect_over(&waiting);
    assert_int_equal(waiting.err, ERR_DEADLINE_EXCEEDED);
    expect_over(&stuck[0]);
    assert_int_equal(stuck[0].err, OK);
    assert_int_equal(stuck[0].code, CURLE_OPERATION_TIMEDOUT);
    expect_body(&next, "now"); /* it took the place */
    unsigned one = 1;
    assert_true(loop_run_until(loop, is_held, &one,
                               FIXTURE_LIMIT_MS)); /* the other one came, and is answered below */
    fixture_reply_all();
    expect_body(&stuck[1], "late");
}

static void
a_name_that_does_not_resolve_does_not_hold_the_loop(void **state UNUSED)
{
    struct fetch lost = {0}, fetch = {0};
    int64_t start_ms = clock_mono_ms();
    fetch_start(&lost, "hang.test", "/now", 100);
    fetch_start(&fetch, "one.test", "/now", 5000);
    expect_body(&fetch, "now");
    expect_over(&lost);
    assert_int_equal(lost.code, CURLE_OPERATION_TIMEDOUT);
    assert_true(clock_mono_ms() - start_ms < 5000);
}

static void
what_cannot_be_reached_says_so(void **state UNUSED)
{
    struct fetch fetch = {0};
    snprintf(fetch.url, sizeof fetch.url, "http://127.0.0.1:1/");
    fetch.deadline_mono_ms = clock_mono_ms() + 5000;
    assert_true(task_spawn(fetch_run, &fetch));
    expect_over(&fetch);
    assert_int_equal(fetch.err, OK);
    assert_int_equal(fetch.code, CURLE_COULDNT_CONNECT);
    fetch = (struct fetch){.url = "http://", .deadline_mono_ms = clock_mono_ms() + 5000};
    assert_true(task_spawn(fetch_run, &fetch));
    expect_over(&fetch);
    assert_int_equal(fetch.code, CURLE_URL_MALFORMAT);
}

static void
closing_ends_what_runs_and_what_waits(void **state UNUSED)
{
    struct fetch fetches[3] = {0};
    for (unsigned i = 0; i < 3; i++)
        fetch_start(&fetches[i], "127.0.0.1", "/stuck", 60000);
    expect_held(2);
    transfer_close(&transfer);
    expect_quiet();
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(fetches[i].err, ERR_CANCELLED);
}

/* ---- in threads ---- */

/* Takes connections and never says a word. */
static int
listen_silently(unsigned *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 10), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void
fetch_start_at(struct fetch *fetch, const char *scheme, const char *host, unsigned port,
               int64_t limit_ms)
{
    *fetch = (struct fetch){.deadline_mono_ms = clock_mono_ms() + limit_ms, .reply.size_max = 1000};
    snprintf(fetch->url, sizeof fetch->url, "%s://%s:%u", scheme, host, port);
    assert_true(task_spawn(fetch_run, fetch));
}

static void
fetch_start_mail(struct fetch *fetch, const char *host, unsigned port, int64_t limit_ms)
{
    fetch_start_at(fetch, "smtp", host, port, limit_ms);
}

static void
threads_hold_up_neither_the_loop_nor_each_other(void **state UNUSED)
{
    struct fetch stuck[3], fetch = {0};
    unsigned port;
    int fd = listen_silently(&port);
    fetch_start_mail(&stuck[0], "127.0.0.1", port, 100);
    fetch_start_mail(&stuck[1], "127.0.0.2", port, 60000);
    fetch_start_mail(&stuck[2], "127.0.0.3", port, 60000);
    assert_int_equal(transfer_running(transfer), 2);
    assert_int_equal(transfer_waiting(transfer), 1);
    fetch_start(&fetch, "127.0.0.3", "/now", 5000);
    expect_body(&fetch, "now");
    expect_over(&stuck[0]);
    assert_int_equal(stuck[0].err, OK);
    assert_int_equal(stuck[0].code, CURLE_OPERATION_TIMEDOUT);
    assert_int_equal(transfer_running(transfer), 2); /* the third has its place */
    transfer_close(&transfer);
    expect_quiet();
    assert_int_equal(stuck[1].err, ERR_CANCELLED);
    assert_int_equal(stuck[2].err, ERR_CANCELLED);
    close(fd);
}

static void
what_a_thread_has_done_is_done_although_the_loop_lags(void **state UNUSED)
{
    struct fetch fetch;
    unsigned port;
    int fd = listen_silently(&port);
    fetch_start_at(&fetch, "gopher", "127.0.0.1", port, 500);
    int peer = accept(fd, NULL, NULL);
    char asked[2]; /* all of it: a connection closed with bytes unread is reset */
    assert_int_equal(recv(peer, asked, sizeof asked, MSG_WAITALL), sizeof asked);
    assert_int_equal(send(peer, "hello", 5, 0), 5);
    close(peer);
    fixture_lag(fetch.deadline_mono_ms);
    expect_over(&fetch);
    assert_int_equal(fetch.err, OK);
    assert_int_equal(fetch.code, CURLE_OK);
    assert_string_equal(buf_text(&fetch.reply.body), "hello");
    buf_free(&fetch.reply.body);
    close(fd);
}

static void
closing_while_a_thread_is_late_ends_it(void **state UNUSED)
{
    struct fetch stuck;
    unsigned port, one = 1; /* nothing is ever held */
    int fd = listen_silently(&port);
    fetch_start_mail(&stuck, "127.0.0.1", port, 1);
    loop_run_until(loop, is_held, &one, 30);
    transfer_close(&transfer);
    expect_quiet();
    assert_true(stuck.err == OK || stuck.err == ERR_CANCELLED);
    close(fd);
}

static void
an_answer_is_cut_at_its_limit(void **state UNUSED)
{
    struct fetch fetch = {.size_max = 10};
    fetch_start(&fetch, "127.0.0.1", "/long", 5000);
    expect_held(1);
    fixture_reply(0, 200, NULL, "ten bytes! and more");
    expect_over(&fetch);
    assert_int_equal(fetch.code, CURLE_WRITE_ERROR);
    assert_true(fetch.reply.is_cut);
    assert_int_equal(fetch.status, 200);
    assert_string_equal(buf_text(&fetch.reply.body), "ten bytes!");
    buf_free(&fetch.reply.body);
    fetch = (struct fetch){.size_max = 3};
    fetch_start(&fetch, "127.0.0.1", "/now", 5000);
    expect_body(&fetch, "now");
    assert_false(fetch.reply.is_cut);
}

/* ---- the guard ---- */

static void
expect_refused(const char *host)
{
    struct fetch fetch = {.is_guarded = true, .guard.is_http_fine = true};
    fetch_start(&fetch, host, "/now", 5000);
    expect_over(&fetch);
    assert_int_equal(fetch.err, OK);
    assert_int_equal(fetch.code, CURLE_COULDNT_CONNECT);
    assert_true(fetch.guard.is_refused);
}

static void
a_guarded_transfer_does_not_reach_our_own_network(void **state UNUSED)
{
    expect_refused("127.0.0.1");
    expect_refused("2130706433");
    expect_refused("0x7f.1");
    expect_refused("0");
    expect_refused("[::1]");
    expect_refused("[::ffff:127.0.0.1]");
    expect_refused("[64:ff9b::7f00:1]");
    expect_refused("localhost");
    expect_refused("public.test"); /* resolves to 127.0.0.1 */
    assert_int_equal(http_server_connections(server), 0);
}

static void
a_guarded_transfer_does_not_take_a_connection_that_was_not_judged(void **state UNUSED)
{
    struct fetch fetch = {0};
    fetch_start(&fetch, "inner.test", "/now", 5000);
    expect_body(&fetch, "now");
    expect_refused("inner.test");
}

static void
the_guard_can_be_told_that_private_addresses_are_fine(void **state UNUSED)
{
    struct fetch fetch = {
        .is_guarded = true, .guard.is_http_fine = true, .guard.is_private_fine = true};
    fetch_start(&fetch, "127.0.0.1", "/now", 5000);
    expect_body(&fetch, "now");
}

static void
a_guarded_transfer_speaks_https_only(void **state UNUSED)
{
    struct fetch fetch = {.is_guarded = true, .guard.is_private_fine = true};
    fetch_start(&fetch, "127.0.0.1", "/now", 5000);
    expect_over(&fetch);
    assert_int_equal(fetch.code, CURLE_UNSUPPORTED_PROTOCOL);
    const char *others[] = {"file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/",
                            "smtp://127.0.0.1/", "telnet://127.0.0.1/"};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        fetch = (struct fetch){.is_guarded = true,
                               .guard = {.is_http_fine = true, .is_private_fine = true},
                               .deadline_mono_ms = clock_mono_ms() + 5000};
        snprintf(fetch.url, sizeof fetch.url, "%s", others[i]);
        assert_true(task_spawn(fetch_run, &fetch));
        expect_over(&fetch);
        assert_int_equal(fetch.code, CURLE_UNSUPPORTED_PROTOCOL);
    }
}

static void
a_guarded_transfer_follows_no_redirect(void **state UNUSED)
{
    static const struct http_header headers[] = {{"Location", "/now"}, {NULL, NULL}};
    struct fetch fetch = {
        .is_guarded = true, .guard.is_http_fine = true, .guard.is_private_fine = true};
    fetch_start(&fetch, "127.0.0.1", "/moved", 5000);
    expect_held(1);
    fixture_reply(0, 307, headers, "");
    expect_over(&fetch);
    assert_int_equal(fetch.status, 307);
    assert_int_equal(held_count, 1);
    buf_free(&fetch.reply.body);
}

static void
a_guarded_transfer_asks_no_proxy_of_the_environment(void **state UNUSED)
{
    setenv("http_proxy", "http://127.0.0.1:1/", 1);
    struct fetch fetch = {
        .is_guarded = true, .guard.is_http_fine = true, .guard.is_private_fine = true};
    fetch_start(&fetch, "127.0.0.1", "/now", 5000);
    expect_body(&fetch, "now");
    unsetenv("http_proxy");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    log_init("transfer_test", LOG_ERROR);
    const struct CMUnitTest tests[] = {
        TEST(an_answer_comes_back),
        TEST(transfers_run_side_by_side),
        TEST(a_host_that_hangs_holds_up_nobody_else),
        TEST(hosts_are_one_however_they_are_written),
        TEST(the_others_wait_in_order),
        TEST(too_many_are_refused),
        TEST(a_transfer_ends_at_its_deadline),
        TEST(a_name_that_does_not_resolve_does_not_hold_the_loop),
        TEST(what_cannot_be_reached_says_so),
        TEST(closing_ends_what_runs_and_what_waits),
        TEST(threads_hold_up_neither_the_loop_nor_each_other),
        TEST(what_a_thread_has_done_is_done_although_the_loop_lags),
        TEST(closing_while_a_thread_is_late_ends_it),
        TEST(an_answer_is_cut_at_its_limit),
        TEST(a_guarded_transfer_does_not_reach_our_own_network),
        TEST(a_guarded_transfer_does_not_take_a_connection_that_was_not_judged),
        TEST(the_guard_can_be_told_that_private_addresses_are_fine),
        TEST(a_guarded_transfer_speaks_https_only),
        TEST(a_guarded_transfer_follows_no_redirect),
        TEST(a_guarded_transfer_asks_no_proxy_of_the_environment),
    };
    return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
