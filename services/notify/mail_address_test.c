/*
 * mail_address_test - what is an address, and that nothing else passes for one
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "mail_address.h"

static void
expect(const char *text, const char *wanted)
{
    char address[MAIL_ADDRESS_SIZE];
    if (!mail_address_read(text, address))
        fail_msg("%s", text);
    assert_string_equal(address, wanted);
}

static void
plain_addresses_are_taken_as_they_are(void **state UNUSED)
{
    static const char *const good[] = {"anna@example.com", "Anna.Berg+a@mail.example.co.uk",
                                       "o'neill_{x}@ex-ample.example", "a..b@example.com",
                                       "root@localhost"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        expect(good[i], good[i]);
}

static void
domains_beyond_ascii_are_turned_into_it(void **state UNUSED)
{
    expect("anna@m\xc3\xbcller.example", "anna@xn--mller-kva.example");
    expect("anna@MAIL.M\xc3\x9cLLER.example", "anna@mail.xn--mller-kva.example");
}

static void
nothing_else_passes(void **state UNUSED)
{
    static const char *const bad[] = {"",
                                      "anna",
                                      "@example.com",
                                      "anna@",
                                      "anna@.example",
                                      "anna@a..example",
                                      "anna@b@example.com",
                                      "anna berg@example.com",
                                      "anna@example.com ",
                                      " anna@example.com",
                                      "<anna@example.com>",
                                      "anna@example.com>",
                                      "anna@example.com\r\nRCPT TO:<x@example.com>",
                                      "anna\r\n@example.com",
                                      "anna@example\n.com",
                                      "anna@example.com\t",
                                      "\"anna\"@example.com",
                                      "anna@[127.0.0.1]",
                                      "anna@exa_mple.com",
                                      "anna(x)@example.com",
                                      "a,b@example.com",
                                      "\xc3\xa4nna@example.com",
                                      "anna@\xc3.example",
                                      "anna@a\xe2\x80\xa8.example",
                                      "anna@a\x7f.example"};
    char address[MAIL_ADDRESS_SIZE];
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (mail_address_read(bad[i], address))
            fail_msg("%s", bad[i]);
    }
}

static void
long_ones_are_refused(void **state UNUSED)
{
    char text[2000], address[MAIL_ADDRESS_SIZE];
    memset(text, 'a', sizeof text);
    memcpy(text + 65, "@example.com", 13);
    assert_false(mail_address_read(text, address));
    expect(text + 1, text + 1);
    memset(text, 'a', sizeof text);
    memcpy(text, "a@", 2);
    for (size_t i = 40; i < 250; i += 40)
        text[i] = '.';
    text[254] = 0;
    expect(text, text);
    text[254] = 'a';
    text[255] = 0;
    assert_false(mail_address_read(text, address));
    text[sizeof text - 1] = 0;
    assert_false(mail_address_read(text, address));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_addresses_are_taken_as_they_are),
        cmocka_unit_test(domains_beyond_ascii_are_turned_into_it),
        cmocka_unit_test(nothing_else_passes),
        cmocka_unit_test(long_ones_are_refused),
    };
    return cmocka_run_group_tests_name("mail_address", tests, NULL, NULL);
}
