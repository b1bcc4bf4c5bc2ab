/*
 * upload - a request's body that is not JSON, on its way to the documents service
 *
 * One piece at a time: read from the client, hashed, sent as the gateway's own call, and only then
 * the next. So the memory of an upload is that of two pieces, whatever its size, and the client is
 * as fast as the documents service.
 *
 * The pieces go under an upload_id that is made for this one stream of bytes; at its end that gets
 * a document_id, which follows from who calls which method with which key and bytes. So a request
 * that is sent again is the same request to the service behind, which answers as it did the first
 * time, and two half uploads with one key cannot mix.
 */
// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/message.h"
#include "common/pack.h"
#include "documents/v1/documents.contract.h"
#include "media.h"
#include "upstream.h"

enum { SHA256_BYTES = crypto_hash_sha256_BYTES, RETRY_MS = 1000 };

struct upload {
    struct exchange *exchange;
    const char *upload_id;
    crypto_hash_sha256_state hash;
    int64_t size_bytes;
    int32_t piece_count;
};

/* ---- the head ---- */

static const char *
join_types(struct exchange *exchange)
{
    struct buf *out = &exchange->gateway->scratch;
    buf_clear(out);
    for (const char *const *type = exchange->match.route->consumes; *type != NULL; type++)
        buf_printf(out, "%s%s", out->size_bytes > 0 ? ", " : "", *type);
    return buf_text(out);
}

static enum err
check_type(struct exchange *exchange, char *ret_type)
{
    const char *header = http_header(exchange->http, "Content-Type");
    if (header == NULL || !media_read(header, ret_type) ||
        !media_is_listed(exchange->match.route->consumes, ret_type))
        return exchange_refuse(exchange, ERR_INVALID_ARGUMENT, "MEDIA_TYPE_UNSUPPORTED",
                               "Content-Type must be one of %s", join_types(exchange));
    const char *coding = http_header(exchange->http, "Content-Encoding");
    if (coding != NULL && strcasecmp(coding, "identity") != 0)
        return exchange_refuse(exchange, ERR_INVALID_ARGUMENT, "MEDIA_TYPE_UNSUPPORTED",
                               "the body must have no Content-Encoding");
    return OK;
}

static enum err
refuse_size(struct exchange *exchange)
{
    return exchange_refuse(exchange, ERR_INVALID_ARGUMENT, "BODY_TOO_LARGE",
                           "the body is larger than %" PRId64 " bytes",
                           exchange->match.route->body_bytes_max);
}

/* Puts what is known so far into the request, so that it can be held to its contract before a byte
 * is taken. */
static enum err
prepare(struct exchange *exchange, const char *type)
{
    const struct contract_route *route = exchange->match.route;
    const ProtobufCFieldDescriptor *field = &exchange->req->descriptor->fields[route->upload_field];
    Common__V1__Upload *upload = arena_alloc(exchange->arena, sizeof *upload);
    common__v1__upload__init(upload);
    const struct uuid document_id = {{0}};
    upload->document_id = message_uuid(exchange->arena, &document_id);
    upload->media_type = arena_copy_text(exchange->arena, type);
    upload->file_name = (char *)(exchange->file_name != NULL ? exchange->file_name : "");
    upload->sha256.data = arena_alloc(exchange->arena, SHA256_BYTES);
    upload->sha256.len = SHA256_BYTES;
    *(Common__V1__Upload **)((char *)exchange->req + field->offset) = upload;
    exchange->upload = upload;
    struct fault *fault = &exchange->fault;
    enum err err = contract_check(route->method->request, exchange->req, true, fault);
    /* The client knows it as a parameter. */
    if (err != OK && strcmp(fault->field, "upload.file_name") == 0)
        snprintf(fault->field, sizeof fault->field, "file_name");
    return err;
}

enum err
upload_check(struct exchange *exchange)
{
    char type[MEDIA_TYPE_SIZE];
    enum err err = check_type(exchange, type);
    if (err == OK && http_declared_bytes(exchange->http) > exchange->match.route->body_bytes_max)
        err = refuse_size(exchange);
    if (err == OK)
        err = prepare(exchange, type);
    return err;
}

/* ---- the documents service ---- */

/* Asks it as the gateway itself. The answers are empty. */
static enum err
ask_await(struct upload *upload, const struct contract_method *method, const ProtobufCMessage *req,
          const char *key_end)
{
    struct exchange *exchange = upload->exchange;
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct principal self;
    principal_make_system(svc_name(exchange->gateway->svc), &self, arena);
    size_t size_bytes;
    const uint8_t *body = pack_message(arena, req, &size_bytes);
    const struct bus_question question = {
        .method = method->name,
        .body = body,
        .body_size_bytes = size_bytes,
        .principal = &self,
        .key = arena_printf(arena, "%s.%s", upload->upload_id, key_end),
        .traceparent = exchange->traceparent,
        .deadline_mono_ms = clock_mono_ms() + method->deadline_ms,
        .may_repeat = true,
    };
    struct bus_answer answer = {0};
    enum err err =
        upstream_ask_await(exchange->gateway, method->service, arena, &question, &answer);
    if (err != OK) {
        exchange_keep_fault(exchange, &answer);
        /* What it says lies in the piece's arena, or nowhere. */
        exchange->problems = (struct call_problems){0};
        exchange->domain = method->service;
    }
    arena_free(&arena);
    return err;
}

static enum err
store_await(struct upload *upload, const void *bytes, size_t size_bytes)
{
    Documents__V1__StorePieceRequest req = DOCUMENTS__V1__STORE_PIECE_REQUEST__INIT;
    char number[16];
    snprintf(number, sizeof number, "%" PRId32, upload->piece_count);
    req.upload_id = (char *)upload->upload_id;
    req.number = upload->piece_count;
    req.content.data = (uint8_t *)bytes;
    req.content.len = size_bytes;
    upload->piece_count++;
    return ask_await(upload, &documents_v1_store_piece_method, &req.base, number);
}

static void
drop_await(struct upload *upload)
{
    Documents__V1__DropUploadRequest req = DOCUMENTS__V1__DROP_UPLOAD_REQUEST__INIT;
    req.upload_id = (char *)upload->upload_id;
    struct exchange *exchange = upload->exchange;
    struct fault fault = exchange->fault;
    const char *domain = exchange->domain;
    int64_t retry_after_ms = exchange->retry_after_ms;
    /* Where this fails too, the documents service drops it after a time. */
    (void)!ask_await(upload, &documents_v1_drop_upload_method, &req.base, "drop");
    exchange->fault = fault;
    exchange->domain = domain;
    exchange->retry_after_ms = retry_after_ms;
}

/* ---- the body ---- */

/* A UUID of our own making (RFC 9562, 5.8). */
static void
make_document_id(struct exchange *exchange)
{
    struct buf *text = &exchange->gateway->scratch;
    const Common__V1__Upload *upload = exchange->upload;
    buf_clear(text);
    const char *const parts[] = {exchange->principal.subject, exchange->match.route->method->name,
                                 exchange->key, upload->media_type};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        buf_add(text, parts[i], strlen(parts[i]) + 1);
    buf_add(text, upload->sha256.data, upload->sha256.len);
    uint8_t mac[PRINCIPAL_MAC_SIZE];
    principal_mac("upload", text->bytes, text->size_bytes, mac);
    struct uuid id;
    memcpy(id.bytes, mac, sizeof id.bytes);
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x80);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
    uuid_print(&id, upload->document_id);
}

static enum err
finish_await(struct upload *upload)
{
    struct exchange *exchange = upload->exchange;
    Common__V1__Upload *field = exchange->upload;
    crypto_hash_sha256_final(&upload->hash, field->sha256.data);
    field->size_bytes = upload->size_bytes;
    make_document_id(exchange);
    Documents__V1__FinishUploadRequest req = DOCUMENTS__V1__FINISH_UPLOAD_REQUEST__INIT;
    req.upload_id = (char *)upload->upload_id;
    req.document_id = field->document_id;
    req.purpose = (char *)exchange->match.route->method->name;
    req.media_type = field->media_type;
    req.size_bytes = field->size_bytes;
    req.piece_count = upload->piece_count;
    req.sha256 = field->sha256;
    enum err err = ask_await(upload, &documents_v1_finish_upload_method, &req.base, "finish");
    if (err != ERR_FAILED_PRECONDITION)
        return err;
    exchange->retry_after_ms = RETRY_MS;
    return exchange_refuse(exchange, ERR_UNAVAILABLE, "UPLOAD_INCOMPLETE",
                           "a part of the body was lost on its way; send it again");
}

/* Takes all pieces, until the last. */
static enum err
take_pieces_await(struct upload *upload)
{
    struct exchange *exchange = upload->exchange;
    enum http_piece piece;
    enum err err = OK;
    do {
        const void *bytes;
        size_t size_bytes;
        piece = stream_read_await(exchange, &bytes, &size_bytes);
        if (piece == HTTP_GONE)
            return exchange_refuse(exchange, ERR_CANCELLED, "CLIENT_LEFT",
                                   "the client left before its body was whole");
        if (piece == HTTP_TOO_LARGE)
            return refuse_size(exchange);
        upload->size_bytes += (int64_t)size_bytes;
        crypto_hash_sha256_update(&upload->hash, bytes, size_bytes);
        if (size_bytes > 0 || upload->piece_count == 0)
            err = store_await(upload, bytes, size_bytes);
    } while (err == OK && piece == HTTP_MORE);
    return err;
}

enum err
upload_carry_await(struct exchange *exchange)
{
    struct gateway *gateway = exchange->gateway;
    if (!stream_enter(exchange))
        return exchange->fault.code;
    const struct uuid upload_id = uuid_make();
    struct upload upload = {.exchange = exchange,
                            .upload_id = message_uuid(exchange->arena, &upload_id)};
    crypto_hash_sha256_init(&upload.hash);
    http_stream(exchange->http, (uint64_t)exchange->match.route->body_bytes_max);
    enum err err = take_pieces_await(&upload);
    if (err == OK)
        err = finish_await(&upload);
    if (err != OK)
        drop_await(&upload);
    stream_leave(gateway);
    return err;
}
