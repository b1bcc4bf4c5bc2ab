/*
 * policy_canon - the canonical form of a version, and its digest
 *
 * policy_canon_make writes everything that was read as JSON, values in their canonical text and
 * texts by language, reads that back into a tree, and sorts the maps of the tree: so the order of
 * keys is no concern of the writers, what is printed can be read, and it keeps the limits of a
 * publication. Printing the tree gives the bytes that the digest is of.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_canon.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/policy/policy_canon_parts.h"
#include "common/policy/policy_node_private.h"

enum { NUMBER_TEXT_SIZE = 24 };

/* ---- printing a tree ---- */

static void
print_node(const struct policy_node *node, struct buf *out)
{
    if (node->kind == POLICY_NODE_SCALAR) {
        if (node->is_null)
            buf_add_text(out, "null");
        else if (node->is_quoted)
            buf_add_json(out, node->text, strlen(node->text));
        else
            buf_add_text(out, node->text);
        return;
    }
    bool is_map = node->kind == POLICY_NODE_MAP;
    buf_add_char(out, is_map ? '{' : '[');
    for (const struct policy_node *child = node->children; child != NULL; child = child->next) {
        if (child != node->children)
            buf_add_char(out, ',');
        if (is_map) {
            buf_add_json(out, child->key, strlen(child->key));
            buf_add_char(out, ':');
        }
        print_node(child, out);
    }
    buf_add_char(out, is_map ? '}' : ']');
}

void
policy_canon_write(const struct policy *policy, struct buf *out)
{
    CHECK(policy->tree != NULL);
    print_node(policy->tree, out);
}

/* Puts a scalar into a map at its place by key. */
static void
insert(struct policy_node *map, struct policy_node *scalar)
{
    struct policy_node **at = &map->children;
    while (*at != NULL && strcmp((*at)->key, scalar->key) < 0)
        at = &(*at)->next;
    scalar->next = *at;
    *at = scalar;
}

void
policy_canon_write_as(const struct policy *policy, int64_t version, struct date effective_from,
                      struct buf *out)
{
    char number_text[NUMBER_TEXT_SIZE], date_text[DATE_TEXT_SIZE];
    struct policy_node number = {.kind = POLICY_NODE_SCALAR, .key = "version", .text = number_text};
    struct policy_node day = {
        .kind = POLICY_NODE_SCALAR, .key = "effective_from", .text = date_text, .is_quoted = true};
    /* Of the tree only the first level changes, so only that is copied. */
    struct policy_node root = {.kind = POLICY_NODE_MAP};
    struct policy_node *copies = mem_alloc(policy->tree->child_count * sizeof *copies);
    struct policy_node **end = &root.children;
    size_t count = 0;
    for (const struct policy_node *child = policy->tree->children; child; child = child->next) {
        if (strcmp(child->key, number.key) == 0 || strcmp(child->key, day.key) == 0)
            continue;
        copies[count] = *child;
        *end = &copies[count++];
        end = &(*end)->next;
    }
    *end = NULL;
    if (version > 0) {
        snprintf(number_text, sizeof number_text, "%lld", (long long)version);
        insert(&root, &number);
    }
    if (!date_is_absent(effective_from)) {
        date_print(effective_from, date_text);
        insert(&root, &day);
    }
    print_node(&root, out);
    mem_free(copies);
}

void
policy_canon_digest(const struct policy *policy, uint8_t ret_digest[POLICY_DIGEST_BYTES])
{
    _Static_assert(POLICY_DIGEST_BYTES == crypto_hash_sha256_BYTES, "the digest is a SHA-256");
    struct buf out = {0};
    policy_canon_write(policy, &out);
    crypto_hash_sha256(ret_digest, (const unsigned char *)out.bytes, out.size_bytes);
    buf_free(&out);
}

/* ---- writing ---- */

void
policy_canon_key(struct policy_canon *canon, const char *key)
{
    struct buf *out = canon->out;
    if (out->size_bytes > 0 && strchr("{[:", out->bytes[out->size_bytes - 1]) == NULL)
        buf_add_char(out, ',');
    if (key == NULL)
        return;
    buf_add_json(out, key, strlen(key));
    buf_add_char(out, ':');
}

void
policy_canon_open(struct policy_canon *canon, const char *key, char bracket)
{
    if (canon->out->size_bytes > 0)
        policy_canon_key(canon, key);
    buf_add_char(canon->out, bracket);
}

void
policy_canon_close(struct policy_canon *canon, char bracket)
{
    buf_add_char(canon->out, bracket);
}

void
policy_canon_text(struct policy_canon *canon, const char *key, const char *text)
{
    policy_canon_key(canon, key);
    buf_add_json(canon->out, text, strlen(text));
}

void
policy_canon_number(struct policy_canon *canon, const char *key, int64_t number)
{
    policy_canon_key(canon, key);
    buf_printf(canon->out, "%lld", (long long)number);
}

void
policy_canon_date(struct policy_canon *canon, const char *key, struct date date)
{
    char text[DATE_TEXT_SIZE];
    if (date_is_absent(date))
        return;
    date_print(date, text);
    policy_canon_text(canon, key, text);
}

/* Tests one by one: policy_value_print sorts them, but they are printed and looked at in the order
 * written, which therefore means something. */
static void
write_tests(struct policy_canon *canon, const struct policy_value *value)
{
    policy_canon_open(canon, NULL, '[');
    for (size_t i = 0; i < value->tests.count; i++) {
        struct policy_value one = *value;
        one.tests.items = &value->tests.items[i];
        one.tests.count = 1;
        const char *text = policy_value_print(canon->arena, &one);
        policy_canon_key(canon, NULL);
        buf_add(canon->out, text + 1, strlen(text) - 2);
    }
    policy_canon_close(canon, ']');
}

/* Lists of maps print as JSON, everything else as a text. */
void
policy_canon_value(struct policy_canon *canon, const char *key, const struct policy_value *value)
{
    policy_canon_key(canon, key);
    if (value->kind == POLICY_TESTS && value->absence == POLICY_PRESENT) {
        write_tests(canon, value);
        return;
    }
    const char *text = policy_value_print(canon->arena, value);
    if (text[0] == '[')
        buf_add_text(canon->out, text);
    else
        buf_add_json(canon->out, text, strlen(text));
}

void
policy_canon_when(struct policy_canon *canon, const char *key, const struct policy_when *when)
{
    policy_canon_open(canon, key, '{');
    for (uint32_t left = when->named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        policy_canon_text(canon, policy_axis_row((enum policy_axis)axis)->name,
                          canon->policy->axes.values[when->values[axis]].code);
    }
    policy_canon_close(canon, '}');
}

/* As it was read, every scalar as a text. Calls itself, at most POLICY_DEPTH_MAX deep. */
void
policy_canon_copy(struct policy_canon *canon, const char *key, const struct policy_node *node)
{
    if (node->kind == POLICY_NODE_SCALAR) {
        policy_canon_text(canon, key, node->text);
        return;
    }
    bool is_map = node->kind == POLICY_NODE_MAP;
    policy_canon_open(canon, key, is_map ? '{' : '[');
    for (const struct policy_node *child = node->children; child != NULL; child = child->next)
        policy_canon_copy(canon, child->key, child);
    policy_canon_close(canon, is_map ? '}' : ']');
}

/* ---- the whole ---- */

static void
write_head(struct policy_canon *canon)
{
    const struct policy *policy = canon->policy;
    policy_canon_number(canon, "format", POLICY_FORMAT);
    policy_canon_text(canon, "policy", policy->name);
    if (policy->version > 0)
        policy_canon_number(canon, "version", policy->version);
    policy_canon_date(canon, "effective_from", policy->effective_from);
    policy_canon_date(canon, "also_for_sold_since", policy->also_for_sold_since);
    policy_canon_text(canon, "time_zone", zone_name(policy->zone));
    policy_canon_text(canon, "currency", policy->currency_code);
    policy_canon_open(canon, "languages", '[');
    for (size_t i = 0; i < policy->language_count; i++)
        policy_canon_text(canon, NULL, policy->languages[i]);
    policy_canon_close(canon, ']');
}

bool
policy_canon_make(struct policy_reader *reader)
{
    struct buf out = {0};
    struct policy_canon canon = {
        .out = &out, .arena = reader->arena, .policy = reader->policy, .reader = reader};
    policy_canon_open(&canon, NULL, '{');
    write_head(&canon);
    policy_canon_write_names(&canon);
    policy_canon_write_calendars(&canon);
    policy_canon_write_sections(&canon);
    policy_canon_write_packs(&canon);
    policy_canon_write_translations(&canon);
    policy_canon_close(&canon, '}');
    struct policy_file file = {
        .name = "publication", .bytes = out.bytes, .size_bytes = out.size_bytes};
    struct policy_node *tree =
        policy_node_parse(reader->arena, &file, POLICY_PUBLICATION_BYTES_MAX, reader->problems);
    buf_free(&out);
    if (tree == NULL)
        return false;
    policy_node_sort(reader->arena, tree);
    reader->policy->tree = tree;
    return true;
}
