/*
 * mail_write - multipart/alternative by GMime
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_write.h"

#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mail_address.h"
#include "mail_text.h"

enum { LINE_BYTES_MAX = 900, ID_SIZE_MAX = 250, URL_SIZE_MAX = 900 };

bool
mail_is_message_id(const char *text)
{
    static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  ".!#$%&'*+-/=?^_`{|}~";
    size_t left = strspn(text, ALLOWED);
    if (left == 0 || text[left] != '@')
        return false;
    size_t right = strspn(text + left + 1, ALLOWED);
    return right > 0 && text[left + 1 + right] == 0 && left + 1 + right <= ID_SIZE_MAX;
}

/* Nothing that would end it within < and >. */
static bool
is_link(const char *url)
{
    size_t size = strlen(url);
    if (strncasecmp(url, "https://", 8) != 0 || size > URL_SIZE_MAX)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (url[i] <= ' ' || url[i] >= 0x7f || strchr("<>\"\\", url[i]) != NULL)
            return false;
    }
    return true;
}

static enum err
refuse(struct fault *fault, const char *field)
{
    fault_set(fault, ERR_INVALID_ARGUMENT, "MAIL_INVALID", "no mail can have this %s", field);
    snprintf(fault->field, sizeof fault->field, "%s", field);
    return ERR_INVALID_ARGUMENT;
}

static void
add_mailbox(InternetAddressList *list, const char *name, const char *address)
{
    struct buf clean = {0};
    mail_text_add(&clean, MAIL_TEXT_LINE, name, strlen(name), LINE_BYTES_MAX);
    InternetAddress *mailbox =
        internet_address_mailbox_new(clean.size_bytes > 0 ? buf_text(&clean) : NULL, address);
    internet_address_set_charset(mailbox, "utf-8");
    internet_address_list_add(list, mailbox);
    g_object_unref(mailbox);
    buf_free(&clean);
}

static void
add_header(GMimeMessage *message, const char *name, const char *value)
{
    g_mime_object_append_header(GMIME_OBJECT(message), name, value, NULL);
}

/* As it is: GMime would fold a link, and encode what is too long for that. */
static void
add_raw_header(GMimeMessage *message, const char *name, const char *value)
{
    GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(message));
    add_header(message, name, "");
    GMimeHeader *header = g_mime_header_list_get_header(headers, name);
    g_mime_header_set_raw_value(header, value);
}

static void
add_headers(GMimeMessage *message, const struct mail_parts *parts)
{
    char value[URL_SIZE_MAX + 8];
    struct buf subject = {0};
    GDateTime *date = g_date_time_new_from_unix_utc(divide_floor(parts->time_us, 1000000));
    mail_text_add(&subject, MAIL_TEXT_LINE, parts->subject, strlen(parts->subject), LINE_BYTES_MAX);
    g_mime_message_set_subject(message, buf_text(&subject), "utf-8");
    g_mime_message_set_date(message, date);
    g_mime_message_set_message_id(message, parts->message_id);
    add_header(message, "Auto-Submitted", "auto-generated");
    if (mail_is_message_id(parts->in_reply_to)) {
        snprintf(value, sizeof value, "<%s>", parts->in_reply_to);
        add_header(message, "In-Reply-To", value);
        add_header(message, "References", value);
    }
    if (parts->unsubscribe_url[0] != 0) {
        snprintf(value, sizeof value, " <%s>\n", parts->unsubscribe_url);
        add_raw_header(message, "List-Unsubscribe", value);
        add_header(message, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    }
    g_date_time_unref(date);
    buf_free(&subject);
}

static GMimeObject *
make_text(const char *subtype, const char *text)
{
    struct buf clean = {0};
    mail_text_add(&clean, MAIL_TEXT_LINES, text, strlen(text), SIZE_MAX);
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(buf_text(&clean), clean.size_bytes);
    GMimeDataWrapper *content =
        g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
    GMimePart *part = g_mime_part_new_with_type("text", subtype);
    g_mime_part_set_content(part, content);
    g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
    g_object_unref(content);
    g_object_unref(stream);
    buf_free(&clean);
    return GMIME_OBJECT(part);
}

/* The last alternative is the best (RFC 2046, 5.1.4). */
static GMimeObject *
make_body(const struct mail_parts *parts)
{
    GMimeObject *plain = make_text("plain", parts->plain);
    if (parts->html[0] == 0)
        return plain;
    GMimeObject *html = make_text("html", parts->html);
    GMimeMultipart *both = g_mime_multipart_new_with_subtype("alternative");
    g_mime_multipart_add(both, plain);
    g_mime_multipart_add(both, html);
    g_object_unref(plain);
    g_object_unref(html);
    return GMIME_OBJECT(both);
}

static void
print(GMimeMessage *message, struct buf *bytes)
{
    GMimeFormatOptions *options = g_mime_format_options_new();
    GMimeStream *stream = g_mime_stream_mem_new();
    g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
    CHECK(g_mime_object_write_to_stream(GMIME_OBJECT(message), options, stream) >= 0);
    GByteArray *array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    buf_clear(bytes);
    buf_add(bytes, array->data, array->len);
    g_object_unref(stream);
    g_mime_format_options_free(options);
}

enum err
mail_write(const struct mail_parts *parts, struct buf *ret_bytes, struct fault *ret_fault)
{
    char from[MAIL_ADDRESS_SIZE], to[MAIL_ADDRESS_SIZE];
    if (!mail_address_read(parts->from_address, from))
        return refuse(ret_fault, "from_address");
    if (!mail_address_read(parts->to_address, to))
        return refuse(ret_fault, "to_address");
    if (!mail_is_message_id(parts->message_id))
        return refuse(ret_fault, "message_id");
    if (parts->unsubscribe_url[0] != 0 && !is_link(parts->unsubscribe_url))
        return refuse(ret_fault, "unsubscribe_url");
    mail_text_init();
    GMimeMessage *message = g_mime_message_new(true);
    GMimeObject *body = make_body(parts);
    add_mailbox(g_mime_message_get_from(message), parts->from_name, from);
    add_mailbox(g_mime_message_get_to(message), parts->to_name, to);
    add_headers(message, parts);
    g_mime_message_set_mime_part(message, body);
    print(message, ret_bytes);
    g_object_unref(body);
    g_object_unref(message);
    return OK;
}
