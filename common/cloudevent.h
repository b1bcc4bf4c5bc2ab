/*
 * cloudevent - an event of the log as a CloudEvent 1.0 in JSON
 *
 *     {"specversion":"1.0","id":"0190...","source":"/aftercare/claim","type":"warranty.v1.ClaimDecided",
 *      "subject":"0190...","time":"2026-03-15T09:30:00.25Z","sequence":"1-0000000000000042",
 *      "aggregateversion":3,"unitserial":"HER-42","ownerid":"p-...","traceparent":"00-...-01",
 *      "datacontenttype":"application/json","data":{...}}
 *
 * `data` is the event's message as json.h writes it. An event of a type that this program's
 * contract does not know, or whose payload is none of its type, has its bytes as they are in
 * `data_base64`, as application/protobuf. What is empty is left out.
 *
 * The trace's parent is a span id made from the event's own id: the event is that span.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "events/v1/events.pb-c.h"

enum { CLOUDEVENT_SEQUENCE_SIZE = 40 };

/* Adds the event to `out`, on one line, without a line's end. */
void cloudevent_write(struct buf *out, int64_t epoch, const Events__V1__LoggedEvent *event);

/*
 * An event's place in the stream, as `sequence` has it: "<epoch>-<position>", the position with 16
 * digits, so that sequences of one epoch sort as texts. `ret_text` has CLOUDEVENT_SEQUENCE_SIZE
 * bytes.
 */
void cloudevent_print_sequence(int64_t epoch, int64_t position, char *ret_text);

/* Accepts that form, and a position with fewer digits. False: it is none. */
bool cloudevent_parse_sequence(const char *text, int64_t *ret_epoch, int64_t *ret_position);

/* The message of events of this type, as "warranty.v1.ClaimDecided"; NULL: not known here. */
const struct contract_message *cloudevent_find_type(const char *type);
