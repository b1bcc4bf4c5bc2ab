/*
 * lint_method - rules about methods and who may call them
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/lint.h"

#include <inttypes.h>
#include <string.h>

#include "proto/plugin/describe.h"
#include "proto/plugin/memory.h"
#include "proto/plugin/name.h"
#include "proto/plugin/text.h"

enum { DEADLINE_MS_MAX = 60000 };

static void
check_messages(struct lint *lint, const struct model_method *method)
{
    const char *package = method->service->file->package;
    const char *request = memory_format("%s.%sRequest", package, method->name);
    const char *response = memory_format("%s.%sResponse", package, method->name);
    if (!text_is_equal(method->request->full_name, request))
        lint_report(lint, &method->place, "the request of %s must be its own %sRequest",
                    method->name, method->name);
    if (!text_is_equal(method->response->full_name, response))
        lint_report(lint, &method->place, "the response of %s must be its own %sResponse",
                    method->name, method->name);
}

static void
check_run(struct lint *lint, const struct model_method *method)
{
    if (method->run == NULL || method->run->repeat == COMMON__V1__REPEAT__REPEAT_UNSPECIFIED) {
        lint_report(lint, &method->place, "method %s must say in run.repeat what a repeat does",
                    method->name);
        return;
    }
    if (method->run->deadline_ms > DEADLINE_MS_MAX)
        lint_report(lint, &method->place, "method %s has a deadline above %d ms", method->name,
                    DEADLINE_MS_MAX);
}

static bool
has_field(const struct model_message *message, const char *name, model_type type)
{
    const struct model_field *field = model_find_field(message, name);
    return field != NULL && field->type == type && !field->is_repeated;
}

static void
check_paging(struct lint *lint, const struct model_method *method)
{
    if (!text_starts_with(method->name, "List"))
        return;
    if (method->http != NULL && method->http->n_produces > 0)
        return; /* its answer is no message: what it produces says how to go on */
    if (!has_field(method->request, "page_size", MODEL_TYPE(INT32)))
        lint_report(lint, &method->place, "%s lists, so its request has int32 page_size",
                    method->name);
    if (!has_field(method->request, "page_token", MODEL_TYPE(STRING)))
        lint_report(lint, &method->place, "%s lists, so its request has string page_token",
                    method->name);
    if (!has_field(method->response, "next_page_token", MODEL_TYPE(STRING)))
        lint_report(lint, &method->place, "%s lists, so its response has string next_page_token",
                    method->name);
}

void
lint_check_method(struct lint *lint, const struct model_method *method)
{
    if (method->place.comment[0] == '\0')
        lint_report(lint, &method->place, "method %s has no comment", method->name);
    if (!name_is_camel(method->name))
        lint_report(lint, &method->place, "method %s must be in CamelCase", method->name);
    if (method->is_streaming)
        lint_report(lint, &method->place, "method %s streams: long work is created and asked after",
                    method->name);
    check_messages(lint, method);
    check_run(lint, method);
    check_paging(lint, method);
    lint_check_route(lint, method);
    lint_check_access(lint, method);
}

/* Why `path` does not lead through messages to one text; NULL if it does. */
static const char *
find_owner_mistake(const struct model_message *message, const char *path)
{
    for (const char *step = path;;) {
        size_t len = strcspn(step, ".");
        const char *name = memory_copy(step, len);
        const struct model_field *field = model_find_field(message, name);
        if (field == NULL)
            return memory_format("%s has no field %s", message->name, name);
        if (step[len] == '\0')
            return model_is_text(field) ? NULL : memory_format("%s is not one text", name);
        if (field->message == NULL || model_is_map(field))
            return memory_format("%s is no message", name);
        message = field->message;
        step += len + 1;
    }
}

static void
check_owner(struct lint *lint, const struct model_method *method)
{
    const Common__V1__Access *access = method->access;
    if (access->n_own_roles > 0 && access->owner_field[0] == '\0')
        lint_report(lint, &method->place, "method %s has own_roles, so it must have an owner_field",
                    method->name);
    if (access->owner_field[0] == '\0')
        return;
    const char *mistake = find_owner_mistake(method->response, access->owner_field);
    if (mistake != NULL)
        lint_report(lint, &method->place, "owner_field %s of %s: %s", access->owner_field,
                    method->name, mistake);
}

static void
check_role_lists(struct lint *lint, const struct model_method *method)
{
    const Common__V1__Access *access = method->access;
    uint32_t roles = model_role_bits(access->roles, access->n_roles);
    uint32_t own_roles = model_role_bits(access->own_roles, access->n_own_roles);
    if (((roles | own_roles) & 1) != 0)
        lint_report(lint, &method->place, "method %s lets in ROLE_UNSPECIFIED, whom nobody is",
                    method->name);
    for (unsigned role = 1; role < 32; role++)
        if ((roles & own_roles) >> role & 1)
            lint_report(lint, &method->place, "method %s names %s in roles and in own_roles",
                        method->name, describe_role(role));
    if (access->anonymous && (roles | own_roles) != 0)
        lint_report(lint, &method->place, "method %s is anonymous, so it can name no roles",
                    method->name);
}

void
lint_check_access(struct lint *lint, const struct model_method *method)
{
    const Common__V1__Access *access = method->access;
    if (access == NULL || (!access->anonymous && access->n_roles == 0 && access->n_own_roles == 0 &&
                           access->link_field[0] == '\0')) {
        lint_report(lint, &method->place, "method %s lets nobody in", method->name);
        return;
    }
    check_role_lists(lint, method);
    check_owner(lint, method);
    if (access->link_field[0] == '\0')
        return;
    const struct model_field *link = model_find_field(method->request, access->link_field);
    if (link == NULL)
        lint_report(lint, &method->place, "link_field %s of %s: %s has no such field",
                    access->link_field, method->name, method->request->name);
    else if (!model_is_text(link))
        lint_report(lint, &method->place, "link_field %s of %s is not one text", access->link_field,
                    method->name);
}
