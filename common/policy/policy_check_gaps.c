/*
 * policy_check_gaps - every parameter of the program has a value for all
 *
 * A clause that is not there is one error, whatever it would set. With `suggests` the first carries
 * all that are missing, by section, as internal clauses that promise nothing: an author pastes them
 * and changes what the company does offer. Where a parameter must have a value, the one proposed is
 * the least that can be said.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <string.h>

/* Where a clause that is not there would stand: in its section, or the file as a whole. */
static const struct policy_section *
find_section(const struct policy *policy, const char *clause_id)
{
    size_t size = strcspn(clause_id, ".");
    for (size_t i = 0; i < policy->section_count; i++) {
        const char *id = policy->sections[i].id;
        if (strlen(id) == size && memcmp(id, clause_id, size) == 0)
            return &policy->sections[i];
    }
    return NULL;
}

static struct policy_place
place_of_gap(const struct policy *policy, const char *clause_id)
{
    const struct policy_section *section = find_section(policy, clause_id);
    if (section != NULL)
        return section->place;
    const char *file = policy->section_count > 0 ? policy->sections[0].place.file : policy->name;
    return (struct policy_place){.file = file};
}

static bool
has_value_for_all(const struct policy *policy, enum policy_parameter parameter)
{
    /* The value for all is the widest rule, so it stands last. */
    size_t end = policy->rule_first[parameter + 1];
    return end > policy->rule_first[parameter] && policy->rules[end - 1].when.named == 0;
}

/* ---- what is proposed ---- */

/* Of a list that is ranked, the last: it is the least good for the customer. */
static const char *
least_code(const struct policy *policy, const struct policy_parameter_row *row)
{
    if (row->better == POLICY_RANKED) {
        const char *last = strrchr(row->ranking, ' ');
        return last == NULL ? row->ranking : last + 1;
    }
    const struct policy_list_row *list = policy_find_list(row->list);
    if (list != NULL && list->codes[0] != NULL)
        return list->codes[0];
    for (size_t i = 0; i < policy->list_count; i++) {
        if (strcmp(policy->lists[i].name, row->list) == 0 && policy->lists[i].codes.count > 0)
            return policy->lists[i].codes.codes[0];
    }
    return "none";
}

static const char *
least_value(struct arena *arena, const struct policy *policy,
            const struct policy_parameter_row *row)
{
    static const enum policy_absence absences[] = {POLICY_NONE, POLICY_NOT_OFFERED,
                                                   POLICY_UNLIMITED};
    for (size_t i = 0; i < COUNT_OF(absences); i++) {
        if ((row->also >> absences[i] & 1) != 0)
            return policy_absence_name(absences[i]);
    }
    if (row->kind == POLICY_FLAG)
        return "no";
    if (row->kind == POLICY_PERCENT)
        return "0 %";
    if (row->kind == POLICY_ANCHORS)
        return strstr(row->clause_id, "repair.timeframe") != NULL ? "[received]" : "[delivered]";
    return arena_printf(arena, "%s", least_code(policy, row));
}

static void
print_values(struct arena *arena, const struct policy *policy, const char *clause_id,
             struct buf *out)
{
    const char *before = "{";
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)i);
        if (strcmp(row->clause_id, clause_id) != 0)
            continue;
        buf_printf(out, "%s%s: %s", before, row->parameter, least_value(arena, policy, row));
        before = ", ";
    }
    buf_add_text(out, "}\n");
}

/* Refusals point customers to the ladder, so its clause is one that they can read. */
static void
print_clause(struct arena *arena, const struct policy *policy, const char *clause_id,
             struct buf *out)
{
    const char *ladder = policy_parameter_row(POLICY_COMPLAINTS_ESCALATION_LADDER)->clause_id;
    buf_printf(out, "      - clause: %s\n", clause_id);
    if (strcmp(clause_id, ladder) == 0)
        buf_add_text(out, "        text: If you do not agree with a decision, write to us, and we "
                          "look at it again.\n");
    else
        buf_add_text(out, "        internal: yes\n");
    buf_add_text(out, "        set: ");
    print_values(arena, policy, clause_id, out);
}

static int
free_number(const struct policy *policy)
{
    int highest = -1;
    for (size_t i = 0; i < policy->section_count; i++)
        highest = policy->sections[i].number > highest ? policy->sections[i].number : highest;
    return highest + 1;
}

/* The section's name before its first clause; `ret_number` goes to the next one that is new. */
static void
print_section(const struct policy *policy, const char *clause_id, int *number, struct buf *out)
{
    int size = (int)strcspn(clause_id, ".");
    if (find_section(policy, clause_id) != NULL)
        buf_printf(out, "  # under the clauses of the section %.*s\n", size, clause_id);
    else
        buf_printf(out, "  - section: %.*s\n    number: %d\n    title: %c%.*s\n    clauses:\n",
                   size, clause_id, (*number)++, clause_id[0] - 'a' + 'A', size - 1, clause_id + 1);
}

/* ---- what is missing ---- */

/* Whether a clause is missing of which this is the first parameter. */
static bool
begins_missing_clause(const struct policy *policy, int parameter)
{
    const char *id = policy_parameter_row((enum policy_parameter)parameter)->clause_id;
    return policy_find_clause(policy, id) == NULL &&
           (parameter == 0 ||
            strcmp(policy_parameter_row((enum policy_parameter)(parameter - 1))->clause_id, id) !=
                0);
}

static const char *
suggest_clauses(struct arena *arena, const struct policy *policy)
{
    struct buf out = {0};
    const char *section = "";
    int number = free_number(policy);
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        const char *id = policy_parameter_row((enum policy_parameter)i)->clause_id;
        if (!begins_missing_clause(policy, i))
            continue;
        size_t size = strcspn(id, ".") + 1;
        if (strncmp(section, id, size) != 0)
            print_section(policy, id, &number, &out);
        section = id;
        print_clause(arena, policy, id, &out);
    }
    const char *text = arena_copy_text(arena, buf_text(&out));
    buf_free(&out);
    return text;
}

/* "contact", "methods, delay": what a clause sets. */
static const char *
name_parameters(struct arena *arena, const char *clause_id)
{
    const char *names = "";
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)i);
        if (strcmp(row->clause_id, clause_id) == 0)
            names = arena_printf(arena, "%s%s%s", names, names[0] == 0 ? "" : ", ", row->parameter);
    }
    return names;
}

static void
report_value(struct arena *arena, const struct policy *policy,
             const struct policy_parameter_row *row, const struct policy_clause *clause,
             bool suggests, struct policy_problems *problems)
{
    const char *least = least_value(arena, policy, row);
    policy_problem_add(problems, POLICY_ERROR, "VALUE_MISSING", clause->place, clause->id,
                       "clause '%s' sets no value of '%s' for all: write it under `set`, if only "
                       "as `%s: %s`",
                       clause->id, row->parameter, row->parameter, least);
    if (suggests)
        policy_problem_suggest(
            problems, arena_printf(arena, "        set: {%s: %s}\n", row->parameter, least));
}

void
policy_check_gaps(struct arena *arena, const struct policy *policy, bool suggests,
                  struct policy_problems *problems)
{
    bool is_first = true;
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)i);
        const struct policy_clause *clause = policy_find_clause(policy, row->clause_id);
        if (clause != NULL && !has_value_for_all(policy, (enum policy_parameter)i))
            report_value(arena, policy, row, clause, suggests, problems);
        if (!begins_missing_clause(policy, i))
            continue;
        policy_problem_add(problems, POLICY_ERROR, "CLAUSE_MISSING",
                           place_of_gap(policy, row->clause_id), row->clause_id,
                           "clause '%s' is missing, which sets %s: what is not offered is said in "
                           "an internal clause",
                           row->clause_id, name_parameters(arena, row->clause_id));
        if (is_first && suggests)
            policy_problem_suggest(problems, suggest_clauses(arena, policy));
        is_first = false;
    }
}
