/*
 * cli_tail_place - a place in the log, and the file that keeps it
 *
 * The file holds one sequence and a line's end. It is written beside itself and then renamed, both
 * made durable, so that whoever is interrupted finds the old place or the new one.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_tail.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cloudevent.h"

enum { LINE_SIZE = 64 };

bool
cli_place_parse(const char *text, struct cli_place *ret_place)
{
    char sequence[CLOUDEVENT_SEQUENCE_SIZE];
    if (cloudevent_parse_sequence(text, &ret_place->epoch, &ret_place->position))
        return true;
    int size = snprintf(sequence, sizeof sequence, "0-%s", text);
    return size < (int)sizeof sequence &&
           cloudevent_parse_sequence(sequence, &ret_place->epoch, &ret_place->position);
}

static void
complain(const char *what, const char *path, const char *why)
{
    fprintf(stderr, "aftercare: cannot %s %s: %s\n", what, path, why);
}

enum cli_place_file
cli_place_load(const char *path, struct cli_place *ret_place)
{
    char line[LINE_SIZE] = "";
    FILE *file = fopen(path, "re");
    if (file == NULL && errno == ENOENT)
        return CLI_PLACE_NONE;
    if (file == NULL) {
        complain("read", path, strerror(errno));
        return CLI_PLACE_BAD;
    }
    size_t size = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    bool is_whole = size > 1 && line[size - 1] == '\n';
    line[is_whole ? size - 1 : 0] = 0;
    if (is_whole && strchr(line, '-') != NULL && cli_place_parse(line, ret_place))
        return CLI_PLACE_KEPT;
    complain("use", path, "it holds no place in the log, as 1-0000000000000042");
    return CLI_PLACE_BAD;
}

/* Makes the renaming itself durable. */
static bool
sync_folder(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return is_good;
}

static bool
write_file(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    ssize_t size = (ssize_t)strlen(line);
    bool is_good = write(fd, line, (size_t)size) == size && fsync(fd) == 0;
    return close(fd) == 0 && is_good;
}

bool
cli_place_save(const char *path, const struct cli_place *place)
{
    char sequence[CLOUDEVENT_SEQUENCE_SIZE], line[LINE_SIZE], new_path[PATH_MAX];
    cloudevent_print_sequence(place->epoch, place->position, sequence);
    snprintf(line, sizeof line, "%s\n", sequence);
    bool is_good = snprintf(new_path, sizeof new_path, "%s.new", path) < (int)sizeof new_path;
    if (!is_good)
        errno = ENAMETOOLONG;
    is_good =
        is_good && write_file(new_path, line) && rename(new_path, path) == 0 && sync_folder(path);
    if (!is_good)
        complain("write", path, strerror(errno));
    return is_good;
}
