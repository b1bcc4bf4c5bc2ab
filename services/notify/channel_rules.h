/*
 * channel_rules - by which channel somebody is reached
 *
 * Pure: no I/O, no clock. Channels are named as in the contract: "EMAIL", "SMS", "PUSH".
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"
#include "common/v1/types.pb-c.h"
#include "notify/v1/notify.pb-c.h"

/* Where a channel leads to; "" if the contact has no address for it. */
const char *channel_address(const Common__V1__Contact *contact, const char *channel);

bool channel_is_of(const Notify__V1__Notice *notice, const char *channel);

/* The first of the notice's channels that the installation has (`has` says so) and the contact an
 * address for (NULL: that is not asked). NULL: there is none. */
const char *channel_choose(const Notify__V1__Notice *notice, const Common__V1__Contact *contact,
                           bool (*has)(const char *channel));
