/*
 * bus_frame_fuzz - any bytes as a frame, on either side
 *
 * What is accepted must keep the rules of docs/protocol/bus.md, stated here once more; it is packed
 * again and must be accepted again.
 */
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "common/bus_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static void
check_text(const char *text, size_t size_max)
{
    CHECK(strlen(text) <= size_max);
    for (; *text != 0; text++)
        CHECK(*text >= 0x20 && *text <= 0x7e);
}

static void
check_request(const Common__V1__Request *request)
{
    /* A principal that is vouched for, or a bearer token. */
    size_t size_max = request->principal_mac.len == 32 ? 4096 : 8192;
    CHECK(request->principal_mac.len == 32 || request->principal_mac.len == 0);
    CHECK(request->principal.len >= 1 && request->principal.len <= size_max);
    CHECK(request->request_id.len == 16);
    CHECK(request->body.len <= BUS_BODY_BYTES_MAX && request->attempt >= 1);
    CHECK(request->method[0] != 0);
    check_text(request->method, 128);
    check_text(request->idempotency_key, 255);
    check_text(request->traceparent, 55);
}

static void
check_reply(const Common__V1__Reply *reply)
{
    CHECK(reply->request_id.len == 16 && reply->code <= 16 &&
          reply->body.len <= BUS_BODY_BYTES_MAX);
    check_text(reply->domain, 63);
    check_text(reply->reason, 63);
    CHECK(bus_frame_clean_size(reply->message) == strlen(reply->message));
    for (size_t i = 0; i < reply->n_details; i++)
        CHECK(bus_frame_clean_size(reply->details[i]->value) == strlen(reply->details[i]->value));
    for (size_t i = 0; i < reply->n_problems; i++)
        check_text(reply->problems[i]->reason, 64);
}

static void
take(enum bus_kind kind, const uint8_t *bytes, size_t size_bytes, bool is_first)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    uint8_t id[BUS_ID_SIZE];
    bool is_draining;
    const ProtobufCMessage *message = NULL;
    if (kind == BUS_REQUEST) {
        const Common__V1__Request *request = bus_frame_open_request(bytes, size_bytes, arena);
        if (request != NULL)
            check_request(request);
        message = request != NULL ? &request->base : NULL;
    } else if (kind == BUS_REPLY) {
        const Common__V1__Reply *reply = bus_frame_open_reply(bytes, size_bytes, arena);
        if (reply != NULL)
            check_reply(reply);
        message = reply != NULL ? &reply->base : NULL;
        bool has_id = bus_frame_find_id(bytes, size_bytes, id);
        CHECK(has_id || reply == NULL);
    } else if (kind == BUS_PONG || kind == BUS_LEAVING) {
        (void)bus_frame_open_presence(bytes, size_bytes, id, &is_draining);
    }
    CHECK(is_first || message != NULL);
    if (is_first && message != NULL &&
        protobuf_c_message_get_packed_size(message) <= BUS_MESSAGE_BYTES_MAX - BUS_HEAD_SIZE) {
        zmq_msg_t frame;
        bus_frame_pack(kind, message, &frame);
        take(kind, zmq_msg_data(&frame), zmq_msg_size(&frame), false);
        zmq_msg_close(&frame);
    }
    arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    enum bus_kind kind;
    if (bus_frame_kind(bytes, size_bytes, &kind))
        take(kind, bytes, size_bytes, true);
    return 0;
}
