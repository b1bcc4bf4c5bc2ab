/*
 * terms - walks the YAML document to warranty.period and reads its values by kind
 *
 * Scalars are read by what they must be, never by YAML's guess. Every fault names the line of the
 * node it was found at.
 */
// SPDX-License-Identifier: Apache-2.0
#include "terms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reading {
    const char *path;
    yaml_document_t document;
    struct fault *fault;
};

static enum err
fail_at(struct reading *reading, const yaml_node_t *node, const char *what)
{
    int line = node != NULL ? (int)node->start_mark.line + 1 : 1;
    fault_set(reading->fault, ERR_INVALID_ARGUMENT, "POLICY_MALFORMED", "%s:%d: %s", reading->path,
              line, what);
    reading->fault->line = line;
    return ERR_INVALID_ARGUMENT;
}

static const char *
text_of(const yaml_node_t *node)
{
    return node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
                                                          : NULL;
}

static yaml_node_t *
node_at(struct reading *reading, int index)
{
    return yaml_document_get_node(&reading->document, index);
}

/* The value of a key in a mapping; NULL if there is none. */
static yaml_node_t *
find(struct reading *reading, const yaml_node_t *map, const char *key)
{
    if (map == NULL || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++) {
        const char *name = text_of(node_at(reading, pair->key));
        if (name != NULL && strcmp(name, key) == 0)
            return node_at(reading, pair->value);
    }
    return NULL;
}

static size_t
count_of(const yaml_node_t *list)
{
    if (list == NULL || list->type != YAML_SEQUENCE_NODE)
        return 0;
    return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

static yaml_node_t *
item_of(struct reading *reading, const yaml_node_t *list, size_t i)
{
    return node_at(reading, list->data.sequence.items.start[i]);
}

/* The element of a list of mappings whose `key` is `value`. */
static yaml_node_t *
find_named(struct reading *reading, const yaml_node_t *list, const char *key, const char *value)
{
    for (size_t i = 0; i < count_of(list); i++) {
        yaml_node_t *item = item_of(reading, list, i);
        const char *text = text_of(find(reading, item, key));
        if (text != NULL && strcmp(text, value) == 0)
            return item;
    }
    return NULL;
}

bool
terms_parse_length(const char *text, struct terms_length *ret_length)
{
    *ret_length = (struct terms_length){.is_none = strcmp(text, "none") == 0,
                                        .is_unlimited = strcmp(text, "unlimited") == 0};
    if (ret_length->is_none || ret_length->is_unlimited)
        return true;
    char *unit;
    long count = strtol(text, &unit, 10);
    if (unit == text || count < 1 || count > 1200 || *unit != ' ')
        return false;
    unit++;
    bool is_many = count > 1;
    if (strcmp(unit, is_many ? "years" : "year") == 0)
        ret_length->months = (int)count * 12;
    else if (strcmp(unit, is_many ? "months" : "month") == 0)
        ret_length->months = (int)count;
    else if (strcmp(unit, is_many ? "days" : "day") == 0)
        ret_length->days = (int)count;
    else
        return false;
    return true;
}

static enum err
read_length(struct reading *reading, const yaml_node_t *node, const yaml_node_t *near,
            struct terms_length *ret_length)
{
    const char *text = text_of(node);
    if (text == NULL)
        return fail_at(reading, near, "warranty.period needs a length");
    if (!terms_parse_length(text, ret_length))
        return fail_at(reading, node,
                       "a length is as \"1 year\", \"6 months\", \"90 days\", none or unlimited");
    return OK;
}

/* "delivered" or "manufactured + 90 days". */
static enum err
read_start(struct reading *reading, const yaml_node_t *node, struct terms_start *ret_start)
{
    const char *text = text_of(node);
    if (text == NULL)
        return fail_at(reading, node, "an anchor of starts must be a text");
    size_t name_size = strcspn(text, " ");
    ret_start->offset_days = 0;
    ret_start->anchor = TERMS_OTHER;
    if (name_size == strlen("delivered") && strncmp(text, "delivered", name_size) == 0)
        ret_start->anchor = TERMS_DELIVERED;
    if (name_size == strlen("purchased") && strncmp(text, "purchased", name_size) == 0)
        ret_start->anchor = TERMS_PURCHASED;
    if (text[name_size] == 0)
        return OK;
    struct terms_length offset;
    if (strncmp(text + name_size, " + ", 3) != 0 ||
        !terms_parse_length(text + name_size + 3, &offset) || offset.days == 0)
        return fail_at(reading, node,
                       "an anchor is as \"delivered\" or \"manufactured + 90 days\"");
    ret_start->offset_days = offset.days;
    return OK;
}

static enum err
read_starts(struct reading *reading, const yaml_node_t *list, const yaml_node_t *near,
            struct terms *terms)
{
    if (count_of(list) == 0 || count_of(list) > TERMS_STARTS_MAX)
        return fail_at(reading, list != NULL ? list : near, "starts must list 1 to 8 anchors");
    for (size_t i = 0; i < count_of(list); i++) {
        enum err err =
            read_start(reading, item_of(reading, list, i), &terms->starts[terms->start_count++]);
        if (err != OK)
            return err;
    }
    return OK;
}

/* Exceptions whose `when` names the category and nothing else. */
static enum err
read_exceptions(struct reading *reading, const yaml_node_t *list, struct terms *terms)
{
    for (size_t i = 0; i < count_of(list); i++) {
        yaml_node_t *item = item_of(reading, list, i);
        yaml_node_t *when = find(reading, item, "when");
        yaml_node_t *length = find(reading, item, "length");
        const char *category = text_of(find(reading, when, "category"));
        if (category == NULL || length == NULL ||
            when->data.mapping.pairs.top - when->data.mapping.pairs.start != 1)
            continue;
        if (terms->category_count == TERMS_CATEGORIES_MAX || strlen(category) >= TERMS_TEXT_SIZE)
            return fail_at(reading, item, "too many categories, or too long a name");
        struct terms_category *entry = &terms->categories[terms->category_count++];
        snprintf(entry->category, sizeof entry->category, "%s", category);
        enum err err = read_length(reading, length, item, &entry->length);
        if (err != OK)
            return err;
    }
    return OK;
}

static enum err
read_document(struct reading *reading, struct terms *terms)
{
    yaml_node_t *root = yaml_document_get_root_node(&reading->document);
    const char *zone = text_of(find(reading, root, "time_zone"));
    struct date today;
    if (zone == NULL || strlen(zone) >= TERMS_TEXT_SIZE || !date_at(0, zone, &today))
        return fail_at(reading, root, "time_zone must name a zone as Europe/Berlin");
    snprintf(terms->time_zone, sizeof terms->time_zone, "%s", zone);
    yaml_node_t *section =
        find_named(reading, find(reading, root, "sections"), "section", "warranty");
    yaml_node_t *clause =
        find_named(reading, find(reading, section, "clauses"), "clause", "warranty.period");
    if (clause == NULL)
        return fail_at(reading, section != NULL ? section : root,
                       "there is no clause warranty.period");
    yaml_node_t *set = find(reading, clause, "set");
    enum err err = read_length(reading, find(reading, set, "length"), clause, &terms->length);
    if (err == OK)
        err = read_starts(reading, find(reading, set, "starts"), clause, terms);
    if (err == OK)
        err = read_exceptions(reading, find(reading, clause, "except"), terms);
    return err;
}

static enum err
parse(FILE *file, struct reading *reading, struct terms *terms)
{
    yaml_parser_t parser;
    CHECK(yaml_parser_initialize(&parser));
    yaml_parser_set_input_file(&parser, file);
    enum err err;
    if (yaml_parser_load(&parser, &reading->document)) {
        err = read_document(reading, terms);
        yaml_document_delete(&reading->document);
    } else {
        int line = (int)parser.problem_mark.line + 1;
        err = fault_set(reading->fault, ERR_INVALID_ARGUMENT, "POLICY_MALFORMED", "%s:%d: %s",
                        reading->path, line, parser.problem != NULL ? parser.problem : "not YAML");
        reading->fault->line = line;
    }
    yaml_parser_delete(&parser);
    return err;
}

enum err
terms_read(const char *path, struct terms *ret_terms, struct fault *ret_fault)
{
    struct reading reading = {.path = path, .fault = ret_fault};
    *ret_terms = (struct terms){0};
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fault_set(ret_fault, ERR_NOT_FOUND, "POLICY_MISSING", "%s: cannot be read", path);
    enum err err = OK;
    if (fseek(file, 0, SEEK_END) != 0 || ftell(file) > TERMS_FILE_BYTES_MAX)
        err = fault_set(ret_fault, ERR_INVALID_ARGUMENT, "POLICY_MALFORMED",
                        "%s: larger than 1 MiB, or no file", path);
    rewind(file);
    if (err == OK)
        err = parse(file, &reading, ret_terms);
    fclose(file);
    return err;
}

const struct terms_length *
terms_length_for(const struct terms *terms, const char *category)
{
    for (size_t i = 0; i < terms->category_count; i++)
        if (strcmp(terms->categories[i].category, category) == 0)
            return &terms->categories[i].length;
    return &terms->length;
}
