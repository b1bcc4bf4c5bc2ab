/*
 * cli_terminal - colours, width and wrapping for people at a terminal
 *
 * A program that reads our output sees none of it: a pipe or file gets no colour, and 80 columns.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 40, WIDTH_MAX = 100 };

bool
cli_terminal_has_colour(FILE *stream)
{
    const char *refusal = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return (refusal == NULL || refusal[0] == 0) &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0) && isatty(fileno(stream)) == 1;
}

const char *
cli_terminal_paint(bool has_colour, enum cli_colour colour)
{
    static const char *const sequences[] = {
        [CLI_PLAIN] = "\033[0m", [CLI_BOLD] = "\033[1m",   [CLI_DIM] = "\033[2m",
        [CLI_RED] = "\033[31m",  [CLI_GREEN] = "\033[32m", [CLI_YELLOW] = "\033[33m",
    };
    CHECK((size_t)colour < COUNT_OF(sequences));
    return has_colour ? sequences[colour] : "";
}

int
cli_terminal_width(FILE *stream)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    long width = columns != NULL ? strtol(columns, NULL, 10) : 0;
    if (isatty(fileno(stream)) == 1 && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 &&
        size.ws_col > 0)
        width = size.ws_col;
    if (width <= 0)
        return WIDTH_DEFAULT;
    return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : (int)width;
}

/* Characters, counted by those bytes that begin one. */
static int
count_columns(const char *text, size_t size_bytes)
{
    int count = 0;
    for (size_t i = 0; i < size_bytes; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

void
cli_terminal_wrap(FILE *stream, int indent_columns, int width_columns, const char *words)
{
    int column = indent_columns;
    bool is_first = true;
    for (const char *at = words; *(at += strspn(at, " \n")) != 0;) {
        size_t size = strcspn(at, " \n");
        int columns = count_columns(at, size);
        if (!is_first && column + 1 + columns > width_columns) {
            fprintf(stream, "\n%*s", indent_columns, "");
            column = indent_columns;
        } else if (!is_first) {
            fputc(' ', stream);
            column++;
        }
        fwrite(at, 1, size, stream);
        column += columns;
        is_first = false;
        at += size;
    }
    fputc('\n', stream);
}
