/*
 * policy_read_parts - the small readers: scalars, flags, numbers, days, ids, keys, selectors
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/policy_template.h"

enum { MESSAGE_SIZE = 400, KEYS_MAX = 32, KEYS_SIZE = 256, HINT_NAMES_MAX = 2000 };

bool
policy_read_fail(struct policy_reader *reader, struct policy_place place, const char *clause_id,
                 const char *reason, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    policy_problem_add(reader->problems, POLICY_ERROR, reason, place, clause_id, "%s", message);
    return false;
}

bool
policy_read_is_full(const struct policy_reader *reader)
{
    return reader->problems->problem_count == POLICY_PROBLEMS_MAX;
}

const char *
policy_read_hint_for(struct policy_reader *reader, const char *nearest)
{
    return nearest == NULL ? "" : arena_printf(reader->arena, "; did you mean \"%.64s\"?", nearest);
}

const char *
policy_read_hint(struct policy_reader *reader, const char *const *names, size_t name_count,
                 const char *name)
{
    if (policy_read_is_full(reader) || name_count > HINT_NAMES_MAX)
        return "";
    return policy_read_hint_for(reader, policy_nearest_of(names, name_count, name));
}

/* ---- the form of nodes ---- */

static const char *
name_of(const struct policy_node *node, const char *what)
{
    return what != NULL ? what : node->key != NULL ? node->key : "an element";
}

bool
policy_read_is_map(struct policy_reader *reader, const struct policy_node *node,
                   const char *clause_id, const char *what)
{
    return node->kind == POLICY_NODE_MAP ||
           policy_read_fail(reader, node->place, clause_id, "FORM_WRONG",
                            "%.64s must be a map, as {name: value}", name_of(node, what));
}

bool
policy_read_is_list(struct policy_reader *reader, const struct policy_node *node,
                    const char *clause_id, const char *what)
{
    return node->kind == POLICY_NODE_LIST ||
           policy_read_fail(reader, node->place, clause_id, "FORM_WRONG",
                            "%.64s must be a list, as [a, b]", name_of(node, what));
}

/* Cuts `known` at its spaces. */
static size_t
split_keys(const char *known, char *keys, const char *ret_names[KEYS_MAX])
{
    size_t count = 0;
    CHECK(strlen(known) < KEYS_SIZE);
    memcpy(keys, known, strlen(known) + 1);
    for (char *at = keys; *at != 0;) {
        CHECK(count < KEYS_MAX);
        ret_names[count++] = at;
        at += strcspn(at, " ");
        if (*at == ' ')
            *at++ = 0;
    }
    return count;
}

void
policy_read_check_keys(struct policy_reader *reader, const struct policy_node *map,
                       const char *clause_id, const char *known)
{
    char keys[KEYS_SIZE];
    const char *names[KEYS_MAX];
    size_t name_count = split_keys(known, keys, names);
    for (const struct policy_node *child = map->children; child != NULL; child = child->next) {
        size_t i = 0;
        while (i < name_count && strcmp(names[i], child->key) != 0)
            i++;
        if (i == name_count)
            policy_read_fail(reader, child->key_place, clause_id, "KEY_UNKNOWN",
                             "\"%.64s\" is no key here%s", child->key,
                             policy_read_hint(reader, names, name_count, child->key));
    }
}

const struct policy_node *
policy_read_child(struct policy_reader *reader, const struct policy_node *map,
                  const char *clause_id, const char *key)
{
    const struct policy_node *child = policy_node_get(map, key);
    if (child == NULL)
        policy_read_fail(reader, map->place, clause_id, "KEY_MISSING", "\"%s\" is missing", key);
    return child;
}

/* ---- scalars ---- */

const char *
policy_read_scalar(struct policy_reader *reader, const struct policy_node *node,
                   const char *clause_id)
{
    const char *wrong = NULL;
    if (node->kind != POLICY_NODE_SCALAR)
        wrong = "must be one value, neither a map nor a list; a text with braces or brackets at "
                "its beginning needs quotes";
    else if (node->text[strspn(node->text, " \n\t")] == 0)
        wrong = "says nothing";
    else if (strlen(node->text) > POLICY_TEMPLATE_BYTES_MAX)
        wrong = "is longer than 16 KiB";
    if (wrong == NULL)
        return node->text;
    policy_read_fail(reader, node->place, clause_id, "FORM_WRONG", "%.64s %s", name_of(node, NULL),
                     wrong);
    return NULL;
}

const char *
policy_read_words(struct policy_reader *reader, const struct policy_node *map,
                  const char *clause_id, const char *key, const char *otherwise)
{
    const struct policy_node *node = policy_node_get(map, key);
    const char *text = node == NULL ? NULL : policy_read_scalar(reader, node, clause_id);
    return text == NULL ? otherwise : text;
}

bool
policy_read_flag(struct policy_reader *reader, const struct policy_node *map, const char *clause_id,
                 const char *key, bool otherwise)
{
    const struct policy_node *node = policy_node_get(map, key);
    const char *text = node == NULL ? NULL : policy_read_scalar(reader, node, clause_id);
    if (text == NULL)
        return otherwise;
    if (strcmp(text, "yes") == 0 || strcmp(text, "true") == 0)
        return true;
    if (strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
        policy_read_fail(reader, node->place, clause_id, "VALUE_WRONG",
                         "%.64s must be yes or no, and is \"%.32s\"", key, text);
    return false;
}

int64_t
policy_read_number(struct policy_reader *reader, const struct policy_node *map,
                   const char *clause_id, const char *key, int64_t min, int64_t max,
                   int64_t otherwise)
{
    const struct policy_node *node = policy_node_get(map, key);
    const char *text = node == NULL ? NULL : policy_read_scalar(reader, node, clause_id);
    if (text == NULL)
        return otherwise;
    size_t digits = strspn(text, "0123456789");
    bool is_number = digits > 0 && digits <= 15 && text[digits] == 0;
    int64_t number = is_number ? strtoll(text, NULL, 10) : 0;
    if (is_number && number >= min && number <= max && (text[0] != '0' || digits == 1))
        return number;
    if (min == max)
        policy_read_fail(reader, node->place, clause_id, "VALUE_WRONG",
                         "%.64s is %lld, and not \"%.32s\"", key, (long long)min, text);
    else
        policy_read_fail(reader, node->place, clause_id, "VALUE_WRONG",
                         "%.64s must be a whole number from %lld to %lld, and is \"%.32s\"", key,
                         (long long)min, (long long)max, text);
    return otherwise;
}

struct date
policy_read_date(struct policy_reader *reader, const struct policy_node *map, const char *clause_id,
                 const char *key)
{
    struct date date = {0, 0, 0};
    const struct policy_node *node = policy_node_get(map, key);
    const char *text = node == NULL ? NULL : policy_read_scalar(reader, node, clause_id);
    if (text != NULL && !date_parse(text, &date))
        policy_read_fail(reader, node->place, clause_id, "VALUE_WRONG",
                         "%.64s must be a day that exists, as 2026-03-15, and is \"%.32s\"", key,
                         text);
    return date;
}

const char *
policy_read_id(struct policy_reader *reader, const struct policy_node *node, const char *clause_id,
               int part_count)
{
    const char *text = policy_read_scalar(reader, node, clause_id);
    if (text == NULL)
        return NULL;
    const char *at = text;
    bool is_fine = true;
    for (int i = 0; i < part_count && is_fine; i++) {
        size_t size = strspn(at, POLICY_ID_CHARACTERS);
        is_fine = size > 0 && size < POLICY_CODE_SIZE && at[0] >= 'a' && at[0] <= 'z' &&
                  (i + 1 == part_count || at[size] == '.');
        at += size + (i + 1 < part_count);
    }
    if (is_fine && *at == 0)
        return text;
    policy_read_fail(reader, node->place, clause_id, "ID_MALFORMED",
                     "\"%.64s\" is no id: %d part%s of small letters, digits and _, joined by dots",
                     text, part_count, part_count == 1 ? "" : "s");
    return NULL;
}

/* ---- selectors ---- */

static const char *
hint_value(struct policy_reader *reader, enum policy_axis axis, const char *code)
{
    const struct policy_axes *axes = &reader->policy->axes;
    size_t count = (size_t)(axes->end[axis] - axes->first[axis]);
    if (count > HINT_NAMES_MAX || policy_read_is_full(reader))
        return "";
    const char **names = arena_alloc(reader->arena, count * sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = axes->values[axes->first[axis] + (int)i].code;
    return policy_read_hint(reader, names, count, code);
}

static bool
read_named_value(struct policy_reader *reader, const struct policy_node *node,
                 const char *clause_id, struct policy_when *when)
{
    int axis = policy_find_axis(node->key);
    if (axis < 0)
        return policy_read_fail(reader, node->key_place, clause_id, "AXIS_UNKNOWN",
                                "\"%.64s\" is no axis%s", node->key,
                                policy_read_is_full(reader)
                                    ? ""
                                    : policy_read_hint_for(reader, policy_nearest('a', node->key)));
    const char *code = policy_read_scalar(reader, node, clause_id);
    if (code == NULL)
        return false;
    int value = policy_axes_find(&reader->policy->axes, (enum policy_axis)axis, code);
    if (value == 0 && (reader->policy->axes.lost >> axis & 1) != 0)
        return false;
    if (value == 0)
        return policy_read_fail(reader, node->place, clause_id, "AXIS_VALUE_UNKNOWN",
                                "\"%.64s\" is no value of the axis %s%s", code, node->key,
                                hint_value(reader, (enum policy_axis)axis, code));
    policy_when_name(&reader->policy->axes, when, (enum policy_axis)axis, value);
    return true;
}

bool
policy_read_when(struct policy_reader *reader, const struct policy_node *node,
                 const char *clause_id, struct policy_when *ret_when)
{
    if (!policy_read_is_map(reader, node, clause_id, NULL))
        return false;
    struct policy_when when = {0};
    bool is_fine = true;
    for (const struct policy_node *child = node->children; child != NULL; child = child->next)
        is_fine = read_named_value(reader, child, clause_id, &when) && is_fine;
    *ret_when = when;
    return is_fine;
}
