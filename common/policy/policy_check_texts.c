/*
 * policy_check_texts - every text in every language, and placeholders that name something
 *
 * Translators cannot change a rule: each language of a clause prints the same parameters.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <string.h>

#include "common/policy/policy_template.h"

/* One check of all texts. */
struct text_check {
    struct arena *arena;
    const struct policy *policy;
    bool *is_printed;
    struct policy_problems *problems;
};

static bool
is_missing(const struct policy_text *text, size_t language)
{
    return text->texts[language] == NULL || text->texts[language][0] == '\0';
}

/* Reports the languages that lack a text. `what` is its id, or a name for it. */
static void
check_languages(struct text_check *check, const char *what, const struct policy_text *text,
                struct policy_place place, const char *clause_id)
{
    for (size_t i = 0; i < check->policy->language_count; i++) {
        if (is_missing(text, i))
            policy_problem_add(check->problems, POLICY_ERROR, "TEXT_MISSING", place, clause_id,
                               "'%s' has no text in language '%s'", what,
                               check->policy->languages[i]);
    }
}

/* The parameter that a placeholder of a clause names; -1: none. */
static int
find_parameter(const struct policy_clause *clause, const char *name)
{
    const char *slash = strchr(name, '/');
    if (slash == NULL)
        return policy_find_parameter(clause->id, name);
    char clause_id[128];
    size_t size = (size_t)(slash - name);
    if (size >= sizeof clause_id)
        return -1;
    memcpy(clause_id, name, size);
    clause_id[size] = '\0';
    return policy_find_parameter(clause_id, slash + 1);
}

static bool
is_absence(const char *key)
{
    return strcmp(key, "none") == 0 || strcmp(key, "unlimited") == 0 ||
           strcmp(key, "not_offered") == 0;
}

/* Whether a value of the parameter can choose a branch. */
static bool
can_choose(const struct policy *policy, const struct policy_parameter_row *row, const char *key)
{
    if (strcmp(key, "other") == 0 || is_absence(key))
        return true;
    if (row->kind == POLICY_FLAG)
        return strcmp(key, "yes") == 0 || strcmp(key, "no") == 0;
    if (row->kind == POLICY_CHOICE || row->kind == POLICY_CHOICES)
        return policy_has_code(policy, row->list, key);
    if (row->kind == POLICY_FEE)
        return strcmp(key, "free") == 0;
    if (row->kind == POLICY_MONEY)
        return strcmp(key, "zero") == 0;
    if (row->kind == POLICY_PERCENT)
        return strcmp(key, "zero") == 0 || strcmp(key, "all") == 0;
    return row->kind == POLICY_COUNT && key[strspn(key, "0123456789")] == '\0';
}

static void
check_branches(struct text_check *check, const struct policy_clause *clause, size_t language,
               const struct policy_template *text)
{
    for (size_t i = 0; i < text->part_count; i++) {
        const struct policy_part *part = &text->parts[i];
        int parameter =
            part->kind == POLICY_PART_SELECT ? find_parameter(clause, part->parameter) : -1;
        if (parameter < 0)
            continue;
        const struct policy_parameter_row *row =
            policy_parameter_row((enum policy_parameter)parameter);
        for (size_t j = 0; j < part->branch_count; j++) {
            if (!can_choose(check->policy, row, part->branches[j].key))
                policy_problem_add(check->problems, POLICY_ERROR, "BRANCH_UNKNOWN",
                                   clause->text.places[language], clause->id,
                                   "no value of '%s' chooses the branch '%s'", part->parameter,
                                   part->branches[j].key);
        }
    }
}

static bool
has_code(const struct policy_codes *codes, const char *code)
{
    for (size_t i = 0; i < codes->count; i++) {
        if (strcmp(codes->codes[i], code) == 0)
            return true;
    }
    return false;
}

/* Each of `names` must stand in the text of `language`, whose names are `others`. */
static void
check_same(struct text_check *check, const struct policy_clause *clause, size_t language,
           const struct policy_codes *names, const struct policy_codes *others)
{
    for (size_t i = 0; i < names->count; i++) {
        if (!has_code(others, names->codes[i]))
            policy_problem_add(check->problems, POLICY_ERROR, "PLACEHOLDER_MISSING",
                               clause->text.places[language], clause->id,
                               "'{%s}' is missing in language '%s', another language has it",
                               names->codes[i], check->policy->languages[language]);
    }
}

static void
check_names(struct text_check *check, const struct policy_clause *clause, size_t language,
            const struct policy_codes *names)
{
    for (size_t i = 0; i < names->count; i++) {
        int parameter = find_parameter(clause, names->codes[i]);
        if (parameter >= 0)
            check->is_printed[parameter] = true;
        else
            policy_problem_add(check->problems, POLICY_ERROR, "PLACEHOLDER_UNKNOWN",
                               clause->text.places[language], clause->id,
                               "'{%s}' is no parameter of '%s'", names->codes[i], clause->id);
    }
}

static void
check_clause(struct text_check *check, const struct policy_clause *clause)
{
    struct policy_codes names[POLICY_LANGUAGES_MAX] = {{0}};
    check_languages(check, clause->id, &clause->text, clause->place, clause->id);
    for (size_t i = 0; i < check->policy->language_count; i++) {
        struct fault fault;
        if (is_missing(&clause->text, i))
            return; /* the others cannot be compared with it */
        const struct policy_template *text =
            policy_template_parse(check->arena, clause->text.texts[i], &fault);
        if (text == NULL) {
            policy_problem_add(check->problems, POLICY_ERROR, "TEXT_MALFORMED",
                               clause->text.places[i], clause->id, "%s", fault.message);
            return;
        }
        names[i] = policy_template_parameters(check->arena, text);
        check_names(check, clause, i, &names[i]);
        check_branches(check, clause, i, text);
        if (i > 0) {
            check_same(check, clause, i, &names[0], &names[i]);
            check_same(check, clause, 0, &names[i], &names[0]);
        }
    }
}

/* What is set and printed nowhere is hidden from customers; that should be said by `internal`. */
static void
check_printed(struct text_check *check)
{
    const struct policy *policy = check->policy;
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        size_t end = policy->rule_first[i + 1];
        if (end == policy->rule_first[i] || check->is_printed[i])
            continue;
        const struct policy_rule *rule = &policy->rules[end - 1];
        if (!rule->clause->is_internal)
            policy_problem_add(check->problems, POLICY_WARNING, "VALUE_NOT_PRINTED", rule->place,
                               rule->clause->id,
                               "no text prints '%s', and its clause is not "
                               "internal",
                               policy_parameter_row((enum policy_parameter)i)->parameter);
    }
}

void
policy_check_texts(struct arena *arena, const struct policy *policy,
                   bool ret_is_printed[POLICY_PARAMETER_COUNT], struct policy_problems *problems)
{
    struct text_check check = {arena, policy, ret_is_printed, problems};
    memset(ret_is_printed, 0, POLICY_PARAMETER_COUNT * sizeof *ret_is_printed);
    struct policy_place top = {.file = policy->name};
    if (policy->section_count > 0)
        top.file = policy->sections[0].place.file;
    check_languages(&check, "title", &policy->title, top, "");
    for (size_t i = 0; i < policy->section_count; i++) {
        const struct policy_section *section = &policy->sections[i];
        check_languages(&check, section->id, &section->title, section->place, "");
        for (size_t j = 0; j < section->clause_count; j++)
            check_clause(&check, &section->clauses[j]);
    }
    for (size_t i = 0; i < policy->pack_count; i++) {
        const struct policy_pack *pack = &policy->packs[i];
        for (size_t j = 0; j < pack->right_count; j++)
            check_languages(&check, pack->rights[j].id, &pack->rights[j].text,
                            pack->rights[j].place, pack->rights[j].id);
    }
    for (size_t i = 0; i < policy->named_text_count; i++) {
        const struct policy_named_text *named = &policy->named_texts[i];
        struct policy_place place = named->text.places[0].line > 0 ? named->text.places[0] : top;
        check_languages(&check, named->id, &named->text, place, named->id);
    }
    check_printed(&check);
}
