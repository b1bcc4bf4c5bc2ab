/*
 * cli_admin - asks daemons by their admin sockets
 *
 * A command that does so takes --run-dir DIR.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"

enum { CLI_SOCKETS_MAX = 1000, CLI_SOCKET_SIZE = 108 };

/* Names of admin sockets, without their folder, in alphabetical order. */
struct cli_sockets {
    char names[CLI_SOCKETS_MAX][CLI_SOCKET_SIZE];
    size_t count;
};

/* The run folder and what listens in it. */
struct cli_run {
    char *folder;
    struct cli_sockets sockets;
};

/* Opens the folder that was asked for (NULL: AFTERCARE_RUN_DIR, or where scripts/run puts it).
 * NULL, with a message, if it cannot be read. */
struct cli_run *cli_run_open(const char *wanted) MUST_CHECK;
void cli_run_close(struct cli_run *run);

enum cli_answer {
    CLI_ANSWERED,
    CLI_SILENT, /* somebody listens and does not answer 200 within two seconds */
    CLI_GONE,   /* nobody listens: the file is what a killed daemon left behind */
};

/* GETs a page of one socket. ret_body gets what was answered. */
enum cli_answer cli_admin_get(const struct cli_run *run, const char *socket, const char *page,
                              struct buf *ret_body);
/* POSTs to one. */
enum cli_answer cli_admin_post(const struct cli_run *run, const char *socket, const char *page,
                               struct buf *ret_body);
