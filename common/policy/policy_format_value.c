/*
 * policy_format_value - the value of a parameter, by its kind
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_format_private.h"

#include <stdio.h>
#include <string.h>

#include "common/html.h"

enum { KEY_SIZE = 128 };

bool
policy_format_is_list(const struct policy_value *value)
{
    return value->absence == POLICY_PRESENT &&
           (value->kind == POLICY_TESTS || value->kind == POLICY_STEPS ||
            value->kind == POLICY_LADDER || value->kind == POLICY_CHECKLIST);
}

/* ---- absences ---- */

/* What an absence is called: for the parameter if it has a word of its own, or for all. */
static void
add_absence(struct policy_formatter *formatter, const struct policy_parameter_row *row,
            enum policy_absence absence, struct buf *out)
{
    static const char *const names[] = {[POLICY_NONE] = "none",
                                        [POLICY_UNLIMITED] = "unlimited",
                                        [POLICY_NOT_OFFERED] = "not_offered"};
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "%s.%s", row->name, names[absence]);
    const char *word = policy_words_find(formatter->policy, formatter->language, key);
    snprintf(key, sizeof key, "absence.%s", names[absence]);
    buf_add_text(out, word != NULL ? word : policy_format_word(formatter, key));
}

/* ---- codes ---- */

void
policy_format_labels(struct policy_formatter *formatter, const char *list,
                     const struct policy_codes *codes, bool is_or, struct buf *out)
{
    const char *texts[POLICY_CODES_MAX];
    CHECK(codes->count <= POLICY_CODES_MAX);
    for (size_t i = 0; i < codes->count; i++)
        texts[i] = policy_label(formatter->policy, list, codes->codes[i], formatter->language);
    policy_format_join(formatter, texts, codes->count, is_or, out);
}

void
policy_format_codes(struct policy_formatter *formatter, const char *list,
                    const struct policy_codes *codes, struct buf *out)
{
    policy_format_labels(formatter, list, codes, false, out);
}

/* "manufactured plus 90 days". */
static void
add_anchor(struct policy_formatter *formatter, const struct policy_anchor *anchor, struct buf *out)
{
    const char *event =
        policy_label(formatter->policy, "event", anchor->event, formatter->language);
    if (anchor->months == 0 && anchor->days == 0) {
        buf_add_text(out, event);
        return;
    }
    struct policy_span offset = {.months = anchor->months, .days = anchor->days};
    struct buf text = {0};
    policy_format_span(formatter, &offset, POLICY_DATIVE, &text);
    policy_words_fill(policy_format_word(formatter, "anchor.offset"), event, buf_text(&text), NULL,
                      out);
    buf_free(&text);
}

void
policy_format_anchors(struct policy_formatter *formatter, const struct policy_anchor *anchors,
                      size_t anchor_count, struct buf *out)
{
    struct buf first = {0}, others = {0};
    for (size_t i = 0; i < anchor_count; i++) {
        if (i > 1)
            buf_add_text(&others, policy_format_word(formatter, "anchor.then"));
        add_anchor(formatter, &anchors[i], i == 0 ? &first : &others);
    }
    if (others.size_bytes == 0)
        buf_add_text(out, buf_text(&first));
    else
        policy_words_fill(policy_format_word(formatter, "anchor.fallback"), buf_text(&first),
                          buf_text(&others), NULL, out);
    buf_free(&first);
    buf_free(&others);
}

/* ---- contacts and registers, which can be followed on a page ---- */

static void
add_link(struct buf *out, const char *scheme, const char *target, const char *text)
{
    buf_printf(out, "<a href=\"%s", scheme);
    html_escape(out, target);
    buf_add_text(out, "\">");
    html_escape(out, text);
    buf_add_text(out, "</a>");
}

/* A telephone number as `tel:` wants it. */
static void
add_phone_link(struct buf *out, const char *phone)
{
    struct buf digits = {0};
    for (const char *at = phone; *at != '\0'; at++) {
        if (*at == '+' || (*at >= '0' && *at <= '9'))
            buf_add_char(&digits, *at);
    }
    add_link(out, "tel:", buf_text(&digits), phone);
    buf_free(&digits);
}

/* One way to reach somebody, after ", " if it is not the first. */
static void
add_way(struct policy_formatter *formatter, const char *key, const char *text, bool as_html,
        size_t start, struct buf *out)
{
    if (text[0] == '\0')
        return;
    struct buf link = {0};
    if (as_html && strcmp(key, "contact.phone") == 0)
        add_phone_link(&link, text);
    else if (as_html && strcmp(key, "contact.email") == 0)
        add_link(&link, "mailto:", text, text);
    else if (as_html && strcmp(key, "contact.url") == 0)
        add_link(&link, "", text, text);
    else if (as_html)
        html_escape(&link, text);
    else
        buf_add_text(&link, text);
    if (out->size_bytes > start)
        buf_add_text(out, ", ");
    policy_format_fill(formatter, key, as_html, buf_text(&link), NULL, out);
    buf_free(&link);
}

void
policy_format_contact(struct policy_formatter *formatter, const char *name, bool as_html,
                      struct buf *out)
{
    const struct policy_contact *contact = policy_find_contact(formatter->policy, name);
    if (contact == NULL) {
        buf_add_text(out, name);
        return;
    }
    size_t start = out->size_bytes;
    add_way(formatter, "contact.phone", contact->phone, as_html, start, out);
    add_way(formatter, "contact.email", contact->email, as_html, start, out);
    add_way(formatter, "contact.url", contact->url, as_html, start, out);
    add_way(formatter, "contact.address", contact->address, as_html, start, out);
    const struct calendar *calendar =
        contact->calendar == NULL ? NULL
                                  : policy_find_calendar(formatter->policy, contact->calendar);
    if (calendar == NULL)
        return;
    struct buf hours = {0};
    policy_format_hours(formatter, calendar, &hours);
    add_way(formatter, "contact.hours", buf_text(&hours), as_html, start, out);
    buf_free(&hours);
}

static const struct policy_register_link *
find_register_link(const struct policy_formatter *formatter, const char *name)
{
    for (size_t i = 0; i < formatter->link_count; i++) {
        if (strcmp(formatter->links[i].name, name) == 0)
            return &formatter->links[i];
    }
    return NULL;
}

/* What a register is called and where it can be looked at; whoever prints a page without knowing
 * its address says that it can be asked for. */
static void
add_register_name(struct policy_formatter *formatter, const char *name, const char *url,
                  bool as_html, struct buf *out)
{
    const char *label = policy_label(formatter->policy, "register", name, formatter->language);
    bool has_url = url[0] != '\0';
    if (as_html && has_url) {
        add_link(out, "", url, label);
        return;
    }
    struct buf shown = {0};
    if (as_html)
        html_escape(&shown, label);
    else
        buf_add_text(&shown, label);
    policy_format_fill(formatter, has_url ? "register.url" : "register.asked", as_html,
                       buf_text(&shown), url, out);
    buf_free(&shown);
}

void
policy_format_register(struct policy_formatter *formatter, const char *name, bool as_html,
                       struct buf *out)
{
    const struct policy_register_link *link = find_register_link(formatter, name);
    struct buf text = {0};
    add_register_name(formatter, name, link != NULL ? link->url : "", as_html, &text);
    if (link != NULL && !date_is_absent(link->read_date)) {
        struct buf date = {0};
        policy_format_date(formatter, link->read_date, &date);
        policy_format_fill(formatter, "page.read_on", as_html, buf_text(&text), buf_text(&date),
                           out);
        buf_free(&date);
    } else {
        buf_add_text(out, buf_text(&text));
    }
    buf_free(&text);
}

/* ---- values ---- */

static void
add_calendar(struct policy_formatter *formatter, const char *name, struct buf *out)
{
    const struct calendar *calendar = policy_find_calendar(formatter->policy, name);
    if (calendar == NULL)
        buf_add_text(out, name);
    else
        policy_format_hours(formatter, calendar, out);
}

static void
add_text(struct policy_formatter *formatter, const char *key, struct buf *out)
{
    const struct policy_text *text = policy_find_text(formatter->policy, key);
    const char *words = text == NULL ? NULL : text->texts[formatter->language];
    buf_add_text(out, words != NULL ? words : key);
}

/* What prints as words without markup. */
static void
add_words(struct policy_formatter *formatter, const struct policy_parameter_row *row,
          const struct policy_value *value, enum policy_grammar grammar, struct buf *out)
{
    switch (value->kind) {
    case POLICY_FLAG:
        buf_add_text(out, policy_format_word(formatter, value->flag ? "flag.yes" : "flag.no"));
        break;
    case POLICY_COUNT:
        policy_format_number(formatter, value->count, out);
        break;
    case POLICY_PERCENT:
        policy_format_percent(formatter, value->basis_points, out);
        break;
    case POLICY_CHOICE:
        buf_add_text(out,
                     policy_label(formatter->policy, row->list, value->code, formatter->language));
        break;
    case POLICY_CHOICES:
        policy_format_labels(formatter, row->list, &value->codes, grammar == POLICY_ALTERNATIVE,
                             out);
        break;
    case POLICY_SPAN:
        policy_format_span(formatter, &value->span, grammar, out);
        break;
    case POLICY_ANCHORS:
        policy_format_anchors(formatter, value->anchors.items, value->anchors.count, out);
        break;
    case POLICY_CALENDAR:
        add_calendar(formatter, value->code, out);
        break;
    case POLICY_MONEY:
        policy_format_money(formatter, value->money, out);
        break;
    case POLICY_FEE:
        policy_format_fee(formatter, value, out);
        break;
    default:
        CHECK(value->kind == POLICY_TEXT);
        add_text(formatter, value->text, out);
    }
}

void
policy_format_value(struct policy_formatter *formatter, enum policy_parameter parameter,
                    const struct policy_value *value, enum policy_grammar grammar, bool as_html,
                    struct buf *out)
{
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    if (policy_format_is_list(value)) {
        policy_format_list_items(formatter, parameter, value, grammar, as_html, out);
        return;
    }
    bool is_present = value->absence == POLICY_PRESENT;
    if (is_present && value->kind == POLICY_CONTACT) {
        policy_format_contact(formatter, value->code, as_html, out);
        return;
    }
    if (is_present && value->kind == POLICY_REGISTER) {
        policy_format_register(formatter, value->code, as_html, out);
        return;
    }
    struct buf words = {0};
    if (is_present)
        add_words(formatter, row, value, grammar, &words);
    else
        add_absence(formatter, row, value->absence, &words);
    if (as_html)
        html_escape(out, buf_text(&words));
    else
        buf_add(out, words.bytes, words.size_bytes);
    buf_free(&words);
}
