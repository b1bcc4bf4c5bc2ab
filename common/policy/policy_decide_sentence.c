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
#include "common/policy/policy_decide_sentence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

/* The words of a key: the policy's, or those that are built in. */
static const char *
find_words(struct decide_writer *writer, const char *key, const char *const texts[2])
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

static bool fill(struct decide_writer *writer, const char *name, size_t size_bytes);
static size_t measure_unprinted(struct decide_writer *writer, const char *at);

/* Writes words with their places filled; a place that there is not stays as it stands. */
static void
write_pattern(struct decide_writer *writer, const char *pattern)
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

void
decide_write_words(struct decide_writer *writer, const char *key)
{
    const struct decide_words *words = decide_words_of(writer->d->engine, key);
    CHECK(words != NULL);
    write_pattern(writer, find_words(writer, key, words->texts));
}

/* ---- where the deciding clause stands ---- */

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

static const char *
appeal_clause_id(void)
{
    return policy_parameter_row(POLICY_COMPLAINTS_ESCALATION_LADDER)->clause_id;
}

static const struct decide_clause *
find_clause(const struct decide_writer *writer, const char *id)
{
    return id == writer->d->record->deciding_clause_id
               ? writer->d->deciding
               : decide_clause(writer->d, writer->policy, id);
}

/* The bytes at `at` that say where an internal clause stands, which customers cannot look up; 0:
 * they say something else. */
static size_t
measure_unprinted(struct decide_writer *writer, const char *at)
{
    if (at[0] != ' ' || at[1] != '(') /* as most do not */
        return 0;
    const struct {
        const char *place;
        const char *id;
    } places[] = {{" ({clause})", writer->d->record->deciding_clause_id},
                  {" ({own_clause})", own_clause_id()},
                  {" ({window_clause})", window_clause_id()},
                  {" ({appeal_clause})", appeal_clause_id()}};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        if (!text_begins(at, places[i].place))
            continue;
        const struct decide_clause *clause = find_clause(writer, places[i].id);
        return clause == NULL || clause->place > 0 ? 0 : strlen(places[i].place);
    }
    return 0;
}

/* "clause 1.2": the place among the clauses that are printed; a right has none, and an internal
 * clause none to speak of. */
static void
write_clause(struct decide_writer *writer, const char *id)
{
    writer->clause = find_clause(writer, id);
    if (writer->clause != NULL && writer->clause->place > 0)
        decide_write_words(writer, "clause");
    else if (writer->clause == NULL)
        decide_write_words(writer, decide_is_sample(writer->policy, id) ? "law_sample" : "law");
}

static void
write_number(struct decide_writer *writer)
{
    if (writer->clause == NULL)
        return;
    buf_add_number(writer->out, writer->clause->section);
    buf_add_char(writer->out, '.');
    buf_add_number(writer->out, writer->clause->place);
}

/* ---- filling ---- */

/* False: there is no such place. */
static bool
fill(struct decide_writer *writer, const char *name, size_t size_bytes)
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
    else if (IS("appeal_clause"))
        write_clause(writer, appeal_clause_id());
    else if (IS("laws"))
        decide_write_laws(writer);
    else if (IS("sample") && decide_is_sample(writer->policy, id))
        decide_write_words(writer, "sample");
    else if (IS("money"))
        policy_format_money(writer->formatter, writer->money, writer->out);
    else if (IS("needed"))
        decide_write_needed(writer);
    else if (IS("codes"))
        decide_write_codes(writer);
    else if (IS("text"))
        decide_write_text(writer);
    else
        return IS("sample");
    return true;
#undef IS
}

/* ---- choosing ---- */

static void
write_phrase(struct decide_writer *writer, const struct decide_phrase *phrase)
{
    bool is_endless = date_is_absent(writer->d->last_date) && phrase->endless[0] != NULL;
    char key[DECIDE_KEY_SIZE] = "";
    if (writer->has_own)
        decide_phrase_key(phrase, is_endless, key);
    write_pattern(writer, find_words(writer, key, is_endless ? phrase->endless : phrase->texts));
}

static void
write_answer(struct decide_writer *writer)
{
    const struct decide *d = writer->d;
    writer->money = d->has_limit ? d->limit : d->customer_pays;
    bool is_by_law = strcmp(d->record->reason, "COVERED_BY_LAW") == 0;
    if (d->record->outcome == UNDETERMINED)
        decide_write_words(writer, "undetermined");
    else if (d->is_answered)
        decide_write_words(writer, "answered");
    else if (d->has_limit && strcmp(d->record->reason, "ABOVE_AUTOMATIC_LIMIT") == 0)
        decide_write_words(writer, "above_limit");
    else if (d->record->outcome == DENIED && strcmp(d->record->reason, "LIMIT_REACHED") == 0)
        decide_write_words(writer,
                           "plan_limit"); /* the limit of the warranty itself refers, not denies */
    else if (d->is_none_before && strcmp(d->record->reason, "LIMIT_REACHED") == 0)
        decide_write_words(writer, "first_claim");
    else if (is_by_law && !date_is_absent(d->own_last_date) && !date_is_absent(d->last_date))
        decide_write_words(writer, "own_ended");
    else
        write_phrase(writer, decide_find_phrase(d->record->question, d->record->reason));
}

static void
write_rest(struct decide_writer *writer)
{
    const struct decide *d = writer->d;
    bool is_claim = d->question->question == POLICY_WARRANTY_CLAIM;
    bool is_by_person = strcmp(d->record->reason, "APPROVED_BY_STAFF") == 0;
    if (is_by_person && d->record->n_remedies > 0)
        decide_write_words(writer, "may_have");
    if (d->record->outcome == DENIED && decide_has_laws(writer))
        decide_write_words(writer, "looked_at_law");
    if (d->record->outcome == PARTLY_GRANTED)
        decide_write_words(writer, "partly");
    if (d->is_stated)
        decide_write_words(writer, "stated");
    if (d->has_exchange)
        decide_write_words(writer,
                           date_is_absent(d->exchange_date) ? "exchanges.endless" : "exchanges");
    if (!date_is_absent(d->send_date))
        decide_write_words(writer, "send_by");
    writer->money = d->customer_pays;
    if (is_claim && d->has_customer_pays && d->customer_pays.minor == 0)
        decide_write_words(writer, "pays_nothing");
    if (d->question->question == POLICY_RETURNS_CHECK && d->has_customer_pays)
        decide_write_words(writer, d->is_at_most ? "refunds_at_most" : "refunds");
    writer->money = d->offer;
    if (d->has_offer)
        decide_write_words(writer, "offers");
    if (d->record->appeal != NULL)
        decide_write_words(writer, "appeal");
}

/* ---- languages ---- */

static enum decide_tongue
tongue_of(const char *tag)
{
    if (strcmp(tag, "en") == 0 || text_begins(tag, "en-"))
        return DECIDE_ENGLISH;
    return strcmp(tag, "de") == 0 || text_begins(tag, "de-") ? DECIDE_GERMAN : DECIDE_OTHER;
}

/* The whole sentence in the words of a language, `tongue` for those that are built in. False: the
 * language lacks one. */
static bool
try_language(struct decide *d, size_t language, enum decide_tongue tongue, struct buf *out)
{
    struct decide_writer writer = {
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
        arena_alloc(d->arena, count * sizeof(Common__V1__Decision__Sentence *));
    for (size_t i = 0; i < count; i++) {
        sentences[i] = decide_room(d->arena, sizeof(Common__V1__Decision__Sentence));
        common__v1__decision__sentence__init(sentences[i]);
        sentences[i]->language = (char *)d->policy->languages[languages[i]];
        sentences[i]->text = (char *)write_sentence(d, languages[i]);
    }
    d->record->sentences = sentences;
    d->record->n_sentences = count;
}

void
policy_write_sentences(struct arena *arena, struct policy_engine *engine,
                       const struct policy *policy, Common__V1__Decision *record)
{
    struct arena *work = arena_new(ARENA_BUDGET_BYTES);
    struct decide *d = arena_alloc(work, sizeof *d);
    const struct policy_case question = {
        .question = (enum policy_question)policy_find_question(record->question)};
    d->arena = arena;
    d->work = work;
    d->engine = engine;
    d->question = &question;
    d->policy = policy;
    d->record = record;
    d->entitlements = (struct decide_list){.items = (void **)record->entitlements,
                                           .count = record->n_entitlements};
    decide_sentences(d);
    arena_free(&work);
}
