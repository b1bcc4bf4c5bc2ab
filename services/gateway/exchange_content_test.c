/*
 * Tests of whole exchanges whose answers are not JSON: pieces from the documents service.
 */
// SPDX-License-Identifier: Apache-2.0
#include "exchange_documents_fixture.h"

static void
bytes_are_answered_as_they_are(void **state UNUSED)
{
    prepare_content("abc", 100);
    docs.content_name = "T\xc3\xbcr.png";
    assert_int_equal(ask_staff(GET_CONTENT, "", NULL), 200);
    assert_string_equal(body_text(), "abc");
    assert_true(has_header("Content-Type: image/png"));
    assert_true(has_header("ETag: \"" ETAG "\""));
    assert_true(has_header("Cache-Control: private, no-cache"));
    assert_true(has_header("X-Content-Type-Options: nosniff"));
    assert_true(has_header(
        "Content-Disposition: attachment; filename=\"T_r.png\"; filename*=UTF-8''T%C3%BCr.png"));
    assert_int_equal(ask_staff(GET_CONTENT, "If-None-Match: \"" ETAG "\"\r\n", NULL), 304);
    assert_string_equal(body_text(), "");
    assert_int_equal(ask_staff(GET_CONTENT "?body_offset=1", "", NULL), 400);
    EXPECT_REASON("PARAMETER_UNKNOWN");
}

static void
an_answer_is_put_together_of_its_pieces(void **state UNUSED)
{
    enum { SIZE = 300007 };
    const char *content = make_text(SIZE);
    prepare_content(content, 100000);
    assert_int_equal(ask_staff(GET_CONTENT, "", NULL), 200);
    assert_int_equal(docs.read_count, 4);
    assert_true(has_header("Content-Length: 300007"));
    assert_string_equal(body_text(), content);
    assert_int_equal(ask_staff("HEAD /v1/documents/" CLAIM_ID "/content", "", NULL), 200);
    assert_true(has_header("Content-Length: 300007"));
    assert_string_equal(body_text(), "");
    assert_int_equal(docs.read_count, 5);
}

static void
a_content_that_changes_between_its_pieces_is_cut_off(void **state UNUSED)
{
    prepare_content(make_text(300000), 100000);
    docs.changes_at = 200000;
    assert_int_equal(ask_staff(GET_CONTENT, "", NULL), 200);
    assert_true(has_header("Content-Length: 300000"));
    assert_int_equal(strlen(body_text()), 200000);
    docs.changes_at = 0;
    docs.grows_at = 100000;
    assert_int_equal(ask_staff(GET_CONTENT, "", NULL), 200);
    assert_int_equal(strlen(body_text()), 100000);
}

static void
bytes_that_break_their_contract_are_500(void **state UNUSED)
{
    prepare_content("<script>", 100);
    docs.content_type = "text/html";
    assert_int_equal(ask_staff(GET_CONTENT, "", NULL), 500);
    prepare_content("abc", 0); /* a piece without bytes, of a whole that has some */
    assert_int_equal(ask_staff(GET_CONTENT, "", NULL), 500);
}

static bool
has_read(void *context UNUSED)
{
    return docs.read_count > 0;
}

static void
a_client_that_leaves_its_answer_is_asked_nothing_more_for(void **state UNUSED)
{
    prepare_content(make_text(12 * 1000 * 1000), 100000);
    struct client client;
    char text[3000];
    snprintf(text, sizeof text, GET_CONTENT URL_HEAD "%s\r\n", token);
    say(&client, text);
    assert_true(loop_run_until(svc_loop(svc), has_read, NULL, LIMIT_MS));
    assert_false(loop_run_until(svc_loop(svc), has_no_task, NULL, 300)); /* it does not read */
    unsigned read_count = docs.read_count;
    assert_true(read_count < 120);
    close(client.fd);
    assert_true(loop_run_until(svc_loop(svc), has_no_task, NULL, LIMIT_MS));
    assert_true(docs.read_count <= read_count + 2);
    assert_int_equal(gateway->stream_count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BODY(bytes_are_answered_as_they_are),
        BODY(an_answer_is_put_together_of_its_pieces),
        BODY(a_content_that_changes_between_its_pieces_is_cut_off),
        BODY(bytes_that_break_their_contract_are_500),
        BODY(a_client_that_leaves_its_answer_is_asked_nothing_more_for),
    };
    return cmocka_run_group_tests(tests, documents_group_setup, documents_group_teardown);
}
