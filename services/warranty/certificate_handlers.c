/*
 * certificate_handlers - the warranty certificate, as bytes
 *
 * The page is made anew for each piece that is asked for: it is small, and one day's page of one
 * unit is always the same, which its digest says.
 */
// SPDX-License-Identifier: Apache-2.0
#include "certificate_rules.h"

#include <sodium.h>

#include "common/buf.h"
#include "common/clock.h"
#include "coverage_rules.h"

enum { PIECE_BYTES_MAX = 131072, ETAG_BYTES = 16 };

static Common__V1__Body *
make_body(struct arena *arena, const struct buf *page, int64_t offset_bytes)
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)page->bytes, page->size_bytes);
    char *etag = arena_alloc(arena, 2 * ETAG_BYTES + 1);
    sodium_bin2hex(etag, 2 * ETAG_BYTES + 1, digest, ETAG_BYTES);
    size_t at = page->size_bytes;
    if (offset_bytes >= 0 && (uint64_t)offset_bytes < page->size_bytes)
        at = (size_t)offset_bytes;
    size_t count = page->size_bytes - at;
    Common__V1__Body *body = arena_alloc(arena, sizeof *body);
    common__v1__body__init(body);
    body->media_type = (char *)"text/html; charset=utf-8";
    body->content.len = count < PIECE_BYTES_MAX ? count : PIECE_BYTES_MAX;
    body->content.data = arena_copy(arena, page->bytes + at, body->content.len);
    body->size_bytes = (int64_t)page->size_bytes;
    body->etag = etag;
    return body;
}

enum err
warranty_get_certificate(struct call *call, const Warranty__V1__GetCertificateRequest *req,
                         Warranty__V1__GetCertificateResponse *res)
{
    struct unit unit;
    struct product product;
    struct ledger family;
    Common__V1__Decision *decision;
    struct certificate certificate = {.unit = &unit, .product = &product};
    enum err err = unit_get_await(call, req->serial, &unit);
    if (err == OK)
        err = product_read_await(call, unit.sku, &product);
    if (err == OK)
        err = warranty_policy(call, &certificate.policy);
    if (err != OK)
        return err;
    certificate.date = warranty_today(certificate.policy, unit.region);
    err = ledger_read_await(call, &unit.serial, 1, &family);
    if (err == OK)
        err = coverage_decide(call, &unit, &family, certificate.date, clock_now_us(), &decision);
    if (err != OK)
        return err;
    certificate.decision = decision;
    if (req->language[0] != 0)
        certificate.language = policy_find_language(certificate.policy, req->language);
    struct buf page = {0};
    certificate_print(call->arena, &certificate, &page);
    res->body = make_body(call->arena, &page, req->body_offset);
    res->owner_id = (char *)unit.owner_id;
    buf_free(&page);
    return OK;
}
