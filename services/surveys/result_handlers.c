/*
 * result_handlers - what the answers say together
 */
// SPDX-License-Identifier: Apache-2.0
#include "result.h"

#include <string.h>

#include "common/message.h"
#include "surveys/v1/surveys.dispatch.h"

#define GROUP(name) SURVEYS__V1__GET_RESULTS_REQUEST__GROUP__##name

/* The filter of the list by which the members of a group are found; NULL: another way, or all. */
static const char *
filter_of(Surveys__V1__GetResultsRequest__Group group)
{
    switch (group) {
    case GROUP(CLAUSE):
        return "clause_id";
    case GROUP(PRODUCT):
        return "sku";
    case GROUP(CATEGORY):
        return "category";
    case GROUP(SERVICE_CENTRE):
        return "service_centre";
    case GROUP(REGION):
        return "region";
    case GROUP(CHANNEL):
        return "channel";
    default:
        return NULL;
    }
}

static void
add_encoded(struct buf *out, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (const char *at = text; *at != 0; at++) {
        if (strchr(plain, *at) != NULL)
            buf_add_char(out, *at);
        else
            buf_printf(out, "%%%02X", (unsigned char)*at);
    }
}

static void
add_day(struct buf *out, const char *name, struct date date)
{
    char day[DATE_TEXT_SIZE];
    if (date_is_absent(date))
        return;
    date_print(date, day);
    buf_printf(out, "&%s=%s", name, day);
}

/* The days of a month, as "2026-03", that are asked for. */
static void
narrow_to_month(struct arena *arena, const char *month, struct date *from, struct date *before)
{
    struct date first;
    if (!date_parse(arena_printf(arena, "%s-01", month), &first))
        return;
    struct date next = date_add(first, 1, 0);
    if (date_is_absent(*from) || date_compare(*from, first) < 0)
        *from = first;
    if (date_is_absent(*before) || date_compare(next, *before) < 0)
        *before = next;
}

static char *
make_link(struct arena *arena, const Surveys__V1__GetResultsRequest *req, const char *group)
{
    struct buf out = {0};
    struct date from = message_get_date(req->from_date);
    struct date before = message_get_date(req->before_date);
    const char *filter = filter_of(req->group);
    buf_add_text(&out, "/v1/invitations?state=ANSWERED&template_id=");
    add_encoded(&out, req->template_id);
    if (filter != NULL && group[0] != 0) {
        buf_printf(&out, "&%s=", filter);
        add_encoded(&out, group);
    } else if (filter != NULL && req->group != GROUP(CHANNEL)) {
        buf_printf(&out, "&lacking=%s", filter);
    }
    if (req->group == GROUP(MONTH))
        narrow_to_month(arena, group, &from, &before);
    add_day(&out, "from_date", from);
    add_day(&out, "before_date", before);
    char *link = arena_copy_text(arena, buf_text(&out));
    buf_free(&out);
    return link;
}

/* NULL: nobody answered. */
static Surveys__V1__Score *
make_score(struct arena *arena, struct score score)
{
    if (score.n == 0)
        return NULL;
    Surveys__V1__Score *message = arena_alloc(arena, sizeof *message);
    surveys__v1__score__init(message);
    message->n = score.n;
    message->value = score.value;
    message->lower = score.lower;
    message->upper = score.upper;
    message->has_bounds = score.has_bounds;
    return message;
}

static Surveys__V1__Result *
make_result(struct arena *arena, const Surveys__V1__GetResultsRequest *req,
            const struct result *result)
{
    Surveys__V1__Result *message = arena_alloc(arena, sizeof *message);
    surveys__v1__result__init(message);
    message->group = (char *)result->group;
    message->sent_count = result->sent_count;
    message->dismissed_count = result->dismissed_count;
    message->answered_count = result->answered_count;
    message->response_rate =
        score_response_rate(result->sent_count, result->dismissed_count, result->answered_count);
    message->nps = make_score(arena, score_nps(&result->answers));
    message->csat = make_score(arena, score_csat(&result->answers));
    message->ces = make_score(arena, score_ces(&result->answers));
    message->ces_easy = make_score(arena, score_ces_easy(&result->answers));
    message->answers = make_link(arena, req, result->group);
    return message;
}

enum err
surveys_get_results(struct call *call, const Surveys__V1__GetResultsRequest *req,
                    Surveys__V1__GetResultsResponse *res)
{
    const struct policy *policy;
    struct result *results;
    size_t count;
    enum err err = surveys_policy(call, &policy);
    if (err != OK)
        return err;
    const struct result_wish wish = {
        .template_id = req->template_id,
        .group = surveys_code(&surveys__v1__get_results_request__group__descriptor, req->group),
        .from_us = surveys_day_begin(policy, req->from_date),
        .before_us = surveys_day_begin(policy, req->before_date),
        .zone = zone_name(policy->zone),
    };
    err = results_read_await(call, &wish, &results, &count);
    if (err != OK)
        return err;
    res->results = arena_alloc(call->arena, (count + 1) * sizeof(Surveys__V1__Result *));
    for (size_t i = 0; i < count; i++)
        res->results[res->n_results++] = make_result(call->arena, req, &results[i]);
    return OK;
}
