/*
 * warranty - what the parts of aftercare-warranty share: the policy in force, products, units,
 * coverage
 *
 * Rows as plain structs: the store fills them, the rules and handlers read them, `..._to_message`
 * makes the answer of them. Texts live in the call's arena. What a unit's ledger is made of stands
 * in fact.h, claims in claim.h, recalls in recall.h.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/change.h"
#include "common/entitlement/entitlement.h"
#include "common/money.h"
#include "common/page.h"
#include "common/policy/policy_decide.h"
#include "common/svc.h"
#include "warranty/v1/warranty.contract.h"
#include "warranty/v1/warranty.dispatch.h"

/* ---- the policy (warranty.c) ---- */

/* Begins to fetch the versions of the policy and to keep them; the daemon is not ready before there
 * is one. Between svc_serve and svc_run. */
void warranty_init(struct svc *svc);
void warranty_deinit(void);

/* The version in force today, for looking codes and zones up. Valid as long as the call.
 * ERR_UNAVAILABLE, POLICY_NONE: none was fetched yet. */
enum err warranty_policy(struct call *call, const struct policy **ret_policy) MUST_CHECK;

/* All versions that count. Valid for as long as the call. ERR_UNAVAILABLE as above. */
enum err warranty_policies(struct call *call, const struct policy_set **ret_set) MUST_CHECK;

/* Today where a unit was sold: in the zone of the region, or of the policy for "". */
struct date warranty_today(const struct policy *policy, const char *region);

/* Decides by the versions that are there. The record lives as long as the call, and borrows from
 * the case. Errors as policy_decide, and as warranty_policy; the call's fault says which. */
enum err warranty_decide(struct call *call, const struct policy_case *question,
                         Common__V1__Decision **ret_decision) MUST_CHECK;

/* Writes the sentences of a claim's decision that a person made, in the words of the version that
 * is in force; see policy_write_sentences. Errors as warranty_policy. */
enum err warranty_write_sentences(struct call *call, Common__V1__Decision *record) MUST_CHECK;

/* The last day on which anything covers a unit, from a warranty.coverage case: see
 * policy_last_cover. Errors as warranty_decide. */
enum err warranty_last_cover(struct call *call, const struct policy_case *question,
                             struct date *ret_date) MUST_CHECK;

/* Refuses a code that the policy does not have in a list or on an axis ("region"), with the nearest
 * that it has: CODE_UNKNOWN. The empty code passes. */
enum err warranty_check_code(struct call *call, const struct policy *policy, const char *field,
                             const char *list, const char *code) MUST_CHECK;

/* Refuses a category or a component of products that no version of the policy has, past or to come:
 * units could neither be registered nor decided on. CODE_UNKNOWN, with the field and the nearest
 * code. Products stay longer than versions, so one that the version in force has no more passes.
 * Errors as warranty_policies. */
enum err warranty_check_product(struct call *call, const char *category, char *const *components,
                                size_t component_count) MUST_CHECK;

/* Refuses a field that a customer may not set: PERMISSION_DENIED, FIELD_NOT_YOURS. */
enum err warranty_fail_not_yours(struct call *call, const char *field) MUST_CHECK;

/* ---- products ---- */

struct product {
    const char *sku;
    const char *name;
    const char *category;
    const char *brand;
    const char *const *components;
    size_t component_count;
    int waterproof; /* Warranty__V1__Product__Trait */
    struct date discontinue_date;
    int64_t create_time_us;
    int64_t version;
};

Warranty__V1__Product *product_to_message(struct arena *arena, const struct product *product);

/* What a row says of the trait: yes, no, or nothing. */
int product_waterproof(const struct db_rows *rows, size_t row, size_t column);

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

/* An open recall that reaches a unit. */
struct unit_recall {
    const char *recall_id;
    const char *title;
    const char *instruction;
};

/* What was sold, and what its facts say now: days, links and last_cover_date follow from the ledger
 * and are written with every fact (fact.h). */
struct unit {
    const char *serial;
    const char *sku;
    const char *owner_id; /* "" while it is nobody's */
    const char *order_number;
    const char *region; /* these four: codes of the policy, "" where not known */
    const char *channel;
    const char *customer_class;
    const char *condition;
    bool is_stated;          /* the four are a customer's own word */
    bool is_purchase_stated; /* so is the day of purchase */
    struct money price_paid; /* no currency code: not known */
    struct date days[ENTITLEMENT_EVENT_COUNT];
    const char *replaces_serial;    /* "" if it replaced none */
    const char *replaced_by_serial; /* "" if none replaced it */
    struct date last_cover_date;
    int32_t claim_count; /* claims accepted for it; guards limits, see claim.h */
    int64_t create_time_us;
    int64_t version;
    /* Of its product. */
    const char *category;
    int waterproof; /* Warranty__V1__Product__Trait */
    struct date discontinue_date;
    /* Filled by reading, not written with the unit. */
    const struct unit_recall *recalls;
    size_t recall_count;
};

Warranty__V1__Unit *unit_to_message(struct arena *arena, const struct unit *unit);

/* Reads a unit that the caller may see; otherwise refuses with NOT_FOUND, UNIT_MISSING. */
enum err unit_get_await(struct call *call, const char *serial, struct unit *ret_unit) MUST_CHECK;
/* That refusal; and whether a unit that was read deserves it. */
enum err unit_show(struct call *call, const struct unit *unit) MUST_CHECK;
enum err unit_fail_missing(struct call *call, const char *serial) MUST_CHECK;

enum err unit_read_await(struct call *call, const char *serial, struct unit *ret_unit) MUST_CHECK;

/* Those of these units that are there, in any order. None is OK. */
enum err unit_read_many_await(struct call *call, const char *const *serials, size_t serial_count,
                              struct unit **ret_units, size_t *ret_count) MUST_CHECK;

/* What a list of units is narrowed by; "" and NULL and the absent date for all. */
struct unit_filter {
    const char *sku;
    const char *order_number;
    const char *serial_part;
    const char *owner_id;
    struct date cover_from; /* of expiring units: last_cover_date in [from, before) */
    struct date cover_before;
};

/* By serial number, after `after_serial`. */
enum err unit_list_await(struct call *call, const struct unit_filter *filter,
                         const char *after_serial, int32_t size, struct page *ret_page) MUST_CHECK;
/* By last_cover_date and serial number, after both (an absent date: from the start). */
enum err unit_list_expiring_await(struct call *call, const struct unit_filter *filter,
                                  struct date after_date, const char *after_serial, int32_t size,
                                  struct page *ret_page) MUST_CHECK;

/* Stores a new unit with its first facts. ERR_FAILED_PRECONDITION: no such product. */
enum err unit_create_await(struct call *call, const struct unit *unit,
                           Warranty__V1__UnitFact *const *facts, size_t fact_count,
                           const ProtobufCMessage *event,
                           const ProtobufCMessage *response) MUST_CHECK;

/*
 * Pieces for statements that change units which were read. `param` is the number of a parameter
 * made by unit_param.
 *
 *   UNITS_WANTED   a step "wanted": the units as they are to be, in the order of the array
 *   UNITS_LOCKED   one row if each of them is still at the version that was read, and locks it
 *   UNITS_UPDATED  writes those of them that change and satisfy `which`, as "w.place > 1"; `from`
 *                  is the step that must have answered a row
 *   UNITS_CREATED  inserts those that are new
 *
 * Fields are found by unnest: of that PostgreSQL expects few rows whatever the array holds, of a
 * series a thousand.
 */
#define UNITS_WANTED(param)                                                                        \
    "wanted AS (SELECT (i + 21) / 22 AS place, a[i] AS serial, a[i + 1]::bigint AS version,"       \
    " nullif(a[i + 2], '') AS owner_id, nullif(a[i + 3], '') AS replaces_serial,"                  \
    " nullif(a[i + 4], '') AS replaced_by_serial, nullif(a[i + 5], '')::date AS last_cover_date,"  \
    " nullif(a[i + 6], '')::date AS order_date, nullif(a[i + 7], '')::date AS purchase_date,"      \
    " nullif(a[i + 8], '')::date AS delivery_date, nullif(a[i + 9], '')::date AS install_date,"    \
    " nullif(a[i + 10], '')::date AS register_date,"                                               \
    " nullif(a[i + 11], '')::date AS manufacture_date, a[i + 12] AS hold, a[i + 13] AS sku,"       \
    " nullif(a[i + 14], '') AS order_number, nullif(a[i + 15], '') AS region,"                     \
    " nullif(a[i + 16], '') AS channel, nullif(a[i + 17], '') AS customer_class,"                  \
    " nullif(a[i + 18], '') AS condition, nullif(a[i + 19], '')::bigint AS price_minor,"           \
    " nullif(a[i + 20], '') AS price_currency, a[i + 21]::boolean AS is_purchase_stated"           \
    " FROM (SELECT " param "::text[] AS a) told, unnest(a) WITH ORDINALITY AS field (text, i)"     \
    " WHERE i % 22 = 1)"
#define UNITS_LOCKED                                                                               \
    "(SELECT 1 FROM (SELECT u.serial FROM units u JOIN wanted w ON w.serial = u.serial"            \
    " AND w.version - (w.hold = 'changed')::integer = u.version WHERE w.hold <> 'new'"             \
    " AND u.serial = ANY (ARRAY (SELECT serial FROM wanted))" /* else it might read all units */   \
    " ORDER BY u.serial FOR UPDATE OF u) held"                                                     \
    " HAVING count(*) = (SELECT count(*) FROM wanted w WHERE w.hold <> 'new'))"
#define UNITS_SET                                                                                  \
    "owner_id = w.owner_id, replaces_serial = w.replaces_serial,"                                  \
    " replaced_by_serial = w.replaced_by_serial, last_cover_date = w.last_cover_date,"             \
    " order_date = w.order_date, purchase_date = w.purchase_date,"                                 \
    " delivery_date = w.delivery_date, install_date = w.install_date,"                             \
    " register_date = w.register_date, manufacture_date = w.manufacture_date,"                     \
    " is_purchase_stated = w.is_purchase_stated,"                                                  \
    " version = u.version + (w.hold = 'changed')::integer"
#define UNITS_UPDATED(from, which)                                                                 \
    "UPDATE units u SET " UNITS_SET " FROM " from ", wanted w"                                     \
    " WHERE u.serial = w.serial AND w.hold = 'changed' AND " which
#define UNITS_CREATED(from)                                                                        \
    "INSERT INTO units (serial, sku, owner_id, order_number, region, channel, customer_class,"     \
    " condition, price_minor, price_currency, order_date, purchase_date, delivery_date,"           \
    " install_date, register_date, manufacture_date, replaces_serial, replaced_by_serial,"         \
    " last_cover_date, is_purchase_stated, create_time) SELECT w.serial, w.sku, w.owner_id, "      \
    "w.order_number, w.region,"                                                                    \
    " w.channel, w.customer_class, w.condition, w.price_minor, w.price_currency, w.order_date,"    \
    " w.purchase_date, w.delivery_date, w.install_date, w.register_date, w.manufacture_date,"      \
    " w.replaces_serial, w.replaced_by_serial, w.last_cover_date, w.is_purchase_stated, $5 "       \
    "FROM " from ", wanted w"                                                                      \
    " WHERE w.hold = 'new'"

/* A unit in a unit of work. */
enum unit_hold_kind {
    UNIT_HELD,    /* only held at the version that was read */
    UNIT_CHANGED, /* written; its version is the one after */
    UNIT_NEW      /* created, at version 1 */
};
struct unit_hold {
    struct unit unit;
    enum unit_hold_kind kind;
};
struct db_param unit_param(struct arena *arena, const struct unit_hold *units, size_t count);

/* All units that are linked to these by replacements (themselves included), by serial number; also
 * by facts that were corrected. Units that are not there are left out. */
enum err unit_read_family_await(struct call *call, const char *const *serials, size_t serial_count,
                                struct unit_hold **ret_units, size_t *ret_count) MUST_CHECK;
