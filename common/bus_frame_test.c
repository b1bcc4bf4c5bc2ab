/*
 * bus_frame_test - frames are packed as the protocol says, and whatever breaks its rules is refused
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/bus_internal.h"

static struct arena *arena;
static uint8_t id[BUS_ID_SIZE];
static uint8_t mac[32];
static char long_text[1024];
static Common__V1__Request request;
static Common__V1__Reply reply;

static int
set_up(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    for (size_t i = 0; i < sizeof id; i++)
        id[i] = (uint8_t)(0xa0 + i);
    memset(long_text, 'k', sizeof long_text);
    common__v1__request__init(&request);
    request.request_id = (ProtobufCBinaryData){.len = sizeof id, .data = id};
    request.method = "warranty.v1.WarrantyService/GetUnit";
    request.deadline_time_ms = 1773566402000;
    request.attempt = 1;
    request.principal = (ProtobufCBinaryData){.len = 2, .data = (uint8_t *)"\x08\x01"};
    request.principal_mac = (ProtobufCBinaryData){.len = sizeof mac, .data = mac};
    common__v1__reply__init(&reply);
    reply.request_id = request.request_id;
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&arena);
    arena_deinit();
    return 0;
}

/* Packed into memory of exactly its size, so that a sanitizer sees each byte too many. */
static uint8_t *
pack(enum bus_kind kind, const ProtobufCMessage *message, size_t *ret_size_bytes)
{
    zmq_msg_t frame;
    bus_frame_pack(kind, message, &frame);
    *ret_size_bytes = zmq_msg_size(&frame);
    uint8_t *bytes = malloc(*ret_size_bytes);
    memcpy(bytes, zmq_msg_data(&frame), *ret_size_bytes);
    zmq_msg_close(&frame);
    return bytes;
}

static bool
request_is_good(void)
{
    size_t size_bytes;
    uint8_t *bytes = pack(BUS_REQUEST, &request.base, &size_bytes);
    bool is_good = bus_frame_open_request(bytes, size_bytes, arena) != NULL;
    free(bytes);
    return is_good;
}

static bool
reply_is_good(void)
{
    size_t size_bytes;
    uint8_t *bytes = pack(BUS_REPLY, &reply.base, &size_bytes);
    bool is_good = bus_frame_open_reply(bytes, size_bytes, arena) != NULL;
    free(bytes);
    return is_good;
}

/* The refusal of docs/protocol/bus.md, packed by another implementation. */
static void
a_reply_looks_as_in_the_protocol(void **state UNUSED)
{
    static const char expected[] =
        "AC\x01\x02\x0a\x10\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf\x10\x05"
        "\x1a\x08warranty"
        "\x22\x0eUNIT_NOT_FOUND\x2a\x17no unit has this serial\x32\x0f\x0a\x05"
        "field\x12\x06serial";
    Common__V1__Reply__Detail detail = COMMON__V1__REPLY__DETAIL__INIT, *details[] = {&detail};
    detail.name = "field";
    detail.value = "serial";
    reply.code = 5;
    reply.domain = "warranty";
    reply.reason = "UNIT_NOT_FOUND";
    reply.message = "no unit has this serial";
    reply.n_details = 1;
    reply.details = details;
    size_t size_bytes;
    uint8_t *bytes = pack(BUS_REPLY, &reply.base, &size_bytes);
    assert_int_equal(size_bytes, sizeof expected - 1);
    assert_memory_equal(bytes, expected, size_bytes);
    const Common__V1__Reply *opened = bus_frame_open_reply(bytes, size_bytes, arena);
    assert_non_null(opened);
    assert_string_equal(opened->details[0]->value, "serial");
    uint8_t found[BUS_ID_SIZE];
    assert_true(bus_frame_find_id(bytes, size_bytes, found));
    assert_memory_equal(found, id, sizeof id);
    free(bytes);
}

static void
the_head_is_checked(void **state UNUSED)
{
    enum bus_kind kind;
    assert_true(bus_frame_kind((const uint8_t *)"AC\1\3", 4, &kind));
    assert_int_equal(kind, BUS_PING);
    assert_false(bus_frame_kind((const uint8_t *)"AC\1\3x", 5, &kind));
    assert_false(bus_frame_kind((const uint8_t *)"AC\1", 3, &kind));
    assert_false(bus_frame_kind((const uint8_t *)"AC\2\3", 4, &kind));
    assert_false(bus_frame_kind((const uint8_t *)"AD\1\3", 4, &kind));
    assert_false(bus_frame_kind((const uint8_t *)"AC\1\0", 4, &kind));
    assert_false(bus_frame_kind((const uint8_t *)"AC\1\6", 4, &kind));
}

/* A principal has a MAC. What has none is a token, and may be longer. */
static void
check_caller(void)
{
    static uint8_t token[8193];
    request.principal = (ProtobufCBinaryData){.len = 4096, .data = token};
    assert_true(request_is_good());
    request.principal.len = 4097;
    assert_false(request_is_good());
    request.principal_mac.len = 0;
    assert_true(request_is_good());
    request.principal.len = 8192;
    assert_true(request_is_good());
    request.principal.len = 8193;
    assert_false(request_is_good());
    request.principal.len = 2;
    request.principal_mac.len = 32;
}

static void
sizes_of_a_request_are_checked(void **state UNUSED)
{
    assert_true(request_is_good());
    request.request_id.len = 15;
    assert_false(request_is_good());
    request.request_id.len = sizeof id;
    request.method = "";
    assert_false(request_is_good());
    long_text[128] = 0;
    request.method = long_text;
    assert_true(request_is_good());
    long_text[128] = 'k';
    long_text[129] = 0;
    assert_false(request_is_good());
    request.method = "a";
    request.attempt = 0;
    assert_false(request_is_good());
    request.attempt = 101;
    assert_false(request_is_good());
    request.attempt = 100;
    request.principal.len = 0;
    assert_false(request_is_good());
    request.principal.len = 2;
    request.principal_mac.len = 31;
    assert_false(request_is_good());
    request.principal_mac.len = 32;
    assert_true(request_is_good());
    check_caller();
    long_text[129] = 'k';
    long_text[255] = 0;
    request.idempotency_key = long_text;
    assert_true(request_is_good());
    long_text[255] = 'k';
    long_text[256] = 0;
    assert_false(request_is_good());
}

static void
bodies_are_limited(void **state UNUSED)
{
    uint8_t *body = calloc(1, BUS_BODY_BYTES_MAX + 1);
    request.body = reply.body = (ProtobufCBinaryData){.len = BUS_BODY_BYTES_MAX, .data = body};
    assert_true(request_is_good());
    assert_true(reply_is_good());
    request.body.len++;
    reply.body.len++;
    assert_false(request_is_good());
    assert_false(reply_is_good());
    free(body);
}

static void
texts_are_checked(void **state UNUSED)
{
    static const char *const bad_lines[] = {"a\n", "\x7f", "\xc3\xa4"};
    static const char *const bad_sentences[] = {
        "\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"};
    for (size_t i = 0; i < COUNT_OF(bad_lines); i++) {
        request.idempotency_key = (char *)bad_lines[i];
        assert_false(request_is_good());
    }
    request.idempotency_key = "with a blank";
    assert_true(request_is_good());
    request.traceparent = "with a blank";
    assert_false(request_is_good());
    for (size_t i = 0; i < COUNT_OF(bad_sentences); i++) {
        reply.message = (char *)bad_sentences[i];
        assert_false(reply_is_good());
    }
    reply.message = "K\xc3\xa4se \xe2\x82\xac \xf0\x9f\xa7\x80";
    assert_true(reply_is_good());
    Common__V1__Reply__Detail detail = COMMON__V1__REPLY__DETAIL__INIT, *details[] = {&detail};
    reply.n_details = 1;
    reply.details = details;
    assert_true(reply_is_good());
    detail.value = "\xff";
    assert_false(reply_is_good());
    detail.value = "";
    Common__V1__Problem problem = COMMON__V1__PROBLEM__INIT, *problems[] = {&problem};
    reply.n_problems = 1;
    reply.problems = problems;
    assert_true(reply_is_good());
    problem.message = "\xff";
    assert_false(reply_is_good());
}

/* protobuf-c would take the text up to the NUL, so two keys would look the same. */
static void
a_nul_within_a_text_is_refused(void **state UNUSED)
{
    request.idempotency_key = "key.one";
    size_t size_bytes;
    uint8_t *bytes = pack(BUS_REQUEST, &request.base, &size_bytes);
    assert_non_null(bus_frame_open_request(bytes, size_bytes, arena));
    uint8_t *dot = memmem(bytes, size_bytes, "key.one", 7);
    assert_non_null(dot);
    dot[3] = 0;
    assert_null(bus_frame_open_request(bytes, size_bytes, arena));
    free(bytes);
}

static void
every_truncation_is_refused_or_whole(void **state UNUSED)
{
    request.body = (ProtobufCBinaryData){.len = 5, .data = (uint8_t *)"abcde"};
    size_t size_bytes;
    uint8_t *bytes = pack(BUS_REQUEST, &request.base, &size_bytes);
    for (size_t size = 0; size < size_bytes; size++) {
        uint8_t *cut = malloc(size + 1);
        memcpy(cut, bytes, size);
        const Common__V1__Request *opened = bus_frame_open_request(cut, size, arena);
        /* Cut exactly before the body it is a good request without one. */
        assert_true(opened == NULL || opened->body.len == 0);
        free(cut);
    }
    free(bytes);
}

/* 2 bytes on the wire, about a hundred in memory: the arena's budget ends it. */
static void
a_small_frame_cannot_grow_without_bound(void **state UNUSED)
{
    size_t size_bytes = BUS_MESSAGE_BYTES_MAX;
    uint8_t *bytes = malloc(size_bytes);
    memcpy(bytes, "AC\1\2", 4);
    for (size_t i = 4; i + 1 < size_bytes; i += 2)
        memcpy(bytes + i, "\x32\x00", 2);
    struct arena *small = arena_new(1024 * 1024);
    assert_null(bus_frame_open_reply(bytes, size_bytes, small));
    assert_true(arena_used_bytes(small) <= 1024 * 1024);
    arena_free(&small);
    free(bytes);
}

static void
sentences_are_cut_where_they_stop_being_utf8(void **state UNUSED)
{
    assert_int_equal(bus_frame_clean_size("plain"), 5);
    assert_int_equal(bus_frame_clean_size("K\xc3\xa4se"), 5);
    assert_int_equal(bus_frame_clean_size("K\xc3"), 1);
    assert_int_equal(bus_frame_clean_size("\xf0\x9f\xa7"), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_reply_looks_as_in_the_protocol),
        TEST(the_head_is_checked),
        TEST(sizes_of_a_request_are_checked),
        TEST(bodies_are_limited),
        TEST(texts_are_checked),
        TEST(a_nul_within_a_text_is_refused),
        TEST(every_truncation_is_refused_or_whole),
        TEST(a_small_frame_cannot_grow_without_bound),
        TEST(sentences_are_cut_where_they_stop_being_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
