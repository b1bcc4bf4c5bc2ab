/*
 * contract_path - the way to a field, kept on the stack while a message is walked
 *
 * It costs a few words a level and becomes text ("items[3].sku") only where something is refused.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/err.h"

struct path {
    const struct path *parent; /* NULL at the top */
    const char *name;          /* of the field, or the map's key; NULL: an index */
    size_t index;
};

/* As fault_set with ERR_INVALID_ARGUMENT, naming the field at `path` (NULL: the whole message). */
enum err path_refuse(const struct path *path, const char *reason, struct fault *ret_fault,
                     const char *format, ...) PRINTF_LIKE(4, 5);
