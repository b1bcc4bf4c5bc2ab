/*
 * upload_store - all SQL for uploads: pieces as they come, their end, and what is purged
 *
 * None of this is a unit of work with an event and a key: a piece is named by its upload and
 * number, and an upload by its document_id, so a repeat does nothing more.
 */
// SPDX-License-Identifier: Apache-2.0
#include "documents.h"

#include "common/clock.h"

/* $1 upload, $2 number, $3 bytes, $4 now. The first piece brings the upload's row; were it purged
 * between two, the end would find pieces missing. */
DB_STATEMENT(store_piece, "documents_store_piece",
             "WITH begun AS (INSERT INTO uploads (upload_id, create_time) VALUES ($1, $4)"
             " ON CONFLICT DO NOTHING)"
             " INSERT INTO pieces (upload_id, number, content) VALUES ($1, $2, $3)"
             " ON CONFLICT DO NOTHING");

/* $1 upload, $2 document, $3 purpose, $4 media type, $5 size, $6 pieces, $7 SHA-256, $8 now. No
 * piece may be missing, and all but the last are full: readers find theirs by that. Where the
 * document is known (a repeat of this call among it), the bytes are the same, and its own. */
DB_STATEMENT(
    finish_upload, "documents_finish_upload",
    "WITH known AS (SELECT 1 FROM uploads WHERE document_id = $2"
    " UNION ALL SELECT 1 FROM documents WHERE document_id = $2),"
    " stored AS (SELECT count(*) AS piece_count, sum(octet_length(content)) AS size,"
    " bool_and(number < $6 AND (number = $6 - 1 OR octet_length(content) = 131072)) AS is_even"
    " FROM pieces WHERE upload_id = $1),"
    " named AS (UPDATE uploads SET document_id = $2, purpose = $3, media_type = $4,"
    " size_bytes = $5, sha256 = $7, finish_time = $8 FROM stored"
    " WHERE upload_id = $1 AND uploads.document_id IS NULL AND stored.piece_count = $6"
    " AND stored.size = $5 AND stored.is_even AND NOT EXISTS (SELECT FROM known) RETURNING 1),"
    " spare AS (DELETE FROM uploads WHERE upload_id = $1 AND document_id IS NULL"
    " AND EXISTS (SELECT FROM known))"
    " SELECT (SELECT count(*) FROM named) + (SELECT count(*) FROM known)");

DB_STATEMENT(drop_upload, "documents_drop_upload",
             "DELETE FROM uploads WHERE upload_id = $1 AND document_id IS NULL");

/* $1 not whole, begun before; $2 whole, ended before; $3 how many. What a content lies in stays. */
DB_STATEMENT(purge_uploads, "documents_purge_uploads",
             "WITH old AS (SELECT upload_id FROM uploads"
             " WHERE NOT is_kept"
             " AND CASE WHEN finish_time IS NULL THEN create_time < $1 ELSE finish_time < $2 END"
             " ORDER BY create_time LIMIT $3),"
             " gone AS (DELETE FROM uploads USING old WHERE uploads.upload_id = old.upload_id"
             " AND NOT is_kept RETURNING 1)"
             " SELECT count(*) FROM gone");

static const char *
order_key(struct call *call, const struct uuid *upload_id)
{
    char *text = arena_alloc(call->arena, UUID_TEXT_SIZE);
    uuid_print(upload_id, text);
    return text;
}

enum err
upload_store_piece_await(struct call *call, const struct uuid *upload_id, int32_t number,
                         const void *bytes, size_t size_bytes)
{
    const struct db_param params[] = {db_uuid(upload_id), db_int4(number),
                                      db_bytea(bytes, size_bytes), db_time(clock_now_us())};
    const struct db_rows *rows;
    return db_write_await(svc_db(call->svc), call, &store_piece, params, COUNT_OF(params),
                          order_key(call, upload_id), &rows);
}

enum err
upload_finish_await(struct call *call, const struct upload *upload, bool *ret_is_whole)
{
    const struct db_param params[] = {
        db_uuid(&upload->upload_id),
        db_uuid(&upload->document_id),
        db_text(upload->purpose),
        db_text(upload->media_type),
        db_int8(upload->size_bytes),
        db_int4(upload->piece_count),
        db_bytea(upload->sha256, SHA256_BYTES),
        db_time(clock_now_us()),
    };
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(call->svc), call, &finish_upload, params, COUNT_OF(params),
                                  order_key(call, &upload->upload_id), &rows);
    if (err == OK)
        *ret_is_whole = db_get_int8(rows, 0, 0) > 0;
    return err;
}

enum err
upload_drop_await(struct call *call, const struct uuid *upload_id)
{
    const struct db_param params[] = {db_uuid(upload_id)};
    const struct db_rows *rows;
    return db_write_await(svc_db(call->svc), call, &drop_upload, params, COUNT_OF(params),
                          order_key(call, upload_id), &rows);
}

enum err
upload_purge_await(struct call *call, int64_t timeout_ms, int64_t retention_ms, unsigned count_max,
                   unsigned *ret_count)
{
    int64_t now_us = clock_now_us();
    const struct db_param params[] = {db_time(now_us - timeout_ms * 1000),
                                      db_time(now_us - retention_ms * 1000), db_int8(count_max)};
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(call->svc), call, &purge_uploads, params, COUNT_OF(params),
                                  "purge", &rows);
    if (err == OK)
        *ret_count = (unsigned)db_get_int8(rows, 0, 0);
    return err;
}
