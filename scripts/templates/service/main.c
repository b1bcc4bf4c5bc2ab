/*
 * aftercare-@noun@ - owns notes, as a beginning
 *
 *   answers  @noun@.v1.@Noun@Service          proto/@noun@/v1/@noun@.proto
 *   says     NoteCreated                through the outbox, in the statement that did it
 *   keeps    schema "@noun@"              services/@noun@/schema/
 *   calls    nobody, so it starts and answers whatever else is down
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc.h"
#include "@noun@/v1/@noun@.dispatch.h"

/* Alphabetical. `aftercare-@noun@ --help` is drawn from here. */
static const struct conf_key config_keys[] = {
    CONF_END,
};

int
main(int argc, char **argv)
{
    struct svc *svc = svc_init("@noun@", config_keys, argc, argv);

    svc_serve(svc, &@noun@_v1_dispatch);
    svc_run(svc);
    return svc_deinit(&svc);
}
