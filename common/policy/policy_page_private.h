/*
 * policy_page_private - what the files policy_page_*.c share
 *
 * A clause is composed once, into blocks (words and lists) and tables, in the form that is asked
 * for; the writers of HTML and plain text put these on the page.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_diff.h"
#include "common/policy/policy_format_private.h"
#include "common/policy/policy_page.h"
#include "common/policy/policy_template.h"

enum page_form {
    PAGE_HTML,
    PAGE_TEXT,
    PAGE_SENTENCE /* all in one line, no tables */
};

/* For whom a value differs from what holds for the reader: what a rule or floor names beyond what
 * the reader has said, or what several name together. */
struct page_rows {
    struct policy_when *rows; /* by axis, as the values stand in their trees */
    size_t count;
    bool is_cut; /* there are more than POLICY_PAGE_VALUES_MAX */
};

enum { PAGE_COLUMNS_MAX = 16, PAGE_TABLES_MAX = 16 };

/* Values by reader: a row for each who, a column for each parameter, and what holds otherwise. */
struct page_table {
    enum policy_parameter columns[PAGE_COLUMNS_MAX];
    size_t column_count;
    struct page_rows rows;
};

/* Words in the page's form, or a list of a value's elements. */
struct page_block {
    bool is_list;
    struct buf words;
    enum policy_parameter parameter; /* list */
    struct policy_value value;
};

/* The last note that exceptions stand in a table. */
struct page_note {
    const struct page_table *table; /* NULL: there was none */
    size_t block;                   /* blocks up to that with it */
    size_t start, size;             /* in its words */
};

struct page_clause {
    struct page_block *blocks;
    size_t block_count;
    struct page_table tables[PAGE_TABLES_MAX];
    size_t table_count;
    struct page_note note;
};

/* Where a page prints a contact in full. */
struct page_place {
    const char *contact;
    const struct policy_clause *clause;
    const struct page_place *next;
};

enum page_letter { PAGE_SMALL, PAGE_CAPITAL };

/* One page that is written. */
struct page_writer {
    const struct policy_page *page;
    const struct policy *policy;
    enum page_form form;
    struct arena *arena; /* of the page */
    struct policy_formatter *formatter;
    struct policy_subject reader;
    struct buf *out;
    int width_columns;                              /* TEXT */
    const struct policy_changes *changes;           /* against the version before; NULL */
    struct page_rows *rows[POLICY_PARAMETER_COUNT]; /* as far as asked for */
    const struct page_place *places;                /* of the contacts that were printed */
};

/* ---- policy_page_candidates.c ---- */

/* The selectors beyond the subject of the rules and floors that could hold for them, and of all
 * that floors have in common with each other and with rules; wider ones first. Among those around
 * any reader one lies inside all others, or they agree. No reader has more than who says nothing.
 */
struct page_rows page_find_candidates(struct arena *arena, const struct policy *policy,
                                      enum policy_parameter parameter,
                                      const struct policy_subject *subject);

/* ---- policy_page_rows.c ---- */

/* The reader who is also what `when` names. */
struct policy_subject page_narrow(const struct policy_axes *axes,
                                  const struct policy_subject *subject,
                                  const struct policy_when *when);

/* Everything for whom the parameter may have another value than for the reader, without those for
 * whom it follows from wider rows. Found once for a page, whose arena has it. */
const struct page_rows *page_find_rows(struct page_writer *writer, enum policy_parameter parameter);

/* "large appliances + refurbished products": who is both. */
void page_add_who(struct page_writer *writer, const struct policy_when *when, struct buf *out);

/* ---- policy_page_reading.c ---- */

/* The parameter that a placeholder of a clause names; -1: none, or the policy does not set it. */
int page_find_parameter(const struct policy *policy, const char *clause_id, const char *name);

/* Words in the writer's form. */
void page_add_text(struct page_writer *writer, const char *text, struct buf *out);

/* A value in words, for the writer's form, without element around it; "or" its rival, where both
 * are computed. */
void page_add_reading(struct page_writer *writer, enum policy_parameter parameter,
                      const struct policy_subject *subject, enum policy_grammar grammar,
                      struct buf *out);

/* ---- policy_page_clause.c ---- */

/* Composes a clause. page_clause_free gives the words back. */
void page_compose_clause(struct page_writer *writer, const struct policy_clause *clause,
                         struct page_clause *ret_clause);
void page_compose_right(struct page_writer *writer, const struct policy_right *right,
                        struct page_clause *ret_clause);
void page_clause_free(struct page_clause *clause);

/* The form that a placeholder asks for. */
enum policy_grammar page_grammar_of(const struct policy_part *part);

/* ---- policy_page_right.c ---- */

/* A field of a right in plain words; nothing where it has no such field. */
void page_add_right_field(struct page_writer *writer, const struct policy_right *right,
                          const struct policy_part *part, struct buf *out);

/* ---- policy_page_contact.c ---- */

/* Another clause that has printed a contact in full on this page. NULL: none has, and this clause
 * is it from now on, unless customers do not see it. */
const struct policy_clause *page_find_contact(struct page_writer *writer, const char *clause_id,
                                              const char *name);
/* "see clause 0.2", with a link. */
void page_add_contact_place(struct page_writer *writer, const struct policy_clause *clause,
                            struct buf *out);

/* ---- policy_page_words.c ---- */

/* Whether a line must not be broken at a space, by what stands before and after it. */
bool page_is_glued(const char *before, size_t before_size, const char *after);

/* HTML with no-break spaces where its words are glued; links keep theirs. */
void page_glue_html(const char *html, struct buf *out);

/* Words that begin with a small or capital letter; in the arena, if that changes them. */
const char *page_begin(struct arena *arena, const char *words, enum page_letter letter);

/* ---- policy_page_branch.c ---- */

/* The branch of a select for a value: the one that is named after it, or `other`. */
const struct policy_template *page_choose_branch(const struct policy_part *part,
                                                 const struct policy_value *value);

/* ---- policy_page_wrap.c ---- */

/* Words in lines of the writer's width: `lead` begins the first, which has at most `indent`
 * characters; the others are indented as far. */
void page_add_wrapped(struct page_writer *writer, int indent, const char *lead, const char *text);
int page_count_characters(const char *text, size_t size);

/* ---- policy_page_table.c ---- */

/* Puts a parameter that varies into a table whose rows fit it, or into a new one. Answers the
 * table; NULL: the clause has no room for more. */
const struct page_table *page_add_column(struct page_clause *clause,
                                         enum policy_parameter parameter,
                                         const struct page_rows *rows);

/* What staff know a parameter as: its label, or its id. */
const char *page_parameter_name(const struct page_writer *writer, enum policy_parameter parameter);

/* What a column is called. */
const char *page_column_name(const struct page_writer *writer, enum policy_parameter parameter);

/* The text of a cell, in the writer's form. `when` NULL: what holds otherwise. */
void page_add_cell(struct page_writer *writer, enum policy_parameter parameter,
                   const struct policy_when *when, struct buf *out);

/* ---- policy_page_parts.c: what both writers ask ---- */

/* Begins and ends a page: formatter, arena, changes. */
void page_open(struct page_writer *writer, const struct policy_page *page, enum page_form form,
               struct buf *out);
void page_close(struct page_writer *writer);

const char *page_word(const struct page_writer *writer, const char *key);
/* Fills the words of a key in the writer's form. */
void page_fill(const struct page_writer *writer, const char *key, const char *first,
               const char *second, struct buf *out);
const char *page_text_of(const struct page_writer *writer, const struct policy_text *text);

/* Whether a clause is on the page; whether any of a section is. */
bool page_shows_clause(const struct page_writer *writer, const struct policy_clause *clause);
bool page_shows_section(const struct page_writer *writer, const struct policy_section *section);
bool page_shows_right(const struct page_writer *writer, const struct policy_right *right);
bool page_shows_pack(const struct page_writer *writer, const struct policy_pack *pack);
bool page_is_enforced(const struct page_writer *writer, const struct policy_section *section);

/* "1.2", a position among the clauses that customers see; "" for internal ones. In the arena. */
const char *page_number(const struct page_writer *writer, const struct policy_clause *clause);

/* The key of the word that marks a clause or right as new or changed; NULL: as it was. */
const char *page_change_key(const struct page_writer *writer, const char *id);

/* "Version 7, in force from June 1, 2026", or that it is a draft. */
void page_add_version(struct page_writer *writer, struct buf *out);

/* What the reader has said of themselves; nothing for the general reader. */
void page_add_reader(struct page_writer *writer, struct buf *out);

/* Which law a pack follows; nothing where it does not say. */
void page_add_source(const struct page_writer *writer, const struct policy_pack *pack,
                     struct buf *out);

/* Whether working time of a calendar has been printed so far, so that the page says its hours.
 * (Contacts and values that are calendars print theirs themselves.) */
bool page_speaks_of_calendar(const struct page_writer *writer, size_t index);

/* The public holidays that a calendar keeps, in a sentence; nothing where there are none. */
void page_add_holidays(const struct page_writer *writer, const struct calendar *calendar,
                       struct buf *out);

/* The parameters of a clause that no text prints, for staff; how many. */
size_t page_unprinted(struct page_writer *writer, const struct policy_clause *clause,
                      enum policy_parameter ret_parameters[POLICY_PARAMETER_COUNT]);
