/*
 * pack - the bytes of a message
 *
 * The same bytes as protobuf_c_message_pack writes, from the last to the first: so the size of what
 * is enclosed is known when it is to be written. protobuf-c measures each message once more for
 * each message around it, which for a decision took more time than writing.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"

/* In the arena. For messages that contracts allow (no floating point, nothing `optional`). Aborts
 * beyond the arena's budget. Does not suspend. */
uint8_t *pack_message(struct arena *arena, const ProtobufCMessage *message, size_t *ret_size_bytes);
