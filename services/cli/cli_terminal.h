/*
 * cli_terminal - what a stream can show: colours, and how many columns
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdio.h>

#include "common/base.h"

enum cli_colour { CLI_PLAIN, CLI_BOLD, CLI_DIM, CLI_RED, CLI_GREEN, CLI_YELLOW };

/* Whether a stream is a terminal that shows colours, and nobody asked for none (NO_COLOR,
 * TERM=dumb). */
bool cli_terminal_has_colour(FILE *stream);

/* The escape sequence that begins a colour; CLI_PLAIN ends it. "" without colours. */
const char *cli_terminal_paint(bool has_colour, enum cli_colour colour);

/* Columns for running text: as wide as the terminal, within what is good to read. Where the stream
 * is no terminal, COLUMNS or 80. */
int cli_terminal_width(FILE *stream);

/* Prints words at an indent, in lines of at most `width_columns` characters; the first line begins
 * where the cursor is, which must be at the indent. Ends the last line. */
void cli_terminal_wrap(FILE *stream, int indent_columns, int width_columns, const char *words);
