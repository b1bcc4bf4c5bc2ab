/*
 * transfer - libcurl's multi handle driven by the loop's sockets and one timer
 *
 *     waiting --a place, and one at its host--> running --libcurl says so--> over
 *        |                                         |
 *        +-------------- deadline, transfer_close -+
 *
 * Only HTTP runs in the loop. In the protocols of mail libcurl waits for some answers by itself,
 * whatever it was asked to do (7.88: the one to a message, to QUIT, to FETCH): these transfers run
 * in libuv's threads, never in all of them. At their end such a thread is asked to stop, which it
 * does within a second, and its task waits for that: the thread has the handle.
 *
 * libcurl says which sockets it wants watched and when it wants to be called; what it did then
 * shows in curl_multi_info_read. Its own limits per host are not used: what waits behind them is
 * tried in an order in which a host that hangs holds up the others.
 *
 * A job is on the stack of the task that waits for it, so it is out of every list when that task
 * goes on. libcurl forbids most calls from within its callbacks; so jobs begin and end only outside
 * of them.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/transfer.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/stat.h"
#include "common/task.h"

STAT(stat_started, "transfer.start", STAT_COUNTER, "", "Outgoing transfers that were begun.");
STAT(stat_failed, "transfer.fail", STAT_COUNTER, "",
     "Outgoing transfers that ended without an answer.");
STAT(stat_full, "transfer.queue.full", STAT_COUNTER, "",
     "Outgoing transfers that were not begun because too many waited.");

/* libuv has four threads, and names are resolved in them too. */
enum { WORK_MAX = 2, WORK_END_MS = 3600 * 1000 };

struct host {
    LIST_ENTRY(host) link;
    char *name;
    unsigned job_count; /* running and waiting; it goes with the last */
    unsigned running_count;
};

struct job {
    TAILQ_ENTRY(job) link;
    struct task_wait wait;
    struct transfer *transfer;
    struct host *host;
    CURL *easy;
    CURLcode code;
    bool is_running;
    bool was_running;
    /* In a thread: */
    bool is_work;
    uv_work_t work;
    bool is_stopped;        /* read by the thread: atomic */
    enum err err;           /* what transfer_close made of it */
    bool is_late;           /* the task has seen its deadline, and waits for `ended` */
    struct task_wait ended; /* the thread let go of the handle */
};
TAILQ_HEAD(job_list, job);

struct transfer {
    struct loop *loop;
    struct transfer_options options;
    CURLM *multi;
    struct loop_timer timer;
    struct job_list waiting;
    struct job_list running;
    unsigned waiting_count;
    unsigned running_count;
    unsigned work_count; /* of these in threads */
    LIST_HEAD(, host) hosts;
    unsigned handle_count; /* of libuv, not yet closed; the memory goes with the last */
};

/* Apart from the transfers, because its memory must stay until libuv has let go of it. */
struct watch {
    uv_poll_t poll;
    struct transfer *transfer;
    curl_socket_t socket;
};

static void
handle_closed(struct transfer *transfer)
{
    if (--transfer->handle_count == 0)
        mem_free(transfer);
}

/* ---- hosts ---- */

/* In lower case, without the port: what hangs is the machine. "" where there is none, as in an
 * address that libcurl will refuse. */
static void
read_url(CURL *easy, struct buf *host, bool *is_work)
{
    const char *url = NULL;
    char *scheme = NULL, *name = NULL;
    CURLU *parts = curl_url();
    CHECK(parts != NULL);
    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
    if (url != NULL &&
        curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &name, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK) {
        *is_work = strcasecmp(scheme, "http") != 0 && strcasecmp(scheme, "https") != 0;
        for (const char *c = name; *c != 0; c++)
            buf_add_char(host, (char)tolower((unsigned char)*c));
    }
    curl_free(scheme);
    curl_free(name);
    curl_url_cleanup(parts);
}

static struct host *
join_host(struct transfer *transfer, const char *name)
{
    struct host *host;
    LIST_FOREACH(host, &transfer->hosts, link)
    {
        if (strcmp(host->name, name) == 0)
            break;
    }
    if (host == NULL) {
        host = mem_alloc(sizeof *host);
        host->name = mem_copy_text(name);
        LIST_INSERT_HEAD(&transfer->hosts, host, link);
    }
    host->job_count++;
    return host;
}

static void
leave_host(struct host *host)
{
    if (--host->job_count > 0)
        return;
    LIST_REMOVE(host, link);
    mem_free(host->name);
    mem_free(host);
}

/* ---- jobs ---- */

static void
leave(struct job *job)
{
    struct transfer *transfer = job->transfer;
    if (job->is_running) {
        if (job->is_work)
            transfer->work_count--;
        else
            curl_multi_remove_handle(transfer->multi, job->easy);
        TAILQ_REMOVE(&transfer->running, job, link);
        transfer->running_count--;
        job->host->running_count--;
    } else {
        TAILQ_REMOVE(&transfer->waiting, job, link);
        transfer->waiting_count--;
    }
    job->is_running = false;
    leave_host(job->host);
}

static void
end(struct job *job, enum err err, CURLcode code)
{
    job->code = code;
    if (code != CURLE_OK)
        stat_failed.value++;
    leave(job);
    task_done(&job->wait, err);
}

/* ---- in a thread ---- */

static void begin_some(struct transfer *transfer);

static int
on_progress(void *context, curl_off_t in_max UNUSED, curl_off_t in UNUSED,
            curl_off_t out_max UNUSED, curl_off_t out UNUSED)
{
    struct job *job = context;
    return __atomic_load_n(&job->is_stopped, __ATOMIC_RELAXED) ? 1 : 0;
}

static void
work(uv_work_t *work)
{
    struct job *job = container_of(work, struct job, work);
    job->code = curl_easy_perform(job->easy);
}

static void
on_worked(uv_work_t *work, int status UNUSED)
{
    struct job *job = container_of(work, struct job, work);
    struct transfer *transfer = job->transfer;
    if (job->code != CURLE_OK)
        stat_failed.value++;
    leave(job);
    task_done(job->is_late ? &job->ended : &job->wait, job->err);
    begin_some(transfer);
    handle_closed(transfer);
}

static void
stop_work(struct job *job)
{
    __atomic_store_n(&job->is_stopped, true, __ATOMIC_RELAXED);
}

static void
begin_work(struct job *job)
{
    job->transfer->work_count++;
    job->transfer->handle_count++;
    curl_easy_setopt(job->easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(job->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(job->easy, CURLOPT_XFERINFODATA, job);
    CHECK(uv_queue_work(loop_uv(job->transfer->loop), &job->work, work, on_worked) == 0);
}

/* ---- running ---- */

static void
begin(struct job *job)
{
    struct transfer *transfer = job->transfer;
    TAILQ_REMOVE(&transfer->waiting, job, link);
    transfer->waiting_count--;
    TAILQ_INSERT_TAIL(&transfer->running, job, link);
    transfer->running_count++;
    job->host->running_count++;
    job->is_running = true;
    job->was_running = true;
    stat_started.value++;
    curl_easy_setopt(job->easy, CURLOPT_PRIVATE, job);
    curl_easy_setopt(job->easy, CURLOPT_NOSIGNAL, 1L);
    /* A name that is still being resolved is left to its thread; else its end would be waited for,
     * and the whole loop with it. */
    curl_easy_setopt(job->easy, CURLOPT_QUICK_EXIT, 1L);
    if (job->is_work)
        begin_work(job);
    else
        CHECK(curl_multi_add_handle(transfer->multi, job->easy) == CURLM_OK);
}

static void
begin_some(struct transfer *transfer)
{
    struct job *next;
    for (struct job *job = TAILQ_FIRST(&transfer->waiting); job != NULL; job = next) {
        next = TAILQ_NEXT(job, link);
        if (transfer->running_count >= transfer->options.count_max)
            return;
        if (job->host->running_count < transfer->options.host_max &&
            (!job->is_work || transfer->work_count < WORK_MAX))
            begin(job);
    }
}

static void
take_ends(struct transfer *transfer)
{
    int left_count;
    CURLMsg *message;
    while ((message = curl_multi_info_read(transfer->multi, &left_count)) != NULL) {
        struct job *job = NULL;
        CURLcode code = message->data.result; /* the message goes with its handle */
        CHECK(message->msg == CURLMSG_DONE);
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&job);
        end(job, OK, code);
    }
    begin_some(transfer);
}

static void
on_timeout(struct task_wait *wait)
{
    struct job *job = container_of(wait, struct job, wait);
    struct transfer *transfer = job->transfer;
    if (job->is_running && job->is_work) {
        job->is_late = true;
        stop_work(job);
        return;
    }
    stat_failed.value++;
    leave(job);
    begin_some(transfer);
}

enum err
transfer_await(struct transfer *transfer, struct call *call, CURL *easy, CURLcode *ret_code)
{
    struct job job = {.transfer = transfer, .easy = easy, .wait.on_timeout = on_timeout};
    struct buf host = {0};
    if (transfer->waiting_count >= transfer->options.queue_max) {
        stat_full.value++;
        return ERR_RESOURCE_EXHAUSTED;
    }
    read_url(easy, &host, &job.is_work);
    job.host = join_host(transfer, buf_text(&host));
    buf_free(&host);
    TAILQ_INSERT_TAIL(&transfer->waiting, &job, link);
    transfer->waiting_count++;
    begin_some(transfer);
    enum err err = task_wait_await(&job.wait, call->deadline_mono_ms);
    /* `transfer` may be closed by now. */
    if (job.is_late)
        CHECK(task_wait_await(&job.ended, clock_mono_ms() + WORK_END_MS) == job.err);
    if (err == ERR_DEADLINE_EXCEEDED && job.was_running) {
        if (!job.is_late || job.code != CURLE_OK) /* a thread may have ended well all the same */
            job.code = CURLE_OPERATION_TIMEDOUT;
        err = OK;
    }
    if (err == OK)
        *ret_code = job.code;
    return err;
}

unsigned
transfer_running(const struct transfer *transfer)
{
    return transfer->running_count;
}

unsigned
transfer_waiting(const struct transfer *transfer)
{
    return transfer->waiting_count;
}

/* ---- what libcurl wants of the loop ---- */

static void
on_expiry(void *context)
{
    struct transfer *transfer = context;
    int running_count;
    curl_multi_socket_action(transfer->multi, CURL_SOCKET_TIMEOUT, 0, &running_count);
    take_ends(transfer);
}

static int
on_timer_wanted(CURLM *multi UNUSED, long delay_ms, void *context)
{
    struct transfer *transfer = context;
    if (delay_ms < 0)
        loop_timer_stop(&transfer->timer);
    else
        loop_timer_start(&transfer->timer, delay_ms, 0);
    return 0;
}

/* libcurl hears of an error as of bytes to read: reading shows it which. */
static void
on_socket(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = container_of(poll, struct watch, poll);
    struct transfer *transfer = watch->transfer;
    int running_count;
    int flags = (status != 0 ? CURL_CSELECT_ERR : 0) |
                ((events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                ((events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(transfer->multi, watch->socket, flags, &running_count);
    take_ends(transfer);
}

static void
on_watch_closed(uv_handle_t *handle)
{
    struct watch *watch = container_of((uv_poll_t *)handle, struct watch, poll);
    struct transfer *transfer = watch->transfer;
    mem_free(watch);
    handle_closed(transfer);
}

/* NULL: it cannot be watched. */
static struct watch *
make_watch(struct transfer *transfer, curl_socket_t socket)
{
    struct watch *watch = mem_alloc(sizeof *watch);
    if (uv_poll_init(loop_uv(transfer->loop), &watch->poll, socket) != 0) {
        mem_free(watch);
        return NULL;
    }
    watch->transfer = transfer;
    watch->socket = socket;
    transfer->handle_count++;
    curl_multi_assign(transfer->multi, socket, watch);
    return watch;
}

/* -1 makes libcurl give the transfers up. */
static int
on_watch_wanted(CURL *easy UNUSED, curl_socket_t socket, int what, void *context, void *assigned)
{
    struct transfer *transfer = context;
    struct watch *watch = assigned;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL)
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        return 0;
    }
    if (watch == NULL)
        watch = make_watch(transfer, socket);
    int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) |
                 ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
    return watch != NULL && uv_poll_start(&watch->poll, events, on_socket) == 0 ? 0 : -1;
}

/* ---- life ---- */

struct transfer *
transfer_open(struct loop *loop, const struct transfer_options *options)
{
    CHECK(options->count_max > 0 && options->host_max > 0 && options->queue_max > 0);
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    struct transfer *transfer = mem_alloc(sizeof *transfer);
    transfer->loop = loop;
    transfer->options = *options;
    TAILQ_INIT(&transfer->waiting);
    TAILQ_INIT(&transfer->running);
    LIST_INIT(&transfer->hosts);
    transfer->multi = curl_multi_init();
    CHECK(transfer->multi != NULL);
    curl_multi_setopt(transfer->multi, CURLMOPT_SOCKETFUNCTION, on_watch_wanted);
    curl_multi_setopt(transfer->multi, CURLMOPT_SOCKETDATA, transfer);
    curl_multi_setopt(transfer->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    curl_multi_setopt(transfer->multi, CURLMOPT_TIMERDATA, transfer);
    curl_multi_setopt(transfer->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    loop_timer_init(loop, &transfer->timer, on_expiry, transfer);
    transfer->handle_count = 1;
    return transfer;
}

static void
on_timer_closed(void *context)
{
    handle_closed(context);
}

void
transfer_close(struct transfer **transfer)
{
    struct transfer *t = *transfer;
    *transfer = NULL;
    if (t == NULL)
        return;
    while (!TAILQ_EMPTY(&t->waiting))
        end(TAILQ_FIRST(&t->waiting), ERR_CANCELLED, CURLE_ABORTED_BY_CALLBACK);
    struct job *next;
    for (struct job *job = TAILQ_FIRST(&t->running); job != NULL; job = next) {
        next = TAILQ_NEXT(job, link);
        job->err = ERR_CANCELLED;
        if (job->is_work)
            stop_work(job);
        else
            end(job, ERR_CANCELLED, CURLE_ABORTED_BY_CALLBACK);
    }
    curl_multi_cleanup(t->multi);
    loop_timer_close(&t->timer, on_timer_closed);
}
