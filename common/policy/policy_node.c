/*
 * policy_node - building a tree from what a reader of YAML or JSON finds, and what both refuse
 *
 * The bytes are looked over once before any parser sees them (UTF-8, characters that do not print),
 * so that these faults have an exact place and the parsers' own rules about them do not matter.
 * Depth and the number of nodes are limited as the tree grows; memory comes from an arena that may
 * refuse it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_node.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/policy_node_private.h"

enum { MESSAGE_SIZE = 400, FEW_KEYS = 16 };

bool
policy_node_fail(struct policy_node_builder *builder, struct policy_place place, const char *reason,
                 const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    policy_problem_add(builder->problems, POLICY_ERROR, reason, place, builder->clause_id, "%s",
                       message);
    return false;
}

struct policy_node_level *
policy_node_top(struct policy_node_builder *builder)
{
    return builder->depth > 0 ? &builder->levels[builder->depth - 1] : NULL;
}

static bool
fail_memory(struct policy_node_builder *builder, struct policy_place place)
{
    return policy_node_fail(builder, place, "FILE_TOO_LARGE",
                            "the file needs more memory than its reader may take");
}

static char *
copy_text(struct policy_node_builder *builder, const char *text, size_t size_bytes)
{
    char *copy = arena_try_alloc(builder->arena, size_bytes + 1);
    if (copy == NULL)
        return NULL;
    if (size_bytes > 0)
        memcpy(copy, text, size_bytes);
    copy[size_bytes] = 0;
    return copy;
}

/* A new node as the last child of what is open. NULL: refused. */
static struct policy_node *
add_node(struct policy_node_builder *builder, enum policy_node_kind kind, struct policy_place place)
{
    if (builder->node_count == POLICY_NODES_MAX) {
        (void)policy_node_fail(builder, place, "FILE_TOO_LARGE",
                               "the file has more than %d values, lists and maps",
                               POLICY_NODES_MAX);
        return NULL;
    }
    struct policy_node *node = arena_try_alloc(builder->arena, sizeof *node);
    if (node == NULL) {
        (void)fail_memory(builder, place);
        return NULL;
    }
    builder->node_count++;
    *node = (struct policy_node){.kind = kind, .place = place};
    struct policy_node_level *level = policy_node_top(builder);
    if (level == NULL) {
        builder->root = node;
        return node;
    }
    node->key = level->key;
    node->key_place = level->key_place;
    level->key = NULL;
    if (level->last == NULL)
        level->node->children = node;
    else
        level->last->next = node;
    level->last = node;
    level->node->child_count++;
    return node;
}

bool
policy_node_open(struct policy_node_builder *builder, enum policy_node_kind kind, bool is_flow,
                 struct policy_place place)
{
    if (builder->depth == POLICY_DEPTH_MAX)
        return policy_node_fail(builder, place, "FILE_TOO_DEEP",
                                "maps and lists nest deeper than %d levels", POLICY_DEPTH_MAX);
    struct policy_node *node = add_node(builder, kind, place);
    if (node == NULL)
        return false;
    builder->levels[builder->depth++] =
        (struct policy_node_level){.node = node, .is_flow = is_flow};
    return true;
}

bool
policy_node_key(struct policy_node_builder *builder, const char *text, size_t size_bytes,
                struct policy_place place)
{
    struct policy_node_level *level = policy_node_top(builder);
    level->key = copy_text(builder, text, size_bytes);
    level->key_place = place;
    return level->key != NULL || fail_memory(builder, place);
}

bool
policy_node_scalar(struct policy_node_builder *builder, const char *text, size_t size_bytes,
                   bool is_quoted, bool is_null, struct policy_place place)
{
    struct policy_node *node = add_node(builder, POLICY_NODE_SCALAR, place);
    if (node == NULL)
        return false;
    node->text = copy_text(builder, text, size_bytes);
    node->is_quoted = is_quoted;
    node->is_null = is_null;
    if (node->text == NULL)
        return fail_memory(builder, place);
    if (node->key != NULL && strcmp(node->key, "clause") == 0) {
        builder->clause_id = node->text;
        builder->clause_depth = builder->depth;
    }
    return true;
}

/* ---- keys that stand twice ---- */

static int
compare_keys(const void *a, const void *b)
{
    const struct policy_node *x = *(const struct policy_node *const *)a;
    const struct policy_node *y = *(const struct policy_node *const *)b;
    int order = strcmp(x->key, y->key);
    if (order == 0)
        order = policy_place_compare(&x->key_place, &y->key_place);
    return order;
}

static void
refuse_twice(struct policy_node_builder *builder, const struct policy_node *first,
             const struct policy_node *second)
{
    (void)policy_node_fail(builder, second->key_place, "KEY_TWICE",
                           "\"%.64s\" stands here again, after line %d", second->key,
                           first->key_place.line);
}

/* Sorts where there are many keys, so that a hostile file does not cost the square of its size. */
static bool
check_keys(struct policy_node_builder *builder, const struct policy_node *map)
{
    size_t count = map->child_count;
    const struct policy_node *few[FEW_KEYS];
    const struct policy_node **nodes =
        count <= FEW_KEYS ? few : arena_try_alloc(builder->arena, count * sizeof(void *));
    if (nodes == NULL)
        return fail_memory(builder, map->place);
    size_t i = 0;
    for (const struct policy_node *child = map->children; child != NULL; child = child->next)
        nodes[i++] = child;
    if (count > 1)
        qsort(nodes, count, sizeof(void *), compare_keys);
    for (i = 1; i < count; i++)
        if (strcmp(nodes[i - 1]->key, nodes[i]->key) == 0)
            refuse_twice(builder, nodes[i - 1], nodes[i]);
    return true;
}

bool
policy_node_close(struct policy_node_builder *builder)
{
    const struct policy_node *node = policy_node_top(builder)->node;
    bool is_fine = node->kind != POLICY_NODE_MAP || check_keys(builder, node);
    if (builder->clause_id != NULL && builder->clause_depth == builder->depth)
        builder->clause_id = NULL;
    builder->depth--;
    return is_fine;
}

/* ---- the bytes, before anything is read ---- */

/* The character at `text` and its size; -1 and size 1 if the bytes are none (RFC 3629). */
static int32_t
decode(const unsigned char *text, size_t left_bytes, size_t *ret_size_bytes)
{
    static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char c = text[0];
    size_t size = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    *ret_size_bytes = 1;
    if (size == 0 || size > left_bytes)
        return -1;
    int32_t value = size == 1 ? c : c & (0x7f >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return -1;
        value = value << 6 | (text[i] & 0x3f);
    }
    if (value < least[size] || (value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff)
        return -1;
    *ret_size_bytes = size;
    return value;
}

/* What may not stand in a file. Line and paragraph separators are among it, as editors and parsers
 * disagree on whether they end a line, and the characters that turn the direction of what follows
 * them: a price or a link could read other than it is. */
static bool
is_refused(int32_t c)
{
    return c < 0 || (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || (c >= 0x7f && c <= 0x9f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
           (c & 0xfffe) == 0xfffe;
}

bool
policy_node_has_control(const char *text, size_t size_bytes, size_t *ret_offset)
{
    for (size_t i = 0, size; i < size_bytes; i += size) {
        int32_t c = decode((const unsigned char *)text + i, size_bytes - i, &size);
        *ret_offset = i;
        if (is_refused(c) || c == '\r')
            return true;
    }
    return false;
}

static bool
refuse_character(struct policy_node_builder *builder, struct policy_place place, int32_t c)
{
    if (c < 0)
        return policy_node_fail(builder, place, "NOT_UTF8", "a byte that is no UTF-8");
    if (c == '\r')
        return policy_node_fail(builder, place, "CHARACTER_REFUSED",
                                "a carriage return without a line feed");
    return policy_node_fail(builder, place, "CHARACTER_REFUSED",
                            "the character U+%04X does not print and may not stand here",
                            (unsigned)c);
}

static bool
check_bytes(struct policy_node_builder *builder)
{
    const char *text = builder->text;
    size_t size_bytes = (size_t)(builder->end - text);
    struct policy_place place = {builder->file, 1, 1};
    size_t line_start = 0;
    for (size_t i = 0, size; i < size_bytes; i += size) {
        int32_t c = decode((const unsigned char *)text + i, size_bytes - i, &size);
        place.column = (int)(i - line_start) + 1;
        bool is_lone_return = c == '\r' && (i + 1 == size_bytes || text[i + 1] != '\n');
        if (is_refused(c) || is_lone_return)
            return refuse_character(builder, place, c);
        if (c == '\n') {
            place.line++;
            line_start = i + 1;
        }
    }
    return true;
}

static bool
is_json(const char *text, const char *end)
{
    while (text < end && strchr(" \t\r\n", *text) != NULL && *text != 0)
        text++;
    return text < end && *text == '{';
}

struct policy_node *
policy_node_parse(struct arena *arena, const struct policy_file *file, size_t size_bytes_max,
                  struct policy_problems *problems)
{
    struct policy_node_builder builder = {.arena = arena, .problems = problems};
    struct policy_place whole = {file->name, 0, 0};
    if (file->size_bytes > size_bytes_max) {
        (void)policy_node_fail(&builder, whole, "FILE_TOO_LARGE",
                               "the file is larger than %zu bytes", size_bytes_max);
        return NULL;
    }
    builder.file = copy_text(&builder, file->name, strlen(file->name));
    if (builder.file == NULL) {
        (void)fail_memory(&builder, whole);
        return NULL;
    }
    builder.text = file->bytes;
    builder.end = file->bytes + file->size_bytes;
    if (file->size_bytes >= 3 && memcmp(file->bytes, "\xef\xbb\xbf", 3) == 0)
        builder.text += 3;
    bool is_read = check_bytes(&builder) &&
                   (is_json(builder.text, builder.end) ? policy_node_read_json(&builder)
                                                       : policy_node_read_yaml(&builder));
    return is_read ? builder.root : NULL;
}

struct policy_node *
policy_node_read(const struct policy_file *file, size_t size_bytes_max,
                 struct policy_problems *problems)
{
    size_t errors_before = problems->error_count;
    struct policy_node *root = policy_node_parse(problems->arena, file, size_bytes_max, problems);
    return problems->error_count == errors_before ? root : NULL;
}

struct policy_node *
policy_node_get(const struct policy_node *map, const char *key)
{
    if (map == NULL || map->kind != POLICY_NODE_MAP)
        return NULL;
    for (struct policy_node *child = map->children; child != NULL; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

/* ---- the order of maps ---- */

static int
compare_names(const void *a, const void *b)
{
    return strcmp((*(struct policy_node *const *)a)->key, (*(struct policy_node *const *)b)->key);
}

void
policy_node_sort(struct arena *arena, struct policy_node *node)
{
    for (struct policy_node *child = node->children; child != NULL; child = child->next)
        policy_node_sort(arena, child);
    if (node->kind != POLICY_NODE_MAP || node->child_count < 2)
        return;
    struct policy_node **children = arena_alloc(arena, node->child_count * sizeof *children);
    size_t count = 0;
    for (struct policy_node *child = node->children; child != NULL; child = child->next)
        children[count++] = child;
    qsort(children, count, sizeof *children, compare_names);
    node->children = children[0];
    for (size_t i = 0; i < count; i++)
        children[i]->next = i + 1 < count ? children[i + 1] : NULL;
}
