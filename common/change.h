/*
 * change - a unit of work: state, event, idempotency key and stored answer in one statement
 *
 * A store writes the statement from the pieces below. The parameters $1 .. $13 are filled by
 * change_commit_await; the store's own begin at $14:
 *
 *     "WITH locked AS (SELECT claim_id FROM claims"
 *     "                 WHERE claim_id = $14 AND version = $15 FOR UPDATE), "
 *     CHANGE_KEYED ", "
 *     "changed AS (UPDATE claims SET state = $16, version = version + 1"
 *     "              FROM keyed WHERE claim_id = $14 RETURNING version), "
 *     CHANGE_SAID CHANGE_COUNTS
 *
 *   locked   the row at the version that was read; for a creation one row if nothing is there yet
 *   keyed    the idempotency key, if this is its first use
 *   changed  the aggregate, if both hold; returns its new `version`
 *   said     the event; its id is drawn here, after the row's lock, so ids follow versions
 *
 * Every step takes its row from the step before: a unit that misses undoes itself, and its
 * neighbours in the group commit. Needs the table `idempotency` in the service's schema and
 * INSERT on events.outbox.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/db.h"

#define CHANGE_KEYED                                                                               \
    "keyed AS (INSERT INTO idempotency (principal, key, fingerprint, response, create_time)"       \
    " SELECT $1, $2, $3, $4, $5 FROM locked ON CONFLICT DO NOTHING RETURNING 1)"

#define CHANGE_SAID                                                                                \
    "said AS (INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id,"            \
    " aggregate_version, event_time, owner_id, unit_serial, principal, trace, payload)"            \
    " SELECT $6, $7, $8, $9, version, $5, $10, $11, $1, $12, $13 FROM changed)"

/* (0, 0) not at that version; (1, 0) key used before; (1, 1) done. */
#define CHANGE_COUNTS " SELECT (SELECT count(*) FROM locked), (SELECT count(*) FROM changed)"

enum { CHANGE_PARAM_COUNT = 13 };

struct change {
    const struct db_stmt *stmt;
    const struct db_param *params; /* the store's own: $14 and on */
    size_t param_count;
    const char *aggregate_id; /* also the order key */
    const char *owner_id;     /* subject of the owner, "" if none; stored as a pseudonym */
    const char *unit_serial;  /* unit it concerns, "" if none */
    bool is_creation;         /* it rests on nothing that was read: a lost race, a deadlock or an
                                 unknown outcome is tried again here, and not by the handler */
    int64_t time_us;          /* when it happened, by the business clock; 0: now. A creation names
                                 what its answer says, so that answer and row agree */
    const struct contract_message *event_contract;
    const ProtobufCMessage *event;
    const ProtobufCMessage
        *response; /* stored with the key; a repeat of the call is answered from there */
};

/*
 * Commits and suspends until it is durable.
 *
 * ERR_ABORTED         not at that version: read again
 * ERR_ALREADY_EXISTS  a creation of what is there; perhaps by this very call, whose stored answer
 * svc then gives ERR_KEY_USED        the key was used before: return it; svc answers with what is
 * stored ERR_NOT_FOUND       the answer's owner is not the caller, who may see only their own:
 * nothing was written others              as db_write_await
 */
enum err change_commit_await(struct db *db, struct call *call,
                             const struct change *change) MUST_CHECK;

/*
 * Looks the call's key up. OK: ret_body is the stored packed response. ERR_NOT_FOUND: not used.
 * ERR_FAILED_PRECONDITION with reason IDEMPOTENCY_KEY_REUSED: used for another request.
 */
enum err change_replay_await(struct db *db, struct call *call, const uint8_t **ret_body,
                             size_t *ret_size_bytes) MUST_CHECK;

/* Deletes keys older than `age_ms`, at most `count_max`; answers how many. */
enum err change_prune_await(struct db *db, struct call *call, int64_t age_ms, unsigned count_max,
                            unsigned *ret_count) MUST_CHECK;
