/*
 * json_packed - a packed message as JSON, without unpacking it
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "common/contract.h"

/* Writes what contract_read (as of an answer) and json_write would. False: the message breaks its
 * contract, or is packed in another way than protobuf-c's; `out` is as it was, and contract_read
 * says which. */
bool json_write_packed(struct buf *out, const struct contract_message *contract,
                       const uint8_t *bytes, size_t size_bytes) MUST_CHECK;
