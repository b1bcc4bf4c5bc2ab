/*
 * work_pause - pauses put in order
 *
 * They are sorted by all they have, so the order in which they were recorded cannot show in a
 * result; then each is cut by what came before it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/work_private.h"

#include <string.h>

static bool
stops_clock(const struct work_clock *clock, const char *reason)
{
    for (size_t i = 0; reason != NULL && i < clock->pause_reason_count; i++)
        if (strcmp(clock->pause_reasons[i], reason) == 0)
            return true;
    return false;
}

/* By start, end, reason. */
static bool
is_after(const struct work_pause *a, const struct work_pause *b)
{
    if (a->start_s != b->start_s)
        return a->start_s > b->start_s;
    if (a->end_s != b->end_s)
        return a->end_s > b->end_s;
    return strcmp(a->reason, b->reason) > 0;
}

static void
insert_sorted(struct work_pauses *sorted, const struct work_pause *pause)
{
    size_t place = sorted->count++;
    for (; place > 0 && is_after(&sorted->pauses[place - 1], pause); place--)
        sorted->pauses[place] = sorted->pauses[place - 1];
    sorted->pauses[place] = *pause;
}

static void
unite_sorted(struct work_pauses *pauses, bool is_merged)
{
    size_t count = 0;
    for (size_t i = 0; i < pauses->count; i++) {
        struct work_pause pause = pauses->pauses[i];
        struct work_pause *last = count > 0 ? &pauses->pauses[count - 1] : NULL;
        if (last == NULL || pause.start_s > last->end_s) {
            pauses->pauses[count++] = pause;
        } else if (pause.end_s > last->end_s) {
            pause.start_s = last->end_s;
            if (is_merged)
                last->end_s = pause.end_s;
            else
                pauses->pauses[count++] = pause;
        }
    }
    pauses->count = count;
}

bool
work_pauses_unite(const struct work_clock *clock, const struct work_pause *pauses,
                  size_t pause_count, int64_t start_s, int64_t end_s, int64_t open_end_s,
                  bool is_merged, struct work_pauses *ret_united)
{
    ret_united->count = 0;
    for (size_t i = 0; i < pause_count; i++) {
        struct work_pause pause = pauses[i];
        if (!stops_clock(clock, pause.reason))
            continue;
        if (pause.end_s == INT64_MAX)
            pause.end_s = open_end_s;
        if (pause.start_s < start_s)
            pause.start_s = start_s;
        if (pause.end_s > end_s)
            pause.end_s = end_s;
        if (pause.start_s >= pause.end_s)
            continue;
        if (ret_united->count == WORK_PAUSES_MAX)
            return false;
        insert_sorted(ret_united, &pause);
    }
    unite_sorted(ret_united, is_merged);
    return true;
}

const struct work_pause *
work_pauses_find(const struct work_pauses *pauses, int64_t unix_s)
{
    size_t low = 0;
    size_t high = pauses->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (pauses->pauses[middle].end_s <= unix_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low < pauses->count ? &pauses->pauses[low] : NULL;
}
