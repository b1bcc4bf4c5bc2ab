/*
 * json - writes JSON text, indented, member after member
 *
 * The caller opens and closes objects and lists; commas and indentation come by themselves. `key`
 * is NULL for the elements of a list and for the outermost value.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/plugin/text.h"

struct json {
    struct text text;
    unsigned depth;
    bool has_member; /* in the object or list that is open */
};

void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);
void json_open_list(struct json *json, const char *key);
void json_close_list(struct json *json);
void json_text(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);

/* {"$ref": "#/components/<part>/<name>"}, as a member of its own and as one of the open object. */
void json_ref(struct json *json, const char *key, const char *part, const char *name);
void json_ref_here(struct json *json, const char *part, const char *name);
