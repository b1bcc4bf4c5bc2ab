/*
 * policy_format - a formatter and what ICU does for it: numbers, money, dates, lists
 *
 * All of ICU's objects but those of a currency and of a zone are made with the formatter. ICU only
 * fails for want of memory or data; both end the process, as with memory elsewhere.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_format_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/udatpg.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "common/html.h"

enum { SECONDS_A_DAY = 86400, NARROW_NO_BREAK_SPACE = 0x202f, NO_BREAK_SPACE = 0xa0 };

void
policy_format_add_units(struct buf *out, const UChar *units, int32_t unit_count)
{
    for (int32_t i = 0; i < unit_count;) {
        UChar32 c;
        U16_NEXT(units, i, unit_count, c);
        if (c == NARROW_NO_BREAK_SPACE)
            c = NO_BREAK_SPACE;
        char bytes[U8_MAX_LENGTH];
        int32_t size = 0;
        U8_APPEND_UNSAFE(bytes, size, c);
        buf_add(out, bytes, (size_t)size);
    }
}

/* ASCII as ICU wants it. */
static void
to_units(const char *text, UChar ret_units[FORMAT_TEXT_UNITS])
{
    CHECK(strlen(text) < FORMAT_TEXT_UNITS);
    u_charsToUChars(text, ret_units, (int32_t)strlen(text) + 1);
}

/* ---- numbers ---- */

static UNumberFormatter *
open_number(const char *locale, const char *skeleton)
{
    UChar units[FORMAT_TEXT_UNITS];
    to_units(skeleton, units);
    UErrorCode status = U_ZERO_ERROR;
    UNumberFormatter *format = unumf_openForSkeletonAndLocale(units, -1, locale, &status);
    CHECK(U_SUCCESS(status));
    return format;
}

void
policy_format_decimal(struct policy_formatter *formatter, const UNumberFormatter *format,
                      const char *decimal, struct buf *out)
{
    UErrorCode status = U_ZERO_ERROR;
    unumf_formatDecimal(format, decimal, -1, formatter->result, &status);
    UChar units[FORMAT_TEXT_UNITS];
    int32_t unit_count = unumf_resultToString(formatter->result, units, FORMAT_TEXT_UNITS, &status);
    CHECK(U_SUCCESS(status));
    policy_format_add_units(out, units, unit_count);
}

void
policy_format_number(struct policy_formatter *formatter, int64_t number, struct buf *out)
{
    char decimal[32];
    snprintf(decimal, sizeof decimal, "%" PRId64, number);
    policy_format_decimal(formatter, formatter->number, decimal, out);
}

void
policy_format_percent(struct policy_formatter *formatter, int basis_points, struct buf *out)
{
    char decimal[32];
    snprintf(decimal, sizeof decimal, "%s%d.%02d", basis_points < 0 ? "-" : "",
             abs(basis_points) / 100, abs(basis_points) % 100);
    policy_format_decimal(formatter, formatter->percent, decimal, out);
}

/* The formatter of a currency: one of those kept, or a new one in place of the oldest. */
static const UNumberFormatter *
find_currency(struct policy_formatter *formatter, const char *code)
{
    for (size_t i = 0; i < FORMAT_CURRENCIES; i++) {
        if (strcmp(formatter->currencies[i].code, code) == 0)
            return formatter->currencies[i].format;
    }
    struct policy_format_currency *currency = &formatter->currencies[formatter->currency_next];
    formatter->currency_next = (formatter->currency_next + 1) % FORMAT_CURRENCIES;
    char skeleton[64];
    /* The digits of ISO 4217, as money is kept; ICU's own differ for some. */
    int digits = money_digits(code);
    snprintf(skeleton, sizeof skeleton, "currency/%s .%.*s", code, digits, "0000");
    if (digits == 0)
        snprintf(skeleton, sizeof skeleton, "currency/%s precision-integer", code);
    unumf_close(currency->format);
    currency->format = open_number(formatter->locale, skeleton);
    memcpy(currency->code, code, sizeof currency->code);
    return currency->format;
}

void
policy_format_money(struct policy_formatter *formatter, struct money money, struct buf *out)
{
    char text[MONEY_TEXT_SIZE];
    money_print(money, text);
    text[strcspn(text, " ")] = '\0';
    policy_format_decimal(formatter, find_currency(formatter, money.currency_code), text, out);
}

/* ---- dates ---- */

UDateFormat *
policy_format_open_date(const char *locale, const char *skeleton, bool is_pattern, const char *zone)
{
    UChar wanted[FORMAT_TEXT_UNITS], pattern[FORMAT_TEXT_UNITS], zone_units[FORMAT_TEXT_UNITS];
    to_units(skeleton, wanted);
    to_units(zone, zone_units);
    UErrorCode status = U_ZERO_ERROR;
    if (is_pattern) {
        u_strcpy(pattern, wanted);
    } else {
        UDateTimePatternGenerator *generator = udatpg_open(locale, &status);
        udatpg_getBestPattern(generator, wanted, -1, pattern, FORMAT_TEXT_UNITS, &status);
        udatpg_close(generator);
    }
    UDateFormat *format =
        udat_open(UDAT_PATTERN, UDAT_PATTERN, locale, zone_units, -1, pattern, -1, &status);
    CHECK(U_SUCCESS(status));
    return format;
}

void
policy_format_moment(UDateFormat *format, int64_t unix_s, struct buf *out)
{
    UChar units[FORMAT_TEXT_UNITS];
    UErrorCode status = U_ZERO_ERROR;
    int32_t unit_count =
        udat_format(format, (UDate)unix_s * 1000, units, FORMAT_TEXT_UNITS, NULL, &status);
    CHECK(U_SUCCESS(status));
    policy_format_add_units(out, units, unit_count);
}

void
policy_format_date(struct policy_formatter *formatter, struct date date, struct buf *out)
{
    int64_t day = date_to_days(date);
    struct policy_format_printed *printed = &formatter->dates[(uint64_t)day % FORMAT_DATES];
    if (printed->size_bytes > 0 && printed->day == day) {
        buf_add(out, printed->text, printed->size_bytes);
        return;
    }
    size_t start = out->size_bytes;
    policy_format_moment(formatter->date, day * SECONDS_A_DAY, out);
    size_t size_bytes = out->size_bytes - start;
    if (size_bytes <= sizeof printed->text) {
        *printed = (struct policy_format_printed){.day = day, .size_bytes = size_bytes};
        memcpy(printed->text, out->bytes + start, size_bytes);
    }
}

void
policy_format_time(struct policy_formatter *formatter, int64_t unix_s, const struct zone *zone,
                   struct buf *out)
{
    if (formatter->time_zone != zone) {
        if (formatter->time != NULL)
            udat_close(formatter->time);
        formatter->time =
            policy_format_open_date(formatter->locale, "yMMMMdjmmz", false, zone_name(zone));
        formatter->time_zone = zone;
    }
    policy_format_moment(formatter->time, unix_s, out);
}

/* ---- lists ---- */

void
policy_format_join(struct policy_formatter *formatter, const char *const *texts, size_t text_count,
                   bool is_or, struct buf *out)
{
    if (text_count == 1) {
        buf_add_text(out, texts[0]);
        return;
    }
    if (text_count == 0)
        return;
    const UChar **strings = mem_alloc(text_count * sizeof *strings);
    int32_t total = 0;
    UErrorCode status = U_ZERO_ERROR;
    for (size_t i = 0; i < text_count; i++) {
        int32_t room = (int32_t)strlen(texts[i]) + 1;
        UChar *string = mem_alloc((size_t)room * sizeof *string);
        u_strFromUTF8WithSub(string, room, NULL, texts[i], -1, 0xfffd, NULL, &status);
        strings[i] = string;
        total += room + 32; /* no language joins with a longer word */
    }
    UChar *joined = mem_alloc((size_t)total * sizeof *joined);
    int32_t count = ulistfmt_format(is_or ? formatter->or_list : formatter->and_list, strings, NULL,
                                    (int32_t)text_count, joined, total, &status);
    CHECK(U_SUCCESS(status));
    policy_format_add_units(out, joined, count);
    mem_free(joined);
    for (size_t i = 0; i < text_count; i++)
        mem_free((void *)strings[i]);
    mem_free(strings);
}

/* ---- a formatter ---- */

struct policy_formatter *
policy_formatter_new(const struct policy *policy, size_t language)
{
    CHECK(language < policy->language_count);
    struct policy_formatter *f = mem_alloc(sizeof *f);
    f->policy = policy;
    f->language = language;
    UErrorCode status = U_ZERO_ERROR;
    uloc_forLanguageTag(policy->languages[language], f->locale, sizeof f->locale, NULL, &status);
    if (U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING)
        f->locale[0] = '\0';
    status = U_ZERO_ERROR;
    f->plurals = uplrules_open(f->locale, &status);
    f->and_list = ulistfmt_openForType(f->locale, ULISTFMT_TYPE_AND, ULISTFMT_WIDTH_WIDE, &status);
    f->or_list = ulistfmt_openForType(f->locale, ULISTFMT_TYPE_OR, ULISTFMT_WIDTH_WIDE, &status);
    f->result = unumf_openResult(&status);
    CHECK(U_SUCCESS(status));
    f->number = open_number(f->locale, "");
    f->percent = open_number(f->locale, "percent .##");
    static const char *const units[POLICY_UNIT_COUNT] = {"year", "month", "day"};
    for (int i = 0; i < POLICY_UNIT_COUNT; i++) {
        char skeleton[80];
        snprintf(skeleton, sizeof skeleton, "measure-unit/duration-%s unit-width-full-name",
                 units[i]);
        f->units[i] = open_number(f->locale, skeleton);
    }
    f->date = policy_format_open_date(f->locale, "yMMMMd", false, "UTC");
    f->clock = policy_format_open_date(f->locale, "jmm", false, "UTC");
    f->weekday = policy_format_open_date(f->locale, "cccc", true, "UTC");
    return f;
}

void
policy_formatter_free(struct policy_formatter **formatter)
{
    struct policy_formatter *f = *formatter;
    if (f == NULL)
        return;
    uplrules_close(f->plurals);
    ulistfmt_close(f->and_list);
    ulistfmt_close(f->or_list);
    unumf_close(f->number);
    unumf_close(f->percent);
    for (int i = 0; i < POLICY_UNIT_COUNT; i++)
        unumf_close(f->units[i]);
    for (int i = 0; i < FORMAT_CURRENCIES; i++)
        unumf_close(f->currencies[i].format);
    unumf_closeResult(f->result);
    udat_close(f->date);
    udat_close(f->clock);
    udat_close(f->weekday);
    udat_close(f->time);
    mem_free(f);
    *formatter = NULL;
}

void
policy_formatter_link(struct policy_formatter *formatter, const struct policy_register_link *links,
                      size_t link_count)
{
    formatter->links = links;
    formatter->link_count = link_count;
}

const char *
policy_format_word(const struct policy_formatter *formatter, const char *key)
{
    return policy_words_get(formatter->policy, formatter->language, key);
}

void
policy_format_fill(const struct policy_formatter *formatter, const char *key, bool as_html,
                   const char *first, const char *second, struct buf *out)
{
    struct buf pattern = {0};
    if (as_html)
        html_escape(&pattern, policy_format_word(formatter, key));
    else
        buf_add_text(&pattern, policy_format_word(formatter, key));
    policy_words_fill(buf_text(&pattern), first, second, NULL, out);
    buf_free(&pattern);
}
