/*
 * warranty - the policy in this daemon: which versions count, what day it is, whether a code exists
 */
// SPDX-License-Identifier: Apache-2.0
#include "warranty.h"

#include "common/clock.h"
#include "common/policies.h"

/* What this daemon decides by; staff see the others marked. */
static const char *const sections[] = {"warranty"};

static struct policies *policies;

void
warranty_init(struct svc *svc)
{
    const struct policies_options options = {.sections = sections,
                                             .section_count = COUNT_OF(sections)};
    policies = policies_open(svc, &options);
}

void
warranty_deinit(void)
{
    policies_close(&policies);
}

enum err
warranty_policy(struct call *call, const struct policy **ret_policy)
{
    const struct policies_line *line;
    enum err err = policies_need(policies, call, &line);
    if (err == OK)
        *ret_policy = policies_in_force(line);
    return err;
}

enum err
warranty_policies(struct call *call, const struct policy_set **ret_set)
{
    const struct policies_line *line;
    enum err err = policies_need(policies, call, &line);
    if (err == OK)
        *ret_set = &line->set;
    return err;
}

struct date
warranty_today(const struct policy *policy, const char *region)
{
    struct policy_subject subject = {0};
    if (region[0] != 0)
        (void)policy_subject_set(&policy->axes, &subject, POLICY_AXIS_REGION, region);
    const int64_t us_per_s = 1000000;
    return zone_date(policy_zone(policy, &subject), divide_floor(clock_now_us(), us_per_s));
}

enum err
warranty_decide(struct call *call, const struct policy_case *question,
                Common__V1__Decision **ret_decision)
{
    const struct policies_line *line;
    enum err err = policies_need(policies, call, &line);
    if (err != OK)
        return err;
    struct fault fault = {0};
    err = policy_decide(call->arena, line->engine, question, ret_decision, &fault);
    if (err != OK)
        call->fault = fault;
    return err;
}

enum err
warranty_write_sentences(struct call *call, Common__V1__Decision *record)
{
    const struct policies_line *line;
    const struct policy *policy;
    enum err err = policies_need(policies, call, &line);
    if (err == OK)
        err = warranty_policy(call, &policy);
    if (err == OK)
        policy_write_sentences(call->arena, line->engine, policy, record);
    return err;
}

enum err
warranty_last_cover(struct call *call, const struct policy_case *question, struct date *ret_date)
{
    const struct policies_line *line;
    enum err err = policies_need(policies, call, &line);
    if (err != OK)
        return err;
    struct fault fault = {0};
    err = policy_last_cover(line->engine, question, ret_date, &fault);
    if (err != OK)
        call->fault = fault;
    return err;
}

static enum err
fail_code_unknown(struct call *call, const struct policy *policy, const char *field,
                  const char *list, const char *code)
{
    const char *nearest = policy_nearest_code(policy, list, code);
    const char *codes = policy_print_codes(call->arena, policy, list);
    if (nearest == NULL && codes[0] != 0)
        return call_fail_field(call, field, "CODE_UNKNOWN",
                               "%s: the policy has no %s \"%.64s\"; it has %s", field, list, code,
                               codes);
    if (nearest == NULL)
        return call_fail_field(call, field, "CODE_UNKNOWN", "%s: the policy has no %s \"%s\"",
                               field, list, code);
    return call_fail_field(call, field, "CODE_UNKNOWN",
                           "%s: the policy has no %s \"%s\"; did you mean \"%s\"?", field, list,
                           code, nearest);
}

enum err
warranty_check_code(struct call *call, const struct policy *policy, const char *field,
                    const char *list, const char *code)
{
    if (code[0] == 0 || policy_has_code(policy, list, code))
        return OK;
    return fail_code_unknown(call, policy, field, list, code);
}

static enum err
check_sold(struct call *call, const struct policy_set *set, enum policy_axis axis,
           const char *field, const char *code)
{
    const char *name = policy_axis_row(axis)->name;
    for (size_t i = 0; i < set->version_count; i++) {
        if (policy_has_code(set->versions[i], name, code))
            return OK;
    }
    return fail_code_unknown(call, set->versions[set->version_count - 1], field, name, code);
}

enum err
warranty_check_product(struct call *call, const char *category, char *const *components,
                       size_t component_count)
{
    const struct policy_set *set;
    enum err err = warranty_policies(call, &set);
    if (err == OK)
        err = check_sold(call, set, POLICY_AXIS_CATEGORY, "category", category);
    for (size_t i = 0; err == OK && i < component_count; i++)
        err = check_sold(call, set, POLICY_AXIS_COMPONENT,
                         arena_printf(call->arena, "components[%zu]", i), components[i]);
    return err;
}

enum err
warranty_fail_not_yours(struct call *call, const char *field)
{
    (void)call_fail_field(call, field, "FIELD_NOT_YOURS",
                          "%s is told by the company, not by a customer", field);
    call->fault.code = ERR_PERMISSION_DENIED;
    return ERR_PERMISSION_DENIED;
}
