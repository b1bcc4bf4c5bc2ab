-- Takes create_log back. The log is lost; what the outbox holds is not.

BEGIN;

SET LOCAL ROLE events_owner;
SET LOCAL search_path TO events;

DROP FUNCTION empty_slot(integer);
DROP FUNCTION drop_partition(text, bigint);
DROP FUNCTION add_partition(text, bigint);
DROP TABLE partitions, horizons, epochs, relay, log;
DROP INDEX outbox_id_ix;
REVOKE UPDATE ON SEQUENCE outbox_turn FROM events_service;
REVOKE UPDATE (xid) ON outbox FROM events_service;
UPDATE schema_info SET change = 'create_outbox', oldest_daemon = '0.1.0';

COMMIT;
