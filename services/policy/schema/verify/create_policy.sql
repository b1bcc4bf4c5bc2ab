-- Fails where create_policy is not there as it was written.

BEGIN;

SELECT policy_id, state, version_number, title, languages, digest, effective_from, canonical, source, create_time,
       publish_time, revoke_time, revoke_reason, version
  FROM policy.policies
 WHERE false;

SELECT staff_id, subject, role, position, authority_minor, currency_code, create_time, version FROM policy.staff WHERE false;
SELECT service, section, claim_time FROM policy.enforced_sections WHERE false;
SELECT principal, key, fingerprint, response, create_time FROM policy.idempotency WHERE false;
SELECT timer_id, kind, aggregate_id, due_time, lease_time, attempt FROM policy.timers WHERE false;

SELECT 1 / count(*) FROM policy.line WHERE is_only;
SELECT 1 / count(*) FROM policy.schema_info;
SELECT 1 / has_table_privilege('policy_service', 'policy.policies', 'INSERT')::integer;
SELECT 1 / relrowsecurity::integer FROM pg_class WHERE oid = 'policy.policies'::regclass; -- versions are not deleted
SELECT 1 / has_column_privilege('policy_service', 'events.outbox', 'payload', 'INSERT')::integer;
SELECT 1 / (NOT has_schema_privilege('policy_service', 'policy', 'CREATE'))::integer;

ROLLBACK;
