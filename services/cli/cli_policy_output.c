/*
 * cli_policy_output - keeps what a subcommand prints, and writes it at the end
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
cli_policy_output_open(struct cli_policy_output *output, struct cli_policy *run)
{
    bool is_file = run->options[CLI_OPTION_OUTPUT] != NULL;
    *output = (struct cli_policy_output){0};
    run->out = open_memstream(&output->bytes, &output->size_bytes);
    CHECK(run->out != NULL);
    run->has_colour = !is_file && cli_terminal_has_colour(stdout);
    run->width_columns = cli_terminal_width(is_file ? run->out : stdout);
}

/* Writes all and closes. 0, or why it could not be written. */
static int
write_stream(FILE *stream, const struct cli_policy_output *output)
{
    errno = 0;
    bool is_written = fwrite(output->bytes, 1, output->size_bytes, stream) == output->size_bytes &&
                      fflush(stream) == 0;
    int error = is_written ? 0 : errno;
    return fclose(stream) != 0 && error == 0 ? errno : error;
}

static int
write_in_place(const char *path, const struct cli_policy_output *output)
{
    FILE *stream = fopen(path, "we");
    return stream == NULL ? errno : write_stream(stream, output);
}

/* The mode of the file that is replaced, or that of a new one. */
static mode_t
mode_of(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0)
        return status.st_mode & 0777;
    mode_t mask = umask(0);
    (void)umask(mask);
    return 0666 & ~mask;
}

/* Beside a file of its folder, which it then replaces. False: no file can be made there. */
static bool
write_beside(const char *path, const struct cli_policy_output *output, struct arena *arena,
             int *ret_error)
{
    char *beside = arena_printf(arena, "%s.XXXXXX", path);
    mode_t mode = mode_of(path);
    int fd = mkstemp(beside);
    if (fd < 0)
        return false;
    FILE *stream = fdopen(fd, "w");
    CHECK(stream != NULL);
    int error = fchmod(fd, mode) != 0 ? errno : 0;
    int unwritten = write_stream(stream, output);
    error = error == 0 ? unwritten : error;
    if (error == 0 && rename(beside, path) != 0)
        error = errno;
    if (error != 0)
        (void)unlink(beside);
    *ret_error = error;
    return true;
}

/* What is no file (a pipe, a terminal) is written as it is, and so is a file in a folder that takes
 * no other. A link stays one: what it points to is replaced. */
static int
write_file(const char *path, const struct cli_policy_output *output, struct arena *arena)
{
    struct stat status;
    bool is_there = stat(path, &status) == 0;
    char *target = is_there ? realpath(path, NULL) : NULL;
    int error = 0;
    bool is_done = (!is_there || (S_ISREG(status.st_mode) && target != NULL)) &&
                   write_beside(is_there ? target : path, output, arena, &error);
    free(target);
    return is_done ? error : write_in_place(path, output);
}

int
cli_policy_output_close(struct cli_policy_output *output, struct cli_policy *run, int status)
{
    const char *path = run->options[CLI_OPTION_OUTPUT];
    CHECK(fclose(run->out) == 0);
    int error = 0;
    if (path == NULL)
        error = write_stream(stdout, output);
    else if (status == CLI_FINE)
        error = write_file(path, output, run->arena);
    free(output->bytes);
    if (error == 0)
        return status;
    fprintf(stderr, "aftercare policy %s: %s cannot be written: %s\n", run->command,
            path != NULL ? path : "the output", strerror(error));
    return CLI_WRONG;
}
