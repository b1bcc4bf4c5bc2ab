/*
 * cli_admin - asks daemons by their admin sockets
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

/* Looks into the run folder; false, with errno set, if it cannot be read. */
bool cli_admin_list(const char *run_dir, struct cli_sockets *ret_sockets) MUST_CHECK;

enum cli_answer {
    CLI_ANSWERED,
    CLI_SILENT, /* somebody listens and does not answer 200 within two seconds */
    CLI_GONE,   /* nobody listens: the file is what a killed daemon left behind */
};

/* GETs a page of one socket. ret_body gets what was answered. */
enum cli_answer cli_admin_get(const char *run_dir, const char *socket, const char *page,
                              struct buf *ret_body);
