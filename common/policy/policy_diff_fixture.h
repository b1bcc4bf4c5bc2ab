/*
 * policy_diff_fixture - the default policy edited, and what that changed
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_diff.h"
#include "common/policy/policy_text_fixture.h"

static struct read_fixture base_files, files;
static const struct policy *base;
static struct policy_formatter *formatter;
static struct buf out;

static inline int
set_up(void **state UNUSED)
{
    base = text_open(&base_files, NULL);
    return 0;
}

static inline int
tear_down(void **state UNUSED)
{
    buf_free(&out);
    read_end(&base_files);
    arena_deinit();
    zone_deinit();
    return 0;
}

/* What changed when the default policy was edited; `is_back`: the other way round. */
static inline struct policy_changes
diff_edited(const struct text_edits *edits, bool is_back, size_t language)
{
    const struct policy *edited = text_open(&files, edits);
    formatter = policy_formatter_new(is_back ? base : edited, language);
    return is_back ? policy_diff(files.arena, edited, base)
                   : policy_diff(files.arena, base, edited);
}

static inline void
end_diff(void)
{
    policy_formatter_free(&formatter);
    read_end(&files);
}

static inline void
assert_sentence(const struct policy_change *change, const char *sentence)
{
    buf_clear(&out);
    policy_diff_print(formatter, change, &out);
    assert_string_equal(buf_text(&out), sentence);
}

/* One edit of the main file makes one change with this sentence. */
static inline void
assert_one(const char *old, const char *new, const char *sentence)
{
    struct policy_changes changes = diff_edited(&(struct text_edits){.main = {old, new}}, false, 0);
    for (size_t i = 0; changes.change_count != 1 && i < changes.change_count; i++)
        print_message("%s %s\n", changes.changes[i].clause_id, changes.changes[i].rule_id);
    assert_int_equal(changes.change_count, 1);
    assert_sentence(&changes.changes[0], sentence);
    end_diff();
}
