/*
 * policy_decide_test - decisions as golden files, and what they must say line by line
 *
 * Each tests/policies/decisions/NAME.yaml is a case under the default policy as version 1;
 * NAME.json beside it is its whole record. UPDATE_GOLDEN=1 writes the records anew: read what
 * changed.
 */
// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <sodium.h>

#include "common/policy/policy_decide_fixture.h"
#include "common/policy/policy_format.h"

enum { CASES_MAX = 128 };

static const char *const folder = "tests/policies/decisions";

/* ---- files ---- */

static int
compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static size_t
find_cases(char (*ret_names)[128])
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", AFTERCARE_SOURCE_DIR, folder);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    size_t count = 0;
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        size_t length = strlen(entry->d_name);
        if (length < 6 || strcmp(entry->d_name + length - 5, ".yaml") != 0)
            continue;
        assert_true(count < CASES_MAX && length < 128);
        memcpy(ret_names[count], entry->d_name, length - 5);
        ret_names[count++][length - 5] = 0;
    }
    (void)closedir(directory);
    qsort(ret_names, count, sizeof *ret_names, compare_names);
    return count;
}

static char *
load_text(struct arena *arena, const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return NULL;
    char *bytes = arena_alloc(arena, 1 << 20);
    size_t size_bytes = fread(bytes, 1, (1 << 20) - 1, stream);
    (void)fclose(stream);
    bytes[size_bytes] = 0;
    return bytes;
}

static const char *
path_of(struct arena *arena, const char *name, const char *ending)
{
    return arena_printf(arena, "%s/%s/%s.%s", AFTERCARE_SOURCE_DIR, folder, name, ending);
}

static struct policy_case *
load_case(struct arena *arena, const char *name)
{
    const char *text = load_text(arena, path_of(arena, name, "yaml"));
    if (text == NULL)
        fail_msg("there is no case %s", name);
    struct policy_file file = read_text(name, text);
    struct policy_problems problems = {.arena = arena};
    struct policy_case *question = policy_case_read(arena, fixture_versions[0], &file, &problems);
    if (question == NULL)
        read_print_problems(&problems);
    assert_non_null(question);
    return question;
}

/* ---- records as text ---- */

static void
new_line(struct buf *out, int depth)
{
    buf_printf(out, "\n%*s", depth * 2, "");
}

/* A line for each field, so that a change is seen where it is. */
static void
spread_json(const char *json, struct buf *out)
{
    int depth = 0;
    bool in_text = false;
    for (const char *at = json; *at != 0; at++) {
        bool is_escaped = at > json && at[-1] == '\\';
        if (*at == '"' && !is_escaped)
            in_text = !in_text;
        if (in_text) {
            buf_add_char(out, *at);
        } else if (*at == '{' || *at == '[') {
            buf_add_char(out, *at);
            if (at[1] == '}' || at[1] == ']')
                buf_add_char(out, *++at);
            else
                new_line(out, ++depth);
        } else if (*at == '}' || *at == ']') {
            new_line(out, --depth);
            buf_add_char(out, *at);
        } else {
            buf_add_char(out, *at);
            if (*at == ',')
                new_line(out, depth);
            if (*at == ':')
                buf_add_char(out, ' ');
        }
    }
    buf_add_char(out, '\n');
}

static void
print_record(const Common__V1__Decision *record, struct buf *out)
{
    struct fault fault = {0};
    if (contract_check(&common_v1_decision_contract, &record->base, false, &fault) != OK)
        fail_msg("%s: %s %s", fault.reason, fault.field, fault.message);
    struct buf json = {0};
    json_write(&json, &common_v1_decision_contract, &record->base);
    spread_json(buf_text(&json), out);
    buf_free(&json);
}

static void
the_records_are_those_of_the_golden_files(void **state UNUSED)
{
    static char names[CASES_MAX][128];
    size_t count = find_cases(names);
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
        struct buf text = {0};
        print_record(fixture_decide(arena, load_case(arena, names[i])), &text);
        const char *path = path_of(arena, names[i], "json");
        if (getenv("UPDATE_GOLDEN") != NULL) {
            FILE *stream = fopen(path, "wb");
            assert_non_null(stream);
            (void)fwrite(text.bytes, 1, text.size_bytes, stream);
            assert_int_equal(fclose(stream), 0);
        }
        const char *golden = load_text(arena, path);
        if (golden == NULL || strcmp(golden, buf_text(&text)) != 0) {
            print_message("the record of %s is not that of its file:\n%s\n", names[i],
                          buf_text(&text));
            wrong++;
        }
        buf_free(&text);
        arena_free(&arena);
    }
    assert_true(count >= 40);
    assert_int_equal(wrong, 0);
}

/* ---- what records say ---- */

static struct arena *arena;
static Common__V1__Decision *record;

static void
decide(const char *name)
{
    arena_free(&arena);
    arena = arena_new(ARENA_BUDGET_BYTES);
    record = fixture_decide(arena, load_case(arena, name));
}

static const Common__V1__Step *
step(const char *clause_id, const char *parameter, const char *rule)
{
    for (size_t i = 0; i < record->n_steps; i++) {
        const Common__V1__Step *found = record->steps[i];
        if (strcmp(found->clause_id, clause_id) == 0 && strcmp(found->parameter, parameter) == 0 &&
            strcmp(found->rule, rule) == 0)
            return found;
    }
    fail_msg("no step %s/%s[%s]", clause_id, parameter, rule);
    return NULL;
}

static const Common__V1__Value *
computed(const char *name)
{
    for (size_t i = 0; i < record->n_computed; i++) {
        if (strcmp(record->computed[i]->name, name) == 0)
            return record->computed[i]->value;
    }
    fail_msg("%s was not computed", name);
    return NULL;
}

static const Common__V1__Fact *
fact(const char *name)
{
    for (size_t i = 0; i < record->n_facts; i++) {
        if (strcmp(record->facts[i]->name, name) == 0)
            return record->facts[i];
    }
    fail_msg("the fact %s was not read", name);
    return NULL;
}

static void
assert_date(const Common__V1__Date *date, int year, int month, int day)
{
    assert_non_null(date);
    assert_int_equal(date->year, year);
    assert_int_equal(date->month, month);
    assert_int_equal(date->day, day);
}

static void
assert_outcome(Common__V1__Decision__Outcome outcome, const char *clause_id, const char *reason)
{
    assert_string_equal(record->reason, reason);
    assert_string_equal(record->deciding_clause_id, clause_id);
    assert_int_equal(record->outcome, outcome);
}

static bool
has_entitlement(Common__V1__Entitlement__Layer layer, const char *cost_class)
{
    for (size_t i = 0; i < record->n_entitlements; i++) {
        if (record->entitlements[i]->layer == layer &&
            strcmp(record->entitlements[i]->cost_class, cost_class) == 0)
            return true;
    }
    return false;
}

static const char *
sentence(const char *language)
{
    for (size_t i = 0; i < record->n_sentences; i++) {
        if (strcmp(record->sentences[i]->language, language) == 0)
            return record->sentences[i]->text;
    }
    return NULL;
}

/* How the formatter prints a day in English. */
static const char *
english(int year, int month, int day)
{
    struct policy_formatter *formatter = policy_formatter_new(fixture_versions[0], 0);
    struct buf text = {0};
    policy_format_date(formatter, (struct date){year, month, day}, &text);
    const char *printed = arena_copy_text(arena, buf_text(&text));
    buf_free(&text);
    policy_formatter_free(&formatter);
    return printed;
}

static void
assert_needed(const char *name, const char *clause_id)
{
    for (size_t i = 0; i < record->n_needed; i++) {
        if (strcmp(record->needed[i]->name, name) == 0) {
            assert_string_equal(record->needed[i]->clause_id, clause_id);
            return;
        }
    }
    fail_msg("%s is not needed", name);
}

#define RESULT(name) COMMON__V1__STEP__RESULT__##name
#define OUTCOME(name) COMMON__V1__DECISION__OUTCOME__##name
#define LAYER(name) COMMON__V1__ENTITLEMENT__LAYER__##name

static void
walk_1_covered(void **state UNUSED)
{
    decide("covered");
    assert_int_equal(record->n_pins, 2);
    assert_string_equal(record->pins[0]->moment, "sale");
    assert_date(record->pins[0]->date, 2026, 3, 15);
    assert_string_equal(record->pins[0]->statutory_layers[0], "eu_consumer_sample@1");
    assert_int_equal(record->pins[0]->policy_version, 1);
    assert_string_equal(record->pins[1]->moment, "case");
    assert_date(record->pins[1]->date, 2026, 11, 2);
    assert_date(fact("delivered")->value->date, 2026, 3, 15);
    assert_int_equal(fact("delivered")->trust, COMMON__V1__FACT__TRUST__RECORDED);
    assert_string_equal(fact("cause")->value->code, "workmanship_defect");
    assert_int_equal(fact("cause")->trust, COMMON__V1__FACT__TRUST__STATED);
    assert_int_equal(fact("fault_photo")->trust, COMMON__V1__FACT__TRUST__DOCUMENTED);
    assert_null(fact("finding")->value);
    assert_int_equal(fact("claims_in_period")->value->number, 0);

    const Common__V1__Step *period = step("warranty.period", "length", "");
    assert_int_equal(step("warranty.period", "starts", "")->result, RESULT(SETS));
    assert_string_equal(step("warranty.period", "starts", "")->computed[0]->explanation,
                        "delivered 2026-03-15");
    assert_int_equal(period->result, RESULT(GRANTS));
    assert_int_equal(period->value->span->months, 12);
    assert_date(period->computed[0]->value->date, 2027, 3, 15);
    assert_string_equal(period->computed[0]->explanation, "delivered 2026-03-15 + 1 year");
    const Common__V1__Step *law = step("eu_consumer_sample.conformity", "length", "");
    assert_int_equal(law->result, RESULT(GRANTS));
    assert_date(law->computed[0]->value->date, 2028, 3, 15);
    assert_int_equal(step("warranty.coverage", "causes", "")->result, RESULT(GRANTS));
    static const char *const tests[] = {"warranty.exclusions.misuse", "warranty.exclusions.liquid",
                                        "warranty.exclusions.foreign_repair",
                                        "warranty.exclusions.wear"};
    for (size_t i = 0; i < COUNT_OF(tests); i++)
        assert_int_equal(step(tests[i], "", "")->result, RESULT(LACKS_PROOF));
    assert_int_equal(step("warranty.limits", "claims_max", "")->result, RESULT(GRANTS));
    const Common__V1__Step *proof = step("warranty.process", "documents", "");
    assert_string_equal(proof->value->code, "proof_of_purchase");
    assert_int_equal(proof->result, RESULT(DOES_NOT_APPLY));
    int given = 0;
    for (size_t i = 0; i < record->n_steps; i++)
        given += strcmp(record->steps[i]->parameter, "documents") == 0 &&
                 record->steps[i]->result == RESULT(GRANTS);
    assert_int_equal(given, 2);
    assert_int_equal(step("warranty.process", "auto_approve_up_to", "")->result, RESULT(GRANTS));
}

static void
walk_1_outcome(void **state UNUSED)
{
    decide("covered");
    assert_outcome(OUTCOME(GRANTED), "warranty.period", "COVERED");
    assert_int_equal(record->n_remedies, 3);
    assert_string_equal(record->remedies[0], "repair");
    assert_string_equal(record->remedies[1], "replace");
    assert_string_equal(record->remedies[2], "refund");
    assert_int_equal(record->n_entitlements, 5);
    assert_true(has_entitlement(LAYER(COMMERCIAL), "parts"));
    assert_true(has_entitlement(LAYER(COMMERCIAL), "labour"));
    assert_true(has_entitlement(LAYER(STATUTORY), "travel"));
    assert_string_equal(computed("decide_by")->time, "2026-11-05T17:00:00Z");
    assert_int_equal(computed("customer_pays")->money->minor, 0);
    assert_null(record->appeal);
    assert_string_equal(sentence("en"),
                        arena_printf(arena,
                                     "Your product is covered: our warranty of 1 year runs until "
                                     "%s (clause 1.1). The repair costs you nothing.",
                                     english(2027, 3, 15)));
    assert_non_null(strstr(sentence("de"), "15. März 2027 (Ziffer 1.1)"));
}

static void
walk_2_misuse(void **state UNUSED)
{
    decide("misuse_before_inspection");
    assert_int_equal(record->outcome, OUTCOME(GRANTED));
    decide("misuse");
    assert_int_equal(step("warranty.period", "length", "")->result, RESULT(GRANTS));
    assert_int_equal(step("warranty.coverage", "causes", "")->result, RESULT(GRANTS));
    const Common__V1__Step *misuse = step("warranty.exclusions.misuse", "", "");
    assert_int_equal(misuse->result, RESULT(DENIES));
    assert_string_equal(misuse->fact_names[0], "finding");
    assert_string_equal(fact("finding")->evidence[0], "technician_report");
    const Common__V1__Step *law = step("eu_consumer_sample.conformity", "excludes", "");
    assert_int_equal(law->result, RESULT(DOES_NOT_APPLY));
    assert_string_equal(law->value->code, "warranty.exclusions.misuse");
    assert_int_equal(
        step("repair.charges", "charge", "coverage=uncovered,charge_item=diagnosis")->result,
        RESULT(SETS));
    assert_outcome(OUTCOME(DENIED), "warranty.exclusions.misuse", "EXCLUDED");
    assert_int_equal(computed("offer_diagnosis")->money->minor, 3900);
    assert_string_equal(record->appeal->method, "POST /v1/claims/{claim_id}:appeal");
    assert_string_equal(record->appeal->clause_id, "complaints.escalation");
    assert_string_equal(record->replaces_decision_id, "01900000-0000-7000-8000-000000000001");
    assert_int_equal(record->n_remedies, 0);

    decide("misuse_without_report");
    assert_outcome(OUTCOME(UNDETERMINED), "warranty.exclusions.misuse", "PROOF_MISSING");
    assert_needed("technician_report", "warranty.exclusions.misuse");
    assert_int_equal(step("warranty.exclusions.misuse", "", "")->result, RESULT(LACKS_PROOF));
    assert_null(record->appeal);
    decide("misuse_typed_by_customer");
    assert_int_equal(record->outcome, OUTCOME(UNDETERMINED));
    assert_needed("finding", "warranty.coverage");
}

static void
walk_3_late_with_a_statutory_layer(void **state UNUSED)
{
    decide("late_by_law");
    const Common__V1__Step *period = step("warranty.period", "length", "");
    assert_int_equal(period->result, RESULT(DENIES));
    assert_date(period->computed[0]->value->date, 2026, 6, 30);
    const Common__V1__Step *law = step("eu_consumer_sample.conformity", "length", "");
    assert_int_equal(law->result, RESULT(GRANTS));
    assert_date(law->computed[0]->value->date, 2027, 6, 30);
    const Common__V1__Step *presumed = step("eu_consumer_sample.conformity", "presumed_for", "");
    assert_date(presumed->computed[0]->value->date, 2026, 6, 30);
    assert_int_equal(presumed->result, RESULT(GRANTS));
    assert_string_equal(presumed->fact_names[0], "finding");
    assert_int_equal(step("warranty.exclusions.misuse", "", "")->result, RESULT(DOES_NOT_APPLY));
    assert_int_equal(step("repair.charges", "charge", "coverage=covered")->result, RESULT(SETS));
    assert_outcome(OUTCOME(GRANTED), "eu_consumer_sample.conformity", "COVERED_BY_LAW");
    assert_int_equal(record->n_entitlements, 3);
    assert_date(record->entitlements[0]->last_date, 2027, 6, 30);
    assert_true(has_entitlement(LAYER(STATUTORY), "travel"));
    assert_false(has_entitlement(LAYER(COMMERCIAL), "parts"));
    assert_string_equal(sentence("en"),
                        arena_printf(arena,
                                     "Our own warranty ended on %s (clause 1.1). By law the seller "
                                     "still answers until %s (sample text). The repair costs you "
                                     "nothing.",
                                     english(2026, 6, 30), english(2027, 6, 30)));

    decide("late_not_inspected");
    assert_outcome(OUTCOME(UNDETERMINED), "eu_consumer_sample.conformity", "PROOF_MISSING");
    assert_needed("finding", "eu_consumer_sample.conformity");
    decide("late_business");
    assert_outcome(OUTCOME(DENIED), "warranty.period", "EXPIRED");
    assert_int_equal(computed("offer_diagnosis")->money->minor, 3900);
    decide("late_class_unknown");
    assert_int_equal(record->outcome, OUTCOME(UNDETERMINED));
    assert_needed("customer_class", "eu_consumer_sample");
}

static void
a_claim_asks_for_what_is_missing(void **state UNUSED)
{
    decide("documents_missing");
    assert_outcome(OUTCOME(UNDETERMINED), "warranty.process", "DOCUMENTS_MISSING");
    assert_int_equal(record->n_needed, 2);
    decide("no_proof");
    assert_outcome(OUTCOME(UNDETERMINED), "warranty.process", "PROOF_MISSING");
    assert_needed("proof_of_purchase", "warranty.process");
    assert_string_equal(record->needed[0]->instead[0], "delivery_note");
    assert_true(record->pins[0]->is_before_first);
    decide("component_unknown");
    assert_int_equal(record->outcome, OUTCOME(UNDETERMINED));
    assert_needed("component", "warranty.period");
    decide("delivered_by_case");
    assert_outcome(OUTCOME(GRANTED), "warranty.period", "COVERED");
    assert_int_equal(record->n_unit_facts, 0);
}

static void
a_claim_goes_to_a_person_above_its_limits(void **state UNUSED)
{
    decide("above_limit");
    assert_outcome(OUTCOME(REFERRED), "warranty.process", "ABOVE_AUTOMATIC_LIMIT");
    decide("too_many_claims");
    assert_outcome(OUTCOME(REFERRED), "warranty.limits", "LIMIT_REACHED");
    assert_int_equal(record->n_remedies, 0);
}

static void
a_finding_that_no_cause_covers_denies(void **state UNUSED)
{
    decide("no_fault_found");
    assert_outcome(OUTCOME(DENIED), "warranty.coverage", "NOT_COVERED");
}

static void
layers_are_used_in_their_order(void **state UNUSED)
{
    decide("compressor");
    assert_outcome(OUTCOME(PARTLY_GRANTED), "warranty.period", "COVERED");
    assert_date(record->entitlements[0]->last_date, 2036, 5, 31);
    assert_non_null(record->appeal);
    decide("plan");
    assert_outcome(OUTCOME(GRANTED), "extended.period", "COVERED_BY_PLAN");
    assert_string_equal(record->pins[1]->moment, "buy");
    decide("repaired_again");
    assert_outcome(OUTCOME(GRANTED), "repair.warranty", "COVERED_BY_REPAIR");
}

static void
coverage_is_told_for_any_day(void **state UNUSED)
{
    decide("coverage");
    assert_outcome(OUTCOME(GRANTED), "warranty.period", "COVERED");
    assert_int_equal(computed("remaining_days")->number, 133);
    decide("coverage_ended");
    assert_outcome(OUTCOME(DENIED), "eu_consumer_sample.conformity", "EXPIRED");
    assert_date(computed("last_date")->date, 2028, 3, 15);
    decide("coverage_before");
    assert_outcome(OUTCOME(DENIED), "warranty.period", "NOT_STARTED");
    decide("coverage_paused");
    assert_true(record->entitlements[0]->is_paused);
    decide("coverage_large");
    assert_outcome(OUTCOME(PARTLY_GRANTED), "warranty.period", "COVERED");
    assert_string_equal(record->entitlements[0]->component, "compressor");
    decide("coverage_replaced");
    assert_date(record->entitlements[0]->last_date, 2027, 9, 11);
    decide("coverage_goodwill");
    assert_int_equal(record->outcome, OUTCOME(PARTLY_GRANTED));
    assert_string_equal(record->reason, "COVERED_BY_GOODWILL");
}

static void
returns_follow_reason_window_and_right(void **state UNUSED)
{
    decide("return_defect");
    assert_outcome(OUTCOME(GRANTED), "returns.window", "RETURNABLE");
    assert_date(computed("last_date")->date, 2026, 6, 3);
    assert_int_equal(computed("refund")->money->minor, 20000);
    assert_string_equal(computed("shipping_paid_by")->code, "company");
    assert_string_equal(computed("refund_by")->time, "2026-06-10T16:00:00Z");
    decide("return_worn");
    assert_outcome(OUTCOME(UNDETERMINED), "returns.conditions.used", "PROOF_MISSING");
    decide("return_worn_proven");
    assert_outcome(OUTCOME(DENIED), "returns.conditions.used", "EXCLUDED");
    decide("return_withdrawal");
    assert_outcome(OUTCOME(GRANTED), "eu_consumer_sample.withdrawal", "RETURNABLE_BY_LAW");
    decide("return_late");
    assert_outcome(OUTCOME(DENIED), "returns.window", "EXPIRED");
    decide("return_no_reason");
    assert_needed("reason", "returns.conditions");
    decide("return_hygiene");
    assert_outcome(OUTCOME(DENIED), "returns.conditions.hygiene", "EXCLUDED");
    decide("return_no_day");
    assert_needed("delivered", "returns.window");
    decide("return_wide_reason");
    assert_outcome(OUTCOME(GRANTED), "returns.window", "RETURNABLE");
    decide("return_exchange_only");
    assert_outcome(OUTCOME(GRANTED), "returns.window", "EXCHANGE_ONLY");
    assert_date(computed("last_date")->date, 2026, 6, 3);
    assert_int_equal(record->n_remedies, 1);
}

static void
charges_follow_the_coverage(void **state UNUSED)
{
    decide("charge_covered");
    assert_outcome(OUTCOME(GRANTED), "repair.charges", "FREE");
    decide("charge_labour");
    assert_outcome(OUTCOME(GRANTED), "repair.charges", "CHARGED");
    assert_int_equal(computed("customer_pays")->money->minor, 15000);
    assert_true(computed("estimate_needed")->flag);
    decide("charge_all");
    assert_outcome(OUTCOME(UNDETERMINED), "repair.charges", "PRICE_MISSING");
    assert_needed("parts.price_list", "repair.charges");
    assert_int_equal(computed("charge_labour")->money->minor, 3750);
    decide("charge_unknown");
    assert_needed("coverage", "repair.charges");
}

static void
remedies_follow_the_history(void **state UNUSED)
{
    decide("remedy_due");
    assert_outcome(OUTCOME(GRANTED), "repair.remedy.two_failed", "REMEDY_DUE");
    assert_int_equal(record->n_remedies, 2);
    decide("remedy_not_due");
    assert_outcome(OUTCOME(DENIED), "repair.remedy", "REMEDY_NOT_DUE");
    decide("remedy_unknown");
    assert_int_equal(record->outcome, OUTCOME(UNDETERMINED));
    assert_needed("days_in_repair", "repair.remedy.thirty_days");
}

static void
complaints_have_their_clocks(void **state UNUSED)
{
    decide("complaint");
    assert_outcome(OUTCOME(GRANTED), "complaints.handling", "ON_TIME");
    /* 1 May is a holiday, then comes the weekend. */
    assert_string_equal(computed("acknowledge_by")->time, "2026-05-04T16:00:00Z");
    assert_string_equal(computed("answer_by")->time, "2026-05-06T16:00:00Z");
    assert_string_equal(computed("next_rung")->code, "complaint_manager");
    decide("complaint_safety");
    assert_string_equal(computed("next_rung")->code, "head_of_service");
    assert_string_equal(computed("rung_answer_by")->time, "2026-05-12T16:00:00Z");
}

/* Each sentence names the day of the promise that was broken. */
static void
a_late_complaint_says_what_is_late(void **state UNUSED)
{
    decide("complaint_not_acknowledged");
    assert_outcome(OUTCOME(GRANTED), "complaints.handling", "ACKNOWLEDGEMENT_OVERDUE");
    assert_string_equal(sentence("en"), arena_printf(arena,
                                                     "We are late: we had promised to confirm your "
                                                     "complaint by %s (clause 5.2).",
                                                     english(2026, 5, 4)));
    decide("complaint_overdue");
    assert_outcome(OUTCOME(GRANTED), "complaints.handling", "OVERDUE");
    assert_string_equal(sentence("en"),
                        arena_printf(arena, "We are late: our answer was due by %s (clause 5.2).",
                                     english(2026, 5, 6)));
}

/* ---- refusals ---- */

static void
assert_refused(const struct policy_case *question, enum err err, const char *reason)
{
    Common__V1__Decision *none = NULL;
    struct fault fault = {0};
    assert_int_equal(policy_decide(arena, fixture_engine, question, &none, &fault), err);
    assert_string_equal(fault.reason, reason);
    assert_null(none);
}

static void
wrong_cases_are_refused(void **state UNUSED)
{
    decide("covered");
    struct policy_case question = *load_case(arena, "covered");
    struct policy_fact facts[2] = {
        {.name = "nothing", .is_known = true, .trust = POLICY_RECORDED},
        {.name = "region", .is_known = true, .code = "DE", .trust = POLICY_RECORDED}};
    struct policy_case wrong = question;
    wrong.facts = facts;
    wrong.fact_count = 1;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "FACT_UNKNOWN");
    facts[0] = facts[1];
    wrong.fact_count = 2;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "FACT_REPEATS");
    facts[0].code = NULL;
    wrong.fact_count = 1;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "FACT_WRONG");
    wrong.fact_count = POLICY_CASE_FACTS_MAX + 1;
    assert_refused(&wrong, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_FACTS");
    wrong = question;
    wrong.at_date = (struct date){2026, 2, 30};
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "QUESTION_WRONG");
    wrong = question;
    wrong.question = POLICY_QUESTION_COUNT;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "QUESTION_WRONG");
    wrong = question;
    wrong.decision_id = NULL;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "QUESTION_WRONG");
    wrong = question;
    wrong.decide_us = INT64_MAX;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "QUESTION_WRONG");
    wrong = question;
    wrong.unit_fact_count = ENTITLEMENT_FACTS_MAX + 1;
    assert_refused(&wrong, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_FACTS");
    struct entitlement_fact twice[2] = {question.unit_facts[0], question.unit_facts[0]};
    twice[1].fact_id = "other";
    twice[1].date.day = 16;
    wrong = question;
    wrong.unit_facts = twice;
    wrong.unit_fact_count = 2;
    assert_refused(&wrong, ERR_INVALID_ARGUMENT, "FACTS_CONTRADICT");
}

static void
a_broken_case_file_is_refused_with_its_place(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *reason;
        int line;
    } broken[] = {
        {"[a]", "QUESTION_WRONG", 1},
        {"question: none\nat: 2026-01-01\n", "QUESTION_WRONG", 1},
        {"question: repair.charge\nat: 2026-13-01\n", "QUESTION_WRONG", 1},
        {"question: repair.charge\nat: 2026-01-01\ndecided: soon\n", "QUESTION_WRONG", 1},
        {"question: repair.charge\nat: 2026-01-01\nserial: [a]\n", "VALUE_WRONG", 3},
        {"question: repair.charge\nat: 2026-01-01\nday: 1\n", "KEY_UNKNOWN", 3},
        {"question: repair.charge\nat: 2026-01-01\nfacts: [a]\n", "FACT_WRONG", 3},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  regoin: DE\n", "FACT_UNKNOWN", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  rung: one\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  opened: maybe\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  delivered: may\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  rung_time: 5\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  price_paid: 5\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  rung: [1]\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  rung: {trust: none}\n", "FACT_WRONG",
         4},
        {"question: repair.charge\nat: 2026-01-01\nfacts:\n  rung: {trust: found}\n", "FACT_WRONG",
         4},
        {"question: repair.charge\nat: 2026-01-01\nunit: {a: b}\n", "FACT_WRONG", 3},
        {"question: repair.charge\nat: 2026-01-01\nunit:\n  - text\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nunit:\n  - {id: a}\n", "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nunit:\n  - {kind: voided, voided_layers: X}\n",
         "FACT_WRONG", 4},
        {"question: repair.charge\nat: 2026-01-01\nunit:\n  - {kind: taken_in, coverage: [{}]}\n",
         "FACT_WRONG", 4},
    };
    decide("covered");
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        struct policy_problems problems = {.arena = arena};
        struct policy_file file = read_text("case.yaml", broken[i].text);
        assert_null(policy_case_read(arena, fixture_versions[0], &file, &problems));
        assert_true(problems.error_count > 0);
        if (strcmp(problems.problems[0].reason, broken[i].reason) != 0 ||
            problems.problems[0].line != broken[i].line)
            fail_msg("%s: %s, line %d", broken[i].text, problems.problems[0].reason,
                     problems.problems[0].line);
    }
}

static void
a_record_of_an_unknown_version_is_not_decided_again(void **state UNUSED)
{
    decide("covered");
    struct fault fault = {0};
    Common__V1__Decision *again = NULL;
    record->engine_version++;
    assert_int_equal(policy_decide_again(arena, fixture_engine, record, &again, &fault),
                     ERR_NOT_FOUND);
    record->engine_version--;
    record->pins[0]->policy_version = 2;
    assert_int_equal(policy_decide_again(arena, fixture_engine, record, &again, &fault),
                     ERR_NOT_FOUND);
    record->n_pins = 0;
    assert_int_equal(policy_decide_again(arena, fixture_engine, record, &again, &fault),
                     ERR_INVALID_ARGUMENT);
    record->question = (char *)"no.question";
    assert_int_equal(policy_decide_again(arena, fixture_engine, record, &again, &fault),
                     ERR_INVALID_ARGUMENT);
}

static int
end(void **state)
{
    arena_free(&arena);
    return fixture_close(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_records_are_those_of_the_golden_files),
        cmocka_unit_test(walk_1_covered),
        cmocka_unit_test(walk_1_outcome),
        cmocka_unit_test(walk_2_misuse),
        cmocka_unit_test(walk_3_late_with_a_statutory_layer),
        cmocka_unit_test(a_claim_asks_for_what_is_missing),
        cmocka_unit_test(a_claim_goes_to_a_person_above_its_limits),
        cmocka_unit_test(a_finding_that_no_cause_covers_denies),
        cmocka_unit_test(layers_are_used_in_their_order),
        cmocka_unit_test(coverage_is_told_for_any_day),
        cmocka_unit_test(returns_follow_reason_window_and_right),
        cmocka_unit_test(charges_follow_the_coverage),
        cmocka_unit_test(remedies_follow_the_history),
        cmocka_unit_test(complaints_have_their_clocks),
        cmocka_unit_test(a_late_complaint_says_what_is_late),
        cmocka_unit_test(wrong_cases_are_refused),
        cmocka_unit_test(a_broken_case_file_is_refused_with_its_place),
        cmocka_unit_test(a_record_of_an_unknown_version_is_not_decided_again),
    };
    return cmocka_run_group_tests(tests, fixture_open, end);
}
