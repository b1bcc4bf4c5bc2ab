/*
 * lint_enum - rules about enums and the state machines on them
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/lint.h"

#include <ctype.h>
#include <string.h>

#include "proto/plugin/describe.h"
#include "proto/plugin/memory.h"
#include "proto/plugin/name.h"
#include "proto/plugin/text.h"

#define BY_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-,. "

/* "STATE_UNSPECIFIED" for "State". */
static const char *
zero_name(const char *enum_name)
{
    struct text out = {0};
    for (const char *p = name_snake(enum_name); *p != '\0'; p++)
        text_add_char(&out, (char)toupper((unsigned char)*p));
    text_add(&out, "_UNSPECIFIED");
    return text_bytes(&out);
}

static void
check_value(struct lint *lint, const struct model_enum *enumeration, size_t index)
{
    const struct model_value *value = &enumeration->values[index];
    if (value->place.comment[0] == '\0')
        lint_report(lint, &value->place, "value %s has no comment", value->name);
    if (!name_is_upper_snake(value->name))
        lint_report(lint, &value->place, "value %s must be in UPPER_SNAKE_CASE", value->name);
    for (size_t i = 0; i < index; i++)
        if (enumeration->values[i].number == value->number)
            lint_report(lint, &value->place, "values %s and %s have one number",
                        enumeration->values[i].name, value->name);
}

void
lint_check_enum(struct lint *lint, const struct model_enum *enumeration)
{
    bool is_common = text_is_equal(enumeration->file->package, "common.v1");
    if (enumeration->place.comment[0] == '\0')
        lint_report(lint, &enumeration->place, "enum %s has no comment", enumeration->name);
    if (!name_is_camel(enumeration->name))
        lint_report(lint, &enumeration->place, "enum %s must be in CamelCase", enumeration->name);
    if (enumeration->parent == NULL && !is_common)
        lint_report(lint, &enumeration->place,
                    "enum %s must be nested in the message it belongs to", enumeration->name);
    /* proto3 itself wants the first value to be zero. */
    if (!text_is_equal(enumeration->values[0].name, zero_name(enumeration->name)))
        lint_report(lint, &enumeration->values[0].place, "the zero value of enum %s is named %s",
                    enumeration->name, zero_name(enumeration->name));
    for (size_t i = 0; i < enumeration->value_count; i++)
        check_value(lint, enumeration, i);
    if (enumeration->machine != NULL)
        lint_check_machine(lint, enumeration);
}

static void
check_roles(struct lint *lint, const struct model_enum *states,
            const Common__V1__Transition *transition, const struct model_method *method)
{
    if (method->access == NULL)
        return;
    uint32_t allowed = model_role_bits(method->access->roles, method->access->n_roles) |
                       model_role_bits(method->access->own_roles, method->access->n_own_roles);
    for (size_t i = 0; i < transition->n_roles; i++)
        if ((allowed >> transition->roles[i] & 1) == 0)
            lint_report(lint, &states->place, "transition %s: role %s may not call it",
                        transition->verb, describe_role(transition->roles[i]));
}

static bool
is_state(const struct model_enum *states, const char *name)
{
    const struct model_value *value = model_find_value(states, name);
    return value != NULL && value->number != 0;
}

static void
check_states(struct lint *lint, const struct model_enum *states,
             const Common__V1__Transition *transition)
{
    for (size_t i = 0; i < transition->n_from; i++)
        if (!is_state(states, transition->from[i]))
            lint_report(lint, &states->place, "transition %s: there is no state %s to come from",
                        model_cause(transition), transition->from[i]);
    for (size_t i = 0; i < transition->n_to; i++)
        if (!is_state(states, transition->to[i]))
            lint_report(lint, &states->place, "transition %s: there is no state %s to go to",
                        model_cause(transition), transition->to[i]);
    if (transition->n_to == 0)
        lint_report(lint, &states->place, "transition %s leads nowhere", model_cause(transition));
}

/* How often transitions up to `last` lead by one cause from one state to another. */
static size_t
count_ways(const Common__V1__Machine *machine, size_t last, const char *cause, const char *from,
           const char *to)
{
    size_t count = 0;
    for (size_t i = 0; i <= last; i++) {
        const Common__V1__Transition *transition = machine->transitions[i];
        if (!text_is_equal(model_cause(transition), cause))
            continue;
        for (size_t f = 0; f < model_source_count(transition); f++)
            for (size_t t = 0; t < transition->n_to; t++)
                count += text_is_equal(model_source(transition, f), from) &&
                         text_is_equal(transition->to[t], to);
    }
    return count;
}

static void
check_once(struct lint *lint, const struct model_enum *states, size_t index)
{
    const Common__V1__Transition *transition = states->machine->transitions[index];
    for (size_t f = 0; f < model_source_count(transition); f++)
        for (size_t t = 0; t < transition->n_to; t++) {
            const char *from = model_source(transition, f);
            const char *cause = model_cause(transition);
            if (count_ways(states->machine, index, cause, from, transition->to[t]) > 1)
                lint_report(lint, &states->place, "transition %s leads from %s to %s twice", cause,
                            from[0] == '\0' ? "the start" : from, transition->to[t]);
        }
}

/* What no method does is said in words, which stand in tables and charts as they are. */
static void
check_by(struct lint *lint, const struct model_enum *states,
         const Common__V1__Transition *transition)
{
    const char *by = transition->by;
    if (strspn(by, BY_CHARACTERS) != strlen(by) || strchr(by, ' ') == NULL)
        lint_report(lint, &states->place,
                    "transition %s: `by` is a few words of letters, digits and blanks", by);
    if (transition->n_roles > 0)
        lint_report(lint, &states->place, "transition %s: nobody does it, so it has no roles", by);
}

static void
check_cause(struct lint *lint, const struct model_enum *states,
            const Common__V1__Transition *transition)
{
    if ((transition->verb[0] != '\0') == (transition->by[0] != '\0')) {
        lint_report(lint, &states->place, "transition %s must have either verb or by",
                    model_cause(transition));
        return;
    }
    if (transition->by[0] != '\0') {
        check_by(lint, states, transition);
        return;
    }
    const struct model_method *method = model_find_verb(lint->model, states, transition->verb);
    if (method == NULL)
        lint_report(lint, &states->place, "transition %s: there is no such method",
                    transition->verb);
    else
        check_roles(lint, states, transition, method);
}

static void
check_transition(struct lint *lint, const struct model_enum *states, size_t index)
{
    const Common__V1__Transition *transition = states->machine->transitions[index];
    check_cause(lint, states, transition);
    check_states(lint, states, transition);
    check_once(lint, states, index);
}

static bool
leads_to(const Common__V1__Transition *transition, const char *state)
{
    for (size_t i = 0; i < transition->n_to; i++)
        if (text_is_equal(transition->to[i], state))
            return true;
    return false;
}

/* Whether a transition leads to `state` from the start or from a state that is reached. */
static bool
can_reach(const struct model_enum *states, const bool *is_reached, const char *state)
{
    for (size_t i = 0; i < states->machine->n_transitions; i++) {
        const Common__V1__Transition *transition = states->machine->transitions[i];
        if (!leads_to(transition, state))
            continue;
        if (transition->n_from == 0)
            return true;
        for (size_t k = 0; k < transition->n_from; k++) {
            const struct model_value *from = model_find_value(states, transition->from[k]);
            if (from != NULL && is_reached[from - states->values])
                return true;
        }
    }
    return false;
}

static void
check_reachable(struct lint *lint, const struct model_enum *states)
{
    bool *is_reached = memory_new(states->value_count * sizeof *is_reached);
    bool has_changed = true;
    while (has_changed) {
        has_changed = false;
        for (size_t i = 1; i < states->value_count; i++) {
            if (is_reached[i] || !can_reach(states, is_reached, states->values[i].name))
                continue;
            is_reached[i] = true;
            has_changed = true;
        }
    }
    for (size_t i = 1; i < states->value_count; i++)
        if (!is_reached[i])
            lint_report(lint, &states->values[i].place, "no transition ever leads to state %s",
                        states->values[i].name);
}

void
lint_check_machine(struct lint *lint, const struct model_enum *states)
{
    for (size_t i = 0; i < states->machine->n_transitions; i++)
        check_transition(lint, states, i);
    check_reachable(lint, states);
}
