/*
 * policy_case_names - what a case could have said where it says a name that there is not
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_case_names.h"

#include "common/policy/policy_decide.h"

static const char *
name_all(struct arena *arena, const char *what, const char *const *names, size_t count,
         const char *name)
{
    const char *nearest = policy_nearest_of(names, count, name);
    if (nearest != NULL)
        return arena_printf(arena, "%s; did you mean %s?", what, nearest);
    const char *list = "";
    for (size_t i = 0; i < count; i++)
        list = arena_printf(arena, "%s%s%s", list, i > 0 ? ", " : "", names[i]);
    return arena_printf(arena, "%s; there are %s", what, list);
}

const char *
policy_case_questions(struct arena *arena, const char *name)
{
    const char *names[POLICY_QUESTION_COUNT];
    for (int i = 0; i < POLICY_QUESTION_COUNT; i++)
        names[i] = policy_question_name((enum policy_question)i);
    return name_all(arena, name[0] == 0 ? "the question is missing" : "there is no such question",
                    names, COUNT_OF(names), name);
}

const char *
policy_case_kinds(struct arena *arena, const char *kind)
{
    const char *names[ENTITLEMENT_EVENT_COUNT + ENTITLEMENT_FACT_KIND_COUNT];
    size_t count = 0;
    for (int i = 0; i < ENTITLEMENT_EVENT_COUNT; i++)
        names[count++] = entitlement_event_name((enum entitlement_event)i);
    for (int i = ENTITLEMENT_FACT_EVENT + 1; i < ENTITLEMENT_FACT_KIND_COUNT; i++)
        names[count++] = entitlement_fact_kind_name((enum entitlement_fact_kind)i);
    return name_all(arena, "no fact of a unit is of this kind", names, count, kind);
}
