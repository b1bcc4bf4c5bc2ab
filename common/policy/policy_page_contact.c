/*
 * policy_page_contact - a contact stands on a page once in full; later clauses point there
 *
 * Pages are written from the top, so the first clause that prints a contact is its place. So a
 * clause that is printed alone, or a sentence, has all of it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"

#include <string.h>

const struct policy_clause *
page_find_contact(struct page_writer *writer, const char *clause_id, const char *name)
{
    for (const struct page_place *place = writer->places; place != NULL; place = place->next) {
        if (strcmp(place->contact, name) == 0)
            return strcmp(place->clause->id, clause_id) == 0 ? NULL : place->clause;
    }
    const struct policy_clause *clause = policy_find_clause(writer->policy, clause_id);
    if (clause == NULL || clause->is_internal)
        return NULL;
    struct page_place *place = arena_alloc(writer->arena, sizeof *place);
    *place = (struct page_place){.contact = name, .clause = clause, .next = writer->places};
    writer->places = place;
    return NULL;
}

void
page_add_contact_place(struct page_writer *writer, const struct policy_clause *clause,
                       struct buf *out)
{
    const char *number = page_number(writer, clause);
    if (writer->form == PAGE_HTML)
        number = arena_printf(writer->arena, "<a href=\"#%s\">%s</a>", clause->id, number);
    page_fill(writer, "contact.see", number, NULL, out);
}
