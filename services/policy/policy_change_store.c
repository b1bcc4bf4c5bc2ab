/*
 * policy_change_store - the SQL that changes policies and the line of versions
 *
 * Publishing and revoking lock the row of the line first, at the revision they read, and then the
 * policy: so what they decided on (which number is next, which day is the last) still holds when
 * they write.
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy.h"

/* $14 policy, $15 title, $16 languages, $17 digest, $18 canonical form, $19 source. */
DB_STATEMENT(
    create_policy, "policy_create_policy",
    "WITH locked AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM policies WHERE policy_id = "
    "$14)), " CHANGE_KEYED
    ", changed AS (INSERT INTO policies (policy_id, state, title, languages, digest, canonical,"
    " source, create_time) SELECT $14, 'DRAFT', $15, $16, $17, $18, $19, $5 FROM keyed"
    " RETURNING version), " CHANGE_SAID CHANGE_COUNTS);

/* $14 .. $19 as above, $20 the version that was read. */
DB_STATEMENT(
    replace_policy, "policy_replace_policy",
    "WITH locked AS (SELECT policy_id FROM policies WHERE policy_id = $14 AND version = $20"
    " AND state = 'DRAFT' FOR UPDATE), " CHANGE_KEYED
    ", changed AS (UPDATE policies SET title = $15, languages = $16, digest = $17,"
    " canonical = $18, source = $19, version = version + 1 FROM keyed"
    " WHERE policy_id = $14 RETURNING version), " CHANGE_SAID CHANGE_COUNTS);

/* $14 policy, $15 the version that was read. */
DB_STATEMENT(
    delete_policy, "policy_delete_policy",
    "WITH locked AS (SELECT policy_id FROM policies WHERE policy_id = $14 AND version = $15"
    " AND state = 'DRAFT' FOR UPDATE), " CHANGE_KEYED
    ", changed AS (DELETE FROM policies USING keyed WHERE policy_id = $14"
    " RETURNING version + 1 AS version), " CHANGE_SAID CHANGE_COUNTS);

#define LINE_LOCKED "WITH turn AS (SELECT 1 FROM line WHERE revision = $16 FOR UPDATE), "

/* $14 policy, $15 the version that was read, $16 the line's revision that was read, $17 number,
 * $18 effective from, $19 digest, $20 canonical form. */
DB_STATEMENT(publish_policy, "policy_publish_policy",
             LINE_LOCKED
             "locked AS (SELECT policy_id FROM policies, turn WHERE policy_id = $14"
             " AND version = $15 AND state = 'DRAFT' FOR UPDATE OF policies), " CHANGE_KEYED
             ", changed AS (UPDATE policies SET state = 'PUBLISHED', version_number = $17,"
             " effective_from = $18, digest = $19, canonical = $20, publish_time = $5,"
             " version = version + 1 FROM keyed WHERE policy_id = $14 RETURNING version),"
             " raised AS (UPDATE line SET revision = revision + 1, last_number = $17"
             " FROM changed), " CHANGE_SAID CHANGE_COUNTS);

/* $14, $15, $16 as above, $17 why. */
DB_STATEMENT(revoke_policy, "policy_revoke_policy",
             LINE_LOCKED
             "locked AS (SELECT policy_id FROM policies, turn WHERE policy_id = $14"
             " AND version = $15 AND state = 'PUBLISHED' FOR UPDATE OF policies), " CHANGE_KEYED
             ", changed AS (UPDATE policies SET state = 'REVOKED', revoke_time = $5,"
             " revoke_reason = $17, version = version + 1 FROM keyed"
             " WHERE policy_id = $14 RETURNING version),"
             " raised AS (UPDATE line SET revision = revision + 1 FROM changed), " CHANGE_SAID
                 CHANGE_COUNTS);

static enum err
commit_await(struct call *call, const struct policy_row *row, struct change *change)
{
    char policy_id[UUID_TEXT_SIZE];
    uuid_print(&row->policy_id, policy_id);
    change->aggregate_id = policy_id;
    change->owner_id = "";
    change->unit_serial = "";
    return change_commit_await(svc_db(call->svc), call, change);
}

enum err
policy_create_await(struct call *call, const struct policy_row *row,
                    const struct policy_content *content, const ProtobufCMessage *event,
                    const ProtobufCMessage *response)
{
    const struct db_param params[] = {
        db_uuid(&row->policy_id),
        db_text(row->title),
        db_text(row->languages),
        db_bytea(row->digest, POLICY_DIGEST_BYTES),
        db_bytea(content->canonical, content->canonical_size_bytes),
        db_bytea(content->source, content->source_size_bytes),
    };
    struct change change = {
        .stmt = &create_policy,
        .is_creation = true,
        .time_us = row->create_time_us,
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &policy_v1_policy_created_contract,
        .event = event,
        .response = response,
    };
    return commit_await(call, row, &change);
}

enum err
policy_replace_await(struct call *call, const struct policy_row *row,
                     const struct policy_content *content, const ProtobufCMessage *event,
                     const ProtobufCMessage *response)
{
    const struct db_param params[] = {
        db_uuid(&row->policy_id),
        db_text(row->title),
        db_text(row->languages),
        db_bytea(row->digest, POLICY_DIGEST_BYTES),
        db_bytea(content->canonical, content->canonical_size_bytes),
        db_bytea(content->source, content->source_size_bytes),
        db_int8(row->version - 1),
    };
    struct change change = {
        .stmt = &replace_policy,
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &policy_v1_policy_updated_contract,
        .event = event,
        .response = response,
    };
    return commit_await(call, row, &change);
}

enum err
policy_delete_await(struct call *call, const struct policy_row *row, const ProtobufCMessage *event,
                    const ProtobufCMessage *response)
{
    const struct db_param params[] = {db_uuid(&row->policy_id), db_int8(row->version)};
    struct change change = {
        .stmt = &delete_policy,
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &policy_v1_policy_deleted_contract,
        .event = event,
        .response = response,
    };
    return commit_await(call, row, &change);
}

enum err
policy_publish_await(struct call *call, const struct policy_row *row,
                     const struct policy_line *line, const struct policy_content *content,
                     const ProtobufCMessage *event, const ProtobufCMessage *response)
{
    const struct db_param params[] = {
        db_uuid(&row->policy_id),
        db_int8(row->version - 1),
        db_int8(line->revision),
        db_int8(row->version_number),
        db_date(row->effective_from),
        db_bytea(row->digest, POLICY_DIGEST_BYTES),
        db_bytea(content->canonical, content->canonical_size_bytes),
    };
    struct change change = {
        .stmt = &publish_policy,
        .time_us = row->publish_time_us,
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &policy_v1_policy_published_contract,
        .event = event,
        .response = response,
    };
    return commit_await(call, row, &change);
}

enum err
policy_revoke_await(struct call *call, const struct policy_row *row, const struct policy_line *line,
                    const ProtobufCMessage *event, const ProtobufCMessage *response)
{
    const struct db_param params[] = {db_uuid(&row->policy_id), db_int8(row->version - 1),
                                      db_int8(line->revision), db_text(row->revoke_reason)};
    struct change change = {
        .stmt = &revoke_policy,
        .time_us = row->revoke_time_us,
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &policy_v1_policy_revoked_contract,
        .event = event,
        .response = response,
    };
    return commit_await(call, row, &change);
}
