/*
 * cloudevent_test - events as CloudEvents: attributes, data, sequences, and the standard's schema
 *
 * The CloudEvents JSON schema lies beside the source tree, in ../shared/data; where it is absent,
 * that test is skipped. It is used as far as it goes without an engine: which members there must
 * be, and of which type each is.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/arena.h"
#include "common/cloudevent.h"
#include "contract_all.h"
#include "warranty/v1/warranty.pb-c.h"

static struct buf out;
static uint8_t payload[512];
static Events__V1__LoggedEvent event;
static Google__Protobuf__Timestamp event_time;

static int
set_up(void **state UNUSED)
{
    Warranty__V1__ClaimDecided decided = WARRANTY__V1__CLAIM_DECIDED__INIT;
    decided.claim_id = "0197f3a0-0000-7000-8000-000000000001";
    decided.serial = "HER-42";
    decided.verb = "SubmitClaim";
    events__v1__logged_event__init(&event);
    google__protobuf__timestamp__init(&event_time);
    event_time.seconds = 1773567000;
    event_time.nanos = 250000000;
    event.position = 42;
    event.event_id = "0197f3a0-1111-7222-8333-444444444444";
    event.type = "warranty.v1.ClaimDecided";
    event.aggregate_type = "claim";
    event.aggregate_id = decided.claim_id;
    event.aggregate_version = 3;
    event.event_time = &event_time;
    event.unit_serial = "HER-42";
    event.owner_id = "p-00112233445566778899aabbccddeeff";
    event.trace = "0af7651916cd43dd8448eb211c80319c";
    event.payload.len = protobuf_c_message_pack(&decided.base, payload);
    event.payload.data = payload;
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    buf_free(&out);
    arena_deinit();
    return 0;
}

static json_t *
write_event(void)
{
    buf_clear(&out);
    cloudevent_write(&out, 2, &event);
    json_t *json = json_loadb(out.bytes, out.size_bytes, JSON_REJECT_DUPLICATES, NULL);
    assert_true(json_is_object(json));
    assert_null(memchr(out.bytes, '\n', out.size_bytes));
    return json;
}

static void
expect_text(const json_t *json, const char *name, const char *value)
{
    const json_t *member = json_object_get(json, name);
    if (value == NULL)
        assert_null(member);
    else
        assert_string_equal(json_string_value(member), value);
}

static void
an_event_is_written_with_its_attributes_and_its_message(void **state UNUSED)
{
    json_t *json = write_event();
    expect_text(json, "specversion", "1.0");
    expect_text(json, "id", "0197f3a0-1111-7222-8333-444444444444");
    expect_text(json, "source", "/aftercare/claim");
    expect_text(json, "type", "warranty.v1.ClaimDecided");
    expect_text(json, "subject", "0197f3a0-0000-7000-8000-000000000001");
    expect_text(json, "time", "2026-03-15T09:30:00.25Z");
    expect_text(json, "sequence", "2-0000000000000042");
    assert_int_equal(json_integer_value(json_object_get(json, "aggregateversion")), 3);
    expect_text(json, "unitserial", "HER-42");
    expect_text(json, "ownerid", "p-00112233445566778899aabbccddeeff");
    expect_text(json, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-8333444444444444-01");
    expect_text(json, "datacontenttype", "application/json");
    const json_t *message = json_object_get(json, "data");
    expect_text(message, "claim_id", "0197f3a0-0000-7000-8000-000000000001");
    expect_text(message, "verb", "SubmitClaim");
    expect_text(json, "data_base64", NULL);
    json_decref(json);
}

static void
what_is_empty_is_left_out(void **state UNUSED)
{
    event.unit_serial = event.owner_id = event.trace = "";
    event.event_time = NULL;
    json_t *json = write_event();
    expect_text(json, "unitserial", NULL);
    expect_text(json, "ownerid", NULL);
    expect_text(json, "traceparent", NULL);
    expect_text(json, "time", NULL);
    json_decref(json);
}

static void
an_event_of_an_unknown_type_has_its_bytes(void **state UNUSED)
{
    event.type = "warranty.v9.SomethingNew";
    event.payload = (ProtobufCBinaryData){.len = 4, .data = (uint8_t *)"\x00\xff\x10\x20"};
    json_t *json = write_event();
    expect_text(json, "datacontenttype", "application/protobuf");
    expect_text(json, "data_base64", "AP8QIA==");
    assert_null(json_object_get(json, "data"));
    json_decref(json);
}

static void
a_payload_that_is_none_of_its_type_is_given_as_it_is(void **state UNUSED)
{
    event.payload = (ProtobufCBinaryData){.len = 3, .data = (uint8_t *)"\xff\xff\xff"};
    json_t *json = write_event();
    expect_text(json, "data_base64", "////");
    json_decref(json);
}

static void
texts_cannot_break_the_line_they_stand_in(void **state UNUSED)
{
    event.aggregate_id = "a\"b\nc\xff";
    event.aggregate_type = "x\"y";
    event_time.nanos = -1;
    json_t *json = write_event();
    expect_text(json, "subject", "a\"b\nc\xef\xbf\xbd");
    expect_text(json, "source", "/aftercare/x\"y");
    expect_text(json, "time", NULL);
    json_decref(json);
}

static void
every_event_of_the_contract_is_found_by_its_type(void **state UNUSED)
{
    size_t count = 0;
    for (size_t i = 0; i < contract_all_messages_count; i++) {
        const struct contract_message *message = contract_all_messages[i];
        bool is_event = message->event_aggregate != NULL;
        count += is_event;
        assert_ptr_equal(cloudevent_find_type(message->descriptor->name),
                         is_event ? message : NULL);
    }
    assert_true(count > 10);
    assert_null(cloudevent_find_type(""));
}

static void
a_sequence_is_read_as_it_was_written_and_nothing_else_is_one(void **state UNUSED)
{
    static const char *const bad[] = {
        "", "1", "-1", "1-", "1-2 ", " 1-2", "1--2", "a-1", "1-0x2", "1-+2", "1-12345678901234567"};
    char text[CLOUDEVENT_SEQUENCE_SIZE];
    int64_t epoch, position;
    cloudevent_print_sequence(7, INT64_C(9007199254740991), text);
    assert_string_equal(text, "7-9007199254740991");
    assert_true(cloudevent_parse_sequence(text, &epoch, &position));
    assert_int_equal(epoch, 7);
    assert_int_equal(position, INT64_C(9007199254740991));
    assert_true(cloudevent_parse_sequence("1-42", &epoch, &position));
    assert_int_equal(position, 42);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(cloudevent_parse_sequence(bad[i], &epoch, &position));
}

/* ---- the standard's schema ---- */

/* Looks for the schema above the source tree, level by level; NULL: it is not there. */
static json_t *
load_schema(void)
{
    char real[PATH_MAX], path[PATH_MAX + 64];
    if (realpath(AFTERCARE_SOURCE_DIR, real) == NULL)
        return NULL;
    for (char *slash = real + strlen(real); slash != NULL; slash = strrchr(real, '/')) {
        *slash = 0;
        snprintf(path, sizeof path, "%s/shared/data/cloudevents/cloudevents.json", real);
        json_t *schema = json_load_file(path, 0, NULL);
        if (schema != NULL)
            return schema;
    }
    return NULL;
}

static bool
has_type(const json_t *value, const char *type)
{
    return (strcmp(type, "string") == 0 && json_is_string(value)) ||
           (strcmp(type, "object") == 0 && json_is_object(value));
}

static void
check_member(const json_t *schema, const char *name, const json_t *value)
{
    const json_t *property = json_object_get(json_object_get(schema, "properties"), name);
    if (property == NULL)
        return; /* an extension */
    const char *reference = json_string_value(json_object_get(property, "$ref"));
    assert_memory_equal(reference, "#/definitions/", 14);
    const json_t *definition =
        json_object_get(json_object_get(schema, "definitions"), reference + 14);
    const json_t *type = json_object_get(definition, "type"), *one;
    bool is_good = json_is_string(type) && has_type(value, json_string_value(type));
    size_t i;
    json_array_foreach(type, i, one) is_good |= has_type(value, json_string_value(one));
    if (!is_good)
        fail_msg("%s is of another type than the schema says", name);
    json_int_t size_min = json_integer_value(json_object_get(definition, "minLength"));
    assert_true(!json_is_string(value) || (json_int_t)json_string_length(value) >= size_min);
}

static void
what_is_written_keeps_the_standards_schema(void **state UNUSED)
{
    json_t *schema = load_schema();
    if (schema == NULL) {
        print_message("there is no shared/data/cloudevents beside the source tree\n");
        skip();
    }
    for (int round = 0; round < 2; round++) {
        json_t *json = write_event();
        const char *name;
        json_t *value, *required = json_object_get(schema, "required");
        size_t i;
        json_array_foreach(required, i, value)
            assert_non_null(json_object_get(json, json_string_value(value)));
        json_object_foreach(json, name, value) check_member(schema, name, value);
        json_decref(json);
        event.type = "of.no.Contract";
    }
    json_decref(schema);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_event_is_written_with_its_attributes_and_its_message),
        TEST(what_is_empty_is_left_out),
        TEST(an_event_of_an_unknown_type_has_its_bytes),
        TEST(a_payload_that_is_none_of_its_type_is_given_as_it_is),
        TEST(texts_cannot_break_the_line_they_stand_in),
        TEST(every_event_of_the_contract_is_found_by_its_type),
        TEST(a_sequence_is_read_as_it_was_written_and_nothing_else_is_one),
        TEST(what_is_written_keeps_the_standards_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
