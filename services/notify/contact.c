/*
 * contact - one question to a method that the contract names
 */
// SPDX-License-Identifier: Apache-2.0
#include "contact.h"

#include "common/json.h"
#include "common/svc.h"
#include "event_field.h"

enum err
contact_ask_await(struct call *call, const struct contract_message *event, const char *aggregate_id,
                  const ProtobufCMessage **ret_res)
{
    const struct contract_method *method = event->event_contact;
    ProtobufCMessage *req = json_new_message(call->arena, method->request);
    struct event_field field;
    CHECK(event_field_find(method->request, req, "aggregate_id", &field)); /* the plugin has seen */
    enum err err = json_read_field(call->arena, method->request, req,
                                   (int)(field.contract - method->request->fields), aggregate_id,
                                   &call->fault);
    return err == OK ? svc_ask_await(call, method, req, ret_res) : err;
}
