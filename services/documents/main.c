/*
 * aftercare-documents - keeps what is uploaded: documents, once by their content, and for a time
 * the bodies of other services' requests
 *
 *   answers  documents.v1.DocumentsService      proto/documents/v1/documents.proto
 *   says     DocumentUploaded                   through the outbox, in the statement that did it
 *   keeps    schema "documents"                 services/documents/schema/
 *   calls    nobody, so it starts and answers whatever else is down
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc.h"
#include "documents/v1/documents.dispatch.h"

#include "documents.h"

static struct documents_config config;

/* Alphabetical. `aftercare-documents --help` is drawn from here. */
static const struct conf_key config_keys[] = {
    CONF_DURATION("purge_interval", config.purge_interval_ms, "1m", 100, 3600000,
                  "How often uploads that are too old are looked for."),
    CONF_DURATION("upload_retention", config.upload_retention_ms, "1d", 60000, 2592000000,
                  "How long the body of a request that became no document is kept: as long as the "
                  "service that was sent it may still read it."),
    CONF_DURATION("upload_timeout", config.upload_timeout_ms, "6h", 60000, 86400000,
                  "How long after its beginning an upload that was not ended is dropped."),
    CONF_END,
};

int
main(int argc, char **argv)
{
    struct svc *svc = svc_init("documents", config_keys, argc, argv);

    svc_serve(svc, &documents_v1_dispatch);
    purge_start(svc, &config);
    svc_run(svc);

    purge_stop();
    return svc_deinit(&svc);
}
