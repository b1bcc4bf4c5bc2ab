-- Fails where create_outbox is not there as it was written.

BEGIN;

SELECT slot, id, xid, event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id, unit_serial,
       principal, trace, payload
  FROM events.outbox
 WHERE false;

-- The turn names one of the three partitions, and that one is there.
SELECT 1 / count(*)
  FROM pg_class
 WHERE oid = to_regclass('events.outbox_' || pg_sequence_last_value('events.outbox_turn') % 3);

SELECT 1 / count(*) FROM events.schema_info;
SELECT 1 / has_column_privilege('aftercare_publish', 'events.outbox', 'payload', 'INSERT')::integer;
SELECT 1 / (NOT has_table_privilege('aftercare_publish', 'events.outbox', 'SELECT, UPDATE, DELETE, TRUNCATE'))::integer;

ROLLBACK;
