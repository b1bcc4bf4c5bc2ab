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

#include <sodium.h>
#include <string.h>

#include "common/clock.h"
#include "common/principal.h"

enum { TRACE_ID_AT = 3, TRACE_ID_LENGTH = 32, EVENT_BYTES_MAX = 128 * 1024 };

DB_STATEMENT(find_key, "change_find_key",
             "SELECT fingerprint, response FROM idempotency WHERE principal = $1 AND key = $2");

/* Without row locks beforehand: those want the right to update, which the service does not have. */
DB_STATEMENT(
    prune_keys, "change_prune_keys",
    "WITH gone AS (DELETE FROM idempotency WHERE ctid = ANY (ARRAY(SELECT ctid FROM idempotency"
    " WHERE create_time < $1 ORDER BY create_time LIMIT $2)) RETURNING 1)"
    " SELECT count(*) FROM gone");

static const char *
pseudonym_text(struct arena *arena, const char *subject)
{
    char *text = arena_alloc(arena, PRINCIPAL_PSEUDONYM_SIZE);
    principal_pseudonym("subject", subject, text);
    return text;
}

static struct db_param
pseudonym(struct arena *arena, const char *subject)
{
    return db_text_or_null(pseudonym_text(arena, subject));
}

static struct db_param
trace_id(struct arena *arena, const char *traceparent)
{
    if (strlen(traceparent) < TRACE_ID_AT + TRACE_ID_LENGTH)
        return db_text(NULL);
    return db_text(arena_printf(arena, "%.*s", TRACE_ID_LENGTH, traceparent + TRACE_ID_AT));
}

static enum err
check_event(struct call *call, const struct contract_message *contract,
            const ProtobufCMessage *event)
{
    struct fault fault = {0};
    if (contract->event_aggregate == NULL)
        return call_fail(call, ERR_INTERNAL, "EVENT_INVALID", "%s is no event",
                         event->descriptor->name);
    if (contract_check(contract, event, false, &fault) != OK)
        return call_fail(call, ERR_INTERNAL, "EVENT_INVALID", "%s breaks its contract at %s: %s",
                         event->descriptor->name, fault.field, fault.message);
    if (protobuf_c_message_get_packed_size(event) > EVENT_BYTES_MAX)
        return call_fail(call, ERR_INTERNAL, "EVENT_INVALID", "%s is too large",
                         event->descriptor->name);
    return OK;
}

static enum err
check_events(struct call *call, const struct change *change)
{
    enum err err = check_event(call, change->event_contract, change->event);
    for (size_t i = 0; err == OK && i < change->also_count; i++)
        err = check_event(call, change->also[i].event_contract, change->also[i].event);
    return err;
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

static const char *
pack_hex(struct arena *arena, const ProtobufCMessage *message)
{
    struct db_param packed = db_message(arena, message);
    size_t size_bytes = 2 * (size_t)packed.size_bytes + 1;
    char *text = arena_alloc(arena, size_bytes);
    return sodium_bin2hex(text, size_bytes, packed.bytes, (size_t)packed.size_bytes);
}

/* The arrays of CHANGE_SAID_ALSO, in its order. */
static void
fill_also(struct arena *arena, const struct change *change, struct db_param *params)
{
    const char *texts[CHANGE_ALSO_PARAM_COUNT][CHANGE_ALSO_MAX];
    for (size_t i = 0; i < change->also_count; i++) {
        const struct change_event *also = &change->also[i];
        struct uuid event_id = uuid_make();
        char *id_text = arena_alloc(arena, UUID_TEXT_SIZE);
        uuid_print(&event_id, id_text);
        texts[0][i] = id_text;
        texts[1][i] = also->event->descriptor->name;
        texts[2][i] = also->event_contract->event_aggregate;
        texts[3][i] = also->aggregate_id;
        texts[4][i] = arena_printf(arena, "%lld", (long long)also->aggregate_version);
        texts[5][i] = pseudonym_text(arena, also->owner_id);
        texts[6][i] = also->unit_serial;
        texts[7][i] = pack_hex(arena, also->event);
    }
    for (size_t i = 0; i < CHANGE_ALSO_PARAM_COUNT; i++)
        params[i] = db_text_array(arena, texts[i], change->also_count);
}

/* The parameters that stand before the store's own. */
static size_t
own_first(const struct change *change)
{
    return CHANGE_PARAM_COUNT + (change->says_also ? (size_t)CHANGE_ALSO_PARAM_COUNT : 0);
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
    params[3] = db_message(arena, change->response);
    params[4] = db_time(change->time_us != 0 ? change->time_us : clock_now_us());
    params[5] = db_uuid(event_id);
    params[6] = db_text(change->event->descriptor->name);
    params[7] = db_text(change->event_contract->event_aggregate);
    params[8] = db_text(change->aggregate_id);
    params[9] = pseudonym(arena, change->owner_id);
    params[10] = db_text_or_null(change->unit_serial);
    params[11] = trace_id(arena, call->traceparent);
    params[12] = db_message(arena, change->event);
    if (change->says_also)
        fill_also(arena, change, &params[CHANGE_PARAM_COUNT]);
    for (size_t i = 0; i < change->param_count; i++)
        params[own_first(change) + i] = change->params[i];
}

/* Sends the unit once. */
static enum err
write_await(struct db *db, struct call *call, const struct change *change,
            const struct db_param *params)
{
    const struct db_rows *rows;
    enum err err =
        db_write_await(db, call, change->stmt, params, own_first(change) + change->param_count,
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
    CHECK(own_first(change) + change->param_count <= DB_PARAMS_MAX);
    CHECK(change->also_count <= CHANGE_ALSO_MAX && (change->says_also || change->also_count == 0));
    enum err err = check_owner(call, change);
    if (err == OK)
        err = check_answer(call, change);
    if (err == OK)
        err = check_events(call, change);
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
