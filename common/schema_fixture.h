/*
 * schema_fixture - breaks each CHECK of a schema once, and tries what a role may not do
 *
 * A CHECK or foreign key without a case fails all_checks_have_a_case, so a new one cannot be
 * forgotten.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/pgtest.h"

/* A statement that a constraint refuses; the rows that it changes are right otherwise. */
struct breach {
    const char *constraint;
    const char *sql;
};

UNUSED static void
break_all(const struct breach *breaches, size_t count)
{
    char constraint[64];
    for (size_t i = 0; i < count; i++) {
        const char *sqlstate = pgtest_try(breaches[i].sql, constraint);
        if (strncmp(sqlstate, "23", 2) != 0 || strcmp(constraint, breaches[i].constraint) != 0)
            fail_msg("%s: broke '%s' (%s)", breaches[i].sql, constraint, sqlstate);
    }
}

UNUSED static void
all_checks_have_a_case(const char *schema, const struct breach *breaches, size_t count)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "SELECT DISTINCT conname FROM pg_constraint WHERE contype IN ('c', 'f')"
             " AND connamespace = '%s'::regnamespace",
             schema);
    PGresult *result = PQexec(pgtest_pg, sql);
    assert_true(PQntuples(result) > 0);
    for (int row = 0; row < PQntuples(result); row++) {
        bool is_found = false;
        for (size_t i = 0; i < count; i++)
            is_found |= strcmp(breaches[i].constraint, PQgetvalue(result, row, 0)) == 0;
        if (!is_found)
            fail_msg("no case breaks %s", PQgetvalue(result, row, 0));
    }
    PQclear(result);
}

/* Each of these is refused to the role for want of a right. */
UNUSED static void
forbid_all(const char *role, const char *const *statements, size_t count)
{
    char sql[128], constraint[64];
    snprintf(sql, sizeof sql, "SET ROLE %s", role);
    pgtest_run(sql);
    for (size_t i = 0; i < count; i++)
        if (strcmp(pgtest_try(statements[i], constraint), "42501") != 0)
            fail_msg("%s may: %s", role, statements[i]);
    pgtest_run("RESET ROLE");
}

/* PostgreSQL moves what is EXTENDED out of a row that is large before it compresses what is MAIN,
 * each column with a row and an index entry of its own, were it 32 bytes long. */
UNUSED static void
rows_that_are_to_stay_whole_move_no_column_out(void **state UNUSED)
{
    assert_int_equal(
        pgtest_count("SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
                     " WHERE c.relkind IN ('r', 'p') AND a.attstorage = 'x' AND EXISTS (SELECT"
                     " FROM pg_attribute k JOIN pg_type t ON t.oid = k.atttypid WHERE"
                     " k.attrelid = c.oid AND k.attstorage = 'm' AND t.typstorage = 'x')"),
        0);
}
