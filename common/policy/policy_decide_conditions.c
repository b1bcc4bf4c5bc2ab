/*
 * policy_decide_conditions - reasons, exclusions and lists of documents
 *
 * A test whose facts are not known has no effect: LACKS_PROOF. One that holds denies only if it is
 * proven: with evidence asked for, one of those documents must be there, and no fact that it rests
 * on may be the customer's (or anybody's) mere word. A policy that asks for no evidence says
 * thereby that a statement is enough.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

static bool
has_code(const struct policy_codes *codes, const char *code)
{
    for (size_t i = 0; i < codes->count; i++) {
        if (strcmp(codes->codes[i], code) == 0)
            return true;
    }
    return false;
}

/* Whether a value equals or lies beneath one of the codes. */
static bool
lies_beneath(const struct policy_axes *axes, enum policy_axis axis,
             const struct policy_codes *codes, int value)
{
    for (size_t i = 0; i < codes->count; i++) {
        int wide = policy_axes_find(axes, axis, codes->codes[i]);
        if (wide != 0 && policy_axes_contains(axes, wide, value))
            return true;
    }
    return false;
}

enum decide_saying
decide_covers(const struct policy_axes *axes, enum policy_axis axis,
              const struct policy_codes *codes, const char *code)
{
    int value = policy_axes_find(axes, axis, code);
    if (value == 0)
        return has_code(codes, code) ? DECIDE_YES : DECIDE_NO;
    bool is_all = true;
    bool is_any = false;
    for (int leaf = value; leaf < axes->values[value].end; leaf++) {
        if (!policy_axes_is_leaf(axes, leaf))
            continue;
        bool is_covered = lies_beneath(axes, axis, codes, leaf);
        is_all = is_all && is_covered;
        is_any = is_any || is_covered;
    }
    return is_all ? DECIDE_YES : is_any ? DECIDE_UNSURE : DECIDE_NO;
}

/* The fact of a document: it is the policy that names them, so most stand in no catalogue. */
static const struct policy_fact *
read_document(struct decide *d, const char *document)
{
    const struct policy_fact_row *row = decide_row(d->engine, document);
    if (row == NULL) {
        struct policy_fact_row *own = arena_alloc(d->arena, sizeof *own);
        *own = (struct policy_fact_row){.name = document, .kind = POLICY_FACT_FLAG};
        row = own;
    }
    return decide_read_row(d, row);
}

static bool
is_given(struct decide *d, const char *document)
{
    const struct policy_fact *fact = read_document(d, document);
    return fact != NULL && fact->flag;
}

/* What the customer asks for is no statement about the product: it needs no proof. */
static bool
is_wish(const struct decide *d, const char *fact_name)
{
    const struct policy_fact_row *row = decide_row(d->engine, fact_name);
    return row != NULL && row->is_wish;
}

/* Whether the facts that a test rests on are more than words; `ret_needed` what would prove it. */
static bool
is_proven(struct decide *d, const struct policy_test *test, const struct policy_codes *facts,
          const char **ret_needed)
{
    if (test->evidence.count == 0)
        return true;
    bool has_document = false;
    for (size_t i = 0; i < test->evidence.count; i++) {
        if (is_given(d, test->evidence.codes[i]))
            has_document = true;
    }
    const char *weak = NULL;
    for (size_t i = 0; i < facts->count; i++) {
        const struct policy_fact *fact = decide_read_fact(d, facts->codes[i]);
        bool has_own = false;
        for (size_t e = 0; fact != NULL && e < fact->evidence_count; e++)
            has_own = has_own || has_code(&test->evidence, fact->evidence[e]);
        has_document = has_document || has_own;
        if (fact != NULL && fact->trust == POLICY_STATED && !has_own && weak == NULL &&
            !is_wish(d, facts->codes[i]))
            weak = facts->codes[i];
    }
    *ret_needed = has_document ? weak : test->evidence.codes[0];
    return has_document && weak == NULL;
}

static const char *
first_unknown(struct decide *d, const struct policy_codes *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        if (decide_read_fact(d, facts->codes[i]) == NULL)
            return facts->codes[i];
    }
    return facts->codes[0];
}

static void
look_at_test(struct decide *d, const struct policy *policy, const struct policy_test *test,
             decide_result if_proven, struct decide_test *ret_test)
{
    *ret_test = (struct decide_test){.test = test, .verdict = DECIDE_FALSE};
    struct policy_codes facts = policy_predicate_facts(d->arena, test->when);
    enum policy_truth truth = policy_predicate_test(test->when, &policy->axes, &d->reader);
    decide_result result = DOES_NOT_APPLY;
    if (truth == POLICY_UNKNOWN) {
        result = LACKS_PROOF;
        ret_test->verdict = DECIDE_UNKNOWN;
        ret_test->needed = first_unknown(d, &facts);
    } else if (truth == POLICY_TRUE && is_proven(d, test, &facts, &ret_test->needed)) {
        result = if_proven;
        ret_test->verdict = DECIDE_PROVEN;
    } else if (truth == POLICY_TRUE) {
        result = LACKS_PROOF;
        ret_test->verdict = DECIDE_UNPROVEN;
    }
    Common__V1__Step *step = decide_step(d, test->id, "", result);
    step->n_fact_names = facts.count;
    step->fact_names = (char **)facts.codes;
}

struct decide_tests
decide_run_tests(struct decide *d, struct decide_pin *pin, enum policy_parameter parameter,
                 decide_result if_proven)
{
    struct policy_reading reading = decide_look(d, pin, parameter);
    struct decide_tests tests = {0};
    if (reading.value.absence != POLICY_PRESENT || reading.value.tests.count == 0)
        return tests;
    const struct policy *policy = reading.policy;
    tests.tests = arena_alloc(d->work, reading.value.tests.count * sizeof *tests.tests);
    for (size_t i = 0; i < reading.value.tests.count; i++)
        look_at_test(d, policy, &reading.value.tests.items[i], if_proven,
                     &tests.tests[tests.count++]);
    return tests;
}

static bool
is_required(struct decide *d, const struct policy *policy, const struct policy_document *document)
{
    if (document->when != NULL &&
        policy_predicate_test(document->when, &policy->axes, &d->reader) != POLICY_TRUE)
        return false;
    return document->unless == NULL ||
           policy_predicate_test(document->unless, &policy->axes, &d->reader) != POLICY_TRUE;
}

/* Given, or something that may be given instead. All are read, so that equal cases read equally. */
static bool
is_there(struct decide *d, const struct policy_document *document, Common__V1__Step *step)
{
    bool is = is_given(d, document->document);
    decide_step_fact(d, step, document->document);
    for (size_t i = 0; i < document->instead.count; i++) {
        if (is_given(d, document->instead.codes[i]))
            is = true;
        decide_step_fact(d, step, document->instead.codes[i]);
    }
    return is;
}

static const struct policy_fact *
find_given(const struct decide *d, const char *name)
{
    const struct policy_fact_row *row = decide_row(d->engine, name);
    if (row != NULL)
        return d->given[row - d->engine->rows];
    for (size_t i = 0; i < d->documents.count; i++) {
        const struct policy_fact *fact = d->documents.items[i];
        if (strcmp(fact->name, name) == 0)
            return fact;
    }
    return NULL;
}

bool
decide_has_document(struct decide *d, const struct policy_document *document)
{
    for (size_t i = 0; i <= document->instead.count; i++) {
        const char *name = i == 0 ? document->document : document->instead.codes[i - 1];
        const struct policy_fact *fact = find_given(d, name);
        if (fact != NULL && fact->is_known && fact->flag && is_given(d, name))
            return true;
    }
    return false;
}

size_t
decide_documents(struct decide *d, struct decide_pin *pin, enum policy_parameter parameter)
{
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    struct policy_reading reading = decide_look(d, pin, parameter);
    size_t missing = 0;
    if (reading.value.absence != POLICY_PRESENT)
        return 0;
    for (size_t i = 0; i < reading.value.documents.count; i++) {
        const struct policy_document *document = &reading.value.documents.items[i];
        Common__V1__Step *step = decide_step(d, row->clause_id, row->parameter, DOES_NOT_APPLY);
        step->rule = (char *)reading.rule->when_text;
        step->value = decide_value_code(d, document->document);
        if (!is_required(d, reading.policy, document))
            continue;
        step->result = is_there(d, document, step) ? GRANTS : LACKS_PROOF;
        if (step->result == GRANTS)
            continue;
        decide_need(d, document->document, row->clause_id, &document->instead);
        missing++;
    }
    return missing;
}
