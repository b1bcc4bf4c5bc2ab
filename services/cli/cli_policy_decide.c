/*
 * cli_policy_decide - aftercare policy decide: the decision on a case, as record or in words
 *
 * The policies are versions of one, brought into their order; the case is a file. The record is the
 * engine's: here it is only printed (cli_policy_record.c for people, common/json for programs).
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy.h"

#include <stdlib.h>

#include "cli_policy_files.h"
#include "cli_policy_record.h"
#include "common/json.h"
#include "common/policy/policy_decide.h"
#include "common/v1/decision.contract.h"

/* A version and the file it was read from. */
struct version {
    const struct policy *policy;
    const char *path;
};

static int
compare_versions(const void *a, const void *b)
{
    const struct version *left = a;
    const struct version *right = b;
    return (left->policy->version > right->policy->version) -
           (left->policy->version < right->policy->version);
}

/* A draft alone is tried as if it had always been in force. */
static void
take_draft(struct policy *policy, const char *path)
{
    if (policy->version != 0)
        return;
    policy->version = 1;
    policy->effective_from = (struct date){1, 1, 1};
    fprintf(stderr,
            "aftercare policy decide: %s is a draft: it counts as version 1, in force from the "
            "beginning\n",
            path);
}

/* The first two of the line that do not follow each other are told by their files. */
static void
tell_unordered(const struct version *versions, size_t count, const struct fault *fault)
{
    for (size_t i = 1; i < count; i++) {
        const struct policy *pair[] = {versions[i - 1].policy, versions[i].policy};
        struct fault unused;
        if (policy_set_check(&(struct policy_set){pair, COUNT_OF(pair)}, &unused) == OK)
            continue;
        fprintf(stderr, "aftercare policy decide: %s and %s: %s [%s]\n", versions[i - 1].path,
                versions[i].path, fault->message, fault->reason);
        return;
    }
    fprintf(stderr, "aftercare policy decide: %s [%s]\n", fault->message, fault->reason);
}

/* False: refused, and stderr says why; the status is *ret_status. */
static bool
read_versions(struct cli_policy *run, struct policy_set *ret_set, int *ret_status)
{
    struct version *versions = arena_alloc(run->arena, run->word_count * sizeof *versions);
    const struct policy **policies = arena_alloc(run->arena, run->word_count * sizeof *policies);
    *ret_set = (struct policy_set){policies, run->word_count};
    *ret_status = CLI_FOUND;
    for (size_t i = 0; i < run->word_count; i++) {
        struct policy *policy = cli_policy_load(run, run->words[i]);
        if (policy == NULL) {
            *ret_status = cli_policy_status(&run->problems);
            return false;
        }
        if (run->word_count == 1)
            take_draft(policy, run->words[i]);
        versions[i] = (struct version){policy, run->words[i]};
    }
    qsort(versions, run->word_count, sizeof *versions, compare_versions);
    for (size_t i = 0; i < run->word_count; i++)
        policies[i] = versions[i].policy;
    struct fault fault;
    if (policy_set_check(ret_set, &fault) == OK)
        return true;
    tell_unordered(versions, run->word_count, &fault);
    return false;
}

static const struct policy_case *
read_case(struct cli_policy *run, const struct policy *policy)
{
    struct policy_file file;
    const struct policy_case *question = NULL;
    if (cli_policy_files_load(run->arena, run->options[CLI_OPTION_FACTS], POLICY_FILE_BYTES_MAX,
                              &file, &run->problems))
        question = policy_case_read(run->arena, policy, &file, &run->problems);
    if (question == NULL)
        (void)cli_policy_tell(&run->problems, false, stderr);
    return question;
}

static void
print_record(const struct cli_policy *run, const struct policy *policy,
             const Common__V1__Decision *record, size_t language)
{
    if (run->options[CLI_OPTION_JSON] == NULL) {
        cli_policy_record_print(run, record, policy->languages[language]);
        return;
    }
    struct buf json = {0};
    json_write(&json, &common_v1_decision_contract, &record->base);
    cli_policy_print_json(run, &json);
    buf_free(&json);
}

int
cli_policy_decide(struct cli_policy *run)
{
    struct policy_set set;
    int status;
    size_t language;
    if (run->options[CLI_OPTION_FACTS] == NULL)
        return cli_policy_refuse(run, "--facts FILE is missing: it holds the question");
    if (!read_versions(run, &set, &status))
        return status;
    const struct policy *last = set.versions[set.version_count - 1];
    if (!cli_policy_language(run, last, &language))
        return CLI_WRONG;
    const struct policy_case *question = read_case(run, last);
    if (question == NULL)
        return cli_policy_status(&run->problems);
    struct policy_engine *engine = policy_engine_new(&set);
    Common__V1__Decision *record;
    struct fault fault;
    enum err err = policy_decide(run->arena, engine, question, &record, &fault);
    if (err == OK)
        print_record(run, last, record, language);
    else
        fprintf(stderr, "%s: %serror:%s %s [%s]\n", run->options[CLI_OPTION_FACTS],
                cli_terminal_paint(cli_terminal_has_colour(stderr), CLI_RED),
                cli_terminal_paint(cli_terminal_has_colour(stderr), CLI_PLAIN), fault.message,
                fault.reason);
    policy_engine_free(&engine);
    return err == OK ? CLI_FINE : CLI_FOUND;
}
