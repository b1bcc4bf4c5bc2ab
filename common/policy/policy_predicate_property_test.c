/*
 * policy_predicate_property_test - random conditions follow the truth tables
 *
 * Random conditions are made together with their truth: the text and the answer grow from the same
 * choices, by the truth tables alone. The seed is printed; AFTERCARE_TEST_SEED replays it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_predicate_fixture.h"

/* ---- random conditions with their truth ---- */

static bool uses_known; /* asks for `known` or `unknown`, so more facts may turn the answer */

static enum policy_truth
truth_of(bool holds)
{
    return holds ? POLICY_TRUE : POLICY_FALSE;
}

static enum policy_truth
make_comparison(struct buf *text, bool is_known, int64_t fact, int64_t bound, const char *format)
{
    static const char *const operators[] = {">=", "<=", ">", "<", "="};
    int which = below(5);
    buf_printf(text, "\"%s ", operators[which]);
    buf_printf(text,
               strcmp(format, "money") == 0  ? "0.0%lld EUR\""
               : strcmp(format, "date") == 0 ? "2026-01-0%lld\""
                                             : "%lld\"",
               (long long)bound);
    bool holds[] = {fact >= bound, fact <= bound, fact > bound, fact < bound, fact == bound};
    return is_known ? truth_of(holds[which]) : POLICY_UNKNOWN;
}

static const char *const findings[] = {"misuse", "impact", "liquid"};
static const char *const reasons[] = {"our_fault", "defect", "wrong_item", "change_of_mind"};

static enum policy_truth
model_reason(const char *asked)
{
    const char *said = facts[REASON].code;
    if (strcmp(asked, said) == 0)
        return POLICY_TRUE;
    bool asked_is_inner = strcmp(asked, "our_fault") == 0;
    bool said_is_inner = strcmp(said, "our_fault") == 0;
    bool is_other = strcmp(asked, "change_of_mind") == 0 || strcmp(said, "change_of_mind") == 0;
    return is_other         ? POLICY_FALSE
           : asked_is_inner ? POLICY_TRUE
           : said_is_inner  ? POLICY_UNKNOWN
                            : POLICY_FALSE;
}

static enum policy_truth
make_codes(struct buf *text, int fact, const char *const *codes, int code_count)
{
    enum policy_truth truth = POLICY_FALSE;
    int first = below(code_count);
    int count = 1 + below(code_count - first);
    for (int i = 0; i < count; i++) {
        const char *code = codes[first + i];
        buf_printf(text, "%s\"%s\"", i == 0 ? "[" : ",", code);
        if (!facts[fact].is_known)
            continue;
        enum policy_truth match =
            fact == REASON ? model_reason(code) : truth_of(strcmp(code, facts[fact].code) == 0);
        truth = match > truth ? match : truth;
    }
    buf_add_char(text, ']');
    return facts[fact].is_known ? truth : POLICY_UNKNOWN;
}

static enum policy_truth
make_fact(struct buf *text, int fact)
{
    const struct policy_fact *said = &facts[fact];
    buf_printf(text, "\"%s\":", said->name);
    if (below(8) == 0) {
        bool asks_known = below(2) == 0;
        uses_known = true;
        buf_add_text(text, asks_known ? "\"known\"" : "\"unknown\"");
        return truth_of(asks_known == said->is_known);
    }
    bool asks_yes = below(2) == 0;
    switch (fact) {
    case CSAT:
        return make_comparison(text, said->is_known, said->number, below(6), "number");
    case PRICE:
        return make_comparison(text, said->is_known, said->money.minor, below(6), "money");
    case FINDING:
    case SKU:
        return make_codes(text, fact, findings, 3);
    case REASON:
        return make_codes(text, fact, reasons, 4);
    case DELIVERED:
        if (below(2) == 0)
            return make_comparison(text, said->is_known, said->date.day, 1 + below(5), "date");
        buf_add_text(text, asks_yes ? "\"yes\"" : "\"no\"");
        return said->is_known ? truth_of(asks_yes) : POLICY_UNKNOWN;
    default:
        buf_add_text(text, asks_yes ? "\"yes\"" : "\"no\"");
        return said->is_known ? truth_of(asks_yes == said->flag) : POLICY_UNKNOWN;
    }
}

static enum policy_truth make_map(struct buf *text, int depth);

static enum policy_truth
make_list(struct buf *text, int depth, bool is_any)
{
    enum policy_truth truth = is_any ? POLICY_FALSE : POLICY_TRUE;
    int count = 1 + below(2);
    for (int i = 0; i < count; i++) {
        buf_add_char(text, i == 0 ? '[' : ',');
        enum policy_truth item = make_map(text, depth);
        if (is_any)
            truth = item > truth ? item : truth;
        else
            truth = item < truth ? item : truth;
    }
    buf_add_char(text, ']');
    return truth;
}

static enum policy_truth
make_map(struct buf *text, int depth)
{
    static const enum policy_truth not [] = {POLICY_TRUE, POLICY_UNKNOWN, POLICY_FALSE};
    enum policy_truth truth = POLICY_TRUE;
    bool is_empty = true;
    int must = below(FACT_COUNT);
    for (int i = 0; i < FACT_COUNT + 3; i++) {
        bool is_nest = i >= FACT_COUNT;
        if (is_nest ? depth == POLICY_PREDICATE_DEPTH_MAX || below(4) > 0
                    : i != must && below(5) > 0)
            continue;
        buf_add_char(text, is_empty ? '{' : ',');
        is_empty = false;
        enum policy_truth item;
        if (!is_nest) {
            item = make_fact(text, i);
        } else {
            static const char *const keys[] = {"\"all\":", "\"any\":", "\"not\":"};
            buf_add_text(text, keys[i - FACT_COUNT]);
            item = i == FACT_COUNT + 2 ? not [make_map(text, depth + 1)]
                                       : make_list(text, depth + 1, i == FACT_COUNT + 1);
        }
        truth = item < truth ? item : truth;
    }
    buf_add_char(text, '}');
    return truth;
}

static void
make_facts(bool keeps_known)
{
    for (int i = 0; i < FACT_COUNT; i++) {
        if (keeps_known && facts[i].is_known)
            continue;
        facts[i].is_known = keeps_known || below(3) > 0;
        facts[i].code = i == REASON ? reasons[below(4)] : findings[below(3)];
        facts[i].flag = below(2) == 0;
        facts[i].number = below(6);
        facts[i].money = (struct money){below(6), "EUR"};
        facts[i].date = (struct date){2026, 1, 1 + below(5)};
    }
}

static void
check_random_condition(void)
{
    struct buf text = {0};
    uses_known = false;
    reset_facts();
    make_facts(false);
    enum policy_truth truth = make_map(&text, 0);
    const struct policy_predicate *predicate = try_read(buf_text(&text));
    if (predicate == NULL) {
        /* Only a condition that grew too long is refused. */
        assert_string_equal(problems.problems[0].reason, "CONDITION_TOO_LONG");
        buf_free(&text);
        return;
    }
    assert_int_equal(test(predicate), truth);
    const struct policy_predicate *again = read_condition(print(predicate));
    assert_true(policy_predicate_equals(predicate, again));
    assert_string_equal(print(again), print(predicate));
    make_facts(true);
    if (truth != POLICY_UNKNOWN && !uses_known)
        assert_int_equal(test(again), truth);
    buf_free(&text);
}

static void
property_conditions_follow_the_truth_tables_and_more_facts_turn_no_answer(void **state UNUSED)
{
    random_start(21);
    int count = random_count(3000, 100000);
    for (int i = 0; i < count; i++) {
        check_random_condition();
        fixture_renew();
        fixture_load(small_policy);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(property_conditions_follow_the_truth_tables_and_more_facts_turn_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
