/*
 * notify_handlers - what aftercare-notify does for each method
 *
 * A name ending in _await may suspend. What was read before it may be stale after it: that is what
 * versions are for.
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "notify/v1/notify.dispatch.h"

static Notify__V1__Note *
note_to_message(struct arena *arena, const struct note *note)
{
    Notify__V1__Note *message = arena_alloc(arena, sizeof *message);
    notify__v1__note__init(message);
    message->note_id = message_uuid(arena, &note->note_id);
    message->text = (char *)note->text;
    message->owner_id = (char *)note->owner_id;
    message->create_time = message_time(arena, note->create_time_us);
    message->version = note->version;
    return message;
}

enum err
notify_create_note(struct call *call, const Notify__V1__CreateNoteRequest *req,
                   Notify__V1__CreateNoteResponse *res)
{
    if (note_is_blank(req->text))
        return call_fail_field(call, "text", "TEXT_BLANK", "text says nothing");
    const struct note note = {
        .note_id = req->note_id[0] != 0 ? message_get_uuid(req->note_id) : uuid_make(),
        .text = req->text,
        .owner_id = call_subject(call),
        .create_time_us = clock_now_us(),
        .version = 1,
    };
    /* Built before the write, which stores it with the key: a repeat of this call is answered from
     * there. */
    res->note = note_to_message(call->arena, &note);
    Notify__V1__NoteCreated event = NOTIFY__V1__NOTE_CREATED__INIT;
    event.note_id = res->note->note_id;
    event.size_bytes = (int64_t)strlen(req->text);
    enum err err = note_create_await(call, &note, &event.base, &res->base);
    if (err == ERR_ALREADY_EXISTS)
        return call_fail(call, ERR_ALREADY_EXISTS, "NOTE_EXISTS", "note \"%s\" is there already",
                         event.note_id);
    return err;
}

enum err
notify_get_note(struct call *call, const Notify__V1__GetNoteRequest *req,
                Notify__V1__GetNoteResponse *res)
{
    struct uuid note_id = message_get_uuid(req->note_id);
    struct note note;
    enum err err = note_read_await(call, &note_id, &note);
    if (err == ERR_NOT_FOUND || (err == OK && !call_may_see(call, note.owner_id)))
        return call_fail(call, ERR_NOT_FOUND, "NOTE_MISSING", "note \"%s\" is not known",
                         req->note_id);
    if (err == OK)
        res->note = note_to_message(call->arena, &note);
    return err;
}
