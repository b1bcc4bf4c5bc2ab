/*
 * mail_case_handlers - mails that people sent us: reading them, and saying where they belong
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include "common/message.h"
#include "notify/v1/notify.dispatch.h"

static enum err
read_await(struct call *call, const char *mail_id, Notify__V1__Mail **ret_mail)
{
    struct uuid id = message_get_uuid(mail_id);
    enum err err = mail_case_read_await(call, &id, ret_mail);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, ERR_NOT_FOUND, "MAIL_MISSING", "mail \"%s\" is not known", mail_id);
    return err;
}

enum err
notify_get_mail(struct call *call, const Notify__V1__GetMailRequest *req,
                Notify__V1__GetMailResponse *res)
{
    return read_await(call, req->mail_id, &res->mail);
}

enum err
notify_list_mails(struct call *call, const Notify__V1__ListMailsRequest *req,
                  Notify__V1__ListMailsResponse *res)
{
    if ((req->aggregate_type[0] == 0) != (req->aggregate_id[0] == 0))
        return call_fail_field(call, "aggregate_id", "AGGREGATE_INCOMPLETE",
                               "aggregate_type and aggregate_id go together");
    struct db_param before;
    struct page page;
    enum err err = notify_read_token(call, req->page_token, &before);
    if (err == OK)
        err = mail_case_list_await(call, req, &before, page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->mails = (Notify__V1__Mail **)page.messages;
    res->n_mails = page.count;
    if (page.has_more)
        res->next_page_token = notify_make_token(call, res->mails[page.count - 1]->mail_id);
    return OK;
}

static enum err
assign_once_await(struct call *call, const Notify__V1__AssignMailRequest *req,
                  Notify__V1__AssignMailResponse *res)
{
    enum err err = read_await(call, req->mail_id, &res->mail);
    if (err != OK)
        return err;
    Notify__V1__Mail *mail = res->mail;
    mail->state = NOTIFY__V1__MAIL__STATE__MATCHED;
    mail->matched_by = (char *)"PERSON";
    mail->aggregate_type = req->aggregate_type;
    mail->aggregate_id = req->aggregate_id;
    mail->version++;
    Notify__V1__MailAssigned event = NOTIFY__V1__MAIL_ASSIGNED__INIT;
    event.mail_id = mail->mail_id;
    event.aggregate_type = mail->aggregate_type;
    event.aggregate_id = mail->aggregate_id;
    return mail_case_update_await(call, mail, &notify_v1_mail_assigned_contract, &event.base,
                                  &res->base);
}

enum err
notify_assign_mail(struct call *call, const Notify__V1__AssignMailRequest *req,
                   Notify__V1__AssignMailResponse *res)
{
    enum err err;
    do
        err = assign_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

static enum err
dismiss_once_await(struct call *call, const Notify__V1__DismissMailRequest *req,
                   Notify__V1__DismissMailResponse *res)
{
    enum err err = read_await(call, req->mail_id, &res->mail);
    if (err != OK)
        return err;
    Notify__V1__Mail *mail = res->mail;
    mail->state = NOTIFY__V1__MAIL__STATE__DISMISSED;
    mail->matched_by = (char *)"";
    mail->aggregate_type = mail->aggregate_id = (char *)"";
    mail->version++;
    Notify__V1__MailDismissed event = NOTIFY__V1__MAIL_DISMISSED__INIT;
    event.mail_id = mail->mail_id;
    return mail_case_update_await(call, mail, &notify_v1_mail_dismissed_contract, &event.base,
                                  &res->base);
}

enum err
notify_dismiss_mail(struct call *call, const Notify__V1__DismissMailRequest *req,
                    Notify__V1__DismissMailResponse *res)
{
    enum err err;
    do
        err = dismiss_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

/* No name: what somebody calls themselves is not repeated to an address that they may have made up.
 */
enum err
notify_get_mail_contact(struct call *call, const Notify__V1__GetMailContactRequest *req,
                        Notify__V1__GetMailContactResponse *res)
{
    struct uuid mail_id = message_get_uuid(req->aggregate_id);
    const char *address;
    enum err err = mail_case_sender_await(call, &mail_id, &address);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, ERR_NOT_FOUND, "MAIL_MISSING", "mail \"%s\" is not known",
                         req->aggregate_id);
    if (err != OK || address[0] == 0)
        return err;
    res->contact = arena_alloc(call->arena, sizeof *res->contact);
    common__v1__contact__init(res->contact);
    res->contact->email = (char *)address;
    return OK;
}
