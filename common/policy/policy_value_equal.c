/*
 * policy_value_equal - whether two values say the same
 *
 * Where something stands in a file plays no part. Codes keep the order they were written in (it is
 * the order of remedies and refunds); tests are a set.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_parts.h"

#include <string.h>

#include "common/policy/policy_predicate.h"

bool
policy_codes_has(const struct policy_codes *codes, const char *code)
{
    for (size_t i = 0; i < codes->count; i++)
        if (strcmp(codes->codes[i], code) == 0)
            return true;
    return false;
}

bool
policy_codes_equals(const struct policy_codes *a, const struct policy_codes *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->codes[i], b->codes[i]) != 0)
            return false;
    return true;
}

static bool
conditions_equal(const struct policy_predicate *a, const struct policy_predicate *b)
{
    return a == NULL || b == NULL ? a == b : policy_predicate_equals(a, b);
}

bool
policy_test_equals(const struct policy_test *a, const struct policy_test *b)
{
    return strcmp(a->id, b->id) == 0 && conditions_equal(a->when, b->when) &&
           policy_codes_equals(&a->evidence, &b->evidence) &&
           policy_codes_equals(&a->then, &b->then);
}

bool
policy_document_equals(const struct policy_document *a, const struct policy_document *b)
{
    return strcmp(a->document, b->document) == 0 && conditions_equal(a->when, b->when) &&
           conditions_equal(a->unless, b->unless) && policy_codes_equals(&a->instead, &b->instead);
}

static bool
anchors_equal(const struct policy_value *a, const struct policy_value *b)
{
    if (a->anchors.count != b->anchors.count)
        return false;
    for (size_t i = 0; i < a->anchors.count; i++) {
        const struct policy_anchor *x = &a->anchors.items[i];
        const struct policy_anchor *y = &b->anchors.items[i];
        if (strcmp(x->event, y->event) != 0 || x->months != y->months || x->days != y->days)
            return false;
    }
    return true;
}

static bool
ladders_equal(const struct policy_value *a, const struct policy_value *b)
{
    if (a->ladder.count != b->ladder.count)
        return false;
    for (size_t i = 0; i < a->ladder.count; i++) {
        const struct policy_rung *x = &a->ladder.items[i];
        const struct policy_rung *y = &b->ladder.items[i];
        if (strcmp(x->to, y->to) != 0 || !policy_codes_equals(&x->on, &y->on) ||
            !policy_span_equals(&x->answer_within, &y->answer_within))
            return false;
    }
    return true;
}

static bool
documents_equal(const struct policy_value *a, const struct policy_value *b)
{
    if (a->documents.count != b->documents.count)
        return false;
    for (size_t i = 0; i < a->documents.count; i++)
        if (!policy_document_equals(&a->documents.items[i], &b->documents.items[i]))
            return false;
    return true;
}

static bool
has_test(const struct policy_value *value, const struct policy_test *test)
{
    for (size_t i = 0; i < value->tests.count; i++)
        if (policy_test_equals(&value->tests.items[i], test))
            return true;
    return false;
}

/* Ids do not repeat within a value, so equal counts and one inclusion make equal sets. */
static bool
tests_equal(const struct policy_value *a, const struct policy_value *b)
{
    if (a->tests.count != b->tests.count)
        return false;
    for (size_t i = 0; i < a->tests.count; i++)
        if (!has_test(b, &a->tests.items[i]))
            return false;
    return true;
}

static bool
steps_equal(const struct policy_value *a, const struct policy_value *b)
{
    if (a->steps.count != b->steps.count)
        return false;
    for (size_t i = 0; i < a->steps.count; i++)
        if (strcmp(a->steps.items[i].id, b->steps.items[i].id) != 0 ||
            strcmp(a->steps.items[i].by, b->steps.items[i].by) != 0)
            return false;
    return true;
}

bool
policy_value_equals(const struct policy_value *a, const struct policy_value *b)
{
    if (a->kind != b->kind || a->absence != b->absence)
        return false;
    if (a->absence != POLICY_PRESENT)
        return true;
    switch (a->kind) {
    case POLICY_FLAG:
        return a->flag == b->flag;
    case POLICY_COUNT:
        return a->count == b->count;
    case POLICY_PERCENT:
        return a->basis_points == b->basis_points;
    case POLICY_CHOICES:
        return policy_codes_equals(&a->codes, &b->codes);
    case POLICY_SPAN:
        return policy_span_equals(&a->span, &b->span);
    case POLICY_ANCHORS:
        return anchors_equal(a, b);
    case POLICY_LADDER:
        return ladders_equal(a, b);
    case POLICY_MONEY:
        return a->money.minor == b->money.minor &&
               strcmp(a->money.currency_code, b->money.currency_code) == 0;
    case POLICY_FEE:
        return policy_fee_equals(a, b);
    case POLICY_CHECKLIST:
        return documents_equal(a, b);
    case POLICY_TESTS:
        return tests_equal(a, b);
    case POLICY_STEPS:
        return steps_equal(a, b);
    default: /* CHOICE, CALENDAR, CONTACT, REGISTER: a name; TEXT: a key */
        return strcmp(a->code, b->code) == 0;
    }
}
