/*
 * mailbox - the few commands of IMAP that it takes to empty a folder
 */
// SPDX-License-Identifier: Apache-2.0
#include "mailbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/svc.h"
#include "imap.h"

enum { COMMAND_SIZE = 256, NUMBER_BASE = 10 };

struct mailbox {
    struct mail_server server;
    struct transfer *transfer;
    struct loop *loop;
    struct imap *imap; /* NULL: nobody is in it */
    struct imap_reply reply;
    char folder[MAILBOX_NAME_SIZE];
    char done_folder[MAILBOX_NAME_SIZE];
    size_t bytes_max;
    bool is_stopped;
};

/* ---- options ---- */

/* Nothing that would end it within quotes. What is beyond ASCII has a form of its own in IMAP
 * ("Entw&APw-rfe"), which is to be given as it is. */
static bool
take_name(const char *name, char *ret_name)
{
    for (const char *c = name; *c != 0; c++) {
        if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\')
            return false;
    }
    snprintf(ret_name, MAILBOX_NAME_SIZE, "%s", name);
    return strlen(name) < MAILBOX_NAME_SIZE;
}

enum err
mailbox_open(const struct mailbox_options *options, struct transfer *transfer, struct loop *loop,
             struct mailbox **ret_mailbox, struct fault *ret_fault)
{
    const struct mail_server_options server = {
        .name = "mailbox",
        .scheme = "imap",
        .url = options->url,
        .user = options->user,
        .password_path = options->password_path,
        .ca_path = options->ca_path,
        .is_plain = options->is_plain,
    };
    struct mailbox *mailbox = mem_alloc(sizeof *mailbox);
    *mailbox =
        (struct mailbox){.transfer = transfer, .loop = loop, .bytes_max = options->bytes_max};
    enum err err = OK;
    if (options->user[0] == 0)
        err = fault_set(ret_fault, ERR_INVALID_ARGUMENT, "MAIL_SERVER_INVALID",
                        "the mailbox needs a user and a password file");
    else if (!take_name(options->folder, mailbox->folder) || mailbox->folder[0] == 0 ||
             !take_name(options->done_folder, mailbox->done_folder))
        err = fault_set(ret_fault, ERR_INVALID_ARGUMENT, "MAIL_SERVER_INVALID",
                        "no mailbox has a folder of this name");
    if (err == OK)
        err = mail_server_init(&server, &mailbox->server, ret_fault);
    if (err != OK)
        mem_free(mailbox);
    else
        *ret_mailbox = mailbox;
    return err;
}

void
mailbox_close(struct mailbox **mailbox)
{
    struct mailbox *m = *mailbox;
    *mailbox = NULL;
    if (m == NULL)
        return;
    mailbox_leave(m);
    mail_server_deinit(&m->server);
    mem_free(m);
}

void
mailbox_stop(struct mailbox *mailbox)
{
    mailbox->is_stopped = true;
    imap_stop(mailbox->imap);
}

/* ---- the session ---- */

enum err
mailbox_enter_await(struct mailbox *mailbox, struct call *call)
{
    char command[COMMAND_SIZE];
    enum err err =
        imap_open_await(mailbox->transfer, mailbox->loop, call, &mailbox->server, &mailbox->imap);
    if (err != OK)
        return err;
    if (mailbox->is_stopped)
        imap_stop(mailbox->imap);
    snprintf(command, sizeof command, "SELECT \"%s\"", mailbox->folder);
    mailbox->reply.literal_max = 0;
    err = imap_ask_await(mailbox->imap, call, command, &mailbox->reply);
    if (err != OK)
        mailbox_leave(mailbox);
    return err;
}

/* No LOGOUT: there is nothing that its answer could change. */
void
mailbox_leave(struct mailbox *mailbox)
{
    imap_close(&mailbox->imap);
    imap_reply_free(&mailbox->reply);
}

/* ---- the list ---- */

enum err
mailbox_list_await(struct mailbox *mailbox, struct call *call, size_t count_max, uint32_t *ret_uids,
                   size_t *ret_count)
{
    struct imap_reply *reply = &mailbox->reply;
    *ret_count = 0;
    enum err err = imap_ask_await(mailbox->imap, call, "UID SEARCH UNSEEN", reply);
    if (err != OK)
        return err;
    static const char mark[] = "* SEARCH";
    for (const char *line = buf_text(&reply->lines); *line != 0; line = strchr(line, '\n') + 1) {
        if (strncasecmp(line, mark, sizeof mark - 1) != 0)
            continue;
        for (const char *at = line + sizeof mark - 1; *at == ' ' && *ret_count < count_max;) {
            char *end;
            unsigned long uid = strtoul(at, &end, NUMBER_BASE);
            if (uid > 0 && uid <= UINT32_MAX)
                ret_uids[(*ret_count)++] = (uint32_t)uid;
            at = end;
        }
    }
    return OK;
}

/* ---- one message ---- */

/* Behind a name, as in "RFC822.SIZE 310"; NULL: it is not said. */
static const char *
find_item(const char *lines, const char *name)
{
    const char *at = strcasestr(lines, name);
    return at != NULL ? at + strlen(name) : NULL;
}

/* "17-Jul-2026 02:44:25 -0700" (RFC 9051, date-time); 0: it is none. */
static int64_t
read_time(const char *text)
{
    struct tm time = {0};
    if (strptime(text, "%d-%b-%Y %H:%M:%S %z", &time) == NULL)
        return 0;
    const int64_t us_per_s = 1000000;
    long offset_s = time.tm_gmtoff; /* which timegm clears */
    return ((int64_t)timegm(&time) - offset_s) * us_per_s;
}

static enum err
ask_about_await(struct mailbox *mailbox, struct call *call, struct mailbox_message *message)
{
    char command[COMMAND_SIZE];
    snprintf(command, sizeof command, "UID FETCH %u (RFC822.SIZE INTERNALDATE)", message->uid);
    enum err err = imap_ask_await(mailbox->imap, call, command, &mailbox->reply);
    if (err != OK)
        return err;
    const char *lines = buf_text(&mailbox->reply.lines);
    const char *size = find_item(lines, "RFC822.SIZE ");
    const char *time = find_item(lines, "INTERNALDATE \"");
    if (size == NULL)
        return call_fail(call, ERR_NOT_FOUND, "MAIL_GONE", "the message is not there any more");
    message->size_bytes = strtoll(size, NULL, NUMBER_BASE);
    message->receive_us = time != NULL ? read_time(time) : 0;
    return OK;
}

/* What is to be kept came: no more than nothing would be kept of a message that a person moved
 * meanwhile, or that is sent as something else than a literal, which RFC 9051 permits. */
static enum err
check_came(struct call *call, struct imap_reply *reply, int64_t size_bytes)
{
    if (find_item(buf_text(&reply->lines), "BODY[") == NULL)
        return call_fail(call, ERR_NOT_FOUND, "MAIL_GONE", "the message is not there any more");
    return reply->has_literal || size_bytes == 0
               ? OK
               : call_fail(call, ERR_FAILED_PRECONDITION, "MAIL_NOT_SENT",
                           "the mailbox does not send the message as a literal");
}

/* One byte more than it may have is asked for, so that a size that was said wrong shows. */
enum err
mailbox_fetch_await(struct mailbox *mailbox, struct call *call, uint32_t uid, bool is_head,
                    struct mailbox_message *ret_message)
{
    struct mailbox_message message = {.uid = uid};
    struct imap_reply *reply = &mailbox->reply;
    char command[COMMAND_SIZE];
    reply->literal_max = 0;
    enum err err = ask_about_await(mailbox, call, &message);
    if (err != OK)
        return err;
    message.is_whole = !is_head && message.size_bytes <= (int64_t)mailbox->bytes_max;
    size_t bytes_max = message.is_whole ? mailbox->bytes_max : MAILBOX_HEADER_BYTES_MAX;
    snprintf(command, sizeof command, "UID FETCH %u (BODY.PEEK[%s]<0.%zu>)", uid,
             message.is_whole ? "" : "HEADER", bytes_max + 1);
    reply->literal_max = bytes_max + 1;
    err = imap_ask_await(mailbox->imap, call, command, reply);
    if (err == OK)
        err = check_came(call, reply, message.size_bytes);
    if (err != OK)
        return err;
    message.is_whole = message.is_whole && reply->literal.size_bytes <= bytes_max;
    message.bytes = buf_text(&reply->literal);
    message.bytes_count = reply->literal.size_bytes;
    *ret_message = message;
    return OK;
}

enum err
mailbox_done_await(struct mailbox *mailbox, struct call *call, uint32_t uid)
{
    char command[COMMAND_SIZE];
    mailbox->reply.literal_max = 0;
    snprintf(command, sizeof command, "UID STORE %u +FLAGS.SILENT (\\Seen)", uid);
    enum err err = imap_ask_await(mailbox->imap, call, command, &mailbox->reply);
    if (err != OK || mailbox->done_folder[0] == 0)
        return err;
    snprintf(command, sizeof command, "UID MOVE %u \"%s\"", uid, mailbox->done_folder);
    return imap_ask_await(mailbox->imap, call, command, &mailbox->reply);
}
