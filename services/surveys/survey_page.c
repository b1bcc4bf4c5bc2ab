/*
 * survey_page - the page by which somebody answers, as HTML
 */
// SPDX-License-Identifier: Apache-2.0
#include "survey_page.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/html.h"
#include "common/language.h"
#include "score_rules.h"

enum { LANGUAGES_MAX = 32, TEXT_MAX = 5000 };

/* What is to be touched is 2.75rem high and wide: 44 px. The numbers of a scale stand in as many
 * columns as a telephone of 320 px has room for, and in one row where there is room. */
static const char style[] =
    ":root{color-scheme:light}*{box-sizing:border-box}"
    "body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:#1b1b1f;background:#f4f4f6}"
    "header,main,footer{max-width:42rem;margin:0 auto;padding:1rem}"
    "header img{display:block;max-height:3rem;max-width:12rem}header p{font-weight:600;margin:0}"
    "main{background:#fff;border-radius:.75rem}h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}"
    "nav ul{display:flex;gap:.25rem;list-style:none;padding:0;margin:-.5rem -.5rem 0;"
    "flex-wrap:wrap}nav a,footer a{display:inline-flex;align-items:center;min-height:2.75rem}"
    "nav a{padding:0 .5rem}a{color:#0b57a4}a[aria-current]{color:#1b1b1f;font-weight:600;"
    "text-decoration:none}"
    "fieldset{border:0;border-top:1px solid #d8d8de;margin:1.5rem 0 0;padding:1.25rem 0 0;"
    "min-width:0}legend{float:left;width:100%;padding:0}legend+*{clear:both}"
    "legend,.question{display:block;font-weight:600;margin:0 0 .75rem}"
    ".written{border-top:1px solid #d8d8de;margin:1.5rem 0;padding:1.25rem 0 0}"
    ".scale{display:grid;gap:.25rem;grid-template-columns:repeat(5,1fr)}"
    ".to-10{grid-template-columns:repeat(6,1fr)}.to-7{grid-template-columns:repeat(4,1fr)}"
    ".scale label,.choices label{display:flex;align-items:center;gap:.5rem;min-height:2.75rem;"
    "padding:.25rem .5rem;border:1px solid #6b6b76;border-radius:.5rem;cursor:pointer}"
    ".scale label{flex-direction:column;justify-content:center;gap:0;padding:.25rem 0}"
    ".choices{display:grid;gap:.5rem}"
    "input[type=radio]{width:1.25rem;height:1.25rem;margin:.25rem;accent-color:#0b57a4}"
    "label:has(input:checked){background:#e3eefb;border-color:#0b57a4}"
    "label:focus-within,a:focus-visible,button:focus-visible,textarea:focus-visible"
    "{outline:3px solid #0b57a4;outline-offset:2px}"
    ".ends{display:flex;justify-content:space-between;gap:1rem;margin:.5rem 0 0;color:#4a4a54;"
    "font-size:.9375rem}.ends span+span{text-align:right}"
    "textarea{width:100%;min-height:7rem;font:inherit;padding:.5rem;border:1px solid #6b6b76;"
    "border-radius:.5rem}.optional{font-weight:400;color:#4a4a54}"
    "button{font:inherit;min-height:2.75rem;padding:.5rem 1.25rem;border-radius:.5rem;"
    "cursor:pointer}.send{background:#0b57a4;color:#fff;border:1px solid #0b57a4;font-weight:600;"
    "width:100%}.dismiss{background:none;border:0;color:#0b57a4;text-decoration:underline;"
    "width:100%;margin-top:.75rem}.fault{color:#a3121f;font-weight:600}"
    "p.fault{border-left:.25rem solid #a3121f;padding:.25rem 0 .25rem .75rem}"
    "footer{color:#4a4a54;font-size:.9375rem}footer p{margin:0;white-space:pre-line}"
    "@media(min-width:40rem){header,main,footer{padding:1.5rem 2rem}.scale{gap:.5rem}"
    ".to-10{grid-template-columns:repeat(11,1fr)}.to-7{grid-template-columns:repeat(7,1fr)}"
    ".send{width:auto}.dismiss{width:auto;margin:0 0 0 1rem}}";

/* ---- words and markup ---- */

static void
add_element(struct buf *out, const char *open, const char *text, const char *close)
{
    buf_add_text(out, open);
    html_escape(out, text);
    buf_add_text(out, close);
}

const char *
survey_page_words(Surveys__V1__Words *const *words, size_t count, const char *language)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(words[i]->language, language) == 0)
            return words[i]->text;
    }
    return "";
}

const char *
survey_page_language(const Surveys__V1__Template *template, const char *wish, const char *accept,
                     const char *fallback)
{
    const char *languages[LANGUAGES_MAX] = {NULL};
    size_t count = template->n_title < LANGUAGES_MAX ? template->n_title : LANGUAGES_MAX;
    for (size_t i = 0; i < count; i++)
        languages[i] = template->title[i]->language;
    size_t found = language_find(languages, count, wish);
    if (found == count)
        found = language_find_accepted(languages, count, accept);
    return languages[found < count ? found : language_choose(languages, count, fallback, "")];
}

static const char *
say(const struct survey_page *page, enum survey_word word)
{
    return survey_word(word, page->language);
}

/* ---- the frame ---- */

static void
add_head(const struct survey_page *page, const char *title, struct buf *out)
{
    const struct policy_branding *branding = page->branding;
    add_element(out, "<!doctype html>\n<html lang=\"", page->language, "\"><head>");
    buf_add_text(out, "<meta charset=\"utf-8\"><meta name=\"viewport\""
                      " content=\"width=device-width,initial-scale=1\">"
                      "<meta name=\"robots\" content=\"noindex\">");
    add_element(out, "<title>", title, "</title><style>");
    buf_add_text(out, style);
    buf_add_text(out, "</style></head><body><header>");
    if (branding->logo_url[0] != 0) {
        add_element(out, "<img src=\"", branding->logo_url, "\" alt=\"");
        add_element(out, "", branding->company, "\">");
    } else {
        add_element(out, "<p>", branding->company, "</p>");
    }
    buf_add_text(out, "</header><main>");
}

static void
add_foot(const struct survey_page *page, struct buf *out)
{
    const struct policy_branding *branding = page->branding;
    buf_add_text(out, "</main><footer><p>");
    /* Addresses often begin with the name. */
    if (strncmp(branding->address, branding->company, strlen(branding->company)) != 0)
        add_element(out, "", branding->company, "\n");
    add_element(out, "", branding->address, "</p>");
    if (branding->imprint_url[0] != 0) {
        add_element(out, "<a href=\"", branding->imprint_url, "\">");
        add_element(out, "", say(page, WORD_IMPRINT), "</a>");
    }
    buf_add_text(out, "</footer></body></html>\n");
}

static void
add_languages(const struct survey_page *page, struct buf *out)
{
    if (page->template->n_title < 2)
        return;
    add_element(out, "<nav aria-label=\"", say(page, WORD_LANGUAGES), "\"><ul>");
    for (size_t i = 0; i < page->template->n_title; i++) {
        const char *language = page->template->title[i]->language;
        bool is_this = strcasecmp(language, page->language) == 0;
        add_element(out, "<li><a href=\"", page->page_path, "&amp;language=");
        add_element(out, "", language, "\" hreflang=\"");
        add_element(out, "", language, "\" lang=\"");
        add_element(out, "", language, is_this ? "\" aria-current=\"true\">" : "\">");
        add_element(out, "", survey_language_name(language), "</a></li>");
    }
    buf_add_text(out, "</ul></nav>");
}

/* ---- questions ---- */

static const char *
find_field(const struct survey_page *page, const char *name)
{
    for (size_t i = 0; i < page->field_count; i++) {
        if (strcmp(page->fields[i]->name, name) == 0)
            return page->fields[i]->value;
    }
    return "";
}

static bool
is_missing(const struct survey_page *page, const Surveys__V1__Question *question)
{
    const char *value = find_field(page, question->question_id);
    return page->is_incomplete && question->is_required && value[strspn(value, " \t\r\n")] == 0;
}

static void
add_question_words(const struct survey_page *page, const Surveys__V1__Question *question,
                   struct buf *out)
{
    html_escape(out, survey_page_words(question->text, question->n_text, page->language));
    if (!question->is_required)
        add_element(out, " <span class=\"optional\">(", say(page, WORD_OPTIONAL), ")</span>");
    if (is_missing(page, question))
        add_element(out, "<br><span class=\"fault\">", say(page, WORD_MISSING_HERE), "</span>");
}

static void
add_radio(const struct survey_page *page, const Surveys__V1__Question *question, const char *value,
          const char *label, struct buf *out)
{
    const char *chosen = find_field(page, question->question_id);
    add_element(out, "<label><input type=\"radio\" name=\"", question->question_id, "\" value=\"");
    add_element(out, "", value, "\"");
    buf_add_text(out, question->is_required ? " required" : "");
    buf_add_text(out, strcmp(chosen, value) == 0 ? " checked>" : ">");
    add_element(out, "<span>", label, "</span></label>");
}

static void
add_scale(const struct survey_page *page, const Surveys__V1__Question *question, int min, int max,
          enum survey_word low, enum survey_word high, struct buf *out)
{
    char number[16];
    buf_printf(out, "<div class=\"scale to-%d\">", max);
    for (int i = min; i <= max; i++) {
        (void)snprintf(number, sizeof number, "%d", i);
        add_radio(page, question, number, number, out);
    }
    buf_printf(out, "</div><p class=\"ends\"><span>%d: ", min);
    add_element(out, "", say(page, low), "</span>");
    buf_printf(out, "<span>%d: ", max);
    add_element(out, "", say(page, high), "</span></p>");
}

static void
add_choices(const struct survey_page *page, const Surveys__V1__Question *question, struct buf *out)
{
    buf_add_text(out, "<div class=\"choices\">");
    for (size_t i = 0; i < question->n_choices; i++) {
        const Surveys__V1__Choice *choice = question->choices[i];
        add_radio(page, question, choice->choice_id,
                  survey_page_words(choice->text, choice->n_text, page->language), out);
    }
    buf_add_text(out, "</div>");
}

static void
add_text(const struct survey_page *page, const Surveys__V1__Question *question, struct buf *out)
{
    add_element(out, "<div class=\"written\"><label class=\"question\" for=\"",
                question->question_id, "\">");
    add_question_words(page, question, out);
    add_element(out, "</label><textarea id=\"", question->question_id, "\" name=\"");
    add_element(out, "", question->question_id, "\"");
    buf_printf(out, " maxlength=\"%d\"%s>", TEXT_MAX / 4, question->is_required ? " required" : "");
    add_element(out, "", find_field(page, question->question_id), "</textarea></div>");
}

static void
add_question(const struct survey_page *page, const Surveys__V1__Question *question, struct buf *out)
{
    if (question->kind == SURVEYS__V1__QUESTION__KIND__TEXT) {
        add_text(page, question, out);
        return;
    }
    buf_add_text(out, "<fieldset><legend>");
    add_question_words(page, question, out);
    buf_add_text(out, "</legend>");
    switch (question->kind) {
    case SURVEYS__V1__QUESTION__KIND__NPS:
        add_scale(page, question, 0, NPS_MAX, WORD_NPS_LOW, WORD_NPS_HIGH, out);
        break;
    case SURVEYS__V1__QUESTION__KIND__CSAT:
        add_scale(page, question, 1, CSAT_MAX, WORD_CSAT_LOW, WORD_CSAT_HIGH, out);
        break;
    case SURVEYS__V1__QUESTION__KIND__CES:
        add_scale(page, question, 1, CES_MAX, WORD_CES_LOW, WORD_CES_HIGH, out);
        break;
    default:
        add_choices(page, question, out);
    }
    buf_add_text(out, "</fieldset>");
}

/* ---- pages ---- */

void
survey_page_write_form(const struct survey_page *page, struct buf *out)
{
    const Surveys__V1__Template *template = page->template;
    const char *title = survey_page_words(template->title, template->n_title, page->language);
    const char *introduction =
        survey_page_words(template->introduction, template->n_introduction, page->language);
    add_head(page, title, out);
    add_languages(page, out);
    add_element(out, "<h1>", title, "</h1>");
    if (introduction[0] != 0)
        add_element(out, "<p>", introduction, "</p>");
    if (page->is_incomplete)
        add_element(out, "<p class=\"fault\" role=\"alert\">", say(page, WORD_MISSING), "</p>");
    add_element(out, "<form method=\"post\" action=\"", page->form_action, "\">");
    add_element(out, "<input type=\"hidden\" name=\"language\" value=\"", page->language, "\">");
    for (size_t i = 0; i < template->n_questions; i++)
        add_question(page, template->questions[i], out);
    add_element(out, "<p><button class=\"send\" type=\"submit\">", say(page, WORD_SEND),
                "</button>");
    add_element(out,
                "<button class=\"dismiss\" type=\"submit\" formnovalidate"
                " name=\"" SURVEY_PAGE_DISMISS "\" value=\"1\">",
                say(page, WORD_DISMISS), "</button></p></form>");
    add_foot(page, out);
}

void
survey_page_write_notice(const struct survey_page *page, enum survey_word title,
                         enum survey_word text, struct buf *out)
{
    add_head(page, say(page, title), out);
    add_element(out, "<h1>", say(page, title), "</h1>");
    add_element(out, "<p>", say(page, text), "</p>");
    add_foot(page, out);
}
