/*
 * aftercare-surveys - owns notes, as a beginning
 *
 *   answers  surveys.v1.SurveysService          proto/surveys/v1/surveys.proto
 *   says     NoteCreated                through the outbox, in the statement that did it
 *   keeps    schema "surveys"              services/surveys/schema/
 *   calls    nobody, so it starts and answers whatever else is down
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc.h"
#include "surveys/v1/surveys.dispatch.h"

/* Alphabetical. `aftercare-surveys --help` is drawn from here. */
static const struct conf_key config_keys[] = {
    CONF_END,
};

int
main(int argc, char **argv)
{
    struct svc *svc = svc_init("surveys", config_keys, argc, argv);

    svc_serve(svc, &surveys_v1_dispatch);
    svc_run(svc);
    return svc_deinit(&svc);
}
