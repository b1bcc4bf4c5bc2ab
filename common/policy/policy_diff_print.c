/*
 * policy_diff_print - a change as a sentence for people
 *
 * Values of both versions print in the words of the new one.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_diff.h"
#include "common/policy/policy_format_private.h"

#include <string.h>

static const char sections[] = "sections";
static const char labels[] = "labels.";

bool
policy_change_is_wording(const struct policy_change *change)
{
    return change->kind == POLICY_TEXT_CHANGED ||
           (change->parameter_index < 0 && text_begins(change->clause_id, sections));
}

/* The section that is named by its id, or as "sections.repair.number"; NULL: none is. */
static const struct policy_section *
find_named_section(const struct policy *policy, const char *name)
{
    if (text_begins(name, sections) && name[strlen(sections)] == '.')
        name += strlen(sections) + 1;
    size_t size_bytes = strcspn(name, ".");
    for (size_t i = 0; i < policy->section_count; i++) {
        const char *id = policy->sections[i].id;
        if (strlen(id) == size_bytes && strncmp(id, name, size_bytes) == 0)
            return &policy->sections[i];
    }
    return NULL;
}

/* What is no clause of the new version: "3 Repair", the word for a code, or its id. */
static void
add_other_name(struct policy_formatter *formatter, const struct policy_change *change,
               struct buf *out)
{
    const char *name = change->clause_id;
    bool is_label = text_begins(name, labels);
    bool is_section = strchr(name, '.') == NULL || text_begins(name, sections);
    const struct policy_section *section =
        is_section ? find_named_section(formatter->policy, name) : NULL;
    if (section != NULL && section->title.texts[formatter->language] != NULL)
        buf_printf(out, "%d %s", section->number, section->title.texts[formatter->language]);
    else if (is_label)
        policy_format_fill(formatter, "diff.label", false, name + strlen(labels), NULL, out);
    else
        buf_add_text(out, name);
}

/* "auto approve up to": a name of the program's as words, where the policy has no label for it. */
static void
add_spaced(const char *name, struct buf *out)
{
    for (; *name != 0; name++)
        buf_add_char(out, *name == '_' ? ' ' : *name);
}

/* "1.5 Warranty, Claims", each name once. */
static void
add_name(struct policy_formatter *formatter, const struct policy_change *change, struct buf *out)
{
    const struct policy *policy = formatter->policy;
    const struct policy_clause *clause = policy_find_clause(policy, change->clause_id);
    if (clause == NULL) {
        add_other_name(formatter, change, out);
        return;
    }
    const char *title = clause->section->title.texts[formatter->language];
    if (clause->number > 0)
        buf_printf(out, "%d.%d ", clause->section->number, clause->number);
    buf_add_text(out, title != NULL ? title : clause->section->id);
    if (change->parameter_index < 0)
        return;
    const struct policy_parameter_row *row =
        policy_parameter_row((enum policy_parameter)change->parameter_index);
    const char *label = policy_find_label(policy, NULL, row->name, formatter->language);
    if (label != NULL && title != NULL && strcmp(label, title) == 0)
        return;
    buf_add_text(out, ", ");
    if (label != NULL)
        buf_add_text(out, label);
    else
        add_spaced(row->parameter, out);
}

/* "large appliances + refurbished products": who is both. */
static void
add_who(struct policy_formatter *formatter, const struct policy_change *change, struct buf *out)
{
    const struct policy_axes *axes = &change->when_policy->axes;
    for (uint32_t left = change->when->named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        const char *list = policy_axis_row((enum policy_axis)axis)->name;
        const char *code = axes->values[change->when->values[axis]].code;
        if (out->size_bytes > 0)
            buf_add_text(out, policy_format_word(formatter, "table.both"));
        buf_add_text(out, policy_words_who(formatter->policy, formatter->language, list, code));
    }
}

/* " for large appliances" after what is in `out`. */
static void
add_for_whom(struct policy_formatter *formatter, const struct policy_change *change,
             struct buf *out)
{
    if (change->when == NULL)
        return;
    struct buf who = {0}, whole = {0};
    add_who(formatter, change, &who);
    policy_format_fill(formatter, "diff.who", false, buf_text(out), buf_text(&who), &whole);
    buf_free(&who);
    buf_free(out);
    *out = whole;
}

static void
add_value(struct policy_formatter *formatter, const struct policy_change *change,
          const struct policy_value *value, struct buf *out)
{
    if (value != NULL)
        policy_format_value(formatter, (enum policy_parameter)change->parameter_index, value,
                            POLICY_NOMINATIVE, false, out);
}

/* A value that changed, came or went, with whom it concerns. */
static void
add_value_change(struct policy_formatter *formatter, const struct policy_change *change,
                 const char *name, struct buf *out)
{
    struct buf old = {0}, new = {0};
    add_value(formatter, change, change->old_reading, &old);
    add_value(formatter, change, change->new_reading, &new);
    if (strcmp(buf_text(&old), buf_text(&new)) == 0 &&
        strcmp(change->old_value, change->new_value) != 0) {
        /* Words that are too coarse to show it, as those of working days in another calendar. */
        buf_clear(&old);
        buf_clear(&new);
        buf_add_text(&old, change->old_value);
        buf_add_text(&new, change->new_value);
    }
    if (change->old_reading != NULL && change->new_reading != NULL) {
        add_for_whom(formatter, change, &new);
        policy_words_fill(policy_format_word(formatter, "diff.changed"), name, buf_text(&old),
                          buf_text(&new), out);
    } else if (change->new_reading != NULL) {
        add_for_whom(formatter, change, &new);
        policy_format_fill(formatter, "diff.added", false, name, buf_text(&new), out);
    } else {
        add_for_whom(formatter, change, &old);
        policy_format_fill(formatter, "diff.removed", false, name, buf_text(&old), out);
    }
    buf_free(&old);
    buf_free(&new);
}

/* An exception that came or went, and says what holds for its readers without it. */
static bool
is_idle(const struct policy_change *change)
{
    return change->kind != POLICY_VALUE_CHANGED && change->when != NULL &&
           change->old_reading != NULL && change->new_reading != NULL &&
           policy_value_equals(change->old_reading, change->new_reading);
}

static void
add_idle_change(struct policy_formatter *formatter, const struct policy_change *change,
                const char *name, struct buf *out)
{
    const char *key = change->kind == POLICY_ADDED ? "diff.added_same" : "diff.removed_same";
    struct buf who = {0}, value = {0};
    add_who(formatter, change, &who);
    add_value(formatter, change, change->new_reading, &value);
    policy_words_fill(policy_format_word(formatter, key), name, buf_text(&who), buf_text(&value),
                      out);
    buf_free(&who);
    buf_free(&value);
}

static void
add_other_change(struct policy_formatter *formatter, const struct policy_change *change,
                 const char *name, struct buf *out)
{
    static const char *const keys[] = {[POLICY_ADDED] = "diff.added_plain",
                                       [POLICY_REMOVED] = "diff.removed_plain",
                                       [POLICY_VALUE_CHANGED] = "diff.changed_plain",
                                       [POLICY_TEXT_CHANGED] = "diff.text"};
    bool is_order = change->kind == POLICY_VALUE_CHANGED && policy_change_is_wording(change);
    policy_format_fill(formatter, is_order ? "diff.order" : keys[change->kind], false, name,
                       change->language, out);
}

/* What the change means for the customer, where that can be said. */
static const char *
find_effect(const struct policy_formatter *formatter, const struct policy_change *change)
{
    static const char *const keys[] = {[POLICY_WORSE] = "diff.worse",
                                       [POLICY_SAME] = "diff.same",
                                       [POLICY_BETTER] = "diff.better",
                                       [POLICY_INCOMPARABLE] = "diff.depends"};
    const struct policy_clause *clause = policy_find_clause(formatter->policy, change->clause_id);
    if (clause != NULL && clause->is_internal)
        return "diff.internal";
    if (change->old_reading == NULL || change->new_reading == NULL || is_idle(change))
        return NULL;
    const struct policy_parameter_row *row =
        policy_parameter_row((enum policy_parameter)change->parameter_index);
    if (change->effect == POLICY_INCOMPARABLE && row->better == POLICY_UNCOMPARED)
        return NULL;
    return keys[change->effect];
}

void
policy_diff_print(struct policy_formatter *formatter, const struct policy_change *change,
                  struct buf *out)
{
    struct buf name = {0}, sentence = {0};
    add_name(formatter, change, &name);
    if (is_idle(change))
        add_idle_change(formatter, change, buf_text(&name), &sentence);
    else if (change->old_reading != NULL || change->new_reading != NULL)
        add_value_change(formatter, change, buf_text(&name), &sentence);
    else
        add_other_change(formatter, change, buf_text(&name), &sentence);
    const char *effect = find_effect(formatter, change);
    if (effect != NULL)
        policy_format_fill(formatter, effect, false, buf_text(&sentence), NULL, out);
    else
        buf_add_text(out, buf_text(&sentence));
    buf_free(&name);
    buf_free(&sentence);
}
