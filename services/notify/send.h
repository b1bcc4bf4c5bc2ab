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

#define SEND_TIMER_MESSAGE "send"
#define SEND_TIMER_DELIVERY "deliver"

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
    struct message_part *parts; /* the newest of them, in the order of their events; after composing
                                   those that share the message's fate */
    size_t part_row_count;
    size_t unread_count;   /* parts that are older than those */
    bool is_split;         /* the other parts go into a message of their own */
    const char *opted_out; /* categories, separated by spaces */
};

enum err message_due_read_await(struct call *call, const struct uuid *message_id,
                                struct message_due *ret_due) MUST_CHECK;
/* Nothing joins it any more, and it goes by this channel; what it does not tell goes into a message
 * of its own, which is due now. ERR_ABORTED: something has joined it since it was read. */
enum err message_due_close_await(struct call *call, struct message_due *due, const char *channel,
                                 const char *address) MUST_CHECK;
/* It is looked at again then; `attempt` NULL: none was made. */
enum err message_due_later_await(struct call *call, const struct message_due *due,
                                 const struct attempt *attempt, int64_t attempt_us,
                                 int64_t due_us) MUST_CHECK;
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

/* Asks for the contacts, writes the words, and leaves in `due` the parts that share what `ret`
 * says. Errors: somebody who is asked is away. */
enum err message_compose_await(struct call *call, struct message_due *due,
                               const struct catalogue *catalogue, const struct policy *policy,
                               struct composed *ret) MUST_CHECK;
