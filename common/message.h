/*
 * message - our values as the messages of common.v1, and back
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"
#include "common/date.h"
#include "common/money.h"
#include "common/uuid.h"
#include "common/v1/types.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

/* As text, in the arena. */
char *message_uuid(struct arena *arena, const struct uuid *uuid);
/* Of a field that the contract says is a UUID and that is not empty; anything else aborts. */
struct uuid message_get_uuid(const char *text);

/* In the arena; NULL for an absent date. */
Common__V1__Date *message_date(struct arena *arena, struct date date);
struct date message_get_date(const Common__V1__Date *date); /* NULL is the absent date */

/* In the arena; NULL for 0. Microseconds since 1970. */
Google__Protobuf__Timestamp *message_time(struct arena *arena, int64_t unix_us);
int64_t message_get_time(const Google__Protobuf__Timestamp *time); /* NULL is 0 */

/* In the arena; NULL for an amount without a currency code, which is none. */
Common__V1__Money *message_money(struct arena *arena, struct money money);
/* NULL is an amount without a currency code. A code that is no code is cut. */
struct money message_get_money(const Common__V1__Money *money);
