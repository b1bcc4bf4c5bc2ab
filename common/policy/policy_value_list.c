/*
 * policy_value_list - values that are lists of maps: ladders, checklists, tests, steps
 *
 * Each kind says which keys its maps have; another key, a missing one, and two items of one name
 * are errors. Texts stand beside the values (`text:`) and are read elsewhere, by language.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_parts.h"

#include <string.h>

#include "common/policy/policy_axis.h"
#include "common/policy/policy_predicate.h"

/* A list of at most POLICY_LIST_ITEMS_MAX maps. Gives room for the items; NULL: refused. */
static void *
start_list(const struct policy_reading_value *reading, const struct policy_node *node,
           size_t item_size_bytes)
{
    if (node->kind != POLICY_NODE_LIST || node->child_count == 0) {
        policy_value_refuse(reading, node, "VALUE_WRONG",
                            "%s: a list belongs here; where there is nothing, write none",
                            reading->row->name);
        return NULL;
    }
    if (node->child_count > POLICY_LIST_ITEMS_MAX) {
        policy_value_refuse(reading, node, "LIST_TOO_LONG", "%s: at most %d items",
                            reading->row->name, POLICY_LIST_ITEMS_MAX);
        return NULL;
    }
    return arena_alloc(reading->arena, node->child_count * item_size_bytes);
}

/* Keys of a map, NULL-ended; the first `required_count` must be there. */
static bool
check_keys(const struct policy_reading_value *reading, const struct policy_node *map,
           const char *const *keys, size_t required_count)
{
    if (map->kind != POLICY_NODE_MAP)
        return policy_value_refuse(reading, map, "VALUE_WRONG",
                                   "%s: each item is a map that begins with '%s:'",
                                   reading->row->name, keys[0]);
    bool is_fine = true;
    for (const struct policy_node *child = map->children; child != NULL; child = child->next) {
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], child->key) != 0)
            i++;
        if (keys[i] == NULL) {
            policy_problem_add(reading->problems, POLICY_ERROR, "KEY_UNKNOWN", child->key_place,
                               reading->clause_id, "an item of %s has no '%s'", reading->row->name,
                               child->key);
            is_fine = false;
        }
    }
    for (size_t i = 0; i < required_count; i++)
        if (policy_node_get(map, keys[i]) == NULL)
            is_fine = policy_value_refuse(reading, map, "KEY_MISSING", "an item of %s needs '%s:'",
                                          reading->row->name, keys[i]);
    return is_fine;
}

/* Absent: no codes. */
static bool
read_codes(const struct policy_reading_value *reading, const struct policy_node *map,
           const char *key, const char *list, struct policy_codes *ret_codes)
{
    const struct policy_node *node = policy_node_get(map, key);
    return node == NULL || policy_value_read_codes(reading, node, list, ret_codes);
}

/* Absent: NULL. */
static bool
read_condition(const struct policy_reading_value *reading, const struct policy_node *map,
               const char *key, const struct policy_predicate **ret_condition)
{
    const struct policy_node *node = policy_node_get(map, key);
    if (node == NULL)
        return true;
    *ret_condition = policy_predicate_read(reading->arena, reading->policy, node,
                                           reading->clause_id, reading->problems);
    return *ret_condition != NULL;
}

static bool
refuse_repeated(const struct policy_reading_value *reading, const struct policy_node *node,
                const char *name)
{
    return policy_value_refuse(reading, node, "ITEM_REPEATED", "'%s' stands in %s twice", name,
                               reading->row->name);
}

/* ---- ladders ---- */

static bool
read_rung(const struct policy_reading_value *reading, const struct policy_node *map,
          struct policy_rung *rung)
{
    static const char *const keys[] = {"to", "on", "answer_within", NULL};
    if (!check_keys(reading, map, keys, 3))
        return false;
    rung->line = map->place.line;
    rung->to = policy_value_read_code(reading, policy_node_get(map, "to"), reading->row->list);
    bool is_fine = rung->to != NULL;
    is_fine = read_codes(reading, map, "on", "escalation_cause", &rung->on) && is_fine;
    return policy_value_read_length(reading, policy_node_get(map, "answer_within"),
                                    &rung->answer_within) &&
           is_fine;
}

bool
policy_value_read_ladder(const struct policy_reading_value *reading, const struct policy_node *node,
                         struct policy_value *ret_value)
{
    struct policy_rung *rungs = start_list(reading, node, sizeof *rungs);
    if (rungs == NULL)
        return false;
    size_t count = 0;
    bool is_fine = true;
    for (const struct policy_node *map = node->children; map != NULL; map = map->next) {
        is_fine = read_rung(reading, map, &rungs[count]) && is_fine;
        for (size_t i = 0; is_fine && i < count; i++)
            if (strcmp(rungs[i].to, rungs[count].to) == 0)
                is_fine = refuse_repeated(reading, map, rungs[i].to);
        count++;
    }
    ret_value->ladder.items = rungs;
    ret_value->ladder.count = count;
    return is_fine;
}

/* ---- checklists ---- */

static bool
read_document(const struct policy_reading_value *reading, const struct policy_node *map,
              struct policy_document *document)
{
    static const char *const keys[] = {"document", "when", "unless", "instead", NULL};
    if (!check_keys(reading, map, keys, 1))
        return false;
    document->line = map->place.line;
    document->document =
        policy_value_read_code(reading, policy_node_get(map, "document"), reading->row->list);
    bool is_fine = document->document != NULL;
    is_fine = read_condition(reading, map, "when", &document->when) && is_fine;
    is_fine = read_condition(reading, map, "unless", &document->unless) && is_fine;
    return read_codes(reading, map, "instead", reading->row->list, &document->instead) && is_fine;
}

bool
policy_value_read_documents(const struct policy_reading_value *reading,
                            const struct policy_node *node, struct policy_value *ret_value)
{
    struct policy_document *documents = start_list(reading, node, sizeof *documents);
    if (documents == NULL)
        return false;
    size_t count = 0;
    bool is_fine = true;
    for (const struct policy_node *map = node->children; map != NULL; map = map->next) {
        is_fine = read_document(reading, map, &documents[count]) && is_fine;
        for (size_t i = 0; is_fine && i < count; i++)
            if (strcmp(documents[i].document, documents[count].document) == 0)
                is_fine = refuse_repeated(reading, map, documents[i].document);
        count++;
    }
    ret_value->documents.items = documents;
    ret_value->documents.count = count;
    return is_fine;
}

/* ---- tests and steps ---- */

static bool
is_word(const char *text)
{
    return text[0] != 0 && strlen(text) < POLICY_CODE_SIZE &&
           text[strspn(text, POLICY_ID_CHARACTERS)] == 0;
}

/* A test is a clause of its own, beneath the one that it stands in. */
static const char *
read_test_id(const struct policy_reading_value *reading, const struct policy_node *node)
{
    size_t length = strlen(reading->clause_id);
    if (node->kind == POLICY_NODE_SCALAR && strncmp(node->text, reading->clause_id, length) == 0 &&
        node->text[length] == '.' && is_word(node->text + length + 1))
        return arena_copy_text(reading->arena, node->text);
    policy_value_refuse(reading, node, "ID_WRONG",
                        "the id of a test here is '%s.' and a word of [a-z0-9_]",
                        reading->clause_id);
    return NULL;
}

static bool
read_test(const struct policy_reading_value *reading, const struct policy_node *map,
          struct policy_test *test)
{
    static const char *const keys[] = {"id", "when", "text", "evidence", "then", NULL};
    if (!check_keys(reading, map, keys, 2))
        return false;
    test->line = map->place.line;
    test->id = read_test_id(reading, policy_node_get(map, "id"));
    bool is_fine = test->id != NULL;
    is_fine = read_condition(reading, map, "when", &test->when) && is_fine;
    is_fine = read_codes(reading, map, "evidence", "document", &test->evidence) && is_fine;
    return read_codes(reading, map, "then", "remedy", &test->then) && is_fine;
}

bool
policy_value_read_tests(const struct policy_reading_value *reading, const struct policy_node *node,
                        struct policy_value *ret_value)
{
    struct policy_test *tests = start_list(reading, node, sizeof *tests);
    if (tests == NULL)
        return false;
    size_t count = 0;
    bool is_fine = true;
    for (const struct policy_node *map = node->children; map != NULL; map = map->next) {
        is_fine = read_test(reading, map, &tests[count]) && is_fine;
        for (size_t i = 0; is_fine && i < count; i++)
            if (strcmp(tests[i].id, tests[count].id) == 0)
                is_fine = refuse_repeated(reading, map, tests[i].id);
        count++;
    }
    ret_value->tests.items = tests;
    ret_value->tests.count = count;
    return is_fine;
}

static bool
read_step(const struct policy_reading_value *reading, const struct policy_node *map,
          struct policy_step *step)
{
    static const char *const keys[] = {"id", "by", "text", NULL};
    if (!check_keys(reading, map, keys, 2))
        return false;
    step->line = map->place.line;
    const struct policy_node *id = policy_node_get(map, "id");
    step->by = policy_value_read_code(reading, policy_node_get(map, "by"), "step_by");
    if (id->kind != POLICY_NODE_SCALAR || !is_word(id->text))
        return policy_value_refuse(reading, id, "ID_WRONG",
                                   "the id of a step is a word of [a-z0-9_]");
    step->id = arena_copy_text(reading->arena, id->text);
    return step->by != NULL;
}

bool
policy_value_read_steps(const struct policy_reading_value *reading, const struct policy_node *node,
                        struct policy_value *ret_value)
{
    struct policy_step *steps = start_list(reading, node, sizeof *steps);
    if (steps == NULL)
        return false;
    size_t count = 0;
    bool is_fine = true;
    for (const struct policy_node *map = node->children; map != NULL; map = map->next) {
        is_fine = read_step(reading, map, &steps[count]) && is_fine;
        for (size_t i = 0; is_fine && i < count; i++)
            if (strcmp(steps[i].id, steps[count].id) == 0)
                is_fine = refuse_repeated(reading, map, steps[i].id);
        count++;
    }
    ret_value->steps.items = steps;
    ret_value->steps.count = count;
    return is_fine;
}
