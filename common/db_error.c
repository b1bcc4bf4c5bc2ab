/*
 * db_error - what PostgreSQL's errors mean to us
 *
 * Expected refusals are results, not errors (CHANGE_COUNTS), so what arrives here is a violated
 * constraint, a lost race, a server in trouble, or a mistake of ours. The primary message is told,
 * never the detail: that may quote a row.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_parts.h"

#include <stdio.h>
#include <string.h>

static const char *
read_field(const PGresult *result, int code)
{
    const char *text = PQresultErrorField(result, code);
    return text != NULL ? text : "";
}

static bool
is_state(const char *sqlstate, const char *prefix)
{
    return strncmp(sqlstate, prefix, strlen(prefix)) == 0;
}

/* libpq reports its own errors (a broken socket) without a SQLSTATE. */
bool
db_error_is_loss(const PGresult *result)
{
    const char *severity = read_field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return read_field(result, PG_DIAG_SQLSTATE)[0] == 0 || strcmp(severity, "FATAL") == 0 ||
           strcmp(severity, "PANIC") == 0;
}

bool
db_error_is_read_only(const PGresult *result)
{
    return is_state(read_field(result, PG_DIAG_SQLSTATE), "25006");
}

bool
db_error_is_stale(const PGresult *result)
{
    const char *sqlstate = read_field(result, PG_DIAG_SQLSTATE);
    bool is_plan_stale =
        is_state(sqlstate, "0A000") &&
        strcmp(read_field(result, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0;
    return is_plan_stale || db_error_is_read_only(result) || is_state(sqlstate, "26000");
}

/* A connection that fails has no result to ask for its SQLSTATE, so it is read from the text, where
 * it stands in every language: "FATAL:  57P03: the database system is starting up". */
bool
db_error_is_starting(const char *message)
{
    return strstr(message, " 57P03: ") != NULL;
}

static const struct {
    const char *prefix; /* of the SQLSTATE; the first match counts */
    enum err err;
    const char *reason;
} meanings[] = {
    {"23505", ERR_ALREADY_EXISTS, "ALREADY_EXISTS"},
    {"23503", ERR_FAILED_PRECONDITION, "CONSTRAINT_VIOLATED"},
    {"23514", ERR_FAILED_PRECONDITION, "CONSTRAINT_VIOLATED"},
    {"40001", ERR_ABORTED, "LOST_RACE"},                    /* serialization failure */
    {"40P01", ERR_ABORTED, "LOST_RACE"},                    /* deadlock */
    {"55P03", ERR_ABORTED, "LOST_RACE"},                    /* lock timeout */
    {"57014", ERR_DEADLINE_EXCEEDED, "STATEMENT_TOO_SLOW"}, /* statement timeout */
    {"53", ERR_UNAVAILABLE, "DATABASE_UNAVAILABLE"},        /* disk full, out of memory */
    {"", ERR_INTERNAL, "STATEMENT_FAILED"},
};

enum err
db_error_tell(struct call *call, const struct db_stmt *stmt, const PGresult *result)
{
    const char *sqlstate = read_field(result, PG_DIAG_SQLSTATE);
    size_t i = 0;
    while (!is_state(sqlstate, meanings[i].prefix))
        i++;
    enum err err = call_fail(call, meanings[i].err, meanings[i].reason, "%s: %s (%s)", stmt->name,
                             read_field(result, PG_DIAG_MESSAGE_PRIMARY), sqlstate);
    snprintf(call->fault.field, sizeof call->fault.field, "%s",
             read_field(result, PG_DIAG_CONSTRAINT_NAME));
    return err;
}
