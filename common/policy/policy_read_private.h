/*
 * policy_read_private - what the files policy_read_*.c share: one reading, and the small readers of
 * scalars and maps
 *
 * A reading goes on after a fault, so that an author sees all of them; what could not be read is
 * left out. The order matters, as values refer to what stands before them: head, codes and axes,
 * calendars, contacts, clauses, statutory packs, and at last the texts of all languages.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_read.h"

/* What a text belongs to. Clauses and rights have placeholders, the others are plain words; without
 * a translation, sections and notices keep the words of the first language. */
enum policy_text_kind {
    POLICY_TEXT_CLAUSE,
    POLICY_TEXT_INTERNAL, /* of a clause that customers do not read: it may be missing */
    POLICY_TEXT_RIGHT,
    POLICY_TEXT_TEST,
    POLICY_TEXT_STEP,
    POLICY_TEXT_SECTION,
    POLICY_TEXT_NOTICE
};

/* Something that has words in every language. */
struct policy_read_text {
    const char *id; /* "warranty.period", "warranty.process/report", "warranty" */
    enum policy_text_kind kind;
    struct policy_text *text;  /* filled in place */
    struct policy_place place; /* of the id */
};

/* What a calendar was made of, for the canonical form. */
struct policy_read_calendar {
    struct calendar_source source;
    struct policy_place place;
};

/* A list of holidays that was given, and what it came to. */
struct policy_read_holidays {
    const struct policy_node *node; /* the file's map, or the publication's */
    struct holiday_list list;
    bool is_read;
    bool is_used; /* by a calendar */
};

struct policy_reader {
    struct arena *arena;
    struct policy_problems *problems;
    struct policy *policy;
    const struct policy_node *main; /* maps sorted by key */
    bool is_publication;
    size_t first_error; /* of this reading, in `problems` */
    bool has_faults;    /* before the part that is read: what it names may have been left out */

    /* The texts that stand outside the main file, by language of the policy; NULL: none given. */
    const struct policy_node *translations[POLICY_LANGUAGES_MAX];

    struct policy_read_holidays *holidays;
    size_t holiday_count;
    struct policy_read_calendar *calendars; /* as policy.calendars */
    size_t calendar_count;

    struct policy_read_text *texts; /* sorted by id once all are known */
    size_t text_count;
    size_t text_room;
    size_t sorted_text_count; /* of these, the first that policy_read_find_text looks at */

    struct policy_rule *rules;
    size_t rule_count;
    size_t rule_room;
};

/* ---- the parts, in their order ---- */

void policy_read_head(struct policy_reader *reader);
void policy_read_axes(struct policy_reader *reader); /* `codes:`, `axes:` and `regions:` */
void policy_read_calendars(struct policy_reader *reader);
void policy_read_contacts(struct policy_reader *reader); /* and `branding:` */
void policy_read_sections(struct policy_reader *reader);
void policy_read_packs(struct policy_reader *reader);
void policy_read_texts(struct policy_reader *reader);
void policy_read_labels(struct policy_reader *reader);

/* `languages:` of a main file; answers how many. */
size_t policy_read_languages(struct policy_reader *reader,
                             const char *ret_languages[POLICY_LANGUAGES_MAX]);

/* Brings the holiday lists of the sources into `holidays`. */
void policy_read_holiday_list(struct policy_reader *reader, struct policy_read_holidays *holidays);

/* The canonical tree of a policy that was read without an error. False: it is larger than a
 * publication may be, and `problems` says so. */
bool policy_canon_make(struct policy_reader *reader);

/* ---- refusing ---- */

/* Adds an error; always false. */
bool policy_read_fail(struct policy_reader *reader, struct policy_place place,
                      const char *clause_id, const char *reason, const char *format, ...)
    PRINTF_LIKE(5, 6);

/* ", did you mean x?" for a message; "" where nothing is near. In the arena. Costs nothing once the
 * list of problems is full. */
const char *policy_read_hint(struct policy_reader *reader, const char *const *names,
                             size_t name_count, const char *name);
const char *policy_read_hint_for(struct policy_reader *reader, const char *nearest);

/* Whether it is of no use to go on: the list of problems is full. */
bool policy_read_is_full(const struct policy_reader *reader);

/* ---- small readers; each says what is wrong ---- */

/* `what` is for the message: "axes", or the node's own key if NULL. */
bool policy_read_is_map(struct policy_reader *reader, const struct policy_node *node,
                        const char *clause_id, const char *what);
bool policy_read_is_list(struct policy_reader *reader, const struct policy_node *node,
                         const char *clause_id, const char *what);

/* Refuses keys that are not among those in `known`, which are apart by spaces. */
void policy_read_check_keys(struct policy_reader *reader, const struct policy_node *map,
                            const char *clause_id, const char *known);

/* The child that must be there; NULL: said so. */
const struct policy_node *policy_read_child(struct policy_reader *reader,
                                            const struct policy_node *map, const char *clause_id,
                                            const char *key);

/* The text of a scalar that says something; NULL: refused. At most POLICY_TEMPLATE_BYTES_MAX. */
const char *policy_read_scalar(struct policy_reader *reader, const struct policy_node *node,
                               const char *clause_id);

/* Of a map's child: `otherwise` where it is missing or refused. */
const char *policy_read_words(struct policy_reader *reader, const struct policy_node *map,
                              const char *clause_id, const char *key, const char *otherwise);
bool policy_read_flag(struct policy_reader *reader, const struct policy_node *map,
                      const char *clause_id, const char *key, bool otherwise);
int64_t policy_read_number(struct policy_reader *reader, const struct policy_node *map,
                           const char *clause_id, const char *key, int64_t min, int64_t max,
                           int64_t otherwise);
struct date policy_read_date(struct policy_reader *reader, const struct policy_node *map,
                             const char *clause_id, const char *key);

/* A name of small letters, digits and underscores that begins with a letter; `part_count` of them
 * joined by dots. NULL: refused. */
const char *policy_read_id(struct policy_reader *reader, const struct policy_node *node,
                           const char *clause_id, int part_count);

/* A selector. Axes and values must be known. False: refused. */
bool policy_read_when(struct policy_reader *reader, const struct policy_node *node,
                      const char *clause_id, struct policy_when *ret_when);

/* ---- texts ---- */

/* Something that has words. In a main file a person wrote, `node` holds those of the first
 * language; NULL: they are missing, which is an error but for notices. In a publication all stand
 * under `translations:`. */
void policy_read_add_text(struct policy_reader *reader, enum policy_text_kind kind, const char *id,
                          struct policy_place place, const struct policy_node *node,
                          struct policy_text *text);

/* The texts inside a value of a kind that has them (tests, steps). */
void policy_read_value_texts(struct policy_reader *reader, const struct policy_parameter_row *row,
                             const struct policy_node *node, const char *owner_id);

/* Refuses what the text of a right cannot print. */
void policy_read_check_right(struct policy_reader *reader, const struct policy_read_text *entry);

/* Sorts what has words by id, and says which ids stand twice. */
void policy_read_sort_texts(struct policy_reader *reader);

/* Among those sorted; NULL: there is none. */
const struct policy_read_text *policy_read_find_text(const struct policy_reader *reader,
                                                     const char *id);
