/*
 * zone_test - offsets, transitions, civil days that are cut, doubled or missing, and names
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <unicode/ucal.h>
#include <unicode/uenum.h>

#include "common/clock.h"
#include "common/zone.h"

static int64_t
at(const char *text)
{
    int64_t unix_us = 0;
    assert_true(clock_parse_us(text, &unix_us));
    return unix_us / 1000000;
}

static const struct zone *
zone(const char *name)
{
    const struct zone *found = zone_find(name);
    if (found == NULL)
        fail_msg("there is no zone \"%s\"", name);
    return found;
}

static struct date
day(const char *text)
{
    struct date date = {0, 0, 0};
    assert_true(date_parse(text, &date));
    return date;
}

static void
offsets_follow_the_seasons_and_the_place(void **state UNUSED)
{
    static const struct {
        const char *name;
        const char *moment;
        int offset_s;
    } cases[] = {
        {"Europe/Berlin", "2026-01-15T12:00:00Z", 3600},
        {"Europe/Berlin", "2026-03-29T00:59:59Z", 3600},
        {"Europe/Berlin", "2026-03-29T01:00:00Z", 7200},
        {"Europe/Berlin", "2026-10-25T00:59:59Z", 7200},
        {"Europe/Berlin", "2026-10-25T01:00:00Z", 3600},
        {"Asia/Kolkata", "2026-07-01T00:00:00Z", 19800},
        {"Asia/Kathmandu", "2026-07-01T00:00:00Z", 20700},
        {"America/New_York", "2026-07-01T00:00:00Z", -14400},
        {"Australia/Lord_Howe", "2026-01-01T00:00:00Z", 39600},
        {"Australia/Lord_Howe", "2026-07-01T00:00:00Z", 37800},
        {"Pacific/Apia", "2011-12-30T09:59:59Z", -36000},
        {"Pacific/Apia", "2011-12-30T10:00:00Z", 50400},
        {"UTC", "2026-07-01T00:00:00Z", 0},
        /* Outside the table: the nearest offset inside. */
        {"Europe/Berlin", "1950-07-01T00:00:00Z", 3600},
        {"Europe/Berlin", "2250-07-01T00:00:00Z", 3600},
        {"Europe/Berlin", "2199-07-01T00:00:00Z", 7200},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(zone_offset_s(zone(cases[i].name), at(cases[i].moment)),
                         cases[i].offset_s);
}

static void
the_next_transition_is_found(void **state UNUSED)
{
    const struct zone *berlin = zone("Europe/Berlin");
    assert_int_equal(zone_next_transition(berlin, at("2026-01-01T00:00:00Z")),
                     at("2026-03-29T01:00:00Z"));
    assert_int_equal(zone_next_transition(berlin, at("2026-03-29T01:00:00Z")),
                     at("2026-10-25T01:00:00Z"));
    assert_int_equal(zone_next_transition(zone("UTC"), 0), INT64_MAX);
    assert_int_equal(zone_next_transition(berlin, at("2250-01-01T00:00:00Z")), INT64_MAX);
}

/* Each offset that ICU gives for a noon or midnight of 60 years is the table's. */
static void
tables_say_what_icu_says(void **state UNUSED)
{
    static const char *const names[] = {"Europe/Berlin", "America/St_Johns", "Africa/Casablanca",
                                        "Australia/Lord_Howe", "Pacific/Apia"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        UChar wide[ZONE_NAME_SIZE];
        UErrorCode error = U_ZERO_ERROR;
        for (size_t j = 0; j <= strlen(names[i]); j++)
            wide[j] = (UChar)names[i][j];
        UCalendar *calendar = ucal_open(wide, -1, "en", UCAL_GREGORIAN, &error);
        for (int64_t moment_s = at("1975-01-01T00:00:00Z"); moment_s < at("2035-01-01T00:00:00Z");
             moment_s += 43200) {
            ucal_setMillis(calendar, (double)moment_s * 1000, &error);
            int offset_ms = ucal_get(calendar, UCAL_ZONE_OFFSET, &error) +
                            ucal_get(calendar, UCAL_DST_OFFSET, &error);
            assert_int_equal(zone_offset_s(zone(names[i]), moment_s), offset_ms / 1000);
        }
        assert_true(U_SUCCESS(error));
        ucal_close(calendar);
    }
}

static void
a_day_has_the_stretches_that_the_clock_gives_it(void **state UNUSED)
{
    static const struct {
        const char *name;
        const char *day;
        size_t count;
        int64_t seconds;
    } cases[] = {
        {"Europe/Berlin", "2026-04-27", 1, 86400},
        {"Europe/Berlin", "2026-03-29", 2, 82800},
        {"Europe/Berlin", "2026-10-25", 2, 90000},
        {"Australia/Lord_Howe", "2026-10-04", 2, 84600},
        {"Australia/Lord_Howe", "2026-04-05", 2, 88200},
        {"Pacific/Apia", "2011-12-29", 1, 86400},
        {"Pacific/Apia", "2011-12-30", 0, 0},
        {"Pacific/Apia", "2011-12-31", 1, 86400},
        {"America/Havana", "2026-03-08", 1, 82800}, /* put forward at midnight */
        {"America/St_Johns", "2010-11-06", 2, 86400 + 59 * 60},
        {"America/St_Johns", "2010-11-07", 2, 86400 + 60},
        {"UTC", "0001-01-01", 1, 86400},
        {"UTC", "9999-12-31", 1, 86400},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct zone_stretch stretches[ZONE_STRETCHES_MAX];
        size_t count = zone_day(zone(cases[i].name), day(cases[i].day), stretches);
        int64_t seconds = 0;
        for (size_t j = 0; j < count; j++) {
            seconds += stretches[j].end_s - stretches[j].start_s;
            assert_true(j == 0 || stretches[j].start_s >= stretches[j - 1].end_s);
        }
        assert_int_equal(count, cases[i].count);
        assert_int_equal(seconds, cases[i].seconds);
    }
}

static void
walking_over_stretches_visits_all_time_once(void **state UNUSED)
{
    static const char *const names[] = {"Europe/Berlin", "America/St_Johns", "Pacific/Apia"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        int64_t end_s = at("2013-01-01T00:00:00Z");
        for (int64_t moment_s = at("2009-01-01T00:00:00Z"); moment_s < end_s;) {
            struct date date;
            struct zone_stretch stretch = zone_stretch_at(zone(names[i]), moment_s, &date);
            assert_true(stretch.start_s <= moment_s && stretch.end_s > moment_s);
            for (int64_t probe_s = stretch.start_s; probe_s < stretch.end_s; probe_s += 600) {
                assert_int_equal(zone_offset_s(zone(names[i]), probe_s), stretch.offset_s);
                assert_int_equal(date_compare(zone_date(zone(names[i]), probe_s), date), 0);
            }
            moment_s = stretch.end_s;
        }
    }
}

static void
a_moment_has_a_day_and_a_second_of_it(void **state UNUSED)
{
    const struct zone *new_york = zone("America/New_York");
    char text[DATE_TEXT_SIZE];
    date_print(zone_date(new_york, at("2026-03-15T03:59:59Z")), text);
    assert_string_equal(text, "2026-03-14");
    assert_int_equal(zone_second_of_day(new_york, at("2026-03-15T03:59:59Z")), 86399);
    assert_int_equal(zone_second_of_day(new_york, at("2026-03-15T04:00:00Z")), 0);
    date_print(zone_date(new_york, INT64_MAX), text);
    assert_string_equal(text, "9999-12-31");
    date_print(zone_date(new_york, INT64_MIN), text);
    assert_string_equal(text, "0001-01-01");
    assert_in_range(zone_second_of_day(new_york, INT64_MIN), 0, 86399);
    assert_in_range(zone_second_of_day(new_york, INT64_MAX), 0, 86399);
}

static void
abbreviations_offsets_and_inventions_are_refused(void **state UNUSED)
{
    char endless[300];
    memset(endless, 'x', sizeof endless - 1);
    endless[4] = '/';
    endless[sizeof endless - 1] = 0;
    const char *const names[] = {
        "",        "CEST",         "EST",       "PST8PDT",       "GMT+2",
        "GMT",     "+02:00",       "Japan",     "Berlin",        "Europe/Atlantis",
        "\xff/",   "Etc/Unknown",  "Etc/GMT+2", "Etc/GMT-2",     "Etc/GMT",
        "Etc/UCT", "SystemV/AST4", "/",         "europe/berlin", " Europe/Berlin",
        endless};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (zone_find(names[i]) != NULL)
            fail_msg("\"%s\" was taken", names[i]);
    assert_string_equal(zone_name(zone("UTC")), "UTC");
    assert_string_equal(zone_name(zone("Etc/UTC")), "Etc/UTC");
}

static void
there_is_room_for_all_zones_and_each_is_kept_once(void **state UNUSED)
{
    const struct zone *first = zone("Africa/Abidjan"); /* of all, by name */
    UErrorCode error = U_ZERO_ERROR;
    UEnumeration *names = ucal_openTimeZones(&error);
    const char *name;
    size_t count = 0;
    while ((name = uenum_next(names, NULL, &error)) != NULL) {
        const struct zone *found = zone_find(name);
        bool is_refused = strncmp(name, "SystemV/", 8) == 0 ||
                          (strncmp(name, "Etc/", 4) == 0 && strcmp(name, "Etc/UTC") != 0) ||
                          (strchr(name, '/') == NULL && strcmp(name, "UTC") != 0);
        assert_int_equal(found == NULL, is_refused);
        if (found != NULL) {
            assert_string_equal(zone_name(found), name);
            assert_ptr_equal(zone_find(name), found);
            count++;
        }
    }
    uenum_close(names);
    assert_in_range(count, 400, ZONE_COUNT_MAX);
    assert_ptr_equal(zone("Africa/Abidjan"), first);
    assert_int_equal(zone_offset_s(zone("Europe/Berlin"), 0), 3600);
}

static int
tear_down(void **state UNUSED)
{
    zone_deinit();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_follow_the_seasons_and_the_place),
        cmocka_unit_test(the_next_transition_is_found),
        cmocka_unit_test(tables_say_what_icu_says),
        cmocka_unit_test(a_day_has_the_stretches_that_the_clock_gives_it),
        cmocka_unit_test(walking_over_stretches_visits_all_time_once),
        cmocka_unit_test(a_moment_has_a_day_and_a_second_of_it),
        cmocka_unit_test(abbreviations_offsets_and_inventions_are_refused),
        cmocka_unit_test(there_is_room_for_all_zones_and_each_is_kept_once),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
