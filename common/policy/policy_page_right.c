/*
 * policy_page_right - what the text of a right prints: its own fields, which are no parameters
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"
#include "common/policy/policy_right.h"

void
page_add_right_field(struct page_writer *writer, const struct policy_right *right,
                     const struct policy_part *part, struct buf *out)
{
    const struct policy_right_field *field = policy_find_right_field(part->parameter);
    enum policy_grammar grammar = page_grammar_of(part);
    if (field == NULL)
        return;
    const void *value = (const char *)right + field->offset;
    if (field->kind == POLICY_SPAN)
        policy_format_span(writer->formatter, value, grammar, out);
    else if (field->kind == POLICY_ANCHORS)
        policy_format_anchors(writer->formatter, right->starts, right->start_count, out);
    else
        policy_format_labels(writer->formatter, field->list, value, grammar == POLICY_ALTERNATIVE,
                             out);
}
