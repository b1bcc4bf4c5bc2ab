/*
 * warranty - what the parts of aftercare-warranty share
 *
 * Rows as plain structs: the store fills them, the rules and handlers read them, `..._to_message`
 * makes the answer of them. Texts live in the call's arena.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/change.h"
#include "common/page.h"
#include "common/svc.h"
#include "warranty/v1/warranty.contract.h"
#include "warranty/v1/warranty.dispatch.h"

#include "terms.h"

struct warranty_config {
    const char *policy_file;
};

extern struct warranty_config warranty_config;

/* Reads the policy file; exits with a message naming file and line if it cannot. */
void warranty_init(void);
void warranty_deinit(void);

/* The terms in force, and today in the policy's time zone. */
const struct terms *warranty_terms(void);
struct date warranty_today(void);

/* ---- products ---- */

struct product {
    const char *sku;
    const char *name;
    const char *category;
    const char *brand;
    struct date discontinue_date;
    int64_t create_time_us;
    int64_t version;
};

Warranty__V1__Product *product_to_message(struct arena *arena, const struct product *product);

enum err product_read_await(struct call *call, const char *sku,
                            struct product *ret_product) MUST_CHECK;
/* A page of `size` after `after_sku`, by SKU; `category` "" for all. */
enum err product_list_await(struct call *call, const char *category, const char *after_sku,
                            int32_t size, struct page *ret_page) MUST_CHECK;
/* Both store `response` with the key and say `event` (change_commit_await's errors). */
enum err product_create_await(struct call *call, const struct product *product,
                              const ProtobufCMessage *event,
                              const ProtobufCMessage *response) MUST_CHECK;
enum err product_update_await(struct call *call, const struct product *product,
                              const ProtobufCMessage *event,
                              const ProtobufCMessage *response) MUST_CHECK;

/* ---- units ---- */

struct unit {
    const char *serial;
    const char *sku;
    const char *category; /* of its product */
    struct date purchase_date;
    struct date delivery_date;
    const char *owner_id; /* "" while it is nobody's */
    const char *order_number;
    int64_t create_time_us;
    int64_t version;
};

Warranty__V1__Unit *unit_to_message(struct arena *arena, const struct unit *unit);

/* Reads a unit that the caller may see; otherwise refuses with NOT_FOUND, UNIT_MISSING. */
enum err unit_get_await(struct call *call, const char *serial, struct unit *ret_unit) MUST_CHECK;

enum err unit_read_await(struct call *call, const char *serial, struct unit *ret_unit) MUST_CHECK;
/* `sku` "" and `owner_id` NULL for all. */
enum err unit_list_await(struct call *call, const char *sku, const char *owner_id,
                         const char *after_serial, int32_t size, struct page *ret_page) MUST_CHECK;
enum err unit_create_await(struct call *call, const struct unit *unit,
                           const ProtobufCMessage *event,
                           const ProtobufCMessage *response) MUST_CHECK;

/* ---- claims ---- */

struct claim {
    struct uuid claim_id;
    const char *serial;
    int state; /* Warranty__V1__Claim__State */
    const char *cause;
    const char *description;
    const char *contact_name;
    const char *contact_email;
    const char *contact_phone;
    struct date report_date;
    int outcome; /* Warranty__V1__Coverage__Outcome */
    struct date last_date;
    const char *clause_id;
    const char *owner_id;
    int64_t create_time_us;
    int64_t version;
};

Warranty__V1__Claim *claim_to_message(struct arena *arena, const struct claim *claim);

/* What a claim list is narrowed by; "" and 0 and NULL for all. */
struct claim_filter {
    const char *serial;
    int state;
    const char *owner_id;
    int64_t before_time_us; /* with before_id: only older ones than this row */
    struct uuid before_id;
};

enum err claim_read_await(struct call *call, const struct uuid *claim_id,
                          struct claim *ret_claim) MUST_CHECK;
enum err claim_list_await(struct call *call, const struct claim_filter *filter, int32_t size,
                          struct page *ret_page) MUST_CHECK;
enum err claim_create_await(struct call *call, const struct claim *claim,
                            const ProtobufCMessage *event,
                            const ProtobufCMessage *response) MUST_CHECK;
enum err claim_move_await(struct call *call, const struct claim *claim,
                          const ProtobufCMessage *event,
                          const struct contract_message *event_contract,
                          const ProtobufCMessage *response) MUST_CHECK;
