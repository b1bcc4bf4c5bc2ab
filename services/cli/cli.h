/*
 * cli - the command line's parts: what main.c lists
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"

/* A subcommand. `run` gets the words after its name, and answers the exit status. */
struct cli_command {
    const char *name;
    const char *usage;
    const char *sentence;
    int (*run)(int argc, char **argv);
};

/* Prints a link that opens a method for a resource. 0: done; 1: there is no such link; 2: wrong
 * words. */
int cli_link(int argc, char **argv);

/* Its parts, for tests: milliseconds of "12h" or "7d", 0 for what is no span; whether a method may
 * be opened by a link. */
int64_t cli_link_parse_span(const char *text);
bool cli_link_is_opened(const char *method);

/* Prints a line for every replica that runs. 0: all are ready; 1: one is not, or there is none. */
int cli_status(int argc, char **argv);

/*
 * Writes the table of replicas: one line for each text in `answers`, the JSON of a /status page;
 * NULL or what is no such page is a replica that did not answer, named by `sockets`. Below it, what
 * they do not do as they are configured. Answers whether all are ready.
 */
bool cli_status_print(const char *const *sockets, const char *const *answers, size_t count,
                      struct buf *out);

/* Prints the events that lie parked. 0: every consumer was asked; 1: one did not answer. */
int cli_parked(int argc, char **argv);

/* Has a parked event tried again, and waits for what comes of it. 0: it is done; 1: it was refused
 * again, does not lie there, or was not tried yet. */
int cli_retry(int argc, char **argv);

/* Prints events as they come: cli_tail.h says with which status it ends. */
int cli_tail(int argc, char **argv);

/* Checks, prints, explains, compares and tries policies: cli_policy.h. 0: fine; 1: the policy or
 * the case has an error; 2: wrong words, or a file that cannot be read or written. */
int cli_policy(int argc, char **argv);

/* Writes a backup into a new folder, while the installation works: cli_backup.h. 0: it is whole and
 * durable; 1: it is not, and stderr says why; 2: wrong words. */
int cli_backup(int argc, char **argv);

/* Restores a backup into an empty database. 0: done; 1: nothing was restored, and stderr says why;
 * 2: wrong words. */
int cli_restore(int argc, char **argv);
