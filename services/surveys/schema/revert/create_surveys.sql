-- Takes create_surveys back. All templates, invitations, answers and actions are lost.

BEGIN;

DROP SCHEMA surveys CASCADE;

COMMIT;
