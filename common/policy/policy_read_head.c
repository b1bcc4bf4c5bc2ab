/*
 * policy_read_head - the first lines of a policy: format, name, languages, zone, currency, version
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_private.h"

#include <string.h>

#include "common/policy/policy_canon.h"

enum { LANGUAGE_SIZE = 36 };

/* A BCP 47 tag by its form: "de", "de-AT", "zh-Hans-CN". */
static bool
is_language(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t size = strspn(text, letters);
    if (size < 2 || size > 3 || strlen(text) >= LANGUAGE_SIZE)
        return false;
    for (text += size; *text == '-'; text += size) {
        text++;
        size = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        if (size < 1 || size > 8)
            return false;
    }
    return *text == 0;
}

static bool
has_language(const char *const *languages, size_t count, const char *language)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(languages[i], language) == 0)
            return true;
    return false;
}

size_t
policy_read_languages(struct policy_reader *reader, const char *ret_languages[POLICY_LANGUAGES_MAX])
{
    size_t count = 0;
    const struct policy_node *list = policy_read_child(reader, reader->main, NULL, "languages");
    if (list == NULL || !policy_read_is_list(reader, list, NULL, NULL))
        return 0;
    for (const struct policy_node *node = list->children; node != NULL; node = node->next) {
        const char *language = policy_read_scalar(reader, node, NULL);
        if (language == NULL)
            continue;
        if (!is_language(language))
            policy_read_fail(reader, node->place, NULL, "LANGUAGE_MALFORMED",
                             "\"%.36s\" is no language, as en or de-AT", language);
        else if (has_language(ret_languages, count, language))
            policy_read_fail(reader, node->place, NULL, "LANGUAGE_TWICE",
                             "the language %s stands here again", language);
        else if (count == POLICY_LANGUAGES_MAX)
            policy_read_fail(reader, node->place, NULL, "LANGUAGES_TOO_MANY",
                             "more than %d languages", POLICY_LANGUAGES_MAX);
        else
            ret_languages[count++] = language;
    }
    if (list->child_count == 0)
        policy_read_fail(reader, list->place, NULL, "LANGUAGE_MISSING",
                         "a policy needs at least one language");
    return count;
}

static void
read_zone(struct policy_reader *reader)
{
    const struct policy_node *node = policy_read_child(reader, reader->main, NULL, "time_zone");
    const char *name = node == NULL ? NULL : policy_read_scalar(reader, node, NULL);
    if (name == NULL)
        return;
    reader->policy->zone = zone_find(name);
    if (reader->policy->zone == NULL)
        policy_read_fail(reader, node->place, NULL, "ZONE_UNKNOWN",
                         "\"%.64s\" is no time zone, as Europe/Berlin", name);
}

static void
read_currency(struct policy_reader *reader)
{
    const struct policy_node *node = policy_read_child(reader, reader->main, NULL, "currency");
    const char *code = node == NULL ? NULL : policy_read_scalar(reader, node, NULL);
    if (code == NULL)
        return;
    if (strlen(code) == 3 && money_digits(code) >= 0)
        memcpy(reader->policy->currency_code, code, 4);
    else
        policy_read_fail(reader, node->place, NULL, "CURRENCY_UNKNOWN",
                         "\"%.32s\" is no currency, as EUR", code);
}

static void
read_name(struct policy_reader *reader)
{
    const struct policy_node *node = policy_read_child(reader, reader->main, NULL, "policy");
    const char *name = node == NULL ? NULL : policy_read_id(reader, node, NULL, 1);
    if (name != NULL)
        reader->policy->name = name;
}

/* A draft has neither number nor day; a version has both. */
static void
read_version(struct policy_reader *reader)
{
    struct policy *policy = reader->policy;
    const struct policy_node *main = reader->main;
    policy->version = policy_read_number(reader, main, NULL, "version", 1, 1000000000, 0);
    policy->effective_from = policy_read_date(reader, main, NULL, "effective_from");
    policy->also_for_sold_since = policy_read_date(reader, main, NULL, "also_for_sold_since");
    bool has_number = policy_node_get(main, "version") != NULL;
    bool has_day = policy_node_get(main, "effective_from") != NULL;
    if (has_number != has_day)
        policy_read_fail(reader, main->place, NULL, "VERSION_INCOMPLETE",
                         "a version has `version` and `effective_from`, a draft neither");
}

/* What a person writes has the words of the first language at the top, and lists of holidays in
 * files of their own. In a publication lists are held, and the words of the first language stand
 * with the translations or at the top, which
 * policy_read.c looks at. */
static void
check_keys(struct policy_reader *reader)
{
#define KEYS_OF_BOTH                                                                               \
    "format policy version effective_from also_for_sold_since languages time_zone regions "        \
    "currency branding axes codes calendars contacts sections statutory "
    policy_read_check_keys(reader, reader->main, NULL,
                           reader->is_publication ? KEYS_OF_BOTH
                               "holidays translations title labels"
                                                  : KEYS_OF_BOTH "title labels");
#undef KEYS_OF_BOTH
}

void
policy_read_head(struct policy_reader *reader)
{
    const struct policy_node *main = reader->main;
    check_keys(reader);
    if (policy_read_child(reader, main, NULL, "format") != NULL)
        (void)policy_read_number(reader, main, NULL, "format", POLICY_FORMAT, POLICY_FORMAT, 0);
    read_name(reader);
    read_version(reader);
    read_zone(reader);
    read_currency(reader);
}
