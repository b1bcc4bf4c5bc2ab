/*
 * policy - finding things in a version: rules, calendars, contacts, texts, labels, zones; and
 * reading values with the floors of the law
 *
 * Rules of a parameter stand narrower before wider. If selector A lies inside B, each axis that B
 * names is named by A with the same value or one beneath it, so the depths of A add up to more:
 * the order by falling depth puts A first, and the first rule that matches is a narrowest one. In
 * a checked policy all narrowest ones have one value. Thousands of rules are exceptions for
 * articles: those for other articles than the one asked about are not looked at.
 *
 * Tables that the reader sorts are halved; the few that stand in the order written are walked.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int
compare_rules(const void *a, const void *b)
{
    const struct policy_rule *left = a;
    const struct policy_rule *right = b;
    int order = compare_numbers(left->parameter, right->parameter);
    if (order == 0)
        order = compare_numbers(right->when.depth, left->when.depth);
    if (order == 0)
        order = strcmp(left->when_text, right->when_text);
    /* The same selector twice is an error, but one that is the same however often it is read. */
    return order != 0 ? order : policy_place_compare(&left->place, &right->place);
}

static int
compare_articles(const void *a, const void *b)
{
    const struct policy_rule *left = *(const struct policy_rule *const *)a;
    const struct policy_rule *right = *(const struct policy_rule *const *)b;
    int order = compare_numbers(left->parameter, right->parameter);
    if (order == 0)
        order = compare_numbers(left->when.values[POLICY_AXIS_SKU],
                                right->when.values[POLICY_AXIS_SKU]);
    return order != 0 ? order : compare_numbers((intptr_t)left, (intptr_t)right);
}

void
policy_index_rules(struct arena *arena, struct policy *policy, struct policy_rule *rules,
                   size_t count)
{
    policy->rules = rules;
    policy->rule_count = count;
    policy->rules_by_article = arena_alloc(arena, count * sizeof *policy->rules_by_article);
    if (count > 0)
        qsort(rules, count, sizeof *rules, compare_rules);
    size_t next = 0;
    for (size_t parameter = 0; parameter < POLICY_PARAMETER_COUNT; parameter++) {
        policy->rule_first[parameter] = next;
        for (; next < count && rules[next].parameter == (enum policy_parameter)parameter; next++)
            policy->rules_by_article[next] = &rules[next];
    }
    CHECK(next == count);
    policy->rule_first[POLICY_PARAMETER_COUNT] = next;
    qsort(policy->rules_by_article, count, sizeof *policy->rules_by_article, compare_articles);
}

/* The narrowest rule that matches, of those that name just this article; 0: that name none. */
static const struct policy_rule *
find_by_article(const struct policy *policy, enum policy_parameter parameter, int article,
                const struct policy_subject *subject)
{
    size_t low = policy->rule_first[parameter];
    size_t end = policy->rule_first[parameter + 1];
    for (size_t high = article == 0 ? low : end; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (policy->rules_by_article[middle]->when.values[POLICY_AXIS_SKU] < article)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < end; low++) {
        const struct policy_rule *rule = policy->rules_by_article[low];
        if (rule->when.values[POLICY_AXIS_SKU] != article)
            return NULL;
        if (policy_when_matches(&policy->axes, &rule->when, subject))
            return rule;
    }
    return NULL;
}

const struct policy_rule *
policy_find_rule(const struct policy *policy, enum policy_parameter parameter,
                 const struct policy_subject *subject)
{
    const struct policy_rule *found = NULL;
    int article = subject->values[POLICY_AXIS_SKU];
    for (;; article = policy->axes.values[article].parent) {
        const struct policy_rule *rule = find_by_article(policy, parameter, article, subject);
        if (rule != NULL && (found == NULL || rule < found))
            found = rule;
        if (article == 0)
            return found;
    }
}

static int
compare_calendar(const void *name, const void *calendar)
{
    return strcmp(name, calendar_name(*(struct calendar *const *)calendar));
}

const struct calendar *
policy_find_calendar(const struct policy *policy, const char *name)
{
    if (policy->calendar_count == 0)
        return NULL;
    struct calendar *const *found = bsearch(name, policy->calendars, policy->calendar_count,
                                            sizeof *policy->calendars, compare_calendar);
    return found == NULL ? NULL : *found;
}

const struct policy_contact *
policy_find_contact(const struct policy *policy, const char *name)
{
    for (size_t i = 0; i < policy->contact_count; i++) {
        if (strcmp(policy->contacts[i].name, name) == 0)
            return &policy->contacts[i];
    }
    return NULL;
}

const struct policy_clause *
policy_find_clause(const struct policy *policy, const char *id)
{
    for (size_t i = 0; i < policy->section_count; i++) {
        const struct policy_section *section = &policy->sections[i];
        for (size_t j = 0; j < section->clause_count; j++) {
            if (strcmp(section->clauses[j].id, id) == 0)
                return &section->clauses[j];
        }
    }
    return NULL;
}

static int
compare_named_text(const void *id, const void *named)
{
    return strcmp(id, ((const struct policy_named_text *)named)->id);
}

const struct policy_text *
policy_find_text(const struct policy *policy, const char *id)
{
    if (policy->named_text_count > 0) {
        const struct policy_named_text *named =
            bsearch(id, policy->named_texts, policy->named_text_count, sizeof *policy->named_texts,
                    compare_named_text);
        if (named != NULL)
            return &named->text;
    }
    const struct policy_clause *clause = policy_find_clause(policy, id);
    return clause == NULL ? NULL : &clause->text;
}

/* The language that has the first `size` bytes of a tag as its whole tag, or with `is_prefix` as
 * its first subtag; the count of languages if none has. Tags do not know capitals (RFC 5646). */
static size_t
find_tag(const struct policy *policy, const char *tag, size_t size, bool is_prefix)
{
    for (size_t i = 0; i < policy->language_count; i++) {
        const char *language = policy->languages[i];
        if (strncasecmp(language, tag, size) != 0)
            continue;
        if (language[size] == '\0' || (is_prefix && language[size] == '-'))
            return i;
    }
    return policy->language_count;
}

/* The size of a tag without its last subtag (RFC 4647, 3.4). 0: it has but one. */
static size_t
shorten_tag(const char *tag, size_t size)
{
    while (size > 0 && tag[size - 1] != '-')
        size--;
    return size > 0 ? size - 1 : 0;
}

size_t
policy_find_language(const struct policy *policy, const char *tag)
{
    for (size_t size = strlen(tag); size > 0; size = shorten_tag(tag, size)) {
        size_t found = find_tag(policy, tag, size, false);
        if (found < policy->language_count)
            return found;
    }
    /* Who reads "de" reads "de-AT" sooner than another language. */
    size_t primary = strcspn(tag, "-");
    size_t found = find_tag(policy, tag, primary, true);
    return found < policy->language_count ? found : 0;
}

/* A label's key in two parts: "cause" and "wear" for "cause.wear"; no list: the code alone. */
struct label_key {
    const char *list;
    const char *code;
};

static int
compare_label(const void *wanted, const void *label)
{
    const struct label_key *key = wanted;
    const char *text = ((const struct policy_label *)label)->key;
    if (key->list == NULL)
        return strcmp(key->code, text);
    size_t size = strlen(key->list);
    int order = strncmp(key->list, text, size);
    if (order != 0)
        return order;
    if (text[size] != '.')
        return compare_numbers('.', (unsigned char)text[size]);
    return strcmp(key->code, text + size + 1);
}

const char *
policy_find_label(const struct policy *policy, const char *list, const char *code, size_t language)
{
    const struct label_key keys[] = {{list, code}, {NULL, code}};
    for (size_t i = 0; i < COUNT_OF(keys) && policy->label_count > 0; i++) {
        if (i == 0 && list == NULL)
            continue;
        const struct policy_label *label = bsearch(&keys[i], policy->labels, policy->label_count,
                                                   sizeof *policy->labels, compare_label);
        if (label != NULL && label->text.texts[language] != NULL)
            return label->text.texts[language];
    }
    return NULL;
}

const char *
policy_label(const struct policy *policy, const char *list, const char *code, size_t language)
{
    const char *label = policy_find_label(policy, list, code, language);
    return label != NULL ? label : code;
}

static bool
has_listed_code(const struct policy *policy, const char *list, const char *code)
{
    const struct policy_list_row *row = policy_find_list(list);
    for (size_t i = 0; row != NULL && row->codes[i] != NULL; i++) {
        if (strcmp(row->codes[i], code) == 0)
            return true;
    }
    for (size_t i = 0; i < policy->list_count; i++) {
        const struct policy_code_list *own = &policy->lists[i];
        if (strcmp(own->name, list) != 0)
            continue;
        for (size_t j = 0; j < own->codes.count; j++) {
            if (strcmp(own->codes.codes[j], code) == 0)
                return true;
        }
    }
    return false;
}

bool
policy_has_code(const struct policy *policy, const char *list, const char *code)
{
    if (has_listed_code(policy, list, code))
        return true;
    int axis = policy_find_axis(list);
    if (axis < 0)
        return false;
    const struct policy_axis_row *row = policy_axis_row((enum policy_axis)axis);
    switch (row->source) {
    case POLICY_AXIS_OPEN:
        return code[0] != '\0';
    case POLICY_AXIS_LISTED:
        return has_listed_code(policy, row->list, code);
    case POLICY_AXIS_DECLARED:
        break;
    }
    return (policy->axes.lost >> axis & 1) != 0 ||
           policy_axes_find(&policy->axes, (enum policy_axis)axis, code) != 0;
}

const struct zone *
policy_zone(const struct policy *policy, const struct policy_subject *subject)
{
    int region = subject->values[POLICY_AXIS_REGION];
    for (; region != 0; region = policy->axes.values[region].parent) {
        for (size_t i = 0; i < policy->region_zone_count; i++) {
            if (policy->region_zones[i].region == region)
                return policy->region_zones[i].zone;
        }
    }
    return policy->zone;
}

/* Puts a floor under a reading whose direction chooses one of two values. At most two values stay,
 * neither better than the other: what holds, and its rival. */
static void
lift(const struct policy_parameter_row *row, struct policy_reading *reading,
     const struct policy_floor *floor)
{
    enum policy_order order = policy_value_compare(row, &floor->value, &reading->value);
    if (order == POLICY_BETTER) {
        reading->value = floor->value;
        reading->floor = floor;
        /* The rival was no better than what is now lifted, but may be worse than what lifted it. */
        if (reading->rival != NULL && policy_value_compare(row, &reading->rival_value,
                                                           &reading->value) != POLICY_INCOMPARABLE)
            reading->rival = NULL;
    } else if (order == POLICY_INCOMPARABLE &&
               (reading->rival == NULL ||
                policy_value_compare(row, &floor->value, &reading->rival_value) == POLICY_BETTER)) {
        reading->rival = floor;
        reading->rival_value = floor->value;
    }
}

/* The same where the direction joins sets: the customer has what either grants. */
static void
join(struct arena *arena, const struct policy_parameter_row *row, struct policy_reading *reading,
     const struct policy_floor *floor)
{
    if (policy_value_equals(&reading->value, &floor->value))
        return;
    struct policy_value joined = policy_value_best(arena, row, &reading->value, &floor->value);
    if (policy_value_equals(&reading->value, &joined))
        return;
    reading->value = joined;
    reading->floor = floor;
}

static void
put_floor(struct arena *arena, const struct policy_parameter_row *row,
          struct policy_reading *reading, const struct policy_floor *floor)
{
    if (row->better == POLICY_MORE || row->better == POLICY_FEWER)
        join(arena, row, reading, floor);
    else
        lift(row, reading, floor);
}

struct policy_reading
policy_read_value(struct arena *arena, const struct policy *policy, enum policy_parameter parameter,
                  const struct policy_subject *subject)
{
    struct policy_reading reading = {.policy = policy,
                                     .rule = policy_find_rule(policy, parameter, subject),
                                     .rival_policy = policy};
    CHECK(reading.rule != NULL); /* a policy is checked before it is used */
    reading.value = reading.rule->value;
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    for (size_t i = 0; i < policy->pack_count; i++) {
        const struct policy_pack *pack = &policy->packs[i];
        for (size_t j = 0; j < pack->floor_count; j++) {
            const struct policy_floor *floor = &pack->floors[j];
            if (floor->parameter == parameter &&
                policy_when_matches(&policy->axes, &floor->when, subject))
                put_floor(arena, row, &reading, floor);
        }
    }
    return reading;
}
