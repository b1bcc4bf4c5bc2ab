/*
 * mail_poll - one look: what is unseen is fetched, kept, and then marked, one after the other
 *
 * A mail that makes trouble is put behind the others of later looks, so it holds nothing up; one
 * that could not be fetched is fetched without its body the third time. What went wrong before a
 * mail was marked is done again: it is kept already, and only marked then.
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/stat.h"
#include "common/task.h"
#include "mail_take.h"

enum {
    HANDLER_MS = 25000, /* of the 30 s for which a timer is lent */
    BEGIN_MS = 12000,   /* no further mail is begun after this */
    LIST_MAX = 500,
    TROUBLE_MAX = 64,
    FETCHES_MAX = 2, /* of a whole mail, that failed */
    ROW_MS = 1000,   /* between two tries to make the timer's row */
    OFF_MS = 60000,
};

STAT(stat_kept, "mailbox.mail", STAT_COUNTER, "", "Mails that were fetched and kept.");
STAT(stat_failed, "mailbox.fail", STAT_COUNTER, "", "Looks into the mailbox that failed.");

/* The one row of the timer, under the same id in each installation. */
static const struct uuid TIMER_ID = {
    {0x6d, 0x61, 0x69, 0x6c, 0x62, 0x6f, 0x80, 0x78, 0x80, 0, 0, 0, 0, 0, 0, 1}};

/* $1 timer, $2 when it is due. */
DB_STATEMENT(make_timer, "notify_make_mailbox_timer",
             "INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"
             " VALUES ($1, 'mailbox', 'mailbox', $2) ON CONFLICT DO NOTHING");

struct trouble {
    uint32_t uid;
    unsigned fetch_count; /* how often it could not be fetched */
};

static struct {
    struct svc *svc;
    struct mailbox *mailbox; /* NULL: none is configured */
    struct loop_timer row_timer;
    struct trouble troubles[TROUBLE_MAX]; /* the oldest is forgotten */
    size_t trouble_next;
    bool is_busy;
    bool is_stopped;
    /* For /status. */
    const char *state;
    char reason[ERR_REASON_SIZE];
    char message[ERR_MESSAGE_SIZE];
    int64_t look_real_ms;
} poll;

/* ---- trouble ---- */

static struct trouble *
find_trouble(uint32_t uid)
{
    for (size_t i = 0; i < TROUBLE_MAX; i++) {
        if (poll.troubles[i].uid == uid)
            return &poll.troubles[i];
    }
    return NULL;
}

static void
note_trouble(uint32_t uid, bool is_fetch)
{
    struct trouble *trouble = find_trouble(uid);
    if (trouble == NULL) {
        trouble = &poll.troubles[poll.trouble_next++ % TROUBLE_MAX];
        *trouble = (struct trouble){.uid = uid};
    }
    trouble->fetch_count += is_fetch;
}

/* Those without trouble first, each in the order they came. */
static void
sort(uint32_t *uids, size_t count)
{
    uint32_t behind[LIST_MAX];
    size_t kept = 0, behind_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (find_trouble(uids[i]) != NULL)
            behind[behind_count++] = uids[i];
        else
            uids[kept++] = uids[i];
    }
    memcpy(uids + kept, behind, behind_count * sizeof *behind);
}

/* ---- one mail ---- */

/* With an arena of its own: a look may take many. */
static enum err
take_one_await(struct call *call, uint32_t uid, bool *ret_is_fetched)
{
    const struct trouble *trouble = find_trouble(uid);
    bool is_head = trouble != NULL && trouble->fetch_count >= FETCHES_MAX;
    struct mailbox_message message;
    struct call part = *call;
    part.arena = arena_new(ARENA_BUDGET_BYTES);
    enum err err = mailbox_fetch_await(poll.mailbox, &part, uid, is_head, &message);
    bool is_gone = err == ERR_NOT_FOUND; /* a person took it away */
    *ret_is_fetched = err == OK;
    if (err == OK)
        err = mail_take_await(&part, &message);
    if (err == OK)
        err = mailbox_done_await(poll.mailbox, &part, uid);
    stat_kept.value += err == OK;
    call->fault = part.fault;
    arena_free(&part.arena);
    return is_gone ? OK : err;
}

/* Whether the session can be used after it. */
static bool
is_of_mail(const struct call *call, enum err err)
{
    return err != OK && strcmp(call->fault.reason, "MAILBOX_TOO_MUCH") != 0 &&
           strcmp(call->fault.reason, "MAILBOX_GARBLED") != 0 &&
           strcmp(call->fault.reason, "UNREACHABLE") != 0 &&
           strcmp(call->fault.reason, "TIMED_OUT") != 0 &&
           strcmp(call->fault.reason, "STOPPED") != 0;
}

static enum err
take_all_await(struct call *call, bool *ret_has_more)
{
    uint32_t uids[LIST_MAX];
    size_t count;
    int64_t begin_ms = clock_mono_ms();
    enum err err = mailbox_list_await(poll.mailbox, call, LIST_MAX, uids, &count), first = OK;
    if (err != OK)
        return err;
    struct fault fault = {0};
    sort(uids, count);
    size_t i = 0;
    for (; i < count && !poll.is_stopped && clock_mono_ms() - begin_ms < BEGIN_MS; i++) {
        bool is_fetched = false;
        err = take_one_await(call, uids[i], &is_fetched);
        if (err == OK)
            continue;
        note_trouble(uids[i], !is_fetched && !poll.is_stopped);
        if (first == OK) {
            first = err;
            fault = call->fault;
        }
        if (!is_of_mail(call, err))
            break;
    }
    call->fault = fault;
    *ret_has_more = first == OK && (i < count || count == LIST_MAX);
    return first;
}

/* ---- one look ---- */

static void
note_look(const struct call *call, enum err err)
{
    poll.state = err == OK ? "OK" : "FAILED";
    poll.look_real_ms = clock_real_ms();
    snprintf(poll.reason, sizeof poll.reason, "%s", err == OK ? "" : call->fault.reason);
    snprintf(poll.message, sizeof poll.message, "%s", err == OK ? "" : call->fault.message);
    stat_failed.value += err != OK;
}

static enum err
look_await(struct call *call, bool *ret_has_more)
{
    enum err err = mailbox_enter_await(poll.mailbox, call);
    if (err != OK)
        return err;
    err = take_all_await(call, ret_has_more);
    mailbox_leave(poll.mailbox);
    return err;
}

/* Whatever it fails for, it is tried again. */
enum err
mail_poll_on_due(struct call *call, const struct timer_due *due)
{
    bool has_more = false;
    call->deadline_mono_ms = clock_mono_ms() + HANDLER_MS;
    if (poll.is_busy)
        return call_fail(call, ERR_UNAVAILABLE, "MAILBOX_BUSY", "the last look has not ended");
    if (poll.mailbox == NULL) { /* another replica has one */
        *due->next_due_us = clock_now_us() + OFF_MS * INT64_C(1000);
        return OK;
    }
    poll.is_busy = true;
    enum err err = look_await(call, &has_more);
    poll.is_busy = false;
    note_look(call, err);
    *due->next_due_us = clock_now_us() + (has_more ? 0 : notify_config.mailbox_pause_ms * 1000);
    return err == OK ? OK : ERR_UNAVAILABLE;
}

/* ---- begin and end ---- */

static void
make_row_await(void *context UNUSED)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct call call;
    svc_system_call(poll.svc, &call, arena, "mailbox", ROW_MS * 5);
    const struct db_param params[] = {db_uuid(&TIMER_ID), db_time(clock_now_us())};
    const struct db_rows *rows;
    if (db_write_await(svc_db(poll.svc), &call, &make_timer, params, 2, "mailbox", &rows) != OK &&
        !poll.is_stopped)
        loop_timer_start(&poll.row_timer, ROW_MS, 0);
    arena_free(&arena);
}

static void
make_row(void *context UNUSED)
{
    if (!task_spawn(make_row_await, NULL))
        loop_timer_start(&poll.row_timer, ROW_MS, 0);
}

static void
add_status(struct buf *out, void *context UNUSED)
{
    buf_printf(out, ",\"mailbox\":{\"state\":\"%s\",\"reason\":", poll.state);
    buf_add_json(out, poll.reason, strlen(poll.reason));
    buf_add_text(out, ",\"message\":");
    buf_add_json(out, poll.message, strlen(poll.message));
    buf_printf(out, ",\"look_time_ms\":%lld}", (long long)poll.look_real_ms);
}

static void
on_drain(void *context UNUSED)
{
    poll.is_stopped = true;
    mailbox_stop(poll.mailbox);
    loop_timer_close(&poll.row_timer, NULL);
}

static void
on_close(void *context UNUSED)
{
    mailbox_close(&poll.mailbox);
}

static void
open_mailbox(struct svc *svc)
{
    const struct mailbox_options options = {
        .url = notify_config.mailbox_url,
        .user = notify_config.mailbox_user,
        .password_path = notify_config.mailbox_password_file,
        .ca_path = notify_config.mailbox_ca_file,
        .folder = notify_config.mailbox_folder,
        .done_folder = notify_config.mailbox_done_folder,
        .is_plain = notify_config.mailbox_is_plain,
        .bytes_max = MAIL_BYTES_MAX,
    };
    struct fault fault;
    if (mailbox_open(&options, notify_transfer(), svc_loop(svc), &poll.mailbox, &fault) == OK)
        return;
    (void)fprintf(stderr, "AFTERCARE_NOTIFY_MAILBOX_URL: %s\n", fault.message);
    exit(EXIT_FAILURE);
}

void
mail_poll_open(struct svc *svc)
{
    if (notify_config.mailbox_url[0] == 0)
        return;
    poll.svc = svc;
    poll.state = "WAITING";
    open_mailbox(svc);
    loop_timer_init(svc_loop(svc), &poll.row_timer, make_row, NULL);
    loop_timer_start(&poll.row_timer, 0, 0);
    svc_on_status(svc, add_status, NULL);
    svc_on_drain(svc, on_drain, NULL, NULL);
    svc_on_close(svc, on_close, NULL);
}
