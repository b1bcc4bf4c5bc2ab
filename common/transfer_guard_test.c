/*
 * transfer_guard_test - which addresses are the public internet's: both ends of every range, and
 * what lies beside it
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "common/transfer.h"

static bool
is_public(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return transfer_is_public((const struct sockaddr *)&in);
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return transfer_is_public((const struct sockaddr *)&in6);
}

static void
expect(const char *const *texts, bool wanted)
{
    for (; *texts != NULL; texts++) {
        if (is_public(*texts) != wanted)
            fail_msg("%s", *texts);
    }
}

static void
ipv4_is_public_but_for_what_is_set_apart(void **state UNUSED)
{
    static const char *const refused[] = {
        "0.0.0.0",      "0.255.255.255",   "10.0.0.0",   "10.255.255.255",
        "100.64.0.0",   "100.127.255.255", "127.0.0.1",  "127.255.255.255",
        "169.254.0.0",  "169.254.169.254", "172.16.0.0", "172.31.255.255",
        "192.0.0.0",    "192.0.0.255",     "192.0.2.1",  "192.88.99.1",
        "192.168.0.0",  "192.168.255.255", "198.18.0.0", "198.19.255.255",
        "198.51.100.7", "203.0.113.7",     "224.0.0.1",  "239.255.255.255",
        "240.0.0.0",    "255.255.255.255", NULL};
    static const char *const allowed[] = {"1.0.0.0",         "9.255.255.255",
                                          "11.0.0.0",        "100.63.255.255",
                                          "100.128.0.0",     "126.255.255.255",
                                          "128.0.0.0",       "169.253.255.255",
                                          "169.255.0.0",     "172.15.255.255",
                                          "172.32.0.0",      "192.0.1.0",
                                          "192.0.3.0",       "192.88.98.255",
                                          "192.167.255.255", "192.169.0.0",
                                          "198.17.255.255",  "198.20.0.0",
                                          "203.0.112.255",   "223.255.255.255",
                                          "8.8.8.8",         NULL};
    expect(refused, false);
    expect(allowed, true);
}

static void
ipv6_is_public_where_it_is_global_unicast(void **state UNUSED)
{
    static const char *const refused[] = {"::",
                                          "::1",
                                          "fc00::1",
                                          "fdff:ffff::1",
                                          "fe80::1",
                                          "febf::1",
                                          "fec0::1",
                                          "ff02::1",
                                          "100::1",
                                          "1fff:ffff::1",
                                          "4000::1",
                                          "5f00::1",
                                          "64:ff9b:1::1",
                                          "2001::1",
                                          "2001:1ff:ffff::1",
                                          "2001:db8::1",
                                          "2001:db8:ffff::1",
                                          "2002:0808:0808::1",
                                          "3fff::1",
                                          "3fff:fff:ffff::1",
                                          NULL};
    static const char *const allowed[] = {
        "2001:200::1", "2001:db7:ffff::1", "2001:db9::1", "2001:4860:4860::8888",
        "2003::1",     "2a01:4f8::1",      "3ffe::1",     "3fff:1000::1",
        NULL};
    expect(refused, false);
    expect(allowed, true);
}

static void
ipv4_within_ipv6_is_as_public_as_it_is(void **state UNUSED)
{
    static const char *const refused[] = {"::ffff:127.0.0.1",
                                          "::ffff:10.1.2.3",
                                          "::ffff:169.254.169.254",
                                          "64:ff9b::10.1.2.3",
                                          "64:ff9b::127.0.0.1",
                                          "::127.0.0.1",
                                          "::8.8.8.8",
                                          NULL};
    static const char *const allowed[] = {"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", NULL};
    expect(refused, false);
    expect(allowed, true);
}

static void
what_is_no_address_of_the_internet_is_not_public(void **state UNUSED)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_false(transfer_is_public((const struct sockaddr *)&address));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_is_public_but_for_what_is_set_apart),
        cmocka_unit_test(ipv6_is_public_where_it_is_global_unicast),
        cmocka_unit_test(ipv4_within_ipv6_is_as_public_as_it_is),
        cmocka_unit_test(what_is_no_address_of_the_internet_is_not_public),
    };
    return cmocka_run_group_tests_name("transfer_guard", tests, NULL, NULL);
}
