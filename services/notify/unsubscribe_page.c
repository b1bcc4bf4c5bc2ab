/*
 * unsubscribe_page - the page with one button, as HTML, in the languages that this program speaks
 *
 * The form is posted to the page's own address, link included.
 */
// SPDX-License-Identifier: Apache-2.0
#include "unsubscribe.h"

#include "common/buf.h"
#include "common/html.h"
#include "common/language.h"
#include "notice_text.h"

enum word {
    TITLE,
    ASK_REMINDER,
    ASK_SURVEY,
    BUTTON,
    DONE_TITLE,
    DONE_REMINDER,
    DONE_SURVEY,
    WORDS
};
enum { LANGUAGES = 3 };

static const char *const languages[LANGUAGES] = {"en", "de", "fr"};

/* clang-format off */
static const char *const words[WORDS][LANGUAGES] = {
    [TITLE] = {"Fewer messages", "Weniger Nachrichten", "Moins de messages"},
    [ASK_REMINDER] = {"We remind you when something is due or missing. You need not get these messages.", "Wir erinnern Sie, wenn etwas fällig ist oder fehlt. Diese Nachrichten müssen Sie nicht bekommen.", "Nous vous rappelons ce qui arrive à échéance ou ce qui manque. Vous pouvez ne plus recevoir ces messages."},
    [ASK_SURVEY] = {"We ask how our service was. You need not get these messages.", "Wir fragen, wie unser Service war. Diese Nachrichten müssen Sie nicht bekommen.", "Nous vous demandons votre avis sur notre service. Vous pouvez ne plus recevoir ces messages."},
    [BUTTON] = {"Send me no more of these", "Keine solchen Nachrichten mehr", "Ne plus recevoir ces messages"},
    [DONE_TITLE] = {"That is done", "Das ist erledigt", "C’est fait"},
    [DONE_REMINDER] = {"We will not remind you any more. What you must know of your own case we still tell you.", "Wir erinnern Sie nicht mehr. Was Sie zu Ihrem eigenen Anliegen wissen müssen, teilen wir Ihnen weiterhin mit.", "Vous ne recevrez plus de rappels. Nous continuerons à vous informer de ce qui concerne votre dossier."},
    [DONE_SURVEY] = {"We will not ask you any more. What you must know of your own case we still tell you.", "Wir fragen Sie nicht mehr. Was Sie zu Ihrem eigenen Anliegen wissen müssen, teilen wir Ihnen weiterhin mit.", "Nous ne vous solliciterons plus. Nous continuerons à vous informer de ce qui concerne votre dossier."},
};
/* clang-format on */

static const char style[] =
    ":root{color-scheme:light}*{box-sizing:border-box}"
    "body{margin:0;font:1.0625rem/1.5 system-ui,sans-serif;color:#1b1b1f;background:#f4f4f6}"
    "header,main,footer{max-width:42rem;margin:0 auto;padding:1rem}"
    "header img{max-height:3rem;max-width:12rem}header p{font-weight:600;margin:0}"
    "main{background:#fff;border-radius:.75rem}h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}"
    "button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;width:100%;"
    "border-radius:.5rem;border:1px solid #0b57a4;background:#0b57a4;color:#fff;cursor:pointer}"
    "a:focus-visible,button:focus-visible{outline:3px solid #0b57a4;outline-offset:2px}"
    "a{color:#0b57a4}footer{color:#4a4a54;font-size:.9375rem;white-space:pre-line}"
    "@media(min-width:40rem){header,main,footer{padding:1.5rem 2rem}button{width:auto}}";

static void
add_element(struct buf *out, const char *open, const char *text, const char *close)
{
    buf_add_text(out, open);
    html_escape(out, text);
    buf_add_text(out, close);
}

static void
add_company(const struct policy_branding *branding, struct buf *out)
{
    buf_add_text(out, "<header>");
    if (branding->logo_url[0] != 0) {
        add_element(out, "<img src=\"", branding->logo_url, "\" alt=\"");
        add_element(out, "", branding->company, "\">");
    } else {
        add_element(out, "<p>", branding->company, "</p>");
    }
    buf_add_text(out, "</header>");
}

static void
add_foot(const struct policy_branding *branding, struct buf *out)
{
    add_element(out, "<footer>", branding->company, "");
    if (branding->address[0] != 0)
        add_element(out, "\n", branding->address, "");
    if (branding->imprint_url[0] != 0) {
        add_element(out, "\n<a href=\"", branding->imprint_url, "\">");
        add_element(out, "", branding->imprint_url, "</a>");
    }
    buf_add_text(out, "</footer></body></html>\n");
}

void
unsubscribe_page_write(const struct unsubscribe_page *page, struct buf *out)
{
    size_t at = language_choose(languages, LANGUAGES, page->language, "en");
    bool is_survey = page->category == NOTIFY__V1__NOTICE__CATEGORY__SURVEY;
    const char *title = words[page->is_done ? DONE_TITLE : TITLE][at];
    enum word text = is_survey ? ASK_SURVEY : ASK_REMINDER;
    if (page->is_done)
        text = is_survey ? DONE_SURVEY : DONE_REMINDER;
    add_element(out, "<!doctype html>\n<html lang=\"", languages[at], "\"><head>");
    buf_add_text(out, "<meta charset=\"utf-8\"><meta name=\"viewport\""
                      " content=\"width=device-width,initial-scale=1\">"
                      "<meta name=\"robots\" content=\"noindex\">");
    add_element(out, "<title>", title, "</title><style>");
    buf_add_text(out, style);
    buf_add_text(out, "</style></head><body>");
    add_company(page->branding, out);
    add_element(out, "<main><h1>", title, "</h1>");
    add_element(out, "<p>", words[text][at], "</p>");
    if (!page->is_done)
        add_element(out,
                    "<form method=\"post\"><input type=\"hidden\" name=\"" UNSUBSCRIBE_FIELD
                    "\" value=\"" UNSUBSCRIBE_VALUE "\"><p><button type=\"submit\">",
                    words[BUTTON][at], "</button></p></form>");
    buf_add_text(out, "</main>");
    add_foot(page->branding, out);
}
