/*
 * policy_format_private - what the files policy_format_*.c share: a formatter and its ICU objects
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unicode/udat.h>
#include <unicode/ulistformatter.h>
#include <unicode/unumberformatter.h>
#include <unicode/upluralrules.h>

#include "common/policy/policy_format.h"
#include "common/policy/policy_words.h"

enum {
    FORMAT_CURRENCIES = 8,
    FORMAT_TEXT_UNITS = 512,
    FORMAT_LOCALE_SIZE = 64,
    FORMAT_DATES = 64,
    FORMAT_DATE_SIZE = 48,
};

enum policy_format_unit {
    POLICY_UNIT_YEARS,
    POLICY_UNIT_MONTHS,
    POLICY_UNIT_DAYS,
    POLICY_UNIT_COUNT
};

/* A formatter of amounts in one currency. */
struct policy_format_currency {
    char code[4];
    UNumberFormatter *format;
};

/* A date that was printed: cases that come together have few, and ICU takes long. */
struct policy_format_printed {
    int64_t day;       /* from 1970-01-01 */
    size_t size_bytes; /* 0: none yet */
    char text[FORMAT_DATE_SIZE];
};

struct policy_formatter {
    const struct policy *policy;
    size_t language;
    char locale[FORMAT_LOCALE_SIZE];
    UPluralRules *plurals;
    UListFormatter *and_list, *or_list;
    UNumberFormatter *number, *percent;
    UNumberFormatter *units[POLICY_UNIT_COUNT];
    UFormattedNumber *result; /* scratch */
    struct policy_format_currency currencies[FORMAT_CURRENCIES];
    size_t currency_next; /* the oldest is replaced */
    UDateFormat *date;
    struct policy_format_printed dates[FORMAT_DATES]; /* each where its day, modulo, says */
    UDateFormat *clock;                               /* hours and minutes, UTC */
    UDateFormat *weekday;                             /* standing alone, UTC */
    UDateFormat *time;                                /* for `time_zone` */
    const struct zone *time_zone;
    const struct policy_register_link *links;
    size_t link_count;
    uint64_t spoken_calendars; /* bits of policy.calendars: those of the working time printed so
                                  far; pages begin with none */
};

/* A formatter of dates by a skeleton ("jmm") or pattern (with is_pattern) in a zone of the IANA
 * database. */
UDateFormat *policy_format_open_date(const char *locale, const char *skeleton, bool is_pattern,
                                     const char *zone);
/* What a date format makes of a moment. */
void policy_format_moment(UDateFormat *format, int64_t unix_s, struct buf *out);

/* A decimal number, as "49.00", by a number formatter. */
void policy_format_decimal(struct policy_formatter *formatter, const UNumberFormatter *format,
                           const char *decimal, struct buf *out);

/* UTF-16 of ICU as UTF-8. Narrow no-break spaces, which few fonts have, become ordinary no-break
 * spaces. */
void policy_format_add_units(struct buf *out, const UChar *units, int32_t unit_count);

/* Texts joined as the language joins lists; `is_or` chooses the word. */
void policy_format_join(struct policy_formatter *formatter, const char *const *texts,
                        size_t text_count, bool is_or, struct buf *out);

/* The formatter's words. */
const char *policy_format_word(const struct policy_formatter *formatter, const char *key);

/* Fills the words of a key; `as_html` escapes the words, as the values already are. */
void policy_format_fill(const struct policy_formatter *formatter, const char *key, bool as_html,
                        const char *first, const char *second, struct buf *out);

/* Labels of codes, joined. */
void policy_format_labels(struct policy_formatter *formatter, const char *list,
                          const struct policy_codes *codes, bool is_or, struct buf *out);

/* The kinds that print as more than a few words. */
void policy_format_fee(struct policy_formatter *formatter, const struct policy_value *fee,
                       struct buf *out);
void policy_format_list_items(struct policy_formatter *formatter, enum policy_parameter parameter,
                              const struct policy_value *value, enum policy_grammar grammar,
                              bool as_html, struct buf *out);
/* How many elements a value has that prints as a list. */
size_t policy_format_count_items(const struct policy_value *value);
void policy_format_contact(struct policy_formatter *formatter, const char *name, bool as_html,
                           struct buf *out);
void policy_format_register(struct policy_formatter *formatter, const char *name, bool as_html,
                            struct buf *out);
