/*
 * documents - what the parts of aftercare-documents share
 *
 * Bytes come as an upload: pieces under an upload_id, which is made for one stream of bytes, and at
 * its end a document_id, by which they can be read. Who called for them reads them soon; after a
 * time they are purged. A document stays: it names a content, which is known by its SHA-256, is
 * kept once, and lies in the pieces of the upload that brought it first.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/change.h"
#include "common/svc.h"
#include "documents/v1/documents.contract.h"

enum { PIECE_BYTES = 128 * 1024, SHA256_BYTES = 32 };

struct documents_config {
    int64_t purge_interval_ms;
    int64_t upload_retention_ms; /* of what was uploaded whole and did not become a document */
    int64_t upload_timeout_ms;   /* of what was not uploaded whole */
};

/* ---- uploads ---- */

struct upload {
    struct uuid upload_id;
    struct uuid document_id;
    const char *purpose;
    const char *media_type;
    int64_t size_bytes;
    int32_t piece_count;
    const uint8_t *sha256;
};

/* Stores a piece; one that is there already stays. */
enum err upload_store_piece_await(struct call *call, const struct uuid *upload_id, int32_t number,
                                  const void *bytes, size_t size_bytes) MUST_CHECK;

/* Gives it its document_id, unless that has its bytes already: then these are dropped.
 * `ret_is_whole` false: pieces are missing, or have another size in all. */
enum err upload_finish_await(struct call *call, const struct upload *upload,
                             bool *ret_is_whole) MUST_CHECK;

enum err upload_drop_await(struct call *call, const struct uuid *upload_id) MUST_CHECK;

/* Drops some uploads that nothing needs any more: at most `count_max`; answers how many. */
enum err upload_purge_await(struct call *call, int64_t timeout_ms, int64_t retention_ms,
                            unsigned count_max, unsigned *ret_count) MUST_CHECK;

/* ---- content ---- */

/* A piece of an upload or a document. */
struct content {
    const char *media_type;
    int64_t size_bytes; /* of the whole */
    const uint8_t *sha256;
    const void *bytes; /* from the offset asked for to the end of its piece */
    size_t count_bytes;
    const char *owner_id;  /* of the document; "" for a bare upload */
    const char *file_name; /* as owner_id */
};

/* ERR_NOT_FOUND: there is no such upload or document. An offset at or beyond the end: no bytes. */
enum err content_read_await(struct call *call, const struct uuid *document_id, int64_t offset_bytes,
                            struct content *ret_content) MUST_CHECK;

/* As a piece of an answer, in the arena; the bytes are borrowed. */
Common__V1__Body *content_to_message(struct arena *arena, const struct content *content);

/* ---- documents ---- */

struct document {
    struct uuid document_id;
    const char *media_type;
    int64_t size_bytes;
    const uint8_t *sha256;
    const char *file_name; /* "" if none */
    const char *owner_id;
    int64_t create_time_us;
};

enum err document_read_await(struct call *call, const struct uuid *document_id,
                             struct document *ret_document) MUST_CHECK;

/* Makes a document of its upload (change_commit_await's errors). */
enum err document_create_await(struct call *call, const struct document *document,
                               const ProtobufCMessage *event,
                               const ProtobufCMessage *response) MUST_CHECK;

/* ---- rules: what bytes are (documents_rules.c) ---- */

/* The media type that a content begins like; NULL: none of those that are kept. A text has no
 * beginning of its own: text_reader decides. */
const char *media_type_of(const uint8_t *bytes, size_t size_bytes);

/* Reads a text piece by piece: UTF-8 without control characters but tab, line feed, carriage return
 * and form feed. Zeroed at its start. */
struct text_reader {
    uint8_t rest[4]; /* a character that a piece's end has cut */
    size_t rest_size_bytes;
};

/* False: it is no text. */
bool text_reader_take(struct text_reader *reader, const uint8_t *bytes, size_t size_bytes);
/* Whether it may end here. */
bool text_reader_is_whole(const struct text_reader *reader);

/* ---- purge (documents_purge.c) ---- */

/* From svc_serve to svc_run's end. */
void purge_start(struct svc *svc, const struct documents_config *config);
void purge_stop(void);
