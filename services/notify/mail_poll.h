/*
 * mail_poll - looks into the mailbox again and again, one replica at a time
 *
 * By one durable timer (common/timer.h), whose lease keeps the other replicas away. Nothing rests
 * on that: two that look at once keep each mail once. /status says in `mailbox` how the last look
 * of this process went.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/svc.h"

#define MAIL_POLL_TIMER "mailbox"

timer_handler mail_poll_on_due;

/* After notify_init. Nothing where no mailbox is configured. Ends the process with a message where
 * it is configured wrong. */
void mail_poll_open(struct svc *svc);
