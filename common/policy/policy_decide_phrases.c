/*
 * policy_decide_phrases - the sentences for customers in English and German, and their keys
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_phrases.h"

#include "common/policy/policy_decide_words.h"

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
    {NULL,
     "PRICE_UNKNOWN",
     {"A member of our staff will decide on your claim, because we do not know what the product "
      "cost ({clause}).",
      "Über Ihren Antrag entscheidet ein Mensch, weil wir den Preis des Geräts nicht kennen "
      "({clause})."},
     {0}},
    {NULL,
     "APPROVED_BY_STAFF",
     {"A member of our staff has decided on your claim and accepted it ({clause}).",
      "Ein Mensch hat über Ihren Antrag entschieden und ihn angenommen ({clause})."},
     {0}},
    {NULL,
     "REJECTED_BY_STAFF",
     {"A member of our staff has decided on your claim and does not accept it ({clause}).",
      "Ein Mensch hat über Ihren Antrag entschieden und nimmt ihn nicht an ({clause})."},
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
    const struct decide_words *words = decide_words_at(place);
    if (words == NULL)
        return false;
    (void)snprintf(ret_key, DECIDE_KEY_SIZE, "%s", words->key);
    *ret_english = words->texts[0];
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
