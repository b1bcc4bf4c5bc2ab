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
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mail_address.h"

enum {
    PASSWORD_SIZE = 1024,
    CONNECT_MS = 15000,
    SILENCE_S = 120, /* the server thinks about the message, the longest of all answers */
    WORDS_BYTES_MAX = 4096,
    SOCKETS_MAX = 8,     /* addresses that are tried at once; libcurl tries two */
    SERVER_BROKEN = 400, /* replies from here on refuse */
    SERVER_REFUSES = 500,
};

struct smtp {
    char *url;
    char *user;
    char *ca_path;
    char password[PASSWORD_SIZE];
    bool is_plain;
    struct transfer *transfer;
};

/* ---- options ---- */

static enum err
refuse(struct fault *fault, const char *what)
{
    return fault_set(fault, ERR_INVALID_ARGUMENT, "MAIL_SERVER_INVALID", "%s", what);
}

static enum err
check_options(const struct smtp_options *options, struct fault *fault)
{
    bool is_tls = strncasecmp(options->url, "smtps://", 8) == 0;
    CURLU *parts = curl_url();
    char *user = NULL;
    CHECK(parts != NULL);
    bool is_url = curl_url_set(parts, CURLUPART_URL, options->url, 0) == CURLUE_OK;
    bool has_user = is_url && curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK;
    curl_free(user);
    curl_url_cleanup(parts);
    if (!is_url || (!is_tls && strncasecmp(options->url, "smtp://", 7) != 0))
        return refuse(fault, "the mail server's address must begin with smtp:// or smtps://");
    if (has_user)
        return refuse(fault, "the mail server's address may not hold a user");
    if ((options->user[0] == 0) != (options->password_path[0] == 0))
        return refuse(fault, "a user of the mail server needs a password file, and it a user");
    if (options->is_plain && (is_tls || options->user[0] != 0))
        return refuse(fault, "without TLS there is neither smtps:// nor a login");
    return OK;
}

/* The first line. */
static enum err
read_password(struct smtp *smtp, const char *path, struct fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, smtp->password, sizeof smtp->password - 1) : -1;
    int code = errno;
    if (fd >= 0)
        close(fd);
    if (size < 0)
        return fault_set(fault, ERR_INVALID_ARGUMENT, "MAIL_SERVER_INVALID",
                         "the mail server's password file %s: %s", path, strerror(code));
    smtp->password[size] = 0;
    smtp->password[strcspn(smtp->password, "\r\n")] = 0;
    return smtp->password[0] != 0 ? OK : refuse(fault, "the mail server's password file is empty");
}

enum err
smtp_open(const struct smtp_options *options, struct transfer *transfer, struct smtp **ret_smtp,
          struct fault *ret_fault)
{
    enum err err = check_options(options, ret_fault);
    if (err != OK)
        return err;
    struct smtp *smtp = mem_alloc(sizeof *smtp);
    smtp->url = mem_copy_text(options->url);
    smtp->user = mem_copy_text(options->user);
    smtp->ca_path = mem_copy_text(options->ca_path);
    smtp->is_plain = options->is_plain;
    smtp->transfer = transfer;
    if (options->user[0] != 0)
        err = read_password(smtp, options->password_path, ret_fault);
    if (err != OK)
        smtp_close(&smtp);
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
    sodium_memzero(s->password, sizeof s->password);
    mem_free(s->url);
    mem_free(s->user);
    mem_free(s->ca_path);
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
set_server(const struct smtp *smtp, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_URL, smtp->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_USE_SSL,
                     (long)(smtp->is_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (smtp->ca_path[0] != 0) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, smtp->ca_path);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (smtp->user[0] != 0) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, smtp->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, smtp->password);
    }
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)SILENCE_S);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}

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

static void
judge(struct dialogue *dialogue, CURLcode code, const char *to, struct attempt *attempt)
{
    char name[MAIL_ADDRESS_SIZE];
    bool is_refused = dialogue->is_whole && dialogue->code >= SERVER_BROKEN;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(to, "@"), to);
    attempt->code = dialogue->code;
    attempt_keep_words(attempt, buf_text(&dialogue->words), dialogue->words.size_bytes, name);
    if (code == CURLE_OK)
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
    set_server(smtp, easy);
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
