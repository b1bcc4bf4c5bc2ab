/*
 * certificate_rules - the warranty certificate of a unit: one page of HTML that prints well
 */
// SPDX-License-Identifier: Apache-2.0
#include "certificate_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/html.h"
#include "common/message.h"
#include "common/policy/policy_format.h"
#include "common/policy/policy_page_style.h"
#include "common/policy/policy_words.h"

/* A page in the making. */
struct printing {
    struct arena *arena;
    const struct certificate *certificate;
    struct policy_formatter *formatter;
    struct buf *out;
};

/* ---- words ---- */

/* Text between two pieces of markup. */
static void
add(struct printing *printing, const char *open, const char *text, const char *close)
{
    buf_add_text(printing->out, open);
    html_escape(printing->out, text);
    buf_add_text(printing->out, close);
}

static const char *
word(const struct printing *printing, const char *key)
{
    const struct certificate *certificate = printing->certificate;
    return policy_words_get(certificate->policy, certificate->language, key);
}

/* A pattern of words with its values, in the arena. */
static const char *
fill(const struct printing *printing, const char *key, const char *first, const char *second)
{
    struct buf text = {0};
    policy_words_fill(word(printing, key), first, second, NULL, &text);
    const char *filled = arena_copy_text(printing->arena, buf_text(&text));
    buf_free(&text);
    return filled;
}

static const char *
print_date(const struct printing *printing, struct date date)
{
    struct buf text = {0};
    policy_format_date(printing->formatter, date, &text);
    const char *printed = arena_copy_text(printing->arena, buf_text(&text));
    buf_free(&text);
    return printed;
}

/* ---- the unit ---- */

static void
add_term(struct printing *printing, const char *term, const char *text)
{
    if (text[0] == 0)
        return;
    add(printing, "<dt>", term, "</dt>");
    add(printing, "<dd>", text, "</dd>\n");
}

static void
add_unit(struct printing *printing)
{
    const struct certificate *certificate = printing->certificate;
    const struct unit *unit = certificate->unit;
    buf_add_text(printing->out, "<dl>\n");
    add_term(printing, word(printing, "certificate.product"), certificate->product->name);
    add_term(printing, word(printing, "certificate.brand"), certificate->product->brand);
    add_term(printing, word(printing, "certificate.sku"), unit->sku);
    add_term(printing, word(printing, "certificate.serial"), unit->serial);
    add_term(printing, word(printing, "certificate.order"), unit->order_number);
    add_term(printing, word(printing, "certificate.replaces"), unit->replaces_serial);
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++) {
        const char *key = arena_printf(printing->arena, "certificate.day.%s",
                                       entitlement_event_name((enum entitlement_event)event));
        bool is_word = event == ENTITLEMENT_PURCHASED && unit->is_purchase_stated;
        if (!date_is_absent(unit->days[event]) && !is_word)
            add_term(printing, word(printing, key), print_date(printing, unit->days[event]));
    }
    buf_add_text(printing->out, "</dl>\n");
}

/* ---- layers ---- */

static const char *
layer_word(const struct printing *printing, Common__V1__Entitlement__Layer layer)
{
    switch (layer) {
    case COMMON__V1__ENTITLEMENT__LAYER__STATUTORY:
        return word(printing, "certificate.layer.statutory");
    case COMMON__V1__ENTITLEMENT__LAYER__EXTENDED:
        return word(printing, "certificate.layer.extended");
    case COMMON__V1__ENTITLEMENT__LAYER__REPAIR:
        return word(printing, "certificate.layer.repair");
    case COMMON__V1__ENTITLEMENT__LAYER__GOODWILL:
        return word(printing, "certificate.layer.goodwill");
    default:
        return word(printing, "certificate.layer.commercial");
    }
}

/* "1.2"; "" for what is no printed clause. */
static const char *
print_number(const struct printing *printing, const char *clause_id)
{
    const struct policy_clause *clause =
        policy_find_clause(printing->certificate->policy, clause_id);
    if (clause == NULL || clause->is_internal)
        return "";
    int number = 1;
    for (const struct policy_clause *before = clause->section->clauses; before < clause; before++)
        number += !before->is_internal;
    return arena_printf(printing->arena, "%d.%d", clause->section->number, number);
}

/* Whether two layers differ in nothing but the cost class. */
static bool
is_same_row(const Common__V1__Entitlement *a, const Common__V1__Entitlement *b)
{
    return a->layer == b->layer && strcmp(a->component, b->component) == 0 &&
           strcmp(a->clause_id, b->clause_id) == 0 && a->is_paused == b->is_paused &&
           a->is_stated == b->is_stated &&
           date_compare(message_get_date(a->start_date), message_get_date(b->start_date)) == 0 &&
           date_compare(message_get_date(a->last_date), message_get_date(b->last_date)) == 0;
}

/* What a row pays for: the cost classes of all layers like the one at `first`. */
static const char *
print_pays(const struct printing *printing, size_t first)
{
    const struct certificate *certificate = printing->certificate;
    const Common__V1__Decision *decision = certificate->decision;
    const Common__V1__Entitlement *layer = decision->entitlements[first];
    const char **codes = arena_alloc(printing->arena, decision->n_entitlements * sizeof *codes);
    struct policy_codes classes = {.codes = codes};
    for (size_t i = first; i < decision->n_entitlements; i++) {
        if (is_same_row(layer, decision->entitlements[i]))
            codes[classes.count++] = decision->entitlements[i]->cost_class;
    }
    struct buf text = {0};
    policy_format_codes(printing->formatter, "cost_class", &classes, &text);
    const char *pays = arena_copy_text(printing->arena, buf_text(&text));
    buf_free(&text);
    if (layer->component[0] == 0)
        return pays;
    return fill(
        printing, "certificate.component", pays,
        policy_label(certificate->policy, "component", layer->component, certificate->language));
}

static void
add_row(struct printing *printing, size_t at)
{
    const Common__V1__Entitlement *layer = printing->certificate->decision->entitlements[at];
    const char *until = layer->last_date != NULL
                            ? print_date(printing, message_get_date(layer->last_date))
                            : word(printing, "absence.unlimited");
    if (layer->is_paused)
        until = fill(printing, "certificate.paused", until, NULL);
    add(printing, "<tr><th scope=\"row\">", layer_word(printing, layer->layer), "</th>");
    add(printing, "<td>", print_pays(printing, at), "</td>");
    add(printing, "<td>", print_date(printing, message_get_date(layer->start_date)), "</td>");
    add(printing, "<td>", until, "</td>");
    add(printing, "<td>", print_number(printing, layer->clause_id), "</td></tr>\n");
}

static void
add_layers(struct printing *printing)
{
    static const char *const heads[] = {"certificate.layer", "certificate.pays", "certificate.from",
                                        "certificate.until", "certificate.clause"};
    const Common__V1__Decision *decision = printing->certificate->decision;
    size_t proven_count = 0;
    for (size_t i = 0; i < decision->n_entitlements; i++)
        proven_count += !decision->entitlements[i]->is_stated;
    if (proven_count == 0)
        return;
    buf_add_text(printing->out, "<table>\n<thead><tr>");
    for (size_t i = 0; i < COUNT_OF(heads); i++)
        add(printing, "<th scope=\"col\">", word(printing, heads[i]), "</th>");
    buf_add_text(printing->out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < decision->n_entitlements; i++) {
        bool is_first = !decision->entitlements[i]->is_stated;
        for (size_t before = 0; before < i && is_first; before++)
            is_first = !is_same_row(decision->entitlements[before], decision->entitlements[i]);
        if (is_first)
            add_row(printing, i);
    }
    buf_add_text(printing->out, "</tbody>\n</table>\n");
}

/* ---- what the policy says ---- */

/* The decision's sentence in the page's language, else its first. */
static const char *
find_sentence(const struct printing *printing)
{
    const struct certificate *certificate = printing->certificate;
    const Common__V1__Decision *decision = certificate->decision;
    const char *language = certificate->policy->languages[certificate->language];
    for (size_t i = 0; i < decision->n_sentences; i++) {
        if (strcmp(decision->sentences[i]->language, language) == 0)
            return decision->sentences[i]->text;
    }
    return decision->n_sentences > 0 ? decision->sentences[0]->text : "";
}

/* Which version's terms were sold with it. */
static void
add_terms(struct printing *printing)
{
    const Common__V1__Decision *decision = printing->certificate->decision;
    for (size_t i = 0; i < decision->n_pins; i++) {
        const Common__V1__Decision__Pin *pin = decision->pins[i];
        if (strcmp(pin->moment, policy_moment_name(POLICY_SALE)) != 0)
            continue;
        const char *number = arena_printf(printing->arena, "%" PRId64, pin->policy_version);
        add(printing, "<p>", fill(printing, "certificate.policy", number, NULL), "</p>\n");
        return;
    }
}

/* ---- the page ---- */

static void
add_head(struct printing *printing)
{
    const struct certificate *certificate = printing->certificate;
    const struct policy_branding *branding = &certificate->policy->branding;
    const char *title = word(printing, "certificate.title");
    add(printing, "<!DOCTYPE html>\n<html lang=\"",
        certificate->policy->languages[certificate->language],
        "\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    add(printing, "<title>", title, " ");
    add(printing, "", certificate->unit->serial, "</title>\n<style>\n");
    buf_add_text(printing->out, policy_page_style);
    buf_add_text(printing->out, "dl{display:grid;grid-template-columns:max-content minmax(0,1fr);"
                                "gap:.25rem 1.5rem}dd{margin:0}\n</style>\n</head>\n<body>\n"
                                "<header>\n");
    if (branding->logo_url[0] != 0) {
        add(printing, "<img src=\"", branding->logo_url, "\" alt=\"");
        add(printing, "", fill(printing, "page.logo", branding->company, NULL), "\">\n");
    }
    if (branding->company[0] != 0)
        add(printing, "<p><strong>", branding->company, "</strong></p>\n");
    add(printing, "</header>\n<main>\n<h1>", title, "</h1>\n");
    add(printing, "<p class=\"version\">",
        fill(printing, "certificate.as_of", print_date(printing, certificate->date), NULL),
        "</p>\n");
}

static void
add_footer(struct printing *printing)
{
    const struct policy_branding *branding = &printing->certificate->policy->branding;
    buf_add_text(printing->out, "</main>\n<footer>\n");
    if (branding->address[0] != 0)
        add(printing, "<p>", branding->address, "</p>\n");
    if (branding->imprint_url[0] != 0) {
        add(printing, "<p><a href=\"", branding->imprint_url, "\">");
        add(printing, "", word(printing, "page.imprint"), "</a></p>\n");
    }
    buf_add_text(printing->out, "</footer>\n</body>\n</html>\n");
}

void
certificate_print(struct arena *arena, const struct certificate *certificate, struct buf *out)
{
    struct printing printing = {
        .arena = arena,
        .certificate = certificate,
        .formatter = policy_formatter_new(certificate->policy, certificate->language),
        .out = out,
    };
    add_head(&printing);
    add_unit(&printing);
    add(&printing, "<h2>", word(&printing, "certificate.covers"), "</h2>\n");
    add(&printing, "<p>", find_sentence(&printing), "</p>\n");
    add_layers(&printing);
    add_terms(&printing);
    add_footer(&printing);
    policy_formatter_free(&printing.formatter);
}
