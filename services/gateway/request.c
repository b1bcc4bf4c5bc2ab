/*
 * request - from HTTP to the method's message: body, path, query, form, If-Match, Idempotency-Key
 *
 * The path decides: a field that it names may be left out of the body, and must not contradict it.
 * What a page posts is read by the rules of queries.
 *
 * No browser sends an Idempotency-Key. Where a link opens the method, what is asked is its own key:
 * the same thing sent twice by one link has one effect, another thing reaches the service.
 */
// SPDX-License-Identifier: Apache-2.0
#include "gateway.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/pack.h"
#include "common/v1/envelope.pb-c.h"
#include "event_stream.h"
#include "key.h"
#include "media.h"

enum { FORM_FIELDS_MAX = 100, ACCEPT_LANGUAGE_MAX = 500 };

static enum err
refuse(struct exchange *exchange, const char *reason, const char *sentence)
{
    return exchange_refuse(exchange, ERR_INVALID_ARGUMENT, reason, "%s", sentence);
}

static enum err
refuse_field(struct exchange *exchange, const char *field, const char *reason, const char *sentence)
{
    refuse(exchange, reason, sentence);
    snprintf(exchange->fault.field, sizeof exchange->fault.field, "%s", field);
    return ERR_INVALID_ARGUMENT;
}

/* Sets a field from a text of the path or the query. A client that sent no JSON is not told of
 * JSON. */
static enum err
set_field(struct exchange *exchange, int field, const char *value, const char *reason)
{
    enum err err = json_read_field(exchange->arena, exchange->match.route->method->request,
                                   exchange->req, field, value, &exchange->fault);
    if (err == ERR_INVALID_ARGUMENT && strncmp(exchange->fault.reason, "JSON_", 5) == 0)
        snprintf(exchange->fault.reason, sizeof exchange->fault.reason, "%s", reason);
    return err;
}

/* ---- the body ---- */

static enum err
read_body(struct exchange *exchange)
{
    const struct contract_route *route = exchange->match.route;
    const struct contract_message *contract = route->method->request;
    size_t size_bytes;
    if (route->consumes != NULL || route->is_form) { /* read by upload.c, or beside the query */
        exchange->req = json_new_message(exchange->arena, contract);
        return OK;
    }
    const char *body = http_body(exchange->http, &size_bytes);
    if (size_bytes == 0) {
        exchange->req = json_new_message(exchange->arena, contract);
        return OK;
    }
    if (exchange->verb == CONTRACT_GET || exchange->verb == CONTRACT_DELETE)
        return refuse(exchange, "BODY_UNEXPECTED", "this method takes no body");
    const char *header = http_header(exchange->http, "Content-Type");
    char type[MEDIA_TYPE_SIZE];
    if (header == NULL || !media_read(header, type) || !media_is_json(type))
        return refuse(exchange, "MEDIA_TYPE_UNSUPPORTED",
                      "the body must be application/json in UTF-8");
    return json_read(exchange->arena, contract, body, size_bytes, true, &exchange->req,
                     &exchange->fault);
}

/* ---- the path ---- */

/* The field's value as the body gave it, as text; "" where it gave none. */
static const char *
body_value(struct exchange *exchange, int field)
{
    struct buf *scratch = &exchange->gateway->scratch;
    buf_clear(scratch);
    json_write_plain(scratch, exchange->match.route->method->request, exchange->req, field);
    const char *text = buf_text(scratch);
    bool is_text = exchange->req->descriptor->fields[field].type == PROTOBUF_C_TYPE_STRING;
    return !is_text && strcmp(text, "0") == 0 ? "" : text;
}

static enum err
read_path(struct exchange *exchange)
{
    const struct contract_message *contract = exchange->match.route->method->request;
    for (size_t i = 0; i < exchange->match.value_count; i++) {
        int field = exchange->match.fields[i];
        const char *value = exchange->match.values[i];
        const char *given = body_value(exchange, field);
        if (given[0] != 0 && strcmp(given, value) != 0)
            return refuse_field(exchange, contract->fields[field].name, "PATH_CONTRADICTED",
                                "the body says otherwise than the path");
        enum err err = set_field(exchange, field, value, "PATH_MALFORMED");
        if (err != OK)
            return err;
    }
    return OK;
}

/* ---- the query ---- */

/* Cuts the next "name=value" off `rest` and decodes both. False: malformed. A NULL name: there is
 * no more. */
static bool
next_parameter(char **rest, const char **ret_name, const char **ret_value)
{
    char *piece;
    do
        piece = strsep(rest, "&");
    while (piece != NULL && *piece == 0);
    *ret_name = piece;
    *ret_value = "";
    if (piece == NULL)
        return true;
    char *value = strchr(piece, '=');
    if (value != NULL) {
        *value++ = 0;
        *ret_value = value;
        if (!route_decode(value, true))
            return false;
    }
    return route_decode(piece, true);
}

const char *
request_parameter(struct exchange *exchange, const char *name)
{
    char *rest = arena_copy_text(exchange->arena, http_query(exchange->http));
    const char *found, *value;
    while (next_parameter(&rest, &found, &value) && found != NULL) {
        if (strcmp(found, name) == 0)
            return value;
    }
    return NULL;
}

/* Not those that only the gateway fills. */
static int
find_field(const struct contract_route *route, const char *name)
{
    const struct contract_message *contract = route->method->request;
    for (unsigned i = 0; i < contract->descriptor->n_fields; i++) {
        bool is_open =
            (contract->fields[i].flags & (CONTRACT_IF_MATCH | CONTRACT_OUTPUT_ONLY)) == 0 &&
            (route->consumes == NULL || (int)i != route->upload_field) &&
            (route->produces == NULL || (int)i != route->offset_field) &&
            (!route->is_form || (int)i != route->form_field);
        if (is_open && strcmp(contract->fields[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static enum err
take_parameter(struct exchange *exchange, bool *is_set, const char *name, const char *value)
{
    const struct contract_message *contract = exchange->match.route->method->request;
    int field = find_field(exchange->match.route, name);
    if (field < 0)
        return refuse_field(exchange, name, "PARAMETER_UNKNOWN", "there is no such parameter");
    bool is_list = contract->descriptor->fields[field].label == PROTOBUF_C_LABEL_REPEATED;
    if (is_set[field] && !is_list)
        return refuse_field(exchange, name, "PARAMETER_REPEATED", "the parameter is given twice");
    is_set[field] = true;
    return set_field(exchange, field, value, "PARAMETER_MALFORMED");
}

static bool
is_file_name(const struct exchange *exchange, const char *name)
{
    return exchange->match.route->consumes != NULL && strcmp(name, "file_name") == 0;
}

static enum err
take_file_name(struct exchange *exchange, const char *name, const char *value)
{
    if (exchange->file_name != NULL)
        return refuse_field(exchange, name, "PARAMETER_REPEATED", "the parameter is given twice");
    exchange->file_name = value;
    return OK;
}

/* Parameters that are no fields and are read elsewhere: the link token and a stream's ticket. */
static bool
is_read_elsewhere(const struct exchange *exchange, const char *name)
{
    if (strcmp(name, "ticket") == 0 && event_stream_is_wanted(exchange))
        return true;
    return strcmp(name, "link") == 0 && find_field(exchange->match.route, name) < 0;
}

static enum err
read_query(struct exchange *exchange, bool *is_set)
{
    char *rest = arena_copy_text(exchange->arena, http_query(exchange->http));
    for (;;) {
        const char *name, *value;
        if (!next_parameter(&rest, &name, &value))
            return refuse(exchange, "PARAMETER_MALFORMED",
                          "the query is not valid percent-encoded UTF-8");
        if (name == NULL)
            return OK;
        if (is_read_elsewhere(exchange, name))
            continue;
        if (exchange->verb != CONTRACT_GET && exchange->match.route->consumes == NULL)
            return refuse_field(exchange, name, "PARAMETER_UNEXPECTED",
                                "this method takes no parameters");
        enum err err = is_file_name(exchange, name) ? take_file_name(exchange, name, value)
                                                    : take_parameter(exchange, is_set, name, value);
        if (err != OK)
            return err;
    }
}

/* ---- a form ---- */

/* A name that is no field of the request. */
static void
add_other(struct exchange *exchange, const char *name, const char *value)
{
    int field = exchange->match.route->form_field;
    const ProtobufCFieldDescriptor *descriptor = &exchange->req->descriptor->fields[field];
    char *req = (char *)exchange->req;
    size_t *count = (size_t *)(req + descriptor->quantifier_offset);
    Common__V1__FormField ***list = (Common__V1__FormField ***)(req + descriptor->offset);
    if (*count == 0)
        *list = arena_alloc(exchange->arena, FORM_FIELDS_MAX * sizeof **list);
    Common__V1__FormField *other = arena_alloc(exchange->arena, sizeof *other);
    common__v1__form_field__init(other);
    other->name = (char *)name;
    other->value = (char *)value;
    (*list)[(*count)++] = other;
}

static enum err
take_form_field(struct exchange *exchange, bool *is_set, const char *name, const char *value)
{
    const struct contract_route *route = exchange->match.route;
    if (find_field(route, name) >= 0 || route->form_field < 0)
        return take_parameter(exchange, is_set, name, value);
    add_other(exchange, name, value);
    return OK;
}

static enum err
read_form(struct exchange *exchange, bool *is_set)
{
    char *rest;
    enum err err = form_body_read(exchange, &rest);
    for (unsigned count = 0; err == OK; count++) {
        const char *name, *value;
        if (!next_parameter(&rest, &name, &value))
            return refuse(exchange, "PARAMETER_MALFORMED",
                          "the form is not valid percent-encoded UTF-8");
        if (name == NULL)
            break;
        if (count == FORM_FIELDS_MAX)
            return refuse(exchange, "FIELD_TOO_MANY", "a form has at most 100 fields");
        err = take_form_field(exchange, is_set, name, value);
    }
    return err;
}

/* A field of the header's name, where the query does not say it: what a browser would like. Who
 * sends none, or nonsense, is served all the same. */
static enum err
read_accept_language(struct exchange *exchange, const bool *is_set)
{
    int field = find_field(exchange->match.route, "accept_language");
    const char *header = http_header(exchange->http, "Accept-Language");
    if (field < 0 || is_set[field] || header == NULL || strlen(header) > ACCEPT_LANGUAGE_MAX)
        return OK;
    for (const char *at = header; *at != 0; at++) {
        if (*at < ' ' || *at > '~')
            return OK;
    }
    return set_field(exchange, field, header, "HEADER_MALFORMED");
}

static enum err
read_parameters(struct exchange *exchange)
{
    const struct contract_route *route = exchange->match.route;
    bool *is_set = arena_alloc(exchange->arena, route->method->request->descriptor->n_fields + 1);
    for (size_t i = 0; i < exchange->match.value_count; i++)
        is_set[exchange->match.fields[i]] = true;
    enum err err = read_query(exchange, is_set);
    if (err == OK && route->is_form)
        err = read_form(exchange, is_set);
    return err == OK ? read_accept_language(exchange, is_set) : err;
}

/* ---- what decides about repeats ---- */

static enum err
take_version(struct exchange *exchange, const char *header, int field)
{
    int64_t version = 0;
    switch (key_parse_if_match(header, &version)) {
    case KEY_MATCH_MALFORMED:
        return refuse(exchange, "IF_MATCH_MALFORMED", "If-Match must be one entity tag, or *");
    case KEY_MATCH_FOREIGN:
        return exchange_refuse(exchange, ERR_FAILED_PRECONDITION, "VERSION_MISMATCH",
                               "it is not at that version");
    default:
        break;
    }
    const ProtobufCFieldDescriptor *descriptor = &exchange->req->descriptor->fields[field];
    CHECK(descriptor->type == PROTOBUF_C_TYPE_INT64);
    *(int64_t *)((char *)exchange->req + descriptor->offset) = version;
    return OK;
}

static enum err
read_if_match(struct exchange *exchange)
{
    int field = exchange->match.route->method->if_match_field;
    const char *header = http_header(exchange->http, "If-Match");
    bool is_needed = exchange->verb == CONTRACT_PUT || exchange->verb == CONTRACT_PATCH ||
                     exchange->verb == CONTRACT_DELETE;
    if (header == NULL && is_needed && field >= 0)
        return exchange_refuse(exchange, ERR_FAILED_PRECONDITION, "IF_MATCH_MISSING",
                               "this needs If-Match with the version that is to be changed");
    if (header == NULL || (field < 0 && exchange->verb == CONTRACT_GET))
        return OK;
    if (field < 0)
        return refuse(exchange, "IF_MATCH_UNEXPECTED", "this method does not honour If-Match");
    return take_version(exchange, header, field);
}

static enum err
read_key(struct exchange *exchange)
{
    const char *header = http_header(exchange->http, "Idempotency-Key");
    if (exchange->match.route->method->repeat != CONTRACT_KEYED)
        return OK;
    if (header != NULL && !key_parse(header, exchange->key))
        return refuse(exchange, "IDEMPOTENCY_KEY_MALFORMED",
                      "Idempotency-Key must be 1 to 255 characters, quoted or bare");
    if (header != NULL)
        return OK;
    if (exchange->principal.kind == COMMON__V1__PRINCIPAL__KIND__LINK)
        return OK; /* what is asked is the key, once it is read */
    if (exchange->verb == CONTRACT_POST)
        return refuse(exchange, "IDEMPOTENCY_KEY_MISSING", "this needs an Idempotency-Key");
    key_make(exchange->key);
    return OK;
}

/* Keys belong to the caller, here the link, so that its id need not be in it. */
static void
make_link_key(struct exchange *exchange)
{
    size_t size_bytes;
    const uint8_t *packed = pack_message(exchange->arena, exchange->req, &size_bytes);
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, packed, size_bytes);
    sodium_bin2hex(exchange->key, sizeof exchange->key, hash, sizeof hash);
}

enum err
request_read(struct exchange *exchange)
{
    enum err err = read_key(exchange);
    if (err == OK)
        err = read_body(exchange);
    if (err == OK)
        err = read_path(exchange);
    if (err == OK)
        err = read_parameters(exchange);
    if (err == OK)
        err = read_if_match(exchange);
    bool is_keyed = exchange->match.route->method->repeat == CONTRACT_KEYED;
    if (err == OK && is_keyed && exchange->key[0] == 0)
        make_link_key(exchange);
    return err;
}
