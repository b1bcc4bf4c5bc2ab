/*
 * policy_text_fixture - the default policy, or it with some words replaced, for tests of what it
 * prints
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_check.h"
#include "common/policy/policy_page.h"
#include "common/policy/policy_read_fixture.h"

enum { TEXT_EDITS_MAX = 8 };

/* Pairs of what stands in a file once and what replaces it, ended by NULL. */
struct text_edits {
    const char *main[2 * TEXT_EDITS_MAX + 1];
    const char *german[2 * TEXT_EDITS_MAX + 1];
};

static inline void
text_replace(struct policy_file *file, const char *const *pairs, struct read_fixture *fixture)
{
    CHECK(file->bytes != NULL);
    for (; pairs[0] != NULL; pairs += 2) {
        const char *found = strstr(file->bytes, pairs[0]);
        if (found == NULL)
            fail_msg("the file has no \"%s\"", pairs[0]);
        size_t before = (size_t)(found - file->bytes);
        const char *text = arena_printf(fixture->arena, "%.*s%s%s", (int)before, file->bytes,
                                        pairs[1], found + strlen(pairs[0]));
        file->bytes = text;
        file->size_bytes = strlen(text);
    }
}

static inline const struct policy *
text_open(struct read_fixture *files, const struct text_edits *edits)
{
    read_start(files);
    assert_true(read_load(files, "deploy/policies/default.yaml", &files->sources.main));
    assert_true(read_load(files, "deploy/policies/default.de.yaml", &files->languages[0]));
    assert_true(read_load(files, "deploy/policies/holidays/DE.yaml", &files->holidays[0]));
    files->sources.language_count = 1;
    files->sources.holiday_count = 1;
    if (edits != NULL) {
        text_replace(&files->sources.main, edits->main, files);
        text_replace(&files->languages[0], edits->german, files);
    }
    const struct policy *policy = read_all(files);
    if (policy == NULL)
        read_print_problems(&files->problems);
    assert_non_null(policy);
    return policy;
}

/* "category=large_appliances region=DE" as a subject; the text is borrowed. */
static inline struct policy_subject
text_subject(struct read_fixture *files, const char *text)
{
    struct policy_subject subject = {0};
    char *at = arena_copy_text(files->arena, text);
    for (char *word = strtok(at, " "); word != NULL; word = strtok(NULL, " ")) {
        char *code = strchr(word, '=');
        assert_non_null(code);
        *code++ = '\0';
        int axis = policy_find_axis(word);
        assert_true(axis >= 0);
        assert_true(
            policy_subject_set(&files->policy->axes, &subject, (enum policy_axis)axis, code));
    }
    return subject;
}
