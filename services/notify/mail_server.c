/*
 * mail_server - address, login and TLS of a mail server
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_server.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { CONNECT_MS = 15000, SCHEMES_SIZE = 32 };

#define REFUSE(...) fault_set(ret_fault, ERR_INVALID_ARGUMENT, "MAIL_SERVER_INVALID", __VA_ARGS__)

/* ---- options ---- */

static bool
has_scheme(const char *url, const char *scheme, const char *end)
{
    size_t size = strlen(scheme);
    return strncasecmp(url, scheme, size) == 0 && strncasecmp(url + size, end, strlen(end)) == 0;
}

static enum err
check_options(const struct mail_server_options *options, struct fault *ret_fault)
{
    bool is_tls = has_scheme(options->url, options->scheme, "s://");
    CURLU *parts = curl_url();
    char *user = NULL;
    CHECK(parts != NULL);
    bool is_url = curl_url_set(parts, CURLUPART_URL, options->url, 0) == CURLUE_OK;
    bool has_user = is_url && curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK;
    curl_free(user);
    curl_url_cleanup(parts);
    if (!is_url || (!is_tls && !has_scheme(options->url, options->scheme, "://")))
        return REFUSE("the %s's address must begin with %s:// or %ss://", options->name,
                      options->scheme, options->scheme);
    if (has_user)
        return REFUSE("the %s's address may not hold a user", options->name);
    if ((options->user[0] == 0) != (options->password_path[0] == 0))
        return REFUSE("a user of the %s needs a password file, and it a user", options->name);
    if (options->is_plain && is_tls)
        return REFUSE("without TLS there is no %ss://", options->scheme);
    return OK;
}

/* The first line. */
static enum err
read_password(struct mail_server *server, const struct mail_server_options *options,
              struct fault *ret_fault)
{
    int fd = open(options->password_path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, server->password, sizeof server->password - 1) : -1;
    int code = errno;
    if (fd >= 0)
        close(fd);
    if (size < 0)
        return REFUSE("the %s's password file %s: %s", options->name, options->password_path,
                      strerror(code));
    server->password[size] = 0;
    server->password[strcspn(server->password, "\r\n")] = 0;
    return server->password[0] != 0 ? OK : REFUSE("the %s's password file is empty", options->name);
}

enum err
mail_server_init(const struct mail_server_options *options, struct mail_server *ret_server,
                 struct fault *ret_fault)
{
    enum err err = check_options(options, ret_fault);
    if (err != OK)
        return err;
    *ret_server = (struct mail_server){
        .url = mem_copy_text(options->url),
        .user = mem_copy_text(options->user),
        .ca_path = mem_copy_text(options->ca_path),
        .schemes = mem_alloc(SCHEMES_SIZE),
        .is_plain = options->is_plain,
    };
    snprintf(ret_server->schemes, SCHEMES_SIZE, "%s,%ss", options->scheme, options->scheme);
    if (options->user[0] != 0)
        err = read_password(ret_server, options, ret_fault);
    if (err != OK)
        mail_server_deinit(ret_server);
    return err;
}

void
mail_server_deinit(struct mail_server *server)
{
    sodium_memzero(server->password, sizeof server->password);
    mem_free(server->url);
    mem_free(server->user);
    mem_free(server->ca_path);
    mem_free(server->schemes);
    *server = (struct mail_server){0};
}

/* ---- a handle ---- */

void
mail_server_set(const struct mail_server *server, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_URL, server->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, server->schemes);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_USE_SSL,
                     (long)(server->is_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (server->ca_path[0] != 0) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, server->ca_path);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (server->user[0] != 0) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, server->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, server->password);
    }
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}
