/*
 * imap - one session with a mailbox's server (RFC 9051), for coroutines
 *
 * libcurl connects, speaks TLS and logs in, on common/transfer; from there on the dialogue is ours:
 * libcurl's own FETCH would mark a message as seen before it is kept, and what it does with other
 * commands loses their literals. Nothing of the dialogue blocks the loop.
 *
 * After any error but MAILBOX_REFUSED the session is of no use any more: close it.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "common/transfer.h"
#include "mail_server.h"

struct imap;

/* What a command is answered with. */
struct imap_reply {
    struct buf
        lines; /* the untagged lines, each ended by LF; of a literal {its size} stands there */
    struct buf literal; /* the last one */
    bool has_literal;   /* one came, of 0 bytes perhaps */
    size_t literal_max; /* a larger one ends the session: its memory is not taken */
};

/*
 * Connects and logs in. ERR_UNAVAILABLE with the reason TLS_FAILED (no TLS is offered, or the
 * certificate is not trusted), LOGIN_FAILED, TIMED_OUT or UNREACHABLE, and libcurl's sentence.
 */
enum err imap_open_await(struct transfer *transfer, struct loop *loop, struct call *call,
                         const struct mail_server *server, struct imap **ret_imap) MUST_CHECK;

/* At once, without a word to the server. NULL is fine. */
void imap_close(struct imap **imap);

/* Whoever waits for the server gets ERR_UNAVAILABLE, now and from now on. NULL is fine. */
void imap_stop(struct imap *imap);

/*
 * A command without its tag and line end, and its whole answer; `reply` is emptied first.
 * ERR_FAILED_PRECONDITION, MAILBOX_REFUSED with the server's words where it says NO or BAD;
 * ERR_RESOURCE_EXHAUSTED, MAILBOX_TOO_MUCH where it says too much; ERR_UNAVAILABLE where it went
 * away or the call's deadline passed, or with MAILBOX_GARBLED where a line has a NUL.
 */
enum err imap_ask_await(struct imap *imap, struct call *call, const char *command,
                        struct imap_reply *reply) MUST_CHECK;
void imap_reply_free(struct imap_reply *reply);
