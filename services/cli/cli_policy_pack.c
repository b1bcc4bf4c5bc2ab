/*
 * cli_policy_pack - aftercare policy pack: a policy and all its files as one file
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy.h"

#include "common/policy/policy_canon.h"

int
cli_policy_pack(struct cli_policy *run)
{
    const struct policy *policy = cli_policy_load(run, run->words[0]);
    if (policy == NULL)
        return cli_policy_status(&run->problems);
    struct buf text = {0};
    if (run->options[CLI_OPTION_JSON] != NULL)
        policy_canon_write(policy, &text);
    else
        policy_canon_write_yaml(policy, &text);
    fwrite(text.bytes, 1, text.size_bytes, run->out);
    buf_free(&text);
    return CLI_FINE;
}
