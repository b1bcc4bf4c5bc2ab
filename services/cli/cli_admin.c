/*
 * cli_admin - asks daemons by their admin sockets
 *
 * A daemon that was killed leaves its socket behind as a file, which refuses connections.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_admin.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

enum { TIMEOUT_MS = 2000, PATH_SIZE = 4096 };

static bool
is_socket_name(const char *name)
{
    static const char ending[] = ".admin";
    size_t length = strlen(name);
    return length > strlen(ending) && length < CLI_SOCKET_SIZE &&
           strcmp(name + length - strlen(ending), ending) == 0;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool
list_sockets(const char *folder_path, struct cli_sockets *ret_sockets)
{
    DIR *folder = opendir(folder_path);
    if (folder == NULL)
        return false;
    ret_sockets->count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!is_socket_name(entry->d_name) || ret_sockets->count == CLI_SOCKETS_MAX)
            continue;
        char *name = ret_sockets->names[ret_sockets->count++];
        memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
    }
    closedir(folder);
    qsort(ret_sockets->names, ret_sockets->count, CLI_SOCKET_SIZE, compare_names);
    return true;
}

struct cli_run *
cli_run_open(const char *wanted)
{
    struct cli_run *run = mem_alloc(sizeof *run);
    if (wanted == NULL)
        wanted = getenv("AFTERCARE_RUN_DIR");
    if (wanted == NULL)
        wanted = ".run/run";
    /* The name of a socket has 107 bytes at most; a link to it is short. */
    run->folder = realpath(wanted, NULL);
    if (run->folder != NULL && list_sockets(run->folder, &run->sockets))
        return run;
    fprintf(stderr, "aftercare: the folder of the admin sockets, \"%s\" (--run-dir): %s\n", wanted,
            strerror(errno));
    cli_run_close(run);
    return NULL;
}

void
cli_run_close(struct cli_run *run)
{
    free(run->folder);
    mem_free(run);
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *context)
{
    buf_add(context, bytes, size * count);
    return size * count;
}

static enum cli_answer
ask(const struct cli_run *run, bool is_post, const char *socket, const char *page,
    struct buf *ret_body)
{
    char path[PATH_SIZE], url[PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%s", run->folder, socket) >= (int)sizeof path ||
        snprintf(url, sizeof url, "http://localhost%s", page) >= (int)sizeof url)
        return CLI_GONE;
    CURL *curl = curl_easy_init();
    CHECK(curl != NULL);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    if (is_post)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, ret_body);
    CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (code == CURLE_COULDNT_CONNECT)
        return CLI_GONE;
    return code == CURLE_OK && status == 200 ? CLI_ANSWERED : CLI_SILENT;
}

enum cli_answer
cli_admin_get(const struct cli_run *run, const char *socket, const char *page, struct buf *ret_body)
{
    return ask(run, false, socket, page, ret_body);
}

enum cli_answer
cli_admin_post(const struct cli_run *run, const char *socket, const char *page,
               struct buf *ret_body)
{
    return ask(run, true, socket, page, ret_body);
}
