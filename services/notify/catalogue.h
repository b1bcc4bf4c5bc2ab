/*
 * catalogue - the enabled notices and active webhooks, in this process
 *
 * Each event is held against all of them, and they change seldom. So they are read whole when the
 * revision in the table `catalogue` is another one, which is asked for once a second, and at once
 * after a change by this process. An event that is heard meanwhile is judged by what was known: a
 * notice counts at the latest a second after it was answered.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify.h"

struct catalogue_webhook {
    struct uuid webhook_id;
    const char *types; /* separated by spaces; "" : all */
};

struct catalogue {
    Notify__V1__Notice **notices; /* enabled ones */
    size_t notice_count;
    struct catalogue_webhook *webhooks; /* active ones */
    size_t webhook_count;
};

/* After svc_serve. Ends with svc_deinit. */
void catalogue_open(struct svc *svc);

/* NULL before it was read. Valid until the task next suspends. */
const struct catalogue *catalogue_get(void);

/* The same, valid until it is released. */
const struct catalogue *catalogue_hold(void);
/* NULL is fine. */
void catalogue_release(const struct catalogue *catalogue);

/* A notice by its code; NULL: it is gone or not enabled. Valid as the catalogue is. */
const Notify__V1__Notice *catalogue_find(const struct catalogue *catalogue, const char *notice_id);

/* This process has changed something. */
void catalogue_poke(void);
