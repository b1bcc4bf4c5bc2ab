/*
 * action_cluster - low scores that have something in common open a corrective action
 *
 * Looked for after each low score, by a timer of the answer's own unit of work: so of two answers
 * at once, whichever is looked at last sees both. One action for each cluster: while it is open, a
 * further low score of the same test and subject opens none; afterwards, those that it names do not
 * count again.
 */
// SPDX-License-Identifier: Apache-2.0
#include "action.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "invitation.h"
#include "survey_rules.h"

#define SAME_CATEGORY "low_scores_same_category"
#define SAME_CENTRE "low_scores_same_centre"
#define SAME_CLAUSE "low_scores_same_clause"

enum { TITLE_SIZE_MAX = 200 };
static const int64_t US_PER_DAY = INT64_C(86400) * 1000000;

static bool
is_same(const struct low_score *score, const char *fact)
{
    if (strcmp(fact, SAME_CATEGORY) == 0)
        return score->is_same_category;
    if (strcmp(fact, SAME_CENTRE) == 0)
        return score->is_same_centre;
    return strcmp(fact, SAME_CLAUSE) == 0 && score->is_same_clause;
}

static const char *
subject_of(const Surveys__V1__Invitation *invitation, const char *fact)
{
    if (strcmp(fact, SAME_CATEGORY) == 0)
        return invitation->category;
    if (strcmp(fact, SAME_CENTRE) == 0)
        return invitation->service_centre;
    return strcmp(fact, SAME_CLAUSE) == 0 ? invitation->clause_id : "";
}

static int64_t
count_same(const struct low_score *scores, size_t count, const char *fact)
{
    int64_t same = 0;
    for (size_t i = 0; i < count; i++)
        same += is_same(&scores[i], fact);
    return same;
}

/* "five low scores concern the same kind of product: small_appliances". */
static char *
make_title(struct arena *arena, const struct policy *policy, const char *test_id,
           const char *subject)
{
    const struct policy_text *text = policy_find_text(policy, test_id);
    const char *words = text != NULL && text->texts[0] != NULL ? text->texts[0] : test_id;
    char *title = arena_printf(arena, "%s: %s", words, subject);
    return strlen(title) <= TITLE_SIZE_MAX ? title : arena_copy_text(arena, test_id);
}

static enum err
open_await(struct call *call, const struct policy *policy, const char *test_id, const char *fact,
           const Surveys__V1__Invitation *invitation, const struct low_score *scores, size_t count)
{
    Surveys__V1__GetActionResponse response = SURVEYS__V1__GET_ACTION_RESPONSE__INIT;
    Surveys__V1__Action action = SURVEYS__V1__ACTION__INIT;
    struct uuid id = uuid_make();
    action.action_id = message_uuid(call->arena, &id);
    action.clause_id = (char *)test_id;
    action.subject = (char *)subject_of(invitation, fact);
    action.title = make_title(call->arena, policy, test_id, action.subject);
    action.create_time = message_time(call->arena, clock_now_us());
    action.invitation_ids = arena_alloc(call->arena, count * sizeof *action.invitation_ids);
    for (size_t i = 0; i < count; i++) {
        if (is_same(&scores[i], fact))
            action.invitation_ids[action.n_invitation_ids++] = (char *)scores[i].invitation_id;
    }
    struct call each = *call; /* a key of its own for each test */
    (void)snprintf(each.key, sizeof each.key, "%.100s/%.100s", call->key, test_id);
    enum err err = action_create_await(&each, &action, &response.base);
    bool is_there = err == ERR_ALREADY_EXISTS || err == ERR_KEY_USED;
    if (err != OK && !is_there)
        call->fault = each.fault;
    return is_there ? OK : err;
}

static enum err
look_await(struct call *call, const struct policy *policy, const struct policy_test *test,
           const Surveys__V1__Invitation *invitation)
{
    struct low_score *scores;
    size_t count;
    enum err err = low_scores_read_await(
        call, invitation, clock_now_us() - CLUSTER_DAYS * US_PER_DAY, test->id, &scores, &count);
    struct policy_codes facts = policy_predicate_facts(call->arena, test->when);
    if (err != OK || count == 0 || facts.count == 0 ||
        subject_of(invitation, facts.codes[0])[0] == 0)
        return err;
    const struct rules_number numbers[] = {
        {SAME_CATEGORY, count_same(scores, count, SAME_CATEGORY)},
        {SAME_CENTRE, count_same(scores, count, SAME_CENTRE)},
        {SAME_CLAUSE, count_same(scores, count, SAME_CLAUSE)},
    };
    const struct policy_value only = {.kind = POLICY_TESTS, .tests = {.items = test, .count = 1}};
    if (rules_judge(call->arena, policy, &only, numbers, COUNT_OF(numbers)).count == 0)
        return OK;
    return open_await(call, policy, test->id, facts.codes[0], invitation, scores, count);
}

enum err
action_on_cluster(struct call *call, const struct timer_due *due)
{
    struct invitation invitation;
    const struct policy *policy;
    enum err err = invitation_read_await(call, due->aggregate_id, &invitation);
    if (err == OK)
        err = surveys_policy_of(call, invitation.message->policy_version, &policy);
    if (err != OK)
        return err;
    const struct rules_subject subject = {"", invitation.message->category,
                                          invitation.message->region, ""};
    struct policy_value tests =
        rules_read(call->arena, policy, POLICY_SURVEY_FEEDBACK_CLUSTER, &subject);
    for (size_t i = 0; err == OK && tests.absence == POLICY_PRESENT && i < tests.tests.count; i++)
        err = look_await(call, policy, &tests.tests.items[i], invitation.message);
    return err;
}
