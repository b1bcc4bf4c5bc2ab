/*
 * policy_read_limits_test - one thing wrong in a whole policy is one error; and every number of
 * things has a bound
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_fixture.h"

struct change {
    const char *from;
    const char *to;
    const char *reason;
};

/* `text` with the first `from` as `to`. */
static void
replace(struct buf *out, const struct policy_file *file, const struct change *change)
{
    const char *at = strstr(file->bytes, change->from);
    if (at == NULL)
        fail_msg("there is no \"%s\"", change->from);
    buf_printf(out, "%.*s%s%s", (int)(at - file->bytes), file->bytes, change->to,
               at + strlen(change->from));
}

static bool
has_reason(const struct policy_problems *problems, const char *reason)
{
    for (size_t i = 0; i < problems->problem_count; i++)
        if (problems->problems[i].severity == POLICY_ERROR &&
            strcmp(problems->problems[i].reason, reason) == 0)
            return true;
    return false;
}

/* Reads the whole policy with one of its files changed. */
static void
assert_change_refused(const struct read_fixture *whole, size_t file, const struct change *change)
{
    struct policy_file files[] = {whole->sources.main, whole->languages[0], whole->holidays[0]};
    struct buf changed = {0};
    replace(&changed, &files[file], change);
    files[file].bytes = changed.bytes;
    files[file].size_bytes = changed.size_bytes;
    struct arena *arena = arena_new(POLICY_READ_BUDGET_BYTES);
    struct policy_problems problems = {.arena = arena};
    struct policy_sources sources = {.main = files[0],
                                     .languages = &files[1],
                                     .language_count = 1,
                                     .holidays = &files[2],
                                     .holiday_count = 1};
    bool is_refused = policy_read(arena, &sources, &problems) == NULL;
    if (!is_refused || !has_reason(&problems, change->reason)) {
        read_print_problems(&problems);
        fail_msg("\"%s\" in place of \"%s\" should be %s", change->to, change->from,
                 change->reason);
    }
    arena_free(&arena);
    buf_free(&changed);
}

/* One thing each, in a policy that is right without it. */
static const struct change wrong_in_main[] = {
    {"languages: [en, de]", "languages: en", "FORM_WRONG"},
    {"languages: [en, de]", "languages: [en, {}]", "FORM_WRONG"},
    {"languages: [en, de]", "languages: []", "LANGUAGE_MISSING"},
    {"languages: [en, de]", "languages: [en, de, de-]", "LANGUAGE_MALFORMED"},
    {"languages: [en, de]", "languages: [en, de, de-AT-1234567890]", "LANGUAGE_MALFORMED"},
    {"time_zone: Europe/Berlin\n", "time_zone: []\n", "FORM_WRONG"},
    {"currency: EUR", "currency: {}", "FORM_WRONG"},
    {"time_zone: America/New_York", "time_zone: EST", "ZONE_UNKNOWN"},
    {"{time_zone: America/New_York}", "here", "FORM_WRONG"},
    {"{time_zone: America/New_York}", "{time_zone: {}}", "FORM_WRONG"},
    {"{ovens: {}, lamps: {}}", "{ovens: {}, lamps: 1}", "FORM_WRONG"},
    {"{ovens: {}, lamps: {}}", "{ovens: {}, \"la mps\": {}}", "CODE_MALFORMED"},
    {"{ovens: {}, lamps: {}}", "{ovens: {b: {c: {d: {e: {f: {g: {h: {i: {}}}}}}}}}}",
     "AXIS_TOO_DEEP"},
    {"[material_defect, wear]", "[material_defect, wear, wear]", "CODE_TWICE"},
    {"[material_defect, wear]", "material_defect", "FORM_WRONG"},
    {"\"13:00-18:00\"", "\"1:00-18:00\"", "HOURS_MALFORMED"},
    {"\"13:00-18:00\"", "\"13:00-18:60\"", "HOURS_MALFORMED"},
    {"\"13:00-18:00\"", "\"13:00-24:01\"", "HOURS_MALFORMED"},
    {"\"13:00-18:00\"", "\"13:00 18:00\"", "HOURS_MALFORMED"},
    {"\"13:00-18:00\"", "\"13:00-13:00\"", "HOURS_MALFORMED"},
    {"\"13:00-18:00\"", "[]", "FORM_WRONG"},
    {"[\"09:00-12:00\", \"13:00-18:00\"]", "\"09:00-12:00\"", "FORM_WRONG"},
    {"\"13:00-18:00\"",
     "\"13:00-13:01\", \"13:02-13:03\", \"13:04-13:05\", \"13:06-13:07\", \"13:08-13:09\", "
     "\"13:10-13:11\", \"13:12-13:13\", \"13:14-13:15\"",
     "HOURS_OUT_OF_ORDER"},
    {"mon-thu", "mon-thursday", "DAY_UNKNOWN"},
    {"mon-thu", "thu-mon", "DAY_UNKNOWN"},
    {"mon-thu", "mon+thu", "DAY_UNKNOWN"},
    {"week: {mon-thu", "weeks: {mon-thu", "KEY_UNKNOWN"},
    {"week: {mon-sun: [\"00:00-24:00\"]}", "week: []", "FORM_WRONG"},
    {"holidays: [DE]", "holidays: DE", "FORM_WRONG"},
    {"holidays: [DE]", "holidays: [A, B, C, D, E, F, G, H, I]", "HOLIDAYS_TOO_MANY"},
    {"- {date: 2026-12-24, open", "- {date: 2026-12-24, from: 2026-12-01, open",
     "EXCEPTION_AMBIGUOUS"},
    {"- {date: 2026-12-24, open", "- {date: 2026-12-32, open", "VALUE_WRONG"},
    {"{from: 2026-12-27, to: 2026-12-31,", "{from: 2026-12-27,", "KEY_MISSING"},
    {"{from: 2026-12-27, to: 2026-12-31,", "{to: 2026-12-26, from: 2026-12-31,", "CALENDAR_WRONG"},
    {"closed: yes, name: Stocktaking", "closed: yes", "KEY_MISSING"},
    {"closed: yes, name: Stocktaking", "closed: no, name: Stocktaking", "EXCEPTION_AMBIGUOUS"},
    {"closed: yes, name: Stocktaking", "closed: perhaps, name: Stocktaking", "VALUE_WRONG"},
    {"- {date: 2026-12-24, open: [\"09:00-12:00\"], name: Christmas Eve}", "- Christmas Eve",
     "FORM_WRONG"},
    {"    time_zone: UTC\n", "    time_zone: UTC+1\n", "CALENDAR_WRONG"},
    {"always:\n    time_zone: UTC", "always: daily\n  x:\n    time_zone: UTC", "FORM_WRONG"},
    {"email: service@example.com", "email: example.com", "EMAIL_MALFORMED"},
    {"email: service@example.com", "email: after\u2011sales@example.com", "EMAIL_MALFORMED"},
    {"email: service@example.com", "email: after\u00adsales@example.com", "EMAIL_MALFORMED"},
    {"url: \"https://example.com/service\"", "url: \"https://example.com/a\u2011b\"",
     "URL_REFUSED"},
    {"url: \"https://example.com/service\"", "url: \"https://example.com/a b\"", "URL_REFUSED"},
    {"logo_url: /logo.svg", "logo_url: //example.com/logo.svg", "URL_REFUSED"},
    {"ovens: ovens\n", "ovens: ovens\n  cause.wear: worn\n", "LABEL_TWICE"},
    {"ovens: ovens\n", "ovens: [ovens]\n", "FORM_WRONG"},
    {"{retention: 10 years}", "[]", "FORM_WRONG"},
    {"- {when: {data_class: chat}, retention: 1 year}", "- {when: {data_class: chat}}",
     "EXCEPTION_EMPTY"},
    {"- {when: {data_class: chat}, retention: 1 year}", "- 1 year", "FORM_WRONG"},
    {"          - {when: {data_class: chat}, retention: 1 year}", "          {}", "FORM_WRONG"},
    {"internal: yes", "internal: very", "VALUE_WRONG"},
    {"{sku: \"OV-7/b\"}, length", "{sku: \"OV 7\"}, length", "CODE_MALFORMED"},
    {"number: 2", "number: 02", "VALUE_WRONG"},
    {"number: 2", "number: 1000", "VALUE_WRONG"},
    {"number: 2", "number: -1", "VALUE_WRONG"},
    {"section: support", "section: Support", "ID_MALFORMED"},
    {"section: support", "section: 1st", "ID_MALFORMED"},
    {"clause: support.hours", "clause: support", "ID_MALFORMED"},
    {"clause: support.hours", "clause: support.hours.now", "ID_MALFORMED"},
    {"clause: support.hours", "clause: []", "FORM_WRONG"},
    {"text: \"We are there {hours}.\"", "text: \"  \"", "FORM_WRONG"},
    {"text: \"We are there {hours}.\"", "text: [there]", "FORM_WRONG"},
    {"layer: sample", "layer: Sample", "ID_MALFORMED"},
    {"version: 2", "version: two", "VALUE_WRONG"},
    {"applies: {region: eu, customer_class: consumer}", "applies: all", "FORM_WRONG"},
    {"clause: sample.conformity", "clause: conformity", "ID_MALFORMED"},
    {"{length}.\"\n        length: 2 years", "{length.\"\n        length: 2 years",
     "TEXT_MALFORMED"},
    {"{length}.\"\n        length: 2 years", "{starts}.\"\n        length: 2 years",
     "PLACEHOLDER_MISSING"},
    {"starts: [delivered, purchased]", "starts: [delivered, born]", "CODE_UNKNOWN"},
    {"covers: [parts, labour]", "covers: [parts, joy]", "CODE_UNKNOWN"},
    {"excludes: [warranty.exclusions.misuse]", "excludes: [misuse]", "ID_MALFORMED"},
    {"excludes: [warranty.exclusions.misuse]", "excludes: all", "FORM_WRONG"},
    {"on_replacement: restart", "on_replacement: again", "CODE_UNKNOWN"},
    {"when: {channel: distance}", "when: {channel: telepathy}", "AXIS_VALUE_UNKNOWN"},
    {"{id: sample.refund,", "{", "KEY_MISSING"},
    {"parameter: returns.refund/refund_within, ", "", "KEY_MISSING"},
    {"parameter: returns.refund/refund_within, is: 10 days",
     "parameter: returns.refund/refund_within, is: soon", "VALUE_WRONG"},
    {"      - {id: sample.refund,", "      - 10 days\n      - {id: sample.refund,", "FORM_WRONG"},
    {"      - clause: sample.withdrawal", "      - 14 days\n      - clause: sample.withdrawal",
     "FORM_WRONG"},
    {"  - layer: sample", "  - sample\n  - layer: sample", "FORM_WRONG"},
    {"  - section: support", "  - support\n  - section: support", "FORM_WRONG"},
    {"      - clause: support.hours", "      - hours\n      - clause: support.hours", "FORM_WRONG"},
    {"title: Support\n    clauses:", "title: Support\n    clause:", "KEY_MISSING"},
    {"axes:\n  category:", "axes: []\nx:\n  category:", "FORM_WRONG"},
    {"statutory:\n", "statutory: {}\nx:\n", "FORM_WRONG"},
};

static void
one_thing_wrong_is_refused(void **state)
{
    struct read_fixture *whole = *state;
    (void)read_whole(whole);
    for (size_t i = 0; i < COUNT_OF(wrong_in_main); i++)
        assert_change_refused(whole, 0, &wrong_in_main[i]);
}

static void
one_thing_wrong_in_the_translation_is_refused(void **state)
{
    static const struct change changes[] = {
        {"title: Alles f\xc3\xbcr Sie", "title: \"Alles {f\xc3\xbcr} Sie\"", "PLACEHOLDER_UNKNOWN"},
        {"texts:\n", "texts: []\nx:\n", "FORM_WRONG"},
        {"  general: Allgemeines", "  general: []", "FORM_WRONG"},
        {"  warranty.process/report: sagen Sie es uns",
         "  warranty.process/report: \"sagen Sie {es}\"", "PLACEHOLDER_UNKNOWN"},
        {"\"Nach dem Gesetz {length}.\"", "\"Nach dem Gesetz {length\"", "TEXT_MALFORMED"},
        {"\"Nach dem Gesetz {length}.\"", "\"Nach dem Gesetz.\"", "PLACEHOLDER_MISSING"},
        {"labels:\n", "labels: []\nx:\n", "FORM_WRONG"},
        {"language: de", "language: []", "FORM_WRONG"},
    };
    struct read_fixture *whole = *state;
    (void)read_whole(whole);
    for (size_t i = 0; i < COUNT_OF(changes); i++)
        assert_change_refused(whole, 1, &changes[i]);
}

static void
an_unknown_code_with_a_label_is_a_warning(void **state)
{
    struct read_fixture *fixture = *state;
    assert_non_null(read_main_text(
        fixture, "format: 1\npolicy: small\ntitle: S\nlanguages: [en]\ntime_zone: UTC\n"
                 "currency: EUR\nlabels: {cause.magic: magic, cause: {unknown: unknown}}\n"
                 "sections: []\n"));
    assert_int_equal(fixture->problems.warning_count, 1);
    assert_string_equal(fixture->problems.problems[0].reason, "LABEL_UNKNOWN");
}

static void
a_label_that_no_text_would_print_is_a_warning(void **state)
{
    static const char *const labels[] = {"caus: {wear: x}",           "caus.wear: x",
                                         "for.caus.wear: x",          "word.absence.none: x",
                                         "warranty.period/lenght: x", "for.cause.rust: x",
                                         "when.chanel.shop: x",       "when.channel.knwon: x",
                                         "unless: {channel.shops: x}"};
    static const char *const fine[] = {"unknown: x",
                                       "for.cause.unknown: x",
                                       "words.absence.none: x",
                                       "warranty.period/length: x",
                                       "when: {delivered.known: x}",
                                       "unless.delivered.known: x",
                                       "when.channel.known: x",
                                       "unless: {channel.unknown: x}",
                                       "when.channel: x",
                                       "calendar.office: x",
                                       "register: {parts.price_list: x}"};
    struct read_fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(labels) + COUNT_OF(fine); i++) {
        bool is_fine = i >= COUNT_OF(labels);
        const char *label = is_fine ? fine[i - COUNT_OF(labels)] : labels[i];
        fixture->problems = (struct policy_problems){.arena = fixture->arena};
        (void)read_main_text(fixture,
                             arena_printf(fixture->arena,
                                          "format: 1\npolicy: small\ntitle: S\nlanguages: [en]\n"
                                          "time_zone: UTC\ncurrency: EUR\nlabels:\n  %s\n"
                                          "sections: []\n",
                                          label));
        if (fixture->problems.warning_count != (size_t)!is_fine)
            fail_msg("%s: %zu warnings", label, fixture->problems.warning_count);
        if (!is_fine)
            assert_string_equal(fixture->problems.problems[0].reason, "LABEL_UNKNOWN");
    }
}

static void
a_test_may_be_repeated_without_its_words(void **state)
{
    struct read_fixture *fixture = *state;
    (void)read_whole(fixture);
    static const struct change change = {"{id: warranty.exclusions.misuse, text: misuse, when",
                                         "{id: warranty.exclusions.misuse, when", ""};
    struct buf changed = {0};
    replace(&changed, &fixture->sources.main, &change);
    uint8_t digest[POLICY_DIGEST_BYTES];
    memcpy(digest, fixture->policy->digest, sizeof digest);
    fixture->sources.main = (struct policy_file){"whole.yaml", changed.bytes, changed.size_bytes};
    assert_non_null(read_all(fixture));
    assert_memory_equal(fixture->policy->digest, digest, sizeof digest);
    buf_free(&changed);
}

/* ---- too many ---- */

static const char head[] = "format: 1\npolicy: small\ntitle: S\nlanguages: [en]\ntime_zone: UTC\n"
                           "currency: EUR\n";

/* The head, `before`, `count` times `piece` (with its number, twice if it wants it), `after`. */
static bool
is_too_many(struct read_fixture *fixture, const char *before, const char *piece, int count,
            const char *after, const char *reason)
{
    struct buf text = {0};
    buf_add_text(&text, head);
    buf_add_text(&text, before);
    for (int i = 0; i < count; i++) {
        const char *number = strchr(piece, '#');
        const char *rest = piece;
        for (; number != NULL; number = strchr(rest, '#')) {
            buf_printf(&text, "%.*s%d", (int)(number - rest), rest, i);
            rest = number + 1;
        }
        buf_add_text(&text, rest);
    }
    buf_add_text(&text, after);
    fixture->problems = (struct policy_problems){.arena = fixture->arena};
    fixture->sources.main = (struct policy_file){"many.yaml", text.bytes, text.size_bytes};
    (void)read_all(fixture);
    buf_free(&text);
    return has_reason(&fixture->problems, reason);
}

/* As many as `most` are read, and one more is refused. */
static void
assert_bound(struct read_fixture *fixture, const char *before, const char *piece, int most,
             const char *after, const char *reason)
{
    if (is_too_many(fixture, before, piece, most, after, reason))
        fail_msg("%d: %s", most, reason);
    if (!is_too_many(fixture, before, piece, most + 1, after, reason)) {
        read_print_problems(&fixture->problems);
        fail_msg("%d: should be %s", most + 1, reason);
    }
}

static void
every_number_of_things_has_a_bound(void **state)
{
    static const char section[] = "sections:\n- section: a\n  number: 1\n  title: T\n  clauses:\n";
    static const char none[] = "sections: []\n";
    assert_bound(*state, "codes: {document: [", "c#, ", 1000, "]}\nsections: []\n",
                 "CODES_TOO_MANY");
    (void)is_too_many(*state, "", "", 0, none, "");
    int own = ((struct read_fixture *)*state)->policy->axes.value_count; /* of the program */
    assert_bound(*state, "axes:\n  category:\n", "    c#: {}\n", 20000 - own, none,
                 "AXES_TOO_LARGE");
    assert_bound(*state, "calendars:\n", "  c#: {week: {mon: [\"09:00-10:00\"]}}\n", 64, none,
                 "CALENDARS_TOO_MANY");
    assert_bound(*state, "calendars:\n  a:\n    week: {}\n    exceptions:\n", "    - {}\n", 1000,
                 none, "EXCEPTIONS_TOO_MANY");
    assert_bound(*state, "contacts:\n", "  c#: {phone: \"1\"}\n", 1000, none, "CONTACTS_TOO_MANY");
    assert_bound(*state, "labels:\n", "  c#: c\n", 20000, none, "LABELS_TOO_MANY");
    assert_bound(*state, "sections:\n", "- {}\n", 100, "", "SECTIONS_TOO_MANY");
    assert_bound(*state, section, "  - {}\n", 2000, "", "CLAUSES_TOO_MANY");
    assert_true(is_too_many(*state, section,
                            "  - {set: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, "
                            "i: 1, j: 1, k: 1, l: 1, m: 1, n: 1, o: 1, p: 1, q: 1, r: 1, "
                            "s: 1, t: 1, u: 1}}\n",
                            1950, "", "RULES_TOO_MANY"));
    assert_bound(*state, "sections: []\nstatutory:\n", "- {}\n", 100, "", "ITEMS_TOO_MANY");
    assert_bound(*state,
                 "sections: []\nstatutory:\n- layer: a\n  version: 1\n  applies: {}\n"
                 "  rights:\n",
                 "  - {}\n", 1000, "", "ITEMS_TOO_MANY");
    assert_bound(*state,
                 "sections: []\nstatutory:\n- layer: a\n  version: 1\n  applies: {}\n"
                 "  rights:\n  - clause: a.b\n    excludes: [",
                 "x, ", 256, "]\n", "ITEMS_TOO_MANY");
}

static void
files_without_number_are_refused(void **state)
{
    struct read_fixture *fixture = *state;
    struct policy_file *files = arena_alloc(fixture->arena, (POLICY_FILES_MAX + 1) * sizeof *files);
    for (size_t i = 0; i <= POLICY_FILES_MAX; i++)
        files[i] = read_text("x.yaml", "a: 1\n");
    fixture->sources.main = read_text("main.yaml", head);
    fixture->sources.languages = files;
    fixture->sources.language_count = POLICY_FILES_MAX + 1;
    assert_null(read_all(fixture));
    assert_string_equal(fixture->problems.problems[0].reason, "FILES_TOO_MANY");
}

static void
a_list_of_holidays_has_a_bound(void **state)
{
    struct read_fixture *fixture = *state;
    struct buf text = {0};
    buf_add_text(&text, "code: DE\nrules:\n");
    for (int i = 0; i <= HOLIDAY_RULES_MAX; i++)
        buf_printf(&text, "- {name: A, on: 01-01}\n");
    fixture->sources.main = read_text("main.yaml", "format: 1\npolicy: small\ntitle: S\n"
                                                   "languages: [en]\ntime_zone: UTC\n"
                                                   "currency: EUR\nsections: []\n");
    fixture->holidays[0] = (struct policy_file){"DE.yaml", text.bytes, text.size_bytes};
    fixture->sources.holiday_count = 1;
    assert_null(read_all(fixture));
    assert_string_equal(fixture->problems.problems[0].reason, "HOLIDAYS_TOO_MANY");
    buf_free(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, read_set_up, read_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_thing_wrong_is_refused),
        TEST(one_thing_wrong_in_the_translation_is_refused),
        TEST(an_unknown_code_with_a_label_is_a_warning),
        TEST(a_label_that_no_text_would_print_is_a_warning),
        TEST(a_test_may_be_repeated_without_its_words),
        TEST(every_number_of_things_has_a_bound),
        TEST(files_without_number_are_refused),
        TEST(a_list_of_holidays_has_a_bound),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    date_deinit();
    arena_deinit();
    return failed;
}
