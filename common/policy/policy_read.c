/*
 * policy_read - files in memory to a policy
 *
 * All files are read into trees first; then the parts of the main file in the order in which they
 * refer to each other. Sizes are limited for all files together, so that what was read also fits
 * into a publication.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read.h"

#include <stdlib.h>
#include <string.h>

#include "common/policy/policy_canon.h"
#include "common/policy/policy_node_private.h"
#include "common/policy/policy_read_private.h"

static void
fail_file(struct policy_reader *reader, const char *file, const char *reason, const char *what)
{
    policy_read_fail(reader, (struct policy_place){file, 0, 0}, NULL, reason, "%s", what);
}

/* The tree of the main file; NULL: refused. Its maps are sorted at once, so that nothing can depend
 * on their order: a draft and its publication read the same. */
static const struct policy_node *
read_main(struct policy_reader *reader, const struct policy_file *file)
{
    struct policy_node *main =
        policy_node_parse(reader->arena, file, POLICY_PUBLICATION_BYTES_MAX, reader->problems);
    if (main == NULL || !policy_read_is_map(reader, main, NULL, "a policy"))
        return NULL;
    policy_node_sort(reader->arena, main);
    reader->main = main;
    reader->is_publication = policy_node_get(main, "translations") != NULL;
    if (reader->is_publication || file->size_bytes <= POLICY_FILE_BYTES_MAX)
        return main;
    fail_file(reader, file->name, "FILE_TOO_LARGE", "the file is larger than 1 MiB");
    return NULL;
}

/* ---- what a main file asks for ---- */

static size_t
find_code(const char *const *codes, size_t count, const char *code)
{
    size_t i = 0;
    while (i < count && strcmp(codes[i], code) != 0)
        i++;
    return i;
}

/* Whether a publication brings a list of holidays with it. */
static bool
is_held(const struct policy_reader *reader, const struct policy_node *lists, const char *code)
{
    return reader->is_publication && lists != NULL && lists->kind == POLICY_NODE_MAP &&
           policy_node_get(lists, code) != NULL;
}

/* Each code once, in the order written; at most as many as files can be given. */
static void
collect_holidays(struct policy_reader *reader, struct policy_wants *wants)
{
    const char **codes = arena_alloc(reader->arena, POLICY_FILES_MAX * sizeof *codes);
    size_t count = 0;
    const struct policy_node *held = policy_node_get(reader->main, "holidays");
    const struct policy_node *calendars = policy_node_get(reader->main, "calendars");
    const struct policy_node *calendar = calendars == NULL ? NULL : calendars->children;
    for (; calendar != NULL; calendar = calendar->next) {
        const struct policy_node *list = policy_node_get(calendar, "holidays");
        for (const struct policy_node *node = list == NULL ? NULL : list->children; node != NULL;
             node = node->next)
            if (node->kind == POLICY_NODE_SCALAR && count < POLICY_FILES_MAX &&
                strlen(node->text) < HOLIDAY_CODE_SIZE && !is_held(reader, held, node->text) &&
                find_code(codes, count, node->text) == count)
                codes[count++] = node->text;
    }
    wants->holiday_codes = codes;
    wants->holiday_code_count = count;
}

bool
policy_read_wants(struct arena *arena, const struct policy_file *main,
                  struct policy_wants *ret_wants, struct policy_problems *problems)
{
    size_t errors = problems->error_count;
    struct policy_reader reader = {.arena = arena, .problems = problems};
    struct policy_wants wants = {NULL, 0, NULL, 0};
    if (read_main(&reader, main) == NULL)
        return false;
    if (!reader.is_publication) {
        const char **languages = arena_alloc(arena, POLICY_LANGUAGES_MAX * sizeof *languages);
        size_t count = policy_read_languages(&reader, languages);
        wants.languages = languages + 1;
        wants.language_count = count > 0 ? count - 1 : 0;
    }
    collect_holidays(&reader, &wants);
    if (problems->error_count > errors)
        return false;
    *ret_wants = wants;
    return true;
}

/* ---- files beside the main one ---- */

/* The name a file says it has: `language: de`, `code: DE`. */
static const char *
read_file_key(struct policy_reader *reader, const struct policy_node *map, const char *key)
{
    const struct policy_node *node = policy_read_child(reader, map, NULL, key);
    return node == NULL ? NULL : policy_read_scalar(reader, node, NULL);
}

static void
take_language(struct policy_reader *reader, const struct policy_file *file)
{
    const struct policy *policy = reader->policy;
    const struct policy_node *map =
        policy_node_parse(reader->arena, file, POLICY_FILE_BYTES_MAX, reader->problems);
    if (map == NULL || !policy_read_is_map(reader, map, NULL, "a file of texts"))
        return;
    const char *language = read_file_key(reader, map, "language");
    if (language == NULL)
        return;
    size_t i = find_code(policy->languages, policy->language_count, language);
    struct policy_place place = policy_node_get(map, "language")->place;
    if (i == policy->language_count || i == 0)
        policy_read_fail(reader, place, NULL, "LANGUAGE_UNKNOWN",
                         i == 0 ? "the texts of %.36s stand in the main file"
                                : "the policy does not have the language %.36s",
                         language);
    else if (reader->translations[i] != NULL)
        policy_read_fail(reader, place, NULL, "LANGUAGE_TWICE", "another file has %s too",
                         language);
    else
        reader->translations[i] = map;
}

static void
take_holidays(struct policy_reader *reader, const struct policy_node *node, const char *code,
              struct policy_place place)
{
    if (strlen(code) >= HOLIDAY_CODE_SIZE || code[strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                               "0123456789-")] != 0) {
        policy_read_fail(reader, place, NULL, "CODE_MALFORMED",
                         "\"%.32s\" is no code of a country or part of one, as DE-BY", code);
        return;
    }
    for (size_t i = 0; i < reader->holiday_count; i++)
        if (strcmp(reader->holidays[i].list.code, code) == 0) {
            policy_read_fail(reader, place, NULL, "CODE_TWICE",
                             "there is another list of holidays %s", code);
            return;
        }
    struct policy_read_holidays *holidays = &reader->holidays[reader->holiday_count++];
    *holidays = (struct policy_read_holidays){.node = node, .list = {.code = code}};
    policy_read_holiday_list(reader, holidays);
}

static void
take_holiday_file(struct policy_reader *reader, const struct policy_file *file)
{
    const struct policy_node *map =
        policy_node_parse(reader->arena, file, POLICY_FILE_BYTES_MAX, reader->problems);
    if (map == NULL || !policy_read_is_map(reader, map, NULL, "a list of holidays"))
        return;
    const char *code = read_file_key(reader, map, "code");
    if (code != NULL)
        take_holidays(reader, map, code, policy_node_get(map, "code")->place);
}

static void
take_files(struct policy_reader *reader, const struct policy_sources *sources)
{
    for (size_t i = 0; i < sources->language_count; i++)
        take_language(reader, &sources->languages[i]);
    const struct policy_node *list = policy_node_get(reader->main, "languages");
    for (size_t i = 1; i < reader->policy->language_count; i++)
        if (reader->translations[i] == NULL)
            policy_read_fail(
                reader, list->place, NULL, "LANGUAGE_MISSING",
                "there is no file with the texts of %s: those of a policy default.yaml stand "
                "beside it in default.%s.yaml",
                reader->policy->languages[i], reader->policy->languages[i]);
}

/* The words of the first language stand at the top or with the translations, never at both. */
static void
refuse_twofold_words(struct policy_reader *reader, const char *key)
{
    const struct policy_node *node = policy_node_get(reader->main, key);
    if (node != NULL && reader->translations[0] != NULL)
        policy_read_fail(reader, node->key_place, NULL, "TEXT_ELSEWHERE",
                         "`%s` of %s stands under `translations:`", key,
                         reader->policy->languages[0]);
}

/* The texts of a publication. Those of the first language may stand in their places, as in a main
 * file. */
static void
take_translations(struct policy_reader *reader)
{
    struct policy *policy = reader->policy;
    const struct policy_node *texts = policy_node_get(reader->main, "translations");
    if (policy_read_is_map(reader, texts, NULL, NULL))
        for (const struct policy_node *node = texts->children; node != NULL; node = node->next) {
            size_t i = find_code(policy->languages, policy->language_count, node->key);
            if (i == policy->language_count)
                policy_read_fail(reader, node->key_place, NULL, "LANGUAGE_UNKNOWN",
                                 "the policy does not have the language %.36s", node->key);
            else
                reader->translations[i] = node;
        }
    refuse_twofold_words(reader, "title");
    refuse_twofold_words(reader, "labels");
    for (size_t i = 1; i < policy->language_count; i++)
        if (reader->translations[i] == NULL)
            policy_read_fail(reader, texts->place, NULL, "LANGUAGE_MISSING",
                             "there are no texts of %s", policy->languages[i]);
}

/* The lists of holidays that a publication holds. */
static void
take_held_holidays(struct policy_reader *reader, const struct policy_node *lists)
{
    if (!policy_read_is_map(reader, lists, NULL, NULL))
        return;
    if (lists->child_count > POLICY_FILES_MAX) {
        policy_read_fail(reader, lists->place, NULL, "HOLIDAYS_TOO_MANY", "more than %d lists",
                         POLICY_FILES_MAX);
        return;
    }
    for (const struct policy_node *node = lists->children; node != NULL; node = node->next)
        if (policy_read_is_map(reader, node, NULL, NULL))
            take_holidays(reader, node, node->key, node->key_place);
}

/* Those of a publication, and those that stand in files of their own. */
static void
take_all_holidays(struct policy_reader *reader, const struct policy_sources *sources)
{
    const struct policy_node *lists =
        reader->is_publication ? policy_node_get(reader->main, "holidays") : NULL;
    size_t held_count = lists == NULL ? 0 : lists->child_count;
    reader->holidays = arena_alloc(reader->arena, (held_count + sources->holiday_count) *
                                                      sizeof *reader->holidays);
    if (lists != NULL)
        take_held_holidays(reader, lists);
    for (size_t i = 0; i < sources->holiday_count; i++)
        take_holiday_file(reader, &sources->holidays[i]);
}

/* ---- all ---- */

static bool
check_sizes(struct policy_reader *reader, const struct policy_sources *sources)
{
    size_t total = sources->main.size_bytes;
    for (size_t i = 0; i < sources->language_count && i < POLICY_FILES_MAX; i++)
        total += sources->languages[i].size_bytes;
    for (size_t i = 0; i < sources->holiday_count && i < POLICY_FILES_MAX; i++)
        total += sources->holidays[i].size_bytes;
    if (sources->language_count > POLICY_FILES_MAX || sources->holiday_count > POLICY_FILES_MAX)
        fail_file(reader, sources->main.name, "FILES_TOO_MANY", "the policy has too many files");
    else if (total > POLICY_PUBLICATION_BYTES_MAX)
        fail_file(reader, sources->main.name, "FILES_TOO_LARGE",
                  "all files together are larger than 4 MiB");
    else
        return true;
    return false;
}

static void
read_parts(struct policy_reader *reader, const struct policy_sources *sources)
{
    struct policy *policy = reader->policy;
    policy_read_head(reader);
    policy->language_count = policy_read_languages(reader, policy->languages);
    if (reader->is_publication)
        take_translations(reader);
    else
        take_files(reader, sources);
    take_all_holidays(reader, sources);
    policy_read_axes(reader);
    policy_read_calendars(reader);
    policy_read_contacts(reader);
    policy_read_sections(reader);
    reader->has_faults = reader->problems->error_count > reader->first_error;
    policy_read_packs(reader);
    policy_read_texts(reader);
}

struct policy *
policy_read(struct arena *arena, const struct policy_sources *sources,
            struct policy_problems *problems)
{
    size_t errors = problems->error_count;
    struct policy_reader reader = {
        .arena = arena, .problems = problems, .first_error = problems->error_count};
    if (!check_sizes(&reader, sources) || read_main(&reader, &sources->main) == NULL)
        return NULL;
    struct policy *policy = arena_alloc(arena, sizeof *policy);
    reader.policy = policy;
    read_parts(&reader, sources);
    if (problems->error_count > errors)
        return NULL;
    policy_index_rules(arena, policy, reader.rules, reader.rule_count);
    if (!policy_canon_make(&reader))
        return NULL;
    policy_canon_digest(policy, policy->digest);
    return policy;
}
