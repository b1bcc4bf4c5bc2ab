/*
 * cli_tail - aftercare tail: its words, its place in the log, its lines
 *
 *     cli_tail.c         what it does: pull, print, keep the place, until it is told to end
 *     cli_tail_words.c   the words of the command line
 *     cli_tail_place.c   the file that keeps the place
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "events/v1/events.pb-c.h"

enum { CLI_TAIL_TYPES_MAX = 64 };

/* Exit statuses. */
enum {
    CLI_TAIL_ENDED = 0,
    CLI_TAIL_REFUSED = 1, /* the events daemon refuses: the token, the role, the wish */
    CLI_TAIL_WRONG = 2,   /* words, files, output that cannot be written */
    CLI_TAIL_RESYNC = 3,  /* events between the place and the log are gone */
};

/* Where it is: behind this position. Epoch 0: not said. */
struct cli_place {
    int64_t epoch;
    int64_t position;
};

struct cli_tail_words {
    const char *token;
    const char *bus_dir;   /* NULL: by name */
    const char *connect;   /* "tcp://{service}:7400"; "" for the directory */
    const char *curve_dir; /* NULL: none */
    const char *types[CLI_TAIL_TYPES_MAX];
    size_t type_count;
    const char *aggregate;  /* "": any */
    const char *state_path; /* NULL: none */
    struct cli_place after; /* where it begins if no file says otherwise */
    bool is_after_said;     /* otherwise with what comes next */
    bool is_json;
    bool is_ending; /* at the log's end */
    bool is_help;
};

/* Reads the words, and what stands in the environment in their place. False: they are wrong, and
 * stderr says why. */
bool cli_tail_read_words(int argc, char **argv, struct cli_tail_words *ret_words);
void cli_tail_print_help(void);

/* "42", or a sequence as "1-0000000000000042". */
bool cli_place_parse(const char *text, struct cli_place *ret_place);

enum cli_place_file { CLI_PLACE_KEPT, CLI_PLACE_NONE, CLI_PLACE_BAD };

/* Reads the file; NONE: there is none yet. BAD: stderr says why. */
enum cli_place_file cli_place_load(const char *path, struct cli_place *ret_place);

/* Puts the place into the file, whole or not at all, even if the machine goes down. False: stderr
 * says why. */
bool cli_place_save(const char *path, const struct cli_place *place);

/* Adds the event's line: a CloudEvent, or something for people. */
void cli_tail_add_line(struct buf *out, int64_t epoch, const Events__V1__LoggedEvent *event,
                       bool is_json);
