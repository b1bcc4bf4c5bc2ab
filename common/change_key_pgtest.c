/*
 * change_key_pgtest - keys of units of work: used once, answered again, pruned
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/change_fixture.h"

static void
a_used_key_writes_nothing_also_in_the_same_group(void **state UNUSED)
{
    struct unit units[2] = {{.stmt = &create_product, .sku = "A", .key = "k"},
                            {.stmt = &create_product, .sku = "B", .key = "k"}};
    for (int i = 0; i < 2; i++)
        assert_true(task_spawn(unit_run, &units[i]));
    pgtest_await_tasks();
    assert_int_equal(units[0].err, OK);
    assert_int_equal(units[1].err, ERR_KEY_USED);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.products"), 1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM events.outbox"), 1);
}

static void
keys_of_full_length_fit(void **state UNUSED)
{
    char key[CALL_KEY_SIZE];
    memset(key, '~', sizeof key - 1);
    key[sizeof key - 1] = 0;
    struct unit unit = {.stmt = &create_product, .sku = "A", .key = key};
    assert_int_equal(run_unit(&unit), OK);
}

static void
replay_run(void *context UNUSED)
{
    const uint8_t *body;
    size_t size_bytes;
    struct unit unit = {.key = "k", .fingerprint = 7};
    struct call call = make_call(&unit);
    assert_int_equal(change_replay_await(db, &call, &body, &size_bytes), OK);
    assert_int_equal(size_bytes, 5);
    assert_memory_equal(body, "\x0a\x03\x0a\x01\x41", 5);
    call.fingerprint[31] = 8;
    assert_int_equal(change_replay_await(db, &call, &body, &size_bytes), ERR_FAILED_PRECONDITION);
    assert_string_equal(call.fault.reason, "IDEMPOTENCY_KEY_REUSED");
    snprintf(call.principal.subject, sizeof call.principal.subject, "somebody");
    assert_int_equal(change_replay_await(db, &call, &body, &size_bytes), ERR_NOT_FOUND);
    arena_free(&call.arena);
}

static void
a_repeat_finds_the_stored_answer_of_its_own_caller_and_request(void **state UNUSED)
{
    struct unit unit = {.stmt = &create_product, .sku = "A", .key = "k", .fingerprint = 7};
    assert_int_equal(run_unit(&unit), OK);
    assert_true(task_spawn(replay_run, NULL));
    pgtest_await_tasks();
}

static void
prune_run(void *context)
{
    struct call call = pgtest_call(PGTEST_DEADLINE_MS);
    assert_int_equal(change_prune_await(db, &call, 24 * 3600 * 1000, 3, context), OK);
    arena_free(&call.arena);
}

static void
pruning_deletes_old_keys_up_to_its_limit(void **state UNUSED)
{
    pgtest_run(
        "INSERT INTO warranty.idempotency SELECT 'p', i::text, decode(repeat('00', 32), 'hex'),"
        " '', now() - interval '23 hours' * (i % 2 + 1) FROM generate_series(1, 8) i");
    const unsigned expected[] = {3, 1, 0};
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        unsigned count = 99;
        assert_true(task_spawn(prune_run, &count));
        pgtest_await_tasks();
        assert_int_equal(count, expected[i]);
    }
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.idempotency"), 4);
}

static void
a_hundred_units_with_one_key_over_two_replicas_have_one_effect(void **state UNUSED)
{
    enum { COUNT = 100 };
    static struct unit units[COUNT];
    static char skus[COUNT][16];
    struct db *first = db;
    struct db *second = pgtest_open("warranty_service", "warranty", NULL);
    pgtest_await_ready(second);
    for (int i = 0; i < COUNT; i++) {
        snprintf(skus[i], sizeof skus[i], "S%d", i % 5);
        units[i] = (struct unit){.stmt = &create_product, .sku = skus[i], .key = "one"};
        db = i % 2 == 0 ? first : second;
        assert_true(task_spawn(unit_run, &units[i]));
    }
    db = first;
    pgtest_await_tasks();
    int done = 0;
    for (int i = 0; i < COUNT; i++) {
        done += units[i].err == OK;
        assert_true(units[i].err == OK || units[i].err == ERR_KEY_USED ||
                    units[i].err == ERR_ALREADY_EXISTS);
    }
    assert_int_equal(done, 1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.products"), 1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM events.outbox"), 1);
    db_close(&second);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_used_key_writes_nothing_also_in_the_same_group),
        TEST(keys_of_full_length_fit),
        TEST(a_repeat_finds_the_stored_answer_of_its_own_caller_and_request),
        TEST(pruning_deletes_old_keys_up_to_its_limit),
        TEST(a_hundred_units_with_one_key_over_two_replicas_have_one_effect),
    };
    pgtest_begin("change_key_pgtest");
    pgtest_deploy_warranty();
    principal_init_key((const uint8_t[PRINCIPAL_KEY_SIZE]){1, 2, 3});
    int failures = cmocka_run_group_tests_name("change_key", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
