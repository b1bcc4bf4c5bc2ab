/*
 * aftercare-policy - owns the company's policy in its versions, and the staff directory
 *
 *   answers  policy.v1.PolicyService            proto/policy/v1/policy.proto
 *   says     PolicyCreated, PolicyUpdated, PolicyDeleted, PolicyPublished, PolicyRevoked,
 *            StaffMemberCreated, StaffMemberUpdated, StaffMemberDeleted
 *            through the outbox, in the statement that did it
 *   keeps    schema "policy"                    services/policy/schema/
 *   calls    documents, for the body of a draft; everything else it answers whatever is down
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc.h"
#include "policy/v1/policy.dispatch.h"

#include "policy.h"

/* Alphabetical. `aftercare-policy --help` is drawn from here. */
static const struct conf_key config_keys[] = {
    CONF_TEXT("holidays", policyd_config.holidays, "",
              "Directory of lists of holidays, as DE.yaml, for policies that do not hold theirs."),
    CONF_UINT("page_cache_mib", policyd_config.page_cache_mib, "16", 1, 1024,
              "Memory for rendered pages, in MiB."),
    CONF_UINT("read_cache_mib", policyd_config.read_cache_mib, "64", 1, 4096,
              "Memory for policies that were read, in MiB."),
    CONF_END,
};

int
main(int argc, char **argv)
{
    struct svc *svc = svc_init("policy", config_keys, argc, argv);
    policyd_init(); /* reads the lists of holidays; exits, and says where, if it cannot */

    svc_serve(svc, &policy_v1_dispatch);
    svc_run(svc);

    policyd_deinit();
    return svc_deinit(&svc);
}
