-- Takes create_outbox back. Events that the log does not have yet are lost.

BEGIN;

DROP SCHEMA events CASCADE;

COMMIT;
