/*
 * policy_page_frame - what stands around the clauses of an HTML page: head, header with company and
 * languages, title, contents, footer
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_html.h"
#include "common/policy/policy_page_style.h"

#include <stdio.h>
#include <string.h>

#include <unicode/uloc.h>

enum { NAME_UNITS = 128 };

static void
add_word(struct page_writer *writer, const char *key)
{
    html_add_escaped(writer, page_word(writer, key));
}

void
html_add_head(struct page_writer *writer)
{
    const struct policy *policy = writer->policy;
    buf_printf(writer->out,
               "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
               policy->languages[writer->page->language]);
    html_add(writer, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    html_add_escaped(writer, page_text_of(writer, &policy->title));
    if (policy->branding.company[0] != '\0')
        html_add_element(writer, " – ", policy->branding.company, "");
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
    html_add_escaped(writer, name.size_bytes > 0 ? buf_text(&name) : tag);
    buf_free(&name);
}

static void
add_languages(struct page_writer *writer)
{
    const struct policy_page *page = writer->page;
    if (page->language_link_count == 0)
        return;
    html_add_element(writer, "<nav class=\"languages\" aria-label=\"",
                     page_word(writer, "page.languages"), "\"><ul>");
    for (size_t i = 0; i < page->language_link_count; i++) {
        const struct policy_page_link *link = &page->language_links[i];
        bool is_this = strcmp(link->language, writer->policy->languages[page->language]) == 0;
        html_add_element(writer, "<li><a href=\"", link->url, "\"");
        buf_printf(writer->out, " hreflang=\"%s\" lang=\"%s\"%s>", link->language, link->language,
                   is_this ? " aria-current=\"page\"" : "");
        add_language_name(writer, link->language);
        html_add(writer, "</a></li>");
    }
    html_add(writer, "</ul></nav>\n");
}

void
html_add_header(struct page_writer *writer)
{
    const struct policy_branding *branding = &writer->policy->branding;
    html_add_element(writer, "<body>\n<a class=\"skip\" href=\"#policy\">",
                     page_word(writer, "page.skip"), "</a>\n<header>\n");
    if (branding->logo_url[0] != '\0') {
        html_add_element(writer, "<img src=\"", branding->logo_url, "\" alt=\"");
        struct buf alternative = {0};
        policy_words_fill(page_word(writer, "page.logo"), branding->company, NULL, NULL,
                          &alternative);
        html_add_element(writer, "", buf_text(&alternative), "\">\n");
        buf_free(&alternative);
    }
    if (branding->company[0] != '\0')
        html_add_element(writer, "<p><strong>", branding->company, "</strong></p>\n");
    add_languages(writer);
    html_add(writer, "</header>\n");
}

void
html_add_footer(struct page_writer *writer)
{
    const struct policy_branding *branding = &writer->policy->branding;
    html_add(writer, "<footer>\n");
    if (branding->address[0] != '\0')
        html_add_element(writer, "<p>", branding->address, "</p>\n");
    if (branding->imprint_url[0] != '\0') {
        html_add_element(writer, "<p><a href=\"", branding->imprint_url, "\">");
        add_word(writer, "page.imprint");
        html_add(writer, "</a></p>\n");
    }
    struct buf version = {0};
    page_add_version(writer, &version);
    html_add_element(writer, "<p>", buf_text(&version), "</p>\n</footer>\n</body>\n</html>\n");
    buf_free(&version);
}

/* The title, which version it is, for whom, and what the marks mean. */
void
html_add_title(struct page_writer *writer)
{
    struct buf version = {0}, reader = {0};
    page_add_version(writer, &version);
    page_add_reader(writer, &reader);
    html_add_element(writer, "<h1>", page_text_of(writer, &writer->policy->title), "</h1>\n");
    html_add_element(writer, "<p class=\"version\">", buf_text(&version), "</p>\n");
    if (reader.size_bytes > 0)
        html_add_element(writer, "<p class=\"version\">", buf_text(&reader), "</p>\n");
    if (writer->changes != NULL && writer->changes->change_count > 0) {
        char number[32];
        struct buf since = {0};
        snprintf(number, sizeof number, "%lld", (long long)writer->page->previous->version);
        policy_words_fill(page_word(writer, "page.changed_since"), number, NULL, NULL, &since);
        html_add_element(writer, "<p class=\"version\">", buf_text(&since), "</p>\n");
        buf_free(&since);
    }
    buf_free(&version);
    buf_free(&reader);
}

static void
add_contents_line(struct page_writer *writer, const char *anchor, const char *text)
{
    buf_printf(writer->out, "<li><a href=\"#%s\"><span class=\"number\"></span>", anchor);
    html_add_element(writer, " <span>", text, "</span></a></li>\n");
}

void
html_add_contents(struct page_writer *writer)
{
    html_add_element(writer,
                     "<nav class=\"toc\" aria-labelledby=\"contents\">\n<h2 id=\"contents\">",
                     page_word(writer, "page.contents"), "</h2>\n<ol>\n");
    for (size_t i = 0; i < writer->policy->section_count; i++) {
        const struct policy_section *section = &writer->policy->sections[i];
        if (!page_shows_section(writer, section))
            continue;
        buf_printf(writer->out, "<li><a href=\"#section-%s\"><span class=\"number\">%d</span>",
                   section->id, section->number);
        html_add_element(writer, " <span>", page_text_of(writer, &section->title),
                         "</span></a></li>\n");
    }
    if (html_shows_law(writer))
        add_contents_line(writer, "law", page_word(writer, "page.law"));
    if (html_shows_calendars(writer))
        add_contents_line(writer, "calendars", page_word(writer, "page.calendars"));
    html_add(writer, "</ol>\n</nav>\n");
}
