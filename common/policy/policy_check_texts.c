/*
 * policy_check_texts - every text in every language, and placeholders that name something
 *
 * Translators cannot change a rule: each language of a clause prints the same parameters.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <string.h>

#include "common/policy/policy_branch.h"
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

static void
check_branches(struct text_check *check, const struct policy_clause *clause, size_t language,
               const struct policy_template *text)
{
    for (size_t i = 0; i < text->part_count; i++) {
        const struct policy_part *part = &text->parts[i];
        int parameter = part->kind == POLICY_PART_SELECT
                            ? policy_find_parameter_of(clause->id, part->parameter)
                            : -1;
        if (parameter < 0)
            continue;
        const struct policy_parameter_row *row =
            policy_parameter_row((enum policy_parameter)parameter);
        for (size_t j = 0; j < part->branch_count; j++) {
            if (!policy_branch_is_possible(check->policy, row, part->branches[j].key))
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
refuse_name(struct text_check *check, const struct policy_clause *clause, size_t language,
            const char *name)
{
    const char *names[POLICY_PARAMETER_COUNT];
    size_t count = 0;
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)i);
        bool is_own = strchr(name, '/') == NULL;
        if (!is_own || strcmp(row->clause_id, clause->id) == 0)
            names[count++] = is_own ? row->parameter : row->name;
    }
    const char *nearest = policy_nearest_of(names, count, name);
    policy_problem_add(check->problems, POLICY_ERROR, "PLACEHOLDER_UNKNOWN",
                       clause->text.places[language], clause->id,
                       "'{%s}' is no parameter of '%s'%s%s%s", name, clause->id,
                       nearest == NULL ? "" : "; did you mean {", nearest == NULL ? "" : nearest,
                       nearest == NULL ? "" : "}?");
}

/* False: there is one that no parameter has. */
static bool
check_names(struct text_check *check, const struct policy_clause *clause, size_t language,
            const struct policy_codes *names)
{
    bool is_known = true;
    for (size_t i = 0; i < names->count; i++) {
        int parameter = policy_find_parameter_of(clause->id, names->codes[i]);
        if (parameter >= 0)
            check->is_printed[parameter] = true;
        else
            refuse_name(check, clause, language, names->codes[i]);
        is_known = is_known && parameter >= 0;
    }
    return is_known;
}

static void
check_clause(struct text_check *check, const struct policy_clause *clause)
{
    struct policy_codes names[POLICY_LANGUAGES_MAX] = {{0}};
    bool are_known = true;
    if (!clause->is_internal)
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
        are_known = check_names(check, clause, i, &names[i]) && are_known;
        check_branches(check, clause, i, text);
        if (i > 0 && are_known) { /* a misspelt name would be missing in the others too */
            check_same(check, clause, i, &names[0], &names[i]);
            check_same(check, clause, 0, &names[i], &names[0]);
        }
    }
}

/* What is not there need not be printed. */
static bool
rule_says_nothing(const struct policy_rule *rule)
{
    return rule->value.absence == POLICY_NONE || rule->value.absence == POLICY_NOT_OFFERED;
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
        bool is_nothing = end - policy->rule_first[i] == 1 && rule_says_nothing(rule);
        if (!rule->clause->is_internal && !is_nothing)
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
