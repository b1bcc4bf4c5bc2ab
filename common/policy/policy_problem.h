/*
 * policy_problem - what is wrong with a policy, each with its place
 *
 * Readers and checkers go on after a fault and collect, so that an author sees all of them at once.
 * A list keeps at most POLICY_PROBLEMS_MAX; later ones are only counted.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"

enum { POLICY_PROBLEMS_MAX = 500 };

enum policy_severity { POLICY_WARNING, POLICY_ERROR };

struct policy_problem {
    enum policy_severity severity;
    const char
        *reason; /* UPPER_SNAKE, stable: "PARAMETER_UNKNOWN", "RULES_TIE", "VALUE_MISSING" ... */
    const char *file;       /* name of the file, as given to the reader */
    int line;               /* from 1; 0: the file as a whole */
    int column;             /* in bytes, from 1; 0: unknown */
    const char *clause_id;  /* "warranty.period", "" outside clauses */
    const char *message;    /* one sentence, no full stop */
    const char *suggestion; /* YAML ready to paste, or NULL */
};

struct policy_problems {
    struct arena *arena; /* the caller's; everything below lives there */
    struct policy_problem *problems;
    size_t problem_count; /* kept, at most POLICY_PROBLEMS_MAX */
    size_t error_count;   /* all, kept or not */
    size_t warning_count;
    size_t room;
};

/* Where something stands. */
struct policy_place {
    const char *file;
    int line;
    int column;
};

/* Adds one; `clause_id` may be NULL. Texts are copied; message and clause as one line: line feeds
 * and other control characters are escaped, parts of characters left out, and what is longer than
 * 511 bytes is cut. */
void policy_problem_add(struct policy_problems *problems, enum policy_severity severity,
                        const char *reason, struct policy_place place, const char *clause_id,
                        const char *format, ...) PRINTF_LIKE(6, 7);

/* Gives the last one added a text to paste (copied). */
void policy_problem_suggest(struct policy_problems *problems, const char *yaml);

/* By line and column, whatever the file. */
int policy_place_compare(const struct policy_place *a, const struct policy_place *b);

/* Sorts by file, line, column, reason; ties keep the order in which they were added. */
void policy_problems_sort(struct policy_problems *problems);
