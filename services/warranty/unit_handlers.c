/*
 * unit_handlers - registering units, reading them, and whether they are covered
 */
// SPDX-License-Identifier: Apache-2.0
#include "warranty.h"

#include "common/clock.h"
#include "common/message.h"

#include "coverage_rules.h"

Warranty__V1__Unit *
unit_to_message(struct arena *arena, const struct unit *unit)
{
    Warranty__V1__Unit *message = arena_alloc(arena, sizeof *message);
    warranty__v1__unit__init(message);
    message->serial = (char *)unit->serial;
    message->sku = (char *)unit->sku;
    message->purchase_date = message_date(arena, unit->purchase_date);
    message->delivery_date = message_date(arena, unit->delivery_date);
    message->owner_id = (char *)unit->owner_id;
    message->order_number = (char *)unit->order_number;
    message->create_time = message_time(arena, unit->create_time_us);
    message->version = unit->version;
    return message;
}

enum err
unit_get_await(struct call *call, const char *serial, struct unit *ret_unit)
{
    enum err err = unit_read_await(call, serial, ret_unit);
    if (err == OK && !call_may_see(call, ret_unit->owner_id))
        err = ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        return call_fail(call, err, "UNIT_MISSING", "unit \"%s\" is not known", serial);
    return err;
}

/* A day that a fact happened on may be tomorrow's, for zones east of the policy's; later is a
 * mistake. */
static enum err
check_day(struct call *call, const char *field, struct date date)
{
    struct date latest = date_add(warranty_today(), 0, 1);
    if (date_is_absent(date) || date_compare(date, latest) <= 0)
        return OK;
    return call_fail_field(call, field, "DATE_IN_FUTURE", "%s lies in the future", field);
}

/* Whose it becomes: a customer's own; whom staff name, or nobody's yet. */
static enum err
owner_for(struct call *call, const char *asked, const char **ret_owner_id)
{
    const char *own = call_own_subject(call);
    *ret_owner_id = own != NULL ? own : asked;
    if (asked[0] == 0 || call_may_see(call, asked))
        return OK;
    return call_fail_field(call, "owner_id", "OWNER_NOT_YOU",
                           "a customer registers units for themselves only");
}

enum err
warranty_register_unit(struct call *call, const Warranty__V1__RegisterUnitRequest *req,
                       Warranty__V1__RegisterUnitResponse *res)
{
    struct unit unit = {
        .serial = req->serial,
        .sku = req->sku,
        .purchase_date = message_get_date(req->purchase_date),
        .delivery_date = message_get_date(req->delivery_date),
        .order_number = req->order_number,
        .create_time_us = clock_now_us(),
        .version = 1,
    };
    enum err err = owner_for(call, req->owner_id, &unit.owner_id);
    if (err == OK)
        err = check_day(call, "purchase_date", unit.purchase_date);
    if (err == OK)
        err = check_day(call, "delivery_date", unit.delivery_date);
    if (err != OK)
        return err;
    Warranty__V1__UnitRegistered event = WARRANTY__V1__UNIT_REGISTERED__INIT;
    event.serial = req->serial;
    event.sku = req->sku;
    event.purchase_date = req->purchase_date;
    event.delivery_date = req->delivery_date;
    res->unit = unit_to_message(call->arena, &unit);
    err = unit_create_await(call, &unit, &event.base, &res->base);
    if (err == ERR_ALREADY_EXISTS)
        return call_fail(call, ERR_ALREADY_EXISTS, "UNIT_EXISTS",
                         "unit \"%s\" is registered already", req->serial);
    if (err == ERR_FAILED_PRECONDITION) /* units_sku_fk */
        return call_fail_field(call, "sku", "PRODUCT_MISSING",
                               "product \"%s\" is not in the catalogue", req->sku);
    return err;
}

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

enum err
warranty_list_units(struct call *call, const Warranty__V1__ListUnitsRequest *req,
                    Warranty__V1__ListUnitsResponse *res)
{
    const char *after;
    enum err err = page_token_read(call, req->page_token, 1, &after);
    if (err != OK)
        return err;
    struct page page;
    err = unit_list_await(call, req->sku, call_own_subject(call), after, page_size(req->page_size),
                          &page);
    if (err != OK)
        return err;
    res->units = (Warranty__V1__Unit **)page.messages;
    res->n_units = page.count;
    if (page.has_more) {
        const char *last = res->units[page.count - 1]->serial;
        res->next_page_token = (char *)page_token_make(call->arena, &last, 1);
    }
    return OK;
}

enum err
warranty_get_coverage(struct call *call, const Warranty__V1__GetCoverageRequest *req,
                      Warranty__V1__GetCoverageResponse *res)
{
    struct unit unit;
    enum err err = unit_get_await(call, req->serial, &unit);
    if (err != OK)
        return err;
    struct date at = req->at != NULL ? message_get_date(req->at) : warranty_today();
    struct coverage coverage = coverage_decide(warranty_terms(), unit.category, unit.purchase_date,
                                               unit.delivery_date, at);
    Warranty__V1__Coverage *message = arena_alloc(call->arena, sizeof *message);
    warranty__v1__coverage__init(message);
    message->serial = (char *)unit.serial;
    message->at = message_date(call->arena, at);
    message->outcome = (Warranty__V1__Coverage__Outcome)coverage.outcome;
    message->last_date = message_date(call->arena, coverage.last_date);
    message->clause_id = (char *)coverage.clause_id;
    message->owner_id = (char *)unit.owner_id;
    res->coverage = message;
    return OK;
}
