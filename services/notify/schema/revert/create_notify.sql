-- Takes create_notify back. All notes are lost.

BEGIN;

DROP SCHEMA notify CASCADE;

COMMIT;
