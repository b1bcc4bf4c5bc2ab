/*
 * notify_schema_pgtest - each CHECK of the schema is broken once, one message of a person is open,
 * and the role may do what it must and no more
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/schema_fixture.h"

#define SET_NOTICE "UPDATE notify.notices SET "
#define SET_MESSAGE "UPDATE notify.messages SET "
#define SET_WEBHOOK "UPDATE notify.webhooks SET "
#define SET_DELIVERY "UPDATE notify.deliveries SET "
#define SET_ATTEMPT "UPDATE notify.attempts SET "
#define SET_MAIL "UPDATE notify.mails SET "

static const struct breach breaches[] = {
    {"catalogue_is_only_ck", "INSERT INTO notify.catalogue VALUES (false, 1)"},
    {"catalogue_revision_ck", "UPDATE notify.catalogue SET revision = 0"},
    {"notices_notice_id_ck", SET_NOTICE "notice_id = ''"},
    {"notices_event_ck", SET_NOTICE "event = ''"},
    {"notices_content_ck", SET_NOTICE "content = ''"},
    {"notices_create_time_ck", SET_NOTICE "create_time = 'infinity'"},
    {"notices_version_ck", SET_NOTICE "version = 0"},
    {"messages_channel_ck", SET_MESSAGE "channel = 'PIGEON'"},
    {"messages_state_ck", SET_MESSAGE "is_open = false, state = 'LOST'"},
    {"messages_is_open_ck", SET_MESSAGE "attempt_count = 1"},
    {"messages_sent_time_ck", SET_MESSAGE "is_open = false, state = 'SENT'"},
    {"messages_part_count_ck", SET_MESSAGE "part_count = 0"},
    {"messages_attempt_count_ck", SET_MESSAGE "is_open = false, attempt_count = -1"},
    {"messages_version_ck", SET_MESSAGE "version = 0"},
    {"message_parts_message_id_fk",
     "UPDATE notify.message_parts SET message_id = gen_random_uuid()"},
    {"people_version_ck", "UPDATE notify.people SET version = 0"},
    {"opt_outs_person_id_fk", "UPDATE notify.opt_outs SET person_id = 'other'"},
    {"opt_outs_category_ck", "UPDATE notify.opt_outs SET category = 'CASE'"},
    {"webhooks_state_ck", SET_WEBHOOK "state = 'GONE', reason = 'GONE'"},
    {"webhooks_reason_ck", SET_WEBHOOK "reason = 'GONE'"},
    {"webhooks_old_secret_ck", SET_WEBHOOK "old_secret = 'whsec_'"},
    {"webhooks_version_ck", SET_WEBHOOK "version = 0"},
    {"deliveries_webhook_id_fk", SET_DELIVERY "webhook_id = gen_random_uuid()"},
    {"deliveries_state_ck", SET_DELIVERY "state = 'LOST'"},
    {"deliveries_attempt_count_ck", SET_DELIVERY "attempt_count = -1"},
    {"deliveries_version_ck", SET_DELIVERY "version = 0"},
    {"attempts_message_id_fk", SET_ATTEMPT "message_id = gen_random_uuid()"},
    {"attempts_delivery_id_fk", SET_ATTEMPT "delivery_id = gen_random_uuid(), message_id = NULL"},
    {"attempts_about_ck", SET_ATTEMPT "message_id = NULL"},
    {"attempts_number_ck", SET_ATTEMPT "number = 0"},
    {"attempts_answer_ck", SET_ATTEMPT "answer = repeat('a', 501)"},
    {"mails_state_ck", SET_MAIL "state = 'LOST'"},
    {"mails_matched_by_ck", SET_MAIL "matched_by = 'CHANCE'"},
    {"mails_aggregate_ck", SET_MAIL "state = 'MATCHED'"},
    {"mails_version_ck", SET_MAIL "version = 0"},
    {"mail_attachments_mail_id_fk",
     "UPDATE notify.mail_attachments SET mail_id = gen_random_uuid()"},
    {"mail_attachments_reason_ck", "UPDATE notify.mail_attachments SET reason = ''"},
    {"consumer_parked_attempts_ck", "UPDATE notify.consumer_parked SET attempts = 0"},
    {"policies_version_number_ck", "UPDATE notify.policies SET version_number = 0"},
    {"policies_digest_ck", "UPDATE notify.policies SET digest = ''"},
    {"policies_effective_from_ck", "UPDATE notify.policies SET effective_from = 'infinity'"},
    {"policies_canonical_ck", "UPDATE notify.policies SET canonical = ''"},
    {"timers_attempt_ck", "UPDATE notify.timers SET attempt = -1"},
    {"schema_info_is_only_ck", "INSERT INTO notify.schema_info VALUES (false, 'c', '0.1.0')"},
    {"schema_info_change_ck", "UPDATE notify.schema_info SET change = ''"},
    {"schema_info_oldest_daemon_ck", "UPDATE notify.schema_info SET oldest_daemon = 'new'"},
};

#define ADD_MESSAGE                                                                                \
    "INSERT INTO notify.messages (message_id, person_id, channel, timer_id, start_time, due_time," \
    " create_time) VALUES (gen_random_uuid(), 'p', 'EMAIL', gen_random_uuid(), now(), now(),"      \
    " now())"

static void
each_check_refuses_its_breach(void **state UNUSED)
{
    pgtest_run(ADD_MESSAGE
               "; SET search_path = notify;"
               "INSERT INTO notices VALUES ('n', 'e', '\\x00', now());"
               "INSERT INTO message_parts SELECT message_id, 'n', gen_random_uuid(), 'p', 'EMAIL',"
               " 'claim', 'c', now(), '\\x00' FROM messages;"
               "INSERT INTO people VALUES ('p');"
               "INSERT INTO opt_outs VALUES ('p', 'SURVEY', now());"
               "INSERT INTO webhooks (webhook_id, url, types, description, secret, create_time)"
               " VALUES (gen_random_uuid(), 'https://x', '{}', '', 'whsec_', now());"
               "INSERT INTO deliveries (delivery_id, webhook_id, event_id, type, epoch, timer_id,"
               " due_time, create_time) SELECT gen_random_uuid(), webhook_id, gen_random_uuid(),"
               " 't', 1, gen_random_uuid(), now(), now() FROM webhooks;"
               "INSERT INTO attempts SELECT message_id, NULL, 1, now(), 1, 'ACCEPTED', 250, ''"
               " FROM messages;"
               "INSERT INTO mails (mail_id, message_id, person_id, sender, subject, body, state,"
               " receive_time) VALUES (gen_random_uuid(), 'm', 'p', 's', 's', 'b', 'UNMATCHED',"
               " now());"
               "INSERT INTO mail_attachments SELECT mail_id, 1, NULL, 'f', 't', 1, 'TOO_LARGE'"
               " FROM mails;"
               "INSERT INTO consumer_parked VALUES ('c', gen_random_uuid(), 0, 1, 1, 't', '\\x00',"
               " 'r', 'm', 1, now());"
               "INSERT INTO policies VALUES (1, decode(repeat('00', 32), 'hex'), '2026-01-01',"
               " false, '\\x00');"
               "INSERT INTO timers VALUES (gen_random_uuid(), 'kind', 'A', now())");
    break_all(breaches, COUNT_OF(breaches));
    all_checks_have_a_case("notify", breaches, COUNT_OF(breaches));
}

static void
one_message_of_a_person_and_channel_is_open(void **state UNUSED)
{
    char constraint[64];
    assert_string_equal(pgtest_try(ADD_MESSAGE, constraint), "23505");
    assert_string_equal(constraint, "messages_open_ix");
}

static void
what_was_sent_stays(void **state UNUSED)
{
    static const char *const forbidden[] = {
        "UPDATE notify.message_parts SET event = ''",
        "DELETE FROM notify.message_parts",
        "UPDATE notify.attempts SET outcome = 'ACCEPTED'",
        "DELETE FROM notify.attempts",
        "UPDATE notify.opt_outs SET category = 'SURVEY'",
        "UPDATE notify.policies SET canonical = ''",
        "UPDATE notify.idempotency SET key = 'other'",
        "UPDATE notify.schema_info SET oldest_daemon = '0.0.1'",
        "CREATE TABLE notify.mine (id int)",
        "SELECT * FROM events.outbox",
    };
    forbid_all("notify_service", forbidden, COUNT_OF(forbidden));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_are_to_stay_whole_move_no_column_out),
        cmocka_unit_test(each_check_refuses_its_breach),
        cmocka_unit_test(one_message_of_a_person_and_channel_is_open),
        cmocka_unit_test(what_was_sent_stays),
    };
    pgtest_begin("notify_schema_pgtest");
    pgtest_deploy_events();
    pgtest_deploy("services/notify/schema/deploy/create_notify.sql");
    int failures = cmocka_run_group_tests_name("notify_schema", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
