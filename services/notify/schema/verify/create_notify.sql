-- Fails where create_notify is not there as it was written.

BEGIN;

SELECT is_only, revision FROM notify.catalogue WHERE false;
SELECT notice_id, event, content, create_time, version FROM notify.notices WHERE false;
SELECT message_id, person_id, channel, state, reason, is_open, part_count, attempt_count, timer_id, address_id, start_time,
       due_time, sent_time, create_time, version FROM notify.messages WHERE false;
SELECT message_id, notice_id, event_id, person_id, channel, aggregate_type, aggregate_id, event_time, event
  FROM notify.message_parts WHERE false;
SELECT person_id, version FROM notify.people WHERE false;
SELECT person_id, category, create_time FROM notify.opt_outs WHERE false;
SELECT webhook_id, url, types, description, state, reason, secret, old_secret, old_secret_expire_time, fail_time, create_time, version
  FROM notify.webhooks WHERE false;
SELECT delivery_id, webhook_id, event_id, type, epoch, event, state, attempt_count, timer_id, due_time, create_time, version
  FROM notify.deliveries WHERE false;
SELECT message_id, delivery_id, number, attempt_time, duration_ms, outcome, code, answer FROM notify.attempts WHERE false;
SELECT mail_id, message_id, person_id, sender, sender_address, subject, body, state, matched_by, reason, aggregate_type, aggregate_id,
       receive_time, version
  FROM notify.mails WHERE false;
SELECT mail_id, number, document_id, file_name, media_type, size_bytes, reason FROM notify.mail_attachments WHERE false;
SELECT person_id, answer_time FROM notify.mail_answers WHERE false;
SELECT name, lane, epoch, position, holder FROM notify.consumer_lanes WHERE false;
SELECT name, holder, lease_time FROM notify.consumer_replicas WHERE false;
SELECT name, event_id FROM notify.consumer_inbox WHERE false;
SELECT name, event_id, lane, epoch, position, type, event, reason, message, attempts, park_time, has_wish
  FROM notify.consumer_parked WHERE false;
SELECT version_number, digest, effective_from, is_revoked, canonical FROM notify.policies WHERE false;
SELECT principal, key, fingerprint, response, create_time FROM notify.idempotency WHERE false;
SELECT timer_id, kind, aggregate_id, due_time, lease_time, attempt FROM notify.timers WHERE false;

SELECT 1 / count(*) FROM notify.schema_info;
SELECT 1 / count(*) FROM notify.catalogue;
SELECT 1 / has_table_privilege('notify_service', 'notify.messages', 'INSERT')::integer;
SELECT 1 / (NOT has_table_privilege('notify_service', 'notify.message_parts', 'DELETE'))::integer;
SELECT 1 / has_column_privilege('notify_service', 'events.outbox', 'payload', 'INSERT')::integer;
SELECT 1 / (NOT has_schema_privilege('notify_service', 'notify', 'CREATE'))::integer;

ROLLBACK;
