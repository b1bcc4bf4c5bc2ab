/*
 * mail_take - a mail that has come is read, judged, matched, and kept once
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail_documents.h"
#include "mailbox.h"
#include "notify.h"

/* Where a mail belongs. */
struct mail_place {
    const char *aggregate_type; /* "" : nowhere that is known */
    const char *aggregate_id;
    const char *matched_by;
};

/* A mail as it is kept. Texts are in the arena. */
struct mail_taken {
    struct uuid mail_id;
    const char *message_id;
    const char *person_id;
    const char *sender;
    const char *sender_address;
    const char *subject;
    const char *text;
    Notify__V1__Mail__State state;
    const char *reason;
    struct mail_place place;
    int64_t receive_us;
    bool is_answered;
    const struct mail_attachment *attachments;
    const struct mail_document *documents; /* as many */
    size_t attachment_count;
    const Notify__V1__Message *bounced; /* the message of ours that it ends; NULL: none */
    int64_t bounced_version;
};

/*
 * Keeps it, unless it is there. A mail that cannot be read is kept as far as it can be, for people.
 * Errors pass: somebody who is asked is away, or the database is; again later.
 */
enum err mail_take_await(struct call *call, const struct mailbox_message *message) MUST_CHECK;

/* ---- mail_match.c ---- */

/* Finds its place by its references, by what it answers, by who sent it. */
enum err mail_match_await(struct call *call, const struct mail *mail, bool is_by_sender,
                          struct mail_place *ret_place) MUST_CHECK;

/* ---- mail_take_store.c ---- */

enum err mail_is_kept_await(struct call *call, const char *message_id,
                            bool *ret_is_kept) MUST_CHECK;
/* Whether its sender may be told that it has come: not within a day. */
enum err mail_may_answer_await(struct call *call, const char *person_id,
                               bool *ret_may_answer) MUST_CHECK;
/* ERR_ALREADY_EXISTS: it is there. ERR_ABORTED: read again. */
enum err mail_keep_await(struct call *call, const struct mail_taken *taken) MUST_CHECK;

/* Aggregates whose identities end so, or that our messages or kept mails are about. Up to two. */
enum err mail_find_by_references_await(struct call *call, const char *const *references,
                                       size_t count, struct mail_place *ret_places,
                                       size_t *ret_count) MUST_CHECK;
enum err mail_find_by_ids_await(struct call *call, const char *const *our_ids, size_t our_count,
                                const char *const *ids, size_t count, struct mail_place *ret_places,
                                size_t *ret_count) MUST_CHECK;

/* What we wrote to an address about. */
struct mail_candidate {
    struct mail_place place;
    const Events__V1__LoggedEvent *event;
};
enum { MAIL_PLACES_MAX = 2, MAIL_CANDIDATES_MAX = 20 };
/* More than MAIL_CANDIDATES_MAX: *ret_count is one more, and nothing is in the list. */
enum err mail_find_candidates_await(struct call *call, const char *address_id,
                                    struct mail_candidate *ret_candidates,
                                    size_t *ret_count) MUST_CHECK;
