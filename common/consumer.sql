-- consumer.sql: the tables of a daemon that consumes events (common/consumer.h).
--
-- Not a migration: copy what follows into the change that makes the daemon's schema, with NOUN replaced by the daemon's. It stands
-- between `SET LOCAL search_path TO NOUN` and `COMMIT`. common/consumer_store.c and the statements of handlers, the only readers and
-- writers, find the tables by the search path.

-- Each event moves a cursor: room on each page keeps that from moving the row, vacuum comes early, and there is no CHECK
-- (docs/decisions/0004-checks-on-hot-tables.md).
CREATE TABLE consumer_lanes (
    name     text    NOT NULL,
    lane     integer NOT NULL,
    epoch    bigint  NOT NULL DEFAULT 0,
    position bigint  NOT NULL DEFAULT 0,
    holder   uuid,

    CONSTRAINT consumer_lanes_pk PRIMARY KEY (name, lane)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE  consumer_lanes          IS 'How far each consumer of this daemon is, a row for each of its lanes.';
COMMENT ON COLUMN consumer_lanes.lane     IS 'Events whose lane modulo the number of these rows is this one.';
COMMENT ON COLUMN consumer_lanes.epoch    IS 'Of the log that position is of; 0: nothing was read yet.';
COMMENT ON COLUMN consumer_lanes.position IS 'Events up to here are done.';
COMMENT ON COLUMN consumer_lanes.holder   IS 'The replica that moves it, for as long as its lease lasts; NULL: nobody.';

CREATE TABLE consumer_replicas (
    name       text        NOT NULL,
    holder     uuid        NOT NULL,
    lease_time timestamptz NOT NULL,

    CONSTRAINT consumer_replicas_pk PRIMARY KEY (name, holder)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE  consumer_replicas            IS 'The processes that share the lanes of a consumer.';
COMMENT ON COLUMN consumer_replicas.holder     IS 'Made anew by each start of a process.';
COMMENT ON COLUMN consumer_replicas.lease_time IS 'Real time until which its lanes are its own, unless it says more.';

CREATE TABLE consumer_inbox (
    name     text NOT NULL,
    event_id uuid NOT NULL,

    CONSTRAINT consumer_inbox_pk PRIMARY KEY (name, event_id)
);
COMMENT ON TABLE  consumer_inbox          IS 'Events that had their effect. Pruned by age.';
COMMENT ON COLUMN consumer_inbox.event_id IS 'UUID version 7: its first 48 bits are the time by which it is pruned.';

CREATE TABLE consumer_parked (
    name      text        NOT NULL,
    event_id  uuid        NOT NULL,
    lane      integer     NOT NULL,
    epoch     bigint      NOT NULL,
    position  bigint      NOT NULL,
    type      text        NOT NULL,
    event     bytea       NOT NULL,
    reason    text        NOT NULL,
    message   text        NOT NULL,
    attempts  integer     NOT NULL,
    park_time timestamptz NOT NULL,
    has_wish  boolean     NOT NULL DEFAULT false,

    CONSTRAINT consumer_parked_pk          PRIMARY KEY (name, event_id),
    CONSTRAINT consumer_parked_attempts_ck CHECK (attempts >= 1)
);
COMMENT ON TABLE  consumer_parked           IS 'Events that a handler refused for good: put aside, so that those behind them go on.';
COMMENT ON COLUMN consumer_parked.lane      IS 'The consumer''s: whoever holds it may take the row away.';
COMMENT ON COLUMN consumer_parked.event     IS 'The whole event, a packed events.v1.LoggedEvent.';
COMMENT ON COLUMN consumer_parked.reason    IS 'Of the last refusal, as EVENT_UNREADABLE or CONSTRAINT_VIOLATED.';
COMMENT ON COLUMN consumer_parked.message   IS 'The same in a sentence.';
COMMENT ON COLUMN consumer_parked.attempts  IS 'How often it was tried.';
COMMENT ON COLUMN consumer_parked.park_time IS 'Real time.';
COMMENT ON COLUMN consumer_parked.has_wish  IS 'Somebody wishes that it is tried again.';

GRANT SELECT, INSERT, UPDATE ON consumer_lanes TO NOUN_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON consumer_replicas TO NOUN_service;
GRANT SELECT, INSERT, DELETE ON consumer_inbox TO NOUN_service;
GRANT SELECT, INSERT, UPDATE (reason, message, attempts, has_wish), DELETE ON consumer_parked TO NOUN_service;
