/*
 * import_rows - rows to requests, the cell that a fault is about, and whether a unit is as a row
 * says
 */
// SPDX-License-Identifier: Apache-2.0
#include "import_rules.h"

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/message.h"

static enum err
fail_at(struct fault *fault, const char *field)
{
    (void)snprintf(fault->field, sizeof fault->field, "%s", field);
    return fault->code;
}

/* Where a field's text goes. NULL: it is no text. */
static char **
find_text(Warranty__V1__RegisterUnitRequest *request, enum import_field field)
{
    switch (field) {
    case IMPORT_SERIAL:
        return &request->serial;
    case IMPORT_SKU:
        return &request->sku;
    case IMPORT_OWNER_ID:
        return &request->owner_id;
    case IMPORT_ORDER_NUMBER:
        return &request->order_number;
    case IMPORT_REGION:
        return &request->region;
    case IMPORT_CHANNEL:
        return &request->channel;
    case IMPORT_CUSTOMER_CLASS:
        return &request->customer_class;
    case IMPORT_CONDITION:
        return &request->condition;
    default:
        return NULL;
    }
}

static Common__V1__Date **
find_day(Warranty__V1__RegisterUnitRequest *request, enum import_field field)
{
    switch (field) {
    case IMPORT_ORDER_DATE:
        return &request->order_date;
    case IMPORT_PURCHASE_DATE:
        return &request->purchase_date;
    case IMPORT_DELIVERY_DATE:
        return &request->delivery_date;
    case IMPORT_INSTALL_DATE:
        return &request->install_date;
    case IMPORT_REGISTER_DATE:
        return &request->register_date;
    case IMPORT_MANUFACTURE_DATE:
        return &request->manufacture_date;
    default:
        return NULL;
    }
}

/* The texts of a row by field; "" where it says nothing. */
static enum err
read_texts(struct arena *arena, const struct import_columns *columns, const struct csv_row *row,
           const char *texts[IMPORT_FIELD_COUNT], struct fault *ret_fault)
{
    for (int i = 0; i < IMPORT_FIELD_COUNT; i++)
        texts[i] = "";
    for (size_t i = columns->count; i < row->cell_count; i++) {
        if (row->cells[i].size_bytes != 0)
            return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "CELLS_TOO_MANY",
                             "the row has %zu values and the head %zu", row->cell_count,
                             columns->count);
    }
    for (size_t i = 0; i < row->cell_count && i < columns->count; i++) {
        size_t at;
        if (columns->fields[i] == IMPORT_UNUSED)
            continue;
        if (import_text(arena, row->cells[i].text, row->cells[i].size_bytes, columns->is_utf8,
                        &texts[columns->fields[i]], &at))
            continue;
        (void)fault_set(ret_fault, ERR_INVALID_ARGUMENT, "ENCODING", "byte %zu is no %s", at,
                        columns->is_utf8 ? "UTF-8, which the file says it is"
                                         : "UTF-8, and no Windows-1252 either");
        return fail_at(ret_fault, import_field_name(columns->fields[i]));
    }
    return OK;
}

/* Reads a row of CSV. */
static enum err
read_cells(struct arena *arena, const struct import_columns *columns, const struct csv_row *row,
           Warranty__V1__RegisterUnitRequest *request, struct fault *ret_fault)
{
    const char *texts[IMPORT_FIELD_COUNT];
    enum err err = read_texts(arena, columns, row, texts, ret_fault);
    for (int i = IMPORT_SERIAL; err == OK && i < IMPORT_FIELD_COUNT; i++) {
        enum import_field field = (enum import_field)i;
        char **text = find_text(request, field);
        Common__V1__Date **day = find_day(request, field);
        struct date date = {0};
        struct money price = {0};
        if (texts[i][0] == 0)
            continue;
        if (text != NULL)
            *text = (char *)texts[i];
        else if (day != NULL)
            err = import_date(texts[i], &date, ret_fault);
        else if (field == IMPORT_PRICE_PAID)
            err = import_amount(texts[i], texts[IMPORT_CURRENCY], &price, ret_fault);
        if (err != OK)
            return fail_at(ret_fault, import_field_name(field));
        if (day != NULL)
            *day = message_date(arena, date);
        if (field == IMPORT_PRICE_PAID)
            request->price_paid = message_money(arena, price);
    }
    return err;
}

enum err
import_read_row(struct arena *arena, const struct import_columns *columns,
                const struct csv_row *row, Warranty__V1__RegisterUnitRequest **ret_request,
                struct fault *ret_fault)
{
    const struct contract_message *contract = &warranty_v1_register_unit_request_contract;
    ProtobufCMessage *message;
    enum err err = OK;
    *ret_fault = (struct fault){.code = OK};
    if (columns->is_json) {
        err = json_read(arena, contract, row->cells[0].text, row->cells[0].size_bytes, true,
                        &message, ret_fault);
    } else {
        message = json_new_message(arena, contract);
        err = read_cells(arena, columns, row, (Warranty__V1__RegisterUnitRequest *)message,
                         ret_fault);
    }
    if (err == OK)
        err = contract_check(contract, message, true, ret_fault);
    if (err == OK)
        *ret_request = (Warranty__V1__RegisterUnitRequest *)message;
    return err;
}

void
import_find_cell(struct arena *arena, const struct import_columns *columns,
                 const struct csv_row *row, const char *field, const char **ret_heading,
                 const char **ret_value)
{
    char name[ERR_FIELD_SIZE];
    size_t at;
    *ret_heading = "";
    *ret_value = "";
    if (columns->is_json) {
        *ret_heading = arena_copy_text(arena, field);
        (void)import_text(arena, row->cells[0].text, row->cells[0].size_bytes, false, ret_value,
                          &at);
        return;
    }
    (void)snprintf(name, sizeof name, "%s", field);
    name[strcspn(name, ".")] = 0;
    for (size_t i = 0; i < columns->count && name[0] != 0; i++) {
        if (strcmp(import_field_name(columns->fields[i]), name) != 0)
            continue;
        *ret_heading = columns->headings[i];
        if (i < row->cell_count)
            (void)import_text(arena, row->cells[i].text, row->cells[i].size_bytes, false, ret_value,
                              &at);
        return;
    }
}

/* ---- is it there already? ---- */

static bool
is_other_text(const char *told, const char *had)
{
    return told[0] != 0 && strcmp(told, had) != 0;
}

static bool
is_other_price(const Common__V1__Money *told, struct money had)
{
    return told != NULL &&
           (told->minor != had.minor || strcmp(told->currency_code, had.currency_code) != 0);
}

const char *
import_find_difference(const Warranty__V1__RegisterUnitRequest *request, const struct unit *unit)
{
    const struct {
        const char *told;
        const char *had;
        enum import_field field;
    } texts[] = {{request->sku, unit->sku, IMPORT_SKU},
                 {request->owner_id, unit->owner_id, IMPORT_OWNER_ID},
                 {request->order_number, unit->order_number, IMPORT_ORDER_NUMBER},
                 {request->region, unit->region, IMPORT_REGION},
                 {request->channel, unit->channel, IMPORT_CHANNEL},
                 {request->customer_class, unit->customer_class, IMPORT_CUSTOMER_CLASS},
                 {request->condition, unit->condition, IMPORT_CONDITION}};
    const struct {
        const Common__V1__Date *told;
        enum entitlement_event event;
        enum import_field field;
    } days[] = {{request->order_date, ENTITLEMENT_ORDERED, IMPORT_ORDER_DATE},
                {request->purchase_date, ENTITLEMENT_PURCHASED, IMPORT_PURCHASE_DATE},
                {request->delivery_date, ENTITLEMENT_DELIVERED, IMPORT_DELIVERY_DATE},
                {request->install_date, ENTITLEMENT_INSTALLED, IMPORT_INSTALL_DATE},
                {request->register_date, ENTITLEMENT_REGISTERED, IMPORT_REGISTER_DATE},
                {request->manufacture_date, ENTITLEMENT_MANUFACTURED, IMPORT_MANUFACTURE_DATE}};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (is_other_text(texts[i].told, texts[i].had))
            return import_field_name(texts[i].field);
    }
    for (size_t i = 0; i < COUNT_OF(days); i++) {
        if (days[i].told != NULL &&
            date_compare(message_get_date(days[i].told), unit->days[days[i].event]) != 0)
            return import_field_name(days[i].field);
    }
    return is_other_price(request->price_paid, unit->price_paid)
               ? import_field_name(IMPORT_PRICE_PAID)
               : NULL;
}
