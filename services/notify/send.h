/*
 * send - what is due leaves: messages to people, events to webhooks
 *
 * By timers. A message or delivery names the one timer that counts (its timer_id), so a timer that
 * runs twice, or one of the past, does nothing. What came of an attempt is one statement: state,
 * attempt, event, next timer.
 *
 * Between the other side's word and that statement the process may die: then the attempt is made
 * again, with the same Message-ID or webhook-id, by which the other side knows it again.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attempt.h"
#include "catalogue.h"
#include "notify.h"

/* A kind for each channel: a mail server that takes its time keeps no SMS waiting. */
#define SEND_TIMER_EMAIL "send_email"
#define SEND_TIMER_SMS "send_sms"
#define SEND_TIMER_PUSH "send_push"
#define SEND_TIMER_DELIVERY "deliver"

/* The kind of a message's timer; in SQL 'send_' || lower(channel). */
const char *send_kind(const char *channel);

/*
 * Each step has its own time, whatever the one before has used; the timer stays ours meanwhile. A
 * mail server may think about a message for long (RFC 5321, 4.5.3.2.6): who leaves it too early
 * sends twice.
 */
enum {
    SEND_COMPOSE_MS = 25000,
    SEND_ATTEMPT_MS = 18000, /* the other side */
    SEND_MAIL_MS = 180000,   /* the same of a mail */
    SEND_KEEP_MS = 10000,    /* what came of it is kept */
};

timer_handler message_on_due;
timer_handler delivery_on_due;

/* ---- message_send_store.c ---- */

/* A part of a message as the sender needs it. */
struct message_part {
    const char *notice_id;
    const char *channel; /* when it joined; its message may go by another one */
    const Events__V1__LoggedEvent *event;
};

/* One more than the channels: their numbers begin with 1. */
enum { SEND_CHANNELS = NOTIFY__V1__NOTICE__CHANNEL__PUSH + 1 };

struct message_due {
    struct uuid message_id;
    struct uuid timer_id;
    const char *person_id;
    const char *channel;
    const char *state;
    bool is_open;
    int part_count;
    int attempt_count;
    int64_t start_us;
    int64_t last_sent_us[SEND_CHANNELS]; /* to this person by each channel; 0: never */
    int64_t version;
    struct message_part *parts; /* the newest of them, in the order of their events */
    size_t part_row_count;
    size_t unread_count;          /* parts that are older than those */
    struct message_part *leaving; /* after composing: what goes into a message of its own */
    size_t leaving_count;         /* 0: all share one fate */
    const char *opted_out;        /* categories, separated by spaces */
};

enum err message_due_read_await(struct call *call, const struct uuid *message_id,
                                struct message_due *ret_due) MUST_CHECK;
/* The parts that leave go into a message of their own, which is due now; nothing joins either of
 * both any more. ERR_ABORTED: something has joined it since it was read. */
enum err message_due_split_await(struct call *call, const struct message_due *due) MUST_CHECK;
/* Nothing joins it any more, and it goes by this channel to this address. ERR_ABORTED as above. */
enum err message_due_close_await(struct call *call, struct message_due *due, const char *channel,
                                 const char *address) MUST_CHECK;
/* It is looked at again then, to go by this channel; `attempt` NULL: none was made. */
enum err message_due_later_await(struct call *call, const struct message_due *due,
                                 const char *channel, const struct attempt *attempt,
                                 int64_t attempt_us, int64_t due_us) MUST_CHECK;
/* SENT, DEAD or SUPPRESSED, and says so. `attempt` NULL: none was made. */
enum err message_due_end_await(struct call *call, const struct message_due *due,
                               const struct attempt *attempt, int64_t attempt_us,
                               Notify__V1__Message__State state, const char *reason) MUST_CHECK;

/* ---- message_compose.c ---- */

/* A message as a mail or a short text is made of it. `reason` is set where there is nothing to
 * send: "OPTED_OUT", "NOTICE_GONE", "NO_ADDRESS", "ERASED". */
struct composed {
    const char *reason;
    const char *channel;
    const char *address;
    const char *name;
    const char *time_zone;
    const char *language; /* of the words */
    const char *subject;
    const char *plain;     /* but of a mail: each subject with its link */
    const char *html;      /* of a mail */
    const char *stoppable; /* the category that the reader can be without; "": none */
    bool is_quiet_at_night;
};

/* Asks for the contacts, and writes the words, unless `due` says then that parts leave: the message
 * is composed again without them. Errors: somebody who is asked is away. */
enum err message_compose_await(struct call *call, struct message_due *due,
                               const struct catalogue *catalogue, const struct policy *policy,
                               struct composed *ret) MUST_CHECK;
