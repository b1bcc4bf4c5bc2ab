/*
 * cli_backup_database - the database as its superuser sees it, and PostgreSQL's own programs on it
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_backup.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
be_silent(void *context, const char *message)
{
    (void)context;
    (void)message;
}

PGconn *
cli_backup_connect(const struct cli_backup_options *options)
{
    const char *const keys[] = {"dbname", "fallback_application_name", NULL};
    const char *const values[] = {options->database, "aftercare", NULL};
    PGconn *conn = PQconnectdbParams(keys, values, 1);
    if (PQstatus(conn) != CONNECTION_OK) {
        fprintf(stderr, "aftercare: the database does not answer: %s", PQerrorMessage(conn));
        PQfinish(conn);
        return NULL;
    }
    PQsetNoticeProcessor(conn, be_silent, NULL);
    return conn;
}

PGresult *
cli_backup_query(PGconn *conn, const char *statement)
{
    PGresult *result = PQexec(conn, statement);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return result;
    fprintf(stderr, "aftercare: the database refused: %s", PQerrorMessage(conn));
    PQclear(result);
    return NULL;
}

/* By the environment, so that no password stands in the list of processes. */
static bool
export_connection(PGconn *conn)
{
    PQconninfoOption *options = PQconninfo(conn);
    if (options == NULL)
        return false;
    for (PQconninfoOption *option = options; option->keyword != NULL; option++)
        if (option->envvar != NULL && option->val != NULL && option->val[0] != 0)
            setenv(option->envvar, option->val, 1);
    PQconninfoFree(options);
    return true;
}

bool
cli_backup_run(PGconn *conn, char *const *words)
{
    pid_t child;
    if (!export_connection(conn))
        return cli_backup_complain("run", words[0], "out of memory");
    int reason = posix_spawnp(&child, words[0], NULL, NULL, words, environ);
    if (reason != 0)
        return cli_backup_complain("run", words[0], strerror(reason));
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return cli_backup_complain("run", words[0], strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return cli_backup_complain("run", words[0], "it failed");
}
