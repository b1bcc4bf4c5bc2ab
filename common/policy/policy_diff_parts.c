/*
 * policy_diff_parts - what changed outside the clauses: section titles, the law, labels, and what
 * the canonical forms hold besides (axes, codes, calendars, holidays, contacts, branding)
 *
 * These are compared as trees, one change for each named thing.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_diff_private.h"
#include "common/policy/policy_node.h"

#include <string.h>

/* ---- trees ---- */

static bool
nodes_are_equal(const struct policy_node *a, const struct policy_node *b)
{
    if (a->kind != b->kind || a->child_count != b->child_count)
        return false;
    if (a->kind == POLICY_NODE_SCALAR)
        return a->is_null == b->is_null && strcmp(a->text, b->text) == 0;
    const struct policy_node *other = b->children;
    for (const struct policy_node *node = a->children; node != NULL; node = node->next) {
        bool has_same_key =
            node->key == NULL || (other->key != NULL && strcmp(node->key, other->key) == 0);
        if (!has_same_key || !nodes_are_equal(node, other))
            return false;
        other = other->next;
    }
    return true;
}

static void
print_node(const struct policy_node *node, struct buf *out)
{
    if (node->kind == POLICY_NODE_SCALAR) {
        buf_add_json(out, node->text, strlen(node->text));
        return;
    }
    bool is_map = node->kind == POLICY_NODE_MAP;
    buf_add_char(out, is_map ? '{' : '[');
    for (const struct policy_node *child = node->children; child != NULL; child = child->next) {
        if (child != node->children)
            buf_add_char(out, ',');
        if (is_map) {
            buf_add_json(out, child->key, strlen(child->key));
            buf_add_char(out, ':');
        }
        print_node(child, out);
    }
    buf_add_char(out, is_map ? '}' : ']');
}

/* The text of a scalar; the JSON of all else; "" for nothing. */
static const char *
describe(struct diff *diff, const struct policy_node *node)
{
    if (node == NULL)
        return "";
    if (node->kind == POLICY_NODE_SCALAR)
        return node->text;
    struct buf out = {0};
    print_node(node, &out);
    const char *text = arena_copy_text(diff->arena, buf_text(&out));
    buf_free(&out);
    return text;
}

/* One named thing in both versions; NULL where one has it not. */
static void
diff_node(struct diff *diff, const char *id, const struct policy_node *old,
          const struct policy_node *new)
{
    if (old == new || (old != NULL && new != NULL &&nodes_are_equal(old, new)))
        return;
    enum policy_change_kind kind = old == NULL   ? POLICY_ADDED
                                   : new == NULL ? POLICY_REMOVED
                                                 : POLICY_VALUE_CHANGED;
    struct policy_change *change = diff_add(diff, kind, id);
    change->old_value = describe(diff, old);
    change->new_value = describe(diff, new);
}

/* The children of a map by key; `path` is its own name. */
static void
diff_map(struct diff *diff, const char *path, const struct policy_node *old,
         const struct policy_node *new)
{
    for (const struct policy_node *node = new == NULL ? NULL : new->children; node != NULL;
         node = node->next)
        diff_node(diff, arena_printf(diff->arena, "%s.%s", path, node->key),
                  old == NULL ? NULL : policy_node_get(old, node->key), node);
    for (const struct policy_node *node = old == NULL ? NULL : old->children; node != NULL;
         node = node->next) {
        if (new == NULL || policy_node_get(new, node->key) == NULL)
            diff_node(diff, arena_printf(diff->arena, "%s.%s", path, node->key), node, NULL);
    }
}

/* ---- the law ---- */

/* The node of a list whose `key` says `id`; NULL: none. */
static const struct policy_node *
find_named(const struct policy_node *list, const char *key, const char *id)
{
    for (const struct policy_node *node = list == NULL ? NULL : list->children; node != NULL;
         node = node->next) {
        const struct policy_node *name = policy_node_get(node, key);
        if (name != NULL && strcmp(name->text, id) == 0)
            return node;
    }
    return NULL;
}

static const struct policy_node *
child_of(const struct policy_node *map, const char *key)
{
    return map == NULL ? NULL : policy_node_get(map, key);
}

/* The named elements of a list in both versions. */
static void
diff_list(struct diff *diff, const char *key, const struct policy_node *old,
          const struct policy_node *new)
{
    for (const struct policy_node *node = new == NULL ? NULL : new->children; node != NULL;
         node = node->next) {
        const char *id = policy_node_get(node, key)->text;
        diff_node(diff, id, find_named(old, key, id), node);
    }
    for (const struct policy_node *node = old == NULL ? NULL : old->children; node != NULL;
         node = node->next) {
        const char *id = policy_node_get(node, key)->text;
        if (find_named(new, key, id) == NULL)
            diff_node(diff, id, node, NULL);
    }
}

/* A layer: what it says of itself, its rights and its floors. */
static void
diff_layer(struct diff *diff, const char *id, const struct policy_node *old,
           const struct policy_node *new)
{
    static const char *const heads[] = {"version", "sample", "applies"};
    if (old == NULL || new == NULL) {
        diff_node(diff, id, old, new);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(heads); i++)
        diff_node(diff, arena_printf(diff->arena, "%s.%s", id, heads[i]), child_of(old, heads[i]),
                  child_of(new, heads[i]));
    diff_list(diff, "clause", child_of(old, "rights"), child_of(new, "rights"));
    diff_list(diff, "id", child_of(old, "floors"), child_of(new, "floors"));
}

static void
diff_law(struct diff *diff)
{
    const struct policy_node *old = policy_node_get(diff->old->tree, "statutory");
    const struct policy_node *new = policy_node_get(diff->new->tree, "statutory");
    for (const struct policy_node *node = new == NULL ? NULL : new->children; node != NULL;
         node = node->next) {
        const char *id = policy_node_get(node, "layer")->text;
        diff_layer(diff, id, find_named(old, "layer", id), node);
    }
    for (const struct policy_node *node = old == NULL ? NULL : old->children; node != NULL;
         node = node->next) {
        const char *id = policy_node_get(node, "layer")->text;
        if (find_named(new, "layer", id) == NULL)
            diff_layer(diff, id, node, NULL);
    }
}

/* The words of rights, notices and sources, which both versions have. */
static void
diff_law_texts(struct diff *diff)
{
    for (size_t i = 0; i < diff->new->pack_count; i++) {
        const struct policy_pack *pack = &diff->new->packs[i];
        size_t size = strlen(pack->id);
        for (size_t j = 0; j < diff->new->named_text_count; j++) {
            const struct policy_named_text *named = &diff->new->named_texts[j];
            if (strncmp(named->id, pack->id, size) != 0 ||
                (named->id[size] != '.' && named->id[size] != '/' && named->id[size] != '\0'))
                continue;
            const struct policy_text *old = policy_find_text(diff->old, named->id);
            if (old != NULL)
                diff_texts(diff, named->id, old, &named->text);
        }
    }
}

/* ---- other words ---- */

static void
diff_titles(struct diff *diff)
{
    for (size_t i = 0; i < diff->new->section_count; i++) {
        const struct policy_section *section = &diff->new->sections[i];
        for (size_t j = 0; j < diff->old->section_count; j++) {
            if (strcmp(diff->old->sections[j].id, section->id) == 0)
                diff_texts(diff, section->id, &diff->old->sections[j].title, &section->title);
        }
    }
}

/* Whether the old version says something in a language that the new one has too. */
static bool
is_shared(const struct diff *diff, const struct policy_text *text)
{
    for (size_t i = 0; i < diff->old->language_count; i++) {
        size_t after = policy_find_language(diff->new, diff->old->languages[i]);
        if (text->texts[i] != NULL &&
            strcmp(diff->new->languages[after], diff->old->languages[i]) == 0)
            return true;
    }
    return false;
}

/* Both are sorted by key. What goes with its language is no change of its own. */
static void
diff_labels(struct diff *diff)
{
    const struct policy_text none = {0};
    const struct policy *old = diff->old, *new = diff->new;
    size_t i = 0, j = 0;
    while (i < old->label_count || j < new->label_count) {
        int order = i == old->label_count   ? 1
                    : j == new->label_count ? -1
                                            : strcmp(old->labels[i].key, new->labels[j].key);
        const char *key = order < 0 ? old->labels[i].key : new->labels[j].key;
        const char *id = arena_printf(diff->arena, "labels.%s", key);
        if (order < 0 && is_shared(diff, &old->labels[i].text))
            (void)diff_add(diff, POLICY_REMOVED, id);
        else if (order >= 0)
            diff_texts(diff, id, order == 0 ? &old->labels[i].text : &none, &new->labels[j].text);
        i += order <= 0;
        j += order >= 0;
    }
}

/* ---- the canonical forms ---- */

static const char *const scalars[] = {"policy", "languages", "time_zone", "currency",
                                      "also_for_sold_since"};
static const char *const maps[] = {"axes",     "codes",    "calendars", "holidays",
                                   "contacts", "branding", "regions"};
static const char *const compared_elsewhere[] = {"sections", "statutory", "translations"};

static bool
is_among(const char *key, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* Whether a part of the forms is to be compared as a whole. */
static bool
is_left(const char *key, bool is_silent)
{
    if (strcmp(key, "version") == 0 || strcmp(key, "effective_from") == 0)
        return false;
    return is_silent ||
           !(is_among(key, scalars, COUNT_OF(scalars)) || is_among(key, maps, COUNT_OF(maps)) ||
             is_among(key, compared_elsewhere, COUNT_OF(compared_elsewhere)));
}

void
diff_rest(struct diff *diff)
{
    const struct policy_node *old = diff->old->tree, *new = diff->new->tree;
    bool is_silent = diff->count == 0;
    for (const struct policy_node *node = new->children; node != NULL; node = node->next) {
        if (is_left(node->key, is_silent))
            diff_node(diff, node->key, policy_node_get(old, node->key), node);
    }
    for (const struct policy_node *node = old->children; node != NULL; node = node->next) {
        if (is_left(node->key, is_silent) && policy_node_get(new, node->key) == NULL)
            diff_node(diff, node->key, node, NULL);
    }
}

void
diff_parts(struct diff *diff)
{
    const struct policy_node *old = diff->old->tree, *new = diff->new->tree;
    diff_titles(diff);
    diff_law(diff);
    diff_law_texts(diff);
    for (size_t i = 0; i < COUNT_OF(scalars); i++)
        diff_node(diff, scalars[i], policy_node_get(old, scalars[i]),
                  policy_node_get(new, scalars[i]));
    for (size_t i = 0; i < COUNT_OF(maps); i++)
        diff_map(diff, maps[i], policy_node_get(old, maps[i]), policy_node_get(new, maps[i]));
    diff_labels(diff);
}
