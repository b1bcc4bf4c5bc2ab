/*
 * mail_read_hard_test - mails as attackers and broken programs send them: nothing is believed, and
 * none costs more than its size
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_read_fixture.h"

#include <stdio.h>

#include "common/clock.h"

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

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(anything_is_a_mail),
        TEST(a_header_cannot_hide_in_another),
        TEST(too_much_is_left_out),
        TEST(what_is_deep_is_left_out),
        TEST(many_headers_and_parts_cost_no_more_than_some),
        TEST(no_header_takes_the_stack),
        TEST(an_encoded_head_in_a_report_takes_neither_stack_nor_memory),
        TEST(of_a_head_in_a_report_the_beginning_counts),
        TEST(many_addresses_are_no_matter),
    };
    return cmocka_run_group_tests_name("mail_read_hard", tests, NULL, NULL);
}
