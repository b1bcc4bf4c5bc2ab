-- Takes create_notify back. All notices, messages, opt-outs, webhooks and mails are lost.

BEGIN;

DROP SCHEMA notify CASCADE;

COMMIT;
