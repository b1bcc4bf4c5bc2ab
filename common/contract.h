/*
 * contract - what the plugin writes from proto/, and the checks that follow from it
 *
 * protobuf-c's run-time descriptors know types and numbers, not JSON forms, limits, routes or
 * access. The plugin writes these side tables beside them. For each proto file x/v1/y.proto:
 *
 *     x/v1/y.contract.h/.c   side tables of messages and methods, machines; linked by everybody
 *     x/v1/y.dispatch.h/.c   handler prototypes and the dispatch table; linked by the service
 *     x/v1/y.client.h/.c     client stubs; linked by its callers
 *
 * and from all files together contract_all.h/.c (every message, method and route: for the gateway,
 * fuzzers and property tests), openapi.json, docs.html and events.md.
 *
 * All tables are constant and live for ever.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "common/err.h"

struct arena;
struct call;

/* What a message is in JSON. */
enum contract_kind {
    CONTRACT_OBJECT,    /* an object with its fields */
    CONTRACT_DATE,      /* common.v1.Date: "2026-03-15" */
    CONTRACT_TIMESTAMP, /* google.protobuf.Timestamp: RFC 3339 */
    CONTRACT_MAP_ENTRY, /* one entry of a map field */
};

/* Numbers as in common.v1.Format. */
enum contract_format {
    CONTRACT_ANY = 0,
    CONTRACT_UUID = 1,
    CONTRACT_CODE = 2,
    CONTRACT_EMAIL = 3,
    CONTRACT_CURRENCY = 4,
    CONTRACT_LANGUAGE = 5,
    CONTRACT_LINE = 6,
    CONTRACT_SEGMENT = 7,
};

enum {
    CONTRACT_REQUIRED = 1 << 0,
    CONTRACT_PERSONAL = 1 << 1,
    CONTRACT_IF_MATCH = 1 << 2,
    CONTRACT_ETAG = 1 << 3,
    CONTRACT_KEEP_EMPTY = 1 << 4,
    CONTRACT_OUTPUT_ONLY = 1 << 5,
    CONTRACT_MAP = 1 << 6, /* repeated map entries; an object in JSON */
};

struct contract_message;
struct contract_method;

/* One field. The array of a message is parallel to its descriptor's `fields` (sorted by field
 * number). */
struct contract_field {
    const char *name;                       /* as in proto, and in JSON */
    const struct contract_message *message; /* for message fields and maps; NULL otherwise */
    uint32_t flags;
    enum contract_format format;
    uint32_t size_max; /* bytes of text, elements of a list; the default already filled in */
    int64_t number_min;
    int64_t number_max; /* both zero: unbounded */
};

struct contract_message {
    const ProtobufCMessageDescriptor *descriptor;
    const struct contract_field *fields; /* descriptor->n_fields of them */
    enum contract_kind kind;
    const char *event_aggregate; /* for events: the aggregate's type; NULL otherwise */
    bool is_event_brief;         /* the log keeps it for a short time only */
    /* Of an event: answers for its aggregate_id how the person can be reached whom it tells about;
     * NULL: nobody is written to because of it. */
    const struct contract_method *event_contact;
};

enum contract_repeat { CONTRACT_SAFE = 1, CONTRACT_KEYED = 2 };

/* A dotted way through messages to a field, compiled to offsets, as "units.owner_id". */
struct contract_path {
    const char *text; /* NULL: there is none */
    uint32_t count;
    const unsigned *indexes; /* index into the fields of each message on the way */
};

/* One rpc. Bits of `roles` and `own_roles` are 1 << common.v1.Role. */
struct contract_method {
    const char *name;    /* "warranty.v1.WarrantyService/GetUnit" */
    const char *service; /* "warranty": the daemon, its schema and its place on the bus */
    const char *verb;    /* "GetUnit" */
    const struct contract_message *request;
    const struct contract_message *response;
    uint32_t deadline_ms;
    enum contract_repeat repeat;
    uint32_t roles;
    uint32_t own_roles;
    struct contract_path owner; /* in the response */
    bool is_anonymous;
    int link_field;     /* index into the request's fields; -1: links do not open it */
    int if_match_field; /* index into the request's fields; -1: none */
};

typedef enum err contract_handler(struct call *call, const ProtobufCMessage *req,
                                  ProtobufCMessage *res);

struct contract_dispatch_entry {
    const struct contract_method *method;
    contract_handler *handler;
};

/* What a service answers. */
struct contract_dispatch {
    const char *service;
    const struct contract_dispatch_entry *entries;
    size_t count;
};

/* A piece of a route's path between slashes: a literal or a field of the request. */
struct contract_segment {
    const char *literal; /* NULL: a variable */
    int field;           /* index into the request's fields */
};

enum contract_verb { CONTRACT_GET, CONTRACT_POST, CONTRACT_PUT, CONTRACT_PATCH, CONTRACT_DELETE };

struct contract_route {
    enum contract_verb verb;
    const char *path; /* as written in the proto */
    const struct contract_segment *segments;
    size_t segment_count;
    const char *suffix; /* ":withdraw" after the last segment; "" if none */
    const struct contract_method *method;
    int reply_field; /* index into the response's fields; -1: the whole response */
    const char
        *location; /* "" or the path of what was created: names in braces are fields of the reply */
    int etag_field; /* index into the reply message's fields; -1: none */
    /* Bodies that are not JSON (common/v1/options.proto); the lists end with NULL. */
    const char *const *consumes; /* media types of the request's body; NULL: it is JSON */
    int64_t body_bytes_max;      /* with consumes */
    int upload_field;            /* with consumes: index into the request's fields */
    const char *const *produces; /* media types of the answer's field `body`; NULL: JSON only */
    int body_field;              /* with produces: index into the response's fields */
    int offset_field; /* with produces: index of body_offset in the request's fields; -1: one piece
                       */
    bool is_form;     /* the body is what an HTML page posts */
    int form_field;   /* with is_form: index of the list of all other names; -1: there are none */
};

struct contract_transition {
    int from;         /* enum value; 0: does not exist yet */
    const char *verb; /* the method, or in words what else does it, as "send_time passes" */
    int to;
    uint32_t roles; /* 0: all who may call the method */
};

struct contract_machine {
    const char *name; /* "warranty.v1.Claim.State" */
    const ProtobufCEnumDescriptor *states;
    const struct contract_transition *transitions;
    size_t count;
};

enum {
    CONTRACT_DEPTH_MAX = 32, /* messages within messages */
    CONTRACT_TEXT_BYTES =
        1024, /* of a text or bytes whose size_max is not said, and of each in a list */
};

/*
 * Unpacks into the arena what came over the wire. Looks the bytes over first, for what cannot be
 * seen afterwards: nesting (protobuf-c has no limit) and zero bytes in texts.
 * ERR_INVALID_ARGUMENT, reason MESSAGE_MALFORMED (also: larger than the arena's budget),
 * FIELD_TOO_DEEP or FIELD_HAS_NUL. contract_check does the rest.
 */
enum err contract_unpack(struct arena *arena, const struct contract_message *contract,
                         const uint8_t *bytes, size_t size_bytes, ProtobufCMessage **ret_message,
                         struct fault *ret_fault) MUST_CHECK;

/* Both: what came over the bus is either a message that keeps its contract, or refused. The fault
 * is that of the first that refuses. */
enum err contract_read(struct arena *arena, const struct contract_message *contract,
                       const uint8_t *bytes, size_t size_bytes, bool is_request,
                       ProtobufCMessage **ret_message, struct fault *ret_fault) MUST_CHECK;

/*
 * Checks a message against its contract: UTF-8, lengths, list sizes, formats, bounds, required
 * fields, dates and times that exist, integers within +-(2^53 - 1), map keys once. `is_request`
 * also refuses output_only fields that are set and enum values that are not known (an answer may
 * hold one of a newer service). What is absent (empty text, zero) passes bounds and formats,
 * unless it is required. What passes, json_write can write.
 * ERR_INVALID_ARGUMENT with field and reason in `ret_fault`: FIELD_REQUIRED, FIELD_TOO_LONG,
 * FIELD_TOO_MANY, FIELD_TOO_DEEP, FIELD_FORMAT, FIELD_RANGE, FIELD_NOT_UTF8, FIELD_DATE,
 * FIELD_ENUM, FIELD_OUTPUT_ONLY.
 */
enum err contract_check(const struct contract_message *contract, const ProtobufCMessage *message,
                        bool is_request, struct fault *ret_fault) MUST_CHECK;

/* The transition by which `verb` leaves `from`, the first of several; NULL: there is none.
 * call_move asks for the roles too. */
const struct contract_transition *contract_find_move(const struct contract_machine *machine,
                                                     int from, const char *verb);
/* The one of them that leads to `to`. */
const struct contract_transition *contract_find_way(const struct contract_machine *machine,
                                                    int from, const char *verb, int to);

/* Whether every value at the end of `path` in `message` equals `text`. An absent message on the way
 * counts as "". */
bool contract_path_is_equal(const struct contract_message *contract,
                            const struct contract_path *path, const ProtobufCMessage *message,
                            const char *text);

/* The name of an enum value; NULL for a value it does not know. */
const char *contract_enum_name(const ProtobufCEnumDescriptor *states, int value);
/* The value of a name; false for a name it does not know. */
bool contract_enum_value(const ProtobufCEnumDescriptor *states, const char *name, int *ret_value);

/* Role codes: "customer" and 1 << CUSTOMER. 0 for a code that no token may carry. */
uint32_t contract_role_bit(const char *code);
const char *contract_role_code(unsigned role); /* "customer" for 1; NULL beyond the list */
