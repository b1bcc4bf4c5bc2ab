/*
 * mail_read_test - mails as people and servers send them
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_read_fixture.h"

#include <stdio.h>

#include "common/task.h"
#include "mail_write.h"

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
        TEST(a_task_waits_for_it),
    };
    return cmocka_run_group_tests_name("mail_read", tests, NULL, NULL);
}
