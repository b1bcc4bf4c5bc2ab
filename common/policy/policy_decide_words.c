/*
 * policy_decide_words - what sentences for customers are completed with, in English and German
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_words.h"

#include <string.h>

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

const struct decide_words *
decide_find_words(const char *key)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(words[i].key, key) == 0)
            return &words[i];
    }
    return NULL;
}

const struct decide_words *
decide_words_at(size_t place)
{
    return place < COUNT_OF(words) ? &words[place] : NULL;
}
