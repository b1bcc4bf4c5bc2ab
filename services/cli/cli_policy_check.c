/*
 * cli_policy_check - aftercare policy check: is this policy complete, and free of contradiction?
 *
 * What is found goes to stdout, one line each, as compilers print it, so that editors can jump to
 * the place; a last line sums up. With --suggest, what is missing (exceptions that settle a tie,
 * clauses, texts, labels) follows the first problem that asks for it, ready to paste.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy.h"

#include "cli_policy_files.h"
#include "common/policy/policy_check.h"

enum { DIGEST_SHOWN_BYTES = 6 };

static size_t
count_clauses(const struct policy *policy)
{
    size_t count = 0;
    for (size_t i = 0; i < policy->section_count; i++)
        count += policy->sections[i].clause_count;
    return count;
}

static void
add_digest(const struct policy *policy, size_t size_bytes, struct buf *out)
{
    for (size_t i = 0; i < size_bytes; i++)
        buf_printf(out, "%02x", policy->digest[i]);
}

static void
add_problem(struct buf *json, const struct policy_problem *problem, bool is_first)
{
    buf_add_text(json, is_first ? "{" : ",{");
    cli_json_text(json, "severity", problem->severity == POLICY_ERROR ? "error" : "warning");
    cli_json_text(json, "reason", problem->reason);
    cli_json_text(json, "file", problem->file);
    cli_json_number(json, "line", problem->line);
    cli_json_number(json, "column", problem->column);
    cli_json_text(json, "clause", problem->clause_id);
    cli_json_text(json, "message", problem->message);
    if (problem->suggestion != NULL)
        cli_json_text(json, "suggestion", problem->suggestion);
    buf_add_char(json, '}');
}

static void
print_json(struct cli_policy *run, const struct policy *policy)
{
    struct buf json = {0};
    struct buf digest = {0};
    buf_add_char(&json, '{');
    cli_json_text(&json, "file", run->words[0]);
    if (policy != NULL) {
        add_digest(policy, sizeof policy->digest, &digest);
        cli_json_text(&json, "policy", policy->name);
        cli_json_number(&json, "version", policy->version);
        cli_json_text(&json, "digest", buf_text(&digest));
        cli_json_number(&json, "clauses", (int64_t)count_clauses(policy));
        cli_json_number(&json, "rules", (int64_t)policy->rule_count);
    }
    cli_json_number(&json, "errors", (int64_t)run->problems.error_count);
    cli_json_number(&json, "warnings", (int64_t)run->problems.warning_count);
    cli_json_key(&json, "problems");
    buf_add_char(&json, '[');
    policy_problems_sort(&run->problems);
    for (size_t i = 0; i < run->problems.problem_count; i++)
        add_problem(&json, &run->problems.problems[i], i == 0);
    buf_add_text(&json, "]}");
    cli_policy_print_json(run, &json);
    buf_free(&digest);
    buf_free(&json);
}

static const char *
plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void
print_summary(const struct cli_policy *run, const struct policy *policy)
{
    size_t errors = run->problems.error_count;
    size_t warnings = run->problems.warning_count;
    struct buf line = {0};
    if (policy != NULL) {
        size_t clauses = count_clauses(policy);
        buf_printf(&line, " %zu clause%s, %zu rule%s, %zu language%s, digest ", clauses,
                   plural(clauses), policy->rule_count, plural(policy->rule_count),
                   policy->language_count, plural(policy->language_count));
        add_digest(policy, DIGEST_SHOWN_BYTES, &line);
        buf_add_char(&line, ';');
    }
    enum cli_colour colour = errors > 0 ? CLI_RED : warnings > 0 ? CLI_YELLOW : CLI_GREEN;
    fprintf(run->out, "%s:%s %s%zu error%s, %zu warning%s%s\n", run->words[0], buf_text(&line),
            cli_paint(run, colour), errors, plural(errors), warnings, plural(warnings),
            cli_paint(run, CLI_PLAIN));
    buf_free(&line);
}

/* The reader does not know whether they are asked for. */
static void
drop_suggestions(struct policy_problems *problems)
{
    for (size_t i = 0; i < problems->problem_count; i++)
        problems->problems[i].suggestion = NULL;
}

int
cli_policy_check(struct cli_policy *run)
{
    const struct policy *policy = cli_policy_files_read(
        run->arena, run->words[0], run->options[CLI_OPTION_HOLIDAYS], &run->problems);
    if (policy != NULL)
        (void)policy_check(run->arena, policy, run->options[CLI_OPTION_SUGGEST] != NULL,
                           &run->problems);
    if (run->options[CLI_OPTION_SUGGEST] == NULL)
        drop_suggestions(&run->problems);
    if (run->options[CLI_OPTION_JSON] != NULL) {
        print_json(run, policy);
    } else {
        (void)cli_policy_tell(&run->problems, true, run->out);
        print_summary(run, policy);
    }
    return cli_policy_status(&run->problems);
}
