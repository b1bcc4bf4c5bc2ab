/*
 * bus_bind - where a server is bound, and whether callers can still find it there
 *
 * Whoever tidies a directory up may delete the socket's file or its lock, or put another file in
 * its place. Connections live on, but callers look for names: to them the replica has gone. So the
 * files are looked at, by inode, twice within the time for which a call waits for a replica; the
 * kernel gives neither inode to another file while it is open here. A server that is lost so binds
 * anew, under a new name, and callers that do nothing but wait see no error.
 *
 * libzmq ends a listener's connections with the listener. The old one therefore stays, for the
 * calls at hand, until the next one is lost: there are two at most.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/stat.h"
#include "common/uuid.h"

STAT(rebinds, "bus.server.rebind", STAT_COUNTER, "",
     "Times an ipc socket was bound anew because its file or its lock's file was gone.");
STAT(refused, "bus.connection.refuse", STAT_COUNTER, "",
     "Connections refused because the process has no descriptors left.");

enum { CHECK_MS = BUS_UNREADY_WAIT_MS / 2, IPC_ENDPOINT_SIZE = BUS_IPC_PATH_MAX + 7 };

static void
print_endpoint(const char *path, char ret_endpoint[IPC_ENDPOINT_SIZE])
{
    snprintf(ret_endpoint, IPC_ENDPOINT_SIZE, "ipc://%.*s", BUS_IPC_PATH_MAX, path);
}

static enum err
bind_socket(struct bus_socket *socket, const char *endpoint, struct fault *ret_fault)
{
    int error = bus_socket_bind(socket, endpoint);
    if (error != 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_BIND_FAILED", "cannot bind %s: %s",
                         endpoint, zmq_strerror(error));
    return OK;
}

/* Binds under a new name; the binding changes only where that succeeds. */
static enum err
bind_ipc(struct bus_binding *binding, struct fault *ret_fault)
{
    const struct bus_options *options = &binding->bus->options;
    char uuid_text[UUID_TEXT_SIZE], endpoint[IPC_ENDPOINT_SIZE], path[4096];
    struct uuid uuid = uuid_make();
    uuid_print(&uuid, uuid_text);
    snprintf(path, sizeof path, "%s/%s-%s%s", options->directory, options->service, uuid_text,
             binding->suffix);
    int lock_fd = -1;
    enum err err = bus_ipc_claim(path, &lock_fd, ret_fault);
    if (err != OK)
        return err;
    print_endpoint(path, endpoint);
    err = bind_socket(binding->socket, endpoint, ret_fault);
    if (err != OK) {
        bus_ipc_release(path, &lock_fd);
        return err;
    }
    binding->lock_fd = lock_fd;
    snprintf(binding->path, sizeof binding->path, "%.*s", BUS_IPC_PATH_MAX, path);
    bus_ipc_identify(path, &binding->file);
    return OK;
}

static enum err
bind_tcp(struct bus_binding *binding, struct fault *ret_fault)
{
    /* Options hold for what is bound after them: ipc, bound before, has no CURVE. */
    if (binding->bus->curve != NULL)
        bus_curve_serve(binding->bus->curve, binding->socket);
    enum err err = bind_socket(binding->socket, binding->listen, ret_fault);
    if (err == OK)
        bus_socket_get_endpoint(binding->socket, binding->tcp_endpoint);
    return err;
}

/* ---- found no more ---- */

static enum err
bind_anew(struct bus_binding *binding, struct fault *ret_fault)
{
    struct bus_binding lost = *binding;
    enum err err = bus_check_directory(binding->bus->options.directory, ret_fault);
    if (err != OK)
        return err;
    if (binding->bus->curve != NULL)
        bus_curve_unserve(binding->socket);
    err = bind_ipc(binding, ret_fault);
    if (err != OK)
        return err;
    char endpoint[IPC_ENDPOINT_SIZE];
    print_endpoint(lost.old_path, endpoint);
    if (lost.old_path[0] != 0)
        bus_socket_unbind(binding->socket, endpoint);
    memcpy(binding->old_path, lost.path, sizeof binding->old_path);
    bus_ipc_release(lost.path, &lost.lock_fd);
    return OK;
}

static void
on_check(void *context)
{
    struct bus_binding *binding = context;
    refused.value = bus_accept_refused();
    if (bus_ipc_is_own(binding->path, &binding->file, binding->lock_fd))
        return;
    struct fault fault = {0};
    enum err err = bind_anew(binding, &fault);
    rebinds.value += err == OK;
    /* Said once, and tried again at the next check: nothing here is mended by a restart. */
    if (err != OK && binding->is_lost)
        return;
    binding->is_lost = err != OK;
    struct log_line *line =
        err == OK ? log_begin(LOG_WARN, "bus socket found deleted or replaced and bound anew")
                  : log_begin(LOG_ERROR, "bus socket found deleted or replaced and not bound");
    log_text(line, "path", binding->path);
    if (err != OK)
        log_text(line, "detail", fault.message);
    log_end(line);
}

/* ---- life ---- */

enum err
bus_binding_open(struct bus_binding *binding, struct bus *bus, struct bus_socket *socket,
                 struct fault *ret_fault)
{
    binding->bus = bus;
    binding->socket = socket;
    binding->lock_fd = -1;
    loop_timer_init(bus->loop, &binding->check, on_check, binding);
    enum err err = OK;
    if (bus->options.directory != NULL)
        err = bind_ipc(binding, ret_fault);
    if (err == OK && bus->options.directory != NULL)
        loop_timer_start(&binding->check, CHECK_MS, CHECK_MS);
    if (err == OK && binding->listen != NULL)
        err = bind_tcp(binding, ret_fault);
    return err;
}

void
bus_binding_release(struct bus_binding *binding)
{
    loop_timer_stop(&binding->check);
    bus_ipc_release(binding->path, &binding->lock_fd);
}

void
bus_binding_close(struct bus_binding *binding, void (*on_closed)(void *binding))
{
    bus_binding_release(binding);
    loop_timer_close(&binding->check, on_closed);
}
