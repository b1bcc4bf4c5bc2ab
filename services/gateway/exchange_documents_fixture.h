/*
 * exchange_documents_fixture - the documents service behind the gateway, for exchanges whose bodies
 * are not JSON
 *
 * It is a fake that keeps the pieces it is given, gives pieces of a content, and fails where the
 * test says so. Included by tests only.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exchange_fixture.h"

#include "documents/v1/documents.pb-c.h"

#define METHOD(name) "documents.v1.DocumentsService/" name
#define ETAG "0123456789abcdef"
#define PNG "Content-Type: image/png\r\nIdempotency-Key: k\r\n"
#define POST_DOCUMENT "POST /v1/documents?file_name=a+b.png"
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
    char media_type[64], file_name[64], subject[CALL_SUBJECT_SIZE];
    const char *fails; /* this method is refused */
    enum err fails_with;
    const char *content; /* what is read */
    size_t content_size, piece_size, changes_at, grows_at;
    const char *content_type, *content_name;
} docs;

static inline void
take_finish(const Documents__V1__FinishUploadRequest *req)
{
    docs.finish_count++;
    snprintf(docs.finished_id, sizeof docs.finished_id, "%s", req->document_id);
    snprintf(docs.purpose, sizeof docs.purpose, "%s", req->purpose);
    assert_string_equal(req->upload_id, docs.upload_id);
    assert_int_equal(req->piece_count, docs.store_count);
}

static inline void
take_create(const Documents__V1__CreateDocumentRequest *req)
{
    docs.create_count++;
    snprintf(docs.document_id, sizeof docs.document_id, "%s", req->upload->document_id);
    snprintf(docs.media_type, sizeof docs.media_type, "%s", req->upload->media_type);
    snprintf(docs.file_name, sizeof docs.file_name, "%s", req->upload->file_name);
    docs.size_bytes = req->upload->size_bytes;
    assert_int_equal(req->upload->sha256.len, sizeof docs.sha256);
    memcpy(docs.sha256, req->upload->sha256.data, sizeof docs.sha256);
}

static inline void
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

static inline void
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

static inline void
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

static inline int
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

static inline int
documents_group_teardown(void **state)
{
    bus_server_close(&documents_server);
    bus_close(&documents_bus);
    return group_teardown(state);
}

static inline bool
are_documents_found(void *context UNUSED)
{
    return bus_client_ready(svc_client(svc, "documents")) > 0;
}

/* The fake forgets all but how it is told to be. */
static inline void
forget(void)
{
    buf_free(&docs.stored);
    memset(&docs, 0, sizeof docs);
}

static inline int
documents_setup(void **state)
{
    forget();
    int failed = setup(state);
    assert_true(loop_run_until(svc_loop(svc), are_documents_found, NULL, LIMIT_MS));
    return failed;
}

static inline int
documents_teardown(void **state)
{
    forget();
    return teardown(state);
}

static inline unsigned
send_document(const char *line, const char *headers, const char *body)
{
    char all[3000];
    snprintf(all, sizeof all, "%s%s", token, headers);
    return ask(line, all, body);
}

/* A text of `size` bytes in the arena. */
static inline char *
make_text(size_t size)
{
    char *text = arena_alloc(fake.arena, size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + (i * 7 + i / 251) % 26);
    return text;
}

static inline void
prepare_content(const char *content, size_t piece_size)
{
    docs.content = content;
    docs.content_size = strlen(content);
    docs.piece_size = piece_size;
    docs.content_type = "image/png";
    docs.content_name = "";
}

#define BODY(name) cmocka_unit_test_setup_teardown(name, documents_setup, documents_teardown)
