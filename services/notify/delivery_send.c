/*
 * delivery_send - an event that is due at a webhook: delivered, later, or dead
 *
 * The aggregate of its timer is the webhook, so that one which hangs keeps no other waiting
 * (common/timer.h); the delivery is found by the timer.
 *
 * Where everything failed for days, or the receiver says that it wants nothing any more, the
 * webhook is disabled first and the delivery ends then: a repeat finds it disabled.
 */
// SPDX-License-Identifier: Apache-2.0
#include "send.h"

#include <string.h>

#include "catalogue.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/cloudevent.h"
#include "common/message.h"
#include "common/rng.h"
#include "send_rules.h"
#include "webhook_post.h"

struct delivery_due {
    struct uuid delivery_id;
    struct uuid webhook_id;
    const char *state;
    int attempt_count;
    int64_t version;
    int64_t epoch;
    const Events__V1__LoggedEvent *event; /* NULL: the log has not told it yet */
};

DB_STATEMENT(read_due_delivery, "notify_read_due_delivery",
             "SELECT delivery_id, webhook_id, state, attempt_count, version, epoch, event"
             " FROM deliveries WHERE timer_id = $1");

/* $1 delivery, $2 version, $3 state, $4 when it is tried again, $5 timer; $6 .. $10 time, duration,
 * outcome, code and answer of the attempt, an outcome of '' is none; $11 since when its webhook
 * fails, null: it does not. */
DB_STATEMENT(
    keep_delivery, "notify_keep_delivery",
    "WITH changed AS (UPDATE deliveries SET state = $3, due_time = $4, timer_id = $5,"
    " attempt_count = attempt_count + ($8 <> '')::integer, version = version + 1"
    " WHERE delivery_id = $1 AND version = $2 RETURNING delivery_id, webhook_id),"
    " tried AS (INSERT INTO attempts (delivery_id, number, attempt_time, duration_ms, outcome,"
    " code, answer) SELECT $1, (SELECT coalesce(max(number), 0) + 1 FROM attempts"
    " WHERE delivery_id = $1), $6, $7, $8, $9, $10 FROM changed WHERE $8 <> ''),"
    " felt AS (UPDATE webhooks w SET fail_time = $11::timestamptz FROM changed"
    " WHERE w.webhook_id = changed.webhook_id AND $8 <> ''"
    " AND (w.fail_time IS NULL) <> ($11::timestamptz IS NULL)),"
    " timed AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"
    " SELECT $5, 'deliver', webhook_id::text, $4 FROM changed WHERE $3 = 'WAITING')"
    " SELECT 1 FROM changed");

static enum err
read_await(struct call *call, const struct uuid *timer_id, struct delivery_due *ret_due)
{
    const struct db_param params[] = {db_uuid(timer_id)};
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_due_delivery, params, 1, &rows);
    if (err != OK)
        return err;
    *ret_due = (struct delivery_due){
        .delivery_id = db_get_uuid(rows, 0, 0),
        .webhook_id = db_get_uuid(rows, 0, 1),
        .state = db_get_text(rows, 0, 2),
        .attempt_count = db_get_int4(rows, 0, 3),
        .version = db_get_int8(rows, 0, 4),
        .epoch = db_get_int8(rows, 0, 5),
    };
    if (db_is_null(rows, 0, 6))
        return OK;
    size_t size_bytes;
    const void *bytes = db_get_bytea(rows, 0, 6, &size_bytes);
    ret_due->event =
        events__v1__logged_event__unpack(arena_allocator(call->arena), size_bytes, bytes);
    CHECK(ret_due->event != NULL); /* we packed it */
    return OK;
}

/* What came of it. `attempt` NULL: none was made. */
static enum err
keep_await(struct call *call, const struct delivery_due *due, const char *state, int64_t due_us,
           const struct attempt *attempt, int64_t begin_us, int64_t fail_us)
{
    struct uuid timer_id = uuid_make();
    const struct db_param params[] = {
        db_uuid(&due->delivery_id),
        db_int8(due->version),
        db_text(state),
        db_time(due_us),
        db_uuid(&timer_id),
        db_time(begin_us),
        db_int8(attempt != NULL ? attempt->duration_ms : 0),
        db_text(attempt != NULL ? attempt->name : ""),
        db_int4(attempt != NULL ? attempt->code : 0),
        db_text(attempt != NULL ? attempt->answer : ""),
        notify_time_or_null(fail_us),
    };
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(call->svc), call, &keep_delivery, params, COUNT_OF(params),
                                  message_uuid(call->arena, &due->delivery_id), &rows);
    if (err != OK)
        return err;
    if (db_row_count(rows) == 0)
        return call_fail(call, ERR_ABORTED, "DELIVERY_CHANGED",
                         "the delivery was changed meanwhile");
    timer_poke(svc_timer_service(call->svc), due_us);
    return OK;
}

static enum err
post_await(struct call *call, const struct delivery_due *due, const struct webhook *webhook,
           int64_t now_us, struct attempt *ret_attempt)
{
    struct buf body = {0};
    cloudevent_write(&body, due->epoch, due->event);
    bool has_old = webhook->old_secret[0] != 0 && webhook->old_secret_expire_us > now_us;
    const struct webhook_delivery delivery = {
        .url = webhook->shown->url,
        .id = arena_printf(call->arena, "msg_%s", message_uuid(call->arena, &due->delivery_id)),
        .secrets = {webhook->secret, has_old ? webhook->old_secret : NULL},
        .content_type = "application/cloudevents+json",
        .body = body.bytes,
        .body_size_bytes = body.size_bytes,
        .is_http_fine = notify_config.webhook_is_http_fine,
        .is_private_fine = notify_config.webhook_is_private_fine,
        .ca_path = notify_config.webhook_ca_file,
    };
    struct call limited = *call;
    limited.deadline_mono_ms = clock_mono_ms() + SEND_ATTEMPT_MS;
    enum err err = webhook_post_await(notify_transfer(), &limited, &delivery, ret_attempt);
    buf_free(&body);
    call->deadline_mono_ms = clock_mono_ms() + SEND_KEEP_MS;
    return err;
}

static enum err
disable_await(struct call *call, struct webhook *webhook, const char *reason)
{
    webhook->shown->state = NOTIFY__V1__WEBHOOK__STATE__DISABLED;
    webhook->shown->reason = (char *)reason;
    webhook->shown->version++;
    Notify__V1__WebhookDisabled event = NOTIFY__V1__WEBHOOK_DISABLED__INIT;
    event.webhook_id = webhook->shown->webhook_id;
    event.reason = (char *)reason;
    Notify__V1__GetWebhookResponse response = NOTIFY__V1__GET_WEBHOOK_RESPONSE__INIT;
    enum err err = webhook_update_await(call, webhook, &notify_v1_webhook_disabled_contract,
                                        &event.base, &response.base);
    if (err == OK)
        catalogue_poke();
    return err;
}

static enum err
fail_await(struct call *call, const struct delivery_due *due, struct webhook *webhook,
           const struct attempt *attempt, int64_t begin_us)
{
    int64_t now_us = clock_now_us();
    int64_t fail_us = webhook->fail_time_us != 0 ? webhook->fail_time_us : now_us;
    bool is_gone = attempt->outcome == ATTEMPT_GONE,
         is_lost = send_webhook_is_lost(fail_us, now_us);
    if (is_gone || is_lost) {
        enum err err = disable_await(call, webhook, is_gone ? "GONE" : "FAILED_FOR_DAYS");
        return err != OK ? err : keep_await(call, due, "DEAD", now_us, attempt, begin_us, fail_us);
    }
    int64_t pause_us = send_delivery_pause_us(due->attempt_count + 1, rng_below(UINT32_MAX));
    if (pause_us == 0)
        return keep_await(call, due, "DEAD", now_us, attempt, begin_us, fail_us);
    const int64_t us_per_s = 1000000, longest_s = 24 * 3600;
    int64_t asked_s = attempt->retry_after_s < longest_s ? attempt->retry_after_s : longest_s;
    if (asked_s * us_per_s > pause_us)
        pause_us = asked_s * us_per_s;
    return keep_await(call, due, "WAITING", now_us + pause_us, attempt, begin_us, fail_us);
}

enum err
delivery_on_due(struct call *call, const struct timer_due *timer)
{
    call->deadline_mono_ms = clock_mono_ms() + SEND_COMPOSE_MS;
    struct delivery_due due;
    struct webhook webhook;
    enum err err = read_await(call, &timer->timer_id, &due);
    if (err == OK && (strcmp(due.state, "WAITING") != 0 || due.event == NULL))
        return OK;
    if (err == OK)
        err = webhook_read_await(call, &due.webhook_id, &webhook);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err; /* ended meanwhile */
    int64_t begin_us = clock_now_us();
    if (webhook.shown->state != NOTIFY__V1__WEBHOOK__STATE__ACTIVE)
        return keep_await(call, &due, "DEAD", begin_us, NULL, begin_us, 0);
    struct attempt attempt;
    err = post_await(call, &due, &webhook, begin_us, &attempt);
    if (err != OK)
        return err;
    if (attempt.outcome == ATTEMPT_DONE)
        return keep_await(call, &due, "DELIVERED", begin_us, &attempt, begin_us, 0);
    return fail_await(call, &due, &webhook, &attempt, begin_us);
}
