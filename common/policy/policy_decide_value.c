/*
 * policy_decide_value - typed values, days, times and facts as the record holds them
 *
 * Absence keeps its name: `none` and `unlimited` are spans that say so, `not_offered` is a code.
 * Structured values (fees, anchors, ladders, lists of documents) are their canonical text. A record
 * is printed the same everywhere: times are text in UTC.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
set_date(Common__V1__Date *message, struct date date)
{
    common__v1__date__init(message);
    message->year = date.year;
    message->month = date.month;
    message->day = date.day;
}

Common__V1__Date *
decide_new_date(struct arena *arena, struct date date)
{
    Common__V1__Date *message = decide_room(arena, sizeof *message);
    set_date(message, date);
    return message;
}

struct date
decide_date_of(const Common__V1__Date *date)
{
    if (date == NULL)
        return (struct date){0};
    return (struct date){.year = date->year, .month = date->month, .day = date->day};
}

Common__V1__Value *
decide_new_value(struct arena *arena)
{
    Common__V1__Value *value = decide_room(arena, sizeof *value);
    common__v1__value__init(value);
    return value;
}

static Common__V1__Value *
new_code(struct arena *arena, const char *code)
{
    Common__V1__Value *value = decide_new_value(arena);
    value->kind_case = COMMON__V1__VALUE__KIND_CODE;
    value->code = (char *)code;
    return value;
}

static Common__V1__Value *
new_codes(struct arena *arena, const struct policy_codes *codes)
{
    Common__V1__Value *value = decide_new_value(arena);
    value->kind_case = COMMON__V1__VALUE__KIND_CODES;
    value->codes = decide_room(arena, sizeof *value->codes);
    common__v1__value__codes__init(value->codes);
    value->codes->n_codes = codes->count;
    value->codes->codes = (char **)codes->codes;
    return value;
}

static Common__V1__Value *
new_money(struct arena *arena, struct money money)
{
    Common__V1__Value *value = decide_new_value(arena);
    value->kind_case = COMMON__V1__VALUE__KIND_MONEY;
    value->money = decide_room(arena, sizeof *value->money);
    common__v1__money__init(value->money);
    value->money->minor = money.minor;
    value->money->currency_code = arena_copy_text(arena, money.currency_code);
    return value;
}

static Common__V1__Value *
new_number(struct arena *arena, int64_t number)
{
    Common__V1__Value *value = decide_new_value(arena);
    value->kind_case = COMMON__V1__VALUE__KIND_NUMBER;
    value->number = number;
    return value;
}

static Common__V1__Value *
new_flag(struct arena *arena, bool flag)
{
    Common__V1__Value *value = decide_new_value(arena);
    value->kind_case = COMMON__V1__VALUE__KIND_FLAG;
    value->flag = flag;
    return value;
}

static Common__V1__Value *
new_span(struct arena *arena, const struct policy *policy, const struct policy_value *from)
{
    Common__V1__Value *value = decide_new_value(arena);
    value->kind_case = COMMON__V1__VALUE__KIND_SPAN;
    value->span = decide_room(arena, sizeof *value->span);
    common__v1__value__span__init(value->span);
    value->span->none = from->absence == POLICY_NONE;
    value->span->unlimited = from->absence == POLICY_UNLIMITED;
    if (from->absence != POLICY_PRESENT)
        return value;
    value->span->months = from->span.months;
    value->span->days = from->span.days;
    value->span->working_days = from->span.working_days;
    value->span->working_minutes = from->span.working_minutes;
    if (from->span.calendar != NULL) {
        const struct calendar *calendar = policy_find_calendar(policy, from->span.calendar);
        value->span->calendar =
            (char *)(calendar == NULL ? from->span.calendar : calendar_label(calendar));
    }
    return value;
}

static Common__V1__Value *
new_text(struct arena *arena, const struct policy_value *from)
{
    Common__V1__Value *value = decide_new_value(arena);
    value->kind_case = COMMON__V1__VALUE__KIND_TEXT;
    value->text = (char *)policy_value_print(arena, from);
    return value;
}

Common__V1__Value *
decide_value(struct arena *arena, const struct policy *policy, const struct policy_value *value)
{
    if (value->absence == POLICY_NOT_OFFERED)
        return new_code(arena, "not_offered");
    if (value->absence != POLICY_PRESENT || value->kind == POLICY_SPAN)
        return new_span(arena, policy, value);
    switch (value->kind) {
    case POLICY_FLAG:
        return new_flag(arena, value->flag);
    case POLICY_COUNT:
        return new_number(arena, value->count);
    case POLICY_CHOICE:
    case POLICY_CALENDAR:
    case POLICY_CONTACT:
    case POLICY_REGISTER:
        return new_code(arena, value->code);
    case POLICY_CHOICES:
        return new_codes(arena, &value->codes);
    case POLICY_MONEY:
        return new_money(arena, value->money);
    case POLICY_PERCENT: {
        Common__V1__Value *percent = decide_new_value(arena);
        percent->kind_case = COMMON__V1__VALUE__KIND_BASIS_POINTS;
        percent->basis_points = value->basis_points;
        return percent;
    }
    default:
        return new_text(arena, value);
    }
}

Common__V1__Value *
decide_value_code(struct decide *d, const char *code)
{
    return new_code(d->arena, code);
}

Common__V1__Value *
decide_value_codes(struct decide *d, const struct policy_codes *codes)
{
    return new_codes(d->arena, codes);
}

Common__V1__Value *
decide_value_number(struct decide *d, int64_t number)
{
    return new_number(d->arena, number);
}

Common__V1__Value *
decide_value_flag(struct decide *d, bool flag)
{
    return new_flag(d->arena, flag);
}

Common__V1__Value *
decide_value_money(struct decide *d, struct money money)
{
    return new_money(d->arena, money);
}

Common__V1__Value *
decide_value_date(struct decide *d, struct date date)
{
    struct {
        Common__V1__Value value;
        Common__V1__Date date;
    } *both = decide_room(d->arena, sizeof *both);
    common__v1__value__init(&both->value);
    both->value.kind_case = COMMON__V1__VALUE__KIND_DATE;
    both->value.date = &both->date;
    set_date(&both->date, date);
    return &both->value;
}

Common__V1__Value *
decide_value_time(struct decide *d, int64_t unix_s)
{
    Common__V1__Value *value = decide_new_value(d->arena);
    value->kind_case = COMMON__V1__VALUE__KIND_TIME;
    value->time = arena_alloc(d->arena, DECIDE_TIME_SIZE);
    CHECK(unix_s >= ZONE_SECOND_MIN && unix_s <= ZONE_SECOND_MAX);
    decide_time_print(unix_s * 1000000, value->time);
    return value;
}

/* ---- times ---- */

/* Writes `count` digits of a number; snprintf would take a tenth of a decision's time. */
static char *
print_digits(char *out, int64_t number, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return out + count;
}

void
decide_time_print(int64_t unix_us, char *ret_text)
{
    if (unix_us < ZONE_SECOND_MIN * 1000000)
        unix_us = ZONE_SECOND_MIN * 1000000;
    if (unix_us > ZONE_SECOND_MAX * 1000000)
        unix_us = ZONE_SECOND_MAX * 1000000;
    int64_t us = unix_us % 1000000;
    if (us < 0)
        us += 1000000;
    int64_t unix_s = (unix_us - us) / 1000000;
    int64_t second = unix_s % 86400;
    if (second < 0)
        second += 86400;
    date_print(date_from_days((unix_s - second) / 86400), ret_text);
    char *out = ret_text + DATE_TEXT_LENGTH;
    *out++ = 'T';
    out = print_digits(out, second / 3600, 2);
    *out++ = ':';
    out = print_digits(out, second / 60 % 60, 2);
    *out++ = ':';
    out = print_digits(out, second % 60, 2);
    if (us != 0) {
        *out++ = '.';
        out = print_digits(out, us, 6);
        while (out[-1] == '0')
            out--;
    }
    *out++ = 'Z';
    *out = 0;
}

static bool
parse_digits(const char **text, int count, int max, int *ret_number)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        char c = (*text)[i];
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    *text += count;
    *ret_number = number;
    return number <= max;
}

static bool
parse_char(const char **text, char c)
{
    return *(*text)++ == c;
}

bool
decide_time_parse(const char *text, int64_t *ret_us)
{
    char day[DATE_TEXT_SIZE];
    struct date date;
    if (strnlen(text, 20) < 20)
        return false;
    memcpy(day, text, DATE_TEXT_SIZE - 2);
    day[DATE_TEXT_SIZE - 2] = 0;
    text += DATE_TEXT_SIZE - 2;
    int hour;
    int minute;
    int second;
    if (!date_parse(day, &date) || !parse_char(&text, 'T') || !parse_digits(&text, 2, 23, &hour) ||
        !parse_char(&text, ':') || !parse_digits(&text, 2, 59, &minute) ||
        !parse_char(&text, ':') || !parse_digits(&text, 2, 59, &second))
        return false;
    int64_t us = 0;
    if (*text == '.') {
        text++;
        int unit = 100000;
        for (; *text >= '0' && *text <= '9' && unit > 0; unit /= 10)
            us += (*text++ - '0') * unit;
    }
    *ret_us = ((date_to_days(date) * 24 + hour) * 60 + minute) * 60000000 + second * 1000000 + us;
    return text[0] == 'Z' && text[1] == 0;
}

/* ---- facts ---- */

static Common__V1__Value *
fact_value(struct decide *d, const struct policy_fact_row *row, const struct policy_fact *fact)
{
    switch (row->kind) {
    case POLICY_FACT_CODE:
        return decide_value_code(d, fact->code);
    case POLICY_FACT_FLAG:
        return decide_value_flag(d, fact->flag);
    case POLICY_FACT_NUMBER:
        return decide_value_number(d, fact->number);
    case POLICY_FACT_DATE:
        return decide_value_date(d, fact->date);
    case POLICY_FACT_TIME:
        return decide_value_time(d, fact->time_s);
    case POLICY_FACT_MONEY:
        return decide_value_money(d, fact->money);
    case POLICY_FACT_TEXT:
        break;
    }
    Common__V1__Value *value = decide_new_value(d->arena);
    value->kind_case = COMMON__V1__VALUE__KIND_TEXT;
    value->text = (char *)fact->code;
    return value;
}

void
decide_write_fact(struct decide *d, const struct policy_fact_row *row,
                  const struct policy_fact *fact, Common__V1__Fact *message)
{
    common__v1__fact__init(message);
    message->name = (char *)row->name;
    if (fact == NULL)
        return;
    if (fact->is_known) {
        message->value = fact_value(d, row, fact);
        message->trust = (Common__V1__Fact__Trust)fact->trust;
    }
    if (fact->source != NULL)
        message->source = (char *)fact->source;
    message->n_evidence = fact->evidence_count;
    message->evidence = (char **)fact->evidence;
}
