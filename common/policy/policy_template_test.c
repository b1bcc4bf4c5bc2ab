/*
 * policy_template_test - texts with placeholders, and texts that are none
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_template.h"

#include <stdio.h>
#include <string.h>

#include "common/test.h"

static struct arena *arena;
static struct fault fault;

static int
set_up(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    memset(&fault, 0, sizeof fault);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&arena);
    arena_deinit();
    return 0;
}

static const struct policy_template *
parse(const char *text)
{
    const struct policy_template *parsed = policy_template_parse(arena, text, &fault);
    assert_non_null(parsed);
    return parsed;
}

static void
assert_refused_at(const char *text, int column)
{
    assert_null(policy_template_parse(arena, text, &fault));
    assert_string_equal(fault.reason, "TEXT_MALFORMED");
    assert_int_equal(fault.column, column);
}

static void
words_and_placeholders_come_in_order(void **state UNUSED)
{
    const struct policy_template *text = parse("For {length} from {starts}.");
    assert_int_equal(text->part_count, 5);
    assert_string_equal(text->parts[0].words, "For ");
    assert_int_equal(text->parts[1].kind, POLICY_PART_PLAIN);
    assert_string_equal(text->parts[1].parameter, "length");
    assert_string_equal(text->parts[1].form, "");
    assert_string_equal(text->parts[2].words, " from ");
    assert_string_equal(text->parts[4].words, ".");
}

static void
a_long_text_of_many_pieces_takes_memory_as_it_is_long(void **state UNUSED)
{
    enum { PIECES = 120, PIECE_BYTES = 130 };
    static char text[POLICY_TEMPLATE_BYTES_MAX];
    for (int i = 0; i < PIECES; i++)
        (void)snprintf(text + (size_t)i * PIECE_BYTES, PIECE_BYTES + 1, "{length}%0*d",
                       PIECE_BYTES - (int)strlen("{length}"), i);
    size_t before_bytes = arena_used_bytes(arena);
    assert_int_equal(parse(text)->part_count, 2 * PIECES);
    assert_true(arena_used_bytes(arena) - before_bytes < 4 * sizeof text);
}

static void
doubled_braces_are_braces(void **state UNUSED)
{
    const struct policy_template *text = parse("{{x}} costs {fee}");
    assert_int_equal(text->part_count, 2);
    assert_string_equal(text->parts[0].words, "{x} costs ");
}

static void
a_case_and_a_table_are_forms(void **state UNUSED)
{
    const struct policy_template *text = parse("{length, dative}{warranty.period/length,table}");
    assert_string_equal(text->parts[0].form, "dative");
    assert_int_equal(text->parts[1].kind, POLICY_PART_TABLE);
    assert_string_equal(text->parts[1].parameter, "warranty.period/length");
}

static void
a_select_has_a_text_for_each_value(void **state UNUSED)
{
    const struct policy_template *text =
        parse("A {goes, select, yes {It goes, {length}.} other {It ends.}} B");
    const struct policy_part *select = &text->parts[1];
    assert_int_equal(select->kind, POLICY_PART_SELECT);
    assert_int_equal(select->branch_count, 2);
    assert_string_equal(select->branches[0].key, "yes");
    assert_int_equal(select->branches[0].then->part_count, 3);
    assert_string_equal(select->branches[1].then->parts[0].words, "It ends.");
    assert_string_equal(text->parts[2].words, " B");
}

static void
a_branch_may_be_any_code(void **state UNUSED)
{
    const struct policy_template *text =
        parse("{remedy, select, gift-card {a card} Loaner_2 {a loaner} other {nothing}}");
    assert_string_equal(text->parts[0].branches[0].key, "gift-card");
    assert_string_equal(text->parts[0].branches[1].key, "Loaner_2");
}

static void
the_names_are_sorted_and_stand_once(void **state UNUSED)
{
    struct policy_codes names =
        policy_template_parameters(arena, parse("{b} {a} {b} {c, select, yes {{d} {a}} other {}}"));
    assert_int_equal(names.count, 4);
    const char *wanted[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(names.codes[i], wanted[i]);
}

static void
what_is_malformed_is_refused_with_its_column(void **state UNUSED)
{
    assert_refused_at("a } b", 3);
    assert_refused_at("a {", 4);
    assert_refused_at("a {length", 10);
    assert_refused_at("a {Length}", 4);
    assert_refused_at("{length, tabel}", 15);
    assert_refused_at("{x, select yes {a} other {b}}", 12);
    assert_refused_at("{x, select, yes {a}}", 20);
    assert_refused_at("{x, select, yes {a} yes {b} other {c}}", 29);
    assert_refused_at("{x, select, yes {{y, select, other {a}}} other {c}}", 30);
    assert_refused_at("{x, select, yes a other {c}}", 17);
    assert_refused_at("{x, select, yes {a", 19);
}

static bool
is_template(struct buf *text)
{
    return policy_template_parse(arena, buf_text(text), &fault) != NULL;
}

/* One more than fits is refused; what just fits is not. */
static void
too_many_parts_and_bytes_are_refused(void **state UNUSED)
{
    struct buf text = {0};
    for (int more = 0; more < 2; more++) {
        buf_clear(&text);
        for (int i = 0; i < POLICY_TEMPLATE_PARTS_MAX + more; i++)
            buf_add_text(&text, "{x}");
        assert_int_equal(is_template(&text), !more);
        buf_clear(&text);
        for (int i = 0; i < POLICY_TEMPLATE_BYTES_MAX + more; i++)
            buf_add_char(&text, 'x');
        assert_int_equal(is_template(&text), !more);
        buf_clear(&text);
        buf_add_text(&text, "{x, select, ");
        for (int i = 1; i < POLICY_TEMPLATE_BRANCHES_MAX + more; i++)
            buf_printf(&text, "v%d {} ", i);
        buf_add_text(&text, "other {}}");
        assert_int_equal(is_template(&text), !more);
        buf_clear(&text);
        buf_add_char(&text, '{');
        for (int i = 0; i < 80 + more; i++)
            buf_add_char(&text, 'x');
        buf_add_char(&text, '}');
        assert_int_equal(is_template(&text), !more);
    }
    buf_free(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(words_and_placeholders_come_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_text_of_many_pieces_takes_memory_as_it_is_long,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(doubled_braces_are_braces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_case_and_a_table_are_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_select_has_a_text_for_each_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_branch_may_be_any_code, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_names_are_sorted_and_stand_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_malformed_is_refused_with_its_column, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(too_many_parts_and_bytes_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
