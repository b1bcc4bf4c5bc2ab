/*
 * mail_read_test - mails as people, servers and attackers send them
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/task.h"
#include "mail_read.h"
#include "mail_write.h"

static struct mail *mail;

static int
tear_down(void **state UNUSED)
{
    mail_free(&mail);
    return 0;
}

static struct mail *
read_bytes(const void *bytes, size_t size_bytes)
{
    mail_free(&mail);
    mail = mail_read(bytes, size_bytes);
    return mail;
}

static struct mail *
read_text(const char *text)
{
    assert_non_null(read_bytes(text, strlen(text)));
    return mail;
}

#define HEAD                                                                                       \
    "From: Anna Berg <anna@example.org>\r\nTo: service@example.com\r\nSubject: A question\r\n"     \
    "Message-ID: <m1@mail.example.org>\r\nDate: Sun, 15 Mar 2026 10:30:00 +0100\r\n"               \
    "MIME-Version: 1.0\r\n"

/* ---- what a mail says ---- */

static void
a_plain_mail_is_read(void **state UNUSED)
{
    read_text(HEAD "In-Reply-To: <r3@service.example.com>\r\n"
                   "References: <r1@service.example.com>\r\n <r2@service.example.com> "
                   "<r3@service.example.com>\r\n\r\nHello,\r\n\r\nwhen will it come?\r\n");
    assert_string_equal(mail->from_address, "anna@example.org");
    assert_string_equal(mail->from_name, "Anna Berg");
    assert_string_equal(mail->subject, "A question");
    assert_string_equal(mail->message_id, "m1@mail.example.org");
    assert_string_equal(mail->text, "Hello,\n\nwhen will it come?");
    assert_int_equal(mail->time_us, 1773567000000000);
    assert_int_equal(mail->reference_count, 3);
    assert_string_equal(mail->references[0], "r3@service.example.com");
    assert_string_equal(mail->references[1], "r2@service.example.com");
    assert_string_equal(mail->references[2], "r1@service.example.com");
    assert_int_equal(mail->attachment_count, 0);
    assert_null(mail->automatic);
    assert_false(mail->bounce.is_bounce || mail->is_cut);
}

static void
encoded_names_subjects_and_texts_are_read(void **state UNUSED)
{
    read_text("From: =?iso-8859-1?q?J=FCrgen?= <j@example.org>\r\n"
              "Subject: =?utf-8?b?R3LDvMOfZQ==?= aus =?utf-8?q?K=C3=B6ln?=\r\n"
              "Content-Type: text/plain; charset=windows-1252\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n\r\n=80 5, =\r\nbitte\r\n");
    assert_string_equal(mail->from_name, "J\xc3\xbcrgen");
    assert_string_equal(mail->subject, "Gr\xc3\xbc\xc3\x9f"
                                       "e aus K\xc3\xb6ln");
    assert_string_equal(mail->text, "\xe2\x82\xac 5, bitte");
}

static void
of_alternatives_the_plain_one_is_taken(void **state UNUSED)
{
    static const char PLAIN[] = "--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n";
    static const char HTML[] = "--b\r\nContent-Type: text/html\r\n\r\n<p>ht&auml;ml</p>\r\n";
    char text[2000];
    const char *head = HEAD "Content-Type: multipart/alternative; boundary=b\r\n\r\n";
    snprintf(text, sizeof text, "%s%s%s--b--\r\n", head, PLAIN, HTML);
    assert_string_equal(read_text(text)->text, "plain");
    snprintf(text, sizeof text, "%s%s%s--b--\r\n", head, HTML, PLAIN);
    assert_string_equal(read_text(text)->text, "plain");
    snprintf(text, sizeof text, "%s%s--b--\r\n", head, HTML);
    assert_string_equal(read_text(text)->text, "ht\xc3\xa4ml");
    assert_int_equal(mail->attachment_count, 0);
    head = HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    snprintf(text, sizeof text, "%s%s%s--b--\r\n", head, HTML, PLAIN);
    assert_string_equal(read_text(text)->text, "ht\xc3\xa4ml\n\nplain");
}

static void
attachments_are_decoded_and_named(void **state UNUSED)
{
    read_text(HEAD
              "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
              "--b\r\nContent-Type: text/plain\r\n\r\nSee the picture\r\n"
              "--b\r\nContent-Type: image/JPEG; name=\"ignored.jpg\"\r\n"
              "Content-Disposition: attachment; filename*=utf-8''../../r%C3%A4d%2Fs%C3%A4ge.jpg\r\n"
              "Content-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n"
              "--b\r\nContent-Type: text/plain; name=log.txt\r\n\r\na log\r\n"
              "--b\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\n\r\nxyz\r\n"
              "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: Old\r\n\r\nold text\r\n"
              "--b\r\nContent-Type: ../x; a\r\nContent-Disposition: attachment\r\n\r\n\r\n"
              "--b--\r\n");
    assert_string_equal(mail->text, "See the picture");
    assert_int_equal(mail->attachment_count, 5);
    const struct mail_attachment *each = mail->attachments;
    assert_string_equal(each[0].name, "s\xc3\xa4ge.jpg");
    assert_string_equal(each[0].type, "image/jpeg");
    assert_int_equal(each[0].size_bytes, 4);
    assert_memory_equal(each[0].bytes, "\0\1\2\3", 4);
    assert_false(each[0].is_inline);
    assert_string_equal(each[1].name, "log.txt");
    assert_string_equal(each[1].type, "text/plain");
    assert_memory_equal(each[1].bytes, "a log", 5);
    assert_string_equal(each[2].name, "attachment-3");
    assert_true(each[2].is_inline);
    assert_string_equal(each[3].type, "message/rfc822");
    assert_string_equal(each[3].name, "message.eml");
    assert_non_null(memmem(each[3].bytes, each[3].size_bytes, "old text", 8));
    assert_string_equal(each[4].type, "application/octet-stream");
}

static void
what_we_write_can_be_read(void **state UNUSED)
{
    const struct mail_parts parts = {
        .from_address = "service@example.com",
        .from_name = "M\xc3\xbcller \"GmbH\", Service",
        .to_address = "anna@example.org",
        .to_name = "Anna",
        .subject = "Ihr Fall \xe2\x80\x93 l\xc3\xa4uft",
        .message_id = "0190@service.example.com",
        .in_reply_to = "m1@mail.example.org",
        .unsubscribe_url = "",
        .plain = "Gr\xc3\xbc\xc3\x9f"
                 "e\n.\nFrom here = there",
        .html = "<p>x</p>",
        .time_us = 1773567000000000,
    };
    struct buf bytes = {0};
    struct fault fault;
    assert_int_equal(mail_write(&parts, &bytes, &fault), OK);
    read_bytes(bytes.bytes, bytes.size_bytes);
    buf_free(&bytes);
    assert_string_equal(mail->from_name, parts.from_name);
    assert_string_equal(mail->from_address, parts.from_address);
    assert_string_equal(mail->subject, parts.subject);
    assert_string_equal(mail->message_id, parts.message_id);
    assert_string_equal(mail->text, parts.plain);
    assert_int_equal(mail->reference_count, 1);
    assert_string_equal(mail->references[0], parts.in_reply_to);
    assert_int_equal(mail->time_us, parts.time_us);
    assert_string_equal(mail->automatic, "AUTO_SUBMITTED");
}

/* ---- machines ---- */

static void
machines_are_known(void **state UNUSED)
{
    static const struct {
        const char *header;
        const char *automatic;
    } each[] = {
        {"Auto-Submitted: auto-replied", "AUTO_SUBMITTED"},
        {"auto-submitted: auto-generated (rejected)", "AUTO_SUBMITTED"},
        {"Auto-Submitted: no", NULL},
        {"Auto-Submitted: No (by hand)", NULL},
        {"Auto-Submitted: normally", "AUTO_SUBMITTED"},
        {"X-Autoreply: yes", "AUTO_SUBMITTED"},
        {"Precedence: bulk", "PRECEDENCE"},
        {"Precedence: LIST", "PRECEDENCE"},
        {"Precedence: first-class", NULL},
        {"X-Loop: service@example.com", "X_LOOP"},
        {"List-Id: <list.example.org>", "LIST"},
        {"Return-Path: <>", "NULL_SENDER"},
        {"Return-Path: <anna@example.org>", NULL},
        {"X-Other: Auto-Submitted: auto-replied", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        char text[1000];
        snprintf(text, sizeof text, HEAD "%s\r\n\r\nhello\r\n", each[i].header);
        read_text(text);
        if (each[i].automatic == NULL)
            assert_null(mail->automatic);
        else
            assert_string_equal(mail->automatic, each[i].automatic);
    }
}

#define REPORT(fields, original)                                                                   \
    "From: MAILER-DAEMON@example.org\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"             \
    "Content-Type: multipart/report; report-type=delivery-status; boundary=\"r\"\r\n\r\n"          \
    "--r\r\nContent-Type: text/plain\r\n\r\nIt was not delivered.\r\n"                             \
    "--r\r\nContent-Type: message/delivery-status\r\n\r\n" fields "--r\r\n" original "--r--\r\n"

static void
expect_bounce(const char *id, const char *action, const char *status, const char *recipient)
{
    assert_true(mail->bounce.is_bounce);
    assert_string_equal(mail->automatic, "BOUNCE");
    assert_string_equal(mail->bounce.message_id, id);
    assert_string_equal(mail->bounce.action, action);
    assert_string_equal(mail->bounce.status, status);
    assert_string_equal(mail->bounce.recipient, recipient);
    assert_string_equal(mail->text, "It was not delivered.");
    assert_int_equal(mail->attachment_count, 0);
}

static void
reports_say_what_became_of_our_mail(void **state UNUSED)
{
    read_text(REPORT("Reporting-MTA: dns; mx.example.org\r\nArrival-Date: now\r\n\r\n"
                     "Final-Recipient: rfc822; anna@example.org\r\nAction: Failed\r\n"
                     "Status: 5.1.1 (no such user)\r\nDiagnostic-Code: smtp; 550 no\r\n\r\n",
                     "Content-Type: message/rfc822\r\n\r\nFrom: service@example.com\r\n"
                     "Message-ID: <0190@service.example.com>\r\n\r\nour text\r\n"));
    expect_bounce("0190@service.example.com", "failed", "5.1.1", "anna@example.org");
    read_text(REPORT("Reporting-MTA: dns; mx\r\n\r\n"
                     "Final-Recipient: rfc822; x@example.net\r\n"
                     "Original-Recipient: rfc822;anna@example.org\r\n"
                     "Action: delayed\r\nStatus: 4.4.7\r\n",
                     "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <a@b.example>\r\n"));
    expect_bounce("a@b.example", "delayed", "4.4.7", "anna@example.org");
    read_text(REPORT("Reporting-MTA: dns; mx\r\n\r\n"
                     "Final-Recipient: rfc822; a@example.org\r\nAction: delivered\r\n"
                     "Status: 2.0.0\r\n\r\n"
                     "Final-Recipient: rfc822; b@example.org\r\nAction: failed\r\n"
                     "Status: 5.2.2\r\n\r\n",
                     "Content-Type: message/rfc822\r\n\r\nMessage-ID: <c@d.example>\r\n\r\n"));
    expect_bounce("c@d.example", "failed", "5.2.2", "b@example.org");
}

static void
what_only_looks_like_a_report_is_none(void **state UNUSED)
{
    read_text(HEAD "Content-Type: multipart/mixed; boundary=r\r\n\r\n"
                   "--r\r\nContent-Type: message/delivery-status\r\n\r\nA: b\r\n\r\n"
                   "Action: failed\r\n--r--\r\n");
    assert_false(mail->bounce.is_bounce);
    read_text(HEAD "Content-Type: multipart/report; report-type=disposition-notification; "
                   "boundary=r\r\n\r\n--r\r\nContent-Type: text/plain\r\n\r\nread\r\n--r--\r\n");
    assert_false(mail->bounce.is_bounce);
}

/* ---- attackers ---- */

static void
anything_is_a_mail(void **state UNUSED)
{
    static const char *const odd[] = {
        "",
        "\r\n",
        "\n\n\n",
        "x",
        ":",
        "From:",
        "From: \r\n\r\n",
        "From: <>\r\n\r\n",
        "From: group:;\r\n\r\n",
        "From: \xff\xfe <a\xff@b>\r\nSubject: \xff\r\n\r\n\xff\xfe",
        "Content-Type: multipart/mixed\r\n\r\nno boundary",
        "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\n----\r\n",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\n:\r\nAction\r\n:::",
        "Content-Type: text/plain; charset=\"\\\"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        "Content-Type: message/rfc822\r\n\r\n",
        "Subject: =?utf-8?b?////?= =?x?q?=00?=\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(odd); i++)
        read_text(odd[i]);
    assert_non_null(read_bytes("a\0b\0:\0\r\n\r\n\0", 11));
    assert_string_equal(mail->text, "");
}

static void
a_header_cannot_hide_in_another(void **state UNUSED)
{
    read_text("From: =?utf-8?q?a=0D=0AAuto-Submitted:_no?= <a@example.org>\r\n"
              "Subject: =?utf-8?q?x=0D=0A=00y?=\r\nMessage-ID: <a b@c>\r\n\r\n\r\n");
    assert_null(strpbrk(mail->from_name, "\r\n"));
    assert_null(strpbrk(mail->subject, "\r\n"));
}

static void
too_much_is_left_out(void **state UNUSED)
{
    struct buf text = {0};
    buf_add_text(&text, HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    for (int i = 0; i < 200; i++)
        buf_add_text(&text, "--b\r\nContent-Type: image/png\r\n\r\nx\r\n");
    read_text(buf_text(&text));
    assert_true(mail->is_cut);
    assert_int_equal(mail->attachment_count, MAIL_PARTS_MAX - 1);
    buf_clear(&text);
    buf_add_text(&text, HEAD "\r\n");
    for (int i = 0; i < MAIL_TEXT_BYTES_MAX; i++)
        buf_add_text(&text, "ab");
    read_text(buf_text(&text));
    assert_true(mail->is_cut);
    assert_int_equal(strlen(mail->text), MAIL_TEXT_BYTES_MAX);
    buf_free(&text);
    char *bytes = mem_alloc(MAIL_BYTES_MAX + 1);
    memset(bytes, 'a', MAIL_BYTES_MAX + 1);
    assert_null(read_bytes(bytes, MAIL_BYTES_MAX + 1));
    assert_non_null(read_bytes(bytes, MAIL_BYTES_MAX));
    mem_free(bytes);
}

static void
what_is_deep_is_left_out(void **state UNUSED)
{
    struct buf text = {0};
    for (int i = 0; i < 3000; i++)
        buf_printf(&text, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i);
    buf_add_text(&text, "\r\ndeep\r\n");
    read_text(buf_text(&text));
    assert_true(mail->is_cut);
    assert_string_equal(mail->text, "");
    buf_clear(&text);
    for (int i = 0; i < 3000; i++)
        buf_add_text(&text, "Content-Type: message/rfc822\r\n\r\n");
    read_text(buf_text(&text));
    assert_int_equal(mail->attachment_count, 1);
    buf_free(&text);
}

static void
many_headers_and_parts_cost_no_more_than_some(void **state UNUSED)
{
    static const char *const pieces[] = {"a:\n", "--b\n", "--b\na:\n\n", "a: b\n\n--b\n", "<b@c> "};
    enum { SIZE = 1024 * 1024 };
    char *bytes = mem_alloc(SIZE);
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        static const char start[] = "References: <a@b>\nContent-Type: multipart/mixed; boundary=b\n"
                                    "References: ";
        size_t size_bytes = sizeof start - 1, piece_bytes = strlen(pieces[i]);
        memcpy(bytes, start, size_bytes);
        if (i < 4)
            bytes[size_bytes++] = '\n';
        if (i == 1 || i == 2)
            bytes[size_bytes++] = '\n';
        for (; size_bytes + piece_bytes <= SIZE; size_bytes += piece_bytes)
            memcpy(bytes + size_bytes, pieces[i], piece_bytes);
        int64_t start_ms = clock_mono_ms();
        read_bytes(bytes, size_bytes);
        assert_true(i == 4 || mail->is_cut);
        assert_true(clock_mono_ms() - start_ms < 20000);
    }
    mem_free(bytes);
}

/* GMime reads some of them by recursion. */
static void
no_header_takes_the_stack(void **state UNUSED)
{
    static const char *const names[] = {"From",
                                        "From ",
                                        "to",
                                        "X:y\nCC",
                                        "Subject",
                                        "Reply-To",
                                        "Message-ID",
                                        "In-Reply-To",
                                        "Date",
                                        "References",
                                        "Content-Type: multipart/mixed; boundary",
                                        "Content-Type",
                                        "Content-Disposition",
                                        "Received"};
    static const char *const pieces[] = {"a:",  "a:\n ", "(",      "\"\\", "<",  "<a@b>,", "@",
                                         ";a=", "a*0*=", "=?a?q?", "[",    ",,", "a.",     "a:;"};
    enum { SIZE = 300000 };
    char *bytes = mem_alloc(SIZE);
    for (size_t i = 0; i < COUNT_OF(names) * COUNT_OF(pieces); i++) {
        const char *piece = pieces[i / COUNT_OF(names)];
        size_t size_bytes =
            (size_t)snprintf(bytes, SIZE, "Subject: x\n%s: ", names[i % COUNT_OF(names)]);
        for (; size_bytes + strlen(piece) < SIZE; size_bytes += strlen(piece))
            memcpy(bytes + size_bytes, piece, strlen(piece));
        assert_non_null(read_bytes(bytes, size_bytes));
    }
    mem_free(bytes);
}

/* What is decoded has not been seen by the limits of the whole. */
static void
an_encoded_head_in_a_report_takes_neither_stack_nor_memory(void **state UNUSED)
{
    static const struct {
        const char *encoding, *start, *piece; /* the head of our mail, then "a:" without end */
    } each[] = {
        {"base64", "TWVzc2FnZS1JRDogPGFAYi5leGFtcGxlPg0KRnJvbTog", "YTphOmE6"},
        {"quoted-printable", "Message-ID=3A <a@b.example>\r\nFrom=3A ", "a=3A=\r\n"},
        {"quoted-printable", "Message-ID=3A <a@b.example>\r\n", "a=3A\r\n"},
    };
    enum { SIZE = 8 * 1024 * 1024 };
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        struct buf text = {0};
        buf_printf(&text,
                   REPORT("Action: failed\r\nStatus: 5.1.1\r\n",
                          "Content-Type: text/rfc822-headers\r\n"
                          "Content-Transfer-Encoding: %s\r\n\r\n%s"),
                   each[i].encoding, each[i].start);
        text.size_bytes -= strlen("--r--\r\n");
        while (text.size_bytes < SIZE)
            buf_add_text(&text, each[i].piece);
        buf_add_text(&text, "\r\n--r--\r\n");
        read_text(buf_text(&text));
        expect_bounce("a@b.example", "failed", "5.1.1", "");
        buf_free(&text);
    }
}

static void
of_a_head_in_a_report_the_beginning_counts(void **state UNUSED)
{
    struct buf text = {0};
    buf_add_text(&text, REPORT("Action: failed\r\n", "Content-Type: text/rfc822-headers\r\n\r\n"));
    text.size_bytes -= strlen("--r--\r\n");
    while (text.size_bytes < 80 * 1024)
        buf_add_text(&text, "Received: from mx.example.org\r\n");
    buf_add_text(&text, "Message-ID: <a@b.example>\r\n--r--\r\n");
    read_text(buf_text(&text));
    expect_bounce("", "failed", "", "");
    buf_free(&text);
}

static void
many_addresses_are_no_matter(void **state UNUSED)
{
    struct buf text = {0};
    buf_add_text(&text, "To: a@b.example");
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, ",\r\n Anna %d <anna%d@example.org>", i, i);
    buf_add_text(&text, "\r\nFrom: all:anna@example.org;\r\n\r\nhello");
    read_text(buf_text(&text));
    assert_string_equal(mail->from_address, "anna@example.org");
    assert_string_equal(mail->text, "hello");
    assert_false(mail->is_cut);
    buf_free(&text);
}

/* ---- in a thread ---- */

static struct loop *loop;

static void
read_run(void *context)
{
    const char *text = context;
    mail = mail_read_await(loop, text, strlen(text));
}

static bool
is_read(void *context UNUSED)
{
    return mail != NULL && task_count() == 0;
}

static void
a_task_waits_for_it(void **state UNUSED)
{
    loop = loop_open();
    task_init(loop, 10);
    mail_free(&mail);
    assert_true(task_spawn(read_run, (void *)(uintptr_t)(HEAD "\r\nhello")));
    assert_true(loop_run_until(loop, is_read, NULL, 10000));
    assert_string_equal(mail->text, "hello");
    task_deinit();
    loop_close(&loop);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plain_mail_is_read),
        TEST(encoded_names_subjects_and_texts_are_read),
        TEST(of_alternatives_the_plain_one_is_taken),
        TEST(attachments_are_decoded_and_named),
        TEST(what_we_write_can_be_read),
        TEST(machines_are_known),
        TEST(reports_say_what_became_of_our_mail),
        TEST(what_only_looks_like_a_report_is_none),
        TEST(anything_is_a_mail),
        TEST(a_header_cannot_hide_in_another),
        TEST(too_much_is_left_out),
        TEST(what_is_deep_is_left_out),
        TEST(many_headers_and_parts_cost_no_more_than_some),
        TEST(no_header_takes_the_stack),
        TEST(an_encoded_head_in_a_report_takes_neither_stack_nor_memory),
        TEST(of_a_head_in_a_report_the_beginning_counts),
        TEST(many_addresses_are_no_matter),
        TEST(a_task_waits_for_it),
    };
    return cmocka_run_group_tests_name("mail_read", tests, NULL, NULL);
}
