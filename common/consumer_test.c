/*
 * consumer_test - what passes by itself, how long is paused, which handler is meant
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/consumer_private.h"

#include "common/test.h"
#include "events/v1/events.contract.h"

static enum err
on_one(struct call *call UNUSED, const struct consumer_event *event UNUSED)
{
    return OK;
}

static enum err
on_any(struct call *call UNUSED, const struct consumer_event *event UNUSED)
{
    return ERR_UNKNOWN;
}

static void
an_event_goes_to_the_handler_of_its_type_else_to_that_of_any(void **state UNUSED)
{
    const struct consumer_kind with_any[] = {
        {&events_v1_publication_contract, on_one}, {NULL, on_any}, CONSUMER_KIND_END};
    const struct consumer_kind without[] = {{&events_v1_publication_contract, on_one},
                                            CONSUMER_KIND_END};
    assert_ptr_equal(consumer_find_kind(with_any, "events.v1.Publication"), &with_any[0]);
    assert_ptr_equal(consumer_find_kind(with_any, "events.v1.Publication2"), &with_any[1]);
    assert_ptr_equal(consumer_find_kind(without, "events.v1.Publication"), &without[0]);
    assert_null(consumer_find_kind(without, "events.v1.Publicatio"));
}

static void
a_point_of_a_later_epoch_lies_behind_all_of_an_earlier_one(void **state UNUSED)
{
    const struct consumer_point points[] = {{0, 0}, {1, 0}, {1, 7}, {1, 8}, {2, 3}, {3, 0}};
    for (int i = 0; i < (int)COUNT_OF(points); i++)
        for (int k = 0; k < (int)COUNT_OF(points); k++)
            assert_int_equal(consumer_compare(points[i], points[k]), (i > k) - (i < k));
}

static void
only_what_time_mends_passes(void **state UNUSED)
{
    static const enum err passing[] = {ERR_CANCELLED,          ERR_UNKNOWN, ERR_DEADLINE_EXCEEDED,
                                       ERR_RESOURCE_EXHAUSTED, ERR_ABORTED, ERR_UNAVAILABLE};
    for (int err = ERR_CANCELLED; err <= ERR_UNAUTHENTICATED; err++) {
        bool is_listed = false;
        for (size_t i = 0; i < COUNT_OF(passing); i++)
            is_listed = is_listed || (int)passing[i] == err;
        assert_int_equal(err_may_pass((enum err)err), is_listed);
    }
}

static void
a_refusal_is_tried_three_times_more_with_growing_pauses(void **state UNUSED)
{
    for (unsigned attempt = 1; attempt < 3; attempt++)
        assert_true(consumer_pause_ms(false, attempt) < consumer_pause_ms(false, attempt + 1));
    assert_true(consumer_pause_ms(false, 1) > 0);
    assert_true(consumer_pause_ms(false, 3) > 0);
    assert_int_equal(consumer_pause_ms(false, 4), -1);
}

static void
what_passes_is_tried_for_ever_and_at_least_each_five_seconds(void **state UNUSED)
{
    for (unsigned attempt = 1; attempt < 100; attempt++) {
        assert_true(consumer_pause_ms(true, attempt) <= consumer_pause_ms(true, attempt + 1));
        assert_in_range(consumer_pause_ms(true, attempt), 1, 5000);
    }
    assert_int_equal(consumer_pause_ms(true, 1000000), 5000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_goes_to_the_handler_of_its_type_else_to_that_of_any),
        cmocka_unit_test(a_point_of_a_later_epoch_lies_behind_all_of_an_earlier_one),
        cmocka_unit_test(only_what_time_mends_passes),
        cmocka_unit_test(a_refusal_is_tried_three_times_more_with_growing_pauses),
        cmocka_unit_test(what_passes_is_tried_for_ever_and_at_least_each_five_seconds),
    };
    return cmocka_run_group_tests_name("consumer", tests, NULL, NULL);
}
