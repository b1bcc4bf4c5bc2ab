/*
 * smtp - one mail over one connection, and what the server said
 *
 * libcurl's result does not say what a failure was about, so the dialogue is listened to: what goes
 * out tells how far it is, what comes in is kept.
 *
 *     greeting, EHLO, STARTTLS, AUTH      OPENING: a refusal is about us
 *     MAIL FROM, RCPT TO, DATA            OFFERING: a refusal is about the mail
 *     the message, after 354              SENDING: the next answer decides
 *     the answer that decided             DECIDED: nothing more counts
 *
 * When it ends the connection libcurl says QUIT and waits for the answer, beyond any limit of ours
 * (RFC 5321, 4.1.1.10 asks to say it, and to wait where one can). So that it finds the end of the
 * stream at once, the socket is closed for reading then.
 *
 * It runs in a thread (common/transfer.h). What the thread touches is on the stack of the task that
 * waits for it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "smtp.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mail_address.h"
#include "mail_server.h"

enum {
    /* The server thinks about the message, the longest of all answers; RFC 5321, 4.5.3.2.6 asks for
     * 10 minutes, but two mails that wait keep all others waiting (common/transfer.h). */
    SILENCE_S = 120,
    WORDS_BYTES_MAX = 4096,
    SOCKETS_MAX = 8,     /* addresses that are tried at once; libcurl tries two */
    SERVER_WANTS = 300,  /* replies below it to a message say that it was taken */
    SERVER_BROKEN = 400, /* replies from here on refuse */
    SERVER_REFUSES = 500,
};

struct smtp {
    struct mail_server server;
    struct transfer *transfer;
};

enum err
smtp_open(const struct smtp_options *options, struct transfer *transfer, struct smtp **ret_smtp,
          struct fault *ret_fault)
{
    const struct mail_server_options server = {
        .name = "mail server",
        .scheme = "smtp",
        .url = options->url,
        .user = options->user,
        .password_path = options->password_path,
        .ca_path = options->ca_path,
        .is_plain = options->is_plain,
    };
    if (options->is_plain && options->user[0] != 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "MAIL_SERVER_INVALID",
                         "without TLS there is no login");
    struct smtp *smtp = mem_alloc(sizeof *smtp);
    smtp->transfer = transfer;
    enum err err = mail_server_init(&server, &smtp->server, ret_fault);
    if (err != OK)
        mem_free(smtp);
    else
        *ret_smtp = smtp;
    return err;
}

void
smtp_close(struct smtp **smtp)
{
    struct smtp *s = *smtp;
    *smtp = NULL;
    if (s == NULL)
        return;
    mail_server_deinit(&s->server);
    mem_free(s);
}

/* ---- the dialogue ---- */

enum stage { OPENING, OFFERING, SENDING, DECIDED };

struct dialogue {
    enum stage stage;
    int code;                           /* of the last reply */
    struct buf words;                   /* all its lines */
    bool is_whole;                      /* its last line is here */
    curl_socket_t sockets[SOCKETS_MAX]; /* that are open; one, but while several are tried */
    size_t socket_count;
    const struct smtp_mail *mail;
    size_t sent_bytes;
};

static void
hear_reply(struct dialogue *dialogue)
{
    if (dialogue->stage == OFFERING && dialogue->code == 354)
        dialogue->stage = SENDING;
    else if (dialogue->stage == SENDING ||
             (dialogue->stage == OFFERING && dialogue->code >= SERVER_BROKEN))
        dialogue->stage = DECIDED;
}

/* "250-SIZE 1000" or "250 fine" (RFC 5321, 4.2.1). */
static void
hear_line(struct dialogue *dialogue, const char *line, size_t size_bytes)
{
    if (dialogue->stage == DECIDED || size_bytes < 3)
        return;
    if (dialogue->is_whole)
        buf_clear(&dialogue->words);
    int code = 0;
    for (int i = 0; i < 3; i++) {
        if (!isdigit((unsigned char)line[i]))
            return;
        code = code * 10 + (line[i] - '0');
    }
    dialogue->code = code;
    size_t text_bytes = size_bytes > 4 ? size_bytes - 4 : 0;
    if (dialogue->words.size_bytes + text_bytes <= WORDS_BYTES_MAX)
        buf_add(&dialogue->words, line + size_bytes - text_bytes, text_bytes);
    dialogue->is_whole = size_bytes == 3 || line[3] != '-';
    if (dialogue->is_whole)
        hear_reply(dialogue);
}

static int
on_dialogue(CURL *easy UNUSED, curl_infotype type, char *bytes, size_t size_bytes, void *context)
{
    struct dialogue *dialogue = context;
    if (type == CURLINFO_HEADER_IN)
        hear_line(dialogue, bytes, size_bytes);
    if (type != CURLINFO_HEADER_OUT)
        return 0;
    if (size_bytes >= 10 && memcmp(bytes, "MAIL FROM:", 10) == 0)
        dialogue->stage = OFFERING;
    for (size_t i = 0; i < dialogue->socket_count; i++) {
        if (size_bytes >= 4 && memcmp(bytes, "QUIT", 4) == 0)
            shutdown(dialogue->sockets[i], SHUT_RD);
    }
    return 0;
}

/* libcurl does not say within on_dialogue which socket it speaks over. */
static curl_socket_t
on_open(void *context, curlsocktype purpose UNUSED, struct curl_sockaddr *address)
{
    struct dialogue *dialogue = context;
    if (dialogue->socket_count == SOCKETS_MAX)
        return CURL_SOCKET_BAD;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    return dialogue->sockets[dialogue->socket_count++] = fd;
}

static int
on_close(void *context, curl_socket_t socket)
{
    struct dialogue *dialogue = context;
    for (size_t i = 0; i < dialogue->socket_count; i++) {
        if (dialogue->sockets[i] == socket)
            dialogue->sockets[i] = dialogue->sockets[--dialogue->socket_count];
    }
    return close(socket);
}

static size_t
on_message_wanted(char *room, size_t one, size_t count, void *context)
{
    struct dialogue *dialogue = context;
    size_t left_bytes = dialogue->mail->size_bytes - dialogue->sent_bytes;
    size_t size_bytes = one * count < left_bytes ? one * count : left_bytes;
    memcpy(room, (const char *)dialogue->mail->bytes + dialogue->sent_bytes, size_bytes);
    dialogue->sent_bytes += size_bytes;
    return size_bytes;
}

/* ---- sending ---- */

static void
set_mail(CURL *easy, const char *from, struct curl_slist *to, struct dialogue *dialogue)
{
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)dialogue->mail->size_bytes);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_message_wanted);
    curl_easy_setopt(easy, CURLOPT_READDATA, dialogue);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, dialogue);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, dialogue);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_dialogue);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, dialogue);
}

/* RFC 4954, 6: a login is missing, too weak or wrong, which some servers say only at MAIL FROM. */
static bool
is_about_login(int code)
{
    return code == 530 || code == 534 || code == 535 || code == 538;
}

/* Whatever became of the connection afterwards: sent again, it would come twice. */
static bool
has_taken(const struct dialogue *dialogue)
{
    return dialogue->stage == DECIDED && dialogue->code < SERVER_WANTS;
}

static void
judge(struct dialogue *dialogue, CURLcode code, const char *to, struct attempt *attempt)
{
    char name[MAIL_ADDRESS_SIZE];
    bool is_refused = dialogue->is_whole && dialogue->code >= SERVER_BROKEN;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(to, "@"), to);
    attempt->code = dialogue->code;
    attempt_keep_words(attempt, buf_text(&dialogue->words), dialogue->words.size_bytes, name);
    if (code == CURLE_OK || has_taken(dialogue))
        attempt_end(attempt, ATTEMPT_DONE, "ACCEPTED");
    else if (is_about_login(dialogue->code))
        attempt_end(attempt, ATTEMPT_LATER, "LOGIN_FAILED");
    else if (dialogue->stage == DECIDED && dialogue->code >= SERVER_REFUSES)
        attempt_end(attempt, ATTEMPT_NEVER, "REFUSED");
    else if (dialogue->stage == DECIDED)
        attempt_end(attempt, ATTEMPT_LATER, "DEFERRED");
    else
        attempt_end_unheard(attempt, code);
    if (attempt->outcome == ATTEMPT_LATER && strcmp(attempt->name, "UNREACHABLE") == 0 &&
        is_refused)
        attempt->name = "DEFERRED";
    if (attempt->outcome == ATTEMPT_LATER && !is_refused) {
        attempt->code = 0; /* the last reply was not what it failed for */
        attempt_keep_words(attempt, curl_easy_strerror(code), strlen(curl_easy_strerror(code)),
                           NULL);
    }
}

enum err
smtp_send_await(struct smtp *smtp, struct call *call, const struct smtp_mail *mail,
                struct attempt *ret_attempt)
{
    static const char BAD_ADDRESS[] = "the address is none that a mail can be sent to";
    char from[MAIL_ADDRESS_SIZE] = "", to[MAIL_ADDRESS_SIZE];
    struct attempt attempt;
    attempt_begin(&attempt);
    if ((mail->from[0] != 0 && !mail_address_read(mail->from, from)) ||
        !mail_address_read(mail->to, to)) {
        attempt_keep_words(&attempt, BAD_ADDRESS, strlen(BAD_ADDRESS), NULL);
        attempt_end(&attempt, ATTEMPT_NEVER, "REFUSED");
        *ret_attempt = attempt;
        return OK;
    }
    CURL *easy = curl_easy_init();
    struct curl_slist *list = curl_slist_append(NULL, to);
    CHECK(easy != NULL && list != NULL);
    struct dialogue dialogue = {.mail = mail};
    CURLcode code = CURLE_OK;
    mail_server_set(&smtp->server, easy);
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)SILENCE_S);
    set_mail(easy, from, list, &dialogue);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call_left_ms(call) + 1); /* 0 is none */
    enum err err = transfer_await(smtp->transfer, call, easy, &code);
    if (err == OK) {
        judge(&dialogue, code, to, &attempt);
        *ret_attempt = attempt;
    }
    CHECK(dialogue.socket_count == 0); /* none is kept */
    curl_easy_cleanup(easy);
    curl_slist_free_all(list);
    buf_free(&dialogue.words);
    return err;
}
