-- create_log: the log of events in one order, and what the relay knows of its work.
--
-- Written once, never edited after release: a mistake is mended by the next change.
-- Needs: create_outbox.
-- Oldest daemon: 0.1.0.
-- Locks: nothing that exists. Safe on a live database.
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
);
COMMENT ON TABLE  relay                   IS 'One row: how far the log is. Moved in the statement that appends.';
COMMENT ON COLUMN relay.snapshot          IS 'All that was committed in it is in the log.';
COMMENT ON COLUMN relay.target            IS 'While a tick of many rows goes in pieces: what will be committed in the log when the last is done. Else NULL.';
COMMENT ON COLUMN relay.last_id           IS 'While a tick goes in pieces: the outbox id of the last row done.';
COMMENT ON COLUMN relay.position          IS 'Of the last event.';
COMMENT ON COLUMN relay.epoch             IS 'Rises when the log may have lost its end.';
COMMENT ON COLUMN relay.system_identifier IS 'Of the cluster in which snapshot means something.';
COMMENT ON COLUMN relay.timeline          IS 'Of the cluster at the last tick; differs after a failover or a recovery to a point in time.';
COMMENT ON COLUMN relay.switch_time       IS 'When the outbox was last switched; real time.';

CREATE TABLE epochs (
    epoch          bigint      NOT NULL,
    first_position bigint      NOT NULL,
    start_time     timestamptz NOT NULL,

    CONSTRAINT epochs_pk PRIMARY KEY (epoch)
);
COMMENT ON TABLE  epochs                IS 'Every epoch of the log. Events before first_position are those of the epoch before.';
COMMENT ON COLUMN epochs.first_position IS 'The first position of this epoch: readers of an older one that are at or behind it must start anew.';
COMMENT ON COLUMN epochs.start_time     IS 'Real time.';

CREATE TABLE horizons (
    class          text   NOT NULL,
    first_position bigint NOT NULL,

    CONSTRAINT horizons_pk PRIMARY KEY (class)
);
COMMENT ON TABLE  horizons                IS 'From where on events of a class are kept.';
COMMENT ON COLUMN horizons.first_position IS 'All events of the class from here on are in the log; older ones were dropped.';
INSERT INTO horizons (class, first_position) VALUES ('lasting', 1), ('brief', 1);

-- The first tick takes what the outbox holds already: a snapshot that sees nothing.
INSERT INTO relay (snapshot, position, epoch, system_identifier, timeline, switch_time)
SELECT '3:3:', 0, 1, s.system_identifier, c.timeline_id, now() FROM pg_control_system() s, pg_control_checkpoint() c;
INSERT INTO epochs (epoch, first_position, start_time) SELECT 1, 1, now();

-- Adds the partition of `class` for `count` positions from `first` on. True if it was not there.
CREATE FUNCTION add_partition(class text, first bigint, count bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = events SET lock_timeout = '20ms' AS $$
DECLARE
    name text := format('log_%s_%s', class, first);
BEGIN
    IF to_regclass('events.' || name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)', name, 'log_' || class, first, first + count);
    RETURN true;
END
$$;

-- Drops the partition of `class` that begins at `first` and moves the horizon behind it. The oldest one only.
CREATE FUNCTION drop_partition(class text, first bigint, next bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = events SET lock_timeout = '20ms' AS $$
BEGIN
    UPDATE horizons h SET first_position = next WHERE h.class = drop_partition.class AND h.first_position = first;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE %I', format('log_%s_%s', class, first));
    RETURN true;
END
$$;

-- Empties a partition of the outbox whose every row is in the log. False: somebody writes there, or it holds what is not.
CREATE FUNCTION empty_slot(slot integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = events SET lock_timeout = '20ms' AS $$
DECLARE
    is_needed boolean;
BEGIN
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', 'outbox_' || slot);
    EXECUTE format('SELECT EXISTS (SELECT FROM %I o, relay r WHERE r.target IS NOT NULL OR NOT pg_visible_in_snapshot(o.xid, r.snapshot))',
                   'outbox_' || slot) INTO is_needed;
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
GRANT SELECT, UPDATE ON relay, horizons TO events_service;
GRANT SELECT, INSERT ON epochs TO events_service;
GRANT UPDATE ON SEQUENCE outbox_turn TO events_service;
REVOKE ALL ON FUNCTION add_partition(text, bigint, bigint), drop_partition(text, bigint, bigint), empty_slot(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_partition(text, bigint, bigint), drop_partition(text, bigint, bigint), empty_slot(integer) TO events_service;

UPDATE schema_info SET change = 'create_log', oldest_daemon = '0.1.0';

COMMIT;
