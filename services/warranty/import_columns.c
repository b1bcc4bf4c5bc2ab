/*
 * import_columns - headings to fields, rows to requests, and whether a unit is as a row says
 */
// SPDX-License-Identifier: Apache-2.0
#include "import_rules.h"

#include <ctype.h>
#include <string.h>

#include "common/json.h"
#include "common/message.h"

/* ---- fields and headings ---- */

/* Names are those of a unit; the others are what people write, folded. */
static const struct {
    const char *name;
    const char *const headings[16];
} fields[IMPORT_FIELD_COUNT] = {
    [IMPORT_UNUSED] = {"", {NULL}},
    [IMPORT_SERIAL] = {"serial",
                       {"serial", "serialnumber", "serialno", "serialnr", "sn", "seriennummer",
                        "seriennr", "geraetenummer", "fabriknummer"}},
    [IMPORT_SKU] = {"sku",
                    {"sku", "product", "productcode", "productnumber", "article", "articlenumber",
                     "articleno", "itemnumber", "itemno", "artikel", "artikelnummer", "artikelnr",
                     "artnr", "produkt", "produktnummer"}},
    [IMPORT_OWNER_ID] = {"owner_id", {"ownerid", "owner", "eigentuemer", "besitzer"}},
    [IMPORT_ORDER_NUMBER] = {"order_number",
                             {"ordernumber", "orderno", "ordernr", "order", "auftrag",
                              "auftragsnummer", "auftragsnr", "bestellnummer", "bestellnr"}},
    [IMPORT_ORDER_DATE] = {"order_date",
                           {"orderdate", "orderedon", "dateoforder", "bestelldatum", "bestelltam",
                            "auftragsdatum"}},
    [IMPORT_PURCHASE_DATE] = {"purchase_date",
                              {"purchasedate", "purchasedon", "dateofpurchase", "saledate",
                               "solddate", "soldon", "dateofsale", "kaufdatum", "gekauftam",
                               "verkaufsdatum", "verkauftam"}},
    [IMPORT_DELIVERY_DATE] = {"delivery_date",
                              {"deliverydate", "deliveredon", "dateofdelivery", "handoverdate",
                               "lieferdatum", "geliefertam", "uebergabedatum"}},
    [IMPORT_INSTALL_DATE] = {"install_date",
                             {"installdate", "installationdate", "installedon", "einbaudatum",
                              "installationsdatum", "montagedatum", "inbetriebnahme",
                              "inbetriebnahmedatum"}},
    [IMPORT_REGISTER_DATE] = {"register_date",
                              {"registerdate", "registrationdate", "registeredon",
                               "registrierungsdatum", "registriertam"}},
    [IMPORT_MANUFACTURE_DATE] = {"manufacture_date",
                                 {"manufacturedate", "manufacturingdate", "manufacturedon",
                                  "productiondate", "herstelldatum", "herstellungsdatum",
                                  "produktionsdatum", "baudatum"}},
    [IMPORT_REGION] = {"region", {"region", "country", "land"}},
    [IMPORT_CHANNEL] = {"channel",
                        {"channel", "saleschannel", "kanal", "vertriebsweg", "vertriebskanal",
                         "verkaufskanal"}},
    [IMPORT_CUSTOMER_CLASS] = {"customer_class",
                               {"customerclass", "customertype", "kundenklasse", "kundenart",
                                "kundengruppe"}},
    [IMPORT_CONDITION] = {"condition", {"condition", "zustand"}},
    [IMPORT_PRICE_PAID] = {"price_paid",
                           {"pricepaid", "price", "amount", "amountpaid", "preis", "kaufpreis",
                            "verkaufspreis", "betrag", "bezahlterpreis"}},
    [IMPORT_CURRENCY] = {"currency", {"currency", "currencycode", "waehrung"}},
};

const char *
import_field_name(enum import_field field)
{
    return fields[field].name;
}

bool
import_field_find(const char *name, enum import_field *ret_field)
{
    for (int i = 0; i < IMPORT_FIELD_COUNT; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            *ret_field = (enum import_field)i;
            return true;
        }
    }
    return false;
}

const char *
import_field_names(struct arena *arena)
{
    const char *names = fields[IMPORT_SERIAL].name;
    for (int i = IMPORT_SERIAL + 1; i < IMPORT_FIELD_COUNT; i++)
        names = arena_printf(arena, "%s, %s", names, fields[i].name);
    return names;
}

/* Letters and digits alone, small, umlauts spelled out: "Serien-Nr." and "serien nr" are one. */
static const char *
fold(struct arena *arena, const char *text)
{
    static const char *const umlauts[][2] = {{"ä", "ae"}, {"ö", "oe"}, {"ü", "ue"}, {"Ä", "ae"},
                                             {"Ö", "oe"}, {"Ü", "ue"}, {"ß", "ss"}};
    char *folded = arena_alloc(arena, strlen(text) + 1);
    char *end = folded;
    while (text[0] != 0) {
        size_t i = 0;
        while (i < COUNT_OF(umlauts) && strncmp(text, umlauts[i][0], 2) != 0)
            i++;
        if (i < COUNT_OF(umlauts)) {
            end = stpcpy(end, umlauts[i][1]);
            text += 2;
            continue;
        }
        unsigned char c = (unsigned char)*text++;
        if (isalnum(c) || c >= 0x80)
            *end++ = (char)tolower(c);
    }
    return folded;
}

static enum import_field
find_heading(const struct import_mapping *mapping, const char *folded, bool *mapping_used)
{
    for (size_t i = 0; i < mapping->count; i++) {
        if (strcmp(mapping->headings[i], folded) == 0) {
            mapping_used[i] = true;
            return mapping->fields[i];
        }
    }
    for (int field = 0; field < IMPORT_FIELD_COUNT; field++) {
        for (const char *const *known = fields[field].headings; *known != NULL; known++) {
            if (strcmp(*known, folded) == 0)
                return (enum import_field)field;
        }
    }
    return IMPORT_UNUSED;
}

enum err
import_read_mapping(struct arena *arena, const char *text, struct import_mapping *ret_mapping,
                    struct fault *ret_fault)
{
    *ret_mapping = (struct import_mapping){0};
    char *rest = arena_copy_text(arena, text);
    for (char *pair = strsep(&rest, ","); pair != NULL; pair = strsep(&rest, ",")) {
        size_t i = ret_mapping->count;
        char *equals = strrchr(pair, '=');
        if (pair[0] == 0 && rest == NULL)
            break;
        if (equals == NULL || i == CSV_CELLS_MAX)
            return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "MAPPING_MALFORMED",
                             "mapping is heading=field, with commas between at most %d of them",
                             CSV_CELLS_MAX);
        const char *field;
        size_t at;
        equals[0] = 0;
        (void)import_text(arena, equals + 1, strlen(equals + 1), false, &field, &at);
        ret_mapping->headings[i] = fold(arena, pair);
        if (!import_field_find(field, &ret_mapping->fields[i]))
            return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "MAPPING_FIELD_UNKNOWN",
                             "\"%.60s\" is no field of a unit; fields are %s", field,
                             import_field_names(arena));
        ret_mapping->count++;
    }
    return OK;
}

/* ---- the head ---- */

enum err
import_look(const char *bytes, size_t size_bytes, bool is_json, struct import_columns *columns,
            size_t *ret_skip_bytes, struct fault *ret_fault)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    *columns = (struct import_columns){.is_json = is_json, .is_utf8 = is_json};
    *ret_skip_bytes = 0;
    if (size_bytes >= 3 && memcmp(bytes, byte_order_mark, 3) == 0) {
        columns->is_utf8 = true;
        *ret_skip_bytes = 3;
    }
    if (size_bytes >= 4 && memcmp(bytes, "PK\3\4", 4) == 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "FILE_NOT_TEXT",
                         "the file is a workbook: save it as \"CSV UTF-8\" first");
    if (size_bytes >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 ||
                            memcmp(bytes, "\xfe\xff", 2) == 0 || bytes[0] == 0 || bytes[1] == 0))
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "FILE_NOT_TEXT",
                         "the file is UTF-16, or no text: save it as \"CSV UTF-8\"");
    size_t skip_bytes = 0;
    if (!is_json)
        columns->separator =
            csv_find_separator(bytes + *ret_skip_bytes, size_bytes - *ret_skip_bytes, &skip_bytes);
    *ret_skip_bytes += skip_bytes;
    return OK;
}

/* Each field stands in one column, and serial and sku do. */
static enum err
check_fields(const struct import_columns *columns, struct fault *ret_fault)
{
    int column_of[IMPORT_FIELD_COUNT] = {0};
    for (size_t i = 0; i < columns->count; i++) {
        enum import_field field = columns->fields[i];
        if (field != IMPORT_UNUSED && column_of[field] != 0)
            return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "COLUMN_TWICE",
                             "the columns \"%.80s\" and \"%.80s\" both say %s: name one of them in "
                             "mapping, and the other with nothing behind its =",
                             columns->headings[column_of[field] - 1], columns->headings[i],
                             import_field_name(field));
        column_of[field] = (int)i + 1;
    }
    static const enum import_field needed[] = {IMPORT_SERIAL, IMPORT_SKU};
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        if (column_of[needed[i]] == 0)
            return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "HEAD_INCOMPLETE",
                             "no heading of the first line says %s: name the column in mapping, as "
                             "mapping=Heading=%s",
                             import_field_name(needed[i]), import_field_name(needed[i]));
    }
    return OK;
}

enum err
import_find_columns(struct arena *arena, const struct csv_row *head,
                    const struct import_mapping *mapping, struct import_columns *columns,
                    struct fault *ret_fault)
{
    bool mapping_used[CSV_CELLS_MAX] = {false};
    columns->count = 0;
    for (size_t i = 0; i < head->cell_count; i++) {
        const struct csv_cell *cell = &head->cells[i];
        size_t at;
        if (!import_text(arena, cell->text, cell->size_bytes, columns->is_utf8,
                         &columns->headings[i], &at))
            return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "ENCODING",
                             "byte %zu of heading %zu is neither UTF-8 nor Windows-1252", at,
                             i + 1);
        columns->fields[i] = find_heading(mapping, fold(arena, columns->headings[i]), mapping_used);
        columns->count++;
    }
    for (size_t i = 0; i < mapping->count; i++) {
        if (!mapping_used[i])
            return fault_set(
                ret_fault, ERR_INVALID_ARGUMENT, "COLUMN_MISSING",
                "the mapping names a column \"%.100s\" that the first line does not have",
                mapping->headings[i]);
    }
    return check_fields(columns, ret_fault);
}

/* ---- rows ---- */

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
