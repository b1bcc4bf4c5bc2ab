/*
 * send_rules_test - nights, gaps, pauses and ends
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/clock.h"
#include "common/rng.h"
#include "send_rules.h"

#include <string.h>

#define US_PER_S INT64_C(1000000)
#define HOUR_US (3600 * US_PER_S)
#define DAY_US (24 * HOUR_US)

static int64_t
at(const char *text)
{
    int64_t us;
    assert_true(clock_parse_us(text, &us));
    return us;
}

static void
expect_morning(const char *zone, const char *now, const char *then)
{
    assert_int_equal(send_after_night(zone_find(zone), at(now)), at(then));
}

static void
a_night_ends_at_eight_by_the_readers_clock(void **state UNUSED)
{
    expect_morning("Europe/Berlin", "2026-07-01T23:30:00+02:00", "2026-07-02T08:00:00+02:00");
    expect_morning("Europe/Berlin", "2026-07-02T07:59:59+02:00", "2026-07-02T08:00:00+02:00");
    expect_morning("Europe/Berlin", "2026-07-02T08:00:00+02:00", "2026-07-02T08:00:00+02:00");
    expect_morning("Europe/Berlin", "2026-07-02T20:59:59+02:00", "2026-07-02T20:59:59+02:00");
    expect_morning("Europe/Berlin", "2026-07-02T21:00:00+02:00", "2026-07-03T08:00:00+02:00");
    expect_morning("America/New_York", "2026-07-02T08:00:00+02:00", "2026-07-02T08:00:00-04:00");
}

static void
a_night_in_which_the_clock_is_put_ends_by_the_new_one(void **state UNUSED)
{
    expect_morning("Europe/Berlin", "2026-03-28T22:00:00+01:00", "2026-03-29T08:00:00+02:00");
    expect_morning("Europe/Berlin", "2026-10-24T22:00:00+02:00", "2026-10-25T08:00:00+01:00");
    /* The day after 29 December 2011 was the 31st there. */
    expect_morning("Pacific/Apia", "2011-12-29T22:00:00-10:00", "2011-12-31T08:00:00+14:00");
}

static void
two_messages_keep_their_distance(void **state UNUSED)
{
    assert_int_equal(send_earliest(1000, 0, 600), 1000);
    assert_int_equal(send_earliest(1000, 900, 600), 1500);
    assert_int_equal(send_earliest(1000, 100, 600), 1000);
}

static void
pauses_of_messages_grow_to_six_hours_and_never_vanish(void **state UNUSED)
{
    assert_int_equal(send_message_pause_us(1, 0), US_PER_S);
    assert_in_range(send_message_pause_us(1, UINT32_MAX), 59 * US_PER_S, 60 * US_PER_S);
    assert_in_range(send_message_pause_us(3, UINT32_MAX), 239 * US_PER_S, 240 * US_PER_S);
    assert_in_range(send_message_pause_us(1000000, UINT32_MAX), 6 * HOUR_US - US_PER_S,
                    6 * HOUR_US);
    assert_in_range(send_message_pause_us(10, 1U << 31), 3 * HOUR_US - US_PER_S,
                    3 * HOUR_US + US_PER_S);
}

static void
a_message_is_given_up_after_three_days(void **state UNUSED)
{
    assert_false(send_message_is_late(1, 1 + 3 * DAY_US));
    assert_true(send_message_is_late(1, 2 + 3 * DAY_US));
}

static void
a_delivery_is_tried_ten_times(void **state UNUSED)
{
    assert_int_equal(send_delivery_pause_us(1, 0), 5 * US_PER_S);
    assert_in_range(send_delivery_pause_us(1, UINT32_MAX), 5 * US_PER_S, 6 * US_PER_S);
    assert_int_equal(send_delivery_pause_us(9, 0), DAY_US);
    assert_int_equal(send_delivery_pause_us(10, 0), 0);
}

static void
a_webhook_is_given_up_after_five_days_of_failures(void **state UNUSED)
{
    assert_false(send_webhook_is_lost(0, 100 * DAY_US));
    assert_false(send_webhook_is_lost(DAY_US, 6 * DAY_US));
    assert_true(send_webhook_is_lost(DAY_US, 6 * DAY_US + 1));
}

static void
a_delivery_has_the_same_id_whenever_it_is_made(void **state UNUSED)
{
    struct uuid webhook, event, other;
    assert_true(uuid_parse("01a206b9-9106-7000-895c-9ac0edd38373", &webhook));
    assert_true(uuid_parse("01a206b9-92b3-7000-b994-1c1bbe35b84c", &event));
    assert_true(uuid_parse("01a206b9-92b3-7000-b994-1c1bbe35b84d", &other));
    struct uuid one = send_delivery_id(&webhook, &event),
                again = send_delivery_id(&webhook, &event);
    assert_true(uuid_is_equal(&one, &again));
    char text[UUID_TEXT_SIZE];
    uuid_print(&one, text);
    assert_memory_equal(text, "01a206b9-92b3-7", 15);
    assert_non_null(strchr("89ab", text[19]));
    struct uuid of_other = send_delivery_id(&webhook, &other),
                turned = send_delivery_id(&event, &webhook);
    assert_false(uuid_is_equal(&one, &of_other));
    assert_false(uuid_is_equal(&one, &turned));
}

static int
teardown(void **state UNUSED)
{
    zone_deinit();
    return 0;
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_night_ends_at_eight_by_the_readers_clock),
        cmocka_unit_test(a_night_in_which_the_clock_is_put_ends_by_the_new_one),
        cmocka_unit_test(two_messages_keep_their_distance),
        cmocka_unit_test(pauses_of_messages_grow_to_six_hours_and_never_vanish),
        cmocka_unit_test(a_message_is_given_up_after_three_days),
        cmocka_unit_test(a_delivery_is_tried_ten_times),
        cmocka_unit_test(a_delivery_has_the_same_id_whenever_it_is_made),
        cmocka_unit_test(a_webhook_is_given_up_after_five_days_of_failures),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
