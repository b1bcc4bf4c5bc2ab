/*
 * policy_change_test - what small changes of the files of a policy lead to, as
 * tests/policies/changes tells
 *
 * Each line of two policies is left out, and some of its words and signs are changed, one at a
 * time. Told is what is found wrong with the file and where; and of a policy that can be read, what
 * its difference is called, and by digests, what its canonical form and its pages are.
 *
 * What is told was read once by a person. AFTERCARE_TEST_WRITE=1 writes it anew, for another to
 * read.
 */
// SPDX-License-Identifier: Apache-2.0
#include <sodium.h>

#include "common/policy/policy_diff.h"
#include "common/policy/policy_format.h"
#include "common/policy/policy_text_fixture.h"

enum { PROBLEMS_TOLD = 4, CHANGES_TOLD = 6, CHANGED_BYTES_MAX = 64 << 10 };

static struct buf told;

/* One file of a policy is changed at a time. */
struct files {
    struct read_fixture fixture;
    struct policy_file *changed;
    bool is_checked; /* whether it is more than what the reader looks at */
    int line_every;  /* one of so many lines is left out, one of so many words and signs changed */
    size_t word_every;
};

static void
tell_digest(const char *what, struct buf *text)
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    char hex[9];
    crypto_hash_sha256(digest, (const uint8_t *)buf_text(text), text->size_bytes);
    sodium_bin2hex(hex, sizeof hex, digest, 4);
    buf_printf(&told, " %s %s", what, hex);
    buf_clear(text);
}

static void
tell_page(const struct policy_page *page, struct buf *text)
{
    policy_page_text(page, 60, text);
    tell_digest("text", text);
    policy_page_html(page, text);
    tell_digest("page", text);
}

static void
tell_problems(struct policy_problems *problems)
{
    policy_problems_sort(problems);
    for (size_t i = 0; i < problems->problem_count && i < PROBLEMS_TOLD; i++) {
        const struct policy_problem *problem = &problems->problems[i];
        buf_printf(&told, "  %d:%d %s%s %s %s\n", problem->line, problem->column,
                   problem->severity == POLICY_ERROR ? "" : "warning ", problem->reason,
                   problem->clause_id, problem->message);
        if (problem->suggestion != NULL)
            buf_printf(&told, "  suggested %zu bytes\n", strlen(problem->suggestion));
    }
    if (problems->problem_count > PROBLEMS_TOLD)
        buf_printf(&told, "  of %zu errors, %zu warnings\n", problems->error_count,
                   problems->warning_count);
}

/* What a policy that was read is, as seen from the one before. */
static void
tell_policy(struct arena *arena, const struct policy *policy, const struct policy *old,
            bool is_printed)
{
    struct policy_changes changes = policy_diff(arena, old, policy);
    struct buf text = {0};
    for (size_t language = 0; language < policy->language_count && language < 2; language++) {
        struct policy_formatter *formatter = policy_formatter_new(policy, language);
        for (size_t i = 0; i < changes.change_count && i < CHANGES_TOLD; i++) {
            policy_diff_print(formatter, &changes.changes[i], &text);
            buf_printf(&told, "  %s%s\n", buf_text(&text),
                       policy_change_is_wording(&changes.changes[i]) ? " (wording)" : "");
            buf_clear(&text);
        }
        policy_formatter_free(&formatter);
    }
    buf_add_text(&told, " ");
    policy_canon_write(policy, &text);
    tell_digest("canon", &text);
    policy_canon_write_yaml(policy, &text);
    tell_digest("yaml", &text);
    struct policy_page page = {.policy = policy, .previous = old, .shows_internal = true};
    for (; is_printed && page.language < policy->language_count; page.language++)
        tell_page(&page, &text);
    buf_add_text(&told, "\n");
    buf_free(&text);
}

static void
tell_change(struct files *files, const struct policy *old, const char *bytes, size_t size_bytes)
{
    struct policy_file kept = *files->changed;
    files->changed->bytes = bytes;
    files->changed->size_bytes = size_bytes;
    struct arena *arena = arena_new(POLICY_READ_BUDGET_BYTES);
    struct policy_problems problems = {.arena = arena};
    struct policy *policy = policy_read(arena, &files->fixture.sources, &problems);
    bool is_fine = policy != NULL;
    if (is_fine && files->is_checked)
        is_fine = policy_check(arena, policy, true, &problems);
    tell_problems(&problems);
    if (is_fine) {
        policy->version = old->version + 1;
        policy->effective_from = (struct date){2026, 4, 1};
        tell_policy(arena, policy, old, files->is_checked);
    }
    arena_free(&arena);
    *files->changed = kept;
}

/* `size` bytes at a place of the file become `text`. */
static void
change(struct files *files, const struct policy *old, size_t at, size_t size, const char *text)
{
    const struct policy_file *file = files->changed;
    struct buf bytes = {0};
    buf_printf(&bytes, "%.*s%s%s", (int)at, file->bytes, text, file->bytes + at + size);
    tell_change(files, old, buf_text(&bytes), bytes.size_bytes);
    buf_free(&bytes);
}

static void
change_line(struct files *files, const struct policy *old, int number, size_t at, size_t size)
{
    static const char *const others[] = {"", "x", "0", "none", "1 year", "wear", "DE", "[a]"};
    static size_t count = 0;
    const char *line = files->changed->bytes + at;
    if (number % files->line_every == 0) {
        buf_printf(&told, "%d without the line\n", number);
        change(files, old, at, size, "");
    }
    for (size_t i = 0; i < size;) {
        size_t word = strcspn(line + i, " \n\t,:{}[]\"");
        word = word == 0 ? 1 : word;
        if (line[i] != ' ' && line[i] != '\n' && count++ % files->word_every == 0) {
            const char *other = others[count / files->word_every % COUNT_OF(others)];
            buf_printf(&told, "%d %.*s -> %s\n", number, (int)word, line + i, other);
            change(files, old, at + i, word, other);
        }
        i += word;
    }
}

static void
tell_file(struct files *files, const struct policy *old)
{
    const char *bytes = files->changed->bytes;
    int number = 1;
    for (size_t at = 0; bytes[at] != '\0'; number++) {
        size_t size = strcspn(bytes + at, "\n") + 1;
        if (bytes[at] != '#' && bytes[at] != '\n')
            change_line(files, old, number, at, size);
        at += size;
    }
}

static void
write_told(const char *path)
{
    char full[2048];
    (void)snprintf(full, sizeof full, "%s/%s", AFTERCARE_SOURCE_DIR, path);
    FILE *stream = fopen(full, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(told.bytes, 1, told.size_bytes, stream), told.size_bytes);
    assert_int_equal(fclose(stream), 0);
}

/* Names the first line that is told otherwise. */
static void
assert_told(struct read_fixture *fixture, const char *path)
{
    struct policy_file file;
    if (getenv("AFTERCARE_TEST_WRITE") != NULL)
        write_told(path);
    assert_true(read_load(fixture, path, &file));
    const char *wanted = file.bytes;
    const char *found = buf_text(&told);
    for (int line = 1; strcmp(wanted, found) != 0; line++) {
        size_t wanted_size = strcspn(wanted, "\n");
        size_t found_size = strcspn(found, "\n");
        if (wanted_size != found_size || strncmp(wanted, found, wanted_size) != 0)
            fail_msg("%s:%d: \"%.*s\" has become \"%.*s\"", path, line, (int)wanted_size, wanted,
                     (int)found_size, found);
        wanted += wanted_size + 1;
        found += found_size + 1;
    }
}

static void
the_changes_of_the_whole_policy(void **state UNUSED)
{
    struct files files = {.line_every = 1, .word_every = 2};
    struct read_fixture old;
    read_start(&old);
    (void)read_whole(&old);
    read_start(&files.fixture);
    (void)read_whole(&files.fixture);
    files.changed = &files.fixture.sources.main;
    tell_file(&files, old.policy);
    files.changed = &files.fixture.languages[0];
    tell_file(&files, old.policy);
    assert_told(&old, "tests/policies/changes/whole.txt");
    read_end(&old);
    read_end(&files.fixture);
}

static void
the_changes_of_the_default_policy(void **state UNUSED)
{
    struct files files = {.is_checked = true, .line_every = 6, .word_every = 29};
    struct read_fixture old;
    buf_clear(&told);
    (void)text_open(&old, NULL);
    (void)text_open(&files.fixture, NULL);
    files.changed = &files.fixture.sources.main;
    tell_file(&files, old.policy);
    assert_told(&old, "tests/policies/changes/default.txt");
    read_end(&old);
    read_end(&files.fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_changes_of_the_whole_policy),
        cmocka_unit_test(the_changes_of_the_default_policy),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_free(&told);
    date_deinit();
    zone_deinit();
    arena_deinit();
    return failed;
}
