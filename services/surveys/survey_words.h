/*
 * survey_words - the page's own words, in the languages that this program speaks
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

/* In the order of the table. */
enum survey_word {
    WORD_ANSWERED_TITLE,
    WORD_ANSWERED_TEXT,
    WORD_CES_HIGH,
    WORD_CES_LOW,
    WORD_CSAT_HIGH,
    WORD_CSAT_LOW,
    WORD_DISMISS,
    WORD_DISMISSED_TITLE,
    WORD_DISMISSED_TEXT,
    WORD_EXPIRED_TITLE,
    WORD_EXPIRED_TEXT,
    WORD_IMPRINT,
    WORD_LANGUAGES,
    WORD_MISSING,
    WORD_MISSING_HERE,
    WORD_NPS_HIGH,
    WORD_NPS_LOW,
    WORD_OPTIONAL,
    WORD_SEND,
    WORD_THANKS_TITLE,
    WORD_THANKS_TEXT,
    WORD_COUNT
};

/* In the nearest language to this tag; English where there is none. */
const char *survey_word(enum survey_word word, const char *language);

/* What a language calls itself; the tag where that is not known. */
const char *survey_language_name(const char *language);
