/*
 * policy_decide_engine - what is worked out once for many decisions
 *
 * For each version: the formatters of its languages and the last texts that they wrote, values of
 * rules as records hold them, the axes that rules name, and where each clause is printed. For all:
 * the rows of the fact catalogue by name, axis and event, and the words of sentences by key.
 * Nothing of it changes an answer.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <stdlib.h>
#include <string.h>

static void
name_rows(struct policy_engine *engine)
{
    size_t count = policy_fact_rows(&engine->rows);
    CHECK(count <= DECIDE_ROWS_MAX);
    decide_names_init(engine->arena, &engine->row_names, count);
    for (size_t i = 0; i < count; i++)
        decide_names_add(&engine->row_names, engine->rows[i].name);
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++)
        engine->axis_rows[axis] = decide_row(engine, policy_axis_row((enum policy_axis)axis)->name);
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++)
        engine->event_rows[event] =
            decide_row(engine, entitlement_event_name((enum entitlement_event)event));
}

static void
name_words(struct policy_engine *engine)
{
    size_t count = 0;
    while (decide_words_at(count) != NULL)
        count++;
    decide_names_init(engine->arena, &engine->word_names, count);
    for (size_t i = 0; i < count; i++)
        decide_names_add(&engine->word_names, decide_words_at(i)->key);
}

static void
name_clauses(struct policy_engine *engine, struct decide_version *version)
{
    const struct policy *policy = version->policy;
    size_t count = 0;
    for (size_t i = 0; i < policy->section_count; i++)
        count += policy->sections[i].clause_count;
    decide_names_init(engine->arena, &version->clause_names, count);
    version->clauses = arena_alloc(engine->arena, count * sizeof *version->clauses);
    for (size_t i = 0; i < policy->section_count; i++) {
        for (size_t c = 0; c < policy->sections[i].clause_count; c++) {
            const struct policy_clause *clause = &policy->sections[i].clauses[c];
            version->clauses[version->clause_names.count] =
                (struct decide_clause){clause->section->number, clause->number, clause->id};
            decide_names_add(&version->clause_names, clause->id);
        }
    }
}

static int
compare_languages(const void *a, const void *b, void *context)
{
    const struct policy *policy = context;
    return strcmp(policy->languages[*(const size_t *)a], policy->languages[*(const size_t *)b]);
}

static void
sort_languages(struct decide_version *version)
{
    const struct policy *policy = version->policy;
    for (size_t i = 0; i < policy->language_count; i++)
        version->languages[i] = i;
    qsort_r(version->languages, policy->language_count, sizeof version->languages[0],
            compare_languages, (void *)policy);
}

static void
find_own_words(struct decide_version *version)
{
    const struct policy *policy = version->policy;
    for (size_t i = 0; i < policy->label_count; i++) {
        const struct policy_label *label = &policy->labels[i];
        bool is_word = text_begins(label->key, "words.sentence.");
        for (size_t language = 0; is_word && language < policy->language_count; language++)
            version->has_own_words[language] |= label->text.texts[language] != NULL;
    }
}

static void
open_version(struct policy_engine *engine, struct decide_version *version,
             const struct policy *policy)
{
    version->policy = policy;
    version->rule_values =
        arena_alloc(engine->arena, policy->rule_count * sizeof(Common__V1__Value *));
    version->better = arena_alloc(engine->arena, policy->rule_count * sizeof *version->better);
    for (size_t r = 0; r < policy->rule_count; r++)
        version->named[policy->rules[r].parameter] |= policy->rules[r].when.named;
    for (size_t p = 0; p < policy->pack_count; p++) {
        const struct policy_pack *pack = &policy->packs[p];
        for (size_t i = 0; i < pack->floor_count; i++)
            version->floor_named[pack->floors[i].parameter] |= pack->floors[i].when.named;
    }
    name_clauses(engine, version);
    find_own_words(version);
    sort_languages(version);
}

struct policy_engine *
policy_engine_new(const struct policy_set *set)
{
    struct policy_engine *engine = mem_alloc(sizeof *engine);
    engine->set = *set;
    engine->arena = arena_new(SIZE_MAX / 2);
    engine->hash = decide_hash_new();
    name_rows(engine);
    name_words(engine);
    engine->versions = mem_alloc(set->version_count * sizeof *engine->versions);
    for (size_t i = 0; i < set->version_count; i++)
        open_version(engine, &engine->versions[i], set->versions[i]);
    return engine;
}

void
policy_engine_free(struct policy_engine **engine)
{
    struct policy_engine *freed = *engine;
    *engine = NULL;
    if (freed == NULL)
        return;
    for (size_t i = 0; i < freed->set.version_count; i++) {
        for (size_t language = 0; language < POLICY_LANGUAGES_MAX; language++) {
            policy_formatter_free(&freed->versions[i].formatters[language]);
            mem_free(freed->versions[i].kept[language]);
        }
    }
    decide_hash_free(freed->hash);
    buf_free(&freed->scratch);
    arena_free(&freed->arena);
    mem_free(freed->versions);
    mem_free(freed);
}

/* ---- rows of the fact catalogue ---- */

const struct policy_fact_row *
decide_row(const struct policy_engine *engine, const char *name)
{
    int index = decide_names_find(&engine->row_names, name);
    return index < 0 ? NULL : &engine->rows[index];
}

const struct decide_words *
decide_words_of(const struct policy_engine *engine, const char *key)
{
    int index = decide_names_find(&engine->word_names, key);
    return index < 0 ? NULL : decide_words_at((size_t)index);
}

int
decide_event_of(const struct policy_engine *engine, const struct policy_fact_row *row)
{
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++) {
        if (engine->event_rows[event] == row)
            return event;
    }
    return -1;
}

/* ---- versions ---- */

struct decide_version *
decide_version(struct decide *d, const struct policy *policy)
{
    struct policy_engine *engine = d->engine;
    if (engine->last != NULL && engine->last->policy == policy)
        return engine->last;
    for (size_t i = 0; i < engine->set.version_count; i++) {
        if (engine->versions[i].policy == policy)
            return engine->last = &engine->versions[i];
    }
    CHECK(false);
}

Common__V1__Value *
decide_rule_value(struct decide *d, const struct policy *policy, const struct policy_rule *rule)
{
    Common__V1__Value **value = &decide_version(d, policy)->rule_values[rule - policy->rules];
    if (*value == NULL)
        *value = decide_value(d->engine->arena, policy, &rule->value);
    return *value;
}

const struct decide_clause *
decide_clause(struct decide *d, const struct policy *policy, const char *id)
{
    const struct decide_version *version = decide_version(d, policy);
    int index = decide_names_find(&version->clause_names, id);
    const char *dot = strrchr(id, '.');
    if (index < 0 && dot != NULL && dot - id < 256) {
        char parent[256];
        memcpy(parent, id, (size_t)(dot - id));
        parent[dot - id] = 0;
        index = decide_names_find(&version->clause_names, parent);
    }
    return index < 0 ? NULL : &version->clauses[index];
}

struct buf *
decide_scratch(struct decide *d)
{
    buf_clear(&d->engine->scratch);
    return &d->engine->scratch;
}

/* ---- texts ---- */

struct policy_formatter *
decide_formatter(struct decide *d, const struct policy *policy, size_t language)
{
    struct decide_version *version = decide_version(d, policy);
    if (version->formatters[language] == NULL)
        version->formatters[language] = policy_formatter_new(policy, language);
    return version->formatters[language];
}

/* Where the text of a key is kept, or may be. */
static struct decide_kept *
find_kept(struct decide *d, const struct policy *policy, size_t language, int64_t key)
{
    struct decide_version *version = decide_version(d, policy);
    if (version->kept[language] == NULL)
        version->kept[language] = mem_alloc(DECIDE_KEPT_TEXTS * sizeof(struct decide_kept));
    return &version->kept[language][(uint64_t)key % DECIDE_KEPT_TEXTS];
}

static void
keep(struct decide_kept *kept, int64_t key, const struct buf *out, size_t start)
{
    size_t size_bytes = out->size_bytes - start;
    if (size_bytes > sizeof kept->text)
        return;
    memcpy(kept->text, out->bytes + start, size_bytes);
    kept->size_bytes = size_bytes;
    kept->key = key;
}

void
decide_write_date(struct decide *d, const struct policy *policy, size_t language, struct date date,
                  struct buf *out)
{
    int64_t key = (date.year * 100 + date.month) * 100 + date.day;
    struct decide_kept *kept = find_kept(d, policy, language, key);
    if (kept->key == key) {
        buf_add(out, kept->text, kept->size_bytes);
        return;
    }
    size_t start = out->size_bytes;
    policy_format_date(decide_formatter(d, policy, language), date, out);
    keep(kept, key, out, start);
}

/* Keys of spans, which are of years, months and days here, are below zero. */
void
decide_write_span(struct decide *d, const struct policy *policy, size_t language,
                  const struct policy_span *span, struct buf *out)
{
    int64_t key = -1 - (int64_t)span->months * ENTITLEMENT_DAYS_MAX - span->days;
    struct decide_kept *kept = find_kept(d, policy, language, key);
    if (kept->key == key) {
        buf_add(out, kept->text, kept->size_bytes);
        return;
    }
    size_t start = out->size_bytes;
    policy_format_span(decide_formatter(d, policy, language), span, POLICY_DATIVE, out);
    keep(kept, key, out, start);
}
