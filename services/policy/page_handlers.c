/*
 * page_handlers - policies to read: the page for everybody, the text for staff, publications
 */
// SPDX-License-Identifier: Apache-2.0
#include "page_answer.h"

#include <inttypes.h>

#include "common/clock.h"
#include "page_body.h"
#include "policy_cache.h"
#include "policy_rules.h"

/* Versions that may take effect on the last two days, and those before them. */
enum { CANDIDATES_MAX = 6 };

/* ---- for staff ---- */

/* The version that a policy's changes are marked against, if there is one. */
static enum err
find_previous_await(struct call *call, const struct policy_row *row, struct policy_row *previous,
                    bool *ret_is_there)
{
    enum err err = policy_row_before_await(call, row, previous);
    *ret_is_there = err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
page_answer_await(struct call *call, const struct policy_row *row,
                  const Policy__V1__GetPolicyRequest *req, Policy__V1__GetPolicyResponse *res)
{
    struct page_wish wish = {
        .row = row,
        .offset = req->body_offset,
        .is_staff = true,
        .language = req->language,
        .clause = req->clause,
        .axes = {req->category, req->region, req->customer_class, req->channel},
    };
    enum err err = page_read_form(call, req->format, PAGE_JSON, &wish.form);
    if (err != OK)
        return err;
    if (wish.form == PAGE_JSON || wish.form == PAGE_YAML)
        return page_publication_await(call, &wish, &res->body);
    struct policy_codes enforced;
    struct policy_row previous;
    bool has_previous;
    struct policy_held *held = NULL;
    err = sections_enforced_await(call, clock_now_us() - RULES_CLAIM_US, &enforced);
    if (err == OK)
        err = find_previous_await(call, row, &previous, &has_previous);
    if (err == OK)
        err = cache_hold_await(call, row, &held);
    if (err == OK) {
        wish.enforced = &enforced;
        wish.previous = has_previous ? &previous : NULL;
        err = page_body_await(call, cache_policy(held), &wish, &res->body);
    }
    cache_release(&held);
    return err;
}

/* ---- for everybody ---- */

/* The published versions that may be in force, the latest first. */
struct candidates {
    struct policy_row rows[CANDIDATES_MAX];
    size_t count;
    size_t chosen; /* and those after it are before it */
};

/* The version of a number, and the one before it. */
static enum err
choose_number_await(struct call *call, int64_t number, struct candidates *candidates)
{
    const char *name = arena_printf(call->arena, "%" PRId64, number);
    enum err err = policy_row_find_await(call, name, &candidates->rows[0]);
    if (err == OK && candidates->rows[0].state != POLICY__V1__POLICY__STATE__PUBLISHED)
        err = call_fail(call, ERR_NOT_FOUND, "POLICY_MISSING", "there is no policy \"%s\"", name);
    bool has_previous = false;
    if (err == OK)
        err = find_previous_await(call, &candidates->rows[0], &candidates->rows[1], &has_previous);
    candidates->count = has_previous ? 2 : 1;
    candidates->chosen = 0;
    return err;
}

/* The version in force today where the reader is. A later day of the zones is looked at, because
 * each version has zones of its own. */
static enum err
choose_today_await(struct call *call, const struct page_wish *wish, struct candidates *candidates)
{
    int64_t now_us = clock_now_us();
    struct date utc;
    CHECK(date_at(now_us, "UTC", &utc));
    enum err err = policy_rows_in_force_await(call, date_add(utc, 0, 1), CANDIDATES_MAX,
                                              candidates->rows, &candidates->count);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (err == ERR_NOT_FOUND)
        candidates->count = 0;
    for (size_t i = 0; i < candidates->count; i++) {
        struct policy_subject reader;
        bool has_reader;
        struct policy_held *held;
        err = cache_hold_await(call, &candidates->rows[i], &held);
        if (err != OK)
            return err;
        err = page_read_reader(call, cache_policy(held), wish, &reader, &has_reader);
        const struct zone *zone = err == OK ? policy_zone(cache_policy(held), &reader) : NULL;
        cache_release(&held);
        if (err != OK)
            return err;
        candidates->chosen = i;
        if (rules_find_in_force(&candidates->rows[i].effective_from, 1, zone, now_us) == 0)
            return OK;
    }
    return call_fail(call, ERR_NOT_FOUND, "POLICY_NONE", "no policy is in force yet");
}

enum err
policy_get_published_policy(struct call *call, const Policy__V1__GetPublishedPolicyRequest *req,
                            Policy__V1__GetPublishedPolicyResponse *res)
{
    struct page_wish wish = {
        .offset = req->body_offset,
        .form = PAGE_HTML,
        .language = req->language,
        .clause = req->clause,
        .axes = {req->category, req->region, req->customer_class, req->channel},
        .version = req->version,
    };
    struct candidates candidates;
    enum err err =
        req->format[0] == 0 ? OK : page_read_form(call, req->format, PAGE_TEXT, &wish.form);
    if (err == OK && req->version > 0)
        err = choose_number_await(call, req->version, &candidates);
    else if (err == OK)
        err = choose_today_await(call, &wish, &candidates);
    if (err != OK)
        return err;
    size_t chosen = candidates.chosen;
    wish.row = &candidates.rows[chosen];
    wish.previous = chosen + 1 < candidates.count ? &candidates.rows[chosen + 1] : NULL;
    struct policy_held *held;
    err = cache_hold_await(call, wish.row, &held);
    if (err != OK)
        return err;
    err = page_body_await(call, cache_policy(held), &wish, &res->body);
    cache_release(&held);
    return err;
}
