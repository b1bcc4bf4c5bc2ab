/*
 * cloudevent - attributes, then data
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/cloudevent.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "contract_all.h"
#include "google/protobuf/timestamp.contract.h"

enum { TYPES_MAX = 256, TRACE_SIZE = 32, UUID_SIZE = 36, NUMBER_DIGITS_MAX = 16 };

/* ---- types ---- */

static int
compare_names(const void *name, const void *element)
{
    const struct contract_message *const *message = element;
    return strcmp(name, (*message)->descriptor->name);
}

static int
compare_messages(const void *a, const void *b)
{
    const struct contract_message *const *left = a;
    return compare_names((*left)->descriptor->name, b);
}

/* All events of the contract, by name; sorted at the first call. */
static const struct contract_message *const *
sort_types(size_t *ret_count)
{
    static const struct contract_message *types[TYPES_MAX];
    static size_t count;
    if (count == 0) {
        for (size_t i = 0; i < contract_all_messages_count; i++) {
            CHECK(count < TYPES_MAX);
            if (contract_all_messages[i]->event_aggregate != NULL)
                types[count++] = contract_all_messages[i];
        }
        qsort(types, count, sizeof types[0], compare_messages);
    }
    *ret_count = count;
    return types;
}

const struct contract_message *
cloudevent_find_type(const char *type)
{
    size_t count;
    const struct contract_message *const *types = sort_types(&count);
    const struct contract_message *const *found =
        bsearch(type, types, count, sizeof types[0], compare_names);
    return found != NULL ? *found : NULL;
}

/* ---- sequences ---- */

void
cloudevent_print_sequence(int64_t epoch, int64_t position, char *ret_text)
{
    snprintf(ret_text, CLOUDEVENT_SEQUENCE_SIZE, "%" PRId64 "-%016" PRId64, epoch, position);
}

/* A number of 1 to 16 digits; what follows it. NULL: there is none. */
static const char *
parse_number(const char *text, int64_t *ret_number)
{
    size_t size = strspn(text, "0123456789");
    if (size == 0 || size > NUMBER_DIGITS_MAX)
        return NULL;
    *ret_number = strtoll(text, NULL, 10);
    return text + size;
}

bool
cloudevent_parse_sequence(const char *text, int64_t *ret_epoch, int64_t *ret_position)
{
    const char *rest = parse_number(text, ret_epoch);
    if (rest == NULL || *rest != '-')
        return false;
    rest = parse_number(rest + 1, ret_position);
    return rest != NULL && *rest == 0;
}

/* ---- attributes ---- */

static void
add_text(struct buf *out, const char *name, const char *value)
{
    if (value[0] == 0)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, value, strlen(value));
}

static void
add_source(struct buf *out, const char *aggregate_type)
{
    buf_add_text(out, ",\"source\":");
    struct buf source = {0};
    buf_printf(&source, "/aftercare/%s", aggregate_type);
    buf_add_json(out, source.bytes, source.size_bytes);
    buf_free(&source);
}

/* Times that are none are left out: the log is read also where a writer was wrong. */
static void
add_time(struct buf *out, const Google__Protobuf__Timestamp *time)
{
    struct fault fault;
    if (time == NULL ||
        contract_check(&google_protobuf_timestamp_contract, &time->base, false, &fault) != OK)
        return;
    buf_add_text(out, ",\"time\":");
    json_write(out, &google_protobuf_timestamp_contract, &time->base);
}

static void
add_trace(struct buf *out, const Events__V1__LoggedEvent *event)
{
    if (strlen(event->trace) != TRACE_SIZE || strlen(event->event_id) != UUID_SIZE)
        return;
    const char *id = event->event_id; /* 8-4-4-4-12: the last two groups */
    buf_printf(out, ",\"traceparent\":\"00-%s-%.4s%.12s-01\"", event->trace, id + 19, id + 24);
}

static void
add_attributes(struct buf *out, int64_t epoch, const Events__V1__LoggedEvent *event)
{
    char sequence[CLOUDEVENT_SEQUENCE_SIZE];
    cloudevent_print_sequence(epoch, event->position, sequence);
    buf_add_text(out, "{\"specversion\":\"1.0\"");
    add_text(out, "id", event->event_id);
    add_source(out, event->aggregate_type);
    add_text(out, "type", event->type);
    add_text(out, "subject", event->aggregate_id);
    add_time(out, event->event_time);
    add_text(out, "sequence", sequence);
    buf_printf(out, ",\"aggregateversion\":%" PRId64, event->aggregate_version);
    add_text(out, "unitserial", event->unit_serial);
    add_text(out, "ownerid", event->owner_id);
    add_trace(out, event);
}

/* ---- data ---- */

static bool
add_message(struct buf *out, struct arena *arena, const Events__V1__LoggedEvent *event)
{
    const struct contract_message *contract = cloudevent_find_type(event->type);
    ProtobufCMessage *message;
    struct fault fault;
    if (contract == NULL || contract_read(arena, contract, event->payload.data, event->payload.len,
                                          false, &message, &fault) != OK)
        return false;
    buf_add_text(out, ",\"datacontenttype\":\"application/json\",\"data\":");
    json_write(out, contract, message);
    return true;
}

static void
add_bytes(struct buf *out, const ProtobufCBinaryData *bytes)
{
    buf_add_text(out, ",\"datacontenttype\":\"application/protobuf\",\"data_base64\":\"");
    size_t room_bytes = sodium_base64_encoded_len(bytes->len, sodium_base64_VARIANT_ORIGINAL);
    sodium_bin2base64(buf_room(out, room_bytes), room_bytes, bytes->data, bytes->len,
                      sodium_base64_VARIANT_ORIGINAL);
    out->size_bytes += room_bytes - 1; /* without the final zero */
    buf_add_char(out, '"');
}

void
cloudevent_write(struct buf *out, int64_t epoch, const Events__V1__LoggedEvent *event)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    add_attributes(out, epoch, event);
    if (!add_message(out, arena, event))
        add_bytes(out, &event->payload);
    buf_add_char(out, '}');
    arena_free(&arena);
}
