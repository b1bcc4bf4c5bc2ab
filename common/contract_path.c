/*
 * contract_path - the way to a field as text
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/contract_path.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Adds to the text in `ret_text`; what does not fit is cut. */
static void
print_path(const struct path *path, char *ret_text, size_t room_bytes)
{
    if (path == NULL)
        return;
    print_path(path->parent, ret_text, room_bytes);
    size_t used_bytes = strlen(ret_text);
    char *end = ret_text + used_bytes;
    if (path->name != NULL)
        snprintf(end, room_bytes - used_bytes, "%s%s", used_bytes > 0 ? "." : "", path->name);
    else
        snprintf(end, room_bytes - used_bytes, "[%zu]", path->index);
}

enum err
path_refuse(const struct path *path, const char *reason, struct fault *ret_fault,
            const char *format, ...)
{
    char message[ERR_MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    fault_set(ret_fault, ERR_INVALID_ARGUMENT, reason, "%s", message);
    print_path(path, ret_fault->field, sizeof ret_fault->field);
    return ERR_INVALID_ARGUMENT;
}
