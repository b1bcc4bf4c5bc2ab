/*
 * mail_body - what a message says, and what is attached to it
 *
 * The parts are walked in order. A text that is neither marked as an attachment nor has a name is
 * what the message says; of alternatives the plain one, where there is one. Everything else is an
 * attachment, messages within it too. multipart/signed is text and a signature that is attached.
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_read_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mail_html.h"
#include "mail_text.h"

enum { HTML_BYTES_MAX = 1024 * 1024, NAME_BYTES_MAX = 200, TYPE_BYTES_MAX = 127 };

struct walk {
    struct mail *mail;
    struct buf text;
    unsigned part_count;
    unsigned depth;
    bool is_html_skipped; /* an alternative to it is plain */
    bool is_report;
};

/* ---- attachments ---- */

static char *
make_name(const char *given, unsigned number)
{
    struct buf name = {0};
    if (given != NULL) {
        const char *slash = strrchr(given, '/');
        given = slash != NULL ? slash + 1 : given;
        slash = strrchr(given, '\\');
        given = slash != NULL ? slash + 1 : given;
        given += strspn(given, ". ");
        mail_text_add(&name, MAIL_TEXT_LINE, given, strlen(given), NAME_BYTES_MAX);
    }
    if (name.size_bytes == 0)
        buf_printf(&name, "attachment-%u", number);
    char *text = mem_copy_text(buf_text(&name));
    buf_free(&name);
    return text;
}

/* RFC 6838, 4.2: what names of types may hold. */
static char *
make_type(GMimeObject *object)
{
    static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyz0123456789!#$&-^_.+";
    GMimeContentType *type = g_mime_object_get_content_type(object);
    char *given = type != NULL ? g_mime_content_type_get_mime_type(type) : NULL;
    char *text = mem_alloc(TYPE_BYTES_MAX + 1);
    snprintf(text, TYPE_BYTES_MAX + 1, "%s", given != NULL ? given : "");
    g_free(given);
    for (char *c = text; *c != 0; c++)
        *c = g_ascii_tolower(*c);
    size_t left = strspn(text, ALLOWED);
    size_t right = text[left] == '/' ? strspn(text + left + 1, ALLOWED) : 0;
    if (left == 0 || right == 0 || text[left + 1 + right] != 0 || !g_ascii_isalnum(text[0]) ||
        !g_ascii_isalnum(text[left + 1]))
        snprintf(text, TYPE_BYTES_MAX + 1, "application/octet-stream");
    return text;
}

/* Takes the bytes over. */
static void
attach(struct walk *walk, GMimeObject *object, const char *name, struct buf *bytes)
{
    struct mail *mail = walk->mail;
    const char *disposition = g_mime_object_get_disposition(object);
    bool is_marked = disposition != NULL && strcasecmp(disposition, "attachment") == 0;
    size_t count = mail->attachment_count;
    mail->attachments = mem_resize(mail->attachments, (count + 1) * sizeof *mail->attachments);
    mail->attachments[count] = (struct mail_attachment){
        .name = make_name(name, (unsigned)count + 1),
        .type = make_type(object),
        .bytes = bytes->bytes,
        .size_bytes = bytes->size_bytes,
        .is_inline = !is_marked && g_mime_object_get_content_id(object) != NULL,
    };
    mail->attachment_count++;
}

static void
attach_part(struct walk *walk, GMimePart *part)
{
    struct buf bytes = {0};
    mail_content(part, &bytes);
    attach(walk, GMIME_OBJECT(part), g_mime_part_get_filename(part), &bytes);
}

static void
attach_message(struct walk *walk, GMimeMessagePart *part)
{
    GMimeMessage *message = g_mime_message_part_get_message(part);
    struct buf bytes = {0};
    if (message != NULL) {
        GMimeStream *stream = g_mime_stream_mem_new();
        g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, stream);
        GByteArray *array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
        buf_add(&bytes, array->data, array->len);
        g_object_unref(stream);
    }
    attach(walk, GMIME_OBJECT(part), "message.eml", &bytes);
}

/* ---- text ---- */

enum kind { PLAIN, HTML, OTHER };

static enum kind
kind_of(GMimeObject *object)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    const char *disposition = g_mime_object_get_disposition(object);
    if (!GMIME_IS_PART(object) || type == NULL ||
        (disposition != NULL && strcasecmp(disposition, "attachment") == 0) ||
        g_mime_part_get_filename(GMIME_PART(object)) != NULL)
        return OTHER;
    if (g_mime_content_type_is_type(type, "text", "plain"))
        return PLAIN;
    return g_mime_content_type_is_type(type, "text", "html") ? HTML : OTHER;
}

static void
add_text(struct walk *walk, GMimePart *part, enum kind kind)
{
    struct buf bytes = {0}, html = {0};
    const char *charset = g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset");
    bool is_whole = true;
    mail_content(part, &bytes);
    if (walk->text.size_bytes > 0 && bytes.size_bytes > 0)
        buf_add_text(&walk->text, "\n\n");
    if (kind == PLAIN) {
        is_whole = mail_text_add_charset(&walk->text, MAIL_TEXT_LINES, charset, bytes.bytes,
                                         bytes.size_bytes, MAIL_TEXT_BYTES_MAX);
    } else {
        is_whole = mail_text_add_charset(&html, MAIL_TEXT_LINES, charset, bytes.bytes,
                                         bytes.size_bytes, HTML_BYTES_MAX);
        is_whole &= mail_html_add(&walk->text, html.bytes, html.size_bytes, MAIL_TEXT_BYTES_MAX);
    }
    walk->mail->is_cut |= !is_whole;
    while (walk->text.size_bytes > 0 &&
           isspace((unsigned char)walk->text.bytes[walk->text.size_bytes - 1]))
        walk->text.size_bytes--;
    buf_free(&html);
    buf_free(&bytes);
}

/* ---- the walk ---- */

static bool
has_plain(GMimeObject *object, unsigned depth)
{
    if (!GMIME_IS_MULTIPART(object))
        return kind_of(object) == PLAIN;
    int count = g_mime_multipart_get_count(GMIME_MULTIPART(object));
    for (int i = 0; i < count && i < MAIL_PARTS_MAX && depth < MAIL_DEPTH_MAX; i++) {
        if (has_plain(g_mime_multipart_get_part(GMIME_MULTIPART(object), i), depth + 1))
            return true;
    }
    return false;
}

static void
take_leaf(struct walk *walk, GMimeObject *object)
{
    enum kind kind = kind_of(object);
    if (walk->is_report && mail_report_take(object, &walk->mail->bounce))
        return;
    if (GMIME_IS_MESSAGE_PART(object))
        attach_message(walk, GMIME_MESSAGE_PART(object));
    else if (kind == PLAIN || (kind == HTML && !walk->is_html_skipped))
        add_text(walk, GMIME_PART(object), kind);
    else if (kind == OTHER && GMIME_IS_PART(object))
        attach_part(walk, GMIME_PART(object));
}

static void walk_object(struct walk *walk, GMimeObject *object);

static void
walk_multipart(struct walk *walk, GMimeMultipart *multipart)
{
    bool is_html_skipped = walk->is_html_skipped, is_report = walk->is_report;
    GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(multipart));
    bool is_alternative = g_mime_content_type_is_type(type, "multipart", "alternative");
    int count = g_mime_multipart_get_count(multipart);
    walk->is_html_skipped |= is_alternative && has_plain(GMIME_OBJECT(multipart), walk->depth);
    walk->is_report |= mail_report_is(GMIME_OBJECT(multipart));
    for (int i = 0; i < count && walk->part_count < MAIL_PARTS_MAX; i++)
        walk_object(walk, g_mime_multipart_get_part(multipart, i));
    walk->is_html_skipped = is_html_skipped;
    walk->is_report = is_report;
}

static void
walk_object(struct walk *walk, GMimeObject *object)
{
    if (object == NULL)
        return;
    if (++walk->part_count > MAIL_PARTS_MAX || walk->depth >= MAIL_DEPTH_MAX) {
        walk->mail->is_cut = true;
        return;
    }
    walk->depth++;
    if (GMIME_IS_MULTIPART(object))
        walk_multipart(walk, GMIME_MULTIPART(object));
    else
        take_leaf(walk, object);
    walk->depth--;
}

void
mail_body_read(GMimeMessage *message, struct mail *mail)
{
    struct walk walk = {.mail = mail};
    walk_object(&walk, g_mime_message_get_mime_part(message));
    mail->is_cut |= walk.part_count >= MAIL_PARTS_MAX;
    mem_free(mail->text);
    mail->text = mem_copy_text(buf_text(&walk.text));
    buf_free(&walk.text);
}
