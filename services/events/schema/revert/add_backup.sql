-- Takes add_backup back.

BEGIN;

SET LOCAL ROLE events_owner;
SET LOCAL search_path TO events;

DROP FUNCTION end_restore();
DROP FUNCTION begin_backup();
UPDATE schema_info SET change = 'create_log', oldest_daemon = '0.1.0';

COMMIT;
