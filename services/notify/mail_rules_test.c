/*
 * mail_rules_test - references, our own Message-IDs, what machines write, media types
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_rules.h"

#include <string.h>

#include "common/test.h"

static size_t
find(const char *text, struct mail_reference *found)
{
    size_t count = 0;
    mail_find_references(text, found, &count);
    return count;
}

static void
a_reference_is_found_in_either_case_and_once(void **state UNUSED)
{
    struct mail_reference found[MAIL_FOUND_MAX];
    assert_int_equal(find("Re: [AC-0123456789AB] and ac-0123456789ab, AC-FFFFFFFFFFFF.", found), 2);
    assert_string_equal(found[0].text, "0123456789ab");
    assert_string_equal(found[1].text, "ffffffffffff");
    assert_int_equal(find("AC-0123456789AB", found), 1);
}

static void
what_only_looks_like_a_reference_is_none(void **state UNUSED)
{
    struct mail_reference found[MAIL_FOUND_MAX];
    static const char *const texts[] = {"",
                                        "AC-",
                                        "AC-0123456789A",
                                        "AC-0123456789ABC",
                                        "AC-0123456789AG",
                                        "XAC-0123456789AB",
                                        "AC 0123456789AB"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(find(texts[i], found), 0);
}

static void
no_more_references_are_taken_than_there_is_room(void **state UNUSED)
{
    struct mail_reference found[MAIL_FOUND_MAX];
    char text[MAIL_FOUND_MAX * 2 * 20] = "";
    for (int i = 0; i < MAIL_FOUND_MAX * 2; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "AC-%012d ", i);
    assert_int_equal(find(text, found), MAIL_FOUND_MAX);
}

static void
our_message_ids_are_known_by_their_form_and_domain(void **state UNUSED)
{
    struct uuid id;
    const char *ours = "0193a1b2-0000-7000-8000-0123456789ab@shop.example";
    assert_true(mail_is_ours(ours, "Shop.example", &id));
    assert_int_equal(id.bytes[15], 0xab);
    assert_false(mail_is_ours(ours, "other.example", &id));
    assert_false(mail_is_ours(ours, "", &id));
    assert_false(mail_is_ours("x@shop.example", "shop.example", &id));
    assert_false(mail_is_ours("", "shop.example", &id));
    assert_string_equal(mail_domain("service@shop.example"), "shop.example");
    assert_string_equal(mail_domain("service"), "");
}

static void
what_comes_from_ourselves_is_a_machines(void **state UNUSED)
{
    struct mail mail = {.message_id = (char *)"1@x.example",
                        .from_address = (char *)"ada@x.example"};
    assert_null(mail_automatic(&mail, "service@shop.example"));
    assert_null(mail_automatic(&mail, ""));
    mail.from_address = (char *)"Service@shop.example";
    assert_string_equal(mail_automatic(&mail, "service@shop.example"), "OURS");
    mail.from_address = (char *)"ada@x.example";
    mail.message_id = (char *)"0193a1b2-0000-7000-8000-0123456789ab@shop.example";
    assert_string_equal(mail_automatic(&mail, "service@shop.example"), "OURS");
    mail.automatic = "PRECEDENCE";
    assert_string_equal(mail_automatic(&mail, "service@shop.example"), "PRECEDENCE");
}

static void
a_file_is_what_its_name_says_where_its_type_says_nothing(void **state UNUSED)
{
    const struct {
        const char *name, *type, *expected;
    } cases[] = {
        {"a.JPG", "application/octet-stream", "image/jpeg"},
        {"a.pdf", "application/octet-stream", "application/pdf"},
        {"a.exe", "application/octet-stream", "application/octet-stream"},
        {"a", "application/octet-stream", "application/octet-stream"},
        {"a.pdf", "image/png", "image/png"},
        {"a", "image/jpg", "image/jpeg"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct mail_attachment file = {.name = (char *)cases[i].name,
                                       .type = (char *)cases[i].type};
        assert_string_equal(mail_document_type(&file), cases[i].expected);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reference_is_found_in_either_case_and_once),
        cmocka_unit_test(what_only_looks_like_a_reference_is_none),
        cmocka_unit_test(no_more_references_are_taken_than_there_is_room),
        cmocka_unit_test(our_message_ids_are_known_by_their_form_and_domain),
        cmocka_unit_test(what_comes_from_ourselves_is_a_machines),
        cmocka_unit_test(a_file_is_what_its_name_says_where_its_type_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
