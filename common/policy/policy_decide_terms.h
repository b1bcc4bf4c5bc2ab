/*
 * policy_decide_terms - the terms of the ledger while they are expanded
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide_private.h"

/* Terms of a unit with a history, the same for all cost classes. */
struct decide_handling {
    bool pauses;
    bool counts_all_repairs;
    bool has_pause_max;
    struct entitlement_span pause_max;
    enum entitlement_carry_over carry_over;
    struct entitlement_span at_least;
    bool is_transferable;
};

/* A chain of anchors as the ledger has it. */
struct decide_anchors {
    struct entitlement_anchor items[ENTITLEMENT_ANCHORS_MAX];
    size_t count;
};

struct decide_builder {
    struct decide *d;
    struct decide_layers *layers;
    struct decide_pin *sale;
    struct entitlement_terms *terms;
    size_t room;
    struct entitlement_fact *facts; /* of the ledger: the known ones, and the case's events */
    size_t fact_count;
    struct decide_handling handling;
    struct decide_anchors anchors; /* of the company's warranty */
    struct date start;             /* absent: no anchor is known */
    /* Steps that were made, to have one for each rule. */
    const struct policy_rule *rules[8];
    Common__V1__Step *rule_steps[8];
    size_t rule_count;
};

bool decide_has_kind(const struct decide *d, enum entitlement_fact_kind kind);
struct entitlement_span decide_span_of(const struct policy_value *value);
/* Events that are none of a unit (a discontinued product) are no anchors of its layers. */
struct decide_anchors decide_anchors_of(const struct decide *d, const struct policy_anchor *anchors,
                                        size_t count);
/* New terms, all zero but for what stands beside them; the company's have no right, and those of a
 * plan its code. */
struct entitlement_terms *decide_add_terms(struct decide_builder *builder, Common__V1__Step *step,
                                           const struct policy_right *right, struct decide_pin *pin,
                                           const char *plan);
void decide_set_anchors(struct entitlement_terms *terms, const struct decide_anchors *anchors);
void decide_set_handling(struct entitlement_terms *terms, const struct decide_handling *handling);
/* The step of a rule: cost classes with the same rule share it. */
Common__V1__Step *decide_step_of_rule(struct decide_builder *builder,
                                      enum policy_parameter parameter,
                                      const struct policy_reading *reading);

/* policy_decide_commercial.c: the company's own warranty. */
void decide_add_commercials(struct decide_builder *builder);
/* policy_decide_plans.c: plans and repairs. */
void decide_add_plans(struct decide_builder *builder);
void decide_add_repairs(struct decide_builder *builder);
