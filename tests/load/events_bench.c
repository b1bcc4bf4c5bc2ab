/*
 * events_bench - writers of events and a reader of the stream, in one process
 *
 *     events_bench stream CONNINFO SOCKET KEY_FILE SECONDS RATE CLIENTS ROWS
 *     events_bench replay SOCKET KEY_FILE
 *
 * `stream` commits RATE events a second (0: as many as come through) for some seconds, on CLIENTS
 * connections, ROWS of them in each transaction, and subscribes to the publication as
 * docs/protocol/events.md, 5 says, pulling what it did not hear. An event's delay is from the
 * moment at which its writer knew of the commit to the moment at which it is here. Without a rate
 * the writers never are more than BACKLOG_MAX events ahead of the reader, so what is measured is
 * what the stream sustains. `replay` pulls the whole log from its beginning. Each prints one line
 * of JSON. Every event must come exactly once and in the order of positions, or it fails.
 */
// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/principal.h"
#include "common/rng.h"
#include "common/uuid.h"
#include "common/v1/envelope.pb-c.h"
#include "events/v1/events.pb-c.h"

enum {
    EVENTS_MAX = 20000000,
    CLIENTS_MAX = 64,
    BACKLOG_MAX = 20000,
    PAGE_EVENTS = 1000,
    ANSWER_MS = 30000,
    STALL_MS = 30000, /* without an event that must come */
};

#define INSERT                                                                                     \
    "INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version,"  \
    " event_time, owner_id, unit_serial, principal, trace, payload)"                               \
    " SELECT gen_random_uuid(), 'warranty.v1.ClaimMoved', 'bench', $1 || n, 1, clock_timestamp()," \
    " 'p-0123456789abcdef0123456789abcdef', 'HER-000001', 'system:bench',"                         \
    " '0123456789abcdef0123456789abcdef', decode(repeat('00', 120), 'hex')"                        \
    " FROM generate_series($2::bigint, $3::bigint) n"

static struct {
    const char *conninfo;
    int64_t seconds;
    int64_t rate;
    int clients;
    int rows;
    char prefix[48]; /* of the aggregates of this run */
    int64_t start_us;
    _Atomic int64_t next;
    _Atomic int64_t written; /* committed */
    _Atomic int64_t arrived;
    _Atomic int running;
    int64_t *committed_us; /* by number */
    int64_t *arrived_us;
} bench;

static void *context, *asker;
static int64_t position, pull_count;

NO_RETURN static void
fail(const char *what, const char *why)
{
    fprintf(stderr, "events_bench: %s: %s\n", what, why);
    exit(1);
}

/* ---- writers ---- */

static void
sleep_until(int64_t mono_us)
{
    const struct timespec time = {.tv_sec = mono_us / 1000000,
                                  .tv_nsec = (long)(mono_us % 1000000) * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

static void
write_once(PGconn *connection)
{
    int64_t first = atomic_fetch_add(&bench.next, bench.rows), last = first + bench.rows - 1;
    if (last >= EVENTS_MAX)
        fail("writers", "more events than this program counts");
    char first_text[24], last_text[24];
    snprintf(first_text, sizeof first_text, "%" PRId64, first);
    snprintf(last_text, sizeof last_text, "%" PRId64, last);
    const char *const values[] = {bench.prefix, first_text, last_text};
    PGresult *result = PQexecPrepared(connection, "insert", 3, values, NULL, NULL, 0);
    int64_t now_us = clock_mono_us();
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail("insert", PQerrorMessage(connection));
    PQclear(result);
    for (int64_t i = first; i <= last; i++)
        bench.committed_us[i] = now_us;
    atomic_fetch_add(&bench.written, bench.rows);
}

static void
wait_turn(int64_t turn, int client)
{
    if (bench.rate > 0) {
        int64_t period_us = 1000000 * (int64_t)bench.rows * bench.clients / bench.rate;
        sleep_until(bench.start_us + turn * period_us + client * period_us / bench.clients);
    }
    while (bench.rate == 0 && bench.written - bench.arrived > BACKLOG_MAX)
        sleep_until(clock_mono_us() + 1000);
}

static void *
run_writer(void *argument)
{
    int client = *(int *)argument;
    PGconn *connection = PQconnectdb(bench.conninfo);
    if (PQstatus(connection) != CONNECTION_OK)
        fail("connection", PQerrorMessage(connection));
    PQclear(PQprepare(connection, "insert", INSERT, 0, NULL));
    for (int64_t turn = 0; clock_mono_us() - bench.start_us < bench.seconds * 1000000; turn++) {
        wait_turn(turn, client);
        write_once(connection);
    }
    PQfinish(connection);
    bench.running--;
    return NULL;
}

/* ---- asking ---- */

static void
pack_request(const char *method, const ProtobufCMessage *req, struct arena *arena,
             uint8_t **ret_bytes, size_t *ret_size)
{
    Common__V1__Request request = COMMON__V1__REQUEST__INIT;
    struct principal principal;
    struct uuid id = uuid_make();
    principal_make_system("bench", &principal, arena);
    request.request_id = (ProtobufCBinaryData){sizeof id, (uint8_t *)&id};
    request.method = (char *)method;
    request.deadline_time_ms = clock_real_ms() + ANSWER_MS;
    request.attempt = 1;
    request.principal =
        (ProtobufCBinaryData){principal.packed_size_bytes, (uint8_t *)principal.packed};
    request.principal_mac = (ProtobufCBinaryData){sizeof principal.mac, principal.mac};
    request.body.len = protobuf_c_message_get_packed_size(req);
    request.body.data = arena_alloc(arena, request.body.len + 1);
    protobuf_c_message_pack(req, request.body.data);
    *ret_size = 4 + common__v1__request__get_packed_size(&request);
    *ret_bytes = arena_alloc(arena, *ret_size);
    memcpy(*ret_bytes, "AC\x01\x01", 4);
    common__v1__request__pack(&request, *ret_bytes + 4);
}

/* The packed answer, in the arena. */
static ProtobufCBinaryData
ask(struct arena *arena, const char *method, const ProtobufCMessage *req)
{
    uint8_t *bytes;
    size_t size;
    pack_request(method, req, arena, &bytes, &size);
    zmq_msg_t message;
    zmq_msg_init(&message);
    if (zmq_send(asker, bytes, size, 0) < 0 || zmq_msg_recv(&message, asker, 0) < 4)
        fail(method, "no answer");
    Common__V1__Reply *reply =
        common__v1__reply__unpack(arena_allocator(arena), zmq_msg_size(&message) - 4,
                                  (const uint8_t *)zmq_msg_data(&message) + 4);
    zmq_msg_close(&message);
    if (reply == NULL || reply->code != 0)
        fail(method, reply != NULL ? reply->message : "no reply");
    return reply->body;
}

/* ---- reading ---- */

static void
take(const Events__V1__LoggedEvent *event, int64_t now_us)
{
    if (event->position != position + 1)
        fail("reader", "an event is missing or came twice");
    position = event->position;
    size_t size = strlen(bench.prefix);
    if (size == 0 || strncmp(event->aggregate_id, bench.prefix, size) != 0)
        return;
    int64_t number = strtoll(event->aggregate_id + size, NULL, 10);
    if (bench.arrived_us[number] != 0)
        fail("reader", "an event came twice");
    bench.arrived_us[number] = now_us;
    bench.arrived++;
}

/* Pulls one page; false where the log ends. */
static bool
pull(void)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    Events__V1__PullEventsRequest req = EVENTS__V1__PULL_EVENTS_REQUEST__INIT;
    req.after = position;
    req.limit = PAGE_EVENTS;
    ProtobufCBinaryData body = ask(arena, "events.v1.EventsService/PullEvents", &req.base);
    Events__V1__PullEventsResponse *page =
        events__v1__pull_events_response__unpack(arena_allocator(arena), body.len, body.data);
    if (page == NULL)
        fail("pull", "no page");
    int64_t now_us = clock_mono_us();
    for (size_t i = 0; i < page->n_events; i++)
        take(page->events[i], now_us);
    bool is_more = position < page->last_position;
    pull_count++;
    arena_free(&arena);
    return is_more;
}

static void
hear(const Events__V1__Publication *said)
{
    if (said->event == NULL) {
        if (position < 0)
            position = said->position; /* the first Tick: from here on */
        return;
    }
    if (position < 0 || said->position <= position)
        return;
    if (said->position == position + 1)
        take(said->event, clock_mono_us());
    while (position < said->position && pull())
        continue;
}

/* Takes all that is there. False: nothing came for so long. */
static bool
listen_once(void *socket, long limit_ms)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    if (zmq_poll(&item, 1, limit_ms) <= 0)
        return false;
    zmq_msg_t topic, body;
    zmq_msg_init(&topic);
    zmq_msg_init(&body);
    while (zmq_msg_recv(&topic, socket, ZMQ_DONTWAIT) >= 0 && zmq_msg_recv(&body, socket, 0) >= 0) {
        Events__V1__Publication *said =
            events__v1__publication__unpack(NULL, zmq_msg_size(&body), zmq_msg_data(&body));
        if (said == NULL)
            fail("publication", "what was said is none");
        hear(said);
        events__v1__publication__free_unpacked(said, NULL);
    }
    zmq_msg_close(&topic);
    zmq_msg_close(&body);
    return true;
}

static void *
subscribe(void)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    const Events__V1__GetStreamRequest req = EVENTS__V1__GET_STREAM_REQUEST__INIT;
    ProtobufCBinaryData body = ask(arena, "events.v1.EventsService/GetStream", &req.base);
    Events__V1__GetStreamResponse *stream =
        events__v1__get_stream_response__unpack(arena_allocator(arena), body.len, body.data);
    void *socket = zmq_socket(context, ZMQ_SUB);
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    if (stream == NULL || zmq_connect(socket, stream->publication) != 0)
        fail("publication", "cannot be connected to");
    arena_free(&arena);
    return socket;
}

/* ---- figures ---- */

static int
compare(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static void
print_delays(int64_t count, double seconds)
{
    int64_t *delays = malloc((size_t)count * sizeof *delays);
    for (int64_t i = 0; i < count; i++)
        delays[i] = bench.arrived_us[i] - bench.committed_us[i];
    qsort(delays, (size_t)count, sizeof *delays, compare);
    printf("{\"events\": %" PRId64 ", \"seconds\": %.3f, \"p50_us\": %" PRId64
           ", \"p99_us\": %" PRId64 ", \"max_us\": %" PRId64 ", \"pulls\": %" PRId64 "}\n",
           count, seconds, delays[count / 2], delays[count * 99 / 100], delays[count - 1],
           pull_count);
    free(delays);
}

static void
run_stream(void)
{
    pthread_t threads[CLIENTS_MAX];
    int numbers[CLIENTS_MAX];
    void *socket = subscribe();
    position = -1;
    while (position < 0)
        if (!listen_once(socket, STALL_MS))
            fail("publication", "says nothing");
    pull_count = 0;
    bench.running = bench.clients;
    bench.start_us = clock_mono_us();
    for (int i = 0; i < bench.clients; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, run_writer, &numbers[i]);
    }
    int64_t heard_us = clock_mono_us();
    while (bench.running > 0 || bench.arrived < bench.written) {
        int64_t before = bench.arrived;
        listen_once(socket, 100);
        if (bench.arrived > before)
            heard_us = clock_mono_us();
        else if (clock_mono_us() - heard_us > STALL_MS * INT64_C(1000))
            fail("reader", "events that were committed do not come");
    }
    double seconds = (double)(clock_mono_us() - bench.start_us) / 1e6;
    for (int i = 0; i < bench.clients; i++)
        pthread_join(threads[i], NULL);
    print_delays(bench.written, seconds);
    zmq_close(socket);
}

static void
run_replay(void)
{
    int64_t start_us = clock_mono_us();
    while (pull())
        continue;
    printf("{\"events\": %" PRId64 ", \"seconds\": %.3f, \"pulls\": %" PRId64 "}\n", position,
           (double)(clock_mono_us() - start_us) / 1e6, pull_count);
}

static void
open_asker(const char *path, const char *key_path)
{
    int limit_ms = ANSWER_MS, linger_ms = 0;
    char address[300];
    snprintf(address, sizeof address, "ipc://%s", path);
    principal_init(key_path);
    context = zmq_ctx_new();
    asker = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(asker, ZMQ_RCVTIMEO, &limit_ms, sizeof limit_ms);
    zmq_setsockopt(asker, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    zmq_connect(asker, address);
}

int
main(int argc, char **argv)
{
    bool is_stream = argc == 9 && strcmp(argv[1], "stream") == 0;
    bool is_replay = argc == 4 && strcmp(argv[1], "replay") == 0;
    if (!is_stream && !is_replay) {
        fprintf(stderr, "events_bench stream CONNINFO SOCKET KEY_FILE SECONDS RATE CLIENTS ROWS\n"
                        "events_bench replay SOCKET KEY_FILE\n");
        return 2;
    }
    rng_init();
    open_asker(argv[argc - (is_stream ? 6 : 2)], argv[argc - (is_stream ? 5 : 1)]);
    if (is_stream) {
        bench.conninfo = argv[2];
        bench.seconds = strtoll(argv[5], NULL, 10);
        bench.rate = strtoll(argv[6], NULL, 10);
        bench.clients = (int)strtol(argv[7], NULL, 10);
        bench.rows = (int)strtol(argv[8], NULL, 10);
        if (bench.seconds < 1 || bench.clients < 1 || bench.clients > CLIENTS_MAX || bench.rows < 1)
            fail("arguments", "SECONDS, CLIENTS and ROWS are at least 1");
        snprintf(bench.prefix, sizeof bench.prefix, "%" PRId64 "-", clock_real_ms());
        bench.committed_us = calloc(EVENTS_MAX, sizeof(int64_t));
        bench.arrived_us = calloc(EVENTS_MAX, sizeof(int64_t));
        run_stream();
    } else {
        run_replay();
    }
    zmq_close(asker);
    zmq_ctx_term(context);
    free(bench.committed_us);
    free(bench.arrived_us);
    arena_deinit();
    return 0;
}
