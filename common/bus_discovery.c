/*
 * bus_discovery - which replicas a service has: the sockets in a directory, or the addresses of a
 * name
 *
 * The directory is looked through when it changes and once a second; sockets of dead processes are
 * removed on the way. A name is resolved every two seconds by libuv's threads; libzmq would connect
 * to its first address only, so each address becomes an endpoint of its own. Each look is told to
 * the client as a whole: what it no longer names is on its way out.
 *
 * A name that is not known has no replicas; a resolver that cannot be asked changes nothing.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <dirent.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/stat.h"

STAT(looks, "bus.discovery.look", STAT_COUNTER, "",
     "Looks for replicas, in the directory or by name.");
STAT(resolve_failures, "bus.discovery.fail", STAT_COUNTER, "", "Names that could not be resolved.");
STAT(addresses_refused, "bus.discovery.refuse", STAT_COUNTER, "",
     "Addresses beyond loopback that were left out because there are no CURVE keys.");

enum { SCAN_MS = 1000, RESOLVE_MS = 2000, HURRY_MS = 5, PATH_SIZE = 4096 };

struct bus_discovery {
    struct bus_client *client; /* NULL once closed */
    struct bus *bus;
    struct loop_timer timer;
    uv_fs_event_t watcher;
    bool is_watching;
    bool is_hurried;
    uv_getaddrinfo_t resolve;
    bool is_resolving;
    char host[NI_MAXHOST]; /* "" when by directory */
    char port[NI_MAXSERV];
    unsigned open_count; /* handles and requests that still refer to this */
};

static void
release(struct bus_discovery *discovery)
{
    if (--discovery->open_count == 0)
        mem_free(discovery);
}

/* ---- by directory ---- */

static void
look_into_directory(struct bus_discovery *discovery)
{
    const char *path = discovery->bus->options.directory;
    DIR *directory = opendir(path);
    if (directory == NULL)
        return;
    looks.value++;
    bus_client_look_begin(discovery->client);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char endpoint[PATH_SIZE];
        if (!bus_ipc_is_socket_of(entry->d_name, bus_client_service(discovery->client),
                                  BUS_IPC_CALLS))
            continue;
        int size = snprintf(endpoint, sizeof endpoint, "ipc://%s/%s", path, entry->d_name);
        if (size < 0 || size > 6 + BUS_IPC_PATH_MAX)
            continue;
        if (bus_ipc_is_alive(endpoint + 6))
            bus_client_look_found(discovery->client, endpoint);
    }
    closedir(directory);
    bus_client_look_end(discovery->client);
}

static void
on_change(uv_fs_event_t *handle, const char *name UNUSED, int events UNUSED, int status UNUSED)
{
    bus_discovery_hurry(container_of(handle, struct bus_discovery, watcher));
}

/* ---- by name ---- */

static bool
print_endpoint(const struct addrinfo *address, const char *port,
               char ret_endpoint[BUS_ENDPOINT_SIZE])
{
    char host[NI_MAXHOST];
    if (getnameinfo(address->ai_addr, address->ai_addrlen, host, sizeof host, NULL, 0,
                    NI_NUMERICHOST) != 0)
        return false;
    bool is_v6 = address->ai_family == AF_INET6;
    int size = snprintf(ret_endpoint, BUS_ENDPOINT_SIZE, "tcp://%s%s%s:%s", is_v6 ? "[" : "", host,
                        is_v6 ? "]" : "", port);
    return size > 0 && size < BUS_ENDPOINT_SIZE;
}

static void
take_addresses(struct bus_discovery *discovery, const struct addrinfo *addresses)
{
    bus_client_look_begin(discovery->client);
    for (const struct addrinfo *address = addresses; address != NULL; address = address->ai_next) {
        char endpoint[BUS_ENDPOINT_SIZE];
        if (!print_endpoint(address, discovery->port, endpoint))
            continue;
        if (discovery->bus->curve == NULL && !bus_is_loopback(endpoint)) {
            if (addresses_refused.value++ == 0) {
                struct log_line *line =
                    log_begin(LOG_WARN, "an address beyond loopback needs CURVE keys");
                log_text(line, "endpoint", endpoint);
                log_end(line);
            }
            continue;
        }
        bus_client_look_found(discovery->client, endpoint);
    }
    bus_client_look_end(discovery->client);
}

static void
on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct bus_discovery *discovery = container_of(request, struct bus_discovery, resolve);
    discovery->is_resolving = false;
    if (discovery->client != NULL) {
        resolve_failures.value += status != 0;
        bool is_unknown = status == UV_EAI_NONAME || status == UV_EAI_NODATA;
        if (status == 0 || is_unknown)
            take_addresses(discovery, addresses);
    }
    if (addresses != NULL)
        uv_freeaddrinfo(addresses);
    release(discovery);
}

static void
resolve(struct bus_discovery *discovery)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    if (discovery->is_resolving)
        return;
    looks.value++;
    if (uv_getaddrinfo(loop_uv(discovery->bus->loop), &discovery->resolve, on_resolved,
                       discovery->host, NULL, &hints) != 0) {
        resolve_failures.value++;
        return;
    }
    discovery->is_resolving = true;
    discovery->open_count++;
}

/* "tcp://{service}:7400" -> host and port. The form was checked by bus_open. */
static void
read_template(struct bus_discovery *discovery)
{
    const char *template = discovery->bus->options.connect + strlen("tcp://");
    const char *colon = strrchr(template, ':');
    const char *name = strstr(template, "{service}");
    const char *rest = name != NULL ? name + strlen("{service}") : colon;
    snprintf(discovery->host, sizeof discovery->host, "%.*s%s%.*s",
             (int)((name != NULL ? name : colon) - template), template,
             name != NULL ? bus_client_service(discovery->client) : "", (int)(colon - rest), rest);
    snprintf(discovery->port, sizeof discovery->port, "%s", colon + 1);
    /* An IPv6 address stands in brackets in the template, and the resolver wants it without. */
    size_t size = strlen(discovery->host);
    if (size > 2 && discovery->host[0] == '[' && discovery->host[size - 1] == ']') {
        memmove(discovery->host, discovery->host + 1, size - 2);
        discovery->host[size - 2] = 0;
    }
}

/* ---- both ---- */

static void
on_time(void *context)
{
    struct bus_discovery *discovery = context;
    discovery->is_hurried = false;
    if (discovery->host[0] != 0)
        resolve(discovery);
    else
        look_into_directory(discovery);
    loop_timer_start(&discovery->timer, discovery->host[0] != 0 ? RESOLVE_MS : SCAN_MS, 0);
}

void
bus_discovery_hurry(struct bus_discovery *discovery)
{
    if (discovery->is_hurried || discovery->host[0] != 0)
        return;
    discovery->is_hurried = true;
    loop_timer_start(&discovery->timer, HURRY_MS, 0);
}

struct bus_discovery *
bus_discovery_open(struct bus_client *client)
{
    struct bus_discovery *discovery = mem_alloc(sizeof *discovery);
    discovery->client = client;
    discovery->bus = bus_client_bus(client);
    discovery->open_count = 1;
    loop_timer_init(discovery->bus->loop, &discovery->timer, on_time, discovery);
    if (discovery->bus->options.connect[0] != 0) {
        read_template(discovery);
    } else {
        discovery->open_count++;
        uv_fs_event_init(loop_uv(discovery->bus->loop), &discovery->watcher);
        discovery->is_watching = true;
        /* Without it (no inotify watches left) the look once a second is enough. */
        if (uv_fs_event_start(&discovery->watcher, on_change, discovery->bus->options.directory,
                              0) != 0)
            resolve_failures.value++;
    }
    on_time(discovery);
    return discovery;
}

static void
on_watcher_closed(uv_handle_t *handle)
{
    release(container_of((uv_fs_event_t *)handle, struct bus_discovery, watcher));
}

static void
on_timer_closed(void *context)
{
    release(context);
}

void
bus_discovery_close(struct bus_discovery **discovery)
{
    struct bus_discovery *d = *discovery;
    *discovery = NULL;
    if (d == NULL)
        return;
    d->client = NULL;
    if (d->is_watching)
        uv_close((uv_handle_t *)&d->watcher, on_watcher_closed);
    if (d->is_resolving)
        uv_cancel((uv_req_t *)&d->resolve);
    loop_timer_close(&d->timer, on_timer_closed);
}
