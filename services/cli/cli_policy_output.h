/*
 * cli_policy_output - where what a subcommand prints goes: stdout, or the file of --output
 *
 * All is kept until it is whole. A policy with an error then leaves the page of the last one in its
 * place, and so does a disk that is full: the new file is written beside the old one and takes its
 * name at the end. What cannot be written is told with the system's own reason.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli_policy.h"

struct cli_policy_output {
    char *bytes;
    size_t size_bytes;
};

/* Sets `out`, `has_colour` and `width_columns` of the run. */
void cli_policy_output_open(struct cli_policy_output *output, struct cli_policy *run);

/* Writes what was kept; into a file only if the status is CLI_FINE. Answers the status of the run.
 */
int cli_policy_output_close(struct cli_policy_output *output, struct cli_policy *run, int status);
