/*
 * loadgen_plan - requests from a JSON file
 *
 * {"host": "127.0.0.1", "port": 8080, "first": 100000000000001, "count": 1000000,
 *  "headers": {"Authorization": "Bearer ..."},
 *  "kinds": [{"name": "claim", "weight": 20, "method": "POST", "path": "/v1/claims",
 *             "body": {"serial": "{number}"}}]}
 *
 * A POST gets `Idempotency-Key: {key}`. `{number}` and `{key}` may stand anywhere in path and body;
 * both have a fixed length, so that the text of a request is made once and only its holes are
 * filled.
 */
// SPDX-License-Identifier: Apache-2.0
#include "loadgen.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

enum { KEY_LENGTH = 36, NUMBER_LENGTH_MAX = 20 };

static const char NUMBER_MARK[] = "{number}";
static const char KEY_MARK[] = "{key}";

uint64_t
plan_random(uint64_t *state)
{
    uint64_t mixed = *state += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
}

/* ---- holes ---- */

static void
write_number(char *text, size_t length, uint64_t number)
{
    for (size_t i = length; i-- > 0; number /= 10)
        text[i] = (char)('0' + number % 10);
}

static void
write_key(char *text, uint64_t *random)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t bits = 0;
    for (size_t i = 0; i < KEY_LENGTH; i++) {
        if (i % 16 == 0)
            bits = plan_random(random);
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        text[i] = is_dash ? '-' : digits[bits >> (i % 16 * 4) & 15];
    }
}

static size_t
number_length(const struct plan *plan)
{
    char text[NUMBER_LENGTH_MAX + 1];
    return (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)plan->first);
}

/* Appends a text in which marks became holes. */
static void
add_text(const struct plan *plan, struct plan_kind *kind, struct buf *out, const char *text)
{
    while (*text != 0) {
        bool is_key = strncmp(text, KEY_MARK, sizeof KEY_MARK - 1) == 0;
        if (!is_key && strncmp(text, NUMBER_MARK, sizeof NUMBER_MARK - 1) != 0) {
            buf_add_char(out, *text++);
            continue;
        }
        CHECK(kind->hole_count < PLAN_HOLES_MAX);
        struct plan_hole *hole = &kind->holes[kind->hole_count++];
        *hole = (struct plan_hole){.offset = out->size_bytes,
                                   .length = is_key ? KEY_LENGTH : number_length(plan),
                                   .is_key = is_key};
        for (size_t i = 0; i < hole->length; i++)
            buf_add_char(out, '0');
        text += is_key ? sizeof KEY_MARK - 1 : sizeof NUMBER_MARK - 1;
    }
}

void
plan_write(const struct plan *plan, unsigned kind, uint64_t *random, char *ret_text)
{
    const struct plan_kind *chosen = &plan->kinds[kind];
    memcpy(ret_text, chosen->text, chosen->size_bytes);
    for (unsigned i = 0; i < chosen->hole_count; i++) {
        const struct plan_hole *hole = &chosen->holes[i];
        if (hole->is_key)
            write_key(ret_text + hole->offset, random);
        else
            write_number(ret_text + hole->offset, hole->length,
                         plan->first + plan_random(random) % plan->count);
    }
}

unsigned
plan_choose(const struct plan *plan, uint64_t *random)
{
    uint64_t at = plan_random(random) % plan->weight_sum;
    unsigned kind = 0;
    while (at >= plan->kinds[kind].weight)
        at -= plan->kinds[kind++].weight;
    return kind;
}

/* ---- reading ---- */

static void
add_headers(const struct plan *plan, struct plan_kind *kind, struct buf *out, json_t *headers)
{
    const char *name;
    json_t *value;
    buf_printf(out, " HTTP/1.1\r\nHost: %s:%u\r\n", plan->host, plan->port);
    json_object_foreach(headers, name, value)
        buf_printf(out, "%s: %s\r\n", name, json_string_value(value));
    if (strncmp(out->bytes, "POST ", 5) == 0)
        add_text(plan, kind, out, "Idempotency-Key: {key}\r\n");
}

/* The length of the body with its holes filled. */
static size_t
measure(const struct plan *plan, const char *body)
{
    struct plan_kind scratch = {0};
    struct buf out = {0};
    add_text(plan, &scratch, &out, body);
    size_t size_bytes = out.size_bytes;
    buf_free(&out);
    return size_bytes;
}

static bool
read_kind(struct plan *plan, json_t *json, json_t *headers)
{
    const char *name, *method, *path;
    int weight;
    json_t *body = NULL;
    if (json_unpack(json, "{s:s, s:i, s:s, s:s, s?:o}", "name", &name, "weight", &weight, "method",
                    &method, "path", &path, "body", &body) != 0 ||
        weight < 1 || plan->kind_count == PLAN_KINDS_MAX)
        return false;
    struct plan_kind *kind = &plan->kinds[plan->kind_count++];
    struct buf out = {0};
    buf_printf(&out, "%s ", method);
    add_text(plan, kind, &out, path);
    add_headers(plan, kind, &out, headers);
    if (body != NULL) {
        char *text = json_dumps(body, JSON_COMPACT);
        buf_printf(&out, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                   measure(plan, text));
        add_text(plan, kind, &out, text);
        free(text);
    } else {
        buf_add_text(&out, "\r\n");
    }
    kind->name = mem_copy_text(name);
    kind->weight = (unsigned)weight;
    kind->text = out.bytes;
    kind->size_bytes = out.size_bytes;
    plan->weight_sum += kind->weight;
    return true;
}

static bool
take(struct plan *plan, json_t *json)
{
    const char *host;
    int port;
    json_int_t first, count;
    json_t *headers, *kinds, *kind;
    size_t i;
    if (json_unpack(json, "{s:s, s:i, s:I, s:I, s:o, s:o}", "host", &host, "port", &port, "first",
                    &first, "count", &count, "headers", &headers, "kinds", &kinds) != 0 ||
        first < 1 || count < 1 || strlen(host) >= sizeof plan->host)
        return false;
    (void)snprintf(plan->host, sizeof plan->host, "%s", host);
    plan->port = (uint16_t)port;
    plan->first = (uint64_t)first;
    plan->count = (uint64_t)count;
    json_array_foreach(kinds, i, kind)
    {
        if (!read_kind(plan, kind, headers))
            return false;
    }
    return plan->kind_count > 0;
}

bool
plan_read(const char *path, struct plan *ret_plan)
{
    json_error_t error = {.text = "a field is missing or is not of its type"};
    json_t *json = json_load_file(path, 0, &error);
    *ret_plan = (struct plan){0};
    bool is_plan = json != NULL && take(ret_plan, json);
    if (!is_plan)
        fprintf(stderr, "loadgen: %s is no plan: %s\n", path, error.text);
    json_decref(json);
    return is_plan;
}

void
plan_free(struct plan *plan)
{
    for (unsigned i = 0; i < plan->kind_count; i++) {
        mem_free(plan->kinds[i].name);
        mem_free(plan->kinds[i].text);
    }
}
