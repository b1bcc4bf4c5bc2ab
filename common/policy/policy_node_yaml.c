/*
 * policy_node_yaml - libyaml's events to a tree
 *
 * libyaml is asked for one event at a time, so what is refused (an alias, a tag, a seventeenth
 * level) ends the reading before the rest of the file costs anything. Its marks count characters;
 * places count bytes, so a cursor walks along the text.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_node_private.h"

#include <string.h>
#include <yaml.h>

struct reading {
    struct policy_node_builder *builder;
    int document_count;
    /* Where the last mark was, so that the next is found from there. */
    const char *line_start;
    size_t line;
    const char *at;
    size_t column; /* characters from line_start to `at` */
};

static bool
is_follow_byte(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Moves to the beginning of another line. */
static void
seek_line(struct reading *reading, size_t line)
{
    const char *text = reading->builder->text;
    const char *at = reading->line_start;
    for (; reading->line > line; reading->line--) {
        const char *before = memrchr(text, '\n', (size_t)(at - 1 - text));
        at = before == NULL ? text : before + 1;
    }
    for (; reading->line < line; reading->line++) {
        const char *end = memchr(at, '\n', (size_t)(reading->builder->end - at));
        if (end == NULL)
            break;
        at = end + 1;
    }
    reading->line_start = at;
    reading->at = at;
    reading->column = 0;
}

static struct policy_place
place_of(struct reading *reading, yaml_mark_t mark)
{
    if (mark.line != reading->line || mark.column < reading->column)
        seek_line(reading, mark.line);
    const char *end = reading->builder->end;
    while (reading->column < mark.column && reading->at < end && *reading->at != '\n') {
        reading->at++;
        while (reading->at < end && is_follow_byte(*reading->at))
            reading->at++;
        reading->column++;
    }
    return (struct policy_place){reading->builder->file, (int)reading->line + 1,
                                 (int)(reading->at - reading->line_start) + 1};
}

/* Tabs at the beginning of a line mean different things to different readers of YAML, mostly
 * nothing. */
static bool
check_tabs(struct policy_node_builder *builder)
{
    struct policy_place place = {builder->file, 1, 1};
    for (const char *line = builder->text; line < builder->end; place.line++) {
        const char *at = line;
        while (at < builder->end && *at == ' ')
            at++;
        place.column = (int)(at - line) + 1;
        if (at < builder->end && *at == '\t')
            return policy_node_fail(builder, place, "TAB_REFUSED",
                                    "a tab at the beginning of a line; indent with spaces");
        const char *end = memchr(at, '\n', (size_t)(builder->end - at));
        line = end == NULL ? builder->end : end + 1;
    }
    return true;
}

/* libyaml's words, with a hint where its words help nobody. */
static bool
fail_syntax(struct reading *reading, const yaml_parser_t *parser)
{
    const char *what = parser->problem == NULL ? "the text is no YAML" : parser->problem;
    const char *hint = "";
    if (strstr(what, "mapping values are not allowed") != NULL)
        hint = "; a text that holds \": \" needs quotes";
    else if (strstr(what, "cannot start any token") != NULL)
        hint = "; a text that begins with such a character needs quotes";
    else if (strstr(what, "expected ',' or") != NULL)
        hint = "; is a bracket not closed, or does a text need quotes?";
    return policy_node_fail(reading->builder, place_of(reading, parser->problem_mark),
                            "YAML_MALFORMED", "%s%s", what, hint);
}

static bool
start_document(struct reading *reading, const yaml_event_t *event, struct policy_place place)
{
    if (reading->document_count++ > 0)
        return policy_node_fail(reading->builder, place, "DOCUMENT_SECOND",
                                "a second document begins here; a file holds one");
    if (event->data.document_start.version_directive != NULL ||
        event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end)
        return policy_node_fail(reading->builder, place, "DIRECTIVE_REFUSED",
                                "directives (%%YAML, %%TAG) are not taken");
    return true;
}

/* What may stand before any value, and never does here. */
static bool
check_properties(struct reading *reading, const yaml_char_t *anchor, const yaml_char_t *tag,
                 struct policy_place place)
{
    if (anchor != NULL)
        return policy_node_fail(reading->builder, place, "ANCHOR_REFUSED",
                                "anchors and aliases (&%.32s) are not taken; write the value out",
                                (const char *)anchor);
    if (tag != NULL)
        return policy_node_fail(reading->builder, place, "TAG_REFUSED",
                                "tags (%.32s) are not taken; kinds come from the catalogue",
                                (const char *)tag);
    return true;
}

/* A map needs a key before each value; a key is a scalar. */
static bool
is_key_due(struct reading *reading)
{
    const struct policy_node_level *level = policy_node_top(reading->builder);
    return level != NULL && level->node->kind == POLICY_NODE_MAP && level->key == NULL;
}

static bool
open_node(struct reading *reading, enum policy_node_kind kind, bool is_flow,
          struct policy_place place)
{
    if (is_key_due(reading))
        return policy_node_fail(reading->builder, place, "KEY_NOT_SCALAR",
                                "a map or a list cannot be a key; quote a text that begins with a "
                                "bracket or brace");
    return policy_node_open(reading->builder, kind, is_flow, place);
}

static bool
add_key(struct reading *reading, const yaml_event_t *event, struct policy_place place)
{
    const char *text = (const char *)event->data.scalar.value;
    if (strcmp(text, "<<") == 0 && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return policy_node_fail(reading->builder, place, "MERGE_REFUSED",
                                "merge keys (<<) are not taken; write the values out");
    return policy_node_key(reading->builder, text, event->data.scalar.length, place);
}

/* In braces a comma ends a value: `{text: we repair, replace or refund}` has a second key, "replace
 * or refund", without a value. Reading goes on without it. */
static void
refuse_missing_value(struct reading *reading, struct policy_node_level *level)
{
    const struct policy_node *before = level->last;
    if (before != NULL && before->kind == POLICY_NODE_SCALAR && !before->is_quoted)
        (void)policy_node_fail(reading->builder, level->key_place, "VALUE_CUT",
                               "\"%.48s\" has no value: in {...} a comma ends a value, and a text "
                               "with a comma needs quotes, as %.32s: \"%.48s, %.48s\"",
                               level->key, before->key, before->text, level->key);
    else
        (void)policy_node_fail(reading->builder, level->key_place, "VALUE_CUT",
                               "\"%.64s\" has no value; a text with a comma, or with a brace at "
                               "its beginning, needs quotes",
                               level->key);
    level->key = NULL;
}

static bool
add_scalar(struct reading *reading, const yaml_event_t *event, struct policy_place place)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t size_bytes = event->data.scalar.length;
    size_t offset;
    if (policy_node_has_control(text, size_bytes, &offset))
        return policy_node_fail(reading->builder, place, "CHARACTER_REFUSED",
                                "the text holds an escaped character that does not print");
    if (is_key_due(reading))
        return add_key(reading, event, place);
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool is_null = is_plain && size_bytes == 0;
    struct policy_node_level *level = policy_node_top(reading->builder);
    if (is_null && level != NULL && level->is_flow && level->node->kind == POLICY_NODE_MAP) {
        refuse_missing_value(reading, level);
        return true;
    }
    return policy_node_scalar(reading->builder, text, size_bytes, !is_plain, is_null, place);
}

static bool
take_event(struct reading *reading, const yaml_event_t *event)
{
    struct policy_place place = place_of(reading, event->start_mark);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return start_document(reading, event, place);
    case YAML_ALIAS_EVENT:
        return policy_node_fail(reading->builder, place, "ALIAS_REFUSED",
                                "aliases (*%.32s) are not taken; write the value out",
                                (const char *)event->data.alias.anchor);
    case YAML_SCALAR_EVENT:
        return check_properties(reading, event->data.scalar.anchor, event->data.scalar.tag,
                                place) &&
               add_scalar(reading, event, place);
    case YAML_SEQUENCE_START_EVENT:
        return check_properties(reading, event->data.sequence_start.anchor,
                                event->data.sequence_start.tag, place) &&
               open_node(reading, POLICY_NODE_LIST,
                         event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE, place);
    case YAML_MAPPING_START_EVENT:
        return check_properties(reading, event->data.mapping_start.anchor,
                                event->data.mapping_start.tag, place) &&
               open_node(reading, POLICY_NODE_MAP,
                         event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE, place);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return policy_node_close(reading->builder);
    default:
        return true;
    }
}

static bool
read_events(struct reading *reading, yaml_parser_t *parser)
{
    for (;;) {
        yaml_event_t event;
        if (yaml_parser_parse(parser, &event) == 0)
            return fail_syntax(reading, parser);
        yaml_event_type_t type = event.type;
        bool is_fine = take_event(reading, &event);
        yaml_event_delete(&event);
        if (!is_fine)
            return false;
        if (type == YAML_STREAM_END_EVENT)
            return true;
    }
}

bool
policy_node_read_yaml(struct policy_node_builder *builder)
{
    if (!check_tabs(builder))
        return false;
    yaml_parser_t parser;
    CHECK(yaml_parser_initialize(&parser) != 0);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)builder->text,
                                 (size_t)(builder->end - builder->text));
    struct reading reading = {.builder = builder, .line_start = builder->text, .at = builder->text};
    bool is_fine = read_events(&reading, &parser);
    yaml_parser_delete(&parser);
    if (is_fine && builder->root == NULL)
        return policy_node_fail(builder, (struct policy_place){builder->file, 0, 0}, "FILE_EMPTY",
                                "the file is empty");
    return is_fine;
}
