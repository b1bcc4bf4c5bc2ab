/*
 * mail_server - how a server of the company's mails is spoken to: address, login, TLS
 *
 * What smtp and imap have in common. TLS is required, by the scheme that ends with "s" or by
 * STARTTLS, unless `is_plain`.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include "common/err.h"

enum { MAIL_SERVER_PASSWORD_SIZE = 1024 };

struct mail_server_options {
    const char *name;          /* in messages, as "mail server" */
    const char *scheme;        /* "smtp" or "imap"; with an "s" behind it TLS comes first */
    const char *url;           /* scheme, host and port, no user */
    const char *user;          /* "" : no login */
    const char *password_path; /* a file; its first line. "" without a user */
    const char *ca_path;       /* a file of certificates; "": the system's */
    bool is_plain;             /* without TLS: a server on this machine */
};

struct mail_server {
    char *url;
    char *user;
    char *ca_path;
    char *schemes; /* as libcurl lists them */
    char password[MAIL_SERVER_PASSWORD_SIZE];
    bool is_plain;
};

/* Reads the password; options are copied. ERR_INVALID_ARGUMENT says what is wrong with them;
 * nothing is to be freed then. */
enum err mail_server_init(const struct mail_server_options *options, struct mail_server *ret_server,
                          struct fault *ret_fault) MUST_CHECK;
void mail_server_deinit(struct mail_server *server); /* twice is fine */

/* Lets a handle speak to it, over a connection of its own. The server is borrowed. */
void mail_server_set(const struct mail_server *server, CURL *easy);
