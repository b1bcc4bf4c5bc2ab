/*
 * policies_fetch - versions: from the own table, and from the policy daemon
 *
 * A version is taken over piece by piece, compared with the digest that was said, read, checked,
 * and only then stored and used. What this program cannot read it must not decide by: then the
 * whole refresh fails, says so, and is tried again.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policies_private.h"

#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/policy/policy_check.h"
#include "common/task.h"
#include "policy/v1/policy.client.h"

enum { CALL_MS = 10 * 1000, CALL_BUDGET_BYTES = 16 * 1024 * 1024 };

#define CLAIM_US (INT64_C(3600) * 1000000)

DB_STATEMENT(list_versions, "policies_list_versions",
             "SELECT version_number, digest, is_revoked FROM policies ORDER BY version_number");
DB_STATEMENT(read_version, "policies_read_version",
             "SELECT canonical FROM policies WHERE version_number = $1");
/* $1 number, $2 digest, $3 effective from, $4 is revoked, $5 canonical form. Of a version only
 * whether it was revoked ever changes. */
DB_STATEMENT(keep_version, "policies_keep_version",
             "INSERT INTO policies (version_number, digest, effective_from, is_revoked, canonical)"
             " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (version_number) DO NOTHING");
DB_STATEMENT(mark_revoked, "policies_mark_revoked",
             "UPDATE policies SET is_revoked = true WHERE version_number = $1 AND NOT is_revoked");

/* ---- versions ---- */

static struct policies_version *
find_version(const struct policies *policies, int64_t number)
{
    struct policies_version *version = policies->versions;
    while (version != NULL && version->number != number)
        version = version->next;
    return version;
}

void
policies_free_version(struct policies_version *version)
{
    arena_free(&version->arena);
    mem_free(version);
}

static void
add_version(struct policies *policies, struct policies_version *version)
{
    struct policies_version **at = &policies->versions;
    while (*at != NULL && (*at)->number > version->number)
        at = &(*at)->next;
    version->next = *at;
    *at = version;
}

static const char *
first_error(const struct policy_problems *problems)
{
    for (size_t i = 0; i < problems->problem_count; i++)
        if (problems->problems[i].severity == POLICY_ERROR)
            return problems->problems[i].message;
    return "it has errors";
}

/* Reads and checks a canonical form. What this program cannot read it must not decide by. */
static enum err
read_text(int64_t number, const void *digest, const char *bytes, size_t size_bytes,
          struct policies_version **ret_version, struct fault *ret_fault)
{
    struct policies_version *version = mem_alloc(sizeof *version);
    *version =
        (struct policies_version){.number = number, .arena = arena_new(POLICY_READ_BUDGET_BYTES)};
    struct policy_problems problems = {.arena = version->arena};
    struct policy_sources sources = {.main = {"publication", bytes, size_bytes}};
    struct policy *policy = policy_read(version->arena, &sources, &problems);
    enum err err = OK;
    if (policy == NULL || !policy_check(version->arena, policy, false, &problems))
        err = fault_set(ret_fault, ERR_INTERNAL, "POLICY_UNREADABLE",
                        "version %lld of the policy cannot be used: %.256s", (long long)number,
                        first_error(&problems));
    else if (policy->version != number || memcmp(policy->digest, digest, POLICY_DIGEST_BYTES) != 0)
        err = fault_set(ret_fault, ERR_DATA_LOSS, "POLICY_DIGEST",
                        "version %lld of the policy is not what was published", (long long)number);
    if (err != OK) {
        policies_free_version(version);
        return err;
    }
    version->policy = policy;
    memcpy(version->digest, digest, sizeof version->digest);
    *ret_version = version;
    return OK;
}

/* ---- the own table ---- */

/* A call of the daemon's own, with an arena that must be freed. */
static void
begin_call(const struct policies *policies, struct call *call, const char *key)
{
    struct arena *arena = arena_new(CALL_BUDGET_BYTES);
    svc_system_call(policies->svc, call, arena, key, CALL_MS);
}

static enum err
load_version_await(struct policies *policies, int64_t number, const void *digest,
                   struct fault *ret_fault)
{
    struct call call;
    const struct db_param param = db_int8(number);
    const struct db_rows *rows;
    struct policies_version *version;
    begin_call(policies, &call, "");
    enum err err = db_read_await(svc_db(policies->svc), &call, &read_version, &param, 1, &rows);
    *ret_fault = call.fault;
    if (err == OK) {
        size_t size_bytes;
        const char *bytes = db_get_bytea(rows, 0, 0, &size_bytes);
        err = read_text(number, digest, bytes, size_bytes, &version, ret_fault);
    }
    if (err == OK)
        add_version(policies, version);
    arena_free(&call.arena);
    return err;
}

/* Revoked versions are not needed. */
enum err
policies_load_await(struct policies *policies, struct fault *ret_fault)
{
    struct call call;
    const struct db_rows *rows;
    begin_call(policies, &call, "");
    enum err err = db_read_await(svc_db(policies->svc), &call, &list_versions, NULL, 0, &rows);
    size_t count = err == OK ? db_row_count(rows) : 0;
    if (err == ERR_NOT_FOUND)
        err = OK;
    *ret_fault = call.fault;
    for (size_t i = 0; err == OK && i < count; i++) {
        size_t digest_bytes;
        int64_t number = db_get_int8(rows, i, 0);
        const void *digest = db_get_bytea(rows, i, 1, &digest_bytes);
        if (db_get_bool(rows, i, 2) || find_version(policies, number) != NULL)
            continue;
        err = load_version_await(policies, number, digest, ret_fault);
        task_sleep_await(0); /* a version is read at once; others may have waited */
    }
    arena_free(&call.arena);
    return err == OK ? policies_swap_line(policies, ret_fault) : err;
}

static enum err
keep_await(struct policies *policies, const struct policies_version *version,
           const struct buf *text, struct fault *ret_fault)
{
    struct call call;
    const struct db_rows *rows;
    const struct db_param params[] = {
        db_int8(version->number), db_bytea(version->digest, sizeof version->digest),
        db_date(version->policy->effective_from), db_bool(version->is_revoked),
        db_bytea(text->bytes, text->size_bytes)};
    begin_call(policies, &call, "");
    enum err err = db_write_await(svc_db(policies->svc), &call, &keep_version, params,
                                  COUNT_OF(params), "policies", &rows);
    *ret_fault = call.fault;
    arena_free(&call.arena);
    return err;
}

static enum err
mark_revoked_await(struct policies *policies, struct policies_version *version,
                   struct fault *ret_fault)
{
    struct call call;
    const struct db_rows *rows;
    const struct db_param param = db_int8(version->number);
    begin_call(policies, &call, "");
    enum err err =
        db_write_await(svc_db(policies->svc), &call, &mark_revoked, &param, 1, "policies", &rows);
    *ret_fault = call.fault;
    arena_free(&call.arena);
    version->is_revoked = version->is_revoked || err == OK;
    return err;
}

/* ---- asking the policy daemon ---- */

static enum err
fetch_piece_await(struct policies *policies, int64_t number, size_t size_bytes_max,
                  struct buf *text, struct fault *ret_fault)
{
    struct call call;
    begin_call(policies, &call, "");
    Policy__V1__ReadVersionRequest req = POLICY__V1__READ_VERSION_REQUEST__INIT;
    const Policy__V1__ReadVersionResponse *res;
    req.number = number;
    req.offset = (int64_t)text->size_bytes;
    enum err err = policy_read_version_await(&call, &req, &res);
    if (err == OK &&
        (res->content.len == 0 || res->content.len > size_bytes_max - text->size_bytes))
        err = call_fail(&call, ERR_DATA_LOSS, "POLICY_DIGEST",
                        "version %lld of the policy has another size than was said",
                        (long long)number);
    if (err == OK)
        buf_add(text, res->content.data, res->content.len);
    *ret_fault = call.fault;
    arena_free(&call.arena);
    return err;
}

/* Fetches a version, reads and keeps it. */
static enum err
fetch_await(struct policies *policies, const Policy__V1__GetVersionsResponse__Version *said,
            struct fault *ret_fault)
{
    struct buf text = {0};
    struct policies_version *version = NULL;
    enum err err = OK;
    if (said->size_bytes < 1 || said->size_bytes > POLICY_PUBLICATION_BYTES_MAX ||
        said->digest.len != POLICY_DIGEST_BYTES)
        err = fault_set(ret_fault, ERR_DATA_LOSS, "POLICY_DIGEST",
                        "version %lld of the policy is said to be what no version is",
                        (long long)said->number);
    while (err == OK && text.size_bytes < (size_t)said->size_bytes)
        err = fetch_piece_await(policies, said->number, (size_t)said->size_bytes, &text, ret_fault);
    if (err == OK)
        err = read_text(said->number, said->digest.data, text.bytes, text.size_bytes, &version,
                        ret_fault);
    if (err == OK)
        err = keep_await(policies, version, &text, ret_fault);
    if (err == OK)
        add_version(policies, version);
    else if (version != NULL)
        policies_free_version(version);
    buf_free(&text);
    return err;
}

/* Takes over one version as the policy daemon has it. */
static enum err
take_version_await(struct policies *policies, const Policy__V1__GetVersionsResponse__Version *said,
                   bool *has_changed, struct fault *ret_fault)
{
    struct policies_version *own = find_version(policies, said->number);
    if (own == NULL && said->is_revoked)
        return OK; /* it never counted here, and never will */
    if (own == NULL) {
        *has_changed = true;
        return fetch_await(policies, said, ret_fault);
    }
    if (said->digest.len != sizeof own->digest ||
        memcmp(own->digest, said->digest.data, sizeof own->digest) != 0)
        return fault_set(ret_fault, ERR_DATA_LOSS, "POLICY_DIGEST",
                         "version %lld of the policy is another one in the policy daemon",
                         (long long)said->number);
    if (own->is_revoked || !said->is_revoked)
        return OK;
    *has_changed = true;
    return mark_revoked_await(policies, own, ret_fault);
}

static void
log_change(const struct policies *policies)
{
    const struct policies_line *present = policies_get(policies);
    struct log_line *line = log_begin(LOG_INFO, "policy versions changed");
    log_number(line, "revision", policies->revision);
    log_number(line, "versions", present == NULL ? 0 : (int64_t)present->set.version_count);
    log_end(line);
}

enum err
policies_ask_await(struct policies *policies, struct fault *ret_fault)
{
    struct call call;
    bool has_changed = false;
    begin_call(policies, &call, "");
    Policy__V1__GetVersionsRequest req = POLICY__V1__GET_VERSIONS_REQUEST__INIT;
    const Policy__V1__GetVersionsResponse *res;
    req.known_revision = policies->revision;
    enum err err = policy_get_versions_await(&call, &req, &res);
    *ret_fault = call.fault;
    for (size_t i = 0; err == OK && i < res->n_versions; i++)
        err = take_version_await(policies, res->versions[i], &has_changed, ret_fault);
    if (err == OK && has_changed)
        err = policies_swap_line(policies, ret_fault);
    if (err == OK)
        policies->revision = res->revision;
    if (err == OK && has_changed)
        log_change(policies);
    arena_free(&call.arena);
    return err;
}

enum err
policies_claim_await(struct policies *policies, struct fault *ret_fault)
{
    int64_t now_us = clock_now_us();
    int64_t past_us = now_us - policies->claim_us;
    if (policies->options.section_count == 0 || (past_us >= 0 && past_us < CLAIM_US))
        return OK;
    struct call call;
    begin_call(policies, &call, "claim-sections");
    Policy__V1__ClaimSectionsRequest req = POLICY__V1__CLAIM_SECTIONS_REQUEST__INIT;
    const Policy__V1__ClaimSectionsResponse *res;
    req.sections = (char **)policies->options.sections;
    req.n_sections = policies->options.section_count;
    enum err err = policy_claim_sections_await(&call, &req, &res);
    if (err == OK)
        policies->claim_us = now_us;
    *ret_fault = call.fault;
    arena_free(&call.arena);
    return err;
}
