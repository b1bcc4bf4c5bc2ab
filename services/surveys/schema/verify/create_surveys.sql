-- Fails where create_surveys is not there as it was written.

BEGIN;

SELECT note_id, text, owner_id, create_time, version FROM surveys.notes WHERE false;
SELECT principal, key, fingerprint, response, create_time FROM surveys.idempotency WHERE false;
SELECT timer_id, kind, aggregate_id, due_time, lease_time, attempt FROM surveys.timers WHERE false;

SELECT 1 / count(*) FROM surveys.schema_info;
SELECT 1 / has_table_privilege('surveys_service', 'surveys.notes', 'INSERT')::integer;
SELECT 1 / has_column_privilege('surveys_service', 'events.outbox', 'payload', 'INSERT')::integer;
SELECT 1 / (NOT has_schema_privilege('surveys_service', 'surveys', 'CREATE'))::integer;

ROLLBACK;
