/*
 * bus_publish - an XPUB socket: a PUB that tells who listens
 *
 * Of the first subscription to a topic and of the end of the last one libzmq tells with a frame: 1
 * or 0, then the topic. So who publishes knows whether anybody listens at all.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_publish.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bus_internal.h"
#include "common/stat.h"

STAT(sent, "bus.publication.send", STAT_COUNTER, "", "Messages given to the publication's socket.");
STAT(too_large, "bus.publication.drop", STAT_COUNTER, "",
     "Messages not published because they are larger than a frame.");
STAT(topics, "bus.publication.topic", STAT_GAUGE, "", "Topics that somebody has subscribed to.");

enum { PATH_SIZE = 4096 };

struct bus_publish {
    struct bus *bus;
    struct bus_socket *socket;
    struct bus_binding binding;
    void (*on_subscribers)(void *context, bool are_there);
    void *context;
    unsigned topic_count;
};

/* ---- who listens ---- */

static void
count_topic(struct bus_publish *publish, bool is_new)
{
    bool were_there = publish->topic_count > 0;
    if (is_new)
        publish->topic_count++;
    else if (were_there)
        publish->topic_count--;
    topics.value = publish->topic_count;
    bool are_there = publish->topic_count > 0;
    if (are_there != were_there)
        publish->on_subscribers(publish->context, are_there);
}

static void
on_ready(void *context)
{
    struct bus_publish *publish = context;
    zmq_msg_t message;
    zmq_msg_init(&message);
    for (int i = 0;
         i < BUS_TURN_MESSAGES_MAX && bus_socket_receive_single(publish->socket, &message); i++) {
        const uint8_t *bytes = zmq_msg_data(&message);
        if (zmq_msg_size(&message) > 0 && bytes[0] <= 1)
            count_topic(publish, bytes[0] == 1);
    }
    zmq_msg_close(&message);
}

/* ---- life ---- */

/* What processes that were killed have left. */
static void
remove_dead(const struct bus_options *options)
{
    DIR *directory = options->directory != NULL ? opendir(options->directory) : NULL;
    if (directory == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[PATH_SIZE];
        if (bus_ipc_is_socket_of(entry->d_name, options->service, BUS_IPC_PUBLICATION) &&
            snprintf(path, sizeof path, "%s/%s", options->directory, entry->d_name) <=
                BUS_IPC_PATH_MAX)
            (void)bus_ipc_is_alive(path);
    }
    closedir(directory);
}

enum err
bus_publish_open(struct bus *bus, const char *listen,
                 void (*on_subscribers)(void *context, bool are_there), void *context,
                 struct bus_publish **ret_publish, struct fault *ret_fault)
{
    if (listen != NULL && bus_check_listen(listen, bus->options.curve_dir, ret_fault) != OK)
        return ret_fault->code;
    remove_dead(&bus->options);
    struct bus_publish *publish = mem_alloc(sizeof *publish);
    publish->bus = bus;
    publish->on_subscribers = on_subscribers;
    publish->context = context;
    publish->socket = bus_socket_open(bus->poller, ZMQ_XPUB, on_ready, publish);
    CHECK(publish->socket != NULL);
    bus_socket_set_limits(publish->socket, 0);
    bus_socket_set_number(publish->socket, ZMQ_SNDHWM, BUS_PUBLISH_QUEUE);
    publish->binding.suffix = BUS_IPC_PUBLICATION;
    publish->binding.listen = listen;
    enum err err = bus_binding_open(&publish->binding, bus, publish->socket, ret_fault);
    if (err != OK)
        bus_publish_close(&publish);
    else
        *ret_publish = publish;
    return err;
}

void
bus_publish_drain(struct bus_publish *publish)
{
    bus_binding_release(&publish->binding);
}

static void
on_binding_closed(void *binding)
{
    mem_free(container_of((struct bus_binding *)binding, struct bus_publish, binding));
}

void
bus_publish_close(struct bus_publish **publish)
{
    struct bus_publish *p = *publish;
    *publish = NULL;
    if (p == NULL)
        return;
    bus_socket_close(&p->socket);
    bus_binding_close(&p->binding, on_binding_closed);
}

void
bus_publish_print_address(const struct bus_publish *publish, char *ret_text, size_t size_bytes)
{
    const char *path = publish->binding.path;
    snprintf(ret_text, size_bytes, "%s%s", path[0] != 0 ? "ipc://" : "", path);
}

unsigned
bus_publish_port(const struct bus_publish *publish)
{
    const char *colon = strrchr(publish->binding.tcp_endpoint, ':');
    return colon != NULL ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
}

/* ---- what is said ---- */

void
bus_publish_send(struct bus_publish *publish, const char *topic, const ProtobufCMessage *message)
{
    size_t topic_bytes = strlen(topic), size_bytes = protobuf_c_message_get_packed_size(message);
    if (size_bytes > BUS_MESSAGE_BYTES_MAX) {
        too_large.value++;
        return;
    }
    zmq_msg_t frame;
    CHECK(zmq_msg_init_size(&frame, topic_bytes) == 0);
    memcpy(zmq_msg_data(&frame), topic, topic_bytes);
    /* A PUB never says that it is full: it drops. */
    int error = bus_socket_send(publish->socket, &frame, true);
    zmq_msg_close(&frame);
    CHECK(error == 0);
    CHECK(zmq_msg_init_size(&frame, size_bytes) == 0);
    protobuf_c_message_pack(message, zmq_msg_data(&frame));
    error = bus_socket_send(publish->socket, &frame, false);
    zmq_msg_close(&frame);
    CHECK(error == 0);
    sent.value++;
}
