/*
 * recall - field actions: rows and SQL
 *
 * Which units a recall reaches is asked anew each time, by product and the order of the bytes of
 * serial numbers: a unit that is registered later is reached too.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "warranty.h"

struct recall {
    struct uuid recall_id;
    const char *sku;
    const char *first_serial;
    const char *last_serial;
    const char *title;
    const char *instruction;
    int state; /* Warranty__V1__Recall__State */
    int64_t unit_count;
    int64_t claimed_count;
    int64_t create_time_us;
    int64_t version;
};

Warranty__V1__Recall *recall_to_message(struct arena *arena, const struct recall *recall);

enum err recall_read_await(struct call *call, const struct uuid *recall_id,
                           struct recall *ret_recall) MUST_CHECK;
/* Units of a product in a range, its ends included. */
enum err recall_count_units_await(struct call *call, const struct recall *recall,
                                  int64_t *ret_count) MUST_CHECK;
/* A page of at most `size`, newest first, older than the row of `before_time_us` and `before_id`
 * (0: from the start); `sku` "" for all. */
enum err recall_list_await(struct call *call, const char *sku, int64_t before_time_us,
                           const struct uuid *before_id, int32_t size,
                           struct page *ret_page) MUST_CHECK;
/* Both store `response` with the key and say `event` (change_commit_await's errors). */
enum err recall_create_await(struct call *call, const struct recall *recall,
                             const ProtobufCMessage *event,
                             const ProtobufCMessage *response) MUST_CHECK;
enum err recall_close_await(struct call *call, const struct recall *recall,
                            const ProtobufCMessage *event,
                            const ProtobufCMessage *response) MUST_CHECK;
