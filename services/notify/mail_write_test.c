/*
 * mail_write_test - a message has the headers that it should have, and no part makes another
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <ctype.h>
#include <stdio.h>

#include "mail_write.h"

static struct buf bytes;

static const struct mail_parts GOOD = {
    .from_address = "service@example.com",
    .from_name = "Example Service",
    .to_address = "anna@example.org",
    .to_name = "Anna Berg",
    .subject = "Your claim",
    .message_id = "0190b5e2-0001@service.example.com",
    .in_reply_to = "CAF12@mail.example.org",
    .unsubscribe_url = "https://service.example.com/v1/people/p-1:opt_out?link=abc.def",
    .plain = "Hello Anna",
    .html = "<p>Hello Anna</p>",
    .time_us = 1773567000000000, /* 2026-03-15T09:30:00Z */
};

static int
tear_down(void **state UNUSED)
{
    buf_free(&bytes);
    return 0;
}

static const char *
write_mail(const struct mail_parts *parts)
{
    struct fault fault;
    assert_int_equal(mail_write(parts, &bytes, &fault), OK);
    return buf_text(&bytes);
}

static void
expect_line(const char *text, const char *line)
{
    const char *at = strstr(text, line);
    if (at == NULL || (at != text && at[-1] != '\n') || at[strlen(line)] != '\r')
        fail_msg("no line %s in\n%s", line, text);
}

static void
a_message_has_its_headers(void **state UNUSED)
{
    const char *text = write_mail(&GOOD);
    expect_line(text, "From: Example Service <service@example.com>");
    expect_line(text, "To: Anna Berg <anna@example.org>");
    expect_line(text, "Subject: Your claim");
    expect_line(text, "Date: Sun, 15 Mar 2026 09:30:00 +0000");
    expect_line(text, "Message-Id: <0190b5e2-0001@service.example.com>");
    expect_line(text, "Auto-Submitted: auto-generated");
    expect_line(text, "In-Reply-To: <CAF12@mail.example.org>");
    expect_line(text, "References: <CAF12@mail.example.org>");
    expect_line(text, "List-Unsubscribe: "
                      "<https://service.example.com/v1/people/p-1:opt_out?link=abc.def>");
    expect_line(text, "List-Unsubscribe-Post: List-Unsubscribe=One-Click");
    expect_line(text, "MIME-Version: 1.0");
    expect_line(text, "Hello Anna");
    expect_line(text, "<p>Hello Anna</p>");
    assert_non_null(strstr(text, "multipart/alternative"));
    assert_true(strstr(text, "text/plain") < strstr(text, "text/html"));
}

static void
what_is_not_given_is_not_written(void **state UNUSED)
{
    struct mail_parts parts = GOOD;
    parts.from_name = parts.to_name = parts.in_reply_to = parts.unsubscribe_url = parts.html = "";
    const char *text = write_mail(&parts);
    expect_line(text, "From: service@example.com");
    assert_null(strstr(text, "In-Reply-To"));
    assert_null(strstr(text, "References"));
    assert_null(strstr(text, "List-"));
    assert_null(strstr(text, "multipart"));
    expect_line(text, "Content-Type: text/plain; charset=utf-8");
}

/* How many headers the message itself has; every line ends with CRLF, none is too long, and all is
 * ASCII. */
static unsigned
count_headers(const char *text)
{
    unsigned count = 0;
    bool is_head = true;
    for (const char *end; *text != 0; text = end + 2) {
        end = strstr(text, "\r\n");
        assert_non_null(end);
        assert_true(end - text <= 998);
        for (const char *c = text; c < end; c++)
            assert_true(*c == '\t' || (*c >= ' ' && *c < 0x7f));
        is_head &= end > text;
        count += is_head && !isspace((unsigned char)text[0]);
    }
    return count;
}

static void
no_part_makes_a_header(void **state UNUSED)
{
    static const char *const bad[] = {
        "x\r\nBcc: eve@example.net",
        "x\nBcc: eve@example.net",
        "x\rBcc: eve@example.net",
        "x\r\n\r\nbody",
        "x\r\n Bcc: eve@example.net",
        "\r\n\r\n\r\n",
        "x\xc2\x85"
        "Bcc: eve@example.net",
        "x\xe2\x80\xa8"
        "Bcc: eve@example.net",
        "x\x0b\x0c\x1c\x7f\x01",
        "\xff\xfe\r\nBcc: eve@example.net",
        "\xc3\xa4\r\nBcc: eve@example.net\r\n\r\n",
        "=?utf-8?q?=0D=0ABcc:_eve@example.net?=",
        "\"\r\nBcc: eve@example.net",
        "\\\r\n\"<eve@example.net>, x",
        "(comment\r\nBcc: eve",
        "eve@example.net, eve <eve@example.net>",
    };
    unsigned wanted = count_headers(write_mail(&GOOD));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        for (unsigned field = 0; field < 6; field++) {
            struct mail_parts parts = GOOD;
            const char **const fields[] = {&parts.from_name, &parts.to_name, &parts.subject,
                                           &parts.plain,     &parts.html,    &parts.in_reply_to};
            *fields[field] = bad[i];
            const char *text = write_mail(&parts);
            assert_int_equal(count_headers(text), wanted - (field == 5 ? 2 : 0));
        }
    }
}

static void
long_texts_are_folded(void **state UNUSED)
{
    char words[3000];
    for (size_t i = 0; i < sizeof words; i++)
        words[i] = i % 9 == 8 ? ' ' : 'w';
    words[sizeof words - 1] = 0;
    struct mail_parts parts = GOOD;
    parts.subject = parts.from_name = parts.plain = words;
    count_headers(write_mail(&parts));
    memset(words, 'w', sizeof words - 1);
    count_headers(write_mail(&parts));
    for (size_t i = 0; i + 1 < sizeof words - 1; i += 2)
        memcpy(words + i, "\xc3\xa4", 2);
    count_headers(write_mail(&parts));
}

static void
what_is_beyond_ascii_is_encoded(void **state UNUSED)
{
    struct mail_parts parts = GOOD;
    parts.to_name = "J\xc3\xbcrgen \xc3\x96z";
    parts.to_address = "j@m\xc3\xbcller.example";
    parts.subject = "Ihr Fall \xe2\x80\x93 l\xc3\xa4uft";
    parts.plain = "Gr\xc3\xbc\xc3\x9f"
                  "e";
    const char *text = write_mail(&parts);
    assert_non_null(strstr(text, "=?UTF-8?"));
    assert_non_null(strstr(text, "<j@xn--mller-kva.example>"));
    expect_line(text, "Gr=C3=BC=C3=9Fe");
    count_headers(text);
}

static void
expect_refused(const struct mail_parts *parts, const char *field)
{
    struct fault fault;
    assert_int_equal(mail_write(parts, &bytes, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "MAIL_INVALID");
    assert_string_equal(fault.field, field);
}

static void
addresses_identities_and_links_that_are_none_are_refused(void **state UNUSED)
{
    struct mail_parts parts = GOOD;
    parts.from_address = "service";
    expect_refused(&parts, "from_address");
    parts = GOOD;
    parts.to_address = "anna@example.org\r\nBcc: eve@example.net";
    expect_refused(&parts, "to_address");
    static const char *const ids[] = {"",      "x",          "@x",        "x@",
                                      "<x@y>", "x@y\r\nA:b", "x y@z.net", "x@y@z"};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        parts = GOOD;
        parts.message_id = ids[i];
        expect_refused(&parts, "message_id");
    }
    static const char *const links[] = {"http://example.com/", "https://e.com/>, <https://f.com/",
                                        "https://e.com/ x",    "https://e.com/\r\nA: b",
                                        "mailto:a@b.example",  "https://e.com/\xc3\xa4"};
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        parts = GOOD;
        parts.unsubscribe_url = links[i];
        expect_refused(&parts, "unsubscribe_url");
    }
}

static void
a_long_link_stays_whole(void **state UNUSED)
{
    char url[900] = "https://service.example.com/?link=", line[920];
    memset(url + strlen(url), 'A', 860 - strlen(url));
    struct mail_parts parts = GOOD;
    parts.unsubscribe_url = url;
    snprintf(line, sizeof line, "List-Unsubscribe: <%s>", url);
    const char *text = write_mail(&parts);
    expect_line(text, line);
    count_headers(text);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_has_its_headers),
        TEST(what_is_not_given_is_not_written),
        TEST(no_part_makes_a_header),
        TEST(long_texts_are_folded),
        TEST(what_is_beyond_ascii_is_encoded),
        TEST(addresses_identities_and_links_that_are_none_are_refused),
        TEST(a_long_link_stays_whole),
    };
    return cmocka_run_group_tests_name("mail_write", tests, NULL, NULL);
}
