/*
 * schema - messages and enums as JSON Schema (2020-12, as OpenAPI 3.1 uses it)
 *
 * First the operations say which messages they use, in requests or replies; then each is written
 * once under components/schemas, by its full name. What a request must hold is what the contract
 * requires; what a reply always holds is what our codec always writes. A message that is used in
 * both promises only what holds in both.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/plugin/json.h"
#include "proto/plugin/model.h"
#include "proto/plugin/route.h"

struct schema_entry {
    const struct model_message *message;  /* or NULL */
    const struct model_enum *enumeration; /* or NULL */
    const struct model_method *body_of;   /* the message is this method's body; else NULL */
    bool is_in_request;
    bool is_in_reply;
};

/* Every message and enum used so far. */
struct schema_set {
    struct schema_entry *entries;
    size_t count;
};

/* Notes a reply with all that it holds. */
void schema_use_reply(struct schema_set *set, const struct model_message *message);
/* Notes what an event holds, for the documents. */
void schema_use_event(struct schema_set *set, const struct model_message *event);
/* Notes what the request of a method holds, in its body and in its query. */
void schema_use_request(struct schema_set *set, const struct model_method *method,
                        const struct route *route);

/* Writes one member for each entry into the open object. */
void schema_write_all(const struct schema_set *set, struct json *json);

/* The schema of a field as members of the open object; with limits if it stands in a request. */
void schema_write_field(const struct model_field *field, bool is_in_request, struct json *json);
