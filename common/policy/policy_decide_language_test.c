/*
 * policy_decide_language_test - sentences in languages that are not built in
 *
 * tests/policies/default.fr.yaml has French for the default policy. Each case of
 * tests/policies/decisions is decided by it; tests/policies/sentences.txt has what the customer
 * reads, one line each, after the outcome. UPDATE_GOLDEN=1 writes it anew: read what changed.
 */
// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>

#include "common/policy/policy_decide_fixture.h"
#include "common/policy/policy_decide_phrases.h"
#include "common/policy/policy_text_fixture.h"

enum { CASES_MAX = 256, NAME_SIZE = 128 };

static const char *const golden = AFTERCARE_SOURCE_DIR "/tests/policies/sentences.txt";
static const char *const folder = AFTERCARE_SOURCE_DIR "/tests/policies/decisions";

static struct read_fixture files;
static struct arena *arena;

/* ---- the default policy in three languages ---- */

/* Whether a line of texts begins one that the French file has too. */
static bool
has_text(const struct policy_file *french, const char *line)
{
    const char *id = arena_printf(files.arena, "\n%.*s", (int)(strcspn(line + 2, ":") + 3), line);
    return strstr(french->bytes, id) != NULL;
}

/* Adds the German texts that the French file lacks, a line each. */
static void
add_german_texts(struct policy_file *french, const struct policy_file *german)
{
    struct buf text = {0};
    buf_add_text(&text, french->bytes);
    const char *line = strstr(german->bytes, "\ntexts:\n");
    const char *last = strstr(german->bytes, "\nlabels:\n");
    CHECK(line != NULL && last > line);
    for (line += strlen("\ntexts:\n"); line <= last; line += strcspn(line, "\n") + 1) {
        if (line[0] == ' ' && line[2] != ' ' && !has_text(french, line))
            buf_add(&text, line, strcspn(line, "\n") + 1);
    }
    french->bytes = arena_copy_text(files.arena, buf_text(&text));
    french->size_bytes = text.size_bytes;
    buf_free(&text);
}

/* With these words of the French file replaced. */
static const struct policy *
open_french(const char *languages, const char *const *pairs)
{
    read_start(&files);
    assert_true(read_load(&files, "deploy/policies/default.yaml", &files.sources.main));
    assert_true(read_load(&files, "deploy/policies/default.de.yaml", &files.languages[0]));
    assert_true(read_load(&files, "tests/policies/default.fr.yaml", &files.languages[1]));
    assert_true(read_load(&files, "deploy/policies/holidays/DE.yaml", &files.holidays[0]));
    files.sources.language_count = 2;
    files.sources.holiday_count = 1;
    const char *const head[] = {"languages: [en, de]", languages, NULL};
    text_replace(&files.sources.main, head, &files);
    text_replace(&files.languages[1], pairs, &files);
    add_german_texts(&files.languages[1], &files.languages[0]);
    struct policy *policy = read_all(&files);
    if (policy == NULL)
        read_print_problems(&files.problems);
    CHECK(policy != NULL);
    policy->version = 1;
    policy->effective_from = (struct date){2025, 1, 1};
    return policy;
}

static int
start(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    return 0;
}

static int
end(void **state UNUSED)
{
    arena_free(&arena);
    read_end(&files);
    return 0;
}

static int
end_all(void **state UNUSED)
{
    arena_deinit();
    zone_deinit();
    return 0;
}

static const char *
load_text(const char *path)
{
    enum { TEXT_SIZE = 1 << 16 };
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        fail_msg("there is no %s", path);
    char *text = arena_alloc(arena, TEXT_SIZE);
    text[fread(text, 1, TEXT_SIZE - 1, stream)] = 0;
    (void)fclose(stream);
    return text;
}

static const Common__V1__Decision *
decide(const struct policy *policy, const char *name)
{
    const struct policy_set set = {&policy, 1};
    const char *path = arena_printf(arena, "%s/%s.yaml", folder, name);
    struct policy_file file = read_text(name, load_text(path));
    struct policy_problems problems = {.arena = arena};
    struct policy_case *question = policy_case_read(arena, policy, &file, &problems);
    if (question == NULL)
        read_print_problems(&problems);
    assert_non_null(question);
    struct policy_engine *engine = policy_engine_new(&set);
    Common__V1__Decision *record;
    struct fault fault;
    if (policy_decide(arena, engine, question, &record, &fault) != OK)
        fail_msg("%s: %s", name, fault.message);
    policy_engine_free(&engine);
    return record;
}

static const char *
sentence(const Common__V1__Decision *record, const char *language)
{
    for (size_t i = 0; i < record->n_sentences; i++) {
        if (strcmp(record->sentences[i]->language, language) == 0)
            return record->sentences[i]->text;
    }
    fail_msg("there is no sentence in %s", language);
    return NULL;
}

/* ---- the golden file ---- */

static int
compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static size_t
find_cases(char (*ret_names)[NAME_SIZE])
{
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    size_t count = 0;
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        const char *ending = strstr(entry->d_name, ".yaml");
        if (ending == NULL)
            continue;
        assert_true(count < CASES_MAX && ending - entry->d_name < NAME_SIZE);
        (void)snprintf(ret_names[count++], NAME_SIZE, "%.*s", (int)(ending - entry->d_name),
                       entry->d_name);
    }
    (void)closedir(directory);
    qsort(ret_names, count, sizeof *ret_names, compare_names);
    return count;
}

static void
write_golden(const struct buf *text)
{
    FILE *stream = fopen(golden, "wb");
    assert_non_null(stream);
    (void)fwrite(text->bytes, 1, text->size_bytes, stream);
    assert_int_equal(fclose(stream), 0);
}

static void
the_sentences_are_those_of_the_golden_file(void **state UNUSED)
{
    static char names[CASES_MAX][NAME_SIZE];
    const char *const nothing[] = {NULL};
    const struct policy *policy = open_french("languages: [en, de, fr]", nothing);
    size_t count = find_cases(names);
    struct buf text = {0};
    for (size_t i = 0; i < count; i++) {
        const Common__V1__Decision *record = decide(policy, names[i]);
        const ProtobufCEnumValue *outcome = protobuf_c_enum_descriptor_get_value(
            &common__v1__decision__outcome__descriptor, record->outcome);
        buf_printf(&text, "%s: %s: %s\n", names[i], outcome->name, sentence(record, "fr"));
    }
    if (getenv("UPDATE_GOLDEN") != NULL)
        write_golden(&text);
    assert_string_equal(buf_text(&text), load_text(golden));
    buf_free(&text);
}

/* ---- languages that lack words ---- */

/* The clause's own text would promise, whatever was decided. */
static void
a_denial_never_reads_as_the_promise(void **state UNUSED)
{
    const char *const no_words[] = {"  words:\n", "  other:\n", NULL};
    const struct policy *policy = open_french("languages: [en, de, fr]", no_words);
    const Common__V1__Decision *record = decide(policy, "late_business");
    assert_int_equal(record->outcome, COMMON__V1__DECISION__OUTCOME__DENIED);
    assert_string_equal(sentence(record, "fr"), sentence(record, "en"));
    assert_non_null(strstr(sentence(record, "fr"), "no longer covered: the last day was"));
}

static void
a_sentence_that_lacks_a_word_is_told_whole_in_another_language(void **state UNUSED)
{
    const char *const no_clause[] = {"sentence.clause:", "sentence.clausule:", NULL};
    const struct policy *policy = open_french("languages: [en, de, fr]", no_clause);
    const Common__V1__Decision *record = decide(policy, "late_business");
    assert_string_equal(sentence(record, "fr"), sentence(record, "en"));
    /* What needs no such word is told as before. */
    record = decide(policy, "coverage_goodwill");
    assert_non_null(strstr(sentence(record, "fr"), "commercial, nous couvrons"));
}

static void
a_policy_has_its_own_words_for_a_language_that_is_built_in(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"labels:  ",
                 "labels:\n  words: {sentence.EXPIRED: \"Over since {date}, {nobody} {.\"}\n  x: y "
                 "#"}};
    CHECK(text_open(&files, &edits) != NULL);
    files.policy->version = 1;
    files.policy->effective_from = (struct date){2025, 1, 1};
    const Common__V1__Decision *record = decide(files.policy, "late_business");
    assert_non_null(strstr(sentence(record, "en"), "Over since"));
    assert_non_null(strstr(sentence(record, "en"), ", {nobody} {."));
    assert_non_null(strstr(sentence(record, "de"), "nicht mehr abgedeckt"));
}

/* ---- the check ---- */

/* The first problem for a reason; NULL: there is none. */
static const struct policy_problem *
find_problem(const struct policy *policy, const char *reason)
{
    struct policy_problems *problems = arena_alloc(arena, sizeof *problems);
    problems->arena = arena;
    (void)policy_check(arena, policy, true, problems);
    for (size_t i = 0; i < problems->problem_count; i++) {
        if (strcmp(problems->problems[i].reason, reason) == 0)
            return &problems->problems[i];
    }
    return NULL;
}

static void
a_language_that_lacks_sentences_is_warned_of_with_what_is_missing(void **state UNUSED)
{
    const char *const nothing[] = {NULL};
    assert_null(find_problem(open_french("languages: [en, de, fr]", nothing), "SENTENCES_MISSING"));
    read_end(&files);
    const char *const no_clause[] = {"sentence.clause:", "sentence.clausule:", NULL};
    const struct policy *policy = open_french("languages: [en, de, fr]", no_clause);
    const struct policy_problem *problem = find_problem(policy, "SENTENCES_MISSING");
    assert_non_null(problem);
    assert_int_equal(problem->severity, POLICY_WARNING);
    assert_string_equal(problem->suggestion,
                        "labels:\n  words:\n    sentence.clause: \"clause {number}\"");
    problem = find_problem(policy, "LABEL_UNKNOWN");
    assert_non_null(problem);
    assert_string_equal(problem->message, "no sentence is called 'words.sentence.clausule'");
}

static void
a_sentence_has_the_places_of_the_original(void **state UNUSED)
{
    static const char *const changes[][3] = {
        {"le {date} ({clause}).\"\n    sentence.ENDED", "hier ({clause}).\"\n    sentence.ENDED",
         "PLACEHOLDER_MISSING"},
        {"jusqu'au {date}.", "jusqu'au {date}, {span}.", "PLACEHOLDER_UNKNOWN"},
        {"jusqu'au {date}.", "jusqu'au {date}{date}.", "PLACEHOLDER_REPEATED"}};
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        const char *const pairs[] = {changes[i][0], changes[i][1], NULL};
        const struct policy *policy = open_french("languages: [en, de, fr]", pairs);
        assert_non_null(find_problem(policy, changes[i][2]));
        if (i + 1 < COUNT_OF(changes))
            read_end(&files);
    }
}

/* ---- keys ---- */

static void
each_key_is_there_once_and_has_its_english(void **state UNUSED)
{
    char key[DECIDE_KEY_SIZE];
    char other[DECIDE_KEY_SIZE];
    const char *english;
    size_t count = 0;
    for (; decide_phrase_at(count, key, &english); count++) {
        assert_string_equal(decide_phrase_original(key), english);
        for (size_t i = 0; i < count; i++) {
            const char *unused;
            assert_true(decide_phrase_at(i, other, &unused));
            assert_string_not_equal(key, other);
        }
    }
    assert_true(count > 60);
    assert_null(decide_phrase_original("EXPIRED.endless"));
    assert_string_equal(decide_phrase_original("or"), " or ");
    assert_string_equal(decide_phrase_original("RETURNABLE.endless"),
                        "You may return the product at any time ({clause}).");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_sentences_are_those_of_the_golden_file),
        TEST(a_denial_never_reads_as_the_promise),
        TEST(a_sentence_that_lacks_a_word_is_told_whole_in_another_language),
        TEST(a_policy_has_its_own_words_for_a_language_that_is_built_in),
        TEST(a_language_that_lacks_sentences_is_warned_of_with_what_is_missing),
        TEST(a_sentence_has_the_places_of_the_original),
        cmocka_unit_test(each_key_is_there_once_and_has_its_english),
    };
    return cmocka_run_group_tests(tests, NULL, end_all);
}
