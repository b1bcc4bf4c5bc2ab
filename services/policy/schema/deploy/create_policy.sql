-- create_policy: policies in their versions, the staff directory, the answers already given, and the timers.
--
-- Written once, never edited after release: a mistake is mended by the next change.
-- Needs: roles policy_owner and policy_service (deploy/roles.sql), and the schema events, deployed before.
-- Oldest daemon: 0.1.0.
-- Locks: nothing that exists. Safe on a live database.

BEGIN;

-- Without the right to leave an event no change can commit: better to hear of it now.
DO $$
BEGIN
    IF NOT has_column_privilege('policy_service', 'events.outbox', 'payload', 'INSERT') THEN
        RAISE EXCEPTION 'policy_service may not insert into events.outbox: run deploy/roles.sql';
    END IF;
END
$$;

CREATE SCHEMA policy AUTHORIZATION policy_owner;
SET LOCAL ROLE policy_owner;
SET LOCAL search_path TO policy;

CREATE TABLE policies (
    policy_id      uuid        NOT NULL,
    state          text        NOT NULL,
    version_number bigint,
    title          text        NOT NULL,
    languages      text        NOT NULL,
    digest         bytea       NOT NULL,
    effective_from date,
    canonical      bytea       NOT NULL,
    source         bytea       NOT NULL,
    create_time    timestamptz NOT NULL,
    publish_time   timestamptz,
    revoke_time    timestamptz,
    revoke_reason  text,
    version        bigint      NOT NULL DEFAULT 1,

    CONSTRAINT policies_pk                PRIMARY KEY (policy_id),
    CONSTRAINT policies_version_number_uq UNIQUE (version_number),
    CONSTRAINT policies_state_ck          CHECK (state IN ('DRAFT', 'PUBLISHED', 'REVOKED')),
    CONSTRAINT policies_version_number_ck CHECK (version_number >= 1),
    CONSTRAINT policies_digest_ck         CHECK (octet_length(digest) = 32),
    CONSTRAINT policies_canonical_ck      CHECK (octet_length(canonical) BETWEEN 1 AND 4194304),
    CONSTRAINT policies_source_ck         CHECK (octet_length(source) BETWEEN 1 AND 4194304),
    CONSTRAINT policies_effective_from_ck CHECK (effective_from BETWEEN '0001-01-01' AND '9999-12-31'),
    CONSTRAINT policies_published_ck      CHECK ((state = 'DRAFT') = (version_number IS NULL)
                                                 AND (state = 'DRAFT') = (effective_from IS NULL)
                                                 AND (state = 'DRAFT') = (publish_time IS NULL)),
    CONSTRAINT policies_revoked_ck        CHECK ((state = 'REVOKED') = (revoke_time IS NOT NULL)
                                                 AND (state = 'REVOKED') = (revoke_reason IS NOT NULL)),
    CONSTRAINT policies_version_ck        CHECK (version >= 1)
);
COMMENT ON TABLE  policies                IS 'One row per policy: a draft, or a version that was published. Written by aftercare-policy only.';
COMMENT ON COLUMN policies.version_number IS 'Number of the version in the order of publishing; NULL in a draft.';
COMMENT ON COLUMN policies.languages      IS 'BCP 47 tags with a blank between them; the first is its author''s.';
COMMENT ON COLUMN policies.digest         IS 'SHA-256 of the canonical form.';
COMMENT ON COLUMN policies.effective_from IS 'First day on which it is in force; NULL in a draft.';
COMMENT ON COLUMN policies.canonical      IS 'One JSON text that holds the whole policy; a version''s has its number and day inside.';
COMMENT ON COLUMN policies.source         IS 'What its author sent: problems are told by its lines.';
COMMENT ON COLUMN policies.version        IS 'One more with each change; each write names the one it read.';

-- Daemons read it in pieces: uncompressed, a piece is found without reading what stands before it.
ALTER TABLE policies ALTER COLUMN canonical SET STORAGE EXTERNAL;

-- Serves the list, newest first.
CREATE INDEX policies_create_time_policy_id_ix ON policies (create_time DESC, policy_id DESC);
-- Serves the version in force on a day; and no two versions take effect on one day.
CREATE UNIQUE INDEX policies_effective_from_uq ON policies (effective_from) WHERE state = 'PUBLISHED';

-- The service deletes drafts. A version stays, whatever it asks for.
ALTER TABLE policies ENABLE ROW LEVEL SECURITY;
CREATE POLICY policies_read   ON policies FOR SELECT USING (true);
CREATE POLICY policies_insert ON policies FOR INSERT WITH CHECK (true);
CREATE POLICY policies_update ON policies FOR UPDATE USING (true);
CREATE POLICY policies_delete ON policies FOR DELETE USING (state = 'DRAFT');

CREATE TABLE line (
    is_only     boolean NOT NULL DEFAULT true,
    revision    bigint  NOT NULL DEFAULT 0,
    last_number bigint  NOT NULL DEFAULT 0,

    CONSTRAINT line_pk             PRIMARY KEY (is_only),
    CONSTRAINT line_is_only_ck     CHECK (is_only),
    CONSTRAINT line_last_number_ck CHECK (last_number BETWEEN 0 AND revision)
);
COMMENT ON TABLE  line             IS 'One row: the line of versions. Publishing and revoking lock it at the revision they read, so that they take turns.';
COMMENT ON COLUMN line.revision    IS 'One more with each publication and revocation.';
COMMENT ON COLUMN line.last_number IS 'The last number of a version that was given.';
INSERT INTO line DEFAULT VALUES;

CREATE TABLE enforced_sections (
    service    text        NOT NULL,
    section    text        NOT NULL,
    claim_time timestamptz NOT NULL,

    CONSTRAINT enforced_sections_pk            PRIMARY KEY (service, section),
    CONSTRAINT enforced_sections_service_ck    CHECK (octet_length(service) BETWEEN 1 AND 64),
    CONSTRAINT enforced_sections_section_ck    CHECK (octet_length(section) BETWEEN 1 AND 255),
    CONSTRAINT enforced_sections_claim_time_ck CHECK (isfinite(claim_time))
);
COMMENT ON TABLE  enforced_sections            IS 'Which daemon says that it enforces which section of the policy.';
COMMENT ON COLUMN enforced_sections.service    IS 'The daemon, as warranty.';
COMMENT ON COLUMN enforced_sections.claim_time IS 'Business time at which it last said so; one that is a day old counts no more.';

CREATE TABLE staff (
    staff_id        uuid        NOT NULL,
    subject         text        NOT NULL,
    role            text        NOT NULL,
    position        text,
    authority_minor bigint,
    currency_code   text,
    create_time     timestamptz NOT NULL,
    version         bigint      NOT NULL DEFAULT 1,

    CONSTRAINT staff_pk                 PRIMARY KEY (staff_id),
    CONSTRAINT staff_subject_uq         UNIQUE (subject),
    CONSTRAINT staff_subject_ck         CHECK (octet_length(subject) BETWEEN 1 AND 255),
    CONSTRAINT staff_role_ck            CHECK (octet_length(role) BETWEEN 1 AND 64),
    CONSTRAINT staff_position_ck        CHECK (octet_length(position) BETWEEN 1 AND 64),
    CONSTRAINT staff_authority_minor_ck CHECK (authority_minor >= 0),
    CONSTRAINT staff_currency_code_ck   CHECK (currency_code ~ '^[A-Z]{3}$'),
    CONSTRAINT staff_authority_ck       CHECK ((authority_minor IS NULL) = (currency_code IS NULL)),
    CONSTRAINT staff_create_time_ck     CHECK (isfinite(create_time)),
    CONSTRAINT staff_version_ck         CHECK (version >= 1)
);
COMMENT ON TABLE  staff                 IS 'The staff directory, one row per person. Written by aftercare-policy only.';
COMMENT ON COLUMN staff.subject         IS 'Subject of their tokens (personal).';
COMMENT ON COLUMN staff.role            IS 'What they work as, as TECHNICIAN.';
COMMENT ON COLUMN staff.position        IS 'What ladders and owners in the policy name, as head_of_service; NULL for none.';
COMMENT ON COLUMN staff.authority_minor IS 'The most they may decide in one case, in minor units; NULL: what the policy gives their role.';
COMMENT ON COLUMN staff.currency_code   IS 'ISO 4217 code of that.';
COMMENT ON COLUMN staff.version         IS 'One more with each change; each write names the one it read.';

-- Serves the question who holds a position.
CREATE INDEX staff_position_subject_ix ON staff (position, subject) WHERE position IS NOT NULL;

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
INSERT INTO schema_info (change, oldest_daemon) VALUES ('create_policy', '0.1.0');

GRANT USAGE ON SCHEMA policy TO policy_service;
GRANT SELECT ON schema_info TO policy_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON policies TO policy_service;
GRANT SELECT, INSERT, UPDATE ON enforced_sections TO policy_service;
GRANT SELECT, UPDATE ON line TO policy_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON staff TO policy_service;
GRANT SELECT, INSERT, DELETE ON idempotency TO policy_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON timers TO policy_service;

COMMIT;
