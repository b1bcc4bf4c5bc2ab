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
    const struct policy_anchor *starts;
    size_t start_count;
    Common__V1__Step *starts_step;
    struct decide_list made;   /* struct decide_made: steps, to have one for each value */
    struct decide_list rivals; /* struct decide_rival */
};

/* A step, and what its value is of. */
struct decide_made {
    const struct policy_rule *rule;
    const struct policy_floor *floor;
    const struct policy_floor *rival;
    Common__V1__Step *step;
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
/* Whether two readings of a parameter rest on the same rule and floors. */
bool decide_is_same(const struct policy_reading *a, const struct policy_reading *b);
/* The step of a reading: cost classes for which the same holds share it. */
Common__V1__Step *decide_step_of(struct decide_builder *builder, enum policy_parameter parameter,
                                 const struct policy_reading *reading);

/* policy_decide_rivals.c: a value that a floor may lift, which only the ledger can say; kept if so.
 * SPAN: the terms of the step; the others: all terms with a history. */
enum decide_rival_of { DECIDE_RIVAL_SPAN, DECIDE_RIVAL_PAUSE_MAX, DECIDE_RIVAL_AT_LEAST };
struct decide_rival {
    enum decide_rival_of of;
    Common__V1__Step *step;
    struct policy_reading reading;
};
void decide_add_rival(struct decide_builder *builder, enum decide_rival_of of,
                      Common__V1__Step *step, const struct policy_reading *reading);
/* The ledger by the better of each value and its rival. */
enum err decide_compute_ledger(struct decide_builder *builder,
                               const struct entitlement_question *question,
                               struct entitlement_ledger *ret_ledger) MUST_CHECK;

/* policy_decide_components.c: codes of the components whose period may differ from that of the
 * whole unit, for who is asked about. */
struct decide_list decide_components(const struct decide_builder *builder);
/* policy_decide_commercial.c: the company's own warranty. */
void decide_add_commercials(struct decide_builder *builder);
/* Says in the step of its anchors from which one the ledger, which stands, counts. */
void decide_tell_start(struct decide_builder *builder);
/* policy_decide_plans.c: plans and repairs. */
void decide_add_plans(struct decide_builder *builder);
void decide_add_repairs(struct decide_builder *builder);
