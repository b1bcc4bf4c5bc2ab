/*
 * bus_internal - what the files of the bus share; nobody else includes it
 *
 *     bus.c            options, the process's ZeroMQ context, the bus's place in the loop's turn
 *     bus_socket.c     sockets in the loop: the one file that knows ZMQ_FD
 *     bus_frame.c      frames: pack, validate, unpack
 *     bus_server.c     answering: requests in, presence
 *     bus_bind.c       where a server is bound, and that it is still found there
 *     bus_publish.c    telling whoever listens
 *     bus_reply.c      replies and the queue they leave from
 *     bus_ask.c        asking: calls at hand, second tries
 *     bus_client.c     the replicas of a service, and the choice among them
 *     bus_replica.c    one replica as a client sees it: its socket, its state
 *     bus_discovery.c  which replicas there are: directory and names
 *     bus_ipc.c        ipc paths and their locks
 *     bus_accept.c     peers that come when there are no descriptors left
 *     bus_curve.c      keys, and who is let in
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <zmq.h>

#include "common/bus.h"
#include "common/task.h"
#include "common/v1/envelope.pb-c.h"

enum {
    BUS_ENDPOINT_SIZE = 256,
    BUS_REPLICAS_MAX = 64,        /* that one client knows of one service */
    BUS_CALLS_MAX = 4096,         /* at hand in one client */
    BUS_TURN_MESSAGES_MAX = 128,  /* received from one socket in one turn */
    BUS_TURN_REPLIES_MAX = 4,     /* the same of replies, so that others go on meanwhile */
    BUS_HWM = 10000,              /* twice what BUS_CALLS_MAX can fill: libzmq frees it in halves */
    BUS_DEADLINE_MS_MAX = 600000, /* a later deadline is taken as this */
    BUS_UNREADY_WAIT_MS = 500,    /* how long calls wait for one just found, or to return */
};

/* ---- bus_socket.c ---- */

struct bus_poller;
struct bus_socket;

/* There may be messages: receive until bus_socket_receive says there is none, or until enough was
 * done for one turn. */
typedef void bus_on_ready(void *context);
typedef void bus_on_event(void *context, unsigned event);

struct bus_poller *bus_poller_open(struct loop *loop, void *zmq);
void bus_poller_close(struct bus_poller **poller);

/* Calls on_ready of each socket that may have messages, once. True: come again. */
bool bus_poller_receive(struct bus_poller *poller);
/* Reads ZMQ_EVENTS of each socket that was touched since; called last in a turn. True: come again.
 */
bool bus_poller_settle(struct bus_poller *poller);

struct bus_socket *bus_socket_open(struct bus_poller *poller, int type, bus_on_ready *on_ready,
                                   void *context);
void bus_socket_close(struct bus_socket **socket);
void bus_socket_set_number(struct bus_socket *socket, int option, int value);
void bus_socket_set_bytes(struct bus_socket *socket, int option, const void *bytes,
                          size_t size_bytes);
/* Options that every socket of the bus has. */
void bus_socket_set_limits(struct bus_socket *socket, int64_t linger_ms);
/* Zero or errno. */
int bus_socket_bind(struct bus_socket *socket, const char *endpoint);
/* Ends the listener and the connections that came by it. */
void bus_socket_unbind(struct bus_socket *socket, const char *endpoint);
int bus_socket_connect(struct bus_socket *socket, const char *endpoint);
/* Where the last bind went, with the port that was chosen. */
void bus_socket_get_endpoint(struct bus_socket *socket, char ret_endpoint[BUS_ENDPOINT_SIZE]);
/* Tells of these ZMQ_EVENT_... of the socket's connections. */
void bus_socket_monitor(struct bus_socket *socket, int events, bus_on_event *on_event);
/* Never blocks. Zero: taken, and `message` is empty. Otherwise errno, and `message` is still the
 * caller's. */
int bus_socket_send(struct bus_socket *socket, zmq_msg_t *message, bool is_more);
/* Never blocks. False: nothing there. `message` must be initialised and is replaced. */
bool bus_socket_receive(struct bus_socket *socket, zmq_msg_t *message);
/* The same for a message of one frame: messages of several are dropped and counted. */
bool bus_socket_receive_single(struct bus_socket *socket, zmq_msg_t *message);

/* ---- bus_frame.c ---- */

enum bus_kind {
    BUS_REQUEST = 1,
    BUS_REPLY = 2,
    BUS_PING = 3,
    BUS_PONG = 4,
    BUS_LEAVING = 5,
};

enum { BUS_HEAD_SIZE = 4, BUS_ID_SIZE = 16 };

/* Makes a frame; `message` is NULL for a ping. */
void bus_frame_pack(enum bus_kind kind, const ProtobufCMessage *message, zmq_msg_t *ret_frame);
/* False: not a frame of ours. */
bool bus_frame_kind(const uint8_t *bytes, size_t size_bytes, enum bus_kind *ret_kind);
/* Validate and unpack what follows the head; NULL or false where a rule is broken. What they answer
 * lives in the arena. */
const Common__V1__Request *bus_frame_open_request(const uint8_t *bytes, size_t size_bytes,
                                                  struct arena *arena);
const Common__V1__Reply *bus_frame_open_reply(const uint8_t *bytes, size_t size_bytes,
                                              struct arena *arena);
bool bus_frame_open_presence(const uint8_t *bytes, size_t size_bytes,
                             uint8_t ret_epoch[BUS_ID_SIZE], bool *ret_draining);
/* The request id of a reply's frame, to find whose it is before it is unpacked. */
bool bus_frame_find_id(const uint8_t *bytes, size_t size_bytes, uint8_t ret_id[BUS_ID_SIZE]);
/* How many bytes of `text` are UTF-8 from its beginning on: a sentence that was cut to fit may end
 * within a character. */
size_t bus_frame_clean_size(const char *text);
/* Counts a frame that was dropped. */
void bus_frame_count_bad(void);

/* ---- bus.c ---- */

struct bus {
    struct loop *loop;
    struct bus_options options;
    void *zmq;
    struct bus_poller *poller;
    struct bus_server *first_server;
    unsigned client_count;
    struct loop_hook in_hook;
    struct loop_hook out_hook;
    struct bus_curve *curve; /* NULL: no CURVE */
};

/* Whether `listen` may be bound: ERR_INVALID_ARGUMENT where it is no tcp address, or one beyond
 * loopback and there are no CURVE keys. */
enum err bus_check_listen(const char *listen, const char *curve_dir,
                          struct fault *ret_fault) MUST_CHECK;
/* Whether the directory may be used: ERR_INVALID_ARGUMENT where others could write to it. */
enum err bus_check_directory(const char *path, struct fault *ret_fault) MUST_CHECK;
/* True for "tcp://127.x.y.z:port", "tcp://[::1]:port" and "tcp://localhost:port". */
bool bus_is_loopback(const char *endpoint);

/* ---- bus_curve.c ---- */

struct bus_curve;

/* Reads the process's own pair and begins to answer ZAP. */
enum err bus_curve_open(struct bus *bus, struct bus_curve **ret_curve,
                        struct fault *ret_fault) MUST_CHECK;
void bus_curve_close(struct bus_curve **curve);
/* Makes what the socket binds after this a CURVE server. */
void bus_curve_serve(struct bus_curve *curve, struct bus_socket *socket);
/* Makes what the socket binds after this, which must be ipc, no CURVE server. */
void bus_curve_unserve(struct bus_socket *socket);
/* Makes the socket a CURVE client of `service`; false if that service's public key is not there. */
bool bus_curve_ask(struct bus_curve *curve, struct bus_socket *socket, const char *service);

/* ---- bus_ipc.c ---- */

enum { BUS_IPC_PATH_MAX = 107 }; /* sun_path without its zero */

/* Takes the lock of `path`. ERR_ALREADY_EXISTS: somebody lives there. */
enum err bus_ipc_claim(const char *path, int *ret_lock_fd, struct fault *ret_fault) MUST_CHECK;
/* Gives up the lock, and removes socket and lock file unless there is another lock file by now:
 * then they are somebody else's. */
void bus_ipc_release(const char *path, int *lock_fd);
/* A file, to tell it from another one in its place. {0} is none. */
struct bus_ipc_file {
    dev_t device;
    ino_t inode;
};
/* What is at `path` now. */
void bus_ipc_identify(const char *path, struct bus_ipc_file *ret_file);
/* Whether the socket at `path` is still `file`, and its lock file the one that is held. */
bool bus_ipc_is_own(const char *path, const struct bus_ipc_file *file, int lock_fd);
/* True: the process that made `path` lives. If it is dead, its files are removed. */
bool bus_ipc_is_alive(const char *path);
#define BUS_IPC_CALLS ".sock"      /* where a service is asked */
#define BUS_IPC_PUBLICATION ".pub" /* where it publishes */
/* Whether `name` is "<service>-<uuid><suffix>". */
bool bus_ipc_is_socket_of(const char *name, const char *service, const char *suffix);

/* ---- bus_accept.c ---- */

/* Sets a descriptor aside. */
void bus_accept_prepare(void);
/* Connections refused for want of descriptors, since the process began. */
int64_t bus_accept_refused(void);

/* ---- bus_bind.c ---- */

/* Where a socket is bound. Zeroed; `suffix` and `listen` set; then bus_binding_open. */
struct bus_binding {
    const char *suffix; /* of its name in the directory */
    const char *listen; /* its address over tcp; NULL: none */
    struct bus *bus;
    struct bus_socket *socket;
    char path[BUS_IPC_PATH_MAX + 1];     /* "" without ipc */
    char old_path[BUS_IPC_PATH_MAX + 1]; /* lost, but some callers are still connected there */
    struct bus_ipc_file file;
    int lock_fd;  /* -1: not held */
    bool is_lost; /* and could not be bound anew yet */
    char tcp_endpoint[BUS_ENDPOINT_SIZE];
    struct loop_timer check;
};

/* Binds as the options say, and from then on looks whether the files are still there. To be closed
 * also where it fails. */
enum err bus_binding_open(struct bus_binding *binding, struct bus *bus, struct bus_socket *socket,
                          struct fault *ret_fault) MUST_CHECK;
/* Takes the files away, so that nobody comes any more; connections stay. May be called twice. */
void bus_binding_release(struct bus_binding *binding);
/* The memory must stay until `on_closed`. */
void bus_binding_close(struct bus_binding *binding, void (*on_closed)(void *binding));

/* ---- bus_reply.c ---- */

/* A client's connection, by its routing id. */
struct bus_peer {
    uint8_t id[8];
    size_t size_bytes;
    int64_t seen_mono_ms;
};

/* Frames on their way out of a ROUTER. {0} is empty. */
struct bus_outbox {
    struct bus_outgoing *entries;
    unsigned count;
    unsigned room;
};

/* Takes the frame. One without a deadline (0) is not kept where the peer does not read. */
void bus_outbox_add(struct bus_outbox *outbox, const struct bus_peer *peer, zmq_msg_t *frame,
                    int64_t deadline_mono_ms);
/* Sends what can be sent; answers how many frames are left to be tried again. */
unsigned bus_outbox_flush(struct bus_outbox *outbox, struct bus_socket *socket);
void bus_outbox_free(struct bus_outbox *outbox);

void bus_reply_pack(const struct bus_request *request, const struct bus_reply *reply,
                    zmq_msg_t *ret_frame);

/* ---- bus_server.c ---- */

/* Sends the replies of this turn. */
void bus_server_flush(struct bus_server *server);
struct bus_server *bus_server_next(struct bus_server *server);
/* For tests: where the server is found. */
const char *bus_server_ipc_path(const struct bus_server *server);
const char *bus_server_tcp_endpoint(const struct bus_server *server);

/* ---- bus_replica.c ---- */

enum bus_replica_state {
    BUS_REPLICA_CONNECTING,
    BUS_REPLICA_READY,
    BUS_REPLICA_SUSPECTED,
    BUS_REPLICA_LEAVING,
};

struct bus_replica {
    struct bus_client *client;
    struct bus_socket *socket;
    char endpoint[BUS_ENDPOINT_SIZE];
    enum bus_replica_state state;
    bool is_named;   /* by the last look of discovery */
    bool is_refused; /* its handshake failed: the socket is of no use any more */
    unsigned in_flight;
    unsigned pings_unanswered;
    int64_t open_mono_ms;
    int64_t next_ping_mono_ms;
    uint8_t epoch[BUS_ID_SIZE];
    unsigned failure_count; /* in a row */
    unsigned ejection_count;
    int64_t ejected_until_mono_ms;
};

/* NULL: cannot be connected now (no key, no socket); discovery will come again. */
struct bus_replica *bus_replica_open(struct bus_client *client, const char *endpoint);
void bus_replica_close(struct bus_replica **replica);
/* Pings if it is time; suspects. Answers when to come again. */
int64_t bus_replica_tick(struct bus_replica *replica, int64_t now_mono_ms);
/* Its connection is no good any more: calls at hand are lost. */
void bus_replica_lose(struct bus_replica *replica);
/* The state changes that others cause. */
void bus_replica_leave(struct bus_replica *replica);
/* Counts an answer towards ejection. `may_eject`: it is not the last one. */
void bus_replica_judge(struct bus_replica *replica, enum err code, bool may_eject);

/* ---- bus_ask.c ---- */

struct bus_ask;

/* Calls wait for a replica: there is one. */
void bus_client_wake_waiting(struct bus_client *client);
/* The client is about to be closed. */
void bus_client_end_calls(struct bus_client *client);
/* A reply came from a replica; calls at hand of a replica are lost. */
void bus_client_on_reply(struct bus_client *client, struct bus_replica *replica,
                         const uint8_t *bytes, size_t size_bytes);
void bus_client_on_lost(struct bus_client *client, struct bus_replica *replica);

/* ---- bus_client.c ---- */

enum { BUS_RETRY_CREDITS_MAX = 100 }; /* 10 a second, for ten seconds */

struct bus_client {
    struct bus *bus;
    char *service;
    struct bus_discovery *discovery;
    struct bus_replica *replicas[BUS_REPLICAS_MAX];
    unsigned replica_count;
    unsigned ready_count;
    int64_t unready_since_mono_ms;
    struct loop_timer timer;
    int64_t tick_mono_ms; /* when the timer fires */
    uint8_t id_prefix[8]; /* of request ids */
    uint64_t call_number;
    uint64_t dice;
    double earned_credits; /* 0.2 a call, forgotten within about ten seconds */
    double saved_credits;  /* 10 a second */
    int64_t credit_mono_ms;
    struct bus_ask *asks[BUS_CALLS_MAX];
    uint16_t free_slots[BUS_CALLS_MAX];
    unsigned free_count;
};

/* The less loaded of two drawn from the usable replicas. `avoid` (may be NULL) only if there is no
 * other; ejected ones only if there are no others at all. NULL: none is ready. */
struct bus_replica *bus_client_choose(struct bus_client *client, const struct bus_replica *avoid);
/* Whether there is a usable replica beside this one. */
bool bus_client_has_other(const struct bus_client *client, const struct bus_replica *replica);

struct bus *bus_client_bus(struct bus_client *client);
const char *bus_client_service(const struct bus_client *client);
/* Discovery: before a look, for each endpoint it finds, and after it. */
void bus_client_look_begin(struct bus_client *client);
void bus_client_look_found(struct bus_client *client, const char *endpoint);
void bus_client_look_end(struct bus_client *client);
/* A replica's state has changed. */
void bus_client_on_state(struct bus_client *client);
/* Comes to the client's housekeeping soon. */
void bus_client_poke(struct bus_client *client);

/* ---- bus_discovery.c ---- */

struct bus_discovery;

struct bus_discovery *bus_discovery_open(struct bus_client *client);
void bus_discovery_close(struct bus_discovery **discovery);
/* Looks again now: something seems to have died. */
void bus_discovery_hurry(struct bus_discovery *discovery);
