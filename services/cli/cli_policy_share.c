/*
 * cli_policy_share - what the subcommands of `aftercare policy` share
 *
 * Reading with all problems told as compilers tell them, choosing language and subject by words,
 * and JSON: written compactly into a buffer, key by key, and laid out once at the end.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli_policy_files.h"
#include "common/policy/policy_check.h"

enum { HINT_NAMES_MAX = 256, AXIS_NAME_SIZE = 64 };

int
cli_policy_refuse(const struct cli_policy *run, const char *format, ...)
{
    va_list list;
    fprintf(stderr, "aftercare policy %s: ", run->command);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fprintf(stderr, "\naftercare policy %s --help says what can be asked\n", run->command);
    return CLI_WRONG;
}

/* ---- reading ---- */

int
cli_policy_status(const struct policy_problems *problems)
{
    for (size_t i = 0; i < problems->problem_count; i++)
        if (strcmp(problems->problems[i].reason, CLI_POLICY_FILE_UNREADABLE) == 0)
            return CLI_WRONG;
    return problems->error_count > 0 ? CLI_FOUND : CLI_FINE;
}

struct policy *
cli_policy_load(struct cli_policy *run, const char *path)
{
    struct policy *policy =
        cli_policy_files_read(run->arena, path, run->options[CLI_OPTION_HOLIDAYS], &run->problems);
    if (policy != NULL && policy_check(run->arena, policy, false, &run->problems))
        return policy;
    cli_policy_tell(&run->problems, false, stderr);
    return NULL;
}

static void
tell_one(const struct policy_problem *problem, bool has_colour, FILE *stream)
{
    bool is_error = problem->severity == POLICY_ERROR;
    const char *plain = cli_terminal_paint(has_colour, CLI_PLAIN);
    fprintf(stream, "%s%s", cli_terminal_paint(has_colour, CLI_BOLD), problem->file);
    if (problem->line > 0)
        fprintf(stream, ":%d", problem->line);
    if (problem->line > 0 && problem->column > 0)
        fprintf(stream, ":%d", problem->column);
    fprintf(stream, ":%s %s%s:%s %s", plain,
            cli_terminal_paint(has_colour, is_error ? CLI_RED : CLI_YELLOW),
            is_error ? "error" : "warning", plain, problem->message);
    if (problem->clause_id[0] != 0)
        fprintf(stream, " (%s)", problem->clause_id);
    fprintf(stream, " %s[%s]%s\n", cli_terminal_paint(has_colour, CLI_DIM), problem->reason, plain);
    if (problem->suggestion != NULL)
        fprintf(stream, "%s%s", problem->suggestion,
                problem->suggestion[strlen(problem->suggestion) - 1] == '\n' ? "" : "\n");
}

size_t
cli_policy_tell(struct policy_problems *problems, bool with_warnings, FILE *stream)
{
    size_t count = 0;
    bool has_colour = cli_terminal_has_colour(stream);
    policy_problems_sort(problems);
    for (size_t i = 0; i < problems->problem_count; i++) {
        if (problems->problems[i].severity != POLICY_ERROR && !with_warnings)
            continue;
        tell_one(&problems->problems[i], has_colour, stream);
        count++;
    }
    size_t all = problems->error_count + problems->warning_count;
    if (all > problems->problem_count)
        fprintf(stream, "... and %zu more\n", all - problems->problem_count);
    return count;
}

/* ---- words of the command line ---- */

bool
cli_policy_language(const struct cli_policy *run, const struct policy *policy, size_t *ret_language)
{
    const char *tag = run->options[CLI_OPTION_LANGUAGE];
    *ret_language = tag == NULL ? 0 : policy_find_language(policy, tag);
    size_t size = strcspn(policy->languages[*ret_language], "-");
    if (tag == NULL || (strncasecmp(tag, policy->languages[*ret_language], size) == 0 &&
                        strcspn(tag, "-") == size))
        return true;
    struct buf names = {0};
    for (size_t i = 0; i < policy->language_count; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", policy->languages[i]);
    (void)cli_policy_refuse(run, "the policy has no language \"%s\"; it has %s", tag,
                            buf_text(&names));
    buf_free(&names);
    return false;
}

int
cli_policy_find_axis(const char *name, size_t name_size)
{
    char text[AXIS_NAME_SIZE];
    if (name_size >= sizeof text)
        return -1;
    for (size_t i = 0; i < name_size; i++)
        text[i] = name[i] == '-' ? '_' : name[i];
    text[name_size] = 0;
    return policy_find_axis(text);
}

bool
cli_policy_say(const struct cli_policy *run, const struct policy *policy, enum policy_axis axis,
               const char *code, struct policy_subject *subject)
{
    const struct policy_axes *axes = &policy->axes;
    if (policy_subject_set(axes, subject, axis, code))
        return true;
    const char *names[HINT_NAMES_MAX];
    struct buf list = {0};
    size_t count = 0;
    for (int i = axes->first[axis]; i < axes->end[axis] && count < HINT_NAMES_MAX; i++) {
        buf_printf(&list, "%s%s", count > 0 ? ", " : "", axes->values[i].code);
        names[count++] = axes->values[i].code;
    }
    const char *nearest = policy_nearest_of(names, count, code);
    const char *name = policy_axis_row(axis)->name;
    if (nearest != NULL)
        (void)cli_policy_refuse(run, "there is no %s \"%s\"; did you mean %s?", name, code,
                                nearest);
    else
        (void)cli_policy_refuse(run, "there is no %s \"%s\"; the policy has: %s", name, code,
                                count > 0 ? buf_text(&list) : "none");
    buf_free(&list);
    return false;
}

/* ---- writing ---- */

const char *
cli_paint(const struct cli_policy *run, enum cli_colour colour)
{
    return cli_terminal_paint(run->has_colour, colour);
}

void
cli_policy_print_json(const struct cli_policy *run, struct buf *json)
{
    json_t *tree = json_loadb(json->bytes, json->size_bytes, JSON_DECODE_ANY, NULL);
    CHECK(tree != NULL);
    char *text = json_dumps(tree, JSON_INDENT(2) | JSON_ENCODE_ANY);
    CHECK(text != NULL);
    fprintf(run->out, "%s\n", text);
    free(text);
    json_decref(tree);
}

void
cli_json_key(struct buf *json, const char *key)
{
    char last = json->size_bytes > 0 ? json->bytes[json->size_bytes - 1] : '{';
    if (last != '{')
        buf_add_char(json, ',');
    buf_add_json(json, key, strlen(key));
    buf_add_char(json, ':');
}

void
cli_json_text(struct buf *json, const char *key, const char *text)
{
    cli_json_key(json, key);
    buf_add_json(json, text, strlen(text));
}

void
cli_json_number(struct buf *json, const char *key, int64_t number)
{
    cli_json_key(json, key);
    buf_printf(json, "%lld", (long long)number);
}

void
cli_json_flag(struct buf *json, const char *key, bool flag)
{
    cli_json_key(json, key);
    buf_add_text(json, flag ? "true" : "false");
}
