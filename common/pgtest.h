/*
 * pgtest - what the tests against a real PostgreSQL share; included by *_pgtest.c only
 *
 * AFTERCARE_TEST_DATABASE is a libpq connection string of a superuser. Each program makes a
 * database of its own there and drops it at the end; without the variable it says so and ends well
 * (77, which ctest knows as skipped). Statements that look from outside go over a plain connection
 * of their own, so that the code under test is not its own witness.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/db.h"
#include "common/log.h"
#include "common/rng.h"
#include "common/stat.h"
#include "common/task.h"

enum { PGTEST_SKIPPED = 77, PGTEST_DEADLINE_MS = 20000, PGTEST_URL_SIZE = 2048 };

static char pgtest_name[64];
static PGconn *pgtest_pg;
static struct loop *pgtest_loop;

/* The connection string of `database`, for another user if one is named. */
UNUSED static const char *
pgtest_url(const char *user, const char *database)
{
    static char urls[4][PGTEST_URL_SIZE];
    static unsigned turn;
    char *url = urls[turn++ % 4];
    size_t size_bytes = 0;
    PQconninfoOption *options = PQconninfoParse(getenv("AFTERCARE_TEST_DATABASE"), NULL);
    CHECK(options != NULL);
    for (PQconninfoOption *option = options; option->keyword != NULL; option++) {
        const char *value = option->val;
        if (strcmp(option->keyword, "dbname") == 0)
            value = database != NULL ? database : value;
        if (strcmp(option->keyword, "user") == 0)
            value = user != NULL ? user : value;
        if (value == NULL)
            continue;
        size_bytes += (size_t)snprintf(url + size_bytes, PGTEST_URL_SIZE - size_bytes, "%s='%s' ",
                                       option->keyword, value);
        CHECK(size_bytes < PGTEST_URL_SIZE);
    }
    PQconninfoFree(options);
    return url;
}

/* What libpq itself says of a connection that was cut has no SQLSTATE, and the connection may still
 * look whole. */
static bool
pgtest_is_cut(const PGresult *result)
{
    return PQstatus(pgtest_pg) == CONNECTION_BAD ||
           (PQresultStatus(result) == PGRES_FATAL_ERROR &&
            PQresultErrorField(result, PG_DIAG_SQLSTATE) == NULL);
}

/* Runs SQL from outside. A test that crashes the server cuts this connection too: it comes back
 * with the server, and the SQL (which only reads, or may run twice) is run again. */
UNUSED static PGresult *
pgtest_exec(const char *sql)
{
    PGresult *result = PQexec(pgtest_pg, sql);
    for (int tries = 0; pgtest_is_cut(result) && tries < 1500; tries++) {
        PQclear(result);
        poll(NULL, 0, 20); /* the server is recovering */
        PQreset(pgtest_pg);
        result = PQexec(pgtest_pg, sql);
    }
    return result;
}

/* Runs SQL from outside; answers the SQLSTATE, "" where it succeeded, and the violated constraint's
 * name. */
UNUSED static const char *
pgtest_try(const char *sql, char ret_constraint[64])
{
    static char sqlstate[6];
    PGresult *result = pgtest_exec(sql);
    const char *text = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    snprintf(sqlstate, sizeof sqlstate, "%s", text != NULL ? text : "");
    snprintf(ret_constraint, 64, "%s", constraint != NULL ? constraint : "");
    PQclear(result);
    return sqlstate;
}

UNUSED static void
pgtest_run(const char *sql)
{
    PGresult *result = pgtest_exec(sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQresultErrorMessage(result));
    PQclear(result);
}

/* The one number that a query answers. */
UNUSED static int64_t
pgtest_count(const char *sql)
{
    PGresult *result = pgtest_exec(sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        fail_msg("%s: %s", sql, PQresultErrorMessage(result));
    int64_t count = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return count;
}

/* Makes the database. Ends the program where there is no server to test with. */
UNUSED static void
pgtest_begin(const char *program)
{
    if (getenv("AFTERCARE_TEST_DATABASE") == NULL) {
        fprintf(stderr, "%s: skipped, AFTERCARE_TEST_DATABASE is not set\n", program);
        exit(PGTEST_SKIPPED);
    }
    rng_init();
    clock_init();
    log_init(program, LOG_ERROR);
    snprintf(pgtest_name, sizeof pgtest_name, "aftercare_%s_%d", program, (int)getpid());
    char sql[128];
    pgtest_pg = PQconnectdb(pgtest_url(NULL, NULL));
    if (PQstatus(pgtest_pg) != CONNECTION_OK) {
        fprintf(stderr, "%s: %s", program, PQerrorMessage(pgtest_pg));
        exit(EXIT_FAILURE);
    }
    snprintf(sql, sizeof sql, "CREATE DATABASE %s", pgtest_name);
    PQclear(PQexec(pgtest_pg, sql));
    PQfinish(pgtest_pg);
    pgtest_pg = PQconnectdb(pgtest_url(NULL, pgtest_name));
    if (PQstatus(pgtest_pg) != CONNECTION_OK) {
        fprintf(stderr, "%s: %s", program, PQerrorMessage(pgtest_pg));
        exit(EXIT_FAILURE);
    }
}

UNUSED static void
pgtest_end(void)
{
    char sql[128];
    PQfinish(pgtest_pg);
    pgtest_pg = PQconnectdb(pgtest_url(NULL, NULL));
    snprintf(sql, sizeof sql, "DROP DATABASE %s WITH (FORCE)", pgtest_name);
    PQclear(PQexec(pgtest_pg, sql));
    PQfinish(pgtest_pg);
    stat_deinit();
    log_deinit();
    arena_deinit();
}

/* Runs a migration's deploy script, named from the root of the source tree. */
UNUSED static void
pgtest_deploy(const char *path)
{
    char full[1024];
    snprintf(full, sizeof full, "%s/%s", AFTERCARE_SOURCE_DIR, path);
    FILE *file = fopen(full, "r");
    if (file == NULL) {
        fprintf(stderr, "%s cannot be read\n", full);
        exit(EXIT_FAILURE);
    }
    char *sql = mem_alloc(1024 * 1024);
    size_t size_bytes = fread(sql, 1, 1024 * 1024 - 1, file);
    sql[size_bytes] = 0;
    fclose(file);
    pgtest_run(sql);
    mem_free(sql);
}

/* The roles of deploy/roles.sql that the schemas need, without their limits. They belong to the
 * cluster and stay. */
UNUSED static void
pgtest_make_roles(void)
{
    static const char *const roles[] = {
        "aftercare_publish", "events_owner",  "events_service",  "documents_owner",
        "documents_service", "notify_owner",  "notify_service",  "policy_owner",
        "policy_service",    "surveys_owner", "surveys_service", "warranty_owner",
        "warranty_service",
    };
    char sql[256];
    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        snprintf(
            sql, sizeof sql,
            "DO $$ BEGIN CREATE ROLE %s LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation "
            "THEN NULL; END $$",
            roles[i]);
        pgtest_run(sql);
    }
    pgtest_run("SET client_min_messages = error");
    pgtest_run("GRANT aftercare_publish TO events_service, documents_service, notify_service,"
               " policy_service, surveys_service, warranty_service");
}

/* The schema events as it is deployed, which all others need. */
UNUSED static void
pgtest_deploy_events(void)
{
    pgtest_make_roles();
    pgtest_deploy("services/events/schema/deploy/create_outbox.sql");
    pgtest_deploy("services/events/schema/deploy/create_log.sql");
}

/* The schemas events and warranty, as they are deployed. */
UNUSED static void
pgtest_deploy_warranty(void)
{
    pgtest_deploy_events();
    pgtest_run("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public"); /* as deploy/roles.sql */
    pgtest_deploy("services/warranty/schema/deploy/create_warranty.sql");
}

/* A loop with tasks, and a database on the schema. */
UNUSED static struct db *
pgtest_open(const char *user, const char *schema, const struct db_options *options)
{
    if (pgtest_loop == NULL) {
        pgtest_loop = loop_open();
        task_init(pgtest_loop, 0);
    }
    struct db_options all = {.read_connections = 1,
                             .write_connections = 1,
                             .queue_max = 10000,
                             .group_max = DB_GROUP_MAX};
    if (options != NULL)
        all = *options;
    all.url = pgtest_url(user, pgtest_name);
    all.schema = schema;
    return db_open(pgtest_loop, &all);
}

UNUSED static bool
pgtest_is_ready(void *db)
{
    return db_is_ready(db);
}

UNUSED static void
pgtest_await_ready(struct db *db)
{
    if (!loop_run_until(pgtest_loop, pgtest_is_ready, db, PGTEST_DEADLINE_MS))
        fail_msg("the database is not ready: %s", db_state(db));
}

UNUSED static void
pgtest_close_loop(void)
{
    task_deinit();
    loop_close(&pgtest_loop);
}

/* A call with an arena, as svc would make it. */
UNUSED static struct call
pgtest_call(int64_t deadline_ms)
{
    return (struct call){.arena = arena_new(ARENA_BUDGET_BYTES),
                         .deadline_mono_ms = clock_mono_ms() + deadline_ms,
                         .principal = {.subject = "tester"}};
}

UNUSED static bool
pgtest_has_no_task(void *context UNUSED)
{
    return task_count() == 0;
}

/* Until every task has ended. */
UNUSED static void
pgtest_await_tasks(void)
{
    assert_true(loop_run_until(pgtest_loop, pgtest_has_no_task, NULL, PGTEST_DEADLINE_MS * 2));
}
