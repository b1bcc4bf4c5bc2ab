/*
 * message - our values as the messages of common.v1, and back
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/message.h"

#include <stdio.h>

enum { US_PER_S = 1000000 };

char *
message_uuid(struct arena *arena, const struct uuid *uuid)
{
    char *text = arena_alloc(arena, UUID_TEXT_SIZE);
    uuid_print(uuid, text);
    return text;
}

struct uuid
message_get_uuid(const char *text)
{
    struct uuid uuid;
    CHECK(uuid_parse(text, &uuid));
    return uuid;
}

Common__V1__Date *
message_date(struct arena *arena, struct date date)
{
    if (date_is_absent(date))
        return NULL;
    Common__V1__Date *message = arena_alloc(arena, sizeof *message);
    common__v1__date__init(message);
    message->year = date.year;
    message->month = date.month;
    message->day = date.day;
    return message;
}

struct date
message_get_date(const Common__V1__Date *date)
{
    if (date == NULL)
        return (struct date){0};
    return (struct date){date->year, date->month, date->day};
}

Google__Protobuf__Timestamp *
message_time(struct arena *arena, int64_t unix_us)
{
    if (unix_us == 0)
        return NULL;
    Google__Protobuf__Timestamp *message = arena_alloc(arena, sizeof *message);
    google__protobuf__timestamp__init(message);
    message->seconds = unix_us / US_PER_S - (unix_us % US_PER_S < 0);
    message->nanos = (int32_t)((unix_us - message->seconds * US_PER_S) * 1000);
    return message;
}

int64_t
message_get_time(const Google__Protobuf__Timestamp *time)
{
    return time == NULL ? 0 : time->seconds * US_PER_S + time->nanos / 1000;
}

Common__V1__Money *
message_money(struct arena *arena, struct money money)
{
    if (money.currency_code[0] == 0)
        return NULL;
    Common__V1__Money *message = arena_alloc(arena, sizeof *message);
    common__v1__money__init(message);
    message->minor = money.minor;
    message->currency_code = arena_copy_text(arena, money.currency_code);
    return message;
}

struct money
message_get_money(const Common__V1__Money *money)
{
    struct money read = {0};
    if (money == NULL)
        return read;
    read.minor = money->minor;
    (void)snprintf(read.currency_code, sizeof read.currency_code, "%s", money->currency_code);
    return read;
}
