-- Fails where create_log is not there as it was written.

BEGIN;

SELECT class, position, event_id, type, aggregate_type, aggregate_id, aggregate_version, lane, event_time, append_time, owner_id,
       unit_serial, principal, trace, payload
  FROM events.log
 WHERE false;

SELECT snapshot, target, last_id, position, epoch, system_identifier, timeline, switch_time FROM events.relay WHERE false;
SELECT epoch, first_position, start_time FROM events.epochs WHERE false;
SELECT class, first_position, end_position FROM events.partitions WHERE false;
SELECT 1 / count(*) FROM events.relay WHERE is_only;
SELECT 1 / (count(*) - 1) FROM events.horizons;

SELECT 1 / has_table_privilege('events_service', 'events.log', 'INSERT')::integer;
SELECT 1 / (NOT has_table_privilege('events_service', 'events.log', 'UPDATE, DELETE, TRUNCATE'))::integer;
SELECT 1 / (NOT has_table_privilege('events_service', 'events.outbox', 'UPDATE, DELETE, TRUNCATE'))::integer;
SELECT 1 / has_function_privilege('events_service', 'events.empty_slot(integer)', 'EXECUTE')::integer;

ROLLBACK;
