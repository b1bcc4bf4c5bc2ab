-- Fails where create_warranty is not there as it was written.

BEGIN;

SELECT sku, name, category, brand, components, is_waterproof, discontinue_date, create_time, version
  FROM warranty.products
 WHERE false;

SELECT serial, sku, owner_id, order_number, region, channel, customer_class, condition, is_stated, price_minor, price_currency,
       order_date, purchase_date, delivery_date, install_date, register_date, manufacture_date, replaces_serial, replaced_by_serial,
       last_cover_date, claim_count, create_time, version
  FROM warranty.units
 WHERE false;
SELECT fact_id, serial, kind, fact_date, record_time, old_serial, content FROM warranty.unit_facts WHERE false;
SELECT recall_id, sku, first_serial, last_serial, title, instruction, state, create_time, version FROM warranty.recalls WHERE false;
SELECT version_number, digest, effective_from, is_revoked, canonical FROM warranty.policies WHERE false;

SELECT claim_id, serial, state, cause, component, description, contact_name, contact_email, contact_phone, contact_language,
       contact_time_zone, contact_push_token, at_date, owner_id, assignee_id, create_time, submit_time, decision_id, outcome, reason,
       deciding_clause_id, decide_by, is_late, decided_by, is_by_person, decide_reason, appeal_reason, is_overridden,
       override_minor, override_currency, accept_number, fulfilment, verdict, version
  FROM warranty.claims
 WHERE false;
SELECT claim_id, number, document_id, kind, document_date, sha256, media_type, finding_number, create_time
  FROM warranty.claim_documents
 WHERE false;
SELECT claim_id, number, finding, component, fault_code, description, record_time FROM warranty.claim_findings WHERE false;
SELECT decision_id, claim_id, create_time, outcome, reason, deciding_clause_id, record FROM warranty.decisions WHERE false;

SELECT import_id, state, is_dry_run, document_id, media_type, mapping, size_bytes, read_bytes, line_count, row_count, stored_count,
       same_count, error_count, layout, refusal_reason, refusal, create_time, end_time, report_until, version
  FROM warranty.imports
 WHERE false;
SELECT import_id, number, line, column_name, reason, message, value FROM warranty.import_errors WHERE false;
SELECT import_id, serial, content FROM warranty.import_rows WHERE false;

SELECT serial, line_date, record_time, line_id, kind, resource, visible_to, summary FROM warranty.unit_history WHERE false;
SELECT item_id, kind, serial, state, due_time, assignee_id, is_done, version FROM warranty.work_items WHERE false;
SELECT name, lane, epoch, position, holder FROM warranty.consumer_lanes WHERE false;
SELECT name, holder, lease_time FROM warranty.consumer_replicas WHERE false;
SELECT name, event_id FROM warranty.consumer_inbox WHERE false;
SELECT name, event_id, lane, epoch, position, type, event, reason, message, attempts, park_time, has_wish FROM warranty.consumer_parked WHERE false;

SELECT subject, guesses, guess_times, last_time FROM warranty.ownership_guesses WHERE false;
SELECT principal, key, fingerprint, response, create_time FROM warranty.idempotency WHERE false;
SELECT timer_id, kind, aggregate_id, due_time, lease_time, attempt FROM warranty.timers WHERE false;

SELECT 1 / count(*) FROM warranty.schema_info;
SELECT 1 / has_table_privilege('warranty_service', 'warranty.claims', 'INSERT')::integer;
SELECT 1 / has_column_privilege('warranty_service', 'events.outbox', 'payload', 'INSERT')::integer;
SELECT 1 / (NOT has_schema_privilege('warranty_service', 'warranty', 'CREATE'))::integer;

ROLLBACK;
