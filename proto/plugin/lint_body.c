/*
 * lint_body - rules about bodies that are not JSON
 *
 * A request carries one as `upload`, where `consumes` says of which types; a response as `body`,
 * where `produces` does. The gateway knows them by these names and types, so each needs the other.
 * Methods between services, which have no route, may carry both freely.
 * What a page posts is the third kind (`form`): its names are fields of the request.
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/lint.h"

#include <string.h>

#include "proto/plugin/text.h"

/* Documents have 10 MiB, imports more; nothing is to hold the client for an hour. */
enum { BODY_BYTES_MAX = 256 * 1024 * 1024 };

#define TYPE_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789.+-"

/* "image/png", in lower case; the only parameter, of what is answered, is charset. */
static bool
is_media_type(const char *type, bool may_have_charset)
{
    size_t main_len = strspn(type, TYPE_CHARACTERS);
    if (main_len == 0 || type[main_len] != '/')
        return false;
    const char *subtype = type + main_len + 1;
    size_t sub_len = strspn(subtype, TYPE_CHARACTERS);
    const char *rest = subtype + sub_len;
    bool is_whole = *rest == '\0' || (may_have_charset && text_is_equal(rest, "; charset=utf-8"));
    return sub_len > 0 && is_whole;
}

static void
check_types(struct lint *lint, const struct model_method *method, const char *option, char **types,
            size_t count, bool may_have_charset)
{
    for (size_t i = 0; i < count; i++)
        if (!is_media_type(types[i], may_have_charset))
            lint_report(lint, &method->place, "%s of %s: %s is no media type in lower case", option,
                        method->name, types[i]);
}

static void
check_consumes(struct lint *lint, const struct model_method *method, const struct route *route)
{
    const Common__V1__Http *http = method->http;
    bool has_upload = route_upload_field(method) != NULL;
    if (has_upload != (http->n_consumes > 0))
        lint_report(lint, &method->place,
                    "%s: `consumes` and a field common.v1.Upload upload of the request need each "
                    "other",
                    method->name);
    if (http->n_consumes == 0) {
        if (http->body_bytes_max != 0)
            lint_report(lint, &method->place, "%s has body_bytes_max without consumes",
                        method->name);
        return;
    }
    if (route->verb != ROUTE_POST && route->verb != ROUTE_PUT)
        lint_report(lint, &method->place, "%s consumes, so it is a POST or a PUT", method->name);
    if (http->body_bytes_max < 1 || http->body_bytes_max > BODY_BYTES_MAX)
        lint_report(lint, &method->place, "%s consumes, so its body_bytes_max is 1 to %d",
                    method->name, BODY_BYTES_MAX);
    if (model_find_field(method->request, "file_name") != NULL)
        lint_report(lint, &method->place,
                    "%s consumes, so the query parameter file_name is the upload's", method->name);
}

static void
check_produces(struct lint *lint, const struct model_method *method, const struct route *route)
{
    const Common__V1__Http *http = method->http;
    bool has_body = route_body_field(method) != NULL;
    if (has_body != (http->n_produces > 0))
        lint_report(lint, &method->place,
                    "%s: `produces` and a field common.v1.Body body of the response need each "
                    "other",
                    method->name);
    if (http->n_produces == 0)
        return;
    const struct model_field *offset = model_find_field(method->request, "body_offset");
    if (http->form && offset != NULL)
        lint_report(lint, &method->place,
                    "%s is a form, whose answer is one piece: it has no body_offset", method->name);
    if (!http->form && (offset == NULL || offset->type != MODEL_TYPE(INT64) || offset->is_repeated))
        lint_report(lint, &method->place, "%s produces, so its request has int64 body_offset",
                    method->name);
    if (!http->form && route->verb != ROUTE_GET)
        lint_report(lint, &method->place, "%s produces, so it is a GET or a form", method->name);
    if (route_has_json(method) && http->reply[0] == '\0')
        lint_report(lint, &method->place,
                    "%s answers JSON too, so `reply` names the field that is it", method->name);
    if (text_is_equal(http->reply, "body"))
        lint_report(lint, &method->place, "%s: body is never in JSON, so it is no reply",
                    method->name);
}

/* A person posts it from a page, and sees a page again. Whose it is only a link can say: no browser
 * has a token, and nobody's key would be everybody's. */
static void
check_form(struct lint *lint, const struct model_method *method, const struct route *route)
{
    const Common__V1__Http *http = method->http;
    if (!http->form)
        return;
    if (route->verb != ROUTE_POST || http->n_consumes > 0)
        lint_report(lint, &method->place, "%s is a form, so it is a POST that consumes nothing",
                    method->name);
    bool has_page = false;
    for (size_t i = 0; i < http->n_produces; i++)
        has_page = has_page || text_starts_with(http->produces[i], "text/html");
    if (!has_page)
        lint_report(lint, &method->place, "%s is a form, so it produces text/html", method->name);
    const Common__V1__Access *access = method->access;
    if (access == NULL || access->link_field[0] == '\0')
        lint_report(lint, &method->place, "%s is a form, so it has a link_field", method->name);
}

void
lint_check_bodies(struct lint *lint, const struct model_method *method, const struct route *route)
{
    const Common__V1__Http *http = method->http;
    check_types(lint, method, "consumes", http->consumes, http->n_consumes, false);
    check_types(lint, method, "produces", http->produces, http->n_produces, true);
    check_consumes(lint, method, route);
    check_produces(lint, method, route);
    check_form(lint, method, route);
}

/* Of a form, what no other field takes. */
static void
check_form_field(struct lint *lint, const struct model_field *field)
{
    if (!text_is_equal(field->name, "fields") || !field->is_repeated ||
        !text_ends_with(field->parent->name, "Request"))
        lint_report(lint, &field->place, "a common.v1.FormField is a list fields of a Request");
}

/* In no other place would anybody look for them, and JSON would hold them. */
void
lint_check_carried(struct lint *lint, const struct model_field *field)
{
    const struct model_message *message = field->message;
    if (message == NULL)
        return;
    if (text_is_equal(message->full_name, "common.v1.FormField"))
        check_form_field(lint, field);
    if (!model_is_carried(field))
        return;
    bool is_body = text_is_equal(message->full_name, "common.v1.Body");
    const char *name = is_body ? "body" : "upload";
    const char *end = is_body ? "Response" : "Request";
    if (!text_is_equal(field->name, name) || field->is_repeated || field->oneof != NULL ||
        !text_ends_with(field->parent->name, end))
        lint_report(lint, &field->place, "a common.v1.%s is one field %s of a %s", message->name,
                    name, end);
}
