-- create_outbox: the table that every unit of work leaves its event in.
--
-- Written once, never edited after release: a mistake is mended by the next change.
-- Needs: roles events_owner, events_service and aftercare_publish (deploy/roles.sql). Deployed before every other schema.
-- Oldest daemon: 0.1.0.
-- Locks: nothing that exists. Safe on a live database.
--
-- Writers insert and nothing else; the relay of the events daemon reads what has committed since its last tick and gives it
-- positions in a log. The outbox is three partitions used in turn, so that it is emptied by TRUNCATE and no row is ever deleted:
--
--   switch    setval('events.outbox_turn', turn + 1). Each insert takes its slot from that sequence, so the next statement of
--             every writer goes to the next partition. A statement that read the old turn may still insert into the old partition.
--   truncate  of a partition that is not the current one: LOCK it ACCESS EXCLUSIVE (lock_timeout 20 ms), so that no
--             transaction holds rows in it that are not decided; look that the last tick's snapshot sees each xid in it,
--             so that the log has it; TRUNCATE (empty_slot in create_log). That test, not the switch, is what makes it
--             safe: a row that came late is found by it.
--
-- One CHECK only: each costs every insert about 3 us, because PostgreSQL reads its text anew for each statement, and every change of
-- every service passes here. common/change.c, the only writer, holds the rest (docs/decisions/0004-checks-on-hot-tables.md).
--
-- setval writes exactly its value to the WAL; nextval would write 32 ahead, and a crash would skip turns. Skipping would do no
-- harm either, for the reason above.

BEGIN;

CREATE SCHEMA events AUTHORIZATION events_owner;
SET LOCAL ROLE events_owner;
SET LOCAL search_path TO events;

CREATE SEQUENCE outbox_turn AS bigint MINVALUE 0 START 0;
DO $$
BEGIN
    PERFORM setval('outbox_turn', 0);
END
$$;
COMMENT ON SEQUENCE outbox_turn IS 'How often the outbox has been switched; modulo 3 it is the slot that inserts go to. '
                                   'Moved by the relay only, with setval.';

CREATE TABLE outbox (
    slot              smallint    NOT NULL DEFAULT (pg_sequence_last_value('events.outbox_turn') % 3),
    id                bigint      NOT NULL GENERATED ALWAYS AS IDENTITY (CACHE 1),
    xid               xid8        NOT NULL DEFAULT pg_current_xact_id(),
    event_id          uuid        NOT NULL,
    type              text        NOT NULL,
    aggregate_type    text        NOT NULL,
    aggregate_id      text        NOT NULL,
    aggregate_version bigint      NOT NULL,
    event_time        timestamptz NOT NULL,
    owner_id          text,
    unit_serial       text,
    principal         text        NOT NULL,
    trace             text,
    payload           bytea       NOT NULL,

    CONSTRAINT outbox_pk                   PRIMARY KEY (slot, aggregate_type, aggregate_id, aggregate_version),
    CONSTRAINT outbox_aggregate_version_ck CHECK (aggregate_version >= 1)
) PARTITION BY LIST (slot);

-- Kept in the row where it fits, compressed: a place of its own costs a second row and an index entry. All of them, since what is
-- EXTENDED is moved out before anything is compressed, were it 32 bytes long. Partitions take it from here.
ALTER TABLE outbox ALTER COLUMN type SET STORAGE MAIN, ALTER COLUMN aggregate_type SET STORAGE MAIN,
    ALTER COLUMN aggregate_id SET STORAGE MAIN, ALTER COLUMN owner_id SET STORAGE MAIN, ALTER COLUMN unit_serial SET STORAGE MAIN,
    ALTER COLUMN principal SET STORAGE MAIN, ALTER COLUMN trace SET STORAGE MAIN, ALTER COLUMN payload SET STORAGE MAIN;

CREATE TABLE outbox_0 PARTITION OF outbox FOR VALUES IN (0);
CREATE TABLE outbox_1 PARTITION OF outbox FOR VALUES IN (1);
CREATE TABLE outbox_2 PARTITION OF outbox FOR VALUES IN (2);

-- Serves the relay's tick: transactions from the last snapshot's xmax up to the new one's, and those that ran then.
CREATE INDEX outbox_xid_ix ON outbox (xid);

COMMENT ON TABLE  outbox                   IS 'Events of committed changes, until the log has them. Each daemon inserts, the relay reads. '
                                              'One version of an aggregate has one event: outbox_pk holds that within a partition only, '
                                              'the lock on the aggregate''s own row everywhere.';
COMMENT ON COLUMN outbox.slot              IS 'Which partition. Never named by a writer.';
COMMENT ON COLUMN outbox.id                IS 'Drawn after the aggregate''s row lock, so it rises with the versions of one aggregate; across aggregates '
                                              'it is not the order of commits. Never named by a writer.';
COMMENT ON COLUMN outbox.xid               IS 'The top-level transaction that inserts. Never named by a writer.';
COMMENT ON COLUMN outbox.event_id          IS 'Identity of the event for consumers, UUID version 7.';
COMMENT ON COLUMN outbox.type              IS 'Full name of the message in payload, as warranty.v1.ClaimSubmitted.';
COMMENT ON COLUMN outbox.aggregate_version IS 'Version of the aggregate that the change made; the first is 1.';
COMMENT ON COLUMN outbox.event_time        IS 'Business time of the change, from the daemon''s clock.';
COMMENT ON COLUMN outbox.owner_id          IS 'Pseudonym of the customer whose thing it is; NULL where it is nobody''s.';
COMMENT ON COLUMN outbox.unit_serial       IS 'Unit that it concerns; NULL where there is none.';
COMMENT ON COLUMN outbox.principal         IS 'Pseudonym of who asked for the change, or system:<service>.';
COMMENT ON COLUMN outbox.trace             IS 'W3C trace id of the call; NULL where it had none.';
COMMENT ON COLUMN outbox.payload           IS 'The packed protobuf message, at most 128 KiB. Holds nothing personal.';

CREATE TABLE schema_info (
    is_only       boolean NOT NULL DEFAULT true,
    change        text    NOT NULL,
    oldest_daemon text    NOT NULL,

    CONSTRAINT schema_info_pk               PRIMARY KEY (is_only),
    CONSTRAINT schema_info_is_only_ck       CHECK (is_only),
    CONSTRAINT schema_info_change_ck        CHECK (change <> ''),
    CONSTRAINT schema_info_oldest_daemon_ck CHECK (oldest_daemon ~ '^[0-9]+[.][0-9]+[.][0-9]+$')
);
COMMENT ON TABLE  schema_info               IS 'One row: how far this schema is. Each migration sets it; daemons read it on each connection.';
COMMENT ON COLUMN schema_info.change        IS 'The last change deployed.';
COMMENT ON COLUMN schema_info.oldest_daemon IS 'Daemons older than this version refuse to work with the schema.';
INSERT INTO schema_info (change, oldest_daemon) VALUES ('create_outbox', '0.1.0');

-- Writers choose neither slot nor id nor xid, see no event, and cannot move the turn.
GRANT USAGE ON SCHEMA events TO aftercare_publish;
GRANT SELECT ON SEQUENCE outbox_turn TO aftercare_publish;
GRANT INSERT (event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id, unit_serial, principal,
              trace, payload)
   ON outbox TO aftercare_publish;

GRANT USAGE ON SCHEMA events TO events_service;
GRANT SELECT ON schema_info TO events_service;
GRANT SELECT ON outbox TO events_service;

COMMIT;
