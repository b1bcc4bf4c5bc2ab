/*
 * problem - two small tables decide the status; everything else is writing
 */
// SPDX-License-Identifier: Apache-2.0
#include "problem.h"

#include <string.h>

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

void
problem_write(struct buf *out, const struct problem *problem)
{
    const struct fault *fault = &problem->fault;
    unsigned status = problem_status(problem);
    bool is_ours = status == 500;
    buf_printf(out, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u",
               problem_title(status), status);
    add_member(
        out, "detail",
        is_ours
            ? "something broke that is not the request's fault; the trace id finds it in the logs"
            : fault->message);
    add_member(out, "reason", is_ours ? "INTERNAL" : fault->reason);
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
