/*
 * page - cursor paging: from the rows of a statement to one page of messages, and tokens that hold
 * the last row's key
 *
 *     handler   reads the token, asks the store for a page, and makes the next token of the
 *               page's last message
 *     store     chooses the statement, whose LIMIT is page_limit(size), and asks
 *               page_read_await for the page
 *
 * A token is base64url of the key's parts. It says where to go on, not what is asked: the filters
 * of the next call must be those of the first. Nothing in it is trusted beyond being a place to
 * start from.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/db.h"

enum { PAGE_SIZE_DEFAULT = 50, PAGE_PARTS_MAX = 4, PAGE_BYTES_MAX = 160 * 1024 };

/* Makes a message of a row. */
typedef void *page_make(struct arena *arena, const struct db_rows *rows, size_t row);

/* One page of a list, in the call's arena. */
struct page {
    void **messages;
    size_t count;
    bool has_more; /* the list goes on after the last message */
};

/*
 * Reads a page of at most `size` rows; none is a page too. `stmt` gives up to page_limit(size)
 * rows. Errors as db_read_await, apart from ERR_NOT_FOUND.
 */
enum err page_read_await(struct db *db, struct call *call, const struct db_stmt *stmt,
                         const struct db_param *params, size_t param_count, int32_t size,
                         page_make *make, struct page *ret_page) MUST_CHECK;

/* How many rows to read for a page: one more tells of a next page. */
struct db_param page_limit(int32_t size);

/* 0 becomes the default. What is out of bounds the contract refused before. */
int32_t page_size(int32_t asked);

/*
 * How many of the rows that were read a page holds: at most `size`, and no more than fit into
 * PAGE_BYTES_MAX when packed (an answer crosses the bus in one message), but at least one. `rows`
 * are pointers to messages.
 */
size_t page_fit(void *const *rows, size_t count, int32_t size);

/* A token of `count` texts; in the arena. */
const char *page_token_make(struct arena *arena, const char *const *parts, size_t count);

/* Reads the parts into the arena; an empty token gives empty texts. ERR_INVALID_ARGUMENT,
 * PAGE_TOKEN_MALFORMED. */
enum err page_token_read(struct call *call, const char *token, size_t count,
                         const char **ret_parts) MUST_CHECK;
