/*
 * policy_page_text - the page as plain text for a terminal or a letter, and single sentences
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH_MIN = 20, INDENT = 5, NUMBER_SIZE = 32 };

static void
add_heading(struct page_writer *writer, const char *text, char line)
{
    page_add_wrapped(writer, 0, "", text);
    int width = page_count_characters(text, strlen(text));
    if (width > writer->width_columns)
        width = writer->width_columns;
    for (int i = 0; i < width; i++)
        buf_add_char(writer->out, line);
    buf_add_char(writer->out, '\n');
}

/* ---- clauses ---- */

/* The elements of a list, each wrapped. A value's elements are made one by one from a value that
 * has only that one. */
static void
add_list(struct page_writer *writer, const struct page_block *block)
{
    const struct policy_value *value = &block->value;
    bool is_ordered = value->kind == POLICY_STEPS || value->kind == POLICY_LADDER;
    for (size_t i = 0; i < policy_format_count_items(value); i++) {
        struct policy_value one = *value;
        if (value->kind == POLICY_TESTS)
            one.tests.items += i, one.tests.count = 1;
        else if (value->kind == POLICY_STEPS)
            one.steps.items += i, one.steps.count = 1;
        else if (value->kind == POLICY_LADDER)
            one.ladder.items += i, one.ladder.count = 1;
        else
            one.documents.items += i, one.documents.count = 1;
        struct buf text = {0}, lead = {0};
        policy_format_value(writer->formatter, block->parameter, &one, POLICY_NOMINATIVE, false,
                            &text);
        if (is_ordered)
            buf_printf(&lead, "%*s%zu. ", INDENT, "", i + 1);
        else
            buf_printf(&lead, "%*s- ", INDENT, "");
        const char *words = buf_text(&text);
        if (is_ordered) /* steps are sentences, the elements of other lists end one */
            words = page_begin(writer->arena, words, PAGE_CAPITAL);
        page_add_wrapped(writer, (int)lead.size_bytes, buf_text(&lead), words);
        buf_free(&text);
        buf_free(&lead);
    }
}

/* "- large appliances: 2 years", with the column's name where there are several. */
static void
add_row(struct page_writer *writer, const struct page_table *table, const struct policy_when *when)
{
    struct buf line = {0};
    if (when != NULL)
        page_add_who(writer, when, &line);
    else
        buf_add_text(&line, page_word(writer, "table.other"));
    for (size_t i = 0; i < table->column_count; i++) {
        buf_add_text(&line, i == 0 ? ": " : "; ");
        if (table->column_count > 1)
            buf_printf(&line, "%s ", page_column_name(writer, table->columns[i]));
        page_add_cell(writer, table->columns[i], when, &line);
    }
    char lead[NUMBER_SIZE];
    snprintf(lead, sizeof lead, "%*s- ", INDENT, "");
    page_add_wrapped(writer, INDENT + 2, lead, buf_text(&line));
    buf_free(&line);
}

static void
add_table(struct page_writer *writer, const char *number, const struct page_table *table)
{
    struct buf caption = {0};
    policy_words_fill(page_word(writer, "table.caption"), number, NULL, NULL, &caption);
    page_add_wrapped(writer, INDENT, "", buf_text(&caption));
    buf_free(&caption);
    for (size_t i = 0; i < table->rows.count; i++)
        add_row(writer, table, &table->rows.rows[i]);
    add_row(writer, table, NULL);
}

/* Marks before the text: "[changed] ". */
static void
add_mark(struct page_writer *writer, const char *key, struct buf *out)
{
    if (key != NULL)
        buf_printf(out, "[%s] ", page_word(writer, key));
}

/* The blocks and tables of a clause; its number stands before the first line, marks too. */
static void
add_composed(struct page_writer *writer, const char *number, const char *name, const char *marks,
             struct page_clause *composed)
{
    bool is_first = true;
    for (size_t i = 0; i < composed->block_count; i++) {
        struct page_block *block = &composed->blocks[i];
        if (block->is_list) {
            add_list(writer, block);
            continue;
        }
        struct buf text = {0};
        buf_printf(&text, "%s%s", is_first ? marks : "", buf_text(&block->words));
        page_add_wrapped(writer, INDENT, is_first ? number : "", buf_text(&text));
        buf_free(&text);
        is_first = false;
    }
    for (size_t i = 0; i < composed->table_count; i++)
        add_table(writer, name, &composed->tables[i]);
    page_clause_free(composed);
}

static void
add_unprinted(struct page_writer *writer, const struct policy_clause *clause)
{
    enum policy_parameter parameters[POLICY_PARAMETER_COUNT];
    size_t count = page_unprinted(writer, clause, parameters);
    if (count == 0 || !writer->page->shows_internal)
        return;
    struct buf line = {0};
    buf_printf(&line, "%s:", page_word(writer, "page.unprinted"));
    for (size_t i = 0; i < count; i++) {
        buf_printf(&line, "%s %s: ", i > 0 ? ";" : "", page_parameter_name(writer, parameters[i]));
        page_add_cell(writer, parameters[i], NULL, &line);
    }
    page_add_wrapped(writer, INDENT, "", buf_text(&line));
    buf_free(&line);
}

static void
add_clause(struct page_writer *writer, const struct policy_clause *clause)
{
    const char *number = page_number(writer, clause);
    struct page_clause composed;
    struct buf marks = {0};
    add_mark(writer, page_change_key(writer, clause->id), &marks);
    add_mark(writer, clause->is_internal ? "page.internal" : NULL, &marks);
    page_compose_clause(writer, clause, &composed);
    add_composed(writer, number, number[0] != '\0' ? number : clause->id, buf_text(&marks),
                 &composed);
    add_unprinted(writer, clause);
    buf_add_char(writer->out, '\n');
    buf_free(&marks);
}

static void
add_section(struct page_writer *writer, const struct policy_section *section)
{
    if (!page_shows_section(writer, section))
        return;
    struct buf title = {0};
    buf_printf(&title, "%d %s", section->number, page_text_of(writer, &section->title));
    if (!page_is_enforced(writer, section))
        buf_printf(&title, " [%s]", page_word(writer, "page.not_enforced"));
    add_heading(writer, buf_text(&title), '-');
    buf_free(&title);
    for (size_t i = 0; i < section->clause_count; i++) {
        if (page_shows_clause(writer, &section->clauses[i]))
            add_clause(writer, &section->clauses[i]);
    }
}

/* ---- the law ---- */

static void
add_right(struct page_writer *writer, const struct policy_right *right)
{
    struct page_clause composed;
    struct buf who = {0}, line = {0};
    add_mark(writer, page_change_key(writer, right->id), &line);
    page_add_who(writer, &right->when, &who);
    if (who.size_bytes > 0) {
        policy_words_fill(page_word(writer, "right.for"), buf_text(&who), NULL, NULL, &line);
        page_add_wrapped(writer, INDENT, "  -", buf_text(&line));
        buf_clear(&line);
    }
    page_compose_right(writer, right, &composed);
    add_composed(writer, who.size_bytes > 0 ? "" : "  -", right->id, buf_text(&line), &composed);
    buf_free(&who);
    buf_free(&line);
    buf_add_char(writer->out, '\n');
}

static void
add_pack(struct page_writer *writer, const struct policy_pack *pack)
{
    const char *notice = page_text_of(writer, &pack->notice);
    struct buf line = {0};
    if (pack->is_sample)
        buf_printf(&line, "%s: ", page_word(writer, "page.sample"));
    buf_add_text(&line, notice);
    if (line.size_bytes > 0)
        page_add_wrapped(writer, INDENT, "  !", buf_text(&line));
    buf_clear(&line);
    for (size_t i = 0; i < pack->right_count; i++) {
        if (page_shows_right(writer, &pack->rights[i]))
            add_right(writer, &pack->rights[i]);
    }
    page_add_source(writer, pack, &line);
    if (line.size_bytes > 0) {
        page_add_wrapped(writer, INDENT, "", buf_text(&line));
        buf_add_char(writer->out, '\n');
    }
    buf_free(&line);
}

static void
add_law(struct page_writer *writer)
{
    bool is_begun = false;
    for (size_t i = 0; i < writer->policy->pack_count; i++) {
        if (!page_shows_pack(writer, &writer->policy->packs[i]))
            continue;
        if (!is_begun) {
            add_heading(writer, page_word(writer, "page.law"), '-');
            page_add_wrapped(writer, INDENT, "", page_word(writer, "page.law_text"));
        }
        is_begun = true;
        add_pack(writer, &writer->policy->packs[i]);
    }
}

static void
add_calendars(struct page_writer *writer)
{
    bool is_begun = false;
    for (size_t i = 0; i < writer->policy->calendar_count; i++) {
        const struct calendar *calendar = writer->policy->calendars[i];
        if (!page_speaks_of_calendar(writer, i))
            continue;
        if (!is_begun) {
            add_heading(writer, page_word(writer, "page.calendars"), '-');
            page_add_wrapped(writer, INDENT, "", page_word(writer, "page.calendars_text"));
        }
        is_begun = true;
        struct buf line = {0};
        buf_printf(&line, "%s: ",
                   policy_label(writer->policy, "calendar", calendar_name(calendar),
                                writer->page->language));
        policy_format_hours(writer->formatter, calendar, &line);
        page_add_wrapped(writer, INDENT, "  -", buf_text(&line));
        buf_clear(&line);
        page_add_holidays(writer, calendar, &line);
        if (line.size_bytes > 0)
            page_add_wrapped(writer, INDENT, "   ", buf_text(&line));
        buf_free(&line);
    }
}

/* ---- the page ---- */

static void
add_title(struct page_writer *writer)
{
    struct buf line = {0};
    add_heading(writer, page_text_of(writer, &writer->policy->title), '=');
    if (writer->policy->branding.company[0] != '\0')
        page_add_wrapped(writer, 0, "", writer->policy->branding.company);
    page_add_version(writer, &line);
    page_add_wrapped(writer, 0, "", buf_text(&line));
    buf_clear(&line);
    page_add_reader(writer, &line);
    if (line.size_bytes > 0)
        page_add_wrapped(writer, 0, "", buf_text(&line));
    buf_clear(&line);
    if (writer->changes != NULL && writer->changes->change_count > 0) {
        char number[NUMBER_SIZE];
        snprintf(number, sizeof number, "%lld", (long long)writer->page->previous->version);
        policy_words_fill(page_word(writer, "page.changed_since"), number, NULL, NULL, &line);
        page_add_wrapped(writer, 0, "", buf_text(&line));
    }
    buf_add_char(writer->out, '\n');
    buf_free(&line);
}

void
policy_page_text(const struct policy_page *page, int width_columns, struct buf *out)
{
    struct page_writer writer;
    page_open(&writer, page, PAGE_TEXT, out);
    writer.width_columns = width_columns < WIDTH_MIN ? WIDTH_MIN : width_columns;
    if (page->clause_id == NULL)
        add_title(&writer);
    for (size_t i = 0; i < page->policy->section_count; i++)
        add_section(&writer, &page->policy->sections[i]);
    add_law(&writer);
    if (page->clause_id == NULL)
        add_calendars(&writer);
    page_close(&writer);
}

static const struct policy_right *
find_right(const struct policy *policy, const char *id)
{
    for (size_t i = 0; i < policy->pack_count; i++) {
        for (size_t j = 0; j < policy->packs[i].right_count; j++) {
            if (strcmp(policy->packs[i].rights[j].id, id) == 0)
                return &policy->packs[i].rights[j];
        }
    }
    return NULL;
}

enum err
policy_page_sentence(const struct policy_page *page, const char *clause_id, struct buf *out)
{
    const struct policy_clause *clause = policy_find_clause(page->policy, clause_id);
    const struct policy_right *right = find_right(page->policy, clause_id);
    struct page_clause composed;
    struct page_writer writer;
    if (clause == NULL && right == NULL)
        return ERR_NOT_FOUND;
    page_open(&writer, page, PAGE_SENTENCE, out);
    if (clause != NULL)
        page_compose_clause(&writer, clause, &composed);
    else
        page_compose_right(&writer, right, &composed);
    for (size_t i = 0; i < composed.block_count; i++)
        buf_add(out, composed.blocks[i].words.bytes, composed.blocks[i].words.size_bytes);
    page_clause_free(&composed);
    page_close(&writer);
    return OK;
}
