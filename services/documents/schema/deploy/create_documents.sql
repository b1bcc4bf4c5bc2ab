-- create_documents: uploads and their pieces, contents, documents, the answers already given, and the timers.
--
-- Written once, never edited after release: a mistake is mended by the next change.
-- Needs: roles documents_owner and documents_service (deploy/roles.sql), and the schema events, deployed before.
-- Oldest daemon: 0.1.0.
-- Locks: nothing that exists. Safe on a live database.

BEGIN;

-- Without the right to leave an event no change can commit: better to hear of it now.
DO $$
BEGIN
    IF NOT has_column_privilege('documents_service', 'events.outbox', 'payload', 'INSERT') THEN
        RAISE EXCEPTION 'documents_service may not insert into events.outbox: run deploy/roles.sql';
    END IF;
END
$$;

CREATE SCHEMA documents AUTHORIZATION documents_owner;
SET LOCAL ROLE documents_owner;
SET LOCAL search_path TO documents;

CREATE TABLE uploads (
    upload_id   uuid        NOT NULL,
    create_time timestamptz NOT NULL,
    document_id uuid,
    purpose     text,
    media_type  text,
    size_bytes  bigint,
    sha256      bytea,
    finish_time timestamptz,
    is_kept     boolean     NOT NULL DEFAULT false,

    CONSTRAINT uploads_pk             PRIMARY KEY (upload_id),
    CONSTRAINT uploads_document_id_uq UNIQUE (document_id),
    CONSTRAINT uploads_finish_ck      CHECK (num_nulls(document_id, purpose, media_type, size_bytes, sha256, finish_time) IN (0, 6)),
    CONSTRAINT uploads_size_bytes_ck  CHECK (size_bytes >= 0),
    CONSTRAINT uploads_sha256_ck      CHECK (octet_length(sha256) = 32)
);
COMMENT ON TABLE  uploads             IS 'One row per stream of bytes that came in. Written by aftercare-documents only; purged by age unless a content lies in it.';
COMMENT ON COLUMN uploads.create_time IS 'Business time of the first piece.';
COMMENT ON COLUMN uploads.document_id IS 'Under which the content can be read; NULL, as all that follows, while pieces may come.';
COMMENT ON COLUMN uploads.purpose     IS 'The method it was sent to, as policy.v1.PolicyService/CreatePolicy.';
COMMENT ON COLUMN uploads.media_type  IS 'What the client said it is.';
COMMENT ON COLUMN uploads.sha256      IS 'Of the whole.';
COMMENT ON COLUMN uploads.finish_time IS 'Business time of the end.';
COMMENT ON COLUMN uploads.is_kept     IS 'Whether a content lies in it.';

-- Serves the purge, which must not look at all that is kept.
CREATE INDEX uploads_create_time_ix ON uploads (create_time) WHERE NOT is_kept;

CREATE TABLE pieces (
    upload_id uuid    NOT NULL,
    number    integer NOT NULL,
    content   bytea   NOT NULL,

    CONSTRAINT pieces_pk           PRIMARY KEY (upload_id, number),
    CONSTRAINT pieces_upload_id_fk FOREIGN KEY (upload_id) REFERENCES uploads (upload_id) ON DELETE CASCADE,
    CONSTRAINT pieces_number_ck    CHECK (number >= 0),
    CONSTRAINT pieces_content_ck   CHECK (octet_length(content) <= 131072)
);
COMMENT ON TABLE  pieces         IS 'The bytes of uploads, 131,072 in a row. Written by aftercare-documents only; goes with its upload.';
COMMENT ON COLUMN pieces.number  IS 'From 0; all but the last are full.';
-- Photos and PDFs are compressed already.
ALTER TABLE pieces ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE contents (
    sha256     bytea  NOT NULL,
    upload_id  uuid   NOT NULL,
    size_bytes bigint NOT NULL,

    CONSTRAINT contents_pk            PRIMARY KEY (sha256),
    CONSTRAINT contents_upload_id_uq  UNIQUE (upload_id),
    CONSTRAINT contents_upload_id_fk  FOREIGN KEY (upload_id) REFERENCES uploads (upload_id),
    CONSTRAINT contents_sha256_ck     CHECK (octet_length(sha256) = 32),
    CONSTRAINT contents_size_bytes_ck CHECK (size_bytes > 0)
);
COMMENT ON TABLE  contents           IS 'One row per content that documents have, known by its SHA-256. Written by aftercare-documents only.';
COMMENT ON COLUMN contents.upload_id IS 'The upload in whose pieces it lies: the first that brought it.';

CREATE TABLE documents (
    document_id uuid        NOT NULL,
    sha256      bytea       NOT NULL,
    media_type  text        NOT NULL,
    file_name   text,
    owner_id    text        NOT NULL,
    create_time timestamptz NOT NULL,

    CONSTRAINT documents_pk          PRIMARY KEY (document_id),
    CONSTRAINT documents_sha256_fk   FOREIGN KEY (sha256) REFERENCES contents (sha256),
    CONSTRAINT documents_owner_id_ck CHECK (owner_id <> '')
);
COMMENT ON TABLE  documents            IS 'One row per document that somebody uploaded: who, when, under which name. Written by aftercare-documents only.';
COMMENT ON COLUMN documents.media_type IS 'What the content is; it was looked at.';
COMMENT ON COLUMN documents.file_name  IS 'The uploader''s name for it (personal); NULL where none was given.';
COMMENT ON COLUMN documents.owner_id   IS 'Subject of who uploaded it (personal).';

-- Serves the foreign key.
CREATE INDEX documents_sha256_ix ON documents (sha256);

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
INSERT INTO schema_info (change, oldest_daemon) VALUES ('create_documents', '0.1.0');

GRANT USAGE ON SCHEMA documents TO documents_service;
GRANT SELECT ON schema_info TO documents_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON uploads TO documents_service;
GRANT SELECT, INSERT ON pieces, contents, documents TO documents_service;
GRANT SELECT, INSERT, DELETE ON idempotency TO documents_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON timers TO documents_service;

COMMIT;
