-- create_warranty: products, units with their facts and recalls, claims with all that comes of them, the versions of the policy,
-- imports of units, histories and worklist as events tell them, the answers already given, and the timers.
--
-- Written once, never edited after release: a mistake is mended by the next change.
-- Needs: roles warranty_owner and warranty_service and the extension pg_trgm (deploy/roles.sql), and the schema events, deployed
-- before.
-- Oldest daemon: 0.1.0.
-- Locks: nothing that exists. Safe on a live database.
--
-- Tables that every request writes have only those CHECKs that hold something the contract does not: states, and what ties
-- two columns. Lengths and formats are refused by the contract before (docs/decisions/0004-checks-on-hot-tables.md).

BEGIN;

-- Without the right to leave an event no change can commit: better to hear of it now.
DO $$
BEGIN
    IF NOT has_column_privilege('warranty_service', 'events.outbox', 'payload', 'INSERT') THEN
        RAISE EXCEPTION 'warranty_service may not insert into events.outbox: run deploy/roles.sql';
    END IF;
END
$$;

CREATE SCHEMA warranty AUTHORIZATION warranty_owner;
SET LOCAL ROLE warranty_owner;
SET LOCAL search_path TO warranty;

CREATE TABLE products (
    sku              text        NOT NULL,
    name             text        NOT NULL,
    category         text        NOT NULL,
    brand            text,
    components       text[]      NOT NULL,
    is_waterproof    boolean,
    discontinue_date date,
    create_time      timestamptz NOT NULL,
    version          bigint      NOT NULL DEFAULT 1,

    CONSTRAINT products_pk                  PRIMARY KEY (sku),
    CONSTRAINT products_sku_ck              CHECK (octet_length(sku) BETWEEN 1 AND 64),
    CONSTRAINT products_name_ck             CHECK (octet_length(name) BETWEEN 1 AND 200),
    CONSTRAINT products_category_ck         CHECK (octet_length(category) BETWEEN 1 AND 64),
    CONSTRAINT products_brand_ck            CHECK (octet_length(brand) BETWEEN 1 AND 100),
    CONSTRAINT products_discontinue_date_ck CHECK (discontinue_date BETWEEN '0001-01-01' AND '9999-12-31'),
    CONSTRAINT products_create_time_ck      CHECK (isfinite(create_time)),
    CONSTRAINT products_version_ck          CHECK (version >= 1)
);
COMMENT ON TABLE  products                  IS 'The catalogue, one row per product. Written by aftercare-warranty only.';
COMMENT ON COLUMN products.category         IS 'What the lengths of the policy go by, as large_appliances.';
COMMENT ON COLUMN products.brand            IS 'NULL where it has none.';
COMMENT ON COLUMN products.components       IS 'Parts that the policy may treat on their own, by code, as compressor.';
COMMENT ON COLUMN products.is_waterproof    IS 'Whether it is marked so; NULL where the catalogue does not say.';
COMMENT ON COLUMN products.discontinue_date IS 'Last day it was sold; NULL while it still is.';
COMMENT ON COLUMN products.version          IS 'One more with each change; each write names the one it read.';

-- Serves the list of one category, ordered by SKU.
CREATE INDEX products_category_sku_ix ON products (category, sku);

-- ---- units: what was sold, what happened to it, what the policy says ----

CREATE TABLE units (
    serial             text        NOT NULL,
    sku                text        NOT NULL,
    owner_id           text,
    order_number       text,
    region             text,
    channel            text,
    customer_class     text,
    condition          text,
    is_stated          boolean     NOT NULL DEFAULT false,
    is_purchase_stated boolean     NOT NULL DEFAULT false,
    price_minor        bigint,
    price_currency     text,
    order_date         date,
    purchase_date      date,
    delivery_date      date,
    install_date       date,
    register_date      date,
    manufacture_date   date,
    replaces_serial    text,
    replaced_by_serial text,
    last_cover_date    date,
    claim_count        integer     NOT NULL DEFAULT 0,
    create_time        timestamptz NOT NULL,
    version            bigint      NOT NULL DEFAULT 1,

    CONSTRAINT units_pk             PRIMARY KEY (serial),
    CONSTRAINT units_sku_fk         FOREIGN KEY (sku) REFERENCES products (sku),
    CONSTRAINT units_serial_ck      CHECK (serial <> ''),
    CONSTRAINT units_owner_id_ck    CHECK (owner_id <> ''),
    CONSTRAINT units_price_ck       CHECK ((price_minor IS NULL) = (price_currency IS NULL)),
    CONSTRAINT units_claim_count_ck CHECK (claim_count >= 0),
    CONSTRAINT units_version_ck     CHECK (version >= 1)
);
COMMENT ON TABLE  units                    IS 'One row per piece of a product, known by its serial number. Days, links and last_cover_date follow '
                                              'from unit_facts. Written by aftercare-warranty only.';
COMMENT ON COLUMN units.owner_id           IS 'Subject of the customer whose it is (personal); NULL while it is nobody''s.';
COMMENT ON COLUMN units.order_number       IS 'Number of the order it was sold under; NULL where it is not known.';
COMMENT ON COLUMN units.region             IS 'Where it was sold, a region of the policy; NULL where it is not known, as the three that follow.';
COMMENT ON COLUMN units.channel            IS 'How it was sold, as online.';
COMMENT ON COLUMN units.customer_class     IS 'Who bought it, as consumer.';
COMMENT ON COLUMN units.condition          IS 'As what it was sold, as new.';
COMMENT ON COLUMN units.is_stated          IS 'What is said of its sale is a customer''s own word: region, channel, class and condition.';
COMMENT ON COLUMN units.is_purchase_stated IS 'The day of purchase is a customer''s own word, which nothing proves.';
COMMENT ON COLUMN units.price_minor        IS 'What was paid for it, in minor units of price_currency; NULL where it is not known.';
COMMENT ON COLUMN units.purchase_date      IS 'Day it was bought; NULL where it is not known, as the other days.';
COMMENT ON COLUMN units.replaces_serial    IS 'The unit whose place it took; NULL: none.';
COMMENT ON COLUMN units.replaced_by_serial IS 'The unit that took its place; NULL: none.';
COMMENT ON COLUMN units.last_cover_date    IS 'Last day on which anything covers it, as worked out with its last fact; NULL: nothing does, nobody '
                                              'knows, or without limit.';
COMMENT ON COLUMN units.claim_count        IS 'Claims that were ever accepted for it: each write that accepts one names the number it read.';
COMMENT ON COLUMN units.version            IS 'One more with each change and each fact; each write names the one it read.';

-- Serves the list of one product's units, ordered by serial number, and the foreign key.
CREATE INDEX units_sku_serial_ix ON units (sku, serial);
-- Serves a customer's list of their own units, ordered by serial number.
CREATE INDEX units_owner_id_serial_ix ON units (owner_id, serial) WHERE owner_id IS NOT NULL;
-- Serves the list of the units of one order.
CREATE INDEX units_order_number_ix ON units (order_number, serial) WHERE order_number IS NOT NULL;
-- Serves the search for a part of a serial number, and nothing else: on the bare column it would serve equality, too, where
-- PostgreSQL takes it for cheaper than the primary key and it is a hundred times slower.
CREATE INDEX units_serial_trgm_ix ON units USING gin ((serial || '') public.gin_trgm_ops);
-- Serves the list of units whose cover ends.
CREATE INDEX units_last_cover_date_ix ON units (last_cover_date, serial) WHERE last_cover_date IS NOT NULL;

CREATE TABLE unit_facts (
    fact_id     uuid        NOT NULL,
    serial      text        NOT NULL,
    kind        text        NOT NULL,
    fact_date   date,
    record_time timestamptz NOT NULL,
    old_serial  text,
    content     bytea       NOT NULL,

    CONSTRAINT unit_facts_pk            PRIMARY KEY (fact_id),
    CONSTRAINT unit_facts_serial_fk     FOREIGN KEY (serial) REFERENCES units (serial),
    CONSTRAINT unit_facts_kind_ck       CHECK (kind <> ''),
    CONSTRAINT unit_facts_old_serial_ck CHECK (old_serial <> serial)
);
COMMENT ON TABLE  unit_facts             IS 'What happened to units, told once and never changed: a correction is a fact too.';
COMMENT ON COLUMN unit_facts.kind        IS 'What happened, a warranty.v1.UnitFact.Kind, as DELIVERED.';
COMMENT ON COLUMN unit_facts.fact_date   IS 'The day it happened, or from which it holds; NULL of corrections.';
COMMENT ON COLUMN unit_facts.record_time IS 'When it was learnt.';
COMMENT ON COLUMN unit_facts.old_serial  IS 'Of a replacement: the unit whose place it took.';
COMMENT ON COLUMN unit_facts.content     IS 'The whole fact, a packed warranty.v1.UnitFact.';

-- Serves the ledger of a unit, and the foreign key; and the replacement that ended a unit.
CREATE INDEX unit_facts_serial_ix ON unit_facts (serial, fact_date);
CREATE INDEX unit_facts_old_serial_ix ON unit_facts (old_serial) WHERE old_serial IS NOT NULL;

CREATE TABLE recalls (
    recall_id    uuid        NOT NULL,
    sku          text        NOT NULL,
    first_serial text        NOT NULL,
    last_serial  text        NOT NULL,
    title        text        NOT NULL,
    instruction  text        NOT NULL,
    state        text        NOT NULL,
    create_time  timestamptz NOT NULL,
    version      bigint      NOT NULL DEFAULT 1,

    CONSTRAINT recalls_pk         PRIMARY KEY (recall_id),
    CONSTRAINT recalls_sku_fk     FOREIGN KEY (sku) REFERENCES products (sku),
    CONSTRAINT recalls_range_ck   CHECK (convert_to(first_serial, 'UTF8') <= convert_to(last_serial, 'UTF8')),
    CONSTRAINT recalls_state_ck   CHECK (state IN ('OPEN', 'ENDED')),
    CONSTRAINT recalls_version_ck CHECK (version >= 1)
);
COMMENT ON TABLE  recalls              IS 'Field actions for the units of a product in a range of serial numbers.';
COMMENT ON COLUMN recalls.first_serial IS 'First of the range, in the order of bytes.';
COMMENT ON COLUMN recalls.last_serial  IS 'Last of the range, itself included.';
COMMENT ON COLUMN recalls.title        IS 'What is wrong, in a line.';
COMMENT ON COLUMN recalls.instruction  IS 'What the owner is to do.';
COMMENT ON COLUMN recalls.version      IS 'One more with each change; each write names the one it read.';

-- Serves the recalls that reach a unit, and the foreign key; and the lists, newest first.
CREATE INDEX recalls_sku_ix ON recalls (sku, create_time, recall_id);
CREATE INDEX recalls_create_time_ix ON recalls (create_time, recall_id);

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

-- ---- claims: what customers demand, and all that comes of it ----

CREATE TABLE claims (
    claim_id           uuid        NOT NULL,
    serial             text        NOT NULL,
    state              text        NOT NULL,
    cause              text        NOT NULL,
    component          text,
    description        text        NOT NULL,
    contact_name       text,
    contact_email      text,
    contact_phone      text,
    contact_language   text,
    contact_time_zone  text,
    contact_push_token text,
    at_date            date        NOT NULL,
    owner_id           text,
    assignee_id        text,
    create_time        timestamptz NOT NULL,
    submit_time        timestamptz,
    decision_id        uuid,
    outcome            text,
    reason             text,
    deciding_clause_id text,
    decide_by          timestamptz,
    is_late            boolean     NOT NULL DEFAULT false,
    decided_by         text,
    is_by_person       boolean     NOT NULL DEFAULT false,
    decide_reason      text,
    appeal_reason      text,
    is_overridden      boolean     NOT NULL DEFAULT false,
    override_minor     bigint,
    override_currency  text,
    accept_number      bigint,
    fulfilment         bytea,
    verdict            bytea,
    version            bigint      NOT NULL DEFAULT 1,

    CONSTRAINT claims_pk            PRIMARY KEY (claim_id),
    CONSTRAINT claims_serial_fk     FOREIGN KEY (serial) REFERENCES units (serial),
    CONSTRAINT claims_state_ck      CHECK (state IN ('DRAFT', 'DOCUMENTS_REQUIRED', 'UNDER_REVIEW', 'APPROVED', 'PARTLY_APPROVED',
                                                     'REJECTED', 'APPEALED', 'IN_FULFILMENT', 'SETTLED', 'CLOSED', 'WITHDRAWN')),
    CONSTRAINT claims_decision_ck   CHECK ((decision_id IS NULL) = (outcome IS NULL)
                                       AND (decision_id IS NOT NULL OR state IN ('DRAFT', 'WITHDRAWN'))),
    CONSTRAINT claims_override_ck   CHECK ((override_minor IS NULL) = (override_currency IS NULL)),
    CONSTRAINT claims_fulfilment_ck CHECK (fulfilment IS NOT NULL OR state NOT IN ('IN_FULFILMENT', 'SETTLED')),
    CONSTRAINT claims_owner_id_ck   CHECK (owner_id <> ''),
    CONSTRAINT claims_version_ck    CHECK (version >= 1)
);
COMMENT ON TABLE  claims                    IS 'One row per demand of a customer under the warranty. Written by aftercare-warranty only.';
COMMENT ON COLUMN claims.cause              IS 'What went wrong, as a code, as material_defect.';
COMMENT ON COLUMN claims.component          IS 'Component at fault as the customer says; NULL: the whole unit.';
COMMENT ON COLUMN claims.description        IS 'What went wrong, in the customer''s words (personal); empty once it was erased.';
COMMENT ON COLUMN claims.contact_name       IS 'Name of the person to reach (personal); NULL where none was given, or once it was erased.';
COMMENT ON COLUMN claims.contact_email      IS 'E-mail address (personal); NULL as contact_name.';
COMMENT ON COLUMN claims.contact_phone      IS 'Telephone number as the customer writes it (personal); NULL as contact_name.';
COMMENT ON COLUMN claims.contact_language   IS 'Language the customer reads, BCP 47; NULL: the policy''s first.';
COMMENT ON COLUMN claims.contact_push_token IS 'What push messages are sent to (personal); NULL as contact_name.';
COMMENT ON COLUMN claims.contact_time_zone  IS 'Zone the customer lives in; NULL: that of the region of sale.';
COMMENT ON COLUMN claims.at_date            IS 'Civil day the fault was reported, in the zone of the region of sale: the day that is decided about.';
COMMENT ON COLUMN claims.owner_id           IS 'Subject of the customer whose it is (personal); NULL where staff claimed for a unit that is nobody''s.';
COMMENT ON COLUMN claims.assignee_id        IS 'Subject of the member of staff whose work it is; NULL while it is anybody''s.';
COMMENT ON COLUMN claims.submit_time        IS 'When it was submitted; NULL while a draft.';
COMMENT ON COLUMN claims.decision_id        IS 'The policy''s last decision; NULL while a draft.';
COMMENT ON COLUMN claims.outcome            IS 'Its outcome, as GRANTED.';
COMMENT ON COLUMN claims.reason             IS 'Its reason, as COVERED.';
COMMENT ON COLUMN claims.deciding_clause_id IS 'The clause that decided, as warranty.period.';
COMMENT ON COLUMN claims.decide_by          IS 'When we promised to have decided, as promised when it was submitted; NULL: nothing is promised.';
COMMENT ON COLUMN claims.is_late            IS 'That time passed without a decision.';
COMMENT ON COLUMN claims.decided_by         IS 'Subject of the person who decided last; NULL where the policy did.';
COMMENT ON COLUMN claims.is_by_person       IS 'A person decided: the state does not follow the policy any more.';
COMMENT ON COLUMN claims.decide_reason      IS 'Why that person decided so (personal).';
COMMENT ON COLUMN claims.appeal_reason      IS 'Why the customer appealed (personal); NULL where nobody did.';
COMMENT ON COLUMN claims.override_minor     IS 'Most that an override may cost, in minor units of override_currency.';
COMMENT ON COLUMN claims.accept_number      IS 'Which of the unit''s accepted claims it is, by units.claim_count; NULL where it counts against no limit: '
                                               'not accepted, or inspected.';
COMMENT ON COLUMN claims.fulfilment         IS 'What the customer gets, a packed warranty.v1.Fulfilment; NULL before.';
COMMENT ON COLUMN claims.verdict            IS 'What a person decided, a packed warranty.v1.Verdict; NULL where the policy''s decision holds.';
COMMENT ON COLUMN claims.version            IS 'One more with each change; each write names the one it read.';

-- Each serves a list of claims, newest first: of all, in one state, for one unit (and the foreign key, and counting what was
-- accepted), of one customer.
CREATE INDEX claims_create_time_ix ON claims (create_time, claim_id);
CREATE INDEX claims_state_create_time_ix ON claims (state, create_time, claim_id);
CREATE INDEX claims_serial_create_time_ix ON claims (serial, create_time, claim_id);
CREATE INDEX claims_owner_id_create_time_ix ON claims (owner_id, create_time, claim_id) WHERE owner_id IS NOT NULL;
-- Serves finding claims by a part of the contact's name, e-mail or phone.
CREATE INDEX claims_contact_trgm_ix ON claims USING gin
    ((coalesce(contact_name, '') || ' ' || coalesce(contact_email, '') || ' ' || coalesce(contact_phone, '')) public.gin_trgm_ops);

CREATE TABLE claim_documents (
    claim_id       uuid        NOT NULL,
    number         integer     NOT NULL,
    document_id    uuid        NOT NULL,
    kind           text        NOT NULL,
    document_date  date,
    sha256         text        NOT NULL,
    media_type     text        NOT NULL,
    finding_number integer,
    create_time    timestamptz NOT NULL,

    CONSTRAINT claim_documents_pk             PRIMARY KEY (claim_id, number),
    CONSTRAINT claim_documents_document_id_uq UNIQUE (claim_id, document_id),
    CONSTRAINT claim_documents_claim_id_fk    FOREIGN KEY (claim_id) REFERENCES claims (claim_id),
    CONSTRAINT claim_documents_number_ck      CHECK (number >= 1)
);
COMMENT ON TABLE  claim_documents                IS 'What was given with a claim, in the order it came. The bytes lie with the documents service.';
COMMENT ON COLUMN claim_documents.number         IS 'From 1.';
COMMENT ON COLUMN claim_documents.document_id    IS 'Its identity at the documents service.';
COMMENT ON COLUMN claim_documents.kind           IS 'What it is, a document of the policy''s checklist, as fault_photo.';
COMMENT ON COLUMN claim_documents.document_date  IS 'Day of purchase or delivery that it says; NULL where none was read.';
COMMENT ON COLUMN claim_documents.sha256         IS 'SHA-256 of its bytes, hexadecimal.';
COMMENT ON COLUMN claim_documents.finding_number IS 'The finding that it proves; NULL: none.';

CREATE TABLE claim_findings (
    claim_id    uuid        NOT NULL,
    number      integer     NOT NULL,
    finding     text        NOT NULL,
    component   text,
    fault_code  text,
    description text        NOT NULL,
    record_time timestamptz NOT NULL,

    CONSTRAINT claim_findings_pk          PRIMARY KEY (claim_id, number),
    CONSTRAINT claim_findings_claim_id_fk FOREIGN KEY (claim_id) REFERENCES claims (claim_id),
    CONSTRAINT claim_findings_number_ck   CHECK (number >= 1)
);
COMMENT ON TABLE  claim_findings             IS 'What technicians found, in the order they said it.';
COMMENT ON COLUMN claim_findings.number      IS 'From 1.';
COMMENT ON COLUMN claim_findings.finding     IS 'The cause, a code of the policy, as impact.';
COMMENT ON COLUMN claim_findings.component   IS 'The component at fault; NULL: the whole unit.';
COMMENT ON COLUMN claim_findings.fault_code  IS 'The fault by its code; NULL if it has none.';
COMMENT ON COLUMN claim_findings.description IS 'In the technician''s words (personal); empty once it was erased.';

CREATE TABLE decisions (
    decision_id        uuid        NOT NULL,
    claim_id           uuid        NOT NULL,
    create_time        timestamptz NOT NULL,
    outcome            text        NOT NULL,
    reason             text        NOT NULL,
    deciding_clause_id text        NOT NULL,
    record             bytea       NOT NULL,

    CONSTRAINT decisions_pk          PRIMARY KEY (decision_id),
    CONSTRAINT decisions_claim_id_fk FOREIGN KEY (claim_id) REFERENCES claims (claim_id)
);
COMMENT ON TABLE  decisions                    IS 'Everything that the policy ever decided about a claim. Never changed.';
COMMENT ON COLUMN decisions.create_time        IS 'When it was decided.';
COMMENT ON COLUMN decisions.outcome            IS 'Of the record, for lists, as GRANTED.';
COMMENT ON COLUMN decisions.reason             IS 'Of the record, for lists, as COVERED.';
COMMENT ON COLUMN decisions.deciding_clause_id IS 'Of the record, for lists, as warranty.period.';
COMMENT ON COLUMN decisions.record             IS 'A packed common.v1.Decision: facts, clauses, outcome, sentences.';

-- Compressed the record fits into the row: a place of its own costs a second row and an index entry for each. All of them, since what
-- is EXTENDED is moved out before anything is compressed, were it 32 bytes long.
ALTER TABLE decisions ALTER COLUMN outcome SET STORAGE MAIN, ALTER COLUMN reason SET STORAGE MAIN,
    ALTER COLUMN deciding_clause_id SET STORAGE MAIN, ALTER COLUMN record SET STORAGE MAIN;

-- Serves all decisions of a claim, the newest first (and the foreign key).
CREATE INDEX decisions_claim_id_create_time_ix ON decisions (claim_id, create_time, decision_id);

-- ---- imports: files of units that are read in ----

CREATE TABLE imports (
    import_id      uuid        NOT NULL,
    state          text        NOT NULL,
    is_dry_run     boolean     NOT NULL,
    document_id    uuid        NOT NULL,
    media_type     text        NOT NULL,
    mapping        text        NOT NULL,
    size_bytes     bigint      NOT NULL,
    read_bytes     bigint      NOT NULL DEFAULT 0,
    line_count     bigint      NOT NULL DEFAULT 0,
    row_count      bigint      NOT NULL DEFAULT 0,
    stored_count   bigint      NOT NULL DEFAULT 0,
    same_count     bigint      NOT NULL DEFAULT 0,
    error_count    bigint      NOT NULL DEFAULT 0,
    layout         bytea,
    refusal_reason text,
    refusal        text,
    create_time    timestamptz NOT NULL,
    end_time       timestamptz,
    report_until   timestamptz,
    version        bigint      NOT NULL DEFAULT 1,

    CONSTRAINT imports_pk         PRIMARY KEY (import_id),
    CONSTRAINT imports_state_ck   CHECK (state IN ('RUNNING', 'DONE', 'REFUSED')),
    CONSTRAINT imports_end_ck     CHECK ((state = 'RUNNING') = (end_time IS NULL)),
    CONSTRAINT imports_refusal_ck CHECK ((state = 'REFUSED') = (refusal IS NOT NULL)),
    CONSTRAINT imports_read_ck    CHECK (read_bytes BETWEEN 0 AND size_bytes),
    CONSTRAINT imports_count_ck   CHECK (row_count = stored_count + same_count + error_count),
    CONSTRAINT imports_version_ck CHECK (version >= 1)
);
COMMENT ON TABLE  imports             IS 'Files of units, and how far each is read. Each batch of rows names the version it read.';
COMMENT ON COLUMN imports.document_id IS 'The file at the documents service, which keeps it for a time.';
COMMENT ON COLUMN imports.mapping     IS 'Fields for headings, as the caller gave them.';
COMMENT ON COLUMN imports.read_bytes  IS 'The place of the next row: where to go on, by whichever replica.';
COMMENT ON COLUMN imports.line_count  IS 'Ends of lines before that place.';
COMMENT ON COLUMN imports.layout      IS 'How rows are read, a packed warranty.v1.Import with columns, separator and is_utf8; NULL before '
                                         'the head was read.';
COMMENT ON COLUMN imports.report_until IS 'When its refused rows are deleted; NULL while it runs, and where none was refused.';
COMMENT ON COLUMN imports.version     IS 'One more with each change; each write names the one it read.';

-- Serves the list of imports, the newest first.
CREATE INDEX imports_create_time_ix ON imports (create_time, import_id);

CREATE TABLE import_errors (
    import_id   uuid   NOT NULL,
    number      bigint NOT NULL,
    line        bigint NOT NULL,
    column_name text   NOT NULL,
    reason      text   NOT NULL,
    message     text   NOT NULL,
    value       text   NOT NULL,

    CONSTRAINT import_errors_pk           PRIMARY KEY (import_id, number),
    CONSTRAINT import_errors_import_id_fk FOREIGN KEY (import_id) REFERENCES imports (import_id),
    CONSTRAINT import_errors_number_ck    CHECK (number >= 1)
);
COMMENT ON TABLE  import_errors             IS 'Rows that imports refused, in the order of the file; deleted when the import says.';
COMMENT ON COLUMN import_errors.number      IS 'From 1.';
COMMENT ON COLUMN import_errors.line        IS 'Line of the file at which the row begins, from 1.';
COMMENT ON COLUMN import_errors.column_name IS 'Heading of the column; empty where the row as a whole is wrong.';
COMMENT ON COLUMN import_errors.reason      IS 'As DATE_MALFORMED.';
COMMENT ON COLUMN import_errors.message     IS 'The same in a sentence.';
COMMENT ON COLUMN import_errors.value       IS 'What stood there, cut after 200 bytes (personal).';

CREATE TABLE import_rows (
    import_id uuid  NOT NULL,
    serial    text  NOT NULL,
    content   bytea NOT NULL,

    CONSTRAINT import_rows_pk           PRIMARY KEY (import_id, serial),
    CONSTRAINT import_rows_import_id_fk FOREIGN KEY (import_id) REFERENCES imports (import_id)
);
COMMENT ON TABLE  import_rows         IS 'What a dry run would have stored so far: a file may contradict itself. Deleted at its end.';
COMMENT ON COLUMN import_rows.content IS 'What the row said, a packed warranty.v1.RegisterUnitRequest (personal).';

-- ---- guesses at order numbers ----

CREATE TABLE ownership_guesses (
    subject     text          NOT NULL,
    guesses     text[]        NOT NULL,
    guess_times timestamptz[] NOT NULL,
    last_time   timestamptz   NOT NULL,

    CONSTRAINT ownership_guesses_pk PRIMARY KEY (subject)
);
COMMENT ON TABLE  ownership_guesses             IS 'Wrong pairs of serial and order number by which customers tried to take units, of the last hour: so many and no '
                                                   'more. Deleted with guesses of others, once they count no more.';
COMMENT ON COLUMN ownership_guesses.subject     IS 'Who guessed (personal).';
COMMENT ON COLUMN ownership_guesses.guesses     IS 'Digests of the pairs, hexadecimal.';
COMMENT ON COLUMN ownership_guesses.guess_times IS 'When, in the same order.';
COMMENT ON COLUMN ownership_guesses.last_time   IS 'The last of them.';

-- Serves deleting those that count no more.
CREATE INDEX ownership_guesses_last_time_ix ON ownership_guesses (last_time);

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

-- As in decisions.
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

-- ---- views: what events of all services say of units and work, kept by the consumer "views" ----

CREATE TABLE unit_history (
    serial      text        NOT NULL,
    line_date   date        NOT NULL,
    record_time timestamptz NOT NULL,
    line_id     uuid        NOT NULL,
    kind        text        NOT NULL,
    resource    text        NOT NULL,
    visible_to  text,
    summary     text        NOT NULL,

    CONSTRAINT unit_history_pk PRIMARY KEY (serial, line_date, record_time, line_id)
);
COMMENT ON TABLE  unit_history             IS 'The lives of units in lines, in the order of the primary key. It can be made anew from the events.';
COMMENT ON COLUMN unit_history.serial      IS 'The unit; it need not be known here: other services name it.';
COMMENT ON COLUMN unit_history.line_date   IS 'The day it happened.';
COMMENT ON COLUMN unit_history.record_time IS 'When it was learnt.';
COMMENT ON COLUMN unit_history.line_id     IS 'Identity of the fact, claim, decision or event.';
COMMENT ON COLUMN unit_history.kind        IS 'What happened, as DELIVERED or CLAIM_DECIDED.';
COMMENT ON COLUMN unit_history.resource    IS 'What tells more, as /v1/claims/0190...; empty where nothing does.';
COMMENT ON COLUMN unit_history.visible_to  IS 'Pseudonym of the customer who sees it beside staff, empty: nobody; NULL: who may see the unit.';
COMMENT ON COLUMN unit_history.summary     IS 'The same in a line, in English.';

CREATE TABLE work_items (
    item_id     uuid        NOT NULL,
    kind        text        NOT NULL,
    serial      text        NOT NULL,
    state       text        NOT NULL,
    due_time    timestamptz NOT NULL,
    assignee_id text,
    is_done     boolean     NOT NULL DEFAULT false,
    version     bigint      NOT NULL,

    CONSTRAINT work_items_pk PRIMARY KEY (item_id)
);
COMMENT ON TABLE  work_items             IS 'What waits for a member of staff, as its last event says. It can be made anew from the events.';
COMMENT ON COLUMN work_items.item_id     IS 'Identity of the claim or loop.';
COMMENT ON COLUMN work_items.kind        IS 'claim, or survey_loop of the surveys daemon.';
COMMENT ON COLUMN work_items.serial      IS 'The unit it is about; empty: none.';
COMMENT ON COLUMN work_items.state       IS 'What it waits in, as UNDER_REVIEW.';
COMMENT ON COLUMN work_items.due_time    IS 'Until when it should be done; infinity where no time was promised.';
COMMENT ON COLUMN work_items.assignee_id IS 'Pseudonym of the member of staff whose work it is; NULL while it is anybody''s.';
COMMENT ON COLUMN work_items.is_done     IS 'Of a loop that has ended: its row stays, so that an older event does not bring it back.';
COMMENT ON COLUMN work_items.version     IS 'Of the claim or loop, as that event made it: an older event changes nothing.';

-- Serves the worklist, the first deadline first.
CREATE INDEX work_items_due_time_ix ON work_items (due_time, item_id) WHERE NOT is_done;

-- ---- how far the consumer is (common/consumer.sql) ----

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
INSERT INTO schema_info (change, oldest_daemon) VALUES ('create_warranty', '0.1.0');

GRANT USAGE ON SCHEMA warranty TO warranty_service;
GRANT SELECT ON schema_info TO warranty_service;
GRANT SELECT, INSERT, UPDATE ON products, units, recalls, claims TO warranty_service;
GRANT SELECT, INSERT ON unit_facts TO warranty_service;
GRANT SELECT, INSERT, UPDATE ON imports TO warranty_service;
GRANT SELECT, INSERT, DELETE ON import_errors TO warranty_service;
GRANT SELECT, INSERT, DELETE ON import_rows TO warranty_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ownership_guesses TO warranty_service;
GRANT SELECT, INSERT, UPDATE (is_revoked) ON policies TO warranty_service;
GRANT SELECT, INSERT ON claim_documents, claim_findings, decisions TO warranty_service;
GRANT SELECT, INSERT ON unit_history TO warranty_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON work_items TO warranty_service;
GRANT SELECT, INSERT, UPDATE ON consumer_lanes TO warranty_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON consumer_replicas TO warranty_service;
GRANT SELECT, INSERT, DELETE ON consumer_inbox TO warranty_service;
GRANT SELECT, INSERT, UPDATE (reason, message, attempts, has_wish), DELETE ON consumer_parked TO warranty_service;
GRANT SELECT, INSERT, DELETE ON idempotency TO warranty_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON timers TO warranty_service;

COMMIT;
