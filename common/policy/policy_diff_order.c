/*
 * policy_diff_order - what changed in where things stand: sections, their numbers, the order of
 * clauses and of tests
 *
 * Orders are compared by what both versions have, so what came or went is not told again.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_diff_private.h"

#include <string.h>

static const struct policy_section *
find_section(const struct policy *policy, const char *id)
{
    for (size_t i = 0; i < policy->section_count; i++) {
        if (strcmp(policy->sections[i].id, id) == 0)
            return &policy->sections[i];
    }
    return NULL;
}

static void
add_id(struct buf *out, const char *id)
{
    buf_printf(out, "%s%s", out->size_bytes > 0 ? ", " : "", id);
}

/* The sections of `policy` that `other` has too. */
static void
list_sections(const struct policy *policy, const struct policy *other, struct buf *out)
{
    for (size_t i = 0; i < policy->section_count; i++) {
        if (find_section(other, policy->sections[i].id) != NULL)
            add_id(out, policy->sections[i].id);
    }
}

/* The clauses of a section that `other` has too, in any section. */
static void
list_clauses(const struct policy_section *section, const struct policy *other, struct buf *out)
{
    for (size_t i = 0; i < section->clause_count; i++) {
        if (policy_find_clause(other, section->clauses[i].id) != NULL)
            add_id(out, section->clauses[i].id);
    }
}

/* A change where two texts differ; they are given back. */
static void
add_difference(struct diff *diff, const char *id, struct buf *old, struct buf *new)
{
    if (strcmp(buf_text(old), buf_text(new)) != 0) {
        struct policy_change *change = diff_add(diff, POLICY_VALUE_CHANGED, id);
        change->old_value = arena_copy_text(diff->arena, buf_text(old));
        change->new_value = arena_copy_text(diff->arena, buf_text(new));
    }
    buf_free(old);
    buf_free(new);
}

void
diff_order(struct diff *diff)
{
    struct buf old = {0}, new = {0};
    list_sections(diff->old, diff->new, &old);
    list_sections(diff->new, diff->old, &new);
    add_difference(diff, "sections", &old, &new);
    for (size_t i = 0; i < diff->new->section_count; i++) {
        const struct policy_section *section = &diff->new->sections[i];
        const struct policy_section *before = find_section(diff->old, section->id);
        if (before == NULL)
            continue;
        buf_printf(&old, "%d", before->number);
        buf_printf(&new, "%d", section->number);
        add_difference(diff, arena_printf(diff->arena, "sections.%s.number", section->id), &old,
                       &new);
        list_clauses(before, diff->new, &old);
        list_clauses(section, diff->old, &new);
        add_difference(diff, arena_printf(diff->arena, "sections.%s.clauses", section->id), &old,
                       &new);
    }
}

bool
diff_same_order(const struct policy_value *old, const struct policy_value *new)
{
    if (old->kind != POLICY_TESTS || old->absence != POLICY_PRESENT ||
        new->absence != POLICY_PRESENT || old->tests.count != new->tests.count)
        return true;
    for (size_t i = 0; i < old->tests.count; i++) {
        if (strcmp(old->tests.items[i].id, new->tests.items[i].id) != 0)
            return false;
    }
    return true;
}

const char *
diff_list_tests(struct diff *diff, const struct policy_value *value)
{
    struct buf out = {0};
    for (size_t i = 0; i < value->tests.count; i++)
        add_id(&out, value->tests.items[i].id);
    const char *text = arena_copy_text(diff->arena, buf_text(&out));
    buf_free(&out);
    return text;
}
