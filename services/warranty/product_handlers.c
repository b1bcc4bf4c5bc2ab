/*
 * product_handlers - the catalogue: adding, reading, listing and changing products
 */
// SPDX-License-Identifier: Apache-2.0
#include "warranty.h"

#include "common/clock.h"
#include "common/message.h"

Warranty__V1__Product *
product_to_message(struct arena *arena, const struct product *product)
{
    Warranty__V1__Product *message = arena_alloc(arena, sizeof *message);
    warranty__v1__product__init(message);
    message->sku = (char *)product->sku;
    message->name = (char *)product->name;
    message->category = (char *)product->category;
    message->brand = (char *)product->brand;
    message->n_components = product->component_count;
    message->components = (char **)product->components;
    message->waterproof = (Warranty__V1__Product__Trait)product->waterproof;
    message->discontinue_date = message_date(arena, product->discontinue_date);
    message->create_time = message_time(arena, product->create_time_us);
    message->version = product->version;
    return message;
}

static enum err
fail_missing(struct call *call, const char *sku)
{
    return call_fail(call, ERR_NOT_FOUND, "PRODUCT_MISSING",
                     "product \"%s\" is not in the catalogue", sku);
}

enum err
warranty_create_product(struct call *call, const Warranty__V1__CreateProductRequest *req,
                        Warranty__V1__CreateProductResponse *res)
{
    enum err err = warranty_check_product(call, req->category, req->components, req->n_components);
    if (err != OK)
        return err;
    const struct product product = {
        .sku = req->sku,
        .name = req->name,
        .category = req->category,
        .brand = req->brand,
        .components = (const char *const *)req->components,
        .component_count = req->n_components,
        .waterproof = (int)req->waterproof,
        .discontinue_date = message_get_date(req->discontinue_date),
        .create_time_us = clock_now_us(),
        .version = 1,
    };
    Warranty__V1__ProductCreated event = WARRANTY__V1__PRODUCT_CREATED__INIT;
    event.sku = req->sku;
    event.category = req->category;
    event.brand = req->brand;
    res->product = product_to_message(call->arena, &product);
    err = product_create_await(call, &product, &event.base, &res->base);
    if (err == ERR_ALREADY_EXISTS)
        return call_fail(call, ERR_ALREADY_EXISTS, "PRODUCT_EXISTS",
                         "product \"%s\" is in the catalogue already", req->sku);
    return err;
}

enum err
warranty_get_product(struct call *call, const Warranty__V1__GetProductRequest *req,
                     Warranty__V1__GetProductResponse *res)
{
    struct product product;
    enum err err = product_read_await(call, req->sku, &product);
    if (err == ERR_NOT_FOUND)
        return fail_missing(call, req->sku);
    if (err == OK)
        res->product = product_to_message(call->arena, &product);
    return err;
}

enum err
warranty_list_products(struct call *call, const Warranty__V1__ListProductsRequest *req,
                       Warranty__V1__ListProductsResponse *res)
{
    const char *after;
    enum err err = page_token_read(call, req->page_token, 1, &after);
    if (err != OK)
        return err;
    struct page page;
    err = product_list_await(call, req->category, after, page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->products = (Warranty__V1__Product **)page.messages;
    res->n_products = page.count;
    if (page.has_more) {
        const char *last = res->products[page.count - 1]->sku;
        res->next_page_token = (char *)page_token_make(call->arena, &last, 1);
    }
    return OK;
}

static enum err
update_once_await(struct call *call, const Warranty__V1__UpdateProductRequest *req,
                  Warranty__V1__UpdateProductResponse *res)
{
    struct product product;
    enum err err = product_read_await(call, req->sku, &product);
    if (err == ERR_NOT_FOUND)
        return fail_missing(call, req->sku);
    if (err != OK)
        return err;
    err = call_check_version(call, req->expected_version, product.version);
    if (err != OK)
        return err;
    product.name = req->name;
    product.category = req->category;
    product.brand = req->brand;
    product.components = (const char *const *)req->components;
    product.component_count = req->n_components;
    product.waterproof = (int)req->waterproof;
    product.discontinue_date = message_get_date(req->discontinue_date);
    product.version++;
    Warranty__V1__ProductUpdated event = WARRANTY__V1__PRODUCT_UPDATED__INIT;
    event.sku = req->sku;
    event.category = req->category;
    event.brand = req->brand;
    event.discontinue_date = req->discontinue_date;
    res->product = product_to_message(call->arena, &product);
    return product_update_await(call, &product, &event.base, &res->base);
}

enum err
warranty_update_product(struct call *call, const Warranty__V1__UpdateProductRequest *req,
                        Warranty__V1__UpdateProductResponse *res)
{
    enum err err = warranty_check_product(call, req->category, req->components, req->n_components);
    if (err != OK)
        return err;
    do
        err = update_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}
