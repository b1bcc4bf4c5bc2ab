/*
 * policy_read_fixture - files for tests of the reader: of this tree, of the specification beside
 * it, or in memory
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "common/policy/policy_canon.h"
#include "common/policy/policy_read.h"
#include "common/test.h"

enum { READ_FILE_BYTES_MAX = 4 << 20, READ_FILES_MAX = 8 };

/* One set of files, what reading them gave, and what it said. */
struct read_fixture {
    struct arena *arena;
    struct policy_problems problems;
    struct policy_sources sources;
    struct policy_file languages[READ_FILES_MAX];
    struct policy_file holidays[READ_FILES_MAX];
    char *loaded[READ_FILES_MAX];
    size_t loaded_count;
    struct policy *policy;
};

/* A list with every way to say a day. */
static const char read_holidays_de[] =
    "code: DE\n"
    "source: for tests\n"
    "rules:\n"
    "  - {name: New Year, de: Neujahr, on: 01-01, move: stays}\n"
    "  - {name: Good Friday, de: Karfreitag, on: easter-2}\n"
    "  - {name: Easter Monday, on: \"easter +  1\", from: 1990}\n"
    "  - {name: Orthodox Easter, on: orthodox_easter, to: 2030}\n"
    "  - {name: Spring Day, on: first monday of may, move: next_free}\n"
    "  - {name: Day of Prayer, on: last wednesday of november - 1, move: nearest}\n"
    "  - {name: Jubilee, on: 2026-09-14}\n";

static inline void
read_start(struct read_fixture *fixture)
{
    *fixture = (struct read_fixture){.arena = arena_new(POLICY_READ_BUDGET_BYTES)};
    fixture->problems.arena = fixture->arena;
    fixture->sources.languages = fixture->languages;
    fixture->sources.holidays = fixture->holidays;
}

static inline void
read_end(struct read_fixture *fixture)
{
    for (size_t i = 0; i < fixture->loaded_count; i++)
        mem_free(fixture->loaded[i]);
    arena_free(&fixture->arena);
}

/* For a test that has a fixture of its own: cmocka's state is it. */
UNUSED static int
read_set_up(void **state)
{
    static struct read_fixture fixture;
    read_start(&fixture);
    *state = &fixture;
    return 0;
}

UNUSED static int
read_tear_down(void **state)
{
    read_end(*state);
    return 0;
}

static inline struct policy_file
read_text(const char *name, const char *text)
{
    return (struct policy_file){.name = name, .bytes = text, .size_bytes = strlen(text)};
}

/* False: there is no such file. `path` is beneath the source tree, and outlives the fixture. */
static inline bool
read_load(struct read_fixture *fixture, const char *path, struct policy_file *ret_file)
{
    char full[2048];
    (void)snprintf(full, sizeof full, "%s/%s", AFTERCARE_SOURCE_DIR, path);
    FILE *stream = fopen(full, "rb");
    if (stream == NULL)
        return false;
    char *bytes = mem_alloc(READ_FILE_BYTES_MAX);
    size_t size_bytes = fread(bytes, 1, READ_FILE_BYTES_MAX, stream);
    (void)fclose(stream);
    assert_true(fixture->loaded_count < READ_FILES_MAX);
    fixture->loaded[fixture->loaded_count++] = bytes;
    *ret_file = (struct policy_file){.name = path, .bytes = bytes, .size_bytes = size_bytes};
    return true;
}

static inline struct policy *
read_all(struct read_fixture *fixture)
{
    fixture->policy = policy_read(fixture->arena, &fixture->sources, &fixture->problems);
    return fixture->policy;
}

/* A main file with the list of holidays above. */
static inline struct policy *
read_main_text(struct read_fixture *fixture, const char *text)
{
    fixture->sources.main = read_text("main.yaml", text);
    fixture->holidays[0] = read_text("DE.yaml", read_holidays_de);
    fixture->sources.holiday_count = 1;
    return read_all(fixture);
}

static inline void
read_print_problems(const struct policy_problems *problems)
{
    for (size_t i = 0; i < problems->problem_count; i++) {
        const struct policy_problem *problem = &problems->problems[i];
        print_message("%s:%d:%d: %s: %s (%s) [%s]\n", problem->file, problem->line, problem->column,
                      problem->severity == POLICY_ERROR ? "error" : "warning", problem->message,
                      problem->clause_id, problem->reason);
    }
}

/* tests/policies/whole.yaml: every key that a file can have. */
static inline struct policy *
read_whole(struct read_fixture *fixture)
{
    assert_true(read_load(fixture, "tests/policies/whole.yaml", &fixture->sources.main));
    assert_true(read_load(fixture, "tests/policies/whole.de.yaml", &fixture->languages[0]));
    fixture->sources.language_count = 1;
    fixture->holidays[0] = read_text("DE.yaml", read_holidays_de);
    fixture->sources.holiday_count = 1;
    if (read_all(fixture) == NULL)
        read_print_problems(&fixture->problems);
    assert_non_null(fixture->policy);
    return fixture->policy;
}
