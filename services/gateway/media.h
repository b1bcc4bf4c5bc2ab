/*
 * media - media types of bodies (RFC 9110, 8.3)
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

enum { MEDIA_TYPE_SIZE = 128 };

/* Reads a Content-Type: `ret_type` (MEDIA_TYPE_SIZE bytes) is the type in lower case, without
 * parameters. False: it is none, or names a charset other than UTF-8. */
bool media_read(const char *header, char *ret_type);

/* application/json, or application/<anything>+json. */
bool media_is_json(const char *type);

/* Whether `list`, which ends with NULL, has exactly this text. */
bool media_is_listed(const char *const *list, const char *type);

/* How much an Accept header wants `type` (RFC 9110, 12.5.1), in thousandths, by the closest range
 * that it has; 0: not at all, also where there is no header. */
unsigned media_quality(const char *accept, const char *type);

/* Content-Disposition for saving under `file_name` (RFC 6266, 8187): ASCII for old browsers, UTF-8
 * for all others. */
struct buf;
void media_write_disposition(struct buf *out, const char *file_name);
