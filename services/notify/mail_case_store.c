/*
 * mail_case_store - the SQL of mails that people sent us, and of where they belong
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include "common/message.h"

#define SELECT_MAIL                                                                                \
    "SELECT mail_id, message_id, sender, subject, state, matched_by, aggregate_type,"              \
    " aggregate_id, receive_time, version, reason"

DB_STATEMENT(read_mail, "notify_read_mail", SELECT_MAIL ", body FROM mails WHERE mail_id = $1");

/* $1 before which mail, null at the start; $2 how many; $3 state or ''. */
#define PAGE                                                                                       \
    "($1::uuid IS NULL OR mail_id < $1) AND ($3 = '' OR state = $3) ORDER BY mail_id DESC LIMIT "  \
    "$2"

DB_STATEMENT(list_mails, "notify_list_mails", SELECT_MAIL " FROM mails WHERE " PAGE);
/* $4 and $5 type and id of the aggregate. */
DB_STATEMENT(list_aggregate_mails, "notify_list_aggregate_mails",
             SELECT_MAIL " FROM mails WHERE aggregate_type = $4 AND aggregate_id = $5 AND " PAGE);

DB_STATEMENT(list_attachments, "notify_list_attachments",
             "SELECT document_id, file_name, media_type, size_bytes, reason FROM mail_attachments"
             " WHERE mail_id = $1 ORDER BY number");

/* $14 mail, $15 the version that was read, $16 state, $17 how it was matched, $18 and $19 type and
 * id of the aggregate or null. */
DB_STATEMENT(update_mail, "notify_update_mail",
             "WITH locked AS (SELECT mail_id FROM mails WHERE mail_id = $14 AND version = $15"
             " FOR UPDATE), " CHANGE_KEYED
             ", changed AS (UPDATE mails SET state = $16, matched_by = $17, aggregate_type = $18,"
             " aggregate_id = $19, version = version + 1 FROM keyed WHERE mail_id = $14"
             " RETURNING version), " CHANGE_SAID CHANGE_COUNTS);

DB_STATEMENT(read_mail_sender, "notify_read_mail_sender",
             "SELECT sender_address FROM mails WHERE mail_id = $1");

static void *
mail_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct uuid mail_id = db_get_uuid(rows, row, 0);
    Notify__V1__Mail *mail = arena_alloc(arena, sizeof *mail);
    notify__v1__mail__init(mail);
    mail->mail_id = message_uuid(arena, &mail_id);
    mail->message_id_header = (char *)db_get_text(rows, row, 1);
    mail->sender = (char *)db_get_text(rows, row, 2);
    mail->subject = (char *)db_get_text(rows, row, 3);
    mail->state = (Notify__V1__Mail__State)notify_enum_of(&notify__v1__mail__state__descriptor,
                                                          db_get_text(rows, row, 4));
    mail->matched_by = (char *)db_get_text(rows, row, 5);
    mail->aggregate_type = (char *)db_get_text(rows, row, 6);
    mail->aggregate_id = (char *)db_get_text(rows, row, 7);
    mail->receive_time = message_time(arena, db_get_time(rows, row, 8));
    mail->version = db_get_int8(rows, row, 9);
    mail->reason = (char *)db_get_text(rows, row, 10);
    return mail;
}

static Notify__V1__MailAttachment *
attachment_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    Notify__V1__MailAttachment *attachment = arena_alloc(arena, sizeof *attachment);
    notify__v1__mail_attachment__init(attachment);
    if (!db_is_null(rows, row, 0)) {
        struct uuid document_id = db_get_uuid(rows, row, 0);
        attachment->document_id = message_uuid(arena, &document_id);
    }
    attachment->file_name = (char *)db_get_text(rows, row, 1);
    attachment->media_type = (char *)db_get_text(rows, row, 2);
    attachment->size_bytes = db_get_int8(rows, row, 3);
    attachment->reason = (char *)db_get_text(rows, row, 4);
    return attachment;
}

enum err
mail_case_read_await(struct call *call, const struct uuid *mail_id, Notify__V1__Mail **ret_mail)
{
    const struct db_param params[] = {db_uuid(mail_id)};
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_mail, params, 1, &rows);
    if (err != OK)
        return err;
    Notify__V1__Mail *mail = mail_from_row(call->arena, rows, 0);
    mail->text = (char *)db_get_text(rows, 0, 11);
    *ret_mail = mail;
    err = db_read_await(svc_db(call->svc), call, &list_attachments, params, 1, &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    size_t count = db_row_count(rows);
    mail->attachments = arena_alloc(call->arena, count * sizeof(void *));
    for (; mail->n_attachments < count; mail->n_attachments++)
        mail->attachments[mail->n_attachments] =
            attachment_from_row(call->arena, rows, mail->n_attachments);
    return OK;
}

enum err
mail_case_sender_await(struct call *call, const struct uuid *mail_id, const char **ret_address)
{
    const struct db_param params[] = {db_uuid(mail_id)};
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_mail_sender, params, 1, &rows);
    if (err == OK)
        *ret_address = db_get_text(rows, 0, 0);
    return err;
}

enum err
mail_case_list_await(struct call *call, const Notify__V1__ListMailsRequest *req,
                     const struct db_param *before, int32_t size, struct page *ret_page)
{
    const struct db_param params[] = {
        *before,
        page_limit(size),
        db_text(notify_enum_name(&notify__v1__mail__state__descriptor, (int)req->state)),
        db_text(req->aggregate_type),
        db_text(req->aggregate_id),
    };
    bool is_all = req->aggregate_type[0] == 0;
    return page_read_await(svc_db(call->svc), call, is_all ? &list_mails : &list_aggregate_mails,
                           params, is_all ? 3 : COUNT_OF(params), size, mail_from_row, ret_page);
}

enum err
mail_case_update_await(struct call *call, const Notify__V1__Mail *mail,
                       const struct contract_message *event_contract, const ProtobufCMessage *event,
                       const ProtobufCMessage *response)
{
    struct uuid mail_id = message_get_uuid(mail->mail_id);
    const struct db_param params[] = {
        db_uuid(&mail_id),
        db_int8(mail->version - 1),
        db_text(notify_enum_name(&notify__v1__mail__state__descriptor, (int)mail->state)),
        db_text(mail->matched_by),
        db_text_or_null(mail->aggregate_type),
        db_text_or_null(mail->aggregate_id),
    };
    const struct change change = {
        .stmt = &update_mail,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = mail->mail_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = event_contract,
        .event = event,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}
