/*
 * me_handlers - the gateway's own method: who am I?
 */
// SPDX-License-Identifier: Apache-2.0
#include "gateway.h"

#include "common/message.h"
#include "gateway/v1/gateway.dispatch.h"

enum { ROLE_COUNT_MAX = 32 };

enum err
gateway_get_me(struct call *call, const Gateway__V1__GetMeRequest *req UNUSED,
               Gateway__V1__GetMeResponse *res)
{
    res->subject = arena_copy_text(call->arena, call_subject(call));
    res->roles = arena_alloc(call->arena, ROLE_COUNT_MAX * sizeof *res->roles);
    for (unsigned role = 0; role < ROLE_COUNT_MAX; role++) {
        const char *code = contract_role_code(role);
        if ((call->principal.roles & 1U << role) != 0 && code != NULL)
            res->roles[res->n_roles++] = arena_copy_text(call->arena, code);
    }
    res->expire_time = message_time(call->arena, call->principal.expire_time_ms * 1000);
    return OK;
}
