/*
 * diff_handlers - what changed between two policies, by clause and in words
 *
 * A page of the answer goes on at the number of a change: policies do not change, and of a draft
 * that does, the token holds the version.
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/contract_text.h"
#include "common/policy/policy_diff.h"
#include "policy_cache.h"

enum { VALUE_BYTES_MAX = 16000, SENTENCE_BYTES_MAX = 60000 };

/* ---- which two ---- */

static enum err
find_older_await(struct call *call, const struct policy_row *row, struct policy_row *ret_older)
{
    enum err err = policy_row_before_await(call, row, ret_older);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, ERR_NOT_FOUND, "POLICY_MISSING",
                         "there is no version before it to compare with");
    return err;
}

/* ---- as messages ---- */

/* In the arena; what is longer is cut between two characters. */
static char *
cut(struct arena *arena, const char *text, size_t size_bytes_max)
{
    if (strlen(text) <= size_bytes_max)
        return arena_copy_text(arena, text);
    return arena_printf(arena, "%.*s…", (int)text_utf8_size(text, size_bytes_max), text);
}

static Policy__V1__PolicyChange *
to_message(struct arena *arena, struct policy_formatter *formatter,
           const struct policy_change *change)
{
    Policy__V1__PolicyChange *message = arena_alloc(arena, sizeof *message);
    policy__v1__policy_change__init(message);
    struct buf sentence = {0};
    policy_diff_print(formatter, change, &sentence);
    message->kind = (Policy__V1__PolicyChange__Kind)(change->kind + 1);
    message->clause_id = arena_copy_text(arena, change->clause_id);
    message->rule_id = cut(arena, change->rule_id, VALUE_BYTES_MAX);
    message->parameter = arena_copy_text(arena, change->parameter);
    message->old_value = cut(arena, change->old_value, VALUE_BYTES_MAX);
    message->new_value = cut(arena, change->new_value, VALUE_BYTES_MAX);
    message->effect = (Policy__V1__PolicyChange__Effect)(change->effect + 1);
    message->language = arena_copy_text(arena, change->language);
    message->sentence = cut(arena, buf_text(&sentence), SENTENCE_BYTES_MAX);
    buf_free(&sentence);
    return message;
}

_Static_assert(POLICY_ADDED + 1 == POLICY__V1__POLICY_CHANGE__KIND__ADDED &&
                   POLICY_TEXT_CHANGED + 1 == POLICY__V1__POLICY_CHANGE__KIND__TEXT_CHANGED,
               "kinds stand in one order");
_Static_assert(POLICY_WORSE + 1 == POLICY__V1__POLICY_CHANGE__EFFECT__WORSE &&
                   POLICY_SAME + 1 == POLICY__V1__POLICY_CHANGE__EFFECT__SAME &&
                   POLICY_BETTER + 1 == POLICY__V1__POLICY_CHANGE__EFFECT__BETTER &&
                   POLICY_INCOMPARABLE + 1 == POLICY__V1__POLICY_CHANGE__EFFECT__INCOMPARABLE,
               "effects stand in one order");

/* One page of the changes, from the number `first` on. */
static void
fill(struct call *call, const struct policy *old, const struct policy *new, size_t language,
     size_t first, int32_t size, const char *token_key, Policy__V1__DiffPolicyResponse *res)
{
    struct arena *arena = arena_new(POLICY_READ_BUDGET_BYTES);
    struct policy_formatter *formatter = policy_formatter_new(new, language);
    struct policy_changes changes = policy_diff(arena, old, new);
    if (first > changes.change_count)
        first = changes.change_count;
    size_t count = changes.change_count - first;
    if (count > (size_t)size)
        count = (size_t)size;
    res->changes = arena_alloc(call->arena, (count + 1) * sizeof *res->changes);
    size_t size_bytes = 0;
    size_t filled = 0;
    for (; filled < count && size_bytes < PAGE_BYTES_MAX; filled++) {
        res->changes[filled] = to_message(call->arena, formatter, &changes.changes[first + filled]);
        size_bytes += protobuf_c_message_get_packed_size(&res->changes[filled]->base);
    }
    res->n_changes = page_fit((void *const *)res->changes, filled, size);
    res->change_count = (int32_t)changes.change_count;
    if (first + res->n_changes < changes.change_count) {
        const char *parts[] = {token_key, arena_printf(call->arena, "%zu", first + res->n_changes)};
        res->next_page_token = (char *)page_token_make(call->arena, parts, COUNT_OF(parts));
    }
    policy_formatter_free(&formatter);
    arena_free(&arena);
}

/* What a token must begin with: the two policies at their versions. */
static const char *
make_token_key(struct arena *arena, const struct policy_row *old, const struct policy_row *new)
{
    char old_id[UUID_TEXT_SIZE], new_id[UUID_TEXT_SIZE];
    uuid_print(&old->policy_id, old_id);
    uuid_print(&new->policy_id, new_id);
    return arena_printf(arena, "%s/%" PRId64 "/%s/%" PRId64, old_id, old->version, new_id,
                        new->version);
}

static enum err
read_token(struct call *call, const char *token, const char *key, size_t *ret_first)
{
    const char *parts[2];
    enum err err = page_token_read(call, token, COUNT_OF(parts), parts);
    *ret_first = 0;
    if (err != OK || token[0] == 0)
        return err;
    if (strcmp(parts[0], key) != 0 || parts[1][strspn(parts[1], "0123456789")] != 0)
        return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                               "page_token is of other policies, or of a draft that has changed");
    *ret_first = strtoul(parts[1], NULL, 10);
    return OK;
}

enum err
policy_diff_policy(struct call *call, const Policy__V1__DiffPolicyRequest *req,
                   Policy__V1__DiffPolicyResponse *res)
{
    struct policy_row old_row, new_row;
    struct policy_held *old = NULL, *new = NULL;
    size_t first;
    const char *key = NULL;
    enum err err = policy_row_find_await(call, req->policy_id, &new_row);
    if (err == OK)
        err = req->against[0] != 0 ? policy_row_find_await(call, req->against, &old_row)
                                   : find_older_await(call, &new_row, &old_row);
    if (err == OK) {
        key = make_token_key(call->arena, &old_row, &new_row);
        err = read_token(call, req->page_token, key, &first);
    }
    if (err == OK)
        err = cache_hold_await(call, &old_row, &old);
    if (err == OK)
        err = cache_hold_await(call, &new_row, &new);
    if (err == OK) {
        const struct policy *policy = cache_policy(new);
        size_t language = req->language[0] == 0 ? 0 : policy_find_language(policy, req->language);
        fill(call, cache_policy(old), policy, language, first, page_size(req->page_size), key, res);
    }
    cache_release(&old);
    cache_release(&new);
    return err;
}
