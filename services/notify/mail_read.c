/*
 * mail_read - what a message says of itself, and the limits that hold before GMime sees it, or a
 * head that was decoded out of it
 *
 * GMime makes an object of some hundred bytes of each header and each part, however short, and a
 * message may consist of nothing else. So it is cut before the first line that is one too many of
 * those that could be either. By recursion it goes down into parts within parts a thousand deep,
 * which needs a thread's stack, and into groups of addresses within groups without end, which none
 * is large enough for: the message is cut before a header that could have many.
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_read_parts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/task.h"
#include "mail_address.h"
#include "mail_text.h"

enum {
    HEADER_LINES_MAX = 100000, /* lines that look like "Name:" */
    BOUNDARY_LINES_MAX = 5000, /* lines that begin with "--" */
    GROUPS_MAX = 200,          /* "a:b:c:" are groups within groups of addresses */
    HEADER_BYTES_MAX = 64 * 1024,
    DAY_MS = 24 * 3600 * 1000,
};

/* ---- the limits ---- */

static bool
looks_like_header(const char *line, size_t size_bytes)
{
    size_t i = 0;
    while (i < size_bytes && line[i] > ' ' && line[i] < 0x7f && line[i] != ':')
        i++;
    return i > 0 && i < size_bytes && line[i] == ':';
}

/* Headers of which GMime reads addresses at once. */
static bool
looks_like_addresses(const char *line, size_t size_bytes)
{
    static const char *const names[] = {"from", "to", "cc", "bcc", "sender", "reply-to"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        size_t at = strlen(names[i]);
        if (size_bytes <= at || strncasecmp(line, names[i], at) != 0)
            continue;
        while (at < size_bytes && (line[at] == ' ' || line[at] == '\t'))
            at++;
        if (at < size_bytes && line[at] == ':')
            return true;
    }
    return false;
}

struct count {
    unsigned headers;
    unsigned boundaries;
    unsigned groups; /* colons of the header at hand */
    bool is_addresses;
};

static bool
is_too_much(struct count *count, const char *line, size_t size_bytes)
{
    bool is_folded = size_bytes > 0 && (line[0] == ' ' || line[0] == '\t');
    count->headers += looks_like_header(line, size_bytes);
    count->boundaries += size_bytes >= 2 && line[0] == '-' && line[1] == '-';
    if (!is_folded) {
        count->is_addresses = looks_like_addresses(line, size_bytes);
        count->groups = 0;
    }
    for (size_t i = 0; count->is_addresses && i < size_bytes; i++)
        count->groups += line[i] == ':';
    return count->headers > HEADER_LINES_MAX || count->boundaries > BOUNDARY_LINES_MAX ||
           count->groups > GROUPS_MAX;
}

/* How much of it GMime may see. */
static size_t
limit(const char *bytes, size_t size_bytes)
{
    struct count count = {0};
    for (size_t at = 0; at < size_bytes;) {
        const char *line = bytes + at;
        const char *stop = memchr(line, '\n', size_bytes - at);
        size_t line_bytes = stop != NULL ? (size_t)(stop - line) : size_bytes - at;
        if (is_too_much(&count, line, line_bytes))
            return at;
        at += line_bytes + 1;
    }
    return size_bytes;
}

/* ---- what the parts share ---- */

GMimeMessage *
mail_parse(const void *bytes, size_t size_bytes, bool *ret_is_cut)
{
    size_t seen_bytes = limit(bytes, size_bytes);
    *ret_is_cut = seen_bytes < size_bytes;
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, seen_bytes);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_format(parser, GMIME_FORMAT_MESSAGE);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    g_object_unref(parser);
    g_object_unref(stream);
    return message;
}

void
mail_content(GMimePart *part, struct buf *bytes)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    if (content == NULL)
        return;
    GMimeStream *stream = g_mime_stream_mem_new();
    g_mime_data_wrapper_write_to_stream(content, stream);
    GByteArray *array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    if (array->len > 0)
        buf_add(bytes, array->data, array->len);
    g_object_unref(stream);
}

char *
mail_line(const char *text)
{
    struct buf line = {0};
    if (text != NULL)
        mail_text_add(&line, MAIL_TEXT_LINE, text, strlen(text), MAIL_LINE_BYTES_MAX);
    char *copy = mem_copy_text(buf_text(&line));
    buf_free(&line);
    return copy;
}

char *
mail_identity(GMimeMessage *message)
{
    return mail_line(g_mime_message_get_message_id(message));
}

/* ---- headers ---- */

static const char *
find(GMimeMessage *message, const char *name)
{
    return g_mime_object_get_header(GMIME_OBJECT(message), name);
}

static bool
has_reference(const struct mail *mail, const char *id)
{
    for (size_t i = 0; i < mail->reference_count; i++) {
        if (strcmp(mail->references[i], id) == 0)
            return true;
    }
    return false;
}

static void
add_references(struct mail *mail, const char *value)
{
    if (value == NULL || strlen(value) > HEADER_BYTES_MAX)
        return;
    GMimeReferences *list = g_mime_references_parse(NULL, value);
    for (int i = g_mime_references_length(list) - 1;
         i >= 0 && mail->reference_count < MAIL_REFERENCES_MAX; i--) {
        char *id = mail_line(g_mime_references_get_message_id(list, i));
        if (id[0] != 0 && !has_reference(mail, id))
            mail->references[mail->reference_count++] = id;
        else
            mem_free(id);
    }
    g_mime_references_free(list);
}

/* The first mailbox, also of a group. */
static InternetAddressMailbox *
first_mailbox(InternetAddressList *list, unsigned depth)
{
    int count = list != NULL ? internet_address_list_length(list) : 0;
    for (int i = 0; i < count; i++) {
        InternetAddress *address = internet_address_list_get_address(list, i);
        if (INTERNET_ADDRESS_IS_MAILBOX(address))
            return INTERNET_ADDRESS_MAILBOX(address);
        if (INTERNET_ADDRESS_IS_GROUP(address) && depth < MAIL_DEPTH_MAX) {
            InternetAddressMailbox *inner = first_mailbox(
                internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)), depth + 1);
            if (inner != NULL)
                return inner;
        }
    }
    return NULL;
}

static void
read_sender(GMimeMessage *message, struct mail *mail)
{
    char address[MAIL_ADDRESS_SIZE] = "";
    InternetAddressMailbox *mailbox = first_mailbox(g_mime_message_get_from(message), 0);
    const char *given = mailbox != NULL ? internet_address_mailbox_get_addr(mailbox) : NULL;
    if (given == NULL || !mail_address_read(given, address))
        address[0] = 0;
    mail->from_address = mem_copy_text(address);
    mail->from_name =
        mail_line(mailbox != NULL ? internet_address_get_name(INTERNET_ADDRESS(mailbox)) : NULL);
}

static bool
is_word(const char *value, const char *const *words)
{
    for (; value != NULL && *words != NULL; words++) {
        size_t size = strlen(*words);
        if (strncasecmp(value, *words, size) == 0 && !isalnum((unsigned char)value[size]))
            return true;
    }
    return false;
}

static const char *
find_automatic(GMimeMessage *message)
{
    static const char *const no[] = {"no", NULL};
    static const char *const bulk[] = {"bulk", "junk", "list", "auto_reply", NULL};
    const char *submitted = find(message, "Auto-Submitted");
    const char *path = find(message, "Return-Path");
    if (submitted != NULL && !is_word(submitted, no))
        return "AUTO_SUBMITTED";
    if (find(message, "X-Autoreply") != NULL || find(message, "X-Autorespond") != NULL ||
        find(message, "X-Auto-Response-Suppress") != NULL)
        return "AUTO_SUBMITTED";
    if (is_word(find(message, "Precedence"), bulk))
        return "PRECEDENCE";
    if (find(message, "X-Loop") != NULL)
        return "X_LOOP";
    if (find(message, "List-Id") != NULL || find(message, "List-Unsubscribe") != NULL)
        return "LIST";
    return path != NULL && strcmp(path + strspn(path, " \t"), "<>") == 0 ? "NULL_SENDER" : NULL;
}

static void
read_headers(GMimeMessage *message, struct mail *mail)
{
    GDateTime *date = g_mime_message_get_date(message);
    read_sender(message, mail);
    mail->message_id = mail_identity(message);
    mail->subject = mail_line(g_mime_message_get_subject(message));
    mail->time_us = date != NULL ? g_date_time_to_unix(date) * 1000000 : 0;
    mail->references = mem_alloc(MAIL_REFERENCES_MAX * sizeof *mail->references);
    add_references(mail, find(message, "In-Reply-To"));
    add_references(mail, find(message, "References"));
    mail->automatic = find_automatic(message);
}

/* ---- the whole ---- */

struct mail *
mail_read(const void *bytes, size_t size_bytes)
{
    if (size_bytes > MAIL_BYTES_MAX)
        return NULL;
    mail_text_init();
    struct mail *mail = mem_alloc(sizeof *mail);
    GMimeMessage *message = mail_parse(bytes, size_bytes, &mail->is_cut);
    if (message == NULL) /* there is nothing in it */
        message = g_mime_message_new(false);
    mail->text = mem_copy_text("");
    mail->bounce = (struct mail_bounce){.message_id = mem_copy_text(""),
                                        .action = mem_copy_text(""),
                                        .status = mem_copy_text(""),
                                        .recipient = mem_copy_text("")};
    read_headers(message, mail);
    mail_body_read(message, mail);
    if (mail->bounce.is_bounce)
        mail->automatic = "BOUNCE";
    g_object_unref(message);
    return mail;
}

void
mail_free(struct mail **mail)
{
    struct mail *m = *mail;
    *mail = NULL;
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->reference_count; i++)
        mem_free(m->references[i]);
    for (size_t i = 0; i < m->attachment_count; i++) {
        mem_free(m->attachments[i].name);
        mem_free(m->attachments[i].type);
        mem_free(m->attachments[i].bytes);
    }
    char *const texts[] = {m->message_id,    m->from_address,  m->from_name,
                           m->subject,       m->text,          m->bounce.message_id,
                           m->bounce.action, m->bounce.status, m->bounce.recipient};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        mem_free(texts[i]);
    mem_free(m->references);
    mem_free(m->attachments);
    mem_free(m);
}

/* ---- in a thread ---- */

struct reading {
    uv_work_t work;
    struct task_wait wait;
    const void *bytes;
    size_t size_bytes;
    struct mail *mail;
};

static void
work(uv_work_t *work)
{
    struct reading *reading = container_of(work, struct reading, work);
    reading->mail = mail_read(reading->bytes, reading->size_bytes);
}

static void
on_worked(uv_work_t *work, int status UNUSED)
{
    task_done(&container_of(work, struct reading, work)->wait, OK);
}

struct mail *
mail_read_await(struct loop *loop, const void *bytes, size_t size_bytes)
{
    struct reading reading = {.bytes = bytes, .size_bytes = size_bytes};
    CHECK(uv_queue_work(loop_uv(loop), &reading.work, work, on_worked) == 0);
    CHECK(task_wait_await(&reading.wait, clock_mono_ms() + DAY_MS) == OK);
    return reading.mail;
}
