/*
 * cli_tail_test - the words of aftercare tail, its lines, and the file that keeps its place
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_tail.h"
#include "common/arena.h"

static char folder[] = "/tmp/cli-tail-XXXXXX";
static char path[128];

static int
set_up(void **state UNUSED)
{
    strcpy(folder, "/tmp/cli-tail-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/place", folder);
    setenv("AFTERCARE_TOKEN", "a.b.c", 1);
    unsetenv("AFTERCARE_BUS_DIR");
    unsetenv("AFTERCARE_BUS_CONNECT");
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    unlink(path);
    arena_deinit();
    return rmdir(folder);
}

#define READ(...)                                                                                  \
    cli_tail_read_words(COUNT_OF(((char *[]){__VA_ARGS__})), (char *[]){__VA_ARGS__}, &words)

static void
the_words_say_what_is_wanted(void **state UNUSED)
{
    struct cli_tail_words words;
    assert_true(READ("--type", "a.v1.B", "--json", "--after", "2-17", "--type", "a.v1.C",
                     "--aggregate", "claim/1", "--state", "x", "--bus-dir", "/b", "--end"));
    assert_int_equal(words.type_count, 2);
    assert_string_equal(words.types[1], "a.v1.C");
    assert_true(words.is_json && words.is_ending && words.is_after_said && !words.is_help);
    assert_int_equal(words.after.epoch, 2);
    assert_int_equal(words.after.position, 17);
    assert_string_equal(words.aggregate, "claim/1");
    assert_string_equal(words.state_path, "x");
    assert_string_equal(words.bus_dir, "/b");
    assert_string_equal(words.connect, "");
    assert_string_equal(words.token, "a.b.c");
}

static void
the_environment_says_what_the_words_do_not(void **state UNUSED)
{
    struct cli_tail_words words;
    assert_true(READ("--json"));
    assert_string_equal(words.bus_dir, ".run/bus");
    assert_false(words.is_after_said);
    setenv("AFTERCARE_BUS_DIR", "/c", 1);
    assert_true(READ("--token", "d.e.f"));
    assert_string_equal(words.bus_dir, "/c");
    assert_string_equal(words.token, "d.e.f");
    setenv("AFTERCARE_BUS_CONNECT", "tcp://{service}:7400", 1);
    assert_true(READ("--end"));
    assert_null(words.bus_dir);
    assert_string_equal(words.connect, "tcp://{service}:7400");
    assert_true(READ("--bus-dir", "/d"));
    assert_string_equal(words.bus_dir, "/d");
    assert_string_equal(words.connect, "");
}

static void
wrong_words_are_refused(void **state UNUSED)
{
    struct cli_tail_words words;
    assert_false(READ("--after", "yesterday"));
    assert_false(READ("--after"));
    assert_false(READ("--sideways", "1"));
    assert_false(READ("claim"));
    unsetenv("AFTERCARE_TOKEN");
    assert_false(READ("--json"));
    assert_true(READ("--help"));
}

static void
a_place_is_a_position_or_a_sequence(void **state UNUSED)
{
    struct cli_place place;
    assert_true(cli_place_parse("42", &place));
    assert_int_equal(place.epoch, 0);
    assert_int_equal(place.position, 42);
    assert_true(cli_place_parse("3-0000000000000042", &place));
    assert_int_equal(place.epoch, 3);
    assert_int_equal(place.position, 42);
    assert_false(cli_place_parse("", &place));
    assert_false(cli_place_parse("-1", &place));
    assert_false(cli_place_parse("1-2-3", &place));
}

static void
a_place_that_was_kept_is_found_again(void **state UNUSED)
{
    struct cli_place place = {4, INT64_C(9007199254740991)}, found;
    assert_int_equal(cli_place_load(path, &found), CLI_PLACE_NONE);
    assert_true(cli_place_save(path, &place));
    place.position = 7;
    assert_true(cli_place_save(path, &place));
    assert_int_equal(cli_place_load(path, &found), CLI_PLACE_KEPT);
    assert_int_equal(found.epoch, 4);
    assert_int_equal(found.position, 7);
}

/* Its own beginning would be taken for another place. */
static void
a_file_that_is_cut_or_something_else_is_no_place(void **state UNUSED)
{
    static const char *const contents[] = {"", "1-00000000000", "hello\n", "42\n", "1-2\n3-4\n"};
    struct cli_place found;
    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        FILE *file = fopen(path, "w");
        fputs(contents[i], file);
        fclose(file);
        assert_int_equal(cli_place_load(path, &found), CLI_PLACE_BAD);
    }
}

static void
a_place_that_cannot_be_kept_is_told(void **state UNUSED)
{
    struct cli_place place = {1, 1}, found = {0};
    assert_true(cli_place_save(path, &place));
    char blocked[160];
    snprintf(blocked, sizeof blocked, "%s.new", path);
    assert_int_equal(mkdir(blocked, 0700), 0);
    place.position = 2;
    assert_false(cli_place_save(path, &place));
    assert_int_equal(cli_place_load(path, &found), CLI_PLACE_KEPT);
    assert_int_equal(found.position, 1);
    assert_int_equal(rmdir(blocked), 0);
}

static void
a_line_for_people_shows_nothing_that_a_terminal_obeys(void **state UNUSED)
{
    Events__V1__LoggedEvent event = EVENTS__V1__LOGGED_EVENT__INIT;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    struct buf out = {0};
    time.seconds = 1773567000;
    event.position = 42;
    event.type = "warranty.v1.ClaimDecided";
    event.aggregate_type = "claim";
    event.aggregate_id = "c\033[2Jd";
    event.aggregate_version = 3;
    event.unit_serial = "HER-42";
    event.event_time = &time;
    cli_tail_add_line(&out, 1, &event, false);
    assert_string_equal(buf_text(&out),
                        "1-0000000000000042  2026-03-15T09:30:00Z  warranty.v1.ClaimDecided  "
                        "claim/c?[2Jd  v3  unit HER-42\n");
    buf_clear(&out);
    cli_tail_add_line(&out, 1, &event, true);
    assert_memory_equal(buf_text(&out), "{\"specversion\":\"1.0\"", 20);
    assert_int_equal(out.bytes[out.size_bytes - 1], '\n');
    buf_free(&out);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_words_say_what_is_wanted),
        TEST(the_environment_says_what_the_words_do_not),
        TEST(wrong_words_are_refused),
        TEST(a_place_is_a_position_or_a_sequence),
        TEST(a_place_that_was_kept_is_found_again),
        TEST(a_file_that_is_cut_or_something_else_is_no_place),
        TEST(a_place_that_cannot_be_kept_is_told),
        TEST(a_line_for_people_shows_nothing_that_a_terminal_obeys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
