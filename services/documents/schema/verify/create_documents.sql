-- Fails where create_documents is not there as it was written.

BEGIN;

SELECT upload_id, create_time, document_id, purpose, media_type, size_bytes, sha256, finish_time, is_kept FROM documents.uploads WHERE false;
SELECT upload_id, number, content FROM documents.pieces WHERE false;
SELECT sha256, upload_id, size_bytes FROM documents.contents WHERE false;
SELECT document_id, sha256, media_type, file_name, owner_id, create_time FROM documents.documents WHERE false;
SELECT timer_id, kind, aggregate_id, due_time, lease_time, attempt FROM documents.timers WHERE false;
SELECT principal, key, fingerprint, response, create_time FROM documents.idempotency WHERE false;

SELECT 1 / count(*) FROM documents.schema_info;
SELECT 1 / has_table_privilege('documents_service', 'documents.documents', 'INSERT')::integer;
SELECT 1 / has_column_privilege('documents_service', 'events.outbox', 'payload', 'INSERT')::integer;
SELECT 1 / (NOT has_schema_privilege('documents_service', 'documents', 'CREATE'))::integer;

ROLLBACK;
