/*
 * policies - the published policy in a daemon that decides by it
 *
 *     start     own table -> versions -> line
 *     refresh   GetVersions; unknown ones: ReadVersion piece by piece -> digest -> read and check
 *               -> own table -> line; then ClaimSections, once an hour
 *
 * One task does either, never two at once; it suspends between pieces and between versions, so it
 * keeps nobody waiting for longer than one version takes to be read. Replicas share the table:
 * whoever is first inserts.
 *
 * Limits: POLICY_VERSIONS_MAX versions; each stays in memory.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policies.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/message.h"
#include "common/policy/policy_check.h"
#include "common/policy/policy_read.h"
#include "common/stat.h"
#include "common/task.h"
#include "policy/v1/policy.client.h"

STAT(version_count, "policies.version.hold", STAT_GAUGE, "", "Versions of the policy held.");
STAT(refresh_failures, "policies.refresh.fail", STAT_COUNTER, "",
     "Times that new versions of the policy could not be asked for, fetched or read.");

enum {
    LOOK_MS = 1000, /* how often is looked whether something is to be done */
    REFRESH_MS = 60 * 1000,
    RETRY_MS = 5000,
    CALL_MS = 10 * 1000,
    CALL_BUDGET_BYTES = 16 * 1024 * 1024,
    REASON_SIZE = ERR_MESSAGE_SIZE + 64,
    POLICIES_MAGIC = 0x9011c1e5
};

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

struct version {
    struct version *next; /* by number, the highest first */
    struct arena *arena;
    const struct policy *policy;
    uint8_t digest[POLICY_DIGEST_BYTES];
    int64_t number;
    bool is_revoked;
};

/* A line, and when it may be freed. */
struct held_line {
    struct held_line *next; /* older ones */
    struct policies_line line;
    int64_t replaced_mono_ms; /* 0: it is the present one */
};

struct policies {
    unsigned magic;
    struct svc *svc;
    struct policies_options options;
    struct loop_timer timer;
    struct version *versions;
    struct held_line *lines;  /* the present one first; NULL: there is none */
    char reason[REASON_SIZE]; /* why the last refresh failed, "" if it did not */
    int64_t revision;         /* of the line of versions that was last seen; 0: none */
    int64_t next_mono_ms;     /* when to refresh */
    int64_t claim_us;         /* business time of the last claim; 0: none */
    int64_t clock_offset_s;   /* as last seen */
    bool is_loaded;           /* the own table was read */
    bool is_running;          /* a task is at work */
};

/* ---- lines ---- */

static void
free_line(struct held_line *held)
{
    policy_engine_free(&held->line.engine);
    mem_free((void *)held->line.set.versions);
    mem_free(held);
}

/* Frees lines that were replaced so long ago that no call can still use them. */
static void
free_old_lines(struct policies *policies, int64_t now_mono_ms)
{
    if (policies->lines == NULL)
        return;
    for (struct held_line **at = &policies->lines->next; *at != NULL;) {
        struct held_line *held = *at;
        if (now_mono_ms - held->replaced_mono_ms < POLICIES_KEEP_MS) {
            at = &held->next;
            continue;
        }
        *at = held->next;
        free_line(held);
    }
}

/* All versions that count, by number. */
static struct policy_set
collect_set(const struct policies *policies)
{
    size_t count = 0;
    for (struct version *version = policies->versions; version != NULL; version = version->next)
        count += !version->is_revoked;
    const struct policy **list = mem_alloc((count + 1) * sizeof *list);
    size_t at = count;
    for (struct version *version = policies->versions; version != NULL; version = version->next)
        if (!version->is_revoked)
            list[--at] = version->policy;
    return (struct policy_set){list, count};
}

/* Makes a line of all versions that count, and puts it in the place of the present one. It may be
 * empty: where the only version was revoked. */
static enum err
swap_line(struct policies *policies, struct fault *ret_fault)
{
    struct policy_set set = collect_set(policies);
    enum err err = set.version_count == 0 ? OK : policy_set_check(&set, ret_fault);
    if (err != OK) {
        mem_free((void *)set.versions);
        return err;
    }
    struct held_line *held = mem_alloc(sizeof *held);
    *held = (struct held_line){.next = policies->lines, .line = {.set = set}};
    if (set.version_count > 0)
        held->line.engine = policy_engine_new(&held->line.set);
    if (policies->lines != NULL)
        policies->lines->replaced_mono_ms = clock_mono_ms();
    policies->lines = held;
    version_count.value = (int64_t)set.version_count;
    return OK;
}

const struct policies_line *
policies_get(const struct policies *policies)
{
    const struct held_line *present = policies->lines;
    return present == NULL || present->line.set.version_count == 0 ? NULL : &present->line;
}

enum err
policies_need(const struct policies *policies, struct call *call,
              const struct policies_line **ret_line)
{
    *ret_line = policies_get(policies);
    if (*ret_line != NULL)
        return OK;
    return call_fail(call, ERR_UNAVAILABLE, "POLICY_NONE",
                     "no policy was published yet that this could be decided by");
}

const char *
policies_reason_not_ready(void *context)
{
    const struct policies *policies = CAST(struct policies, context, POLICIES_MAGIC);
    if (policies_get(policies) != NULL)
        return NULL;
    return policies->reason[0] != 0 ? policies->reason : "no policy was published yet";
}

/* ---- versions ---- */

static struct version *
find_version(const struct policies *policies, int64_t number)
{
    struct version *version = policies->versions;
    while (version != NULL && version->number != number)
        version = version->next;
    return version;
}

static void
free_version(struct version *version)
{
    arena_free(&version->arena);
    mem_free(version);
}

static void
add_version(struct policies *policies, struct version *version)
{
    struct version **at = &policies->versions;
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
          struct version **ret_version, struct fault *ret_fault)
{
    struct version *version = mem_alloc(sizeof *version);
    *version = (struct version){.number = number, .arena = arena_new(POLICY_READ_BUDGET_BYTES)};
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
        free_version(version);
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
    struct version *version;
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

/* Reads what the daemon used before. Revoked versions are not needed. */
static enum err
load_await(struct policies *policies, struct fault *ret_fault)
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
    return err == OK ? swap_line(policies, ret_fault) : err;
}

static enum err
keep_await(struct policies *policies, const struct version *version, const struct buf *text,
           struct fault *ret_fault)
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
mark_revoked_await(struct policies *policies, struct version *version, struct fault *ret_fault)
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
    struct version *version = NULL;
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
        free_version(version);
    buf_free(&text);
    return err;
}

/* Takes over one version as the policy daemon has it. */
static enum err
take_version_await(struct policies *policies, const Policy__V1__GetVersionsResponse__Version *said,
                   bool *has_changed, struct fault *ret_fault)
{
    struct version *own = find_version(policies, said->number);
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
log_line(const struct policies *policies)
{
    const struct policies_line *present = policies_get(policies);
    struct log_line *line = log_begin(LOG_INFO, "policy versions changed");
    log_number(line, "revision", policies->revision);
    log_number(line, "versions", present == NULL ? 0 : (int64_t)present->set.version_count);
    log_end(line);
}

/* Asks for what is new, and takes it over. */
static enum err
ask_await(struct policies *policies, struct fault *ret_fault)
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
        err = swap_line(policies, ret_fault);
    if (err == OK)
        policies->revision = res->revision;
    if (err == OK && has_changed)
        log_line(policies);
    arena_free(&call.arena);
    return err;
}

/* Says which sections are enforced, once an hour of business time. */
static enum err
claim_await(struct policies *policies, struct fault *ret_fault)
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

/* ---- when ---- */

/* Logs a failure unless it is the same again. */
static void
note_failure(struct policies *policies, enum err err, const struct fault *fault)
{
    char reason[REASON_SIZE];
    refresh_failures.value++;
    snprintf(reason, sizeof reason, "the policy is not known: %s",
             fault->message[0] != 0 ? fault->message : err_name(err));
    if (strcmp(reason, policies->reason) == 0)
        return;
    memcpy(policies->reason, reason, sizeof reason);
    struct log_line *line = log_begin(LOG_WARN, "policy versions not known");
    log_text(line, "outcome", err_name(err));
    log_text(line, "reason", fault->reason);
    log_text(line, "detail", fault->message);
    log_end(line);
}

static void
refresh_await(void *context)
{
    struct policies *policies = CAST(struct policies, context, POLICIES_MAGIC);
    struct fault fault = {0};
    enum err err = OK;
    if (!policies->is_loaded) {
        err = load_await(policies, &fault);
        policies->is_loaded = err == OK;
    }
    if (err == OK)
        err = ask_await(policies, &fault);
    if (err == OK)
        err = claim_await(policies, &fault);
    bool is_early = policies_get(policies) == NULL; /* the first version is waited for */
    if (err != OK)
        note_failure(policies, err, &fault);
    else
        policies->reason[0] = 0;
    policies->next_mono_ms = clock_mono_ms() + (is_early    ? LOOK_MS
                                                : err != OK ? RETRY_MS
                                                            : REFRESH_MS);
    policies->is_running = false;
}

static void
on_time(void *context)
{
    struct policies *policies = CAST(struct policies, context, POLICIES_MAGIC);
    int64_t now_mono_ms = clock_mono_ms();
    int64_t offset_s = clock_offset_s();
    if (policies->is_running)
        return;
    free_old_lines(policies, now_mono_ms);
    if (now_mono_ms < policies->next_mono_ms && offset_s == policies->clock_offset_s)
        return;
    policies->clock_offset_s = offset_s;
    policies->is_running = true;
    if (!task_spawn(refresh_await, policies))
        policies->is_running = false; /* too many calls at hand; the next look tries again */
}

struct policies *
policies_open(struct svc *svc, const struct policies_options *options)
{
    struct policies *policies = mem_alloc(sizeof *policies);
    *policies = (struct policies){.magic = POLICIES_MAGIC, .svc = svc, .options = *options};
    policies->clock_offset_s = clock_offset_s();
    loop_timer_init(svc_loop(svc), &policies->timer, on_time, policies);
    loop_timer_start(&policies->timer, 1, LOOK_MS);
    svc_on_ready(svc, policies_reason_not_ready, policies);
    return policies;
}

static void
on_closed(void *context)
{
    struct policies *policies = CAST(struct policies, context, POLICIES_MAGIC);
    mem_free(policies);
}

void
policies_close(struct policies **policies)
{
    struct policies *p = *policies;
    *policies = NULL;
    if (p == NULL)
        return;
    CHECK(!p->is_running);
    for (struct held_line *held; (held = p->lines) != NULL;) {
        p->lines = held->next;
        free_line(held);
    }
    for (struct version *version; (version = p->versions) != NULL;) {
        p->versions = version->next;
        free_version(version);
    }
    loop_timer_close(&p->timer, on_closed);
}
