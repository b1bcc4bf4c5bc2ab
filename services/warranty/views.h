/*
 * views - what this daemon shows of many services' events: the histories of units, and the worklist
 *
 * A consumer of all events (common/consumer.h) keeps two tables, unit_history and work_items. What
 * they show comes a moment after the change (docs/decisions/0014-views-from-events.md); what they
 * say is whole, in order, and once.
 *
 *     unit_events.c   UnitRegistered, UnitFactRecorded, UnitTransferred; whatever else names a unit
 *     claim_events.c  ClaimCreated, ClaimDecided, ClaimMoved, DecisionMissed
 *     loop_events.c   of the surveys daemon: LoopOpened, LoopAssigned, LoopEscalated,
 *                     CustomerContacted, LoopClosed
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/consumer.h"
#include "history.h"

/* Begins to consume. Between svc_serve and svc_run. */
void views_init(struct svc *svc);

consumer_handler view_on_unit_registered;
consumer_handler view_on_unit_fact_recorded;
consumer_handler view_on_unit_transferred;
consumer_handler view_on_any;
consumer_handler view_on_claim_created;
consumer_handler view_on_claim_decided;
consumer_handler view_on_claim_moved;
consumer_handler view_on_decision_missed;
consumer_handler view_on_loop_opened;
consumer_handler view_on_loop_assigned;
consumer_handler view_on_loop_escalated;
consumer_handler view_on_customer_contacted;
consumer_handler view_on_loop_closed;

/* ---- views.c ---- */

/* The company's zone: days of lines are by its clocks. Errors as warranty_policy, which pass. */
enum err view_zone(struct call *call, const struct zone **ret_zone) MUST_CHECK;

/* ---- view_store.c ---- */

/* Adds lines as the effect of an event. Errors as consumer_write_await. */
enum err view_add_lines_await(struct call *call, const struct consumer_event *event,
                              const struct history_line *lines, size_t count) MUST_CHECK;

/* What an event says of a claim as work. */
struct view_work {
    const char *claim_id;
    const char *serial;
    const char *replacement_serial; /* the claim's lines are of its life too; "" if none */
    const char *state;
    bool is_open;            /* it waits for a person */
    int64_t due_time_us;     /* 0: no time was promised */
    const char *assignee_id; /* a pseudonym, "" while it is anybody's */
};

/* Adds lines of a claim, and puts it into the worklist or takes it out, as the effect of an event.
 */
enum err view_take_claim_await(struct call *call, const struct consumer_event *event,
                               const struct history_line *lines, size_t count,
                               const struct view_work *work) MUST_CHECK;

/* What an event says of a low score as work. */
struct view_loop {
    const char *loop_id;
    const char *state;
    int64_t due_time_us;     /* 0: no time was promised */
    const char *assignee_id; /* a pseudonym, "" while it is anybody's */
    bool is_done;
};

/* Puts a low score into the worklist or takes it out, as the effect of an event. */
enum err view_take_loop_await(struct call *call, const struct consumer_event *event,
                              const struct view_loop *loop) MUST_CHECK;
