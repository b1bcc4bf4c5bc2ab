-- create_@noun@: notes, the answers already given, and the timers.
--
-- Written once, never edited after release: a mistake is mended by the next change.
-- Needs: roles @noun@_owner and @noun@_service (deploy/roles.sql), and the schema events, deployed before.
-- Oldest daemon: 0.1.0.
-- Locks: nothing that exists. Safe on a live database.

BEGIN;

-- Without the right to leave an event no change can commit: better to hear of it now.
DO $$
BEGIN
    IF NOT has_column_privilege('@noun@_service', 'events.outbox', 'payload', 'INSERT') THEN
        RAISE EXCEPTION '@noun@_service may not insert into events.outbox: run deploy/roles.sql';
    END IF;
END
$$;

CREATE SCHEMA @noun@ AUTHORIZATION @noun@_owner;
SET LOCAL ROLE @noun@_owner;
SET LOCAL search_path TO @noun@;

CREATE TABLE notes (
    note_id     uuid        NOT NULL,
    text        text        NOT NULL,
    owner_id    text        NOT NULL,
    create_time timestamptz NOT NULL,
    version     bigint      NOT NULL DEFAULT 1,

    CONSTRAINT notes_pk             PRIMARY KEY (note_id),
    CONSTRAINT notes_text_ck        CHECK (octet_length(text) BETWEEN 1 AND 2000),
    CONSTRAINT notes_owner_id_ck    CHECK (octet_length(owner_id) BETWEEN 1 AND 255),
    CONSTRAINT notes_create_time_ck CHECK (isfinite(create_time)),
    CONSTRAINT notes_version_ck     CHECK (version >= 1)
);
COMMENT ON TABLE  notes          IS 'One row per note. Written by aftercare-@noun@ only.';
COMMENT ON COLUMN notes.text     IS 'What it says (personal).';
COMMENT ON COLUMN notes.owner_id IS 'Subject of who left it (personal).';
COMMENT ON COLUMN notes.version  IS 'One more with each change; each write names the one it read.';

CREATE TABLE idempotency (
    principal   text        NOT NULL,
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL,
    response    bytea       NOT NULL,
    create_time timestamptz NOT NULL,

    CONSTRAINT idempotency_pk PRIMARY KEY (principal, key)
);
COMMENT ON TABLE  idempotency             IS 'Calls answered, and the answer, so that a repeat gets the same one. Pruned by age.';
COMMENT ON COLUMN idempotency.principal   IS 'Pseudonym of the caller: the same key of another caller is another key.';
COMMENT ON COLUMN idempotency.key         IS 'Idempotency-Key of the request, or what the service made in its place.';
COMMENT ON COLUMN idempotency.fingerprint IS 'SHA-256 of method and packed request.';
COMMENT ON COLUMN idempotency.response    IS 'The packed answer (personal).';
COMMENT ON COLUMN idempotency.create_time IS 'Business time of the first use.';

-- Compressed the answer fits into the row: a place of its own costs a second row and an index entry. All of them, since what is EXTENDED
-- is moved out before anything is compressed, were it 32 bytes long.
ALTER TABLE idempotency ALTER COLUMN principal SET STORAGE MAIN, ALTER COLUMN key SET STORAGE MAIN,
    ALTER COLUMN fingerprint SET STORAGE MAIN, ALTER COLUMN response SET STORAGE MAIN;

-- Serves the pruning.
CREATE INDEX idempotency_create_time_ix ON idempotency (create_time);

-- Rows come and go: room on each page keeps a lease from moving its row, and vacuum comes early.
CREATE TABLE timers (
    timer_id     uuid        NOT NULL,
    kind         text        NOT NULL,
    aggregate_id text        NOT NULL,
    due_time     timestamptz NOT NULL,
    lease_time   timestamptz NOT NULL DEFAULT '-infinity',
    attempt      integer     NOT NULL DEFAULT 0,

    CONSTRAINT timers_pk              PRIMARY KEY (timer_id),
    CONSTRAINT timers_attempt_ck      CHECK (attempt >= 0)
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE  timers              IS 'What is to be done at a time, until it is done. Replicas share the rows by leases.';
COMMENT ON COLUMN timers.kind         IS 'Names the handler in the daemon.';
COMMENT ON COLUMN timers.aggregate_id IS 'What it is about.';
COMMENT ON COLUMN timers.due_time     IS 'Business time at which it is due.';
COMMENT ON COLUMN timers.lease_time   IS 'Real time until which nobody takes it: while a replica runs it, and between two tries.';
COMMENT ON COLUMN timers.attempt      IS 'Tries begun.';

-- Serves taking what is due, and looking for the next.
CREATE INDEX timers_due_time_ix ON timers (due_time);

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
INSERT INTO schema_info (change, oldest_daemon) VALUES ('create_@noun@', '0.1.0');

GRANT USAGE ON SCHEMA @noun@ TO @noun@_service;
GRANT SELECT ON schema_info TO @noun@_service;
GRANT SELECT, INSERT, UPDATE ON notes TO @noun@_service;
GRANT SELECT, INSERT, DELETE ON idempotency TO @noun@_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON timers TO @noun@_service;

COMMIT;
