/*
 * policy_check_words - labels by themselves: how long they are, and whether those that replace
 * words of the program's own say the same values
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <string.h>

#include "common/policy/policy_decide_phrases.h"
#include "common/policy/policy_words.h"

enum { LABEL_BYTES_MAX = 1000 };

/* A place of a pattern, as "{0}" or "{date}"; its bytes are 0 where there is none any more. */
struct place {
    const char *at;
    size_t size_bytes;
};

static struct place
next_place(const char *pattern)
{
    for (const char *at = pattern; (at = strchr(at, '{')) != NULL; at++) {
        size_t name = strspn(at + 1, POLICY_ID_CHARACTERS);
        if (name > 0 && at[1 + name] == '}')
            return (struct place){at, name + 2};
    }
    return (struct place){pattern, 0};
}

static const char *
find_place(const char *pattern, struct place place)
{
    return memmem(pattern, strlen(pattern), place.at, place.size_bytes);
}

static int
count_places(const char *pattern, struct place place)
{
    int count = 0;
    for (; (pattern = find_place(pattern, place)) != NULL; pattern += place.size_bytes)
        count++;
    return count;
}

/* "one", "zero" and "two" may say their number themselves. */
static bool
is_number_form(const char *key)
{
    static const char *const endings[] = {".one", ".two", ".zero"};
    size_t size = strlen(key);
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        size_t ending = strlen(endings[i]);
        if (size > ending && strcmp(key + size - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

/* A pattern of the company's own and the engine's; where it has none (another plural form) there is
 * nothing to compare with. */
struct pattern {
    const struct policy_label *label;
    const char *key;
    const char *text;
    const char *original; /* NULL: none */
    struct policy_place place;
};

/* A pattern says the same values as the original, each once. */
static void
check_place(const struct pattern *pattern, struct place place, struct policy_problems *problems)
{
    int count = count_places(pattern->text, place);
    int wanted = pattern->original == NULL ? count : count_places(pattern->original, place);
    const char *reason = count > 1                                         ? "PLACEHOLDER_REPEATED"
                         : count > wanted                                  ? "PLACEHOLDER_UNKNOWN"
                         : count < wanted && !is_number_form(pattern->key) ? "PLACEHOLDER_MISSING"
                                                                           : NULL;
    if (reason != NULL)
        policy_problem_add(
            problems, POLICY_ERROR, reason, pattern->place, "",
            "'%.*s' stands %d times in the label '%s', in the original '%s' %d times",
            (int)place.size_bytes, place.at, count, pattern->label->key,
            pattern->original != NULL ? pattern->original : "",
            pattern->original != NULL ? wanted : 1);
}

/* The places of `text`, each once, apart from those that `other` has. */
static void
check_places(const struct pattern *pattern, const char *text, const char *other,
             struct policy_problems *problems)
{
    for (struct place place = next_place(text); place.size_bytes > 0;
         place = next_place(place.at + place.size_bytes)) {
        if (find_place(text, place) == place.at && find_place(other, place) == NULL)
            check_place(pattern, place, problems);
    }
}

static void
check_pattern(const struct policy_label *label, size_t language, struct policy_problems *problems)
{
    static const char sentence[] = "sentence.";
    struct pattern pattern = {.label = label,
                              .key = label->key + strlen("words."),
                              .text = label->text.texts[language],
                              .place = label->text.places[language]};
    pattern.original = policy_words_original(pattern.key);
    if (text_begins(pattern.key, sentence)) {
        pattern.original = decide_phrase_original(pattern.key + strlen(sentence));
        if (pattern.original == NULL)
            policy_problem_add(problems, POLICY_WARNING, "LABEL_UNKNOWN", pattern.place, "",
                               "no sentence is called '%s'", label->key);
    }
    check_places(&pattern, pattern.text, "", problems);
    if (pattern.original != NULL)
        check_places(&pattern, pattern.original, pattern.text, problems);
}

/* Whether a brace belongs to no place: readers would see it as it stands. */
static bool
has_stray_brace(const char *text, bool has_places)
{
    struct place place = next_place(text);
    for (; has_places && place.size_bytes > 0; place = next_place(text)) {
        if (memchr(text, '}', (size_t)(place.at - text)) != NULL ||
            memchr(text, '{', (size_t)(place.at - text)) != NULL)
            return true;
        text = place.at + place.size_bytes;
    }
    return strpbrk(text, "{}") != NULL;
}

static void
check_label(const struct policy_label *label, size_t language, struct policy_problems *problems)
{
    static const char words[] = "words.";
    const char *text = label->text.texts[language];
    bool is_pattern = text_begins(label->key, words);
    if (strlen(text) > LABEL_BYTES_MAX)
        policy_problem_add(problems, POLICY_ERROR, "LABEL_TOO_LONG", label->text.places[language],
                           "", "the label '%s' has %zu bytes, at most %d are good", label->key,
                           strlen(text), LABEL_BYTES_MAX);
    else if (has_stray_brace(text, is_pattern))
        policy_problem_add(problems, POLICY_ERROR, "PLACEHOLDER_UNKNOWN",
                           label->text.places[language], "",
                           "the label '%s' has a brace that stands for nothing", label->key);
    else if (is_pattern)
        check_pattern(label, language, problems);
}

void
policy_check_words(const struct policy *policy, struct policy_problems *problems)
{
    for (size_t i = 0; i < policy->label_count; i++) {
        const struct policy_label *label = &policy->labels[i];
        for (size_t language = 0; language < policy->language_count; language++) {
            if (label->text.texts[language] != NULL)
                check_label(label, language, problems);
        }
    }
}
