/*
 * policy_decide_sentence - the sentence for the customer, once for each language of the policy
 *
 * A sentence is chosen by question and reason (policy_decide_phrases.h), and filled with computed
 * values, the clause's number and, where a test decided, the test's own words. English and German
 * are built in; the policy's labels bring the words of other languages. A sentence for which a
 * language lacks a word is told whole in another one: the policy's first language that has all of
 * them, or English. The clause's own text would be no answer: it promises, whatever was decided.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_phrases.h"
#include "common/policy/policy_decide_words.h"
#include "common/policy/policy_decide_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    struct decide *d;
    const struct policy *policy;
    struct policy_formatter *formatter;
    size_t language;
    enum decide_tongue tongue;
    bool has_own; /* the policy has words of its own in this language */
    bool lacks;   /* a word that the language has not */
    struct buf *out;
    struct money money;
    const struct decide_clause *clause; /* whose number is written */
};

/* ---- words ---- */

/* The words of a key: the policy's, or those that are built in. */
static const char *
find_words(struct writer *writer, const char *key, const char *const texts[2])
{
    char label[sizeof "words.sentence." + DECIDE_KEY_SIZE];
    if (writer->has_own) {
        (void)snprintf(label, sizeof label, "words.sentence.%s", key);
        const char *own = policy_find_label(writer->policy, NULL, label, writer->language);
        if (own != NULL)
            return own;
    }
    if (writer->tongue != DECIDE_OTHER)
        return texts[writer->tongue];
    writer->lacks = true;
    return "";
}

static bool fill(struct writer *writer, const char *name, size_t size_bytes);
static size_t measure_unprinted(struct writer *writer, const char *at);

/* Writes words with their places filled; a place that there is not stays as it stands. */
static void
write_pattern(struct writer *writer, const char *pattern)
{
    while (*pattern != 0) {
        size_t words = (size_t)(strchrnul(pattern, '{') - pattern);
        size_t before = words < 2 ? words : words - 2; /* a bracket belongs to its place */
        size_t unprinted = measure_unprinted(writer, pattern + before);
        buf_add(writer->out, pattern, unprinted > 0 ? before : words);
        pattern += unprinted > 0 ? before + unprinted : words;
        if (unprinted > 0)
            continue;
        if (*pattern == 0)
            return;
        size_t name = (size_t)(strchrnul(pattern + 1, '}') - pattern - 1);
        bool is_filled = pattern[1 + name] == '}' && fill(writer, pattern + 1, name);
        if (!is_filled)
            buf_add_char(writer->out, '{');
        pattern += is_filled ? name + 2 : 1;
    }
}

static void
write_words(struct writer *writer, const char *key)
{
    const struct decide_words *words = decide_words_of(writer->d->engine, key);
    CHECK(words != NULL);
    write_pattern(writer, find_words(writer, key, words->texts));
}

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

static const char *
own_clause_id(void)
{
    return policy_parameter_row(POLICY_WARRANTY_PERIOD_LENGTH)->clause_id;
}

static const char *
window_clause_id(void)
{
    return policy_parameter_row(POLICY_RETURNS_WINDOW_EXCHANGE_LENGTH)->clause_id;
}

static const struct decide_clause *
find_clause(const struct writer *writer, const char *id)
{
    return id == writer->d->record->deciding_clause_id
               ? writer->d->deciding
               : decide_clause(writer->d, writer->policy, id);
}

/* The bytes at `at` that say where an internal clause stands, which customers cannot look up; 0:
 * they say something else. */
static size_t
measure_unprinted(struct writer *writer, const char *at)
{
    if (at[0] != ' ' || at[1] != '(') /* as most do not */
        return 0;
    const struct {
        const char *place;
        const char *id;
    } places[] = {{" ({clause})", writer->d->record->deciding_clause_id},
                  {" ({own_clause})", own_clause_id()},
                  {" ({window_clause})", window_clause_id()}};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        if (strncmp(at, places[i].place, strlen(places[i].place)) != 0)
            continue;
        const struct decide_clause *clause = find_clause(writer, places[i].id);
        return clause == NULL || clause->place > 0 ? 0 : strlen(places[i].place);
    }
    return 0;
}

/* "clause 1.2": the place among the clauses that are printed; a right has none, and an internal
 * clause none to speak of. */
static void
write_clause(struct writer *writer, const char *id)
{
    writer->clause = find_clause(writer, id);
    if (writer->clause != NULL && writer->clause->place > 0)
        write_words(writer, "clause");
    else if (writer->clause == NULL)
        write_words(writer, is_sample(writer->policy, id) ? "law_sample" : "law");
}

static void
write_number(struct writer *writer)
{
    if (writer->clause == NULL)
        return;
    buf_add_number(writer->out, writer->clause->section);
    buf_add_char(writer->out, '.');
    buf_add_number(writer->out, writer->clause->place);
}

/* ---- filling ---- */

/* A fact in the customer's words; a document as the policy calls it. */
static void
write_need(struct writer *writer, const char *name)
{
    char key[DECIDE_KEY_SIZE];
    (void)snprintf(key, sizeof key, "need.%s", name);
    if (decide_words_of(writer->d->engine, key) != NULL)
        write_words(writer, key);
    else
        buf_add_text(writer->out, policy_label(writer->policy, "document", name, writer->language));
}

static void
write_needed(struct writer *writer)
{
    const struct decide_list *list = &writer->d->needed;
    for (size_t i = 0; i < list->count; i++) {
        const Common__V1__Decision__Needed *needed = list->items[i];
        buf_add_text(writer->out, i == 0 ? "" : "; ");
        write_need(writer, needed->name);
        for (size_t n = 0; n < needed->n_instead; n++) {
            write_words(writer, "or");
            write_need(writer, needed->instead[n]);
        }
    }
}

static bool
has_class(const char *const *classes, size_t count, const char *cost_class)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(classes[i], cost_class) == 0)
            return true;
    return false;
}

static bool
is_of_other_part(struct decide *d, const Common__V1__Entitlement *entitlement)
{
    if (entitlement->component[0] == 0)
        return false;
    const struct policy_fact *part = decide_read_fact(d, "component");
    return part != NULL && strcmp(part->code, entitlement->component) != 0;
}

/* Remedies; of a layer that is open in part, the cost classes it pays for, once each: several
 * entitlements may pay for one, of two components or by two grants. What another part than the one
 * asked about has is no answer. */
static void
write_codes(const struct writer *writer)
{
    struct decide *d = writer->d;
    struct policy_codes codes = {(const char *const *)d->record->remedies, d->record->n_remedies};
    if (d->record->outcome != PARTLY_GRANTED) {
        policy_format_codes(writer->formatter, "remedy", &codes, writer->out);
        return;
    }
    const char **classes = arena_alloc(d->arena, (d->entitlements.count + 1) * sizeof *classes);
    codes = (struct policy_codes){classes, 0};
    for (size_t i = 0; i < d->entitlements.count; i++) {
        const Common__V1__Entitlement *entitlement = d->entitlements.items[i];
        if (is_of_other_part(d, entitlement))
            continue;
        if (strcmp(entitlement->clause_id, d->record->deciding_clause_id) == 0 &&
            !has_class(classes, codes.count, entitlement->cost_class))
            classes[codes.count++] = entitlement->cost_class;
    }
    policy_format_codes(writer->formatter, "cost_class", &codes, writer->out);
}

static void
write_text(struct writer *writer)
{
    const struct policy_text *text =
        policy_find_text(writer->policy, writer->d->record->deciding_clause_id);
    if (text != NULL && text->texts[writer->language] != NULL)
        buf_add_text(writer->out, text->texts[writer->language]);
    else
        writer->lacks = true;
}

/* False: there is no such place. */
static bool
fill(struct writer *writer, const char *name, size_t size_bytes)
{
    struct decide *d = writer->d;
    const char *id = d->record->deciding_clause_id;
#define IS(text) (size_bytes == sizeof(text) - 1 && memcmp(name, text, size_bytes) == 0)
    if (IS("date"))
        decide_write_date(d, writer->policy, writer->language, d->last_date, writer->out);
    else if (IS("clause"))
        write_clause(writer, id);
    else if (IS("number"))
        write_number(writer);
    else if (IS("span"))
        decide_write_span(d, writer->policy, writer->language, &d->span, writer->out);
    else if (IS("own_date"))
        decide_write_date(d, writer->policy, writer->language, d->own_last_date, writer->out);
    else if (IS("exchange_date"))
        decide_write_date(d, writer->policy, writer->language, d->exchange_date, writer->out);
    else if (IS("send_date"))
        decide_write_date(d, writer->policy, writer->language, d->send_date, writer->out);
    else if (IS("own_clause"))
        write_clause(writer, own_clause_id());
    else if (IS("window_clause"))
        write_clause(writer, window_clause_id());
    else if (IS("sample") && is_sample(writer->policy, id))
        write_words(writer, "sample");
    else if (IS("money"))
        policy_format_money(writer->formatter, writer->money, writer->out);
    else if (IS("needed"))
        write_needed(writer);
    else if (IS("codes"))
        write_codes(writer);
    else if (IS("text"))
        write_text(writer);
    else
        return IS("sample");
    return true;
#undef IS
}

/* ---- choosing ---- */

static void
write_phrase(struct writer *writer, const struct decide_phrase *phrase)
{
    bool is_endless = date_is_absent(writer->d->last_date) && phrase->endless[0] != NULL;
    char key[DECIDE_KEY_SIZE] = "";
    if (writer->has_own)
        decide_phrase_key(phrase, is_endless, key);
    write_pattern(writer, find_words(writer, key, is_endless ? phrase->endless : phrase->texts));
}

static void
write_answer(struct writer *writer)
{
    const struct decide *d = writer->d;
    writer->money = d->has_limit ? d->limit : d->customer_pays;
    bool is_by_law = strcmp(d->record->reason, "COVERED_BY_LAW") == 0;
    if (d->record->outcome == UNDETERMINED)
        write_words(writer, "undetermined");
    else if (d->is_answered)
        write_words(writer, "answered");
    else if (d->has_limit && strcmp(d->record->reason, "ABOVE_AUTOMATIC_LIMIT") == 0)
        write_words(writer, "above_limit");
    else if (d->record->outcome == DENIED && strcmp(d->record->reason, "LIMIT_REACHED") == 0)
        write_words(writer, "plan_limit"); /* the limit of the warranty itself refers, not denies */
    else if (d->is_none_before && strcmp(d->record->reason, "LIMIT_REACHED") == 0)
        write_words(writer, "first_claim");
    else if (is_by_law && !date_is_absent(d->own_last_date) && !date_is_absent(d->last_date))
        write_words(writer, "own_ended");
    else
        write_phrase(writer, decide_find_phrase(d->record->question, d->record->reason));
}

static void
write_rest(struct writer *writer)
{
    const struct decide *d = writer->d;
    bool is_claim = d->question->question == POLICY_WARRANTY_CLAIM;
    if (d->record->outcome == PARTLY_GRANTED)
        write_words(writer, "partly");
    if (d->is_stated)
        write_words(writer, "stated");
    if (d->has_exchange)
        write_words(writer, date_is_absent(d->exchange_date) ? "exchanges.endless" : "exchanges");
    if (!date_is_absent(d->send_date))
        write_words(writer, "send_by");
    writer->money = d->customer_pays;
    if (is_claim && d->has_customer_pays && d->customer_pays.minor == 0)
        write_words(writer, "pays_nothing");
    if (d->question->question == POLICY_RETURNS_CHECK && d->has_customer_pays)
        write_words(writer, d->is_at_most ? "refunds_at_most" : "refunds");
    writer->money = d->offer;
    if (d->has_offer)
        write_words(writer, "offers");
}

/* ---- languages ---- */

static enum decide_tongue
tongue_of(const char *tag)
{
    if (strcmp(tag, "en") == 0 || strncmp(tag, "en-", 3) == 0)
        return DECIDE_ENGLISH;
    return strcmp(tag, "de") == 0 || strncmp(tag, "de-", 3) == 0 ? DECIDE_GERMAN : DECIDE_OTHER;
}

/* The whole sentence in the words of a language, `tongue` for those that are built in. False: the
 * language lacks one. */
static bool
try_language(struct decide *d, size_t language, enum decide_tongue tongue, struct buf *out)
{
    struct writer writer = {
        .d = d,
        .policy = d->policy,
        .formatter = decide_formatter(d, d->policy, language),
        .language = language,
        .tongue = tongue,
        .has_own = decide_version(d, d->policy)->has_own_words[language],
        .out = out,
    };
    buf_clear(out);
    write_answer(&writer);
    write_rest(&writer);
    return !writer.lacks;
}

static const char *
write_sentence(struct decide *d, size_t language)
{
    const struct policy *policy = d->policy;
    struct buf *out = decide_scratch(d);
    bool is_whole = try_language(d, language, tongue_of(policy->languages[language]), out);
    for (size_t other = 0; !is_whole && other < policy->language_count; other++)
        is_whole = try_language(d, other, tongue_of(policy->languages[other]), out);
    if (!is_whole)
        (void)try_language(d, 0, DECIDE_ENGLISH, out);
    return arena_copy_text(d->arena, buf_text(out));
}

void
decide_sentences(struct decide *d)
{
    size_t count = d->policy->language_count;
    const size_t *languages = decide_version(d, d->policy)->languages;
    d->deciding = decide_clause(d, d->policy, d->record->deciding_clause_id);
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
