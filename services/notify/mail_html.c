/*
 * mail_html - text as the parser meets it (SAX)
 *
 * White space is not written when it comes, but kept until something follows it: so there is none
 * at the ends of lines, and never more than one empty line.
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_html.h"

#include <libxml/HTMLparser.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mail_text.h"

enum { LINK_BYTES_MAX = 1000, LINES_MAX = 2 };

struct page {
    struct buf text;
    size_t size_max;
    unsigned line_count; /* line ends that are due */
    bool is_space_due;
    unsigned hidden_depth; /* elements around that are not shown */
    unsigned pre_depth;    /* elements around that keep white space */
    char link[LINK_BYTES_MAX];
    size_t link_start; /* where the text of the link begins */
};

/* ---- what elements are ---- */

static bool
is_one_of(const xmlChar *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcasecmp((const char *)name, *names) == 0)
            return true;
    }
    return false;
}

static const char *const HIDDEN[] = {"head",   "title",  "script", "style",    "template", "svg",
                                     "object", "iframe", "select", "textarea", NULL};
static const char *const BLOCKS[] = {
    "address", "article", "aside",   "blockquote", "center", "dd", "details", "div",  "dl",
    "dt",      "figure",  "footer",  "form",       "header", "hr", "li",      "main", "nav",
    "ol",      "pre",     "section", "table",      "tbody",  "tr", "ul",      NULL};
static const char *const PARAGRAPHS[] = {"p", "h1", "h2", "h3", "h4", "h5", "h6", NULL};

/* ---- text ---- */

static void
need_lines(struct page *page, unsigned count)
{
    if (page->text.size_bytes > 0 && page->line_count < count)
        page->line_count = count;
    page->is_space_due = false;
}

static void
add(struct page *page, const char *bytes, size_t size_bytes)
{
    if (page->text.size_bytes > page->size_max) /* it will be cut */
        return;
    for (; page->line_count > 0; page->line_count--)
        buf_add_char(&page->text, '\n');
    if (page->is_space_due && page->text.size_bytes > 0 &&
        page->text.bytes[page->text.size_bytes - 1] != '\n')
        buf_add_char(&page->text, ' ');
    page->is_space_due = false;
    buf_add(&page->text, bytes, size_bytes);
}

/* How many bytes of white space begin here: ASCII's, or a no-break space. */
static size_t
space_at(const char *bytes, size_t size_bytes)
{
    if (strchr(" \t\r\n\f", bytes[0]) != NULL)
        return 1;
    return size_bytes >= 2 && memcmp(bytes, "\xc2\xa0", 2) == 0 ? 2 : 0;
}

static void
on_characters(void *context, const xmlChar *characters, int count)
{
    struct page *page = context;
    const char *bytes = (const char *)characters;
    size_t size_bytes = (size_t)count;
    if (page->hidden_depth > 0 || size_bytes == 0)
        return;
    if (page->pre_depth > 0) {
        add(page, bytes, size_bytes);
        return;
    }
    for (size_t i = 0, from = 0; i < size_bytes;) {
        size_t space_bytes = space_at(bytes + i, size_bytes - i);
        bool is_last = space_bytes == 0 && i + 1 == size_bytes;
        if (space_bytes == 0 && !is_last) {
            i++;
            continue;
        }
        if (is_last)
            i++;
        if (i > from)
            add(page, bytes + from, i - from);
        page->is_space_due |= space_bytes > 0;
        i += space_bytes;
        from = i;
    }
}

/* ---- elements ---- */

static const char *
find_attribute(const xmlChar **attributes, const char *name)
{
    for (; attributes != NULL && attributes[0] != NULL; attributes += 2) {
        if (strcasecmp((const char *)attributes[0], name) == 0)
            return (const char *)attributes[1];
    }
    return NULL;
}

static void
begin_link(struct page *page, const char *href)
{
    static const char *const schemes[] = {"http://", "https://", "mailto:", "tel:"};
    page->link[0] = 0;
    page->link_start = page->text.size_bytes;
    for (size_t i = 0; href != NULL && i < COUNT_OF(schemes); i++) {
        if (strncasecmp(href, schemes[i], strlen(schemes[i])) == 0 &&
            strlen(href) < sizeof page->link)
            snprintf(page->link, sizeof page->link, "%s", href);
    }
}

/* "www.example.com" says where "https://www.example.com/" leads to. */
static bool
says_link(const char *text, const char *link)
{
    const char *rest = strchr(link, ':') + 1;
    rest += strspn(rest, "/");
    size_t size = strlen(rest);
    while (size > 0 && rest[size - 1] == '/')
        size--;
    return size == 0 || memmem(text, strlen(text), rest, size) != NULL;
}

static void
end_link(struct page *page)
{
    if (page->link[0] == 0)
        return;
    if (!says_link(buf_text(&page->text) + page->link_start, page->link)) {
        bool is_space_due = page->is_space_due;
        page->is_space_due = true;
        add(page, "<", 1);
        add(page, page->link, strlen(page->link));
        add(page, ">", 1);
        page->is_space_due = is_space_due;
    }
    page->link[0] = 0;
}

/* The space that something within a line needs around it. */
static void
begin_inline(struct page *page, const xmlChar *name, const xmlChar **attributes)
{
    const char *alt = find_attribute(attributes, "alt");
    if (strcasecmp((const char *)name, "br") == 0) {
        page->is_space_due = false;
        if (page->text.size_bytes > 0 && page->line_count < LINES_MAX)
            page->line_count++;
    } else if (strcasecmp((const char *)name, "a") == 0) {
        begin_link(page, find_attribute(attributes, "href"));
    } else if (strcasecmp((const char *)name, "img") == 0 && alt != NULL) {
        on_characters(page, (const xmlChar *)alt, (int)strlen(alt));
    } else if (strcasecmp((const char *)name, "td") == 0 ||
               strcasecmp((const char *)name, "th") == 0) {
        page->is_space_due = true;
    }
}

static void
on_start(void *context, const xmlChar *name, const xmlChar **attributes)
{
    struct page *page = context;
    page->hidden_depth += is_one_of(name, HIDDEN);
    if (page->hidden_depth > 0)
        return;
    if (is_one_of(name, PARAGRAPHS))
        need_lines(page, 2);
    else if (is_one_of(name, BLOCKS))
        need_lines(page, 1);
    else
        begin_inline(page, name, attributes);
    if (strcasecmp((const char *)name, "li") == 0)
        add(page, "- ", 2);
    page->pre_depth += strcasecmp((const char *)name, "pre") == 0;
}

static void
on_end(void *context, const xmlChar *name)
{
    struct page *page = context;
    if (page->hidden_depth > 0) {
        page->hidden_depth -= is_one_of(name, HIDDEN);
        return;
    }
    if (strcasecmp((const char *)name, "a") == 0)
        end_link(page);
    if (strcasecmp((const char *)name, "pre") == 0 && page->pre_depth > 0)
        page->pre_depth--;
    if (is_one_of(name, PARAGRAPHS))
        need_lines(page, 2);
    else if (is_one_of(name, BLOCKS))
        need_lines(page, 1);
}

bool
mail_html_add(struct buf *text, const char *html, size_t size_bytes, size_t size_max)
{
    htmlSAXHandler handler = {
        .startElement = on_start,
        .endElement = on_end,
        .characters = on_characters,
        .ignorableWhitespace = on_characters,
        .cdataBlock = on_characters,
    };
    /* What begins with the end of an element is dropped as a whole otherwise. */
    static const char BEGIN[] = "<html><body>";
    struct page page = {.size_max = size_max};
    CHECK(size_bytes <= INT32_MAX);
    htmlParserCtxtPtr parser =
        htmlCreatePushParserCtxt(&handler, &page, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
    CHECK(parser != NULL);
    /* A page may name another charset than it has been read from. */
    htmlCtxtUseOptions(parser, HTML_PARSE_NONET | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                   HTML_PARSE_IGNORE_ENC);
    htmlParseChunk(parser, BEGIN, sizeof BEGIN - 1, 0);
    htmlParseChunk(parser, html, (int)size_bytes, 1);
    htmlFreeParserCtxt(parser);
    bool is_whole =
        mail_text_add(text, MAIL_TEXT_LINES, page.text.bytes, page.text.size_bytes, size_max);
    buf_free(&page.text);
    return is_whole;
}
