/*
 * policy_decide_property_test - what holds for every decision, over random cases and two versions
 */
// SPDX-License-Identifier: Apache-2.0
#include <sodium.h>

#include "common/policy/policy_decide_property_fixture.h"

static void
check_again(struct arena *arena, struct choices *choices UNUSED,
            struct policy_case *question UNUSED, Common__V1__Decision *record)
{
    size_t size_bytes;
    uint8_t *bytes = fixture_pack(arena, record, &size_bytes);
    Common__V1__Decision *stored =
        common__v1__decision__unpack(arena_allocator(arena), size_bytes, bytes);
    assert_non_null(stored);
    Common__V1__Decision *again = NULL;
    struct fault fault = {0};
    if (policy_decide_again(arena, fixture_engine, stored, &again, &fault) != OK)
        fail_msg("%s %s", fault.reason, fault.message);
    fixture_assert_same(arena, record, again);
}

static void
property_a_stored_record_decides_to_the_same_bytes(void **state UNUSED)
{
    for_cases(check_again);
}

static bool
is_event(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(random_events); i++) {
        if (strcmp(random_events[i], name) == 0)
            return true;
    }
    return false;
}

static const char *
print_facts(struct arena *arena, const struct policy_case *question)
{
    const char *text = "";
    for (size_t i = 0; i < question->fact_count; i++) {
        const struct policy_fact *fact = &question->facts[i];
        text = arena_printf(arena, "%s %s=%s/%d/%s%s", text, fact->name,
                            fact->code == NULL ? "" : fact->code, (int)fact->flag,
                            policy_trust_name(fact->trust), fact->is_known ? "" : "?");
    }
    return text;
}

static void
check_change(struct arena *arena, const struct policy_case *question,
             const Common__V1__Decision *before, const char *what)
{
    const Common__V1__Decision *after = try_decide(arena, question);
    if (after != NULL && after->outcome == COMMON__V1__DECISION__OUTCOME__DENIED)
        fail_msg("%s: %s without or with less of %s makes %s %s a denial by %s (%s)",
                 print_facts(arena, question),
                 question->question == POLICY_WARRANTY_CLAIM ? "" : "", what, before->question,
                 before->reason, after->deciding_clause_id, after->reason);
}

/* Whether a claim came so far that exclusions were looked at: some layer is open. */
static bool
has_exclusions(const Common__V1__Decision *record)
{
    for (size_t i = 0; i < record->n_steps; i++) {
        if (strncmp(record->steps[i]->clause_id, "warranty.exclusions.", 20) == 0)
            return true;
    }
    return strcmp(record->question, "warranty.claim") != 0;
}

/* Left open only because it is not proven who is asked about, or because nobody knows whether a
 * layer is open. It may then be closed for another reason: without the category the terms for all
 * hold, under which a layer is open and an exclusion closes it. In either case the answer was no.
 */
static bool
is_in_doubt(const Common__V1__Decision *record)
{
    if (record->outcome == COMMON__V1__DECISION__OUTCOME__UNDETERMINED && !has_exclusions(record))
        return true;
    return record->outcome == COMMON__V1__DECISION__OUTCOME__UNDETERMINED &&
           strcmp(record->reason, "FACT_MISSING") == 0 &&
           policy_find_axis(record->needed[0]->name) >= 0;
}

/* An event is left out: the chain of anchors says which one counts when another is not known. */
static void
check_removal(struct arena *arena, struct choices *choices UNUSED, struct policy_case *question,
              Common__V1__Decision *record)
{
    if (record->outcome == COMMON__V1__DECISION__OUTCOME__DENIED || is_in_doubt(record))
        return;
    struct policy_fact facts[64];
    for (size_t i = 0; i < question->fact_count; i++) {
        if (is_event(question->facts[i].name))
            continue;
        struct policy_case less = *question;
        memcpy(facts, question->facts, question->fact_count * sizeof *facts);
        facts[i] = facts[question->fact_count - 1];
        less.facts = facts;
        less.fact_count--;
        check_change(arena, &less, record, question->facts[i].name);
    }
}

static void
property_a_fact_that_is_not_known_never_denies(void **state UNUSED)
{
    for_cases(check_removal);
}

/* What may be taken at the customer's word: what is asked for, and what a policy asks no evidence
 * for. */
static void
check_word(struct arena *arena, struct choices *choices UNUSED, struct policy_case *question,
           Common__V1__Decision *record)
{
    if (record->outcome == COMMON__V1__DECISION__OUTCOME__DENIED || is_in_doubt(record))
        return;
    struct policy_fact facts[64];
    for (size_t i = 0; i < question->fact_count; i++) {
        struct policy_case less = *question;
        memcpy(facts, question->facts, question->fact_count * sizeof *facts);
        facts[i].trust = POLICY_STATED;
        facts[i].evidence_count = 0;
        less.facts = facts;
        if (!is_event(facts[i].name))
            check_change(arena, &less, record, facts[i].name);
    }
}

static void
property_what_the_customer_states_is_no_proof_against_them(void **state UNUSED)
{
    for_cases(check_word);
}

/* Whatever the customer says of a claim by word alone, no exclusion closes it. */
static void
check_only_words(struct arena *arena, struct choices *choices UNUSED, struct policy_case *question,
                 Common__V1__Decision *record UNUSED)
{
    struct policy_fact facts[64];
    memcpy(facts, question->facts, question->fact_count * sizeof *facts);
    for (size_t i = 0; i < question->fact_count; i++) {
        facts[i].trust = POLICY_STATED;
        facts[i].evidence_count = 0;
    }
    struct policy_case words = *question;
    words.facts = facts;
    words.question = POLICY_WARRANTY_CLAIM;
    const Common__V1__Decision *after = try_decide(arena, &words);
    if (after == NULL || after->outcome != COMMON__V1__DECISION__OUTCOME__DENIED)
        return;
    assert_string_not_equal(after->reason, "NOT_COVERED");
    if (strcmp(after->reason, "EXCLUDED") == 0) {
        /* Documents are more than words, whoever says that they are there. */
        bool has_report = false;
        for (size_t i = 0; i < question->fact_count; i++)
            has_report |= strcmp(facts[i].name, "technician_report") == 0 && facts[i].flag;
        assert_true(has_report);
    }
}

static void
property_words_alone_exclude_nothing(void **state UNUSED)
{
    for_cases(check_only_words);
}

static void
check_order(struct arena *arena, struct choices *choices, struct policy_case *question,
            Common__V1__Decision *record)
{
    struct policy_case other = *question;
    struct policy_fact facts[64];
    struct entitlement_fact unit_facts[16];
    memcpy(facts, question->facts, question->fact_count * sizeof *facts);
    memcpy(unit_facts, question->unit_facts, question->unit_fact_count * sizeof *unit_facts);
    for (size_t i = question->fact_count; i > 1; i--) {
        size_t j = choose(choices, (uint32_t)i);
        struct policy_fact swapped = facts[i - 1];
        facts[i - 1] = facts[j];
        facts[j] = swapped;
    }
    for (size_t i = question->unit_fact_count; i > 1; i--) {
        size_t j = choose(choices, (uint32_t)i);
        struct entitlement_fact swapped = unit_facts[i - 1];
        unit_facts[i - 1] = unit_facts[j];
        unit_facts[j] = swapped;
    }
    other.facts = facts;
    other.unit_facts = unit_facts;
    Common__V1__Decision *again = try_decide(arena, &other);
    assert_non_null(again);
    fixture_assert_same(arena, record, again);
}

static void
property_the_order_of_facts_does_not_matter(void **state UNUSED)
{
    for_cases(check_order);
}

static void
check_whole(struct arena *arena UNUSED, struct choices *choices UNUSED,
            struct policy_case *question UNUSED, Common__V1__Decision *record)
{
    struct fault fault = {0};
    if (contract_check(&common_v1_decision_contract, &record->base, false, &fault) != OK)
        fail_msg("%s %s", fault.reason, fault.field);
    assert_int_not_equal(record->outcome, 0);
    assert_true(record->reason[0] != 0 && record->deciding_clause_id[0] != 0);
    assert_int_equal(record->n_sentences, 2);
    assert_true(record->outcome != COMMON__V1__DECISION__OUTCOME__UNDETERMINED ||
                record->n_needed > 0);
    assert_true(record->outcome == COMMON__V1__DECISION__OUTCOME__UNDETERMINED ||
                record->outcome == COMMON__V1__DECISION__OUTCOME__REFERRED ||
                record->n_needed == 0);
    for (size_t i = 0; i < record->n_facts; i++)
        assert_true(i == 0 || strcmp(record->facts[i - 1]->name, record->facts[i]->name) < 0);
    for (size_t i = 0; i < record->n_steps; i++) {
        assert_int_not_equal(record->steps[i]->result, 0);
        for (size_t f = 0; f < record->steps[i]->n_fact_names; f++) {
            size_t found = 0;
            while (found < record->n_facts &&
                   strcmp(record->facts[found]->name, record->steps[i]->fact_names[f]) != 0)
                found++;
            assert_true(found < record->n_facts);
        }
    }
}

static void
property_a_record_is_whole(void **state UNUSED)
{
    for_cases(check_whole);
}

/* What was told, packed by the protobuf library: anybody can make the digest so. */
static void
check_digest(struct arena *arena, struct choices *choices UNUSED,
             struct policy_case *question UNUSED, Common__V1__Decision *record)
{
    Common__V1__Decision input = COMMON__V1__DECISION__INIT;
    input.question = record->question;
    input.at_date = record->at_date;
    input.decide_time = record->decide_time;
    input.n_pins = record->n_pins;
    input.pins = record->pins;
    input.n_facts = record->n_facts;
    input.facts = record->facts;
    input.engine_version = record->engine_version;
    input.n_unit_facts = record->n_unit_facts;
    input.unit_facts = record->unit_facts;
    input.serial = record->serial;
    size_t size_bytes;
    uint8_t *bytes = fixture_pack(arena, &input, &size_bytes);
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, bytes, size_bytes);
    assert_int_equal(record->input_digest.len, sizeof digest);
    assert_memory_equal(record->input_digest.data, digest, sizeof digest);
}

static void
property_the_input_digest_is_that_of_what_was_told(void **state UNUSED)
{
    for_cases(check_digest);
}

/* The same on every compiler, in debug and release. Where the rules or words changed on purpose,
 * POLICY_ENGINE_VERSION goes up with it. */
static const char records_sha256[] =
    "202ca67e7e5f23e1f4818fa601f434fd3c66f1a38e44880f9f88a63eff6c46ae";

static void
the_bytes_of_records_are_the_same_everywhere(void **state UNUSED)
{
    crypto_hash_sha256_state hash;
    crypto_hash_sha256_init(&hash);
    int decided = 0;
    for (uint64_t i = 0; decided < 2000; i++) {
        struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
        struct choices choices = {.state = 20260101 + i * 104729};
        Common__V1__Decision *record = try_decide(arena, random_case(arena, &choices));
        if (record != NULL) {
            /* Words come from the policy's files and ICU's data, which have versions of their own.
             */
            record->n_sentences = 0;
            size_t size_bytes;
            uint8_t *bytes = fixture_pack(arena, record, &size_bytes);
            crypto_hash_sha256_update(&hash, bytes, size_bytes);
            decided++;
        }
        arena_free(&arena);
    }
    uint8_t digest[crypto_hash_sha256_BYTES];
    char hex[2 * crypto_hash_sha256_BYTES + 1];
    crypto_hash_sha256_final(&hash, digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    assert_string_equal(hex, records_sha256);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(property_a_stored_record_decides_to_the_same_bytes),
        cmocka_unit_test(property_a_fact_that_is_not_known_never_denies),
        cmocka_unit_test(property_what_the_customer_states_is_no_proof_against_them),
        cmocka_unit_test(property_words_alone_exclude_nothing),
        cmocka_unit_test(property_the_order_of_facts_does_not_matter),
        cmocka_unit_test(property_a_record_is_whole),
        cmocka_unit_test(property_the_input_digest_is_that_of_what_was_told),
        cmocka_unit_test(the_bytes_of_records_are_the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, open_two, close_two);
}
