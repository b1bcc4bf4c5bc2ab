/*
 * page_body - a policy in the form that somebody asks for, a piece at a time
 */
// SPDX-License-Identifier: Apache-2.0
#include "page_body.h"

#include <inttypes.h>
#include <string.h>

#include "common/policy/policy_canon.h"
#include "common/policy/policy_page.h"
#include "policy_cache.h"
#include "policy_source.h"

enum { PIECE_BYTES = 128 * 1024, TEXT_COLUMNS = 100 };

static const struct form_row {
    const char *name;
    const char *media_type;
} forms[PAGE_FORM_COUNT] = {
    [PAGE_JSON] = {"json", "application/json"},
    [PAGE_YAML] = {"yaml", "application/yaml"},
    [PAGE_TEXT] = {"text", "text/plain; charset=utf-8"},
    [PAGE_HTML] = {"html", "text/html; charset=utf-8"},
};

static const enum policy_axis axes[PAGE_AXES] = {POLICY_AXIS_CATEGORY, POLICY_AXIS_REGION,
                                                 POLICY_AXIS_CUSTOMER_CLASS, POLICY_AXIS_CHANNEL};

/* ---- what is asked ---- */

enum err
page_read_form(struct call *call, const char *name, enum page_form first, enum page_form *ret_form)
{
    for (enum page_form form = first; form < PAGE_FORM_COUNT; form++) {
        if (strcmp(name, forms[form].name) != 0)
            continue;
        *ret_form = form;
        return OK;
    }
    return call_fail_field(call, "format", "FORMAT_UNKNOWN", "\"%s\" is no format: %s", name,
                           first == PAGE_JSON ? "json, yaml, text or html" : "text or html");
}

enum err
page_read_reader(struct call *call, const struct policy *policy, const struct page_wish *wish,
                 struct policy_subject *ret_reader, bool *ret_is_said)
{
    *ret_reader = (struct policy_subject){.values = {0}};
    *ret_is_said = false;
    for (int i = 0; i < PAGE_AXES; i++) {
        const char *code = wish->axes[i];
        const char *name = policy_axis_row(axes[i])->name;
        if (code[0] == 0)
            continue;
        *ret_is_said = true;
        if (policy_subject_set(&policy->axes, ret_reader, axes[i], code))
            continue;
        const char *nearest = policy_nearest_code(policy, name, code);
        return call_fail_field(call, name, "CODE_UNKNOWN", "the policy knows no %s \"%s\"%s%s%s",
                               name, code, nearest != NULL ? "; did you mean " : "",
                               nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
    }
    return OK;
}

static bool
has_right(const struct policy *policy, const char *id)
{
    for (size_t i = 0; i < policy->pack_count; i++)
        for (size_t k = 0; k < policy->packs[i].right_count; k++)
            if (strcmp(policy->packs[i].rights[k].id, id) == 0)
                return true;
    return false;
}

static enum err
check_clause(struct call *call, const struct policy *policy, const struct page_wish *wish)
{
    if (wish->clause[0] == 0)
        return OK;
    const struct policy_clause *clause = policy_find_clause(policy, wish->clause);
    if (clause != NULL ? !clause->is_internal || wish->is_staff : has_right(policy, wish->clause))
        return OK;
    return call_fail(
        call, ERR_NOT_FOUND, "CLAUSE_MISSING",
        "the policy has no clause \"%s\"; a clause goes by its id, as \"warranty.period\"",
        wish->clause);
}

/* ---- links to other languages ---- */

static void
add_parameter(struct buf *out, const char *name, const char *value)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    if (value[0] == 0)
        return;
    buf_printf(out, "&%s=", name);
    for (const char *at = value; *at != 0; at++) {
        unsigned char byte = (unsigned char)*at;
        if (strchr(plain, *at) != NULL) {
            buf_add_char(out, *at);
            continue;
        }
        buf_add_char(out, '%');
        buf_add_char(out, hex[byte >> 4]);
        buf_add_char(out, hex[byte & 15]);
    }
}

/* The same page in another language. */
static const char *
link_of(struct arena *arena, const struct page_wish *wish, const char *language)
{
    struct buf out = {0};
    buf_printf(&out, "/policy?language=%s", language);
    if (wish->version > 0)
        buf_printf(&out, "&version=%" PRId64, wish->version);
    add_parameter(&out, "clause", wish->clause);
    for (int i = 0; i < PAGE_AXES; i++)
        add_parameter(&out, policy_axis_row(axes[i])->name, wish->axes[i]);
    const char *link = arena_copy_text(arena, buf_text(&out));
    buf_free(&out);
    return link;
}

/* Only the page for everybody has links: those of staff would lack the token. */
static void
add_links(struct arena *arena, const struct page_wish *wish, struct policy_page *page)
{
    size_t count = page->policy->language_count;
    if (wish->is_staff || wish->form != PAGE_HTML || count < 2)
        return;
    struct policy_page_link *links = arena_alloc(arena, count * sizeof *links);
    for (size_t i = 0; i < count; i++)
        links[i] = (struct policy_page_link){page->policy->languages[i],
                                             link_of(arena, wish, page->policy->languages[i])};
    page->language_links = links;
    page->language_link_count = count;
}

/* ---- making ---- */

static void
render(struct arena *arena, const struct page_wish *wish, struct policy_page *page, struct buf *out)
{
    switch (wish->form) {
    case PAGE_JSON:
        policy_canon_write(page->policy, out);
        break;
    case PAGE_YAML:
        policy_canon_write_yaml(page->policy, out);
        break;
    case PAGE_TEXT:
        policy_page_text(page, TEXT_COLUMNS, out);
        break;
    default:
        add_links(arena, wish, page);
        policy_page_html(page, out);
    }
}

static void
add_key_part(struct buf *key, const char *text)
{
    buf_printf(key, "%zu:%s,", strlen(text), text);
}

/* Everything that a page depends on. */
static const char *
make_key(struct arena *arena, const struct page_wish *wish, size_t language)
{
    const struct policy_codes *enforced = wish->enforced;
    struct buf key = {0};
    char id[UUID_TEXT_SIZE];
    uuid_print(&wish->row->policy_id, id);
    buf_printf(&key, "%s/%" PRId64 "/%d/%d/%zu/%" PRId64 "/", id, wish->row->version, wish->form,
               wish->is_staff, language, wish->version);
    id[0] = 0;
    if (wish->previous != NULL)
        uuid_print(&wish->previous->policy_id, id);
    add_key_part(&key, id);
    add_key_part(&key, wish->clause);
    for (int i = 0; i < PAGE_AXES; i++)
        add_key_part(&key, wish->axes[i]);
    for (size_t i = 0; enforced != NULL && i < enforced->count; i++)
        add_key_part(&key, enforced->codes[i]);
    const char *text = arena_copy_text(arena, buf_text(&key));
    buf_free(&key);
    return text;
}

/* A piece of a page that is kept, copied into the arena. */
static enum err
fill_body(struct call *call, const struct page_wish *wish, const struct cache_page *page,
          Common__V1__Body **ret_body)
{
    if (wish->offset > (int64_t)page->size_bytes)
        return call_fail_field(call, "body_offset", "FIELD_RANGE", "it lies beyond the end");
    size_t left = page->size_bytes - (size_t)wish->offset;
    Common__V1__Body *body = arena_alloc(call->arena, sizeof *body);
    common__v1__body__init(body);
    body->media_type = (char *)forms[wish->form].media_type;
    body->content.len = left < PIECE_BYTES ? left : PIECE_BYTES;
    body->content.data = arena_copy(call->arena, page->bytes + wish->offset, body->content.len);
    body->size_bytes = (int64_t)page->size_bytes;
    body->etag = arena_copy_text(call->arena, page->etag);
    *ret_body = body;
    return OK;
}

enum err
page_body_await(struct call *call, const struct policy *policy, const struct page_wish *wish,
                Common__V1__Body **ret_body)
{
    struct policy_subject reader;
    bool has_reader;
    size_t language = wish->language[0] == 0 ? 0 : policy_find_language(policy, wish->language);
    const char *key = make_key(call->arena, wish, language);
    const struct cache_page *found = cache_find_page(key);
    if (found != NULL)
        return fill_body(call, wish, found, ret_body);
    enum err err = check_clause(call, policy, wish);
    if (err == OK)
        err = page_read_reader(call, policy, wish, &reader, &has_reader);
    struct policy_held *previous = NULL;
    if (err == OK && wish->previous != NULL)
        err = cache_hold_await(call, wish->previous, &previous);
    if (err != OK)
        return err;
    struct policy_page page = {
        .policy = policy,
        .language = language,
        .reader = has_reader ? &reader : NULL,
        .previous = previous != NULL ? cache_policy(previous) : NULL,
        .clause_id = wish->clause[0] != 0 ? wish->clause : NULL,
        .shows_internal = wish->is_staff,
        .has_enforced = wish->enforced != NULL,
    };
    if (wish->enforced != NULL)
        page.enforced = *wish->enforced;
    struct buf text = {0};
    render(call->arena, wish, &page, &text);
    cache_release(&previous);
    return fill_body(call, wish, cache_put_page(key, &text), ret_body);
}

/* Writes what is stored. It needs no check: also a draft with errors can be fetched. */
static enum err
write_publication_await(struct call *call, const struct page_wish *wish, struct buf *out)
{
    struct policy_content content;
    struct source reading = {0};
    enum err err = policy_content_await(call, wish->row, false, &content);
    if (err == OK)
        err = source_read_stored(call, wish->row, &content, &reading);
    if (err == OK)
        render(call->arena, wish, &(struct policy_page){.policy = reading.policy}, out);
    source_close(&reading);
    return err;
}

enum err
page_publication_await(struct call *call, const struct page_wish *wish, Common__V1__Body **ret_body)
{
    const char *key = make_key(call->arena, wish, 0);
    const struct cache_page *page = cache_find_page(key);
    if (page == NULL) {
        struct buf text = {0};
        enum err err = write_publication_await(call, wish, &text);
        if (err != OK)
            return err;
        page = cache_put_page(key, &text);
    }
    enum err err = fill_body(call, wish, page, ret_body);
    if (err == OK)
        (*ret_body)->file_name =
            wish->row->version_number > 0
                ? arena_printf(call->arena, "policy-%" PRId64 ".%s", wish->row->version_number,
                               forms[wish->form].name)
                : arena_printf(call->arena, "policy-draft.%s", forms[wish->form].name);
    return err;
}
