/*
 * cli_status - aftercare status: every replica of every daemon, one line each
 *
 * Asks the /status page of each admin socket in the run folder and prints its members as a table.
 * What the columns are is one table below; a member that a daemon does not have is a dash. Below it
 * stands what a daemon does not do as it is configured ("notes"), once for all its replicas.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli_admin.h"

enum { CELL_SIZE = 96, NOTE_SIZE = 512 };

static const struct {
    const char *title;
    const char *member; /* of the /status page */
    const char *first;  /* the member that is shown in its place where it is there; NULL: none */
} columns[] = {
    {"SERVICE", "service", NULL},
    {"REPLICA", "replica", NULL},
    {"PID", "pid", NULL},
    {"VERSION", "version", NULL},
    {"STATE", "state", NULL},
    {"SCHEMA", "schema", NULL},
    {"IN FLIGHT", "in_flight", "requests"}, /* the gateway's calls come by HTTP */
    {"ANSWERED", "answered", NULL},
    {"REFUSED", "refused", NULL},
    {"PARKED", "parked", NULL}, /* events, of all its consumers: add_parked */
    {"STARTED", "start_time", NULL},
};

enum { COLUMN_COUNT = COUNT_OF(columns) };

typedef char cli_row[COLUMN_COUNT][CELL_SIZE];

static void
fill_cell(const json_t *page, const char *member, const char *first, char *ret_cell)
{
    const json_t *value = first != NULL ? json_object_get(page, first) : NULL;
    if (value == NULL)
        value = json_object_get(page, member);
    if (json_is_string(value) && json_string_length(value) > 0)
        snprintf(ret_cell, CELL_SIZE, "%s", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(ret_cell, CELL_SIZE, "%lld", (long long)json_integer_value(value));
    else
        snprintf(ret_cell, CELL_SIZE, "-");
}

/* From "warranty-<uuid>.admin", which is all that is known of a replica that does not answer. */
static void
fill_silent_row(const char *socket, cli_row ret_row)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        snprintf(ret_row[i], CELL_SIZE, "-");
    int service_length = (int)strcspn(socket, "-");
    snprintf(ret_row[0], CELL_SIZE, "%.*s", service_length, socket);
    const char *replica = socket + service_length + (socket[service_length] == '-');
    snprintf(ret_row[1], CELL_SIZE, "%.*s", (int)strcspn(replica, "."), replica);
    snprintf(ret_row[4], CELL_SIZE, "no answer");
}

/* Makes one member of those of its consumers; none where it consumes nothing. */
static void
add_parked(json_t *page)
{
    static const char beginning[] = "consumer_";
    const char *name;
    json_t *member;
    bool has_consumer = false;
    json_int_t count = 0;
    json_object_foreach(page, name, member)
    {
        if (strncmp(name, beginning, strlen(beginning)) != 0)
            continue;
        has_consumer = true;
        count += json_integer_value(json_object_get(member, "parked"));
    }
    if (has_consumer)
        json_object_set_new(page, "parked", json_integer(count));
}

/* A line for each that stands there not yet. */
static void
add_notes(const json_t *page, struct buf *notes)
{
    size_t i;
    json_t *note;
    json_array_foreach(json_object_get(page, "notes"), i, note)
    {
        char line[NOTE_SIZE];
        const char *service = json_string_value(json_object_get(page, "service"));
        if (service == NULL || !json_is_string(note))
            continue;
        snprintf(line, sizeof line, "%s: %s\n", service, json_string_value(note));
        if (strstr(buf_text(notes), line) == NULL)
            buf_printf(notes, "%s", line);
    }
}

static bool
fill_row(const char *socket, const char *answer, struct buf *notes, cli_row ret_row)
{
    json_t *page = answer != NULL ? json_loads(answer, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (!json_is_object(page)) {
        json_decref(page);
        fill_silent_row(socket, ret_row);
        return false;
    }
    add_parked(page);
    add_notes(page, notes);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        fill_cell(page, columns[i].member, columns[i].first, ret_row[i]);
    json_decref(page);
    return strcmp(ret_row[4], "ready") == 0;
}

static void
print_rows(cli_row *rows, size_t count, struct buf *out)
{
    int widths[COLUMN_COUNT] = {0};
    for (size_t row = 0; row < count; row++)
        for (size_t i = 0; i < COLUMN_COUNT; i++)
            if ((int)strlen(rows[row][i]) > widths[i])
                widths[i] = (int)strlen(rows[row][i]);
    for (size_t row = 0; row < count; row++) {
        for (size_t i = 0; i + 1 < COLUMN_COUNT; i++)
            buf_printf(out, "%-*s  ", widths[i], rows[row][i]);
        buf_printf(out, "%s\n", rows[row][COLUMN_COUNT - 1]);
    }
}

bool
cli_status_print(const char *const *sockets, const char *const *answers, size_t count,
                 struct buf *out)
{
    cli_row *rows = mem_alloc((count + 1) * sizeof *rows);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        snprintf(rows[0][i], CELL_SIZE, "%s", columns[i].title);
    struct buf notes = {0};
    bool are_ready = true;
    for (size_t i = 0; i < count; i++)
        if (!fill_row(sockets[i], answers[i], &notes, rows[i + 1]))
            are_ready = false;
    print_rows(rows, count + 1, out);
    buf_printf(out, "%s", buf_text(&notes));
    buf_free(&notes);
    mem_free(rows);
    return are_ready;
}

/* Answers the exit status. */
static int
show_all(const struct cli_run *run)
{
    const struct cli_sockets *sockets = &run->sockets;
    const char **names = mem_alloc(sockets->count * sizeof *names);
    const char **answers = mem_alloc(sockets->count * sizeof *answers);
    struct buf *bodies = mem_alloc(sockets->count * sizeof *bodies);
    size_t count = 0;
    for (size_t i = 0; i < sockets->count; i++) {
        enum cli_answer answer = cli_admin_get(run, sockets->names[i], "/status", &bodies[count]);
        if (answer == CLI_GONE)
            continue;
        names[count] = sockets->names[i];
        answers[count] = answer == CLI_ANSWERED ? buf_text(&bodies[count]) : NULL;
        count++;
    }
    struct buf out = {0};
    bool are_ready = cli_status_print(names, answers, count, &out);
    if (count > 0)
        fputs(buf_text(&out), stdout);
    else
        fprintf(stderr, "aftercare: nothing runs in %s\n", run->folder);
    buf_free(&out);
    for (size_t i = 0; i < count; i++)
        buf_free(&bodies[i]);
    mem_free(bodies);
    mem_free(answers);
    mem_free(names);
    return count > 0 && are_ready ? 0 : 1;
}

int
cli_status(int argc, char **argv)
{
    if (argc != 0 && (argc != 2 || strcmp(argv[0], "--run-dir") != 0)) {
        fprintf(stderr, "usage: aftercare status [--run-dir DIR]\n");
        return 2;
    }
    struct cli_run *run = cli_run_open(argc == 2 ? argv[1] : NULL);
    if (run == NULL)
        return 1;
    int status = show_all(run);
    cli_run_close(run);
    return status;
}
