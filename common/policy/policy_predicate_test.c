/*
 * policy_predicate_test - conditions: read, refused, tested in three-valued logic, printed
 *
 * Random conditions are made together with their truth: the text and the answer grow from the same
 * choices, by the truth tables alone. The seed is printed; AFTERCARE_TEST_SEED replays it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_predicate.h"
#include "common/policy/policy_value_fixture.h"

static const struct policy_predicate *
try_read(const char *text)
{
    /* A file that begins with a brace would be JSON. */
    const struct policy_node *map = fixture_node(arena_printf(arena, "c: %s", text));
    assert_non_null(map);
    return policy_predicate_read(arena, &fixture, policy_node_get(map, "c"), "warranty.exclusions",
                                 &problems);
}

static const struct policy_predicate *
read_condition(const char *text)
{
    const struct policy_predicate *predicate = try_read(text);
    if (predicate == NULL)
        fail_msg("%s: %s", text, problems.problems[0].message);
    return predicate;
}

static const char *
print(const struct policy_predicate *predicate)
{
    struct buf out = {0};
    policy_predicate_print(predicate, &out);
    const char *text = arena_copy_text(arena, buf_text(&out));
    buf_free(&out);
    return text;
}

/* ---- facts of the case: sorted by name ---- */

enum { CSAT, DELIVERED, FINDING, OPENED, PRICE, REASON, SKU, FACT_COUNT };
static struct policy_fact facts[FACT_COUNT];
static char read_names[4096];

static void
reset_facts(void)
{
    static const char *const names[] = {"csat",       "delivered", "finding", "opened",
                                        "price_paid", "reason",    "sku"};
    for (int i = 0; i < FACT_COUNT; i++)
        facts[i] = (struct policy_fact){.name = names[i]};
}

static void
on_read(void *context UNUSED, const struct policy_fact_row *row,
        const struct policy_fact *fact UNUSED)
{
    size_t size = strlen(read_names);
    snprintf(read_names + size, sizeof read_names - size, "%s ", row->name);
}

static enum policy_truth
test(const struct policy_predicate *predicate)
{
    struct policy_fact_reader reader = {
        .facts = facts, .fact_count = FACT_COUNT, .on_read = on_read};
    read_names[0] = 0;
    return policy_predicate_test(predicate, &fixture.axes, &reader);
}

static enum policy_truth
test_text(const char *text)
{
    return test(read_condition(text));
}

static void
a_fact_that_is_not_known_decides_nothing(void **state UNUSED)
{
    reset_facts();
    assert_int_equal(test_text("{finding: misuse}"), POLICY_UNKNOWN);
    assert_int_equal(test_text("{not: {finding: misuse}}"), POLICY_UNKNOWN);
    assert_int_equal(test_text("{csat: '<= 2'}"), POLICY_UNKNOWN);
    assert_int_equal(test_text("{finding: known}"), POLICY_FALSE);
    assert_int_equal(test_text("{finding: unknown}"), POLICY_TRUE);
    facts[OPENED] = (struct policy_fact){.name = "opened", .is_known = true, .flag = true};
    assert_int_equal(test_text("{finding: misuse, opened: no}"), POLICY_FALSE);
    assert_int_equal(test_text("{any: [{finding: misuse}, {opened: yes}]}"), POLICY_TRUE);
    assert_int_equal(test_text("{all: [{finding: misuse}, {opened: yes}]}"), POLICY_UNKNOWN);
}

static void
all_facts_are_asked_whatever_the_outcome(void **state UNUSED)
{
    reset_facts();
    facts[OPENED] = (struct policy_fact){.name = "opened", .is_known = true};
    const struct policy_predicate *predicate = read_condition(
        "{opened: yes, any: [{opened: no}, {finding: misuse, csat: 3}], not: {sku: [a, b]}}");
    assert_int_equal(test(predicate), POLICY_FALSE);
    assert_string_equal(read_names, "opened opened finding csat sku ");
    struct policy_codes names = policy_predicate_facts(arena, predicate);
    assert_int_equal(names.count, 4);
    assert_string_equal(names.codes[0], "opened");
    assert_string_equal(names.codes[1], "finding");
    assert_string_equal(names.codes[2], "csat");
    assert_string_equal(names.codes[3], "sku");
}

static void
a_code_of_a_tree_matches_what_lies_beneath(void **state UNUSED)
{
    static const struct {
        const char *said;
        enum policy_truth our_fault, defect;
    } cases[] = {
        {"defect", POLICY_TRUE, POLICY_TRUE},           {"wrong_item", POLICY_TRUE, POLICY_FALSE},
        {"change_of_mind", POLICY_FALSE, POLICY_FALSE}, {"our_fault", POLICY_TRUE, POLICY_UNKNOWN},
        {"elsewhere", POLICY_FALSE, POLICY_FALSE},
    };
    reset_facts();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        facts[REASON] =
            (struct policy_fact){.name = "reason", .is_known = true, .code = cases[i].said};
        assert_int_equal(test_text("{reason: our_fault}"), cases[i].our_fault);
        assert_int_equal(test_text("{reason: [change_of_mind, defect]}"),
                         i == 2 ? POLICY_TRUE : cases[i].defect);
    }
}

static void
days_amounts_and_numbers_are_compared(void **state UNUSED)
{
    reset_facts();
    facts[DELIVERED].is_known = facts[PRICE].is_known = facts[CSAT].is_known = true;
    facts[DELIVERED].date = (struct date){2026, 3, 15};
    facts[PRICE].money = (struct money){5900, "EUR"};
    facts[CSAT].number = 2;
    assert_int_equal(test_text("{delivered: '>= 2026-03-15'}"), POLICY_TRUE);
    assert_int_equal(test_text("{delivered: '> 2026-03-15'}"), POLICY_FALSE);
    assert_int_equal(test_text("{delivered: yes}"), POLICY_TRUE);
    assert_int_equal(test_text("{delivered: no}"), POLICY_FALSE);
    assert_int_equal(test_text("{price_paid: '< 59.01 EUR'}"), POLICY_TRUE);
    assert_int_equal(test_text("{price_paid: '<59.00 EUR'}"), POLICY_FALSE);
    assert_int_equal(test_text("{price_paid: '< 59.01 USD'}"), POLICY_UNKNOWN);
    assert_int_equal(test_text("{csat: 2}"), POLICY_TRUE);
    assert_int_equal(test_text("{csat: '= 3'}"), POLICY_FALSE);
    assert_int_equal(test_text("{receive_time: known}"), POLICY_FALSE);
    reset_facts();
    assert_int_equal(test_text("{delivered: yes}"), POLICY_UNKNOWN);
}

static void
a_document_of_the_policy_is_a_fact(void **state UNUSED)
{
    static const struct policy_fact card = {
        .name = "warranty_card", .is_known = true, .flag = true};
    struct policy_fact_reader reader = {.facts = &card, .fact_count = 1};
    const struct policy_predicate *predicate = read_condition("{warranty_card: yes}");
    assert_int_equal(policy_predicate_test(predicate, &fixture.axes, &reader), POLICY_TRUE);
    assert_string_equal(print(predicate), "{\"warranty_card\":\"yes\"}");
}

static void
a_condition_prints_sorted_and_equal_ones_equally(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *canonical;
    } cases[] = {
        {"{opened: yes, finding: [misuse, impact]}",
         "{\"finding\":[\"misuse\",\"impact\"],\"opened\":\"yes\"}"},
        {"{finding: [liquid]}", "{\"finding\":\"liquid\"}"},
        {"{cause: [unknown]}", "{\"cause\":[\"unknown\"]}"},
        {"{cause: unknown}", "{\"cause\":\"unknown\"}"},
        {"{csat: known, nps: '<6'}", "{\"csat\":\"known\",\"nps\":\"< 6\"}"},
        {"{csat: 3, nps: '>= 9'}", "{\"csat\":\"= 3\",\"nps\":\">= 9\"}"},
        {"{opened: no, price_paid: '> 5.00 EUR'}",
         "{\"opened\":\"no\",\"price_paid\":\"> 5.00 EUR\"}"},
        {"{delivered: '<= 2026-01-31'}", "{\"delivered\":\"<= 2026-01-31\"}"},
        {"{not: {csat: 1}, any: [{csat: 2}, {csat: 3, nps: 4}]}",
         "{\"any\":[{\"csat\":\"= 2\"},{\"csat\":\"= 3\",\"nps\":\"= 4\"}],\"not\":{\"csat\":\"= "
         "1\"}}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct policy_predicate *predicate = read_condition(cases[i].text);
        assert_string_equal(print(predicate), cases[i].canonical);
        const struct policy_predicate *again = read_condition(cases[i].canonical);
        assert_true(policy_predicate_equals(predicate, again));
        for (size_t j = 0; j < COUNT_OF(cases); j++)
            assert_int_equal(policy_predicate_equals(predicate, read_condition(cases[j].text)),
                             i == j);
    }
    static const char *const others[] = {"{opened: yes, csat: 1}", "{finding: [impact, misuse]}",
                                         "{csat: unknown, nps: 1}", "{csat: '> 6', nps: '> 6'}"};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        for (size_t j = 0; j < COUNT_OF(cases); j++)
            assert_false(
                policy_predicate_equals(read_condition(others[i]), read_condition(cases[j].text)));
}

static void
what_is_no_condition_is_refused_with_its_place(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *reason;
        const char *message; /* a part of it */
        int column;
    } cases[] = {
        {"{fiding: misuse}", "FACT_UNKNOWN", "did you mean 'finding'?", 2},
        {"{qwertyuiop: 1}", "FACT_UNKNOWN", "there is no fact 'qwertyuiop'", 2},
        {"{finding: misuze}", "CODE_UNKNOWN", "'misuze' is no code of finding", 11},
        {"{reason: toy}", "CODE_UNKNOWN", "'toy' is no code of reason", 10},
        {"{finding: [misuse, misuse]}", "CODE_REPEATED", "twice", 20},
        {"{finding: []}", "MATCHER_WRONG", "at least one", 11},
        {"{finding: [[misuse]]}", "MATCHER_WRONG", "holds codes", 12},
        {"{finding: ''}", "MATCHER_WRONG", "needs a code", 11},
        {"{finding: {a: b}}", "MATCHER_WRONG", "needs a code", 11},
        {"{csat: [1, 2]}", "MATCHER_WRONG", "needs one value", 8},
        {"{csat: many}", "MATCHER_WRONG", "'>= 2'", 8},
        {"{csat: '!= 2'}", "MATCHER_WRONG", "neither", 8},
        {"{csat: '>= 2.5'}", "MATCHER_WRONG", "neither", 8},
        {"{csat: '>= 2 3'}", "MATCHER_WRONG", "neither", 8},
        {"{csat: '>= 1000000001'}", "MATCHER_WRONG", "neither", 8},
        {"{opened: true}", "MATCHER_WRONG", "yes, no, known or unknown", 10},
        {"{price_paid: '> 5'}", "MATCHER_WRONG", "'>= 50.00 EUR'", 14},
        {"{delivered: '> 2026-02-30'}", "MATCHER_WRONG", "'>= 2026-01-31'", 13},
        {"{receive_time: yes}", "MATCHER_WRONG", "only known or unknown", 16},
        {"{}", "CONDITION_WRONG", "a map of facts", 1},
        {"[finding]", "CONDITION_WRONG", "a map of facts", 1},
        {"{all: {csat: 1}}", "CONDITION_WRONG", "'all' needs a list", 7},
        {"{any: []}", "CONDITION_WRONG", "'any' needs a list", 7},
        {"{not: [{csat: 1}]}", "CONDITION_WRONG", "a map of facts", 7},
        {"{not: {not: {not: {not: {not: {csat: 1}}}}}}", "CONDITION_TOO_DEEP", "at most 4 deep",
         26},
        {"{sku: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}",
         "MATCHER_WRONG", "too long", 7},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        problems.problem_count = problems.error_count = 0;
        if (try_read(cases[i].text) != NULL)
            fail_msg("%s was read", cases[i].text);
        const struct policy_problem *problem = &problems.problems[0];
        assert_int_equal(problems.error_count, 1);
        assert_string_equal(problem->reason, cases[i].reason);
        if (strstr(problem->message, cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].text, problem->message);
        assert_int_equal(problem->line, 1);
        assert_int_equal(problem->column, cases[i].column + (int)strlen("c: "));
        assert_string_equal(problem->clause_id, "warranty.exclusions");
    }
}

static void
every_fault_of_a_condition_is_told(void **state UNUSED)
{
    assert_null(try_read("{finding: [a, b], all: [{c: 1}, {d: 1}], not: {opened: maybe}}"));
    assert_int_equal(problems.error_count, 5);
}

static void
a_condition_may_nest_four_deep_and_have_so_many_terms(void **state UNUSED)
{
    read_condition("{not: {not: {not: {not: {csat: 1}}}}}");
    for (int terms = POLICY_PREDICATE_TERMS_MAX - 1; terms <= POLICY_PREDICATE_TERMS_MAX; terms++) {
        struct buf text = {0};
        buf_add_text(&text, "{any: [");
        for (int i = 0; i < terms; i++)
            buf_printf(&text, "{csat: %d}, ", i);
        buf_add_text(&text, "]}");
        bool is_fine = try_read(buf_text(&text)) != NULL;
        buf_free(&text);
        assert_int_equal(is_fine, terms < POLICY_PREDICATE_TERMS_MAX);
    }
    assert_string_equal(problems.problems[0].reason, "CONDITION_TOO_LONG");
    struct buf text = {0};
    for (int i = 0; i <= POLICY_PREDICATE_TERMS_MAX; i++)
        buf_printf(&text, "%s{csat: %d}", i == 0 ? "{any: [" : ",", i);
    buf_add_text(&text, "]}");
    assert_null(try_read(buf_text(&text)));
    buf_free(&text);
    struct buf codes = {0};
    for (int i = 0; i <= POLICY_CODES_MAX; i++)
        buf_printf(&codes, "%s s%d", i == 0 ? "{sku: [" : ",", i);
    buf_add_text(&codes, "]}");
    assert_null(try_read(buf_text(&codes)));
    buf_free(&codes);
}

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
        TEST(a_fact_that_is_not_known_decides_nothing),
        TEST(all_facts_are_asked_whatever_the_outcome),
        TEST(a_code_of_a_tree_matches_what_lies_beneath),
        TEST(days_amounts_and_numbers_are_compared),
        TEST(a_document_of_the_policy_is_a_fact),
        TEST(a_condition_prints_sorted_and_equal_ones_equally),
        TEST(what_is_no_condition_is_refused_with_its_place),
        TEST(every_fault_of_a_condition_is_told),
        TEST(a_condition_may_nest_four_deep_and_have_so_many_terms),
        TEST(property_conditions_follow_the_truth_tables_and_more_facts_turn_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
