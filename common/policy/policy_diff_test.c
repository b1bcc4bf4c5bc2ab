/*
 * policy_diff_test - what changed between two versions of values and texts is found, compared for
 * the customer, and said in words
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_diff_fixture.h"

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
               "1.1 Warranty: 2 years becomes 3 years for large appliances (better for "
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
a_parameter_without_a_label_is_called_by_its_name_in_words(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"  warranty.process/auto_approve_up_to: Accepted at once up to\n", "",
                 "auto_approve_up_to: 150.00 EUR", "auto_approve_up_to: 90.00 EUR"}};
    struct policy_changes changes = diff_edited(&edits, false, 0);
    size_t i = 0;
    while (i < changes.change_count && changes.changes[i].parameter[0] == 0)
        i++;
    assert_true(i < changes.change_count);
    assert_sentence(&changes.changes[i], "1.4 Warranty, auto approve up to: €150.00 becomes €90.00 "
                                         "(worse for you)");
    end_diff();
}

#define AMPERSAND(KEY) "  words.diff." KEY ": \"{0} &\"\n"
#define TOPICS                                                                                     \
    "      - clause: support.content\n        text: \"We help you with {topics}.\"\n        set: " \
    "{topics: [usage, troubleshooting, software_updates]}\n"

/* The sentences are text, whatever a page makes of them. */
static void
words_are_printed_as_the_policy_has_them(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"  warranty.period/length: Warranty\n",
                 "  warranty.period/length: Warranty\n  words.diff.who: \"{0} & {1}\"\n" AMPERSAND(
                     "better") AMPERSAND("added") AMPERSAND("removed") AMPERSAND("added_plain")
                     AMPERSAND("removed_plain") AMPERSAND("changed_plain")
                         AMPERSAND("label") "  words.absence.unlimited: \"<without> end\"\n  "
                                            "words.diff.text: \"{0} & {1}\"\n",
                 "{when: {category: large_appliances}, length: 2 years}",
                 "{when: {category: large_appliances}, length: unlimited}", TOPICS,
                 "      - clause: support.content\n        text: We help you.\n",
                 "technician_report: a technician's report", "technician_report: the report",
                 "text: normal wear of lamps and batteries", "text: wear"},
        .german = {"  support.content: \"Wir helfen Ihnen bei diesen Themen: {topics}.\"\n",
                   "  support.content: Wir helfen Ihnen.\n"}};
    for (int is_back = 0; is_back < 2; is_back++) {
        struct policy_changes changes = diff_edited(&edits, is_back, 0);
        policy_formatter_free(&formatter);
        formatter = policy_formatter_new(files.policy, 0);
        for (size_t i = 0; i < changes.change_count; i++) {
            buf_clear(&out);
            policy_diff_print(formatter, &changes.changes[i], &out);
            print_message("%s\n", buf_text(&out));
            assert_null(strstr(buf_text(&out), "&amp;"));
            assert_null(strstr(buf_text(&out), "&lt;"));
            assert_true(strstr(buf_text(&out), " &") != NULL);
        }
        end_diff();
    }
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_policies_do_not_differ),
        cmocka_unit_test(a_changed_value_says_what_it_means_for_the_customer),
        cmocka_unit_test(a_parameter_without_a_label_is_called_by_its_name_in_words),
        cmocka_unit_test(words_are_printed_as_the_policy_has_them),
        cmocka_unit_test(words_that_are_too_coarse_give_way_to_the_value),
        cmocka_unit_test(a_new_or_dropped_rule_is_compared_with_what_held_before),
        cmocka_unit_test(an_exception_that_says_the_same_is_named_as_such),
        cmocka_unit_test(clauses_come_and_go_with_their_values_at_their_place),
        cmocka_unit_test(texts_of_every_kind_are_compared_in_their_language),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
