/*
 * mail_rules - references, Message-IDs, machines, media types
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_rules.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- references ---- */

static bool
read_reference(const char *text, struct mail_reference *ret_reference)
{
    if (strncasecmp(text, "AC-", 3) != 0)
        return false;
    for (size_t i = 0; i < MAIL_REFERENCE_SIZE - 1; i++) {
        if (!isxdigit((unsigned char)text[3 + i]))
            return false;
        ret_reference->text[i] = (char)tolower((unsigned char)text[3 + i]);
    }
    ret_reference->text[MAIL_REFERENCE_SIZE - 1] = 0;
    return !isalnum((unsigned char)text[3 + MAIL_REFERENCE_SIZE - 1]);
}

static bool
has_reference(const struct mail_reference *references, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(references[i].text, text) == 0)
            return true;
    }
    return false;
}

void
mail_find_references(const char *text, struct mail_reference *references, size_t *count)
{
    struct mail_reference found;
    for (const char *at = text; *at != 0 && *count < MAIL_FOUND_MAX; at++) {
        bool is_begin = at == text || !isalnum((unsigned char)at[-1]);
        if (is_begin && read_reference(at, &found) &&
            !has_reference(references, *count, found.text))
            references[(*count)++] = found;
    }
}

/* ---- Message-IDs and addresses ---- */

const char *
mail_domain(const char *address)
{
    const char *at = strrchr(address, '@');
    return at != NULL ? at + 1 : "";
}

bool
mail_is_ours(const char *message_id, const char *domain, struct uuid *ret_id)
{
    char text[UUID_TEXT_SIZE];
    const char *at = strchr(message_id, '@');
    if (at == NULL || at - message_id != UUID_TEXT_SIZE - 1 || domain[0] == 0 ||
        strcasecmp(at + 1, domain) != 0)
        return false;
    snprintf(text, sizeof text, "%s", message_id);
    return uuid_parse(text, ret_id);
}

const char *
mail_automatic(const struct mail *mail, const char *from)
{
    struct uuid id;
    if (mail->automatic != NULL)
        return mail->automatic;
    if (mail_is_ours(mail->message_id, mail_domain(from), &id) ||
        (from[0] != 0 && strcasecmp(mail->from_address, from) == 0))
        return "OURS";
    return NULL;
}

/* ---- attachments ---- */

struct kind {
    const char *from;
    const char *type;
};

static const char *
find_kind(const struct kind *kinds, size_t count, const char *from)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(kinds[i].from, from) == 0)
            return kinds[i].type;
    }
    return NULL;
}

const char *
mail_document_type(const struct mail_attachment *attachment)
{
    /* What some programs call them. */
    static const struct kind types[] = {{"image/jpg", "image/jpeg"},
                                        {"image/pjpeg", "image/jpeg"},
                                        {"image/x-png", "image/png"},
                                        {"image/heif", "image/heic"},
                                        {"application/x-pdf", "application/pdf"}};
    static const struct kind ends[] = {
        {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"},     {".png", "image/png"},
        {".gif", "image/gif"},  {".webp", "image/webp"},     {".heic", "image/heic"},
        {".mp4", "video/mp4"},  {".pdf", "application/pdf"}, {".txt", "text/plain"}};
    const char *end = strrchr(attachment->name, '.');
    const char *type = find_kind(types, COUNT_OF(types), attachment->type);
    if (type == NULL && end != NULL && strcmp(attachment->type, "application/octet-stream") == 0)
        type = find_kind(ends, COUNT_OF(ends), end);
    return type != NULL ? type : attachment->type;
}
