/*
 * policy_check_labels - the codes that customers read have words in every language
 *
 * Codes are read in the values of parameters that some text prints, and in the selectors of their
 * rules. A published "material_defect" would be a name of the program's on a page for people.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <string.h>

#include "common/policy/policy_decide_phrases.h"
#include "common/policy/policy_words.h"

enum { MISSING_MAX = 500, LABEL_BYTES_MAX = 1000 };

/* One check of all labels; what was found missing, so that it is said once. */
struct label_check {
    const struct policy *policy;
    struct policy_problems *problems;
    struct {
        const char *list, *code;
    } missing[MISSING_MAX];
    size_t missing_count;
};

/* A code may be missing in one list and have a label in another. */
static bool
is_told(const struct label_check *check, const char *list, const char *code)
{
    for (size_t i = 0; i < check->missing_count; i++)
        if (strcmp(check->missing[i].code, code) == 0 && strcmp(check->missing[i].list, list) == 0)
            return true;
    return false;
}

static void
check_code(struct label_check *check, const struct policy_rule *rule, const char *list,
           const char *code)
{
    const struct policy *policy = check->policy;
    size_t before = check->problems->error_count;
    if (check->missing_count == MISSING_MAX || is_told(check, list, code))
        return;
    for (size_t i = 0; i < policy->language_count; i++)
        if (policy_find_label(policy, list, code, i) == NULL)
            policy_problem_add(check->problems, POLICY_ERROR, "LABEL_MISSING", rule->place,
                               rule->clause->id,
                               "code '%s' is printed and has no label in language '%s': add "
                               "'%s.%s' or '%s' under 'labels'",
                               code, policy->languages[i], list, code, code);
    if (check->problems->error_count > before) {
        check->missing[check->missing_count].list = list;
        check->missing[check->missing_count++].code = code;
    }
}

static void
check_codes(struct label_check *check, const struct policy_rule *rule, const char *list,
            const struct policy_codes *codes)
{
    for (size_t i = 0; i < codes->count; i++)
        check_code(check, rule, list, codes->codes[i]);
}

static void
check_value(struct label_check *check, const struct policy_rule *rule)
{
    const struct policy_value *value = &rule->value;
    const char *list = policy_parameter_row(rule->parameter)->list;
    if (value->absence != POLICY_PRESENT)
        return;
    switch (value->kind) {
    case POLICY_CHOICE:
        check_code(check, rule, list, value->code);
        break;
    case POLICY_CHOICES:
        check_codes(check, rule, list, &value->codes);
        break;
    case POLICY_ANCHORS:
        for (size_t i = 0; i < value->anchors.count; i++)
            check_code(check, rule, list, value->anchors.items[i].event);
        break;
    case POLICY_LADDER:
        for (size_t i = 0; i < value->ladder.count; i++)
            check_code(check, rule, list, value->ladder.items[i].to);
        break;
    case POLICY_CHECKLIST:
        for (size_t i = 0; i < value->documents.count; i++) {
            check_code(check, rule, list, value->documents.items[i].document);
            check_codes(check, rule, list, &value->documents.items[i].instead);
        }
        break;
    default: /* the others print no codes */
        break;
    }
}

/* The values that a selector names. What an open axis names (sku) is its own name. */
static void
check_selector(struct label_check *check, const struct policy_rule *rule)
{
    for (uint32_t left = rule->when.named; left != 0; left &= left - 1) {
        enum policy_axis axis = (enum policy_axis)__builtin_ctz(left);
        const struct policy_axis_row *row = policy_axis_row(axis);
        if (row->source != POLICY_AXIS_OPEN)
            check_code(check, rule, row->name,
                       check->policy->axes.values[rule->when.values[axis]].code);
    }
}

/* ---- labels by themselves ---- */

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
    if (strncmp(pattern.key, sentence, strlen(sentence)) == 0) {
        pattern.original = decide_phrase_original(pattern.key + strlen(sentence));
        if (pattern.original == NULL)
            policy_problem_add(problems, POLICY_WARNING, "LABEL_UNKNOWN", pattern.place, "",
                               "no sentence is called '%s'", label->key);
    }
    check_places(&pattern, pattern.text, "", problems);
    if (pattern.original != NULL)
        check_places(&pattern, pattern.original, pattern.text, problems);
}

static void
check_words(const struct policy *policy, struct policy_problems *problems)
{
    for (size_t i = 0; i < policy->label_count; i++) {
        const struct policy_label *label = &policy->labels[i];
        for (size_t language = 0; language < policy->language_count; language++) {
            const char *text = label->text.texts[language];
            if (text == NULL)
                continue;
            if (strlen(text) > LABEL_BYTES_MAX)
                policy_problem_add(problems, POLICY_ERROR, "LABEL_TOO_LONG",
                                   label->text.places[language], "",
                                   "the label '%s' has %zu bytes, at most %d are good", label->key,
                                   strlen(text), LABEL_BYTES_MAX);
            else if (strncmp(label->key, "words.", strlen("words.")) == 0)
                check_pattern(label, language, problems);
        }
    }
}

void
policy_check_labels(struct arena *arena, const struct policy *policy,
                    const bool is_printed[POLICY_PARAMETER_COUNT], struct policy_problems *problems)
{
    struct label_check *check = arena_alloc(arena, sizeof *check);
    check_words(policy, problems);
    check->policy = policy;
    check->problems = problems;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (!is_printed[rule->parameter] || rule->clause->is_internal)
            continue;
        check_value(check, rule);
        check_selector(check, rule);
    }
}
