/*
 * survey_words - the page's own words, in the languages that this program speaks
 */
// SPDX-License-Identifier: Apache-2.0
#include "survey_words.h"

#include <strings.h>

#include "common/language.h"

enum { LANGUAGES = 3 };
static const char *const languages[LANGUAGES] = {"en", "de", "fr"};
static const char *const names[LANGUAGES] = {"English", "Deutsch", "Français"};

/* clang-format off */
static const char *const words[WORD_COUNT][LANGUAGES] = {
    [WORD_ANSWERED_TITLE] = {"Your answers are here already", "Ihre Antworten sind schon da", "Vos réponses sont déjà enregistrées"},
    [WORD_ANSWERED_TEXT] = {"Thank you. This survey can be answered once.", "Vielen Dank. Diese Umfrage kann einmal beantwortet werden.", "Merci. Il n’est possible de répondre qu’une seule fois à cette enquête."},
    [WORD_CES_HIGH] = {"very easy", "sehr einfach", "très facile"},
    [WORD_CES_LOW] = {"very hard", "sehr schwierig", "très difficile"},
    [WORD_CSAT_HIGH] = {"very satisfied", "sehr zufrieden", "très satisfait"},
    [WORD_CSAT_LOW] = {"very dissatisfied", "sehr unzufrieden", "très insatisfait"},
    [WORD_DISMISS] = {"I do not wish to answer", "Ich möchte nicht antworten", "Je ne souhaite pas répondre"},
    [WORD_DISMISSED_TITLE] = {"We will not ask again", "Wir fragen nicht noch einmal", "Nous ne vous solliciterons plus"},
    [WORD_DISMISSED_TEXT] = {"You have chosen not to answer this survey. We will not remind you of it.", "Sie möchten diese Umfrage nicht beantworten. Wir erinnern Sie nicht daran.", "Vous avez choisi de ne pas répondre à cette enquête. Vous ne recevrez pas de rappel."},
    [WORD_EXPIRED_TITLE] = {"This survey has ended", "Diese Umfrage ist beendet", "Cette enquête est terminée"},
    [WORD_EXPIRED_TEXT] = {"The time for answering has passed. If you wish to tell us something, please contact us.", "Die Zeit für eine Antwort ist vorbei. Wenn Sie uns etwas sagen möchten, melden Sie sich bitte bei uns.", "Le délai de réponse est écoulé. Si vous souhaitez nous faire part de quelque chose, contactez-nous."},
    [WORD_IMPRINT] = {"Imprint", "Impressum", "Mentions légales"},
    [WORD_LANGUAGES] = {"Language", "Sprache", "Langue"},
    [WORD_MISSING] = {"Something is missing. Please look at the marked questions and send it again.", "Es fehlt noch etwas. Bitte sehen Sie sich die markierten Fragen an und senden Sie noch einmal.", "Il manque une réponse. Veuillez vérifier les questions signalées, puis envoyer à nouveau."},
    [WORD_MISSING_HERE] = {"Please answer this question.", "Bitte beantworten Sie diese Frage.", "Veuillez répondre à cette question."},
    [WORD_NPS_HIGH] = {"very likely", "sehr wahrscheinlich", "très probable"},
    [WORD_NPS_LOW] = {"not at all likely", "überhaupt nicht wahrscheinlich", "pas du tout probable"},
    [WORD_OPTIONAL] = {"optional", "freiwillig", "facultatif"},
    [WORD_SEND] = {"Send answers", "Antworten senden", "Envoyer mes réponses"},
    [WORD_THANKS_TITLE] = {"Thank you", "Vielen Dank", "Merci"},
    [WORD_THANKS_TEXT] = {"We have received your answers. They help us to do better.", "Ihre Antworten sind bei uns. Sie helfen uns, besser zu werden.", "Nous avons bien reçu vos réponses. Elles nous aident à nous améliorer."},
};
/* clang-format on */

const char *
survey_word(enum survey_word word, const char *language)
{
    return words[word][language_choose(languages, LANGUAGES, language, "en")];
}

const char *
survey_language_name(const char *language)
{
    for (size_t i = 0; i < LANGUAGES; i++) {
        if (strcasecmp(languages[i], language) == 0)
            return names[i];
    }
    return language;
}
