-- The unit of work of both peers: state, decision, timer, event, key and answer in one statement, on the unit as it was read. The rows are
-- those of Aftercare; what its statement has for other verbs (documents, findings, facts learnt) is left out.
-- SPDX-License-Identifier: Apache-2.0
WITH locked AS (SELECT 1 FROM units WHERE serial = $10 AND version = $11::bigint AND claim_count = $12::integer FOR UPDATE),
     keyed AS (INSERT INTO idempotency (principal, key, fingerprint, response, create_time)
               SELECT $1, $2, $3::bytea, $4::bytea, $5::timestamptz FROM locked ON CONFLICT DO NOTHING RETURNING 1),
     changed AS (INSERT INTO claims (claim_id, serial, state, at_date, submit_time, decision_id, outcome, reason, deciding_clause_id,
                                     decide_by, cause, description, contact_name, contact_email, contact_language, owner_id, create_time)
                 SELECT $13::uuid, $10, 'DOCUMENTS_REQUIRED', $14::date, $5, $15::uuid, 'UNDETERMINED', 'DOCUMENTS_MISSING',
                        'warranty.process', $16::timestamptz, $17, $18, $19, $20, $21, $22, $5 FROM keyed RETURNING version),
     decided AS (INSERT INTO decisions (decision_id, claim_id, create_time, outcome, reason, deciding_clause_id, record)
                 SELECT $15, $13, $5, 'UNDETERMINED', 'DOCUMENTS_MISSING', 'warranty.process', $23::bytea FROM changed),
     timed AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time)
               SELECT $24::uuid, 'claim.decide_by', $13::text, $16 FROM changed),
     said AS (INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id, unit_serial,
                                         principal, trace, payload)
              SELECT $6::uuid, 'warranty.v1.ClaimCreated', 'claim', $13::text, version, $5, $7, $10, $1, $8, $9::bytea FROM changed)
SELECT (SELECT count(*) FROM locked)::integer AS locked, (SELECT count(*) FROM changed)::integer AS changed
