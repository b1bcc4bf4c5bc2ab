-- Takes create_warranty back. Products, units and claims are lost.

BEGIN;

DROP SCHEMA warranty CASCADE;

COMMIT;
