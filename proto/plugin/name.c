/*
 * name - see name.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/name.h"

#include <ctype.h>
#include <string.h>

#include "proto/plugin/memory.h"
#include "proto/plugin/text.h"

static char
lower(char c)
{
    return (char)tolower((unsigned char)c);
}

static bool
is_upper(char c)
{
    return isupper((unsigned char)c) != 0;
}

char *
name_c_type(const char *full_name)
{
    struct text out = {0};
    bool is_start = true;
    for (const char *p = full_name; *p != '\0'; p++) {
        if (*p == '.')
            text_add(&out, "__");
        else if (*p != '_')
            text_add_char(&out, is_start ? (char)toupper((unsigned char)*p) : *p);
        is_start = *p == '.' || *p == '_';
    }
    return out.bytes;
}

/* A word border is where a capital follows something that is none; parts are joined by `joint`. */
static char *
join_snake(const char *full_name, const char *joint)
{
    struct text out = {0};
    bool was_upper = true;
    for (const char *p = full_name; *p != '\0'; p++) {
        if (*p == '.') {
            text_add(&out, "%s", joint);
            was_upper = true;
            continue;
        }
        if (is_upper(*p) && !was_upper)
            text_add_char(&out, '_');
        text_add_char(&out, lower(*p));
        was_upper = is_upper(*p);
    }
    return out.bytes;
}

char *
name_c_prefix(const char *full_name)
{
    return join_snake(full_name, "__");
}

char *
name_symbol(const char *full_name)
{
    return join_snake(full_name, "_");
}

char *
name_snake(const char *camel)
{
    return join_snake(camel, "_");
}

char *
name_lower(const char *text)
{
    char *copy = memory_copy(text, strlen(text));
    for (char *p = copy; *p != '\0'; p++)
        *p = lower(*p);
    return copy;
}

/* Words of the given kind of letters and digits, with single '_' between them. */
static bool
is_words(const char *name, int (*is_letter)(int))
{
    if (!is_letter((unsigned char)name[0]))
        return false;
    for (const char *p = name; *p != '\0'; p++) {
        bool is_word = is_letter((unsigned char)*p) || isdigit((unsigned char)*p);
        bool is_joint = *p == '_' && p[1] != '_' && p[1] != '\0';
        if (!is_word && !is_joint)
            return false;
    }
    return true;
}

bool
name_is_snake(const char *name)
{
    return is_words(name, islower);
}

bool
name_is_upper_snake(const char *name)
{
    return is_words(name, isupper);
}

bool
name_is_camel(const char *name)
{
    if (!is_upper(name[0]))
        return false;
    for (const char *p = name; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p))
            return false;
    return true;
}
