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

/* GETs a page of one socket within two seconds; false if there is no answer 200. */
bool cli_admin_get(const char *run_dir, const char *socket, const char *page,
                   struct buf *ret_body) MUST_CHECK;
