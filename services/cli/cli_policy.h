/*
 * cli_policy - the parts of `aftercare policy`: what was asked for, and what every subcommand needs
 *
 * cli_policy.c has the tables of subcommands and options and reads the command line; each
 * subcommand has a file of its own, cli_policy_<name>.c. They answer an exit status.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdio.h>

#include "cli_terminal.h"
#include "common/policy/policy_format.h"

/* Exit statuses. */
enum {
    CLI_FINE = 0,
    CLI_FOUND = 1, /* the policy or the case has an error */
    CLI_WRONG = 2  /* wrong words, or a file that cannot be read or written */
};

/* In the order in which --help lists them. */
enum cli_policy_option {
    CLI_OPTION_SUGGEST,
    CLI_OPTION_TEXT,
    CLI_OPTION_HTML,
    CLI_OPTION_YAML,
    CLI_OPTION_JSON,
    CLI_OPTION_LANGUAGE,
    CLI_OPTION_CLAUSE,
    CLI_OPTION_AGAINST,
    CLI_OPTION_INTERNAL,
    CLI_OPTION_FACTS,
    CLI_OPTION_HOLIDAYS,
    CLI_OPTION_OUTPUT,
    CLI_OPTION_AXIS, /* --category, --region ...: the name of any axis */
    CLI_OPTION_COUNT
};

struct cli_policy {
    const char *command; /* "check" */
    const char **words;  /* those that are no options */
    size_t word_count;
    const char *options[CLI_OPTION_COUNT]; /* what stood with each; "" where nothing does; NULL: not
                                              given */
    const char *axes[POLICY_AXIS_COUNT];   /* CLI_OPTION_AXIS */

    struct arena *arena; /* of the whole run */
    struct policy_problems problems;
    FILE *out;         /* kept in memory until the end (cli_policy_output.h) */
    bool has_colour;   /* of where that goes */
    int width_columns; /* the same */
};

/* The subcommands. */
int cli_policy_check(struct cli_policy *run);
int cli_policy_pack(struct cli_policy *run);
int cli_policy_print(struct cli_policy *run);
int cli_policy_explain(struct cli_policy *run);
int cli_policy_diff(struct cli_policy *run);
int cli_policy_decide(struct cli_policy *run);
int cli_policy_schema(struct cli_policy *run);

/* ---- what they share: cli_policy_share.c ---- */

/* Says on stderr what is wrong with the command line, and answers CLI_WRONG. */
int cli_policy_refuse(const struct cli_policy *run, const char *format, ...) PRINTF_LIKE(2, 3);

/* Reads and checks a policy. NULL after an error, all of which are then on stderr; the status of
 * the run is cli_policy_status. Warnings are for `check` to tell. */
struct policy *cli_policy_load(struct cli_policy *run, const char *path);

/* CLI_FOUND after errors, CLI_WRONG where one of them is a file that cannot be read. */
int cli_policy_status(const struct policy_problems *problems);

/* Writes problems as compilers do, `file:line:column: error: sentence (clause) [REASON]`, sorted,
 * each with its suggestion below it. Answers how many it told. */
size_t cli_policy_tell(struct policy_problems *problems, bool with_warnings, FILE *stream);

/* The language that was asked for, the policy's first if none was. False: the policy does not have
 * it, and stderr says so. */
bool cli_policy_language(const struct cli_policy *run, const struct policy *policy,
                         size_t *ret_language);

/* Says a subject's value on an axis. False: there is no such value, and stderr says so. */
bool cli_policy_say(const struct cli_policy *run, const struct policy *policy,
                    enum policy_axis axis, const char *code, struct policy_subject *subject);

/* The axis of a name, also with dashes for underscores; -1: there is none. */
int cli_policy_find_axis(const char *name, size_t name_size);

/* Paints on `run->out`. */
const char *cli_paint(const struct cli_policy *run, enum cli_colour colour);

/* Writes compact JSON as people read it, two spaces a level. */
void cli_policy_print_json(const struct cli_policy *run, struct buf *json);

/* Appends `"key":"text"`, and a comma before it unless it is the first of its object. */
void cli_json_text(struct buf *json, const char *key, const char *text);
void cli_json_number(struct buf *json, const char *key, int64_t number);
void cli_json_flag(struct buf *json, const char *key, bool flag);
/* The same for what comes next: an object, a list. */
void cli_json_key(struct buf *json, const char *key);
