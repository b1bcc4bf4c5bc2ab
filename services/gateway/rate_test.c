/* Tests of rate limits and of origins. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>

#include "common/rng.h"
#include "cors.h"
#include "rate.h"

static void
a_bucket_gives_its_burst_then_what_it_fills(void **state UNUSED)
{
    struct rate *rate = rate_new(10, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rate_take(rate, "192.0.2.1", 1000), 0);
    assert_int_equal(rate_look(rate, "192.0.2.1", 1000), 100);
    assert_int_equal(rate_take(rate, "192.0.2.1", 1000), 100);
    assert_int_equal(rate_take(rate, "192.0.2.1", 1050), 50);
    assert_int_equal(rate_take(rate, "192.0.2.1", 1100), 0);
    assert_int_equal(rate_take(rate, "192.0.2.1", 1199), 1);
    for (int i = 0; i < 3; i++) /* never more than the burst, however long it slept */
        assert_int_equal(rate_take(rate, "192.0.2.1", 1000000), 0);
    assert_int_equal(rate_take(rate, "192.0.2.1", 1000000), 100);
    rate_free(&rate);
}

static void
addresses_do_not_share_but_a_network_of_ipv6_does(void **state UNUSED)
{
    struct rate *rate = rate_new(1, 1);
    assert_int_equal(rate_take(rate, "192.0.2.1", 1), 0);
    assert_int_equal(rate_take(rate, "192.0.2.2", 1), 0);
    assert_true(rate_take(rate, "::ffff:192.0.2.1", 1) > 0);
    assert_int_equal(rate_take(rate, "2001:db8:1:2::1", 1), 0);
    assert_true(rate_take(rate, "2001:db8:1:2:ffff::9", 1) > 0);
    assert_int_equal(rate_take(rate, "2001:db8:1:3::1", 1), 0);
    assert_int_equal(rate_take(rate, "unix", 1), 0);
    rate_free(&rate);
}

static void
no_rate_is_no_limit(void **state UNUSED)
{
    struct rate *rate = rate_new(0, 1);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(rate_take(rate, "192.0.2.1", 1), 0);
    rate_free(&rate);
}

static void
a_flood_of_addresses_does_not_free_a_busy_offender(void **state UNUSED)
{
    struct rate *rate = rate_new(1, 10);
    char peer[32];
    for (int i = 0; i < 10; i++)
        rate_take(rate, "192.0.2.1", 1);
    for (unsigned i = 0; i < 100000; i++) {
        snprintf(peer, sizeof peer, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        rate_take(rate, peer, 1);
    }
    assert_true(rate_take(rate, "192.0.2.1", 2) > 0);
    rate_free(&rate);
}

static void
origins_are_compared_exactly(void **state UNUSED)
{
    struct cors *cors = cors_new("https://a.example, http://localhost:5173 ,");
    assert_true(cors_is_on(cors));
    assert_true(cors_is_allowed(cors, "https://a.example"));
    assert_true(cors_is_allowed(cors, "http://localhost:5173"));
    static const char *const others[] = {
        "https://a.example.evil", "http://a.example", "https://A.example", "null", "", "*",
        "https://a.example/"};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(cors_is_allowed(cors, others[i]));
    assert_false(cors_is_allowed(cors, NULL));
    cors_free(&cors);
    cors = cors_new("");
    assert_false(cors_is_on(cors));
    cors_free(&cors);
}

static void
what_is_no_origin_is_refused_at_the_start(void **state UNUSED)
{
    static const char *const bad[] = {"*",
                                      "a.example",
                                      "https://",
                                      "https://a.example/",
                                      "https://a.example,*",
                                      "https://*.example",
                                      "null",
                                      "https://u@h"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_null(cors_new(bad[i]));
}

int
main(void)
{
    rng_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_gives_its_burst_then_what_it_fills),
        cmocka_unit_test(addresses_do_not_share_but_a_network_of_ipv6_does),
        cmocka_unit_test(no_rate_is_no_limit),
        cmocka_unit_test(a_flood_of_addresses_does_not_free_a_busy_offender),
        cmocka_unit_test(origins_are_compared_exactly),
        cmocka_unit_test(what_is_no_origin_is_refused_at_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
