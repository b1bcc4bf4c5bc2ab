/*
 * admission - a number at hand, a rate that was seen, and whether work stands
 */
// SPDX-License-Identifier: Apache-2.0
#include "admission.h"

enum { US_PER_MS = 1000, US_PER_S = 1000000 };

/* Of what a window shows while overloaded; the rest is what those before showed. */
static const double WINDOW_SHARE = 0.3;

void
admission_init(struct admission *admission, const char *service, int64_t goal_us, int64_t now_us)
{
    *admission = (struct admission){.service = service,
                                    .goal_us = goal_us,
                                    .window_us = now_us,
                                    .low_us = now_us,
                                    .refusal_us = now_us};
}

static unsigned
work_of(const struct admission *admission, int64_t time_us, unsigned least)
{
    double count = admission->rate_per_s * (double)time_us / US_PER_S;
    return count > least ? (unsigned)count : least;
}

static unsigned
low_limit(const struct admission *admission)
{
    return work_of(admission, admission->goal_us, ADMISSION_MIN);
}

unsigned
admission_limit(const struct admission *admission)
{
    return admission->is_overloaded
               ? low_limit(admission)
               : work_of(admission, ADMISSION_CROWD_MS * US_PER_MS, ADMISSION_CROWD_MIN);
}

static void
see_rate(struct admission *admission, int64_t now_us)
{
    int64_t past_us = now_us - admission->window_us;
    if (past_us < ADMISSION_WINDOW_MS * US_PER_MS)
        return;
    double seen_per_s = (double)admission->done_count * US_PER_S / (double)past_us;
    if (admission->is_overloaded)
        admission->rate_per_s += WINDOW_SHARE * (seen_per_s - admission->rate_per_s);
    else if (seen_per_s > admission->rate_per_s)
        admission->rate_per_s = seen_per_s;
    admission->done_count = 0;
    admission->window_us = now_us;
}

/* Whether work stands, or has stood until just now. */
static void
see_load(struct admission *admission, int64_t now_us)
{
    see_rate(admission, now_us);
    if (admission->in_flight < low_limit(admission))
        admission->low_us = now_us;
    if (now_us - admission->low_us >= ADMISSION_STANDS_MS * US_PER_MS) {
        if (!admission->is_overloaded)
            admission->refusal_us = now_us;
        admission->is_overloaded = true;
    } else if (now_us - admission->refusal_us >= ADMISSION_CALM_MS * US_PER_MS) {
        admission->is_overloaded = false;
    }
}

bool
admission_is_open(struct admission *admission, int64_t now_us)
{
    see_load(admission, now_us);
    if (admission->in_flight < admission_limit(admission))
        return true;
    admission->is_overloaded = true;
    admission->refusal_us = now_us;
    return false;
}

void
admission_enter(struct admission *admission, int64_t now_us)
{
    see_load(admission, now_us);
    admission->in_flight++;
}

void
admission_leave(struct admission *admission, int64_t now_us, bool is_done)
{
    CHECK(admission->in_flight > 0);
    admission->in_flight--;
    admission->done_count += is_done;
    see_load(admission, now_us);
}
