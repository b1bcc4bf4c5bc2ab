/*
 * event_find_test - the place of a time in a log of which only the next event can be asked for
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdlib.h>

#include "common/clock.h"
#include "event_find.h"

enum { LAST = 300, WINDOW = 7, ROUNDS = 2000, PROBES_MAX = 200 };

/* Time of the event at each position; 0: it is of another type. */
static struct {
    int64_t times_ms[LAST + 1];
    int64_t first; /* position that is kept */
    int probe_count;
} fake;

static uint64_t state; /* of the generator */

/* Evenly enough 0 .. bound - 1 (Knuth's MMIX). */
static unsigned
draw(unsigned bound)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((state >> 33) % bound);
}

static enum err
probe(void *context UNUSED, int64_t after, struct event_probe *ret_probe)
{
    fake.probe_count++;
    *ret_probe = (struct event_probe){.is_gone = after + 1 < fake.first};
    int64_t end = after + WINDOW < LAST ? after + WINDOW : LAST; /* it looks no further at once */
    for (int64_t at = after + 1; !ret_probe->is_gone && at <= end; at++) {
        if (fake.times_ms[at] == 0)
            continue;
        ret_probe->is_there = true;
        ret_probe->position = ret_probe->next_after = at;
        ret_probe->time_ms = fake.times_ms[at];
        return OK;
    }
    ret_probe->next_after = end;
    return OK;
}

static void
fill(void)
{
    int64_t time_ms = 1000;
    fake.first = 1 + draw(LAST / 2);
    unsigned share = 1 + draw(30);
    for (int64_t at = 1; at <= LAST; at++) {
        time_ms += draw(5);
        fake.times_ms[at] = draw(share) == 0 ? time_ms : 0;
    }
}

static void
whatever_is_at_a_time_or_later_lies_behind_the_place(void **context UNUSED)
{
    const char *seed = getenv("AFTERCARE_TEST_SEED");
    state = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)clock_real_ms();
    print_message("AFTERCARE_TEST_SEED=%llu\n", (unsigned long long)state);
    for (int round = 0; round < ROUNDS; round++) {
        fill();
        int64_t from_ms = 900 + draw(1000), after;
        fake.probe_count = 0;
        assert_int_equal(event_search_await(probe, NULL, LAST, from_ms, &after), OK);
        assert_in_range(fake.probe_count, 1, PROBES_MAX);
        assert_true(after + 1 >= fake.first);
        for (int64_t at = fake.first; at <= LAST; at++)
            if (fake.times_ms[at] != 0)
                assert_int_equal(at > after, fake.times_ms[at] >= from_ms);
    }
}

static void
an_empty_log_has_its_place_at_the_start(void **context UNUSED)
{
    int64_t after;
    assert_int_equal(event_search_await(probe, NULL, 0, 1, &after), OK);
    assert_int_equal(after, 0);
}

static enum err
probe_nobody(void *context UNUSED, int64_t after UNUSED, struct event_probe *ret_probe UNUSED)
{
    return ERR_UNAVAILABLE;
}

static void
who_cannot_be_asked_ends_the_search(void **context UNUSED)
{
    int64_t after;
    assert_int_equal(event_search_await(probe_nobody, NULL, LAST, 1, &after), ERR_UNAVAILABLE);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_at_a_time_or_later_lies_behind_the_place),
        cmocka_unit_test(an_empty_log_has_its_place_at_the_start),
        cmocka_unit_test(who_cannot_be_asked_ends_the_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
