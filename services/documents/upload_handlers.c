/*
 * upload_handlers - what the gateway asks while a body comes in, and what services ask of it later
 */
// SPDX-License-Identifier: Apache-2.0
#include "documents.h"

#include "common/message.h"
#include "documents/v1/documents.dispatch.h"

enum err
documents_store_piece(struct call *call, const Documents__V1__StorePieceRequest *req,
                      Documents__V1__StorePieceResponse *res UNUSED)
{
    struct uuid upload_id = message_get_uuid(req->upload_id);
    return upload_store_piece_await(call, &upload_id, req->number, req->content.data,
                                    req->content.len);
}

enum err
documents_finish_upload(struct call *call, const Documents__V1__FinishUploadRequest *req,
                        Documents__V1__FinishUploadResponse *res UNUSED)
{
    if (req->sha256.len != SHA256_BYTES)
        return call_fail_field(call, "sha256", "FIELD_FORMAT", "sha256 must have 32 bytes");
    const struct upload upload = {
        .upload_id = message_get_uuid(req->upload_id),
        .document_id = message_get_uuid(req->document_id),
        .purpose = req->purpose,
        .media_type = req->media_type,
        .size_bytes = req->size_bytes,
        .piece_count = req->piece_count,
        .sha256 = req->sha256.data,
    };
    bool is_whole;
    enum err err;
    /* Two that end at once under one document_id: the later one sees the earlier at its next try.
     */
    do
        err = upload_finish_await(call, &upload, &is_whole);
    while (call_may_retry_await(call, err == ERR_ALREADY_EXISTS ? ERR_ABORTED : err));
    if (err == OK && !is_whole)
        return call_fail(call, ERR_FAILED_PRECONDITION, "UPLOAD_INCOMPLETE",
                         "pieces of the upload are missing");
    return err;
}

enum err
documents_drop_upload(struct call *call, const Documents__V1__DropUploadRequest *req,
                      Documents__V1__DropUploadResponse *res UNUSED)
{
    struct uuid upload_id = message_get_uuid(req->upload_id);
    return upload_drop_await(call, &upload_id);
}

enum err
documents_read_content(struct call *call, const Documents__V1__ReadContentRequest *req,
                       Documents__V1__ReadContentResponse *res)
{
    struct uuid document_id = message_get_uuid(req->document_id);
    struct content content;
    enum err err = content_read_await(call, &document_id, req->body_offset, &content);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, ERR_NOT_FOUND, "DOCUMENT_MISSING", "document \"%s\" is not known",
                         req->document_id);
    if (err == OK)
        res->body = content_to_message(call->arena, &content);
    return err;
}
