/*
 * policy_format - values, dates, money and lists in the reader's language
 *
 * ICU knows plurals, dates, money and lists; the engine's own words ("working day", "not offered",
 * "per hour", "counted from") stand in one table per language (policy_words.c), English and German;
 * a policy's labels `words.KEY` replace them, for another language or another tone. A formatter
 * keeps ICU's objects for one language and is made once for each language of a policy; it is not
 * for several threads at once.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"

struct policy_formatter;

/* A formatter for a language of a policy. Never NULL: what ICU does not know falls back to the root
 * locale. */
struct policy_formatter *policy_formatter_new(const struct policy *policy, size_t language);
void policy_formatter_free(struct policy_formatter **formatter); /* NULL is fine */

/* Where a register can be looked at: for links on pages. Borrowed. */
struct policy_register_link {
    const char *name;      /* "parts.price_list" */
    const char *url;       /* "" where there is none */
    struct date read_date; /* as of which day its content is; absent: not said */
};
void policy_formatter_link(struct policy_formatter *formatter,
                           const struct policy_register_link *links, size_t link_count);

/* Form asked for by a placeholder: a grammatical case, where the language has it ("{length,
 * dative}"), or codes joined by "or" ("{methods, or}"). */
enum policy_grammar { POLICY_NOMINATIVE, POLICY_DATIVE, POLICY_ALTERNATIVE };

/* A parameter's value as it stands in a sentence: "1 year", "within 7 working days" without the
 * "within", "free of charge", "material defects and workmanship defects". Tests, steps, ladders and
 * checklists print as lists of their texts (policy_format_is_list), in plain text separated by "; "
 * (POLICY_ALTERNATIVE: by "or") or, with `as_html`, as list elements; the rest is escaped for HTML
 * when `as_html`. What is absent prints as words: "not offered", "without limit", "not covered". */
void policy_format_value(struct policy_formatter *formatter, enum policy_parameter parameter,
                         const struct policy_value *value, enum policy_grammar grammar,
                         bool as_html, struct buf *out);

/* Whether a value prints as a list. */
bool policy_format_is_list(const struct policy_value *value);

void policy_format_date(struct policy_formatter *formatter, struct date date, struct buf *out);
void policy_format_time(struct policy_formatter *formatter, int64_t unix_s, const struct zone *zone,
                        struct buf *out);
void policy_format_money(struct policy_formatter *formatter, struct money money, struct buf *out);
void policy_format_span(struct policy_formatter *formatter, const struct policy_span *span,
                        enum policy_grammar grammar, struct buf *out);
/* 12.5 % in hundredths; whole numbers with the language's digits and groups. */
void policy_format_percent(struct policy_formatter *formatter, int basis_points, struct buf *out);
void policy_format_number(struct policy_formatter *formatter, int64_t number, struct buf *out);
/* "delivered (if that day is not known: purchased, then manufactured plus 90 days)". */
void policy_format_anchors(struct policy_formatter *formatter, const struct policy_anchor *anchors,
                           size_t anchor_count, struct buf *out);
/* Codes with the policy's labels, joined as the language joins lists. */
void policy_format_codes(struct policy_formatter *formatter, const char *list,
                         const struct policy_codes *codes, struct buf *out);
/* Opening hours: "Monday to Friday 9:00 AM to 6:00 PM (Central European Time)". */
void policy_format_hours(struct policy_formatter *formatter, const struct calendar *calendar,
                         struct buf *out);
