/*
 * db_host - names of database servers into addresses, on the loop
 *
 * libpq resolves names in PQconnectStart and blocks there. So the names are taken out of the
 * connection string and resolved one after the other by libuv's pool of threads; libpq gets host,
 * hostaddr and port lists of equal length, one entry per address. The names stay, for certificates
 * and the password file. Directories of sockets, and strings that name addresses, need nothing.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_parts.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"

enum { NAME_SIZE = 256 };

struct db_host {
    uv_getaddrinfo_t request;
    struct loop *loop;
    db_host_fn *on_done; /* NULL: cancelled */
    void *context;
    char *hosts; /* as in the connection string: separated by commas */
    char *ports; /* the same, or one for all; "" for the default */
    unsigned index;
    struct buf ret_hosts;
    struct buf ret_addresses;
    struct buf ret_ports;
};

/* The item of a list; where the list has one item only, it stands for all. */
static void
copy_item(const char *list, unsigned index, char ret_item[NAME_SIZE])
{
    if (strchr(list, ',') == NULL)
        index = 0;
    for (; index > 0 && list != NULL; index--) {
        list = strchr(list, ',');
        list = list != NULL ? list + 1 : NULL;
    }
    list = list != NULL ? list : "";
    snprintf(ret_item, NAME_SIZE, "%.*s", (int)strcspn(list, ","), list);
}

static unsigned
count_items(const char *list)
{
    unsigned count = 1;
    for (const char *c = list; *c != 0; c++)
        count += *c == ',';
    return count;
}

static void
add_item(struct buf *list, bool is_first, const char *item)
{
    if (!is_first)
        buf_add_char(list, ',');
    buf_add_text(list, item);
}

static void
add_address(struct db_host *host, const char *address)
{
    char name[NAME_SIZE];
    char port[NAME_SIZE];
    copy_item(host->hosts, host->index, name);
    copy_item(host->ports, host->index, port);
    bool is_first = host->ret_hosts.size_bytes == 0;
    add_item(&host->ret_hosts, is_first, name);
    add_item(&host->ret_addresses, is_first, address);
    add_item(&host->ret_ports, is_first, port);
}

static void
free_host(struct db_host *host)
{
    buf_free(&host->ret_hosts);
    buf_free(&host->ret_addresses);
    buf_free(&host->ret_ports);
    mem_free(host->hosts);
    mem_free(host->ports);
    mem_free(host);
}

static void
finish(struct db_host *host, const char *error)
{
    struct db_host_list list = {
        .host = buf_text(&host->ret_hosts),
        .hostaddr = buf_text(&host->ret_addresses),
        .port = buf_text(&host->ret_ports),
    };
    if (host->on_done != NULL)
        host->on_done(host->context, &list, error);
    free_host(host);
}

static void
on_addresses(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct db_host *host = container_of(request, struct db_host, request);
    char text[NI_MAXHOST];
    for (const struct addrinfo *a = addresses; status == 0 && a != NULL; a = a->ai_next) {
        if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
            add_address(host, text);
    }
    uv_freeaddrinfo(addresses);
    host->index++;

    /* Goes on with the next name; one that is not found matters only if no other is. */
    char name[NAME_SIZE];
    copy_item(host->hosts, host->index, name);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    if (host->on_done != NULL && host->index < count_items(host->hosts) &&
        uv_getaddrinfo(loop_uv(host->loop), request, on_addresses, name, NULL, &hints) == 0)
        return;
    finish(host, host->ret_hosts.size_bytes == 0 ? uv_strerror(status) : NULL);
}

static const char *
find_option(const PQconninfoOption *options, const char *name)
{
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
        if (strcmp(option->keyword, name) == 0)
            return option->val != NULL ? option->val : "";
    }
    return "";
}

/* A directory among the hosts means that the server is on this machine: nothing is resolved then.
 */
static bool
needs_resolving(const PQconninfoOption *options)
{
    const char *hosts = find_option(options, "host");
    return hosts[0] != 0 && strchr(hosts, '/') == NULL && hosts[0] != '@' &&
           find_option(options, "hostaddr")[0] == 0;
}

struct db_host *
db_host_resolve(struct loop *loop, const char *url, db_host_fn *on_done, void *context)
{
    struct db_host *host = NULL;
    PQconninfoOption *options = PQconninfoParse(url, NULL); /* libpq will say what is wrong */
    if (options != NULL && needs_resolving(options)) {
        host = mem_alloc(sizeof *host);
        *host = (struct db_host){.loop = loop, .on_done = on_done, .context = context};
        host->hosts = mem_copy_text(find_option(options, "host"));
        host->ports = mem_copy_text(find_option(options, "port"));
        char name[NAME_SIZE];
        copy_item(host->hosts, 0, name);
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
        if (uv_getaddrinfo(loop_uv(loop), &host->request, on_addresses, name, NULL, &hints) != 0) {
            free_host(host);
            host = NULL;
        }
    }
    PQconninfoFree(options);
    if (host == NULL)
        on_done(context, &(struct db_host_list){0}, NULL);
    return host;
}

/* The request may be with a thread already: it ends by itself, and its answer goes to nobody. */
void
db_host_cancel(struct db_host **host)
{
    if (*host == NULL)
        return;
    (*host)->on_done = NULL;
    uv_cancel((uv_req_t *)&(*host)->request);
    *host = NULL;
}
