/*
 * policy_decide_sentence - the sentence for the customer, once for each language of the policy
 *
 * A sentence is chosen by question and reason, and filled with computed values, the clause's number
 * and, where a test decided, the test's own words. English and German stand here; in another
 * language the deciding clause's own text says it, with the values that hold for this reader.
 *
 *   {span} {date} {own_date} {time} {money} {text} {codes} {needed} {clause} {own_clause}
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include "common/policy/policy_page.h"

#include <stdlib.h>
#include <string.h>

enum tongue { ENGLISH, GERMAN, OTHER };

struct phrase {
    const char *question; /* NULL: any */
    const char *reason;
    const char *texts[2];   /* by tongue */
    const char *endless[2]; /* where there is no last day; NULL: the same */
};

/* The first that fits holds. */
static const struct phrase phrases[] = {
    {NULL,
     "COVERED",
     {"Your product is covered: our warranty of {span} runs until {date} ({clause}).",
      "Ihr Gerät ist abgedeckt: Unsere Garantie von {span} läuft bis zum {date} ({clause})."},
     {"Your product is covered: our warranty has no end date ({clause}).",
      "Ihr Gerät ist abgedeckt: Unsere Garantie ist unbefristet ({clause})."}},
    {NULL,
     "COVERED_BY_LAW",
     {"By law the seller answers until {date}{sample}.",
      "Von Gesetzes wegen haftet der Verkäufer bis zum {date}{sample}."},
     {"By law the seller answers without limit of time{sample}.",
      "Von Gesetzes wegen haftet der Verkäufer unbefristet{sample}."}},
    {NULL,
     "COVERED_BY_PLAN",
     {"Your product is covered: your extended warranty runs until {date} ({clause}).",
      "Ihr Gerät ist abgedeckt: Ihre Garantieverlängerung läuft bis zum {date} ({clause})."},
     {"Your product is covered: your extended warranty has no end date ({clause}).",
      "Ihr Gerät ist abgedeckt: Ihre Garantieverlängerung ist unbefristet ({clause})."}},
    {NULL,
     "COVERED_BY_REPAIR",
     {"Your product is covered: we guarantee our repair until {date} ({clause}).",
      "Ihr Gerät ist abgedeckt: Für unsere Reparatur stehen wir bis zum {date} ein ({clause})."},
     {"Your product is covered: we guarantee our repair without limit of time ({clause}).",
      "Ihr Gerät ist abgedeckt: Für unsere Reparatur stehen wir unbefristet ein ({clause})."}},
    {NULL,
     "COVERED_BY_GOODWILL",
     {"As a gesture of goodwill we cover your product until {date}.",
      "Aus Kulanz ist Ihr Gerät bis zum {date} abgedeckt."},
     {"As a gesture of goodwill we cover your product.", "Aus Kulanz ist Ihr Gerät abgedeckt."}},
    {"returns.check",
     "EXPIRED",
     {"The time to return the product ended on {date} ({clause}).",
      "Die Frist für die Rückgabe endete am {date} ({clause})."},
     {0}},
    {"returns.check",
     "NOT_OFFERED",
     {"We do not take this product back ({clause}).",
      "Dieses Produkt nehmen wir nicht zurück ({clause})."},
     {0}},
    {"returns.check",
     "EXCLUDED",
     {"We cannot take the product back. Not returnable: {text} ({clause}).",
      "Wir können das Produkt nicht zurücknehmen. Ausgenommen: {text} ({clause})."},
     {0}},
    {NULL,
     "RETURNABLE",
     {"You may send the product back until {date} ({clause}).",
      "Sie können das Produkt bis zum {date} zurückgeben ({clause})."},
     {"You may send the product back at any time ({clause}).",
      "Sie können das Produkt jederzeit zurückgeben ({clause})."}},
    {NULL,
     "RETURNABLE_BY_LAW",
     {"By law you may send the product back until {date}{sample}.",
      "Von Gesetzes wegen können Sie das Produkt bis zum {date} zurückgeben{sample}."},
     {0}},
    {NULL,
     "NOT_ACCEPTED",
     {"We do not take products back for this reason ({clause}).",
      "Aus diesem Grund nehmen wir Produkte nicht zurück ({clause})."},
     {0}},
    {NULL,
     "EXPIRED",
     {"Your product is no longer covered: the last day was {date} ({clause}).",
      "Ihr Gerät ist nicht mehr abgedeckt: Der letzte Tag war der {date} ({clause})."},
     {0}},
    {NULL,
     "ENDED",
     {"Your product is no longer covered: the last day was {date} ({clause}).",
      "Ihr Gerät ist nicht mehr abgedeckt: Der letzte Tag war der {date} ({clause})."},
     {0}},
    {NULL,
     "NOT_STARTED",
     {"The warranty for your product begins on {date} ({clause}).",
      "Die Garantie für Ihr Gerät beginnt am {date} ({clause})."},
     {0}},
    {NULL,
     "EXCLUDED",
     {"The warranty does not pay for this. It does not cover: {text} ({clause}).",
      "Die Garantie zahlt hier nicht. Nicht umfasst: {text} ({clause})."},
     {0}},
    {NULL,
     "LIMIT_REACHED",
     {"A member of our staff will look at your claim, because there were several ({clause}).",
      "Wegen mehrerer Anträge sieht sich ein Mensch Ihren Antrag an ({clause})."},
     {0}},
    {NULL,
     "ABOVE_AUTOMATIC_LIMIT",
     {"A member of our staff will decide on your claim ({clause}).",
      "Über Ihren Antrag entscheidet ein Mensch ({clause})."},
     {0}},
    {NULL,
     "FREE",
     {"The repair costs you nothing ({clause}).", "Die Reparatur kostet Sie nichts ({clause})."},
     {0}},
    {NULL,
     "CHARGED",
     {"The repair costs you {money} ({clause}).", "Die Reparatur kostet Sie {money} ({clause})."},
     {0}},
    {NULL,
     "AMOUNT_TOO_LARGE",
     {"A member of our staff will work out the price ({clause}).",
      "Den Preis ermittelt ein Mensch ({clause})."},
     {0}},
    {NULL,
     "NOT_OFFERED",
     {"We do not offer this ({clause}).", "Das bieten wir nicht an ({clause})."},
     {0}},
    {NULL,
     "REMEDY_DUE",
     {"You may choose ({codes}), because {text} ({clause}).",
      "Sie haben die Wahl ({codes}), weil {text} ({clause})."},
     {0}},
    {NULL,
     "REMEDY_NOT_DUE",
     {"An exchange or your money back is not due yet ({clause}).",
      "Tausch oder Geld zurück stehen Ihnen noch nicht zu ({clause})."},
     {0}},
    {NULL,
     "ON_TIME",
     {"You have our answer by {date} ({clause}).",
      "Sie erhalten unsere Antwort bis zum {date} ({clause})."},
     {"We answer your complaint ({clause}).", "Wir beantworten Ihre Beschwerde ({clause})."}},
    {NULL,
     "OVERDUE",
     {"We are late: our answer was due by {date} ({clause}).",
      "Wir sind zu spät: Unsere Antwort war bis zum {date} zugesagt ({clause})."},
     {"We are late with your complaint ({clause}).",
      "Wir sind mit Ihrer Beschwerde zu spät ({clause})."}},
    {NULL,
     "NOT_COVERED",
     {"The warranty does not cover this ({clause}).", "Die Garantie umfasst das nicht ({clause})."},
     {0}},
};

static const char *const undetermined[2] = {
    "We cannot decide yet. We still need: {needed} ({clause}).",
    "Wir können noch nicht entscheiden. Uns fehlt noch: {needed} ({clause}).",
};
static const char *const own_ended[2] = {
    "Our own warranty ended on {own_date} ({own_clause}). By law the seller still answers until "
    "{date}{sample}.",
    "Unsere eigene Garantie endete am {own_date} ({own_clause}). Von Gesetzes wegen haftet der "
    "Verkäufer noch bis zum {date}{sample}.",
};
static const char *const partly[2] = {" It pays for {codes} only.",
                                      " Abgedeckt sind nur: {codes}."};
static const char *const pays_nothing[2] = {" The repair costs you nothing.",
                                            " Die Reparatur kostet Sie nichts."};
static const char *const refunds[2] = {" You receive {money} back.",
                                       " Sie erhalten {money} zurück."};
static const char *const offers[2] = {" We can examine the product for {money}.",
                                      " Wir können das Gerät für {money} untersuchen."};

/* What is still needed, where it is no document: in the customer's words. */
static const struct {
    const char *name;
    const char *words[2];
} needs[] = {
    {"cause", {"what is wrong with the product", "was an dem Gerät nicht stimmt"}},
    {"category", {"the kind of product", "die Art des Geräts"}},
    {"channel", {"where it was bought", "wo es gekauft wurde"}},
    {"component", {"which part is at fault", "welches Teil defekt ist"}},
    {"condition", {"whether it was sold as new", "ob es als Neuware verkauft wurde"}},
    {"coverage", {"whether a warranty pays", "ob eine Garantie zahlt"}},
    {"customer_class", {"who bought the product", "wer das Gerät gekauft hat"}},
    {"days_in_repair", {"how long repairs took", "wie lange Reparaturen dauerten"}},
    {"days_waiting_part", {"how long a part was missing", "wie lange ein Teil fehlte"}},
    {"delivered", {"the day of delivery", "der Tag der Lieferung"}},
    {"distance_m", {"the distance", "die Entfernung"}},
    {"failed_repairs_same_fault", {"how often it was repaired", "wie oft es repariert wurde"}},
    {"fault_code", {"the fault found on inspection", "der bei der Prüfung gefundene Fehler"}},
    {"finding", {"an inspection of the product", "eine Prüfung des Geräts"}},
    {"labour_minutes", {"the time the work takes", "der Zeitaufwand"}},
    {"parts.price_list", {"the price of the parts", "der Preis der Teile"}},
    {"price_paid", {"the price that was paid", "der gezahlte Preis"}},
    {"reason", {"the reason", "der Grund"}},
    {"receive_time", {"when it reached us", "wann es bei uns einging"}},
    {"region", {"the country", "das Land"}},
    {"sku", {"the article number", "die Artikelnummer"}},
};

struct writer {
    struct decide *d;
    const struct policy *policy;
    struct policy_formatter *formatter;
    size_t language;
    enum tongue tongue;
    struct buf *out;
    struct money money;
};

/* ---- where the deciding clause stands ---- */

/* Whether a right or a pack is a sample. */
static bool
is_sample(const struct policy *policy, const char *id)
{
    for (size_t p = 0; p < policy->pack_count; p++) {
        if (strcmp(policy->packs[p].id, id) == 0)
            return policy->packs[p].is_sample;
        for (size_t i = 0; i < policy->packs[p].right_count; i++) {
            if (strcmp(policy->packs[p].rights[i].id, id) == 0)
                return policy->packs[p].is_sample;
        }
    }
    return false;
}

/* "clause 1.2": the place among the clauses that are printed; a right has none. */
static void
write_clause(const struct writer *writer, const char *id)
{
    const struct decide_clause *clause = decide_clause(writer->d, writer->policy, id);
    if (clause == NULL) {
        bool is_german = writer->tongue == GERMAN;
        buf_add_text(writer->out, is_german ? "kraft Gesetzes" : "by law");
        if (is_sample(writer->policy, id))
            buf_add_text(writer->out, is_german ? ", Mustertext" : ", sample text");
        return;
    }
    buf_add_text(writer->out, writer->tongue == GERMAN ? "Ziffer " : "clause ");
    buf_add_number(writer->out, clause->section);
    buf_add_char(writer->out, '.');
    buf_add_number(writer->out, clause->place);
}

/* ---- filling ---- */

static const char *
need_words(const struct writer *writer, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(needs); i++) {
        if (strcmp(needs[i].name, name) == 0)
            return needs[i].words[writer->tongue];
    }
    return policy_label(writer->policy, "document", name, writer->language);
}

static void
write_needed(const struct writer *writer)
{
    const struct decide_list *list = &writer->d->needed;
    for (size_t i = 0; i < list->count; i++) {
        const Common__V1__Decision__Needed *needed = list->items[i];
        buf_add_text(writer->out, i == 0 ? "" : "; ");
        buf_add_text(writer->out, need_words(writer, needed->name));
        for (size_t n = 0; n < needed->n_instead; n++) {
            buf_add_text(writer->out, writer->tongue == GERMAN ? " oder " : " or ");
            buf_add_text(writer->out, need_words(writer, needed->instead[n]));
        }
    }
}

/* Remedies; of a layer that is open in part, the cost classes it pays for. */
static void
write_codes(const struct writer *writer)
{
    const struct decide *d = writer->d;
    struct policy_codes codes = {(const char *const *)d->record->remedies, d->record->n_remedies};
    if (d->record->outcome != PARTLY_GRANTED) {
        policy_format_codes(writer->formatter, "remedy", &codes, writer->out);
        return;
    }
    const char **classes = arena_alloc(d->arena, (d->entitlements.count + 1) * sizeof *classes);
    codes = (struct policy_codes){classes, 0};
    for (size_t i = 0; i < d->entitlements.count; i++) {
        const Common__V1__Entitlement *entitlement = d->entitlements.items[i];
        if (strcmp(entitlement->clause_id, d->record->deciding_clause_id) == 0)
            classes[codes.count++] = entitlement->cost_class;
    }
    policy_format_codes(writer->formatter, "cost_class", &codes, writer->out);
}

static void
write_text(const struct writer *writer)
{
    const struct policy_text *text =
        policy_find_text(writer->policy, writer->d->record->deciding_clause_id);
    if (text != NULL && text->texts[writer->language] != NULL)
        buf_add_text(writer->out, text->texts[writer->language]);
}

static void
fill(const struct writer *writer, const char *name, size_t size_bytes)
{
    const struct decide *d = writer->d;
    const char *id = d->record->deciding_clause_id;
#define IS(text) (size_bytes == sizeof(text) - 1 && memcmp(name, text, size_bytes) == 0)
    if (IS("date"))
        decide_write_date(writer->d, writer->policy, writer->language, d->last_date, writer->out);
    else if (IS("clause"))
        write_clause(writer, id);
    else if (IS("span"))
        decide_write_span(writer->d, writer->policy, writer->language, &d->span, writer->out);
    else if (IS("own_date"))
        decide_write_date(writer->d, writer->policy, writer->language, d->own_last_date,
                          writer->out);
    else if (IS("own_clause"))
        write_clause(writer, policy_parameter_row(POLICY_WARRANTY_PERIOD_LENGTH)->clause_id);
    else if (IS("sample"))
        buf_add_text(writer->out, !is_sample(writer->policy, id) ? ""
                                  : writer->tongue == GERMAN     ? " (Mustertext)"
                                                                 : " (sample text)");
    else if (IS("money"))
        policy_format_money(writer->formatter, writer->money, writer->out);
    else if (IS("needed"))
        write_needed(writer);
    else if (IS("codes"))
        write_codes(writer);
    else if (IS("text"))
        write_text(writer);
    else
        CHECK(false);
#undef IS
}

static void
write_phrase(const struct writer *writer, const char *phrase)
{
    while (*phrase != 0) {
        size_t words = (size_t)(strchrnul(phrase, '{') - phrase);
        buf_add(writer->out, phrase, words);
        phrase += words;
        if (*phrase == 0)
            return;
        size_t name = (size_t)(strchrnul(phrase + 1, '}') - phrase - 1);
        fill(writer, phrase + 1, name);
        phrase += name + 2;
    }
}

/* ---- choosing ---- */

static const char *
choose(const struct writer *writer)
{
    const struct decide *d = writer->d;
    if (d->record->outcome == UNDETERMINED)
        return undetermined[writer->tongue];
    if (strcmp(d->record->reason, "COVERED_BY_LAW") == 0 && !date_is_absent(d->own_last_date) &&
        !date_is_absent(d->last_date))
        return own_ended[writer->tongue];
    for (size_t i = 0; i < COUNT_OF(phrases); i++) {
        const struct phrase *phrase = &phrases[i];
        if (strcmp(phrase->reason, d->record->reason) != 0 ||
            (phrase->question != NULL && strcmp(phrase->question, d->record->question) != 0))
            continue;
        return date_is_absent(d->last_date) && phrase->endless[writer->tongue] != NULL
                   ? phrase->endless[writer->tongue]
                   : phrase->texts[writer->tongue];
    }
    CHECK(false);
}

static void
write_rest(struct writer *writer)
{
    const struct decide *d = writer->d;
    bool is_claim = d->question->question == POLICY_WARRANTY_CLAIM;
    if (d->record->outcome == PARTLY_GRANTED)
        write_phrase(writer, partly[writer->tongue]);
    writer->money = d->customer_pays;
    if (is_claim && d->has_customer_pays && d->customer_pays.minor == 0)
        write_phrase(writer, pays_nothing[writer->tongue]);
    if (d->question->question == POLICY_RETURNS_CHECK && d->has_customer_pays)
        write_phrase(writer, refunds[writer->tongue]);
    writer->money = d->offer;
    if (d->has_offer)
        write_phrase(writer, offers[writer->tongue]);
}

static enum tongue
tongue_of(const char *tag)
{
    if (strcmp(tag, "en") == 0 || strncmp(tag, "en-", 3) == 0)
        return ENGLISH;
    return strcmp(tag, "de") == 0 || strncmp(tag, "de-", 3) == 0 ? GERMAN : OTHER;
}

/* The clause's own text for this reader; false: it cannot be printed alone. */
static bool
write_own_text(const struct writer *writer)
{
    const struct decide_clause *clause =
        decide_clause(writer->d, writer->policy, writer->d->record->deciding_clause_id);
    struct policy_page page = {
        .policy = writer->policy,
        .language = writer->language,
        .reader = &writer->d->case_pin->subject,
        .shows_internal = true,
    };
    if (writer->d->case_pin->pin.policy != writer->policy)
        page.reader = NULL;
    return clause != NULL && policy_page_sentence(&page, clause->id, writer->out) == OK;
}

static const char *
write_sentence(struct decide *d, size_t language)
{
    struct writer writer = {
        .d = d,
        .policy = d->policy,
        .formatter = decide_formatter(d, d->policy, language),
        .language = language,
        .tongue = tongue_of(d->policy->languages[language]),
        .out = decide_scratch(d),
        .money = d->customer_pays,
    };
    if (writer.tongue != OTHER || !write_own_text(&writer)) {
        buf_clear(writer.out);
        if (writer.tongue == OTHER)
            writer.tongue = ENGLISH;
        write_phrase(&writer, choose(&writer));
        write_rest(&writer);
    }
    return arena_copy_text(d->arena, buf_text(writer.out));
}

void
decide_sentences(struct decide *d)
{
    size_t count = d->policy->language_count;
    const size_t *languages = decide_version(d, d->policy)->languages;
    Common__V1__Decision__Sentence **sentences =
        arena_alloc(d->arena, (count + 1) * sizeof(Common__V1__Decision__Sentence *));
    for (size_t i = 0; i < count; i++) {
        sentences[i] = arena_alloc(d->arena, sizeof(Common__V1__Decision__Sentence));
        common__v1__decision__sentence__init(sentences[i]);
        sentences[i]->language = (char *)d->policy->languages[languages[i]];
        sentences[i]->text = (char *)write_sentence(d, languages[i]);
    }
    d->record->sentences = sentences;
    d->record->n_sentences = count;
}
