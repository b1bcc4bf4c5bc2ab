-- Fails where create_warranty is not there as it was written.

BEGIN;

SELECT sku, name, category, brand, discontinue_date, create_time, version FROM warranty.products WHERE false;

SELECT serial, sku, purchase_date, delivery_date, owner_id, order_number, create_time, version
  FROM warranty.units
 WHERE false;

SELECT claim_id, serial, state, cause, description, contact_name, contact_email, contact_phone, report_date, outcome,
       last_date, clause_id, owner_id, create_time, version
  FROM warranty.claims
 WHERE false;

SELECT principal, key, fingerprint, response, create_time FROM warranty.idempotency WHERE false;
SELECT timer_id, kind, aggregate_id, due_time, lease_time, attempt FROM warranty.timers WHERE false;

SELECT 1 / count(*) FROM warranty.schema_info;
SELECT 1 / has_table_privilege('warranty_service', 'warranty.claims', 'INSERT')::integer;
SELECT 1 / has_column_privilege('warranty_service', 'events.outbox', 'payload', 'INSERT')::integer;
SELECT 1 / (NOT has_schema_privilege('warranty_service', 'warranty', 'CREATE'))::integer;

ROLLBACK;
