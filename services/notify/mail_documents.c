/*
 * mail_documents - the pieces, their end, and the document made of them: as the gateway does it
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_documents.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/message.h"
#include "common/principal.h"
#include "contract_all.h"
#include "documents/v1/documents.client.h"
#include "mail_rules.h"

enum { PIECE_BYTES = 128 * 1024 };

struct carry {
    struct call *call;
    const char *key;
    const struct mail_attachment *attachment;
    const char *upload_id;
    const char *document_id;
    char *media_type;
    uint8_t sha256[crypto_hash_sha256_BYTES];
};

/* ---- what is taken ---- */

static const struct contract_route *
find_route(void)
{
    for (size_t i = 0; i < contract_all_routes_count; i++) {
        if (contract_all_routes[i].method == &documents_v1_create_document_method)
            return &contract_all_routes[i];
    }
    CHECK(false);
    return NULL;
}

static bool
is_listed(const char *const *types, const char *type)
{
    for (; *types != NULL; types++) {
        if (strcmp(*types, type) == 0)
            return true;
    }
    return false;
}

static const char *
refuse(const struct mail_attachment *attachment, const char *media_type)
{
    const struct contract_route *route = find_route();
    if (!is_listed(route->consumes, media_type))
        return "TYPE_REFUSED";
    if ((int64_t)attachment->size_bytes > route->body_bytes_max)
        return "TOO_LARGE";
    return attachment->size_bytes == 0 ? "EMPTY" : "";
}

/* ---- identities ---- */

/* A UUID of our own making (RFC 9562, 5.8): the same at each try. */
static struct uuid
make_id(const char *purpose, const char *key, size_t number)
{
    struct buf text = {0};
    uint8_t mac[PRINCIPAL_MAC_SIZE];
    buf_printf(&text, "%s %zu", key, number);
    principal_mac(purpose, text.bytes, text.size_bytes, mac);
    buf_free(&text);
    struct uuid id;
    memcpy(id.bytes, mac, sizeof id.bytes);
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x80);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

/* ---- the way there ---- */

/* With an arena and a key of its own. */
static enum err
store_piece_await(const struct carry *carry, int32_t number)
{
    const struct mail_attachment *file = carry->attachment;
    Documents__V1__StorePieceRequest req = DOCUMENTS__V1__STORE_PIECE_REQUEST__INIT;
    const Documents__V1__StorePieceResponse *res;
    size_t at = (size_t)number * PIECE_BYTES, left_bytes = file->size_bytes - at;
    struct call part = *carry->call;
    part.arena = arena_new(ARENA_BUDGET_BYTES);
    part.asked = NULL;
    snprintf(part.key, sizeof part.key, "%s/%s/%d", carry->key, carry->document_id, number);
    req.upload_id = (char *)carry->upload_id;
    req.number = number;
    req.content.data = (uint8_t *)file->bytes + at;
    req.content.len = left_bytes < PIECE_BYTES ? left_bytes : PIECE_BYTES;
    enum err err = documents_store_piece_await(&part, &req, &res);
    carry->call->fault = part.fault;
    arena_free(&part.arena);
    return err;
}

static enum err
finish_await(const struct carry *carry, int32_t piece_count)
{
    Documents__V1__FinishUploadRequest req = DOCUMENTS__V1__FINISH_UPLOAD_REQUEST__INIT;
    const Documents__V1__FinishUploadResponse *res;
    req.upload_id = (char *)carry->upload_id;
    req.document_id = (char *)carry->document_id;
    req.purpose = (char *)documents_v1_create_document_method.name;
    req.media_type = carry->media_type;
    req.size_bytes = (int64_t)carry->attachment->size_bytes;
    req.piece_count = piece_count;
    req.sha256.data = (uint8_t *)carry->sha256;
    req.sha256.len = sizeof carry->sha256;
    return documents_finish_upload_await(carry->call, &req, &res);
}

static enum err
create_await(const struct carry *carry)
{
    Common__V1__Upload upload = COMMON__V1__UPLOAD__INIT;
    Documents__V1__CreateDocumentRequest req = DOCUMENTS__V1__CREATE_DOCUMENT_REQUEST__INIT;
    const Documents__V1__CreateDocumentResponse *res;
    upload.document_id = (char *)carry->document_id;
    upload.media_type = carry->media_type;
    upload.size_bytes = (int64_t)carry->attachment->size_bytes;
    upload.sha256.data = (uint8_t *)carry->sha256;
    upload.sha256.len = sizeof carry->sha256;
    upload.file_name = carry->attachment->name;
    req.upload = &upload;
    return documents_create_document_await(carry->call, &req, &res);
}

static enum err
carry_await(const struct carry *carry)
{
    enum err err = OK;
    int32_t count = (int32_t)((carry->attachment->size_bytes + PIECE_BYTES - 1) / PIECE_BYTES);
    for (int32_t i = 0; err == OK && i < count; i++)
        err = store_piece_await(carry, i);
    if (err == OK)
        err = finish_await(carry, count);
    return err == OK ? create_await(carry) : err;
}

enum err
mail_document_keep_await(struct call *call, const char *key, size_t number,
                         const struct mail_attachment *attachment,
                         struct mail_document *ret_document)
{
    struct uuid upload_id = make_id("mail upload", key, number);
    struct mail_document document = {.document_id = make_id("mail document", key, number)};
    struct call part = *call;
    struct carry carry = {
        .call = &part,
        .key = key,
        .attachment = attachment,
        .upload_id = message_uuid(call->arena, &upload_id),
        .document_id = message_uuid(call->arena, &document.document_id),
        .media_type = arena_copy_text(call->arena, mail_document_type(attachment)),
    };
    document.media_type = carry.media_type;
    document.reason = refuse(attachment, carry.media_type);
    if (document.reason[0] != 0) {
        *ret_document = document;
        return OK;
    }
    part.asked = NULL;
    snprintf(part.key, sizeof part.key, "%s/%s", key, carry.document_id);
    crypto_hash_sha256(carry.sha256, attachment->bytes, attachment->size_bytes);
    enum err err = carry_await(&carry);
    call->fault = part.fault;
    if (err == ERR_INVALID_ARGUMENT) { /* it is not what it says it is */
        document.reason = "TYPE_REFUSED";
        err = OK;
    }
    if (err == OK)
        *ret_document = document;
    return err;
}
