/*
 * policy_node - a YAML or JSON text as a tree of texts with places
 *
 * Scalars stay the text they were written as: what `no`, `1.10` or `12` mean is decided by the kind
 * of the parameter, never guessed. One document; aliases, anchors, tags, merge keys, duplicate
 * keys, keys that are no scalars, control characters, bytes that are not UTF-8, more than
 * POLICY_FILE_BYTES_MAX bytes or POLICY_DEPTH_MAX levels are refused, each with its place, before
 * memory is spent on what follows.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_problem.h"

enum {
    POLICY_FILE_BYTES_MAX = 1024 * 1024,            /* of one file that a person wrote */
    POLICY_PUBLICATION_BYTES_MAX = 4 * 1024 * 1024, /* of a canonical form, which holds all files */
    POLICY_DEPTH_MAX = 16,
    POLICY_NODES_MAX = 200000
};

enum policy_node_kind { POLICY_NODE_MAP, POLICY_NODE_LIST, POLICY_NODE_SCALAR };

struct policy_node {
    enum policy_node_kind kind;
    const char *key;               /* inside a map; else NULL */
    const char *text;              /* SCALAR; else NULL. Never NULL for a scalar, may be "" */
    bool is_quoted;                /* SCALAR: written in quotes (or a JSON string) */
    bool is_null;                  /* SCALAR: nothing was written at all (or JSON null) */
    struct policy_place place;     /* of the value */
    struct policy_place key_place; /* of the key, inside a map */
    struct policy_node *children;  /* first; of a MAP or LIST */
    struct policy_node *next;      /* sibling */
    size_t child_count;
};

/* A file in memory. `name` is for messages ("default.yaml"). */
struct policy_file {
    const char *name;
    const char *bytes;
    size_t size_bytes;
};

/* Reads a file: JSON if its first character that is no space is '{', else YAML. NULL after an
 * error, which stands in `problems`. `size_bytes_max` is one of the two limits above. */
struct policy_node *policy_node_read(const struct policy_file *file, size_t size_bytes_max,
                                     struct policy_problems *problems);

/* The child of a map; NULL if there is none. */
struct policy_node *policy_node_get(const struct policy_node *map, const char *key);
