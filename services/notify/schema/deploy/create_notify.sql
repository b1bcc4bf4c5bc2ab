-- create_notify: notices, what was sent of them, opt-outs, webhooks and their deliveries, incoming mails, how far events were heard,
-- the versions of the policy, the answers already given, and the timers.
--
-- Written once, never edited after release: a mistake is mended by the next change.
-- Needs: roles notify_owner and notify_service (deploy/roles.sql), and the schema events, deployed before.
-- Oldest daemon: 0.1.0.
-- Locks: nothing that exists. Safe on a live database.

BEGIN;

-- Without the right to leave an event no change can commit: better to hear of it now.
DO $$
BEGIN
    IF NOT has_column_privilege('notify_service', 'events.outbox', 'payload', 'INSERT') THEN
        RAISE EXCEPTION 'notify_service may not insert into events.outbox: run deploy/roles.sql';
    END IF;
END
$$;

CREATE SCHEMA notify AUTHORIZATION notify_owner;
SET LOCAL ROLE notify_owner;
SET LOCAL search_path TO notify;

-- ---- what is sent because of what ----

CREATE TABLE catalogue (
    is_only  boolean NOT NULL DEFAULT true,
    revision bigint  NOT NULL DEFAULT 1,

    CONSTRAINT catalogue_pk          PRIMARY KEY (is_only),
    CONSTRAINT catalogue_is_only_ck  CHECK (is_only),
    CONSTRAINT catalogue_revision_ck CHECK (revision >= 1)
);
COMMENT ON TABLE  catalogue          IS 'One row: by it each process sees that notices or webhooks have changed, and reads them again.';
COMMENT ON COLUMN catalogue.revision IS 'One more with each change of a notice or a webhook, in the statement of that change.';
INSERT INTO catalogue DEFAULT VALUES;

CREATE TABLE notices (
    notice_id   text        NOT NULL,
    event       text        NOT NULL,
    content     bytea       NOT NULL,
    create_time timestamptz NOT NULL,
    version     bigint      NOT NULL DEFAULT 1,

    CONSTRAINT notices_pk             PRIMARY KEY (notice_id),
    CONSTRAINT notices_notice_id_ck   CHECK (octet_length(notice_id) BETWEEN 1 AND 64),
    CONSTRAINT notices_event_ck       CHECK (octet_length(event) BETWEEN 1 AND 128),
    CONSTRAINT notices_content_ck     CHECK (octet_length(content) BETWEEN 1 AND 1048576),
    CONSTRAINT notices_create_time_ck CHECK (isfinite(create_time)),
    CONSTRAINT notices_version_ck     CHECK (version >= 1)
);
COMMENT ON TABLE  notices         IS 'What is sent because of which event, to whom, in which words. Written by aftercare-notify only.';
COMMENT ON COLUMN notices.event   IS 'Type of the event, as warranty.v1.ClaimMoved.';
COMMENT ON COLUMN notices.content IS 'The packed notify.v1.Notice: it is read whole or not at all.';
COMMENT ON COLUMN notices.version IS 'One more with each change; each write names the one it read.';

-- ---- messages ----

CREATE TABLE messages (
    message_id    uuid        NOT NULL,
    person_id     text        NOT NULL,
    channel       text        NOT NULL,
    state         text        NOT NULL DEFAULT 'WAITING',
    reason        text        NOT NULL DEFAULT '',
    is_open       boolean     NOT NULL DEFAULT true,
    part_count    integer     NOT NULL DEFAULT 1,
    attempt_count integer     NOT NULL DEFAULT 0,
    timer_id      uuid        NOT NULL,
    address_id    text        NOT NULL DEFAULT '',
    start_time    timestamptz NOT NULL,
    due_time      timestamptz NOT NULL,
    sent_time     timestamptz,
    create_time   timestamptz NOT NULL,
    version       bigint      NOT NULL DEFAULT 1,

    CONSTRAINT messages_pk               PRIMARY KEY (message_id),
    CONSTRAINT messages_channel_ck       CHECK (channel IN ('EMAIL', 'SMS', 'PUSH')),
    CONSTRAINT messages_state_ck         CHECK (state IN ('WAITING', 'SENT', 'DEAD', 'SUPPRESSED')),
    CONSTRAINT messages_is_open_ck       CHECK (NOT is_open OR (state = 'WAITING' AND attempt_count = 0)),
    CONSTRAINT messages_sent_time_ck     CHECK (sent_time IS NOT NULL OR state <> 'SENT'),
    CONSTRAINT messages_part_count_ck    CHECK (part_count >= 1),
    CONSTRAINT messages_attempt_count_ck CHECK (attempt_count >= 0),
    CONSTRAINT messages_version_ck       CHECK (version >= 1)
) WITH (fillfactor = 80);
COMMENT ON TABLE  messages               IS 'What is or was sent to somebody at once. Addresses, names and words are asked for when it is sent, '
                                            'and are in no row.';
COMMENT ON COLUMN messages.person_id     IS 'To whom, as the pseudonym of events.';
COMMENT ON COLUMN messages.reason        IS 'Why it was not sent, as OPTED_OUT; empty while nothing is wrong.';
COMMENT ON COLUMN messages.is_open       IS 'What comes for this person by this channel joins it: until the sender takes it.';
COMMENT ON COLUMN messages.part_count    IS 'Events that joined it; those that came again counted again.';
COMMENT ON COLUMN messages.attempt_count IS 'Attempts that have ended.';
COMMENT ON COLUMN messages.timer_id      IS 'The timer that counts: any other one of it is of the past and does nothing.';
COMMENT ON COLUMN messages.address_id    IS 'Pseudonym of the address it goes to, by which a mail from there finds its case; empty before it is sent.';
COMMENT ON COLUMN messages.start_time    IS 'Since when it is to be sent: when it was made or replayed.';
COMMENT ON COLUMN messages.sent_time     IS 'When it was last taken by the next server on the way; NULL: never.';
COMMENT ON COLUMN messages.version       IS 'One more with each change; each write names the one it read.';

-- Holds that there is one open message of a person and channel, and finds it.
CREATE UNIQUE INDEX messages_open_ix ON messages (person_id, channel) WHERE is_open;
-- Serves the list of one person's messages, and the time of the last that was sent.
CREATE INDEX messages_person_id_ix ON messages (person_id, message_id);
-- Serves the list of messages in a state.
CREATE INDEX messages_state_ix ON messages (state, message_id);
-- Serves the search for the cases of somebody who writes.
CREATE INDEX messages_address_id_ix ON messages (address_id) WHERE address_id <> '';

CREATE TABLE message_parts (
    message_id     uuid        NOT NULL,
    notice_id      text        NOT NULL,
    event_id       uuid        NOT NULL,
    person_id      text        NOT NULL,
    channel        text        NOT NULL,
    aggregate_type text        NOT NULL,
    aggregate_id   text        NOT NULL,
    event_time     timestamptz NOT NULL,
    event          bytea       NOT NULL,

    CONSTRAINT message_parts_pk            PRIMARY KEY (notice_id, event_id, person_id, channel),
    CONSTRAINT message_parts_message_id_fk FOREIGN KEY (message_id) REFERENCES messages (message_id) ON DELETE CASCADE
);
COMMENT ON TABLE  message_parts            IS 'What one event has us tell one person by one channel; its key keeps an event that comes again from '
                                              'being told again.';
COMMENT ON COLUMN message_parts.notice_id  IS 'The notice as it is when it is sent; gone by then: it is not told.';
COMMENT ON COLUMN message_parts.event_time IS 'When it happened.';
COMMENT ON COLUMN message_parts.event      IS 'The packed events.v1.LoggedEvent, which has no personal data: the log may have let go of it by the '
                                              'last attempt.';

-- As in idempotency.
ALTER TABLE message_parts ALTER COLUMN notice_id SET STORAGE MAIN, ALTER COLUMN person_id SET STORAGE MAIN,
    ALTER COLUMN channel SET STORAGE MAIN, ALTER COLUMN aggregate_type SET STORAGE MAIN, ALTER COLUMN aggregate_id SET STORAGE MAIN,
    ALTER COLUMN event SET STORAGE MAIN;

-- Serves a message's newest parts, and the foreign key.
CREATE INDEX message_parts_message_id_ix ON message_parts (message_id, event_time, event_id, notice_id);
-- Serves the list of what was told of an aggregate.
CREATE INDEX message_parts_aggregate_ix ON message_parts (aggregate_type, aggregate_id, message_id);
-- Serves the search for a reference, which is the end of an identity.
CREATE INDEX message_parts_reference_ix ON message_parts (right(aggregate_id, 12));

CREATE TABLE people (
    person_id text   NOT NULL,
    version   bigint NOT NULL DEFAULT 1,

    CONSTRAINT people_pk         PRIMARY KEY (person_id),
    CONSTRAINT people_version_ck CHECK (version >= 1)
);
COMMENT ON TABLE  people           IS 'Whoever has ever opted out of something.';
COMMENT ON COLUMN people.person_id IS 'Who, as the pseudonym of events.';
COMMENT ON COLUMN people.version   IS 'One more with each opt-out and each that is taken back.';

CREATE TABLE opt_outs (
    person_id   text        NOT NULL,
    category    text        NOT NULL,
    create_time timestamptz NOT NULL,

    CONSTRAINT opt_outs_pk           PRIMARY KEY (person_id, category),
    CONSTRAINT opt_outs_person_id_fk FOREIGN KEY (person_id) REFERENCES people (person_id),
    CONSTRAINT opt_outs_category_ck  CHECK (category IN ('REMINDER', 'SURVEY'))
);
COMMENT ON TABLE  opt_outs           IS 'What somebody does not want to get. Looked at when something is sent.';
COMMENT ON COLUMN opt_outs.person_id IS 'Who, as the pseudonym of events.';

-- ---- webhooks ----

CREATE TABLE webhooks (
    webhook_id             uuid        NOT NULL,
    url                    text        NOT NULL,
    types                  text[]      NOT NULL,
    description            text        NOT NULL,
    state                  text        NOT NULL DEFAULT 'ACTIVE',
    reason                 text        NOT NULL DEFAULT '',
    secret                 text        NOT NULL,
    old_secret             text,
    old_secret_expire_time timestamptz,
    fail_time              timestamptz,
    create_time            timestamptz NOT NULL,
    version                bigint      NOT NULL DEFAULT 1,

    CONSTRAINT webhooks_pk            PRIMARY KEY (webhook_id),
    CONSTRAINT webhooks_state_ck      CHECK (state IN ('ACTIVE', 'DISABLED')),
    CONSTRAINT webhooks_reason_ck     CHECK ((state = 'ACTIVE') = (reason = '')),
    CONSTRAINT webhooks_old_secret_ck CHECK ((old_secret IS NULL) = (old_secret_expire_time IS NULL)),
    CONSTRAINT webhooks_version_ck    CHECK (version >= 1)
);
COMMENT ON TABLE  webhooks                        IS 'Where events are delivered to, and which. Written by aftercare-notify only.';
COMMENT ON COLUMN webhooks.types                  IS 'Types of events that it gets; none: all.';
COMMENT ON COLUMN webhooks.reason                 IS 'Why it is disabled, as GONE; empty while it is active.';
COMMENT ON COLUMN webhooks.secret                 IS 'What signs its deliveries (a secret: never in lists, logs or copies for tests).';
COMMENT ON COLUMN webhooks.old_secret             IS 'The one before, which signs too until it expires; NULL: there is none.';
COMMENT ON COLUMN webhooks.fail_time              IS 'Since when everything failed; NULL: the last delivery was taken, or there was none.';
COMMENT ON COLUMN webhooks.version                IS 'One more with each change; each write names the one it read.';

CREATE TABLE deliveries (
    delivery_id   uuid        NOT NULL,
    webhook_id    uuid        NOT NULL,
    event_id      uuid        NOT NULL,
    type          text        NOT NULL,
    epoch         bigint      NOT NULL,
    event         bytea,
    state         text        NOT NULL DEFAULT 'WAITING',
    attempt_count integer     NOT NULL DEFAULT 0,
    timer_id      uuid        NOT NULL,
    due_time      timestamptz NOT NULL,
    create_time   timestamptz NOT NULL,
    version       bigint      NOT NULL DEFAULT 1,

    CONSTRAINT deliveries_pk               PRIMARY KEY (delivery_id),
    CONSTRAINT deliveries_webhook_id_fk    FOREIGN KEY (webhook_id) REFERENCES webhooks (webhook_id) ON DELETE CASCADE,
    CONSTRAINT deliveries_event_id_uq      UNIQUE (webhook_id, event_id),
    CONSTRAINT deliveries_state_ck         CHECK (state IN ('WAITING', 'DELIVERED', 'DEAD')),
    CONSTRAINT deliveries_attempt_count_ck CHECK (attempt_count >= 0),
    CONSTRAINT deliveries_version_ck       CHECK (version >= 1)
) WITH (fillfactor = 80);
COMMENT ON TABLE  deliveries               IS 'Events on their way to webhooks, one row for each of both.';
COMMENT ON COLUMN deliveries.epoch         IS 'Of the log that the event came from.';
COMMENT ON COLUMN deliveries.event         IS 'The packed events.v1.LoggedEvent; NULL: a test whose event the log has not told yet.';
COMMENT ON COLUMN deliveries.attempt_count IS 'Attempts that have ended, since it was made or replayed.';
COMMENT ON COLUMN deliveries.timer_id      IS 'The timer that counts: any other one of it is of the past and does nothing.';
COMMENT ON COLUMN deliveries.version       IS 'One more with each change; each write names the one it read.';

-- As in idempotency.
ALTER TABLE deliveries ALTER COLUMN type SET STORAGE MAIN, ALTER COLUMN event SET STORAGE MAIN, ALTER COLUMN state SET STORAGE MAIN;

-- Serves the list of a webhook's deliveries, and the foreign key.
CREATE INDEX deliveries_webhook_id_ix ON deliveries (webhook_id, delivery_id);
-- Serves the list of deliveries in a state.
CREATE INDEX deliveries_state_ix ON deliveries (state, delivery_id);
-- Serves the timers, each of which finds its delivery.
CREATE INDEX deliveries_timer_id_ix ON deliveries (timer_id);

CREATE TABLE attempts (
    message_id   uuid,
    delivery_id  uuid,
    number       integer     NOT NULL,
    attempt_time timestamptz NOT NULL,
    duration_ms  bigint      NOT NULL,
    outcome      text        NOT NULL,
    code         integer     NOT NULL,
    answer       text        NOT NULL,

    CONSTRAINT attempts_message_uq     UNIQUE (message_id, number),
    CONSTRAINT attempts_delivery_uq    UNIQUE (delivery_id, number),
    CONSTRAINT attempts_message_id_fk  FOREIGN KEY (message_id) REFERENCES messages (message_id) ON DELETE CASCADE,
    CONSTRAINT attempts_delivery_id_fk FOREIGN KEY (delivery_id) REFERENCES deliveries (delivery_id) ON DELETE CASCADE,
    CONSTRAINT attempts_about_ck       CHECK (num_nonnulls(message_id, delivery_id) = 1),
    CONSTRAINT attempts_number_ck      CHECK (number >= 1),
    CONSTRAINT attempts_answer_ck      CHECK (octet_length(answer) <= 500)
);
COMMENT ON TABLE  attempts        IS 'Each attempt to send a message or a delivery: one of both is NULL.';
COMMENT ON COLUMN attempts.number IS 'Counts from 1.';
COMMENT ON COLUMN attempts.code   IS 'The other side''s, as 250 or 503; 0: none came.';
COMMENT ON COLUMN attempts.answer IS 'The other side''s words, addresses in them blanked.';

-- ---- what people write ----

CREATE TABLE mails (
    mail_id        uuid        NOT NULL,
    message_id     text        NOT NULL,
    person_id      text        NOT NULL,
    sender         text        NOT NULL,
    sender_address text        NOT NULL DEFAULT '',
    subject        text        NOT NULL,
    body           text        NOT NULL,
    state          text        NOT NULL,
    matched_by     text        NOT NULL DEFAULT '',
    reason         text        NOT NULL DEFAULT '',
    aggregate_type text,
    aggregate_id   text,
    receive_time   timestamptz NOT NULL,
    version        bigint      NOT NULL DEFAULT 1,

    CONSTRAINT mails_pk            PRIMARY KEY (mail_id),
    CONSTRAINT mails_message_id_uq UNIQUE (message_id),
    CONSTRAINT mails_state_ck      CHECK (state IN ('MATCHED', 'UNMATCHED', 'BOUNCE', 'AUTOMATIC', 'DISMISSED')),
    CONSTRAINT mails_matched_by_ck CHECK (matched_by IN ('', 'REFERENCE', 'REPLY', 'SENDER', 'PERSON')),
    CONSTRAINT mails_aggregate_ck  CHECK ((aggregate_type IS NULL) = (aggregate_id IS NULL)
                                          AND (aggregate_id IS NOT NULL OR state <> 'MATCHED')),
    CONSTRAINT mails_version_ck    CHECK (version >= 1)
);
COMMENT ON TABLE  mails              IS 'What somebody wrote to us, once by its Message-ID.';
COMMENT ON COLUMN mails.message_id   IS 'Its Message-ID, else the digest of its bytes (personal).';
COMMENT ON COLUMN mails.person_id    IS 'Pseudonym of the sender''s address.';
COMMENT ON COLUMN mails.sender       IS 'Who says to have sent it (personal).';
COMMENT ON COLUMN mails.sender_address IS 'The address of it; empty: none that can be written to (personal).';
COMMENT ON COLUMN mails.subject      IS 'Its subject (personal).';
COMMENT ON COLUMN mails.body         IS 'What it says as plain text (personal).';
COMMENT ON COLUMN mails.matched_by   IS 'How it was found where it belongs; empty where it was not.';
COMMENT ON COLUMN mails.reason       IS 'What is special about it, as TOO_LARGE; empty: nothing.';
COMMENT ON COLUMN mails.receive_time IS 'When our mailbox got it.';
COMMENT ON COLUMN mails.version      IS 'One more with each change; each write names the one it read.';

-- Serves the list of mails in a state.
CREATE INDEX mails_state_ix ON mails (state, mail_id);
-- Serves the list of a case's mails.
CREATE INDEX mails_aggregate_ix ON mails (aggregate_type, aggregate_id, mail_id) WHERE aggregate_id IS NOT NULL;

CREATE TABLE mail_attachments (
    mail_id     uuid    NOT NULL,
    number      integer NOT NULL,
    document_id uuid,
    file_name   text    NOT NULL,
    media_type  text    NOT NULL,
    size_bytes  bigint  NOT NULL,
    reason      text    NOT NULL DEFAULT '',

    CONSTRAINT mail_attachments_pk         PRIMARY KEY (mail_id, number),
    CONSTRAINT mail_attachments_mail_id_fk FOREIGN KEY (mail_id) REFERENCES mails (mail_id) ON DELETE CASCADE,
    CONSTRAINT mail_attachments_reason_ck  CHECK ((document_id IS NULL) = (reason <> ''))
);
COMMENT ON TABLE  mail_attachments             IS 'Files that came with mails, in their order.';
COMMENT ON COLUMN mail_attachments.document_id IS 'The document that it became; NULL: it was not kept.';
COMMENT ON COLUMN mail_attachments.file_name   IS 'The sender''s name for it (personal).';
COMMENT ON COLUMN mail_attachments.reason      IS 'Why it was not kept, as TOO_LARGE; empty where it was.';

CREATE TABLE mail_answers (
    person_id   text        NOT NULL,
    answer_time timestamptz NOT NULL,

    CONSTRAINT mail_answers_pk PRIMARY KEY (person_id)
);
COMMENT ON TABLE  mail_answers             IS 'Whom a machine told that their mail has come: once a day, so that two machines do not write to each other for ever.';
COMMENT ON COLUMN mail_answers.person_id   IS 'Pseudonym of the sender''s address.';
COMMENT ON COLUMN mail_answers.answer_time IS 'When it was last told.';

-- ---- as in every daemon that consumes events and goes by the policy ----

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

CREATE TABLE policies (
    version_number bigint  NOT NULL,
    digest         bytea   NOT NULL,
    effective_from date    NOT NULL,
    is_revoked     boolean NOT NULL,
    canonical      bytea   NOT NULL,

    CONSTRAINT policies_pk                PRIMARY KEY (version_number),
    CONSTRAINT policies_version_number_ck CHECK (version_number >= 1),
    CONSTRAINT policies_digest_ck         CHECK (octet_length(digest) = 32),
    CONSTRAINT policies_effective_from_ck CHECK (effective_from BETWEEN '0001-01-01' AND '9999-12-31'),
    CONSTRAINT policies_canonical_ck      CHECK (octet_length(canonical) BETWEEN 1 AND 4194304)
);
COMMENT ON TABLE  policies                IS 'The versions of the policy that this daemon decides by, as the policy daemon published them.';
COMMENT ON COLUMN policies.digest         IS 'SHA-256 of the canonical form.';
COMMENT ON COLUMN policies.effective_from IS 'First day on which it is in force.';
COMMENT ON COLUMN policies.is_revoked     IS 'It was taken back before it took effect, and counts no more.';
COMMENT ON COLUMN policies.canonical      IS 'One JSON text that holds the whole version.';

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
INSERT INTO schema_info (change, oldest_daemon) VALUES ('create_notify', '0.1.0');

GRANT USAGE ON SCHEMA notify TO notify_service;
GRANT SELECT ON schema_info TO notify_service;
GRANT SELECT, UPDATE (revision) ON catalogue TO notify_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON notices TO notify_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON messages TO notify_service;
GRANT SELECT, INSERT, UPDATE (message_id) ON message_parts TO notify_service;
GRANT SELECT, INSERT, UPDATE ON people TO notify_service;
GRANT SELECT, INSERT, DELETE ON opt_outs TO notify_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO notify_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries TO notify_service;
GRANT SELECT, INSERT ON attempts TO notify_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON mails TO notify_service;
GRANT SELECT, INSERT ON mail_attachments TO notify_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON mail_answers TO notify_service;
GRANT SELECT, INSERT, UPDATE ON consumer_lanes TO notify_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON consumer_replicas TO notify_service;
GRANT SELECT, INSERT, DELETE ON consumer_inbox TO notify_service;
GRANT SELECT, INSERT, UPDATE (reason, message, attempts, has_wish), DELETE ON consumer_parked TO notify_service;
GRANT SELECT, INSERT, UPDATE (is_revoked) ON policies TO notify_service;
GRANT SELECT, INSERT, DELETE ON idempotency TO notify_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON timers TO notify_service;

COMMIT;
