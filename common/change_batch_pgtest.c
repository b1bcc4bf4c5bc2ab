/*
 * change_batch_pgtest - many units of work in one statement, in the real schemas: each has its
 * state, event, key and answer, or none of them
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/change_fixture.h"

DB_BATCH(create_products, "test_create_products",
         "WITH locked AS (SELECT asked.n::integer AS n FROM unnest($14::text[]) WITH ORDINALITY AS"
         " asked (sku, n) WHERE NOT EXISTS (SELECT FROM products p WHERE p.sku = "
         "asked.sku)), " CHANGE_EACH_KEYED
         ", changed AS (INSERT INTO products (sku, name, category, components, create_time)"
         " SELECT ($14::text[])[n], 'name', 'category', '{}', ($5::timestamptz[])[n] FROM "
         "done RETURNING 1), " CHANGE_EACH_SAID CHANGE_EACH_COUNTS);

enum { COUNT = 20 };
static char skus[COUNT][16];
static char keys[COUNT][16];

static void
make_units(struct unit *units)
{
    for (int i = 0; i < COUNT; i++) {
        snprintf(skus[i], sizeof skus[i], "P-%02d", i);
        snprintf(keys[i], sizeof keys[i], "k-%d", i);
        units[i] = (struct unit){.stmt = &create_products,
                                 .sku = skus[i],
                                 .key = keys[i],
                                 .owner_id = i % 2 == 0 ? "" : skus[i]};
    }
}

/* All at once, so that they leave as one group. */
static void
run_all(struct unit *units)
{
    for (int i = 0; i < COUNT; i++)
        assert_true(task_spawn(unit_run, &units[i]));
    pgtest_await_tasks();
}

static size_t
count_err(const struct unit *units, enum err err)
{
    size_t count = 0;
    for (int i = 0; i < COUNT; i++)
        count += units[i].err == err;
    return count;
}

/* Products whose event, key and answer name them, as a unit alone would have left them. */
#define WHOLE                                                                                      \
    "SELECT count(*) FROM warranty.products p JOIN events.outbox o ON o.aggregate_id = p.sku"      \
    " AND o.aggregate_version = 1 AND o.aggregate_type = 'product'"                                \
    " AND o.type = 'warranty.v1.ProductCreated' AND o.event_time = p.create_time"                  \
    " AND position(convert_to(p.sku, 'UTF8') IN o.payload) > 0"                                    \
    " AND o.trace = '0af7651916cd43dd8448eb211c80319c' AND o.unit_serial IS NULL"                  \
    " AND (o.owner_id IS NULL) = (right(p.sku, 1)::integer % 2 = 0)"                               \
    " JOIN warranty.idempotency i ON i.create_time = p.create_time AND i.principal = o.principal"  \
    " AND position(convert_to(p.sku, 'UTF8') IN i.response) > 0"

static void
each_unit_has_its_state_event_key_and_answer(void **state UNUSED)
{
    struct unit units[COUNT];
    make_units(units);
    run_all(units);
    assert_int_equal(count_err(units, OK), COUNT);
    assert_int_equal(pgtest_count(WHOLE), COUNT);
    assert_int_equal(pgtest_count("SELECT count(*) FROM events.outbox"), COUNT);
    assert_int_equal(pgtest_count("SELECT count(DISTINCT event_id) FROM events.outbox"), COUNT);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.idempotency"), COUNT);
}

static void
of_units_with_one_key_one_has_an_effect(void **state UNUSED)
{
    struct unit units[COUNT];
    make_units(units);
    for (int i = 0; i < COUNT; i += 2)
        units[i].key = "same";
    run_all(units);
    assert_int_equal(count_err(units, OK), COUNT / 2 + 1);
    assert_int_equal(count_err(units, ERR_KEY_USED), COUNT / 2 - 1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.products"), COUNT / 2 + 1);
    assert_int_equal(pgtest_count(WHOLE), COUNT / 2 + 1);
}

static void
a_key_used_before_or_a_thing_that_is_there_stops_its_own_unit_only(void **state UNUSED)
{
    struct unit units[COUNT];
    make_units(units);
    struct unit first = {.stmt = &create_product, .sku = "P-07", .key = "k-3", .owner_id = "P-07"};
    assert_int_equal(run_unit(&first), OK);
    run_all(units);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(units[i].err, i == 3 ? ERR_KEY_USED : i == 7 ? ERR_ALREADY_EXISTS : OK);
    assert_int_equal(pgtest_count(WHOLE), COUNT - 1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.idempotency"), COUNT - 1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM events.outbox"), COUNT - 1);
}

static void
of_units_that_create_one_thing_one_does(void **state UNUSED)
{
    struct unit units[COUNT];
    make_units(units);
    units[4].sku = units[9].sku = units[11].sku;
    units[4].owner_id = units[9].owner_id = units[11].owner_id;
    run_all(units);
    assert_int_equal(count_err(units, OK), COUNT - 2);
    assert_int_equal(count_err(units, ERR_ALREADY_EXISTS), 2);
    assert_int_equal(pgtest_count(WHOLE), COUNT - 2);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.idempotency"), COUNT - 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(each_unit_has_its_state_event_key_and_answer),
        TEST(of_units_with_one_key_one_has_an_effect),
        TEST(a_key_used_before_or_a_thing_that_is_there_stops_its_own_unit_only),
        TEST(of_units_that_create_one_thing_one_does),
    };
    pgtest_begin("change_batch_pgtest");
    pgtest_deploy_warranty();
    principal_init_key((const uint8_t[PRINCIPAL_KEY_SIZE]){1, 2, 3});
    int failures = cmocka_run_group_tests_name("change_batch", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
