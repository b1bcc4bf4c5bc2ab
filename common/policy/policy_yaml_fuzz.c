/*
 * policy_yaml_fuzz - any bytes as a policy, as its German texts and as its holidays: what is read
 * has a canonical form that reads back to the same digest; what is refused says why
 *
 * The first byte chooses what the rest is; the other files are then whole ones, so that the search
 * gets behind the first refusal.
 */
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "common/policy/policy_canon.h"
#include "common/policy/policy_check.h"
#include "common/policy/policy_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static const char small_main[] =
    "format: 1\npolicy: small\ntitle: Small\nlanguages: [en, de]\ntime_zone: Europe/Berlin\n"
    "currency: EUR\naxes: {category: {a: {b: {}}}}\n"
    "calendars: {office: {week: {mon-fri: [\"09:00-18:00\"]}, holidays: [DE]}}\n"
    "contacts: {service: {phone: \"1\", hours: office}}\nsections:\n"
    "- section: warranty\n  number: 1\n  title: W\n  clauses:\n"
    "  - clause: warranty.period\n    text: \"{length}\"\n    set: {length: 1 year}\n"
    "    except: [{when: {category: b}, length: 2 years}]\n";
static const char small_german[] = "language: de\ntitle: Klein\ntexts:\n  warranty: Garantie\n"
                                   "  warranty.period: \"{length}\"\n";
static const char small_holidays[] = "code: DE\nrules:\n- {name: New Year, on: 01-01}\n";

static struct policy_file
file_of(const char *name, const char *text)
{
    return (struct policy_file){.name = name, .bytes = text, .size_bytes = strlen(text)};
}

/* Every problem can be shown to its author. */
static void
check_problems(const struct policy_problems *problems)
{
    for (size_t i = 0; i < problems->problem_count; i++) {
        const struct policy_problem *problem = &problems->problems[i];
        CHECK(problem->reason[0] != 0 && problem->message[0] != 0);
        CHECK(problem->line >= 0 && problem->column >= 0);
    }
}

static void
check_again(struct arena *arena, const struct policy *policy)
{
    struct buf text = {0};
    struct policy_problems problems = {.arena = arena};
    policy_canon_write(policy, &text);
    struct policy_sources sources = {
        .main = {.name = "again", .bytes = text.bytes, .size_bytes = text.size_bytes}};
    const struct policy *again = policy_read(arena, &sources, &problems);
    CHECK(again != NULL);
    CHECK(memcmp(policy->digest, again->digest, POLICY_DIGEST_BYTES) == 0);
    buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    if (size_bytes == 0)
        return 0;
    struct arena *arena = arena_new(POLICY_READ_BUDGET_BYTES);
    struct policy_problems problems = {.arena = arena};
    struct policy_file given = {
        .name = "given", .bytes = (const char *)bytes + 1, .size_bytes = size_bytes - 1};
    struct policy_file german = file_of("german", small_german);
    struct policy_file holidays = file_of("holidays", small_holidays);
    struct policy_sources sources = {.main = file_of("main", small_main),
                                     .languages = &german,
                                     .language_count = 1,
                                     .holidays = &holidays,
                                     .holiday_count = 1};
    if (bytes[0] % 4 == 1)
        german = given;
    else if (bytes[0] % 4 == 2)
        holidays = given;
    else
        sources.main = given;
    if (bytes[0] % 4 == 3)
        sources.language_count = sources.holiday_count = 0;
    const struct policy *policy = policy_read(arena, &sources, &problems);
    CHECK((policy == NULL) == (problems.error_count > 0));
    check_problems(&problems);
    if (policy != NULL) {
        check_again(arena, policy);
        (void)policy_check(arena, policy, true, &problems);
    }
    arena_free(&arena);
    return 0;
}
