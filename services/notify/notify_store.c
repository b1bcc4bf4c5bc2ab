/*
 * notify_store - all SQL of aftercare-notify
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

DB_STATEMENT(read_note, "notify_read_note",
             "SELECT note_id, text, owner_id, create_time, version FROM notes WHERE note_id = $1");

/* $14 note, $15 text, $16 owner. */
DB_STATEMENT(create_note, "notify_create_note",
             "WITH locked AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM notes WHERE note_id = "
             "$14)), " CHANGE_KEYED
             ", changed AS (INSERT INTO notes (note_id, text, owner_id, create_time)"
             " SELECT $14, $15, $16, $5 FROM keyed RETURNING version), " CHANGE_SAID CHANGE_COUNTS);

enum err
note_read_await(struct call *call, const struct uuid *note_id, struct note *ret_note)
{
    const struct db_param params[] = {db_uuid(note_id)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_note, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    *ret_note = (struct note){
        .note_id = db_get_uuid(rows, 0, 0),
        .text = db_get_text(rows, 0, 1),
        .owner_id = db_get_text(rows, 0, 2),
        .create_time_us = db_get_time(rows, 0, 3),
        .version = db_get_int8(rows, 0, 4),
    };
    return OK;
}

enum err
note_create_await(struct call *call, const struct note *note, const ProtobufCMessage *event,
                  const ProtobufCMessage *response)
{
    const struct db_param params[] = {db_uuid(&note->note_id), db_text(note->text),
                                      db_text(note->owner_id)};
    char note_id[UUID_TEXT_SIZE];
    uuid_print(&note->note_id, note_id);
    const struct change change = {
        .stmt = &create_note,
        .is_creation = true,
        .time_us = note->create_time_us,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = note_id,
        .owner_id = note->owner_id,
        .unit_serial = "",
        .event_contract = &notify_v1_note_created_contract,
        .event = event,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}
