-- Fails where create_surveys is not there as it was written.

BEGIN;

SELECT template_id, trigger, is_enabled, create_time, version FROM surveys.templates WHERE false;
SELECT template_id, version, content FROM surveys.template_versions WHERE false;
SELECT person_id, ask_time FROM surveys.people WHERE false;
SELECT person_id, is_opted_out, version FROM surveys.opt_outs WHERE false;
SELECT invitation_id, event_id, template_id, template_version, aggregate_type, aggregate_id, person_id, state, reason, channel, clause_id, sku, category, region, service_centre, language, send_time, sent_event_id, expire_time, answer_time, reminder_count, nps, csat, ces, is_low, policy_version, create_time, version FROM surveys.invitations WHERE false;
SELECT invitation_id, place, question_id, number, choice_id, text FROM surveys.answers WHERE false;
SELECT loop_id, invitation_id, clause_ids, state, owner, assignee_id, contact_by, contact_by_explanation, is_late, note, create_time, version FROM surveys.loops WHERE false;
SELECT action_id, title, clause_id, subject, state, plan, owner_id, done_by_id, due_date, check_date, finding, is_late, create_time, version FROM surveys.actions WHERE false;
SELECT action_id, invitation_id FROM surveys.action_invitations WHERE false;
SELECT name, lane, epoch, position, holder FROM surveys.consumer_lanes WHERE false;
SELECT name, holder, lease_time FROM surveys.consumer_replicas WHERE false;
SELECT name, event_id FROM surveys.consumer_inbox WHERE false;
SELECT name, event_id, lane, epoch, position, type, event, reason, message, attempts, park_time, has_wish FROM surveys.consumer_parked WHERE false;
SELECT version_number, digest, effective_from, is_revoked, canonical FROM surveys.policies WHERE false;
SELECT principal, key, fingerprint, response, create_time FROM surveys.idempotency WHERE false;
SELECT timer_id, kind, aggregate_id, due_time, lease_time, attempt FROM surveys.timers WHERE false;

SELECT 1 / count(*) FROM surveys.schema_info;
SELECT 1 / has_table_privilege('surveys_service', 'surveys.invitations', 'INSERT')::integer;
SELECT 1 / has_column_privilege('surveys_service', 'events.outbox', 'payload', 'INSERT')::integer;
SELECT 1 / (NOT has_schema_privilege('surveys_service', 'surveys', 'CREATE'))::integer;

ROLLBACK;
