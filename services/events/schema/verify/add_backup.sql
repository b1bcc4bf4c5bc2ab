-- Fails where add_backup is not there as it was written.

BEGIN;

SELECT 1 / has_function_privilege('events_owner', 'events.begin_backup()', 'EXECUTE')::integer;
SELECT 1 / has_function_privilege('events_owner', 'events.end_restore()', 'EXECUTE')::integer;
SELECT 1 / (NOT has_function_privilege('events_service', 'events.end_restore()', 'EXECUTE'))::integer;

ROLLBACK;
