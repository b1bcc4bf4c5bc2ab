/*
 * policy_read_rights - the placeholders of the texts of rights: fields that a right has, the same
 * in every language, and none that vary
 *
 * Those of clauses are policy_check's.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_private.h"

#include <string.h>

#include "common/policy/policy_right.h"
#include "common/policy/policy_template.h"

static void
check_fields(struct policy_reader *reader, const struct policy_read_text *entry,
             const struct policy_codes *names, struct policy_place place)
{
    for (size_t i = 0; i < names->count; i++)
        if (policy_find_right_field(names->codes[i]) == NULL)
            policy_read_fail(reader, place, entry->id, "PLACEHOLDER_UNKNOWN",
                             "a right has no field {%.64s}", names->codes[i]);
}

/* The fields of a right vary for nobody, so there is nothing to choose from. */
static void
check_forms(struct policy_reader *reader, const struct policy_read_text *entry,
            const struct policy_template *text, struct policy_place place)
{
    for (size_t i = 0; i < text->part_count; i++) {
        enum policy_part_kind kind = text->parts[i].kind;
        if (kind == POLICY_PART_TABLE || kind == POLICY_PART_SELECT)
            policy_read_fail(reader, place, entry->id, "TEXT_MALFORMED",
                             "the text of a right has no %s: {%.64s} is the same for all",
                             kind == POLICY_PART_TABLE ? "table" : "select",
                             text->parts[i].parameter);
    }
}

static bool
is_same(const struct policy_codes *a, const struct policy_codes *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->codes[i], b->codes[i]) != 0)
            return false;
    return true;
}

void
policy_read_check_right(struct policy_reader *reader, const struct policy_read_text *entry)
{
    struct policy_codes first = {NULL, 0};
    for (size_t i = 0; i < reader->policy->language_count; i++) {
        const char *text = entry->text->texts[i];
        struct policy_place place = entry->text->places[i];
        struct fault fault = {0};
        if (text == NULL)
            continue;
        const struct policy_template *parsed = policy_template_parse(reader->arena, text, &fault);
        if (parsed == NULL) {
            policy_read_fail(reader, place, entry->id, "TEXT_MALFORMED", "%s", fault.message);
            continue;
        }
        struct policy_codes names = policy_template_parameters(reader->arena, parsed);
        check_fields(reader, entry, &names, place);
        check_forms(reader, entry, parsed, place);
        if (i == 0)
            first = names;
        else if (!is_same(&first, &names))
            policy_read_fail(reader, place, entry->id, "PLACEHOLDER_MISSING",
                             "the placeholders of %.128s differ from the first language's",
                             entry->id);
    }
}
