/*
 * change_pgtest - units of work against the real schemas: what they write, and what stops them
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/change_fixture.h"

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
        TEST(an_event_that_breaks_its_contract_stops_the_change),
        TEST(an_answer_of_somebody_else_stops_the_change),
    };
    pgtest_begin("change_pgtest");
    pgtest_deploy_warranty();
    principal_init_key((const uint8_t[PRINCIPAL_KEY_SIZE]){1, 2, 3});
    int failures = cmocka_run_group_tests_name("change", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
