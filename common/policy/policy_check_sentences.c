/*
 * policy_check_sentences - languages for which customers would read a decision in another one
 *
 * The sentences of decisions are built in for English and German. Another language brings them as
 * labels; where some are missing, that is said once for the language, with all that are missing
 * ready to be translated.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <stdio.h>
#include <string.h>

#include "common/policy/policy_decide_phrases.h"

static bool
is_built_in(const char *tag)
{
    return (text_begins(tag, "en") || text_begins(tag, "de")) && (tag[2] == 0 || tag[2] == '-');
}

/* Adds the keys that a language lacks to `lines`; how many. */
static size_t
find_missing(const struct policy *policy, size_t language, struct buf *lines)
{
    char key[DECIDE_KEY_SIZE];
    char label[DECIDE_KEY_SIZE + sizeof "words.sentence."];
    const char *english;
    size_t count = 0;
    for (size_t i = 0; decide_phrase_at(i, key, &english); i++) {
        (void)snprintf(label, sizeof label, "words.sentence.%s", key);
        if (policy_find_label(policy, NULL, label, language) != NULL)
            continue;
        buf_printf(lines, "%s    sentence.%s: \"%s\"", count > 0 ? "\n" : "", key, english);
        count++;
    }
    return count;
}

void
policy_check_sentences(const struct policy *policy, bool suggests, struct policy_problems *problems)
{
    for (size_t i = 0; i < policy->language_count; i++) {
        struct buf lines = {0};
        buf_add_text(&lines, "labels:\n  words:\n");
        size_t count = is_built_in(policy->languages[i]) ? 0 : find_missing(policy, i, &lines);
        if (count > 0) {
            policy_problem_add(problems, POLICY_WARNING, "SENTENCES_MISSING",
                               policy->title.places[i], "",
                               "language '%s' lacks words for %zu sentences and parts of some: "
                               "customers read these decisions in another language",
                               policy->languages[i], count);
            if (suggests)
                policy_problem_suggest(problems, buf_text(&lines));
        }
        buf_free(&lines);
    }
}
