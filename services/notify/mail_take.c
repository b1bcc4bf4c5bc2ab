/*
 * mail_take - what is done with one mail
 *
 * Read (in a thread), known already or not, judged, matched, its attachments made documents, and
 * then kept in one statement: mail, attachments, whether its sender is told, the end of a message
 * of ours that it reports, events. Each try makes the same documents, so one that dies on the way
 * leaves nothing twice.
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_take.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/contract_text.h"
#include "common/message.h"
#include "common/principal.h"
#include "mail_rules.h"

enum { LINE_BYTES_MAX = 998, TEXT_BYTES_MAX = 100000, KEY_SIZE = 80 };

/* ---- words ---- */

/* In the arena, cut between characters. */
static char *
cut(struct arena *arena, const char *text, size_t size_max)
{
    size_t size_bytes = strlen(text);
    if (size_bytes > size_max)
        size_bytes = text_utf8_size(text, size_max);
    return arena_printf(arena, "%.*s", (int)size_bytes, text);
}

static char *
print_digest(struct arena *arena, const void *bytes, size_t size_bytes)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char *text = arena_alloc(arena, 2 * sizeof hash + 1);
    crypto_hash_sha256(hash, bytes, size_bytes);
    return sodium_bin2hex(text, 2 * sizeof hash + 1, hash, sizeof hash);
}

/* By which it is known again. */
static const char *
make_message_id(struct arena *arena, const struct mail *mail, const struct mailbox_message *message)
{
    size_t size_bytes = strlen(mail->message_id);
    if (size_bytes > 0 && size_bytes <= LINE_BYTES_MAX)
        return arena_copy_text(arena, mail->message_id);
    return arena_printf(arena, "sha256:%s",
                        print_digest(arena, message->bytes, message->bytes_count));
}

static const char *
print_sender(struct arena *arena, const struct mail *mail)
{
    if (mail->from_name[0] == 0)
        return cut(arena, mail->from_address, LINE_BYTES_MAX);
    if (mail->from_address[0] == 0)
        return cut(arena, mail->from_name, LINE_BYTES_MAX);
    size_t left = LINE_BYTES_MAX - strlen(mail->from_address) - 3;
    return arena_printf(arena, "%s <%s>", cut(arena, mail->from_name, left), mail->from_address);
}

/* ---- judging ---- */

static const char *
find_reason(struct arena *arena, const struct mail *mail, const struct mailbox_message *message,
            bool is_readable, const char *automatic)
{
    if (!is_readable)
        return "UNREADABLE";
    if (!message->is_whole)
        return message->size_bytes > MAIL_BYTES_MAX ? "TOO_LARGE" : "NOT_FETCHED";
    if (mail->bounce.is_bounce)
        return cut(arena, arena_printf(arena, "%s %s", mail->bounce.action, mail->bounce.status),
                   LINE_BYTES_MAX);
    if (automatic != NULL)
        return automatic;
    return mail->is_cut || strlen(mail->text) > TEXT_BYTES_MAX ? "CUT" : "";
}

/* What was not read whole is for people, wherever it seems to belong. */
static Notify__V1__Mail__State
find_state(const struct mail *mail, const struct mailbox_message *message, bool is_readable,
           const char *automatic, const struct mail_place *place)
{
    if (!is_readable || !message->is_whole)
        return NOTIFY__V1__MAIL__STATE__UNMATCHED;
    if (mail->bounce.is_bounce)
        return NOTIFY__V1__MAIL__STATE__BOUNCE;
    if (automatic != NULL)
        return NOTIFY__V1__MAIL__STATE__AUTOMATIC;
    return place->aggregate_type[0] != 0 ? NOTIFY__V1__MAIL__STATE__MATCHED
                                         : NOTIFY__V1__MAIL__STATE__UNMATCHED;
}

/* The message of ours that has come back. One that is being sent again is not ended by it. */
static enum err
find_bounced_await(struct call *call, const struct mail *mail, struct mail_taken *taken)
{
    struct uuid message_id;
    Notify__V1__Message *message;
    int64_t version;
    if (strcmp(mail->bounce.action, "failed") != 0 ||
        !mail_is_ours(mail->bounce.message_id, mail_domain(notify_config.mail_from), &message_id))
        return OK;
    enum err err = message_read_await(call, &message_id, &message, &version);
    if (err == OK && message->state == NOTIFY__V1__MESSAGE__STATE__SENT) {
        taken->bounced = message;
        taken->bounced_version = version;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* ---- one mail ---- */

static enum err
keep_documents_await(struct call *call, const struct mail *mail, struct mail_taken *taken)
{
    struct arena *arena = call->arena;
    struct mail_document *documents =
        arena_alloc(arena, (mail->attachment_count + 1) * sizeof *documents);
    const char *digest = print_digest(arena, taken->message_id, strlen(taken->message_id));
    enum err err = OK;
    for (size_t i = 0; err == OK && i < mail->attachment_count; i++)
        err = mail_document_keep_await(call, arena_printf(arena, "mail:%s", digest), i + 1,
                                       &mail->attachments[i], &documents[i]);
    taken->attachments = mail->attachments;
    taken->documents = documents;
    taken->attachment_count = mail->attachment_count;
    return err;
}

/* All that is asked about it; `is_readable` false: nothing is. */
static enum err
judge_await(struct call *call, const struct mail *mail, const struct mailbox_message *message,
            bool is_readable, struct mail_taken *taken)
{
    const char *automatic = mail_automatic(mail, notify_config.mail_from);
    enum err err = OK;
    taken->place = (struct mail_place){.aggregate_type = "", .aggregate_id = "", .matched_by = ""};
    if (is_readable && message->is_whole) {
        err = mail_match_await(call, mail, automatic == NULL, &taken->place);
        if (err == OK && mail->bounce.is_bounce)
            err = find_bounced_await(call, mail, taken);
        if (err == OK)
            err = keep_documents_await(call, mail, taken);
    }
    taken->reason = find_reason(call->arena, mail, message, is_readable, automatic);
    taken->state = find_state(mail, message, is_readable, automatic, &taken->place);
    if (err == OK && automatic == NULL && taken->sender_address[0] != 0)
        err = mail_may_answer_await(call, taken->person_id, &taken->is_answered);
    return err;
}

static void
fill(struct arena *arena, const struct mail *mail, const struct mailbox_message *message,
     bool is_readable, struct mail_taken *taken)
{
    char person_id[PRINCIPAL_PSEUDONYM_SIZE];
    principal_person(mail->from_address, "", mail->from_name, person_id);
    taken->mail_id = uuid_make();
    taken->person_id = arena_copy_text(arena, person_id);
    taken->sender = print_sender(arena, mail);
    taken->sender_address = arena_copy_text(arena, mail->from_address);
    taken->subject = cut(arena, mail->subject, LINE_BYTES_MAX);
    taken->text = is_readable && message->is_whole ? cut(arena, mail->text, TEXT_BYTES_MAX) : "";
    taken->receive_us = message->receive_us != 0 ? message->receive_us : clock_now_us();
}

static enum err
take_once_await(struct call *call, const struct mail *mail, const struct mailbox_message *message,
                bool is_readable)
{
    struct mail_taken taken = {.message_id = make_message_id(call->arena, mail, message)};
    bool is_kept;
    enum err err = mail_is_kept_await(call, taken.message_id, &is_kept);
    if (err != OK || is_kept)
        return err;
    fill(call->arena, mail, message, is_readable, &taken);
    err = judge_await(call, mail, message, is_readable, &taken);
    if (err != OK)
        return err;
    const char *digest = print_digest(call->arena, taken.message_id, strlen(taken.message_id));
    snprintf(call->key, sizeof call->key, "mail:%s", digest);
    err = mail_keep_await(call, &taken);
    return err == ERR_ALREADY_EXISTS || err == ERR_KEY_USED ? OK : err;
}

enum err
mail_take_await(struct call *call, const struct mailbox_message *message)
{
    struct mail *mail = mail_read_await(svc_loop(call->svc), message->bytes, message->bytes_count);
    bool is_readable = true;
    enum err err;
    CHECK(mail != NULL); /* no more was fetched than it takes */
    do {
        err = take_once_await(call, mail, message, is_readable);
        if (err != OK && !err_may_pass(err) && is_readable) {
            is_readable = false; /* kept without what it was refused for */
            err = take_once_await(call, mail, message, is_readable);
        }
    } while (call_may_retry_await(call, err));
    mail_free(&mail);
    return err;
}
