/*
 * err - names of outcomes, and refusals in words
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/err.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const names[] = {
    [OK] = "OK",
    [ERR_CANCELLED] = "CANCELLED",
    [ERR_UNKNOWN] = "UNKNOWN",
    [ERR_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
    [ERR_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
    [ERR_NOT_FOUND] = "NOT_FOUND",
    [ERR_ALREADY_EXISTS] = "ALREADY_EXISTS",
    [ERR_PERMISSION_DENIED] = "PERMISSION_DENIED",
    [ERR_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
    [ERR_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
    [ERR_ABORTED] = "ABORTED",
    [ERR_OUT_OF_RANGE] = "OUT_OF_RANGE",
    [ERR_UNIMPLEMENTED] = "UNIMPLEMENTED",
    [ERR_INTERNAL] = "INTERNAL",
    [ERR_UNAVAILABLE] = "UNAVAILABLE",
    [ERR_DATA_LOSS] = "DATA_LOSS",
    [ERR_UNAUTHENTICATED] = "UNAUTHENTICATED",
    [ERR_KEY_USED] = "KEY_USED",
};

const char *
err_name(enum err err)
{
    if ((size_t)err < COUNT_OF(names) && names[err] != NULL)
        return names[err];
    return "UNNAMED";
}

/* Every outcome is named, so that the compiler asks of a new one which it is. */
bool
err_may_pass(enum err err)
{
    switch (err) {
    case ERR_CANCELLED:
    case ERR_UNKNOWN:
    case ERR_DEADLINE_EXCEEDED:
    case ERR_RESOURCE_EXHAUSTED:
    case ERR_ABORTED:
    case ERR_UNAVAILABLE:
        return true;
    case OK:
    case ERR_INVALID_ARGUMENT:
    case ERR_NOT_FOUND:
    case ERR_ALREADY_EXISTS:
    case ERR_PERMISSION_DENIED:
    case ERR_FAILED_PRECONDITION:
    case ERR_OUT_OF_RANGE:
    case ERR_UNIMPLEMENTED:
    case ERR_INTERNAL:
    case ERR_DATA_LOSS:
    case ERR_UNAUTHENTICATED:
    case ERR_KEY_USED:
        return false;
    }
    return false;
}

enum err
fault_set(struct fault *fault, enum err code, const char *reason, const char *format, ...)
{
    *fault = (struct fault){.code = code};
    snprintf(fault->reason, sizeof fault->reason, "%s", reason);
    va_list args;
    va_start(args, format);
    vsnprintf(fault->message, sizeof fault->message, format, args);
    va_end(args);
    return code;
}
