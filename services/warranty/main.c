/*
 * aftercare-warranty - owns products, the units sold of them, and claims under the warranty
 *
 *   answers  warranty.v1.WarrantyService        proto/warranty/v1/warranty.proto
 *   says     ProductCreated, ProductUpdated, UnitRegistered, ClaimSubmitted, ClaimWithdrawn
 *            through the outbox, in the statement that did it
 *   keeps    schema "warranty"                  services/warranty/schema/
 *   calls    nobody, so it starts and answers whatever else is down
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc.h"
#include "warranty/v1/warranty.dispatch.h"

#include "warranty.h"

/* Alphabetical. `aftercare-warranty --help` is drawn from here. */
static const struct conf_key config_keys[] = {
    CONF_TEXT("policy_file", warranty_config.policy_file, NULL,
              "The policy, as YAML; its clause warranty.period decides coverage."),
    CONF_END,
};

int
main(int argc, char **argv)
{
    struct svc *svc = svc_init("warranty", config_keys, argc, argv);
    warranty_init(); /* reads the policy; exits, and says where, if it cannot */

    svc_serve(svc, &warranty_v1_dispatch);
    svc_run(svc);

    warranty_deinit();
    return svc_deinit(&svc);
}
