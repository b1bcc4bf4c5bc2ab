/*
 * consumer - how a daemon consumes events: each has its effect once, in the order of its aggregate
 *
 * A consumer has a name, handlers by type of event, and rows in the daemon's own schema
 * (common/consumer.sql). A handler writes its effect in one statement, which begins by taking the
 * event:
 *
 *     DB_STATEMENT(add_line, "warranty_add_line",
 *                  "WITH " CONSUMER_TAKEN("$1") ", "
 *                  "added AS (INSERT INTO lines (line_id, summary) SELECT $2, $3 FROM taken)"
 *                  CONSUMER_COUNTS);
 *
 *     static enum err
 *     on_claim_decided(struct call *call, const struct consumer_event *event)
 *     {
 *         const struct db_param params[] = {db_uuid(&event->event_id), db_text(summary)};
 *         return consumer_write_await(svc_db(call->svc), call, event, &add_line, params, 2);
 *     }
 *
 *     moved  the lane's cursor to the event's position, if it is not there yet and the lane is ours
 *     taken  the event's id in the inbox, if it was never there; of an event that is tried again,
 *            its row in consumer_parked, if that is still there
 *
 * The effect takes its row from `taken`. So cursor, inbox and effect are written together or not at
 * all, whoever is killed when; a repeat finds the cursor moved, and an event that comes again at
 * another position (the log was restored) finds itself in the inbox.
 *
 * A handler that changes an aggregate and says an event of its own puts CONSUMER_TAKEN before
 * `locked`, takes `locked` from `taken`, and gives consumer_param among its own parameters to
 * change_commit_await (common/change.h).
 *
 * Lanes. An aggregate's events are in one lane, `lane modulo lanes`. Replicas of the daemon share
 * the lanes: each takes its part, gives up what is too much when another comes, and takes over what
 * a dead one held once its lease ends. Only the holder of a lane moves its cursor: a replica that
 * was thought dead writes nothing. A replica pulls for all its lanes at once; the lanes of an
 * answer are handled beside each other, and group commit writes them together.
 *
 * Trouble. A handler's ERR_UNAVAILABLE, ABORTED, UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED and
 * CANCELLED pass: the event is tried again, later and later (up to 5 s), for as long as it takes.
 * After any other refusal it is tried three times more, and is then parked: put into
 * consumer_parked with its reason, counted (consumer.parked), shown in /status; the lane goes on
 * behind it. The other lanes do not wait meanwhile. `aftercare parked` lists what lies there, and
 * `aftercare retry` wishes that it is tried again, by the replica that holds its lane, between two
 * events of the lane: docs/protocol/events.md, 9.
 *
 * Limits: CONSUMER_LANES_MAX lanes. What a lane missed while in trouble is pulled again for all
 * lanes of the replica, which drop what they had. Each replica gets the events of all lanes.
 *
 * The library `consumer`, on `common` and the client stubs.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/svc.h"
#include "events/v1/events.pb-c.h"

struct buf;
struct consumer;

enum { CONSUMER_LANES_MAX = 64, CONSUMER_LANES_DEFAULT = 16 };

/* Where an event stands for the consumer that handles it. Texts are borrowed. */
struct consumer_place {
    const char *name; /* of the consumer */
    struct uuid holder;
    int lane;
    int64_t epoch;
    int64_t position;
    bool is_again; /* it was parked: the cursor is behind it and stays */
};

/* An event as a handler gets it; lives as long as the call. */
struct consumer_event {
    const Events__V1__LoggedEvent *envelope;
    const ProtobufCMessage *payload; /* as the kind says; NULL for a handler of any type */
    struct uuid event_id;
    int64_t event_time_us; /* business time of the change */
    struct consumer_place place;
};

/*
 * Runs as a task, one event of a lane after the other. The call's principal is the daemon, its key
 * "event:<consumer>:<event_id>", its trace that of the event, its deadline 10 s. OK without having
 * written: there is nothing to do for this event, and it may be seen once more after a crash. Other
 * outcomes: see Trouble.
 */
typedef enum err consumer_handler(struct call *call, const struct consumer_event *event);

/* A handler of one type; with `event` NULL of every type that is not listed, also of daemons that
 * this program does not know. */
struct consumer_kind {
    const struct contract_message *event;
    consumer_handler *handler;
};

#define CONSUMER_KIND_END                                                                          \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }

/* Where the log does not have any more what would come next (docs/protocol/events.md, 4). Either is
 * logged as an error and counted (consumer.resync). */
enum consumer_resync {
    CONSUMER_GO_ON, /* from the first event that is kept */
    CONSUMER_STAND  /* stays where it is, and says so in /status, until somebody moves the cursor */
};

struct consumer_options {
    const char *name;                  /* in tables and metrics, as "history" */
    const struct consumer_kind *kinds; /* ends with CONSUMER_KIND_END; handler of any type last */
    unsigned lanes; /* 0: CONSUMER_LANES_DEFAULT. Another number for the same name is refused */
    enum consumer_resync on_resync;
};

/*
 * After svc_serve; all that a daemon does. Begins to take lanes and to pull; the daemon is ready
 * also while the events daemon is away. At the drain it gives its lanes up, and svc_deinit frees
 * it. /status has `"consumer_<name>":{...}`. Everything in `options` is borrowed and must outlive
 * it.
 */
void consumer_open(struct svc *svc, const struct consumer_options *options);

/* ---- the statement of an effect ---- */

/* The steps `moved` and `taken`; `param` is the number of a parameter made by consumer_param. A
 * cursor that stays is locked all the same: so the lane is ours until the effect is there. */
#define CONSUMER_TAKEN(param)                                                                      \
    "moved AS (UPDATE consumer_lanes SET"                                                          \
    " epoch = CASE WHEN (" param "::text[])[7]::boolean THEN epoch"                                \
    " ELSE (" param "::text[])[4]::bigint END,"                                                    \
    " position = CASE WHEN (" param "::text[])[7]::boolean THEN position"                          \
    " ELSE (" param "::text[])[5]::bigint END"                                                     \
    " WHERE name = (" param "::text[])[1] AND lane = (" param "::text[])[2]::integer"              \
    " AND holder = (" param "::text[])[3]::uuid AND ((" param "::text[])[7]::boolean"              \
    " OR (epoch, position) < ((" param "::text[])[4]::bigint, (" param "::text[])[5]::bigint))"    \
    " RETURNING name),"                                                                            \
    " heard AS (INSERT INTO consumer_inbox (name, event_id)"                                       \
    " SELECT name, (" param "::text[])[6]::uuid FROM moved"                                        \
    " WHERE NOT (" param "::text[])[7]::boolean ON CONFLICT DO NOTHING RETURNING event_id),"       \
    " unparked AS (DELETE FROM consumer_parked p USING moved"                                      \
    " WHERE (" param "::text[])[7]::boolean AND p.name = moved.name"                               \
    " AND p.event_id = (" param "::text[])[6]::uuid RETURNING p.event_id),"                        \
    " taken AS (SELECT event_id FROM heard UNION ALL SELECT event_id FROM unparked)"

/* (0, 0) not ours, or done before; (1, 0) taken before; (1, 1) done. */
#define CONSUMER_COUNTS " SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM taken)"

struct db_param consumer_param(struct arena *arena, const struct consumer_event *event);

/*
 * The same for a DB_BATCH, of events of several lanes: $1 to $7 are consumer_write_await's, and the
 * statement's own parameters begin at $8. `taken` has the number `n` of each event that goes on and
 * its `event_id`; what is a parameter for each event is ($8::text[])[n], and what is a list of each
 * says by a list of ids beside it which event each of its elements is of.
 *
 *     DB_BATCH(add_lines, "warranty_add_lines",
 *              "WITH " CONSUMER_EACH_TAKEN ", added AS (INSERT INTO lines (line_id, summary)"
 *              " SELECT ($8::uuid[])[n], ($9::text[])[n] FROM taken)" CONSUMER_EACH_COUNTS);
 *
 * Of two events of one lane the first goes on, and the other is tried again: a lane handles one
 * after the other, so there are two only where one is a try whose outcome was not waited for.
 */
#define CONSUMER_EACH_TAKEN                                                                        \
    "asked AS (SELECT DISTINCT ON (name, lane) name, lane, event_id, n::integer AS n"              \
    " FROM unnest($1::text[], $2::integer[], $6::uuid[]) WITH ORDINALITY"                          \
    " AS a (name, lane, event_id, n) ORDER BY name, lane, a.n),"                                   \
    " moved AS (UPDATE consumer_lanes l SET"                                                       \
    " epoch = CASE WHEN ($7::boolean[])[n] THEN epoch ELSE ($4::bigint[])[n] END,"                 \
    " position = CASE WHEN ($7::boolean[])[n] THEN position ELSE ($5::bigint[])[n] END"            \
    " FROM asked a WHERE l.name = a.name AND l.lane = a.lane AND l.holder = ($3::uuid[])[n]"       \
    " AND (($7::boolean[])[n] OR (epoch, position) < (($4::bigint[])[n], ($5::bigint[])[n]))"      \
    " RETURNING a.n, a.name, a.event_id),"                                                         \
    " heard AS (INSERT INTO consumer_inbox (name, event_id) SELECT name, event_id FROM moved"      \
    " WHERE NOT ($7::boolean[])[n] ON CONFLICT DO NOTHING RETURNING name, event_id),"              \
    " unparked AS (DELETE FROM consumer_parked p USING moved WHERE ($7::boolean[])[n]"             \
    " AND p.name = moved.name AND p.event_id = moved.event_id RETURNING p.name, p.event_id),"      \
    " taken AS (SELECT n, event_id FROM moved JOIN (SELECT name, event_id FROM heard"              \
    " UNION ALL SELECT name, event_id FROM unparked) first USING (name, event_id))"

#define CONSUMER_EACH_COUNTS                                                                       \
    " SELECT (moved.n IS NOT NULL)::integer::bigint, (taken.n IS NOT NULL)::integer::bigint"       \
    " FROM unnest($6::uuid[]) WITH ORDINALITY AS event (id, n)"                                    \
    " LEFT JOIN moved ON moved.n = event.n LEFT JOIN taken ON taken.n = event.n ORDER BY event.n"

enum { CONSUMER_EACH_PARAM_COUNT = 7 };

/*
 * Writes an effect: a statement with CONSUMER_TAKEN("$1") and CONSUMER_COUNTS whose own parameters
 * begin at $2, or a DB_BATCH as above. Suspends until it is durable. ERR_ABORTED, LANE_MOVED: the
 * effect was there already, or the lane is another replica's; return it, the consumer looks which.
 * Others as db_write_await.
 */
enum err consumer_write_await(struct db *db, struct call *call, const struct consumer_event *event,
                              const struct db_stmt *stmt, const struct db_param *params,
                              size_t param_count) MUST_CHECK;
