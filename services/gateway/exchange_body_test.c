/*
 * Tests of whole exchanges whose bodies are not JSON: pieces to the documents service.
 */
// SPDX-License-Identifier: Apache-2.0
#include "exchange_documents_fixture.h"

#include <sodium.h>

static void
a_body_goes_in_pieces_and_its_method_is_told_where_it_lies(void **state UNUSED)
{
    enum { SIZE = HTTP_PIECE_BYTES + 5 };
    uint8_t sha256[32];
    const char *body = make_text(SIZE);
    assert_int_equal(send_document(POST_DOCUMENT, PNG, body), 201);
    crypto_hash_sha256(sha256, (const uint8_t *)body, SIZE);
    assert_int_equal(docs.store_count, 2);
    assert_int_equal(docs.stored.size_bytes, SIZE);
    assert_memory_equal(docs.stored.bytes, body, SIZE);
    assert_string_equal(docs.carrier.subject, "system:gateway");
    assert_int_equal(docs.carrier.roles, 1U << COMMON__V1__ROLE__SYSTEM);
    assert_string_equal(docs.purpose, METHOD("CreateDocument"));
    assert_string_equal(docs.finished_id, docs.document_id);
    assert_memory_equal(docs.sha256, sha256, sizeof sha256);
    assert_int_equal(docs.size_bytes, SIZE);
    assert_string_equal(docs.media_type, "image/png");
    assert_string_equal(docs.file_name, "a b.png");
    assert_string_equal(docs.subject, "ann");
    assert_int_equal(docs.drop_count, 0);
    char location[128];
    snprintf(location, sizeof location, "Location: /v1/documents/%s", docs.document_id);
    assert_true(has_header(location));
}

static void
the_same_request_names_the_same_document_and_another_another(void **state UNUSED)
{
    static const struct {
        const char *headers, *body;
        bool is_same;
    } others[] = {
        {PNG, "abc", true},
        {"Content-Type: Image/PNG; x=y\r\nIdempotency-Key: \"k\"\r\n", "abc", true},
        {PNG, "abd", false},
        {"Content-Type: image/png\r\nIdempotency-Key: l\r\n", "abc", false},
        {"Content-Type: image/gif\r\nIdempotency-Key: k\r\n", "abc", false},
    };
    char first[64], upload_id[64];
    assert_int_equal(send_document(POST_DOCUMENT, PNG, "abc"), 201);
    memcpy(first, docs.document_id, sizeof first);
    memcpy(upload_id, docs.upload_id, sizeof upload_id);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        forget();
        assert_int_equal(send_document(POST_DOCUMENT, others[i].headers, others[i].body), 201);
        assert_int_equal(strcmp(docs.document_id, first) == 0, others[i].is_same);
        assert_string_not_equal(docs.upload_id, upload_id);
    }
}

static void
what_the_head_decides_is_refused_before_a_piece_is_taken(void **state UNUSED)
{
    static const struct {
        unsigned status;
        const char *line, *headers, *reason;
    } bad[] = {
        {415, "POST /v1/documents", "Content-Type: text/html\r\nIdempotency-Key: k\r\n",
         "MEDIA_TYPE_UNSUPPORTED"},
        {415, "POST /v1/documents", "Idempotency-Key: k\r\n", "MEDIA_TYPE_UNSUPPORTED"},
        {400, "POST /v1/documents", "Content-Type: image/png\r\n", "IDEMPOTENCY_KEY_MISSING"},
        {400, "POST /v1/documents?body_offset=1", PNG, "PARAMETER_UNKNOWN"},
        {400, "POST /v1/documents?kind=receipt", PNG, "PARAMETER_UNKNOWN"},
        {413, "POST /v1/documents", PNG "Content-Length: 10485761\r\n", "BODY_TOO_LARGE"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const char *body = bad[i].status == 413 ? NULL : "abc";
        assert_int_equal(send_document(bad[i].line, bad[i].headers, body), bad[i].status);
        assert_true(has_member(bad[i].reason));
    }
    assert_int_equal(ask("POST /v1/documents", PNG, "abc"), 401);
    assert_int_equal(docs.store_count + docs.create_count, 0);
}

static void
an_empty_body_is_one_empty_piece(void **state UNUSED)
{
    assert_int_equal(send_document(POST_DOCUMENT, PNG, NULL), 201);
    assert_int_equal(docs.store_count, 1);
    assert_int_equal(docs.size_bytes, 0);
}

static void
a_service_that_fails_in_the_middle_ends_the_upload(void **state UNUSED)
{
    docs.fails = METHOD("StorePiece");
    docs.fails_with = ERR_UNAVAILABLE;
    assert_int_equal(send_document(POST_DOCUMENT, PNG, make_text(3 * HTTP_PIECE_BYTES)), 503);
    assert_true(has_member("\"domain\":\"documents\""));
    assert_int_equal(docs.drop_count, 1);
    assert_int_equal(docs.finish_count + docs.create_count, 0);
}

static void
an_upload_of_which_a_piece_was_lost_is_to_be_sent_again(void **state UNUSED)
{
    docs.fails = METHOD("FinishUpload");
    docs.fails_with = ERR_FAILED_PRECONDITION;
    assert_int_equal(send_document(POST_DOCUMENT, PNG, "abc"), 503);
    EXPECT_REASON("UPLOAD_INCOMPLETE");
    assert_true(has_header("Retry-After: 1"));
    assert_int_equal(docs.create_count, 0);
}

static void
a_refusal_of_the_method_is_the_answer(void **state UNUSED)
{
    docs.fails = METHOD("CreateDocument");
    docs.fails_with = ERR_INVALID_ARGUMENT;
    assert_int_equal(send_document(POST_DOCUMENT, PNG, "abc"), 400);
    EXPECT_REASON("BROKEN");
    assert_int_equal(docs.drop_count, 0);
}

static bool
has_stored(void *context UNUSED)
{
    return docs.store_count > 0;
}

static bool
has_dropped(void *context UNUSED)
{
    return docs.drop_count > 0;
}

static void
a_client_that_leaves_half_way_drops_its_upload(void **state UNUSED)
{
    struct buf text = {0};
    buf_printf(&text, POST_DOCUMENT URL_HEAD "%s" PNG "Content-Length: 500000\r\n\r\n%s", token,
               make_text(HTTP_PIECE_BYTES));
    struct client client;
    say(&client, buf_text(&text));
    assert_true(loop_run_until(svc_loop(svc), has_stored, NULL, LIMIT_MS));
    close(client.fd);
    assert_true(loop_run_until(svc_loop(svc), has_dropped, NULL, LIMIT_MS));
    assert_int_equal(docs.finish_count, 0);
    buf_free(&text);
}

static void
more_bodies_in_pieces_than_may_be_are_told_to_come_later(void **state UNUSED)
{
    gateway->stream_count = GATEWAY_STREAMS_MAX;
    assert_int_equal(send_document(POST_DOCUMENT, PNG, "abc"), 503);
    EXPECT_REASON("OVERLOADED");
    assert_true(has_header("Retry-After: 1"));
    assert_int_equal(docs.store_count, 0);
    prepare_content("abc", 100); /* fits a piece, so it is none of them */
    assert_int_equal(ask_staff(GET_CONTENT, "", NULL), 200);
    prepare_content("abcdef", 3);
    assert_int_equal(ask_staff(GET_CONTENT, "", NULL), 503);
    gateway->stream_count = 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BODY(a_body_goes_in_pieces_and_its_method_is_told_where_it_lies),
        BODY(the_same_request_names_the_same_document_and_another_another),
        BODY(what_the_head_decides_is_refused_before_a_piece_is_taken),
        BODY(an_empty_body_is_one_empty_piece),
        BODY(a_service_that_fails_in_the_middle_ends_the_upload),
        BODY(an_upload_of_which_a_piece_was_lost_is_to_be_sent_again),
        BODY(a_refusal_of_the_method_is_the_answer),
        BODY(a_client_that_leaves_half_way_drops_its_upload),
        BODY(more_bodies_in_pieces_than_may_be_are_told_to_come_later),
    };
    return cmocka_run_group_tests(tests, documents_group_setup, documents_group_teardown);
}
