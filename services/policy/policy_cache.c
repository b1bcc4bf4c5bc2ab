/*
 * policy_cache - two lists, the most recently used first
 *
 * There are few policies and few hundred pages, so a list is searched from its front. A policy that
 * is held is not freed, even beyond the budget.
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy_cache.h"

#include <sodium.h>
#include <string.h>

#include "common/stat.h"
#include "policy_source.h"

STAT(read_count, "policy.policy.read", STAT_COUNTER, "",
     "Policies read and checked for pages and differences.");
STAT(render_count, "policy.page.render", STAT_COUNTER, "", "Pages rendered.");
STAT(find_count, "policy.page.find", STAT_COUNTER, "", "Pages, or pieces of one, found rendered.");

struct policy_held {
    struct policy_held *next;
    struct uuid policy_id;
    int64_t version;
    struct source reading;
    unsigned holder_count;
};

struct page_entry {
    struct page_entry *next;
    char *key;
    struct cache_page page;
};

static struct policy_held *policies;
static struct page_entry *pages;
static size_t read_bytes_max, page_bytes_max;

void
policy_cache_init(size_t read_bytes_max_, size_t page_bytes_max_)
{
    read_bytes_max = read_bytes_max_;
    page_bytes_max = page_bytes_max_;
}

/* ---- policies ---- */

static void
free_held(struct policy_held *held)
{
    source_close(&held->reading);
    mem_free(held);
}

/* Frees from the end of the list what is beyond the budget and held by nobody. The first stays. */
static void
trim_policies(void)
{
    size_t used_bytes = 0;
    for (struct policy_held **at = &policies; *at != NULL;) {
        struct policy_held *held = *at;
        size_t size_bytes = arena_used_bytes(held->reading.arena);
        if (held != policies && held->holder_count == 0 &&
            used_bytes + size_bytes > read_bytes_max) {
            *at = held->next;
            free_held(held);
            continue;
        }
        used_bytes += size_bytes;
        at = &held->next;
    }
}

/* Moves it to the front; NULL: it is not there. */
static struct policy_held *
find_held(const struct policy_row *row)
{
    for (struct policy_held **at = &policies; *at != NULL; at = &(*at)->next) {
        struct policy_held *held = *at;
        if (held->version != row->version || !uuid_is_equal(&held->policy_id, &row->policy_id))
            continue;
        *at = held->next;
        held->next = policies;
        policies = held;
        return held;
    }
    return NULL;
}

/* Reads and checks. What is in `reading` afterwards is the caller's to close, also on errors. */
static enum err
read_await(struct call *call, const struct policy_row *row, struct source *reading)
{
    struct policy_content content;
    bool is_draft = row->state == POLICY__V1__POLICY__STATE__DRAFT;
    enum err err = policy_content_await(call, row, is_draft, &content);
    if (err == OK)
        err = source_read_stored(call, row, &content, reading);
    if (err != OK)
        return err;
    read_count.value++;
    return source_check_await(reading, false) ? OK : source_refuse(call, reading);
}

enum err
cache_hold_await(struct call *call, const struct policy_row *row, struct policy_held **ret_held)
{
    struct policy_held *held = find_held(row);
    if (held == NULL) {
        struct source reading = {0};
        enum err err = read_await(call, row, &reading);
        held = err == OK ? find_held(row) : NULL; /* another call may have been faster */
        if (err != OK || held != NULL) {
            source_close(&reading);
        } else {
            held = mem_alloc(sizeof *held);
            *held = (struct policy_held){.next = policies,
                                         .policy_id = row->policy_id,
                                         .version = row->version,
                                         .reading = reading};
            policies = held;
        }
        if (err != OK)
            return err;
    }
    held->holder_count++;
    trim_policies();
    *ret_held = held;
    return OK;
}

void
cache_release(struct policy_held **held)
{
    struct policy_held *h = *held;
    *held = NULL;
    if (h == NULL)
        return;
    CHECK(h->holder_count > 0);
    h->holder_count--;
    trim_policies();
}

const struct policy *
cache_policy(const struct policy_held *held)
{
    return held->reading.policy;
}

/* ---- pages ---- */

static void
free_entry(struct page_entry *entry)
{
    mem_free(entry->key);
    mem_free(entry->page.bytes);
    mem_free(entry);
}

/* The first stays, however large it is: its other pieces will be asked for. */
static void
trim_pages(void)
{
    size_t used_bytes = 0;
    for (struct page_entry **at = &pages; *at != NULL;) {
        struct page_entry *entry = *at;
        used_bytes += entry->page.size_bytes + strlen(entry->key) + sizeof *entry;
        if (entry != pages && used_bytes > page_bytes_max) {
            *at = entry->next;
            free_entry(entry);
            continue;
        }
        at = &entry->next;
    }
}

const struct cache_page *
cache_find_page(const char *key)
{
    for (struct page_entry **at = &pages; *at != NULL; at = &(*at)->next) {
        struct page_entry *entry = *at;
        if (strcmp(entry->key, key) != 0)
            continue;
        *at = entry->next;
        entry->next = pages;
        pages = entry;
        find_count.value++;
        return &entry->page;
    }
    return NULL;
}

const struct cache_page *
cache_put_page(const char *key, struct buf *text)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    struct page_entry *entry = mem_alloc(sizeof *entry);
    crypto_hash_sha256(hash, (const unsigned char *)text->bytes, text->size_bytes);
    *entry = (struct page_entry){.next = pages,
                                 .key = mem_copy_text(key),
                                 .page = {.bytes = text->bytes, .size_bytes = text->size_bytes}};
    sodium_bin2hex(entry->page.etag, sizeof entry->page.etag, hash, (CACHE_ETAG_SIZE - 1) / 2);
    *text = (struct buf){0};
    pages = entry;
    render_count.value++;
    trim_pages();
    return &entry->page;
}

void
policy_cache_deinit(void)
{
    for (struct policy_held *held; (held = policies) != NULL;) {
        policies = held->next;
        free_held(held);
    }
    for (struct page_entry *entry; (entry = pages) != NULL;) {
        pages = entry->next;
        free_entry(entry);
    }
}
