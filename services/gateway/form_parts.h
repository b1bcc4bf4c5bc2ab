/*
 * form_parts - a form in the format of multipart/form-data (RFC 7578)
 *
 * Mail programs may post so what ends notices by one click (RFC 8058, 3.2). Parts are texts: a file
 * is refused. Pure.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"

/*
 * The same form as application/x-www-form-urlencoded, in the arena. `content_type` is the whole
 * header, of this type; `body` has no zero byte. NULL: it is not one, has no boundary, a part
 * without a name or with a file.
 */
char *form_parts_read(struct arena *arena, const char *content_type, const char *body,
                      size_t size_bytes);
