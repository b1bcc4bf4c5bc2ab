/*
 * provider - hands short messages to the company's providers of SMS and push messages
 *
 * One signed POST a message (notify.v1.ProviderMessage), by the code that delivers to webhooks. The
 * addresses are the operator's, so they may lie within one's own network.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attempt.h"
#include "notify.h"

/* Reads the secret that signs. Ends the process with a message where it, or an address, is none.
 */
void provider_init(void);
void provider_deinit(void);

/* Whether the installation sends by this channel, a name as "SMS". */
bool provider_has(const char *channel);

/*
 * Suspends until it is answered, or the call's deadline has passed. What *ret_attempt says and what
 * the errors mean: webhook_post_await. 410 is about this message's reader, and not about the
 * provider. Of an answer the code is kept, and no words.
 */
enum err provider_send_await(struct call *call, const Notify__V1__ProviderMessage *message,
                             struct attempt *ret_attempt) MUST_CHECK;
