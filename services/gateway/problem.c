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
    {"VERSION_MISMATCH", 412},
    {"BODY_TOO_LARGE", 413},
    {"JSON_TOO_LARGE", 413},
    {"MEDIA_TYPE_UNSUPPORTED", 415},
    {"IDEMPOTENCY_KEY_REUSED", 422},
    {"IF_MATCH_MISSING", 428},
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
problem_status(const struct fault *fault)
{
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
    unsigned status = problem_status(&problem->fault);
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

void
problem_write(struct buf *out, const struct problem *problem)
{
    const struct fault *fault = &problem->fault;
    unsigned status = problem_status(fault);
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
    }
    add_member(out, "trace_id", problem->trace_id);
    buf_add_char(out, '}');
}
