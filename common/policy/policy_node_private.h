/*
 * policy_node_private - what the YAML and the JSON reader share: a tree that is built from events,
 * under limits
 *
 * A reader opens maps and lists, gives keys and scalars in the order of the text, and closes what
 * it opened. Every call that answers false has said why in `problems`; the reader then stops.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_node.h"

/* A map or list that is still open. */
struct policy_node_level {
    struct policy_node *node;
    struct policy_node *last;      /* child */
    const char *key;               /* given, and its value not yet; NULL */
    struct policy_place key_place; /* of `key` */
    bool is_flow;                  /* written in brackets */
};

struct policy_node_builder {
    struct arena *arena; /* of the tree */
    struct policy_problems *problems;
    const char *file; /* name, in the arena */
    const char *text; /* without a byte order mark */
    const char *end;
    struct policy_node *root;
    struct policy_node_level levels[POLICY_DEPTH_MAX];
    int depth;
    size_t node_count;
    /* The clause that is being read, for messages: the value of `clause:` of a map that is open. */
    const char *clause_id;
    int clause_depth;
};

/* Adds an error; always false. */
bool policy_node_fail(struct policy_node_builder *builder, struct policy_place place,
                      const char *reason, const char *format, ...) PRINTF_LIKE(4, 5);

/* The innermost open map or list; NULL at the top. */
struct policy_node_level *policy_node_top(struct policy_node_builder *builder);

/* `kind` is MAP or LIST. */
bool policy_node_open(struct policy_node_builder *builder, enum policy_node_kind kind, bool is_flow,
                      struct policy_place place);
/* Says which keys of a map stand there twice. */
bool policy_node_close(struct policy_node_builder *builder);

/* Texts are copied. */
bool policy_node_key(struct policy_node_builder *builder, const char *text, size_t size_bytes,
                     struct policy_place place);
bool policy_node_scalar(struct policy_node_builder *builder, const char *text, size_t size_bytes,
                        bool is_quoted, bool is_null, struct policy_place place);

/* Whether a text holds a character that no policy may hold: a control character other than line
 * feed and tab, or one that is none in Unicode. `ret_offset` is its place. */
bool policy_node_has_control(const char *text, size_t size_bytes, size_t *ret_offset);

/* The formats. True: `builder->root` is the tree, unless an error was added that lets reading go
 * on. */
bool policy_node_read_yaml(struct policy_node_builder *builder);
bool policy_node_read_json(struct policy_node_builder *builder);

/* As policy_node_read, with the tree in an arena of its own, and going on after errors that leave a
 * tree (keys that stand twice, keys without a value). */
struct policy_node *policy_node_parse(struct arena *arena, const struct policy_file *file,
                                      size_t size_bytes_max, struct policy_problems *problems);

/* Sorts all maps of a tree by key. Calls itself, at most POLICY_DEPTH_MAX deep. */
void policy_node_sort(struct arena *arena, struct policy_node *node);
