/*
 * forget - drops what is over for long: messages and mails as the policy's general.privacy has it
 * for records of a case, deliveries as the configuration says, whom a machine answered after a day
 *
 * Now and then, a few rows at a time with pauses between them, because writes wait behind each.
 * What still waits to be sent is kept. Ages are by business time: those of the rows' identities,
 * which begin with the time they were made.
 *
 * What tells a message or delivery apart from one that was made before goes with it. So an event
 * that the log has for longer than notify_config.delivery_retention_ms is told to nobody
 * (notice_events.c), also when the log is read again from its start.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify.h"

/* After svc_serve. */
void forget_open(struct svc *svc);

/* ---- forget_store.c ---- */

/* Drops at most `count_max` rows that were made before; each answers how many it dropped. */
enum err forget_messages_await(struct call *call, int64_t before_us, unsigned count_max,
                               unsigned *ret_count) MUST_CHECK;
enum err forget_deliveries_await(struct call *call, int64_t before_us, unsigned count_max,
                                 unsigned *ret_count) MUST_CHECK;
enum err forget_mails_await(struct call *call, int64_t before_us, unsigned count_max,
                            unsigned *ret_count) MUST_CHECK;
enum err forget_mail_answers_await(struct call *call, int64_t before_us, unsigned count_max,
                                   unsigned *ret_count) MUST_CHECK;
