/*
 * policy_decide_parts_test - parts of a unit that have terms of their own, shorter ones too
 *
 * The seed is printed; AFTERCARE_TEST_SEED replays it, AFTERCARE_TEST_LONG takes the large counts.
 */
// SPDX-License-Identifier: Apache-2.0
#include <time.h>

#include "common/policy/policy_decide_edit_fixture.h"
#include "common/policy/policy_decide_random.h"

/* A small appliance in a region without a pack, delivered in May 2025: a year for parts and labour.
 */
#define SOLD                                                                                       \
    "serial: SN-1\nfacts:\n  category: small_appliances\n  region: US\n  condition: new\n"         \
    "  customer_class: consumer\n  channel: shop\n  delivered: 2025-05-31\n  fault_photo: yes\n"   \
    "  cause: material_defect\n  price_paid: 20.00 EUR\n  claims_in_period: 0\n"
#define TRAVEL "          - {when: {cost_class: travel}, length: none}\n"
#define BATTERY "          - {when: {category: small_appliances, component: battery}, length: "
#define PARTS "          - {when: {component: battery, cost_class: parts}, length: none}\n"
#define SAYS(PART, TRUST) "  component: {value: " PART ", trust: " TRUST "}\n"
#define CLAIM(AT) EDIT_HEAD("warranty.claim", AT) SOLD

static void
open_battery(const char *rules)
{
    struct text_edits edits = {.main = {TRAVEL, rules}};
    edit_open(&edits);
}

static void
a_part_with_a_shorter_warranty_is_decided_by_its_own(void **state UNUSED)
{
    open_battery(TRAVEL BATTERY "3 months}\n");
    edit_decide(CLAIM("2025-12-01") SAYS("battery", "found"));
    edit_assert_outcome(DENIED, "warranty.period", "EXPIRED");
    edit_assert_last_date("2025-08-31");
    assert_int_equal(edit_record->n_entitlements, 0);
    edit_decide(EDIT_HEAD("warranty.coverage", "2025-12-01") SOLD SAYS("battery", "found"));
    edit_assert_outcome(DENIED, "warranty.period", "EXPIRED");
    edit_decide(CLAIM("2025-08-31") SAYS("battery", "found"));
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    edit_assert_last_date("2025-08-31");
    edit_decide(CLAIM("2025-12-01") SAYS("motor", "found"));
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    edit_assert_last_date("2026-05-31");
}

static void
a_part_without_a_warranty_has_none(void **state UNUSED)
{
    open_battery(TRAVEL BATTERY "none}\n");
    edit_decide(CLAIM("2025-06-01") SAYS("battery", "found"));
    edit_assert_outcome(DENIED, "warranty.period", "NOT_COVERED");
    edit_decide(CLAIM("2027-06-01") SAYS("battery", "found"));
    edit_assert_outcome(DENIED, "warranty.period", "NOT_COVERED");
}

/* What the law gives does not know of parts. */
static void
a_right_covers_a_part_without_a_warranty(void **state UNUSED)
{
    open_battery(TRAVEL BATTERY "none}\n");
    edit_decide(EDIT_HEAD("warranty.claim",
                          "2025-12-01") "serial: SN-1\nfacts:\n  category: small_appliances\n"
                                        "  region: DE\n  customer_class: consumer\n  condition: "
                                        "new\n  channel: shop\n  delivered: 2025-05-31\n"
                                        "  cause: material_defect\n  fault_photo: yes\n"
                                        "  price_paid: 20.00 EUR\n" SAYS("battery", "found"));
    edit_assert_outcome(GRANTED, "eu_consumer_sample.conformity", "COVERED_BY_LAW");
}

static void
a_part_without_one_cost_class_is_covered_in_part(void **state UNUSED)
{
    open_battery(TRAVEL PARTS);
    edit_decide(CLAIM("2025-12-01") SAYS("battery", "found"));
    edit_assert_outcome(PARTLY_GRANTED, "warranty.period", "COVERED");
    edit_assert_says(1, "It pays for labour only.");
}

static void
assert_asks_for_part(bool has_finding)
{
    edit_assert_outcome(UNDETERMINED, "warranty.period", "PROOF_MISSING");
    assert_int_equal(edit_record->n_needed, has_finding ? 1 : 2);
    assert_string_equal(edit_record->needed[0]->name, "component");
    if (!has_finding)
        assert_string_equal(edit_record->needed[1]->name, "finding");
}

static void
a_part_that_is_only_stated_takes_nothing_away(void **state UNUSED)
{
    open_battery(TRAVEL BATTERY "3 months}\n");
    edit_decide(CLAIM("2025-12-01") SAYS("battery", "stated"));
    assert_asks_for_part(false);
    edit_assert_says(1, "which part is at fault; an inspection of the product");
    edit_decide(EDIT_HEAD("warranty.coverage", "2025-12-01") SOLD SAYS("battery", "stated"));
    assert_asks_for_part(false);
    edit_decide(CLAIM("2025-12-01") "  finding: {value: material_defect, trust: found}\n" SAYS(
        "battery", "stated"));
    assert_asks_for_part(true);
    /* Where it does not matter, nothing is asked. */
    edit_decide(CLAIM("2025-08-01") SAYS("battery", "stated"));
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    edit_decide(CLAIM("2026-06-01") SAYS("battery", "stated"));
    edit_assert_outcome(DENIED, "warranty.period", "EXPIRED");
    edit_decide(
        CLAIM("2025-12-01") "  technician_report: yes\n  waterproof: no\n"
                            "  finding: {value: liquid, trust: found}\n" SAYS("battery", "stated"));
    edit_assert_outcome(DENIED, "warranty.exclusions.liquid", "EXCLUDED");
    open_battery(TRAVEL PARTS);
    edit_decide(CLAIM("2025-12-01") SAYS("battery", "stated"));
    assert_asks_for_part(false);
}

static void
nobody_names_a_part_and_the_whole_unit_counts(void **state UNUSED)
{
    open_battery(TRAVEL BATTERY "3 months}\n");
    edit_decide(CLAIM("2025-12-01"));
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    edit_decide(EDIT_HEAD("warranty.coverage", "2025-12-01") SOLD);
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
}

/* "The drive" may be its motor, and what was done to the drive was done to that. */
static void
a_wide_part_may_be_any_beneath_it(void **state UNUSED)
{
    static const struct text_edits drive = {
        .main = {"component: {compressor: {}, motor: {},",
                 "component: {compressor: {}, drive: {motor: {}},",
                 "component: {compressor: compressors,",
                 "component: {drive: drives, compressor: compressors,", TRAVEL,
                 TRAVEL "          - {when: {category: small_appliances, component: motor, "
                        "cost_class: parts}, length: 5 years}\n"},
        .german = {"component: {", "component: {drive: Antriebe, "}};
    edit_open(&drive);
    edit_decide(CLAIM("2027-12-01") SAYS("drive", "found"));
    edit_assert_outcome(UNDETERMINED, "warranty.period", "FACT_MISSING");
    edit_assert_needed("component", "warranty.period");
    edit_decide(EDIT_HEAD("warranty.coverage", "2027-12-01") SOLD SAYS("drive", "found"));
    edit_assert_outcome(PARTLY_GRANTED, "warranty.period", "COVERED");
    edit_decide(CLAIM("2031-12-01") SAYS("drive", "found"));
    edit_assert_outcome(DENIED, "warranty.period", "EXPIRED");
    edit_decide(CLAIM("2027-12-01") SAYS("lamp", "found"));
    edit_assert_outcome(DENIED, "warranty.period", "EXPIRED");
#define GRANT(PART)                                                                                \
    "unit: [{kind: goodwill, date: 2027-11-01, last_date: 2027-12-31, component: " PART "}]\n"
    edit_decide(CLAIM("2027-12-01") SAYS("lamp", "found") GRANT("drive"));
    edit_assert_outcome(DENIED, "warranty.period", "EXPIRED");
    edit_decide(CLAIM("2027-12-01") SAYS("motor", "found") GRANT("drive"));
    assert_string_equal(edit_record->entitlements[1]->clause_id, "general.authority");
    assert_int_equal(edit_record->outcome, GRANTED);
}

/* A cost class that only another part has is neither promised nor paid for. */
static void
what_another_part_has_is_not_asked_for(void **state UNUSED)
{
    open_battery(TRAVEL "          - {when: {component: motor, cost_class: travel}, length: 5 "
                        "years}\n");
    edit_decide(CLAIM("2025-12-01") SAYS("lamp", "found"));
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    edit_decide(CLAIM("2025-12-01") SAYS("motor", "found"));
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    edit_decide(CLAIM("2027-12-01") SAYS("lamp", "found"));
    edit_assert_outcome(DENIED, "warranty.period", "EXPIRED");
    edit_assert_last_date("2026-05-31");
    edit_decide(CLAIM("2027-12-01") SAYS("motor", "found"));
    edit_assert_outcome(PARTLY_GRANTED, "warranty.period", "COVERED");
    edit_assert_says(1, "It pays for a technician's travel only.");
}

/* ---- properties ---- */

static const char *const parts[] = {"compressor", "piston", "motor", "battery", "lamp"};
static const char *const classes[] = {"parts", "labour", "travel"};

/* Rules for parts, each for other terms: of half of the pairs of part and cost class. */
static const char *
random_rules(struct arena *arena, struct choices *choices)
{
    static const char *const lengths[] = {"none", "1 month", "6 months", "2 years", "5 years"};
    const char *text = TRAVEL;
    for (size_t p = 0; p < COUNT_OF(parts); p++) {
        for (size_t c = 0; c <= COUNT_OF(classes); c++) {
            if (choose(choices, 4) != 0)
                continue;
            const char *category = choose(choices, 2) == 0 ? "category: small_appliances, " : "";
            const char *cost_class =
                c == COUNT_OF(classes) ? "" : arena_printf(arena, ", cost_class: %s", classes[c]);
            text = arena_printf(arena, "%s          - {when: {%scomponent: %s%s}, length: %s}\n",
                                text, category, parts[p], cost_class,
                                lengths[choose(choices, (uint32_t)COUNT_OF(lengths))]);
        }
    }
    return text;
}

/* What `explain` says of a part in a cost class. */
static struct policy_value
read_length(const char *part, const char *cost_class)
{
    struct policy_subject subject = text_subject(
        &edit_files[0],
        arena_printf(edit_files[0].arena,
                     "category=small_appliances region=US condition=new customer_class=consumer "
                     "channel=shop component=%s cost_class=%s",
                     part, cost_class));
    return policy_read_value(edit_files[0].arena, edit_versions[0], POLICY_WARRANTY_PERIOD_LENGTH,
                             &subject)
        .value;
}

/* Months that a part has in a cost class by the record of the day after delivery; 0: none. */
static int
months_by_record(const char *part, const char *cost_class)
{
    int found = 0;
    for (size_t i = 0; i < edit_record->n_entitlements; i++) {
        const Common__V1__Entitlement *entitlement = edit_record->entitlements[i];
        if (strcmp(entitlement->cost_class, cost_class) != 0 ||
            (entitlement->component[0] != 0 && strcmp(entitlement->component, part) != 0))
            continue;
        assert_int_equal(found, 0);
        struct date last = decide_date_of(entitlement->last_date);
        for (found = 1; date_compare(date_add((struct date){2025, 5, 31}, found, 0), last) != 0;)
            assert_true(found++ < 100);
    }
    return found;
}

static int
read_months(const char *part, const char *cost_class)
{
    struct policy_value value = read_length(part, cost_class);
    return value.absence == POLICY_NONE ? 0 : value.span.months;
}

/* Months for which a part beneath this one may be covered; 0: there is none. */
static int
read_beneath(const char *part)
{
    int longest = 0;
    for (size_t c = 0; strcmp(part, "compressor") == 0 && c < COUNT_OF(classes); c++) {
        int months = read_months("piston", classes[c]);
        longest = months > longest ? months : longest;
    }
    return longest;
}

static void
check_part(struct arena *arena, const char *part)
{
    int longest = 0;
    int beneath = read_beneath(part);
    edit_decide(arena_printf(arena, "%s  component: {value: %s, trust: found}\n",
                             EDIT_HEAD("warranty.coverage", "2025-06-01") SOLD, part));
    for (size_t c = 0; c < COUNT_OF(classes); c++) {
        int months = read_months(part, classes[c]);
        assert_int_equal(months_by_record(part, classes[c]), months);
        longest = months > longest ? months : longest;
    }
    for (int days = 0; days <= 1; days++) {
        char day[DATE_TEXT_SIZE];
        date_print(date_add(date_add((struct date){2025, 5, 31}, longest, 0), 0, days), day);
        edit_decide(arena_printf(
            arena,
            "question: warranty.claim\nat: %s\ndecided: %sT10:30:00Z\n%s%s  component: "
            "{value: %s, trust: found}\n",
            day, day, "id: 01900000-0000-7000-8000-000000000001\nsubject: tests/1\n", SOLD, part));
        bool is_open = days == 0 && longest > 0;
        bool may_be_open = is_open || beneath > longest;
        assert_int_equal(edit_record->outcome == DENIED, !may_be_open);
        assert_int_equal(edit_record->outcome == UNDETERMINED, may_be_open && !is_open);
        assert_true(!is_open || edit_record->outcome == GRANTED ||
                    edit_record->outcome == PARTLY_GRANTED);
    }
}

static void
property_the_claim_of_a_part_has_the_length_that_is_explained(void **state UNUSED)
{
    const char *text = getenv("AFTERCARE_TEST_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)time(NULL);
    print_message("AFTERCARE_TEST_SEED=%llu\n", (unsigned long long)seed);
    int count = getenv("AFTERCARE_TEST_LONG") != NULL ? 1000 : 20;
    for (int i = 0; i < count; i++) {
        struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
        struct choices choices = {.state = seed + (uint64_t)i * 7919};
        struct text_edits edits = {.main = {"component: {compressor: {},",
                                            "component: {compressor: {piston: {}},", TRAVEL,
                                            random_rules(arena, &choices)}};
        edit_open(&edits);
        for (size_t p = 0; p < COUNT_OF(parts); p++)
            check_part(arena, parts[p]);
        arena_free(&arena);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_with_a_shorter_warranty_is_decided_by_its_own),
        cmocka_unit_test(a_part_without_a_warranty_has_none),
        cmocka_unit_test(a_right_covers_a_part_without_a_warranty),
        cmocka_unit_test(a_part_without_one_cost_class_is_covered_in_part),
        cmocka_unit_test(a_part_that_is_only_stated_takes_nothing_away),
        cmocka_unit_test(nobody_names_a_part_and_the_whole_unit_counts),
        cmocka_unit_test(a_wide_part_may_be_any_beneath_it),
        cmocka_unit_test(what_another_part_has_is_not_asked_for),
        cmocka_unit_test(property_the_claim_of_a_part_has_the_length_that_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, edit_teardown);
}
