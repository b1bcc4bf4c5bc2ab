/*
 * cli_policy_schema - aftercare policy schema: the catalogue, as YAML for authors or JSON for tools
 *
 * Both are one tree: the JSON is built from the program's tables, and the YAML is that JSON with a
 * row for each entry. Texts that YAML could take for something else stay in quotes.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/policy_decide.h"

enum { NAME_COLUMNS = 40, SCHEMA_FORMAT = 1 };

/* ---- the tree ---- */

static void
add_list_item(struct buf *json, const char *text)
{
    if (json->bytes[json->size_bytes - 1] != '[')
        buf_add_char(json, ',');
    buf_add_json(json, text, strlen(text));
}

static void
open_key(struct buf *json, const char *key, char bracket)
{
    cli_json_key(json, key);
    buf_add_char(json, bracket);
}

static void
add_kinds(struct buf *json)
{
    open_key(json, "kinds", '[');
    for (int i = 0; i < POLICY_KIND_COUNT; i++)
        add_list_item(json, policy_kind_name((enum policy_kind)i));
    buf_add_char(json, ']');
    open_key(json, "questions", '[');
    for (int i = 0; i < POLICY_QUESTION_COUNT; i++)
        add_list_item(json, policy_question_name((enum policy_question)i));
    buf_add_char(json, ']');
}

static void
add_axes(struct buf *json)
{
    static const char *const sources[] = {[POLICY_AXIS_DECLARED] = "tree",
                                          [POLICY_AXIS_LISTED] = "list",
                                          [POLICY_AXIS_OPEN] = "open"};
    open_key(json, "axes", '{');
    for (int i = 0; i < POLICY_AXIS_COUNT; i++) {
        const struct policy_axis_row *row = policy_axis_row((enum policy_axis)i);
        open_key(json, row->name, '{');
        cli_json_text(json, "values", sources[row->source]);
        if (row->list != NULL && strcmp(row->list, row->name) != 0)
            cli_json_text(json, "list", row->list);
        cli_json_text(json, "sentence", row->sentence);
        buf_add_char(json, '}');
    }
    buf_add_char(json, '}');
}

static void
add_parameter(struct buf *json, const struct policy_parameter_row *row)
{
    open_key(json, row->name, '{');
    cli_json_text(json, "kind", policy_kind_name(row->kind));
    cli_json_text(json, "better",
                  row->better == POLICY_RANKED ? row->ranking : policy_better_name(row->better));
    cli_json_text(json, "moment", policy_moment_name(row->moment));
    if (row->list != NULL && row->list[0] != 0)
        cli_json_text(json, "list", row->list);
    open_key(json, "also", '[');
    for (int i = POLICY_NONE; i <= POLICY_NOT_OFFERED; i++)
        if ((row->also >> i & 1) != 0)
            add_list_item(json, policy_absence_name((enum policy_absence)i));
    if ((row->also & POLICY_WORKING_TIME) != 0)
        add_list_item(json, "working_time");
    buf_add_char(json, ']');
    open_key(json, "axes", '[');
    for (int i = 0; i < POLICY_AXIS_COUNT; i++)
        if ((row->axes & 1U << i) != 0)
            add_list_item(json, policy_axis_row((enum policy_axis)i)->name);
    buf_add_text(json, "]}");
}

static void
add_lists(struct buf *json)
{
    const struct policy_list_row *rows;
    size_t count = policy_list_rows(&rows);
    open_key(json, "lists", '{');
    for (size_t i = 0; i < count; i++) {
        open_key(json, rows[i].name, '{');
        open_key(json, "codes", '[');
        for (const char *const *code = rows[i].codes; *code != NULL; code++)
            add_list_item(json, *code);
        buf_add_char(json, ']');
        cli_json_flag(json, "extended_by_policy", rows[i].is_extended);
        buf_add_char(json, '}');
    }
    buf_add_char(json, '}');
}

static void
add_facts(struct buf *json)
{
    static const char *const kinds[] = {
        [POLICY_FACT_CODE] = "code", [POLICY_FACT_FLAG] = "flag", [POLICY_FACT_NUMBER] = "number",
        [POLICY_FACT_DATE] = "date", [POLICY_FACT_TIME] = "time", [POLICY_FACT_MONEY] = "money",
        [POLICY_FACT_TEXT] = "text",
    };
    const struct policy_fact_row *rows;
    size_t count = policy_fact_rows(&rows);
    open_key(json, "facts", '{');
    for (size_t i = 0; i < count; i++) {
        CHECK((size_t)rows[i].kind < COUNT_OF(kinds));
        open_key(json, rows[i].name, '{');
        cli_json_text(json, "kind", kinds[rows[i].kind]);
        if (rows[i].list != NULL)
            cli_json_text(json, "list", rows[i].list);
        cli_json_text(json, "sentence", rows[i].sentence);
        buf_add_char(json, '}');
    }
    buf_add_char(json, '}');
}

static void
add_fee_units(struct buf *json)
{
    const struct policy_fee_unit_row *rows;
    size_t count = policy_fee_unit_rows(&rows);
    open_key(json, "fee_units", '{');
    for (size_t i = 0; i < count; i++) {
        open_key(json, rows[i].name, '{');
        cli_json_text(json, "written", rows[i].is_base ? "% of" : "per");
        cli_json_text(json, "fact", rows[i].fact);
        if (rows[i].scale != 1)
            cli_json_number(json, "scale", rows[i].scale);
        buf_add_char(json, '}');
    }
    buf_add_char(json, '}');
}

static void
add_catalogue(struct buf *json)
{
    buf_add_char(json, '{');
    cli_json_number(json, "format", SCHEMA_FORMAT);
    add_kinds(json);
    add_axes(json);
    open_key(json, "parameters", '{');
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++)
        add_parameter(json, policy_parameter_row((enum policy_parameter)i));
    buf_add_char(json, '}');
    add_lists(json);
    add_facts(json);
    add_fee_units(json);
    buf_add_char(json, '}');
}

/* ---- as YAML ---- */

/* Words that any reader of YAML takes for a text. */
static bool
is_plain(const char *text)
{
    static const char *const words[] = {"yes", "no", "on", "off", "true", "false", "null"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(text, words[i]) == 0)
            return false;
    return text[0] >= 'a' && text[0] <= 'z' &&
           text[strspn(text,
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./ ")] == 0;
}

/* Written within one line. */
static void
print_flow(const json_t *value, struct buf *out)
{
    const char *key;
    const json_t *child;
    size_t i;
    if (json_is_object(value)) {
        buf_add_char(out, '{');
        json_object_foreach((json_t *)value, key, child)
        {
            if (out->bytes[out->size_bytes - 1] != '{')
                buf_add_text(out, ", ");
            buf_printf(out, "%s: ", key);
            print_flow(child, out);
        }
        buf_add_char(out, '}');
    } else if (json_is_array(value)) {
        buf_add_char(out, '[');
        json_array_foreach(value, i, child)
        {
            buf_add_text(out, i > 0 ? ", " : "");
            print_flow(child, out);
        }
        buf_add_char(out, ']');
    } else if (json_is_string(value) && is_plain(json_string_value(value))) {
        buf_add_text(out, json_string_value(value));
    } else {
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        buf_add_text(out, text);
        free(text);
    }
}

/* A row for each entry of each part. */
static void
print_yaml(const json_t *tree, struct buf *out)
{
    const char *part_name;
    const char *name;
    const json_t *part;
    const json_t *entry;
    json_object_foreach((json_t *)tree, part_name, part)
    {
        buf_printf(out, "%s:", part_name);
        if (!json_is_object(part)) {
            buf_add_char(out, ' ');
            print_flow(part, out);
            buf_add_char(out, '\n');
            continue;
        }
        buf_add_char(out, '\n');
        json_object_foreach((json_t *)part, name, entry)
        {
            int columns = NAME_COLUMNS - (int)strlen(name) - 1;
            buf_printf(out, "  %s:%*s", name, columns < 1 ? 1 : columns, "");
            print_flow(entry, out);
            buf_add_char(out, '\n');
        }
    }
}

int
cli_policy_schema(struct cli_policy *run)
{
    struct buf json = {0};
    struct buf yaml = {0};
    add_catalogue(&json);
    if (run->options[CLI_OPTION_JSON] != NULL) {
        cli_policy_print_json(run, &json);
    } else {
        json_t *tree = json_loadb(json.bytes, json.size_bytes, 0, NULL);
        CHECK(tree != NULL);
        print_yaml(tree, &yaml);
        fputs(buf_text(&yaml), run->out);
        json_decref(tree);
    }
    buf_free(&yaml);
    buf_free(&json);
    return CLI_FINE;
}
