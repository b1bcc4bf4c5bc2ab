/*
 * ticket_handlers - the gateway's own method: a ticket for the event stream
 */
// SPDX-License-Identifier: Apache-2.0
#include "gateway.h"

#include "common/clock.h"
#include "common/message.h"
#include "gateway/v1/gateway.dispatch.h"
#include "ticket.h"

enum err
gateway_create_event_ticket(struct call *call,
                            const Gateway__V1__CreateEventTicketRequest *req UNUSED,
                            Gateway__V1__CreateEventTicketResponse *res)
{
    int64_t expire_time_ms = clock_real_ms() + TICKET_LIFE_MS;
    if (expire_time_ms > call->principal.expire_time_ms)
        expire_time_ms = call->principal.expire_time_ms;
    res->ticket = (char *)ticket_make(call->arena, &call->principal, expire_time_ms);
    res->expire_time = message_time(call->arena, expire_time_ms * 1000);
    return OK;
}
