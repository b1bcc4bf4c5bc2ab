-- Takes create_surveys back. All notes are lost.

BEGIN;

DROP SCHEMA surveys CASCADE;

COMMIT;
