/*
 * terms - the clause warranty.period of a policy file: how long, counted from what
 *
 * Reads of the policy only what coverage rests on: the policy's time zone, the clause's own length
 * and start, and its exceptions by category alone. Exceptions by other axes (cost class, component,
 * condition) narrow what this answer does not tell apart, so they do not touch it.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/date.h"
#include "common/err.h"

enum {
    TERMS_CATEGORIES_MAX = 64,
    TERMS_STARTS_MAX = 8,
    TERMS_TEXT_SIZE = 64,
    TERMS_FILE_BYTES_MAX = 1024 * 1024
};

/* A length of time in calendar units, "none", or "unlimited". */
struct terms_length {
    int months;
    int days;
    bool is_none;
    bool is_unlimited;
};

enum terms_anchor { TERMS_DELIVERED, TERMS_PURCHASED, TERMS_OTHER };

/* One way to begin: the first one known counts. */
struct terms_start {
    enum terms_anchor anchor;
    int offset_days;
};

struct terms_category {
    char category[TERMS_TEXT_SIZE];
    struct terms_length length;
};

struct terms {
    char time_zone[TERMS_TEXT_SIZE];
    struct terms_length length;
    struct terms_category categories[TERMS_CATEGORIES_MAX];
    size_t category_count;
    struct terms_start starts[TERMS_STARTS_MAX];
    size_t start_count;
};

/* ERR_INVALID_ARGUMENT with the line of the fault; ERR_NOT_FOUND if the file cannot be read. */
enum err terms_read(const char *path, struct terms *ret_terms, struct fault *ret_fault) MUST_CHECK;

/* "1 year", "18 months", "90 days", "none", "unlimited". */
bool terms_parse_length(const char *text, struct terms_length *ret_length);

/* The length that holds for a category. */
const struct terms_length *terms_length_for(const struct terms *terms, const char *category);
