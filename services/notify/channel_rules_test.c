/*
 * channel_rules_test - the first channel that both sides have is taken
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "channel_rules.h"

#define CHANNEL(name) NOTIFY__V1__NOTICE__CHANNEL__##name

static Notify__V1__Notice__Channel order[] = {CHANNEL(PUSH), CHANNEL(SMS), CHANNEL(EMAIL)};
static const char *missing; /* what the installation does not have */

static bool
has(const char *channel)
{
    return missing == NULL || strstr(missing, channel) == NULL;
}

static Notify__V1__Notice
make_notice(void)
{
    Notify__V1__Notice notice = NOTIFY__V1__NOTICE__INIT;
    notice.channels = order;
    notice.n_channels = COUNT_OF(order);
    return notice;
}

static void
the_first_channel_with_an_address_is_taken(void **state UNUSED)
{
    Notify__V1__Notice notice = make_notice();
    Common__V1__Contact contact = COMMON__V1__CONTACT__INIT;
    missing = NULL;
    assert_null(channel_choose(&notice, &contact, has));
    contact.email = "ada@example.org";
    assert_string_equal(channel_choose(&notice, &contact, has), "EMAIL");
    contact.phone = "+49 30 1234567";
    assert_string_equal(channel_choose(&notice, &contact, has), "SMS");
    contact.push_token = "t0";
    assert_string_equal(channel_choose(&notice, &contact, has), "PUSH");
    assert_string_equal(channel_address(&contact, "PUSH"), "t0");
    assert_string_equal(channel_address(&contact, "SMS"), "+49 30 1234567");
}

static void
a_channel_that_the_installation_lacks_is_passed_over(void **state UNUSED)
{
    Notify__V1__Notice notice = make_notice();
    Common__V1__Contact contact = COMMON__V1__CONTACT__INIT;
    contact.phone = "1";
    contact.email = "ada@example.org";
    missing = "SMS PUSH";
    assert_string_equal(channel_choose(&notice, &contact, has), "EMAIL");
    assert_string_equal(channel_choose(&notice, NULL, has), "EMAIL");
    missing = "SMS PUSH EMAIL";
    assert_null(channel_choose(&notice, &contact, has));
}

static void
a_channel_that_the_notice_does_not_name_is_none_of_its(void **state UNUSED)
{
    Notify__V1__Notice notice = make_notice();
    notice.n_channels = 1;
    assert_true(channel_is_of(&notice, "PUSH"));
    assert_false(channel_is_of(&notice, "EMAIL"));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_channel_with_an_address_is_taken),
        cmocka_unit_test(a_channel_that_the_installation_lacks_is_passed_over),
        cmocka_unit_test(a_channel_that_the_notice_does_not_name_is_none_of_its),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
