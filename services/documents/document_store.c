/*
 * document_store - all SQL for documents and their content
 */
// SPDX-License-Identifier: Apache-2.0
#include "documents.h"

DB_STATEMENT(read_document, "documents_read_document",
             "SELECT document_id, documents.media_type, contents.size_bytes, documents.sha256,"
             " file_name, owner_id, documents.create_time"
             " FROM documents JOIN contents USING (sha256) WHERE document_id = $1");

/* $1 document, $2 piece. Of a document where there is one, else of the bare upload. */
DB_STATEMENT(
    read_content, "documents_read_content",
    "WITH found AS ("
    "SELECT 1 AS rank, contents.upload_id, documents.media_type, size_bytes, sha256, owner_id,"
    " file_name FROM documents JOIN contents USING (sha256) WHERE document_id = $1"
    " UNION ALL SELECT 2, upload_id, media_type, size_bytes, sha256, NULL, NULL FROM uploads"
    " WHERE document_id = $1 ORDER BY rank LIMIT 1)"
    " SELECT media_type, size_bytes, sha256, owner_id, file_name, content"
    " FROM found LEFT JOIN pieces ON pieces.upload_id = found.upload_id AND number = $2");

/* $14 document, $15 SHA-256, $16 media type, $17 file name, $18 owner. The first upload of a
 * content stays as what it lies in; the pieces of a further one are dropped. */
DB_STATEMENT(
    create_document, "documents_create_document",
    "WITH locked AS (SELECT upload_id, size_bytes FROM uploads WHERE document_id = $14"
    " AND NOT EXISTS (SELECT FROM documents WHERE document_id = $14) FOR UPDATE), " CHANGE_KEYED
    ", content AS (INSERT INTO contents (sha256, upload_id, size_bytes)"
    " SELECT $15, upload_id, size_bytes FROM locked, keyed ON CONFLICT (sha256) DO NOTHING"
    " RETURNING upload_id),"
    " kept AS (UPDATE uploads SET is_kept = true FROM content"
    " WHERE uploads.upload_id = content.upload_id),"
    " spare AS (DELETE FROM uploads USING keyed WHERE document_id = $14"
    " AND NOT EXISTS (SELECT FROM content)),"
    " changed AS (INSERT INTO documents (document_id, sha256, media_type, file_name,"
    " owner_id, create_time) SELECT $14, $15, $16, $17, $18, $5 FROM keyed"
    " RETURNING 1::bigint AS version), " CHANGE_SAID CHANGE_COUNTS);

static const uint8_t *
get_sha256(const struct db_rows *rows, size_t column)
{
    size_t size_bytes;
    const uint8_t *sha256 = db_get_bytea(rows, 0, column, &size_bytes);
    CHECK(size_bytes == SHA256_BYTES);
    return sha256;
}

enum err
document_read_await(struct call *call, const struct uuid *document_id,
                    struct document *ret_document)
{
    const struct db_param params[] = {db_uuid(document_id)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_document, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    *ret_document = (struct document){
        .document_id = db_get_uuid(rows, 0, 0),
        .media_type = db_get_text(rows, 0, 1),
        .size_bytes = db_get_int8(rows, 0, 2),
        .sha256 = get_sha256(rows, 3),
        .file_name = db_get_text(rows, 0, 4),
        .owner_id = db_get_text(rows, 0, 5),
        .create_time_us = db_get_time(rows, 0, 6),
    };
    return OK;
}

enum err
content_read_await(struct call *call, const struct uuid *document_id, int64_t offset_bytes,
                   struct content *ret_content)
{
    int64_t number = offset_bytes / PIECE_BYTES;
    const struct db_param params[] = {db_uuid(document_id),
                                      db_int4(number > INT32_MAX ? INT32_MAX : (int32_t)number)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_content, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    size_t count_bytes, skip_bytes = (size_t)(offset_bytes % PIECE_BYTES);
    const uint8_t *bytes = db_get_bytea(rows, 0, 5, &count_bytes);
    if (skip_bytes > count_bytes)
        skip_bytes = count_bytes;
    *ret_content = (struct content){
        .media_type = db_get_text(rows, 0, 0),
        .size_bytes = db_get_int8(rows, 0, 1),
        .sha256 = get_sha256(rows, 2),
        .owner_id = db_get_text(rows, 0, 3),
        .file_name = db_get_text(rows, 0, 4),
        .bytes = bytes + skip_bytes,
        .count_bytes = count_bytes - skip_bytes,
    };
    return OK;
}

enum err
document_create_await(struct call *call, const struct document *document,
                      const ProtobufCMessage *event, const ProtobufCMessage *response)
{
    const struct db_param params[] = {
        db_uuid(&document->document_id), db_bytea(document->sha256, SHA256_BYTES),
        db_text(document->media_type),   db_text_or_null(document->file_name),
        db_text(document->owner_id),
    };
    char document_id[UUID_TEXT_SIZE];
    uuid_print(&document->document_id, document_id);
    const struct change change = {
        .stmt = &create_document,
        .is_creation = true,
        .time_us = document->create_time_us,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = document_id,
        .owner_id = document->owner_id,
        .unit_serial = "",
        .event_contract = &documents_v1_document_uploaded_contract,
        .event = event,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}
