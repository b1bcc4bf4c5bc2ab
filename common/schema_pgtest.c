/*
 * schema_pgtest - each CHECK of the schemas is broken once, and the roles may do what they must and
 * no more: events and warranty; each other daemon has a *_schema_pgtest.c beside it
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/schema_fixture.h"

/* Rows that are right; each breach changes one thing of them. */
#define ADD_EVENT                                                                                  \
    "INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version,"  \
    " event_time, owner_id, unit_serial, principal, trace, payload) SELECT gen_random_uuid(), "
#define GOOD_EVENT "'warranty.v1.UnitRegistered', 'unit', 'A', 1, '2026-01-01Z'::timestamptz, "
#define GOOD_TRACE "'0af7651916cd43dd8448eb211c80319c', '\\x00'"

static const struct breach event_breaches[] = {
    {"outbox_aggregate_version_ck",
     ADD_EVENT "'t', 'unit', 'A', 0, '2026-01-01', NULL, NULL, 'p', " GOOD_TRACE},
    {"relay_is_only_ck", "INSERT INTO events.relay (is_only, snapshot, position, epoch,"
                         " system_identifier, timeline, switch_time)"
                         " VALUES (false, '3:3:', 0, 1, 1, 1, now())"},
    {"relay_position_ck", "UPDATE events.relay SET position = -1"},
    {"relay_epoch_ck", "UPDATE events.relay SET epoch = 0"},
    {"epochs_first_position_ck", "UPDATE events.epochs SET first_position = 0"},
    {"horizons_class_ck", "UPDATE events.horizons SET class = 'eternal' WHERE class = 'brief'"},
    {"partitions_class_ck", "INSERT INTO events.partitions VALUES ('eternal', 1, 2)"},
    {"partitions_range_ck", "INSERT INTO events.partitions VALUES ('brief', 2, 2)"},
    {"schema_info_is_only_ck", "INSERT INTO events.schema_info VALUES (false, 'c', '0.1.0')"},
    {"schema_info_change_ck", "UPDATE events.schema_info SET change = ''"},
    {"schema_info_oldest_daemon_ck", "UPDATE events.schema_info SET oldest_daemon = 'new'"},
};

#define SET_PRODUCT "UPDATE warranty.products SET "
#define SET_UNIT "UPDATE warranty.units SET "
#define SET_CLAIM "UPDATE warranty.claims SET "
#define SET_TIMER "UPDATE warranty.timers SET "
#define SET_FACT "UPDATE warranty.unit_facts SET "
#define SET_RECALL "UPDATE warranty.recalls SET "
#define SET_POLICY "UPDATE warranty.policies SET "
#define SET_DOCUMENT "UPDATE warranty.claim_documents SET "
#define SET_FINDING "UPDATE warranty.claim_findings SET "
#define SET_IMPORT "UPDATE warranty.imports SET "
#define SET_ERROR "UPDATE warranty.import_errors SET "

static const struct breach warranty_breaches[] = {
    {"products_sku_ck", "INSERT INTO warranty.products (sku, name, category, components,"
                        " create_time) VALUES ('', 'n', 'c', '{}', now())"},
    {"products_name_ck", SET_PRODUCT "name = ''"},
    {"products_category_ck", SET_PRODUCT "category = ''"},
    {"products_brand_ck", SET_PRODUCT "brand = ''"},
    {"products_discontinue_date_ck", SET_PRODUCT "discontinue_date = 'infinity'"},
    {"products_create_time_ck", SET_PRODUCT "create_time = '-infinity'"},
    {"products_version_ck", SET_PRODUCT "version = 0"},
    {"units_serial_ck", "INSERT INTO warranty.units (serial, sku, create_time)"
                        " VALUES ('', 'P', now())"},
    {"units_sku_fk", SET_UNIT "sku = 'none'"},
    {"units_owner_id_ck", SET_UNIT "owner_id = ''"},
    {"units_price_ck", SET_UNIT "price_minor = 1"},
    {"units_claim_count_ck", SET_UNIT "claim_count = -1"},
    {"units_version_ck", SET_UNIT "version = 0"},
    {"unit_facts_serial_fk", SET_FACT "serial = 'none'"},
    {"unit_facts_kind_ck", SET_FACT "kind = ''"},
    {"unit_facts_old_serial_ck", SET_FACT "old_serial = serial"},
    {"recalls_sku_fk", SET_RECALL "sku = 'none'"},
    {"recalls_range_ck", SET_RECALL "first_serial = 'Z'"},
    {"recalls_state_ck", SET_RECALL "state = 'STATE_UNSPECIFIED'"},
    {"recalls_version_ck", SET_RECALL "version = 0"},
    {"policies_version_number_ck", SET_POLICY "version_number = 0"},
    {"policies_digest_ck", SET_POLICY "digest = '\\x00'"},
    {"policies_effective_from_ck", SET_POLICY "effective_from = 'infinity'"},
    {"policies_canonical_ck", SET_POLICY "canonical = ''"},
    {"claims_serial_fk", SET_CLAIM "serial = 'none'"},
    {"claims_state_ck", SET_CLAIM "state = 'STATE_UNSPECIFIED', outcome = 'GRANTED',"
                                  " decision_id = gen_random_uuid()"},
    {"claims_decision_ck", SET_CLAIM "state = 'APPROVED'"},
    {"claims_decision_ck", SET_CLAIM "outcome = 'GRANTED'"},
    {"claims_override_ck", SET_CLAIM "override_minor = 1"},
    {"claims_fulfilment_ck", SET_CLAIM "state = 'SETTLED', outcome = 'GRANTED',"
                                       " decision_id = gen_random_uuid()"},
    {"claims_owner_id_ck", SET_CLAIM "owner_id = ''"},
    {"claims_version_ck", SET_CLAIM "version = 0"},
    {"claim_documents_claim_id_fk", SET_DOCUMENT "claim_id = gen_random_uuid()"},
    {"claim_documents_number_ck", SET_DOCUMENT "number = 0"},
    {"claim_findings_claim_id_fk", SET_FINDING "claim_id = gen_random_uuid()"},
    {"claim_findings_number_ck", SET_FINDING "number = 0"},
    {"decisions_claim_id_fk", "UPDATE warranty.decisions SET claim_id = gen_random_uuid()"},
    {"imports_state_ck", SET_IMPORT "state = 'STATE_UNSPECIFIED', end_time = now()"},
    {"imports_end_ck", SET_IMPORT "state = 'DONE'"},
    {"imports_end_ck", SET_IMPORT "end_time = now()"},
    {"imports_refusal_ck", SET_IMPORT "state = 'REFUSED', end_time = now()"},
    {"imports_refusal_ck", SET_IMPORT "refusal = 'r'"},
    {"imports_read_ck", SET_IMPORT "read_bytes = size_bytes + 1"},
    {"imports_read_ck", SET_IMPORT "read_bytes = -1"},
    {"imports_count_ck", SET_IMPORT "row_count = row_count + 1"},
    {"imports_version_ck", SET_IMPORT "version = 0"},
    {"import_errors_import_id_fk", SET_ERROR "import_id = gen_random_uuid()"},
    {"import_errors_number_ck", SET_ERROR "number = 0"},
    {"import_rows_import_id_fk", "UPDATE warranty.import_rows SET import_id = gen_random_uuid()"},
    {"timers_attempt_ck", SET_TIMER "attempt = -1"},
    {"consumer_parked_attempts_ck", "INSERT INTO warranty.consumer_parked VALUES ('views',"
                                    " gen_random_uuid(), 1, 1, 1, 't', '', 'R', 'm', 0, now())"},
    {"schema_info_is_only_ck", "INSERT INTO warranty.schema_info VALUES (false, 'c', '0.1.0')"},
    {"schema_info_change_ck", "UPDATE warranty.schema_info SET change = ''"},
    {"schema_info_oldest_daemon_ck", "UPDATE warranty.schema_info SET oldest_daemon = 'new'"},
};

static void
each_check_of_events_refuses_its_breach(void **state UNUSED)
{
    break_all(event_breaches, COUNT_OF(event_breaches));
    all_checks_have_a_case("events", event_breaches, COUNT_OF(event_breaches));
}

static void
each_check_of_warranty_refuses_its_breach(void **state UNUSED)
{
    pgtest_run(
        "SET search_path = warranty;"
        "INSERT INTO products (sku, name, category, components, create_time)"
        " VALUES ('P', 'name', 'category', '{}', now());"
        "INSERT INTO units (serial, sku, create_time) VALUES ('A', 'P', now());"
        "INSERT INTO unit_facts VALUES (gen_random_uuid(), 'A', 'DELIVERED', '2026-01-01', now(),"
        " NULL, '');"
        "INSERT INTO recalls VALUES (gen_random_uuid(), 'P', 'A', 'B', 't', 'i', 'OPEN', now());"
        "INSERT INTO policies VALUES (1, decode(repeat('00', 32), 'hex'), '2026-01-01', false,"
        " '{}');"
        "INSERT INTO claims (claim_id, serial, state, cause, description, at_date, create_time)"
        " VALUES (gen_random_uuid(), 'A', 'DRAFT', 'material_defect', 'broken', '2026-01-01',"
        " now())");
    pgtest_run(
        "INSERT INTO claim_documents SELECT claim_id, 1, gen_random_uuid(), 'fault_photo', NULL,"
        " '00', 'image/png', NULL, now() FROM claims;"
        "INSERT INTO claim_findings SELECT claim_id, 1, 'impact', NULL, NULL, '', now()"
        " FROM claims;"
        "INSERT INTO decisions SELECT gen_random_uuid(), claim_id, now(), 'GRANTED', 'COVERED',"
        " 'warranty.period', '' FROM claims;"
        "INSERT INTO imports (import_id, state, is_dry_run, document_id, media_type, mapping,"
        " size_bytes, create_time) VALUES (gen_random_uuid(), 'RUNNING', true, gen_random_uuid(),"
        " 'text/csv', '', 1, now());"
        "INSERT INTO import_errors SELECT import_id, 1, 2, 'serial', 'FIELD_REQUIRED', 'm', ''"
        " FROM imports;"
        "INSERT INTO import_rows SELECT import_id, 'A', '' FROM imports;"
        "INSERT INTO timers VALUES (gen_random_uuid(), 'kind', 'A', now())");
    break_all(warranty_breaches, COUNT_OF(warranty_breaches));
    all_checks_have_a_case("warranty", warranty_breaches, COUNT_OF(warranty_breaches));
}

static void
no_slot_is_outside_the_partitions(void **state UNUSED)
{
    char constraint[64];
    pgtest_run("ALTER TABLE events.outbox ALTER COLUMN slot SET DEFAULT 3");
    const char *sqlstate =
        pgtest_try(ADD_EVENT GOOD_EVENT "NULL, NULL, 'p', " GOOD_TRACE, constraint);
    assert_string_equal(sqlstate, "23514");
    pgtest_run("ALTER TABLE events.outbox ALTER COLUMN slot"
               " SET DEFAULT pg_sequence_last_value('events.outbox_turn') % 3");
}

static void
the_turn_switches_the_partition_that_inserts_go_to(void **state UNUSED)
{
    pgtest_run("TRUNCATE events.outbox");
    for (int turn = 0; turn < 6; turn++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT setval('events.outbox_turn', %d)", turn);
        pgtest_run(sql);
        pgtest_run(ADD_EVENT
                   "'t', 'unit', gen_random_uuid()::text, 1, now(), NULL, NULL, 'p', " GOOD_TRACE);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM events.outbox_%d", turn % 3);
        assert_int_equal(pgtest_count(sql), turn / 3 + 1);
    }
    pgtest_run("SELECT setval('events.outbox_turn', 0)");
}

static void
one_version_has_one_event(void **state UNUSED)
{
    char constraint[64];
    const char *sql = ADD_EVENT "'t', 'unit', 'once', 1, now(), NULL, NULL, 'p', " GOOD_TRACE;
    pgtest_run(sql);
    assert_string_equal(pgtest_try(sql, constraint), "23505");
}

static void
a_service_leaves_events_and_neither_sees_nor_forges_them(void **state UNUSED)
{
    static const char *const forbidden[] = {
        "SELECT * FROM events.outbox",
        "SELECT * FROM events.outbox_0",
        "UPDATE events.outbox SET type = 't'",
        "DELETE FROM events.outbox",
        "TRUNCATE events.outbox",
        "SELECT nextval('events.outbox_turn')",
        "SELECT setval('events.outbox_turn', 1)",
        "INSERT INTO events.outbox (slot, event_id, type, aggregate_type, aggregate_id,"
        " aggregate_version, event_time, principal, payload)"
        " VALUES (1, gen_random_uuid(), 't', 'unit', 'B', 1, now(), 'p', '')",
        "SELECT * FROM events.log",
        "SELECT events.add_partition('brief', 1)",
        "SELECT events.drop_partition('brief', 1)",
        "SELECT events.empty_slot(0)",
        "CREATE TABLE warranty.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "DELETE FROM warranty.claims",
        "UPDATE warranty.decisions SET record = ''",
        "DELETE FROM warranty.unit_facts",
        "DELETE FROM warranty.imports",
        "UPDATE warranty.import_errors SET message = ''",
        "UPDATE warranty.idempotency SET key = 'other'",
        "UPDATE warranty.consumer_inbox SET name = 'other'",
        "DELETE FROM warranty.consumer_lanes",
        "UPDATE warranty.consumer_parked SET event = ''",
        "UPDATE warranty.unit_history SET summary = 'otherwise'",
        "UPDATE warranty.schema_info SET oldest_daemon = '0.0.1'",
    };
    forbid_all("warranty_service", forbidden, COUNT_OF(forbidden));
    pgtest_run("SET ROLE warranty_service");
    pgtest_run(ADD_EVENT "'t', 'unit', 'C', 1, now(), NULL, NULL, 'p', " GOOD_TRACE);
    pgtest_run("RESET ROLE");
}

static void
the_relay_appends_and_changes_nothing_that_is_there(void **state UNUSED)
{
    static const char *const forbidden[] = {
        "UPDATE events.log SET payload = ''",
        "DELETE FROM events.log",
        "TRUNCATE events.log",
        "DELETE FROM events.outbox",
        "TRUNCATE events.outbox",
        "UPDATE events.outbox SET payload = ''",
        "DELETE FROM events.relay",
        "UPDATE events.epochs SET first_position = 1",
        "UPDATE events.horizons SET first_position = 2",
        "DELETE FROM events.partitions",
        "UPDATE events.schema_info SET oldest_daemon = '0.0.1'",
        "CREATE TABLE events.mine (id int)",
    };
    forbid_all("events_service", forbidden, COUNT_OF(forbidden));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_are_to_stay_whole_move_no_column_out),
        cmocka_unit_test(each_check_of_events_refuses_its_breach),
        cmocka_unit_test(each_check_of_warranty_refuses_its_breach),
        cmocka_unit_test(no_slot_is_outside_the_partitions),
        cmocka_unit_test(the_turn_switches_the_partition_that_inserts_go_to),
        cmocka_unit_test(one_version_has_one_event),
        cmocka_unit_test(a_service_leaves_events_and_neither_sees_nor_forges_them),
        cmocka_unit_test(the_relay_appends_and_changes_nothing_that_is_there),
    };
    pgtest_begin("schema_pgtest");
    pgtest_deploy_warranty();
    int failures = cmocka_run_group_tests_name("schema", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
