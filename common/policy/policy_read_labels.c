/*
 * policy_read_labels - `labels:`, what codes are called in each language
 *
 *   labels:
 *     cause.material_defect: material defects       flat,
 *     cause: {workmanship_defect: poor workmanship} or by list
 *     customer: you                                 for all lists
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_MAX = 20000 };

struct label {
    const char *key;
    size_t language;
    const struct policy_node *node;
};

struct labels {
    struct policy_reader *reader;
    struct label *labels;
    size_t count;
};

/* Whether keys may begin so: with a list of codes (the program's or the policy's), an axis, what
 * the engine looks words up under, or a parameter. */
static bool
is_prefix(const char *prefix)
{
    static const char *const others[] = {"words", "when", "unless", "calendar"};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (strcmp(others[i], prefix) == 0)
            return true;
    return policy_find_list(prefix) != NULL || policy_find_axis(prefix) >= 0;
}

static void
warn(struct labels *labels, const struct policy_node *node, const char *what, const char *name)
{
    policy_problem_add(labels->reader->problems, POLICY_WARNING, "LABEL_UNKNOWN", node->key_place,
                       NULL, "%s \"%.64s\": no text would print this label", what, name);
}

/* "channel.online": what a condition asks for. */
static void
check_condition(struct labels *labels, const char *key, const struct policy_node *node)
{
    const char *fact = arena_printf(labels->reader->arena, "%.*s", (int)strcspn(key, "."), key);
    const struct policy_fact_row *row = policy_find_fact(fact);
    const char *answer = strchr(key, '.');
    if (row == NULL && !policy_has_code(labels->reader->policy, "document", fact))
        warn(labels, node, "there is no fact", fact);
    else if (row != NULL && row->kind == POLICY_FACT_CODE && answer != NULL &&
             strcmp(answer, ".known") != 0 && strcmp(answer, ".unknown") != 0 &&
             !policy_has_code(labels->reader->policy, row->list, answer + 1))
        warn(labels, node, arena_printf(labels->reader->arena, "%s has no code", fact), answer + 1);
}

/* A misspelt key would be found by nobody: its words are just never printed. */
static void
check_key(struct labels *labels, const char *key, const struct policy_node *node)
{
    static const char whom[] = "for.";
    char list[POLICY_CODE_SIZE] = "";
    if (strchr(key, '/') != NULL) {
        if (policy_find_parameter_of("", key) < 0)
            warn(labels, node, "there is no parameter", key);
        return;
    }
    if (text_begins(key, whom))
        key += strlen(whom);
    const char *point = strchr(key, '.');
    if (point == NULL)
        return;
    if (text_begins(key, "when.") || text_begins(key, "unless.")) {
        check_condition(labels, point + 1, node);
        return;
    }
    (void)snprintf(list, sizeof list, "%.*s", (int)(point - key), key);
    if (strlen(list) != (size_t)(point - key) || !is_prefix(list))
        warn(labels, node, "there is no list of codes",
             arena_printf(labels->reader->arena, "%.*s", (int)(point - key), key));
    else if ((policy_find_list(list) != NULL || policy_find_axis(list) >= 0) &&
             !policy_has_code(labels->reader->policy, list, point + 1))
        warn(labels, node, arena_printf(labels->reader->arena, "%s has no code", list), point + 1);
}

static void
add_label(struct labels *labels, size_t language, const char *key, const struct policy_node *node)
{
    if (policy_read_scalar(labels->reader, node, NULL) == NULL)
        return;
    check_key(labels, key, node);
    labels->labels[labels->count++] =
        (struct label){.key = key, .language = language, .node = node};
}

static const struct policy_node *
map_of(struct policy_reader *reader, size_t language, const char *key)
{
    const struct policy_node *file = reader->translations[language];
    if (file == NULL && language == 0)
        file = reader->main;
    return policy_node_get(file, key);
}

static void
add_language(struct labels *labels, size_t language)
{
    struct policy_reader *reader = labels->reader;
    const struct policy_node *map = map_of(reader, language, "labels");
    if (map == NULL) {
        const struct policy_node *file = reader->translations[language];
        reader->policy->label_places[language] = (file == NULL ? reader->main : file)->place;
        return;
    }
    reader->policy->label_places[language] = map->place;
    if (!policy_read_is_map(reader, map, NULL, NULL))
        return;
    for (const struct policy_node *node = map->children; node != NULL; node = node->next) {
        if (node->kind != POLICY_NODE_MAP) {
            add_label(labels, language, node->key, node);
            continue;
        }
        for (const struct policy_node *child = node->children; child != NULL; child = child->next)
            add_label(labels, language,
                      arena_printf(reader->arena, "%.128s.%.128s", node->key, child->key), child);
    }
}

/* At least as many labels as there are. */
static size_t
count_labels(struct policy_reader *reader)
{
    size_t count = 0;
    for (size_t i = 0; i < reader->policy->language_count; i++) {
        const struct policy_node *map = map_of(reader, i, "labels");
        const struct policy_node *node = map == NULL ? NULL : map->children;
        for (; node != NULL; node = node->next)
            count += node->kind == POLICY_NODE_MAP ? node->child_count : 1;
    }
    return count;
}

static int
compare_labels(const void *a, const void *b)
{
    const struct label *x = a;
    const struct label *y = b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : compare_numbers((int64_t)x->language, (int64_t)y->language);
}

/* One label for each key, with the words of all languages. */
static void
join_labels(struct labels *found)
{
    struct policy_reader *reader = found->reader;
    struct policy_label *labels = arena_alloc(reader->arena, found->count * sizeof *labels);
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++) {
        const struct label *label = &found->labels[i];
        if (count == 0 || strcmp(labels[count - 1].key, label->key) != 0)
            labels[count++] = (struct policy_label){.key = label->key};
        struct policy_text *text = &labels[count - 1].text;
        if (text->texts[label->language] != NULL)
            policy_read_fail(reader, label->node->key_place, NULL, "LABEL_TWICE",
                             "%.128s has a label already", label->key);
        text->texts[label->language] = label->node->text;
        text->places[label->language] = label->node->place;
    }
    reader->policy->labels = labels;
    reader->policy->label_count = count;
}

void
policy_read_labels(struct policy_reader *reader)
{
    size_t room = count_labels(reader);
    if (room > LABELS_MAX) {
        policy_read_fail(reader, reader->main->place, NULL, "LABELS_TOO_MANY",
                         "more than %d labels", LABELS_MAX);
        return;
    }
    struct labels found = {.reader = reader,
                           .labels = arena_alloc(reader->arena, room * sizeof *found.labels)};
    for (size_t i = 0; i < reader->policy->language_count; i++)
        add_language(&found, i);
    if (found.count > 1)
        qsort(found.labels, found.count, sizeof *found.labels, compare_labels);
    join_labels(&found);
}
