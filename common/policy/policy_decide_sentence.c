/*
 * policy_decide_sentence - the sentence for the customer, once for each language of the policy
 *
 * A sentence is chosen by question and reason (policy_decide_phrases.h), and filled with computed
 * values, the clause's number and, where a test decided, the test's own words. In a language other
 * than English and German the deciding clause's own text says it, with the values that hold for
 * this reader.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_phrases.h"
#include "common/policy/policy_decide_private.h"
#include "common/policy/policy_page.h"

#include <stdlib.h>
#include <string.h>

struct writer {
    struct decide *d;
    const struct policy *policy;
    struct policy_formatter *formatter;
    size_t language;
    enum decide_tongue tongue;
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
        bool is_german = writer->tongue == DECIDE_GERMAN;
        buf_add_text(writer->out, is_german ? "kraft Gesetzes" : "by law");
        if (is_sample(writer->policy, id))
            buf_add_text(writer->out, is_german ? ", Mustertext" : ", sample text");
        return;
    }
    buf_add_text(writer->out, writer->tongue == DECIDE_GERMAN ? "Ziffer " : "clause ");
    buf_add_number(writer->out, clause->section);
    buf_add_char(writer->out, '.');
    buf_add_number(writer->out, clause->place);
}

/* ---- filling ---- */

static const char *
need_words(const struct writer *writer, const char *name)
{
    const char *words = decide_need_words(name, writer->tongue);
    return words != NULL ? words : policy_label(writer->policy, "document", name, writer->language);
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
            buf_add_text(writer->out, writer->tongue == DECIDE_GERMAN ? " oder " : " or ");
            buf_add_text(writer->out, need_words(writer, needed->instead[n]));
        }
    }
}

/* Remedies; of a layer that is open in part, the cost classes it pays for. */
static bool
has_class(const char *const *classes, size_t count, const char *cost_class)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(classes[i], cost_class) == 0)
            return true;
    return false;
}

/* Several entitlements may pay for one class: of two components, or by two grants. */
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
        if (strcmp(entitlement->clause_id, d->record->deciding_clause_id) == 0 &&
            !has_class(classes, codes.count, entitlement->cost_class))
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
        buf_add_text(writer->out, !is_sample(writer->policy, id)    ? ""
                                  : writer->tongue == DECIDE_GERMAN ? " (Mustertext)"
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
        return decide_phrase_undetermined[writer->tongue];
    if (strcmp(d->record->reason, "COVERED_BY_LAW") == 0 && !date_is_absent(d->own_last_date) &&
        !date_is_absent(d->last_date))
        return decide_phrase_own_ended[writer->tongue];
    const struct decide_phrase *phrase = decide_find_phrase(d->record->question, d->record->reason);
    return date_is_absent(d->last_date) && phrase->endless[writer->tongue] != NULL
               ? phrase->endless[writer->tongue]
               : phrase->texts[writer->tongue];
}

static void
write_rest(struct writer *writer)
{
    const struct decide *d = writer->d;
    bool is_claim = d->question->question == POLICY_WARRANTY_CLAIM;
    if (d->record->outcome == PARTLY_GRANTED)
        write_phrase(writer, decide_phrase_partly[writer->tongue]);
    writer->money = d->customer_pays;
    if (is_claim && d->has_customer_pays && d->customer_pays.minor == 0)
        write_phrase(writer, decide_phrase_pays_nothing[writer->tongue]);
    if (d->question->question == POLICY_RETURNS_CHECK && d->has_customer_pays)
        write_phrase(writer, decide_phrase_refunds[writer->tongue]);
    writer->money = d->offer;
    if (d->has_offer)
        write_phrase(writer, decide_phrase_offers[writer->tongue]);
}

static enum decide_tongue
tongue_of(const char *tag)
{
    if (strcmp(tag, "en") == 0 || strncmp(tag, "en-", 3) == 0)
        return DECIDE_ENGLISH;
    return strcmp(tag, "de") == 0 || strncmp(tag, "de-", 3) == 0 ? DECIDE_GERMAN : DECIDE_OTHER;
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
    if (writer.tongue != DECIDE_OTHER || !write_own_text(&writer)) {
        buf_clear(writer.out);
        if (writer.tongue == DECIDE_OTHER)
            writer.tongue = DECIDE_ENGLISH;
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
        sentences[i] = decide_room(d->arena, sizeof(Common__V1__Decision__Sentence));
        common__v1__decision__sentence__init(sentences[i]);
        sentences[i]->language = (char *)d->policy->languages[languages[i]];
        sentences[i]->text = (char *)write_sentence(d, languages[i]);
    }
    d->record->sentences = sentences;
    d->record->n_sentences = count;
}
