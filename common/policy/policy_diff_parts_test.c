/*
 * policy_diff_parts_test - changes of all that is no value of a clause: the law, contacts, labels,
 * orders, languages
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_diff_fixture.h"

static void
the_law_and_other_parts_are_compared_by_name(void **state UNUSED)
{
    struct policy_changes changes = diff_edited(
        &(struct text_edits){.main = {"presumed_for: 1 year", "presumed_for: 6 months",
                                      "is: 14 days}", "is: 10 days}", "fri: [\"07:30-12:00\"]",
                                      "fri: [\"07:30-11:00\"]", "+49 30 0000001", "+49 30 0000002",
                                      "appliances: {small_appliances: {}, ",
                                      "appliances: {small_appliances: {}, middling: {}, ",
                                      "part_class: [functional, cosmetic]",
                                      "part_class: [functional, cosmetic, x]"}},
        false, 0);
    static const char *const ids[] = {"eu_consumer_sample.conformity",
                                      "eu_consumer_sample.refund_time",
                                      "axes.category",
                                      "codes.part_class",
                                      "calendars.workshop",
                                      "contacts.complaints"};
    assert_int_equal(changes.change_count, COUNT_OF(ids));
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        assert_string_equal(changes.changes[i].clause_id, ids[i]);
        assert_int_equal(changes.changes[i].kind, POLICY_VALUE_CHANGED);
        assert_int_equal(changes.changes[i].effect, POLICY_INCOMPARABLE);
        assert_string_not_equal(changes.changes[i].old_value, changes.changes[i].new_value);
    }
    assert_sentence(&changes.changes[0], "eu_consumer_sample.conformity: changed");
    end_diff();
}

static void
layers_rights_and_contacts_come_and_go(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"      - {id: eu_consumer_sample.covered_repair, parameter: "
                 "repair.charges/charge, when: {coverage: covered}, is: free}",
                 "", "contacts:\n", "contacts:\n  other: {phone: \"1\"}\n", "lamp: lamp",
                 "lamp: bulb"}};
    struct policy_changes changes = diff_edited(&edits, false, 0);
    assert_int_equal(changes.change_count, 3);
    assert_string_equal(changes.changes[0].clause_id, "eu_consumer_sample.covered_repair");
    assert_int_equal(changes.changes[0].kind, POLICY_REMOVED);
    assert_string_equal(changes.changes[0].new_value, "");
    assert_string_equal(changes.changes[1].clause_id, "contacts.other");
    assert_int_equal(changes.changes[1].kind, POLICY_ADDED);
    assert_string_equal(changes.changes[2].clause_id, "labels.component.lamp");
    assert_string_equal(changes.changes[2].language, "en");
    end_diff();
    changes = diff_edited(&edits, true, 0);
    assert_int_equal(changes.change_count, 3);
    assert_int_equal(changes.changes[0].kind, POLICY_ADDED);
    assert_int_equal(changes.changes[1].kind, POLICY_REMOVED);
    end_diff();
}

/* The default policy without its layers of law, as a tree too. */
static struct policy
without_law(struct policy_node *root)
{
    struct policy policy = *base;
    policy.pack_count = 0;
    *root = *base->tree;
    struct policy_node **last = &root->children;
    *last = NULL;
    for (const struct policy_node *node = base->tree->children; node != NULL; node = node->next) {
        if (strcmp(node->key, "statutory") == 0)
            continue;
        *last = arena_copy(base_files.arena, node, sizeof *node);
        last = &(*last)->next;
        *last = NULL;
    }
    policy.tree = root;
    return policy;
}

static void
a_whole_layer_comes_and_goes(void **state UNUSED)
{
    struct policy_node root;
    struct policy lawless = without_law(&root);
    struct policy_changes changes = policy_diff(base_files.arena, base, &lawless);
    assert_int_equal(changes.change_count, 1);
    assert_string_equal(changes.changes[0].clause_id, "eu_consumer_sample");
    assert_int_equal(changes.changes[0].kind, POLICY_REMOVED);
    changes = policy_diff(base_files.arena, &lawless, base);
    assert_int_equal(changes.change_count, 1);
    assert_int_equal(changes.changes[0].kind, POLICY_ADDED);
}

static void
labels_come_and_go(void **state UNUSED)
{
    const struct text_edits edits = {.main = {"lamp: lamp", "xlamp: lamp"},
                                     .german = {"lamp: Lampe", "xlamp: Lampe"}};
    struct policy_changes changes = diff_edited(&edits, false, 0);
    assert_int_equal(changes.change_count, 3);
    assert_string_equal(changes.changes[0].clause_id, "labels.component.lamp");
    assert_int_equal(changes.changes[0].kind, POLICY_REMOVED);
    assert_string_equal(changes.changes[2].clause_id, "labels.component.xlamp");
    assert_string_equal(changes.changes[2].language, "de");
    end_diff();
}

static void
an_internal_clause_that_is_published_is_a_change(void **state UNUSED)
{
    assert_one("        internal: true               # decides, but is not printed for customers\n",
               "", "0.4 Our commitment: changed");
}

static void
orders_numbers_and_the_name_are_changes(void **state UNUSED)
{
    static const char coverage[] =
        "      - clause: warranty.coverage\n        text: \"The warranty covers faults that come "
        "from {causes}.\"\n        set: {causes: [material_defect, workmanship_defect]}\n";
    static const char process[] = "      - clause: warranty.process\n";
    const char *moved = arena_printf(base_files.arena, "%s%s", coverage, process);
    struct policy_changes changes =
        diff_edited(&(struct text_edits){.main = {coverage, "", process, moved}}, false, 0);
    assert_int_equal(changes.change_count, 1);
    assert_sentence(&changes.changes[0], "1 Warranty: another order or number");
    assert_non_null(strstr(changes.changes[0].old_value, "coverage, warranty.exclusions"));
    assert_non_null(strstr(changes.changes[0].new_value, "exclusions, warranty.coverage"));
    end_diff();
    assert_one("number: 3\n", "number: 77\n", "77 Repairs: another order or number");
    assert_one("policy: default\n", "policy: other\n", "policy: changed");
    assert_one("source: Directive (EU)", "source: Law (EU)",
               "eu_consumer_sample/source: other words (en)");
}

static void
a_language_that_goes_is_a_change(void **state UNUSED)
{
    read_start(&files);
    assert_true(read_load(&files, "deploy/policies/default.yaml", &files.sources.main));
    assert_true(read_load(&files, "deploy/policies/holidays/DE.yaml", &files.holidays[0]));
    files.sources.holiday_count = 1;
    static const char *const pair[] = {"languages: [en, de]", "languages: [en]", NULL};
    text_replace(&files.sources.main, pair, &files);
    const struct policy *english = read_all(&files);
    assert_non_null(english);
    struct policy_changes changes = policy_diff(files.arena, base, english);
    assert_int_equal(changes.change_count, 1);
    assert_string_equal(changes.changes[0].clause_id, "languages");
    changes = policy_diff(files.arena, english, base);
    assert_int_equal(changes.change_count, 1);
    read_end(&files);
}

static void
tests_in_another_order_are_a_change(void **state UNUSED)
{
    static const char first[] = "            - {id: repair.remedy.two_failed, text: the same fault "
                                "has come back after two repairs, when: "
                                "{failed_repairs_same_fault: \">= 2\"}, then: [replace, refund]}\n";
    static const char second[] = "            - {id: repair.remedy.no_part,";
    const char *moved = arena_printf(base_files.arena, "%s%s", first, second);
    struct policy_changes changes =
        diff_edited(&(struct text_edits){.main = {first, "", second, moved}}, false, 0);
    assert_int_equal(changes.change_count, 1);
    assert_string_equal(changes.changes[0].clause_id, "repair.remedy");
    assert_int_equal(changes.changes[0].effect, POLICY_INCOMPARABLE);
    assert_string_equal(
        changes.changes[0].new_value,
        "repair.remedy.thirty_days, repair.remedy.two_failed, repair.remedy.no_part");
    end_diff();
}

static void
words_that_one_language_lost_are_told_beside_other_changes(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"{claims_max: 3", "{claims_max: 4"},
        .german = {"{no_fault_found: kein Fehler gefunden, ", "{"}};
    struct policy_changes changes = diff_edited(&edits, false, 0);
    assert_int_equal(changes.change_count, 2);
    assert_string_equal(changes.changes[1].clause_id, "labels.finding.no_fault_found");
    assert_string_equal(changes.changes[1].language, "de");
    assert_string_equal(changes.changes[1].new_value, "");
    assert_sentence(&changes.changes[1], "the word for finding.no_fault_found: other words (de)");
    end_diff();
}

/* The default policy that says one thing more, which no comparison knows. */
static void
what_no_comparison_knows_is_told_by_its_part(void **state UNUSED)
{
    struct policy policy = *base;
    struct policy_node root = *base->tree, more = {.kind = POLICY_NODE_SCALAR, .key = "zzz"};
    more.text = "new";
    more.next = root.children;
    root.children = &more;
    root.child_count++;
    policy.tree = &root;
    struct policy_changes changes = policy_diff(base_files.arena, base, &policy);
    assert_int_equal(changes.change_count, 1);
    assert_string_equal(changes.changes[0].clause_id, "zzz");
    changes = policy_diff(base_files.arena, &policy, base);
    assert_int_equal(changes.change_count, 1);
    policy.title.texts[0] = "Another title"; /* beside another change too */
    changes = policy_diff(base_files.arena, base, &policy);
    assert_int_equal(changes.change_count, 2);
    assert_string_equal(changes.changes[1].clause_id, "zzz");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_law_and_other_parts_are_compared_by_name),
        cmocka_unit_test(layers_rights_and_contacts_come_and_go),
        cmocka_unit_test(a_whole_layer_comes_and_goes),
        cmocka_unit_test(labels_come_and_go),
        cmocka_unit_test(an_internal_clause_that_is_published_is_a_change),
        cmocka_unit_test(orders_numbers_and_the_name_are_changes),
        cmocka_unit_test(a_language_that_goes_is_a_change),
        cmocka_unit_test(tests_in_another_order_are_a_change),
        cmocka_unit_test(words_that_one_language_lost_are_told_beside_other_changes),
        cmocka_unit_test(what_no_comparison_knows_is_told_by_its_part),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
