/*
 * contact - asks whoever said an event how the person is reached whom it tells about
 *
 * By the contract's option `contact`, so that no daemon is known here by its name.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/contract.h"

/* The answer of `event->event_contact`, which there must be. Errors as svc_ask_await. */
enum err contact_ask_await(struct call *call, const struct contract_message *event,
                           const char *aggregate_id, const ProtobufCMessage **ret_res) MUST_CHECK;
