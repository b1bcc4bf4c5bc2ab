/*
 * consumer_page - what lies parked, and the wish to try it again, on the daemon's admin socket
 *
 *     GET  /parked/<name>[?EVENT_ID]   {"parked":[{"event_id":...,"type":...}, ...]}
 *     POST /parked/<name>?EVENT_ID     {}; the replica that holds the lane finds the wish
 *
 * Any replica answers for all: what is parked is a table. `aftercare parked` and `aftercare retry`
 * ask these.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/consumer_private.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"

static void
add_text(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, text, strlen(text));
}

static void
add_parked(struct buf *out, const struct consumer_parked *parked)
{
    char event_id[UUID_TEXT_SIZE], since[CLOCK_TEXT_SIZE];
    uuid_print(&parked->event_id, event_id);
    clock_print_us(parked->park_time_us, since);
    buf_printf(out, "{\"event_id\":\"%s\",\"attempts\":%d,\"has_wish\":%s", event_id,
               parked->attempts, parked->has_wish ? "true" : "false");
    add_text(out, "type", parked->type);
    add_text(out, "aggregate_type", parked->event != NULL ? parked->event->aggregate_type : "");
    add_text(out, "aggregate_id", parked->event != NULL ? parked->event->aggregate_id : "");
    add_text(out, "park_time", since);
    add_text(out, "reason", parked->reason);
    add_text(out, "message", parked->message);
    buf_add_char(out, '}');
}

static enum err
read_id(struct call *call, const char *query, struct uuid *ret_event_id)
{
    if (uuid_parse(query, ret_event_id))
        return OK;
    return call_fail(call, ERR_NOT_FOUND, "NOT_PARKED", "\"%.40s\" is no event's id", query);
}

static enum err
list_page(struct call *call, const char *query, struct buf *out, void *context)
{
    struct consumer *consumer = CAST(struct consumer, context, CONSUMER_MAGIC);
    struct consumer_parked_list parked;
    struct uuid event_id;
    bool is_one = query[0] != 0;
    enum err err = is_one ? read_id(call, query, &event_id) : OK;
    if (err == OK)
        err = consumer_list_parked_await(consumer, call, is_one ? &event_id : NULL, &parked);
    if (err != OK)
        return err;
    buf_add_text(out, "{\"parked\":[");
    for (size_t i = 0; i < parked.count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        add_parked(out, &parked.list[i]);
    }
    buf_add_text(out, "]}\n");
    return OK;
}

static enum err
wish_page(struct call *call, const char *query, struct buf *out, void *context)
{
    struct consumer *consumer = CAST(struct consumer, context, CONSUMER_MAGIC);
    struct uuid event_id;
    enum err err = read_id(call, query, &event_id);
    if (err == OK)
        err = consumer_wish_await(consumer, call, &event_id);
    if (err == OK)
        buf_add_text(out, "{}\n");
    return err;
}

void
consumer_open_page(struct consumer *consumer)
{
    int size =
        snprintf(consumer->path, sizeof consumer->path, "/parked/%s", consumer->options.name);
    CHECK(size < (int)sizeof consumer->path);
    svc_on_page(consumer->svc, "GET", consumer->path, list_page, consumer);
    svc_on_page(consumer->svc, "POST", consumer->path, wish_page, consumer);
}
