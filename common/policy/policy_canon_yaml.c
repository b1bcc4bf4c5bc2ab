/*
 * policy_canon_yaml - the canonical form as YAML
 *
 * The same tree in the same order, laid out for people: blocks, two spaces a level, and a list of
 * short words in one line. A text stands plain only where every reader of YAML takes it for that
 * text and nothing else; all others are in double quotes, in which JSON's escapes mean the same. So
 * what is written reads back to the same tree.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_canon.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { INDENT = 2, FLOW_BYTES_MAX = 80 };

/* Words that YAML's readers take for something else than a text. */
static bool
is_reserved(const char *text)
{
    static const char *const words[] = {"y",     "n",  "yes", "no",  "true",
                                        "false", "on", "off", "null"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

/* "material_defect", "1 year": letters, digits and a few signs that mean nothing in YAML. One that
 * begins with a digit needs a blank, or it might be a number. */
static bool
is_plain(const char *text)
{
    size_t size = strlen(text);
    if (size == 0 || is_reserved(text))
        return false;
    if (!isalpha((unsigned char)text[0]) &&
        !(isdigit((unsigned char)text[0]) && strchr(text, ' ') != NULL))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)text[i]) && strchr("_-./ +%", text[i]) == NULL)
            return false;
    return text[size - 1] != ' ';
}

static void
add_text(const char *text, struct buf *out)
{
    if (is_plain(text))
        buf_add_text(out, text);
    else
        buf_add_json(out, text, strlen(text));
}

static void
add_scalar(const struct policy_node *node, struct buf *out)
{
    CHECK(!node->is_null); /* what is absent is left out of the form, or is a word */
    if (node->is_quoted)
        add_text(node->text, out);
    else
        buf_add_text(out, node->text); /* a number */
}

static void
add_line(int depth, struct buf *out)
{
    buf_add_char(out, '\n');
    for (int i = 0; i < depth * INDENT; i++)
        buf_add_char(out, ' ');
}

/* Whether a list is a few short words. */
static bool
is_flow(const struct policy_node *list)
{
    size_t size_bytes = 0;
    for (const struct policy_node *item = list->children; item != NULL; item = item->next) {
        if (item->kind != POLICY_NODE_SCALAR)
            return false;
        size_bytes += strlen(item->text) + 2;
    }
    return size_bytes <= FLOW_BYTES_MAX;
}

static void
add_flow(const struct policy_node *list, struct buf *out)
{
    buf_add_char(out, '[');
    for (const struct policy_node *item = list->children; item != NULL; item = item->next) {
        if (item != list->children)
            buf_add_text(out, ", ");
        add_scalar(item, out);
    }
    buf_add_char(out, ']');
}

static void add_node(const struct policy_node *node, int depth, struct buf *out);

/* `is_begun`: the first entry stands in the line that is being written, behind the dash of a list.
 */
static void
add_map(const struct policy_node *map, int depth, bool is_begun, struct buf *out)
{
    for (const struct policy_node *child = map->children; child != NULL; child = child->next) {
        if (child != map->children || !is_begun)
            add_line(depth, out);
        add_text(child->key, out);
        buf_add_char(out, ':');
        add_node(child, depth + 1, out);
    }
}

static void
add_list(const struct policy_node *list, int depth, struct buf *out)
{
    for (const struct policy_node *item = list->children; item != NULL; item = item->next) {
        add_line(depth, out);
        buf_add_char(out, '-');
        if (item->kind == POLICY_NODE_MAP && item->child_count > 0) {
            buf_add_char(out, ' ');
            add_map(item, depth + 1, true, out);
        } else {
            add_node(item, depth + 1, out);
        }
    }
}

/* What stands behind a key or a dash. Calls itself through maps and lists, at most POLICY_DEPTH_MAX
 * deep. */
static void
add_node(const struct policy_node *node, int depth, struct buf *out)
{
    if (node->kind == POLICY_NODE_SCALAR) {
        buf_add_char(out, ' ');
        add_scalar(node, out);
    } else if (node->child_count == 0) {
        buf_add_text(out, node->kind == POLICY_NODE_MAP ? " {}" : " []");
    } else if (node->kind == POLICY_NODE_MAP) {
        add_map(node, depth, false, out);
    } else if (is_flow(node)) {
        buf_add_char(out, ' ');
        add_flow(node, out);
    } else {
        add_list(node, depth, out);
    }
}

void
policy_canon_write_yaml(const struct policy *policy, struct buf *out)
{
    CHECK(policy->tree != NULL);
    add_map(policy->tree, 0, true, out);
    buf_add_char(out, '\n');
}
