-- Takes create_documents back. All documents are lost.

BEGIN;

DROP SCHEMA documents CASCADE;

COMMIT;
