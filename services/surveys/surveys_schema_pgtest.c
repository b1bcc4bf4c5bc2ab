/*
 * surveys_schema_pgtest - each CHECK of the schema is broken once, what may be there once is, and
 * the role may do what it must and no more
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/schema_fixture.h"

#define SET_TEMPLATE "UPDATE surveys.templates SET "
#define SET_PEOPLE "UPDATE surveys.people SET "
#define SET_INVITATION "UPDATE surveys.invitations SET "
#define SET_ANSWER "UPDATE surveys.answers SET "
#define SET_LOOP "UPDATE surveys.loops SET "
#define SET_ACTION "UPDATE surveys.actions SET "

static const struct breach breaches[] = {
    {"templates_template_id_ck", SET_TEMPLATE "template_id = ''"},
    {"templates_trigger_ck", SET_TEMPLATE "trigger = ''"},
    {"templates_create_time_ck", SET_TEMPLATE "create_time = 'infinity'"},
    {"templates_version_ck", SET_TEMPLATE "version = 0"},
    {"template_versions_template_id_fk",
     "INSERT INTO surveys.template_versions VALUES ('other', 1, '\\x00')"},
    {"template_versions_content_ck", "UPDATE surveys.template_versions SET content = ''"},
    {"people_person_id_ck", SET_PEOPLE "person_id = ''"},
    {"people_ask_time_ck", SET_PEOPLE "ask_time = 'infinity'"},
    {"opt_outs_person_id_ck", "UPDATE surveys.opt_outs SET person_id = ''"},
    {"opt_outs_version_ck", "UPDATE surveys.opt_outs SET version = 0"},
    {"invitations_template_fk", SET_INVITATION "template_version = 2"},
    {"invitations_aggregate_ck", SET_INVITATION "aggregate_id = ''"},
    {"invitations_person_id_ck", SET_INVITATION "person_id = ''"},
    {"invitations_state_ck", SET_INVITATION "state = 'LOST', channel = NULL, answer_time = NULL"},
    {"invitations_reason_ck", SET_INVITATION "reason = 'COOL_DOWN'"},
    {"invitations_channel_ck", SET_INVITATION "channel = 'PIGEON'"},
    {"invitations_answer_time_ck", SET_INVITATION "answer_time = NULL"},
    {"invitations_expire_time_ck", SET_INVITATION "expire_time = send_time - interval '1 s'"},
    {"invitations_send_time_ck",
     SET_INVITATION "send_time = '-infinity', expire_time = send_time, answer_time = send_time"},
    {"invitations_reminder_ck", SET_INVITATION "reminder_count = -1"},
    {"invitations_scores_ck", SET_INVITATION "csat = 0"},
    {"invitations_create_time_ck", SET_INVITATION "create_time = 'infinity'"},
    {"invitations_version_ck", SET_INVITATION "version = 0"},
    {"answers_invitation_id_fk", SET_ANSWER "invitation_id = gen_random_uuid()"},
    {"answers_question_id_ck", SET_ANSWER "question_id = ''"},
    {"answers_number_ck", SET_ANSWER "number = 11"},
    {"answers_choice_id_ck", SET_ANSWER "choice_id = ''"},
    {"answers_text_ck", SET_ANSWER "text = ''"},
    {"loops_invitation_id_fk", SET_LOOP "invitation_id = gen_random_uuid()"},
    {"loops_state_ck", SET_LOOP "state = 'LOST'"},
    {"loops_owner_ck", SET_LOOP "owner = repeat('a', 65)"},
    {"loops_assignee_id_ck", SET_LOOP "assignee_id = ''"},
    {"loops_contact_by_ck", SET_LOOP "contact_by = 'infinity'"},
    {"loops_explanation_ck", SET_LOOP "contact_by_explanation = repeat('a', 4001)"},
    {"loops_note_ck", SET_LOOP "note = ''"},
    {"loops_create_time_ck", SET_LOOP "create_time = 'infinity'"},
    {"loops_version_ck", SET_LOOP "version = 0"},
    {"actions_title_ck", SET_ACTION "title = ''"},
    {"actions_cluster_ck", SET_ACTION "subject = NULL"},
    {"actions_state_ck", SET_ACTION "state = 'LOST'"},
    {"actions_plan_ck", SET_ACTION "plan = ''"},
    {"actions_owner_id_ck", SET_ACTION "owner_id = ''"},
    {"actions_done_by_id_ck", SET_ACTION "done_by_id = ''"},
    {"actions_dates_ck", SET_ACTION "due_date = '2026-03-02', check_date = '2026-03-01'"},
    {"actions_finding_ck", SET_ACTION "finding = ''"},
    {"actions_create_time_ck", SET_ACTION "create_time = 'infinity'"},
    {"actions_version_ck", SET_ACTION "version = 0"},
    {"action_invitations_action_id_fk",
     "UPDATE surveys.action_invitations SET action_id = gen_random_uuid()"},
    {"action_invitations_invitation_id_fk",
     "UPDATE surveys.action_invitations SET invitation_id = gen_random_uuid()"},
    {"consumer_parked_attempts_ck", "UPDATE surveys.consumer_parked SET attempts = 0"},
    {"policies_version_number_ck", "UPDATE surveys.policies SET version_number = 0"},
    {"policies_digest_ck", "UPDATE surveys.policies SET digest = ''"},
    {"policies_effective_from_ck", "UPDATE surveys.policies SET effective_from = 'infinity'"},
    {"policies_canonical_ck", "UPDATE surveys.policies SET canonical = ''"},
    {"timers_attempt_ck", "UPDATE surveys.timers SET attempt = -1"},
    {"schema_info_is_only_ck", "INSERT INTO surveys.schema_info VALUES (false, 'c', '0.1.0')"},
    {"schema_info_change_ck", "UPDATE surveys.schema_info SET change = ''"},
    {"schema_info_oldest_daemon_ck", "UPDATE surveys.schema_info SET oldest_daemon = 'new'"},
};

static void
each_check_refuses_its_breach(void **state UNUSED)
{
    pgtest_run("SET search_path = surveys;"
               "INSERT INTO templates VALUES ('t', 'claim_closed', true, now());"
               "INSERT INTO template_versions VALUES ('t', 1, '\\x00');"
               "INSERT INTO people VALUES ('p', now());"
               "INSERT INTO opt_outs VALUES ('p', true, 1);"
               "INSERT INTO invitations (invitation_id, event_id, template_id, template_version,"
               " aggregate_type, aggregate_id, person_id, state, channel, send_time, expire_time,"
               " answer_time, csat, policy_version, create_time) VALUES (gen_random_uuid(),"
               " gen_random_uuid(), 't', 1, 'claim', 'c', 'p', 'ANSWERED', 'PHONE', now(), now(),"
               " now(), 1, 1, now());"
               "INSERT INTO answers SELECT invitation_id, 1, 'q', 1, NULL, NULL FROM invitations;"
               "INSERT INTO loops (loop_id, invitation_id, clause_ids, owner, create_time)"
               " SELECT gen_random_uuid(), invitation_id, '{c}', 'o', now() FROM invitations;"
               "INSERT INTO actions (action_id, title, clause_id, subject, create_time)"
               " VALUES (gen_random_uuid(), 't', 'c', 's', now());"
               "INSERT INTO action_invitations SELECT action_id, invitation_id"
               " FROM actions, invitations;"
               "INSERT INTO consumer_parked VALUES ('c', gen_random_uuid(), 0, 1, 1, 't', '\\x00',"
               " 'r', 'm', 1, now());"
               "INSERT INTO policies VALUES (1, decode(repeat('00', 32), 'hex'), '2026-01-01',"
               " false, '\\x00');"
               "INSERT INTO timers VALUES (gen_random_uuid(), 'kind', 'A', now())");
    break_all(breaches, COUNT_OF(breaches));
    all_checks_have_a_case("surveys", breaches, COUNT_OF(breaches));
}

static void
what_may_be_there_once_is(void **state UNUSED)
{
    static const struct breach seconds[] = {
        {"templates_trigger_ux",
         "INSERT INTO surveys.templates VALUES ('u', 'claim_closed', true, now())"},
        {"invitations_event_id_uq",
         "INSERT INTO surveys.invitations (invitation_id, event_id, template_id, template_version,"
         " aggregate_type, aggregate_id, state, send_time, policy_version, create_time)"
         " SELECT gen_random_uuid(), event_id, 't', 1, 'claim', 'c', 'SENT', now(), 1, now()"
         " FROM surveys.invitations"},
        {"answers_pk", "INSERT INTO surveys.answers SELECT * FROM surveys.answers"},
        {"loops_invitation_id_uq",
         "INSERT INTO surveys.loops (loop_id, invitation_id, clause_ids, owner, create_time)"
         " SELECT gen_random_uuid(), invitation_id, '{}', '', now() FROM surveys.loops"},
        {"actions_cluster_ux",
         "INSERT INTO surveys.actions (action_id, title, clause_id, subject, create_time)"
         " VALUES (gen_random_uuid(), 't', 'c', 's', now())"},
    };
    break_all(seconds, COUNT_OF(seconds));
}

static void
what_was_asked_and_answered_stays(void **state UNUSED)
{
    static const char *const forbidden[] = {
        "DELETE FROM surveys.templates",
        "UPDATE surveys.template_versions SET content = ''",
        "DELETE FROM surveys.template_versions",
        "DELETE FROM surveys.opt_outs",
        "DELETE FROM surveys.invitations",
        "UPDATE surveys.answers SET number = 10",
        "DELETE FROM surveys.answers",
        "DELETE FROM surveys.loops",
        "DELETE FROM surveys.actions",
        "DELETE FROM surveys.action_invitations",
        "UPDATE surveys.policies SET canonical = ''",
        "UPDATE surveys.idempotency SET key = 'other'",
        "UPDATE surveys.schema_info SET oldest_daemon = '0.0.1'",
        "CREATE TABLE surveys.mine (id int)",
        "SELECT * FROM events.outbox",
    };
    forbid_all("surveys_service", forbidden, COUNT_OF(forbidden));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_are_to_stay_whole_move_no_column_out),
        cmocka_unit_test(each_check_refuses_its_breach),
        cmocka_unit_test(what_may_be_there_once_is),
        cmocka_unit_test(what_was_asked_and_answered_stays),
    };
    pgtest_begin("surveys_schema_pgtest");
    pgtest_deploy_events();
    pgtest_deploy("services/surveys/schema/deploy/create_surveys.sql");
    int failures = cmocka_run_group_tests_name("surveys_schema", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
