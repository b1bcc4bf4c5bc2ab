/*
 * policy_words - one table of words in English and German, sorted by key
 *
 * A key may end in a plural category of ICU (".one", ".other"); before it, ".dative" names a
 * grammatical case. A word that is NULL does not exist in that language. One word is not printed:
 * with "select.case" as "small", a branch's sentence that stands after "select.for" begins with a
 * small letter, as English has it after a colon.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KEY_SIZE = 160 };

struct word {
    const char *key;
    const char *en;
    const char *de;
};

/* clang-format off */
static const struct word words[] = {
    {"absence.none", "none", "keine"},
    {"absence.not_offered", "not offered", "nicht angeboten"},
    {"absence.unlimited", "without limit", "unbegrenzt"},
    {"anchor.fallback", "{0} (if that day is not known: {1})", "{0} (falls dieser Tag nicht bekannt ist: {1})"},
    {"anchor.offset", "{0} plus {1}", "{0} zuzüglich {1}"},
    {"anchor.then", ", then ", ", dann "},
    {"calendar.all_day", "all day", "ganztägig"},
    {"calendar.days", "{0} to {1}", "{0} bis {1}"},
    {"calendar.hours", "{0} to {1}", "{0} bis {1} Uhr"},
    {"calendar.line", "{0} {1}", "{0} {1}"},
    {"calendar.midnight", "midnight", "24:00"},
    {"calendar.zone", "{0} ({1})", "{0} ({1})"},
    {"certificate.as_of", "As of {0}", "Stand {0}"},
    {"certificate.brand", "Brand", "Marke"},
    {"certificate.clause", "Clause", "Ziffer"},
    {"certificate.component", "{0} ({1} only)", "{0} (nur {1})"},
    {"certificate.covers", "What covers your product", "Was für Ihr Produkt gilt"},
    {"certificate.day.delivered", "Delivered", "Geliefert"},
    {"certificate.day.installed", "Installed", "Eingebaut"},
    {"certificate.day.manufactured", "Made", "Hergestellt"},
    {"certificate.day.ordered", "Ordered", "Bestellt"},
    {"certificate.day.purchased", "Bought", "Gekauft"},
    {"certificate.day.registered", "Registered", "Registriert"},
    {"certificate.from", "From", "Von"},
    {"certificate.layer", "Warranty", "Garantie"},
    {"certificate.layer.commercial", "Our warranty", "Unsere Garantie"},
    {"certificate.layer.extended", "Your plan", "Ihr Zusatzschutz"},
    {"certificate.layer.goodwill", "Goodwill", "Kulanz"},
    {"certificate.layer.repair", "Warranty on a repair", "Garantie auf eine Reparatur"},
    {"certificate.layer.statutory", "By law", "Nach dem Gesetz"},
    {"certificate.order", "Order", "Bestellung"},
    {"certificate.paused", "{0} (being repaired: the time stands still)", "{0} (in Reparatur: die Zeit steht still)"},
    {"certificate.pays", "Pays for", "Umfasst"},
    {"certificate.policy", "The terms are those of version {0} of our policy.", "Es gelten die Bedingungen der Fassung {0} unserer Richtlinie."},
    {"certificate.product", "Product", "Produkt"},
    {"certificate.replaces", "In place of", "Anstelle von"},
    {"certificate.serial", "Serial number", "Seriennummer"},
    {"certificate.sku", "Article number", "Artikelnummer"},
    {"certificate.title", "Warranty certificate", "Garantieurkunde"},
    {"certificate.until", "Until", "Bis"},
    {"condition.and", " and ", " und "},
    {"condition.asked", "if we ask for it", "wenn wir danach fragen"},
    {"contact.address", "{0}", "{0}"},
    {"contact.email", "e-mail {0}", "E-Mail {0}"},
    {"contact.hours", "reachable {0}", "erreichbar {0}"},
    {"contact.phone", "telephone {0}", "Telefon {0}"},
    {"contact.see", "see clause\u00a0{0}", "siehe Ziffer\u00a0{0}"},
    {"contact.url", "{0}", "{0}"},
    {"days.dative.one", NULL, "{0} Tag"},
    {"days.dative.other", NULL, "{0} Tagen"},
    {"diff.added", "{0}: new, {1}", "{0}: neu, {1}"},
    {"diff.added_plain", "{0}: new", "{0}: neu"},
    {"diff.added_same", "{0}: an exception for {1} was added that says the same, {2}", "{0}: für {1} gibt es nun eine eigene Ausnahme, die dasselbe sagt: {2}"},
    {"diff.better", "{0} (better for you)", "{0} (besser für Sie)"},
    {"diff.changed", "{0}: {1} becomes {2}", "{0}: bisher {1}, jetzt {2}"},
    {"diff.changed_plain", "{0}: changed", "{0}: geändert"},
    {"diff.depends", "{0} (what is better depends on the case)", "{0} (was besser ist, hängt vom Fall ab)"},
    {"diff.internal", "{0} (internal)", "{0} (intern)"},
    {"diff.label", "the word for {0}", "das Wort für {0}"},
    {"diff.order", "{0}: another order or number", "{0}: andere Reihenfolge oder Nummer"},
    {"diff.removed", "{0}: no longer {1}", "{0}: nicht mehr {1}"},
    {"diff.removed_plain", "{0}: no longer there", "{0}: entfällt"},
    {"diff.removed_same", "{0}: the exception for {1} is gone, which said the same, {2}", "{0}: die Ausnahme für {1} entfällt; sie sagte dasselbe: {2}"},
    {"diff.same", "{0} (the same for you)", "{0} (für Sie gleich)"},
    {"diff.text", "{0}: other words ({1})", "{0}: anderer Wortlaut ({1})"},
    {"diff.who", "{0} for {1}", "{0} ({1})"},
    {"diff.worse", "{0} (worse for you)", "{0} (schlechter für Sie)"},
    {"document.condition", "{0}, {1}", "{0}, {1}"},
    {"document.instead", "{0} (or instead: {1})", "{0} (ersatzweise: {1})"},
    {"fee.base.estimate", "{0} of the estimate", "{0} des Kostenvoranschlags"},
    {"fee.base.list_price", "{0} of the list price", "{0} des Listenpreises"},
    {"fee.base.price_paid", "{0} of the price paid", "{0} des Kaufpreises"},
    {"fee.free", "free of charge", "kostenlos"},
    {"fee.list", "by the {0}", "laut {0}"},
    {"fee.max", "{0}, at most {1}", "{0}, höchstens {1}"},
    {"fee.min", "{0}, at least {1}", "{0}, mindestens {1}"},
    {"fee.per.day", "{0} per day", "{0} je Tag"},
    {"fee.per.hour", "{0} per hour", "{0} je Stunde"},
    {"fee.per.kg", "{0} per kilogram", "{0} je Kilogramm"},
    {"fee.per.km", "{0} per kilometre", "{0} je Kilometer"},
    {"fee.per.participant", "{0} per participant", "{0} je Person"},
    {"fee.per.piece", "{0} per piece", "{0} je Stück"},
    {"fee.per.session", "{0} per session", "{0} je Termin"},
    {"fee.per.visit", "{0} per visit", "{0} je Besuch"},
    {"fee.plus", "{0} plus {1}", "{0} zuzüglich {1}"},
    {"flag.no", "no", "nein"},
    {"flag.yes", "yes", "ja"},
    {"months.dative.one", NULL, "{0} Monat"},
    {"months.dative.other", NULL, "{0} Monaten"},
    {"page.calendar_holidays", "Public holidays observed: {0}.", "Feiertage, an denen geschlossen ist: {0}."},
    {"page.calendars", "Working days and hours", "Arbeitstage und Arbeitszeiten"},
    {"page.calendars_text", "Where this policy speaks of working days or working hours, it means these days and hours.", "Wo diese Richtlinie von Arbeitstagen oder Arbeitsstunden spricht, sind diese Tage und Zeiten gemeint."},
    {"page.changed", "changed", "geändert"},
    {"page.changed_since", "Marked as changed: what differs from version {0}.", "Als geändert markiert: was von Fassung {0} abweicht."},
    {"page.contents", "Contents", "Inhalt"},
    {"page.draft", "Draft, not in force", "Entwurf, nicht in Kraft"},
    {"page.imprint", "Imprint", "Impressum"},
    {"page.internal", "for staff only", "nur für Mitarbeitende"},
    {"page.languages", "Languages", "Sprachen"},
    {"page.law", "What the law gives you", "Was Ihnen das Gesetz gibt"},
    {"page.law_text", "These rights stand beside our own promises; our promises do not limit them.", "Diese Rechte bestehen neben unseren eigenen Zusagen und werden durch sie nicht eingeschränkt."},
    {"page.logo", "{0}, logo", "{0}, Logo"},
    {"page.new", "new", "neu"},
    {"page.not_enforced", "printed, not yet enforced by a program", "gedruckt, noch von keinem Programm durchgesetzt"},
    {"page.read_on", "{0} (as of {1})", "{0} (Stand {1})"},
    {"page.reader", "This page shows what applies to: {0}.", "Diese Seite zeigt, was gilt für: {0}."},
    {"page.sample", "Sample", "Muster"},
    {"page.skip", "Skip to the policy", "Zur Richtlinie springen"},
    {"page.source", "Source: {0}", "Quelle: {0}"},
    {"page.top", "Back to the contents", "Zurück zum Inhalt"},
    {"page.unprinted", "Also decided by this clause", "Außerdem regelt diese Ziffer"},
    {"page.version", "Version {0}, in force from {1}", "Fassung {0}, gültig ab {1}"},
    {"register.asked", "{0} (on request)", "{0} (auf Anfrage)"},
    {"register.url", "{0}, {1}", "{0}, {1}"},
    {"right.for", "Applies to: {0}", "Gilt für: {0}"},
    {"rival", "{0} or {1} (whichever is better for you)", "{0} oder {1} (je nachdem, was für Sie besser ist)"},
    {"rung", "{0} ({1}; answer within {2})", "{0} ({1}; Antwort innerhalb von {2})"},
    {"select.case", "small", "as written"},
    {"select.for", "For {0}: ", "Für {0}: "},
    {"sku", "article {0}", "Artikel {0}"},
    {"table.and", " and ", " und "},
    {"table.both", " + ", " + "},
    {"table.caption", "Clause {0}: what applies to whom", "Ziffer {0}: was für wen gilt"},
    {"table.exception", "{0} for {1}", "{0} für {1}"},
    {"table.exception_list", "for {1}: {0}", "für {1}: {0}"},
    {"table.exceptions", "{0} (exceptions: see the table)", "{0} (Ausnahmen: siehe Tabelle)"},
    {"table.other", "everything else", "alles andere"},
    {"table.see", "see the table", "siehe Tabelle"},
    {"table.value", "What applies", "Was gilt"},
    {"table.who", "For", "Für"},
    {"warranty.period/length.none", "not covered", "nicht umfasst"},
    {"working_days.dative.one", NULL, "{0} Arbeitstag"},
    {"working_days.dative.other", NULL, "{0} Arbeitstagen"},
    {"working_days.one", "{0} working day", "{0} Arbeitstag"},
    {"working_days.other", "{0} working days", "{0} Arbeitstage"},
    {"working_hours.dative.one", NULL, "{0} Arbeitsstunde"},
    {"working_hours.dative.other", NULL, "{0} Arbeitsstunden"},
    {"working_hours.one", "{0} working hour", "{0} Arbeitsstunde"},
    {"working_hours.other", "{0} working hours", "{0} Arbeitsstunden"},
    {"working_minutes.dative.one", NULL, "{0} Arbeitsminute"},
    {"working_minutes.dative.other", NULL, "{0} Arbeitsminuten"},
    {"working_minutes.one", "{0} working minute", "{0} Arbeitsminute"},
    {"working_minutes.other", "{0} working minutes", "{0} Arbeitsminuten"},
    {"years.dative.one", NULL, "{0} Jahr"},
    {"years.dative.other", NULL, "{0} Jahren"},
};
/* clang-format on */

static int
compare_word(const void *key, const void *word)
{
    return strcmp(key, ((const struct word *)word)->key);
}

static bool
is_german(const char *tag)
{
    return strncasecmp(tag, "de", 2) == 0 && (tag[2] == '\0' || tag[2] == '-');
}

const char *
policy_words_find(const struct policy *policy, size_t language, const char *key)
{
    char own_key[KEY_SIZE];
    (void)snprintf(own_key, sizeof own_key, "words.%s", key);
    const char *own = policy_find_label(policy, NULL, own_key, language);
    if (own != NULL)
        return own;
    const struct word *word = bsearch(key, words, COUNT_OF(words), sizeof *words, compare_word);
    if (word == NULL)
        return NULL;
    return is_german(policy->languages[language]) ? word->de : word->en;
}

const char *
policy_words_who(const struct policy *policy, size_t language, const char *axis, const char *code)
{
    char key[KEY_SIZE];
    (void)snprintf(key, sizeof key, "for.%s.%s", axis, code);
    const char *label = policy_find_label(policy, NULL, key, language);
    return label != NULL ? label : policy_label(policy, axis, code, language);
}

const char *
policy_words_get(const struct policy *policy, size_t language, const char *key)
{
    const char *pattern = policy_words_find(policy, language, key);
    CHECK(pattern != NULL);
    return pattern;
}

void
policy_words_fill(const char *pattern, const char *first, const char *second, const char *third,
                  struct buf *out)
{
    const char *const values[] = {first, second, third};
    bool is_filled[COUNT_OF(values)] = {false};
    for (const char *at = pattern; *at != '\0'; at++) {
        bool is_place = at[0] == '{' && at[1] >= '0' && at[1] <= '2' && at[2] == '}';
        if (!is_place || is_filled[at[1] - '0']) {
            buf_add_char(out, *at);
            continue;
        }
        const char *value = values[at[1] - '0'];
        is_filled[at[1] - '0'] = true;
        buf_add_text(out, value != NULL ? value : "");
        at += 2;
    }
}

const char *
policy_words_original(const char *key)
{
    const struct word *word = bsearch(key, words, COUNT_OF(words), sizeof *words, compare_word);
    if (word == NULL)
        return NULL;
    return word->en != NULL ? word->en : word->de;
}

size_t
policy_words_count(void)
{
    return COUNT_OF(words);
}

const char *
policy_words_key(size_t i)
{
    CHECK(i < COUNT_OF(words));
    return words[i].key;
}
