/*
 * aftercare-notify - owns notes, as a beginning
 *
 *   answers  notify.v1.NotifyService          proto/notify/v1/notify.proto
 *   says     NoteCreated                through the outbox, in the statement that did it
 *   keeps    schema "notify"              services/notify/schema/
 *   calls    nobody, so it starts and answers whatever else is down
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc.h"
#include "notify/v1/notify.dispatch.h"

/* Alphabetical. `aftercare-notify --help` is drawn from here. */
static const struct conf_key config_keys[] = {
    CONF_END,
};

int
main(int argc, char **argv)
{
    struct svc *svc = svc_init("notify", config_keys, argc, argv);

    svc_serve(svc, &notify_v1_dispatch);
    svc_run(svc);
    return svc_deinit(&svc);
}
