/*
 * policy_case_unit - the facts of the unit, as a person writes them in the file of a case
 *
 *     unit:
 *       - {id: f1, kind: delivered, date: 2026-03-15, recorded: 2026-03-15T08:00:00Z}
 *
 * The kind says which parts a fact may have. What the ledger would refuse of a fact alone is
 * refused here, where its place is known.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_case_parts.h"

#include <string.h>

#include "common/policy/policy_case_names.h"
#include "common/policy/policy_decide_private.h"

/* What is wrong with a part other than `kind`; NULL: it is set. */
static const char *
set_part(struct case_reader *reader, const struct policy_node *part, struct entitlement_fact *fact)
{
    bool is_text = part->kind == POLICY_NODE_SCALAR;
    if (strcmp(part->key, "id") == 0)
        return is_text && (fact->fact_id = part->text)[0] != 0 ? NULL : "a text is asked for";
    if (strcmp(part->key, "serial") == 0)
        return is_text && (fact->serial = part->text)[0] != 0 ? NULL : "a text is asked for";
    if (strcmp(part->key, "date") == 0)
        return is_text && date_parse(part->text, &fact->date)
                   ? NULL
                   : policy_case_day_wrong(reader, is_text ? part->text : "",
                                           "a day is asked for, as 2026-03-15");
    if (strcmp(part->key, "recorded") == 0)
        return is_text && decide_time_parse(part->text, &fact->record_us)
                   ? NULL
                   : policy_case_day_wrong(reader, is_text ? part->text : "",
                                           "a time is asked for, as 2026-03-15T09:30:00Z");
    struct policy_codes values = {0};
    if (!policy_case_texts(reader, part, &values))
        return "a text is asked for, or a list of some";
    return decide_unit_fact_set(reader->arena, fact, part->key, &values);
}

/* The kind says which parts there may be. */
static bool
set_kind(struct case_reader *reader, const struct policy_node *node, struct entitlement_fact *fact)
{
    const struct policy_node *kind = policy_node_get(node, "kind");
    if (kind != NULL && kind->kind == POLICY_NODE_SCALAR &&
        decide_unit_fact_set_kind(fact, kind->text))
        return true;
    policy_case_refuse(reader, kind == NULL ? node : kind, "FACT_WRONG",
                       kind == NULL ? "its kind is missing"
                       : kind->kind == POLICY_NODE_SCALAR
                           ? policy_case_kinds(reader->arena, kind->text)
                           : "a kind is one word");
    return false;
}

/* What the ledger would refuse is told with its place: at the day, unless it is not the day's
 * fault.
 */
static void
check_unit_fact(struct case_reader *reader, const struct policy_node *node,
                const struct entitlement_fact *fact)
{
    const struct policy_node *date = policy_node_get(node, "date");
    struct fault fault;
    const char *missing = entitlement_fact_missing(fact);
    if (missing != NULL)
        policy_case_refuse(reader, node, "FACT_WRONG",
                           arena_printf(reader->arena, "it %s", missing));
    else if (date != NULL && date_is_valid(fact->date) &&
             entitlement_fact_check(fact, &fault) != OK)
        policy_case_refuse(reader, date, fault.reason,
                           arena_copy_text(reader->arena, fault.message));
}

static void
read_unit_fact(struct case_reader *reader, const struct policy_node *node,
               struct entitlement_fact *fact, size_t number)
{
    *fact = (struct entitlement_fact){
        .fact_id = arena_printf(reader->arena, "%zu", number),
        .serial = reader->question->serial,
        .record_us = reader->question->decide_us,
    };
    if (node->kind != POLICY_NODE_MAP) {
        policy_case_refuse(reader, node, "FACT_WRONG", "a fact of the unit is a map");
        return;
    }
    size_t errors = reader->problems->error_count;
    if (!set_kind(reader, node, fact))
        return;
    for (const struct policy_node *part = node->children; part != NULL; part = part->next) {
        const char *wrong = strcmp(part->key, "kind") == 0 ? NULL : set_part(reader, part, fact);
        if (wrong != NULL)
            policy_case_refuse(reader, part, "FACT_WRONG", wrong);
    }
    if (reader->problems->error_count == errors)
        check_unit_fact(reader, node, fact);
}

void
policy_case_read_unit(struct case_reader *reader, const struct policy_node *list)
{
    if (list == NULL)
        return;
    if (list->kind != POLICY_NODE_LIST || list->child_count > ENTITLEMENT_FACTS_MAX) {
        policy_case_refuse(reader, list, "FACT_WRONG",
                           "a list of facts is asked for, of 10000 at most");
        return;
    }
    struct entitlement_fact *facts = arena_alloc(reader->arena, list->child_count * sizeof *facts);
    for (const struct policy_node *node = list->children; node != NULL; node = node->next) {
        size_t i = reader->question->unit_fact_count++;
        read_unit_fact(reader, node, &facts[i], i + 1);
    }
    reader->question->unit_facts = facts;
}
