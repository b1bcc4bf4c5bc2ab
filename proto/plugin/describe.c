/*
 * describe - see describe.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/describe.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "proto/plugin/memory.h"
#include "proto/plugin/name.h"
#include "proto/plugin/text.h"

static const struct model_message *
find_in_file(const struct model_file *file, const char *name)
{
    for (size_t i = 0; i < file->message_count; i++)
        if (text_is_equal(file->messages[i]->name, name))
            return file->messages[i];
    return NULL;
}

const char *
describe_field(const struct model_field *field)
{
    const char *comment = field->place.comment;
    if (!text_starts_with(comment, "See "))
        return comment;
    const char *name = comment + strlen("See ");
    size_t name_len = strcspn(name, ".; ");
    const char *rest = name + name_len;
    const struct model_message *message =
        find_in_file(field->parent->file, memory_copy(name, name_len));
    const struct model_field *same =
        message == NULL ? NULL : model_find_field(message, field->name);
    if (same == NULL || same == field || (*rest != '.' && *rest != ';'))
        return comment;
    rest += 1 + strspn(rest + 1, " ");
    if (*rest == '\0')
        return same->place.comment;
    return memory_format("%s %c%s", same->place.comment, toupper((unsigned char)*rest), rest + 1);
}

const char *
describe_summary(const char *comment)
{
    const char *end = strstr(comment, ". ");
    const char *paragraph = strstr(comment, "\n\n");
    if (end == NULL || (paragraph != NULL && paragraph < end))
        end = paragraph;
    size_t len = end == NULL ? strlen(comment) : (size_t)(end - comment);
    if (len > 0 && comment[len - 1] == '.')
        len--;
    return memory_copy(comment, len);
}

const char *
describe_quoted(const char *comment)
{
    for (const char *p = strstr(comment, "as \""); p != NULL; p = strstr(p + 1, "as \"")) {
        /* Not the end of another word, as "has". */
        if (p > comment && isalpha((unsigned char)p[-1]))
            continue;
        const char *begin = p + strlen("as \"");
        const char *end = strchr(begin, '"');
        return end == NULL ? NULL : memory_copy(begin, (size_t)(end - begin));
    }
    return NULL;
}

const char *
describe_type_name(const struct model_file *file, const char *full_name)
{
    size_t len = strlen(file->package);
    return text_starts_with(full_name, file->package) && full_name[len] == '.' ? full_name + len + 1
                                                                               : full_name;
}

static const char *
integer_words(const struct model_field *field)
{
    int64_t min = field->options->number_min;
    int64_t max = field->options->number_max;
    if (min != 0 || max != 0)
        return memory_format("whole number, %" PRId64 " to %" PRId64, min, max);
    return "whole number";
}

static const char *
text_words(const struct model_field *field)
{
    static const char *const formats[] = {"text",
                                          "UUID",
                                          "code of letters, digits and . _ -",
                                          "e-mail address",
                                          "currency (ISO 4217)",
                                          "language tag (BCP 47)",
                                          "text of one line"};
    size_t format = (size_t)field->options->format;
    const char *word = format < COUNT_OF(formats) ? formats[format] : "text";
    if (field->is_repeated || field->options->size_max == 0 || format == 1)
        return word;
    return memory_format("%s, at most %" PRIu32 " bytes", word, field->size_max);
}

/* One element, whether in a list or alone. */
static const char *
element_words(const struct model_field *field)
{
    if (field->enumeration != NULL)
        return describe_type_name(field->enumeration->file, field->enumeration->full_name);
    if (field->message != NULL && field->message->kind == MODEL_DATE)
        return "day, as \"2026-03-15\"";
    if (field->message != NULL && field->message->kind == MODEL_TIMESTAMP)
        return "time (RFC 3339)";
    if (field->message != NULL)
        return describe_type_name(field->message->file, field->message->full_name);
    switch (field->type) {
    case MODEL_TYPE(STRING):
        return text_words(field);
    case MODEL_TYPE(BYTES):
        return "bytes in base64";
    case MODEL_TYPE(BOOL):
        return "true or false";
    default:
        return integer_words(field);
    }
}

const char *
describe_type(const struct model_field *field)
{
    if (model_is_map(field))
        return memory_format("object of %s, at most %" PRIu32,
                             element_words(&field->message->fields[1]), field->size_max);
    if (field->is_repeated)
        return memory_format("list of %s, at most %" PRIu32, element_words(field), field->size_max);
    return element_words(field);
}

const char *
describe_role(Common__V1__Role role)
{
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(&common__v1__role__descriptor, (int)role);
    return value == NULL ? "" : name_lower(value->name);
}

static void
add_roles(struct text *out, const Common__V1__Role *roles, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_add(out, "%s%s", i == 0 ? "" : ", ", describe_role(roles[i]));
}

const char *
describe_access(const struct model_method *method)
{
    const Common__V1__Access *access = method->access;
    struct text out = {0};
    if (access->anonymous)
        text_add(&out, "everybody, without a token");
    add_roles(&out, access->roles, access->n_roles);
    if (access->n_own_roles > 0) {
        text_add(&out, "%s", out.size_bytes > 0 ? "; " : "");
        add_roles(&out, access->own_roles, access->n_own_roles);
        text_add(&out, " for their own");
    }
    if (access->link_field[0] != '\0')
        text_add(&out, "%sholders of a link for this %s", out.size_bytes > 0 ? "; " : "",
                 access->link_field);
    return text_bytes(&out);
}

enum describe_place
describe_field_place(const struct route *route, const struct model_field *field)
{
    if (field->options->if_match)
        return DESCRIBE_IF_MATCH;
    if (route_has_variable(route, field->name))
        return DESCRIBE_PATH;
    if (model_is_carried(field) ||
        (route->http->n_produces > 0 && text_is_equal(field->name, "body_offset")))
        return DESCRIBE_GATEWAY;
    bool is_query = route->verb == ROUTE_GET || route->http->n_consumes > 0;
    return is_query ? DESCRIBE_QUERY : DESCRIBE_BODY;
}

size_t
describe_place_count(const struct model_method *method, const struct route *route,
                     enum describe_place place)
{
    size_t count = 0;
    for (size_t i = 0; i < method->request->field_count; i++)
        count += describe_field_place(route, &method->request->fields[i]) == place;
    return count;
}
