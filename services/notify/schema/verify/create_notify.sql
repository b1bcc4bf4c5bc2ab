-- Fails where create_notify is not there as it was written.

BEGIN;

SELECT note_id, text, owner_id, create_time, version FROM notify.notes WHERE false;
SELECT principal, key, fingerprint, response, create_time FROM notify.idempotency WHERE false;
SELECT timer_id, kind, aggregate_id, due_time, lease_time, attempt FROM notify.timers WHERE false;

SELECT 1 / count(*) FROM notify.schema_info;
SELECT 1 / has_table_privilege('notify_service', 'notify.notes', 'INSERT')::integer;
SELECT 1 / has_column_privilege('notify_service', 'events.outbox', 'payload', 'INSERT')::integer;
SELECT 1 / (NOT has_schema_privilege('notify_service', 'notify', 'CREATE'))::integer;

ROLLBACK;
