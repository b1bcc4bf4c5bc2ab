/*
 * policy_check_parts - what the files policy_check_*.c share
 *
 * A table holds the selectors of one parameter, each once, so that the questions of the static
 * check are answered without looking at subjects: is there a rule with exactly this selector, and
 * which of the rules around a selector are the narrowest.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_check.h"

enum {
    /* Limits of the check of one parameter; beyond them it ends, and says so. */
    POLICY_CHECK_TIES_MAX = 500,
    POLICY_CHECK_SUGGESTIONS_MAX = 1000,
    POLICY_CHECK_FLOORS_MAX = 64,
    POLICY_CHECK_VISITS_MAX = 100000000
};

/* A selector and its value: of a rule, or of an exception that is suggested. */
struct policy_entry {
    struct policy_when when;
    const struct policy_value *value;
    int value_class;                /* equal values have equal numbers */
    const struct policy_rule *rule; /* NULL: suggested */
};

/* Entries ordered by their value on one axis (the one on which they differ most), so that those
 * around a selector and those within it stand together; and a hash table over their selectors. */
struct policy_table {
    const struct policy_axes *axes;
    enum policy_axis axis;
    struct policy_entry *entries;
    int count;
    int room;                              /* for entries */
    int *slots;                            /* index + 1; 0: free */
    int slot_mask;                         /* slots are a power of two, at least twice the room */
    const struct policy_entry **narrowest; /* answer of the last policy_table_narrowest */
    int64_t visit_count;                   /* what looking around has cost so far */
};

/* The rules of a parameter, with room for `more` entries. Of rules with the same selector only the
 * first is in it. */
void policy_table_make(struct arena *arena, const struct policy *policy,
                       enum policy_parameter parameter, int more, struct policy_table *ret_table);

/* Adds an entry; policy_table_order must be called before the table is asked again. */
void policy_table_add(struct policy_table *table, const struct policy_entry *entry);
void policy_table_order(struct policy_table *table);

/* The entry with exactly this selector; NULL: none. */
const struct policy_entry *policy_table_find(const struct policy_table *table,
                                             const struct policy_when *when);

/* Fills table->narrowest with the narrowest entries that contain a selector, apart from `except`
 * (may be NULL), and answers how many. */
int policy_table_narrowest(struct policy_table *table, const struct policy_when *when,
                           const struct policy_entry *except);

/* Two narrowest rules with different values for the subject that a selector describes. */
struct policy_tie {
    struct policy_when when;
    const struct policy_entry *first; /* in the order written */
    const struct policy_entry *second;
};

/* All ties of a table, at most POLICY_CHECK_TIES_MAX, in the order of the table, in the arena; good
 * until the table is ordered again. `is_cut`: there may be more. */
struct policy_ties {
    struct policy_tie *ties;
    int count;
    bool is_cut;
};
struct policy_ties policy_table_ties(struct arena *arena, struct policy_table *table);

/* The exceptions whose adding leaves no tie, as YAML lines to paste, in the arena. */
const char *policy_suggest_rules(struct arena *arena, const struct policy *policy,
                                 enum policy_parameter parameter);

/* Parts of policy_check; each adds to `problems`. */
void policy_check_gaps(struct arena *arena, const struct policy *policy, bool suggests,
                       struct policy_problems *problems);
void policy_check_floors(struct arena *arena, const struct policy *policy,
                         struct policy_problems *problems);
void policy_check_period(struct arena *arena, const struct policy *policy,
                         struct policy_problems *problems);
void policy_check_ids(struct arena *arena, const struct policy *policy,
                      struct policy_problems *problems);
/* Says too which parameters some text prints. */
void policy_check_texts(struct arena *arena, const struct policy *policy,
                        bool ret_is_printed[POLICY_PARAMETER_COUNT],
                        struct policy_problems *problems);
void policy_check_labels(struct arena *arena, const struct policy *policy,
                         const bool is_printed[POLICY_PARAMETER_COUNT], bool suggests,
                         struct policy_problems *problems);
void policy_check_words(const struct policy *policy, struct policy_problems *problems);
void policy_check_sentences(const struct policy *policy, bool suggests,
                            struct policy_problems *problems);
