/*
 * json_test - the forms of values in JSON, what is refused and where, fields from texts
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/json.h"
#include "common/rng.h"
#include "everything/v1/everything.contract.h"
#include "warranty/v1/warranty.contract.h"

static struct arena *arena;
static struct fault fault;

static int
set_up(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    fault = (struct fault){0};
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&arena);
    return 0;
}

static enum err
read_as(const struct contract_message *contract, const char *text, bool is_request,
        ProtobufCMessage **ret_message)
{
    return json_read(arena, contract, text, strlen(text), is_request, ret_message, &fault);
}

static Everything__V1__Everything *
read_everything(const char *text)
{
    ProtobufCMessage *message = NULL;
    if (read_as(&everything_v1_everything_contract, text, true, &message) != OK)
        fail_msg("%s: %s %s %s", text, fault.reason, fault.field, fault.message);
    return (Everything__V1__Everything *)message;
}

static const char *
written(const struct contract_message *contract, const void *message)
{
    static struct buf json;
    buf_clear(&json);
    json_write(&json, contract, message);
    char *copy = arena_copy_text(arena, buf_text(&json));
    buf_free(&json);
    return copy;
}

static void
assert_refused(const struct contract_message *contract, const char *text, const char *reason,
               const char *field)
{
    ProtobufCMessage *message = NULL;
    if (read_as(contract, text, true, &message) == OK)
        fail_msg("%s was accepted", text);
    if (strcmp(fault.reason, reason) != 0 || strcmp(fault.field, field) != 0)
        fail_msg("%s: %s at \"%s\": %s", text, fault.reason, fault.field, fault.message);
    assert_null(message);
}

/* ---- forms ---- */

static void
a_claim_is_written_as_documented(void **state UNUSED)
{
    Common__V1__Date day = COMMON__V1__DATE__INIT;
    day.year = 2026;
    day.month = 3;
    day.day = 5;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    time.seconds = 1773567000;
    time.nanos = 250000000;
    Common__V1__Contact contact = COMMON__V1__CONTACT__INIT;
    contact.email = "j\xc3\xb6rg@example.org";
    Warranty__V1__Claim claim = WARRANTY__V1__CLAIM__INIT;
    claim.serial = "SN \"1\"";
    claim.state = WARRANTY__V1__CLAIM__STATE__UNDER_REVIEW;
    claim.description = "a\\b\n\x01";
    claim.contact = &contact;
    claim.at_date = &day;
    claim.create_time = &time;
    claim.version = 9007199254740991;
    assert_string_equal(
        written(&warranty_v1_claim_contract, &claim),
        "{\"serial\":\"SN \\\"1\\\"\",\"state\":\"UNDER_REVIEW\","
        "\"description\":\"a\\\\b\\n\\u0001\","
        "\"contact\":{\"email\":\"j\xc3\xb6rg@example.org\"},"
        "\"at_date\":\"2026-03-05\",\"is_late\":false,\"documents\":[],\"findings\":[],"
        "\"is_overridden\":false,\"create_time\":\"2026-03-15T09:30:00.25Z\","
        "\"version\":9007199254740991}");
}

static void
absent_values_are_left_out_but_numbers_truths_and_lists_are_written(void **state UNUSED)
{
    Warranty__V1__ListUnitsResponse page = WARRANTY__V1__LIST_UNITS_RESPONSE__INIT;
    assert_string_equal(written(&warranty_v1_list_units_response_contract, &page),
                        "{\"units\":[],\"next_page_token\":\"\"}");
    Warranty__V1__Unit unit = WARRANTY__V1__UNIT__INIT;
    Warranty__V1__Unit *units[] = {&unit, &unit};
    page.units = units;
    page.n_units = 2;
    assert_string_equal(written(&warranty_v1_list_units_response_contract, &page),
                        "{\"units\":[{\"version\":0,\"recalls\":[],\"is_purchase_stated\":false},"
                        "{\"version\":0,\"recalls\":[],\"is_purchase_stated\":false}],"
                        "\"next_page_token\":\"\"}");
    Everything__V1__Nothing nothing = EVERYTHING__V1__NOTHING__INIT;
    assert_string_equal(written(&everything_v1_nothing_contract, &nothing), "{}");
}

static void
times_are_written_over_the_whole_range(void **state UNUSED)
{
    static const struct {
        int64_t seconds;
        int32_t nanos;
        const char *text;
    } cases[] = {
        {0, 0, "\"1970-01-01T00:00:00Z\""},
        {-1, 999999000, "\"1969-12-31T23:59:59.999999Z\""},
        {-62135596800, 0, "\"0001-01-01T00:00:00Z\""},
        {253402300799, 1000, "\"9999-12-31T23:59:59.000001Z\""},
        {1709208000, 100000000, "\"2024-02-29T12:00:00.1Z\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        time.seconds = cases[i].seconds;
        time.nanos = cases[i].nanos;
        Everything__V1__Everything all = EVERYTHING__V1__EVERYTHING__INIT;
        all.create_time = &time;
        const char *json = written(&everything_v1_everything_contract, &all);
        const char *found = strstr(json, "\"create_time\":");
        assert_non_null(found);
        assert_memory_equal(found + 14, cases[i].text, strlen(cases[i].text));
        Everything__V1__Everything *again = read_everything(json);
        assert_int_equal(again->create_time->seconds, cases[i].seconds);
        assert_int_equal(again->create_time->nanos, cases[i].nanos);
    }
}

static void
an_enum_value_without_a_name_is_written_as_its_number(void **state UNUSED)
{
    Warranty__V1__Recall recall = WARRANTY__V1__RECALL__INIT;
    recall.state = (Warranty__V1__Recall__State)99;
    assert_string_equal(written(&warranty_v1_recall_contract, &recall),
                        "{\"state\":99,\"unit_count\":0,\"claimed_count\":0,\"version\":0}");
}

static void
members_of_a_oneof_are_written_when_set_even_if_empty(void **state UNUSED)
{
    static const char *const choices[] = {
        "\"choice_text\":\"\"",
        "\"choice_number\":0",
        "\"choice_truth\":false",
        "\"choice_bytes\":\"\"",
        "\"choice_colour\":\"COLOUR_UNSPECIFIED\"",
        "\"choice_part\":{\"labels\":[]}",
        "\"choice_day\":\"2026-03-15\"",
    };
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        const char *text = arena_printf(arena, "{%s}", choices[i]);
        Everything__V1__Everything *all = read_everything(text);
        assert_int_not_equal(all->choice_case, EVERYTHING__V1__EVERYTHING__CHOICE__NOT_SET);
        const char *json = written(&everything_v1_everything_contract, all);
        assert_non_null(strstr(json, choices[i]));
        /* Nor may packing lose it. */
        uint8_t packed[500];
        size_t size_bytes = everything__v1__everything__pack(all, packed);
        ProtobufCMessage *again;
        assert_int_equal(contract_unpack(arena, &everything_v1_everything_contract, packed,
                                         size_bytes, &again, &fault),
                         OK);
        assert_string_equal(written(&everything_v1_everything_contract, again), json);
    }
    assert_refused(&everything_v1_everything_contract, "{\"choice_text\":\"\",\"choice_number\":1}",
                   "JSON_VALUE_WRONG", "choice_number");
}

static void
null_is_the_same_as_absent(void **state UNUSED)
{
    Everything__V1__Everything *all = read_everything(
        "{\"text\":null,\"part\":null,\"texts\":null,\"words\":{\"a\":null},\"choice_text\":null}");
    assert_string_equal(all->text, "");
    assert_null(all->part);
    assert_int_equal(all->n_texts, 0);
    assert_int_equal(all->n_words, 0);
    assert_int_equal(all->choice_case, EVERYTHING__V1__EVERYTHING__CHOICE__NOT_SET);
    assert_refused(&everything_v1_everything_contract, "{\"texts\":[null]}", "JSON_TYPE_WRONG",
                   "texts[0]");
    assert_refused(&everything_v1_everything_contract, "\n  null", "JSON_TYPE_WRONG", "");
    assert_int_equal(fault.line, 2);
    assert_int_equal(fault.column, 3);
}

static void
maps_pack_the_same_whatever_their_order(void **state UNUSED)
{
    static const char *const orders[] = {
        "{\"words\":{\"b\":\"2\",\"a\":\"1\",\"\xc3\xa9\":\"3\"},\"names_by_number\":{\"7\":\"x\","
        "\"-1\":\"y\"}}",
        "{\"names_by_number\":{\"-1\":\"y\",\"7\":\"x\"},\"words\":{\"\xc3\xa9\":\"3\",\"a\":\"1\","
        "\"b\":\"2\"}}",
    };
    uint8_t packed[2][200];
    size_t sizes[2];
    for (int i = 0; i < 2; i++)
        sizes[i] = everything__v1__everything__pack(read_everything(orders[i]), packed[i]);
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(packed[0], packed[1], sizes[0]);
}

static void
requests_may_not_set_what_is_not_theirs(void **state UNUSED)
{
    ProtobufCMessage *message;
    static const char text[] = "{\"name\":\"a\",\"state_text\":\"b\"}";
    assert_refused(&everything_v1_guarded_contract, text, "JSON_FIELD_UNKNOWN", "state_text");
    assert_refused(&everything_v1_guarded_contract, "{\"expected_version\":1}",
                   "JSON_FIELD_UNKNOWN", "expected_version");
    assert_int_equal(read_as(&everything_v1_guarded_contract, text, false, &message), OK);
}

static void
what_does_not_fit_is_refused_with_its_path(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *reason;
        const char *field;
    } cases[] = {
        {"[]", "JSON_TYPE_WRONG", ""},
        {"\"a\"", "JSON_TYPE_WRONG", ""},
        {"{\"colour_of_money\":1}", "JSON_FIELD_UNKNOWN", "colour_of_money"},
        {"{\"text\":1}", "JSON_TYPE_WRONG", "text"},
        {"{\"text\":[\"a\"]}", "JSON_TYPE_WRONG", "text"},
        {"{\"short_text\":\"123456789\"}", "FIELD_TOO_LONG", "short_text"},
        {"{\"is_true\":1}", "JSON_TYPE_WRONG", "is_true"},
        {"{\"is_true\":\"true\"}", "JSON_TYPE_WRONG", "is_true"},
        {"{\"number_int32\":2147483648}", "JSON_VALUE_WRONG", "number_int32"},
        {"{\"number_int32\":-2147483649}", "JSON_VALUE_WRONG", "number_int32"},
        {"{\"number_int32\":1.0}", "JSON_TYPE_WRONG", "number_int32"},
        {"{\"number_int32\":\"1\"}", "JSON_TYPE_WRONG", "number_int32"},
        {"{\"number_uint32\":-1}", "JSON_VALUE_WRONG", "number_uint32"},
        {"{\"number_uint32\":4294967296}", "JSON_VALUE_WRONG", "number_uint32"},
        {"{\"number_int64\":9007199254740992}", "JSON_VALUE_WRONG", "number_int64"},
        {"{\"number_int64\":-9007199254740992}", "JSON_VALUE_WRONG", "number_int64"},
        {"{\"number_uint64\":9007199254740992}", "JSON_VALUE_WRONG", "number_uint64"},
        {"{\"number_uint64\":-1}", "JSON_VALUE_WRONG", "number_uint64"},
        {"{\"colour\":\"BLUE\"}", "JSON_VALUE_WRONG", "colour"},
        {"{\"colour\":1}", "JSON_TYPE_WRONG", "colour"},
        {"{\"day\":\"2026-02-29\"}", "JSON_VALUE_WRONG", "day"},
        {"{\"day\":20260228}", "JSON_TYPE_WRONG", "day"},
        {"{\"day\":{\"year\":2026}}", "JSON_TYPE_WRONG", "day"},
        {"{\"create_time\":\"2026-02-28\"}", "JSON_VALUE_WRONG", "create_time"},
        {"{\"create_time\":1}", "JSON_TYPE_WRONG", "create_time"},
        {"{\"create_time\":\"0001-01-01T00:00:00+01:00\"}", "JSON_VALUE_WRONG", "create_time"},
        {"{\"create_time\":\"9999-12-31T23:59:59-01:00\"}", "JSON_VALUE_WRONG", "create_time"},
        {"{\"digest\":\"YQ\"}", "JSON_VALUE_WRONG", "digest"},
        {"{\"digest\":\"YR==\"}", "JSON_VALUE_WRONG", "digest"}, /* bits that say nothing */
        {"{\"digest\":\"YQ==\\n\"}", "JSON_VALUE_WRONG", "digest"},
        {"{\"digest\":\"Y-==\"}", "JSON_VALUE_WRONG", "digest"},
        {"{\"texts\":\"a\"}", "JSON_TYPE_WRONG", "texts"},
        {"{\"texts\":[\"a\",2]}", "JSON_TYPE_WRONG", "texts[1]"},
        {"{\"few_texts\":[\"a\",\"b\",\"c\",\"d\"]}", "FIELD_TOO_MANY", "few_texts"},
        {"{\"part\":[]}", "JSON_TYPE_WRONG", "part"},
        {"{\"part\":{\"labels\":[{},{},{\"words\":7}]}}", "JSON_TYPE_WRONG",
         "part.labels[2].words"},
        {"{\"parts\":[{\"label\":{\"nothing\":7}}]}", "JSON_FIELD_UNKNOWN",
         "parts[0].label.nothing"},
        {"{\"words\":[]}", "JSON_TYPE_WRONG", "words"},
        {"{\"counts\":{\"a\":\"b\"}}", "JSON_TYPE_WRONG", "counts.a"},
        {"{\"names_by_number\":{\"1.0\":\"b\"}}", "JSON_TYPE_WRONG", "names_by_number.1.0"},
        {"{\"names_by_number\":{\"-0\":\"b\"}}", "JSON_VALUE_WRONG", "names_by_number.-0"},
        {"{\"names_by_number\":{\" 1\":\"b\"}}", "JSON_VALUE_WRONG", "names_by_number. 1"},
        {"{\"names_by_number\":{\"01\":\"b\"}}", "JSON_VALUE_WRONG", "names_by_number.01"},
        {"{\"truths_by_truth\":{\"yes\":true}}", "JSON_VALUE_WRONG", "truths_by_truth.yes"},
        {"{\"text\":\"\\ud800\"}", "JSON_MALFORMED", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_refused(&everything_v1_everything_contract, cases[i].text, cases[i].reason,
                       cases[i].field);
}

static void
numbers_at_the_edge_are_read(void **state UNUSED)
{
    Everything__V1__Everything *all = read_everything(
        "{\"number_int64\":-9007199254740991,\"number_uint64\":9007199254740991,"
        "\"number_int32\":-2147483648,\"number_uint32\":4294967295,\"colour\":\"ULTRAVIOLET\"}");
    assert_int_equal(all->number_int64, -9007199254740991);
    assert_int_equal(all->number_uint64, 9007199254740991);
    assert_int_equal(all->number_int32, INT32_MIN);
    assert_int_equal(all->number_uint32, UINT32_MAX);
    assert_int_equal(all->colour, -7);
}

static void
a_path_that_is_too_long_for_the_fault_is_cut(void **state UNUSED)
{
    char text[400];
    memset(text, 'k', sizeof text);
    memcpy(text, "{\"words\":{\"", 11);
    memcpy(text + 390, "\":1}}", 6);
    ProtobufCMessage *message;
    assert_int_equal(read_as(&everything_v1_everything_contract, text, true, &message),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "JSON_TYPE_WRONG");
    assert_int_equal(strlen(fault.field), ERR_FIELD_SIZE - 1);
}

static void
a_body_beyond_the_arenas_budget_is_refused(void **state UNUSED)
{
    struct arena *small = arena_new(4096);
    char text[8000] = "{\"parts\":[";
    for (int i = 0; i < 100; i++)
        strcat(text, i < 99 ? "{}," : "{}]}");
    ProtobufCMessage *message;
    assert_int_equal(json_read(small, &everything_v1_everything_contract, text, strlen(text), true,
                               &message, &fault),
                     ERR_RESOURCE_EXHAUSTED);
    assert_string_equal(fault.reason, "BODY_TOO_LARGE");
    arena_free(&small);
}

/* ---- fields from texts ---- */

static int
index_of(const struct contract_message *contract, const char *name)
{
    for (unsigned i = 0; i < contract->descriptor->n_fields; i++)
        if (strcmp(contract->fields[i].name, name) == 0)
            return (int)i;
    fail_msg("no field %s", name);
    return -1;
}

static enum err
read_field_text(Everything__V1__Everything *all, const char *name, const char *text)
{
    const struct contract_message *contract = &everything_v1_everything_contract;
    return json_read_field(arena, contract, &all->base, index_of(contract, name), text, &fault);
}

static void
a_field_is_read_from_a_text(void **state UNUSED)
{
    Everything__V1__Everything *all =
        (Everything__V1__Everything *)json_new_message(arena, &everything_v1_everything_contract);
    assert_int_equal(read_field_text(all, "text", "a \"b\""), OK);
    assert_string_equal(all->text, "a \"b\"");
    assert_int_equal(read_field_text(all, "number_int32", "-17"), OK);
    assert_int_equal(all->number_int32, -17);
    assert_int_equal(read_field_text(all, "is_true", "true"), OK);
    assert_true(all->is_true);
    assert_int_equal(read_field_text(all, "colour", "RED"), OK);
    assert_int_equal(all->colour, 1);
    assert_int_equal(read_field_text(all, "day", "2026-03-15"), OK);
    assert_int_equal(all->day->month, 3);
    assert_int_equal(read_field_text(all, "create_time", "2026-03-15T09:30:00+01:00"), OK);
    assert_int_equal(all->create_time->seconds, 1773563400);
    assert_int_equal(read_field_text(all, "many_int32", "1"), OK);
    assert_int_equal(read_field_text(all, "many_int32", "2"), OK);
    assert_int_equal(all->n_many_int32, 2);
    assert_int_equal(all->many_int32[0] + 10 * all->many_int32[1], 21);
    assert_int_equal(read_field_text(all, "choice_number", "0"), OK);
    assert_int_equal(all->choice_case, EVERYTHING__V1__EVERYTHING__CHOICE_CHOICE_NUMBER);
}

static void
a_text_that_is_no_value_of_the_field_is_refused(void **state UNUSED)
{
    static const struct {
        const char *field;
        const char *text;
        const char *reason;
    } cases[] = {
        {"number_int32", "", "JSON_VALUE_WRONG"},
        {"number_int32", "1 ", "JSON_VALUE_WRONG"},
        {"number_int32", "0x10", "JSON_VALUE_WRONG"},
        {"number_int32", "null", "JSON_VALUE_WRONG"},
        {"number_int32", "1e3", "JSON_TYPE_WRONG"},
        {"number_int32", "99999999999", "JSON_VALUE_WRONG"},
        {"number_int32", "99999999999999999999", "JSON_VALUE_WRONG"},
        {"is_true", "1", "JSON_VALUE_WRONG"},
        {"colour", "red", "JSON_VALUE_WRONG"},
        {"day", "", "JSON_VALUE_WRONG"},
        {"text", "\xff", "JSON_VALUE_WRONG"},
        {"short_text", "123456789", "FIELD_TOO_LONG"},
        {"part", "{}", "JSON_TYPE_WRONG"},
        {"words", "a", "JSON_TYPE_WRONG"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Everything__V1__Everything *all = (Everything__V1__Everything *)json_new_message(
            arena, &everything_v1_everything_contract);
        enum err err = read_field_text(all, cases[i].field, cases[i].text);
        if (err != ERR_INVALID_ARGUMENT || strcmp(fault.reason, cases[i].reason) != 0 ||
            strcmp(fault.field, cases[i].field) != 0)
            fail_msg("%s=%s: %d %s", cases[i].field, cases[i].text, err, fault.reason);
    }
}

static void
a_list_from_texts_has_its_maximum(void **state UNUSED)
{
    Everything__V1__Everything *all =
        (Everything__V1__Everything *)json_new_message(arena, &everything_v1_everything_contract);
    for (int i = 0; i < 3; i++)
        assert_int_equal(read_field_text(all, "few_texts", "a"), OK);
    assert_int_equal(read_field_text(all, "few_texts", "a"), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FIELD_TOO_MANY");
    assert_int_equal(all->n_few_texts, 3);
}

static void
a_field_is_written_plain(void **state UNUSED)
{
    const struct contract_message *contract = &everything_v1_everything_contract;
    Everything__V1__Everything *all =
        read_everything("{\"text\":\"a \\\"b\\\"\",\"number_int64\":-5,\"colour\":\"RED\"}");
    struct buf out = {0};
    json_write_plain(&out, contract, &all->base, index_of(contract, "text"));
    buf_add_char(&out, '/');
    json_write_plain(&out, contract, &all->base, index_of(contract, "number_int64"));
    buf_add_char(&out, '/');
    json_write_plain(&out, contract, &all->base, index_of(contract, "colour"));
    assert_string_equal(buf_text(&out), "a \"b\"/-5/RED");
    buf_free(&out);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    rng_init();
    const struct CMUnitTest tests[] = {
        TEST(a_claim_is_written_as_documented),
        TEST(absent_values_are_left_out_but_numbers_truths_and_lists_are_written),
        TEST(times_are_written_over_the_whole_range),
        TEST(an_enum_value_without_a_name_is_written_as_its_number),
        TEST(members_of_a_oneof_are_written_when_set_even_if_empty),
        TEST(null_is_the_same_as_absent),
        TEST(maps_pack_the_same_whatever_their_order),
        TEST(requests_may_not_set_what_is_not_theirs),
        TEST(what_does_not_fit_is_refused_with_its_path),
        TEST(numbers_at_the_edge_are_read),
        TEST(a_path_that_is_too_long_for_the_fault_is_cut),
        TEST(a_body_beyond_the_arenas_budget_is_refused),
        TEST(a_field_is_read_from_a_text),
        TEST(a_text_that_is_no_value_of_the_field_is_refused),
        TEST(a_list_from_texts_has_its_maximum),
        TEST(a_field_is_written_plain),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
