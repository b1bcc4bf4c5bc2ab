/*
 * invitation - what the parts of an invitation's life share: trigger, timers, answers, page
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify/v1/notify.contract.h"
#include "surveys.h"

#define INVITATION_TIMER_SEND "invitation_send"
#define INVITATION_TIMER_REMIND "invitation_remind"
#define INVITATION_TIMER_EXPIRE "invitation_expire"
#define INVITATION_TIMER_FORGET "invitation_forget" /* its answers' words, its loop's note */

/* An invitation, and what is kept beside the message. */
struct invitation {
    Surveys__V1__Invitation *message;
    struct uuid invitation_id;
    const char *language; /* of the contact; "" if none was said */
    int reminder_count;
    struct uuid sent_event_id; /* its InvitationSent; zeros before */
    bool is_opted_out;         /* who is asked wants no surveys */
};

/* ---- rules (invitation_rules.c) ---- */

/* The scores among answers; -1 where there is none. */
struct invitation_scores {
    int nps;
    int csat;
    int ces;
};

/* Looks answers over: ERR_INVALID_ARGUMENT with field and reason. Answers that say nothing are
 * taken for left out; `ret_scores` is what the others say. */
enum err answers_check(const Surveys__V1__Template *template, Surveys__V1__Answer *const *answers,
                       size_t count, struct invitation_scores *ret_scores,
                       struct fault *ret_fault) MUST_CHECK;

/* Whether an answer says something. */
bool answer_is_given(const Surveys__V1__Question *question, const Surveys__V1__Answer *answer);

/* The clause of the policy by which somebody is not asked, of the reason of NOT_SENT; "" where it
 * is no clause's doing. */
const char *invitation_reason_clause(const char *reason);

/* Why it can no longer be answered, as INVITATION_EXPIRED; NULL: it can. */
const char *invitation_reason_closed(const Surveys__V1__Invitation *invitation, int64_t now_us);

/* ---- store (invitation_store.c, answer_store.c) ---- */

/* A new invitation, of an event that closed a case. */
struct invitation_plan {
    const Surveys__V1__Invitation *invitation; /* SCHEDULED, or NOT_SENT with its reason */
    struct uuid event_id;
    int64_t cool_down_before_us; /* of SCHEDULED: skipped unless who is asked was asked before */
    const ProtobufCMessage *scheduled; /* the event of each outcome */
    const ProtobufCMessage *skipped;
};
enum err invitation_plan_await(struct call *call, const struct consumer_event *event,
                               const struct invitation_plan *plan) MUST_CHECK;

enum err invitation_read_await(struct call *call, const char *invitation_id,
                               struct invitation *ret_invitation) MUST_CHECK;
enum err invitation_list_await(struct call *call, const Surveys__V1__ListInvitationsRequest *req,
                               int64_t from_us, int64_t before_us,
                               struct page *ret_page) MUST_CHECK;
/* Gives invitations their answers: to all of them that fit into one answer of ours, in order. */
enum err answers_read_await(struct call *call, Surveys__V1__Invitation *const *invitations,
                            size_t count) MUST_CHECK;

struct invitation_timer {
    const char *kind; /* NULL: none */
    int64_t due_us;
};

enum { INVITATION_TIMERS = 2 };

/* A move to the state of the message, whose version is the new one. */
struct invitation_move {
    const struct invitation *invitation;
    struct invitation_timer timers[INVITATION_TIMERS];
    const struct contract_message *event_contract;
    const ProtobufCMessage *event;
    const ProtobufCMessage *response;
};
enum err invitation_move_await(struct call *call, const struct invitation_move *move) MUST_CHECK;

/* The answer, and the loop that it opens. */
struct invitation_answer {
    const struct invitation *invitation; /* ANSWERED, with its answers */
    struct invitation_scores scores;
    const Surveys__V1__Loop *loop; /* NULL: no score is low */
    int64_t forget_us;             /* when its words are dropped; 0: never */
    const ProtobufCMessage *event;
    const ProtobufCMessage *loop_event;
    const ProtobufCMessage *response;
};
enum err invitation_answer_await(struct call *call,
                                 const struct invitation_answer *answer) MUST_CHECK;
/* Drops the words of its answers and the note of its loop: the note only once the loop has ended,
 * and `ret_is_worked_on` says that it has not. */
enum err invitation_forget_await(struct call *call, const char *invitation_id,
                                 bool *ret_is_worked_on) MUST_CHECK;

/* Keeps, as the effect of an event, whether somebody wants no surveys (opt_out_store.c). */
enum err opt_out_keep_await(struct call *call, const struct consumer_event *event,
                            const char *person_id, bool is_opted_out) MUST_CHECK;

/* ---- what happens to it ---- */

enum err invitation_fail_missing(struct call *call, const char *invitation_id);

/* Takes answers: all but what the bus and the page make of it. Suspends. The invitation's machine
 * must have `verb` lead there; `*response_invitation` is where the answer's message goes, in
 * `response`. */
enum err invitation_take_answers_await(struct call *call, const char *invitation_id,
                                       Surveys__V1__Answer **answers, size_t count,
                                       Surveys__V1__Invitation__Channel channel,
                                       Surveys__V1__Invitation **response_invitation,
                                       const ProtobufCMessage *response) MUST_CHECK;
enum err invitation_dismiss_await(struct call *call, const char *invitation_id,
                                  Surveys__V1__Invitation **response_invitation,
                                  const ProtobufCMessage *response) MUST_CHECK;

/* How whom it is about can be reached, in the ways that survey.methods of the policy in force names
 * (invitation_reach.c). */
struct invitation_reach {
    Common__V1__Contact *contact; /* for who writes: no other address in it; NULL: nobody knows */
    bool is_by_phone;             /* an agent may call them */
    const char *reason;           /* why nobody can ask them, as NO_CONTACT; NULL: somebody can */
};
enum err invitation_reach_await(struct call *call, const Surveys__V1__Invitation *invitation,
                                struct invitation_reach *ret_reach) MUST_CHECK;

/* Refuses an answer that comes in a way that survey.methods does not name. One by the link of a
 * mail is taken also when mails have been given up since: whoever was asked may answer. */
enum err invitation_check_channel_await(struct call *call,
                                        const Surveys__V1__Invitation *invitation,
                                        Surveys__V1__Invitation__Channel channel) MUST_CHECK;

/* A link that opens `method` for it, as "/survey/{id}?link=...". */
char *invitation_link(struct arena *arena, const Surveys__V1__Invitation *invitation,
                      const struct contract_method *method);

/* To NOT_SENT, as they were read. */
enum err invitation_skip_await(struct call *call, struct invitation *invitation,
                               const char *reason) MUST_CHECK;

/* What notify says of it (delivery.c). */
consumer_handler delivery_on_opted_out;
consumer_handler delivery_on_opted_in;
consumer_handler delivery_on_message_failed;

enum err invitation_on_send(struct call *call, const struct timer_due *due);
enum err invitation_on_remind(struct call *call, const struct timer_due *due);
enum err invitation_on_expire(struct call *call, const struct timer_due *due);
enum err invitation_on_forget(struct call *call, const struct timer_due *due);
