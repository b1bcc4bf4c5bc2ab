/*
 * product_store - all SQL for products
 */
// SPDX-License-Identifier: Apache-2.0
#include "warranty.h"

#include <string.h>

#define COLUMNS                                                                                    \
    "sku, name, category, brand, array_to_string(components, ','), is_waterproof,"                 \
    " discontinue_date, create_time, version"

DB_STATEMENT(read_product, "warranty_read_product",
             "SELECT " COLUMNS " FROM products WHERE sku = $1");

/* $1 after which SKU, $2 how many. */
DB_STATEMENT(list_products, "warranty_list_products",
             "SELECT " COLUMNS " FROM products WHERE sku > $1 ORDER BY sku LIMIT $2");

/* $1 after which SKU, $2 how many, $3 category. */
DB_STATEMENT(list_category_products, "warranty_list_category_products",
             "SELECT " COLUMNS
             " FROM products WHERE category = $3 AND sku > $1 ORDER BY sku LIMIT $2");

/* $14 sku, $15 name, $16 category, $17 brand, $18 components, $19 whether it is waterproof, $20
 * discontinue date. */
DB_STATEMENT(
    create_product, "warranty_create_product",
    "WITH locked AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM products WHERE sku = "
    "$14)), " CHANGE_KEYED
    ", changed AS (INSERT INTO products (sku, name, category, brand, components, is_waterproof,"
    " discontinue_date, create_time)"
    " SELECT $14, $15, $16, $17, $18, $19, $20, $5 FROM keyed RETURNING version), " CHANGE_SAID
        CHANGE_COUNTS);

/* $14 .. $20 as above, $21 the version that was read. */
DB_STATEMENT(update_product, "warranty_update_product",
             "WITH locked AS (SELECT sku FROM products WHERE sku = $14 AND version = $21 FOR "
             "UPDATE), " CHANGE_KEYED ", changed AS (UPDATE products SET name = $15, category = "
             "$16, brand = $17, components = $18, is_waterproof = $19, discontinue_date = $20,"
             " version = version + 1 FROM keyed WHERE sku = $14 RETURNING version), " CHANGE_SAID
                 CHANGE_COUNTS);

int
product_waterproof(const struct db_rows *rows, size_t row, size_t column)
{
    if (db_is_null(rows, row, column))
        return WARRANTY__V1__PRODUCT__TRAIT__TRAIT_UNSPECIFIED;
    return db_get_bool(rows, row, column) ? WARRANTY__V1__PRODUCT__TRAIT__YES
                                          : WARRANTY__V1__PRODUCT__TRAIT__NO;
}

/* Codes with commas between them; codes have none. */
static void
read_components(struct arena *arena, const char *text, struct product *product)
{
    const char **components = arena_alloc(arena, (strlen(text) / 2 + 1) * sizeof *components);
    product->components = components;
    char *rest = arena_copy_text(arena, text);
    for (char *code = strsep(&rest, ","); code != NULL; code = strsep(&rest, ",")) {
        if (code[0] != 0)
            components[product->component_count++] = code;
    }
}

static struct product
product_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct product product = {
        .sku = db_get_text(rows, row, 0),
        .name = db_get_text(rows, row, 1),
        .category = db_get_text(rows, row, 2),
        .brand = db_get_text(rows, row, 3),
        .waterproof = product_waterproof(rows, row, 5),
        .discontinue_date = db_get_date(rows, row, 6),
        .create_time_us = db_get_time(rows, row, 7),
        .version = db_get_int8(rows, row, 8),
    };
    read_components(arena, db_get_text(rows, row, 4), &product);
    return product;
}

enum err
product_read_await(struct call *call, const char *sku, struct product *ret_product)
{
    const struct db_param params[] = {db_text(sku)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_product, params, COUNT_OF(params), &rows);
    if (err == OK)
        *ret_product = product_from_row(call->arena, rows, 0);
    return err;
}

static void *
message_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct product product = product_from_row(arena, rows, row);
    return product_to_message(arena, &product);
}

enum err
product_list_await(struct call *call, const char *category, const char *after_sku, int32_t size,
                   struct page *ret_page)
{
    const struct db_param params[] = {db_text(after_sku), page_limit(size), db_text(category)};
    bool is_all = category[0] == 0;
    return page_read_await(svc_db(call->svc), call,
                           is_all ? &list_products : &list_category_products, params,
                           is_all ? 2 : 3, size, message_from_row, ret_page);
}

/* What both statements begin with. */
enum { PRODUCT_PARAM_COUNT = 7 };

static void
fill_params(struct arena *arena, const struct product *product, struct db_param *params)
{
    struct db_param is_waterproof =
        db_bool(product->waterproof == WARRANTY__V1__PRODUCT__TRAIT__YES);
    is_waterproof.is_null = product->waterproof == WARRANTY__V1__PRODUCT__TRAIT__TRAIT_UNSPECIFIED;
    *params++ = db_text(product->sku);
    *params++ = db_text(product->name);
    *params++ = db_text(product->category);
    *params++ = db_text_or_null(product->brand);
    *params++ = db_text_array(arena, product->components, product->component_count);
    *params++ = is_waterproof;
    *params++ = db_date(product->discontinue_date);
}

enum err
product_create_await(struct call *call, const struct product *product,
                     const ProtobufCMessage *event, const ProtobufCMessage *response)
{
    struct db_param params[PRODUCT_PARAM_COUNT];
    fill_params(call->arena, product, params);
    const struct change change = {
        .stmt = &create_product,
        .is_creation = true,
        .time_us = product->create_time_us,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = product->sku,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = &warranty_v1_product_created_contract,
        .event = event,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}

enum err
product_update_await(struct call *call, const struct product *product,
                     const ProtobufCMessage *event, const ProtobufCMessage *response)
{
    struct db_param params[PRODUCT_PARAM_COUNT + 1];
    fill_params(call->arena, product, params);
    params[PRODUCT_PARAM_COUNT] = db_int8(product->version - 1);
    const struct change change = {
        .stmt = &update_product,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = product->sku,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = &warranty_v1_product_updated_contract,
        .event = event,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}
