/*
 * page_handlers - policies to read: the page for everybody, the text for staff, publications
 *
 * A page is named by everything that it depends on, made once, and kept; its pieces are copied from
 * there. What is named must not change between two pieces: the version in force is looked up for
 * each, and where another one came into force meanwhile, the digest of the bytes differs, and the
 * gateway cuts the client off.
 */
// SPDX-License-Identifier: Apache-2.0
#include "page_answer.h"

#include <inttypes.h>
#include <string.h>

#include "common/clock.h"
#include "common/policy/policy_canon.h"
#include "common/policy/policy_page.h"
#include "policy_cache.h"
#include "policy_rules.h"
#include "policy_source.h"

enum {
    PIECE_BYTES = 128 * 1024,
    TEXT_COLUMNS = 100,
    /* Versions that may take effect on the last two days, and those before them. */
    CANDIDATES_MAX = 6,
    READER_AXES = 4
};

enum form { FORM_JSON, FORM_YAML, FORM_TEXT, FORM_HTML, FORM_COUNT };

static const struct form_row {
    const char *name;
    const char *media_type;
} forms[FORM_COUNT] = {
    [FORM_JSON] = {"json", "application/json"},
    [FORM_YAML] = {"yaml", "application/yaml"},
    [FORM_TEXT] = {"text", "text/plain; charset=utf-8"},
    [FORM_HTML] = {"html", "text/html; charset=utf-8"},
};

/* What is asked for, and of what. Texts are the request's, "" where nothing was said. */
struct wish {
    const struct policy_row *row;
    const struct policy_row *previous;   /* the version before, to mark what changed; NULL */
    const struct policy_codes *enforced; /* for staff: sections that are not marked; NULL */
    int64_t offset;                      /* from which byte on */
    enum form form;
    bool is_staff;
    const char *language;
    const char *clause;
    const char *axes[READER_AXES]; /* in the order of reader_axes */
    int64_t version;               /* of the published page, as it was asked for; for its links */
};

static const enum policy_axis reader_axes[READER_AXES] = {
    POLICY_AXIS_CATEGORY, POLICY_AXIS_REGION, POLICY_AXIS_CUSTOMER_CLASS, POLICY_AXIS_CHANNEL};

/* ---- what is asked ---- */

static enum err
read_form(struct call *call, const char *name, enum form first, enum form *ret_form)
{
    for (enum form form = first; form < FORM_COUNT; form++) {
        if (strcmp(name, forms[form].name) != 0)
            continue;
        *ret_form = form;
        return OK;
    }
    return call_fail_field(call, "format", "FORMAT_UNKNOWN", "\"%s\" is no format: %s", name,
                           first == FORM_JSON ? "json, yaml, text or html" : "text or html");
}

/* Who reads, in the words of a policy. `ret_is_said`: something was said. */
static enum err
read_reader(struct call *call, const struct policy *policy, const struct wish *wish,
            struct policy_subject *ret_reader, bool *ret_is_said)
{
    *ret_reader = (struct policy_subject){.values = {0}};
    *ret_is_said = false;
    for (int i = 0; i < READER_AXES; i++) {
        const char *code = wish->axes[i];
        const char *name = policy_axis_row(reader_axes[i])->name;
        if (code[0] == 0)
            continue;
        *ret_is_said = true;
        if (policy_subject_set(&policy->axes, ret_reader, reader_axes[i], code))
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
check_clause(struct call *call, const struct policy *policy, const struct wish *wish)
{
    if (wish->clause[0] == 0)
        return OK;
    const struct policy_clause *clause = policy_find_clause(policy, wish->clause);
    if (clause != NULL ? !clause->is_internal || wish->is_staff : has_right(policy, wish->clause))
        return OK;
    return call_fail(call, ERR_NOT_FOUND, "CLAUSE_MISSING", "the policy has no clause \"%s\"",
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
link_of(struct arena *arena, const struct wish *wish, const char *language)
{
    struct buf out = {0};
    buf_printf(&out, "/policy?language=%s", language);
    if (wish->version > 0)
        buf_printf(&out, "&version=%" PRId64, wish->version);
    add_parameter(&out, "clause", wish->clause);
    for (int i = 0; i < READER_AXES; i++)
        add_parameter(&out, policy_axis_row(reader_axes[i])->name, wish->axes[i]);
    const char *link = arena_copy_text(arena, buf_text(&out));
    buf_free(&out);
    return link;
}

/* Only the page for everybody has links: those of staff would lack the token. */
static void
add_links(struct arena *arena, const struct wish *wish, struct policy_page *page)
{
    size_t count = page->policy->language_count;
    if (wish->is_staff || wish->form != FORM_HTML || count < 2)
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
render(struct arena *arena, const struct wish *wish, struct policy_page *page, struct buf *out)
{
    switch (wish->form) {
    case FORM_JSON:
        policy_canon_write(page->policy, out);
        break;
    case FORM_YAML:
        policy_canon_write_yaml(page->policy, out);
        break;
    case FORM_TEXT:
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
make_key(struct arena *arena, const struct wish *wish, size_t language)
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
    for (int i = 0; i < READER_AXES; i++)
        add_key_part(&key, wish->axes[i]);
    for (size_t i = 0; enforced != NULL && i < enforced->count; i++)
        add_key_part(&key, enforced->codes[i]);
    const char *text = arena_copy_text(arena, buf_text(&key));
    buf_free(&key);
    return text;
}

/* A piece of a page that is kept, copied into the arena. */
static enum err
fill_body(struct call *call, const struct wish *wish, const struct cache_page *page,
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

/* Makes the page of a policy, or finds it. */
static enum err
body_await(struct call *call, const struct policy *policy, const struct wish *wish,
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
        err = read_reader(call, policy, wish, &reader, &has_reader);
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

/* ---- for staff ---- */

/* Writes what is stored. It needs no check: also a draft with errors can be fetched. */
static enum err
write_publication_await(struct call *call, const struct wish *wish, struct buf *out)
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

static enum err
publication_await(struct call *call, const struct wish *wish, Common__V1__Body **ret_body)
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

/* The version that a policy's changes are marked against: the last that takes effect before it; of
 * a draft the last at all. NULL: there is none. */
static enum err
find_previous_await(struct call *call, const struct policy_row *row, struct policy_row *previous,
                    bool *ret_is_there)
{
    bool is_draft = row->state == POLICY__V1__POLICY__STATE__DRAFT;
    struct date last = {9999, 12, 31};
    struct date day = is_draft ? last : date_add(row->effective_from, 0, -1);
    size_t count = 0;
    enum err err = policy_rows_in_force_await(call, day, 1, previous, &count);
    *ret_is_there = err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
page_answer_await(struct call *call, const struct policy_row *row,
                  const Policy__V1__GetPolicyRequest *req, Policy__V1__GetPolicyResponse *res)
{
    struct wish wish = {
        .row = row,
        .offset = req->body_offset,
        .is_staff = true,
        .language = req->language,
        .clause = req->clause,
        .axes = {req->category, req->region, req->customer_class, req->channel},
    };
    enum err err = read_form(call, req->format, FORM_JSON, &wish.form);
    if (err != OK)
        return err;
    if (wish.form == FORM_JSON || wish.form == FORM_YAML)
        return publication_await(call, &wish, &res->body);
    struct policy_codes enforced;
    struct policy_row previous;
    bool has_previous;
    struct policy_held *held = NULL;
    err = sections_enforced_await(call, clock_now_us() - RULES_CLAIM_US, &enforced);
    if (err == OK)
        err = find_previous_await(call, row, &previous, &has_previous);
    if (err == OK)
        err = cache_hold_await(call, row, &held);
    if (err == OK) {
        wish.enforced = &enforced;
        wish.previous = has_previous ? &previous : NULL;
        err = body_await(call, cache_policy(held), &wish, &res->body);
    }
    cache_release(&held);
    return err;
}

/* ---- for everybody ---- */

/* The published versions that may be in force, the latest first. */
struct candidates {
    struct policy_row rows[CANDIDATES_MAX];
    size_t count;
    size_t chosen; /* and those after it are before it */
};

/* The version of a number, and the one before it. */
static enum err
choose_number_await(struct call *call, int64_t number, struct candidates *candidates)
{
    const char *name = arena_printf(call->arena, "%" PRId64, number);
    enum err err = policy_row_find_await(call, name, &candidates->rows[0]);
    if (err == OK && candidates->rows[0].state != POLICY__V1__POLICY__STATE__PUBLISHED)
        err = call_fail(call, ERR_NOT_FOUND, "POLICY_MISSING", "there is no policy \"%s\"", name);
    bool has_previous = false;
    if (err == OK)
        err = find_previous_await(call, &candidates->rows[0], &candidates->rows[1], &has_previous);
    candidates->count = has_previous ? 2 : 1;
    candidates->chosen = 0;
    return err;
}

/* The version in force today where the reader is. A later day of the zones is looked at, because
 * each version has zones of its own. */
static enum err
choose_today_await(struct call *call, const struct wish *wish, struct candidates *candidates)
{
    int64_t now_us = clock_now_us();
    struct date utc;
    CHECK(date_at(now_us, "UTC", &utc));
    enum err err = policy_rows_in_force_await(call, date_add(utc, 0, 1), CANDIDATES_MAX,
                                              candidates->rows, &candidates->count);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (err == ERR_NOT_FOUND)
        candidates->count = 0;
    for (size_t i = 0; i < candidates->count; i++) {
        struct policy_subject reader;
        bool has_reader;
        struct policy_held *held;
        err = cache_hold_await(call, &candidates->rows[i], &held);
        if (err != OK)
            return err;
        err = read_reader(call, cache_policy(held), wish, &reader, &has_reader);
        const struct zone *zone = err == OK ? policy_zone(cache_policy(held), &reader) : NULL;
        cache_release(&held);
        if (err != OK)
            return err;
        candidates->chosen = i;
        if (rules_find_in_force(&candidates->rows[i].effective_from, 1, zone, now_us) == 0)
            return OK;
    }
    return call_fail(call, ERR_NOT_FOUND, "POLICY_NONE", "no policy is in force yet");
}

enum err
policy_get_published_policy(struct call *call, const Policy__V1__GetPublishedPolicyRequest *req,
                            Policy__V1__GetPublishedPolicyResponse *res)
{
    struct wish wish = {
        .offset = req->body_offset,
        .form = FORM_HTML,
        .language = req->language,
        .clause = req->clause,
        .axes = {req->category, req->region, req->customer_class, req->channel},
        .version = req->version,
    };
    struct candidates candidates;
    enum err err = req->format[0] == 0 ? OK : read_form(call, req->format, FORM_TEXT, &wish.form);
    if (err == OK && req->version > 0)
        err = choose_number_await(call, req->version, &candidates);
    else if (err == OK)
        err = choose_today_await(call, &wish, &candidates);
    if (err != OK)
        return err;
    size_t chosen = candidates.chosen;
    wish.row = &candidates.rows[chosen];
    wish.previous = chosen + 1 < candidates.count ? &candidates.rows[chosen + 1] : NULL;
    struct policy_held *held;
    err = cache_hold_await(call, wish.row, &held);
    if (err != OK)
        return err;
    err = body_await(call, cache_policy(held), &wish, &res->body);
    cache_release(&held);
    return err;
}
