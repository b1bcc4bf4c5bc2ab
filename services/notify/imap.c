/*
 * imap - a tagged command, and what the server says until the tag comes back
 *
 * Bytes are asked of libcurl, which has the TLS; where it has none the socket is watched. A line
 * that ends with "{n}" is followed by n bytes as they are, and then goes on.
 */
// SPDX-License-Identifier: Apache-2.0
#include "imap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "common/svc.h"
#include "common/task.h"

enum {
    LINES_BYTES_MAX = 8 * 1024 * 1024, /* of one answer, literals apart */
    CHUNK_BYTES = 16 * 1024,
    SILENCE_S = 30,
    NUMBER_BASE = 10,
    WORDS_MAX = 300,
};

struct imap {
    CURL *easy;
    struct watch *watch;
    struct task_wait *wait; /* of whoever waits for the socket; NULL: nobody */
    bool is_stopped;
    unsigned tag;
    char chunk[CHUNK_BYTES]; /* what came and was not read yet */
    size_t chunk_at;
    size_t chunk_bytes;
    char words[CURL_ERROR_SIZE];
};

/* Apart, because its memory must stay until libuv has let go of it. */
struct watch {
    uv_poll_t poll;
    struct imap *imap;
};

/* ---- the connection ---- */

static void
on_closed(uv_handle_t *handle)
{
    mem_free(container_of((uv_poll_t *)handle, struct watch, poll));
}

static enum err
watch_socket(struct imap *imap, struct loop *loop)
{
    curl_socket_t socket = CURL_SOCKET_BAD;
    struct watch *watch = mem_alloc(sizeof *watch);
    if (curl_easy_getinfo(imap->easy, CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK ||
        uv_poll_init(loop_uv(loop), &watch->poll, socket) != 0) {
        mem_free(watch);
        return ERR_UNAVAILABLE;
    }
    watch->imap = imap;
    imap->watch = watch;
    return OK;
}

static enum err
connect_await(struct imap *imap, struct transfer *transfer, struct call *call)
{
    CURLcode code = CURLE_OK;
    struct attempt attempt;
    enum err err = transfer_await(transfer, call, imap->easy, &code);
    /* What transfer has set is gone by now. */
    curl_easy_setopt(imap->easy, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(imap->easy, CURLOPT_XFERINFOFUNCTION, NULL);
    curl_easy_setopt(imap->easy, CURLOPT_XFERINFODATA, NULL);
    if (err != OK)
        return call_fail(call, ERR_UNAVAILABLE, "NOT_SENT", "the mailbox was not spoken to");
    if (code == CURLE_OK)
        return OK;
    attempt_begin(&attempt);
    attempt_end_unheard(&attempt, code);
    return call_fail(call, ERR_UNAVAILABLE, attempt.name, "%s",
                     imap->words[0] != 0 ? imap->words : curl_easy_strerror(code));
}

enum err
imap_open_await(struct transfer *transfer, struct loop *loop, struct call *call,
                const struct mail_server *server, struct imap **ret_imap)
{
    struct imap *imap = mem_alloc(sizeof *imap);
    imap->easy = curl_easy_init();
    CHECK(imap->easy != NULL);
    mail_server_set(server, imap->easy);
    curl_easy_setopt(imap->easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(imap->easy, CURLOPT_FORBID_REUSE, 0L); /* it is used on, by us */
    curl_easy_setopt(imap->easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)SILENCE_S);
    curl_easy_setopt(imap->easy, CURLOPT_TIMEOUT_MS, (long)call_left_ms(call) + 1); /* 0: none */
    curl_easy_setopt(imap->easy, CURLOPT_ERRORBUFFER, imap->words);
    enum err err = connect_await(imap, transfer, call);
    if (err == OK && watch_socket(imap, loop) != OK)
        err = call_fail(call, ERR_UNAVAILABLE, "UNREACHABLE", "the connection cannot be watched");
    if (err != OK)
        imap_close(&imap);
    else
        *ret_imap = imap;
    return err;
}

/* The watch first: its socket must not be another's by then. */
void
imap_close(struct imap **imap)
{
    struct imap *i = *imap;
    *imap = NULL;
    if (i == NULL)
        return;
    if (i->watch != NULL)
        uv_close((uv_handle_t *)&i->watch->poll, on_closed);
    curl_easy_cleanup(i->easy);
    mem_free(i);
}

/* ---- waiting ---- */

static void
on_ready(uv_poll_t *poll, int status UNUSED, int events UNUSED)
{
    struct imap *imap = container_of(poll, struct watch, poll)->imap;
    struct task_wait *wait = imap->wait;
    uv_poll_stop(poll);
    imap->wait = NULL;
    task_done(wait, OK);
}

/* One session's one waiter: no need to say which. */
struct waiter {
    struct task_wait wait;
    struct imap *imap;
};

static void
on_timeout(struct task_wait *wait)
{
    struct imap *imap = container_of(wait, struct waiter, wait)->imap;
    uv_poll_stop(&imap->watch->poll);
    imap->wait = NULL;
}

static enum err
wait_await(struct imap *imap, struct call *call, int events)
{
    struct waiter waiter = {.wait.on_timeout = on_timeout, .imap = imap};
    if (imap->is_stopped)
        return call_fail(call, ERR_UNAVAILABLE, "STOPPED", "the process ends");
    if (uv_poll_start(&imap->watch->poll, events, on_ready) != 0)
        return call_fail(call, ERR_UNAVAILABLE, "UNREACHABLE", "the connection broke");
    imap->wait = &waiter.wait;
    enum err err = task_wait_await(&waiter.wait, call->deadline_mono_ms);
    if (err == ERR_DEADLINE_EXCEEDED)
        return call_fail(call, ERR_UNAVAILABLE, "TIMED_OUT", "the mailbox did not answer in time");
    return err == OK ? OK : call_fail(call, ERR_UNAVAILABLE, "STOPPED", "the process ends");
}

void
imap_stop(struct imap *imap)
{
    if (imap == NULL)
        return;
    imap->is_stopped = true;
    if (imap->wait == NULL)
        return;
    struct task_wait *wait = imap->wait;
    uv_poll_stop(&imap->watch->poll);
    imap->wait = NULL;
    task_done(wait, ERR_CANCELLED);
}

/* ---- bytes ---- */

static enum err
send_await(struct imap *imap, struct call *call, const char *bytes, size_t size_bytes)
{
    for (size_t at = 0; at < size_bytes;) {
        size_t sent_bytes = 0;
        CURLcode code = curl_easy_send(imap->easy, bytes + at, size_bytes - at, &sent_bytes);
        if (code != CURLE_OK && code != CURLE_AGAIN)
            return call_fail(call, ERR_UNAVAILABLE, "UNREACHABLE", "the mailbox went away");
        at += sent_bytes;
        enum err err = code == CURLE_AGAIN ? wait_await(imap, call, UV_WRITABLE) : OK;
        if (err != OK)
            return err;
    }
    return OK;
}

/* Some bytes are in the chunk afterwards. */
static enum err
fill_await(struct imap *imap, struct call *call)
{
    imap->chunk_at = imap->chunk_bytes = 0;
    for (;;) {
        CURLcode code =
            curl_easy_recv(imap->easy, imap->chunk, sizeof imap->chunk, &imap->chunk_bytes);
        if (code == CURLE_OK && imap->chunk_bytes > 0)
            return OK;
        if (code != CURLE_AGAIN)
            return call_fail(call, ERR_UNAVAILABLE, "UNREACHABLE", "the mailbox went away");
        enum err err = wait_await(imap, call, UV_READABLE);
        if (err != OK)
            return err;
    }
}

/* Adds a line to `lines`, without CR. They are read as text: there is no NUL in them (RFC 9051). */
static enum err
read_line_await(struct imap *imap, struct call *call, struct buf *lines)
{
    for (;;) {
        const char *from = imap->chunk + imap->chunk_at;
        size_t left_bytes = imap->chunk_bytes - imap->chunk_at;
        const char *end = memchr(from, '\n', left_bytes);
        size_t taken_bytes = end != NULL ? (size_t)(end + 1 - from) : left_bytes;
        if (lines->size_bytes + taken_bytes > LINES_BYTES_MAX)
            return call_fail(call, ERR_RESOURCE_EXHAUSTED, "MAILBOX_TOO_MUCH",
                             "the mailbox says too much at once");
        if (memchr(from, 0, taken_bytes) != NULL)
            return call_fail(call, ERR_UNAVAILABLE, "MAILBOX_GARBLED",
                             "the mailbox says a line that is none of IMAP");
        buf_add(lines, from, taken_bytes);
        imap->chunk_at += taken_bytes;
        if (end != NULL)
            break;
        enum err err = fill_await(imap, call);
        if (err != OK)
            return err;
    }
    if (lines->size_bytes >= 2 && lines->bytes[lines->size_bytes - 2] == '\r') {
        lines->size_bytes--;
        lines->bytes[lines->size_bytes - 1] = '\n';
    }
    return OK;
}

static enum err
read_literal_await(struct imap *imap, struct call *call, size_t size_bytes, struct buf *literal)
{
    buf_clear(literal);
    while (literal->size_bytes < size_bytes) {
        size_t left_bytes = imap->chunk_bytes - imap->chunk_at;
        size_t wanted_bytes = size_bytes - literal->size_bytes;
        size_t taken_bytes = left_bytes < wanted_bytes ? left_bytes : wanted_bytes;
        buf_add(literal, imap->chunk + imap->chunk_at, taken_bytes);
        imap->chunk_at += taken_bytes;
        enum err err = taken_bytes < wanted_bytes ? fill_await(imap, call) : OK;
        if (err != OK)
            return err;
    }
    return OK;
}

/* ---- answers ---- */

/* The size that a line ends with, as in "BODY[] {310}"; false: it does not. */
static bool
find_literal(const char *line, size_t size_bytes, size_t *ret_size_bytes)
{
    if (size_bytes < 4 || line[size_bytes - 2] != '}') /* before the LF */
        return false;
    const char *open = memrchr(line, '{', size_bytes);
    if (open == NULL || !isdigit((unsigned char)open[1]))
        return false;
    char *end;
    unsigned long long size = strtoull(open + 1, &end, NUMBER_BASE);
    *ret_size_bytes = (size_t)size;
    return end == line + size_bytes - 2;
}

/* One response, literals included; *ret_line is where it begins in reply->lines. */
static enum err
read_response_await(struct imap *imap, struct call *call, struct imap_reply *reply,
                    size_t *ret_line)
{
    size_t begin = reply->lines.size_bytes, size_bytes = 0;
    for (;;) {
        size_t at = reply->lines.size_bytes;
        enum err err = read_line_await(imap, call, &reply->lines);
        if (err != OK)
            return err;
        if (!find_literal(reply->lines.bytes + at, reply->lines.size_bytes - at, &size_bytes))
            break;
        if (size_bytes > reply->literal_max)
            return call_fail(call, ERR_RESOURCE_EXHAUSTED, "MAILBOX_TOO_MUCH",
                             "the mailbox sends more than it was asked for");
        err = read_literal_await(imap, call, size_bytes, &reply->literal);
        if (err != OK)
            return err;
        reply->has_literal = true;
        reply->lines.size_bytes--; /* the line goes on */
    }
    *ret_line = begin;
    return OK;
}

/* "NO [TRYCREATE] there is no such folder": for people, cut. */
static enum err
judge(struct call *call, const char *line)
{
    if (strncasecmp(line, "OK", 2) == 0)
        return OK;
    char words[WORDS_MAX];
    snprintf(words, sizeof words, "%.*s", (int)strcspn(line, "\n"), line);
    for (char *c = words; *c != 0; c++)
        *c = (char)(*c < ' ' || *c > '~' ? '?' : *c);
    return call_fail(call, ERR_FAILED_PRECONDITION, "MAILBOX_REFUSED", "the mailbox says: %s",
                     words);
}

enum err
imap_ask_await(struct imap *imap, struct call *call, const char *command, struct imap_reply *reply)
{
    struct buf text = {0};
    char tag[16];
    snprintf(tag, sizeof tag, "a%u ", ++imap->tag);
    buf_printf(&text, "%s%s\r\n", tag, command);
    enum err err = send_await(imap, call, text.bytes, text.size_bytes);
    buf_free(&text);
    buf_clear(&reply->lines);
    buf_clear(&reply->literal);
    reply->has_literal = false;
    while (err == OK) {
        size_t line = 0;
        err = read_response_await(imap, call, reply, &line);
        const char *said = err == OK ? buf_text(&reply->lines) + line : "";
        if (err == OK && strncmp(said, tag, strlen(tag)) == 0) {
            err = judge(call, said + strlen(tag));
            reply->lines.size_bytes = line;
            return err;
        }
    }
    return err;
}

void
imap_reply_free(struct imap_reply *reply)
{
    buf_free(&reply->lines);
    buf_free(&reply->literal);
}
