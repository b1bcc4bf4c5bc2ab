/*
 * policy_decide_complaint - "complaint.deadlines": by when who must answer, and the ladder
 *
 * Clocks run from the moment the complaint reached us. A rung of the ladder has its own, from the
 * moment the case reached it; interim notices begin when the answer is due. The next rung is who
 * the complaint goes to, and on what.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

static void
tell_next_rung(struct decide *d, Common__V1__Step *step, const struct policy_rung *rung)
{
    decide_compute(d, step, "next_rung", decide_value_code(d, rung->to), "");
    decide_compute(d, NULL, "next_rung", decide_value_code(d, rung->to), "");
    decide_compute(d, NULL, "next_rung_on", decide_value_codes(d, &rung->on), "");
}

/* The rung that was reached, with its own deadline, and the one above it. */
static void
look_at_ladder(struct decide *d)
{
    Common__V1__Step *step;
    struct policy_reading ladder =
        decide_read(d, d->case_pin, POLICY_COMPLAINTS_ESCALATION_LADDER, &step);
    const struct policy_fact *rung = decide_read_fact(d, "rung");
    const struct policy_fact *since = decide_read_fact(d, "rung_time");
    decide_step_fact(d, step, "rung");
    decide_step_fact(d, step, "rung_time");
    if (ladder.value.absence != POLICY_PRESENT)
        return;
    size_t count = ladder.value.ladder.count;
    size_t reached = 0;
    if (rung != NULL && rung->number > 0)
        reached = (uint64_t)rung->number < count ? (size_t)rung->number : count;
    if (reached > 0 && since != NULL) {
        const struct policy_rung *at = &ladder.value.ladder.items[reached - 1];
        struct decide_deadline deadline;
        const struct zone *zone = policy_zone(d->case_pin->pin.policy, &d->case_pin->subject);
        if (decide_deadline(d, d->case_pin->pin.policy, &at->answer_within,
                            zone_date(zone, since->time_s), since->time_s, "rung",
                            &deadline) == OK) {
            Common__V1__Value *value = deadline.time_s == INT64_MIN
                                           ? decide_value_date(d, deadline.date)
                                           : decide_value_time(d, deadline.time_s);
            decide_compute(d, step, "rung_answer_by", value, deadline.explanation);
            decide_compute(d, NULL, "rung_answer_by", value, deadline.explanation);
        }
    }
    if (reached < count)
        tell_next_rung(d, step, &ladder.value.ladder.items[reached]);
}

static int64_t
now_s(const struct decide *d)
{
    return divide_floor(d->question->decide_us, 1000000);
}

/* Whether something was done, or its time is not over. */
static bool
is_kept(struct decide *d, const char *done_name, const struct decide_deadline *deadline)
{
    const struct policy_fact *done = decide_read_fact(d, done_name);
    int64_t at_s = done == NULL ? now_s(d) : done->time_s;
    if (deadline->time_s != INT64_MIN)
        return at_s <= deadline->time_s;
    const struct zone *zone = policy_zone(d->case_pin->pin.policy, &d->case_pin->subject);
    return date_compare(zone_date(zone, at_s), deadline->date) <= 0;
}

/* An answer that was given is promised no more. */
static void
tell_answer(struct decide *d, const struct zone *zone)
{
    const struct policy_fact *answer = decide_read_fact(d, "answer_time");
    d->is_answered = answer != NULL && answer->time_s <= now_s(d);
    if (d->is_answered)
        d->last_date = zone_date(zone, answer->time_s);
}

enum err
decide_complaint_deadlines(struct decide *d)
{
    const char *clause_id = policy_parameter_row(POLICY_COMPLAINTS_HANDLING_ANSWER)->clause_id;
    const struct policy_fact *received = decide_read_fact(d, "receive_time");
    if (received == NULL) {
        decide_need(d, "receive_time", clause_id, NULL);
        decide_end(d, UNDETERMINED, clause_id, "FACT_MISSING");
        return OK;
    }
    const struct zone *zone = policy_zone(d->case_pin->pin.policy, &d->case_pin->subject);
    struct date day = zone_date(zone, received->time_s);
    struct decide_deadline deadline;
    struct date acknowledge_date = {0}; /* of a promise that was broken */
    if (decide_promise(d, d->case_pin, POLICY_COMPLAINTS_HANDLING_ACKNOWLEDGE, day,
                       received->time_s, "received", "acknowledge_by", &deadline) &&
        !is_kept(d, "acknowledge_time", &deadline))
        acknowledge_date = deadline.date;
    const char *reason = "ON_TIME";
    if (decide_promise(d, d->case_pin, POLICY_COMPLAINTS_HANDLING_ANSWER, day, received->time_s,
                       "received", "answer_by", &deadline)) {
        if (!is_kept(d, "answer_time", &deadline))
            reason = "OVERDUE";
        d->last_date = deadline.date;
        decide_promise(d, d->case_pin, POLICY_COMPLAINTS_HANDLING_INTERIM_EVERY, deadline.date,
                       deadline.time_s, "answer_by", "interim_by", &deadline);
    }
    look_at_ladder(d);
    /* An answer that is late says more than a confirmation that is. */
    if (!date_is_absent(acknowledge_date) && strcmp(reason, "OVERDUE") != 0) {
        reason = "ACKNOWLEDGEMENT_OVERDUE";
        d->last_date = acknowledge_date;
    }
    if (strcmp(reason, "ON_TIME") == 0)
        tell_answer(d, zone);
    decide_end(d, GRANTED, clause_id, reason);
    return OK;
}
