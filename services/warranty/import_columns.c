/*
 * import_columns - what a file is, and what its headings mean
 */
// SPDX-License-Identifier: Apache-2.0
#include "import_rules.h"

#include <ctype.h>
#include <string.h>

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

/* ---- columns, as they are kept ---- */

Warranty__V1__Import *
import_columns_to_layout(struct arena *arena, const struct import_columns *columns)
{
    Warranty__V1__Import *layout = arena_alloc(arena, sizeof *layout);
    warranty__v1__import__init(layout);
    layout->columns = arena_alloc(arena, (columns->count + 1) * sizeof *layout->columns);
    for (size_t i = 0; i < columns->count; i++) {
        Warranty__V1__ImportColumn *column = arena_alloc(arena, sizeof *column);
        warranty__v1__import_column__init(column);
        column->heading = (char *)columns->headings[i];
        column->field = (char *)import_field_name(columns->fields[i]);
        layout->columns[layout->n_columns++] = column;
    }
    if (!columns->is_json)
        layout->separator = arena_printf(arena, "%c", columns->separator);
    layout->is_utf8 = columns->is_utf8;
    return layout;
}

struct import_columns
import_columns_from_layout(const Warranty__V1__Import *layout)
{
    struct import_columns columns = {
        .is_json = layout->separator[0] == 0,
        .is_utf8 = layout->is_utf8,
        .separator = layout->separator[0],
    };
    for (size_t i = 0; i < layout->n_columns && i < CSV_CELLS_MAX; i++) {
        columns.headings[i] = layout->columns[i]->heading;
        if (!import_field_find(layout->columns[i]->field, &columns.fields[i]))
            columns.fields[i] = IMPORT_UNUSED;
        columns.count++;
    }
    return columns;
}
