/*
 * score_rules - NPS, CSAT and CES of many answers, each with its 95 % interval
 *
 * Pure: no I/O, no clock. What counts what is said in proto/surveys/v1/surveys.proto; in every
 * denominator are those who answered that question, never those who were asked.
 *
 * Numbers are in thousandths and rounded half away from zero. Shares have the score interval of
 * E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
 * (1927): it stays within 0 and 1 and is right for few answers too. NPS is the mean of +1, 0 and
 * -1 and CES that of 1 to 7; both have the normal interval, of the variance that the answers
 * themselves have (NPS: p + q - (p - q)^2 by n; CES: the sample's, by n - 1).
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

#include <stdint.h>

enum {
    NPS_MAX = 10,
    NPS_PROMOTER_MIN = 9,
    NPS_DETRACTOR_MAX = 6,
    CSAT_MAX = 5,
    CSAT_SATISFIED_MIN = 4,
    CES_MAX = 7,
    CES_EASY_MIN = 5
};

/* A score of n answers. */
struct score {
    int64_t n;
    int32_t value; /* thousandths */
    int32_t lower;
    int32_t upper;
    bool has_bounds; /* false: one answer has no spread, or n is 0 */
};

/* How many answered each number: count[k] those who answered k. */
struct score_answers {
    int64_t nps[NPS_MAX + 1];
    int64_t csat[CSAT_MAX + 1]; /* [0] is not used */
    int64_t ces[CES_MAX + 1];   /* [0] is not used */
};

/* -1000 to 1000. Of no answers n is 0 and nothing else is said; so with all below. */
struct score score_nps(const struct score_answers *answers);
/* 0 to 1000: the share of 4 and 5. */
struct score score_csat(const struct score_answers *answers);
/* 1000 to 7000: the mean. */
struct score score_ces(const struct score_answers *answers);
/* 0 to 1000: the share of 5 to 7. */
struct score score_ces_easy(const struct score_answers *answers);

/* Those who answered of those who were asked and did not dismiss it, in thousandths; 0 of none. */
int32_t score_response_rate(int64_t sent, int64_t dismissed, int64_t answered);
