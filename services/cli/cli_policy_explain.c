/*
 * cli_policy_explain - aftercare policy explain: which value holds for somebody, and why
 *
 * Lists the rules of a parameter as they are tried, narrowest first: the one that holds, the wider
 * ones that match too, and those that do not match with the first thing that keeps them from it.
 * Then the statutory floors, and what comes out. The winner is asked of the engine, never worked
 * out here.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy.h"

#include <string.h>

#include "common/policy/policy_page.h"

enum { RESULT_COLUMNS = 8, VALUE_COLUMNS_MAX = 28, VALUE_COLUMNS_MIN = 10 };

struct explanation {
    struct cli_policy *run;
    const struct policy *policy;
    const struct policy_parameter_row *row;
    enum policy_parameter parameter;
    size_t language;
    struct policy_subject subject;
    struct policy_reading reading;
    int value_columns; /* of the lists for people: those of the longest value that is short */
};

/* ---- who is asked about ---- */

static bool
read_subject(struct cli_policy *run, const struct policy *policy,
             struct policy_subject *ret_subject)
{
    *ret_subject = (struct policy_subject){.values = {0}};
    for (size_t i = 2; i < run->word_count; i++) {
        const char *word = run->words[i];
        size_t size = strcspn(word, "=");
        int axis = cli_policy_find_axis(word, size);
        if (word[size] == 0 || word[size + 1] == 0) {
            (void)cli_policy_refuse(run, "\"%s\" is not of the form axis=value", word);
            return false;
        }
        if (axis < 0) {
            char *name = arena_printf(run->arena, "%.*s", (int)size, word);
            const char *nearest = policy_nearest('a', name);
            (void)cli_policy_refuse(run, "there is no axis \"%s\"%s%s%s", name,
                                    nearest != NULL ? "; did you mean " : "",
                                    nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
            return false;
        }
        if (ret_subject->codes[axis] != NULL) {
            (void)cli_policy_refuse(run, "%s is said twice",
                                    policy_axis_row((enum policy_axis)axis)->name);
            return false;
        }
        if (!cli_policy_say(run, policy, (enum policy_axis)axis, word + size + 1, ret_subject))
            return false;
    }
    return true;
}

/* Why a selector does not hold for the subject: its first axis that does not; NULL: it holds. */
static const char *
why_not(const struct explanation *e, const struct policy_when *when)
{
    for (int i = 0; i < POLICY_AXIS_COUNT; i++) {
        const char *name = policy_axis_row((enum policy_axis)i)->name;
        if (when->values[i] == 0 ||
            policy_axes_contains(&e->policy->axes, when->values[i], e->subject.values[i]))
            continue;
        if (e->subject.codes[i] == NULL)
            return arena_printf(e->run->arena, "%s is not said", name);
        return arena_printf(e->run->arena, "%s is %s", name, e->subject.codes[i]);
    }
    return NULL;
}

/* What a rule's selector came to: "holds", "wider" or "no". */
static const char *
rule_result(const struct explanation *e, const struct policy_rule *rule)
{
    if (rule == e->reading.rule)
        return "holds";
    return policy_when_matches(&e->policy->axes, &rule->when, &e->subject) ? "wider" : "no";
}

/* What a floor came to. The reading names the last floor that lifted; of several that apply, those
 * it does not name grant no more than what holds. */
static const char *
floor_result(const struct explanation *e, const struct policy_floor *floor)
{
    if (!policy_when_matches(&e->policy->axes, &floor->when, &e->subject))
        return "no";
    if (floor == e->reading.floor)
        return "lifts";
    return floor == e->reading.rival ? "rivals" : "met";
}

/* ---- for programs ---- */

static void
add_rule(const struct explanation *e, const struct policy_rule *rule, struct buf *json)
{
    buf_add_char(json, '{');
    cli_json_text(json, "rule", rule->id);
    cli_json_text(json, "when", rule->when_text);
    cli_json_text(json, "value", policy_value_print(e->run->arena, &rule->value));
    cli_json_text(json, "result", rule_result(e, rule));
    cli_json_text(json, "file", rule->place.file);
    cli_json_number(json, "line", rule->place.line);
    buf_add_char(json, '}');
}

static void
add_floors(const struct explanation *e, struct buf *json)
{
    bool is_first = true;
    for (size_t i = 0; i < e->policy->pack_count; i++) {
        const struct policy_pack *pack = &e->policy->packs[i];
        for (size_t k = 0; k < pack->floor_count; k++) {
            const struct policy_floor *floor = &pack->floors[k];
            if (floor->parameter != e->parameter)
                continue;
            buf_add_text(json, is_first ? "{" : ",{");
            is_first = false;
            cli_json_text(json, "floor", floor->id);
            cli_json_text(json, "layer", pack->label);
            cli_json_text(json, "when",
                          policy_when_print(e->run->arena, &e->policy->axes, &floor->when));
            cli_json_text(json, "value", policy_value_print(e->run->arena, &floor->value));
            cli_json_text(json, "result", floor_result(e, floor));
            cli_json_text(json, "file", floor->place.file);
            cli_json_number(json, "line", floor->place.line);
            buf_add_char(json, '}');
        }
    }
}

static void
add_explanation(const struct explanation *e, struct buf *json)
{
    const struct policy_reading *reading = &e->reading;
    buf_add_char(json, '{');
    cli_json_text(json, "parameter", e->row->name);
    cli_json_text(json, "kind", policy_kind_name(e->row->kind));
    cli_json_text(json, "better",
                  e->row->better == POLICY_RANKED ? e->row->ranking
                                                  : policy_better_name(e->row->better));
    cli_json_text(json, "moment", policy_moment_name(e->row->moment));
    cli_json_key(json, "subject");
    buf_add_char(json, '{');
    for (int i = 0; i < POLICY_AXIS_COUNT; i++)
        if (e->subject.codes[i] != NULL)
            cli_json_text(json, policy_axis_row((enum policy_axis)i)->name, e->subject.codes[i]);
    buf_add_char(json, '}');
    cli_json_text(json, "value", policy_value_print(e->run->arena, &reading->value));
    cli_json_text(json, "rule", reading->rule->id);
    if (reading->floor != NULL)
        cli_json_text(json, "lifted_by", reading->floor->id);
    if (reading->rival != NULL)
        cli_json_text(json, "rival_value",
                      policy_value_print(e->run->arena, &reading->rival_value));
    cli_json_key(json, "rules");
    buf_add_char(json, '[');
    for (size_t i = e->policy->rule_first[e->parameter];
         i < e->policy->rule_first[e->parameter + 1]; i++) {
        if (i > e->policy->rule_first[e->parameter])
            buf_add_char(json, ',');
        add_rule(e, &e->policy->rules[i], json);
    }
    buf_add_char(json, ']');
    cli_json_key(json, "floors");
    buf_add_char(json, '[');
    add_floors(e, json);
    buf_add_text(json, "]}");
}

/* ---- for people ---- */

/* A value as an author writes it; what has a structure, as customers read it. */
static const char *
value_words(const struct explanation *e, const struct policy_value *value)
{
    if (!policy_format_is_list(value))
        return policy_value_print(e->run->arena, value);
    struct policy_formatter *formatter = policy_formatter_new(e->policy, e->language);
    struct buf words = {0};
    policy_format_value(formatter, e->parameter, value, POLICY_NOMINATIVE, false, &words);
    const char *copy = arena_copy_text(e->run->arena, buf_text(&words));
    buf_free(&words);
    policy_formatter_free(&formatter);
    return copy;
}

/* One line of a list: what it came to, which value, for whom, and why not. */
static void
print_line(const struct explanation *e, const char *result, const char *when, const char *value,
           int line, const char *reason)
{
    const struct cli_policy *run = e->run;
    bool counts = strcmp(result, "holds") == 0 || strcmp(result, "lifts") == 0;
    enum cli_colour colour = counts                          ? CLI_GREEN
                             : strcmp(result, "no") == 0     ? CLI_DIM
                             : strcmp(result, "rivals") == 0 ? CLI_YELLOW
                                                             : CLI_BOLD;
    const char *words =
        arena_printf(run->arena, "%s (%s%sline %d)", when[0] != 0 ? when : "all",
                     reason != NULL ? reason : "", reason != NULL ? "; " : "", line);
    fprintf(run->out, "  %s%-*s%s", cli_paint(run, colour), RESULT_COLUMNS, result,
            cli_paint(run, CLI_PLAIN));
    if ((int)strlen(value) + 2 <= e->value_columns) {
        fprintf(run->out, "%-*s", e->value_columns, value);
    } else {
        cli_terminal_wrap(run->out, 2 + RESULT_COLUMNS, run->width_columns, value);
        fprintf(run->out, "%*s", 2 + RESULT_COLUMNS + e->value_columns, "");
    }
    cli_terminal_wrap(run->out, 2 + RESULT_COLUMNS + e->value_columns, run->width_columns, words);
}

static int
count_value_columns(const struct explanation *e)
{
    int most = VALUE_COLUMNS_MIN;
    for (size_t i = e->policy->rule_first[e->parameter];
         i < e->policy->rule_first[e->parameter + 1]; i++) {
        int columns = (int)strlen(value_words(e, &e->policy->rules[i].value)) + 2;
        if (columns > most && columns <= VALUE_COLUMNS_MAX)
            most = columns;
    }
    return most;
}

static void
print_rules(const struct explanation *e)
{
    fprintf(e->run->out, "\nRules in %s, narrowest first\n", e->run->words[0]);
    for (size_t i = e->policy->rule_first[e->parameter];
         i < e->policy->rule_first[e->parameter + 1]; i++) {
        const struct policy_rule *rule = &e->policy->rules[i];
        print_line(e, rule_result(e, rule), rule->when_text, value_words(e, &rule->value),
                   rule->place.line, why_not(e, &rule->when));
    }
}

static void
print_floors(const struct explanation *e)
{
    size_t count = 0;
    for (size_t i = 0; i < e->policy->pack_count; i++) {
        const struct policy_pack *pack = &e->policy->packs[i];
        for (size_t k = 0; k < pack->floor_count; k++) {
            const struct policy_floor *floor = &pack->floors[k];
            if (floor->parameter != e->parameter)
                continue;
            if (count++ == 0)
                fprintf(e->run->out, "\nStatutory floors\n");
            print_line(e, floor_result(e, floor),
                       policy_when_print(e->run->arena, &e->policy->axes, &floor->when),
                       value_words(e, &floor->value), floor->place.line, why_not(e, &floor->when));
        }
    }
}

static void
print_head(const struct explanation *e)
{
    const struct policy_parameter_row *row = e->row;
    const struct cli_policy *run = e->run;
    fprintf(run->out, "%s%s%s: %s", cli_paint(run, CLI_BOLD), row->name, cli_paint(run, CLI_PLAIN),
            policy_kind_name(row->kind));
    if (row->better == POLICY_RANKED)
        fprintf(run->out, "; better for the customer: %s", row->ranking);
    else if (row->better != POLICY_UNCOMPARED)
        fprintf(run->out, "; better for the customer: %s", policy_better_name(row->better));
    fprintf(run->out, "; the version that counts: %s\nfor ", policy_moment_name(row->moment));
    bool is_said = false;
    for (int i = 0; i < POLICY_AXIS_COUNT; i++) {
        if (e->subject.codes[i] == NULL)
            continue;
        bool may_vary = (row->axes & 1U << i) != 0;
        fprintf(run->out, "%s%s=%s%s", is_said ? ", " : "",
                policy_axis_row((enum policy_axis)i)->name, e->subject.codes[i],
                may_vary ? "" : " (by which it cannot vary)");
        is_said = true;
    }
    fprintf(run->out, "%s\n", is_said ? "" : "somebody of whom nothing is said");
}

static void
print_outcome(const struct explanation *e)
{
    const struct policy_reading *reading = &e->reading;
    const struct cli_policy *run = e->run;
    int width = run->width_columns;
    fprintf(run->out, "\nIt holds: %s", cli_paint(run, CLI_BOLD));
    cli_terminal_wrap(run->out, 10, width, value_words(e, &reading->value));
    fprintf(run->out, "%s  by %s", cli_paint(run, CLI_PLAIN), reading->rule->id);
    if (reading->floor != NULL)
        fprintf(run->out, ", lifted by %s", reading->floor->id);
    fputc('\n', run->out);
    if (reading->rival != NULL)
        fprintf(run->out, "  or %s by %s: which is better depends on the case\n",
                value_words(e, &reading->rival_value), reading->rival->id);
    struct policy_page page = {.policy = e->policy, .language = e->language, .reader = &e->subject};
    struct buf sentence = {0};
    if (policy_page_sentence(&page, e->row->clause_id, &sentence) == OK) {
        fprintf(run->out, "  \"");
        buf_add_char(&sentence, '"');
        cli_terminal_wrap(run->out, 2, width, buf_text(&sentence));
    }
    buf_free(&sentence);
}

/* ---- the command ---- */

static void
explain(struct explanation *e, enum policy_parameter parameter, size_t number, struct buf *json)
{
    e->parameter = parameter;
    e->row = policy_parameter_row(parameter);
    e->reading = policy_read_value(e->run->arena, e->policy, parameter, &e->subject);
    if (e->run->options[CLI_OPTION_JSON] != NULL) {
        if (number > 0)
            buf_add_char(json, ',');
        add_explanation(e, json);
        return;
    }
    if (number > 0)
        fputc('\n', e->run->out);
    e->value_columns = count_value_columns(e);
    print_head(e);
    print_rules(e);
    print_floors(e);
    print_outcome(e);
}

/* Whether a row is the parameter of that name, or one of the clause of that name. */
static bool
is_asked_for(const struct policy_parameter_row *row, const char *name)
{
    return strcmp(row->name, name) == 0 || strcmp(row->clause_id, name) == 0;
}

static int
refuse_parameter(const struct cli_policy *run)
{
    const char *name = run->words[1];
    const char *slash = strchr(name, '/');
    const char *nearest = NULL;
    char *clause = arena_copy_text(run->arena, name);
    clause[strcspn(clause, "/")] = 0;
    const char *near_clause = policy_nearest('c', clause);
    if (slash != NULL) {
        const char *near_parameter = policy_nearest('p', slash + 1);
        for (int i = 0; i < POLICY_PARAMETER_COUNT && near_parameter != NULL; i++) {
            const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)i);
            if (strcmp(row->parameter, near_parameter) == 0 &&
                strcmp(row->clause_id, near_clause != NULL ? near_clause : clause) == 0)
                nearest = row->name;
        }
    }
    if (nearest == NULL)
        nearest = near_clause;
    if (nearest == NULL)
        return cli_policy_refuse(
            run, "there is no parameter %s; `aftercare policy schema` lists all", name);
    return cli_policy_refuse(run, "there is no parameter %s; did you mean %s?", name, nearest);
}

int
cli_policy_explain(struct cli_policy *run)
{
    struct explanation e = {.run = run, .policy = cli_policy_load(run, run->words[0])};
    if (e.policy == NULL)
        return cli_policy_status(&run->problems);
    if (!read_subject(run, e.policy, &e.subject) ||
        !cli_policy_language(run, e.policy, &e.language))
        return CLI_WRONG;
    struct buf json = {0};
    size_t count = 0;
    buf_add_char(&json, '[');
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++)
        if (is_asked_for(policy_parameter_row((enum policy_parameter)i), run->words[1]))
            explain(&e, (enum policy_parameter)i, count++, &json);
    buf_add_char(&json, ']');
    if (count > 0 && run->options[CLI_OPTION_JSON] != NULL)
        cli_policy_print_json(run, &json);
    buf_free(&json);
    return count > 0 ? CLI_FINE : refuse_parameter(run);
}
