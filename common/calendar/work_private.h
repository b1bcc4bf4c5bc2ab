/*
 * work_private - what counting, uniting pauses and explaining share
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/calendar/calendar_private.h"
#include "common/calendar/work.h"

/* Pauses in order and apart from each other. */
struct work_pauses {
    struct work_pause pauses[WORK_PAUSES_MAX];
    size_t count;
};

/* Unites those pauses that stop the clock, cut to [start_s, end_s). Where two overlap or touch,
 * they become one with `is_merged`; without it the later one keeps the rest under its own reason.
 * An open pause ends at `open_end_s`. False: more than WORK_PAUSES_MAX stop the clock. */
bool work_pauses_unite(const struct work_clock *clock, const struct work_pause *pauses,
                       size_t pause_count, int64_t start_s, int64_t end_s, int64_t open_end_s,
                       bool is_merged, struct work_pauses *ret_united);

/* The first pause that ends after `unix_s`; NULL if none does. */
const struct work_pause *work_pauses_find(const struct work_pauses *pauses, int64_t unix_s);

/* Adds a line and its amounts to the totals; a closed day goes to the run before it where it has
 * the same cause. `explanation` may be NULL. */
void work_add_line(struct work_explanation *explanation, const struct work_line *line);

/* Adds a day without work, and why it has none. */
void work_tell_closed(struct work_explanation *explanation, const struct calendar *calendar,
                      struct calendar_year *year, struct date date,
                      const struct calendar_span *span);

/* The due time of a clock that counts days; what work_due does after its checks. */
enum err work_due_days(const struct work_clock *clock, int64_t start_s,
                       const struct work_pauses *pauses, int64_t *ret_due_s,
                       struct work_explanation *explanation, struct fault *ret_fault) MUST_CHECK;

/* ERR_OUT_OF_RANGE: the calendar does not open often enough. */
enum err work_refuse_range(const struct calendar *calendar, struct fault *ret_fault);

static inline int64_t
work_later_s(int64_t a_s, int64_t b_s)
{
    return a_s > b_s ? a_s : b_s;
}

static inline int64_t
work_earlier_s(int64_t a_s, int64_t b_s)
{
    return a_s < b_s ? a_s : b_s;
}
