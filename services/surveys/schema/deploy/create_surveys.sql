-- create_surveys: templates, invitations, answers, loops, corrective actions; and what consumes events, decides and keeps time.
--
-- Written once, never edited after release: a mistake is mended by the next change.
-- Needs: roles surveys_owner and surveys_service (deploy/roles.sql), and the schema events, deployed before.
-- Oldest daemon: 0.1.0.
-- Locks: nothing that exists. Safe on a live database.

BEGIN;

-- Without the right to leave an event no change can commit: better to hear of it now.
DO $$
BEGIN
    IF NOT has_column_privilege('surveys_service', 'events.outbox', 'payload', 'INSERT') THEN
        RAISE EXCEPTION 'surveys_service may not insert into events.outbox: run deploy/roles.sql';
    END IF;
END
$$;

CREATE SCHEMA surveys AUTHORIZATION surveys_owner;
SET LOCAL ROLE surveys_owner;
SET LOCAL search_path TO surveys;

CREATE TABLE templates (
    template_id text        NOT NULL,
    trigger     text        NOT NULL,
    is_enabled  boolean     NOT NULL,
    create_time timestamptz NOT NULL,
    version     bigint      NOT NULL DEFAULT 1,

    CONSTRAINT templates_pk             PRIMARY KEY (template_id),
    CONSTRAINT templates_template_id_ck CHECK (octet_length(template_id) BETWEEN 1 AND 64),
    CONSTRAINT templates_trigger_ck     CHECK (octet_length(trigger) BETWEEN 1 AND 64),
    CONSTRAINT templates_create_time_ck CHECK (isfinite(create_time)),
    CONSTRAINT templates_version_ck     CHECK (version >= 1)
);
COMMENT ON TABLE  templates         IS 'One row per survey: what has it sent. Its questions are in template_versions.';
COMMENT ON COLUMN templates.trigger IS 'A code of the policy''s survey.methods/after.';
COMMENT ON COLUMN templates.version IS 'One more with each change; each write names the one it read.';

-- One enabled template for a trigger at most, and finding it.
CREATE UNIQUE INDEX templates_trigger_ux ON templates (trigger) WHERE is_enabled;

CREATE TABLE template_versions (
    template_id text   NOT NULL,
    version     bigint NOT NULL,
    content     bytea  NOT NULL,

    CONSTRAINT template_versions_pk             PRIMARY KEY (template_id, version),
    CONSTRAINT template_versions_template_id_fk FOREIGN KEY (template_id) REFERENCES templates (template_id),
    CONSTRAINT template_versions_content_ck     CHECK (octet_length(content) BETWEEN 1 AND 262144)
);
COMMENT ON TABLE  template_versions         IS 'Every version of each template: who was invited by one answers its questions.';
COMMENT ON COLUMN template_versions.content IS 'A packed surveys.v1.Template.';

CREATE TABLE people (
    person_id text        NOT NULL,
    ask_time  timestamptz NOT NULL,

    CONSTRAINT people_pk           PRIMARY KEY (person_id),
    CONSTRAINT people_person_id_ck CHECK (octet_length(person_id) BETWEEN 1 AND 64),
    CONSTRAINT people_ask_time_ck  CHECK (isfinite(ask_time))
);
COMMENT ON TABLE  people           IS 'Who was asked last when: the cool-down is judged on this row, which two replicas cannot both change.';
COMMENT ON COLUMN people.person_id IS 'A pseudonym.';
COMMENT ON COLUMN people.ask_time  IS 'When their last invitation is or was sent.';

CREATE TABLE opt_outs (
    person_id    text    NOT NULL,
    is_opted_out boolean NOT NULL,
    version      bigint  NOT NULL,

    CONSTRAINT opt_outs_pk           PRIMARY KEY (person_id),
    CONSTRAINT opt_outs_person_id_ck CHECK (octet_length(person_id) BETWEEN 1 AND 64),
    CONSTRAINT opt_outs_version_ck   CHECK (version >= 1)
);
COMMENT ON TABLE  opt_outs           IS 'Who said that they want no surveys, or want them again, as the notify daemon''s events tell.';
COMMENT ON COLUMN opt_outs.person_id IS 'A pseudonym.';
COMMENT ON COLUMN opt_outs.version   IS 'Of the person, as that event made it: an older event changes nothing.';

CREATE TABLE invitations (
    invitation_id    uuid        NOT NULL,
    event_id         uuid        NOT NULL,
    template_id      text        NOT NULL,
    template_version bigint      NOT NULL,
    aggregate_type   text        NOT NULL,
    aggregate_id     text        NOT NULL,
    person_id        text,
    state            text        NOT NULL,
    reason           text,
    channel          text,
    clause_id        text        NOT NULL DEFAULT '',
    sku              text        NOT NULL DEFAULT '',
    category         text        NOT NULL DEFAULT '',
    region           text        NOT NULL DEFAULT '',
    service_centre   text        NOT NULL DEFAULT '',
    language         text        NOT NULL DEFAULT '',
    send_time        timestamptz NOT NULL,
    sent_event_id    uuid,
    expire_time      timestamptz,
    answer_time      timestamptz,
    reminder_count   integer     NOT NULL DEFAULT 0,
    nps              integer,
    csat             integer,
    ces              integer,
    is_low           boolean     NOT NULL DEFAULT false,
    policy_version   bigint      NOT NULL,
    create_time      timestamptz NOT NULL,
    version          bigint      NOT NULL DEFAULT 1,

    CONSTRAINT invitations_pk             PRIMARY KEY (invitation_id),
    CONSTRAINT invitations_event_id_uq    UNIQUE (event_id),
    CONSTRAINT invitations_template_fk    FOREIGN KEY (template_id, template_version) REFERENCES template_versions (template_id, version),
    CONSTRAINT invitations_aggregate_ck   CHECK (octet_length(aggregate_type) BETWEEN 1 AND 64 AND octet_length(aggregate_id) BETWEEN 1 AND 255),
    CONSTRAINT invitations_person_id_ck   CHECK (octet_length(person_id) BETWEEN 1 AND 64),
    CONSTRAINT invitations_state_ck       CHECK (state IN ('SCHEDULED', 'SENT', 'REMINDED', 'ANSWERED', 'EXPIRED', 'DISMISSED', 'NOT_SENT')),
    CONSTRAINT invitations_reason_ck      CHECK ((state = 'NOT_SENT') = (reason IS NOT NULL)),
    CONSTRAINT invitations_channel_ck     CHECK (channel IS NULL OR (channel IN ('EMAIL', 'ONLINE_FORM', 'PHONE') AND state = 'ANSWERED')),
    CONSTRAINT invitations_answer_time_ck CHECK ((state = 'ANSWERED') = (answer_time IS NOT NULL)),
    CONSTRAINT invitations_expire_time_ck CHECK (expire_time >= send_time AND isfinite(expire_time)),
    CONSTRAINT invitations_send_time_ck   CHECK (isfinite(send_time)),
    CONSTRAINT invitations_reminder_ck    CHECK (reminder_count >= 0),
    CONSTRAINT invitations_scores_ck      CHECK (nps BETWEEN 0 AND 10 AND csat BETWEEN 1 AND 5 AND ces BETWEEN 1 AND 7),
    CONSTRAINT invitations_create_time_ck CHECK (isfinite(create_time)),
    CONSTRAINT invitations_version_ck     CHECK (version >= 1)
);
COMMENT ON TABLE  invitations                IS 'One row per closed case that a survey is sent after, those who were not asked among them.';
COMMENT ON COLUMN invitations.event_id       IS 'The event that closed the case: each makes one invitation.';
COMMENT ON COLUMN invitations.person_id      IS 'A pseudonym; NULL where the case is nobody''s.';
COMMENT ON COLUMN invitations.language       IS 'That of the contact when it was sent; empty: not said.';
COMMENT ON COLUMN invitations.sent_event_id  IS 'The event that had it sent: by it notify says that it did not arrive.';
COMMENT ON COLUMN invitations.is_low         IS 'An answer is low by the policy.';
COMMENT ON COLUMN invitations.policy_version IS 'The version whose promises hold for it.';

-- Serves the list, the newest first.
CREATE INDEX invitations_create_time_ix ON invitations (create_time, invitation_id);
-- Serves the results.
CREATE INDEX invitations_template_id_ix ON invitations (template_id, send_time);
-- Serves the search for clusters.
CREATE INDEX invitations_low_ix ON invitations (answer_time) WHERE is_low;

CREATE TABLE answers (
    invitation_id uuid    NOT NULL,
    place         integer NOT NULL,
    question_id   text    NOT NULL,
    number        integer,
    choice_id     text,
    text          text,

    CONSTRAINT answers_pk               PRIMARY KEY (invitation_id, question_id),
    CONSTRAINT answers_invitation_id_fk FOREIGN KEY (invitation_id) REFERENCES invitations (invitation_id),
    CONSTRAINT answers_question_id_ck   CHECK (octet_length(question_id) BETWEEN 1 AND 64),
    CONSTRAINT answers_number_ck        CHECK (number BETWEEN 0 AND 10),
    CONSTRAINT answers_choice_id_ck     CHECK (octet_length(choice_id) BETWEEN 1 AND 64),
    CONSTRAINT answers_text_ck          CHECK (octet_length(text) BETWEEN 1 AND 5000)
);
COMMENT ON TABLE  answers       IS 'What somebody answered: one row per question that they did not leave out.';
COMMENT ON COLUMN answers.place IS 'Its place among the answers, from 1.';
COMMENT ON COLUMN answers.text  IS 'Their words (personal). Dropped after the policy''s time for surveys.';

CREATE TABLE loops (
    loop_id                uuid        NOT NULL,
    invitation_id          uuid        NOT NULL,
    clause_ids             text[]      NOT NULL,
    state                  text        NOT NULL DEFAULT 'OPEN',
    owner                  text        NOT NULL,
    assignee_id            text,
    contact_by             timestamptz,
    contact_by_explanation text        NOT NULL DEFAULT '',
    is_late                boolean     NOT NULL DEFAULT false,
    note                   text,
    create_time            timestamptz NOT NULL,
    version                bigint      NOT NULL DEFAULT 1,

    CONSTRAINT loops_pk               PRIMARY KEY (loop_id),
    CONSTRAINT loops_invitation_id_uq UNIQUE (invitation_id),
    CONSTRAINT loops_invitation_id_fk FOREIGN KEY (invitation_id) REFERENCES invitations (invitation_id),
    CONSTRAINT loops_state_ck         CHECK (state IN ('OPEN', 'CONTACTED', 'RECOVERED', 'NOT_RECOVERED')),
    CONSTRAINT loops_owner_ck         CHECK (octet_length(owner) <= 64),
    CONSTRAINT loops_assignee_id_ck   CHECK (octet_length(assignee_id) BETWEEN 1 AND 255),
    CONSTRAINT loops_contact_by_ck    CHECK (isfinite(contact_by)),
    CONSTRAINT loops_explanation_ck   CHECK (octet_length(contact_by_explanation) <= 4000),
    CONSTRAINT loops_note_ck          CHECK (octet_length(note) BETWEEN 1 AND 5000),
    CONSTRAINT loops_create_time_ck   CHECK (isfinite(create_time)),
    CONSTRAINT loops_version_ck       CHECK (version >= 1)
);
COMMENT ON TABLE  loops             IS 'One row per low score: somebody must contact the customer.';
COMMENT ON COLUMN loops.clause_ids  IS 'The policy''s tests that say so.';
COMMENT ON COLUMN loops.owner       IS 'Position; empty where the policy names none.';
COMMENT ON COLUMN loops.assignee_id IS 'Subject of the member of staff whose work it is (personal).';
COMMENT ON COLUMN loops.note        IS 'What was said (personal).';

-- Serves the list, the first deadline first.
CREATE INDEX loops_contact_by_ix ON loops (coalesce(contact_by, '9999-12-31 00:00:00+00'::timestamptz), loop_id);

CREATE TABLE actions (
    action_id   uuid        NOT NULL,
    title       text        NOT NULL,
    clause_id   text,
    subject     text,
    state       text        NOT NULL DEFAULT 'OPEN',
    plan        text,
    owner_id    text,
    done_by_id  text,
    due_date    date,
    check_date  date,
    finding     text,
    is_late     boolean     NOT NULL DEFAULT false,
    create_time timestamptz NOT NULL,
    version     bigint      NOT NULL DEFAULT 1,

    CONSTRAINT actions_pk             PRIMARY KEY (action_id),
    CONSTRAINT actions_title_ck       CHECK (octet_length(title) BETWEEN 1 AND 200),
    CONSTRAINT actions_cluster_ck     CHECK ((clause_id IS NULL) = (subject IS NULL)),
    CONSTRAINT actions_state_ck       CHECK (state IN ('OPEN', 'PLANNED', 'DONE', 'EFFECTIVE')),
    CONSTRAINT actions_plan_ck        CHECK (octet_length(plan) BETWEEN 1 AND 5000),
    CONSTRAINT actions_owner_id_ck    CHECK (octet_length(owner_id) BETWEEN 1 AND 255),
    CONSTRAINT actions_done_by_id_ck  CHECK (octet_length(done_by_id) BETWEEN 1 AND 255),
    CONSTRAINT actions_dates_ck       CHECK (check_date >= due_date AND due_date BETWEEN '0001-01-01' AND '9999-12-31' AND check_date <= '9999-12-31'),
    CONSTRAINT actions_finding_ck     CHECK (octet_length(finding) BETWEEN 1 AND 5000),
    CONSTRAINT actions_create_time_ck CHECK (isfinite(create_time)),
    CONSTRAINT actions_version_ck     CHECK (version >= 1)
);
COMMENT ON TABLE  actions            IS 'One row per corrective action.';
COMMENT ON COLUMN actions.clause_id  IS 'The policy''s test that opened it; NULL where a person did.';
COMMENT ON COLUMN actions.subject    IS 'What the low scores have in common.';
COMMENT ON COLUMN actions.owner_id   IS 'Subject of who does it (personal).';
COMMENT ON COLUMN actions.done_by_id IS 'Subject of who said that it was done (personal): another looks at its effect.';

-- Once for each cluster: a further one while it is open is the same.
CREATE UNIQUE INDEX actions_cluster_ux ON actions (clause_id, subject) WHERE state <> 'EFFECTIVE';
-- Serves the list, the first deadline first.
CREATE INDEX actions_due_date_ix ON actions (coalesce(due_date, '9999-12-31'::date), action_id);

CREATE TABLE action_invitations (
    action_id     uuid NOT NULL,
    invitation_id uuid NOT NULL,

    CONSTRAINT action_invitations_pk               PRIMARY KEY (action_id, invitation_id),
    CONSTRAINT action_invitations_action_id_fk     FOREIGN KEY (action_id) REFERENCES actions (action_id),
    CONSTRAINT action_invitations_invitation_id_fk FOREIGN KEY (invitation_id) REFERENCES invitations (invitation_id)
);
COMMENT ON TABLE action_invitations IS 'The low scores that opened an action: they count for no other one of the same test.';

-- Serves the search for low scores that opened none.
CREATE INDEX action_invitations_invitation_id_ix ON action_invitations (invitation_id);

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
INSERT INTO schema_info (change, oldest_daemon) VALUES ('create_surveys', '0.1.0');

GRANT USAGE ON SCHEMA surveys TO surveys_service;
GRANT SELECT ON schema_info TO surveys_service;
GRANT SELECT, INSERT, UPDATE ON templates TO surveys_service;
GRANT SELECT, INSERT ON template_versions, action_invitations TO surveys_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON people TO surveys_service;
GRANT SELECT, INSERT, UPDATE ON opt_outs, invitations, loops, actions TO surveys_service;
GRANT SELECT, INSERT, UPDATE (text) ON answers TO surveys_service;
GRANT SELECT, INSERT, DELETE ON idempotency TO surveys_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON timers TO surveys_service;
GRANT SELECT, INSERT, UPDATE ON consumer_lanes TO surveys_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON consumer_replicas TO surveys_service;
GRANT SELECT, INSERT, DELETE ON consumer_inbox TO surveys_service;
GRANT SELECT, INSERT, UPDATE (reason, message, attempts, has_wish), DELETE ON consumer_parked TO surveys_service;
GRANT SELECT, INSERT, UPDATE (is_revoked) ON policies TO surveys_service;

COMMIT;
