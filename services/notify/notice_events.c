/*
 * notice_events - which notices and webhooks want an event, and the statement that keeps it
 */
// SPDX-License-Identifier: Apache-2.0
#include "notice_events.h"

#include <string.h>

#include "catalogue.h"
#include "channel_rules.h"
#include "common/clock.h"
#include "common/cloudevent.h"
#include "common/consumer.h"
#include "common/message.h"
#include "event_field.h"
#include "send.h"
#include "send_rules.h"

/*
 * $8 person, $9 type of the event, $10 .. $12 type and id of its aggregate and its time, $13 the
 * event, packed, $14 now, $15 when messages are due: of each event. Lists of all events, each with
 * the event that an element is of: $16 messages, $17 their timers, $18 their channels, $19 events;
 * $20 notices, $21 their channels, $22 events; $23 deliveries, $24 their timers, $25 their
 * webhooks, $26 events.
 */

/* Who is to be told of which event by which channel. What was told before is not, should the event
 * come once more. */
#define TOLD                                                                                       \
    "told AS (SELECT taken.n, taken.event_id, ($8::text[])[taken.n] AS person_id, m.message_id,"   \
    " m.channel, m.timer_id FROM taken JOIN unnest($16::text[], $17::text[], $18::text[],"         \
    " $19::text[]) AS m (message_id, timer_id, channel, event_id)"                                 \
    " ON m.event_id::uuid = taken.event_id WHERE NOT EXISTS (SELECT FROM message_parts t"          \
    " WHERE t.notice_id = ANY (ARRAY (SELECT p.notice_id FROM unnest($20::text[], $22::text[])"    \
    " AS p (notice_id, event_id) WHERE p.event_id = m.event_id)) AND t.event_id = taken.event_id"  \
    " AND t.person_id = ($8::text[])[taken.n] AND t.channel = m.channel)), "

/* A new message, or the open one: of several events one. */
#define OPENED                                                                                     \
    "opened AS (INSERT INTO messages (message_id, person_id, channel, part_count, timer_id,"       \
    " start_time, due_time, create_time) SELECT min(message_id)::uuid, person_id, channel,"        \
    " count(*), min(timer_id)::uuid, min(($14::timestamptz[])[n]), min(($15::timestamptz[])[n]),"  \
    " min(($14::timestamptz[])[n]) FROM told GROUP BY person_id, channel"                          \
    " ORDER BY person_id, channel"                                                                 \
    " ON CONFLICT (person_id, channel) WHERE is_open DO UPDATE SET"                                \
    " part_count = messages.part_count + excluded.part_count"                                      \
    " RETURNING message_id, person_id, channel, timer_id, due_time), "

/* Each join by itself: where PostgreSQL takes all of them for a row each, it looks at each event
 * with each notice and each message. */
#define PARTED                                                                                     \
    "noticed AS MATERIALIZED (SELECT told.n, told.person_id, told.channel, p.notice_id"            \
    " FROM told JOIN unnest($20::text[], $21::text[], $22::text[])"                                \
    " AS p (notice_id, channel, event_id) ON p.event_id::uuid = told.event_id"                     \
    " AND p.channel = told.channel),"                                                              \
    " parted AS (INSERT INTO message_parts (message_id, notice_id, event_id, person_id, channel,"  \
    " aggregate_type, aggregate_id, event_time, event) SELECT o.message_id, d.notice_id,"          \
    " ($6::uuid[])[n], d.person_id, d.channel, ($10::text[])[n], ($11::text[])[n],"                \
    " ($12::timestamptz[])[n], ($13::bytea[])[n] FROM noticed d"                                   \
    " JOIN opened o ON o.person_id = d.person_id AND o.channel = d.channel"                        \
    " ON CONFLICT DO NOTHING), "

/* A delivery that is there without an event is a test, which waits for it. */
#define DELIVERED                                                                                  \
    "sent AS (INSERT INTO deliveries (delivery_id, webhook_id, event_id, type, epoch, event,"      \
    " timer_id, due_time, create_time) SELECT d.delivery_id::uuid, w.webhook_id, taken.event_id,"  \
    " ($9::text[])[n], ($4::bigint[])[n], ($13::bytea[])[n], d.timer_id::uuid,"                    \
    " ($14::timestamptz[])[n], ($14::timestamptz[])[n] FROM taken"                                 \
    " JOIN unnest($23::text[], $24::text[], $25::text[], $26::text[])"                             \
    " AS d (delivery_id, timer_id, webhook_id, event_id) ON d.event_id::uuid = taken.event_id"     \
    " JOIN webhooks w ON w.webhook_id = d.webhook_id::uuid AND w.state = 'ACTIVE'"                 \
    " ON CONFLICT (webhook_id, event_id) DO UPDATE SET epoch = EXCLUDED.epoch,"                    \
    " event = EXCLUDED.event, timer_id = EXCLUDED.timer_id, due_time = EXCLUDED.due_time"          \
    " WHERE deliveries.event IS NULL RETURNING webhook_id, timer_id, due_time), "

#define TIMED                                                                                      \
    "timed AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"                        \
    " SELECT timer_id, 'send_' || lower(channel), message_id::text, due_time FROM opened"          \
    " WHERE message_id::text = ANY ($16)"                                                          \
    " UNION ALL SELECT timer_id, 'deliver', webhook_id::text, due_time FROM sent)"

DB_BATCH(keep_events, "notify_keep_events",
         "WITH " CONSUMER_EACH_TAKEN ", " TOLD OPENED PARTED DELIVERED TIMED CONSUMER_EACH_COUNTS);

enum { CHANNELS_MAX = 3 };

/* What comes of an event. Lists of texts lie side by side. */
struct effect {
    const char *person_id;
    const char **message_ids, **message_timer_ids, **message_channels;
    size_t message_count;
    const char **notice_ids, **notice_channels;
    size_t notice_count;
    const char **delivery_ids, **delivery_timer_ids, **delivery_webhook_ids;
    size_t delivery_count;
};

static const char *
make_id(struct arena *arena)
{
    struct uuid id = uuid_make();
    return message_uuid(arena, &id);
}

/* ---- people ---- */

static const char *
find_person(struct call *call, const struct consumer_event *event,
            const struct contract_message *contract, const ProtobufCMessage *payload)
{
    struct event_field field;
    if (event->envelope->owner_id[0] != 0)
        return event->envelope->owner_id;
    if (event_field_find(contract, payload, "person_id", &field) &&
        event_field_is_comparable(&field) && event_field_code(&field)[0] != 0)
        return event_field_code(&field);
    return arena_printf(call->arena, "%s.%s", event->envelope->aggregate_type,
                        event->envelope->aggregate_id);
}

/* The first that the installation has; the contact has a say when it is sent. Where it has none of
 * them the message says so. */
static const char *
choose_channel(const Notify__V1__Notice *notice)
{
    const char *channel = channel_choose(notice, NULL, notify_has_channel);
    return channel != NULL ? channel
                           : notify_enum_name(&notify__v1__notice__channel__descriptor,
                                              (int)notice->channels[0]);
}

static void
add_notice(struct arena *arena, const Notify__V1__Notice *notice, struct effect *effect)
{
    const char *channel = choose_channel(notice);
    effect->notice_ids[effect->notice_count] = arena_copy_text(arena, notice->notice_id);
    effect->notice_channels[effect->notice_count++] = channel;
    for (size_t i = 0; i < effect->message_count; i++)
        if (strcmp(effect->message_channels[i], channel) == 0)
            return;
    CHECK(effect->message_count < CHANNELS_MAX);
    effect->message_ids[effect->message_count] = make_id(arena);
    effect->message_timer_ids[effect->message_count] = make_id(arena);
    effect->message_channels[effect->message_count++] = channel;
}

static bool
is_about(const struct catalogue *catalogue, const char *type)
{
    for (size_t i = 0; i < catalogue->notice_count; i++)
        if (strcmp(catalogue->notices[i]->event, type) == 0)
            return true;
    return false;
}

static enum err
read_payload(struct call *call, const struct consumer_event *event,
             const struct contract_message **ret_contract, ProtobufCMessage **ret_payload)
{
    const ProtobufCBinaryData *packed = &event->envelope->payload;
    *ret_contract = cloudevent_find_type(event->envelope->type);
    if (*ret_contract == NULL)
        return call_fail(call, ERR_INVALID_ARGUMENT, "EVENT_UNKNOWN",
                         "a notice wants an event that this program does not know");
    struct fault fault = {0};
    enum err err = contract_read(call->arena, *ret_contract, packed->data, packed->len, false,
                                 ret_payload, &fault);
    if (err != OK)
        call->fault = fault;
    return err;
}

static enum err
collect_notices(struct call *call, const struct catalogue *catalogue,
                const struct consumer_event *event, struct effect *effect)
{
    const struct contract_message *contract;
    ProtobufCMessage *payload = NULL;
    if (!is_about(catalogue, event->envelope->type))
        return OK;
    enum err err = read_payload(call, event, &contract, &payload);
    if (err != OK)
        return err;
    effect->person_id = find_person(call, event, contract, payload);
    for (size_t i = 0; i < catalogue->notice_count; i++)
        if (notice_wants(catalogue->notices[i], contract, payload))
            add_notice(call->arena, catalogue->notices[i], effect);
    return OK;
}

/* ---- webhooks ---- */

static bool
is_listed(const char *types, const char *type)
{
    size_t size = strlen(type);
    for (const char *at = types; (at = strstr(at, type)) != NULL; at += size)
        if ((at == types || at[-1] == ' ') && (at[size] == ' ' || at[size] == 0))
            return true;
    return types[0] == 0;
}

static void
add_delivery(struct arena *arena, const struct uuid *webhook_id, const struct uuid *event_id,
             struct effect *effect)
{
    struct uuid id = send_delivery_id(webhook_id, event_id);
    effect->delivery_ids[effect->delivery_count] = message_uuid(arena, &id);
    effect->delivery_timer_ids[effect->delivery_count] = make_id(arena);
    effect->delivery_webhook_ids[effect->delivery_count++] = message_uuid(arena, webhook_id);
}

static void
collect_deliveries(struct call *call, const struct catalogue *catalogue,
                   const struct consumer_event *event, struct effect *effect)
{
    struct uuid tested = {{0}};
    if (strcmp(event->envelope->type, notify__v1__webhook_tested__descriptor.name) == 0 &&
        uuid_parse(event->envelope->aggregate_id, &tested))
        add_delivery(call->arena, &tested, &event->event_id, effect);
    for (size_t i = 0; i < catalogue->webhook_count; i++) {
        const struct catalogue_webhook *webhook = &catalogue->webhooks[i];
        if (!uuid_is_equal(&webhook->webhook_id, &tested) &&
            is_listed(webhook->types, event->envelope->type))
            add_delivery(call->arena, &webhook->webhook_id, &event->event_id, effect);
    }
}

/* ---- all of it ---- */

static void
make_room(struct arena *arena, const struct catalogue *catalogue, struct effect *effect)
{
    const char **room[3];
    for (size_t i = 0; i < COUNT_OF(room); i++)
        room[i] = arena_alloc(arena, CHANNELS_MAX * sizeof(char *));
    effect->message_ids = room[0];
    effect->message_timer_ids = room[1];
    effect->message_channels = room[2];
    effect->notice_ids = arena_alloc(arena, (catalogue->notice_count + 1) * sizeof(char *));
    effect->notice_channels = arena_alloc(arena, (catalogue->notice_count + 1) * sizeof(char *));
    for (size_t i = 0; i < COUNT_OF(room); i++)
        room[i] = arena_alloc(arena, (catalogue->webhook_count + 1) * sizeof(char *));
    effect->delivery_ids = room[0];
    effect->delivery_timer_ids = room[1];
    effect->delivery_webhook_ids = room[2];
}

/* Says of each element of the lists beside it which event it is of. */
static struct db_param
repeat_id(struct arena *arena, const struct uuid *event_id, size_t count)
{
    const char **ids = arena_alloc(arena, (count + 1) * sizeof(char *));
    const char *id = message_uuid(arena, event_id);
    for (size_t i = 0; i < count; i++)
        ids[i] = id;
    return db_text_array(arena, ids, count);
}

static enum err
write_await(struct call *call, const struct consumer_event *event, const struct effect *effect)
{
    const Events__V1__LoggedEvent *envelope = event->envelope;
    struct arena *arena = call->arena;
    int64_t now_us = clock_now_us(), due_us = now_us + notify_config.collect_ms * 1000;
    const struct db_param params[] = {
        db_text(effect->person_id),
        db_text(envelope->type),
        db_text(envelope->aggregate_type),
        db_text(envelope->aggregate_id),
        db_time(event->event_time_us),
        db_message(arena, &envelope->base),
        db_time(now_us),
        db_time(due_us),
        db_text_array(arena, effect->message_ids, effect->message_count),
        db_text_array(arena, effect->message_timer_ids, effect->message_count),
        db_text_array(arena, effect->message_channels, effect->message_count),
        repeat_id(arena, &event->event_id, effect->message_count),
        db_text_array(arena, effect->notice_ids, effect->notice_count),
        db_text_array(arena, effect->notice_channels, effect->notice_count),
        repeat_id(arena, &event->event_id, effect->notice_count),
        db_text_array(arena, effect->delivery_ids, effect->delivery_count),
        db_text_array(arena, effect->delivery_timer_ids, effect->delivery_count),
        db_text_array(arena, effect->delivery_webhook_ids, effect->delivery_count),
        repeat_id(arena, &event->event_id, effect->delivery_count),
    };
    enum err err = consumer_write_await(svc_db(call->svc), call, event, &keep_events, params,
                                        COUNT_OF(params));
    if (err == OK)
        timer_poke(svc_timer_service(call->svc), effect->delivery_count > 0 ? now_us : due_us);
    return err;
}

/* How long the log has had it, which it says by real time. */
static int64_t
age_ms(const struct consumer_event *event)
{
    return clock_real_ms() - message_get_time(event->envelope->append_time) / 1000;
}

static enum err
on_any(struct call *call, const struct consumer_event *event)
{
    const struct catalogue *catalogue = catalogue_get();
    if (catalogue == NULL)
        return call_fail(call, ERR_UNAVAILABLE, "NOTICES_UNREAD", "the notices were not read yet");
    if (age_ms(event) > notify_config.delivery_retention_ms)
        return OK; /* whether it was told may be forgotten by now */
    struct effect effect = {.person_id = ""};
    make_room(call->arena, catalogue, &effect);
    bool is_news = age_ms(event) <= notify_config.notice_age_max_ms;
    enum err err = is_news ? collect_notices(call, catalogue, event, &effect) : OK;
    if (err != OK)
        return err;
    collect_deliveries(call, catalogue, event, &effect);
    if (effect.notice_count == 0 && effect.delivery_count == 0)
        return OK;
    return write_await(call, event, &effect);
}

void
notice_events_open(struct svc *svc)
{
    static const struct consumer_kind kinds[] = {{NULL, on_any}, CONSUMER_KIND_END};
    static const struct consumer_options options = {
        .name = "notices", .kinds = kinds, .on_resync = CONSUMER_GO_ON};
    consumer_open(svc, &options);
}
