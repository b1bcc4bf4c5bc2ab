/*
 * route - a tree of segments; each node has its literals, one variable, and the routes that end
 * there
 *
 * The path is cut and decoded once; the walk then compares texts only. Backtracking is bounded by
 * the depth of the tree: at most two branches a level, and routes that share a prefix of variables
 * share their nodes.
 */
// SPDX-License-Identifier: Apache-2.0
#include "route.h"

#include <string.h>

#include "common/buf.h"
#include "common/contract_text.h"

struct leaf {
    const struct contract_route *route;
    struct leaf *next;
};

struct node {
    const char *literal;   /* NULL: the variable */
    struct node *children; /* literals first, the variable last */
    struct node *next;
    struct leaf *leaves;
};

struct route_table {
    struct node root;
};

static const char *const verb_names[] = {
    [CONTRACT_GET] = "GET",     [CONTRACT_POST] = "POST",     [CONTRACT_PUT] = "PUT",
    [CONTRACT_PATCH] = "PATCH", [CONTRACT_DELETE] = "DELETE",
};

const char *
route_verb_name(enum contract_verb verb)
{
    return verb_names[verb];
}

int
route_verb(const char *method)
{
    for (size_t verb = 0; verb < COUNT_OF(verb_names); verb++) {
        if (strcmp(method, verb_names[verb]) == 0)
            return (int)verb;
    }
    return strcmp(method, "HEAD") == 0 ? CONTRACT_GET : -1;
}

/* ---- building ---- */

static bool
is_same(const struct node *node, const char *literal)
{
    if (literal == NULL || node->literal == NULL)
        return literal == node->literal;
    return strcmp(literal, node->literal) == 0;
}

static struct node *
get_child(struct node *node, const char *literal)
{
    for (struct node *child = node->children; child != NULL; child = child->next) {
        if (is_same(child, literal))
            return child;
    }
    struct node *child = mem_alloc(sizeof *child);
    child->literal = literal;
    struct node **at = &node->children;
    while (literal == NULL && *at != NULL)
        at = &(*at)->next;
    child->next = *at;
    *at = child;
    return child;
}

static void
add_route(struct node *root, const struct contract_route *route)
{
    struct node *node = root;
    CHECK(route->segment_count > 0 && route->segment_count <= ROUTE_SEGMENTS_MAX);
    for (size_t i = 0; i < route->segment_count; i++)
        node = get_child(node, route->segments[i].literal);
    for (const struct leaf *leaf = node->leaves; leaf != NULL; leaf = leaf->next)
        CHECK(leaf->route->verb != route->verb || strcmp(leaf->route->suffix, route->suffix) != 0);
    struct leaf *leaf = mem_alloc(sizeof *leaf);
    *leaf = (struct leaf){.route = route, .next = node->leaves};
    node->leaves = leaf;
}

struct route_table *
route_table_new(const struct contract_route *routes, size_t count)
{
    struct route_table *table = mem_alloc(sizeof *table);
    for (size_t i = 0; i < count; i++)
        add_route(&table->root, &routes[i]);
    return table;
}

/* Frees what hangs below a node. The depth is that of the longest route. */
static void
free_below(struct node *node)
{
    for (struct leaf *leaf = node->leaves, *next; leaf != NULL; leaf = next) {
        next = leaf->next;
        mem_free(leaf);
    }
    for (struct node *child = node->children, *next; child != NULL; child = next) {
        next = child->next;
        free_below(child);
        mem_free(child);
    }
}

void
route_table_free(struct route_table **table)
{
    struct route_table *t = *table;
    *table = NULL;
    if (t == NULL)
        return;
    free_below(&t->root);
    mem_free(t);
}

/* ---- text ---- */

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool
route_decode(char *text, bool is_form)
{
    char *to = text;
    for (const char *from = text; *from != 0; from++) {
        char c = *from;
        if (c == '+' && is_form) {
            c = ' ';
        } else if (c == '%') {
            int high = hex_value(from[1]);
            int low = high < 0 ? -1 : hex_value(from[2]);
            if (low < 0 || (high == 0 && low == 0))
                return false;
            c = (char)(high * 16 + low);
            from += 2;
        }
        *to++ = c;
    }
    *to = 0;
    return text_is_utf8(text, (size_t)(to - text));
}

void
route_encode(struct buf *out, const char *text)
{
    for (; *text != 0; text++) {
        char c = *text;
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;
        if (is_plain)
            buf_add_char(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned char)c);
    }
}

/* ---- finding ---- */

/* A path in pieces. The last segment is kept whole and cut at its verb: a route decides which of
 * the two it means. */
struct path {
    size_t count;
    char *segments[ROUTE_SEGMENTS_MAX];
    char *stem;         /* last segment without its verb; NULL: there is no colon */
    const char *suffix; /* ":verb" */
};

enum { PATH_UNKNOWN = -1 };

static bool
decode_segment(char *segment)
{
    return route_decode(segment, false) && strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0;
}

/* 0, or PATH_UNKNOWN for more segments than any route has and for empty ones. Not yet decoded. */
static int
cut_path(struct arena *arena, const char *path, struct path *ret_path)
{
    *ret_path = (struct path){.suffix = ""};
    if (path[0] != '/')
        return PATH_UNKNOWN;
    const char *last;
    char *at = arena_copy_text(arena, path + 1);
    do {
        char *end = strchr(at, '/');
        if (end != NULL)
            *end++ = 0;
        if (*at == 0 || ret_path->count == ROUTE_SEGMENTS_MAX)
            return PATH_UNKNOWN;
        last = at;
        ret_path->segments[ret_path->count++] = at;
        at = end;
    } while (at != NULL);
    const char *colon = strrchr(last, ':');
    if (colon != NULL && colon != last) {
        ret_path->suffix = arena_copy_text(arena, colon);
        ret_path->stem = arena_copy_text(arena, last);
        ret_path->stem[colon - last] = 0;
    }
    return 0;
}

static const char *
segment_for(const struct path *path, size_t i, bool is_cut)
{
    return i + 1 == path->count && is_cut ? path->stem : path->segments[i];
}

static bool
take_leaves(const struct node *node, const struct path *path, bool is_cut, int verb,
            struct route_match *match)
{
    const char *suffix = is_cut ? path->suffix : "";
    for (const struct leaf *leaf = node->leaves; leaf != NULL; leaf = leaf->next) {
        if (strcmp(leaf->route->suffix, suffix) != 0)
            continue;
        match->verbs |= 1U << leaf->route->verb;
        if ((int)leaf->route->verb == verb)
            match->route = leaf->route;
    }
    return match->verbs != 0;
}

/* True once a node was found where routes end. */
static bool
walk(const struct node *node, const struct path *path, size_t i, bool is_cut, int verb,
     struct route_match *match)
{
    if (i == path->count)
        return take_leaves(node, path, is_cut, verb, match);
    const char *segment = segment_for(path, i, is_cut);
    for (const struct node *child = node->children; child != NULL; child = child->next) {
        if (child->literal != NULL && strcmp(child->literal, segment) != 0)
            continue;
        if (walk(child, path, i + 1, is_cut, verb, match))
            return true;
    }
    return false;
}

static void
take_values(const struct path *path, bool is_cut, struct route_match *match)
{
    for (size_t i = 0; match->route != NULL && i < path->count; i++) {
        if (match->route->segments[i].literal != NULL)
            continue;
        match->fields[match->value_count] = match->route->segments[i].field;
        match->values[match->value_count++] = segment_for(path, i, is_cut);
    }
}

enum err
route_find(const struct route_table *table, struct arena *arena, const char *path, int verb,
           struct route_match *ret_match, struct fault *ret_fault)
{
    struct path pieces;
    memset(ret_match, 0, sizeof *ret_match);
    if (cut_path(arena, path, &pieces) == PATH_UNKNOWN)
        return OK;
    bool is_good = pieces.stem == NULL || decode_segment(pieces.stem);
    for (size_t i = 0; i < pieces.count; i++)
        is_good = is_good && decode_segment(pieces.segments[i]);
    if (!is_good)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "PATH_MALFORMED",
                         "the path is not valid percent-encoded UTF-8, or has \".\" or \"..\"");
    bool is_cut = pieces.stem != NULL && walk(&table->root, &pieces, 0, true, verb, ret_match);
    if (!is_cut)
        walk(&table->root, &pieces, 0, false, verb, ret_match);
    take_values(&pieces, is_cut, ret_match);
    return OK;
}
