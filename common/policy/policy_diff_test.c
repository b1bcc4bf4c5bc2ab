/*
 * policy_diff_test - what changed between two versions is found, compared for the customer, and
 * said in words
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_diff.h"
#include "common/policy/policy_text_fixture.h"

static struct read_fixture base_files, files;
static const struct policy *base;
static struct policy_formatter *formatter;
static struct buf out;

static int
set_up(void **state UNUSED)
{
    base = text_open(&base_files, NULL);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    buf_free(&out);
    read_end(&base_files);
    arena_deinit();
    zone_deinit();
    return 0;
}

/* What changed when the default policy was edited; `is_back`: the other way round. */
static struct policy_changes
diff_edited(const struct text_edits *edits, bool is_back, size_t language)
{
    const struct policy *edited = text_open(&files, edits);
    formatter = policy_formatter_new(is_back ? base : edited, language);
    return is_back ? policy_diff(files.arena, edited, base)
                   : policy_diff(files.arena, base, edited);
}

static void
end_diff(void)
{
    policy_formatter_free(&formatter);
    read_end(&files);
}

static void
assert_sentence(const struct policy_change *change, const char *sentence)
{
    buf_clear(&out);
    policy_diff_print(formatter, change, &out);
    assert_string_equal(buf_text(&out), sentence);
}

/* One edit of the main file makes one change with this sentence. */
static void
assert_one(const char *old, const char *new, const char *sentence)
{
    struct policy_changes changes = diff_edited(&(struct text_edits){.main = {old, new}}, false, 0);
    for (size_t i = 0; changes.change_count != 1 && i < changes.change_count; i++)
        print_message("%s %s\n", changes.changes[i].clause_id, changes.changes[i].rule_id);
    assert_int_equal(changes.change_count, 1);
    assert_sentence(&changes.changes[0], sentence);
    end_diff();
}

static void
equal_policies_do_not_differ(void **state UNUSED)
{
    struct policy_changes changes = diff_edited(NULL, false, 0);
    assert_int_equal(changes.change_count, 0);
    end_diff();
}

static void
a_changed_value_says_what_it_means_for_the_customer(void **state UNUSED)
{
    assert_one("{when: {category: large_appliances}, length: 2 years}",
               "{when: {category: large_appliances}, length: 3 years}",
               "1.1 Warranty, Warranty: 2 years becomes 3 years for large appliances (better for "
               "you)");
    assert_one("decide_within: 3 working days of office", "decide_within: 5 working days of office",
               "1.4 Warranty, Decision within: 3 working days becomes 5 working days (worse for "
               "you)");
    assert_one("refund_within: 7 working days of office", "refund_within: 10 days",
               "2.4 Returns and exchanges, Money back within: 7 working days becomes 10 days (what "
               "is better depends on the case)");
    assert_one("rounding: half_up", "rounding: down",
               "0.3 Our commitment, Rounding: half a cent or more is rounded up becomes fractions "
               "of a cent are dropped");
    assert_one("{when: {role: agent}, override_limit: 50.00 EUR}",
               "{when: {role: agent}, override_limit: 60.00 EUR}",
               "Our commitment, Authority: €50.00 becomes €60.00 for customer advisers (internal)");
}

static void
words_that_are_too_coarse_give_way_to_the_value(void **state UNUSED)
{
    assert_one("deliver_within: 15 working days of office",
               "deliver_within: 15 working days of workshop",
               "6.3 Spare parts, Delivered within: 15 working days of office becomes 15 working "
               "days of workshop (what is better depends on the case)");
}

static void
a_new_or_dropped_rule_is_compared_with_what_held_before(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"set: {length: 90 days}",
                 "set: {length: 90 days}\n        except:\n          - {when: {category: "
                 "large_appliances}, length: 180 days}"}};
    struct policy_changes changes = diff_edited(&edits, false, 0);
    assert_int_equal(changes.change_count, 1);
    assert_int_equal(changes.changes[0].kind, POLICY_ADDED);
    assert_int_equal(changes.changes[0].effect, POLICY_BETTER);
    assert_string_equal(changes.changes[0].rule_id, "repair.warranty[category=large_appliances]");
    assert_string_equal(changes.changes[0].old_value, "90 days");
    assert_string_equal(changes.changes[0].new_value, "180 days");
    assert_sentence(&changes.changes[0], "3.5 Repairs, Warranty on the repair: 90 days becomes 180 "
                                         "days for large appliances (better for you)");
    end_diff();
    changes = diff_edited(&edits, true, 1);
    assert_int_equal(changes.change_count, 1);
    assert_int_equal(changes.changes[0].kind, POLICY_REMOVED);
    assert_sentence(&changes.changes[0],
                    "3.5 Reparaturen, Garantie auf die Reparatur: bisher 180 Tage, "
                    "jetzt 90 Tage (Großgeräte) (schlechter für Sie)");
    end_diff();
}

static void
an_exception_that_says_the_same_is_named_as_such(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"set: {length: 90 days}",
                 "set: {length: 90 days}\n        except:\n          - {when: {condition: new}, "
                 "length: 90 days}"}};
    struct policy_changes changes = diff_edited(&edits, false, 0);
    assert_int_equal(changes.change_count, 1);
    assert_int_equal(changes.changes[0].effect, POLICY_SAME);
    assert_sentence(&changes.changes[0], "3.5 Repairs, Warranty on the repair: an exception for "
                                         "new products was added that says the same, 90 days");
    end_diff();
    changes = diff_edited(&edits, true, 0);
    assert_int_equal(changes.change_count, 1);
    assert_sentence(&changes.changes[0], "3.5 Repairs, Warranty on the repair: the exception for "
                                         "new products is gone, which said the same, 90 days");
    end_diff();
}

static void
clauses_come_and_go_with_their_values_at_their_place(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"      - clause: repair.warranty\n        text: \"We guarantee the repair itself "
                 "for {length}.\"\n        set: {length: 90 days}\n",
                 "", "We repair products {offered}.", "We do repair products {offered}.",
                 "{free_for: 30 days", "{free_for: 20 days"},
        .german = {"\n  repair.warranty:", "\n  # repair.warranty:"}};
    struct policy_changes changes = diff_edited(&edits, false, 0);
    assert_int_equal(changes.change_count, 4);
    assert_sentence(&changes.changes[0], "3.1 Repairs: other words (en)");
    assert_int_equal(changes.changes[1].kind, POLICY_REMOVED);
    assert_sentence(&changes.changes[1], "repair.warranty: no longer there");
    assert_sentence(&changes.changes[2], "repair.warranty: no longer 90 days");
    assert_sentence(&changes.changes[3], "3.6 Repairs, Stored free of charge for: 30 days becomes "
                                         "20 days (worse for you)");
    end_diff();
    changes = diff_edited(&edits, true, 0);
    assert_int_equal(changes.change_count, 4);
    assert_sentence(&changes.changes[1], "3.5 Repairs: new");
    assert_sentence(&changes.changes[2], "3.5 Repairs, Warranty on the repair: new, 90 days");
    end_diff();
}

static void
texts_of_every_kind_are_compared_in_their_language(void **state UNUSED)
{
    static const char *const ids[] = {"title", "warranty.exclusions.wear", "parts",
                                      "eu_consumer_sample.withdrawal"};
    static const char *const languages[] = {"en", "en", "en", "de"};
    struct policy_changes changes = diff_edited(
        &(struct text_edits){.main = {"text: normal wear of lamps and batteries",
                                      "text: wear of lamps", "title: Spare parts", "title: Parts",
                                      "title: Product after", "title: After"},
                             .german = {"Was Sie online", "Was immer Sie online"}},
        false, 0);
    assert_int_equal(changes.change_count, COUNT_OF(ids));
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        assert_string_equal(changes.changes[i].clause_id, ids[i]);
        assert_string_equal(changes.changes[i].language, languages[i]);
        assert_int_equal(changes.changes[i].kind, POLICY_TEXT_CHANGED);
    }
    assert_sentence(&changes.changes[1], "warranty.exclusions.wear: other words (en)");
    end_diff();
}

static void
the_law_and_other_parts_are_compared_by_name(void **state UNUSED)
{
    struct policy_changes changes = diff_edited(
        &(struct text_edits){
            .main = {"presumed_for: 1 year", "presumed_for: 6 months", "is: 14 days}",
                     "is: 10 days}", "fri: [\"07:30-12:00\"]", "fri: [\"07:30-11:00\"]",
                     "+49 30 0000001", "+49 30 0000002", "appliances: {small_appliances: {}, ",
                     "appliances: {small_appliances: {}, middling: {}, ",
                     "part_class: [functional, cosmetic]", "part_class: [functional, cosmetic, x]",
                     "currency: EUR", "currency: CHF"}},
        false, 0);
    static const char *const ids[] = {"eu_consumer_sample.conformity",
                                      "eu_consumer_sample.refund_time",
                                      "currency",
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
    assert_string_equal(changes.changes[2].new_value, "CHF");
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
    assert_sentence(&changes.changes[0], "sections.warranty.clauses: changed");
    assert_non_null(strstr(changes.changes[0].old_value, "coverage, warranty.exclusions"));
    assert_non_null(strstr(changes.changes[0].new_value, "exclusions, warranty.coverage"));
    end_diff();
    assert_one("number: 3\n", "number: 77\n", "sections.repair.number: changed");
    assert_one("policy: default\n", "policy: other\n", "policy: changed");
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
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_policies_do_not_differ),
        cmocka_unit_test(a_changed_value_says_what_it_means_for_the_customer),
        cmocka_unit_test(words_that_are_too_coarse_give_way_to_the_value),
        cmocka_unit_test(a_new_or_dropped_rule_is_compared_with_what_held_before),
        cmocka_unit_test(an_exception_that_says_the_same_is_named_as_such),
        cmocka_unit_test(clauses_come_and_go_with_their_values_at_their_place),
        cmocka_unit_test(texts_of_every_kind_are_compared_in_their_language),
        cmocka_unit_test(the_law_and_other_parts_are_compared_by_name),
        cmocka_unit_test(layers_rights_and_contacts_come_and_go),
        cmocka_unit_test(a_whole_layer_comes_and_goes),
        cmocka_unit_test(labels_come_and_go),
        cmocka_unit_test(an_internal_clause_that_is_published_is_a_change),
        cmocka_unit_test(orders_numbers_and_the_name_are_changes),
        cmocka_unit_test(a_language_that_goes_is_a_change),
        cmocka_unit_test(tests_in_another_order_are_a_change),
        cmocka_unit_test(what_no_comparison_knows_is_told_by_its_part),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
