/*
 * webhook_post_test - what a receiver gets, and what its answers mean
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/transfer_fixture.h"

#include <stdlib.h>

#include "webhook_post.h"

static const char SECRET[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char OLD_SECRET[] = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
static const char BODY[] = "{\"specversion\":\"1.0\"}";

struct post {
    struct webhook_delivery delivery;
    char url[128];
    struct attempt attempt;
    enum err err;
    bool is_over;
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
post_run(void *context)
{
    struct post *post = context;
    struct call call = {.deadline_mono_ms = clock_mono_ms() + 5000};
    post->err = webhook_post_await(transfer, &call, &post->delivery, &post->attempt);
    post->is_over = true;
}

static void
post_start(struct post *post, bool is_private_fine)
{
    snprintf(post->url, sizeof post->url, "http://127.0.0.1:%u/hook", http_server_port(server));
    post->is_over = false;
    post->delivery = (struct webhook_delivery){.url = post->url,
                                               .id = "msg_42",
                                               .secrets = {SECRET, OLD_SECRET},
                                               .content_type = "application/cloudevents+json",
                                               .body = BODY,
                                               .body_size_bytes = sizeof BODY - 1,
                                               .is_http_fine = true,
                                               .is_private_fine = is_private_fine,
                                               .ca_path = ""};
    assert_true(task_spawn(post_run, post));
}

static void
expect_over(struct post *post, enum attempt_outcome outcome, const char *name, int code)
{
    const struct attempt *attempt = &post->attempt;
    assert_true(loop_run_until(loop, is_over, &post->is_over, FIXTURE_LIMIT_MS));
    assert_int_equal(post->err, OK);
    if (attempt->outcome != outcome || strcmp(attempt->name, name) != 0 || attempt->code != code)
        fail_msg("%d %s %d %s", attempt->outcome, attempt->name, attempt->code, attempt->answer);
}

/* The receiver answers so. */
static struct attempt
answer(unsigned status, const struct http_header *headers, const char *body,
       enum attempt_outcome outcome, const char *name)
{
    struct post post = {0};
    held_count = 0;
    post_start(&post, true);
    expect_held(1);
    fixture_reply(0, status, headers, body);
    expect_over(&post, outcome, name, (int)status);
    return post.attempt;
}

static void
a_receiver_gets_what_it_can_verify(void **state UNUSED)
{
    struct post post = {0};
    size_t size_bytes;
    char signature[WEBHOOK_SIGNATURE_SIZE];
    post_start(&post, true);
    expect_held(1);
    assert_string_equal(http_method(held[0]), "POST");
    assert_string_equal(http_path(held[0]), "/hook");
    assert_string_equal(http_header(held[0], "content-type"), "application/cloudevents+json");
    assert_string_equal(http_header(held[0], "webhook-id"), "msg_42");
    int64_t unix_s = strtoll(http_header(held[0], "webhook-timestamp"), NULL, 10);
    assert_true(llabs(unix_s - clock_real_ms() / 1000) <= 5);
    const char *body = http_body(held[0], &size_bytes);
    assert_int_equal(size_bytes, strlen(BODY));
    assert_true(webhook_sign((const char *const[]){SECRET, OLD_SECRET}, 2, "msg_42", unix_s, body,
                             size_bytes, signature));
    assert_string_equal(http_header(held[0], "webhook-signature"), signature);
    assert_null(http_header(held[0], "expect"));
    fixture_reply(0, 204, NULL, "");
    expect_over(&post, ATTEMPT_DONE, "ACCEPTED", 204);
}

static void
the_status_says_what_came_of_it(void **state UNUSED)
{
    static const struct http_header moved[] = {{"Location", "/now"}, {NULL, NULL}};
    answer(200, NULL, "", ATTEMPT_DONE, "ACCEPTED");
    answer(202, NULL, "thanks", ATTEMPT_DONE, "ACCEPTED");
    answer(410, NULL, "", ATTEMPT_GONE, "GONE");
    answer(302, moved, "", ATTEMPT_LATER, "DEFERRED");
    answer(400, NULL, "", ATTEMPT_LATER, "DEFERRED");
    answer(404, NULL, "", ATTEMPT_LATER, "DEFERRED");
    answer(500, NULL, "", ATTEMPT_LATER, "DEFERRED");
}

static void
a_pause_that_is_asked_for_is_told(void **state UNUSED)
{
    static const struct http_header pause[] = {{"Retry-After", "120"}, {NULL, NULL}};
    struct attempt attempt = answer(503, pause, "busy", ATTEMPT_LATER, "DEFERRED");
    assert_int_equal(attempt.retry_after_s, 120);
    assert_string_equal(attempt.answer, "busy");
    attempt = answer(503, NULL, "ask anna@example.com\n", ATTEMPT_LATER, "DEFERRED");
    assert_int_equal(attempt.retry_after_s, 0);
    assert_string_equal(attempt.answer, "ask ***");
}

static void
an_answer_is_read_to_its_limit_and_its_status_counts(void **state UNUSED)
{
    char *body = mem_alloc(WEBHOOK_ANSWER_BYTES_MAX + 2);
    memset(body, 'x', WEBHOOK_ANSWER_BYTES_MAX + 1);
    struct attempt attempt = answer(200, NULL, body, ATTEMPT_DONE, "ACCEPTED");
    assert_int_equal(strlen(attempt.answer), ATTEMPT_ANSWER_SIZE - 1);
    answer(410, NULL, body, ATTEMPT_GONE, "GONE");
    mem_free(body);
}

static void
our_own_network_is_not_spoken_to(void **state UNUSED)
{
    struct post post = {0};
    post_start(&post, false);
    expect_over(&post, ATTEMPT_LATER, "NOT_PUBLIC", 0);
    assert_int_equal(http_server_connections(server), 0);
}

static void
without_an_answer_it_is_for_later(void **state UNUSED)
{
    struct post post = {0};
    post_start(&post, true);
    expect_held(1);
    http_drop(held[0]);
    expect_over(&post, ATTEMPT_LATER, "UNREACHABLE", 0);
    assert_true(post.attempt.answer[0] != 0);
}

static void
what_is_no_secret_sends_nothing(void **state UNUSED)
{
    struct post post = {0};
    post_start(&post, true);
    expect_held(1);
    fixture_reply(0, 204, NULL, "");
    expect_over(&post, ATTEMPT_DONE, "ACCEPTED", 204);
    post.delivery.secrets[1] = "whsec_short";
    post.is_over = false;
    assert_true(task_spawn(post_run, &post));
    assert_true(post.is_over);
    assert_int_equal(post.err, ERR_INVALID_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    log_init("webhook_post_test", LOG_ERROR);
    const struct CMUnitTest tests[] = {
        TEST(a_receiver_gets_what_it_can_verify),
        TEST(the_status_says_what_came_of_it),
        TEST(a_pause_that_is_asked_for_is_told),
        TEST(an_answer_is_read_to_its_limit_and_its_status_counts),
        TEST(our_own_network_is_not_spoken_to),
        TEST(without_an_answer_it_is_for_later),
        TEST(what_is_no_secret_sends_nothing),
    };
    return cmocka_run_group_tests_name("webhook_post", tests, NULL, NULL);
}
