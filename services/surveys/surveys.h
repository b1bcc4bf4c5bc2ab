/*
 * surveys - what the parts of aftercare-surveys share
 *
 * Rows as plain structs: the store fills them, the rules and handlers read them. Texts live in the
 * call's arena.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/change.h"
#include "common/svc.h"
#include "surveys/v1/surveys.contract.h"

struct note {
    struct uuid note_id;
    const char *text;
    const char *owner_id;
    int64_t create_time_us;
    int64_t version;
};

/* Rule: whether a text says nothing, as a note must not. */
bool note_is_blank(const char *text);

/* ERR_NOT_FOUND if there is none. */
enum err note_read_await(struct call *call, const struct uuid *note_id,
                         struct note *ret_note) MUST_CHECK;

/* Stores `response` with the key and says `event` (change_commit_await's errors). */
enum err note_create_await(struct call *call, const struct note *note,
                           const ProtobufCMessage *event,
                           const ProtobufCMessage *response) MUST_CHECK;
