/*
 * import_file - the bytes of a file, piece by piece, as the daemon itself
 *
 * Each piece has an arena of its own, so that what is held is what is not read yet, and one piece.
 */
// SPDX-License-Identifier: Apache-2.0
#include "import.h"

#include <string.h>

#include "common/buf.h"
#include "common/message.h"
#include "documents/v1/documents.client.h"

enum { PIECE_BUDGET_BYTES = 2 * 1024 * 1024 };

void
import_file_seek(struct import_file *file, int64_t offset_bytes)
{
    int64_t skip_bytes = offset_bytes - file->offset_bytes;
    file->offset_bytes = offset_bytes;
    if (skip_bytes < 0 || skip_bytes >= (int64_t)file->bytes.size_bytes) {
        buf_clear(&file->bytes);
        return;
    }
    file->bytes.size_bytes -= (size_t)skip_bytes;
    memmove(file->bytes.bytes, file->bytes.bytes + skip_bytes, file->bytes.size_bytes);
}

bool
import_file_is_whole(const struct import_file *file, const struct import *import)
{
    return file->offset_bytes + (int64_t)file->bytes.size_bytes >= import->size_bytes;
}

enum err
import_file_read_await(struct call *call, const struct import *import, struct import_file *file)
{
    struct arena *arena = arena_new(PIECE_BUDGET_BYTES);
    struct call reader;
    svc_system_call(call->svc, &reader, arena, "", call_left_ms(call));
    memcpy(reader.traceparent, call->traceparent, sizeof reader.traceparent);
    Documents__V1__ReadContentRequest req = DOCUMENTS__V1__READ_CONTENT_REQUEST__INIT;
    req.document_id = message_uuid(arena, &import->document_id);
    req.body_offset = file->offset_bytes + (int64_t)file->bytes.size_bytes;
    const Documents__V1__ReadContentResponse *res;
    enum err err = documents_read_content_await(&reader, &req, &res);
    if (err != OK)
        err = call_fail(call, err, reader.fault.reason, "%s", reader.fault.message);
    else if (res->body == NULL || res->body->content.len == 0 ||
             res->body->size_bytes != import->size_bytes ||
             req.body_offset + (int64_t)res->body->content.len > import->size_bytes)
        err = call_fail(call, ERR_NOT_FOUND, "UPLOAD_MISSING", "the file is not what was sent");
    else
        buf_add(&file->bytes, res->body->content.data, res->body->content.len);
    arena_free(&arena);
    return err;
}

void
import_file_free(struct import_file *file)
{
    buf_free(&file->bytes);
}
