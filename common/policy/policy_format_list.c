/*
 * policy_format_list - fees, and the kinds that print as lists: tests, steps, ladders, checklists
 *
 * A condition of a document prints as the labels that the policy has for it: `when.FACT.CODE`,
 * `when.FACT.yes`, `when.FACT.known`, or `unless....`, as "if you bought online or by telephone".
 * Where one is missing, the page says that the document is needed if it is asked for.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_format_private.h"
#include "common/policy/policy_predicate_term.h"

#include <stdio.h>
#include <string.h>

#include "common/html.h"

enum { KEY_SIZE = 256 };

/* ---- fees ---- */

/* `pattern` filled with what `text` holds so far, and a second value. */
static void
wrap(struct buf *text, const char *pattern, const char *second)
{
    struct buf wrapped = {0};
    policy_words_fill(pattern, buf_text(text), second, NULL, &wrapped);
    buf_free(text);
    *text = wrapped;
}

static void
wrap_bound(struct policy_formatter *formatter, struct buf *text, const char *key,
           struct money money)
{
    struct buf amount = {0};
    policy_format_money(formatter, money, &amount);
    wrap(text, policy_format_word(formatter, key), buf_text(&amount));
    buf_free(&amount);
}

static void
add_term(struct policy_formatter *formatter, const struct policy_fee_term *term, struct buf *out)
{
    char key[KEY_SIZE];
    if (term->register_name != NULL) {
        buf_add_text(out, policy_label(formatter->policy, "register", term->register_name,
                                       formatter->language));
        wrap(out, policy_format_word(formatter, "fee.list"), NULL);
    } else if (term->base != NULL) {
        policy_format_percent(formatter, term->basis_points, out);
        snprintf(key, sizeof key, "fee.base.%s", term->base);
        wrap(out, policy_format_word(formatter, key), NULL);
        if (term->has_min)
            wrap_bound(formatter, out, "fee.min", term->min);
        if (term->has_max)
            wrap_bound(formatter, out, "fee.max", term->max);
    } else {
        policy_format_money(formatter, term->amount, out);
        if (term->unit == NULL)
            return;
        snprintf(key, sizeof key, "fee.per.%s", term->unit);
        wrap(out, policy_format_word(formatter, key), NULL);
    }
}

void
policy_format_fee(struct policy_formatter *formatter, const struct policy_value *fee,
                  struct buf *out)
{
    if (fee->fee.is_free) {
        buf_add_text(out, policy_format_word(formatter, "fee.free"));
        return;
    }
    struct buf sum = {0};
    for (size_t i = 0; i < fee->fee.count; i++) {
        struct buf term = {0};
        add_term(formatter, &fee->fee.items[i], &term);
        if (i == 0)
            buf_add_text(&sum, buf_text(&term));
        else
            wrap(&sum, policy_format_word(formatter, "fee.plus"), buf_text(&term));
        buf_free(&term);
    }
    buf_add_text(out, buf_text(&sum));
    buf_free(&sum);
}

/* ---- conditions ---- */

/* The label of one answer to a fact; NULL: the policy has none. */
static const char *
find_condition(const struct policy_formatter *formatter, const char *list, const char *fact,
               const char *answer)
{
    char key[KEY_SIZE];
    (void)snprintf(key, sizeof key, "%s.%s.%s", list, fact, answer);
    return policy_find_label(formatter->policy, NULL, key, formatter->language);
}

/* One term; false: there are no words for it. Several codes have a label each, joined by "or". */
static bool
add_condition_term(struct policy_formatter *formatter, const char *list,
                   const struct policy_predicate *term, struct buf *out)
{
    const char *texts[POLICY_CODES_MAX];
    size_t count = 1;
    switch (term->kind) {
    case POLICY_TERM_FLAG:
        texts[0] = find_condition(formatter, list, term->row->name, term->flag ? "yes" : "no");
        break;
    case POLICY_TERM_KNOWN:
        texts[0] = find_condition(formatter, list, term->row->name, "known");
        break;
    case POLICY_TERM_UNKNOWN:
        texts[0] = find_condition(formatter, list, term->row->name, "unknown");
        break;
    case POLICY_TERM_CODES:
        count = term->codes.count;
        for (size_t i = 0; i < count; i++)
            texts[i] = find_condition(formatter, list, term->row->name, term->codes.codes[i]);
        break;
    default:
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (texts[i] == NULL)
            return false;
    }
    policy_format_join(formatter, texts, count, true, out);
    return true;
}

/* A condition in words; false: there are none for some part of it. */
static bool
add_condition(struct policy_formatter *formatter, const char *list,
              const struct policy_predicate *predicate, struct buf *out)
{
    for (size_t i = 0; i < predicate->item_count; i++) {
        if (i > 0)
            buf_add_text(out, policy_format_word(formatter, "condition.and"));
        if (!add_condition_term(formatter, list, &predicate->items[i], out))
            return false;
    }
    return true;
}

static void
wrap_condition(struct policy_formatter *formatter, const char *list,
               const struct policy_predicate *predicate, struct buf *text)
{
    if (predicate == NULL)
        return;
    struct buf condition = {0};
    bool has_words = add_condition(formatter, list, predicate, &condition);
    wrap(text, policy_format_word(formatter, "document.condition"),
         has_words ? buf_text(&condition) : policy_format_word(formatter, "condition.asked"));
    buf_free(&condition);
}

/* ---- items ---- */

static void
add_document(struct policy_formatter *formatter, const struct policy_document *document,
             struct buf *out)
{
    struct buf text = {0};
    buf_add_text(&text, policy_label(formatter->policy, "document", document->document,
                                     formatter->language));
    if (document->instead.count > 0) {
        struct buf instead = {0};
        policy_format_labels(formatter, "document", &document->instead, true, &instead);
        wrap(&text, policy_format_word(formatter, "document.instead"), buf_text(&instead));
        buf_free(&instead);
    }
    wrap_condition(formatter, "when", document->when, &text);
    wrap_condition(formatter, "unless", document->unless, &text);
    buf_add_text(out, buf_text(&text));
    buf_free(&text);
}

static void
add_rung(struct policy_formatter *formatter, const struct policy_rung *rung, struct buf *out)
{
    struct buf causes = {0}, within = {0};
    policy_format_labels(formatter, "escalation_cause", &rung->on, true, &causes);
    policy_format_span(formatter, &rung->answer_within, POLICY_DATIVE, &within);
    policy_words_fill(policy_format_word(formatter, "rung"),
                      policy_label(formatter->policy, "position", rung->to, formatter->language),
                      buf_text(&causes), buf_text(&within), out);
    buf_free(&causes);
    buf_free(&within);
}

/* The words of a test or step by its id. */
static void
add_named(struct policy_formatter *formatter, const char *id, struct buf *out)
{
    const struct policy_text *text = policy_find_text(formatter->policy, id);
    const char *words = text == NULL ? NULL : text->texts[formatter->language];
    buf_add_text(out, words != NULL ? words : id);
}

size_t
policy_format_count_items(const struct policy_value *value)
{
    switch (value->kind) {
    case POLICY_TESTS:
        return value->tests.count;
    case POLICY_STEPS:
        return value->steps.count;
    case POLICY_LADDER:
        return value->ladder.count;
    default:
        return value->documents.count;
    }
}

static void
add_item(struct policy_formatter *formatter, enum policy_parameter parameter,
         const struct policy_value *value, size_t i, struct buf *out)
{
    char id[KEY_SIZE];
    switch (value->kind) {
    case POLICY_TESTS:
        add_named(formatter, value->tests.items[i].id, out);
        break;
    case POLICY_STEPS:
        snprintf(id, sizeof id, "%s/%s", policy_parameter_row(parameter)->clause_id,
                 value->steps.items[i].id);
        add_named(formatter, id, out);
        break;
    case POLICY_LADDER:
        add_rung(formatter, &value->ladder.items[i], out);
        break;
    default:
        add_document(formatter, &value->documents.items[i], out);
    }
}

/* In plain text: joined by "; ", or as the language joins lists with "or". */
static void
join_items(struct policy_formatter *formatter, enum policy_parameter parameter,
           const struct policy_value *value, bool is_or, struct buf *out)
{
    size_t count = policy_format_count_items(value);
    struct buf *items = mem_alloc((count + 1) * sizeof *items);
    const char **texts = mem_alloc((count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        add_item(formatter, parameter, value, i, &items[i]);
        texts[i] = buf_text(&items[i]);
        if (!is_or) {
            buf_add_text(out, i > 0 ? "; " : "");
            buf_add_text(out, texts[i]);
        }
    }
    if (is_or)
        policy_format_join(formatter, texts, count, true, out);
    for (size_t i = 0; i < count; i++)
        buf_free(&items[i]);
    mem_free(texts);
    mem_free(items);
}

void
policy_format_list_items(struct policy_formatter *formatter, enum policy_parameter parameter,
                         const struct policy_value *value, enum policy_grammar grammar,
                         bool as_html, struct buf *out)
{
    if (!as_html) {
        join_items(formatter, parameter, value, grammar == POLICY_ALTERNATIVE, out);
        return;
    }
    size_t count = policy_format_count_items(value);
    for (size_t i = 0; i < count; i++) {
        struct buf item = {0};
        add_item(formatter, parameter, value, i, &item);
        /* Tests are clauses of their own: a decision links to them. */
        if (value->kind == POLICY_TESTS)
            buf_printf(out, "<li id=\"%s\">", value->tests.items[i].id);
        else
            buf_add_text(out, "<li>");
        html_escape(out, buf_text(&item));
        buf_add_text(out, "</li>");
        buf_free(&item);
    }
}
