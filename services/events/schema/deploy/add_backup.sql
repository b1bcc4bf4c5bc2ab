-- add_backup: what a backup and a restore ask of the events.
--
-- Written once, never edited after release: a mistake is mended by the next change.
-- Needs: create_log.
-- Oldest daemon: 0.1.0.
-- Locks: nothing. Safe on a live database.

BEGIN;

SET LOCAL ROLE events_owner;
SET LOCAL search_path TO events;

-- Called in a transaction that takes its snapshot afterwards: until that ends the outbox is not emptied and no part of the log is
-- dropped, both of which also older snapshots would see. Answers where the log is: the snapshot has at least that.
CREATE FUNCTION begin_backup(OUT log_epoch bigint, OUT log_position bigint)
    LANGUAGE plpgsql SET search_path = events, pg_temp AS $$
BEGIN
    LOCK TABLE outbox, log IN ACCESS SHARE MODE;
    SELECT epoch, position INTO STRICT log_epoch, log_position FROM relay;
END
$$;

-- Called once the tables are back, before a relay runs: it then takes the outbox as of another cluster, also in the one that the
-- backup was made of, and begins a new epoch.
CREATE FUNCTION end_restore() RETURNS void
    LANGUAGE sql SET search_path = events, pg_temp AS $$
    UPDATE relay SET system_identifier = 0
$$;

REVOKE ALL ON FUNCTION begin_backup(), end_restore() FROM PUBLIC;

UPDATE schema_info SET change = 'add_backup', oldest_daemon = '0.1.0';

COMMIT;
