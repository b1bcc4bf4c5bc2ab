/*
 * policy_diff_first_test - the first of everything is compared as what stands behind it
 *
 * In a policy with one of each, or where what is told stands first.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_diff.h"
#include "common/policy/policy_text_fixture.h"

#define HEAD                                                                                       \
    "format: 1\npolicy: small\ntitle: Small\nlanguages: [en]\ntime_zone: UTC\ncurrency: EUR\n"
#define GENERAL                                                                                    \
    "- section: general\n  number: 0\n  title: General\n  clauses:\n"                              \
    "  - {clause: general.contact, text: \"Ask {contact}.\", set: {contact: service}}\n"
#define EXCLUSIONS                                                                                 \
    "- section: warranty\n  number: 1\n  title: Warranty\n  clauses:\n"                            \
    "  - {clause: warranty.exclusions, text: \"Not: {tests}.\", set: {tests: [{id: "               \
    "warranty.exclusions.a, text: misuse, when: {opened: yes}}]}}\n"
#define CONTACTS "contacts: {service: {phone: \"1\"}, other: {phone: \"2\"}}\n"
#define LAW                                                                                        \
    "axes: {region: {DE: {}, FR: {}}}\nsections: []\nstatutory:\n- layer: law\n  version: 1\n"     \
    "  applies: {region: DE}\n  rights:\n  - {clause: law.conformity, right: warranty, text: "     \
    "\"It lasts {length}.\", length: 2 years, starts: [delivered], covers: [parts], causes: "      \
    "[wear]}\n"

static const struct {
    const char *text;
    const char *from, *to;
    const char *changed; /* the only one */
} cases[] = {
    {HEAD CONTACTS "sections:\n" GENERAL, "contact: service}", "contact: other}",
     "general.contact"},
    {HEAD CONTACTS "sections:\n" GENERAL, "\"Ask {", "\"Ask us: {", "general.contact"},
    {HEAD CONTACTS "sections:\n" GENERAL, "title: General", "title: Always", "general"},
    {HEAD CONTACTS "sections:\n" GENERAL, "number: 0", "number: 7", "sections.general.number"},
    {HEAD CONTACTS "sections:\n" GENERAL, "phone: \"1\"", "phone: \"3\"", "contacts.service"},
    {HEAD CONTACTS "sections:\n" GENERAL, "title: Small", "title: Large", "title"},
    {HEAD CONTACTS "sections:\n" GENERAL, "policy: small", "policy: other", "policy"},
    {HEAD CONTACTS "sections:\n" GENERAL,
     "contacts:", "labels: {cause.wear: wear}\ncontacts:", "labels.cause.wear"},
    {HEAD "labels: {cause.wear: wear}\n" CONTACTS "sections:\n" GENERAL,
     "labels: {cause.wear: wear}\n", "", "labels.cause.wear"},
    {HEAD "codes: {cause: [wear]}\nsections:\n" EXCLUSIONS, "text: misuse", "text: abuse",
     "warranty.exclusions.a"},
    {HEAD "codes: {cause: [wear]}\n" LAW, "version: 1", "version: 2", "law.version"},
    {HEAD "codes: {cause: [wear]}\n" LAW, "\"It lasts", "\"It runs", "law.conformity"},
    {HEAD "codes: {cause: [wear]}\n" LAW, "2 years", "3 years", "law.conformity"},
    /* What is new in front of it changes no order. */
    {HEAD CONTACTS "sections:\n" GENERAL, "  - {clause: general.contact",
     "  - {clause: general.first, text: Hello.}\n  - {clause: general.contact", "general.first"},
    {HEAD CONTACTS "sections:\n" GENERAL, "- section: general",
     "- section: first\n  number: 5\n  title: First\n  clauses:\n  - {clause: first.hello, text: "
     "Hello.}\n- section: general",
     "first.hello"},
};

static void
read_version(struct read_fixture *files, const char *text)
{
    read_start(files);
    files->sources.main = read_text("small.yaml", text);
    if (read_all(files) == NULL)
        read_print_problems(&files->problems);
    assert_non_null(files->policy);
}

static void
the_first_of_everything_is_compared(void **state UNUSED)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct read_fixture old, new;
        read_version(&old, cases[i].text);
        const char *at = strstr(cases[i].text, cases[i].from);
        assert_non_null(at);
        read_version(&new, arena_printf(old.arena, "%.*s%s%s", (int)(at - cases[i].text),
                                        cases[i].text, cases[i].to, at + strlen(cases[i].from)));
        struct policy_changes changes = policy_diff(new.arena, old.policy, new.policy);
        for (size_t j = 0; j < changes.change_count; j++)
            print_message("%s\n", changes.changes[j].clause_id);
        assert_int_equal(changes.change_count, 1);
        assert_string_equal(changes.changes[0].clause_id, cases[i].changed);
        read_end(&old);
        read_end(&new);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_first_of_everything_is_compared)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    zone_deinit();
    return failed;
}
