/*
 * policy_decide_digest - SHA-256 of the question and all that was read
 *
 * Hashed are the bytes of the record as protobuf with nothing but what was told: anybody can make
 * the digest again from a record with any protobuf library. Here they are written from the end to
 * the start, so that the size of a message is known when its head is due, and no second walk over
 * it is needed; the hash is OpenSSL's, which uses what the processor has for it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <openssl/evp.h>
#include <string.h>

struct decide_hash {
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
    uint8_t *bytes; /* the message stands at the end of the room */
    size_t room_bytes;
    size_t start;
};

struct decide_hash *
decide_hash_new(void)
{
    struct decide_hash *hash = mem_alloc(sizeof *hash);
    hash->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    hash->context = EVP_MD_CTX_new();
    hash->room_bytes = hash->start = 4096;
    hash->bytes = mem_alloc(hash->room_bytes);
    CHECK(hash->algorithm != NULL && hash->context != NULL);
    return hash;
}

void
decide_hash_free(struct decide_hash *hash)
{
    EVP_MD_CTX_free(hash->context);
    EVP_MD_free(hash->algorithm);
    mem_free(hash->bytes);
    mem_free(hash);
}

/* ---- protobuf, from the end ---- */

enum { VARINT = 0, BYTES = 2 };

static void
grow(struct decide_hash *out, size_t more_bytes)
{
    size_t size_bytes = out->room_bytes - out->start;
    size_t room_bytes = out->room_bytes * 2;
    while (room_bytes - size_bytes < more_bytes)
        room_bytes *= 2;
    uint8_t *bytes = mem_alloc(room_bytes);
    memcpy(bytes + room_bytes - size_bytes, out->bytes + out->start, size_bytes);
    mem_free(out->bytes);
    out->bytes = bytes;
    out->room_bytes = room_bytes;
    out->start = room_bytes - size_bytes;
}

/* Where `size_bytes` and the head of a field before them go: 20 bytes are enough for any head. */
static inline void
reserve(struct decide_hash *out, size_t size_bytes)
{
    if (out->start < size_bytes + 20)
        grow(out, size_bytes + 20);
}

static inline void
put_varint(struct decide_hash *out, uint64_t number)
{
    if (number < 0x80) {
        out->bytes[--out->start] = (uint8_t)number;
        return;
    }
    size_t count = 1;
    for (uint64_t left = number >> 7; left != 0; left >>= 7)
        count++;
    uint8_t *at = out->bytes + (out->start -= count);
    for (; number >= 0x80; number >>= 7)
        *at++ = (uint8_t)(number | 0x80);
    *at = (uint8_t)number;
}

static inline void
put_key(struct decide_hash *out, unsigned field, unsigned wire)
{
    put_varint(out, field << 3 | wire);
}

/* The head of a field of so many bytes; both are mostly one byte. */
static inline void
put_size(struct decide_hash *out, unsigned field, size_t size_bytes)
{
    if (size_bytes < 0x80 && field < 16) {
        out->start -= 2;
        out->bytes[out->start] = (uint8_t)(field << 3 | BYTES);
        out->bytes[out->start + 1] = (uint8_t)size_bytes;
        return;
    }
    put_varint(out, size_bytes);
    put_key(out, field, BYTES);
}

static inline void
put_bytes(struct decide_hash *out, unsigned field, const void *bytes, size_t size_bytes)
{
    reserve(out, size_bytes);
    out->start -= size_bytes;
    memcpy(out->bytes + out->start, bytes, size_bytes);
    put_size(out, field, size_bytes);
}

/* Fields that are empty or zero are left out. */
static inline void
put_text(struct decide_hash *out, unsigned field, const char *text)
{
    if (text[0] != 0)
        put_bytes(out, field, text, strlen(text));
}

static void
put_texts(struct decide_hash *out, unsigned field, char **texts, size_t count)
{
    while (count-- > 0)
        put_bytes(out, field, texts[count], strlen(texts[count]));
}

static inline void
put_number(struct decide_hash *out, unsigned field, int64_t number)
{
    if (number == 0)
        return;
    reserve(out, 0);
    put_varint(out, (uint64_t)number);
    put_key(out, field, VARINT);
}

/* The head of a message: what was written since so many bytes stood there. */
static inline void
put_head(struct decide_hash *out, unsigned field, size_t size_before)
{
    reserve(out, 0);
    put_size(out, field, out->room_bytes - out->start - size_before);
}

static inline size_t
size_of(const struct decide_hash *out)
{
    return out->room_bytes - out->start;
}

/* ---- messages ---- */

static void
put_date(struct decide_hash *out, unsigned field, const Common__V1__Date *date)
{
    if (date == NULL)
        return;
    size_t before = size_of(out);
    put_number(out, 3, date->day);
    put_number(out, 2, date->month);
    put_number(out, 1, date->year);
    put_head(out, field, before);
}

static void
put_money(struct decide_hash *out, unsigned field, const Common__V1__Money *money)
{
    size_t before = size_of(out);
    put_text(out, 2, money->currency_code);
    put_number(out, 1, money->minor);
    put_head(out, field, before);
}

/* Values of facts: the one that is set is written, even if it is zero. */
static void
put_value(struct decide_hash *out, unsigned field, const Common__V1__Value *value)
{
    if (value == NULL)
        return;
    size_t before = size_of(out);
    switch (value->kind_case) {
    case COMMON__V1__VALUE__KIND_CODE:
    case COMMON__V1__VALUE__KIND_TIME:
    case COMMON__V1__VALUE__KIND_TEXT:
        put_bytes(out, value->kind_case, value->code, strlen(value->code));
        break;
    case COMMON__V1__VALUE__KIND_NUMBER:
    case COMMON__V1__VALUE__KIND_FLAG:
        reserve(out, 0);
        put_varint(out, value->kind_case == COMMON__V1__VALUE__KIND_FLAG
                            ? (uint64_t)(value->flag != 0)
                            : (uint64_t)value->number);
        put_key(out, value->kind_case, VARINT);
        break;
    case COMMON__V1__VALUE__KIND_DATE:
        put_date(out, value->kind_case, value->date);
        break;
    default:
        CHECK(value->kind_case == COMMON__V1__VALUE__KIND_MONEY);
        put_money(out, value->kind_case, value->money);
        break;
    }
    put_head(out, field, before);
}

static void
put_fact(struct decide_hash *out, unsigned field, const Common__V1__Fact *fact)
{
    size_t before = size_of(out);
    put_texts(out, 5, fact->evidence, fact->n_evidence);
    put_text(out, 4, fact->source);
    put_number(out, 3, fact->trust);
    put_value(out, 2, fact->value);
    put_text(out, 1, fact->name);
    put_head(out, field, before);
}

static void
put_detail(struct decide_hash *out, unsigned field, const Common__V1__UnitFact__Detail *detail)
{
    size_t before = size_of(out);
    put_texts(out, 2, detail->values, detail->n_values);
    put_text(out, 1, detail->name);
    put_head(out, field, before);
}

static void
put_unit_fact(struct decide_hash *out, unsigned field, const Common__V1__UnitFact *fact)
{
    size_t before = size_of(out);
    for (size_t i = fact->n_details; i-- > 0;)
        put_detail(out, 6, fact->details[i]);
    put_text(out, 5, fact->record_time);
    put_date(out, 4, fact->date);
    put_text(out, 3, fact->kind);
    put_text(out, 2, fact->serial);
    put_text(out, 1, fact->fact_id);
    put_head(out, field, before);
}

static void
put_pin(struct decide_hash *out, unsigned field, const Common__V1__Decision__Pin *pin)
{
    size_t before = size_of(out);
    put_number(out, 6, pin->is_before_first);
    put_texts(out, 5, pin->statutory_layers, pin->n_statutory_layers);
    put_bytes(out, 4, pin->policy_digest.data, pin->policy_digest.len);
    put_number(out, 3, pin->policy_version);
    put_date(out, 2, pin->date);
    put_text(out, 1, pin->moment);
    put_head(out, field, before);
}

/* The fields of a decision that were told, by their numbers. */
static void
put_input(struct decide_hash *out, const Common__V1__Decision *record)
{
    put_text(out, 22, record->serial);
    for (size_t i = record->n_unit_facts; i-- > 0;)
        put_unit_fact(out, 21, record->unit_facts[i]);
    put_number(out, 19, record->engine_version);
    for (size_t i = record->n_facts; i-- > 0;)
        put_fact(out, 7, record->facts[i]);
    for (size_t i = record->n_pins; i-- > 0;)
        put_pin(out, 6, record->pins[i]);
    put_text(out, 5, record->decide_time);
    put_date(out, 4, record->at_date);
    put_text(out, 2, record->question);
}

void
decide_write_digest(struct decide *d)
{
    struct decide_hash *hash = d->engine->hash;
    hash->start = hash->room_bytes;
    put_input(hash, d->record);
    uint8_t *digest = arena_alloc(d->arena, POLICY_DIGEST_BYTES);
    CHECK(EVP_DigestInit_ex2(hash->context, hash->algorithm, NULL) == 1 &&
          EVP_DigestUpdate(hash->context, hash->bytes + hash->start, size_of(hash)) == 1 &&
          EVP_DigestFinal_ex(hash->context, digest, NULL) == 1);
    d->record->input_digest.data = digest;
    d->record->input_digest.len = POLICY_DIGEST_BYTES;
}
