/*
 * svc_hooks - what the parts of a daemon want to be asked: at the drain, for /status, at the end
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc_private.h"

static struct svc_hook *
add_hook(struct svc *svc, void *context)
{
    CHECK(svc->hook_count < SVC_HOOKS_MAX);
    struct svc_hook *hook = &svc->hooks[svc->hook_count++];
    *hook = (struct svc_hook){.context = context};
    return hook;
}

void
svc_on_drain(struct svc *svc, void (*on_drain)(void *context), bool (*is_drained_)(void *context),
             void *context)
{
    struct svc_hook *hook = add_hook(svc, context);
    hook->on_drain = on_drain;
    hook->is_drained = is_drained_;
}

void
svc_on_status(struct svc *svc, void (*add_status)(struct buf *json_members, void *context),
              void *context)
{
    add_hook(svc, context)->add_status = add_status;
}

void
svc_on_close(struct svc *svc, void (*close)(void *context), void *context)
{
    add_hook(svc, context)->close = close;
}

void
svc_on_page(struct svc *svc, const char *method, const char *path, svc_page *page, void *context)
{
    CHECK(svc->page_count < SVC_PAGES_MAX);
    svc->pages[svc->page_count++] = (struct svc_page_entry){method, path, page, context};
}

void
svc_on_ready(struct svc *svc, const char *(*reason_not_ready)(void *context), void *context)
{
    svc->reason_not_ready = reason_not_ready;
    svc->ready_context = context;
}

void
svc_on_call(struct svc *svc, void (*prepare_await)(struct call *call, void *context), void *context)
{
    svc->prepare_await = prepare_await;
    svc->prepare_context = context;
}
