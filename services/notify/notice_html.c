/*
 * notice_html - the HTML of a mail, made of its plain words
 *
 * Nothing is loaded from elsewhere but the company's logo, in whose place mail programs show its
 * name until their reader lets them load pictures. The styles stand at the elements: mail programs
 * drop all others.
 */
// SPDX-License-Identifier: Apache-2.0
#include "notice_text.h"

#include <string.h>

#include "common/html.h"

/* Characters that end an address within words. */
#define ADDRESS_END " \t\n<>\"'"
#define PARAGRAPH "<p style=\"margin:0 0 1em;overflow-wrap:anywhere\">"

/* Of an address more is not shown: a link's key is long, and nobody reads it. */
enum { ADDRESS_SHOWN_MAX = 60 };

/* How many bytes of an address stand here; 0: none does. A full stop or bracket at its end is the
 * sentence's. */
static size_t
find_address(const char *words)
{
    if (strncmp(words, "https://", 8) != 0 && strncmp(words, "http://", 7) != 0)
        return 0;
    size_t size = strcspn(words, ADDRESS_END);
    while (size > 0 && strchr(".,;:!?)", words[size - 1]) != NULL)
        size--;
    return size;
}

/* One paragraph: up to an empty line or the end. Answers what follows. */
static const char *
add_paragraph(struct buf *out, const char *words)
{
    buf_add_text(out, PARAGRAPH);
    while (*words != 0 && strncmp(words, "\n\n", 2) != 0) {
        size_t size = find_address(words);
        if (size > 0) {
            buf_add_text(out, "<a href=\"");
            html_escape_part(out, words, size);
            buf_add_text(out, "\">");
            html_escape_part(out, words, size > ADDRESS_SHOWN_MAX ? ADDRESS_SHOWN_MAX : size);
            buf_add_text(out, size > ADDRESS_SHOWN_MAX ? "…</a>" : "</a>");
        } else if (*words == '\n') {
            size = 1;
            buf_add_text(out, "<br>\n");
        } else {
            size = 1;
            html_escape_part(out, words, 1);
        }
        words += size;
    }
    buf_add_text(out, "</p>\n");
    return words + strspn(words, "\n");
}

/* A path of the site leads nowhere from a mail. */
static void
add_head(struct buf *out, const struct policy_branding *branding)
{
    buf_add_text(out, "<p style=\"margin:0 0 2em;font-weight:bold\">");
    if (strncmp(branding->logo_url, "http", 4) == 0) {
        buf_add_text(out, "<img src=\"");
        html_escape(out, branding->logo_url);
        buf_add_text(out, "\" height=\"48\" style=\"height:48px;max-width:100%\" alt=\"");
        html_escape(out, branding->company);
        buf_add_text(out, "\">");
    } else {
        html_escape(out, branding->company);
    }
    buf_add_text(out, "</p>\n");
}

static void
add_company(struct buf *out, const struct policy_branding *branding)
{
    buf_add_text(out, "<p style=\"margin:2em 0 0;padding:1em 0 0;border-top:1px solid "
                      "#d0d4da;color:#4a5260;font-size:14px\">");
    html_escape(out, branding->address[0] != 0 ? branding->address : branding->company);
    if (branding->imprint_url[0] != 0) {
        buf_add_text(out, "<br>\n<a href=\"");
        html_escape(out, branding->imprint_url);
        buf_add_text(out, "\">");
        html_escape(out, branding->imprint_url);
        buf_add_text(out, "</a>");
    }
    buf_add_text(out, "</p>\n");
}

void
notice_write_html(const char *subject, const char *body, const char *language,
                  const struct policy_branding *branding, struct buf *out)
{
    buf_add_text(out, "<!doctype html>\n<html lang=\"");
    html_escape(out, language);
    buf_add_text(out, "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                      "content=\"width=device-width,initial-scale=1\"><title>");
    html_escape(out, subject);
    buf_add_text(out,
                 "</title></head>\n<body style=\"margin:0;padding:24px 16px;background:#ffffff;"
                 "color:#14171c;font:16px/1.5 system-ui,sans-serif\">\n"
                 "<div role=\"main\" style=\"max-width:36em;margin:0 auto\">\n");
    add_head(out, branding);
    buf_add_text(out, "<h1 style=\"margin:0 0 1em;font-size:20px;line-height:1.3\">");
    html_escape(out, subject);
    buf_add_text(out, "</h1>\n");
    for (body += strspn(body, "\n"); *body != 0;)
        body = add_paragraph(out, body);
    add_company(out, branding);
    buf_add_text(out, "</div>\n</body></html>\n");
}
