/*
 * policy_canon_test - one policy, one text: sorted, whole, and read back to the same
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_predicate.h"
#include "common/policy/policy_read_fixture.h"

static struct policy *
read_again(struct read_fixture *fixture, struct buf *ret_text)
{
    policy_canon_write(fixture->policy, ret_text);
    struct policy_sources sources = {.main = {"p.json", ret_text->bytes, ret_text->size_bytes}};
    struct policy *again = policy_read(fixture->arena, &sources, &fixture->problems);
    if (again == NULL)
        read_print_problems(&fixture->problems);
    assert_non_null(again);
    return again;
}

static void
assert_same_codes(const struct policy_codes *a, const struct policy_codes *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_string_equal(a->codes[i], b->codes[i]);
}

/* Also what equal values may differ in: the order of tests and of the facts they rest on. */
static void
assert_same_rule(struct arena *arena, const struct policy_rule *a, const struct policy_rule *b)
{
    assert_string_equal(a->id, b->id);
    assert_int_equal(a->parameter, b->parameter);
    assert_true(policy_when_equals(&a->when, &b->when));
    assert_true(policy_value_equals(&a->value, &b->value));
    if (a->value.kind != POLICY_TESTS || a->value.absence != POLICY_PRESENT)
        return;
    for (size_t i = 0; i < a->value.tests.count; i++) {
        const struct policy_test *x = &a->value.tests.items[i];
        const struct policy_test *y = &b->value.tests.items[i];
        assert_string_equal(x->id, y->id);
        struct policy_codes x_facts = policy_predicate_facts(arena, x->when);
        struct policy_codes y_facts = policy_predicate_facts(arena, y->when);
        assert_same_codes(&x_facts, &y_facts);
    }
}

static void
assert_same_policy(struct arena *arena, const struct policy *a, const struct policy *b)
{
    assert_memory_equal(a->digest, b->digest, POLICY_DIGEST_BYTES);
    assert_int_equal(a->rule_count, b->rule_count);
    for (size_t i = 0; i < a->rule_count; i++)
        assert_same_rule(arena, &a->rules[i], &b->rules[i]);
    assert_int_equal(a->axes.value_count, b->axes.value_count);
    for (int i = 0; i < a->axes.value_count; i++)
        assert_string_equal(a->axes.values[i].code, b->axes.values[i].code);
    assert_int_equal(a->named_text_count, b->named_text_count);
    assert_int_equal(a->label_count, b->label_count);
    assert_int_equal(a->calendar_count, b->calendar_count);
    for (size_t i = 0; i < a->calendar_count; i++)
        for (struct date day = {2026, 1, 1}; day.year < 2028; day = date_add(day, 0, 1)) {
            struct calendar_day x = calendar_day(a->calendars[i], day);
            struct calendar_day y = calendar_day(b->calendars[i], day);
            assert_memory_equal(x.hours, y.hours, sizeof *x.hours);
            assert_true((x.name == NULL) == (y.name == NULL));
        }
}

static void
what_was_written_is_read_back_the_same(void **state)
{
    struct read_fixture *fixture = *state;
    const struct policy *policy = read_whole(fixture);
    struct buf text = {0};
    struct buf twice = {0};
    const struct policy *again = read_again(fixture, &text);
    assert_same_policy(fixture->arena, policy, again);
    policy_canon_write(again, &twice);
    assert_int_equal(text.size_bytes, twice.size_bytes);
    assert_memory_equal(text.bytes, twice.bytes, text.size_bytes);
    buf_free(&text);
    buf_free(&twice);
}

static void
the_default_policy_is_read_back_the_same(void **state)
{
    static const char *const codes[] = {"DE", "AT", "FR", "GB", "US", "PL", "DE-BY"};
    struct read_fixture *fixture = *state;
    struct policy_wants wants;
    char path[64];
    assert_true(read_load(fixture, "deploy/policies/default.yaml", &fixture->sources.main));
    assert_true(read_load(fixture, "deploy/policies/default.de.yaml", &fixture->languages[0]));
    fixture->sources.language_count = 1;
    assert_true(
        policy_read_wants(fixture->arena, &fixture->sources.main, &wants, &fixture->problems));
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        for (size_t j = 0; j < wants.holiday_code_count; j++) {
            (void)snprintf(path, sizeof path, "deploy/policies/holidays/%s.yaml", codes[i]);
            if (strcmp(codes[i], wants.holiday_codes[j]) == 0)
                assert_true(read_load(fixture, arena_copy_text(fixture->arena, path),
                                      &fixture->holidays[fixture->sources.holiday_count++]));
        }
    if (read_all(fixture) == NULL)
        read_print_problems(&fixture->problems);
    assert_non_null(fixture->policy);
    struct buf text = {0};
    assert_same_policy(fixture->arena, fixture->policy, read_again(fixture, &text));
    buf_free(&text);
}

static void
assert_sorted(const struct policy_node *node)
{
    for (const struct policy_node *child = node->children; child != NULL; child = child->next) {
        if (node->kind == POLICY_NODE_MAP && child->next != NULL)
            assert_true(strcmp(child->key, child->next->key) < 0);
        assert_sorted(child);
    }
}

static void
every_map_is_sorted(void **state)
{
    assert_sorted(read_whole(*state)->tree);
}

static void
holidays_are_inside_with_their_names(void **state)
{
    struct read_fixture *fixture = *state;
    const struct policy_node *rules = policy_node_get(
        policy_node_get(policy_node_get(read_whole(fixture)->tree, "holidays"), "DE"), "rules");
    static const char *const days[] = {
        "01-01",           "easter - 2",          "easter + 1",
        "orthodox_easter", "first monday of may", "last wednesday of november - 1",
        "2026-09-14"};
    const struct policy_node *rule = rules->children;
    assert_string_equal(policy_node_get(rule, "de")->text, "Neujahr");
    assert_null(policy_node_get(rule, "move"));
    for (size_t i = 0; i < COUNT_OF(days); i++, rule = rule->next)
        assert_string_equal(policy_node_get(rule, "on")->text, days[i]);
}

/* One byte more or less in the form is another digest of every published version. Who changes the
 * form raises POLICY_FORMAT, and only then this. */
static void
the_digest_is_the_same_everywhere(void **state)
{
    static const char expected[] =
        "55c6cf85307c14384c9a493d19aabc2d1d8891e3ddbaa7433da90d6c22f765dd";
    const struct policy *policy = read_whole(*state);
    char digest[2 * POLICY_DIGEST_BYTES + 1];
    for (size_t i = 0; i < POLICY_DIGEST_BYTES; i++)
        (void)snprintf(digest + 2 * i, 3, "%02x", policy->digest[i]);
    assert_string_equal(digest, expected);
}

/* Files of fewer bytes than a publication may have, whose canonical form has more: each value of an
 * exception repeats its selector there. */
static void
a_policy_that_is_too_large_to_be_published_is_refused(void **state)
{
    static const char *const languages[] = {"de", "fr", "it"};
    struct read_fixture *fixture = *state;
    struct buf text = {0};
    struct buf words[COUNT_OF(languages)] = {{0}};
    char code[61];
    memset(code, 'c', sizeof code);
    code[60] = 0;
    buf_printf(&text,
               "format: 1\npolicy: large\ntitle: L\nlanguages: [en, de, fr, it]\n"
               "time_zone: UTC\ncurrency: EUR\naxes:\n  category: {%s: {}}\n"
               "  region: {%s: {}}\nsections:\n- section: repair\n  number: 1\n  title: W\n"
               "  clauses:\n  - clause: repair.timeframe\n    text: x\n    except:\n",
               code, code);
    while (text.size_bytes < POLICY_FILE_BYTES_MAX - 400)
        buf_printf(&text,
                   "    - {when: {category: %s, region: %s, sku: %zu}, complete_within: 7 days, "
                   "internal_target: 6 days, breach_remedy: [loaner]}\n",
                   code, code, text.size_bytes);
    fixture->sources.main = (struct policy_file){"main.yaml", text.bytes, text.size_bytes};
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        buf_printf(&words[i], "language: %s\ntitle: L\ntexts: {repair.timeframe: x}\nlabels:\n",
                   languages[i]);
        for (int j = 0; words[i].size_bytes < 900000; j++)
            buf_printf(&words[i], "  words.w%d: %s%s%s\n", j, code, code, code);
        fixture->languages[i] =
            (struct policy_file){languages[i], words[i].bytes, words[i].size_bytes};
    }
    fixture->sources.language_count = COUNT_OF(languages);
    assert_null(read_all(fixture));
    assert_int_equal(fixture->problems.error_count, 1);
    const struct policy_problem *problem = fixture->problems.problems;
    while (problem->severity != POLICY_ERROR)
        problem++;
    assert_string_equal(problem->reason, "FILE_TOO_LARGE");
    assert_string_equal(problem->file, "publication");
    buf_free(&text);
    for (size_t i = 0; i < COUNT_OF(languages); i++)
        buf_free(&words[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, read_set_up, read_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_is_read_back_the_same),
        TEST(the_default_policy_is_read_back_the_same),
        TEST(every_map_is_sorted),
        TEST(holidays_are_inside_with_their_names),
        TEST(the_digest_is_the_same_everywhere),
        TEST(a_policy_that_is_too_large_to_be_published_is_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    date_deinit();
    arena_deinit();
    return failed;
}
