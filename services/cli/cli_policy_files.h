/*
 * cli_policy_files - a policy and the files that belong to it, from a folder
 *
 *     default.yaml               the main file: values, and the texts of one language
 *     default.de.yaml            beside it, one for each other language that it names
 *     holidays/DE.yaml           beside it, one for each holiday list that its calendars name
 *
 * A publication (one file, JSON or YAML) needs no others but the holiday lists that it does not
 * hold.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_read.h"

/* The reason of problems with the disk: the file is not there or cannot be read. */
#define CLI_POLICY_FILE_UNREADABLE "FILE_UNREADABLE"

/* Reads one file into the arena, at most one byte beyond `size_bytes_max`: who is given more than
 * that refuses it. False: `problems` says why. */
bool cli_policy_files_load(struct arena *arena, const char *path, size_t size_bytes_max,
                           struct policy_file *ret_file, struct policy_problems *problems);

/* Reads a policy with all its files. `holidays_path` is the folder of holiday lists; NULL: the one
 * beside the main file. NULL: `problems` says why. Whether the rules hold together is
 * policy_check's to say. */
struct policy *cli_policy_files_read(struct arena *arena, const char *path,
                                     const char *holidays_path, struct policy_problems *problems);
