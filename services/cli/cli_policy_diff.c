/*
 * cli_policy_diff - aftercare policy diff: what changed, in words, and for whom it is better
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy.h"

#include <string.h>

#include "common/policy/policy_diff.h"

/* After the effects: what changes only how the page reads. */
enum { WORDING = POLICY_INCOMPARABLE + 1 };

static size_t
class_of(const struct policy_change *change)
{
    return policy_change_is_wording(change) ? WORDING : (size_t)change->effect;
}

static const char *
kind_name(enum policy_change_kind kind)
{
    static const char *const names[] = {
        [POLICY_ADDED] = "added",
        [POLICY_REMOVED] = "removed",
        [POLICY_VALUE_CHANGED] = "value_changed",
        [POLICY_TEXT_CHANGED] = "text_changed",
    };
    CHECK((size_t)kind < COUNT_OF(names));
    return names[kind];
}

static const char *
effect_name(enum policy_order effect)
{
    static const char *const names[] = {
        [POLICY_WORSE] = "worse",
        [POLICY_SAME] = "same",
        [POLICY_BETTER] = "better",
        [POLICY_INCOMPARABLE] = "incomparable",
    };
    CHECK((size_t)effect < COUNT_OF(names));
    return names[effect];
}

static void
add_change(struct buf *json, struct policy_formatter *formatter, const struct policy_change *change)
{
    struct buf sentence = {0};
    policy_diff_print(formatter, change, &sentence);
    buf_add_char(json, '{');
    cli_json_text(json, "change", kind_name(change->kind));
    cli_json_text(json, "clause", change->clause_id);
    cli_json_text(json, "rule", change->rule_id);
    cli_json_text(json, "parameter", change->parameter);
    cli_json_text(json, "old_value", change->old_value);
    cli_json_text(json, "new_value", change->new_value);
    cli_json_text(json, "effect", effect_name(change->effect));
    if (change->kind == POLICY_TEXT_CHANGED)
        cli_json_text(json, "language", change->language);
    cli_json_text(json, "sentence", buf_text(&sentence));
    buf_add_char(json, '}');
    buf_free(&sentence);
}

static void
print_json(const struct cli_policy *run, struct policy_formatter *formatter,
           const struct policy_changes *changes)
{
    struct buf json = {0};
    buf_add_char(&json, '[');
    for (size_t i = 0; i < changes->change_count; i++) {
        if (i > 0)
            buf_add_char(&json, ',');
        add_change(&json, formatter, &changes->changes[i]);
    }
    buf_add_char(&json, ']');
    cli_policy_print_json(run, &json);
    buf_free(&json);
}

static void
print_change(const struct cli_policy *run, struct policy_formatter *formatter,
             const struct policy_change *change)
{
    static const struct {
        const char *mark;
        enum cli_colour colour;
    } marks[] = {
        [POLICY_WORSE] = {"-", CLI_RED},    [POLICY_SAME] = {" ", CLI_PLAIN},
        [POLICY_BETTER] = {"+", CLI_GREEN}, [POLICY_INCOMPARABLE] = {"~", CLI_YELLOW},
        [WORDING] = {"=", CLI_PLAIN},
    };
    size_t class = class_of(change);
    CHECK(class < COUNT_OF(marks));
    struct buf sentence = {0};
    policy_diff_print(formatter, change, &sentence);
    fprintf(run->out, "%s%s%s ", cli_paint(run, marks[class].colour), marks[class].mark,
            cli_paint(run, CLI_PLAIN));
    cli_terminal_wrap(run->out, 2, run->width_columns, buf_text(&sentence));
    buf_free(&sentence);
}

/* The clauses that customers find under another number, which no change tells. */
static void
print_numbers(const struct cli_policy *run, const struct policy *old, const struct policy *new)
{
    struct buf text = {0};
    for (size_t i = 0; i < new->section_count; i++) {
        const struct policy_section *section = &new->sections[i];
        for (size_t j = 0; j < section->clause_count; j++) {
            const struct policy_clause *clause = &section->clauses[j];
            const struct policy_clause *before = policy_find_clause(old, clause->id);
            if (before == NULL || before->number <= 0 || clause->number <= 0 ||
                (before->number == clause->number && before->section->number == section->number))
                continue;
            buf_printf(&text, "%s%d.%d is now %d.%d", text.size_bytes == 0 ? "" : ", ",
                       before->section->number, before->number, section->number, clause->number);
        }
    }
    if (text.size_bytes > 0) {
        fprintf(run->out, "= ");
        cli_terminal_wrap(run->out, 2, run->width_columns, buf_text(&text));
    }
    buf_free(&text);
}

static void
print_text(const struct cli_policy *run, struct policy_formatter *formatter,
           const struct policy *old, const struct policy *new, const struct policy_changes *changes)
{
    size_t counts[WORDING + 1] = {0};
    for (size_t i = 0; i < changes->change_count; i++) {
        print_change(run, formatter, &changes->changes[i]);
        counts[class_of(&changes->changes[i])]++;
    }
    print_numbers(run, old, new);
    if (changes->change_count == 0) {
        fprintf(run->out, "nothing changed\n");
        return;
    }
    struct buf sum = {0};
    buf_printf(
        &sum,
        "%zu change%s: %zu better (+) and %zu worse (-) for customers, %zu that depend on the "
        "case (~), %zu of wording (=)",
        changes->change_count, changes->change_count == 1 ? "" : "s", counts[POLICY_BETTER],
        counts[POLICY_WORSE], counts[POLICY_INCOMPARABLE], counts[WORDING]);
    fprintf(run->out, "\n");
    cli_terminal_wrap(run->out, 0, run->width_columns, buf_text(&sum));
    buf_free(&sum);
}

int
cli_policy_diff(struct cli_policy *run)
{
    size_t language;
    const struct policy *old = cli_policy_load(run, run->words[0]);
    const struct policy *new = old == NULL ? NULL : cli_policy_load(run, run->words[1]);
    if (new == NULL)
        return cli_policy_status(&run->problems);
    if (strcmp(old->name, new->name) != 0) {
        fprintf(stderr,
                "aftercare policy diff: policy '%s' is no version of policy '%s' "
                "[POLICY_DIFFERS]\n",
                new->name, old->name);
        return CLI_FOUND;
    }
    if (!cli_policy_language(run, new, &language))
        return CLI_WRONG;
    struct policy_formatter *formatter = policy_formatter_new(new, language);
    struct policy_changes changes = policy_diff(run->arena, old, new);
    if (run->options[CLI_OPTION_JSON] != NULL)
        print_json(run, formatter, &changes);
    else
        print_text(run, formatter, old, new, &changes);
    policy_formatter_free(&formatter);
    return CLI_FINE;
}
