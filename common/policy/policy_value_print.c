/*
 * policy_value_print - the canonical text of a value
 *
 * Kinds that are written as a scalar print as one; the others as one line of JSON with sorted keys,
 * without those that say nothing. Tests are a set: they print sorted by id.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_parts.h"

#include <stdlib.h>
#include <string.h>

#include "common/policy/policy_predicate.h"

static void
print_codes(struct buf *out, const struct policy_codes *codes)
{
    for (size_t i = 0; i < codes->count; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", codes->codes[i]);
}

static void
print_anchors(struct buf *out, const struct policy_value *value)
{
    for (size_t i = 0; i < value->anchors.count; i++) {
        const struct policy_anchor *anchor = &value->anchors.items[i];
        buf_printf(out, "%s%s", i > 0 ? ", " : "", anchor->event);
        if (anchor->months == 0 && anchor->days == 0)
            continue;
        struct policy_span offset = {.months = anchor->months, .days = anchor->days};
        buf_add_text(out, " + ");
        policy_span_print(&offset, out);
    }
}

/* ---- JSON ---- */

/* The key of a member of an object whose first member, if this is it, follows its brace. */
static void
add_key(struct buf *out, const char *key)
{
    if (out->bytes[out->size_bytes - 1] != '{')
        buf_add_char(out, ',');
    buf_add_json(out, key, strlen(key));
    buf_add_char(out, ':');
}

static void
add_text(struct buf *out, const char *key, const char *text)
{
    add_key(out, key);
    buf_add_json(out, text, strlen(text));
}

static void
add_codes(struct buf *out, const char *key, const struct policy_codes *codes)
{
    if (codes->count == 0)
        return;
    add_key(out, key);
    for (size_t i = 0; i < codes->count; i++) {
        buf_add_char(out, i == 0 ? '[' : ',');
        buf_add_json(out, codes->codes[i], strlen(codes->codes[i]));
    }
    buf_add_char(out, ']');
}

static void
add_condition(struct buf *out, const char *key, const struct policy_predicate *condition)
{
    if (condition == NULL)
        return;
    add_key(out, key);
    policy_predicate_print(condition, out);
}

static void
print_rung(struct buf *out, const struct policy_rung *rung)
{
    struct buf span = {0};
    policy_span_print(&rung->answer_within, &span);
    add_text(out, "answer_within", buf_text(&span));
    buf_free(&span);
    add_codes(out, "on", &rung->on);
    add_text(out, "to", rung->to);
}

static void
print_document(struct buf *out, const struct policy_document *document)
{
    add_text(out, "document", document->document);
    add_codes(out, "instead", &document->instead);
    add_condition(out, "unless", document->unless);
    add_condition(out, "when", document->when);
}

static void
print_test(struct buf *out, const struct policy_test *test)
{
    add_codes(out, "evidence", &test->evidence);
    add_text(out, "id", test->id);
    add_codes(out, "then", &test->then);
    add_condition(out, "when", test->when);
}

static void
print_step(struct buf *out, const struct policy_step *step)
{
    add_text(out, "by", step->by);
    add_text(out, "id", step->id);
}

static int
compare_tests(const void *a, const void *b)
{
    const struct policy_test *x = *(const struct policy_test *const *)a;
    const struct policy_test *y = *(const struct policy_test *const *)b;
    return strcmp(x->id, y->id);
}

static const struct policy_test **
sort_tests(struct arena *arena, const struct policy_value *value)
{
    const struct policy_test **tests = arena_alloc(arena, value->tests.count * sizeof(void *));
    for (size_t i = 0; i < value->tests.count; i++)
        tests[i] = &value->tests.items[i];
    qsort(tests, value->tests.count, sizeof(void *), compare_tests);
    return tests;
}

static size_t
item_count(const struct policy_value *value)
{
    switch (value->kind) {
    case POLICY_LADDER:
        return value->ladder.count;
    case POLICY_CHECKLIST:
        return value->documents.count;
    case POLICY_TESTS:
        return value->tests.count;
    default:
        return value->steps.count;
    }
}

static void
print_list(struct arena *arena, struct buf *out, const struct policy_value *value)
{
    size_t count = item_count(value);
    const struct policy_test **tests =
        value->kind == POLICY_TESTS ? sort_tests(arena, value) : NULL;
    buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_add_text(out, i > 0 ? ",{" : "{");
        if (value->kind == POLICY_LADDER)
            print_rung(out, &value->ladder.items[i]);
        else if (value->kind == POLICY_CHECKLIST)
            print_document(out, &value->documents.items[i]);
        else if (tests != NULL)
            print_test(out, tests[i]);
        else
            print_step(out, &value->steps.items[i]);
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

static void
print_present(struct arena *arena, struct buf *out, const struct policy_value *value)
{
    char money[MONEY_TEXT_SIZE];
    switch (value->kind) {
    case POLICY_FLAG:
        buf_add_text(out, value->flag ? "yes" : "no");
        break;
    case POLICY_COUNT:
        buf_printf(out, "%lld", (long long)value->count);
        break;
    case POLICY_PERCENT:
        buf_printf(out, "%d.%02d %%", value->basis_points / 100, value->basis_points % 100);
        break;
    case POLICY_CHOICES:
        print_codes(out, &value->codes);
        break;
    case POLICY_SPAN:
        policy_span_print(&value->span, out);
        break;
    case POLICY_ANCHORS:
        print_anchors(out, value);
        break;
    case POLICY_MONEY:
        money_print(value->money, money);
        buf_add_text(out, money);
        break;
    case POLICY_FEE:
        policy_fee_print(value, out);
        break;
    case POLICY_LADDER:
    case POLICY_CHECKLIST:
    case POLICY_TESTS:
    case POLICY_STEPS:
        print_list(arena, out, value);
        break;
    default: /* CHOICE, CALENDAR, CONTACT, REGISTER: a name; TEXT: a key */
        buf_add_text(out, value->code);
    }
}

const char *
policy_value_print(struct arena *arena, const struct policy_value *value)
{
    static const char *const absences[] = {"", "none", "unlimited", "not_offered"};
    if (value->absence != POLICY_PRESENT)
        return absences[value->absence];
    struct buf out = {0};
    print_present(arena, &out, value);
    const char *text = arena_copy_text(arena, buf_text(&out));
    buf_free(&out);
    return text;
}
