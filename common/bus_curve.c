/*
 * bus_curve - CURVE keys, and who is let in
 *
 * A directory holds <service>.public for every service that may ask or be asked, and the own
 * <service>.secret, in Z85. libzmq asks the handler at inproc://zeromq.zap.01 (ZeroMQ RFC 27) about
 * each handshake; it runs in the loop, and lets in exactly the keys that stand in a *.public file.
 * The files are read again when they are older than KEYS_AGE_MS, at the next handshake.
 *
 * Limits: KEYS_MAX keys; more are not seen. A key file has 40 characters and perhaps a line end.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/stat.h"

STAT(handshakes_refused, "bus.handshake.refuse", STAT_COUNTER, "",
     "CURVE handshakes refused because the key is not on the allow list.");

enum {
    KEYS_MAX = 256,
    KEYS_AGE_MS = 2000,
    KEY_SIZE = 32,
    KEY_TEXT_SIZE = 41,
    ZAP_FRAMES = 7,
    PATH_SIZE = 4096
};

static const char domain_tcp[] = "aftercare";
static const char domain_ipc[] = "aftercare-ipc";

struct bus_curve {
    const char *directory;
    uint8_t own_public[KEY_SIZE];
    uint8_t own_secret[KEY_SIZE];
    struct bus_socket *zap;
    uint8_t keys[KEYS_MAX][KEY_SIZE];
    unsigned key_count;
    bool is_read;
    int64_t read_mono_ms;
};

static bool
read_key(const char *directory, const char *name, const char *suffix, uint8_t ret_key[KEY_SIZE])
{
    char path[PATH_SIZE];
    int path_size = snprintf(path, sizeof path, "%s/%s%s", directory, name, suffix);
    if (path_size < 0 || path_size >= (int)sizeof path)
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    char text[KEY_TEXT_SIZE + 2] = {0};
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size < KEY_TEXT_SIZE - 1 ||
        strspn(text + KEY_TEXT_SIZE - 1, "\r\n") != strlen(text + KEY_TEXT_SIZE - 1))
        return false;
    text[KEY_TEXT_SIZE - 1] = 0;
    return zmq_z85_decode(ret_key, text) != NULL;
}

/* ---- the allow list ---- */

static void
read_keys(struct bus_curve *curve)
{
    int64_t now_mono_ms = clock_mono_ms();
    if (curve->is_read && now_mono_ms - curve->read_mono_ms < KEYS_AGE_MS)
        return;
    curve->is_read = true;
    curve->read_mono_ms = now_mono_ms;
    curve->key_count = 0;
    DIR *directory = opendir(curve->directory);
    if (directory == NULL)
        return; /* nobody is let in */
    for (struct dirent *entry;
         (entry = readdir(directory)) != NULL && curve->key_count < KEYS_MAX;) {
        size_t size = strlen(entry->d_name);
        if (size > 7 && strcmp(entry->d_name + size - 7, ".public") == 0)
            curve->key_count +=
                read_key(curve->directory, entry->d_name, "", curve->keys[curve->key_count]);
    }
    closedir(directory);
}

static bool
is_allowed(struct bus_curve *curve, const void *key, size_t size_bytes)
{
    if (size_bytes != KEY_SIZE)
        return false;
    read_keys(curve);
    for (unsigned i = 0; i < curve->key_count; i++) {
        if (memcmp(curve->keys[i], key, KEY_SIZE) == 0)
            return true;
    }
    return false;
}

/* ---- ZAP: version, request id, domain, address, routing id, mechanism, credentials ---- */

static void
send_frame(struct bus_curve *curve, const void *bytes, size_t size_bytes, bool is_more)
{
    zmq_msg_t frame;
    CHECK(zmq_msg_init_size(&frame, size_bytes) == 0);
    if (size_bytes > 0)
        memcpy(zmq_msg_data(&frame), bytes, size_bytes);
    /* The asker is libzmq itself; if it has gone, nobody needs the answer. */
    if (bus_socket_send(curve->zap, &frame, is_more) != 0)
        zmq_msg_close(&frame);
}

static bool
is_text(zmq_msg_t *frame, const char *text)
{
    return zmq_msg_size(frame) == strlen(text) &&
           memcmp(zmq_msg_data(frame), text, strlen(text)) == 0;
}

/* The domain is our own listener's word, not the peer's. A tcp listener has no NULL mechanism, and
 * NULL brings no credentials. */
static bool
is_let_in(struct bus_curve *curve, zmq_msg_t frames[ZAP_FRAMES], unsigned count)
{
    if (count == ZAP_FRAMES - 1)
        return is_text(&frames[2], domain_ipc) && is_text(&frames[5], "NULL");
    return count == ZAP_FRAMES && is_text(&frames[5], "CURVE") &&
           is_allowed(curve, zmq_msg_data(&frames[6]), zmq_msg_size(&frames[6]));
}

static void
answer(struct bus_curve *curve, zmq_msg_t frames[ZAP_FRAMES], unsigned count)
{
    bool is_good = is_let_in(curve, frames, count);
    handshakes_refused.value += !is_good;
    send_frame(curve, "1.0", 3, true);
    send_frame(curve, zmq_msg_data(&frames[1]), zmq_msg_size(&frames[1]), true);
    send_frame(curve, is_good ? "200" : "400", 3, true);
    send_frame(curve, is_good ? "OK" : "no", 2, true);
    send_frame(curve, "", 0, true);  /* user id */
    send_frame(curve, "", 0, false); /* metadata */
}

static void
on_zap_ready(void *context)
{
    struct bus_curve *curve = context;
    zmq_msg_t frames[ZAP_FRAMES], rest;
    for (unsigned i = 0; i < ZAP_FRAMES; i++)
        zmq_msg_init(&frames[i]);
    zmq_msg_init(&rest);
    for (int i = 0; i < BUS_TURN_MESSAGES_MAX && bus_socket_receive(curve->zap, &frames[0]); i++) {
        unsigned count = 1;
        bool is_more = zmq_msg_more(&frames[0]);
        while (is_more) {
            zmq_msg_t *frame = count < ZAP_FRAMES ? &frames[count] : &rest;
            if (!bus_socket_receive(curve->zap, frame))
                break;
            count++;
            is_more = zmq_msg_more(frame);
        }
        answer(curve, frames, count);
    }
    for (unsigned i = 0; i < ZAP_FRAMES; i++)
        zmq_msg_close(&frames[i]);
    zmq_msg_close(&rest);
}

/* ---- public ---- */

enum err
bus_curve_open(struct bus *bus, struct bus_curve **ret_curve, struct fault *ret_fault)
{
    struct bus_curve *curve = mem_alloc(sizeof *curve);
    curve->directory = bus->options.curve_dir;
    if (!read_key(curve->directory, bus->options.service, ".public", curve->own_public) ||
        !read_key(curve->directory, bus->options.service, ".secret", curve->own_secret)) {
        bus_curve_close(&curve);
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_KEYS",
                         "%s must hold %s.public and %s.secret, 40 characters of Z85 each",
                         bus->options.curve_dir, bus->options.service, bus->options.service);
    }
    curve->zap = bus_socket_open(bus->poller, ZMQ_REP, on_zap_ready, curve);
    CHECK(curve->zap != NULL);
    bus_socket_set_number(curve->zap, ZMQ_LINGER, 0);
    CHECK(bus_socket_bind(curve->zap, "inproc://zeromq.zap.01") == 0);
    *ret_curve = curve;
    return OK;
}

void
bus_curve_close(struct bus_curve **curve)
{
    if (*curve == NULL)
        return;
    bus_socket_close(&(*curve)->zap);
    explicit_bzero((*curve)->own_secret, KEY_SIZE);
    mem_free(*curve);
    *curve = NULL;
}

void
bus_curve_serve(struct bus_curve *curve, struct bus_socket *socket)
{
    bus_socket_set_number(socket, ZMQ_CURVE_SERVER, 1);
    bus_socket_set_bytes(socket, ZMQ_CURVE_SECRETKEY, curve->own_secret, KEY_SIZE);
    bus_socket_set_bytes(socket, ZMQ_ZAP_DOMAIN, domain_tcp, strlen(domain_tcp));
}

void
bus_curve_unserve(struct bus_socket *socket)
{
    bus_socket_set_number(socket, ZMQ_CURVE_SERVER, 0);
    /* libzmq does not take a domain away again, and asks about every handshake where there is one.
     */
    bus_socket_set_bytes(socket, ZMQ_ZAP_DOMAIN, domain_ipc, strlen(domain_ipc));
}

bool
bus_curve_ask(struct bus_curve *curve, struct bus_socket *socket, const char *service)
{
    uint8_t server_public[KEY_SIZE];
    if (!read_key(curve->directory, service, ".public", server_public))
        return false;
    bus_socket_set_bytes(socket, ZMQ_CURVE_SERVERKEY, server_public, KEY_SIZE);
    bus_socket_set_bytes(socket, ZMQ_CURVE_PUBLICKEY, curve->own_public, KEY_SIZE);
    bus_socket_set_bytes(socket, ZMQ_CURVE_SECRETKEY, curve->own_secret, KEY_SIZE);
    return true;
}
