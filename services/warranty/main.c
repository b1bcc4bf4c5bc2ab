/*
 * aftercare-warranty - owns products, the units sold of them, and claims under the warranty
 *
 *   answers  warranty.v1.WarrantyService        proto/warranty/v1/warranty.proto
 *   says     ProductCreated, ProductUpdated, UnitRegistered, UnitFactRecorded, UnitTransferred,
 *            RecallCreated, RecallClosed, ClaimCreated, ClaimDecided, ClaimMoved, DecisionMissed,
 *            ImportStarted, ImportAdvanced, ImportEnded
 *            through the outbox, in the statement that did it
 *   keeps    schema "warranty"                  services/warranty/schema/
 *   hears    every event that concerns a unit, for histories and the worklist (views.h)
 *   calls    the policy daemon for its versions, once a minute: those that are here decide also
 *            while it is down; the documents daemon for what comes with a claim,
 *            and for files of units
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc.h"
#include "warranty/v1/warranty.dispatch.h"

#include "claim.h"
#include "import.h"
#include "views.h"

static struct import_config import_config;

/* Alphabetical. `aftercare-warranty --help` is drawn from here. */
static const struct conf_key config_keys[] = {
    CONF_DURATION("import_report_retention", import_config.report_retention_ms, "30d", 60000,
                  INT64_C(31536000000),
                  "How long the report of the rows that an import refused is kept after its end."),
    CONF_END,
};

static const struct timer_kind timers[] = {
    {CLAIM_TIMER_DECIDE_BY, claim_on_decide_by},
    {CLAIM_TIMER_DECIDE, claim_on_decide},
    {IMPORT_TIMER_RUN, import_on_run},
    {IMPORT_TIMER_FORGET, import_on_forget},
    TIMER_KIND_END,
};

int
main(int argc, char **argv)
{
    struct svc *svc = svc_init("warranty", config_keys, argc, argv);

    svc_serve(svc, &warranty_v1_dispatch);
    svc_timers(svc, timers);
    warranty_init(svc);
    views_init(svc);
    import_init(&import_config);
    svc_run(svc);

    warranty_deinit();
    return svc_deinit(&svc);
}
