/*
 * change_fixture - what the tests of units of work share: products that are created and changed in
 * the real schemas, as the service's own role
 *
 * Included by tests only.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/pgtest.h"

#include "common/change.h"
#include "common/principal.h"
#include "warranty/v1/warranty.contract.h"

DB_STATEMENT(create_product, "test_create_product",
             "WITH locked AS (SELECT 1 WHERE NOT EXISTS"
             " (SELECT FROM products WHERE sku = $14)), " CHANGE_KEYED
             ", changed AS (INSERT INTO products (sku, name, category, components, create_time)"
             " SELECT $14, 'name', 'category', '{}', $5 FROM keyed RETURNING version), " CHANGE_SAID
                 CHANGE_COUNTS);

DB_STATEMENT(update_product, "test_update_product",
             "WITH locked AS (SELECT sku FROM products WHERE sku = $14 AND version = $15"
             " FOR UPDATE), " CHANGE_KEYED
             ", changed AS (UPDATE products SET version = version + 1 FROM keyed WHERE sku = $14"
             " RETURNING version), " CHANGE_SAID CHANGE_COUNTS);

/* Another product comes along. */
DB_STATEMENT(create_with_others, "test_create_with_others",
             "WITH locked AS (SELECT 1 WHERE NOT EXISTS"
             " (SELECT FROM products WHERE sku = $22)), " CHANGE_KEYED
             ", changed AS (INSERT INTO products (sku, name, category, components, create_time)"
             " SELECT $22, 'name', 'category', '{}', $5 FROM keyed RETURNING version), " CHANGE_SAID
             ", " CHANGE_SAID_ALSO CHANGE_COUNTS);

static struct db *db;

static inline int
set_up(void **state UNUSED)
{
    pgtest_run("TRUNCATE events.outbox; TRUNCATE warranty.idempotency, warranty.products CASCADE");
    db = pgtest_open("warranty_service", "warranty", NULL);
    pgtest_await_ready(db);
    return 0;
}

static inline int
tear_down(void **state UNUSED)
{
    db_close(&db);
    pgtest_close_loop();
    return 0;
}

/* One unit of work on the product `sku`. */
struct unit {
    const struct db_stmt *stmt;
    const char *sku;
    int64_t version;
    const char *key;
    const char *owner_id;
    const char *event_sku; /* what the event says; NULL: the SKU */
    const char *answer_owner_id;
    int fingerprint;
    const struct change_event *also;
    size_t also_count;
    enum err err;
    char reason[ERR_REASON_SIZE];
};

static inline struct call
make_call(const struct unit *unit)
{
    struct call call = pgtest_call(PGTEST_DEADLINE_MS);
    snprintf(call.key, sizeof call.key, "%s", unit->key);
    snprintf(call.traceparent, sizeof call.traceparent,
             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    memset(call.fingerprint, unit->fingerprint, sizeof call.fingerprint);
    return call;
}

static inline void
unit_run(void *context)
{
    struct unit *unit = context;
    struct call call = make_call(unit);
    struct contract_method method = warranty_v1_register_unit_method;
    if (unit->answer_owner_id != NULL) {
        method.own_roles = call.principal.roles = 1;
        method.roles = 0;
        call.method = &method;
    }
    Warranty__V1__Unit answer = WARRANTY__V1__UNIT__INIT;
    answer.serial = (char *)(uintptr_t)unit->sku;
    answer.owner_id = (char *)(uintptr_t)(unit->answer_owner_id ? unit->answer_owner_id : "");
    Warranty__V1__RegisterUnitResponse response = WARRANTY__V1__REGISTER_UNIT_RESPONSE__INIT;
    response.unit = &answer;
    Warranty__V1__ProductCreated event = WARRANTY__V1__PRODUCT_CREATED__INIT;
    event.sku = (char *)(uintptr_t)(unit->event_sku != NULL ? unit->event_sku : unit->sku);
    const struct db_param params[] = {db_text(unit->sku), db_int8(unit->version)};
    const struct change change = {
        .stmt = unit->stmt,
        .params = params,
        .is_creation = unit->stmt != &update_product,
        .param_count = unit->stmt == &update_product ? 2 : 1,
        .says_also = unit->stmt == &create_with_others,
        .also = unit->also,
        .also_count = unit->also_count,
        .aggregate_id = unit->sku,
        .owner_id = unit->owner_id != NULL ? unit->owner_id : "",
        .unit_serial = "",
        .event_contract = &warranty_v1_product_created_contract,
        .event = &event.base,
        .response = &response.base,
    };
    unit->err = change_commit_await(db, &call, &change);
    snprintf(unit->reason, sizeof unit->reason, "%s", call.fault.reason);
    arena_free(&call.arena);
}

static inline enum err
run_unit(struct unit *unit)
{
    assert_true(task_spawn(unit_run, unit));
    pgtest_await_tasks();
    return unit->err;
}
