/*
 * mail_report - what became of a mail of ours, as other servers tell it (RFC 3464)
 *
 * A report has a text for people, a part with fields (a group about the message, then one for each
 * recipient), and the message that it is about or its head. Of several recipients the first that
 * failed counts, else the first: our messages have one.
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_read_parts.h"

#include <string.h>
#include <strings.h>

#include "mail_text.h"

enum { PART_BYTES_MAX = 64 * 1024, FIELD_SIZE = 400 }; /* of a part, decoded */

static bool
is_type(GMimeObject *object, const char *type, const char *subtype)
{
    GMimeContentType *actual = g_mime_object_get_content_type(object);
    return actual != NULL && g_mime_content_type_is_type(actual, type, subtype);
}

bool
mail_report_is(GMimeObject *object)
{
    if (!GMIME_IS_MULTIPART(object) || !is_type(object, "multipart", "report"))
        return false;
    const char *what = g_mime_object_get_content_type_parameter(object, "report-type");
    return what != NULL && (strcasecmp(what, "delivery-status") == 0 ||
                            strcasecmp(what, "global-delivery-status") == 0);
}

/* ---- fields ---- */

struct group {
    char action[FIELD_SIZE];
    char status[FIELD_SIZE];
    char recipient[FIELD_SIZE];
};

static void
set(char *field, const char *value, size_t size_bytes)
{
    struct buf clean = {0};
    mail_text_add(&clean, MAIL_TEXT_LINE, value, size_bytes, FIELD_SIZE - 1);
    memcpy(field, buf_text(&clean), clean.size_bytes + 1);
    buf_free(&clean);
}

/* "rfc822; anna@example.org" */
static void
set_recipient(char *field, const char *value, size_t size_bytes)
{
    const char *mark = memchr(value, ';', size_bytes);
    size_t skipped = mark != NULL ? (size_t)(mark + 1 - value) : 0;
    set(field, value + skipped, size_bytes - skipped);
}

static void
read_field(struct group *group, const char *line, size_t size_bytes)
{
    const char *colon = memchr(line, ':', size_bytes);
    if (colon == NULL)
        return;
    size_t name_bytes = (size_t)(colon - line);
    const char *value = colon + 1;
    size_t value_bytes = size_bytes - name_bytes - 1;
    if (name_bytes == 6 && strncasecmp(line, "Action", 6) == 0)
        set(group->action, value, value_bytes);
    else if (name_bytes == 6 && strncasecmp(line, "Status", 6) == 0)
        set(group->status, value, value_bytes);
    else if (name_bytes == 15 && strncasecmp(line, "Final-Recipient", 15) == 0 &&
             group->recipient[0] == 0)
        set_recipient(group->recipient, value, value_bytes);
    else if (name_bytes == 18 && strncasecmp(line, "Original-Recipient", 18) == 0)
        set_recipient(group->recipient, value, value_bytes); /* what we wrote, before forwarding */
}

static void
keep(struct mail_bounce *bounce, const struct group *group)
{
    bool is_failed = strcasecmp(bounce->action, "failed") == 0;
    if (group->action[0] == 0 ||
        (bounce->action[0] != 0 && (is_failed || strcasecmp(group->action, "failed") != 0)))
        return;
    mem_free(bounce->action);
    mem_free(bounce->status);
    mem_free(bounce->recipient);
    bounce->action = mem_copy_text(group->action);
    for (char *c = bounce->action; *c != 0; c++)
        *c = g_ascii_tolower(*c);
    /* A comment may follow: "5.1.1 (bad destination)". */
    bounce->status = mem_alloc(sizeof group->status);
    memcpy(bounce->status, group->status, strspn(group->status, "0123456789."));
    bounce->recipient = mem_copy_text(group->recipient);
}

static void
read_fields(struct mail_bounce *bounce, const char *text, size_t size_bytes)
{
    struct group group = {0};
    for (const char *line = text, *end = text + size_bytes; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t line_bytes = (size_t)((stop != NULL ? stop : end) - line);
        size_t used_bytes = line_bytes;
        while (used_bytes > 0 && (line[used_bytes - 1] == '\r' || line[used_bytes - 1] == ' '))
            used_bytes--;
        if (used_bytes == 0) {
            keep(bounce, &group);
            group = (struct group){0};
        } else {
            read_field(&group, line, used_bytes);
        }
        line += line_bytes + (stop != NULL);
    }
    keep(bounce, &group);
}

/* ---- the message that it is about ---- */

static void
take_identity(struct mail_bounce *bounce, GMimeMessage *message)
{
    if (message == NULL || bounce->message_id[0] != 0)
        return;
    mem_free(bounce->message_id);
    bounce->message_id = mail_identity(message);
}

/* GMime makes nothing of a head that ends in half a line. */
static void
cut(struct buf *bytes)
{
    if (bytes->size_bytes <= PART_BYTES_MAX)
        return;
    const char *end = memrchr(bytes->bytes, '\n', PART_BYTES_MAX);
    bytes->size_bytes = end != NULL ? (size_t)(end + 1 - bytes->bytes) : 0;
}

bool
mail_report_take(GMimeObject *part, struct mail_bounce *bounce)
{
    if (GMIME_IS_MESSAGE_PART(part)) {
        take_identity(bounce, g_mime_message_part_get_message(GMIME_MESSAGE_PART(part)));
        return true;
    }
    bool is_status = is_type(part, "message", "delivery-status") ||
                     is_type(part, "message", "global-delivery-status");
    bool is_head =
        is_type(part, "text", "rfc822-headers") || is_type(part, "message", "global-headers");
    if (!GMIME_IS_PART(part) || (!is_status && !is_head))
        return false;
    struct buf bytes = {0};
    mail_content(GMIME_PART(part), &bytes);
    cut(&bytes);
    if (is_status) {
        bounce->is_bounce = true;
        read_fields(bounce, buf_text(&bytes), bytes.size_bytes);
    } else {
        bool is_cut;
        GMimeMessage *message = mail_parse(buf_text(&bytes), bytes.size_bytes, &is_cut);
        take_identity(bounce, message);
        g_clear_object(&message);
    }
    buf_free(&bytes);
    return true;
}
