/*
 * policy_upload - asks the documents service piece by piece, as the daemon itself
 *
 * Each piece has an arena of its own, so that what is held at once is the text and one piece.
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy_upload.h"

#include <sodium.h>
#include <string.h>

#include "documents/v1/documents.client.h"

enum { PIECE_BUDGET_BYTES = 2 * 1024 * 1024 };

static enum err
fail_missing(struct call *call)
{
    return call_fail(call, ERR_UNAVAILABLE, "UPLOAD_MISSING",
                     "the body is not there any more: send it again");
}

/* Appends one piece. The refusal of the other service is this call's. */
static enum err
read_piece_await(struct call *call, const Common__V1__Upload *upload, struct buf *out)
{
    struct arena *arena = arena_new(PIECE_BUDGET_BYTES);
    struct call reader;
    svc_system_call(call->svc, &reader, arena, "", call_left_ms(call));
    memcpy(reader.traceparent, call->traceparent, sizeof reader.traceparent);
    Documents__V1__ReadContentRequest req = DOCUMENTS__V1__READ_CONTENT_REQUEST__INIT;
    req.document_id = upload->document_id;
    req.body_offset = (int64_t)out->size_bytes;
    const Documents__V1__ReadContentResponse *res;
    enum err err = documents_read_content_await(&reader, &req, &res);
    if (err == ERR_NOT_FOUND)
        err = fail_missing(call);
    else if (err != OK)
        err = call_fail(call, err, reader.fault.reason, "%s", reader.fault.message);
    else if (res->body == NULL || res->body->content.len == 0 ||
             (int64_t)(out->size_bytes + res->body->content.len) > upload->size_bytes)
        err = fail_missing(call);
    else
        buf_add(out, res->body->content.data, res->body->content.len);
    arena_free(&arena);
    return err;
}

enum err
upload_read_await(struct call *call, const Common__V1__Upload *upload, struct buf *out)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    if (upload->size_bytes > POLICY_PUBLICATION_BYTES_MAX)
        return call_fail(call, ERR_INVALID_ARGUMENT, "BODY_TOO_LARGE",
                         "a policy has at most %d bytes", POLICY_PUBLICATION_BYTES_MAX);
    while ((int64_t)out->size_bytes < upload->size_bytes) {
        enum err err = read_piece_await(call, upload, out);
        if (err != OK)
            return err;
    }
    crypto_hash_sha256(hash, (const unsigned char *)out->bytes, out->size_bytes);
    if (upload->sha256.len != sizeof hash || memcmp(hash, upload->sha256.data, sizeof hash) != 0)
        return fail_missing(call);
    return OK;
}
