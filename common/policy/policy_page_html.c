/*
 * policy_page_html - the page as one HTML document
 *
 * Landmarks: a header with company and languages, the policy as main, its contents as navigation,
 * a footer with the imprint. Headings go down one level at a time: the title, sections, layers of
 * law. A clause is an element whose id is the clause's; its number links to it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_html.h"

#include "common/html.h"

void
html_add(struct page_writer *writer, const char *markup)
{
    buf_add_text(writer->out, markup);
}

void
html_add_escaped(struct page_writer *writer, const char *text)
{
    html_escape(writer->out, text);
}

/* <tag>text</tag>, for tags with attributes too. */
void
html_add_element(struct page_writer *writer, const char *open, const char *text, const char *close)
{
    html_add(writer, open);
    html_add_escaped(writer, text);
    html_add(writer, close);
}

static void
add_mark(struct page_writer *writer, const char *key)
{
    if (key != NULL)
        html_add_element(writer, " <span class=\"mark\">", page_word(writer, key), "</span>");
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
        html_add(writer, "<p>");
        buf_add(writer->out, block->words.bytes, block->words.size_bytes);
        html_add(writer, "</p>\n");
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
    html_add(writer, "</td>");
}

static void
add_table(struct page_writer *writer, const char *number, const struct page_table *table)
{
    struct buf caption = {0};
    policy_words_fill(page_word(writer, "table.caption"), number, NULL, NULL, &caption);
    html_add_element(writer, "<table><caption>", buf_text(&caption), "</caption>\n<thead><tr>");
    buf_free(&caption);
    html_add_element(writer, "<th scope=\"col\">", page_word(writer, "table.who"), "</th>");
    for (size_t i = 0; i < table->column_count; i++)
        html_add_element(writer, "<th scope=\"col\">", page_column_name(writer, table->columns[i]),
                         "</th>");
    html_add(writer, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i <= table->rows.count; i++) {
        const struct policy_when *when = i < table->rows.count ? &table->rows.rows[i] : NULL;
        struct buf who = {0};
        if (when != NULL)
            page_add_who(writer, when, &who);
        else
            buf_add_text(&who, page_word(writer, "table.other"));
        html_add_element(writer, "<tr><th scope=\"row\">", buf_text(&who), "</th>");
        buf_free(&who);
        for (size_t j = 0; j < table->column_count; j++)
            add_cell(writer, table->columns[j], when);
        html_add(writer, "</tr>\n");
    }
    html_add(writer, "</tbody></table>\n");
}

/* For staff: what the clause decides without saying it. */
static void
add_unprinted(struct page_writer *writer, const struct policy_clause *clause)
{
    enum policy_parameter parameters[POLICY_PARAMETER_COUNT];
    size_t count = page_unprinted(writer, clause, parameters);
    if (count == 0 || !writer->page->shows_internal)
        return;
    html_add_element(writer, "<p>", page_word(writer, "page.unprinted"), ":</p>\n<dl>");
    for (size_t i = 0; i < count; i++) {
        html_add_element(writer, "<dt>", page_parameter_name(writer, parameters[i]), "</dt>");
        buf_printf(writer->out, "<dd data-parameter=\"%s\">",
                   policy_parameter_row(parameters[i])->name);
        page_add_cell(writer, parameters[i], NULL, writer->out);
        html_add(writer, "</dd>");
    }
    html_add(writer, "</dl>\n");
}

/* What begins with an id and a number; the text follows. */
static void
open_clause(struct page_writer *writer, const char *id, const char *number)
{
    buf_printf(writer->out, "<div class=\"clause\" id=\"%s\">", id);
    if (number[0] == '\0')
        html_add(writer, "<span class=\"number\"></span>");
    else
        buf_printf(writer->out, "<a class=\"number\" href=\"#%s\">%s</a>", id, number);
    html_add(writer, "<div>\n");
}

/* Marks stand in a line of their own, before the text. */
static void
add_marks(struct page_writer *writer, const char *id, bool is_internal)
{
    const char *change = page_change_key(writer, id);
    if (change == NULL && !is_internal)
        return;
    html_add(writer, "<p>");
    add_mark(writer, change);
    add_mark(writer, is_internal ? "page.internal" : NULL);
    html_add(writer, "</p>\n");
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
    html_add(writer, "</div></div>\n");
}

static void
add_section(struct page_writer *writer, const struct policy_section *section)
{
    if (!page_shows_section(writer, section))
        return;
    buf_printf(writer->out,
               "<section aria-labelledby=\"section-%s\">\n<h2 id=\"section-%s\">"
               "<span class=\"number\">%d</span> ",
               section->id, section->id, section->number);
    html_add_escaped(writer, page_text_of(writer, &section->title));
    if (!page_is_enforced(writer, section))
        add_mark(writer, "page.not_enforced");
    html_add(writer, "</h2>\n");
    for (size_t i = 0; i < section->clause_count; i++) {
        if (page_shows_clause(writer, &section->clauses[i]))
            add_clause(writer, &section->clauses[i]);
    }
    html_add(writer, "</section>\n");
}

/* ---- the law ---- */

static void
add_right(struct page_writer *writer, const struct policy_right *right)
{
    struct page_clause composed;
    struct buf who = {0};
    page_compose_right(writer, right, &composed);
    open_clause(writer, right->id, "");
    add_marks(writer, right->id, false);
    page_add_who(writer, &right->when, &who);
    if (who.size_bytes > 0) {
        struct buf line = {0};
        policy_words_fill(page_word(writer, "right.for"), buf_text(&who), NULL, NULL, &line);
        html_add_element(writer, "<p class=\"source\">", buf_text(&line), "</p>\n");
        buf_free(&line);
    }
    add_composed(writer, right->id, &composed);
    html_add(writer, "</div></div>\n");
    buf_free(&who);
}

static void
add_pack(struct page_writer *writer, const struct policy_pack *pack)
{
    if (!page_shows_pack(writer, pack))
        return;
    const char *notice = page_text_of(writer, &pack->notice);
    if (pack->is_sample || notice[0] != '\0') {
        html_add(writer, "<p class=\"notice\" role=\"note\">");
        if (pack->is_sample)
            html_add_element(writer, "<strong>", page_word(writer, "page.sample"), ":</strong> ");
        html_add_element(writer, "", notice, "</p>\n");
    }
    for (size_t i = 0; i < pack->right_count; i++) {
        if (page_shows_right(writer, &pack->rights[i]))
            add_right(writer, &pack->rights[i]);
    }
    struct buf source = {0};
    page_add_source(writer, pack, &source);
    if (source.size_bytes > 0)
        html_add_element(writer, "<p class=\"source\">", buf_text(&source), "</p>\n");
    buf_free(&source);
}

bool
html_shows_law(const struct page_writer *writer)
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
    if (!html_shows_law(writer))
        return;
    html_add_element(writer, "<section aria-labelledby=\"law\">\n<h2 id=\"law\">",
                     page_word(writer, "page.law"), "</h2>\n");
    html_add_element(writer, "<p>", page_word(writer, "page.law_text"), "</p>\n");
    for (size_t i = 0; i < writer->policy->pack_count; i++)
        add_pack(writer, &writer->policy->packs[i]);
    html_add(writer, "</section>\n");
}

/* ---- calendars ---- */

bool
html_shows_calendars(const struct page_writer *writer)
{
    for (size_t i = 0; i < writer->policy->calendar_count; i++) {
        if (page_speaks_of_calendar(writer, i))
            return true;
    }
    return false;
}

static void
add_calendars(struct page_writer *writer)
{
    if (!html_shows_calendars(writer))
        return;
    html_add_element(writer, "<section aria-labelledby=\"calendars\">\n<h2 id=\"calendars\">",
                     page_word(writer, "page.calendars"), "</h2>\n");
    html_add_element(writer, "<p>", page_word(writer, "page.calendars_text"), "</p>\n<dl>");
    for (size_t i = 0; i < writer->policy->calendar_count; i++) {
        const struct calendar *calendar = writer->policy->calendars[i];
        if (!page_speaks_of_calendar(writer, i))
            continue;
        struct buf hours = {0};
        policy_format_hours(writer->formatter, calendar, &hours);
        html_add_element(writer, "<dt>",
                         policy_label(writer->policy, "calendar", calendar_name(calendar),
                                      writer->page->language),
                         "</dt>");
        html_add_element(writer, "<dd>", buf_text(&hours), "</dd>\n");
        buf_clear(&hours);
        page_add_holidays(writer, calendar, &hours);
        if (hours.size_bytes > 0)
            html_add_element(writer, "<dd>", buf_text(&hours), "</dd>\n");
        buf_free(&hours);
    }
    html_add(writer, "</dl>\n</section>\n");
}

void
policy_page_html(const struct policy_page *page, struct buf *out)
{
    struct page_writer writer;
    struct buf words = {0}, body = {0};
    page_open(&writer, page, PAGE_HTML, out);
    html_add_head(&writer);
    writer.out = &body; /* first: the contents list what it has */
    for (size_t i = 0; i < page->policy->section_count; i++)
        add_section(&writer, &page->policy->sections[i]);
    add_law(&writer);
    add_calendars(&writer);
    writer.out = &words;
    html_add_header(&writer);
    html_add(&writer, "<main id=\"policy\">\n");
    html_add_title(&writer);
    if (page->clause_id == NULL)
        html_add_contents(&writer);
    buf_add(&words, body.bytes, body.size_bytes);
    html_add(&writer, "</main>\n");
    html_add_footer(&writer);
    page_glue_html(buf_text(&words), out);
    buf_free(&body);
    buf_free(&words);
    page_close(&writer);
}
