/*
 * change_pgtest - units of work against the real schemas, as the service's own role
 */
// SPDX-License-Identifier: Apache-2.0
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

static int
set_up(void **state UNUSED)
{
    pgtest_run("TRUNCATE events.outbox; TRUNCATE warranty.idempotency, warranty.products CASCADE");
    db = pgtest_open("warranty_service", "warranty", NULL);
    pgtest_await_ready(db);
    return 0;
}

static int
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

static struct call
make_call(const struct unit *unit)
{
    struct call call = pgtest_call(PGTEST_DEADLINE_MS);
    snprintf(call.key, sizeof call.key, "%s", unit->key);
    snprintf(call.traceparent, sizeof call.traceparent,
             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    memset(call.fingerprint, unit->fingerprint, sizeof call.fingerprint);
    return call;
}

static void
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

static enum err
run_unit(struct unit *unit)
{
    assert_true(task_spawn(unit_run, unit));
    pgtest_await_tasks();
    return unit->err;
}

static void
a_change_leaves_state_key_answer_and_event_under_pseudonyms(void **state UNUSED)
{
    struct unit unit = {
        .stmt = &create_product, .sku = "A", .key = "k", .owner_id = "auth0|42", .fingerprint = 7};
    char owner[PRINCIPAL_PSEUDONYM_SIZE], caller[PRINCIPAL_PSEUDONYM_SIZE], sql[1024];
    principal_pseudonym("subject", "auth0|42", owner);
    principal_pseudonym("subject", "tester", caller);
    assert_int_equal(run_unit(&unit), OK);
    assert_int_equal(pgtest_count("SELECT version FROM warranty.products WHERE sku = 'A'"), 1);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM events.outbox WHERE type = 'warranty.v1.ProductCreated'"
             " AND aggregate_type = 'product' AND aggregate_id = 'A' AND aggregate_version = 1"
             " AND owner_id = '%s' AND unit_serial IS NULL AND principal = '%s'"
             " AND trace = '0af7651916cd43dd8448eb211c80319c' AND payload = '\\x0a0141'"
             " AND abs(extract(epoch FROM event_time - now())) < 60",
             owner, caller);
    assert_int_equal(pgtest_count(sql), 1);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM warranty.idempotency WHERE principal = '%s' AND key = 'k'"
             " AND fingerprint = '\\x%s' AND response = '\\x0a030a0141'",
             caller, "0707070707070707070707070707070707070707070707070707070707070707");
    assert_int_equal(pgtest_count(sql), 1);
}

static void
each_version_has_its_event_and_ids_follow_versions(void **state UNUSED)
{
    struct unit unit = {.stmt = &create_product, .sku = "A", .key = "k0"};
    assert_int_equal(run_unit(&unit), OK);
    for (int version = 1; version <= 20; version++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", version);
        unit = (struct unit){.stmt = &update_product, .sku = "A", .version = version, .key = key};
        assert_int_equal(run_unit(&unit), OK);
    }
    assert_int_equal(
        pgtest_count("SELECT count(*) FROM (SELECT row_number() OVER (ORDER BY id) AS n,"
                     " aggregate_version FROM events.outbox) e"
                     " WHERE n = aggregate_version"),
        21);
}

/* Two events of other products, of which the second may break its contract. */
static void
make_others(Warranty__V1__ProductCreated events[2], struct change_event also[2], const char *sku)
{
    static const char *const names[] = {"B", "C"};
    for (int i = 0; i < 2; i++) {
        warranty__v1__product_created__init(&events[i]);
        events[i].sku = (char *)(uintptr_t)(i == 0 ? names[0] : sku);
        also[i] = (struct change_event){
            .event_contract = &warranty_v1_product_created_contract,
            .event = &events[i].base,
            .aggregate_id = names[i],
            .aggregate_version = 7 + i,
            .owner_id = i == 0 ? "auth0|42" : "",
            .unit_serial = i == 0 ? "SN" : "",
        };
    }
}

static void
events_of_other_aggregates_come_along_in_their_order(void **state UNUSED)
{
    Warranty__V1__ProductCreated events[2];
    struct change_event also[2];
    make_others(events, also, "C");
    struct unit unit = {
        .stmt = &create_with_others, .sku = "A", .key = "k", .also = also, .also_count = 2};
    assert_int_equal(run_unit(&unit), OK);
    char owner[PRINCIPAL_PSEUDONYM_SIZE], sql[512];
    principal_pseudonym("subject", "auth0|42", owner);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM events.outbox WHERE aggregate_id = 'B' AND aggregate_version = 7"
             " AND owner_id = '%s' AND unit_serial = 'SN' AND payload = '\\x0a0142'"
             " AND aggregate_type = 'product' AND event_time = (SELECT event_time FROM"
             " events.outbox WHERE aggregate_id = 'A')",
             owner);
    assert_int_equal(pgtest_count(sql), 1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM events.outbox b, events.outbox c WHERE"
                                  " b.aggregate_id = 'B' AND c.aggregate_id = 'C' AND b.id < c.id"
                                  " AND c.owner_id IS NULL AND c.unit_serial IS NULL"
                                  " AND c.aggregate_version = 8"),
                     1);
    unit = (struct unit){.stmt = &create_with_others, .sku = "D", .key = "none"};
    assert_int_equal(run_unit(&unit), OK);
    assert_int_equal(pgtest_count("SELECT count(*) FROM events.outbox"), 4);
}

static void
events_of_others_come_along_or_nothing_does(void **state UNUSED)
{
    Warranty__V1__ProductCreated events[2];
    struct change_event also[2];
    make_others(events, also, "\xff");
    struct unit unit = {
        .stmt = &create_with_others, .sku = "A", .key = "k", .also = also, .also_count = 2};
    assert_int_equal(run_unit(&unit), ERR_INTERNAL);
    assert_string_equal(unit.reason, "EVENT_INVALID");
    make_others(events, also, "C");
    assert_int_equal(run_unit(&unit), OK);
    unit.key = "again"; /* what is there is not made again */
    assert_int_equal(run_unit(&unit), ERR_ALREADY_EXISTS);
    assert_int_equal(pgtest_count("SELECT count(*) FROM events.outbox"), 3);
}

static void
a_lost_race_writes_nothing(void **state UNUSED)
{
    struct unit unit = {.stmt = &create_product, .sku = "A", .key = "k0"};
    assert_int_equal(run_unit(&unit), OK);
    unit = (struct unit){.stmt = &update_product, .sku = "A", .version = 9, .key = "k1"};
    assert_int_equal(run_unit(&unit), ERR_ABORTED);
    assert_string_equal(unit.reason, "LOST_RACE");
    unit = (struct unit){.stmt = &create_product, .sku = "A", .key = "k2"};
    assert_int_equal(run_unit(&unit), ERR_ALREADY_EXISTS);
    assert_int_equal(pgtest_count("SELECT count(*) FROM events.outbox"), 1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.idempotency"), 1);
}

static void
let_go_run(void *context UNUSED)
{
    task_sleep_await(800); /* beyond the lock timeout of our connections */
    pgtest_run("ROLLBACK");
}

static void
a_creation_that_waits_in_vain_for_a_lock_is_tried_again(void **state UNUSED)
{
    char caller[PRINCIPAL_PSEUDONYM_SIZE], sql[512];
    principal_pseudonym("subject", "tester", caller);
    pgtest_run("BEGIN");
    snprintf(sql, sizeof sql,
             "INSERT INTO warranty.idempotency (principal, key, fingerprint, response, create_time)"
             " VALUES ('%s', 'k', '', '', now())",
             caller);
    pgtest_run(sql);
    struct unit unit = {.stmt = &create_product, .sku = "A", .key = "k"};
    assert_true(task_spawn(unit_run, &unit));
    assert_true(task_spawn(let_go_run, NULL));
    pgtest_await_tasks();
    assert_int_equal(unit.err, OK);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.products"), 1);
}

static bool
is_waiting(void *context UNUSED)
{
    return pgtest_count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        " AND wait_event_type = 'Lock'") == 1;
}

/* The first try may have happened; that no second one was sent says nothing of the first. */
static void
a_creation_whose_first_try_is_unknown_stays_unknown_without_a_server(void **state UNUSED)
{
    char sql[128];
    struct unit unit = {.stmt = &create_product, .sku = "A", .key = "k"};
    snprintf(sql, sizeof sql, "ALTER DATABASE %s CONNECTION LIMIT 0", pgtest_name);
    pgtest_run(sql);
    pgtest_run("BEGIN");
    pgtest_run("LOCK TABLE warranty.products IN EXCLUSIVE MODE");
    assert_true(task_spawn(unit_run, &unit));
    assert_true(loop_run_until(pgtest_loop, is_waiting, NULL, PGTEST_DEADLINE_MS));
    pgtest_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
               " WHERE datname = current_database() AND usename = 'warranty_service'");
    pgtest_await_tasks();
    pgtest_run("ROLLBACK");
    snprintf(sql, sizeof sql, "ALTER DATABASE %s CONNECTION LIMIT -1", pgtest_name);
    pgtest_run(sql);
    assert_int_equal(unit.err, ERR_UNKNOWN);
}

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
an_event_that_breaks_its_contract_stops_the_change(void **state UNUSED)
{
    struct unit unit = {.stmt = &create_product, .sku = "A", .key = "k", .event_sku = "\xff"};
    assert_int_equal(run_unit(&unit), ERR_INTERNAL);
    assert_string_equal(unit.reason, "EVENT_INVALID");
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.products"), 0);
}

static void
an_answer_of_somebody_else_stops_the_change(void **state UNUSED)
{
    struct unit unit = {
        .stmt = &create_product, .sku = "A", .key = "k", .answer_owner_id = "somebody"};
    assert_int_equal(run_unit(&unit), ERR_NOT_FOUND);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.products"), 0);
    unit.answer_owner_id = "tester";
    assert_int_equal(run_unit(&unit), OK);
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
        TEST(a_change_leaves_state_key_answer_and_event_under_pseudonyms),
        TEST(each_version_has_its_event_and_ids_follow_versions),
        TEST(events_of_other_aggregates_come_along_in_their_order),
        TEST(events_of_others_come_along_or_nothing_does),
        TEST(a_lost_race_writes_nothing),
        TEST(a_creation_that_waits_in_vain_for_a_lock_is_tried_again),
        TEST(a_creation_whose_first_try_is_unknown_stays_unknown_without_a_server),
        TEST(a_used_key_writes_nothing_also_in_the_same_group),
        TEST(an_event_that_breaks_its_contract_stops_the_change),
        TEST(an_answer_of_somebody_else_stops_the_change),
        TEST(keys_of_full_length_fit),
        TEST(a_repeat_finds_the_stored_answer_of_its_own_caller_and_request),
        TEST(pruning_deletes_old_keys_up_to_its_limit),
        TEST(a_hundred_units_with_one_key_over_two_replicas_have_one_effect),
    };
    pgtest_begin("change_pgtest");
    pgtest_deploy_warranty();
    principal_init_key((const uint8_t[PRINCIPAL_KEY_SIZE]){1, 2, 3});
    int failures = cmocka_run_group_tests_name("change", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
