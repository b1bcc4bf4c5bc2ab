/*
 * import_batch_store - SQL that stores a batch of an import
 *
 * A batch is one statement: its rows go as arrays side by side, which are read once each.
 */
// SPDX-License-Identifier: Apache-2.0
#include "import.h"

#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "common/message.h"

/* The rows of a batch. Of a dry run there are no units and no facts, but said_rows. */
#define UNITS_STORED                                                                               \
    "stored AS (INSERT INTO units (serial, sku, owner_id, order_number, region, channel,"          \
    " customer_class, condition, price_minor, price_currency, order_date, purchase_date,"          \
    " delivery_date, install_date, register_date, manufacture_date, last_cover_date, create_time)" \
    " SELECT u.serial, u.sku, nullif(u.owner_id, ''), nullif(u.order_number, ''),"                 \
    " nullif(u.region, ''), nullif(u.channel, ''), nullif(u.customer_class, ''),"                  \
    " nullif(u.condition, ''), nullif(u.price_minor, '')::bigint, nullif(u.price_currency, ''),"   \
    " nullif(u.order_date, '')::date, nullif(u.purchase_date, '')::date,"                          \
    " nullif(u.delivery_date, '')::date, nullif(u.install_date, '')::date,"                        \
    " nullif(u.register_date, '')::date, nullif(u.manufacture_date, '')::date,"                    \
    " nullif(u.last_cover_date, '')::date, $5 FROM changed, unnest($34::text[], $35::text[],"      \
    " $36::text[], $37::text[], $38::text[], $39::text[], $40::text[], $41::text[], $42::text[],"  \
    " $43::text[], $44::text[], $45::text[], $46::text[], $47::text[], $48::text[], $49::text[],"  \
    " $50::text[]) AS u (serial, sku, owner_id, order_number, region, channel, customer_class,"    \
    " condition, price_minor, price_currency, order_date, purchase_date, delivery_date,"           \
    " install_date, register_date, manufacture_date, last_cover_date))"
#define FACTS_STORED                                                                               \
    "told AS (INSERT INTO unit_facts (fact_id, serial, kind, fact_date, record_time, content)"     \
    " SELECT f.fact_id::uuid, f.serial, f.kind, f.fact_date::date, $5, decode(f.content, 'hex')"   \
    " FROM changed, unnest($51::text[], $52::text[], $53::text[], $54::text[], $55::text[])"       \
    " AS f (fact_id, serial, kind, fact_date, content))"
#define ERRORS_STORED                                                                              \
    "refused AS (INSERT INTO import_errors (import_id, number, line, column_name, reason,"         \
    " message, value) SELECT $22, $31 - cardinality($56::text[]) + e.place, e.line::bigint,"       \
    " e.column_name, e.reason, e.message, e.value FROM changed, unnest($56::text[], $57::text[],"  \
    " $58::text[], $59::text[], $60::text[]) WITH ORDINALITY"                                      \
    " AS e (line, column_name, reason, message, value, place))"
#define ROWS_SAID                                                                                  \
    "said_rows AS (INSERT INTO import_rows (import_id, serial, content) SELECT $22, r.serial,"     \
    " decode(r.content, 'hex') FROM changed, unnest($61::text[], $62::text[])"                     \
    " AS r (serial, content))"

/* $22 import, $23 the version that was read, $24 state, $25 layout, $26 bytes and $27 lines read,
 * $28 .. $31 rows, stored, same, refused, $32 and $33 refusal, $34 .. $50 units, $51 .. $55 facts,
 * $56 .. $60 refused rows, $61 and $62 rows of a dry run, $63 end time, $64 the timer that runs,
 * $65 the one that goes on, or that deletes the report, $66 until when that is kept. */
DB_STATEMENT(
    commit_import, "warranty_commit_import",
    "WITH locked AS (SELECT import_id FROM imports WHERE import_id = $22 AND version = $23"
    " AND state = 'RUNNING' FOR UPDATE), " CHANGE_KEYED
    ", changed AS (UPDATE imports SET state = $24, layout = $25, read_bytes = $26, line_count = "
    "$27,"
    " row_count = $28, stored_count = $29, same_count = $30, error_count = $31,"
    " refusal_reason = $32, refusal = $33, end_time = $63, report_until = $66, version = version + "
    "1 FROM keyed"
    " WHERE import_id = $22 RETURNING version), " UNITS_STORED ", " FACTS_STORED ", " ERRORS_STORED
    ", " ROWS_SAID ", forgotten AS (DELETE FROM import_rows r USING changed WHERE r.import_id = $22"
    " AND $24 <> 'RUNNING'), over AS (DELETE FROM timers t USING changed WHERE t.timer_id = $64),"
    " goes_on AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time) SELECT $65,"
    " CASE WHEN $66 IS NULL THEN '" IMPORT_TIMER_RUN "' ELSE '" IMPORT_TIMER_FORGET "' END, $9,"
    " coalesce($66, $5) FROM changed WHERE $65::uuid IS NOT NULL), " CHANGE_SAID
    ", " CHANGE_SAID_ALSO CHANGE_COUNTS);

static const char *
print_date(struct arena *arena, struct date date)
{
    if (date_is_absent(date))
        return "";
    char *text = arena_alloc(arena, DATE_TEXT_SIZE);
    date_print(date, text);
    return text;
}

static const char *
pack_hex(struct arena *arena, const ProtobufCMessage *message)
{
    size_t size_bytes = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(arena, size_bytes + 1);
    protobuf_c_message_pack(message, bytes);
    char *hex = arena_alloc(arena, 2 * size_bytes + 1);
    return sodium_bin2hex(hex, 2 * size_bytes + 1, bytes, size_bytes);
}

/* Arrays side by side: `width` texts of each row, filled by `fill`. */
enum { UNIT_WIDTH = 17, FACT_WIDTH = 5, ERROR_WIDTH = 5, ROW_WIDTH = 2, WIDTH_MAX = UNIT_WIDTH };
typedef void fill_row(struct arena *arena, const struct import_batch *batch, size_t row,
                      const char **texts);

static struct db_param *
put_arrays(struct arena *arena, const struct import_batch *batch, size_t count, size_t width,
           fill_row *fill, struct db_param *params)
{
    const char **texts = arena_alloc(arena, (count + 1) * width * sizeof *texts);
    for (size_t row = 0; row < count; row++) {
        const char *of_row[WIDTH_MAX];
        fill(arena, batch, row, of_row);
        for (size_t i = 0; i < width; i++)
            texts[i * count + row] = of_row[i];
    }
    for (size_t i = 0; i < width; i++)
        *params++ = db_text_array(arena, &texts[i * count], count);
    return params;
}

static void
fill_unit(struct arena *arena, const struct import_batch *batch, size_t row, const char **texts)
{
    const struct unit *unit = &batch->units[row];
    bool has_price = unit->price_paid.currency_code[0] != 0;
    *texts++ = unit->serial;
    *texts++ = unit->sku;
    *texts++ = unit->owner_id;
    *texts++ = unit->order_number;
    *texts++ = unit->region;
    *texts++ = unit->channel;
    *texts++ = unit->customer_class;
    *texts++ = unit->condition;
    *texts++ = has_price ? arena_printf(arena, "%" PRId64, unit->price_paid.minor) : "";
    *texts++ = unit->price_paid.currency_code;
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++)
        *texts++ = print_date(arena, unit->days[event]);
    *texts++ = print_date(arena, unit->last_cover_date);
}

static void
fill_fact(struct arena *arena, const struct import_batch *batch, size_t row, const char **texts)
{
    const Warranty__V1__UnitFact *fact = batch->facts[row];
    texts[0] = fact->fact_id;
    texts[1] = fact->serial;
    texts[2] = contract_enum_name(&warranty__v1__unit_fact__kind__descriptor, (int)fact->kind);
    texts[3] = print_date(arena, message_get_date(fact->date));
    texts[4] = pack_hex(arena, &fact->base);
}

static void
fill_error(struct arena *arena, const struct import_batch *batch, size_t row, const char **texts)
{
    const struct import_error *error = &batch->errors[row];
    texts[0] = arena_printf(arena, "%" PRId64, error->line);
    texts[1] = error->column;
    texts[2] = error->reason;
    texts[3] = error->message;
    texts[4] = error->value;
}

static void
fill_said(struct arena *arena, const struct import_batch *batch, size_t row, const char **texts)
{
    texts[0] = batch->requests[row]->serial;
    texts[1] = pack_hex(arena, &batch->requests[row]->base);
}

static struct db_param
pack_layout(struct arena *arena, const struct import *import)
{
    if (import->layout == NULL)
        return (struct db_param){.type = DB_BYTEA, .is_null = true};
    size_t size_bytes = warranty__v1__import__get_packed_size(import->layout);
    uint8_t *bytes = arena_alloc(arena, size_bytes + 1);
    warranty__v1__import__pack(import->layout, bytes);
    return db_bytea(bytes, size_bytes);
}

/* $22 to $33. */
static struct db_param *
put_import(struct arena *arena, const struct import *import, struct db_param *params)
{
    *params++ = db_uuid(&import->import_id);
    *params++ = db_int8(import->version - 1);
    *params++ = db_text(contract_enum_name(warranty_v1_import_state_machine.states, import->state));
    *params++ = pack_layout(arena, import);
    *params++ = db_int8(import->read_bytes);
    *params++ = db_int8(import->line_count);
    *params++ = db_int8(import->row_count);
    *params++ = db_int8(import->stored_count);
    *params++ = db_int8(import->same_count);
    *params++ = db_int8(import->error_count);
    *params++ = db_text_or_null(import->refusal_reason);
    *params++ = db_text_or_null(import->refusal);
    return params;
}

/* A UnitRegistered for each unit that is stored. Facts stand in the order of their units. */
static struct change_event *
make_events(struct arena *arena, const struct import *import, const struct import_batch *batch)
{
    struct change_event *events = arena_alloc(arena, (batch->unit_count + 1) * sizeof *events);
    for (size_t i = 0, first = 0; i < batch->unit_count; i++) {
        const struct unit *unit = &batch->units[i];
        size_t end = first;
        while (end < batch->fact_count && strcmp(batch->facts[end]->serial, unit->serial) == 0)
            end++;
        Warranty__V1__UnitRegistered *event = arena_alloc(arena, sizeof *event);
        fact_say_registered(arena, unit, &batch->facts[first], end - first, event);
        first = end;
        event->import_id = message_uuid(arena, &import->import_id);
        events[i] = (struct change_event){
            .event_contract = &warranty_v1_unit_registered_contract,
            .event = &event->base,
            .aggregate_id = unit->serial,
            .aggregate_version = 1,
            .owner_id = unit->owner_id,
            .unit_serial = unit->serial,
        };
    }
    return events;
}

enum err
import_commit_await(struct call *call, const struct import *import,
                    const struct import_batch *batch, const ProtobufCMessage *event,
                    const struct contract_message *event_contract, const ProtobufCMessage *response)
{
    enum { OWN_PARAMS = 45 };
    struct arena *arena = call->arena;
    struct db_param params[OWN_PARAMS];
    bool is_dry = import->is_dry_run;
    bool is_running = import->state == WARRANTY__V1__IMPORT__STATE__RUNNING;
    size_t unit_count = is_dry ? 0 : batch->unit_count;
    char import_id[UUID_TEXT_SIZE];
    uuid_print(&import->import_id, import_id);
    struct db_param *end = put_import(arena, import, params);
    end = put_arrays(arena, batch, unit_count, UNIT_WIDTH, fill_unit, end);
    end = put_arrays(arena, batch, is_dry ? 0 : batch->fact_count, FACT_WIDTH, fill_fact, end);
    end = put_arrays(arena, batch, batch->error_count, ERROR_WIDTH, fill_error, end);
    end = put_arrays(arena, batch, is_dry && is_running ? batch->unit_count : 0, ROW_WIDTH,
                     fill_said, end);
    *end = db_time(import->end_time_us);
    (end++)->is_null = import->end_time_us == 0;
    *end++ = db_uuid(batch->timer_id);
    *end++ = db_uuid(batch->next_timer_id);
    *end = db_time(import->report_until_us);
    (end++)->is_null = import->report_until_us == 0;
    const struct change change = {
        .stmt = &commit_import,
        .params = params,
        .param_count = (size_t)(end - params),
        .aggregate_id = import_id,
        .owner_id = "",
        .unit_serial = "",
        .time_us = batch->time_us,
        .event_contract = event_contract,
        .event = event,
        .response = response,
        .says_also = true,
        .also = make_events(arena, import, batch),
        .also_count = unit_count,
    };
    CHECK(change.param_count == OWN_PARAMS);
    return change_commit_await(svc_db(call->svc), call, &change);
}
