/*
 * policy_cache - policies that were read and pages that were rendered, kept for the next who asks
 *
 * A policy at a version of its row never changes, and neither does a page of it for one reader, so
 * nothing here can be stale: what is least used makes room. Pages are asked for in pieces; the
 * first makes the page, the others find it here.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy.h"

/* Budgets in bytes. */
void policy_cache_init(size_t read_bytes_max, size_t page_bytes_max);
void policy_cache_deinit(void);

/* ---- policies ---- */

/* A policy that was read and checked, held by somebody. */
struct policy_held;

/*
 * The policy of a row, read and checked. It stays until cache_release. A policy with errors (of a
 * draft) is refused with all of them, 422: nothing can be printed or compared of it.
 */
enum err cache_hold_await(struct call *call, const struct policy_row *row,
                          struct policy_held **ret_held) MUST_CHECK;
void cache_release(struct policy_held **held); /* NULL is fine */
const struct policy *cache_policy(const struct policy_held *held);

/* ---- pages ---- */

enum { CACHE_ETAG_SIZE = 33 };

struct cache_page {
    char etag[CACHE_ETAG_SIZE]; /* of the bytes */
    char *bytes;
    size_t size_bytes;
};

/* NULL: it is not there. Valid until the next suspension or cache_put_page. */
const struct cache_page *cache_find_page(const char *key);
/* Takes the bytes over, and leaves `text` empty. */
const struct cache_page *cache_put_page(const char *key, struct buf *text);
