-- Takes create_policy back. All policies and the staff directory are lost.

BEGIN;

DROP SCHEMA policy CASCADE;

COMMIT;
