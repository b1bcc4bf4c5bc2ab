/*
 * policy_canon_sections - sections with their rules, statutory packs with their rights and floors
 *
 * The exceptions of a clause stand one value each, by parameter and then in the order in which
 * rules are looked through, which does not depend on how they were written.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_canon_parts.h"

#include <string.h>

static const char *
flag_text(bool flag)
{
    return flag ? "yes" : "no";
}

/* Values for all if `is_set`, else the exceptions. */
static void
write_rules(struct policy_canon *canon, const struct policy_clause *clause,
            enum policy_parameter parameter, bool is_set)
{
    const struct policy *policy = canon->policy;
    for (size_t i = policy->rule_first[parameter]; i < policy->rule_first[parameter + 1]; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (rule->clause != clause || (rule->when.named == 0) != is_set)
            continue;
        const char *name = policy_parameter_row(parameter)->parameter;
        if (is_set) {
            policy_canon_value(canon, name, &rule->value);
            continue;
        }
        policy_canon_open(canon, NULL, '{');
        policy_canon_when(canon, "when", &rule->when);
        policy_canon_value(canon, name, &rule->value);
        policy_canon_close(canon, '}');
    }
}

static void
write_clause_rules(struct policy_canon *canon, const struct policy_clause *clause, bool is_set)
{
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++)
        if (strcmp(policy_parameter_row((enum policy_parameter)i)->clause_id, clause->id) == 0)
            write_rules(canon, clause, (enum policy_parameter)i, is_set);
}

static void
write_clause(struct policy_canon *canon, const struct policy_clause *clause)
{
    policy_canon_open(canon, NULL, '{');
    policy_canon_text(canon, "clause", clause->id);
    if (clause->is_internal)
        policy_canon_text(canon, "internal", "yes");
    policy_canon_open(canon, "set", '{');
    write_clause_rules(canon, clause, true);
    policy_canon_close(canon, '}');
    policy_canon_open(canon, "except", '[');
    write_clause_rules(canon, clause, false);
    policy_canon_close(canon, ']');
    policy_canon_close(canon, '}');
}

void
policy_canon_write_sections(struct policy_canon *canon)
{
    policy_canon_open(canon, "sections", '[');
    for (size_t i = 0; i < canon->policy->section_count; i++) {
        const struct policy_section *section = &canon->policy->sections[i];
        policy_canon_open(canon, NULL, '{');
        policy_canon_text(canon, "section", section->id);
        policy_canon_number(canon, "number", section->number);
        policy_canon_open(canon, "clauses", '[');
        for (size_t j = 0; j < section->clause_count; j++)
            write_clause(canon, &section->clauses[j]);
        policy_canon_close(canon, ']');
        policy_canon_close(canon, '}');
    }
    policy_canon_close(canon, ']');
}

/* ---- statutory packs ---- */

static void
write_codes(struct policy_canon *canon, const char *key, const struct policy_codes *codes)
{
    if (codes->count == 0)
        return;
    policy_canon_open(canon, key, '[');
    for (size_t i = 0; i < codes->count; i++)
        policy_canon_text(canon, NULL, codes->codes[i]);
    policy_canon_close(canon, ']');
}

static void
write_span(struct policy_canon *canon, const char *key, const struct policy_span *span)
{
    struct policy_value value = {.kind = POLICY_SPAN, .span = *span};
    policy_canon_value(canon, key, &value);
}

static bool
is_said(const struct policy_span *span)
{
    return span->months != 0 || span->days != 0 || span->working_days != 0 ||
           span->working_minutes != 0;
}

static void
write_right(struct policy_canon *canon, const struct policy_right *right)
{
    static const char *const carry_over[] = {[ENTITLEMENT_REMAINING] = "remaining",
                                             [ENTITLEMENT_RESTART] = "restart",
                                             [ENTITLEMENT_LONGER_OF] = "longer_of"};
    struct policy_value starts = {.kind = POLICY_ANCHORS,
                                  .anchors = {.items = right->starts, .count = right->start_count}};
    policy_canon_open(canon, NULL, '{');
    policy_canon_text(canon, "clause", right->id);
    policy_canon_text(canon, "right", right->kind == POLICY_RIGHT_RETURN ? "return" : "warranty");
    policy_canon_when(canon, "when", &right->when);
    write_span(canon, "length", &right->length);
    policy_canon_value(canon, "starts", &starts);
    write_codes(canon, "covers", &right->covers);
    write_codes(canon, "causes", &right->causes);
    write_codes(canon, "reasons", &right->reasons);
    write_codes(canon, "excludes", &right->excludes);
    write_codes(canon, "remedies", &right->remedies);
    if (is_said(&right->presumed_for))
        write_span(canon, "presumed_for", &right->presumed_for);
    policy_canon_text(canon, "on_replacement", carry_over[right->on_replacement]);
    policy_canon_text(canon, "pauses_in_repair", flag_text(right->pauses_in_repair));
    policy_canon_close(canon, '}');
}

static void
write_floor(struct policy_canon *canon, const struct policy_floor *floor)
{
    policy_canon_open(canon, NULL, '{');
    policy_canon_text(canon, "id", floor->id);
    policy_canon_text(canon, "parameter", policy_parameter_row(floor->parameter)->name);
    policy_canon_when(canon, "when", &floor->when);
    policy_canon_value(canon, "is", &floor->value);
    policy_canon_close(canon, '}');
}

static void
write_pack(struct policy_canon *canon, const struct policy_pack *pack)
{
    policy_canon_open(canon, NULL, '{');
    policy_canon_text(canon, "layer", pack->id);
    policy_canon_number(canon, "version", pack->version);
    policy_canon_text(canon, "sample", flag_text(pack->is_sample));
    policy_canon_when(canon, "applies", &pack->applies);
    policy_canon_open(canon, "rights", '[');
    for (size_t i = 0; i < pack->right_count; i++)
        write_right(canon, &pack->rights[i]);
    policy_canon_close(canon, ']');
    policy_canon_open(canon, "floors", '[');
    for (size_t i = 0; i < pack->floor_count; i++)
        write_floor(canon, &pack->floors[i]);
    policy_canon_close(canon, ']');
    policy_canon_close(canon, '}');
}

void
policy_canon_write_packs(struct policy_canon *canon)
{
    policy_canon_open(canon, "statutory", '[');
    for (size_t i = 0; i < canon->policy->pack_count; i++)
        write_pack(canon, &canon->policy->packs[i]);
    policy_canon_close(canon, ']');
}
