/*
 * score_rules - NPS, CSAT and CES of many answers, each with its 95 % interval
 */
// SPDX-License-Identifier: Apache-2.0
#include "score_rules.h"

#include <math.h>

/* The normal distribution has 95 % within this many standard deviations of its mean. */
static const double Z95 = 1.959963984540054;

enum { THOUSAND = 1000 };

static int32_t
to_thousandths(double value)
{
    return (int32_t)lround(value * THOUSAND);
}

static double
within(double value, double min, double max)
{
    return fmin(fmax(value, min), max);
}

static int64_t
sum_range(const int64_t *counts, int first, int last)
{
    int64_t sum = 0;
    for (int i = first; i <= last; i++)
        sum += counts[i];
    return sum;
}

/* A share of n, by Wilson. */
static struct score
make_share(int64_t hits, int64_t count)
{
    struct score score = {.n = count};
    if (count == 0)
        return score;
    double n = (double)count;
    double p = (double)hits / n;
    double weight = 1 + Z95 * Z95 / n;
    double centre = (p + Z95 * Z95 / (2 * n)) / weight;
    double half = Z95 * sqrt(p * (1 - p) / n + Z95 * Z95 / (4 * n * n)) / weight;
    score.value = to_thousandths(p);
    score.lower = to_thousandths(within(centre - half, 0, 1));
    score.upper = to_thousandths(within(centre + half, 0, 1));
    score.has_bounds = true;
    return score;
}

/* A mean of n whose values have this variance; it cannot lie outside of min and max. */
static struct score
make_mean(double mean, double variance, int64_t count, double min, double max)
{
    struct score score = {.n = count, .value = to_thousandths(mean), .has_bounds = count > 1};
    if (!score.has_bounds)
        return score;
    double half = Z95 * sqrt(fmax(variance, 0) / (double)count);
    score.lower = to_thousandths(within(mean - half, min, max));
    score.upper = to_thousandths(within(mean + half, min, max));
    return score;
}

struct score
score_nps(const struct score_answers *answers)
{
    int64_t count = sum_range(answers->nps, 0, NPS_MAX);
    if (count == 0)
        return (struct score){0};
    double p = (double)sum_range(answers->nps, NPS_PROMOTER_MIN, NPS_MAX) / (double)count;
    double q = (double)sum_range(answers->nps, 0, NPS_DETRACTOR_MAX) / (double)count;
    return make_mean(p - q, p + q - (p - q) * (p - q), count, -1, 1);
}

struct score
score_csat(const struct score_answers *answers)
{
    return make_share(sum_range(answers->csat, CSAT_SATISFIED_MIN, CSAT_MAX),
                      sum_range(answers->csat, 1, CSAT_MAX));
}

struct score
score_ces(const struct score_answers *answers)
{
    int64_t count = sum_range(answers->ces, 1, CES_MAX);
    if (count == 0)
        return (struct score){0};
    int64_t sum = 0;
    int64_t squares = 0;
    for (int64_t k = 1; k <= CES_MAX; k++) {
        sum += k * answers->ces[k];
        squares += k * k * answers->ces[k];
    }
    double n = (double)count;
    double mean = (double)sum / n;
    double variance = count > 1 ? ((double)squares - (double)sum * mean) / (n - 1) : 0;
    return make_mean(mean, variance, count, 1, CES_MAX);
}

struct score
score_ces_easy(const struct score_answers *answers)
{
    return make_share(sum_range(answers->ces, CES_EASY_MIN, CES_MAX),
                      sum_range(answers->ces, 1, CES_MAX));
}

int32_t
score_response_rate(int64_t sent, int64_t dismissed, int64_t answered)
{
    int64_t asked = sent - dismissed;
    return asked <= 0 ? 0 : to_thousandths((double)answered / (double)asked);
}
