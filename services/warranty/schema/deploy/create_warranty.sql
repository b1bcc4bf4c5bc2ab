-- create_warranty: products, units and claims, the answers already given, and the timers.
--
-- Written once, never edited after release: a mistake is mended by the next change.
-- Needs: roles warranty_owner and warranty_service (deploy/roles.sql), and the schema events, deployed before.
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
COMMENT ON COLUMN products.discontinue_date IS 'Last day it was sold; NULL while it still is.';
COMMENT ON COLUMN products.version          IS 'One more with each change; each write names the one it read.';

-- Serves the list of one category, ordered by SKU.
CREATE INDEX products_category_sku_ix ON products (category, sku);

CREATE TABLE units (
    serial        text        NOT NULL,
    sku           text        NOT NULL,
    purchase_date date,
    delivery_date date,
    owner_id      text,
    order_number  text,
    create_time   timestamptz NOT NULL,
    version       bigint      NOT NULL DEFAULT 1,

    CONSTRAINT units_pk               PRIMARY KEY (serial),
    CONSTRAINT units_sku_fk           FOREIGN KEY (sku) REFERENCES products (sku),
    CONSTRAINT units_serial_ck        CHECK (serial <> ''),
    CONSTRAINT units_owner_id_ck      CHECK (owner_id <> ''),
    CONSTRAINT units_version_ck       CHECK (version >= 1)
);
COMMENT ON TABLE  units               IS 'One row per piece of a product, known by its serial number. Written by aftercare-warranty only.';
COMMENT ON COLUMN units.purchase_date IS 'Day it was bought; NULL where it is not known.';
COMMENT ON COLUMN units.delivery_date IS 'Day it was handed over; NULL where it is not known.';
COMMENT ON COLUMN units.owner_id      IS 'Subject of the customer whose it is (personal); NULL while it is nobody''s.';
COMMENT ON COLUMN units.order_number  IS 'Number of the order it was sold under; NULL where it is not known.';
COMMENT ON COLUMN units.version       IS 'One more with each change; each write names the one it read.';

-- Serves the list of one product's units, ordered by serial number, and the foreign key.
CREATE INDEX units_sku_serial_ix ON units (sku, serial);
-- Serves a customer's list of their own units, ordered by serial number.
CREATE INDEX units_owner_id_serial_ix ON units (owner_id, serial) WHERE owner_id IS NOT NULL;

CREATE TABLE claims (
    claim_id      uuid        NOT NULL,
    serial        text        NOT NULL,
    state         text        NOT NULL,
    cause         text        NOT NULL,
    description   text        NOT NULL,
    contact_name  text,
    contact_email text,
    contact_phone text,
    report_date   date        NOT NULL,
    outcome       text        NOT NULL,
    last_date     date,
    clause_id     text        NOT NULL,
    owner_id      text,
    create_time   timestamptz NOT NULL,
    version       bigint      NOT NULL DEFAULT 1,

    CONSTRAINT claims_pk               PRIMARY KEY (claim_id),
    CONSTRAINT claims_serial_fk        FOREIGN KEY (serial) REFERENCES units (serial),
    CONSTRAINT claims_state_ck         CHECK (state IN ('SUBMITTED', 'WITHDRAWN')),
    CONSTRAINT claims_outcome_ck       CHECK (outcome IN ('COVERED', 'NOT_COVERED', 'UNDETERMINED')),
    CONSTRAINT claims_last_date_ck     CHECK (CASE outcome WHEN 'COVERED'      THEN last_date >= report_date
                                                           WHEN 'UNDETERMINED' THEN last_date IS NULL
                                                           ELSE true END),
    CONSTRAINT claims_owner_id_ck      CHECK (owner_id <> ''),
    CONSTRAINT claims_version_ck       CHECK (version >= 1)
);
COMMENT ON TABLE  claims               IS 'One row per demand of a customer under the warranty. Written by aftercare-warranty only.';
COMMENT ON COLUMN claims.cause         IS 'What went wrong, as a code, as material_defect.';
COMMENT ON COLUMN claims.description   IS 'What went wrong, in the customer''s words (personal); empty once it was erased.';
COMMENT ON COLUMN claims.contact_name  IS 'Name of the person to reach (personal); NULL where none was given, or once it was erased.';
COMMENT ON COLUMN claims.contact_email IS 'E-mail address (personal); NULL as contact_name.';
COMMENT ON COLUMN claims.contact_phone IS 'Telephone number as the customer writes it (personal); NULL as contact_name.';
COMMENT ON COLUMN claims.report_date   IS 'Civil day the fault was reported, in the zone of the region of sale.';
COMMENT ON COLUMN claims.outcome       IS 'Whether the unit was covered on that day, as decided when the claim was submitted.';
COMMENT ON COLUMN claims.last_date     IS 'Last day covered, itself included; NULL while undetermined, and where there is no limit or no period.';
COMMENT ON COLUMN claims.clause_id     IS 'Clause of the policy that decided, as warranty.period.';
COMMENT ON COLUMN claims.owner_id      IS 'Subject of the customer whose it is (personal); NULL where staff claimed for a unit that is nobody''s.';
COMMENT ON COLUMN claims.version       IS 'One more with each change; each write names the one it read.';

-- Each serves a list of claims, newest first: of all, in one state, for one unit (and the foreign key), of one customer.
CREATE INDEX claims_create_time_ix ON claims (create_time, claim_id);
CREATE INDEX claims_state_create_time_ix ON claims (state, create_time, claim_id);
CREATE INDEX claims_serial_create_time_ix ON claims (serial, create_time, claim_id);
CREATE INDEX claims_owner_id_create_time_ix ON claims (owner_id, create_time, claim_id) WHERE owner_id IS NOT NULL;

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
INSERT INTO schema_info (change, oldest_daemon) VALUES ('create_warranty', '0.1.0');

GRANT USAGE ON SCHEMA warranty TO warranty_service;
GRANT SELECT ON schema_info TO warranty_service;
GRANT SELECT, INSERT, UPDATE ON products, units, claims TO warranty_service;
GRANT SELECT, INSERT, DELETE ON idempotency TO warranty_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON timers TO warranty_service;

COMMIT;
