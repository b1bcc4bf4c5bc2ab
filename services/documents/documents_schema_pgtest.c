/*
 * documents_schema_pgtest - each CHECK of the schema is broken once, and the role may do what it
 * must and no more
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/schema_fixture.h"

#define SET_UPLOAD "UPDATE documents.uploads SET "
#define SET_PIECE "UPDATE documents.pieces SET "
#define SET_CONTENT "UPDATE documents.contents SET "
#define SET_DOCUMENT "UPDATE documents.documents SET "

static const struct breach breaches[] = {
    {"uploads_finish_ck", SET_UPLOAD "purpose = NULL"},
    {"uploads_size_bytes_ck", SET_UPLOAD "size_bytes = -1"},
    {"uploads_sha256_ck", SET_UPLOAD "sha256 = '\\x00'"},
    {"pieces_upload_id_fk", SET_PIECE "upload_id = gen_random_uuid()"},
    {"pieces_number_ck", SET_PIECE "number = -1"},
    {"pieces_content_ck", SET_PIECE "content = decode(repeat('00', 131073), 'hex')"},
    {"contents_upload_id_fk", SET_CONTENT "upload_id = gen_random_uuid()"},
    {"contents_sha256_ck", "INSERT INTO documents.contents SELECT '\\x00', gen_random_uuid(), 1"},
    {"contents_size_bytes_ck", SET_CONTENT "size_bytes = 0"},
    {"documents_sha256_fk", SET_DOCUMENT "sha256 = decode(repeat('11', 32), 'hex')"},
    {"documents_owner_id_ck", SET_DOCUMENT "owner_id = ''"},
    {"timers_attempt_ck", "UPDATE documents.timers SET attempt = -1"},
    {"schema_info_is_only_ck", "INSERT INTO documents.schema_info VALUES (false, 'c', '0.1.0')"},
    {"schema_info_change_ck", "UPDATE documents.schema_info SET change = ''"},
    {"schema_info_oldest_daemon_ck", "UPDATE documents.schema_info SET oldest_daemon = 'new'"},
};

static void
each_check_refuses_its_breach(void **state UNUSED)
{
    pgtest_run("SET search_path = documents;"
               "INSERT INTO uploads VALUES (gen_random_uuid(), now(), gen_random_uuid(), 'p',"
               " 'image/png', 1, decode(repeat('00', 32), 'hex'), now(), true);"
               "INSERT INTO pieces SELECT upload_id, 0, '\\x00' FROM uploads;"
               "INSERT INTO contents SELECT sha256, upload_id, size_bytes FROM uploads;"
               "INSERT INTO documents (document_id, sha256, media_type, owner_id, create_time)"
               " SELECT document_id, sha256, media_type, 'anna', now() FROM uploads;"
               "INSERT INTO timers VALUES (gen_random_uuid(), 'kind', 'A', now())");
    break_all(breaches, COUNT_OF(breaches));
    all_checks_have_a_case("documents", breaches, COUNT_OF(breaches));
}

static void
a_document_and_its_content_stay_as_they_are(void **state UNUSED)
{
    static const char *const forbidden[] = {
        "UPDATE documents.pieces SET content = ''",
        "DELETE FROM documents.pieces",
        "UPDATE documents.contents SET size_bytes = 2",
        "DELETE FROM documents.contents",
        "UPDATE documents.documents SET owner_id = 'other'",
        "DELETE FROM documents.documents",
        "UPDATE documents.idempotency SET key = 'other'",
        "UPDATE documents.schema_info SET oldest_daemon = '0.0.1'",
        "CREATE TABLE documents.mine (id int)",
        "SELECT * FROM events.outbox",
    };
    forbid_all("documents_service", forbidden, COUNT_OF(forbidden));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_are_to_stay_whole_move_no_column_out),
        cmocka_unit_test(each_check_refuses_its_breach),
        cmocka_unit_test(a_document_and_its_content_stay_as_they_are),
    };
    pgtest_begin("documents_schema_pgtest");
    pgtest_deploy_events();
    pgtest_deploy("services/documents/schema/deploy/create_documents.sql");
    int failures = cmocka_run_group_tests_name("documents_schema", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
