/*
 * contract_check_test - each rule of contract_check lets the good through and refuses the bad, with
 * reason and path
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/contract.h"
#include "common/contract_text.h"
#include "everything/v1/everything.contract.h"

static struct fault fault;
static Everything__V1__Everything all;

static int
set_up(void **state UNUSED)
{
    fault = (struct fault){0};
    everything__v1__everything__init(&all);
    return 0;
}

static void
assert_good(void)
{
    if (contract_check(&everything_v1_everything_contract, &all.base, true, &fault) != OK)
        fail_msg("%s at %s: %s", fault.reason, fault.field, fault.message);
}

static void
assert_bad(const char *reason, const char *field)
{
    if (contract_check(&everything_v1_everything_contract, &all.base, true, &fault) == OK)
        fail_msg("%s was accepted", field);
    assert_string_equal(fault.reason, reason);
    assert_string_equal(fault.field, field);
    assert_int_equal(fault.code, ERR_INVALID_ARGUMENT);
}

/* ---- texts ---- */

static void
an_empty_message_is_good(void **state UNUSED)
{
    assert_good();
}

static void
a_text_has_a_longest_length_in_bytes(void **state UNUSED)
{
    all.short_text = "12345678";
    assert_good();
    all.short_text = "1234567\xc3\xa9";
    assert_bad("FIELD_TOO_LONG", "short_text");
}

static void
a_text_without_a_length_of_its_own_has_1024_bytes(void **state UNUSED)
{
    char text[1026];
    memset(text, 'a', sizeof text);
    text[1024] = 0;
    all.text = text;
    assert_good();
    text[1024] = 'a';
    text[1025] = 0;
    assert_bad("FIELD_TOO_LONG", "text");
    char *texts[] = {"a", text};
    all.text = "";
    all.texts = texts;
    all.n_texts = 2;
    assert_bad("FIELD_TOO_LONG", "texts[1]");
}

static void
bytes_have_a_longest_length(void **state UNUSED)
{
    uint8_t bytes[1025] = {0};
    all.digest = (ProtobufCBinaryData){1024, bytes};
    assert_good();
    all.digest.len = 1025;
    assert_bad("FIELD_TOO_LONG", "digest");
}

static void
a_text_is_utf8(void **state UNUSED)
{
    static const char *const good[] = {
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "12345678\xc3\xa9",
        "1234567\xc3\xa9"
        "12345678",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2\x20",
        "\xe0\x9f\xbf",
        "\xe0\xa0",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xe2\x82\x28",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf0\x90\x80",
        "\xff",
        "\xfe",
        "12345678\xff",
        "1234567\xe2\x82",
        "12345678"
        "1234567\xc3"
        "12345678",
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        all.text = (char *)good[i];
        assert_good();
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        all.text = (char *)bad[i];
        assert_bad("FIELD_NOT_UTF8", "text");
    }
}

/* ---- formats ---- */

static void
assert_format(char **place, const char *field, const char *const *good, const char *const *bad)
{
    for (; *good != NULL; good++) {
        *place = (char *)*good;
        assert_good();
    }
    for (; *bad != NULL; bad++) {
        *place = (char *)*bad;
        if (contract_check(&everything_v1_everything_contract, &all.base, true, &fault) == OK)
            fail_msg("%s: \"%s\" was accepted", field, *bad);
        assert_bad("FIELD_FORMAT", field);
    }
}

static void
a_uuid_is_in_lower_case(void **state UNUSED)
{
    static const char *const good[] = {"", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", NULL};
    static const char *const bad[] = {"017F22E2-79b0-7cc3-98c4-dc0c0c07398f",
                                      "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
                                      "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
                                      "017f22e279b0-7cc3-98c4-dc0c0c07398f-",
                                      "x",
                                      NULL};
    assert_format(&all.text_id, "text_id", good, bad);
}

static void
a_code_has_letters_digits_and_three_signs(void **state UNUSED)
{
    static const char *const good[] = {"", "azAZ09._-", "-", NULL};
    static const char *const bad[] = {"a b", "a/b", "a\n", "\xc3\xa9", "a:b",
                                      "a@b", "a[b", "a`b", NULL};
    assert_format(&all.code, "code", good, bad);
}

static void
an_address_has_one_at_between_two_parts(void **state UNUSED)
{
    static const char *const good[] = {"", "a@b", "j\xc3\xb6rg.m+x@example.org", NULL};
    static const char *const bad[] = {"a",     "@b",      "a@",    "@",           "a@b@c", "a b@c",
                                      "a@b\n", "a@b,c@d", "<a@b>", "a@b\xc2\x85", NULL};
    assert_format(&all.email, "email", good, bad);
}

static void
a_currency_is_one_of_iso_4217(void **state UNUSED)
{
    static const char *const good[] = {"", "EUR", "JPY", NULL};
    static const char *const bad[] = {"eur", "EU", "EURO", "XXX", NULL};
    assert_format(&all.currency_code, "currency_code", good, bad);
}

static void
a_language_is_a_tag(void **state UNUSED)
{
    static const char *const good[] = {
        "", "de", "en-GB", "zh-Hant-TW", "es-419", "sl-rozaj-1994", "de-x-a", NULL};
    static const char *const bad[] = {"d",     "-de",   "de-",         "de--AT",       "d3",
                                      "de_AT", "de AT", "deutschland", "en-abcdefghi", NULL};
    assert_format(&all.language_tag, "language_tag", good, bad);
}

static void
a_line_has_no_control_characters(void **state UNUSED)
{
    static const char *const good[] = {
        "", "a \"b\" \xc3\xa9", "\xc2\xa0", "\xe2\x80\xa7", "\xe2\x80\xaa", "\xe3\x80\xa8", NULL};
    static const char *const bad[] = {"a\nb",          "\r",        "\t",
                                      "\x01",          "\x1f",      "\x7f",
                                      "\xc2\x80",      "a\xc2\x9f", "a\xe2\x80\xa8",
                                      "\xe2\x80\xa9z", NULL};
    assert_format(&all.line, "line", good, bad);
}

static void
a_segment_is_a_line_that_stays_in_a_path(void **state UNUSED)
{
    static const char *const good[] = {"", "...", ".a", "a/b", "%2e", " "}, *const bad[] = {
                                                                                ".", "..", "a\nb"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(text_has_format(good[i], strlen(good[i]), CONTRACT_SEGMENT));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(text_has_format(bad[i], strlen(bad[i]), CONTRACT_SEGMENT));
}

/* ---- numbers, enums, days ---- */

static void
numbers_stay_in_their_bounds(void **state UNUSED)
{
    static const int good[] = {-5, 0, 5};
    static const int bad[] = {-6, 6, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        all.bounded = good[i];
        assert_good();
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        all.bounded = bad[i];
        assert_bad("FIELD_RANGE", "bounded");
    }
}

static void
integers_are_those_that_every_reader_keeps_exact(void **state UNUSED)
{
    all.number_int64 = 9007199254740991;
    all.number_sint64 = -9007199254740991;
    all.number_uint64 = 9007199254740991;
    assert_good();
    all.number_int64++;
    assert_bad("FIELD_RANGE", "number_int64");
    all.number_int64 = 0;
    all.number_sint64--;
    assert_bad("FIELD_RANGE", "number_sint64");
    all.number_sint64 = 0;
    all.number_uint64++;
    assert_bad("FIELD_RANGE", "number_uint64");
    all.number_uint64 = UINT64_MAX;
    assert_bad("FIELD_RANGE", "number_uint64");
    all.number_uint64 = 0;
    int64_t many[] = {0, INT64_MIN};
    all.many_int64 = many;
    all.n_many_int64 = 2;
    assert_bad("FIELD_RANGE", "many_int64[1]");
}

static void
an_enum_value_must_be_known_in_a_request(void **state UNUSED)
{
    all.colour = EVERYTHING__V1__EVERYTHING__COLOUR__GREEN;
    assert_good();
    all.colour = EVERYTHING__V1__EVERYTHING__COLOUR__ULTRAVIOLET;
    assert_good();
    all.colour = (Everything__V1__Everything__Colour)2;
    assert_bad("FIELD_ENUM", "colour");
    /* An answer may hold one of a newer service. */
    assert_int_equal(contract_check(&everything_v1_everything_contract, &all.base, false, &fault),
                     OK);
}

static void
days_must_exist(void **state UNUSED)
{
    Common__V1__Date day = COMMON__V1__DATE__INIT;
    Common__V1__Date *days[] = {&day};
    all.days = days;
    all.n_days = 1;
    day.year = 2024;
    day.month = 2;
    day.day = 29;
    assert_good();
    day.year = 2026;
    assert_bad("FIELD_DATE", "days[0]");
    day = (Common__V1__Date)COMMON__V1__DATE__INIT;
    assert_bad("FIELD_DATE", "days[0]");
}

static void
times_have_four_digit_years_and_whole_microseconds(void **state UNUSED)
{
    static const struct {
        int64_t seconds;
        int32_t nanos;
        bool is_good;
    } cases[] = {
        {0, 0, true},
        {-62135596800, 0, true},
        {253402300799, 999999000, true},
        {-62135596801, 999999000, false},
        {253402300800, 0, false},
        {INT64_MIN, 0, false},
        {0, -1000, false},
        {0, 1000000000, false},
        {0, 1, false},
    };
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    all.create_time = &time;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        time.seconds = cases[i].seconds;
        time.nanos = cases[i].nanos;
        if (cases[i].is_good)
            assert_good();
        else
            assert_bad("FIELD_DATE", "create_time");
    }
}

/* ---- lists, maps, messages ---- */

static void
a_list_has_a_longest_length(void **state UNUSED)
{
    char *texts[] = {"a", "b", "c", "d"};
    all.few_texts = texts;
    all.n_few_texts = 3;
    assert_good();
    all.n_few_texts = 4;
    assert_bad("FIELD_TOO_MANY", "few_texts");
    all.n_few_texts = 0;
    protobuf_c_boolean truths[101] = {0};
    all.truths = truths;
    all.n_truths = 100;
    assert_good();
    all.n_truths = 101;
    assert_bad("FIELD_TOO_MANY", "truths");
}

static void
a_map_has_each_key_once_in_any_order(void **state UNUSED)
{
    Everything__V1__Everything__WordsEntry entries[3];
    Everything__V1__Everything__WordsEntry *words[3];
    static const char *const keys[] = {"b", "c", "a"};
    for (int i = 0; i < 3; i++) {
        everything__v1__everything__words_entry__init(&entries[i]);
        entries[i].key = (char *)keys[i];
        words[i] = &entries[i];
    }
    all.words = words;
    all.n_words = 3;
    assert_good();
    entries[2].key = "b";
    assert_bad("FIELD_FORMAT", "words");
    entries[2].key = "a\xff";
    assert_bad("FIELD_NOT_UTF8", "words[2].key");
}

static void
a_map_must_have_its_messages(void **state UNUSED)
{
    Everything__V1__Everything__PartsByNameEntry entry =
        EVERYTHING__V1__EVERYTHING__PARTS_BY_NAME_ENTRY__INIT;
    Everything__V1__Everything__PartsByNameEntry *entries[] = {&entry};
    Everything__V1__Everything__Part part = EVERYTHING__V1__EVERYTHING__PART__INIT;
    all.parts_by_name = entries;
    all.n_parts_by_name = 1;
    assert_bad("FIELD_REQUIRED", "parts_by_name[0].value");
    entry.value = &part;
    assert_good();
    part.name = "\xff";
    assert_bad("FIELD_NOT_UTF8", "parts_by_name[0].value.name");
}

static void
the_path_leads_through_messages_and_lists(void **state UNUSED)
{
    Everything__V1__Everything__Part__Label label = EVERYTHING__V1__EVERYTHING__PART__LABEL__INIT;
    Everything__V1__Everything__Part__Label *labels[] = {&label, &label};
    Everything__V1__Everything__Part part = EVERYTHING__V1__EVERYTHING__PART__INIT;
    part.labels = labels;
    part.n_labels = 2;
    all.choice_case = EVERYTHING__V1__EVERYTHING__CHOICE_CHOICE_PART;
    all.choice_part = &part;
    assert_good();
    label.words = "\xff";
    assert_bad("FIELD_NOT_UTF8", "choice_part.labels[0].words");
    /* Another member of the oneof is set: this one is not looked at. */
    all.choice_case = EVERYTHING__V1__EVERYTHING__CHOICE_CHOICE_NUMBER;
    all.choice_number = 5;
    assert_good();
}

static void
required_fields_must_be_given(void **state UNUSED)
{
    const struct contract_message *contract = &everything_v1_guarded_contract;
    Common__V1__Date day = COMMON__V1__DATE__INIT;
    day.year = 2026;
    day.month = day.day = 1;
    Everything__V1__Guarded guarded = EVERYTHING__V1__GUARDED__INIT;
    guarded.name = "a";
    guarded.amount = 1;
    guarded.day = &day;
    assert_int_equal(contract_check(contract, &guarded.base, true, &fault), OK);
    guarded.name = "";
    assert_int_equal(contract_check(contract, &guarded.base, true, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FIELD_REQUIRED");
    assert_string_equal(fault.field, "name");
    guarded.name = "a";
    guarded.day = NULL;
    assert_int_equal(contract_check(contract, &guarded.base, true, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.field, "day");
    guarded.day = &day;
    guarded.amount = 0;
    assert_int_equal(contract_check(contract, &guarded.base, true, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.field, "amount");
    assert_string_equal(fault.reason, "FIELD_REQUIRED");
}

static void
a_request_does_not_set_what_the_service_sets(void **state UNUSED)
{
    const struct contract_message *contract = &everything_v1_guarded_contract;
    Common__V1__Date day = {PROTOBUF_C_MESSAGE_INIT(&common__v1__date__descriptor), 2026, 1, 1};
    Everything__V1__Guarded guarded = EVERYTHING__V1__GUARDED__INIT;
    guarded.name = "a";
    guarded.amount = 1;
    guarded.day = &day;
    guarded.state_text = "DONE";
    assert_int_equal(contract_check(contract, &guarded.base, false, &fault), OK);
    assert_int_equal(contract_check(contract, &guarded.base, true, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FIELD_OUTPUT_ONLY");
    assert_string_equal(fault.field, "state_text");
    /* What the gateway takes from If-Match is no concern of this check. */
    guarded.state_text = "";
    guarded.expected_version = 7;
    assert_int_equal(contract_check(contract, &guarded.base, true, &fault), OK);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, NULL)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_message_is_good),
        TEST(a_text_has_a_longest_length_in_bytes),
        TEST(a_text_without_a_length_of_its_own_has_1024_bytes),
        TEST(bytes_have_a_longest_length),
        TEST(a_text_is_utf8),
        TEST(a_uuid_is_in_lower_case),
        TEST(a_code_has_letters_digits_and_three_signs),
        TEST(an_address_has_one_at_between_two_parts),
        TEST(a_currency_is_one_of_iso_4217),
        TEST(a_language_is_a_tag),
        TEST(a_line_has_no_control_characters),
        TEST(a_segment_is_a_line_that_stays_in_a_path),
        TEST(numbers_stay_in_their_bounds),
        TEST(integers_are_those_that_every_reader_keeps_exact),
        TEST(an_enum_value_must_be_known_in_a_request),
        TEST(days_must_exist),
        TEST(times_have_four_digit_years_and_whole_microseconds),
        TEST(a_list_has_a_longest_length),
        TEST(a_map_has_each_key_once_in_any_order),
        TEST(a_map_must_have_its_messages),
        TEST(the_path_leads_through_messages_and_lists),
        TEST(required_fields_must_be_given),
        TEST(a_request_does_not_set_what_the_service_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
