/*
 * json - see json.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/json.h"

#include <inttypes.h>

#include "proto/plugin/memory.h"

static void
begin_line(struct json *json)
{
    text_add_char(&json->text, '\n');
    for (unsigned i = 0; i < json->depth; i++)
        text_add(&json->text, "  ");
}

static void
begin_member(struct json *json, const char *key)
{
    if (json->has_member)
        text_add_char(&json->text, ',');
    if (json->depth > 0)
        begin_line(json);
    if (key != NULL) {
        text_add_json(&json->text, key);
        text_add(&json->text, ": ");
    }
    json->has_member = true;
}

static void
open_group(struct json *json, const char *key, char bracket)
{
    begin_member(json, key);
    text_add_char(&json->text, bracket);
    json->depth++;
    json->has_member = false;
}

static void
close_group(struct json *json, char bracket)
{
    json->depth--;
    if (json->has_member)
        begin_line(json);
    text_add_char(&json->text, bracket);
    if (json->depth == 0)
        text_add_char(&json->text, '\n');
    json->has_member = true;
}

void
json_open_object(struct json *json, const char *key)
{
    open_group(json, key, '{');
}

void
json_close_object(struct json *json)
{
    close_group(json, '}');
}

void
json_open_list(struct json *json, const char *key)
{
    open_group(json, key, '[');
}

void
json_close_list(struct json *json)
{
    close_group(json, ']');
}

void
json_text(struct json *json, const char *key, const char *value)
{
    begin_member(json, key);
    text_add_json(&json->text, value);
}

void
json_number(struct json *json, const char *key, int64_t value)
{
    begin_member(json, key);
    text_add(&json->text, "%" PRId64, value);
}

void
json_bool(struct json *json, const char *key, bool value)
{
    begin_member(json, key);
    text_add(&json->text, value ? "true" : "false");
}

void
json_ref_here(struct json *json, const char *part, const char *name)
{
    json_text(json, "$ref", memory_format("#/components/%s/%s", part, name));
}

void
json_ref(struct json *json, const char *key, const char *part, const char *name)
{
    json_open_object(json, key);
    json_ref_here(json, part, name);
    json_close_object(json);
}
