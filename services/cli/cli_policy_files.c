/*
 * cli_policy_files - reads a policy from a folder
 *
 * The main file says what else it needs. What is not there is left out: the reader then refuses the
 * policy and says at which place of the main file it is named, which helps more than a name of a
 * file would. A file that is there and cannot be read is told as what it is. What the command line
 * names may be a pipe; what is found by a name in the policy is opened only if it is a regular
 * file, so that a policy from elsewhere cannot make its reader wait.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_BYTES = 65536 };

static bool
refuse(struct policy_problems *problems, const char *path, const char *why)
{
    policy_problem_add(problems, POLICY_ERROR, CLI_POLICY_FILE_UNREADABLE,
                       (struct policy_place){.file = path}, NULL, "it cannot be read: %s", why);
    return false;
}

/* Reads to the end, or one byte beyond the limit, and closes. */
static bool
load_stream(struct arena *arena, FILE *stream, const char *path, size_t size_bytes_max,
            struct policy_file *ret_file, struct policy_problems *problems)
{
    struct buf bytes = {0};
    errno = 0;
    while (bytes.size_bytes <= size_bytes_max && !feof(stream) && !ferror(stream)) {
        size_t most = size_bytes_max + 1 - bytes.size_bytes;
        char *room = buf_room(&bytes, CHUNK_BYTES);
        bytes.size_bytes += fread(room, 1, most < CHUNK_BYTES ? most : CHUNK_BYTES, stream);
    }
    int error = ferror(stream) ? errno : 0;
    (void)fclose(stream);
    if (error == 0)
        *ret_file = (struct policy_file){
            .name = arena_copy_text(arena, path),
            .bytes = arena_copy(arena, buf_text(&bytes), bytes.size_bytes + 1),
            .size_bytes = bytes.size_bytes,
        };
    buf_free(&bytes);
    return error == 0 || refuse(problems, path, strerror(error));
}

bool
cli_policy_files_load(struct arena *arena, const char *path, size_t size_bytes_max,
                      struct policy_file *ret_file, struct policy_problems *problems)
{
    FILE *stream = fopen(path, "rbe");
    if (stream == NULL)
        return refuse(problems, path, strerror(errno));
    return load_stream(arena, stream, path, size_bytes_max, ret_file, problems);
}

/* Where the name of a file begins in its path. */
static size_t
folder_size(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* "x/default.yaml" and "de": "x/default.de.yaml". */
static const char *
language_path(struct arena *arena, const char *path, const char *language)
{
    size_t folder = folder_size(path);
    const char *dot = strrchr(path + folder, '.');
    size_t base = dot == NULL ? strlen(path) : (size_t)(dot - path);
    return arena_printf(arena, "%.*s.%s%s", (int)base, path, language, path + base);
}

static const char *
holidays_path_of(struct arena *arena, const char *path, const char *folder, const char *code)
{
    if (folder != NULL)
        return arena_printf(arena, "%s/%s.yaml", folder, code);
    return arena_printf(arena, "%.*sholidays/%s.yaml", (int)folder_size(path), path, code);
}

/* Names that lead out of the folder are nobody's language or country. */
static bool
is_name(const char *text)
{
    return text[0] != 0 && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                             "0123456789-")] == 0;
}

/* A file that need not be there, opened once. Counts it in if it is; false: it is, and cannot be
 * read. O_NONBLOCK changes nothing for a regular file, and waits for no writer of a pipe. */
static bool
load_named(struct arena *arena, const char *name, const char *path, struct policy_file *files,
           size_t *count, struct policy_problems *problems)
{
    if (!is_name(name))
        return true;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT || refuse(problems, path, strerror(errno));
    struct stat status;
    CHECK(fstat(fd, &status) == 0);
    if (!S_ISREG(status.st_mode)) {
        (void)close(fd);
        return refuse(problems, path, "it is no regular file");
    }
    FILE *stream = fdopen(fd, "rb");
    CHECK(stream != NULL);
    if (!load_stream(arena, stream, path, POLICY_FILE_BYTES_MAX, &files[*count], problems))
        return false;
    (*count)++;
    return true;
}

struct policy *
cli_policy_files_read(struct arena *arena, const char *path, const char *holidays_path,
                      struct policy_problems *problems)
{
    struct policy_sources sources = {0};
    struct policy_wants wants;
    if (!cli_policy_files_load(arena, path, POLICY_PUBLICATION_BYTES_MAX, &sources.main,
                               problems) ||
        !policy_read_wants(arena, &sources.main, &wants, problems))
        return NULL;
    struct policy_file *languages =
        arena_alloc(arena, (wants.language_count + 1) * sizeof *languages);
    struct policy_file *holidays =
        arena_alloc(arena, (wants.holiday_code_count + 1) * sizeof *holidays);
    bool is_read = true;
    for (size_t i = 0; i < wants.language_count; i++)
        is_read &=
            load_named(arena, wants.languages[i], language_path(arena, path, wants.languages[i]),
                       languages, &sources.language_count, problems);
    for (size_t i = 0; i < wants.holiday_code_count; i++) {
        const char *code = wants.holiday_codes[i];
        is_read &= load_named(arena, code, holidays_path_of(arena, path, holidays_path, code),
                              holidays, &sources.holiday_count, problems);
    }
    sources.languages = languages;
    sources.holidays = holidays;
    return is_read ? policy_read(arena, &sources, problems) : NULL;
}
