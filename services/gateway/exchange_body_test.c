/*
 * Tests of whole exchanges whose bodies are not JSON: pieces to the documents service and pieces
 * from it. That service is a fake, which keeps the bytes and can be told to fail.
 */
// SPDX-License-Identifier: Apache-2.0
#include "exchange_fixture.h"

#include <sodium.h>

#include "documents/v1/documents.pb-c.h"

#define METHOD(name) "documents.v1.DocumentsService/" name
#define ETAG "0123456789abcdef"
#define PNG "Content-Type: image/png\r\nIdempotency-Key: k\r\n"
#define POST_DOCUMENT "POST /v1/documents?kind=receipt&file_name=a+b.png"
#define GET_CONTENT "GET /v1/documents/" CLAIM_ID "/content"

static struct bus *documents_bus;
static struct bus_server *documents_server;

/* What the documents service was asked, and what it does. */
static struct {
    struct buf stored; /* bytes of all pieces in order */
    unsigned store_count, finish_count, drop_count, create_count, read_count;
    struct principal carrier; /* who stored */
    char upload_id[64], document_id[64], finished_id[64], purpose[128];
    uint8_t sha256[32];
    int64_t size_bytes;
    char media_type[64], file_name[64], kind[64], subject[CALL_SUBJECT_SIZE];
    const char *fails; /* this method is refused */
    enum err fails_with;
    const char *content; /* what is read */
    size_t content_size, piece_size, changes_at, grows_at;
    const char *content_type, *content_name;
} docs;

static void
take_finish(const Documents__V1__FinishUploadRequest *req)
{
    docs.finish_count++;
    snprintf(docs.finished_id, sizeof docs.finished_id, "%s", req->document_id);
    snprintf(docs.purpose, sizeof docs.purpose, "%s", req->purpose);
    assert_string_equal(req->upload_id, docs.upload_id);
    assert_int_equal(req->piece_count, docs.store_count);
}

static void
take_create(const Documents__V1__CreateDocumentRequest *req)
{
    docs.create_count++;
    snprintf(docs.document_id, sizeof docs.document_id, "%s", req->upload->document_id);
    snprintf(docs.media_type, sizeof docs.media_type, "%s", req->upload->media_type);
    snprintf(docs.file_name, sizeof docs.file_name, "%s", req->upload->file_name);
    snprintf(docs.kind, sizeof docs.kind, "%s", req->kind);
    docs.size_bytes = req->upload->size_bytes;
    assert_int_equal(req->upload->sha256.len, sizeof docs.sha256);
    memcpy(docs.sha256, req->upload->sha256.data, sizeof docs.sha256);
}

static void
answer_create(struct bus_request *request, struct bus_reply *reply)
{
    static Documents__V1__Document document;
    Documents__V1__CreateDocumentResponse res = DOCUMENTS__V1__CREATE_DOCUMENT_RESPONSE__INIT;
    documents__v1__document__init(&document);
    document.document_id = docs.document_id;
    res.document = &document;
    reply->body_size_bytes = protobuf_c_message_get_packed_size(&res.base);
    uint8_t *body = arena_alloc(request->arena, reply->body_size_bytes);
    protobuf_c_message_pack(&res.base, body);
    reply->body = body;
}

static void
answer_read(struct bus_request *request, int64_t offset, struct bus_reply *reply)
{
    Documents__V1__GetDocumentContentResponse res =
        DOCUMENTS__V1__GET_DOCUMENT_CONTENT_RESPONSE__INIT;
    Common__V1__Body body = COMMON__V1__BODY__INIT;
    docs.read_count++;
    size_t left = docs.content_size - (size_t)offset;
    body.media_type = (char *)docs.content_type;
    body.file_name = (char *)docs.content_name;
    body.size_bytes = (int64_t)docs.content_size;
    if (docs.grows_at > 0 && (size_t)offset >= docs.grows_at)
        body.size_bytes++;
    body.content.data = (uint8_t *)docs.content + offset;
    body.content.len = left < docs.piece_size ? left : docs.piece_size;
    body.etag = docs.changes_at > 0 && (size_t)offset >= docs.changes_at ? "other" : ETAG;
    res.body = &body;
    res.owner_id = "ann";
    reply->body_size_bytes = protobuf_c_message_get_packed_size(&res.base);
    uint8_t *packed = arena_alloc(request->arena, reply->body_size_bytes);
    protobuf_c_message_pack(&res.base, packed);
    reply->body = packed;
}

static void
on_documents_request(void *context UNUSED, struct bus_request *request)
{
    struct bus_reply reply = {.domain = "documents"};
    struct principal who;
    struct fault fault;
    assert_int_equal(principal_open(request->principal, request->principal_size_bytes,
                                    request->principal_mac, request->principal_mac_size_bytes, &who,
                                    &fault),
                     OK);
    const struct contract_method *method = find_method(request->method);
    ProtobufCMessage *message =
        protobuf_c_message_unpack(method->request->descriptor, arena_allocator(request->arena),
                                  request->body_size_bytes, request->body);
    assert_non_null(message);
    if (docs.fails != NULL && strcmp(request->method, docs.fails) == 0) {
        fault_set(&reply.fault, docs.fails_with, "BROKEN", "it is broken");
    } else if (strcmp(request->method, METHOD("StorePiece")) == 0) {
        const Documents__V1__StorePieceRequest *req = (void *)message;
        assert_int_equal(req->number, docs.store_count++);
        snprintf(docs.upload_id, sizeof docs.upload_id, "%s", req->upload_id);
        buf_add(&docs.stored, req->content.data, req->content.len);
        docs.carrier = who;
    } else if (strcmp(request->method, METHOD("FinishUpload")) == 0) {
        take_finish((void *)message);
    } else if (strcmp(request->method, METHOD("CreateDocument")) == 0) {
        take_create((void *)message);
        snprintf(docs.subject, sizeof docs.subject, "%s", who.subject);
        answer_create(request, &reply);
    } else if (strcmp(request->method, METHOD("DropUpload")) == 0) {
        docs.drop_count++;
    } else {
        const Documents__V1__GetDocumentContentRequest *req = (void *)message;
        answer_read(request, req->body_offset, &reply);
    }
    bus_reply(documents_server, &request, &reply);
}

static int
documents_group_setup(void **state)
{
    if (group_setup(state) != 0)
        return 1;
    const struct bus_options options = {
        .service = "documents", .directory = directory, .connect = "", .linger_ms = 100};
    struct fault fault;
    assert_int_equal(bus_open(svc_loop(svc), &options, &documents_bus, &fault), OK);
    assert_int_equal(
        bus_server_open(documents_bus, on_documents_request, NULL, &documents_server, &fault), OK);
    return 0;
}

static int
documents_group_teardown(void **state)
{
    bus_server_close(&documents_server);
    bus_close(&documents_bus);
    return group_teardown(state);
}

static bool
are_documents_found(void *context UNUSED)
{
    return bus_client_ready(svc_client(svc, "documents")) > 0;
}

/* The fake forgets all but how it is told to be. */
static void
forget(void)
{
    buf_free(&docs.stored);
    memset(&docs, 0, sizeof docs);
}

static int
documents_setup(void **state)
{
    forget();
    int failed = setup(state);
    assert_true(loop_run_until(svc_loop(svc), are_documents_found, NULL, LIMIT_MS));
    return failed;
}

static int
documents_teardown(void **state)
{
    forget();
    return teardown(state);
}

static unsigned
send_document(const char *line, const char *headers, const char *body)
{
    char all[3000];
    snprintf(all, sizeof all, "%s%s", token, headers);
    return ask(line, all, body);
}

/* A text of `size` bytes in the arena. */
static char *
make_text(size_t size)
{
    char *text = arena_alloc(fake.arena, size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + (i * 7 + i / 251) % 26);
    return text;
}

static void
prepare_content(const char *content, size_t piece_size)
{
    docs.content = content;
    docs.content_size = strlen(content);
    docs.piece_size = piece_size;
    docs.content_type = "image/png";
    docs.content_name = "";
}

/* ---- bodies ---- */

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
    assert_string_equal(docs.kind, "receipt");
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
        {400, "POST /v1/documents?kind=%20", PNG, "FIELD_FORMAT"},
        {400, "POST /v1/documents?kind=a&kind=b", PNG, "PARAMETER_REPEATED"},
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

/* ---- answers ---- */

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

#define BODY(name) cmocka_unit_test_setup_teardown(name, documents_setup, documents_teardown)

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
        BODY(bytes_are_answered_as_they_are),
        BODY(an_answer_is_put_together_of_its_pieces),
        BODY(a_content_that_changes_between_its_pieces_is_cut_off),
        BODY(bytes_that_break_their_contract_are_500),
        BODY(a_client_that_leaves_its_answer_is_asked_nothing_more_for),
    };
    return cmocka_run_group_tests(tests, documents_group_setup, documents_group_teardown);
}
