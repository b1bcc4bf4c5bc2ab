/*
 * policy_format - values, dates, money and lists in the reader's language
 *
 * ICU knows plurals, dates, money and lists; the engine's own words ("working day", "not offered",
 * "per hour", "counted from") stand in one table per language (policy_words.c), English and German;
 * a policy's language file may bring `words:` for another language. A formatter keeps ICU's objects
 * for one language and is made once for each language of a policy.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"

struct policy_formatter;

/* A formatter for a language of a policy. Never NULL: what ICU does not know falls back to the root
 * locale. */
struct policy_formatter *policy_formatter_new(const struct policy *policy, size_t language);
void policy_formatter_free(struct policy_formatter **formatter); /* NULL is fine */

/* Grammatical case asked for by a placeholder ("{length, dative}"), where the language has it. */
enum policy_grammar { POLICY_NOMINATIVE, POLICY_DATIVE };

/* A parameter's value as it stands in a sentence: "1 year", "within 7 working days" without the
 * "within", "free", "material defects and workmanship defects". Tests, steps, ladders and
 * checklists print as lists of their texts, in plain text separated by "; " or, with `as_html`, as
 * list elements; the rest is escaped for HTML when `as_html`. */
void policy_format_value(struct policy_formatter *formatter, enum policy_parameter parameter,
                         const struct policy_value *value, enum policy_grammar grammar,
                         bool as_html, struct buf *out);

void policy_format_date(struct policy_formatter *formatter, struct date date, struct buf *out);
void policy_format_time(struct policy_formatter *formatter, int64_t unix_s, const struct zone *zone,
                        struct buf *out);
void policy_format_money(struct policy_formatter *formatter, struct money money, struct buf *out);
void policy_format_span(struct policy_formatter *formatter, const struct policy_span *span,
                        enum policy_grammar grammar, struct buf *out);
/* Codes with the policy's labels, joined as the language joins lists. */
void policy_format_codes(struct policy_formatter *formatter, const char *list,
                         const struct policy_codes *codes, struct buf *out);
/* Opening hours: "Monday to Friday 9:00 to 18:00 (Central European Time)". */
void policy_format_hours(struct policy_formatter *formatter, const struct calendar *calendar,
                         struct buf *out);
