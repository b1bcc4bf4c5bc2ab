/*
 * result - the numbers of a survey, by group
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "score_rules.h"
#include "surveys.h"

enum { RESULTS_MAX = 500 };

struct result {
    const char *group;
    int64_t sent_count;
    int64_t dismissed_count;
    int64_t answered_count;
    struct score_answers answers;
};

/* Which answers: the times of GetResults as moments, 0 none; `zone` is that of its months. */
struct result_wish {
    const char *template_id;
    const char *group; /* the code of GetResultsRequest.Group */
    int64_t from_us;
    int64_t before_us;
    const char *zone;
};

enum err results_read_await(struct call *call, const struct result_wish *wish,
                            struct result **ret_results, size_t *ret_count) MUST_CHECK;
