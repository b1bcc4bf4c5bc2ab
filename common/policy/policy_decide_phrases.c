/*
 * policy_decide_phrases - the sentences for customers in English and German, and their keys
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_phrases.h"

#include <stdio.h>
#include <string.h>

/* The first that fits holds. */
static const struct decide_phrase phrases[] = {
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
     {"You may return the product: please tell us by {date} ({clause}).",
      "Sie können das Produkt zurückgeben: Sagen Sie uns das bitte bis zum {date} ({clause})."},
     {"You may return the product at any time ({clause}).",
      "Sie können das Produkt jederzeit zurückgeben ({clause})."}},
    {NULL,
     "EXCHANGEABLE",
     {"You may exchange the product until {date} ({clause}).",
      "Sie können das Produkt bis zum {date} umtauschen ({clause})."},
     {"You may exchange the product at any time ({clause}).",
      "Sie können das Produkt jederzeit umtauschen ({clause})."}},
    {NULL,
     "EXCHANGE_ONLY",
     {"You may exchange the product until {date}, but not have your money back ({clause}).",
      "Sie können das Produkt bis zum {date} nur umtauschen; Geld zurück gibt es nicht "
      "({clause})."},
     {"You may exchange the product at any time, but not have your money back ({clause}).",
      "Sie können das Produkt jederzeit, aber nur umtauschen; Geld zurück gibt es nicht "
      "({clause})."}},
    {NULL,
     "RETURNABLE_BY_LAW",
     {"By law you may return the product: please tell us by {date}{sample}.",
      "Von Gesetzes wegen können Sie das Produkt zurückgeben: Sagen Sie uns das bitte bis zum "
      "{date}{sample}."},
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
    {"warranty.claim",
     "CURRENCY_DIFFERS",
     {"A member of our staff will decide on your claim, because you paid in another currency "
      "({clause}).",
      "Über Ihren Antrag entscheidet ein Mensch, weil Sie in einer anderen Währung gezahlt haben "
      "({clause})."},
     {0}},
    {"repair.charge",
     "NOT_OFFERED",
     {"We do not offer this repair ({clause}).", "Diese Reparatur bieten wir nicht an ({clause})."},
     {0}},
    {NULL,
     "FREE",
     {"The repair costs you nothing ({clause}).", "Die Reparatur kostet Sie nichts ({clause})."},
     {0}},
    {NULL,
     "CHARGED",
     {"The repair costs you {money} ({clause}).", "Die Reparatur kostet Sie {money} ({clause})."},
     {0}},
    {"returns.check",
     "AMOUNT_TOO_LARGE",
     {"A member of our staff will work out how much you receive back ({clause}).",
      "Wie viel Sie zurückerhalten, ermittelt ein Mensch ({clause})."},
     {0}},
    {NULL,
     "CURRENCY_DIFFERS",
     {"A member of our staff will work out the price, because you paid in another currency "
      "({clause}).",
      "Den Preis ermittelt ein Mensch, weil Sie in einer anderen Währung gezahlt haben "
      "({clause})."},
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
     "ACKNOWLEDGEMENT_OVERDUE",
     {"We are late: we had promised to confirm your complaint by {date} ({clause}).",
      "Wir sind zu spät: Die Bestätigung Ihrer Beschwerde war bis zum {date} zugesagt ({clause})."},
     {0}},
    {NULL,
     "NOT_COVERED",
     {"The warranty does not cover this ({clause}).", "Die Garantie umfasst das nicht ({clause})."},
     {0}},
};

/* A right that goes on where the company's warranty ended, what may follow a sentence, and what
 * stands in its places. What is needed is named in the customer's words where it is no document.
 * The first one is looked for most. */
static const struct decide_words words[] = {
    {"clause", {"clause {number}", "Ziffer {number}"}},
    {"undetermined",
     {"We cannot decide yet. We still need: {needed} ({clause}).",
      "Wir können noch nicht entscheiden. Uns fehlt noch: {needed} ({clause})."}},
    {"own_ended",
     {"Our own warranty ended on {own_date} ({own_clause}). By law the seller still answers until "
      "{date}{sample}.",
      "Unsere eigene Garantie endete am {own_date} ({own_clause}). Von Gesetzes wegen haftet der "
      "Verkäufer noch bis zum {date}{sample}."}},
    {"above_limit",
     {"A member of our staff will decide on your claim, because it may cost us more than {money} "
      "({clause}).",
      "Über Ihren Antrag entscheidet ein Mensch, weil er uns mehr als {money} kosten kann "
      "({clause})."}},
    {"exchanges",
     {" You may exchange it until {exchange_date} ({window_clause}).",
      " Umtauschen können Sie es bis zum {exchange_date} ({window_clause})."}},
    {"exchanges.endless",
     {" You may exchange it at any time ({window_clause}).",
      " Umtauschen können Sie es jederzeit ({window_clause})."}},
    {"send_by",
     {" Please send it to us by {send_date}.", " Bitte senden Sie es bis zum {send_date} ab."}},
    {"partly", {" It pays for {codes} only.", " Abgedeckt sind nur: {codes}."}},
    {"pays_nothing", {" The repair costs you nothing.", " Die Reparatur kostet Sie nichts."}},
    {"refunds", {" You receive {money} back.", " Sie erhalten {money} zurück."}},
    {"offers",
     {" We can examine the product for {money}.",
      " Wir können das Gerät für {money} untersuchen."}},
    {"law", {"by law", "kraft Gesetzes"}},
    {"law_sample", {"by law, sample text", "kraft Gesetzes, Mustertext"}},
    {"sample", {" (sample text)", " (Mustertext)"}},
    {"or", {" or ", " oder "}},
    {"need.acknowledge_time",
     {"when we confirmed the complaint", "wann wir die Beschwerde bestätigt haben"}},
    {"need.answer_time",
     {"when we answered the complaint", "wann wir die Beschwerde beantwortet haben"}},
    {"need.approved",
     {"the day on which the estimate was accepted",
      "der Tag, an dem der Kostenvoranschlag angenommen wurde"}},
    {"need.category", {"the kind of product", "die Art des Geräts"}},
    {"need.cause", {"what is wrong with the product", "was an dem Gerät nicht stimmt"}},
    {"need.channel", {"where it was bought", "wo es gekauft wurde"}},
    {"need.charge_item",
     {"which item of the bill is meant", "welcher Posten der Rechnung gemeint ist"}},
    {"need.claims_in_period",
     {"how many claims there were before", "wie viele Anträge es vorher gab"}},
    {"need.claims_under_plan",
     {"how many claims there were under the plan",
      "wie viele Anträge es im Rahmen der Garantieverlängerung gab"}},
    {"need.commercial_use",
     {"whether the product was used in a trade", "ob das Gerät gewerblich genutzt wurde"}},
    {"need.component", {"which part is at fault", "welches Teil defekt ist"}},
    {"need.condition", {"whether it was sold as new", "ob es als Neuware verkauft wurde"}},
    {"need.contact_channel", {"how you reached us", "wie Sie uns erreicht haben"}},
    {"need.cost_class", {"what the cost is for", "wofür die Kosten anfallen"}},
    {"need.coverage", {"whether a warranty pays", "ob eine Garantie zahlt"}},
    {"need.csat", {"how satisfied you are", "wie zufrieden Sie sind"}},
    {"need.custom_made",
     {"whether the product was made to order", "ob das Produkt eine Sonderanfertigung ist"}},
    {"need.customer_class", {"who bought the product", "wer das Gerät gekauft hat"}},
    {"need.data_class", {"which data is meant", "welche Daten gemeint sind"}},
    {"need.days_in_repair", {"how long repairs took", "wie lange Reparaturen dauerten"}},
    {"need.days_waiting_part", {"how long a part was missing", "wie lange ein Teil fehlte"}},
    {"need.delivered", {"the day of delivery", "der Tag der Lieferung"}},
    {"need.discontinued",
     {"the day on which production ended", "der Tag, an dem die Produktion endete"}},
    {"need.distance_m", {"the distance", "die Entfernung"}},
    {"need.effort", {"how easy it was to get help", "wie leicht es war, Hilfe zu bekommen"}},
    {"need.escalation_cause",
     {"why the complaint is passed on", "warum die Beschwerde weitergegeben wird"}},
    {"need.estimate_amount", {"the sum of the estimate", "die Summe des Kostenvoranschlags"}},
    {"need.failed_repairs_same_fault", {"how often it was repaired", "wie oft es repariert wurde"}},
    {"need.fault_code", {"the fault found on inspection", "der bei der Prüfung gefundene Fehler"}},
    {"need.finding", {"an inspection of the product", "eine Prüfung des Geräts"}},
    {"need.grade",
     {"the state in which the product arrived", "der Zustand, in dem das Produkt ankam"}},
    {"need.hygiene_product",
     {"whether it is a product for hygiene", "ob es ein Hygieneprodukt ist"}},
    {"need.inspected", {"whether the product was examined", "ob das Gerät untersucht wurde"}},
    {"need.installed", {"the day of installation", "der Tag des Einbaus"}},
    {"need.labour_minutes", {"the time the work takes", "der Zeitaufwand"}},
    {"need.list_price", {"the list price", "der Listenpreis"}},
    {"need.low_scores_same_category",
     {"the low scores for products of this kind",
      "die schlechten Bewertungen zu Produkten dieser Art"}},
    {"need.low_scores_same_centre",
     {"the low scores for this service centre", "die schlechten Bewertungen zu dieser Werkstatt"}},
    {"need.low_scores_same_clause",
     {"the low scores for decisions of this kind",
      "die schlechten Bewertungen zu Entscheidungen dieser Art"}},
    {"need.manufactured", {"the day of manufacture", "der Tag der Herstellung"}},
    {"need.nps", {"how likely you are to recommend us", "wie wahrscheinlich Sie uns empfehlen"}},
    {"need.opened", {"whether the packing was opened", "ob die Verpackung geöffnet wurde"}},
    {"need.order_line", {"the order", "die Bestellung"}},
    {"need.ordered", {"the day of the order", "der Tag der Bestellung"}},
    {"need.part_class", {"the kind of spare part", "die Art des Ersatzteils"}},
    {"need.participants", {"how many people take part", "wie viele Personen teilnehmen"}},
    {"need.parts.price_list", {"the price of the parts", "der Preis der Teile"}},
    {"need.perishable", {"whether the product spoils soon", "ob das Produkt schnell verdirbt"}},
    {"need.pieces", {"how many pieces there are", "wie viele Stücke es sind"}},
    {"need.plan", {"the extended warranty that was bought", "die gekaufte Garantieverlängerung"}},
    {"need.price_paid", {"the price that was paid", "der gezahlte Preis"}},
    {"need.priority", {"how urgent it is", "wie dringend es ist"}},
    {"need.purchased", {"the day of purchase", "der Tag des Kaufs"}},
    {"need.reason", {"the exact reason", "der genaue Grund"}},
    {"need.recalled",
     {"whether the product is part of a recall", "ob das Gerät von einem Rückruf betroffen ist"}},
    {"need.receive_time", {"when it reached us", "wann es bei uns einging"}},
    {"need.received",
     {"the day on which the product reached us", "der Tag, an dem das Produkt bei uns einging"}},
    {"need.region", {"the country", "das Land"}},
    {"need.registered", {"the day of registration", "der Tag der Registrierung"}},
    {"need.repairs_in_year",
     {"how often it was repaired in the last 12 months",
      "wie oft es in den letzten 12 Monaten repariert wurde"}},
    {"need.role", {"who decides", "wer entscheidet"}},
    {"need.rung",
     {"how far the complaint has been passed on", "wie weit die Beschwerde weitergegeben wurde"}},
    {"need.rung_time",
     {"when the complaint was passed on", "wann die Beschwerde weitergegeben wurde"}},
    {"need.safety_risk", {"whether somebody could be hurt", "ob jemand verletzt werden könnte"}},
    {"need.sessions", {"how many sessions there are", "wie viele Termine es sind"}},
    {"need.severity", {"how serious it is", "wie schwerwiegend es ist"}},
    {"need.sku", {"the article number", "die Artikelnummer"}},
    {"need.storage_days",
     {"how long the product was stored", "wie lange das Gerät gelagert wurde"}},
    {"need.survey_after", {"what the survey is about", "worum es in der Umfrage geht"}},
    {"need.training_method", {"how the training is held", "wie die Schulung stattfindet"}},
    {"need.unit_reachable",
     {"whether a technician can reach the product", "ob ein Techniker an das Gerät herankommt"}},
    {"need.usage_hours",
     {"how many hours the product has run", "wie viele Stunden das Gerät gelaufen ist"}},
    {"need.value_claimed", {"what the claim will cost", "was der Antrag kosten wird"}},
    {"need.visits", {"how many visits there were", "wie viele Besuche es gab"}},
    {"need.wanted_remedy", {"what you would like to have", "was Sie sich wünschen"}},
    {"need.waterproof", {"whether the product is waterproof", "ob das Produkt wasserdicht ist"}},
    {"need.weight_g", {"the weight of the parcel", "das Gewicht des Pakets"}},
    {"need.zone", {"how far away it is", "wie weit entfernt es ist"}},
};

static bool
fits(const struct decide_phrase *phrase, const char *question, const char *reason)
{
    return strcmp(phrase->reason, reason) == 0 &&
           (phrase->question == NULL || strcmp(phrase->question, question) == 0);
}

const struct decide_phrase *
decide_find_phrase(const char *question, const char *reason)
{
    size_t i = 0;
    while (i < COUNT_OF(phrases) && !fits(&phrases[i], question, reason))
        i++;
    CHECK(i < COUNT_OF(phrases));
    return &phrases[i];
}

const struct decide_words *
decide_find_words(const char *key)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(words[i].key, key) == 0)
            return &words[i];
    }
    return NULL;
}

void
decide_phrase_key(const struct decide_phrase *phrase, bool is_endless, char *ret_key)
{
    (void)snprintf(
        ret_key, DECIDE_KEY_SIZE, "%s%s%s%s", phrase->question == NULL ? "" : phrase->question,
        phrase->question == NULL ? "" : ".", phrase->reason, is_endless ? ".endless" : "");
}

bool
decide_phrase_at(size_t place, char *ret_key, const char **ret_english)
{
    for (size_t i = 0; i < COUNT_OF(phrases); i++) {
        for (int endless = 0; endless <= (phrases[i].endless[0] != NULL); endless++, place--) {
            if (place > 0)
                continue;
            decide_phrase_key(&phrases[i], endless != 0, ret_key);
            *ret_english = endless != 0 ? phrases[i].endless[0] : phrases[i].texts[0];
            return true;
        }
    }
    if (place >= COUNT_OF(words))
        return false;
    (void)snprintf(ret_key, DECIDE_KEY_SIZE, "%s", words[place].key);
    *ret_english = words[place].texts[0];
    return true;
}

const char *
decide_phrase_original(const char *key)
{
    char known[DECIDE_KEY_SIZE];
    const char *english;
    for (size_t i = 0; decide_phrase_at(i, known, &english); i++) {
        if (strcmp(known, key) == 0)
            return english;
    }
    return NULL;
}
