/*
 * cli_policy_diff - aftercare policy diff: what changed, in words, and for whom it is better
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy.h"

#include <string.h>

#include "common/policy/policy_diff.h"

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
        [POLICY_WORSE] = {"-", CLI_RED},
        [POLICY_SAME] = {" ", CLI_PLAIN},
        [POLICY_BETTER] = {"+", CLI_GREEN},
        [POLICY_INCOMPARABLE] = {"~", CLI_YELLOW},
    };
    CHECK((size_t)change->effect < COUNT_OF(marks));
    struct buf sentence = {0};
    policy_diff_print(formatter, change, &sentence);
    fprintf(run->out, "%s%s%s ", cli_paint(run, marks[change->effect].colour),
            marks[change->effect].mark, cli_paint(run, CLI_PLAIN));
    cli_terminal_wrap(run->out, 2, cli_terminal_width(run->out), buf_text(&sentence));
    buf_free(&sentence);
}

static void
print_text(const struct cli_policy *run, struct policy_formatter *formatter,
           const struct policy_changes *changes)
{
    size_t counts[POLICY_INCOMPARABLE + 1] = {0};
    for (size_t i = 0; i < changes->change_count; i++) {
        print_change(run, formatter, &changes->changes[i]);
        counts[changes->changes[i].effect]++;
    }
    if (changes->change_count == 0)
        fprintf(run->out, "nothing changed\n");
    else
        fprintf(run->out,
                "\n%zu change%s: %zu better (+) and %zu worse (-) for customers, %zu that depend "
                "on the case (~)\n",
                changes->change_count, changes->change_count == 1 ? "" : "s", counts[POLICY_BETTER],
                counts[POLICY_WORSE], counts[POLICY_INCOMPARABLE]);
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
        print_text(run, formatter, &changes);
    policy_formatter_free(&formatter);
    return CLI_FINE;
}
