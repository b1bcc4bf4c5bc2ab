/*
 * policy_catalogue_test - the tables hold together, and hold all that the default policy says
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_fixture.h"

static void
kinds_directions_and_moments_have_names(void **state UNUSED)
{
    assert_string_equal(policy_kind_name(POLICY_TEXT), "text");
    assert_string_equal(policy_kind_name(POLICY_REGISTER), "register");
    assert_string_equal(policy_kind_name(POLICY_CHECKLIST), "checklist");
    assert_string_equal(policy_better_name(POLICY_UNCOMPARED), "-");
    assert_string_equal(policy_better_name(POLICY_SHORTER), "shorter");
    assert_string_equal(policy_better_name(POLICY_RANKED), "ranked");
    assert_string_equal(policy_moment_name(POLICY_SALE), "sale");
    assert_string_equal(policy_moment_name(POLICY_LIVE), "live");
}

static void
every_parameter_is_found_by_its_name(void **state UNUSED)
{
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)i);
        assert_int_equal(policy_find_parameter(row->clause_id, row->parameter), i);
        assert_int_equal(strlen(row->name), strlen(row->clause_id) + 1 + strlen(row->parameter));
        assert_true(row->axes < 1u << POLICY_AXIS_COUNT);
    }
    assert_int_equal(policy_find_parameter("warranty.period", "lenght"), -1);
    assert_int_equal(policy_find_parameter("warranty.limits", "length"), -1);
    const struct policy_parameter_row *row = policy_parameter_row(POLICY_WARRANTY_PERIOD_LENGTH);
    assert_string_equal(row->name, "warranty.period/length");
    assert_int_equal(row->kind, POLICY_SPAN);
    assert_int_equal(row->better, POLICY_LONGER);
    assert_int_equal(row->moment, POLICY_SALE);
    assert_int_equal(row->axes, 1u << POLICY_AXIS_CATEGORY | 1u << POLICY_AXIS_SKU |
                                    1u << POLICY_AXIS_REGION | 1u << POLICY_AXIS_CUSTOMER_CLASS |
                                    1u << POLICY_AXIS_CONDITION | 1u << POLICY_AXIS_CHANNEL |
                                    1u << POLICY_AXIS_COMPONENT | 1u << POLICY_AXIS_COST_CLASS);
    assert_int_equal(policy_parameter_row(POLICY_SURVEY_FEEDBACK_CLUSTER)->kind, POLICY_TESTS);
}

/* A name that a row points to is in a table. */
static void
every_list_that_is_named_exists(void **state UNUSED)
{
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)i);
        if (row->list[0] != 0 && policy_find_axis(row->list) < 0)
            assert_non_null(policy_find_list(row->list));
        bool needs_list = row->kind == POLICY_CHOICE || row->kind == POLICY_CHOICES ||
                          row->kind == POLICY_ANCHORS || row->kind == POLICY_LADDER ||
                          row->kind == POLICY_CHECKLIST || row->kind == POLICY_REGISTER;
        assert_int_equal(needs_list, row->list[0] != 0);
        assert_int_equal(row->better == POLICY_RANKED, row->ranking[0] != 0);
    }
    const struct policy_fact_row *facts;
    size_t fact_count = policy_fact_rows(&facts);
    for (size_t i = 0; i < fact_count; i++)
        if (facts[i].list != NULL && policy_find_axis(facts[i].list) < 0)
            assert_non_null(policy_find_list(facts[i].list));
}

static void
every_axis_is_found_and_is_a_fact(void **state UNUSED)
{
    for (int i = 0; i < POLICY_AXIS_COUNT; i++) {
        const struct policy_axis_row *row = policy_axis_row((enum policy_axis)i);
        assert_int_equal(policy_find_axis(row->name), i);
        assert_non_null(policy_find_fact(row->name));
        assert_int_equal(row->source == POLICY_AXIS_LISTED, row->list != NULL);
        assert_true(row->list == NULL || policy_find_list(row->list) != NULL);
        assert_true(strlen(row->sentence) > 10);
    }
    assert_int_equal(policy_find_axis("colour"), -1);
    assert_int_equal(policy_axis_row(POLICY_AXIS_SKU)->source, POLICY_AXIS_OPEN);
}

static void
tables_are_sorted_and_searched_by_name(void **state UNUSED)
{
    const struct policy_list_row *lists;
    size_t list_count = policy_list_rows(&lists);
    for (size_t i = 0; i < list_count; i++) {
        assert_true(i == 0 || strcmp(lists[i - 1].name, lists[i].name) < 0);
        assert_ptr_equal(policy_find_list(lists[i].name), &lists[i]);
    }
    const struct policy_fact_row *facts;
    size_t fact_count = policy_fact_rows(&facts);
    for (size_t i = 0; i < fact_count; i++) {
        assert_true(i == 0 || strcmp(facts[i - 1].name, facts[i].name) < 0);
        assert_ptr_equal(policy_find_fact(facts[i].name), &facts[i]);
        assert_int_equal(facts[i].kind == POLICY_FACT_CODE, facts[i].list != NULL);
        assert_int_equal(facts[i].sentence[strlen(facts[i].sentence) - 1], '.');
    }
    assert_null(policy_find_list("colours"));
    assert_null(policy_find_fact("colour"));
}

static void
each_fee_unit_has_a_fact_that_fits(void **state UNUSED)
{
    const struct policy_fee_unit_row *units;
    size_t unit_count = policy_fee_unit_rows(&units);
    for (size_t i = 0; i < unit_count; i++) {
        assert_true(i == 0 || strcmp(units[i - 1].name, units[i].name) < 0);
        const struct policy_fact_row *fact = policy_find_fact(units[i].fact);
        assert_int_equal(fact->kind, units[i].is_base ? POLICY_FACT_MONEY : POLICY_FACT_NUMBER);
        assert_int_equal(30000 % units[i].scale, 0);
    }
    assert_int_equal(policy_find_fee_unit("hour")->scale, 60);
    assert_null(policy_find_fee_unit("hours"));
}

static void
a_misspelt_name_finds_the_one_that_was_meant(void **state UNUSED)
{
    static const struct {
        char what;
        const char *name;
        const char *nearest;
    } cases[] = {
        {'p', "lenght", "length"},
        {'p', "warranty.period/lengh", "warranty.period/length"},
        {'c', "waranty.period", "warranty.period"},
        {'a', "catgeory", "category"},
        {'f', "fiding", "finding"},
        {'l', "cuase", "cause"},
        {'u', "hours", "hour"},
        {'u', "mk", "km"},
        {'f', "zzzzzzzzz", NULL},
        {'a', "", NULL},
        {'f', "a_name_that_is_longer_than_any_name_of_the_catalogue_could_ever_sensibly_be", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *nearest = policy_nearest(cases[i].what, cases[i].name);
        if (cases[i].nearest == NULL)
            assert_null(nearest);
        else
            assert_string_equal(nearest, cases[i].nearest);
    }
}

static void
assert_meant(char what, const char *name)
{
    char misspelt[128];
    (void)snprintf(misspelt, sizeof misspelt, "%s_", name);
    const char *nearest = policy_nearest(what, misspelt);
    if (nearest == NULL || strcmp(nearest, name) != 0)
        fail_msg("%c %s: %s", what, misspelt, nearest == NULL ? "none" : nearest);
}

/* The first and the last as well. */
static void
each_name_is_found_when_it_is_misspelt(void **state UNUSED)
{
    const struct policy_list_row *lists;
    for (size_t i = 0, count = policy_list_rows(&lists); i < count; i++)
        assert_meant('l', lists[i].name);
    const struct policy_fact_row *facts;
    for (size_t i = 0, count = policy_fact_rows(&facts); i < count; i++)
        assert_meant('f', facts[i].name);
    const struct policy_fee_unit_row *units;
    for (size_t i = 0, count = policy_fee_unit_rows(&units); i < count; i++)
        assert_meant('u', units[i].name);
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++)
        assert_meant('a', policy_axis_row((enum policy_axis)axis)->name);
    for (int parameter = 0; parameter < POLICY_PARAMETER_COUNT; parameter++) {
        const struct policy_parameter_row *row =
            policy_parameter_row((enum policy_parameter)parameter);
        assert_meant('p', row->name);
        assert_meant('p', row->parameter);
        assert_meant('c', row->clause_id);
    }
}

static void
the_nearest_of_given_names_is_found(void **state UNUSED)
{
    static const char *const names[] = {"office", "workshop", "offices"};
    assert_string_equal(policy_nearest_of(names, 3, "ofice"), "office");
    assert_string_equal(policy_nearest_of(names, 3, "workshpo"), "workshop");
    assert_null(policy_nearest_of(names, 3, "kitchen"));
    assert_null(policy_nearest_of(names, 0, "office"));
    assert_null(policy_nearest_of(
        names, 3, "a_name_that_is_longer_than_any_name_of_the_catalogue_could_ever_sensibly_be"));
}

static void
a_name_of_more_than_64_letters_is_not_looked_for(void **state UNUSED)
{
    char known[65] = "", misspelt[66] = "";
    memset(known, 'a', 64);
    const char *const names[] = {known};
    memset(misspelt, 'a', 63);
    misspelt[63] = 'b';
    assert_string_equal(policy_nearest_of(names, 1, misspelt), known);
    misspelt[64] = 'b';
    assert_null(policy_nearest_of(names, 1, misspelt));
}

/* ---- the default policy ---- */

static char *
read_default(void)
{
    FILE *file = fopen(AFTERCARE_SOURCE_DIR "/../shared/policy/default.yaml", "r");
    if (file == NULL)
        skip();
    char *text = arena_alloc(arena, POLICY_FILE_BYTES_MAX);
    size_t size = fread(text, 1, POLICY_FILE_BYTES_MAX - 1, file);
    fclose(file);
    text[size] = 0;
    return text;
}

static void
assert_no_problem(void)
{
    for (size_t i = 0; i < problems.problem_count; i++)
        print_message("line %d: %s\n", problems.problems[i].line, problems.problems[i].message);
    assert_int_equal(problems.problem_count, 0);
}

/* Reads each value of a `set` or an exception; answers how many there were. */
static int
read_values(const char *clause_id, const struct policy_node *map)
{
    int count = 0;
    for (const struct policy_node *node = map->children; node != NULL; node = node->next) {
        if (strcmp(node->key, "when") == 0) {
            for (const struct policy_node *at = node->children; at != NULL; at = at->next) {
                assert_true(policy_find_axis(at->key) >= 0);
                if (!policy_has_code(&fixture, at->key, at->text))
                    fail_msg("line %d: %s", at->place.line, at->text);
            }
            continue;
        }
        int parameter = policy_find_parameter(clause_id, node->key);
        assert_true(parameter >= 0);
        struct policy_value value;
        policy_value_read(arena, &fixture, policy_parameter_row((enum policy_parameter)parameter),
                          node, clause_id, &value, &problems);
        count++;
    }
    return count;
}

static void
every_value_of_the_default_policy_is_read(void **state UNUSED)
{
    const char *text = read_default();
    fixture_load(text);
    int count = 0;
    const struct policy_node *sections = policy_node_get(fixture_node(text), "sections");
    for (const struct policy_node *section = sections->children; section; section = section->next) {
        const struct policy_node *clauses = policy_node_get(section, "clauses");
        for (const struct policy_node *clause = clauses->children; clause; clause = clause->next) {
            const char *clause_id = policy_node_get(clause, "clause")->text;
            const struct policy_node *set = policy_node_get(clause, "set");
            const struct policy_node *except = policy_node_get(clause, "except");
            if (set != NULL)
                count += read_values(clause_id, set);
            for (const struct policy_node *rule = except ? except->children : NULL; rule;
                 rule = rule->next)
                count += read_values(clause_id, rule);
        }
    }
    assert_no_problem();
    assert_true(count >= POLICY_PARAMETER_COUNT - 1);
}

static void
assert_codes_known(const struct policy_node *map, const char *key, const char *list)
{
    const struct policy_node *codes = policy_node_get(map, key);
    for (const struct policy_node *code = codes ? codes->children : NULL; code; code = code->next)
        if (!policy_has_code(&fixture, list, code->text))
            fail_msg("'%s' is no code of %s", code->text, list);
}

static void
every_code_of_its_rights_is_known(void **state UNUSED)
{
    const char *text = read_default();
    fixture_load(text);
    const struct policy_node *packs = policy_node_get(fixture_node(text), "statutory");
    for (const struct policy_node *pack = packs->children; pack != NULL; pack = pack->next) {
        const struct policy_node *rights = policy_node_get(pack, "rights");
        for (const struct policy_node *right = rights->children; right; right = right->next) {
            assert_codes_known(right, "covers", "cost_class");
            assert_codes_known(right, "causes", "cause");
            assert_codes_known(right, "reasons", "reason");
            assert_codes_known(right, "remedies", "remedy");
            assert_codes_known(right, "starts", "event");
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_directions_and_moments_have_names),
        cmocka_unit_test(every_parameter_is_found_by_its_name),
        cmocka_unit_test(every_list_that_is_named_exists),
        cmocka_unit_test(every_axis_is_found_and_is_a_fact),
        cmocka_unit_test(tables_are_sorted_and_searched_by_name),
        cmocka_unit_test(each_fee_unit_has_a_fact_that_fits),
        cmocka_unit_test(a_misspelt_name_finds_the_one_that_was_meant),
        cmocka_unit_test(each_name_is_found_when_it_is_misspelt),
        cmocka_unit_test(the_nearest_of_given_names_is_found),
        cmocka_unit_test(a_name_of_more_than_64_letters_is_not_looked_for),
        cmocka_unit_test_setup_teardown(every_value_of_the_default_policy_is_read, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(every_code_of_its_rights_is_known, fixture_open,
                                        fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
