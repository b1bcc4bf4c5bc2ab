/*
 * send_rules - when something leaves, when it is tried again, and when no more
 *
 * Pure: no I/O, no clock, and randomness is given in.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/uuid.h"
#include "common/zone.h"

/* The night in which no telephone rings, by the reader's clock. */
enum { SEND_NIGHT_BEGIN_HOUR = 21, SEND_NIGHT_END_HOUR = 8 };

/* `now_us`, or the end of the night that it lies in. */
int64_t send_after_night(const struct zone *zone, int64_t now_us);

/* From when a message may leave: `min_gap_us` after the last one to the same person (0: there was
 * none), and now at the earliest. */
int64_t send_earliest(int64_t now_us, int64_t last_sent_us, int64_t min_gap_us);

/*
 * How long to wait after the attempt of this number, from 1: full jitter (evenly 1 s to 1 min, 2
 * min, 4 min .. 6 h), so that what failed together does not come back together. `random` is any
 * number.
 */
int64_t send_message_pause_us(int attempt, uint32_t random);

/* Whether a message that is to be sent since `start_us` is too old to be tried at `next_us`. */
bool send_message_is_late(int64_t start_us, int64_t next_us);

/* The same for deliveries: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, each up to a fifth
 * longer; 0: that was the last attempt. */
int64_t send_delivery_pause_us(int attempt, uint32_t random);

/* Whether a webhook of which everything failed since `fail_us` (0: it did not) is given up. */
bool send_webhook_is_lost(int64_t fail_us, int64_t now_us);

/* The identity of what is told of an event to a webhook: always the same one, so that a receiver
 * knows it again also after we were restored from a backup. Sorts by the event's time (a UUID
 * version 7 whose random bits are a hash of both). */
struct uuid send_delivery_id(const struct uuid *webhook_id, const struct uuid *event_id);
