/*
 * loadgen_reply_test - answers, whole and in pieces, and what is none
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "loadgen.h"

static const char WHOLE[] = "HTTP/1.1 201 Created\r\nDate: today\r\ncontent-length: 5\r\n\r\nhello";

static enum reply_state
take_text(struct reply *reply, const char *text)
{
    return reply_take(reply, text, strlen(text));
}

static void
an_answer_may_come_in_any_pieces(void **state UNUSED)
{
    for (size_t cut = 0; cut < sizeof WHOLE - 1; cut++) {
        struct reply reply = {0};
        assert_int_not_equal(REPLY_WHOLE, reply_take(&reply, WHOLE, cut));
        assert_int_equal(REPLY_WHOLE, reply_take(&reply, WHOLE + cut, sizeof WHOLE - 1 - cut));
        assert_int_equal(201, reply.status);
        assert_false(reply.is_last);
    }
}

static void
the_next_answer_begins_anew(void **state UNUSED)
{
    struct reply reply = {0};
    assert_int_equal(REPLY_WHOLE, take_text(&reply, WHOLE));
    reply_reset(&reply);
    assert_int_equal(REPLY_WHOLE, take_text(&reply, "HTTP/1.1 503 No\r\nConnection: close\r\n"
                                                    "Content-Length: 0\r\n\r\n"));
    assert_int_equal(503, reply.status);
    assert_true(reply.is_last);
}

static void
what_is_no_answer_is_told(void **state UNUSED)
{
    static const char *const texts[] = {
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n", /* until when? */
        "HTTP/1.1 20x OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", /* an answer nobody asked for */
        "\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct reply reply = {0};
        assert_int_equal(REPLY_MALFORMED, take_text(&reply, texts[i]));
    }
}

static void
a_head_without_end_is_given_up(void **state UNUSED)
{
    struct reply reply = {0};
    enum reply_state found = REPLY_HEAD;
    for (size_t i = 0; found == REPLY_HEAD && i < REPLY_HEAD_MAX; i++)
        found = take_text(&reply, "x");
    assert_int_equal(REPLY_MALFORMED, found);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_may_come_in_any_pieces),
        cmocka_unit_test(the_next_answer_begins_anew),
        cmocka_unit_test(what_is_no_answer_is_told),
        cmocka_unit_test(a_head_without_end_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
