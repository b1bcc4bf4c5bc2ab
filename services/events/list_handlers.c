/*
 * list_handlers - the log over HTTP: pages of CloudEvents, and the schema of their payloads
 *
 * The gateway carries the bytes as they are. It asks for a second piece only where one event alone
 * is larger than a piece; the log does not change, so the same request makes the same bytes.
 */
// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include <sodium.h>
#include <string.h>

#include "common/cloudevent.h"
#include "common/event_filter.h"
#include "embedded_schema.h"
#include "events/v1/events.dispatch.h"

enum {
    PIECE_BYTES_MAX = 128 * 1024,
    SEARCH_MS = 25000, /* how long a list goes through what is not wished for */
};

/* The piece of `bytes` that begins at the offset. */
static enum err
make_body(struct call *call, const char *media_type, const void *bytes, size_t size_bytes,
          int64_t offset_bytes, Common__V1__Body **ret_body)
{
    if (offset_bytes > (int64_t)size_bytes)
        return call_fail_field(call, "body_offset", "FIELD_RANGE", "must lie within the body");
    Common__V1__Body *body = arena_alloc(call->arena, sizeof *body);
    common__v1__body__init(body);
    size_t left_bytes = size_bytes - (size_t)offset_bytes;
    body->media_type = arena_copy_text(call->arena, media_type);
    body->content.len = left_bytes < PIECE_BYTES_MAX ? left_bytes : PIECE_BYTES_MAX;
    body->content.data =
        arena_copy(call->arena, (const char *)bytes + offset_bytes, body->content.len);
    body->size_bytes = (int64_t)size_bytes;
    *ret_body = body;
    return OK;
}

static char *
print_digest(struct arena *arena, const void *bytes, size_t size_bytes)
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    char *text = arena_alloc(arena, 2 * sizeof digest + 1);
    crypto_hash_sha256(digest, bytes, size_bytes);
    return sodium_bin2hex(text, 2 * sizeof digest + 1, digest, sizeof digest);
}

/* ---- events ---- */

static enum err
read_wish(struct call *call, const Events__V1__ListEventsRequest *req, struct log_wish *ret_wish)
{
    struct event_filter filter = {.type_count = 0};
    int64_t epoch = 0, after = 0;
    if (req->after[0] != 0 && !cloudevent_parse_sequence(req->after, &epoch, &after))
        return call_fail_field(call, "after", "FIELD_FORMAT",
                               "must be an event's sequence, as 1-42");
    enum err err = event_filter_set_wish(&filter, call->arena, (const char *const *)req->types,
                                         req->n_types, req->aggregate, &call->fault);
    if (err != OK)
        return err;
    event_filter_set_caller(&filter, call->arena, &call->principal);
    *ret_wish = (struct log_wish){
        .epoch = epoch,
        .after = after,
        .limit = req->limit > 0 ? req->limit : LOG_LIMIT_DEFAULT,
        .types = filter.types,
        .type_count = filter.type_count,
        .aggregate_type = filter.aggregate_type,
        .aggregate_id = filter.aggregate_id,
        .owner_id = filter.owner_id,
    };
    return OK;
}

/* An empty list says that there is no more, so a search that was given up is none. */
static enum err
check_found(struct call *call, const struct log_page *page)
{
    if (page->count > 0 || page->next_after >= page->ends.last_position)
        return OK;
    char sequence[CLOUDEVENT_SEQUENCE_SIZE];
    cloudevent_print_sequence(page->ends.epoch, page->next_after, sequence);
    enum err err = call_fail(call, ERR_UNAVAILABLE, "SEARCH_UNFINISHED",
                             "nothing was found up to %s; go on after it", sequence);
    call_add_detail(call, "after", "%s", sequence);
    return err;
}

/* As many events as a piece takes, and the first one whatever its size. */
static void
write_batch(struct buf *out, const struct log_page *page)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < page->count; i++) {
        size_t before_bytes = out->size_bytes;
        if (i > 0)
            buf_add_char(out, ',');
        cloudevent_write(out, page->ends.epoch, page->events[i]);
        if (i > 0 && out->size_bytes >= PIECE_BYTES_MAX) {
            out->size_bytes = before_bytes;
            break;
        }
    }
    buf_add_char(out, ']');
}

enum err
events_list_events(struct call *call, const Events__V1__ListEventsRequest *req,
                   Events__V1__ListEventsResponse *res)
{
    struct log_wish wish;
    struct log_page page;
    enum err err = read_wish(call, req, &wish);
    if (err == OK)
        err = log_search_await(call, &wish, 0, SEARCH_MS, &page);
    if (err == OK)
        err = check_found(call, &page);
    if (err != OK)
        return err;
    struct buf batch = {0};
    write_batch(&batch, &page);
    err = make_body(call, "application/cloudevents-batch+json", batch.bytes, batch.size_bytes,
                    req->body_offset, &res->body);
    if (err == OK && batch.size_bytes > PIECE_BYTES_MAX)
        res->body->etag = print_digest(call->arena, batch.bytes, batch.size_bytes);
    buf_free(&batch);
    return err;
}

/* ---- the schema ---- */

enum err
events_get_event_schema(struct call *call, const Events__V1__GetEventSchemaRequest *req,
                        Events__V1__GetEventSchemaResponse *res)
{
    enum err err = make_body(call, "application/protobuf", embedded_schema, embedded_schema_size,
                             req->body_offset, &res->body);
    if (err == OK)
        res->body->etag = print_digest(call->arena, embedded_schema, embedded_schema_size);
    return err;
}
