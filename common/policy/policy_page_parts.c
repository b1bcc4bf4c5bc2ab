/*
 * policy_page_parts - what both writers of a page ask: what is on it, how it is numbered, what
 * changed
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"
#include "common/policy/policy_template.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* For one page: rows of 20,000 rules and what joins of floors make. */
enum { PAGE_BUDGET_BYTES = 512 * 1024 * 1024 };

void
page_open(struct page_writer *writer, const struct policy_page *page, enum page_form form,
          struct buf *out)
{
    *writer = (struct page_writer){.page = page,
                                   .policy = page->policy,
                                   .form = form,
                                   .arena = arena_new(PAGE_BUDGET_BYTES),
                                   .formatter = page->formatter,
                                   .out = out};
    if (page->formatter == NULL)
        writer->formatter = policy_formatter_new(page->policy, page->language);
    writer->formatter->spoken_calendars = 0;
    if (page->reader != NULL)
        writer->reader = *page->reader;
    if (page->previous != NULL) {
        struct policy_changes *changes = arena_alloc(writer->arena, sizeof *changes);
        *changes = policy_diff(writer->arena, page->previous, page->policy);
        writer->changes = changes;
    }
}

void
page_close(struct page_writer *writer)
{
    if (writer->page->formatter == NULL)
        policy_formatter_free(&writer->formatter);
    arena_free(&writer->arena);
}

const char *
page_word(const struct page_writer *writer, const char *key)
{
    return policy_words_get(writer->policy, writer->page->language, key);
}

void
page_fill(const struct page_writer *writer, const char *key, const char *first, const char *second,
          struct buf *out)
{
    policy_format_fill(writer->formatter, key, writer->form == PAGE_HTML, first, second, out);
}

const char *
page_text_of(const struct page_writer *writer, const struct policy_text *text)
{
    const char *words = text->texts[writer->page->language];
    return words != NULL ? words : "";
}

/* ---- what is on the page ---- */

static bool
is_wanted(const struct page_writer *writer, const char *id)
{
    return writer->page->clause_id == NULL || strcmp(writer->page->clause_id, id) == 0;
}

bool
page_shows_clause(const struct page_writer *writer, const struct policy_clause *clause)
{
    return is_wanted(writer, clause->id) && (!clause->is_internal || writer->page->shows_internal);
}

bool
page_shows_section(const struct page_writer *writer, const struct policy_section *section)
{
    for (size_t i = 0; i < section->clause_count; i++) {
        if (page_shows_clause(writer, &section->clauses[i]))
            return true;
    }
    return false;
}

/* A right is shown to those who could have it: on no axis has the reader said something else. */
bool
page_shows_right(const struct page_writer *writer, const struct policy_right *right)
{
    const struct policy_axes *axes = &writer->policy->axes;
    for (uint32_t left = right->when.named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        int said = writer->reader.values[axis];
        if (said != 0 && !policy_axes_contains(axes, right->when.values[axis], said) &&
            !policy_axes_contains(axes, said, right->when.values[axis]))
            return false;
    }
    return is_wanted(writer, right->id);
}

bool
page_shows_pack(const struct page_writer *writer, const struct policy_pack *pack)
{
    for (size_t i = 0; i < pack->right_count; i++) {
        if (page_shows_right(writer, &pack->rights[i]))
            return true;
    }
    return false;
}

bool
page_is_enforced(const struct page_writer *writer, const struct policy_section *section)
{
    const struct policy_codes *enforced = &writer->page->enforced;
    for (size_t i = 0; i < enforced->count; i++) {
        if (strcmp(enforced->codes[i], section->id) == 0)
            return true;
    }
    return !writer->page->has_enforced;
}

const char *
page_number(const struct page_writer *writer, const struct policy_clause *clause)
{
    if (clause->number == 0)
        return "";
    return arena_printf(writer->arena, "%d.%d", clause->section->number, clause->number);
}

/* ---- changes ---- */

/* Whether a change is of a clause or right, or of something inside it. */
static bool
concerns(const struct policy_change *change, const char *id)
{
    size_t size = strlen(id);
    char next = '\0';
    if (strncmp(change->clause_id, id, size) == 0)
        next = change->clause_id[size];
    else
        return false;
    return next == '\0' || next == '.' || next == '/';
}

const char *
page_change_key(const struct page_writer *writer, const char *id)
{
    const char *key = NULL;
    for (size_t i = 0; writer->changes != NULL && i < writer->changes->change_count; i++) {
        const struct policy_change *change = &writer->changes->changes[i];
        bool is_other_language =
            change->kind == POLICY_TEXT_CHANGED &&
            strcmp(change->language, writer->policy->languages[writer->page->language]) != 0;
        if (!concerns(change, id) || is_other_language)
            continue;
        if (change->kind == POLICY_ADDED && change->rule_id[0] == '\0' &&
            strcmp(change->clause_id, id) == 0)
            return "page.new";
        key = "page.changed";
    }
    return key;
}

/* ---- what stands at the head ---- */

void
page_add_version(struct page_writer *writer, struct buf *out)
{
    const struct policy *policy = writer->policy;
    if (policy->version == 0) {
        buf_add_text(out, page_word(writer, "page.draft"));
        return;
    }
    char number[32];
    snprintf(number, sizeof number, "%" PRId64, policy->version);
    struct buf date = {0};
    policy_format_date(writer->formatter, policy->effective_from, &date);
    policy_words_fill(page_word(writer, "page.version"), number, buf_text(&date), NULL, out);
    buf_free(&date);
}

void
page_add_reader(struct page_writer *writer, struct buf *out)
{
    struct policy_when said = {0};
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++)
        policy_when_name(&writer->policy->axes, &said, (enum policy_axis)axis,
                         writer->reader.values[axis]);
    if (said.named == 0)
        return;
    struct buf who = {0};
    page_add_who(writer, &said, &who);
    policy_words_fill(page_word(writer, "page.reader"), buf_text(&who), NULL, NULL, out);
    buf_free(&who);
}

void
page_add_source(const struct page_writer *writer, const struct policy_pack *pack, struct buf *out)
{
    const char *source = page_text_of(writer, &pack->source);
    if (source[0] != '\0')
        policy_words_fill(page_word(writer, "page.source"), source, NULL, NULL, out);
}

/* ---- calendars, and what no text prints ---- */

bool
page_speaks_of_calendar(const struct page_writer *writer, size_t index)
{
    return (writer->formatter->spoken_calendars >> index & 1) != 0;
}

static bool
is_printed(const struct policy *policy, const struct policy_clause *clause,
           const struct policy_codes *names, enum policy_parameter parameter)
{
    for (size_t i = 0; i < names->count; i++) {
        if (page_find_parameter(policy, clause->id, names->codes[i]) == (int)parameter)
            return true;
    }
    return false;
}

size_t
page_unprinted(struct page_writer *writer, const struct policy_clause *clause,
               enum policy_parameter ret_parameters[POLICY_PARAMETER_COUNT])
{
    struct fault fault;
    const struct policy_template *text =
        policy_template_parse(writer->arena, page_text_of(writer, &clause->text), &fault);
    struct policy_codes names = {NULL, 0};
    if (text != NULL)
        names = policy_template_parameters(writer->arena, text);
    size_t count = 0;
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        enum policy_parameter parameter = (enum policy_parameter)i;
        const struct policy_parameter_row *row = policy_parameter_row(parameter);
        bool is_set = writer->policy->rule_first[i] < writer->policy->rule_first[i + 1];
        if (is_set && strcmp(row->clause_id, clause->id) == 0 &&
            page_find_parameter(writer->policy, clause->id, row->parameter) >= 0 &&
            !is_printed(writer->policy, clause, &names, parameter))
            ret_parameters[count++] = parameter;
    }
    return count;
}
