/*
 * lint_event - rules about events
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/lint.h"

#include <ctype.h>
#include <string.h>

#include "proto/plugin/memory.h"
#include "proto/plugin/name.h"
#include "proto/plugin/text.h"

/* Deeper than any message that does not hold itself; those that do are refused elsewhere. */
enum { DEPTH_MAX = 32 };

/* Participles that do not end in "ed". */
static const char *const participles[] = {
    "Begun",     "Bought", "Broken",    "Brought", "Built",  "Chosen", "Cut",     "Done",
    "Drawn",     "Found",  "Given",     "Gone",    "Grown",  "Held",   "Kept",    "Lent",
    "Left",      "Lost",   "Made",      "Met",     "Paid",   "Put",    "Rebuilt", "Repaid",
    "Resent",    "Reset",  "Rewritten", "Seen",    "Sent",   "Set",    "Shown",   "Shut",
    "Sold",      "Spent",  "Split",     "Taken",   "Taught", "Told",   "Undone",  "Understood",
    "Withdrawn", "Won",    "Written",
};

static const char *
last_word(const char *name)
{
    const char *last = name;
    for (const char *p = name; *p != '\0'; p++)
        if (isupper((unsigned char)*p))
            last = p;
    return last;
}

static bool
is_past_tense(const char *name)
{
    const char *word = last_word(name);
    if (word != name && text_ends_with(word, "ed"))
        return true;
    for (size_t i = 0; i < COUNT_OF(participles); i++)
        if (word != name && text_is_equal(word, participles[i]))
            return true;
    return false;
}

/* Reports the fields marked personal in `message`, and in what it holds, at the field of the event
 * that brings them in. */
static void
check_personal(struct lint *lint, const struct model_message *event,
               const struct model_message *message, const struct source_place *place,
               const char *path, unsigned depth)
{
    for (size_t i = 0; i < message->field_count && depth < DEPTH_MAX; i++) {
        const struct model_field *field = &message->fields[i];
        const struct source_place *at = place == NULL ? &field->place : place;
        const char *way = path[0] == '\0' ? field->name : memory_format("%s.%s", path, field->name);
        if (field->options->personal)
            lint_report(lint, at,
                        "event %s holds the personal field %s: no event tells of a person",
                        event->name, way);
        if (field->message != NULL)
            check_personal(lint, event, field->message, at, way, depth + 1);
    }
}

static bool
has_contact(const struct model_message *response)
{
    const struct model_field *contact = model_find_field(response, "contact");
    const struct model_field *link = model_find_field(response, "link");
    return contact != NULL && contact->message != NULL && !contact->is_repeated &&
           text_is_equal(contact->message->full_name, "common.v1.Contact") && link != NULL &&
           model_is_text(link);
}

static bool
may_daemons_call(const struct model_method *method)
{
    const Common__V1__Access *access = method->access;
    for (size_t i = 0; access != NULL && i < access->n_roles; i++)
        if (access->roles[i] == COMMON__V1__ROLE__SYSTEM)
            return true;
    return false;
}

/* Whoever writes to people asks that method by its name alone, so all of them are alike. */
static void
check_contact(struct lint *lint, const struct model_message *event)
{
    const char *name = event->event->contact;
    const struct model_method *method = model_find_contact(event);
    if (name[0] == '\0')
        return;
    if (method == NULL) {
        lint_report(lint, &event->place, "contact of %s: this file has no method %s", event->name,
                    name);
        return;
    }
    const struct model_field *id = model_find_field(method->request, "aggregate_id");
    if (!text_starts_with(method->name, "Get") || !text_ends_with(method->name, "Contact"))
        lint_report(lint, &event->place, "contact of %s: %s must be named Get...Contact",
                    event->name, method->name);
    if (id == NULL || !model_is_text(id) || method->request->field_count != 1)
        lint_report(lint, &event->place,
                    "contact of %s: the request of %s is one text aggregate_id", event->name,
                    method->name);
    if (!has_contact(method->response))
        lint_report(lint, &event->place,
                    "contact of %s: the response of %s has common.v1.Contact contact and a text "
                    "link",
                    event->name, method->name);
    if (!may_daemons_call(method))
        lint_report(lint, &event->place, "contact of %s: SYSTEM may not call %s", event->name,
                    method->name);
}

void
lint_check_event(struct lint *lint, const struct model_message *message)
{
    if (!name_is_snake(message->event->aggregate))
        lint_report(lint, &message->place, "event %s must name its aggregate, as \"unit\"",
                    message->name);
    if (!is_past_tense(message->name))
        lint_report(lint, &message->place,
                    "event %s must be a noun and a past participle, as UnitRegistered",
                    message->name);
    check_personal(lint, message, message, NULL, "", 0);
    check_contact(lint, message);
}
