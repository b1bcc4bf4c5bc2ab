/*
 * http_crowd - no client may take all the places
 *
 * A connection that its client leaves lying about (idle, half a request, an answer not taken) costs
 * the client nothing and holds a place until its time limit. So when more than three quarters of
 * the places are taken, the sweep gives the rest back: among the connections that wait for their
 * clients, those of the addresses that hold the most go first, and of one address those that have
 * waited longest. Whoever has one connection is reached last. Requests at work are never touched,
 * though they count for their address; nor are trusted proxies, which stand for many clients and
 * must limit them themselves. An eighth of the places may always be waiting: work alone must not
 * drive away the clients that are just beginning.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_private.h"

#include <stdlib.h>
#include <string.h>

#include "common/stat.h"

STAT(sheddings, "http.connection.shed", STAT_COUNTER, "",
     "Waiting connections cut because most places were taken, of the clients with the most.");

struct place {
    struct http_conn *conn;
    bool is_waiting; /* for its client */
    unsigned rank;   /* connections of its address that are more alive */
};

/* By address, and within one by life: at work, then the latest to change. */
static int
compare_life(const void *one, const void *other)
{
    const struct place *a = one, *b = other;
    int order = memcmp(a->conn->peer_key, b->conn->peer_key, sizeof a->conn->peer_key);
    if (order == 0)
        order = a->is_waiting - b->is_waiting;
    if (order == 0)
        order = (a->conn->phase_mono_ms < b->conn->phase_mono_ms) -
                (a->conn->phase_mono_ms > b->conn->phase_mono_ms);
    return order;
}

/* Who goes first: of the largest crowd, then who has waited longest. Who is at work stays. */
static int
compare_turn(const void *one, const void *other)
{
    const struct place *a = one, *b = other;
    int order = b->is_waiting - a->is_waiting;
    if (order == 0)
        order = (a->rank < b->rank) - (a->rank > b->rank);
    if (order == 0)
        order = (a->conn->phase_mono_ms > b->conn->phase_mono_ms) -
                (a->conn->phase_mono_ms < b->conn->phase_mono_ms);
    return order;
}

static void
rank(struct place *places, size_t count)
{
    qsort(places, count, sizeof *places, compare_life);
    for (size_t i = 1; i < count; i++) {
        bool is_same = memcmp(places[i].conn->peer_key, places[i - 1].conn->peer_key,
                              sizeof places[i].conn->peer_key) == 0;
        places[i].rank = is_same ? places[i - 1].rank + 1 : 0;
    }
    qsort(places, count, sizeof *places, compare_turn);
}

void
http_crowd_thin(struct http_server *server)
{
    size_t max = server->options.connections_max, goal = max - max / 4, kept = max / 8;
    size_t taken = 0, count = 0, waiting = 0;
    if (server->conn_count <= goal)
        return;
    struct place *places = mem_alloc(server->conn_count * sizeof *places);
    for (struct http_conn *conn = server->conns; conn != NULL; conn = conn->next) {
        if (conn->is_cut)
            continue;
        taken++;
        if (conn->is_trusted)
            continue;
        places[count].conn = conn;
        places[count].is_waiting = conn->phase != HTTP_WORKING;
        waiting += places[count++].is_waiting;
    }
    rank(places, count);
    for (size_t i = 0; taken > goal && waiting > kept; i++, taken--, waiting--) {
        sheddings.value++;
        http_conn_cut(places[i].conn);
    }
    mem_free(places);
}
