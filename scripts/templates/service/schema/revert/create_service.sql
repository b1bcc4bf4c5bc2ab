-- Takes create_@noun@ back. All notes are lost.

BEGIN;

DROP SCHEMA @noun@ CASCADE;

COMMIT;
