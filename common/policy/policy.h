/*
 * policy - one version of a company's policy, read and checked, never changed afterwards
 *
 * A policy is clauses in sections; a clause has texts (one per language) and sets values of
 * parameters, some of them differently for narrower selectors. Beside the company's own terms stand
 * statutory packs: rights (layers of their own) and floors (which lift single values). Everything
 * lives in the arena it was read into; any number of readers may share it.
 *
 * What there is, each built on those before it, in the order in which to read:
 *
 *   policy_catalogue.h  what the program knows: kinds, axes, parameters, lists, facts
 *   policy_problem.h    what is wrong, with its place
 *   policy_node.h       YAML or JSON -> a tree
 *   policy_axis.h       trees of values; selectors and subjects
 *   policy_value.h      values by kind: read, printed, compared; policy_fee.h computes fees
 *   policy_predicate.h  conditions on facts (policy_fact.h)
 *   policy.h            this: a version, and what holds for somebody
 *   policy_template.h   texts with placeholders; policy_branch.h and policy_right.h, what they ask
 *
 *   policy_read.h       files -> policy          policy_check.h   ties, gaps, warnings
 *   policy_canon.h      canonical form, digest   policy_set.h     versions, pins, the best of them
 *   policy_decide.h     facts -> decision record
 *   policy_words.h      the engine's own words   policy_format.h  values in a reader's language
 *   policy_page.h       the published text       policy_diff.h    two versions in words
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/calendar/calendar.h"
#include "common/entitlement/entitlement.h"
#include "common/policy/policy_predicate.h"

enum {
    POLICY_LANGUAGES_MAX = 32,
    POLICY_RULES_MAX = 20000,
    POLICY_CLAUSES_MAX = 2000,
    POLICY_CALENDARS_MAX = 64,
    POLICY_DIGEST_BYTES = 32
};

/* A text in every language of the policy, in the order of policy.languages; NULL where one is
 * missing (an error, found by the checker). Places say where each stands. */
struct policy_text {
    const char *texts[POLICY_LANGUAGES_MAX];
    struct policy_place places[POLICY_LANGUAGES_MAX];
};

/* A value of a parameter for the subjects of a selector. */
struct policy_rule {
    enum policy_parameter parameter;
    const struct policy_clause *clause;
    struct policy_when when;
    const char *when_text; /* canonical, "" for the value for all */
    const char *id;        /* "warranty.period[category=large_appliances,cost_class=parts]",
                              "warranty.period" for all */
    struct policy_value value;
    struct policy_place place;
};

struct policy_clause {
    const char *id; /* "warranty.period" */
    const struct policy_section *section;
    bool is_internal; /* decides, but is not printed for customers */
    int number; /* its place among the printed ones of its section: the 2 of 1.2; 0: internal */
    struct policy_text text;
    struct policy_place place;
};

struct policy_section {
    const char *id; /* "warranty" */
    int number;     /* printed: 1 */
    struct policy_text title;
    const struct policy_clause *clauses; /* contiguous, in the order written */
    size_t clause_count;
    struct policy_place place;
};

/* Texts of ids that are no clauses: tests ("warranty.exclusions.misuse"), steps
 * ("warranty.process/report"), rights, notices ("eu_consumer_sample") and sources
 * ("eu_consumer_sample/source"). */
struct policy_named_text {
    const char *id;
    struct policy_text text;
};

struct policy_code_list {
    const char *name; /* "cause" */
    struct policy_codes codes;
    struct policy_place place;
};

/* How a code is called in each language: "material_defect" -> "material defects". Keys are
 * `list.code` or, for all lists, `code`. */
struct policy_label {
    const char *key;
    struct policy_text text;
};

struct policy_contact {
    const char *name;
    const char *phone, *email, *url, *address; /* "" where absent */
    const char *calendar;                      /* hours; NULL */
    struct policy_place place;
};

struct policy_branding {
    const char *company, *logo_url, *address, *imprint_url; /* "" where absent */
};

/* A right that stands beside the company's terms. */
enum policy_right_kind { POLICY_RIGHT_WARRANTY, POLICY_RIGHT_RETURN };

struct policy_right {
    const char *id; /* "eu_consumer_sample.conformity" */
    enum policy_right_kind kind;
    struct policy_when when;
    struct policy_span length;
    const struct policy_anchor *starts;
    size_t start_count;
    struct policy_codes covers;   /* cost classes */
    struct policy_codes causes;   /* WARRANTY: one at least, so that nobody takes silence for all */
    struct policy_codes reasons;  /* RETURN; none: all of them */
    struct policy_codes excludes; /* ids of the company's tests that reach it */
    struct policy_codes remedies;
    struct policy_span presumed_for; /* all zero: no presumption */
    enum entitlement_carry_over on_replacement;
    bool pauses_in_repair;
    struct policy_text text;
    struct policy_place place;
};

struct policy_floor {
    const char *id; /* "eu_consumer_sample.refund_time" */
    enum policy_parameter parameter;
    struct policy_when when; /* of the pack's `applies` and its own */
    struct policy_value value;
    struct policy_place place;
};

struct policy_pack {
    const char *id; /* "eu_consumer_sample" */
    int64_t version;
    const char *label; /* "eu_consumer_sample@1" */
    bool is_sample;
    struct policy_text notice; /* no texts: it has none */
    struct policy_text source; /* which law it follows; no texts: not said */
    struct policy_when applies;
    const struct policy_right *rights;
    size_t right_count;
    const struct policy_floor *floors;
    size_t floor_count;
    struct policy_place place;
};

/* The zone of a region where it differs from the policy's. */
struct policy_region_zone {
    int region; /* index in axes */
    const struct zone *zone;
};

struct policy {
    const char *name;                /* "default" */
    int64_t version;                 /* 0: a draft */
    struct date effective_from;      /* absent in a draft */
    struct date also_for_sold_since; /* absent: terms of sold units are not improved */
    uint8_t digest[POLICY_DIGEST_BYTES];

    const char *languages[POLICY_LANGUAGES_MAX]; /* BCP 47; the first is the main file's */
    size_t language_count;
    struct policy_text title;
    const struct zone *zone;
    const struct policy_region_zone *region_zones;
    size_t region_zone_count;
    char currency_code[4];
    struct policy_branding branding;

    struct policy_axes axes;
    const struct policy_code_list
        *lists; /* those under `codes:`; policy_has_code knows the program's too */
    size_t list_count;
    struct calendar *const *calendars; /* sorted by name */
    size_t calendar_count;
    const struct policy_contact *contacts;
    size_t contact_count;
    const struct policy_label *labels; /* sorted by key */
    size_t label_count;
    struct policy_place label_places[POLICY_LANGUAGES_MAX]; /* where each language's begin */
    const struct policy_section *sections;
    size_t section_count;
    const struct policy_named_text *named_texts; /* sorted by id */
    size_t named_text_count;
    const struct policy_pack *packs;
    size_t pack_count;

    /* All rules; those of a parameter are contiguous, narrower ones before wider ones: the first
     * that matches holds. */
    const struct policy_rule *rules;
    size_t rule_count;
    size_t rule_first[POLICY_PARAMETER_COUNT + 1];
    /* The same rules; those of a parameter by the article that they name, none before all. */
    const struct policy_rule **rules_by_article;

    /* What was read, in normal form, for policy_canon and policy_diff: maps sorted by key where
     * order means nothing. */
    const struct policy_node *tree;
};

/* Gives a policy its rules, which are brought into order. Their selectors and `when_text` must be
 * there. */
void policy_index_rules(struct arena *arena, struct policy *policy, struct policy_rule *rules,
                        size_t count);

/* The rule that holds for a subject: the narrowest that matches. NULL only for a parameter that the
 * policy does not set (the checker refuses such a policy). */
const struct policy_rule *policy_find_rule(const struct policy *policy,
                                           enum policy_parameter parameter,
                                           const struct policy_subject *subject);

/* By name or id; NULL: none. */
const struct calendar *policy_find_calendar(const struct policy *policy, const char *name);
const struct policy_contact *policy_find_contact(const struct policy *policy, const char *name);
const struct policy_clause *policy_find_clause(const struct policy *policy, const char *id);
const struct policy_text *policy_find_text(const struct policy *policy, const char *id);
/* Index of a language; the nearest by BCP 47 fallback ("de-AT" -> "de"), else one of the same
 * language ("de" -> "de-AT"), 0 if none fits. Any tag is taken. */
size_t policy_find_language(const struct policy *policy, const char *tag);
/* The label of a code in a language; NULL where there is none. `list` may be NULL: only the label
 * for all lists is looked for. */
const char *policy_find_label(const struct policy *policy, const char *list, const char *code,
                              size_t language);
/* The same; the code itself where there is none. */
const char *policy_label(const struct policy *policy, const char *list, const char *code,
                         size_t language);
/* Whether a list (the program's, the policy's, or an axis' name) has a code. An open axis (sku) has
 * any. */
bool policy_has_code(const struct policy *policy, const char *list, const char *code);
/* The code of a list (the program's and the policy's part of it, or an axis' values) that is
 * nearest to a misspelt one, for messages; NULL: none is near. */
const char *policy_nearest_code(const struct policy *policy, const char *list, const char *code);
/* The first codes of the same as "wear, unknown", for messages: as many as are told in some 200
 * bytes, then "..."; "" where there is none. */
const char *policy_print_codes(struct arena *arena, const struct policy *policy, const char *list);
/* The zone in which the civil days of a region count: its own, that of the nearest region around
 * it, or the policy's. */
const struct zone *policy_zone(const struct policy *policy, const struct policy_subject *subject);

/* A value as it holds for a subject, after the floors of the packs that apply. */
struct policy_reading {
    const struct policy *policy;      /* the version of the rule: names of the value are its */
    const struct policy_rule *rule;   /* the company's */
    struct policy_value value;        /* what holds */
    const struct policy_floor *floor; /* lifted by; NULL: the company's value holds */
    const struct policy_floor
        *rival; /* INCOMPARABLE with the value: both are computed for the case; NULL */
    struct policy_value rival_value;
    const struct policy *rival_policy; /* the version of the rival */
};

/* Reads a parameter for a subject; the policy must set it. Of several floors the best holds; with
 * joins (`more`, `fewer`), what any of them grants, and `floor` is the last that added to it. Joins
 * are made in the arena; otherwise nothing is allocated. Three values of which none is better than
 * another have no place here: the checker refuses such a policy (FLOORS_RIVAL). */
struct policy_reading policy_read_value(struct arena *arena, const struct policy *policy,
                                        enum policy_parameter parameter,
                                        const struct policy_subject *subject);
