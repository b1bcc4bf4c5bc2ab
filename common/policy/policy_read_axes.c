/*
 * policy_read_axes - `codes:`, `axes:` and `regions:`: everything that a selector may name
 *
 * The table of axis values is filled axis by axis: trees in preorder, siblings in the order of
 * their sorted map, lists as the program and then the policy has them, and of
 * SKUs those that some selector of the file names.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_private.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_CODES_MAX = 1000 };

/* ---- codes ---- */

static bool
check_code(struct policy_reader *reader, const char *code, bool is_open, struct policy_place place)
{
    return policy_code_is_valid(code, is_open) ||
           policy_read_fail(reader, place, NULL, "CODE_MALFORMED",
                            "\"%.64s\" is no code: at most %d letters, digits, _ or -", code,
                            POLICY_CODE_SIZE - 1);
}

static bool
has_code(const char *const *codes, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(codes[i], code) == 0)
            return true;
    return false;
}

static struct policy_codes
read_codes(struct policy_reader *reader, const struct policy_node *list)
{
    struct policy_codes read = {NULL, 0};
    if (!policy_read_is_list(reader, list, NULL, NULL))
        return read;
    if (list->child_count > LIST_CODES_MAX) {
        policy_read_fail(reader, list->place, NULL, "CODES_TOO_MANY", "more than %d codes",
                         LIST_CODES_MAX);
        return read;
    }
    const char **codes = arena_alloc(reader->arena, list->child_count * sizeof *codes);
    for (const struct policy_node *node = list->children; node != NULL; node = node->next) {
        const char *code = policy_read_scalar(reader, node, NULL);
        if (code == NULL || !check_code(reader, code, false, node->place))
            continue;
        if (has_code(codes, read.count, code))
            policy_read_fail(reader, node->place, NULL, "CODE_TWICE",
                             "the code %s stands here again", code);
        else
            codes[read.count++] = code;
    }
    read.codes = codes;
    return read;
}

static bool
check_list(struct policy_reader *reader, const struct policy_node *node)
{
    const struct policy_list_row *row = policy_find_list(node->key);
    if (row == NULL)
        return policy_read_fail(reader, node->key_place, NULL, "LIST_UNKNOWN",
                                "\"%.64s\" is no list of codes%s", node->key,
                                policy_read_hint_for(reader, policy_nearest('l', node->key)));
    return row->is_extended ||
           policy_read_fail(reader, node->key_place, NULL, "LIST_CLOSED",
                            "the codes of %s are the program's; a policy cannot add to them",
                            node->key);
}

static void
read_lists(struct policy_reader *reader)
{
    const struct policy_node *map = policy_node_get(reader->main, "codes");
    if (map == NULL || !policy_read_is_map(reader, map, NULL, NULL))
        return;
    struct policy_code_list *lists = arena_alloc(reader->arena, map->child_count * sizeof *lists);
    size_t count = 0;
    for (const struct policy_node *node = map->children; node != NULL; node = node->next)
        if (!policy_read_is_full(reader) && check_list(reader, node))
            lists[count++] = (struct policy_code_list){
                .name = node->key, .codes = read_codes(reader, node), .place = node->key_place};
    reader->policy->lists = lists;
    reader->policy->list_count = count;
}

/* ---- the table of axis values ---- */

struct table {
    struct policy_reader *reader;
    struct policy_axis_value *values;
    struct policy_place *places; /* by index of the value */
    size_t value_room;
    size_t place_room;
    int count;
    bool is_full; /* said once */
};

static bool
grow(struct table *table, struct policy_place place)
{
    if (table->count == POLICY_AXIS_VALUES_MAX) {
        if (!table->is_full)
            policy_read_fail(table->reader, place, NULL, "AXES_TOO_LARGE",
                             "the axes have more than %d values", POLICY_AXIS_VALUES_MAX);
        table->is_full = true;
        return false;
    }
    struct arena *arena = table->reader->arena;
    size_t count = (size_t)table->count;
    table->values =
        arena_grow(arena, table->values, count, &table->value_room, sizeof *table->values);
    table->places =
        arena_grow(arena, table->places, count, &table->place_room, sizeof *table->places);
    return true;
}

/* Index of the new value; 0: there is no room. */
static int
add_value(struct table *table, enum policy_axis axis, const char *code, int parent,
          struct policy_place place)
{
    if (!grow(table, place))
        return 0;
    table->values[table->count] =
        (struct policy_axis_value){.axis = axis, .code = code, .parent = parent};
    table->places[table->count] = place;
    return table->count++;
}

/* The values of a map and those beneath them. Calls itself, as deep as a tree may be. */
static void
add_tree(struct table *table, enum policy_axis axis, const struct policy_node *map, int parent,
         int depth)
{
    struct policy_reader *reader = table->reader;
    if (!policy_read_is_map(reader, map, NULL, NULL))
        return;
    if (depth > POLICY_AXIS_DEPTH_MAX && map->child_count > 0) {
        policy_read_fail(reader, map->place, NULL, "AXIS_TOO_DEEP", "an axis has at most %d levels",
                         POLICY_AXIS_DEPTH_MAX);
        return;
    }
    for (const struct policy_node *node = map->children; node != NULL; node = node->next) {
        if (!check_code(reader, node->key, false, node->key_place))
            continue;
        int value = add_value(table, axis, node->key, parent, node->key_place);
        if (value == 0 || policy_read_is_full(reader))
            return;
        add_tree(table, axis, node, value, depth + 1);
    }
}

/* The program's codes, then those that only the policy has. */
static void
add_list(struct table *table, enum policy_axis axis, const char *name)
{
    const struct policy *policy = table->reader->policy;
    const char *const *own = policy_find_list(name)->codes;
    size_t own_count = 0;
    for (; own[own_count] != NULL; own_count++)
        (void)add_value(table, axis, own[own_count], 0, table->reader->main->place);
    for (size_t i = 0; i < policy->list_count; i++) {
        const struct policy_code_list *list = &policy->lists[i];
        for (size_t j = 0; strcmp(list->name, name) == 0 && j < list->codes.count; j++)
            if (!has_code(own, own_count, list->codes.codes[j]))
                (void)add_value(table, axis, list->codes.codes[j], 0, list->place);
    }
}

/* ---- SKUs, wherever a selector or condition names one ---- */

struct codes_found {
    struct policy_reader *reader;
    const struct policy_node **nodes;
    size_t count;
    size_t room;
};

static void
keep_code(struct codes_found *found, const struct policy_node *node)
{
    found->nodes = arena_grow(found->reader->arena, found->nodes, found->count, &found->room,
                              sizeof(const struct policy_node *));
    found->nodes[found->count++] = node;
}

/* Calls itself, at most POLICY_DEPTH_MAX deep. */
static void
find_skus(struct codes_found *found, const struct policy_node *node, bool is_selector)
{
    for (const struct policy_node *child = node->children; child != NULL; child = child->next) {
        const char *key = child->key == NULL ? "" : child->key;
        if (is_selector && strcmp(key, "sku") == 0 && child->kind == POLICY_NODE_SCALAR)
            keep_code(found, child);
        bool is_when =
            strcmp(key, "when") == 0 || strcmp(key, "unless") == 0 || strcmp(key, "applies") == 0;
        find_skus(found, child, is_when);
    }
}

static int
compare_texts(const void *a, const void *b)
{
    return strcmp((*(const struct policy_node *const *)a)->text,
                  (*(const struct policy_node *const *)b)->text);
}

static void
add_skus(struct table *table, enum policy_axis axis)
{
    struct codes_found found = {.reader = table->reader};
    find_skus(&found, table->reader->main, false);
    if (found.count > 1)
        qsort(found.nodes, found.count, sizeof *found.nodes, compare_texts);
    for (size_t i = 0; i < found.count; i++)
        if ((i == 0 || strcmp(found.nodes[i - 1]->text, found.nodes[i]->text) != 0) &&
            check_code(table->reader, found.nodes[i]->text, true, found.nodes[i]->place))
            (void)add_value(table, axis, found.nodes[i]->text, 0, found.nodes[i]->place);
}

/* ---- all axes ---- */

/* Names under `axes:` that are no axis, or whose values come from elsewhere. */
static void
check_names(struct policy_reader *reader, const struct policy_node *map)
{
    for (const struct policy_node *node = map->children; node != NULL; node = node->next) {
        int axis = policy_find_axis(node->key);
        if (axis < 0 && !policy_read_is_full(reader))
            policy_read_fail(reader, node->key_place, NULL, "AXIS_UNKNOWN",
                             "\"%.64s\" is no axis%s", node->key,
                             policy_read_hint_for(reader, policy_nearest('a', node->key)));
        else if (axis >= 0 &&
                 policy_axis_row((enum policy_axis)axis)->source != POLICY_AXIS_DECLARED)
            policy_read_fail(reader, node->key_place, NULL, "AXIS_NOT_DECLARED",
                             "the values of %s do not come from `axes:`%s", node->key,
                             policy_axis_row((enum policy_axis)axis)->source == POLICY_AXIS_OPEN
                                 ? "; it takes any"
                                 : ", but from a list of codes");
    }
}

/* Siblings differ, as keys of a map do; but a value stands only once on its whole axis. */
static void
check_twice(struct table *table, const struct policy_axes *axes)
{
    for (int i = 2; i < axes->value_count; i++) {
        int a = axes->sorted[i - 1];
        int b = axes->sorted[i];
        if (axes->values[a].axis == axes->values[b].axis &&
            strcmp(axes->values[a].code, axes->values[b].code) == 0)
            policy_read_fail(table->reader, table->places[b], NULL, "AXIS_VALUE_TWICE",
                             "%s stands twice on the axis %s, also in line %d",
                             axes->values[a].code, policy_axis_row(axes->values[a].axis)->name,
                             table->places[a].line);
    }
}

static bool
read_region(struct policy_reader *reader, const struct policy_node *node,
            struct policy_region_zone *ret_zone)
{
    int region = policy_axes_find(&reader->policy->axes, POLICY_AXIS_REGION, node->key);
    if (region == 0 && (reader->policy->axes.lost >> POLICY_AXIS_REGION & 1) != 0)
        return false;
    if (region == 0)
        return policy_read_fail(reader, node->key_place, NULL, "AXIS_VALUE_UNKNOWN",
                                "\"%.64s\" is no value of the axis region", node->key);
    if (!policy_read_is_map(reader, node, NULL, NULL))
        return false;
    policy_read_check_keys(reader, node, NULL, "time_zone");
    const struct policy_node *zone = policy_read_child(reader, node, NULL, "time_zone");
    const char *name = zone == NULL ? NULL : policy_read_scalar(reader, zone, NULL);
    if (name == NULL)
        return false;
    *ret_zone = (struct policy_region_zone){.region = region, .zone = zone_find(name)};
    return ret_zone->zone != NULL ||
           policy_read_fail(reader, zone->place, NULL, "ZONE_UNKNOWN",
                            "\"%.64s\" is no time zone, as Europe/Berlin", name);
}

static void
read_regions(struct policy_reader *reader)
{
    struct policy *policy = reader->policy;
    const struct policy_node *map = policy_node_get(reader->main, "regions");
    if (map == NULL || !policy_read_is_map(reader, map, NULL, NULL))
        return;
    struct policy_region_zone *zones = arena_alloc(reader->arena, map->child_count * sizeof *zones);
    size_t count = 0;
    for (const struct policy_node *node = map->children; node != NULL; node = node->next)
        count += !policy_read_is_full(reader) && read_region(reader, node, &zones[count]);
    policy->region_zones = zones;
    policy->region_zone_count = count;
}

/* After a fault in what comes first: the axes of the policy's own that have no values may have been
 * meant by it, as `categories:` for `category:`. */
static uint32_t
find_lost(const struct policy_reader *reader, const struct policy_axes *axes)
{
    uint32_t lost = 0;
    if (reader->problems->error_count == reader->first_error)
        return 0;
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++) {
        if (policy_axis_row((enum policy_axis)axis)->source == POLICY_AXIS_DECLARED &&
            axes->first[axis] == axes->end[axis])
            lost |= 1U << axis;
    }
    return lost;
}

void
policy_read_axes(struct policy_reader *reader)
{
    read_lists(reader);
    struct table table = {.reader = reader};
    const struct policy_node *map = policy_node_get(reader->main, "axes");
    if (map != NULL && policy_read_is_map(reader, map, NULL, NULL))
        check_names(reader, map);
    (void)add_value(&table, (enum policy_axis)0, "", 0, reader->main->place);
    for (int i = 0; i < POLICY_AXIS_COUNT; i++) {
        const struct policy_axis_row *row = policy_axis_row((enum policy_axis)i);
        const struct policy_node *tree = policy_node_get(map, row->name);
        if (row->source == POLICY_AXIS_OPEN)
            add_skus(&table, (enum policy_axis)i);
        else if (row->source == POLICY_AXIS_LISTED)
            add_list(&table, (enum policy_axis)i, row->list);
        else if (tree != NULL)
            add_tree(&table, (enum policy_axis)i, tree, 0, 1);
    }
    struct policy_axes *axes = &reader->policy->axes;
    axes->values = table.values;
    axes->value_count = table.count;
    policy_axes_finish(reader->arena, axes);
    axes->lost = find_lost(reader, axes);
    check_twice(&table, axes);
    read_regions(reader);
}
