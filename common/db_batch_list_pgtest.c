/*
 * db_batch_list_pgtest - lists of units that are one statement, against a real PostgreSQL: each
 * unit has its own elements, and any number of them
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_fixture.h"

/* $1 unit, $2 words of all units, $3 the unit that each is of. */
DB_BATCH(join_each, "test_join_each",
         "SELECT coalesce(string_agg(word, ' ' ORDER BY place), '-') FROM"
         " unnest($1::bigint[]) WITH ORDINALITY AS asked (id, n) LEFT JOIN"
         " unnest($2::text[], $3::text[]) WITH ORDINALITY AS words (word, id, place)"
         " ON words.id = asked.id::text GROUP BY n ORDER BY n");

struct words {
    int64_t id;
    size_t count;
};

static void
words_run(void *context)
{
    struct words *asked = context;
    struct call call = pgtest_call(PGTEST_DEADLINE_MS);
    const char *const all[] = {"one", "", "three"};
    const char *id = arena_printf(call.arena, "%lld", (long long)asked->id);
    const char *const ids[] = {id, id, id};
    struct db_param params[] = {
        db_int8(asked->id),
        db_text_array(call.arena, all, asked->count),
        db_text_array(call.arena, ids, asked->count),
    };
    const struct db_rows *rows;
    assert_int_equal(db_write_await(db, &call, &join_each, params, COUNT_OF(params), "", &rows),
                     OK);
    const char *const wanted[] = {"-", "one", "one ", "one  three"};
    assert_string_equal(db_get_text(rows, 0, 0), wanted[asked->count]);
    arena_free(&call.arena);
}

static void
lists_of_all_units_are_one_list(void **state UNUSED)
{
    enum { COUNT = 40 };
    struct words words[COUNT];
    for (int i = 0; i < COUNT; i++) {
        words[i] = (struct words){.id = 1000 + i, .count = (size_t)i % 4};
        assert_true(task_spawn(words_run, &words[i]));
    }
    pgtest_await_tasks();
    struct words none = {.id = 1, .count = 0};
    assert_true(task_spawn(words_run, &none));
    pgtest_await_tasks();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_of_all_units_are_one_list, set_up, tear_down),
    };
    pgtest_begin("db_batch_list_pgtest");
    make_schema();
    int failures = cmocka_run_group_tests_name("db_batch_list", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
