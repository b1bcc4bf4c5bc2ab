/*
 * language_test - which of several languages a reader gets
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/language.h"

static const char *const languages[] = {"en", "de", "fr-CA", "de-CH"};

static size_t
choose(const char *wish, const char *fallback)
{
    return language_choose(languages, COUNT_OF(languages), wish, fallback);
}

static void
a_reader_gets_the_language_itself_whatever_its_case(void **state UNUSED)
{
    assert_int_equal(choose("DE-ch", "en"), 3);
    assert_int_equal(choose("de", "en"), 1);
}

static void
a_reader_of_a_narrower_language_gets_the_wider_one(void **state UNUSED)
{
    assert_int_equal(choose("de-AT", "en"), 1);
    assert_int_equal(choose("de-CH-1996", "en"), 3);
}

static void
a_reader_gets_another_form_of_the_language_rather_than_another_language(void **state UNUSED)
{
    assert_int_equal(choose("fr", "en"), 2);
    assert_int_equal(choose("fr-FR", "de"), 2);
}

static void
a_reader_of_a_language_that_is_not_there_gets_the_fallback_and_else_the_first(void **state UNUSED)
{
    assert_int_equal(choose("pl", "de-AT"), 1);
    assert_int_equal(choose("", "fr-CA"), 2);
    assert_int_equal(choose("d", "x"), 0);
}

static size_t
accept(const char *header)
{
    return language_find_accepted(languages, COUNT_OF(languages), header);
}

static void
a_browser_gets_the_language_of_the_most_weight_that_is_there(void **state UNUSED)
{
    assert_int_equal(accept("pl, de-AT;q=0.8, en;q=0.9"), 0);
    assert_int_equal(accept("fr-FR,fr;q=0.9,en;q=0.8"), 2);
    assert_int_equal(accept("en;q=0.255 , de ; q=0.3"), 1);
    assert_int_equal(accept("de;q=1.0,en"), 1);
    assert_int_equal(accept("de;q=0.001,en;q=0.002"), 0);
}

static void
what_wishes_nothing_or_is_malformed_chooses_nothing(void **state UNUSED)
{
    const char *const headers[] = {"",     "*",      "pl",      "de;q=0",    "de;q=0.000",
                                   "de;q", "de;q=",  "de;q=0.", "de;q=x",    "de;x=1",
                                   ",,;,", "de;q=2", ";q=1.0",  "de;level=1"};
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        assert_int_equal(accept(headers[i]), COUNT_OF(languages));
    assert_int_equal(accept("de;q=x, en;q=0.1"), 0);
    assert_int_equal(accept("an-unreasonably-long-tag-that-is-no-language, en"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_gets_the_language_itself_whatever_its_case),
        cmocka_unit_test(a_reader_of_a_narrower_language_gets_the_wider_one),
        cmocka_unit_test(a_reader_gets_another_form_of_the_language_rather_than_another_language),
        cmocka_unit_test(
            a_reader_of_a_language_that_is_not_there_gets_the_fallback_and_else_the_first),
        cmocka_unit_test(a_browser_gets_the_language_of_the_most_weight_that_is_there),
        cmocka_unit_test(what_wishes_nothing_or_is_malformed_chooses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
