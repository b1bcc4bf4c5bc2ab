/*
 * version_store - all SQL for what daemons ask (the versions) and say (what they enforce)
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy.h"

#include <string.h>

#include "common/message.h"

enum { PIECE_BYTES = 128 * 1024 };

DB_STATEMENT(list_versions, "policy_list_versions",
             "SELECT version_number, digest, effective_from, state = 'REVOKED',"
             " octet_length(canonical)::bigint"
             " FROM policies WHERE version_number IS NOT NULL ORDER BY version_number");

/* $1 number, $2 first byte from 1 on, $3 how many. */
DB_STATEMENT(read_piece, "policy_read_piece",
             "SELECT substring(canonical FROM $2::integer FOR $3::integer) FROM policies"
             " WHERE version_number = $1");

/* $1 daemon, $2 sections, $3 now. A row is written anew only where its time is an hour old, or in
 * the future of a clock that was put back. */
DB_STATEMENT(claim_sections, "policy_claim_sections",
             "INSERT INTO enforced_sections AS old (service, section, claim_time)"
             " SELECT $1, named, $3 FROM (SELECT DISTINCT unnest($2::text[]) AS named) AS claimed"
             " ON CONFLICT (service, section) DO UPDATE SET claim_time = excluded.claim_time"
             " WHERE old.claim_time NOT BETWEEN excluded.claim_time - interval '1 hour'"
             " AND excluded.claim_time");

DB_STATEMENT(list_enforced, "policy_list_enforced",
             "SELECT DISTINCT section FROM enforced_sections WHERE claim_time > $1 ORDER BY "
             "section");

enum err
version_list_await(struct call *call, const struct db_rows **ret_rows, size_t *ret_count)
{
    enum err err = db_read_await(svc_db(call->svc), call, &list_versions, NULL, 0, ret_rows);
    *ret_count = err == OK ? db_row_count(*ret_rows) : 0;
    return err == ERR_NOT_FOUND ? OK : err;
}

Policy__V1__GetVersionsResponse__Version *
version_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    Policy__V1__GetVersionsResponse__Version *version = arena_alloc(arena, sizeof *version);
    policy__v1__get_versions_response__version__init(version);
    version->number = db_get_int8(rows, row, 0);
    version->digest.data = (uint8_t *)db_get_bytea(rows, row, 1, &version->digest.len);
    version->effective_from = message_date(arena, db_get_date(rows, row, 2));
    version->is_revoked = db_get_bool(rows, row, 3);
    version->size_bytes = db_get_int8(rows, row, 4);
    return version;
}

enum err
version_piece_await(struct call *call, int64_t number, int64_t offset,
                    ProtobufCBinaryData *ret_piece)
{
    if (offset >= POLICY_PUBLICATION_BYTES_MAX)
        offset = POLICY_PUBLICATION_BYTES_MAX; /* beyond the end of each */
    const struct db_param params[] = {db_int8(number), db_int4((int32_t)offset + 1),
                                      db_int4(PIECE_BYTES)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_piece, params, COUNT_OF(params), &rows);
    if (err == OK)
        ret_piece->data = (uint8_t *)db_get_bytea(rows, 0, 0, &ret_piece->len);
    return err;
}

enum err
sections_claim_await(struct call *call, const char *service, const char *const *sections,
                     size_t section_count, int64_t now_us)
{
    const struct db_param params[] = {
        db_text(service), db_text_array(call->arena, sections, section_count), db_time(now_us)};
    const struct db_rows *rows;
    return db_write_await(svc_db(call->svc), call, &claim_sections, params, COUNT_OF(params),
                          service, &rows);
}

enum err
sections_enforced_await(struct call *call, int64_t since_us, struct policy_codes *ret_sections)
{
    const struct db_param param = db_time(since_us);
    const struct db_rows *rows;
    *ret_sections = (struct policy_codes){NULL, 0};
    enum err err = db_read_await(svc_db(call->svc), call, &list_enforced, &param, 1, &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    size_t count = db_row_count(rows);
    const char **codes = arena_alloc(call->arena, count * sizeof *codes);
    for (size_t i = 0; i < count; i++)
        codes[i] = db_get_text(rows, i, 0);
    *ret_sections = (struct policy_codes){codes, count};
    return OK;
}
