/*
 * attempt_test - the other side's words are kept without whom they are about
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "attempt.h"

static void
expect(const char *words, const char *name, const char *kept)
{
    struct attempt attempt;
    attempt_begin(&attempt);
    attempt_keep_words(&attempt, words, strlen(words), name);
    assert_string_equal(attempt.answer, kept);
}

static void
addresses_are_blanked(void **state UNUSED)
{
    expect("550 5.1.1 <anna.berg@example.com>: Recipient address rejected", NULL,
           "550 5.1.1 <***>: Recipient address rejected");
    expect("anna@example.com", NULL, "***");
    expect("to=anna+a@example.com,other@b.example;x", NULL, "to=***,***;x");
    expect("(\"anna b\"@example.com)", NULL, "(\"anna b\"***)");
    expect("a mail @ home", NULL, "a mail *** home");
    expect("all is well", NULL, "all is well");
}

static void
the_name_is_blanked_where_it_stands_alone(void **state UNUSED)
{
    expect("User anna unknown", "anna", "User *** unknown");
    expect("no such user: ANNA", "anna", "no such user: ***");
    expect("I do not know anna.", "anna", "I do not know ***.");
    expect("the savanna is an annals' word", "anna", "the savanna is an annals' word");
    expect("anna", "", "anna");
}

static void
words_are_one_printable_line(void **state UNUSED)
{
    expect(" a\r\n\tb\x01\x7f\xc3\xa4 c \n", NULL, "a b???? c");
    struct attempt attempt;
    attempt_begin(&attempt);
    attempt_keep_words(&attempt, "a\0b", 3, NULL);
    assert_string_equal(attempt.answer, "a b");
}

static void
words_are_cut(void **state UNUSED)
{
    char words[2000];
    struct attempt attempt;
    memset(words, 'x', sizeof words);
    attempt_begin(&attempt);
    attempt_keep_words(&attempt, words, sizeof words, NULL);
    assert_int_equal(strlen(attempt.answer), ATTEMPT_ANSWER_SIZE - 1);
    memset(words, '@', sizeof words);
    attempt_keep_words(&attempt, words, sizeof words, NULL);
    assert_string_equal(attempt.answer, "***");
}

static void
what_libcurl_says_has_a_name(void **state UNUSED)
{
    struct attempt attempt;
    attempt_begin(&attempt);
    attempt_end_unheard(&attempt, CURLE_COULDNT_RESOLVE_HOST);
    assert_string_equal(attempt.name, "UNREACHABLE");
    attempt_end_unheard(&attempt, CURLE_OPERATION_TIMEDOUT);
    assert_string_equal(attempt.name, "TIMED_OUT");
    attempt_end_unheard(&attempt, CURLE_PEER_FAILED_VERIFICATION);
    assert_string_equal(attempt.name, "TLS_FAILED");
    attempt_end_unheard(&attempt, CURLE_LOGIN_DENIED);
    assert_string_equal(attempt.name, "LOGIN_FAILED");
    attempt_end_unheard(&attempt, CURLE_URL_MALFORMAT);
    assert_string_equal(attempt.name, "NOT_SENT");
    assert_int_equal(attempt.outcome, ATTEMPT_LATER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_blanked),
        cmocka_unit_test(the_name_is_blanked_where_it_stands_alone),
        cmocka_unit_test(words_are_one_printable_line),
        cmocka_unit_test(words_are_cut),
        cmocka_unit_test(what_libcurl_says_has_a_name),
    };
    return cmocka_run_group_tests_name("attempt", tests, NULL, NULL);
}
