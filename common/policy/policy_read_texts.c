/*
 * policy_read_texts - words in every language: of clauses, tests, steps, rights, sections, notices;
 * labels of codes
 *
 * While the main file is read, everything that has words is noted with its id. Then the files of
 * the other languages are gone through: each id they name must be one of these, and each of these
 * must be named. Where a language has no title for a section, or no notice or source of a pack, the
 * first language's stays, with a warning. Texts for staff may be missing.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_private.h"

#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = 20000, HINT_IDS_MAX = 2000 };

/* ---- what has words ---- */

static struct policy_read_text *
add_entry(struct policy_reader *reader)
{
    reader->texts = arena_grow(reader->arena, reader->texts, reader->text_count, &reader->text_room,
                               sizeof *reader->texts);
    return &reader->texts[reader->text_count++];
}

/* Tests, steps and titles are printed as they stand. */
static bool
check_plain(struct policy_reader *reader, enum policy_text_kind kind, const char *id,
            const char *text, struct policy_place place)
{
    bool has_places =
        kind == POLICY_TEXT_CLAUSE || kind == POLICY_TEXT_INTERNAL || kind == POLICY_TEXT_RIGHT;
    if (has_places || text[strcspn(text, "{}")] == 0)
        return true;
    return policy_read_fail(reader, place, id, "PLACEHOLDER_UNKNOWN",
                            "the text of %.128s has no placeholders, so no braces", id);
}

static void
set_words(struct policy_reader *reader, const struct policy_read_text *entry, size_t language,
          const struct policy_node *node)
{
    const char *text = policy_read_scalar(reader, node, entry->id);
    if (text == NULL || !check_plain(reader, entry->kind, entry->id, text, node->place))
        text = ""; /* said; it is not missing as well */
    entry->text->texts[language] = text;
    entry->text->places[language] = node->place;
}

void
policy_read_add_text(struct policy_reader *reader, enum policy_text_kind kind, const char *id,
                     struct policy_place place, const struct policy_node *node,
                     struct policy_text *text)
{
    if (reader->text_count == TEXTS_MAX) {
        policy_read_fail(reader, place, id, "TEXTS_TOO_MANY", "more than %d texts", TEXTS_MAX);
        return;
    }
    struct policy_read_text *entry = add_entry(reader);
    *entry = (struct policy_read_text){.id = id, .kind = kind, .text = text, .place = place};
    if (node == NULL)
        return;
    if (reader->translations[0] != NULL)
        policy_read_fail(reader, node->place, id, "TEXT_ELSEWHERE",
                         "the texts of %s stand under `translations:`",
                         reader->policy->languages[0]);
    else
        set_words(reader, entry, 0, node);
}

void
policy_read_value_texts(struct policy_reader *reader, const struct policy_parameter_row *row,
                        const struct policy_node *node, const char *owner_id)
{
    bool is_step = row->kind == POLICY_STEPS;
    if ((!is_step && row->kind != POLICY_TESTS) || node->kind != POLICY_NODE_LIST)
        return;
    for (const struct policy_node *item = node->children; item != NULL; item = item->next) {
        const struct policy_node *name = policy_node_get(item, "id");
        if (reader->text_count == TEXTS_MAX)
            return;
        const char *id =
            is_step ? arena_printf(reader->arena, "%s/%s", owner_id, name->text) : name->text;
        struct policy_text *text = arena_alloc(reader->arena, sizeof *text);
        policy_read_add_text(reader, is_step ? POLICY_TEXT_STEP : POLICY_TEXT_TEST, id, name->place,
                             policy_node_get(item, "text"), text);
    }
}

/* ---- ids ---- */

static int
compare_entries(const void *a, const void *b)
{
    const struct policy_read_text *x = a;
    const struct policy_read_text *y = b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : policy_place_compare(&x->place, &y->place);
}

/* A test or step may stand in several values of its clause: then its words are the same, and may
 * be left out but once. */
static bool
join(struct policy_read_text *kept, const struct policy_read_text *again)
{
    bool is_part = kept->kind == POLICY_TEXT_TEST || kept->kind == POLICY_TEXT_STEP;
    if (!is_part || kept->kind != again->kind)
        return false;
    if (again->text->texts[0] == NULL)
        return true;
    if (kept->text->texts[0] == NULL)
        *kept->text = *again->text;
    return strcmp(kept->text->texts[0], again->text->texts[0]) == 0;
}

void
policy_read_sort_texts(struct policy_reader *reader)
{
    if (reader->text_count == 0)
        return;
    qsort(reader->texts, reader->text_count, sizeof *reader->texts, compare_entries);
    size_t kept = 0;
    for (size_t i = 1; i < reader->text_count; i++) {
        struct policy_read_text *entry = &reader->texts[i];
        struct policy_read_text *last = &reader->texts[kept];
        if (strcmp(last->id, entry->id) != 0)
            reader->texts[++kept] = *entry;
        else if (!join(last, entry))
            policy_read_fail(reader, entry->place, entry->id, "ID_TWICE",
                             "the id %.128s stands here again, after line %d", entry->id,
                             last->place.line);
    }
    reader->text_count = kept + 1;
    reader->sorted_text_count = reader->text_count;
}

static int
compare_id(const void *id, const void *entry)
{
    return strcmp(id, ((const struct policy_read_text *)entry)->id);
}

const struct policy_read_text *
policy_read_find_text(const struct policy_reader *reader, const char *id)
{
    return reader->sorted_text_count == 0 ? NULL
                                          : bsearch(id, reader->texts, reader->sorted_text_count,
                                                    sizeof *reader->texts, compare_id);
}

/* ---- the texts of a language ---- */

static const char *
hint_id(struct policy_reader *reader, const char *id)
{
    if (reader->text_count > HINT_IDS_MAX || policy_read_is_full(reader))
        return "";
    const char **ids = arena_alloc(reader->arena, reader->text_count * sizeof *ids);
    for (size_t i = 0; i < reader->text_count; i++)
        ids[i] = reader->texts[i].id;
    return policy_read_hint(reader, ids, reader->text_count, id);
}

static void
read_translated(struct policy_reader *reader, size_t language, const struct policy_node *map)
{
    if (!policy_read_is_map(reader, map, NULL, NULL))
        return;
    for (const struct policy_node *node = map->children; node != NULL; node = node->next) {
        const struct policy_read_text *entry = policy_read_find_text(reader, node->key);
        if (entry != NULL)
            set_words(reader, entry, language, node);
        else if (!reader->has_faults && !policy_read_is_full(reader))
            policy_read_fail(reader, node->key_place, NULL, "TEXT_UNKNOWN",
                             "nothing has the id \"%.128s\"%s", node->key,
                             hint_id(reader, node->key));
    }
}

static void
read_title(struct policy_reader *reader, size_t language, const struct policy_node *map)
{
    struct policy_text *title = &reader->policy->title;
    const struct policy_node *node = policy_read_child(reader, map, NULL, "title");
    const char *text = node == NULL ? NULL : policy_read_scalar(reader, node, NULL);
    title->texts[language] = text == NULL ? "" : text;
    title->places[language] = node == NULL ? map->place : node->place;
    if (text != NULL)
        (void)check_plain(reader, POLICY_TEXT_SECTION, "title", text, node->place);
}

/* What an author knows a text as. */
static const char *
name_text(struct policy_reader *reader, const struct policy_read_text *entry)
{
    int layer = (int)strcspn(entry->id, "/");
    if (entry->kind == POLICY_TEXT_SECTION)
        return arena_printf(reader->arena, "the title of section %.128s", entry->id);
    if (entry->kind == POLICY_TEXT_NOTICE)
        return arena_printf(reader->arena, "the %s of layer %.*s",
                            entry->id[layer] == '/' ? "source" : "notice", layer, entry->id);
    return arena_printf(reader->arena, "%.128s", entry->id);
}

/* Whether customers see nothing of a section, so that its title need not be translated. */
static bool
is_hidden(const struct policy_reader *reader, const struct policy_read_text *entry)
{
    const struct policy *policy = reader->policy;
    for (size_t i = 0; i < policy->section_count; i++) {
        const struct policy_section *section = &policy->sections[i];
        bool is_hidden = entry->text == &section->title;
        for (size_t j = 0; is_hidden && j < section->clause_count; j++)
            is_hidden = section->clauses[j].is_internal;
        if (entry->text == &section->title)
            return is_hidden;
    }
    return false;
}

/* Takes the words of the first language for what may do without a translation, or, where it has
 * none either, for staff alone. False: it may not. */
static bool
borrow(const struct policy_read_text *entry, size_t language)
{
    struct policy_text *text = entry->text;
    bool is_internal = entry->kind == POLICY_TEXT_INTERNAL;
    bool is_heading = entry->kind == POLICY_TEXT_SECTION || entry->kind == POLICY_TEXT_NOTICE;
    if (!is_internal && (!is_heading || language == 0 || text->texts[0] == NULL))
        return false;
    text->texts[language] = text->texts[0];
    text->places[language] = text->places[0];
    return true;
}

/* Adds a line to paste: the id, and the first language's words to be translated. */
static void
add_suggestion(const struct policy_read_text *entry, size_t language, struct buf *lines)
{
    const char *words = entry->text->texts[0];
    if (language == 0 || words == NULL)
        return;
    if (lines->size_bytes == 0)
        buf_add_text(lines, "texts:\n");
    buf_printf(lines, "  %s: ", entry->id);
    buf_add_json(lines, words, strlen(words));
    buf_add_char(lines, '\n');
}

/* Says what a language lacks, at `place`: where its texts begin. The first that is missing carries
 * all of them, to be pasted and translated. */
static void
check_missing(struct policy_reader *reader, size_t language, struct policy_place place)
{
    size_t first_index = SIZE_MAX; /* of the problems: the list may move */
    struct buf lines = {0};
    for (size_t i = 0; i < reader->text_count && !policy_read_is_full(reader); i++) {
        const struct policy_read_text *entry = &reader->texts[i];
        if (entry->text->texts[language] != NULL)
            continue;
        struct policy_place where =
            language == 0 && reader->translations[0] == NULL ? entry->place : place;
        bool is_borrowed = borrow(entry, language);
        if (is_borrowed && (entry->kind == POLICY_TEXT_INTERNAL || is_hidden(reader, entry)))
            continue;
        policy_problem_add(reader->problems, is_borrowed ? POLICY_WARNING : POLICY_ERROR,
                           "TEXT_MISSING", where, entry->id, "%s has no text in language %s%s",
                           name_text(reader, entry), reader->policy->languages[language],
                           is_borrowed ? "; the first language's is printed" : "");
        add_suggestion(entry, language, &lines);
        if (first_index == SIZE_MAX)
            first_index = reader->problems->problem_count - 1;
    }
    if (lines.size_bytes > 0 && first_index < reader->problems->problem_count)
        reader->problems->problems[first_index].suggestion =
            arena_copy_text(reader->arena, buf_text(&lines));
    buf_free(&lines);
}

static void
read_language(struct policy_reader *reader, size_t language)
{
    const struct policy_node *map = reader->translations[language];
    if (map == NULL) {
        /* Only the first language stands in the main file. */
        if (language == 0) {
            read_title(reader, 0, reader->main);
            check_missing(reader, 0, reader->main->place);
        }
        return;
    }
    if (!policy_read_is_map(reader, map, NULL, reader->policy->languages[language]))
        return;
    policy_read_check_keys(reader, map, NULL,
                           reader->is_publication ? "title texts labels"
                                                  : "language title texts labels");
    read_title(reader, language, map);
    const struct policy_node *texts = policy_node_get(map, "texts");
    if (texts != NULL)
        read_translated(reader, language, texts);
    check_missing(reader, language, texts == NULL ? map->place : texts->place);
}

/* ---- all ---- */

static void
keep_named_texts(struct policy_reader *reader)
{
    struct policy_named_text *named =
        arena_alloc(reader->arena, reader->text_count * sizeof *named);
    size_t count = 0;
    for (size_t i = 0; i < reader->text_count; i++) {
        const struct policy_read_text *entry = &reader->texts[i];
        if (entry->kind != POLICY_TEXT_CLAUSE && entry->kind != POLICY_TEXT_INTERNAL &&
            entry->kind != POLICY_TEXT_SECTION)
            named[count++] = (struct policy_named_text){.id = entry->id, .text = *entry->text};
    }
    reader->policy->named_texts = named;
    reader->policy->named_text_count = count;
}

void
policy_read_texts(struct policy_reader *reader)
{
    reader->has_faults = reader->problems->error_count > reader->first_error;
    policy_read_sort_texts(reader);
    for (size_t i = 0; i < reader->policy->language_count; i++)
        read_language(reader, i);
    for (size_t i = 0; i < reader->text_count && !policy_read_is_full(reader); i++)
        if (reader->texts[i].kind == POLICY_TEXT_RIGHT)
            policy_read_check_right(reader, &reader->texts[i]);
    keep_named_texts(reader);
    policy_read_labels(reader);
}
