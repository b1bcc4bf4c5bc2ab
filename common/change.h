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

/*
 * Events of other aggregates that the same unit of work changes, in order: eight arrays, $14 ..
 * $21, so that any number of them, none too, is one piece of text. It stands behind CHANGE_SAID,
 * and the store's own parameters begin at $22. The statement must hold each of those aggregates at
 * the version before, which the caller has read: it is the caller who says the version of such an
 * event (struct change_event).
 */
#define CHANGE_SAID_ALSO                                                                           \
    "said_also AS (INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id,"       \
    " aggregate_version, event_time, owner_id, unit_serial, principal, trace, payload)"            \
    " SELECT also.event_id::uuid, also.type, also.aggregate_type, also.aggregate_id,"              \
    " also.version::bigint, $5, nullif(also.owner_id, ''), nullif(also.unit_serial, ''), $1, $12," \
    " decode(also.payload, 'hex') FROM changed, unnest($14::text[], $15::text[], $16::text[],"     \
    " $17::text[], $18::text[], $19::text[], $20::text[], $21::text[]) WITH ORDINALITY"            \
    " AS also (event_id, type, aggregate_type, aggregate_id, version, owner_id, unit_serial,"      \
    " payload, place) ORDER BY also.place)"

/*
 * The same for a DB_BATCH: many creations in one statement, each parameter an array. The store's
 * first step is "locked", which has the number `n` (an integer from 1) of each unit of work that
 * may go on; what the store inserts takes `n` from "done", with ($14::text[])[n] and so on.
 *
 *     "WITH locked AS (SELECT asked.n::integer FROM unnest($14::text[]) WITH ORDINALITY AS asked"
 *     "                 (serial, n) JOIN units u ON u.serial = asked.serial FOR UPDATE OF u), "
 *     CHANGE_EACH_KEYED ", changed AS (INSERT INTO claims ... FROM done RETURNING 1), "
 *     CHANGE_EACH_SAID CHANGE_EACH_COUNTS
 *
 *   first   of units with the same key one: the others find it used
 *   done    those whose key is new; each creates an aggregate at version 1
 *   said    after `changed`, so that it is the aggregate's own constraint that says what is there
 */
#define CHANGE_EACH_KEYED                                                                          \
    "first AS (SELECT min(n) AS n FROM locked GROUP BY ($1::text[])[n], ($2::text[])[n]),"         \
    " keyed AS (INSERT INTO idempotency (principal, key, fingerprint, response, create_time)"      \
    " SELECT ($1::text[])[n], ($2::text[])[n], ($3::bytea[])[n], ($4::bytea[])[n],"                \
    " ($5::timestamptz[])[n] FROM first ON CONFLICT DO NOTHING RETURNING principal, key),"         \
    " done AS (SELECT first.n FROM first JOIN keyed ON keyed.principal = ($1::text[])[first.n]"    \
    " AND keyed.key = ($2::text[])[first.n])"

#define CHANGE_EACH_SAID                                                                           \
    "said AS (INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id,"            \
    " aggregate_version, event_time, owner_id, unit_serial, principal, trace, payload)"            \
    " SELECT ($6::uuid[])[n], ($7::text[])[n], ($8::text[])[n], ($9::text[])[n], 1,"               \
    " ($5::timestamptz[])[n], ($10::text[])[n], ($11::text[])[n], ($1::text[])[n],"                \
    " ($12::text[])[n], ($13::bytea[])[n] FROM done WHERE (SELECT count(*) FROM changed) > 0)"

#define CHANGE_EACH_COUNTS                                                                         \
    " SELECT (locked.n IS NOT NULL)::integer::bigint, (done.n IS NOT NULL)::integer::bigint"       \
    " FROM unnest($9::text[]) WITH ORDINALITY AS asked (id, n)"                                    \
    " LEFT JOIN locked ON locked.n = asked.n LEFT JOIN done ON done.n = asked.n ORDER BY asked.n"

enum { CHANGE_PARAM_COUNT = 13, CHANGE_ALSO_PARAM_COUNT = 8, CHANGE_ALSO_MAX = 256 };

/* An event of another aggregate than the one that the statement changes. */
struct change_event {
    const struct contract_message *event_contract;
    const ProtobufCMessage *event;
    const char *aggregate_id;
    int64_t aggregate_version; /* after the change */
    const char *owner_id;      /* as in struct change */
    const char *unit_serial;
};

struct change {
    const struct db_stmt *stmt;
    const struct db_param *params; /* the store's own: $14 and on, $22 with CHANGE_SAID_ALSO */
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
        *response;  /* stored with the key; a repeat of the call is answered from there */
    bool says_also; /* the statement has CHANGE_SAID_ALSO */
    const struct change_event *also; /* at most CHANGE_ALSO_MAX */
    size_t also_count;
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
