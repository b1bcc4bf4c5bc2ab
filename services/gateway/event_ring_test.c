/* Tests of the recent events: what is reached is there whole, and what is not is not said to be. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_ring.h"

enum { PIECE_BYTES = 4096, LARGE_BYTES = 100000 };

static struct event_ring ring;
static const struct event_filter all = {.aggregate_type = "", .aggregate_id = "", .owner_id = ""};

static int
setup(void **state UNUSED)
{
    event_ring_begin(&ring, (struct event_place){1, 100});
    return 0;
}

static int
teardown(void **state UNUSED)
{
    event_ring_clear(&ring);
    arena_deinit();
    return 0;
}

/* The next event of the log; every third one is bob's. */
static void
add(size_t payload_bytes)
{
    Events__V1__LoggedEvent event = EVENTS__V1__LOGGED_EVENT__INIT, *events[] = {&event};
    event.position = ring.end.position + 1;
    event.event_id = "0190";
    event.type = "of.no.Contract";
    event.aggregate_type = "thing";
    event.aggregate_id = "7";
    event.owner_id = event.position % 3 == 0 ? "bob" : "ada";
    event.payload.len = payload_bytes;
    event.payload.data = calloc(1, payload_bytes + 1);
    event_ring_add(&ring, events, 1, event.position);
    free(event.payload.data);
}

/* Takes all behind the position in pieces; each must be there once, in order. Answers how many. */
static unsigned
take_all(int64_t position, const struct event_filter *filter, int64_t step)
{
    struct event_place place = {1, position};
    struct buf out = {0};
    unsigned count = 0, taken;
    int64_t next = position / step * step + step;
    do {
        buf_clear(&out);
        taken = event_ring_take(&ring, filter, &place, &out, PIECE_BYTES);
        const char *at = buf_text(&out);
        for (unsigned i = 0; i < taken; i++, next += step) {
            at = strstr(at, "id: 1-");
            assert_non_null(at);
            assert_int_equal(strtoll(at + 6, NULL, 10), next);
            at++;
        }
        count += taken;
    } while (taken > 0);
    assert_int_equal(place.position, ring.end.position);
    buf_free(&out);
    return count;
}

static bool
reaches(int64_t epoch, int64_t position)
{
    return event_ring_reaches(&ring, &(struct event_place){epoch, position});
}

static void
it_reaches_exactly_as_far_back_as_it_has_all_that_follows(void **state UNUSED)
{
    for (int i = 0; i < RING_EVENTS_MAX + 1000; i++) {
        int64_t first = ring.end.position - (int64_t)ring.count + 1;
        if (i % 97 == 0 || i > RING_EVENTS_MAX + 990) {
            assert_true(reaches(1, first - 1));
            assert_false(reaches(1, first - 2));
            assert_int_equal(take_all(first - 1, &all, 1), ring.count);
        }
        add(1);
    }
    assert_int_equal(ring.count, RING_EVENTS_MAX);
    assert_int_equal(take_all(ring.end.position - 10, &all, 1), 10);
    assert_int_equal(take_all(ring.end.position, &all, 1), 0);
}

static void
large_events_are_fewer(void **state UNUSED)
{
    for (int i = 0; i < 200; i++)
        add(LARGE_BYTES);
    assert_true(ring.size_bytes <= RING_BYTES_MAX && ring.count > 10 && ring.count < 60);
    assert_int_equal(take_all(ring.begin.position, &all, 1), ring.count);
    add(2 * RING_BYTES_MAX); /* the one that is larger than all */
    assert_int_equal(ring.count, 1);
    assert_int_equal(take_all(ring.begin.position, &all, 1), 1);
}

static void
what_does_not_match_is_passed_over(void **state UNUSED)
{
    struct event_filter bobs = all;
    bobs.owner_id = "bob";
    for (int i = 0; i < 300; i++)
        add(1);
    assert_int_equal(take_all(100, &bobs, 3), 100);
    bobs.owner_id = "carl";
    assert_int_equal(take_all(100, &bobs, 3), 0);
}

static void
a_place_of_another_epoch_or_none_is_not_reached(void **state UNUSED)
{
    add(1);
    assert_true(reaches(1, 100) && reaches(1, 101) && reaches(1, 5000));
    assert_false(reaches(2, 101) || reaches(0, 101));
    event_ring_begin(&ring, (struct event_place){2, 101});
    assert_false(reaches(1, 101));
    assert_true(reaches(2, 101));
    event_ring_clear(&ring);
    assert_false(reaches(2, 101));
}

static void
an_event_is_one_event_whatever_its_writer_left(void **state UNUSED)
{
    Events__V1__LoggedEvent event = EVENTS__V1__LOGGED_EVENT__INIT;
    struct buf out = {0};
    event.position = 7;
    event.type = "a.v1.B\n\nevent: RESYNC\r\n";
    event.aggregate_id = "7\n\ndata: x";
    event_ring_write(&out, 2, &event);
    const char *text = buf_text(&out);
    assert_ptr_equal(
        strstr(text, "id: 2-0000000000000007\nevent: a.v1.B__event: RESYNC__\ndata: {"), text);
    assert_string_equal(strstr(text, "\n\n"), "\n\n");
    assert_null(strchr(text, '\r'));
    buf_free(&out);
}

#define RING(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        RING(it_reaches_exactly_as_far_back_as_it_has_all_that_follows),
        RING(large_events_are_fewer),
        RING(what_does_not_match_is_passed_over),
        RING(an_event_is_one_event_whatever_its_writer_left),
        RING(a_place_of_another_epoch_or_none_is_not_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
