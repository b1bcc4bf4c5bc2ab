/*
 * cli_policy_print - aftercare policy print: the text that customers read
 *
 * Without words about the reader it is the page for everybody; with --category, --region and so on,
 * the page for such a reader, with the values that hold for them.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy.h"

#include <string.h>

#include "common/policy/policy_page.h"

/* Whether a page has something under an id: clauses and rights do. */
static bool
is_printable(const struct policy *policy, const char *id)
{
    if (policy_find_clause(policy, id) != NULL)
        return true;
    for (size_t i = 0; i < policy->pack_count; i++)
        for (size_t k = 0; k < policy->packs[i].right_count; k++)
            if (strcmp(policy->packs[i].rights[k].id, id) == 0)
                return true;
    return false;
}

static bool
check_clause(const struct cli_policy *run, const struct policy *policy, bool shows_internal)
{
    const char *id = run->options[CLI_OPTION_CLAUSE];
    if (id == NULL)
        return true;
    const struct policy_clause *clause = policy_find_clause(policy, id);
    if (clause != NULL && clause->is_internal && !shows_internal) {
        (void)cli_policy_refuse(run, "%s is not printed for customers; --internal shows it", id);
        return false;
    }
    if (is_printable(policy, id))
        return true;
    const char *nearest = policy_nearest('c', id);
    if (nearest != NULL)
        (void)cli_policy_refuse(run, "there is no clause %s; did you mean %s?", id, nearest);
    else
        (void)cli_policy_refuse(run, "there is no clause %s", id);
    return false;
}

/* The reader, as far as the command line says who it is. False: refused. */
static bool
read_reader(const struct cli_policy *run, const struct policy *policy,
            struct policy_subject *ret_reader)
{
    *ret_reader = (struct policy_subject){.values = {0}};
    for (int i = 0; i < POLICY_AXIS_COUNT; i++)
        if (run->axes[i] != NULL &&
            !cli_policy_say(run, policy, (enum policy_axis)i, run->axes[i], ret_reader))
            return false;
    return true;
}

int
cli_policy_print(struct cli_policy *run)
{
    const char *old_path = run->options[CLI_OPTION_AGAINST];
    const struct policy *policy = cli_policy_load(run, run->words[0]);
    const struct policy *old =
        policy == NULL || old_path == NULL ? NULL : cli_policy_load(run, old_path);
    if (policy == NULL || (old_path != NULL && old == NULL))
        return cli_policy_status(&run->problems);
    struct policy_subject reader;
    struct policy_page page = {
        .policy = policy,
        .previous = old,
        .clause_id = run->options[CLI_OPTION_CLAUSE],
        .shows_internal = run->options[CLI_OPTION_INTERNAL] != NULL,
    };
    if (!cli_policy_language(run, policy, &page.language) ||
        !check_clause(run, policy, page.shows_internal) || !read_reader(run, policy, &reader))
        return CLI_WRONG;
    if (run->options[CLI_OPTION_AXIS] != NULL)
        page.reader = &reader;
    struct buf text = {0};
    if (run->options[CLI_OPTION_HTML] != NULL)
        policy_page_html(&page, &text);
    else
        policy_page_text(&page, run->width_columns, &text);
    fwrite(text.bytes, 1, text.size_bytes, run->out);
    buf_free(&text);
    return CLI_FINE;
}
