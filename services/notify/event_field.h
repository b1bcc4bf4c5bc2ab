/*
 * event_field - fields of an event, found by their dotted names in JSON ("decision.outcome")
 *
 * Pure; by the descriptors of protobuf-c and the tables of the contract.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/contract.h"

struct event_field {
    const ProtobufCFieldDescriptor *descriptor;
    const struct contract_field *contract;
    const ProtobufCMessage *owner; /* the message that holds it; NULL: absent, or no payload */
};

/* A field of the message itself; the name ends after `size`. */
bool event_field_find_own(const struct contract_message *message, const ProtobufCMessage *payload,
                          const char *name, size_t size, struct event_field *ret_field);

/* The field that a dotted name leads to, never through or to a list; false: there is none.
 * `payload` may be NULL. */
bool event_field_find(const struct contract_message *message, const ProtobufCMessage *payload,
                      const char *name, struct event_field *ret_field);

/* Whether it can stand in a text: text, number, flag, code, day, time, money. */
bool event_field_is_printable(const struct event_field *field);

/* Whether its values can be listed: a text or a code. */
bool event_field_is_comparable(const struct event_field *field);

/* The message in it; NULL where it is absent. */
const ProtobufCMessage *event_field_message(const struct event_field *field);

/* Of a text or an enum: the text, or the value's name. "" where it is absent or not said. */
const char *event_field_code(const struct event_field *field);

/* Whether an enum has this value; of a text, always. */
bool event_field_has_code(const struct event_field *field, const char *code);
