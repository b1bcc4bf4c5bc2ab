/*
 * policy_page_reading - what a placeholder names, and the value that a reader has there, in words
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"

#include "common/html.h"

enum { VALUE_BUDGET_BYTES = 16 * 1024 * 1024 /* for one value */ };

void
page_add_text(struct page_writer *writer, const char *text, struct buf *out)
{
    if (writer->form == PAGE_HTML)
        html_escape(out, text);
    else
        buf_add_text(out, text);
}

int
page_find_parameter(const struct policy *policy, const char *clause_id, const char *name)
{
    int parameter = policy_find_parameter_of(clause_id, name);
    const struct policy_subject anyone = {0};
    if (parameter >= 0 &&
        policy_find_rule(policy, (enum policy_parameter)parameter, &anyone) == NULL)
        return -1;
    return parameter;
}

/* A value without its list's elements, escaped for HTML. */
static void
add_plain_value(struct page_writer *writer, enum policy_parameter parameter,
                const struct policy_value *value, enum policy_grammar grammar, struct buf *out)
{
    bool is_html = writer->form == PAGE_HTML;
    if (!policy_format_is_list(value)) {
        policy_format_value(writer->formatter, parameter, value, grammar, is_html, out);
        return;
    }
    struct buf words = {0};
    policy_format_value(writer->formatter, parameter, value, grammar, false, &words);
    page_add_text(writer, buf_text(&words), out);
    buf_free(&words);
}

void
page_add_reading(struct page_writer *writer, enum policy_parameter parameter,
                 const struct policy_subject *subject, enum policy_grammar grammar, struct buf *out)
{
    struct arena *scratch = arena_new(VALUE_BUDGET_BYTES); /* tables have many values */
    struct policy_reading reading = policy_read_value(scratch, writer->policy, parameter, subject);
    if (reading.rival == NULL) {
        add_plain_value(writer, parameter, &reading.value, grammar, out);
    } else {
        struct buf value = {0}, rival = {0};
        add_plain_value(writer, parameter, &reading.value, grammar, &value);
        add_plain_value(writer, parameter, &reading.rival_value, grammar, &rival);
        page_fill(writer, "rival", buf_text(&value), buf_text(&rival), out);
        buf_free(&value);
        buf_free(&rival);
    }
    arena_free(&scratch);
}
