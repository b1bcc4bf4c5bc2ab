/* Tests of client addresses: what they are counted by, and whom X-Forwarded-For is believed. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <arpa/inet.h>

#include "common/buf.h"
#include "common/http_peer.h"

static bool
is_same_client(const char *one, const char *other)
{
    uint8_t keys[2][HTTP_PEER_KEY_SIZE];
    http_peer_key(one, keys[0]);
    http_peer_key(other, keys[1]);
    return memcmp(keys[0], keys[1], HTTP_PEER_KEY_SIZE) == 0;
}

static void
clients_are_counted_by_address_and_ipv6_by_network(void **state UNUSED)
{
    assert_true(is_same_client("10.0.0.1", "::ffff:10.0.0.1"));
    assert_false(is_same_client("10.0.0.1", "10.0.0.2"));
    assert_true(is_same_client("2001:db8:0:1::1", "2001:db8:0:1:ffff::2"));
    assert_false(is_same_client("2001:db8:0:1::1", "2001:db8:0:2::1"));
    assert_true(is_same_client("unix", "unix"));
    assert_false(is_same_client("unix", "10.0.0.1"));
}

static void
a_list_has_addresses_and_networks(void **state UNUSED)
{
    static const char *const in[] = {"10.1.2.3",    "10.255.255.255", "::ffff:10.0.0.1",
                                     "192.168.7.9", "2001:db8:1::7",  "fd00::1",
                                     "172.16.0.0",  "172.31.255.255"};
    static const char *const out[] = {"11.0.0.0", "9.255.255.255", "192.168.7.8", "2001:db9::7",
                                      "fd00::2",  "172.32.0.0",    "unix",        "x",
                                      ""};
    struct http_proxies *proxies =
        http_proxies_new("10.0.0.0/8, 192.168.7.9,2001:db8::/32 ,fd00::1, 172.16.0.0/12,");
    assert_non_null(proxies);
    for (size_t i = 0; i < COUNT_OF(in); i++) {
        if (!http_proxies_has(proxies, in[i]))
            fail_msg("%s is not in", in[i]);
    }
    for (size_t i = 0; i < COUNT_OF(out); i++) {
        if (http_proxies_has(proxies, out[i]))
            fail_msg("\"%s\" is in", out[i]);
    }
    http_proxies_free(&proxies);
}

static void
an_empty_list_trusts_nobody_and_unix_is_a_word(void **state UNUSED)
{
    struct http_proxies *none = http_proxies_new(""), *local = http_proxies_new("unix");
    assert_false(http_proxies_has(none, "127.0.0.1"));
    assert_false(http_proxies_has(none, "unix"));
    assert_false(http_proxies_has(NULL, "127.0.0.1"));
    assert_true(http_proxies_has(local, "unix"));
    assert_false(http_proxies_has(local, "127.0.0.1"));
    http_proxies_free(&none);
    http_proxies_free(&local);
}

static void
blanks_around_an_entry_do_not_matter(void **state UNUSED)
{
    struct http_proxies *proxies = http_proxies_new("  10.0.0.7  , ,unix ");
    assert_non_null(proxies);
    assert_true(http_proxies_has(proxies, "10.0.0.7"));
    assert_true(http_proxies_has(proxies, "unix"));
    http_proxies_free(&proxies);
}

static void
assert_name(const void *peer, int domain, const char *expected)
{
    char name[INET6_ADDRSTRLEN];
    http_peer_name(peer, domain, name);
    assert_string_equal(name, expected);
}

static void
peers_are_named_without_an_interface_and_only_unix_ones_unix(void **state UNUSED)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_scope_id = 1};
    struct sockaddr other = {.sa_family = AF_APPLETALK};
    assert_int_equal(inet_pton(AF_INET, "203.0.113.7", &ipv4.sin_addr), 1);
    assert_int_equal(inet_pton(AF_INET6, "fe80::1", &ipv6.sin6_addr), 1);
    assert_name(&ipv4, AF_INET, "203.0.113.7");
    assert_name(&ipv4, AF_INET6, "203.0.113.7");
    assert_name(&ipv6, AF_INET6, "fe80::1");
    assert_name(NULL, AF_UNIX, "unix");
    other.sa_family = AF_UNIX;
    assert_name(&other, AF_UNIX, "unix");
    assert_name(NULL, AF_INET6, "");
    other.sa_family = AF_APPLETALK;
    assert_name(&other, AF_INET, "");
    struct http_proxies *proxies = http_proxies_new("unix, fe80::/10");
    assert_true(http_proxies_has(proxies, "fe80::1"));
    assert_false(http_proxies_has(proxies, ""));
    http_proxies_free(&proxies);
}

static void
lists_that_cannot_be_are_refused(void **state UNUSED)
{
    static const char *const bad[] = {"proxy.example",
                                      "10.0.0.1/33",
                                      "10.0.0.0/0",
                                      "::/0",
                                      "10.0.0.1/8",
                                      "10.0.0/8",
                                      "10.0.0.0/",
                                      "10.0.0.0/ 8",
                                      "10.0.0.0/x",
                                      "::1/129",
                                      "10.0.0.0/-8",
                                      "10.0.0.0/8/8",
                                      "[::1]",
                                      "10.0.0.1:80",
                                      "*",
                                      "fe80::1/64",
                                      "10.0.0.0/00008",
                                      "10.0.0.1 10.0.0.2",
                                      "10.0.0.1, unix ::1",
                                      "fe80::1%lo"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct http_proxies *proxies = http_proxies_new(bad[i]);
        if (proxies != NULL)
            fail_msg("\"%s\" is taken", bad[i]);
    }
    struct buf many = {0};
    for (unsigned i = 0; i < HTTP_PROXIES_MAX; i++)
        buf_printf(&many, "10.0.0.%u,", i);
    struct http_proxies *proxies = http_proxies_new(buf_text(&many));
    assert_non_null(proxies);
    http_proxies_free(&proxies);
    buf_printf(&many, "10.0.1.0");
    assert_null(http_proxies_new(buf_text(&many)));
    buf_free(&many);
}

static void
the_client_is_the_right_most_address_that_is_not_trusted(void **state UNUSED)
{
    static const struct {
        const char *peer, *forwarded, *client;
    } cases[] = {
        {"10.0.0.1", "203.0.113.7", "203.0.113.7"},
        {"::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"},
        {"10.0.0.1", "2001:db8::7", "2001:db8::7"},
        {"10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"}, /* the left one is hearsay */
        {"10.0.0.1", "198.51.100.1,203.0.113.7 ,\t10.0.0.2 ", "203.0.113.7"},
        {"10.0.0.1", "rubbish, 203.0.113.7", "203.0.113.7"},
        {"203.0.113.9", "198.51.100.1", "203.0.113.9"}, /* not trusted */
        {"unix", "198.51.100.1", "unix"},
        {"10.0.0.1", NULL, "10.0.0.1"},
        {"10.0.0.1", "", "10.0.0.1"},
        {"10.0.0.1", " , ", "10.0.0.1"},
        {"10.0.0.1", "203.0.113.7,", "10.0.0.1"},
        {"10.0.0.1", "203.0.113.7, rubbish", "10.0.0.1"},
        {"10.0.0.1", "203.0.113.7, rubbish, 10.0.0.2", "10.0.0.1"},
        {"10.0.0.1", "203.0.113.7:4711", "10.0.0.1"},
        {"10.0.0.1", "unknown", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.1"}, /* nobody else */
        {"10.0.0.1", "1111111111111111111111111111111111111111111111111111111", "10.0.0.1"},
    };
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct http_proxies *proxies = http_proxies_new("10.0.0.0/8");
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(http_proxies_client(proxies, arena, cases[i].peer, cases[i].forwarded),
                            cases[i].client);
    assert_string_equal(http_proxies_client(NULL, arena, "10.0.0.1", "203.0.113.7"), "10.0.0.1");
    http_proxies_free(&proxies);
    arena_free(&arena);
}

static void
a_way_that_is_too_long_is_not_followed_to_its_end(void **state UNUSED)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct http_proxies *proxies = http_proxies_new("10.0.0.0/8");
    struct buf forwarded = {0};
    buf_printf(&forwarded, "203.0.113.7");
    for (unsigned i = 1; i < HTTP_FORWARDED_MAX; i++)
        buf_printf(&forwarded, ", 10.0.0.2");
    assert_string_equal(http_proxies_client(proxies, arena, "10.0.0.1", buf_text(&forwarded)),
                        "203.0.113.7");
    buf_printf(&forwarded, ", 10.0.0.2");
    assert_string_equal(http_proxies_client(proxies, arena, "10.0.0.1", buf_text(&forwarded)),
                        "10.0.0.1");
    buf_free(&forwarded);
    http_proxies_free(&proxies);
    arena_free(&arena);
}

static int
teardown(void **state UNUSED)
{
    arena_deinit();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_are_counted_by_address_and_ipv6_by_network),
        cmocka_unit_test(a_list_has_addresses_and_networks),
        cmocka_unit_test(an_empty_list_trusts_nobody_and_unix_is_a_word),
        cmocka_unit_test(blanks_around_an_entry_do_not_matter),
        cmocka_unit_test(peers_are_named_without_an_interface_and_only_unix_ones_unix),
        cmocka_unit_test(lists_that_cannot_be_are_refused),
        cmocka_unit_test(the_client_is_the_right_most_address_that_is_not_trusted),
        cmocka_unit_test(a_way_that_is_too_long_is_not_followed_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
