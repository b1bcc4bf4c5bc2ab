/*
 * policy_page_html - the page as one HTML document
 *
 * Landmarks: a header with company and languages, the policy as main, its contents as navigation,
 * a footer with the imprint. Headings go down one level at a time: the title, sections, layers of
 * law. A clause is an element whose id is the clause's; its number links to it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"
#include "common/policy/policy_page_style.h"

#include <stdio.h>
#include <string.h>

#include <unicode/uloc.h>
#include <unicode/ustring.h>

enum { NAME_UNITS = 128 };

static void
add(struct page_writer *writer, const char *markup)
{
    buf_add_text(writer->out, markup);
}

static void
add_escaped(struct page_writer *writer, const char *text)
{
    policy_format_add_html(writer->out, text);
}

static void
add_word(struct page_writer *writer, const char *key)
{
    add_escaped(writer, page_word(writer, key));
}

/* <tag>text</tag>, for tags with attributes too. */
static void
add_element(struct page_writer *writer, const char *open, const char *text, const char *close)
{
    add(writer, open);
    add_escaped(writer, text);
    add(writer, close);
}

static void
add_mark(struct page_writer *writer, const char *key)
{
    if (key != NULL)
        add_element(writer, " <span class=\"mark\">", page_word(writer, key), "</span>");
}

/* ---- clauses ---- */

static bool
is_ordered(const struct policy_value *value)
{
    return value->kind == POLICY_STEPS || value->kind == POLICY_LADDER;
}

static void
add_block(struct page_writer *writer, const struct page_block *block)
{
    if (!block->is_list) {
        add(writer, "<p>");
        buf_add(writer->out, block->words.bytes, block->words.size_bytes);
        add(writer, "</p>\n");
        return;
    }
    const char *tag = is_ordered(&block->value) ? "ol" : "ul";
    buf_printf(writer->out, "<%s data-parameter=\"%s\">", tag,
               policy_parameter_row(block->parameter)->name);
    policy_format_value(writer->formatter, block->parameter, &block->value, POLICY_NOMINATIVE, true,
                        writer->out);
    buf_printf(writer->out, "</%s>\n", tag);
}

static void
add_cell(struct page_writer *writer, enum policy_parameter parameter,
         const struct policy_when *when)
{
    buf_printf(writer->out, "<td data-parameter=\"%s\">", policy_parameter_row(parameter)->name);
    page_add_cell(writer, parameter, when, writer->out);
    add(writer, "</td>");
}

static void
add_table(struct page_writer *writer, const char *number, const struct page_table *table)
{
    struct buf caption = {0};
    policy_words_fill(page_word(writer, "table.caption"), number, NULL, NULL, &caption);
    add_element(writer, "<table><caption>", buf_text(&caption), "</caption>\n<thead><tr>");
    buf_free(&caption);
    add_element(writer, "<th scope=\"col\">", page_word(writer, "table.who"), "</th>");
    for (size_t i = 0; i < table->column_count; i++)
        add_element(writer, "<th scope=\"col\">", page_column_name(writer, table->columns[i]),
                    "</th>");
    add(writer, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i <= table->rows.count; i++) {
        const struct policy_when *when = i < table->rows.count ? &table->rows.rows[i].when : NULL;
        struct buf who = {0};
        if (when != NULL)
            page_add_who(writer, when, &who);
        else
            buf_add_text(&who, page_word(writer, "table.other"));
        add_element(writer, "<tr><th scope=\"row\">", buf_text(&who), "</th>");
        buf_free(&who);
        for (size_t j = 0; j < table->column_count; j++)
            add_cell(writer, table->columns[j], when);
        add(writer, "</tr>\n");
    }
    add(writer, "</tbody></table>\n");
}

/* For staff: what the clause decides without saying it. */
static void
add_unprinted(struct page_writer *writer, const struct policy_clause *clause)
{
    enum policy_parameter parameters[POLICY_PARAMETER_COUNT];
    size_t count = page_unprinted(writer, clause, parameters);
    if (count == 0 || !writer->page->shows_internal)
        return;
    add_element(writer, "<p>", page_word(writer, "page.unprinted"), ":</p>\n<dl>");
    for (size_t i = 0; i < count; i++) {
        add_element(writer, "<dt>", page_column_name(writer, parameters[i]), "</dt>");
        buf_printf(writer->out, "<dd data-parameter=\"%s\">",
                   policy_parameter_row(parameters[i])->name);
        page_add_cell(writer, parameters[i], NULL, writer->out);
        add(writer, "</dd>");
    }
    add(writer, "</dl>\n");
}

/* What begins with an id and a number; the text follows. */
static void
open_clause(struct page_writer *writer, const char *id, const char *number)
{
    buf_printf(writer->out, "<div class=\"clause\" id=\"%s\">", id);
    if (number[0] == '\0')
        add(writer, "<span class=\"number\"></span>");
    else
        buf_printf(writer->out, "<a class=\"number\" href=\"#%s\">%s</a>", id, number);
    add(writer, "<div>\n");
}

/* Marks stand in a line of their own, before the text. */
static void
add_marks(struct page_writer *writer, const char *id, bool is_internal)
{
    const char *change = page_change_key(writer, id);
    if (change == NULL && !is_internal)
        return;
    add(writer, "<p>");
    add_mark(writer, change);
    add_mark(writer, is_internal ? "page.internal" : NULL);
    add(writer, "</p>\n");
}

static void
add_composed(struct page_writer *writer, const char *number, struct page_clause *composed)
{
    for (size_t i = 0; i < composed->block_count; i++)
        add_block(writer, &composed->blocks[i]);
    for (size_t i = 0; i < composed->table_count; i++)
        add_table(writer, number, &composed->tables[i]);
    page_clause_free(composed);
}

static void
add_clause(struct page_writer *writer, const struct policy_clause *clause)
{
    const char *number = page_number(writer, clause);
    struct page_clause composed;
    page_compose_clause(writer, clause, &composed);
    open_clause(writer, clause->id, number);
    add_marks(writer, clause->id, clause->is_internal);
    add_composed(writer, number[0] != '\0' ? number : clause->id, &composed);
    add_unprinted(writer, clause);
    add(writer, "</div></div>\n");
}

static void
add_section(struct page_writer *writer, const struct policy_section *section)
{
    if (!page_shows_section(writer, section))
        return;
    buf_printf(writer->out, "<section aria-labelledby=\"section-%s\">\n<h2 id=\"section-%s\">%d ",
               section->id, section->id, section->number);
    add_escaped(writer, page_text_of(writer, &section->title));
    if (!page_is_enforced(writer, section))
        add_mark(writer, "page.not_enforced");
    add(writer, "</h2>\n");
    for (size_t i = 0; i < section->clause_count; i++) {
        if (page_shows_clause(writer, &section->clauses[i]))
            add_clause(writer, &section->clauses[i]);
    }
    add(writer, "</section>\n");
}

/* ---- the law ---- */

static void
add_right(struct page_writer *writer, const struct policy_right *right)
{
    struct page_clause composed;
    struct buf who = {0}, line = {0};
    page_compose_right(writer, right, &composed);
    open_clause(writer, right->id, "");
    add_marks(writer, right->id, false);
    page_add_who(writer, &right->when, &who);
    if (who.size_bytes > 0) {
        policy_words_fill(page_word(writer, "select.for"), buf_text(&who), NULL, NULL, &line);
        add_element(writer, "<p class=\"source\">", buf_text(&line), "</p>\n");
    }
    add_composed(writer, right->id, &composed);
    add(writer, "</div></div>\n");
    buf_free(&who);
    buf_free(&line);
}

static void
add_pack(struct page_writer *writer, const struct policy_pack *pack)
{
    if (!page_shows_pack(writer, pack))
        return;
    const char *notice = page_text_of(writer, &pack->notice);
    if (pack->is_sample || notice[0] != '\0') {
        add(writer, "<p class=\"notice\" role=\"note\">");
        if (pack->is_sample)
            add_element(writer, "<strong>", page_word(writer, "page.sample"), ":</strong> ");
        add_element(writer, "", notice, "</p>\n");
    }
    for (size_t i = 0; i < pack->right_count; i++) {
        if (page_shows_right(writer, &pack->rights[i]))
            add_right(writer, &pack->rights[i]);
    }
    if (pack->source[0] != '\0') {
        struct buf source = {0};
        policy_words_fill(page_word(writer, "page.source"), pack->source, NULL, NULL, &source);
        add_element(writer, "<p class=\"source\">", buf_text(&source), "</p>\n");
        buf_free(&source);
    }
}

static bool
shows_law(const struct page_writer *writer)
{
    for (size_t i = 0; i < writer->policy->pack_count; i++) {
        if (page_shows_pack(writer, &writer->policy->packs[i]))
            return true;
    }
    return false;
}

static void
add_law(struct page_writer *writer)
{
    if (!shows_law(writer))
        return;
    add_element(writer, "<section aria-labelledby=\"law\">\n<h2 id=\"law\">",
                page_word(writer, "page.law"), "</h2>\n");
    add_element(writer, "<p>", page_word(writer, "page.law_text"), "</p>\n");
    for (size_t i = 0; i < writer->policy->pack_count; i++)
        add_pack(writer, &writer->policy->packs[i]);
    add(writer, "</section>\n");
}

/* ---- calendars ---- */

static bool
shows_calendars(const struct page_writer *writer)
{
    for (size_t i = 0; i < writer->policy->calendar_count; i++) {
        if (page_uses_calendar(writer, writer->policy->calendars[i]))
            return true;
    }
    return false;
}

static void
add_calendars(struct page_writer *writer)
{
    if (!shows_calendars(writer))
        return;
    add_element(writer, "<section aria-labelledby=\"calendars\">\n<h2 id=\"calendars\">",
                page_word(writer, "page.calendars"), "</h2>\n");
    add_element(writer, "<p>", page_word(writer, "page.calendars_text"), "</p>\n<dl>");
    for (size_t i = 0; i < writer->policy->calendar_count; i++) {
        const struct calendar *calendar = writer->policy->calendars[i];
        if (!page_uses_calendar(writer, calendar))
            continue;
        struct buf hours = {0};
        policy_format_hours(writer->formatter, calendar, &hours);
        add_element(writer, "<dt>",
                    policy_label(writer->policy, "calendar", calendar_name(calendar),
                                 writer->page->language),
                    "</dt>");
        add_element(writer, "<dd>", buf_text(&hours), "</dd>\n");
        buf_free(&hours);
    }
    add(writer, "</dl>\n</section>\n");
}

/* ---- around the policy ---- */

static void
add_head(struct page_writer *writer)
{
    const struct policy *policy = writer->policy;
    buf_printf(writer->out,
               "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
               policy->languages[writer->page->language]);
    add(writer, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    add_escaped(writer, page_text_of(writer, &policy->title));
    if (policy->branding.company[0] != '\0')
        add_element(writer, " – ", policy->branding.company, "");
    buf_printf(writer->out, "</title>\n<style>\n%s</style>\n</head>\n", policy_page_style);
}

/* What a language calls itself. */
static void
add_language_name(struct page_writer *writer, const char *tag)
{
    UChar units[NAME_UNITS];
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = uloc_getDisplayName(tag, tag, units, NAME_UNITS, &status);
    struct buf name = {0};
    if (U_SUCCESS(status) && count < NAME_UNITS)
        policy_format_add_units(&name, units, count);
    add_escaped(writer, name.size_bytes > 0 ? buf_text(&name) : tag);
    buf_free(&name);
}

static void
add_languages(struct page_writer *writer)
{
    const struct policy_page *page = writer->page;
    if (page->language_link_count == 0)
        return;
    add_element(writer, "<nav class=\"languages\" aria-label=\"",
                page_word(writer, "page.languages"), "\"><ul>");
    for (size_t i = 0; i < page->language_link_count; i++) {
        const struct policy_page_link *link = &page->language_links[i];
        bool is_this = strcmp(link->language, writer->policy->languages[page->language]) == 0;
        add_element(writer, "<li><a href=\"", link->url, "\"");
        buf_printf(writer->out, " hreflang=\"%s\" lang=\"%s\"%s>", link->language, link->language,
                   is_this ? " aria-current=\"page\"" : "");
        add_language_name(writer, link->language);
        add(writer, "</a></li>");
    }
    add(writer, "</ul></nav>\n");
}

static void
add_header(struct page_writer *writer)
{
    const struct policy_branding *branding = &writer->policy->branding;
    add_element(writer, "<body>\n<a class=\"skip\" href=\"#policy\">",
                page_word(writer, "page.skip"), "</a>\n<header>\n");
    if (branding->logo_url[0] != '\0') {
        add_element(writer, "<img src=\"", branding->logo_url, "\" alt=\"");
        struct buf alternative = {0};
        policy_words_fill(page_word(writer, "page.logo"), branding->company, NULL, NULL,
                          &alternative);
        add_element(writer, "", buf_text(&alternative), "\">\n");
        buf_free(&alternative);
    }
    if (branding->company[0] != '\0')
        add_element(writer, "<p><strong>", branding->company, "</strong></p>\n");
    add_languages(writer);
    add(writer, "</header>\n");
}

static void
add_footer(struct page_writer *writer)
{
    const struct policy_branding *branding = &writer->policy->branding;
    add(writer, "<footer>\n");
    if (branding->address[0] != '\0')
        add_element(writer, "<p>", branding->address, "</p>\n");
    if (branding->imprint_url[0] != '\0') {
        add_element(writer, "<p><a href=\"", branding->imprint_url, "\">");
        add_word(writer, "page.imprint");
        add(writer, "</a></p>\n");
    }
    struct buf version = {0};
    page_add_version(writer, &version);
    add_element(writer, "<p>", buf_text(&version), "</p>\n</footer>\n</body>\n</html>\n");
    buf_free(&version);
}

/* The title, which version it is, for whom, and what the marks mean. */
static void
add_title(struct page_writer *writer)
{
    struct buf version = {0}, reader = {0};
    page_add_version(writer, &version);
    page_add_reader(writer, &reader);
    add_element(writer, "<h1>", page_text_of(writer, &writer->policy->title), "</h1>\n");
    add_element(writer, "<p class=\"version\">", buf_text(&version), "</p>\n");
    if (reader.size_bytes > 0)
        add_element(writer, "<p class=\"version\">", buf_text(&reader), "</p>\n");
    if (writer->changes != NULL && writer->changes->change_count > 0) {
        char number[32];
        struct buf since = {0};
        snprintf(number, sizeof number, "%lld", (long long)writer->page->previous->version);
        policy_words_fill(page_word(writer, "page.changed_since"), number, NULL, NULL, &since);
        add_element(writer, "<p class=\"version\">", buf_text(&since), "</p>\n");
        buf_free(&since);
    }
    buf_free(&version);
    buf_free(&reader);
}

static void
add_contents_line(struct page_writer *writer, const char *anchor, const char *text)
{
    buf_printf(writer->out, "<li><a href=\"#%s\">", anchor);
    add_element(writer, "", text, "</a></li>\n");
}

static void
add_contents(struct page_writer *writer)
{
    add_element(writer, "<nav class=\"toc\" aria-labelledby=\"contents\">\n<h2 id=\"contents\">",
                page_word(writer, "page.contents"), "</h2>\n<ol>\n");
    for (size_t i = 0; i < writer->policy->section_count; i++) {
        const struct policy_section *section = &writer->policy->sections[i];
        if (!page_shows_section(writer, section))
            continue;
        buf_printf(writer->out, "<li><a href=\"#section-%s\">%d ", section->id, section->number);
        add_element(writer, "", page_text_of(writer, &section->title), "</a></li>\n");
    }
    if (shows_law(writer))
        add_contents_line(writer, "law", page_word(writer, "page.law"));
    if (shows_calendars(writer))
        add_contents_line(writer, "calendars", page_word(writer, "page.calendars"));
    add(writer, "</ol>\n</nav>\n");
}

void
policy_page_html(const struct policy_page *page, struct buf *out)
{
    struct page_writer writer;
    page_open(&writer, page, PAGE_HTML, out);
    add_head(&writer);
    add_header(&writer);
    add(&writer, "<main id=\"policy\">\n");
    add_title(&writer);
    if (page->clause_id == NULL)
        add_contents(&writer);
    for (size_t i = 0; i < page->policy->section_count; i++)
        add_section(&writer, &page->policy->sections[i]);
    add_law(&writer);
    add_calendars(&writer);
    add(&writer, "</main>\n");
    add_footer(&writer);
    page_close(&writer);
}
