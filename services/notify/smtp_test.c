/*
 * smtp_test - a mail is handed over as it is, and what the server says decides what comes of it
 *
 * The server is a thread that plays a script: a line a reply; what it was told is noted.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/transfer_fixture.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "smtp.h"

/* ---- the server ---- */

enum { SCRIPT_MAX = 16, HEARD_SIZE = 4096 };

/* A step: waits for a line that begins with `wanted` (NULL: for nothing; "." for the end of the
 * message), then says `reply` (NULL: nothing, and holds the connection until the client ends it).
 */
struct step {
    const char *wanted;
    const char *reply;
};

static struct step script[SCRIPT_MAX];
static char heard[HEARD_SIZE];
static int listener;
static pthread_t server_thread;
static struct transfer_options options = {.count_max = 4, .host_max = 2, .queue_max = 4};

static bool
read_line(FILE *stream, char *line, size_t size)
{
    if (fgets(line, (int)size, stream) == NULL)
        return false;
    size_t used = strlen(heard);
    snprintf(heard + used, sizeof heard - used, "%s", line);
    return true;
}

static void *
serve(void *context UNUSED)
{
    char line[1024];
    int fd = accept(listener, NULL, NULL);
    FILE *stream = fdopen(fd, "r");
    for (const struct step *step = script; step->wanted != NULL || step->reply != NULL; step++) {
        do {
            if (step->wanted != NULL && !read_line(stream, line, sizeof line))
                goto over;
        } while (step->wanted != NULL && strncmp(line, step->wanted, strlen(step->wanted)) != 0);
        if (step->reply == NULL)
            break;
        if (send(fd, step->reply, strlen(step->reply), MSG_NOSIGNAL) < 0)
            goto over;
    }
    while (read_line(stream, line, sizeof line))
        continue;
over:
    fclose(stream);
    return NULL;
}

static unsigned
serve_start(const struct step *steps, size_t count)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memset(script, 0, sizeof script);
    memcpy(script, steps, count * sizeof *steps);
    heard[0] = 0;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(pthread_create(&server_thread, NULL, serve, NULL), 0);
    return ntohs(address.sin_port);
}

static void
serve_end(void)
{
    assert_int_equal(pthread_join(server_thread, NULL), 0);
    close(listener);
}

/* ---- sending ---- */

struct sending {
    struct smtp *smtp;
    struct smtp_mail mail;
    int64_t limit_ms;
    struct attempt attempt;
    enum err err;
    bool is_over;
};

static const char MESSAGE[] = "Subject: Hello\r\n\r\n.a line with a dot\r\n..\r\nend\r\n";

static void
send_run(void *context)
{
    struct sending *sending = context;
    struct call call = {.deadline_mono_ms = clock_mono_ms() + sending->limit_ms};
    sending->err = smtp_send_await(sending->smtp, &call, &sending->mail, &sending->attempt);
    sending->is_over = true;
}

static struct attempt
send_mail(const struct smtp_options *smtp, const char *from, const char *to, int64_t limit_ms)
{
    struct fault fault;
    struct sending sending = {.limit_ms = limit_ms};
    sending.mail = (struct smtp_mail){from, to, MESSAGE, sizeof MESSAGE - 1};
    assert_int_equal(smtp_open(smtp, transfer, &sending.smtp, &fault), OK);
    assert_true(task_spawn(send_run, &sending));
    assert_true(loop_run_until(loop, is_over, &sending.is_over, FIXTURE_LIMIT_MS));
    assert_int_equal(sending.err, OK);
    smtp_close(&sending.smtp);
    return sending.attempt;
}

static struct attempt
play(const struct step *steps, size_t count, bool is_plain)
{
    char url[64];
    snprintf(url, sizeof url, "smtp://127.0.0.1:%u/aftercare.example", serve_start(steps, count));
    struct attempt attempt = send_mail(
        &(struct smtp_options){
            .url = url, .user = "", .password_path = "", .ca_path = "", .is_plain = is_plain},
        "service@example.com", "anna@example.org", 5000);
    serve_end();
    return attempt;
}

#define PLAY(steps) play(steps, COUNT_OF(steps), true)

#define GREETING                                                                                   \
    {NULL, "220 mail.example ESMTP\r\n"},                                                          \
    {                                                                                              \
        "EHLO", "250-mail.example\r\n250-SIZE 1000\r\n250 8BITMIME\r\n"                            \
    }

static void
expect(const struct attempt *attempt, enum attempt_outcome outcome, const char *name, int code)
{
    if (attempt->outcome != outcome || strcmp(attempt->name, name) != 0 || attempt->code != code)
        fail_msg("%d %s %d %s", attempt->outcome, attempt->name, attempt->code, attempt->answer);
}

/* ---- tests ---- */

static int
set_up(void **state UNUSED)
{
    fixture_open(&options);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    fixture_close();
    return 0;
}

static void
a_mail_is_handed_over_as_it_is(void **state UNUSED)
{
    struct attempt attempt = PLAY(((const struct step[]){
        GREETING,
        {"MAIL", "250 ok\r\n"},
        {"RCPT", "250 ok\r\n"},
        {"DATA", "354 go on\r\n"},
        {".\r\n", "250-2.0.0 taken\r\n250 as 4711\r\n"},
        {"QUIT", "221 bye\r\n"},
    }));
    expect(&attempt, ATTEMPT_DONE, "ACCEPTED", 250);
    assert_string_equal(attempt.answer, "2.0.0 taken as 4711");
    assert_string_equal(heard, "EHLO aftercare.example\r\n"
                               "MAIL FROM:<service@example.com> SIZE=47\r\n"
                               "RCPT TO:<anna@example.org>\r\n"
                               "DATA\r\n"
                               "Subject: Hello\r\n\r\n..a line with a dot\r\n...\r\nend\r\n.\r\n"
                               "QUIT\r\n");
}

static void
a_server_that_does_not_answer_quit_holds_up_nobody(void **state UNUSED)
{
    int64_t start_ms = clock_mono_ms();
    struct attempt attempt = PLAY(((const struct step[]){
        GREETING,
        {"MAIL", "250 ok\r\n"},
        {"RCPT", "250 ok\r\n"},
        {"DATA", "354 go on\r\n"},
        {".\r\n", "250 taken\r\n"},
        {"QUIT", NULL},
    }));
    expect(&attempt, ATTEMPT_DONE, "ACCEPTED", 250);
    attempt = PLAY(((const struct step[]){GREETING, {"MAIL", "550 no\r\n"}, {"QUIT", NULL}}));
    expect(&attempt, ATTEMPT_NEVER, "REFUSED", 550);
    attempt = play((const struct step[]){GREETING, {"QUIT", NULL}}, 3, false); /* no STARTTLS */
    expect(&attempt, ATTEMPT_LATER, "TLS_FAILED", 0);
    assert_true(clock_mono_ms() - start_ms < 4000);
}

static void
a_mail_that_is_refused_is_not_tried_again(void **state UNUSED)
{
    struct attempt attempt = PLAY(((const struct step[]){
        GREETING,
        {"MAIL", "250 ok\r\n"},
        {"RCPT", "550-5.1.1 <anna@example.org>: Recipient address rejected:\r\n"
                 "550 User anna unknown\r\n"},
    }));
    expect(&attempt, ATTEMPT_NEVER, "REFUSED", 550);
    assert_string_equal(attempt.answer,
                        "5.1.1 <***>: Recipient address rejected: User *** unknown");
    attempt = PLAY(((const struct step[]){GREETING, {"MAIL", "552 too large\r\n"}}));
    expect(&attempt, ATTEMPT_NEVER, "REFUSED", 552);
    attempt = PLAY(((const struct step[]){
        GREETING,
        {"MAIL", "250 ok\r\n"},
        {"RCPT", "250 ok\r\n"},
        {"DATA", "354 go on\r\n"},
        {".\r\n", "554 5.7.1 spam\r\n"},
    }));
    expect(&attempt, ATTEMPT_NEVER, "REFUSED", 554);
    assert_string_equal(attempt.answer, "5.7.1 spam");
}

static void
a_mail_that_is_put_off_is_tried_later(void **state UNUSED)
{
    struct attempt attempt = PLAY(((const struct step[]){
        GREETING,
        {"MAIL", "250 ok\r\n"},
        {"RCPT", "451 4.7.1 greylisted\r\n"},
    }));
    expect(&attempt, ATTEMPT_LATER, "DEFERRED", 451);
    attempt = PLAY(((const struct step[]){
        GREETING,
        {"MAIL", "250 ok\r\n"},
        {"RCPT", "250 ok\r\n"},
        {"DATA", "354 go on\r\n"},
        {".\r\n", "452 no room\r\n"},
    }));
    expect(&attempt, ATTEMPT_LATER, "DEFERRED", 452);
}

/* It is about us, and no reason to give the mail up. */
static void
a_refusal_before_it_comes_to_the_mail_is_for_later(void **state UNUSED)
{
    struct attempt attempt =
        PLAY(((const struct step[]){{NULL, "554 no service for you\r\n"}, {"QUIT", NULL}}));
    expect(&attempt, ATTEMPT_LATER, "DEFERRED", 554);
    assert_string_equal(attempt.answer, "no service for you");
    attempt = PLAY(((const struct step[]){{NULL, "421 busy\r\n"}, {"QUIT", NULL}}));
    expect(&attempt, ATTEMPT_LATER, "DEFERRED", 421);
    attempt = PLAY(((const struct step[]){GREETING, {"MAIL", "530 5.7.0 log in first\r\n"}}));
    expect(&attempt, ATTEMPT_LATER, "LOGIN_FAILED", 530);
}

static void
without_tls_nothing_is_said(void **state UNUSED)
{
    const struct step none[] = {GREETING, {"QUIT", "221 bye\r\n"}};
    struct attempt attempt = play(none, COUNT_OF(none), false);
    expect(&attempt, ATTEMPT_LATER, "TLS_FAILED", 0);
    assert_null(strstr(heard, "MAIL"));
    const struct step broken[] = {{NULL, "220 hi\r\n"},
                                  {"EHLO", "250-mail.example\r\n250 STARTTLS\r\n"},
                                  {"STARTTLS", "454 not now\r\n"},
                                  {"QUIT", "221 bye\r\n"}};
    attempt = play(broken, COUNT_OF(broken), false);
    expect(&attempt, ATTEMPT_LATER, "TLS_FAILED", 454);
    assert_null(strstr(heard, "MAIL"));
    const struct step injected[] = {
        {NULL, "220 hi\r\n"},
        {"EHLO", "250-mail.example\r\n250 STARTTLS\r\n"},
        {"STARTTLS", "220 go\r\n250 in clear\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n"}};
    attempt = play(injected, COUNT_OF(injected), false);
    assert_int_equal(attempt.outcome, ATTEMPT_LATER);
    assert_null(strstr(heard, "MAIL"));
}

static void
a_connection_that_breaks_is_for_later(void **state UNUSED)
{
    struct attempt attempt = send_mail(
        &(struct smtp_options){
            .url = "smtp://127.0.0.1:1", .user = "", .password_path = "", .ca_path = ""},
        "", "anna@example.org", 5000);
    expect(&attempt, ATTEMPT_LATER, "UNREACHABLE", 0);
    assert_true(attempt.answer[0] != 0);
}

static void
a_server_that_hangs_is_left_at_the_deadline(void **state UNUSED)
{
    char url[64];
    const struct step steps[] = {GREETING,
                                 {"MAIL", "250 ok\r\n"},
                                 {"RCPT", "250 ok\r\n"},
                                 {"DATA", "354 go on\r\n"},
                                 {".\r\n", NULL}};
    snprintf(url, sizeof url, "smtp://127.0.0.1:%u", serve_start(steps, COUNT_OF(steps)));
    struct attempt attempt = send_mail(
        &(struct smtp_options){
            .url = url, .user = "", .password_path = "", .ca_path = "", .is_plain = true},
        "", "anna@example.org", 300);
    serve_end();
    expect(&attempt, ATTEMPT_LATER, "TIMED_OUT", 0);
    assert_non_null(strstr(heard, "MAIL FROM:<> "));
}

/* Sent again, it would come twice. */
static void
a_mail_that_the_server_took_is_taken_whatever_comes_after(void **state UNUSED)
{
    struct attempt attempt = PLAY(((const struct step[]){
        GREETING,
        {"MAIL", "250 ok\r\n"},
        {"RCPT", "250 ok\r\n"},
        {"DATA", "354 go on\r\n"},
        {".\r\n", "251 taken\r\n"}, /* which libcurl does not know here */
    }));
    expect(&attempt, ATTEMPT_DONE, "ACCEPTED", 251);
    assert_string_equal(attempt.answer, "taken");
}

/* The loop sees the deadline before it sees that the thread has ended. */
static void
a_mail_that_the_server_took_is_taken_by_a_daemon_that_lags(void **state UNUSED)
{
    char url[64];
    struct fault fault;
    struct sending sending = {.limit_ms = 1000};
    const struct step steps[] = {GREETING,
                                 {"MAIL", "250 ok\r\n"},
                                 {"RCPT", "250 ok\r\n"},
                                 {"DATA", "354 go on\r\n"},
                                 {".\r\n", "250 taken\r\n"}};
    snprintf(url, sizeof url, "smtp://127.0.0.1:%u", serve_start(steps, COUNT_OF(steps)));
    const struct smtp_options smtp = {
        .url = url, .user = "", .password_path = "", .ca_path = "", .is_plain = true};
    sending.mail = (struct smtp_mail){"", "anna@example.org", MESSAGE, sizeof MESSAGE - 1};
    assert_int_equal(smtp_open(&smtp, transfer, &sending.smtp, &fault), OK);
    int64_t start_ms = clock_mono_ms();
    assert_true(task_spawn(send_run, &sending));
    serve_end(); /* the connection is over */
    fixture_lag(start_ms + sending.limit_ms);
    assert_true(loop_run_until(loop, is_over, &sending.is_over, FIXTURE_LIMIT_MS));
    smtp_close(&sending.smtp);
    assert_int_equal(sending.err, OK);
    expect(&sending.attempt, ATTEMPT_DONE, "ACCEPTED", 250);
}

static void
what_is_no_address_is_said_to_nobody(void **state UNUSED)
{
    static const char *const bad[] = {"anna", "anna@example.org>\r\nDATA", "", "a b@example.org"};
    const struct smtp_options smtp = {
        .url = "smtp://127.0.0.1:1", .user = "", .password_path = "", .ca_path = ""};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct attempt attempt = send_mail(&smtp, "", bad[i], 5000);
        expect(&attempt, ATTEMPT_NEVER, "REFUSED", 0);
    }
    struct attempt attempt = send_mail(&smtp, "x\r\n@example.org", "anna@example.org", 5000);
    expect(&attempt, ATTEMPT_NEVER, "REFUSED", 0);
}

static void
wrong_options_are_refused(void **state UNUSED)
{
    const struct smtp_options wrong[] = {
        {"http://mail.example", "", "", "", false},
        {"mail.example", "", "", "", false},
        {"smtp://user:secret@mail.example", "", "", "", false},
        {"smtp://mail.example", "user", "", "", false},
        {"smtp://mail.example", "", "/dev/null", "", false},
        {"smtp://mail.example", "user", "/dev/null", "", false},
        {"smtp://mail.example", "user", "/no/such/file", "", false},
        {"smtp://mail.example", "user", "/etc/hostname", "", true},
        {"smtps://mail.example", "", "", "", true},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct smtp *smtp = NULL;
        struct fault fault;
        assert_int_equal(smtp_open(&wrong[i], transfer, &smtp, &fault), ERR_INVALID_ARGUMENT);
        assert_null(smtp);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    log_init("smtp_test", LOG_ERROR);
    const struct CMUnitTest tests[] = {
        TEST(a_mail_is_handed_over_as_it_is),
        TEST(a_server_that_does_not_answer_quit_holds_up_nobody),
        TEST(a_mail_that_is_refused_is_not_tried_again),
        TEST(a_mail_that_is_put_off_is_tried_later),
        TEST(a_refusal_before_it_comes_to_the_mail_is_for_later),
        TEST(without_tls_nothing_is_said),
        TEST(a_connection_that_breaks_is_for_later),
        TEST(a_server_that_hangs_is_left_at_the_deadline),
        TEST(a_mail_that_the_server_took_is_taken_whatever_comes_after),
        TEST(a_mail_that_the_server_took_is_taken_by_a_daemon_that_lags),
        TEST(what_is_no_address_is_said_to_nobody),
        TEST(wrong_options_are_refused),
    };
    return cmocka_run_group_tests_name("smtp", tests, NULL, NULL);
}
