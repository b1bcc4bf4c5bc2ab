/*
 * html - see html.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/html.h"

#include <string.h>

#include "proto/plugin/describe.h"
#include "proto/plugin/memory.h"

static const char style[] =
    ":root{color-scheme:light dark;--text:#1b1f24;--dim:#57606a;--page:#fff;--box:#f4f6f8;"
    "--line:#d5dae0;--link:#0a58ca;--get:#0b6b3a;--post:#0a58ca;--put:#8a4b00;--delete:#b3261e}\n"
    "@media(prefers-color-scheme:dark){:root{--text:#e4e8ec;--dim:#a0a9b3;--page:#14171a;"
    "--box:#1e2328;--line:#343b42;--link:#7db4ff;--get:#5fd39a;--post:#7db4ff;--put:#f0b264;"
    "--delete:#ff8f86}}\n"
    "*{box-sizing:border-box}\n"
    "html{scroll-behavior:smooth;scroll-padding-top:1rem}\n"
    "@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}\n"
    "body{margin:0;font:1rem/1.55 system-ui,sans-serif;color:var(--text);background:var(--page)}\n"
    "a{color:var(--link)}\n"
    "a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);"
    "outline-offset:2px}\n"
    "code,pre,.path{font-family:ui-monospace,monospace;font-size:.92em}\n"
    "pre{background:var(--box);border:1px solid var(--line);border-radius:6px;padding:.8rem;"
    "overflow-x:auto;margin:.4rem 0 1rem}\n"
    ".skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:1rem;background:var(--page);"
    "padding:.5rem;z-index:1}\n"
    "header,nav,main{padding:0 1rem;max-width:62rem}\n"
    "nav ul{list-style:none;padding-left:0;margin:.2rem 0 1rem}nav li{margin:.25rem 0;"
    "overflow-wrap:anywhere}\n"
    "nav summary{font-weight:600;padding:.5rem 0;cursor:pointer}\n"
    "h1{margin:1.2rem 0 .2rem}h2{margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line)}"
    "h3{margin:2.2rem 0 .4rem;overflow-wrap:anywhere}h4{margin:1.2rem 0 .3rem}\n"
    ".dim{color:var(--dim)}\n"
    ".verb{font-weight:700;margin-right:.4rem}.GET{color:var(--get)}.POST{color:var(--post)}"
    ".PUT,.PATCH{color:var(--put)}.DELETE{color:var(--delete)}\n"
    ".box{overflow-x:auto;margin:.4rem 0 1rem}\n"
    "table{border-collapse:collapse;width:100%;min-width:30rem}\n"
    "caption{text-align:left;font-weight:600;padding:.3rem 0}\n"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;"
    "border-bottom:1px solid var(--line)}\n"
    "td p{margin:0}\n"
    "figure{margin:.5rem 0 1rem;overflow-x:auto}figcaption{color:var(--dim)}\n"
    "svg{display:block;color:var(--text)}\n"
    "@media(min-width:64rem){.page{display:grid;grid-template-columns:20rem minmax(0,1fr);"
    "gap:1rem}nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow-y:auto}}\n"
    "@media print{nav{display:none}}\n";

void
html_open_page(struct text *out, const char *title)
{
    text_add(out,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    text_add_html(out, title);
    text_add(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", style);
    text_add(out, "<a class=\"skip\" href=\"#main\">To the text</a>\n");
}

void
html_close_page(struct text *out)
{
    text_add(out, "</body>\n</html>\n");
}

/* Text up to `end`, with what stands between backquotes as code. */
static void
add_words(struct text *out, const char *begin, const char *end)
{
    bool is_code = false;
    for (const char *p = begin; p < end;) {
        size_t len = strcspn(p, "`");
        if (p + len > end)
            len = (size_t)(end - p);
        text_add_html(out, memory_copy(p, len));
        p += len;
        if (p < end) {
            is_code = !is_code;
            text_add(out, is_code ? "<code>" : "</code>");
            p++;
        }
    }
    if (is_code)
        text_add(out, "</code>");
}

void
html_words(struct text *out, const char *comment)
{
    add_words(out, comment, comment + strlen(comment));
}

void
html_paragraphs(struct text *out, const char *comment)
{
    for (const char *p = comment; *p != '\0';) {
        const char *end = strstr(p, "\n\n");
        const char *next = end == NULL ? p + strlen(p) : end + 2;
        text_add(out, "<p>");
        add_words(out, p, end == NULL ? next : end);
        text_add(out, "</p>\n");
        p = next;
    }
}

void
html_open_table(struct text *out, const char *caption, const char *headings)
{
    text_add(out, "<div class=\"box\" tabindex=\"0\" role=\"group\" aria-label=\"");
    text_add_html(out, caption);
    text_add(out, "\"><table><caption>");
    text_add_html(out, caption);
    text_add(out, "</caption>\n<thead><tr>");
    for (const char *p = headings; *p != '\0';) {
        size_t len = strcspn(p, "|");
        text_add(out, "<th scope=\"col\">%.*s</th>", (int)len, p);
        p += len + (p[len] == '|');
    }
    text_add(out, "</tr></thead>\n<tbody>\n");
}

void
html_close_table(struct text *out)
{
    text_add(out, "</tbody></table></div>\n");
}

const char *
html_anchor(const char *full_name)
{
    return memory_format("type-%s", full_name);
}

void
html_type(struct text *out, const struct model_field *field)
{
    const struct model_field *element = model_is_map(field) ? &field->message->fields[1] : field;
    const char *full_name = NULL;
    if (element->enumeration != NULL)
        full_name = element->enumeration->full_name;
    else if (element->message != NULL && element->message->kind == MODEL_OBJECT)
        full_name = element->message->full_name;
    if (full_name == NULL) {
        html_words(out, describe_type(field));
        return;
    }
    if (model_is_map(field))
        text_add(out, "object of ");
    else if (field->is_repeated)
        text_add(out, "list of ");
    const struct model_file *file =
        element->message != NULL ? element->message->file : element->enumeration->file;
    text_add(out, "<a href=\"#%s\">%s</a>", html_anchor(full_name),
             describe_type_name(file, full_name));
    if (field->is_repeated)
        text_add(out, ", at most %u", field->size_max);
}

void
html_code_block(struct text *out, const char *caption, const char *code)
{
    text_add(out, "<h4>%s</h4>\n<pre tabindex=\"0\">", caption);
    text_add_html(out, code);
    text_add(out, "</pre>\n");
}
