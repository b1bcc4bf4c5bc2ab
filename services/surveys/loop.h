/*
 * loop - what the parts of low scores share
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "surveys.h"

enum err loop_read_await(struct call *call, const char *loop_id,
                         Surveys__V1__Loop **ret_loop) MUST_CHECK;
enum err loop_list_await(struct call *call, const Surveys__V1__ListLoopsRequest *req,
                         struct page *ret_page) MUST_CHECK;
/* A change of the loop, whose version is the new one. */
enum err loop_change_await(struct call *call, const Surveys__V1__Loop *loop,
                           const struct contract_message *event_contract,
                           const ProtobufCMessage *event,
                           const ProtobufCMessage *response) MUST_CHECK;
