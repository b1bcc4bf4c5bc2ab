-- create_log: the log of events in one order, and what the relay knows of its work.
--
-- Written once, never edited after release: a mistake is mended by the next change.
-- Needs: create_outbox.
-- Oldest daemon: 0.1.0.
-- Locks: outbox is locked against inserts while its index is made: milliseconds where the relay has emptied it, and where none has run
-- yet about a second for each million of events.
--
-- The log is partitioned by class, how long an event is kept, and within it by position. The relay adds partitions ahead and drops
-- the oldest; it owns nothing, so both are functions that run as the owner. No row is ever deleted or updated.

BEGIN;

SET LOCAL ROLE events_owner;
SET LOCAL search_path TO events;

CREATE TABLE log (
    class             text        NOT NULL,
    position          bigint      NOT NULL,
    event_id          uuid        NOT NULL,
    type              text        NOT NULL,
    aggregate_type    text        NOT NULL,
    aggregate_id      text        NOT NULL,
    aggregate_version bigint      NOT NULL,
    lane              smallint    NOT NULL,
    event_time        timestamptz NOT NULL,
    append_time       timestamptz NOT NULL,
    owner_id          text,
    unit_serial       text,
    principal         text        NOT NULL,
    trace             text,
    payload           bytea       NOT NULL,

    CONSTRAINT log_pk PRIMARY KEY (class, position)
) PARTITION BY LIST (class);

-- As in the outbox.
ALTER TABLE log ALTER COLUMN class SET STORAGE MAIN, ALTER COLUMN type SET STORAGE MAIN, ALTER COLUMN aggregate_type SET STORAGE MAIN,
    ALTER COLUMN aggregate_id SET STORAGE MAIN, ALTER COLUMN owner_id SET STORAGE MAIN, ALTER COLUMN unit_serial SET STORAGE MAIN,
    ALTER COLUMN principal SET STORAGE MAIN, ALTER COLUMN trace SET STORAGE MAIN, ALTER COLUMN payload SET STORAGE MAIN;

CREATE TABLE log_lasting PARTITION OF log FOR VALUES IN ('lasting') PARTITION BY RANGE (position);
CREATE TABLE log_brief   PARTITION OF log FOR VALUES IN ('brief')   PARTITION BY RANGE (position);

-- Serves readers of one aggregate, and the search for what the log has already after a restore.
CREATE INDEX log_aggregate_ix ON log (aggregate_type, aggregate_id, position);
-- Serves readers of some types.
CREATE INDEX log_type_ix      ON log (type, position);
-- Serves customers.
CREATE INDEX log_owner_ix     ON log (owner_id, position) WHERE owner_id IS NOT NULL;

COMMENT ON TABLE  log                   IS 'Every event at its position. Appended by the relay only.';
COMMENT ON COLUMN log.class             IS 'How long it is kept: brief for progress, lasting for all else.';
COMMENT ON COLUMN log.position          IS 'Its place: 1, 2, 3 ... over both classes, without holes.';
COMMENT ON COLUMN log.event_id          IS 'Identity of the event for consumers.';
COMMENT ON COLUMN log.type              IS 'Full name of the message in payload, as warranty.v1.ClaimDecided.';
COMMENT ON COLUMN log.aggregate_version IS 'Version of the aggregate that the change made.';
COMMENT ON COLUMN log.lane              IS 'First byte of SHA-256 of aggregate type, a zero byte and aggregate id: readers share lanes.';
COMMENT ON COLUMN log.event_time        IS 'Business time of the change, from the daemon''s clock.';
COMMENT ON COLUMN log.append_time       IS 'Real time of the tick. Rises with the position, but for steps of the clock.';
COMMENT ON COLUMN log.owner_id          IS 'Pseudonym of the customer whose thing it is; NULL where it is nobody''s.';
COMMENT ON COLUMN log.unit_serial       IS 'Unit that it concerns; NULL where there is none.';
COMMENT ON COLUMN log.principal         IS 'Pseudonym of who asked for the change, or system:<service>.';
COMMENT ON COLUMN log.trace             IS 'W3C trace id of the call; NULL where it had none.';
COMMENT ON COLUMN log.payload           IS 'The packed protobuf message. Holds nothing personal.';

-- Serves the relay's way through a backlog, in pieces and in order. It costs each insert about a microsecond.
CREATE INDEX outbox_id_ix ON outbox (id);

CREATE TABLE relay (
    is_only           boolean     NOT NULL DEFAULT true,
    snapshot          pg_snapshot NOT NULL,
    target            pg_snapshot,
    last_id           bigint      NOT NULL DEFAULT 0,
    position          bigint      NOT NULL,
    epoch             bigint      NOT NULL,
    system_identifier bigint      NOT NULL,
    timeline          integer     NOT NULL,
    switch_time       timestamptz NOT NULL,

    CONSTRAINT relay_pk          PRIMARY KEY (is_only),
    CONSTRAINT relay_is_only_ck  CHECK (is_only),
    CONSTRAINT relay_position_ck CHECK (position >= 0),
    CONSTRAINT relay_epoch_ck    CHECK (epoch >= 1)
) WITH (fillfactor = 50);
COMMENT ON TABLE  relay                   IS 'One row: how far the log is. Moved in the statement that appends.';
COMMENT ON COLUMN relay.snapshot          IS 'All that was committed in it is in the log.';
COMMENT ON COLUMN relay.target            IS 'While a tick of many rows goes in pieces: what will be committed in the log when the last is done. Else NULL.';
COMMENT ON COLUMN relay.last_id           IS 'While a tick goes in pieces: the outbox id of the last row done.';
COMMENT ON COLUMN relay.position          IS 'Of the last event.';
COMMENT ON COLUMN relay.epoch             IS 'Rises when the log may have lost its end: 1, then the second in which it began.';
COMMENT ON COLUMN relay.system_identifier IS 'Of the cluster in which snapshot means something.';
COMMENT ON COLUMN relay.timeline          IS 'Of the cluster at the last tick; differs after a failover or a recovery to a point in time.';
COMMENT ON COLUMN relay.switch_time       IS 'When the outbox was last switched; real time.';

CREATE TABLE epochs (
    epoch          bigint      NOT NULL,
    first_position bigint      NOT NULL,
    start_time     timestamptz NOT NULL,

    CONSTRAINT epochs_pk                PRIMARY KEY (epoch),
    CONSTRAINT epochs_first_position_ck CHECK (first_position >= 1)
);
COMMENT ON TABLE  epochs                IS 'Every epoch of the log. Events before first_position are those of the epoch before.';
COMMENT ON COLUMN epochs.first_position IS 'The first position of this epoch: readers of an older one that are at or behind it must start anew.';
COMMENT ON COLUMN epochs.start_time     IS 'Real time; of the first epoch 1970.';

CREATE TABLE horizons (
    class          text   NOT NULL,
    first_position bigint NOT NULL,

    CONSTRAINT horizons_pk       PRIMARY KEY (class),
    CONSTRAINT horizons_class_ck CHECK (class IN ('lasting', 'brief'))
);
COMMENT ON TABLE  horizons                IS 'From where on events of a class are kept.';
COMMENT ON COLUMN horizons.first_position IS 'All events of the class from here on are in the log; older ones were dropped.';
INSERT INTO horizons (class, first_position) VALUES ('lasting', 1), ('brief', 1);

CREATE TABLE partitions (
    class          text   NOT NULL,
    first_position bigint NOT NULL,
    end_position   bigint NOT NULL,

    CONSTRAINT partitions_pk       PRIMARY KEY (class, first_position),
    CONSTRAINT partitions_class_ck CHECK (class IN ('lasting', 'brief')),
    CONSTRAINT partitions_range_ck CHECK (first_position < end_position)
);
COMMENT ON TABLE  partitions              IS 'The partitions of the log, log_<class>_<first position>. Within a class each begins where the one before ends.';
COMMENT ON COLUMN partitions.end_position IS 'The position behind its last.';

-- The first tick takes what the outbox holds already: a snapshot that sees nothing. The timeline is that of the WAL being written: the
-- control file's follows after a promotion.
INSERT INTO relay (snapshot, position, epoch, system_identifier, timeline, switch_time)
SELECT '3:3:', 0, 1, s.system_identifier, ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer, 'epoch'
  FROM pg_control_system() s;
INSERT INTO epochs (epoch, first_position, start_time) VALUES (1, 1, 'epoch');

-- Adds a partition for `count` positions behind the last one of `class`; answers where it ends, NULL where somebody holds a lock. It
-- is attached, not created in its place: that waits for no reader, were it a backup of an hour.
CREATE FUNCTION add_partition(class text, count bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = events, pg_temp SET lock_timeout = '20ms' AS $$
DECLARE
    first bigint := coalesce((SELECT max(p.end_position) FROM partitions p WHERE p.class = add_partition.class), 1);
    name text := format('log_%s_%s', class, first);
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE log INCLUDING DEFAULTS INCLUDING STORAGE)', name);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', 'log_' || class, name, first, first + count);
    INSERT INTO partitions (class, first_position, end_position) VALUES (class, first, first + count);
    RETURN first + count;
EXCEPTION WHEN lock_not_available THEN
    RETURN NULL;
END
$$;

-- Drops the oldest partition of `class`, which begins at `first`, and moves the horizon behind it. False: it is not the oldest, it is the
-- last one, or somebody holds a lock.
CREATE FUNCTION drop_partition(class text, first bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = events, pg_temp SET lock_timeout = '20ms' AS $$
DECLARE
    next bigint := (SELECT min(p.first_position) FROM partitions p WHERE p.class = drop_partition.class AND p.first_position > first);
BEGIN
    DELETE FROM partitions p
     WHERE p.class = drop_partition.class AND p.first_position = first AND next IS NOT NULL
       AND NOT EXISTS (SELECT FROM partitions o WHERE o.class = p.class AND o.first_position < first);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE horizons h SET first_position = next WHERE h.class = drop_partition.class;
    EXECUTE format('DROP TABLE %I', format('log_%s_%s', class, first));
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;

-- Empties a partition of the outbox whose every row is in the log. False: somebody writes there, or it holds what the log does not.
-- What came late, with a turn of long ago, is found by its transaction as anything else is.
CREATE FUNCTION empty_slot(slot integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = events, pg_temp SET lock_timeout = '20ms' SET enable_seqscan = off AS $$
DECLARE
    is_needed boolean;
BEGIN
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', 'outbox_' || slot);
    EXECUTE format('SELECT EXISTS (SELECT FROM %1$I o WHERE o.xid >= pg_snapshot_xmax(r.snapshot))'
                   '    OR EXISTS (SELECT FROM %1$I o WHERE o.xid = ANY (ARRAY(SELECT pg_snapshot_xip(r.snapshot))))'
                   '  FROM relay r', 'outbox_' || slot) INTO is_needed;
    IF is_needed THEN
        RETURN false;
    END IF;
    EXECUTE format('TRUNCATE %I', 'outbox_' || slot);
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;

GRANT SELECT, INSERT ON log TO events_service;
GRANT SELECT ON log_lasting, log_brief TO events_service;
GRANT SELECT, UPDATE ON relay TO events_service;
GRANT SELECT ON horizons, partitions TO events_service;
GRANT SELECT, INSERT ON epochs TO events_service;
GRANT UPDATE ON SEQUENCE outbox_turn TO events_service;
-- After a restore into a new cluster the transactions that the outbox names mean nothing.
GRANT UPDATE (xid) ON outbox TO events_service;
REVOKE ALL ON FUNCTION add_partition(text, bigint), drop_partition(text, bigint), empty_slot(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_partition(text, bigint), drop_partition(text, bigint), empty_slot(integer) TO events_service;

UPDATE schema_info SET change = 'create_log', oldest_daemon = '0.1.0';

COMMIT;
