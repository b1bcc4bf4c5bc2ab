/*
 * work - counting working seconds, and what is common to both ways of counting
 *
 * Seconds are counted along time: from stretch to stretch of the calendar, in each span what no
 * pause covers, until the amount is used up or the end is reached.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/work.h"

#include "common/calendar/work_private.h"

static const int64_t search_s = (int64_t)CALENDAR_SEARCH_DAYS * 86400;

enum err
work_refuse_range(const struct calendar *calendar, struct fault *ret_fault)
{
    return fault_set(ret_fault, ERR_OUT_OF_RANGE, "WORKING_TIME_OUT_OF_RANGE",
                     "the calendar \"%s\" has not that much working time within %d days",
                     calendar_label(calendar), CALENDAR_SEARCH_DAYS);
}

/* ---- seconds ---- */

/* A walk along time. */
struct count {
    const struct calendar *calendar;
    struct calendar_year year;
    const struct work_pauses *pauses;
    struct work_explanation *explanation;
    int64_t start_s;
    int64_t end_s;
    int64_t left_s; /* until the amount is used up */
    int64_t used_s;
    int64_t last_day; /* the latest that was visited, since 1970-01-01 */
    bool is_done;
    int64_t due_s; /* when it was used up */
};

/* Working time that counts. */
static void
count_piece(struct count *count, struct date date, int64_t start_s, int64_t end_s)
{
    if (end_s - start_s >= count->left_s) {
        end_s = start_s + count->left_s;
        count->is_done = true;
        count->due_s = end_s;
    }
    count->left_s -= end_s - start_s;
    count->used_s += end_s - start_s;
    work_add_line(count->explanation, &(struct work_line){.kind = WORK_COUNTED,
                                                          .date = date,
                                                          .last_date = date,
                                                          .start_s = start_s,
                                                          .end_s = end_s,
                                                          .seconds = end_s - start_s});
}

/* A span of work, pause by pause. */
static void
count_span(struct count *count, struct date date, int64_t start_s, int64_t end_s)
{
    while (start_s < end_s && !count->is_done) {
        const struct work_pause *pause = work_pauses_find(count->pauses, start_s);
        if (pause == NULL || pause->start_s >= end_s) {
            count_piece(count, date, start_s, end_s);
            return;
        }
        if (pause->start_s > start_s) {
            count_piece(count, date, start_s, pause->start_s);
            start_s = pause->start_s;
            continue;
        }
        int64_t resume_s = pause->end_s < end_s ? pause->end_s : end_s;
        work_add_line(count->explanation, &(struct work_line){.kind = WORK_PAUSED,
                                                              .date = date,
                                                              .last_date = date,
                                                              .start_s = start_s,
                                                              .end_s = resume_s,
                                                              .seconds = resume_s - start_s,
                                                              .name = pause->reason});
        start_s = resume_s;
    }
}

/* Says which days had no work: this one, and those that the zone skipped before it. */
static void
tell_closed(struct count *count, const struct calendar_stretch *stretch, int64_t start_s,
            int64_t end_s)
{
    int64_t day = date_to_days(stretch->date);
    for (int64_t skipped = count->last_day + 1; skipped < day; skipped++)
        work_tell_closed(count->explanation, count->calendar, &count->year, date_from_days(skipped),
                         &(struct calendar_span){start_s, start_s});
    count->last_day = work_later_s(count->last_day, day);
    if (!calendar_is_walked_day_working(count->calendar, &count->year, stretch->date))
        work_tell_closed(count->explanation, count->calendar, &count->year, stretch->date,
                         &(struct calendar_span){start_s, end_s});
}

static void
count_run(struct count *count)
{
    struct calendar_stretch stretch;
    for (int64_t at_s = count->start_s; at_s < count->end_s && !count->is_done;
         at_s = stretch.time.end_s) {
        calendar_walked_stretch(count->calendar, &count->year, at_s, &stretch);
        if (at_s == count->start_s)
            count->last_day = date_to_days(stretch.date);
        if (count->explanation != NULL)
            tell_closed(count, &stretch, at_s, work_earlier_s(stretch.time.end_s, count->end_s));
        for (size_t i = 0; i < stretch.span_count && !count->is_done; i++)
            count_span(count, stretch.date, work_later_s(stretch.spans[i].start_s, count->start_s),
                       work_earlier_s(stretch.spans[i].end_s, count->end_s));
    }
}

static enum err
due_seconds(const struct work_clock *clock, int64_t start_s, const struct work_pauses *pauses,
            int64_t *ret_due_s, struct work_explanation *explanation, struct fault *ret_fault)
{
    if (clock->amount.seconds == 0) {
        *ret_due_s = start_s;
        return OK;
    }
    struct count count = {.calendar = clock->calendar,
                          .pauses = pauses,
                          .explanation = explanation,
                          .start_s = start_s,
                          .end_s = work_earlier_s(start_s + search_s, ZONE_SECOND_MAX),
                          .left_s = clock->amount.seconds};
    count_run(&count);
    if (!count.is_done)
        return work_refuse_range(clock->calendar, ret_fault);
    *ret_due_s = count.due_s;
    return OK;
}

int64_t
work_clock_used_s(const struct work_clock *clock, int64_t start_s, int64_t end_s,
                  const struct work_pause *pauses, size_t pause_count,
                  struct work_explanation *explanation)
{
    start_s = work_later_s(start_s, ZONE_SECOND_MIN);
    end_s = work_earlier_s(end_s, ZONE_SECOND_MAX);
    if (start_s < end_s && end_s - start_s > search_s)
        return -1;
    struct work_pauses united;
    if (!work_pauses_unite(clock, pauses, pause_count, start_s, end_s, INT64_MAX, false, &united))
        return -1;
    struct count count = {.calendar = clock->calendar,
                          .pauses = &united,
                          .explanation = explanation,
                          .start_s = start_s,
                          .end_s = end_s,
                          .left_s = INT64_MAX};
    count_run(&count);
    return count.used_s;
}

int64_t
work_seconds_between(const struct calendar *calendar, int64_t start_s, int64_t end_s,
                     struct work_explanation *explanation)
{
    const struct work_clock clock = {.calendar = calendar};
    return work_clock_used_s(&clock, start_s, end_s, NULL, 0, explanation);
}

/* ---- seconds or days ---- */

enum err
work_due(const struct work_clock *clock, int64_t start_s, const struct work_pause *pauses,
         size_t pause_count, int64_t now_s, int64_t *ret_due_s,
         struct work_explanation *explanation, struct fault *ret_fault)
{
    bool is_days = clock->amount.seconds == -1;
    bool is_amount = is_days ? clock->amount.days >= 0 && clock->amount.days <= WORK_DAYS_MAX
                             : clock->amount.days == -1 && clock->amount.seconds >= 0;
    if (!is_amount)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "WORKING_TIME_INVALID",
                         "an amount of working time is 0 to %d days, or seconds, and not both",
                         WORK_DAYS_MAX);
    if (start_s < ZONE_SECOND_MIN || start_s > ZONE_SECOND_MAX)
        return fault_set(ret_fault, ERR_OUT_OF_RANGE, "WORKING_TIME_OUT_OF_RANGE",
                         "the moment to count from is outside the years 1 to 9999");
    struct work_pauses united;
    if (!work_pauses_unite(clock, pauses, pause_count, start_s, ZONE_SECOND_MAX, now_s, is_days,
                           &united))
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "WORKING_TIME_PAUSES_TOO_MANY",
                         "more than %d pauses stop the clock", WORK_PAUSES_MAX);
    if (is_days)
        return work_due_days(clock, start_s, &united, ret_due_s, explanation, ret_fault);
    return due_seconds(clock, start_s, &united, ret_due_s, explanation, ret_fault);
}

enum err
work_add_days(const struct calendar *calendar, int64_t start_s, int days, int64_t *ret_due_s,
              struct work_explanation *explanation, struct fault *ret_fault)
{
    const struct work_clock clock = {.calendar = calendar, .amount = {days, -1}};
    return work_due(&clock, start_s, NULL, 0, start_s, ret_due_s, explanation, ret_fault);
}

enum err
work_add_seconds(const struct calendar *calendar, int64_t start_s, int64_t seconds,
                 int64_t *ret_due_s, struct work_explanation *explanation, struct fault *ret_fault)
{
    const struct work_clock clock = {.calendar = calendar, .amount = {-1, seconds}};
    return work_due(&clock, start_s, NULL, 0, start_s, ret_due_s, explanation, ret_fault);
}
