/*
 * unit_handlers - registering units, reading and listing them
 *
 * What a registration says of days becomes the first facts of the unit. A customer says no more of
 * them than when they bought it; that they register it today is a fact too.
 */
// SPDX-License-Identifier: Apache-2.0
#include "fact.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "coverage_rules.h"

static void
recalls_to_message(struct arena *arena, const struct unit *unit, Warranty__V1__Unit *message)
{
    message->recalls = arena_alloc(arena, (unit->recall_count + 1) * sizeof(*message->recalls));
    for (size_t i = 0; i < unit->recall_count; i++) {
        Warranty__V1__UnitRecall *recall = arena_alloc(arena, sizeof *recall);
        warranty__v1__unit_recall__init(recall);
        recall->recall_id = (char *)unit->recalls[i].recall_id;
        recall->title = (char *)unit->recalls[i].title;
        recall->instruction = (char *)unit->recalls[i].instruction;
        message->recalls[message->n_recalls++] = recall;
    }
}

static Common__V1__Money *
price_to_message(struct arena *arena, const struct unit *unit)
{
    if (unit->price_paid.currency_code[0] == 0)
        return NULL;
    Common__V1__Money *message = arena_alloc(arena, sizeof *message);
    common__v1__money__init(message);
    message->minor = unit->price_paid.minor;
    message->currency_code = arena_copy_text(arena, unit->price_paid.currency_code);
    return message;
}

Warranty__V1__Unit *
unit_to_message(struct arena *arena, const struct unit *unit)
{
    Warranty__V1__Unit *message = arena_alloc(arena, sizeof *message);
    warranty__v1__unit__init(message);
    message->serial = (char *)unit->serial;
    message->sku = (char *)unit->sku;
    message->owner_id = (char *)unit->owner_id;
    message->order_number = (char *)unit->order_number;
    message->order_date = message_date(arena, unit->days[ENTITLEMENT_ORDERED]);
    message->purchase_date = message_date(arena, unit->days[ENTITLEMENT_PURCHASED]);
    message->delivery_date = message_date(arena, unit->days[ENTITLEMENT_DELIVERED]);
    message->install_date = message_date(arena, unit->days[ENTITLEMENT_INSTALLED]);
    message->register_date = message_date(arena, unit->days[ENTITLEMENT_REGISTERED]);
    message->manufacture_date = message_date(arena, unit->days[ENTITLEMENT_MANUFACTURED]);
    message->region = (char *)unit->region;
    message->channel = (char *)unit->channel;
    message->customer_class = (char *)unit->customer_class;
    message->condition = (char *)unit->condition;
    message->price_paid = price_to_message(arena, unit);
    message->replaces_serial = (char *)unit->replaces_serial;
    message->replaced_by_serial = (char *)unit->replaced_by_serial;
    message->is_purchase_stated = unit->is_purchase_stated;
    message->last_cover_date = message_date(arena, unit->last_cover_date);
    recalls_to_message(arena, unit, message);
    message->create_time = message_time(arena, unit->create_time_us);
    message->version = unit->version;
    return message;
}

enum err
unit_fail_missing(struct call *call, const char *serial)
{
    return call_fail(call, ERR_NOT_FOUND, "UNIT_MISSING", "unit \"%s\" is not known", serial);
}

enum err
unit_show(struct call *call, const struct unit *unit)
{
    return call_may_see(call, unit->owner_id) ? OK : unit_fail_missing(call, unit->serial);
}

enum err
unit_get_await(struct call *call, const char *serial, struct unit *ret_unit)
{
    enum err err = unit_read_await(call, serial, ret_unit);
    if (err == ERR_NOT_FOUND)
        return unit_fail_missing(call, serial);
    return err == OK ? unit_show(call, ret_unit) : err;
}

/* ---- registering ---- */

/* Whose it becomes: a customer's own; whom staff name, or nobody's yet. */
static enum err
owner_for(struct call *call, const char *asked, const char **ret_owner_id)
{
    const char *own = call_own_subject(call);
    *ret_owner_id = own != NULL ? own : asked;
    if (asked[0] == 0 || call_may_see(call, asked))
        return OK;
    return call_fail_field(call, "owner_id", "OWNER_NOT_YOU",
                           "a customer registers units for themselves only: leave owner_id out");
}

/* A day that something happened on may be tomorrow's, for zones east of the policy's; later is a
 * mistake. */
static enum err
check_days(struct call *call, const struct unit *unit, struct date today)
{
    bool is_customer = call_own_subject(call) != NULL;
    struct date latest = date_add(today, 0, 1);
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++) {
        struct date day = unit->days[event];
        const char *field = coverage_day_field((enum entitlement_event)event);
        if (date_is_absent(day))
            continue;
        bool is_theirs = event == ENTITLEMENT_PURCHASED ||
                         (event == ENTITLEMENT_REGISTERED && date_compare(day, today) == 0);
        if (is_customer && !is_theirs)
            return warranty_fail_not_yours(call, field);
        if (date_compare(day, latest) > 0)
            return call_fail_field(call, field, "DATE_IN_FUTURE", "%s lies in the future", field);
        if (day.year < ENTITLEMENT_YEAR_MIN)
            return call_fail_field(call, field, "DATE_TOO_EARLY", "%s lies before the year %d",
                                   field, ENTITLEMENT_YEAR_MIN);
    }
    return OK;
}

static enum err
take_price(struct call *call, const Common__V1__Money *price, struct unit *unit)
{
    if (price == NULL)
        return OK;
    if (call_own_subject(call) != NULL)
        return warranty_fail_not_yours(call, "price_paid");
    if (money_digits(price->currency_code) < 0)
        return call_fail_field(call, "price_paid.currency_code", "CURRENCY_UNKNOWN",
                               "\"%s\" is no currency of ISO 4217", price->currency_code);
    if (price->minor < 0)
        return call_fail_field(call, "price_paid.minor", "FIELD_RANGE",
                               "a price is not below zero");
    unit->price_paid.minor = price->minor;
    (void)snprintf(unit->price_paid.currency_code, sizeof unit->price_paid.currency_code, "%s",
                   price->currency_code);
    return OK;
}

static void
take_days(const Warranty__V1__RegisterUnitRequest *req, bool is_customer, struct date today,
          struct date *days)
{
    days[ENTITLEMENT_ORDERED] = message_get_date(req->order_date);
    days[ENTITLEMENT_PURCHASED] = message_get_date(req->purchase_date);
    days[ENTITLEMENT_DELIVERED] = message_get_date(req->delivery_date);
    days[ENTITLEMENT_INSTALLED] = message_get_date(req->install_date);
    days[ENTITLEMENT_REGISTERED] = message_get_date(req->register_date);
    days[ENTITLEMENT_MANUFACTURED] = message_get_date(req->manufacture_date);
    if (is_customer && req->register_date == NULL)
        days[ENTITLEMENT_REGISTERED] = today;
}

/* What is said of the sale, in the policy's codes. */
static enum err
check_sale(struct call *call, const struct policy *policy, const struct unit *unit)
{
    enum err err = warranty_check_code(call, policy, "region", "region", unit->region);
    if (err == OK)
        err = warranty_check_code(call, policy, "channel", "channel", unit->channel);
    if (err == OK)
        err = warranty_check_code(call, policy, "customer_class", "customer_class",
                                  unit->customer_class);
    if (err == OK)
        err = warranty_check_code(call, policy, "condition", "condition", unit->condition);
    return err;
}

enum err
unit_take_request(struct call *call, const Warranty__V1__RegisterUnitRequest *req,
                  struct unit *unit)
{
    const struct policy *policy;
    bool is_customer = call_own_subject(call) != NULL;
    *unit = (struct unit){
        .serial = req->serial,
        .sku = req->sku,
        .order_number = req->order_number,
        .region = req->region,
        .channel = req->channel,
        .customer_class = req->customer_class,
        .condition = req->condition,
        .is_stated = is_customer,
        .is_purchase_stated = is_customer && req->purchase_date != NULL,
        .replaces_serial = "",
        .replaced_by_serial = "",
        .create_time_us = clock_now_us(),
        .version = 1,
    };
    enum err err = owner_for(call, req->owner_id, &unit->owner_id);
    if (err == OK)
        err = warranty_policy(call, &policy);
    if (err == OK)
        err = check_sale(call, policy, unit);
    if (err != OK)
        return err;
    struct date today = warranty_today(policy, req->region);
    take_days(req, is_customer, today, unit->days);
    err = check_days(call, unit, today);
    return err == OK ? take_price(call, req->price_paid, unit) : err;
}

struct ledger
unit_first_ledger(struct call *call, const struct unit *unit)
{
    Warranty__V1__UnitFact *facts[ENTITLEMENT_EVENT_COUNT];
    size_t count = 0;
    const char *source = unit->is_stated ? FACT_SOURCE_CUSTOMER : "";
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++) {
        if (!date_is_absent(unit->days[event]))
            facts[count++] =
                fact_make(call->arena, unit->serial, fact_event_kind((enum entitlement_event)event),
                          unit->days[event], unit->create_time_us, source);
    }
    const struct ledger nothing = {0};
    return ledger_add(call->arena, &nothing, facts, count);
}

enum err
unit_work_out(struct call *call, const struct product *product, const struct ledger *ledger,
              struct unit *unit)
{
    unit->category = product->category;
    unit->waterproof = product->waterproof;
    unit->discontinue_date = product->discontinue_date;
    struct fault fault = {0};
    enum err err = entitlement_check_facts(call->arena, ledger->entitlement, ledger->count, &fault);
    if (err != OK)
        return call_fail(call, ERR_INVALID_ARGUMENT, fault.reason, "%s", fault.message);
    return fact_work_out_cover(call, ledger, unit);
}

static enum err
work_out_await(struct call *call, const struct ledger *ledger, struct unit *unit)
{
    struct product product;
    enum err err = product_read_await(call, unit->sku, &product);
    if (err == ERR_NOT_FOUND)
        return call_fail_field(call, "sku", "PRODUCT_MISSING",
                               "product \"%s\" is not in the catalogue", unit->sku);
    return err == OK ? unit_work_out(call, &product, ledger, unit) : err;
}

static enum err
write_await(struct call *call, const struct unit *unit, const struct ledger *ledger,
            Warranty__V1__RegisterUnitResponse *res)
{
    Warranty__V1__UnitRegistered event;
    res->unit = unit_to_message(call->arena, unit);
    fact_say_registered(call->arena, unit, ledger->facts, ledger->count, &event);
    enum err err =
        unit_create_await(call, unit, ledger->facts, ledger->count, &event.base, &res->base);
    if (err == ERR_ALREADY_EXISTS)
        return call_fail(call, ERR_ALREADY_EXISTS, "UNIT_EXISTS",
                         "unit \"%s\" is registered already", unit->serial);
    return err;
}

enum err
warranty_register_unit(struct call *call, const Warranty__V1__RegisterUnitRequest *req,
                       Warranty__V1__RegisterUnitResponse *res)
{
    struct unit unit;
    enum err err = unit_take_request(call, req, &unit);
    if (err != OK)
        return err;
    struct ledger ledger = unit_first_ledger(call, &unit);
    err = work_out_await(call, &ledger, &unit);
    return err == OK ? write_await(call, &unit, &ledger, res) : err;
}

/* ---- reading ---- */

enum err
warranty_get_unit(struct call *call, const Warranty__V1__GetUnitRequest *req,
                  Warranty__V1__GetUnitResponse *res)
{
    struct unit unit;
    enum err err = unit_get_await(call, req->serial, &unit);
    if (err == OK)
        res->unit = unit_to_message(call->arena, &unit);
    return err;
}
