/*
 * policy_schema_pgtest - each CHECK of the schema is broken once, and the role may do what it must
 * and no more
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/schema_fixture.h"

#define SET_DRAFT "UPDATE policy.policies SET "
#define SET_SECTION "UPDATE policy.enforced_sections SET "
#define SET_STAFF "UPDATE policy.staff SET "

static const struct breach breaches[] = {
    {"policies_state_ck", SET_DRAFT "state = 'STATE_UNSPECIFIED', version_number = 1,"
                                    " effective_from = '2026-01-01', publish_time = now()"},
    {"policies_version_number_ck",
     SET_DRAFT "state = 'PUBLISHED', version_number = 0,"
               " effective_from = '2026-01-01', publish_time = now()"},
    {"policies_digest_ck", SET_DRAFT "digest = '\\x00'"},
    {"policies_canonical_ck", SET_DRAFT "canonical = ''"},
    {"policies_source_ck", SET_DRAFT "source = ''"},
    {"policies_effective_from_ck", SET_DRAFT "state = 'PUBLISHED', version_number = 1,"
                                             " effective_from = 'infinity', publish_time = now()"},
    {"policies_published_ck", SET_DRAFT "version_number = 1"},
    {"policies_published_ck", SET_DRAFT "state = 'PUBLISHED'"},
    {"policies_revoked_ck", SET_DRAFT "revoke_reason = 'r'"},
    {"policies_version_ck", SET_DRAFT "version = 0"},
    {"line_is_only_ck", "INSERT INTO policy.line VALUES (false)"},
    {"line_last_number_ck", "UPDATE policy.line SET last_number = revision + 1"},
    {"enforced_sections_service_ck", SET_SECTION "service = ''"},
    {"enforced_sections_section_ck", SET_SECTION "section = ''"},
    {"enforced_sections_claim_time_ck", SET_SECTION "claim_time = 'infinity'"},
    {"staff_subject_ck", SET_STAFF "subject = ''"},
    {"staff_role_ck", SET_STAFF "role = ''"},
    {"staff_position_ck", SET_STAFF "position = ''"},
    {"staff_authority_minor_ck", SET_STAFF "authority_minor = -1, currency_code = 'EUR'"},
    {"staff_currency_code_ck", SET_STAFF "authority_minor = 1, currency_code = 'eur'"},
    {"staff_authority_ck", SET_STAFF "authority_minor = 1"},
    {"staff_create_time_ck", SET_STAFF "create_time = '-infinity'"},
    {"staff_version_ck", SET_STAFF "version = 0"},
    {"timers_attempt_ck", "UPDATE policy.timers SET attempt = -1"},
    {"schema_info_is_only_ck", "INSERT INTO policy.schema_info VALUES (false, 'c', '0.1.0')"},
    {"schema_info_change_ck", "UPDATE policy.schema_info SET change = ''"},
    {"schema_info_oldest_daemon_ck", "UPDATE policy.schema_info SET oldest_daemon = 'new'"},
};

#define ADD_POLICY                                                                                 \
    "INSERT INTO policy.policies (policy_id, state, version_number, title, languages, digest,"     \
    " effective_from, canonical, source, create_time, publish_time) VALUES (gen_random_uuid(), "
#define CONTENT "'title', 'en', decode(repeat('00', 32), 'hex')"

static int
add_rows(void **state UNUSED)
{
    pgtest_run("TRUNCATE policy.policies, policy.enforced_sections, policy.staff, policy.timers");
    pgtest_run(ADD_POLICY "'DRAFT', NULL, " CONTENT ", NULL, '{}', '{}', now(), NULL)");
    pgtest_run("INSERT INTO policy.enforced_sections VALUES ('warranty', 'warranty', now());"
               "INSERT INTO policy.staff (staff_id, subject, role, create_time)"
               " VALUES (gen_random_uuid(), 'tom', 'TECHNICIAN', now());"
               "INSERT INTO policy.timers VALUES (gen_random_uuid(), 'kind', 'A', now())");
    return 0;
}

static void
each_check_refuses_its_breach(void **state UNUSED)
{
    break_all(breaches, COUNT_OF(breaches));
    all_checks_have_a_case("policy", breaches, COUNT_OF(breaches));
}

static void
the_service_deletes_drafts_and_no_version(void **state UNUSED)
{
    pgtest_run(ADD_POLICY "'PUBLISHED', 1, " CONTENT ", '2026-01-01', '{}', '{}', now(), now())");
    pgtest_run("SET ROLE policy_service; DELETE FROM policy.policies");
    pgtest_run("RESET ROLE");
    assert_int_equal(pgtest_count("SELECT count(*) FROM policy.policies"), 1);
    assert_int_equal(pgtest_count("SELECT version_number FROM policy.policies"), 1);
}

static void
no_two_versions_take_effect_on_one_day(void **state UNUSED)
{
    char constraint[64];
    pgtest_run(ADD_POLICY "'PUBLISHED', 1, " CONTENT ", '2026-01-01', '{}', '{}', now(), now())");
    assert_string_equal(pgtest_try(ADD_POLICY "'PUBLISHED', 2, " CONTENT
                                              ", '2026-01-01', '{}', '{}', now(), now())",
                                   constraint),
                        "23505");
}

static void
the_service_may_no_more_than_it_must(void **state UNUSED)
{
    static const char *const forbidden[] = {
        "DELETE FROM policy.line",
        "INSERT INTO policy.line DEFAULT VALUES",
        "DELETE FROM policy.enforced_sections",
        "TRUNCATE policy.policies",
        "ALTER TABLE policy.policies DISABLE ROW LEVEL SECURITY",
        "UPDATE policy.idempotency SET key = 'other'",
        "UPDATE policy.schema_info SET oldest_daemon = '0.0.1'",
        "CREATE TABLE policy.mine (id int)",
        "SELECT * FROM events.outbox",
    };
    forbid_all("policy_service", forbidden, COUNT_OF(forbidden));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_are_to_stay_whole_move_no_column_out),
        cmocka_unit_test_setup(each_check_refuses_its_breach, add_rows),
        cmocka_unit_test_setup(the_service_deletes_drafts_and_no_version, add_rows),
        cmocka_unit_test_setup(no_two_versions_take_effect_on_one_day, add_rows),
        cmocka_unit_test_setup(the_service_may_no_more_than_it_must, add_rows),
    };
    pgtest_begin("policy_schema_pgtest");
    pgtest_deploy_events();
    pgtest_deploy("services/policy/schema/deploy/create_policy.sql");
    int failures = cmocka_run_group_tests_name("policy_schema", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
