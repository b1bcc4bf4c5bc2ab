/*
 * conf - configuration: one table per daemon, read once from the environment
 *
 * AFTERCARE_<SERVICE>_<KEY> for a daemon's own keys, AFTERCARE_<KEY> for those all daemons share.
 * A bad value, or a name that begins with AFTERCARE_ and is nobody's, stops the start with a
 * sentence. What begins with the prefix of another daemon is left to that one. --help prints the
 * table.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

enum conf_type { CONF_TYPE_TEXT, CONF_TYPE_UINT, CONF_TYPE_DURATION, CONF_TYPE_FLAG };

struct conf_key {
    const char *name; /* lower case, as "draft_ttl" */
    enum conf_type type;
    void *target;         /* const char *, unsigned, int64_t (ms), bool */
    const char *fallback; /* as it would be written; NULL: must be set */
    int64_t number_min;   /* of UINT, and of DURATION in ms */
    int64_t number_max;
    const char *sentence; /* what it is for */
};

#define CONF_TEXT(key, variable, fallback_text, text)                                              \
    {                                                                                              \
        key, CONF_TYPE_TEXT, &(variable), fallback_text, 0, 0, text                                \
    }
#define CONF_UINT(key, variable, fallback_text, min, max, text)                                    \
    {                                                                                              \
        key, CONF_TYPE_UINT, &(variable), fallback_text, min, max, text                            \
    }
/* Written with a unit: 250ms, 30s, 5m, 24h, 7d. The variable is int64_t milliseconds. */
#define CONF_DURATION(key, variable, fallback_text, min_ms, max_ms, text)                          \
    {                                                                                              \
        key, CONF_TYPE_DURATION, &(variable), fallback_text, min_ms, max_ms, text                  \
    }
#define CONF_FLAG(key, variable, fallback_text, text)                                              \
    {                                                                                              \
        key, CONF_TYPE_FLAG, &(variable), fallback_text, 0, 0, text                                \
    }
#define CONF_END                                                                                   \
    {                                                                                              \
        NULL, CONF_TYPE_TEXT, NULL, NULL, 0, 0, NULL                                               \
    }

/* Reads both tables (`shared` may be NULL). On a mistake prints one line per mistake to stderr and
 * answers false. */
bool conf_read(const char *service, const struct conf_key *shared,
               const struct conf_key *own) MUST_CHECK;

/* The table as --help prints it. */
void conf_print(const char *service, const struct conf_key *shared, const struct conf_key *own);
