/*
 * problem - two small tables decide the status; everything else is writing
 */
// SPDX-License-Identifier: Apache-2.0
#include "problem.h"

#include <string.h>

#include "common/html.h"

static const struct {
    const char *reason;
    unsigned status;
} reason_statuses[] = {
    {"METHOD_NOT_ALLOWED", 405},
    {"RESYNC", 410},
    {"VERSION_MISMATCH", 412},
    {"BODY_TOO_LARGE", 413},
    {"JSON_TOO_LARGE", 413},
    {"MEDIA_TYPE_UNSUPPORTED", 415},
    {"IDEMPOTENCY_KEY_REUSED", 422},
    {"IF_MATCH_MISSING", 428},
    {"CLIENT_LEFT", 499}, /* nobody reads it, but the log does */
    /* Our limits, not the client's. */
    {"OVERLOADED", 503},
    {"TOO_MANY_CALLS", 503},
    {"DATABASE_BUSY", 503},
};

static const unsigned code_statuses[] = {
    [OK] = 500,
    [ERR_CANCELLED] = 503,
    [ERR_UNKNOWN] = 503,
    [ERR_INVALID_ARGUMENT] = 400,
    [ERR_DEADLINE_EXCEEDED] = 503,
    [ERR_NOT_FOUND] = 404,
    [ERR_ALREADY_EXISTS] = 409,
    [ERR_PERMISSION_DENIED] = 403,
    [ERR_RESOURCE_EXHAUSTED] = 429,
    [ERR_FAILED_PRECONDITION] = 409,
    [ERR_ABORTED] = 409,
    [ERR_OUT_OF_RANGE] = 400,
    [ERR_UNIMPLEMENTED] = 501,
    [ERR_INTERNAL] = 500,
    [ERR_UNAVAILABLE] = 503,
    [ERR_DATA_LOSS] = 500,
    [ERR_UNAUTHENTICATED] = 401,
};

unsigned
problem_status(const struct problem *problem)
{
    const struct fault *fault = &problem->fault;
    if (problem->problems.count > 0 && fault->code == ERR_FAILED_PRECONDITION)
        return 422;
    for (size_t i = 0; i < COUNT_OF(reason_statuses); i++) {
        if (strcmp(fault->reason, reason_statuses[i].reason) == 0)
            return reason_statuses[i].status;
    }
    return (size_t)fault->code < COUNT_OF(code_statuses) ? code_statuses[fault->code] : 500;
}

const char *
problem_title(unsigned status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 410:
        return "Gone";
    case 412:
        return "Precondition Failed";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 422:
        return "Unprocessable Content";
    case 428:
        return "Precondition Required";
    case 429:
        return "Too Many Requests";
    case 501:
        return "Not Implemented";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

unsigned
problem_retry_after_s(const struct problem *problem)
{
    unsigned status = problem_status(problem);
    if (status != 429 && status != 503)
        return 0;
    if (problem->retry_after_ms <= 1000)
        return 1;
    return (unsigned)((problem->retry_after_ms + 999) / 1000);
}

static void
add_member(struct buf *out, const char *name, const char *value)
{
    if (value == NULL || value[0] == 0)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, value, strlen(value));
}

/* As JSON writes a common.v1.Problem. It came from another process, and no contract was asked: what
 * is no text is made one. */
static void
add_fault(struct buf *out, const Common__V1__Problem *fault)
{
    bool is_warning = fault->severity == COMMON__V1__PROBLEM__SEVERITY__WARNING;
    buf_printf(out, "{\"severity\":\"%s\"", is_warning ? "WARNING" : "ERROR");
    add_member(out, "reason", fault->reason);
    add_member(out, "file", fault->file);
    if (fault->line > 0)
        buf_printf(out, ",\"line\":%d", fault->line);
    if (fault->column > 0)
        buf_printf(out, ",\"column\":%d", fault->column);
    add_member(out, "clause_id", fault->clause_id);
    add_member(out, "message", fault->message);
    add_member(out, "suggestion", fault->suggestion);
    buf_add_char(out, '}');
}

static void
add_faults(struct buf *out, const struct call_problems *problems)
{
    buf_add_text(out, ",\"problems\":[");
    for (size_t i = 0; i < problems->count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        add_fault(out, problems->list[i]);
    }
    buf_add_char(out, ']');
}

/* Apart from the members that mean something everywhere: services choose these names. */
static void
add_details(struct buf *out, const struct call_details *details)
{
    buf_add_text(out, ",\"details\":{");
    for (size_t i = 0; i < details->count; i++) {
        const char *name = details->list[i].name, *value = details->list[i].value;
        if (i > 0)
            buf_add_char(out, ',');
        buf_add_json(out, name, strlen(name));
        buf_add_char(out, ':');
        buf_add_json(out, value, strlen(value));
    }
    buf_add_char(out, '}');
}

/* What is told of a refusal, in whichever form. */
struct told {
    unsigned status;
    bool is_ours; /* it broke inside */
    const char *detail;
    const char *reason;
};

static struct told
tell(const struct problem *problem)
{
    static const char broke[] =
        "something broke that is not the request's fault; the trace id finds it in the logs";
    unsigned status = problem_status(problem);
    bool is_ours = status == 500;
    return (struct told){.status = status,
                         .is_ours = is_ours,
                         .detail = is_ours ? broke : problem->fault.message,
                         .reason = is_ours ? "INTERNAL" : problem->fault.reason};
}

void
problem_write(struct buf *out, const struct problem *problem)
{
    const struct fault *fault = &problem->fault;
    struct told told = tell(problem);
    bool is_ours = told.is_ours;
    buf_printf(out, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u",
               problem_title(told.status), told.status);
    add_member(out, "detail", told.detail);
    add_member(out, "reason", told.reason);
    add_member(out, "domain", problem->domain);
    add_member(out, "code", is_ours ? "INTERNAL" : err_name(fault->code));
    if (!is_ours) {
        add_member(out, "field", fault->field);
        if (fault->line > 0)
            buf_printf(out, ",\"line\":%d,\"column\":%d", fault->line, fault->column);
        if (problem->details.count > 0)
            add_details(out, &problem->details);
        if (problem->problems.count > 0)
            add_faults(out, &problem->problems);
    }
    add_member(out, "trace_id", problem->trace_id);
    buf_add_char(out, '}');
}

/* ---- the page ---- */

static void
add_row(struct buf *out, const char *name, const char *value)
{
    if (value == NULL || value[0] == 0)
        return;
    buf_printf(out, "<dt>%s<dd>", name);
    html_escape(out, value);
}

/* What it means to somebody who followed a link of a mail. */
static const char *
heading(const struct told *told)
{
    if (strcmp(told->reason, "LINK_EXPIRED") == 0)
        return "This link has ended";
    switch (told->status) {
    case 401:
    case 403:
        return "This link does not open this page";
    case 404:
        return "There is nothing here";
    case 429:
        return "Too many requests";
    case 503:
        return "This cannot be done right now";
    default:
        return problem_title(told->status);
    }
}

void
problem_write_page(struct buf *out, const struct problem *problem)
{
    struct told told = tell(problem);
    unsigned retry_after_s = problem_retry_after_s(problem);
    buf_printf(out,
               "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
               "<meta name=\"viewport\" content=\"width=device-width\"><title>%s</title>"
               "<style>body{max-width:36rem;margin:3rem auto;padding:0 1rem;"
               "font:1rem/1.5 system-ui,sans-serif}dt{font-weight:bold}</style></head>"
               "<body><main><h1>%s</h1><p>",
               heading(&told), heading(&told));
    html_escape(out, told.detail);
    buf_add_text(out, ".</p>");
    if (retry_after_s > 0)
        buf_printf(out, "<p>Please try again in %u s.</p>", retry_after_s);
    buf_printf(out, "<dl><dt>status<dd>%u %s", told.status, problem_title(told.status));
    add_row(out, "reason", told.reason);
    add_row(out, "field", told.is_ours ? NULL : problem->fault.field);
    add_row(out, "domain", problem->domain);
    add_row(out, "trace id", problem->trace_id);
    buf_add_text(out, "</dl></main></body></html>\n");
}
