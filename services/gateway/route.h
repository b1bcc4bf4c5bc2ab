/*
 * route - which method a path means
 *
 * The generated routes become a tree by segments. A literal goes before a variable; where the
 * literal leads nowhere, the variable is tried. Each segment is percent-decoded by itself. The text
 * after the last raw colon of the last segment is a verb, where the path has such a verb.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"
#include "common/contract.h"

enum { ROUTE_SEGMENTS_MAX = 16 };

struct route_table;

struct route_match {
    const struct contract_route *route; /* NULL: the path has no such method */
    unsigned verbs; /* bits 1 << contract_verb that the path has; 0: unknown path */
    size_t value_count;
    int fields[ROUTE_SEGMENTS_MAX];         /* the variables' fields in the request */
    const char *values[ROUTE_SEGMENTS_MAX]; /* decoded, in the arena */
};

/* `routes` must live as long as the table. Two routes with the same verb and shape end the process:
 * the contract is broken. */
struct route_table *route_table_new(const struct contract_route *routes, size_t count);
void route_table_free(struct route_table **table);

/*
 * Finds a path, as sent, without its query. `verb` < 0 finds the verbs only.
 *
 * ERR_INVALID_ARGUMENT PATH_MALFORMED: bad percent-encoding, not UTF-8, NUL, "." or "..". An
 * unknown path is OK with verbs = 0.
 */
enum err route_find(const struct route_table *table, struct arena *arena, const char *path,
                    int verb, struct route_match *ret_match, struct fault *ret_fault) MUST_CHECK;

/* Decodes %XX in place, `is_form` also '+' as a space. False: malformed, NUL, or not UTF-8. */
bool route_decode(char *text, bool is_form) MUST_CHECK;

/* Adds `text` percent-encoded, so that it is one segment. */
struct buf;
void route_encode(struct buf *out, const char *text);

/* "GET", and back; -1 for methods that no route has. HEAD is GET. */
const char *route_verb_name(enum contract_verb verb);
int route_verb(const char *method);
