/*
 * unit_list_handlers - lists of units: by product, order, part of the serial number, or end of
 * cover
 */
// SPDX-License-Identifier: Apache-2.0
#include "warranty.h"

#include <string.h>

#include "common/message.h"

/* Fewer characters make no trigram, so each would read every unit. */
enum { SERIAL_PART_MIN = 3 };

/* Characters, not bytes. */
static size_t
count_characters(const char *text)
{
    size_t count = 0;
    for (; *text != 0; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

enum err
warranty_list_units(struct call *call, const Warranty__V1__ListUnitsRequest *req,
                    Warranty__V1__ListUnitsResponse *res)
{
    const struct unit_filter filter = {.sku = req->sku,
                                       .order_number = req->order_number,
                                       .serial_part = req->serial_part,
                                       .owner_id = call_own_subject(call)};
    if (req->serial_part[0] != 0 && count_characters(req->serial_part) < SERIAL_PART_MIN)
        return call_fail_field(call, "serial_part", "FIELD_TOO_SHORT",
                               "serial_part needs %d characters at least", SERIAL_PART_MIN);
    const char *after;
    enum err err = page_token_read(call, req->page_token, 1, &after);
    if (err != OK)
        return err;
    struct page page;
    err = unit_list_await(call, &filter, after, page_size(req->page_size), &page);
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

/* A token holds the last row's day and its serial number. */
static enum err
read_token(struct call *call, const char *token, struct date *ret_date, const char **ret_serial)
{
    const char *parts[2];
    *ret_date = (struct date){0};
    enum err err = page_token_read(call, token, COUNT_OF(parts), parts);
    *ret_serial = err == OK ? parts[1] : "";
    if (err != OK || token[0] == 0 || date_parse(parts[0], ret_date))
        return err;
    return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                           "page_token is not one that this list gave");
}

static const char *
make_token(struct call *call, const Warranty__V1__Unit *last)
{
    char day[DATE_TEXT_SIZE];
    date_print(message_get_date(last->last_cover_date), day);
    const char *parts[] = {day, last->serial};
    return page_token_make(call->arena, parts, COUNT_OF(parts));
}

enum err
warranty_list_expiring_units(struct call *call, const Warranty__V1__ListExpiringUnitsRequest *req,
                             Warranty__V1__ListExpiringUnitsResponse *res)
{
    const struct policy *policy;
    struct date after_date;
    const char *after_serial;
    enum err err = read_token(call, req->page_token, &after_date, &after_serial);
    if (err == OK)
        err = warranty_policy(call, &policy);
    if (err != OK)
        return err;
    const struct unit_filter filter = {
        .owner_id = call_own_subject(call),
        .cover_from =
            req->after != NULL ? message_get_date(req->after) : warranty_today(policy, ""),
        .cover_before = message_get_date(req->before),
    };
    struct page page;
    err = unit_list_expiring_await(call, &filter, after_date, after_serial,
                                   page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->units = (Warranty__V1__Unit **)page.messages;
    res->n_units = page.count;
    if (page.has_more)
        res->next_page_token = (char *)make_token(call, res->units[page.count - 1]);
    return OK;
}
