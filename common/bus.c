/*
 * bus - options, the process's ZeroMQ context, and the bus's place in the loop's turn
 *
 * In LOOP_BUS_IN each socket with messages is read up to a bound; in LOOP_BUS_OUT the servers send
 * the turn's replies, and the sockets are settled (bus_socket.c). Requests of clients leave at
 * once, from the task that asks.
 *
 * One bus in a process. A context must not live across fork without exec.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOCKETS_MAX = 4096 };

static bool
on_turn_begin(void *context)
{
    struct bus *bus = context;
    return bus_poller_receive(bus->poller);
}

static bool
on_turn_end(void *context)
{
    struct bus *bus = context;
    for (struct bus_server *server = bus->first_server; server != NULL;
         server = bus_server_next(server))
        bus_server_flush(server);
    return bus_poller_settle(bus->poller);
}

bool
bus_is_loopback(const char *endpoint)
{
    return strncmp(endpoint, "tcp://127.", 10) == 0 || strncmp(endpoint, "tcp://[::1]:", 12) == 0 ||
           strncmp(endpoint, "tcp://localhost:", 16) == 0;
}

/* Whoever may write into the directory can pass for a service, and whoever may enter it can ask
 * one. */
enum err
bus_check_directory(const char *path, struct fault *ret_fault)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_DIRECTORY",
                         "cannot look at the bus directory %s: %s", path, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_DIRECTORY",
                         "the bus directory %s is no directory", path);
    if ((status.st_mode & 027) != 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_DIRECTORY",
                         "the bus directory %s must have mode 0700 or 0750, not %04o", path,
                         (unsigned)status.st_mode & 07777);
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_DIRECTORY",
                         "the bus directory %s belongs to another user", path);
    return OK;
}

enum err
bus_check_listen(const char *listen, const char *curve_dir, struct fault *ret_fault)
{
    if (strncmp(listen, "tcp://", 6) != 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_LISTEN",
                         "must begin with tcp://: %s", listen);
    if (curve_dir == NULL && !bus_is_loopback(listen))
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_NEEDS_CURVE",
                         "without CURVE keys the bus listens on loopback addresses only, not %s",
                         listen);
    return OK;
}

static enum err
check_options(const struct bus_options *options, struct fault *ret_fault)
{
    if (options->directory != NULL && bus_check_directory(options->directory, ret_fault) != OK)
        return ret_fault->code;
    if (options->connect[0] == 0 && options->directory == NULL)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_NOWHERE",
                         "neither a bus directory nor a pattern of addresses is given");
    if (options->connect[0] != 0 && strncmp(options->connect, "tcp://", 6) != 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_CONNECT",
                         "the pattern of addresses must begin with tcp://: %s", options->connect);
    if (options->connect[0] != 0 && strrchr(options->connect + 6, ':') == NULL)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_CONNECT",
                         "the pattern of addresses must end in a port: %s", options->connect);
    return options->listen == NULL
               ? OK
               : bus_check_listen(options->listen, options->curve_dir, ret_fault);
}

enum err
bus_open(struct loop *loop, const struct bus_options *options, struct bus **ret_bus,
         struct fault *ret_fault)
{
    enum err err = check_options(options, ret_fault);
    if (err != OK)
        return err;
    struct bus *bus = mem_alloc(sizeof *bus);
    bus->loop = loop;
    bus->options = *options;
    bus_accept_prepare();
    bus->zmq = zmq_ctx_new();
    CHECK(bus->zmq != NULL);
    zmq_ctx_set(bus->zmq, ZMQ_MAX_SOCKETS, SOCKETS_MAX);
    bus->poller = bus_poller_open(loop, bus->zmq);
    bus->in_hook = (struct loop_hook){.run = on_turn_begin, .context = bus};
    bus->out_hook = (struct loop_hook){.run = on_turn_end, .context = bus};
    loop_add_hook(loop, LOOP_BUS_IN, &bus->in_hook);
    loop_add_hook(loop, LOOP_BUS_OUT, &bus->out_hook);
    if (options->curve_dir != NULL)
        err = bus_curve_open(bus, &bus->curve, ret_fault);
    if (err != OK)
        bus_close(&bus);
    else
        *ret_bus = bus;
    return err;
}

void
bus_close(struct bus **bus)
{
    struct bus *b = *bus;
    *bus = NULL;
    if (b == NULL)
        return;
    CHECK(b->first_server == NULL && b->client_count == 0);
    bus_curve_close(&b->curve);
    loop_remove_hook(b->loop, LOOP_BUS_OUT, &b->out_hook);
    loop_remove_hook(b->loop, LOOP_BUS_IN, &b->in_hook);
    bus_poller_close(&b->poller);
    /* Waits for unsent replies, for as long as the sockets' LINGER says. */
    while (zmq_ctx_term(b->zmq) != 0)
        CHECK(errno == EINTR);
    mem_free(b);
}
