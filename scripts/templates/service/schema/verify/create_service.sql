-- Fails where create_@noun@ is not there as it was written.

BEGIN;

SELECT note_id, text, owner_id, create_time, version FROM @noun@.notes WHERE false;
SELECT principal, key, fingerprint, response, create_time FROM @noun@.idempotency WHERE false;
SELECT timer_id, kind, aggregate_id, due_time, lease_time, attempt FROM @noun@.timers WHERE false;

SELECT 1 / count(*) FROM @noun@.schema_info;
SELECT 1 / has_table_privilege('@noun@_service', '@noun@.notes', 'INSERT')::integer;
SELECT 1 / has_column_privilege('@noun@_service', 'events.outbox', 'payload', 'INSERT')::integer;
SELECT 1 / (NOT has_schema_privilege('@noun@_service', '@noun@', 'CREATE'))::integer;

ROLLBACK;
