/*
 * change - fills the first parameters of a unit of work, commits it, and reads what the counts mean
 *
 * Before anything is sent the answer's owner and the event are checked against the contract: a
 * change that would show somebody else's thing, or leave an event that no consumer may get, does
 * not happen. The caller is stored as a pseudonym everywhere, so that neither keys nor events name
 * anybody.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/change.h"

#include <string.h>

#include "common/clock.h"
#include "common/principal.h"

enum { TRACE_ID_AT = 3, TRACE_ID_LENGTH = 32, EVENT_BYTES_MAX = 128 * 1024 };

DB_STATEMENT(find_key, "change_find_key",
             "SELECT fingerprint, response FROM idempotency WHERE principal = $1 AND key = $2");

/* Without row locks beforehand: those want the right to update, which the service does not have. */
DB_STATEMENT(
    prune_keys, "change_prune_keys",
    "WITH old AS (SELECT principal, key FROM idempotency WHERE create_time < $1"
    " ORDER BY create_time LIMIT $2),"
    " gone AS (DELETE FROM idempotency USING old WHERE idempotency.principal = old.principal"
    " AND idempotency.key = old.key RETURNING 1)"
    " SELECT count(*) FROM gone");

static struct db_param
pack(struct arena *arena, const ProtobufCMessage *message)
{
    size_t size_bytes = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(arena, size_bytes);
    protobuf_c_message_pack(message, bytes);
    return db_bytea(bytes, size_bytes);
}

static struct db_param
pseudonym(struct arena *arena, const char *subject)
{
    char *text = arena_alloc(arena, PRINCIPAL_PSEUDONYM_SIZE);
    principal_pseudonym("subject", subject, text);
    return db_text_or_null(text);
}

static struct db_param
trace_id(struct arena *arena, const char *traceparent)
{
    if (strlen(traceparent) < TRACE_ID_AT + TRACE_ID_LENGTH)
        return db_text(NULL);
    return db_text(arena_printf(arena, "%.*s", TRACE_ID_LENGTH, traceparent + TRACE_ID_AT));
}

static enum err
check_event(struct call *call, const struct change *change)
{
    struct fault fault = {0};
    if (change->event_contract->event_aggregate == NULL)
        return call_fail(call, ERR_INTERNAL, "EVENT_INVALID", "%s is no event",
                         change->event->descriptor->name);
    if (contract_check(change->event_contract, change->event, false, &fault) != OK)
        return call_fail(call, ERR_INTERNAL, "EVENT_INVALID", "%s breaks its contract at %s: %s",
                         change->event->descriptor->name, fault.field, fault.message);
    if (protobuf_c_message_get_packed_size(change->event) > EVENT_BYTES_MAX)
        return call_fail(call, ERR_INTERNAL, "EVENT_INVALID", "%s is too large",
                         change->event->descriptor->name);
    return OK;
}

/* A repeat gets this answer for as long as its key is kept: what nobody could read must not be
 * stored. */
static enum err
check_answer(struct call *call, const struct change *change)
{
    struct fault fault = {0};
    if (call->method == NULL ||
        contract_check(call->method->response, change->response, false, &fault) == OK)
        return OK;
    return call_fail(call, ERR_INTERNAL, "ANSWER_INVALID",
                     "the answer breaks its contract at %s: %s", fault.field, fault.message);
}

/* Whoever may see only their own must own what the answer shows. */
static enum err
check_owner(struct call *call, const struct change *change)
{
    const char *own = call_own_subject(call);
    if (own == NULL ||
        contract_path_is_equal(call->method->response, &call->method->owner, change->response, own))
        return OK;
    return call_fail(call, ERR_NOT_FOUND, "NOT_FOUND", "there is no such thing");
}

static void
fill_params(struct call *call, const struct change *change, struct uuid *event_id,
            struct db_param *params)
{
    struct arena *arena = call->arena;
    *event_id = uuid_make();
    params[0] = pseudonym(arena, call->principal.subject);
    params[1] = db_text(call->key);
    params[2] = db_bytea(call->fingerprint, sizeof call->fingerprint);
    params[3] = pack(arena, change->response);
    params[4] = db_time(change->time_us != 0 ? change->time_us : clock_now_us());
    params[5] = db_uuid(event_id);
    params[6] = db_text(change->event->descriptor->name);
    params[7] = db_text(change->event_contract->event_aggregate);
    params[8] = db_text(change->aggregate_id);
    params[9] = pseudonym(arena, change->owner_id);
    params[10] = db_text_or_null(change->unit_serial);
    params[11] = trace_id(arena, call->traceparent);
    params[12] = pack(arena, change->event);
    for (size_t i = 0; i < change->param_count; i++)
        params[CHANGE_PARAM_COUNT + i] = change->params[i];
}

/* Sends the unit once. */
static enum err
write_await(struct db *db, struct call *call, const struct change *change,
            const struct db_param *params)
{
    const struct db_rows *rows;
    enum err err =
        db_write_await(db, call, change->stmt, params, CHANGE_PARAM_COUNT + change->param_count,
                       change->aggregate_id, &rows);
    if (err != OK)
        return err;
    if (db_get_int8(rows, 0, 0) == 0 && change->is_creation)
        return call_fail(call, ERR_ALREADY_EXISTS, "ALREADY_EXISTS", "it is there already");
    if (db_get_int8(rows, 0, 0) == 0)
        return call_fail(call, ERR_ABORTED, "LOST_RACE",
                         "it was changed by somebody else meanwhile");
    if (db_get_int8(rows, 0, 1) == 0)
        return call_fail(call, ERR_KEY_USED, "KEY_USED", "the idempotency key was used before");
    return OK;
}

/* An earlier try may have happened. The database's word on a later one says nothing of that, unless
 * it is one after which svc looks the key up. */
static enum err
tell_past(struct call *call, enum err err)
{
    if (err != ERR_UNAVAILABLE && err != ERR_RESOURCE_EXHAUSTED && err != ERR_DEADLINE_EXCEEDED &&
        err != ERR_INTERNAL)
        return err;
    return call_fail(call, ERR_UNKNOWN, "OUTCOME_UNKNOWN",
                     "the change may have happened in a first try, and a second one failed");
}

enum err
change_commit_await(struct db *db, struct call *call, const struct change *change)
{
    CHECK(call->key[0] != 0 && change->aggregate_id[0] != 0);
    CHECK(CHANGE_PARAM_COUNT + change->param_count <= DB_PARAMS_MAX);
    enum err err = check_owner(call, change);
    if (err == OK)
        err = check_answer(call, change);
    if (err == OK)
        err = check_event(call, change);
    if (err != OK)
        return err;

    struct uuid event_id;
    struct db_param params[DB_PARAMS_MAX];
    fill_params(call, change, &event_id, params);
    struct svc_asked *asked = call->asked;
    bool is_past_unknown = false;
    do {
        is_past_unknown = is_past_unknown || err == ERR_UNKNOWN;
        err = write_await(db, call, change, params);
    } while (change->is_creation && call_may_retry_await(call, err));
    call->asked = asked; /* only the write was tried again, not what the handler asked before */
    return is_past_unknown ? tell_past(call, err) : err;
}

enum err
change_replay_await(struct db *db, struct call *call, const uint8_t **ret_body,
                    size_t *ret_size_bytes)
{
    const struct db_param params[] = {pseudonym(call->arena, call->principal.subject),
                                      db_text(call->key)};
    const struct db_rows *rows;
    enum err err = db_read_await(db, call, &find_key, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    size_t size_bytes;
    const void *fingerprint = db_get_bytea(rows, 0, 0, &size_bytes);
    if (size_bytes != sizeof call->fingerprint ||
        memcmp(fingerprint, call->fingerprint, size_bytes) != 0)
        return call_fail(call, ERR_FAILED_PRECONDITION, "IDEMPOTENCY_KEY_REUSED",
                         "the idempotency key was used for another request");
    *ret_body = db_get_bytea(rows, 0, 1, ret_size_bytes);
    return OK;
}

enum err
change_prune_await(struct db *db, struct call *call, int64_t age_ms, unsigned count_max,
                   unsigned *ret_count)
{
    const struct db_param params[] = {db_time(clock_now_us() - age_ms * 1000), db_int8(count_max)};
    const struct db_rows *rows;
    enum err err =
        db_write_await(db, call, &prune_keys, params, COUNT_OF(params), "idempotency", &rows);
    if (err == OK)
        *ret_count = (unsigned)db_get_int8(rows, 0, 0);
    return err;
}
