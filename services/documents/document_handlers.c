/*
 * document_handlers - documents: keeping one, telling of it, giving its content
 */
// SPDX-License-Identifier: Apache-2.0
#include "documents.h"

#include <sodium.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "documents/v1/documents.dispatch.h"

/* How a text is answered, since nothing else is taken as one. */
#define TEXT_TYPE "text/plain"
#define TEXT_TYPE_ANSWERED "text/plain; charset=utf-8"

static char *
print_sha256(struct arena *arena, const uint8_t *sha256)
{
    char *text = arena_alloc(arena, 2 * SHA256_BYTES + 1);
    return sodium_bin2hex(text, 2 * SHA256_BYTES + 1, sha256, SHA256_BYTES);
}

Common__V1__Body *
content_to_message(struct arena *arena, const struct content *content)
{
    Common__V1__Body *body = arena_alloc(arena, sizeof *body);
    common__v1__body__init(body);
    bool is_text = strcmp(content->media_type, TEXT_TYPE) == 0;
    body->media_type = (char *)(is_text ? TEXT_TYPE_ANSWERED : content->media_type);
    body->content.data = (uint8_t *)content->bytes;
    body->content.len = content->count_bytes;
    body->size_bytes = content->size_bytes;
    body->etag = print_sha256(arena, content->sha256);
    body->file_name = (char *)content->file_name;
    return body;
}

static Documents__V1__Document *
document_to_message(struct arena *arena, const struct document *document)
{
    Documents__V1__Document *message = arena_alloc(arena, sizeof *message);
    documents__v1__document__init(message);
    message->document_id = message_uuid(arena, &document->document_id);
    message->media_type = (char *)document->media_type;
    message->size_bytes = document->size_bytes;
    message->sha256 = print_sha256(arena, document->sha256);
    message->file_name = (char *)document->file_name;
    message->owner_id = (char *)document->owner_id;
    message->create_time = message_time(arena, document->create_time_us);
    return message;
}

static enum err
fail_missing(struct call *call, const char *document_id)
{
    return call_fail(call, ERR_NOT_FOUND, "DOCUMENT_MISSING", "document \"%s\" is not known",
                     document_id);
}

/* ---- what the bytes are ---- */

/* Reads a piece with an arena of its own, since a text is read whole. */
static enum err
look_at_piece_await(struct call *call, const struct uuid *document_id, int64_t offset_bytes,
                    struct text_reader *reader, size_t *ret_count_bytes, bool *ret_is_text)
{
    struct call part = *call;
    part.arena = arena_new(ARENA_BUDGET_BYTES);
    struct content content;
    enum err err = content_read_await(&part, document_id, offset_bytes, &content);
    call->fault = part.fault;
    if (err == OK) {
        *ret_count_bytes = content.count_bytes;
        *ret_is_text = text_reader_take(reader, content.bytes, content.count_bytes);
    }
    arena_free(&part.arena);
    return err;
}

static enum err
look_at_text_await(struct call *call, const struct uuid *document_id, int64_t size_bytes,
                   bool *ret_is_text)
{
    struct text_reader reader = {0};
    size_t count_bytes = 0;
    *ret_is_text = true;
    for (int64_t at = 0; at < size_bytes && *ret_is_text; at += (int64_t)count_bytes) {
        enum err err =
            look_at_piece_await(call, document_id, at, &reader, &count_bytes, ret_is_text);
        if (err != OK)
            return err;
        if (count_bytes == 0)
            return call_fail(call, ERR_DATA_LOSS, "PIECE_MISSING", "a piece is missing");
    }
    *ret_is_text = *ret_is_text && text_reader_is_whole(&reader);
    return OK;
}

/* Whether the content is what the client says it is. */
static enum err
check_type_await(struct call *call, const struct uuid *document_id, const char *claimed)
{
    struct content content;
    enum err err = content_read_await(call, document_id, 0, &content);
    if (err != OK)
        return err;
    if (content.size_bytes == 0)
        return call_fail(call, ERR_INVALID_ARGUMENT, "DOCUMENT_EMPTY", "the body is empty");
    const char *type = media_type_of(content.bytes, content.count_bytes);
    bool is_text = false;
    if (type == NULL && strcmp(claimed, TEXT_TYPE) == 0)
        err = look_at_text_await(call, document_id, content.size_bytes, &is_text);
    if (err != OK)
        return err;
    if (is_text || (type != NULL && strcmp(type, claimed) == 0))
        return OK;
    return call_fail(call, ERR_INVALID_ARGUMENT, "DOCUMENT_TYPE_WRONG",
                     "Content-Type says %s, and the content is %s", claimed,
                     type != NULL ? type : "nothing of that kind");
}

/* ---- methods ---- */

enum err
documents_create_document(struct call *call, const Documents__V1__CreateDocumentRequest *req,
                          Documents__V1__CreateDocumentResponse *res)
{
    const Common__V1__Upload *upload = req->upload;
    if (upload->sha256.len != SHA256_BYTES)
        return call_fail_field(call, "upload.sha256", "FIELD_FORMAT", "sha256 must have 32 bytes");
    const struct document document = {
        .document_id = message_get_uuid(upload->document_id),
        .media_type = upload->media_type,
        .size_bytes = upload->size_bytes,
        .sha256 = upload->sha256.data,
        .file_name = upload->file_name,
        .owner_id = call_subject(call),
        .create_time_us = clock_now_us(),
    };
    enum err err = check_type_await(call, &document.document_id, upload->media_type);
    if (err == ERR_NOT_FOUND)
        return fail_missing(call, upload->document_id);
    if (err != OK)
        return err;
    res->document = document_to_message(call->arena, &document);
    Documents__V1__DocumentUploaded event = DOCUMENTS__V1__DOCUMENT_UPLOADED__INIT;
    event.document_id = upload->document_id;
    event.media_type = upload->media_type;
    event.size_bytes = upload->size_bytes;
    return document_create_await(call, &document, &event.base, &res->base);
}

enum err
documents_get_document(struct call *call, const Documents__V1__GetDocumentRequest *req,
                       Documents__V1__GetDocumentResponse *res)
{
    struct uuid document_id = message_get_uuid(req->document_id);
    struct document document;
    enum err err = document_read_await(call, &document_id, &document);
    if (err == ERR_NOT_FOUND || (err == OK && !call_may_see(call, document.owner_id)))
        return fail_missing(call, req->document_id);
    if (err == OK)
        res->document = document_to_message(call->arena, &document);
    return err;
}

enum err
documents_get_document_content(struct call *call,
                               const Documents__V1__GetDocumentContentRequest *req,
                               Documents__V1__GetDocumentContentResponse *res)
{
    struct uuid document_id = message_get_uuid(req->document_id);
    struct content content;
    enum err err = content_read_await(call, &document_id, req->body_offset, &content);
    /* A bare upload is nobody's document. */
    bool is_seen = err == OK && content.owner_id[0] != 0 && call_may_see(call, content.owner_id);
    if (err == ERR_NOT_FOUND || (err == OK && !is_seen))
        return fail_missing(call, req->document_id);
    if (err != OK)
        return err;
    res->body = content_to_message(call->arena, &content);
    res->owner_id = (char *)content.owner_id;
    return OK;
}
