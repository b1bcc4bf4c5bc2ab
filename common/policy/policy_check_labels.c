/*
 * policy_check_labels - what customers read has words in every language
 *
 * Codes are read in the values of parameters that some text prints, in the selectors of their rules
 * and floors, in whom a law is for, and in decisions that cover some costs alone; the conditions of
 * documents have labels of their own. A published "material_defect" would be a name of the
 * program's on a page for people. What a language lacks is told where its labels stand, and the
 * first of it carries all, to be pasted.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <string.h>

#include "common/policy/policy_predicate_term.h"
#include "common/policy/policy_right.h"
#include "common/policy/policy_template.h"

enum { MISSING_MAX = 500 };

/* A code without a label; `list` NULL: the code is the whole key, of a condition. */
struct missing {
    const char *list, *code;
    struct policy_place place;
    const char *clause_id;
    uint32_t languages; /* that lack it */
};

/* One check of all labels; what was found missing, so that it is said once. */
struct label_check {
    struct arena *arena;
    const struct policy *policy;
    struct missing missing[MISSING_MAX];
    size_t missing_count;
    struct policy_place place; /* of what is looked at */
    const char *clause_id;
};

static bool
lists_are_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* A code may be missing in one list and have a label in another. */
static bool
is_told(const struct label_check *check, const char *list, const char *code)
{
    for (size_t i = 0; i < check->missing_count; i++)
        if (strcmp(check->missing[i].code, code) == 0 &&
            lists_are_equal(check->missing[i].list, list))
            return true;
    return false;
}

static void
check_code(struct label_check *check, const char *list, const char *code)
{
    const struct policy *policy = check->policy;
    uint32_t languages = 0;
    if (check->missing_count == MISSING_MAX || is_told(check, list, code))
        return;
    for (size_t i = 0; i < policy->language_count; i++)
        if (policy_find_label(policy, list, code, i) == NULL)
            languages |= UINT32_C(1) << i;
    if (languages != 0)
        check->missing[check->missing_count++] =
            (struct missing){list, code, check->place, check->clause_id, languages};
}

static void
check_codes(struct label_check *check, const char *list, const struct policy_codes *codes)
{
    for (size_t i = 0; i < codes->count; i++)
        check_code(check, list, codes->codes[i]);
}

/* ---- conditions of documents ---- */

/* The labels that a condition prints by; one of another kind is always told in general words. */
static void
check_condition(struct label_check *check, const char *word,
                const struct policy_predicate *condition)
{
    for (size_t i = 0; condition != NULL && i < condition->item_count; i++) {
        const struct policy_predicate *term = &condition->items[i];
        const char *answer = term->kind == POLICY_TERM_KNOWN     ? "known"
                             : term->kind == POLICY_TERM_UNKNOWN ? "unknown"
                             : term->kind != POLICY_TERM_FLAG    ? NULL
                             : term->flag                        ? "yes"
                                                                 : "no";
        size_t count = term->kind == POLICY_TERM_CODES ? term->codes.count : answer != NULL;
        for (size_t j = 0; j < count; j++)
            check_code(check, NULL,
                       arena_printf(check->arena, "%s.%s.%s", word, term->row->name,
                                    answer != NULL ? answer : term->codes.codes[j]));
    }
}

static void
check_document(struct label_check *check, const struct policy_document *document)
{
    check_code(check, "document", document->document);
    check_codes(check, "document", &document->instead);
    check_condition(check, "when", document->when);
    check_condition(check, "unless", document->unless);
}

/* ---- values ---- */

static void
check_span(struct label_check *check, const struct policy_span *span)
{
    if (span->calendar != NULL)
        check_code(check, "calendar", span->calendar);
}

static void
check_rung(struct label_check *check, const struct policy_rung *rung)
{
    check_code(check, "position", rung->to);
    check_codes(check, "escalation_cause", &rung->on);
    check_span(check, &rung->answer_within);
}

static void
check_items(struct label_check *check, const struct policy_value *value)
{
    if (value->kind == POLICY_ANCHORS)
        for (size_t i = 0; i < value->anchors.count; i++)
            check_code(check, "event", value->anchors.items[i].event);
    if (value->kind == POLICY_LADDER)
        for (size_t i = 0; i < value->ladder.count; i++)
            check_rung(check, &value->ladder.items[i]);
    if (value->kind == POLICY_CHECKLIST)
        for (size_t i = 0; i < value->documents.count; i++)
            check_document(check, &value->documents.items[i]);
    if (value->kind == POLICY_FEE)
        for (size_t i = 0; i < value->fee.count; i++)
            if (value->fee.items[i].register_name != NULL)
                check_code(check, "register", value->fee.items[i].register_name);
}

static void
check_value(struct label_check *check, enum policy_parameter parameter,
            const struct policy_value *value)
{
    const char *list = policy_parameter_row(parameter)->list;
    if (value->absence != POLICY_PRESENT)
        return;
    if (value->kind == POLICY_CHOICE || value->kind == POLICY_REGISTER)
        check_code(check, list, value->code);
    else if (value->kind == POLICY_CHOICES)
        check_codes(check, list, &value->codes);
    else if (value->kind == POLICY_SPAN)
        check_span(check, &value->span);
    else
        check_items(check, value); /* the others print no codes */
}

/* The values that a selector names. What an open axis names (sku) is its own name. */
static void
check_selector(struct label_check *check, const struct policy_when *when)
{
    for (uint32_t left = when->named; left != 0; left &= left - 1) {
        enum policy_axis axis = (enum policy_axis)__builtin_ctz(left);
        const struct policy_axis_row *row = policy_axis_row(axis);
        if (row->source != POLICY_AXIS_OPEN)
            check_code(check, row->name, check->policy->axes.values[when->values[axis]].code);
    }
}

/* ---- the law ---- */

/* The codes that the text of a right prints. */
static void
check_right(struct label_check *check, const struct policy_right *right)
{
    struct fault fault;
    const char *words = right->text.texts[0];
    const struct policy_template *text =
        words == NULL ? NULL : policy_template_parse(check->arena, words, &fault);
    check->place = right->place;
    check->clause_id = right->id;
    check_selector(check, &right->when);
    struct policy_codes names = {NULL, 0};
    if (text != NULL)
        names = policy_template_parameters(check->arena, text);
    for (size_t i = 0; i < names.count; i++) {
        const struct policy_right_field *field = policy_find_right_field(names.codes[i]);
        if (field != NULL && field->kind == POLICY_CHOICES)
            check_codes(check, field->list,
                        (const struct policy_codes *)((const char *)right + field->offset));
        for (size_t j = 0; field != NULL && field->kind == POLICY_ANCHORS && j < right->start_count;
             j++)
            check_code(check, "event", right->starts[j].event);
    }
}

static void
check_pack(struct label_check *check, const struct policy_pack *pack,
           const bool is_printed[POLICY_PARAMETER_COUNT])
{
    for (size_t i = 0; i < pack->right_count; i++)
        check_right(check, &pack->rights[i]);
    for (size_t i = 0; i < pack->floor_count; i++) {
        const struct policy_floor *floor = &pack->floors[i];
        const struct policy_clause *clause =
            policy_find_clause(check->policy, policy_parameter_row(floor->parameter)->clause_id);
        if (!is_printed[floor->parameter] || clause == NULL || clause->is_internal)
            continue;
        check->place = floor->place;
        check->clause_id = clause->id;
        check_selector(check, &floor->when);
        check_value(check, floor->parameter, &floor->value);
    }
}

/* A decision that covers some costs alone names them; without a law, a plan and rules by cost class
 * there is none. */
static void
check_costs(struct label_check *check)
{
    const struct policy *policy = check->policy;
    const struct policy_list_row *list = policy_find_list("cost_class");
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        bool is_plan = rule->parameter == POLICY_EXTENDED_COVERAGE_COVERS &&
                       rule->value.absence == POLICY_PRESENT;
        if (!is_plan && (rule->when.named >> POLICY_AXIS_COST_CLASS & 1) == 0)
            continue;
        check->place = rule->place;
        check->clause_id = rule->clause->id;
        for (size_t j = 0; list->codes[j] != NULL; j++)
            check_code(check, list->name, list->codes[j]);
        return;
    }
}

/* ---- telling ---- */

/* A line to paste, with the first language's words to be translated. */
static void
add_line(const struct policy *policy, const struct missing *missing, struct buf *lines)
{
    const char *words = policy_find_label(policy, missing->list, missing->code, 0);
    if (lines->size_bytes == 0)
        buf_add_text(lines, "labels:\n");
    if (missing->list != NULL)
        buf_printf(lines, "  %s.%s: ", missing->list, missing->code);
    else
        buf_printf(lines, "  %s: ", missing->code);
    if (words == NULL)
        words = "...";
    buf_add_json(lines, words, strlen(words));
    buf_add_char(lines, '\n');
}

static void
tell(const struct policy *policy, const struct missing *missing, size_t language,
     struct policy_problems *problems)
{
    struct policy_place place = policy->label_places[language];
    if (place.file == NULL)
        place = missing->place;
    if (missing->list != NULL)
        policy_problem_add(problems, POLICY_ERROR, "LABEL_MISSING", place, missing->clause_id,
                           "code '%s' is printed and has no label in language '%s': add "
                           "'%s.%s' or '%s' under 'labels'",
                           missing->code, policy->languages[language], missing->list, missing->code,
                           missing->code);
    else
        policy_problem_add(problems, POLICY_ERROR, "LABEL_MISSING", place, missing->clause_id,
                           "a document's condition has no words in language '%s': add '%s' under "
                           "'labels'",
                           policy->languages[language], missing->code);
}

static void
tell_language(const struct label_check *check, size_t language, bool suggests,
              struct policy_problems *problems)
{
    struct buf lines = {0};
    for (size_t i = 0; i < check->missing_count; i++)
        if ((check->missing[i].languages >> language & 1) != 0)
            add_line(check->policy, &check->missing[i], &lines);
    bool is_first = true;
    for (size_t i = 0; i < check->missing_count; i++) {
        if ((check->missing[i].languages >> language & 1) == 0)
            continue;
        tell(check->policy, &check->missing[i], language, problems);
        if (is_first && suggests)
            policy_problem_suggest(problems, buf_text(&lines));
        is_first = false;
    }
    buf_free(&lines);
}

void
policy_check_labels(struct arena *arena, const struct policy *policy,
                    const bool is_printed[POLICY_PARAMETER_COUNT], bool suggests,
                    struct policy_problems *problems)
{
    struct label_check *check = arena_alloc(arena, sizeof *check);
    check->arena = arena;
    check->policy = policy;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (!is_printed[rule->parameter] || rule->clause->is_internal)
            continue;
        check->place = rule->place;
        check->clause_id = rule->clause->id;
        check_value(check, rule->parameter, &rule->value);
        check_selector(check, &rule->when);
    }
    for (size_t i = 0; i < policy->pack_count; i++)
        check_pack(check, &policy->packs[i], is_printed);
    check_costs(check);
    for (size_t i = 0; i < policy->language_count; i++)
        tell_language(check, i, suggests, problems);
}
