/*
 * policy_page_right - what the text of a right prints: its own fields, which are no parameters
 */
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "common/policy/policy_page_private.h"

void
page_add_right_field(struct page_writer *writer, const struct policy_right *right,
                     const struct policy_part *part, struct buf *out)
{
    const struct {
        const char *name, *list;
        const struct policy_codes *codes;
    } lists[] = {{"covers", "cost_class", &right->covers},
                 {"causes", "cause", &right->causes},
                 {"reasons", "reason", &right->reasons},
                 {"remedies", "remedy", &right->remedies}};
    struct policy_formatter *formatter = writer->formatter;
    enum policy_grammar grammar = page_grammar_of(part);
    if (strcmp(part->parameter, "length") == 0)
        policy_format_span(formatter, &right->length, grammar, out);
    else if (strcmp(part->parameter, "presumed_for") == 0)
        policy_format_span(formatter, &right->presumed_for, grammar, out);
    else if (strcmp(part->parameter, "starts") == 0)
        policy_format_anchors(formatter, right->starts, right->start_count, out);
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        if (strcmp(part->parameter, lists[i].name) == 0)
            policy_format_labels(formatter, lists[i].list, lists[i].codes,
                                 grammar == POLICY_ALTERNATIVE, out);
    }
}
