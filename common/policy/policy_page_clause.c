/*
 * policy_page_clause - a clause's text with its values put in
 *
 * Words and values run into one block until a list with more than one element ends it. A value that
 * varies for the reader prints as what holds in general, with at most two exceptions on one axis
 * in brackets; more go into a table. A select prints the branch of what holds in general, and then
 * for each exception its own branch. Inside a branch nothing is a list.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"
#include "common/policy/policy_template.h"

#include <string.h>

#include "common/html.h"

enum {
    EXCEPTIONS_INLINE_MAX = 2,
    BLOCKS_MAX = 2 * POLICY_TEMPLATE_PARTS_MAX + 2,
    VALUE_BUDGET_BYTES = 16 * 1024 * 1024 /* for one value */
};

/* A text that is being composed, for a subject. */
struct composition {
    struct page_writer *writer;
    struct page_clause *clause;
    const char *clause_id;
    const struct policy_right *right; /* or the right whose text it is; NULL */
    struct policy_subject subject;
    int select_parameter; /* of the branch that is composed; -1: none */
    bool is_exception;    /* the branch is an exception's: nothing varies in it */
    bool is_branch;
    bool is_small; /* what comes next begins with a small letter */
};

/* ---- blocks ---- */

static struct page_block *
add_block(struct page_clause *clause)
{
    CHECK(clause->block_count < BLOCKS_MAX);
    struct page_block *block = &clause->blocks[clause->block_count++];
    *block = (struct page_block){0};
    return block;
}

static struct buf *
words_of(struct page_clause *clause)
{
    if (clause->block_count == 0 || clause->blocks[clause->block_count - 1].is_list)
        (void)add_block(clause);
    return &clause->blocks[clause->block_count - 1].words;
}

/* The stop after a list ended a sentence that is not in one line any more. */
static void
add_words(struct composition *c, const char *words)
{
    struct page_clause *clause = c->clause;
    if (clause->block_count > 0 && clause->blocks[clause->block_count - 1].is_list)
        words += strspn(words, ".,; ");
    if (c->is_small)
        words = page_begin(c->writer->arena, words, PAGE_SMALL);
    if (words[0] != '\0')
        page_add_text(c->writer, words, words_of(clause));
}

static void
open_element(struct composition *c, enum policy_parameter parameter, const char *value)
{
    if (c->writer->form != PAGE_HTML)
        return;
    struct buf *out = words_of(c->clause);
    buf_printf(out, "<span data-parameter=\"%s\"", policy_parameter_row(parameter)->name);
    if (value != NULL) {
        buf_add_text(out, " data-value=\"");
        html_escape(out, value);
        buf_add_text(out, "\"");
    }
    buf_add_text(out, ">");
}

static void
close_element(struct composition *c)
{
    if (c->writer->form == PAGE_HTML)
        buf_add_text(words_of(c->clause), "</span>");
}

/* ---- values ---- */

/* Whether all rows name the same axis, and only that. */
static bool
rows_are_simple(const struct page_rows *rows)
{
    if (rows->count > EXCEPTIONS_INLINE_MAX)
        return false;
    for (size_t i = 0; i < rows->count; i++) {
        uint32_t named = rows->rows[i].named;
        if ((named & (named - 1)) != 0 || named != rows->rows[0].named)
            return false;
    }
    return true;
}

/* " (2 years for large appliances; 6 months for refurbished products)", or with several codes "
 * (for businesses: parts and labour)"; neighbours with equal values stand together. */
static void
add_exceptions(struct composition *c, enum policy_parameter parameter, const struct page_rows *rows,
               enum policy_grammar grammar)
{
    struct page_writer *writer = c->writer;
    struct buf *out = words_of(c->clause), value = {0}, who = {0}, next = {0};
    bool is_several = policy_parameter_row(parameter)->kind == POLICY_CHOICES;
    const char *key = is_several ? "table.exception_list" : "table.exception";
    buf_add_text(out, " (");
    for (size_t i = 0; i < rows->count; i++) {
        const struct policy_when *when = &rows->rows[i];
        struct policy_subject subject = page_narrow(&writer->policy->axes, &c->subject, when);
        buf_clear(&next);
        page_add_reading(writer, parameter, &subject, grammar, &next);
        bool is_same = i > 0 && strcmp(buf_text(&next), buf_text(&value)) == 0;
        if (i > 0 && !is_same) {
            page_fill(writer, key, buf_text(&value), buf_text(&who), out);
            buf_add_text(out, "; ");
            buf_clear(&who);
        }
        struct buf label = {0};
        page_add_who(writer, when, &label);
        if (is_same)
            page_add_text(writer, page_word(writer, "table.and"), &who);
        page_add_text(writer, buf_text(&label), &who);
        buf_free(&label);
        buf_clear(&value);
        buf_add_text(&value, buf_text(&next));
    }
    page_fill(writer, key, buf_text(&value), buf_text(&who), out);
    buf_add_text(out, ")");
    buf_free(&value);
    buf_free(&who);
    buf_free(&next);
}

/* "(exceptions: see the table)". Values of one sentence that share a table have it once, after the
 * last of them. */
static void
add_note(struct composition *c, const struct page_table *table)
{
    struct page_clause *clause = c->clause;
    struct page_note *note = &clause->note;
    struct buf *out = words_of(clause);
    if (note->table == table && note->block == clause->block_count) {
        const char *since = buf_text(out) + note->start + note->size;
        if (strstr(since, ". ") == NULL) { /* still the same sentence */
            since = arena_copy_text(c->writer->arena, since);
            out->size_bytes = note->start;
            buf_add_text(out, since);
        }
    }
    size_t start = out->size_bytes;
    page_fill(c->writer, "table.exceptions", "", NULL, out);
    *note = (struct page_note){
        .table = table, .block = clause->block_count, .start = start, out->size_bytes - start};
}

/* A value that stands in the line, with what varies. `is_table`: only in a table, if it varies. */
static void
add_in_line(struct composition *c, enum policy_parameter parameter, const struct page_rows *rows,
            enum policy_grammar grammar, bool is_table)
{
    struct page_writer *writer = c->writer;
    bool is_simple = writer->form == PAGE_SENTENCE || (rows_are_simple(rows) && !is_table);
    const struct page_table *table = NULL;
    if (rows->count > 0 && !is_simple)
        table = page_add_column(c->clause, parameter, rows);
    if (table != NULL && is_table) {
        page_add_text(writer, page_word(writer, "table.see"), words_of(c->clause));
        return;
    }
    struct buf value = {0};
    page_add_reading(writer, parameter, &c->subject, grammar, &value);
    open_element(c, parameter, NULL);
    buf_add_text(words_of(c->clause), buf_text(&value));
    close_element(c);
    buf_free(&value);
    if (table != NULL)
        add_note(c, table);
    else if (rows->count > 0)
        add_exceptions(c, parameter, rows, grammar);
}

enum policy_grammar
page_grammar_of(const struct policy_part *part)
{
    if (part->form == NULL || part->form[0] == '\0')
        return POLICY_NOMINATIVE;
    return strcmp(part->form, "or") == 0 ? POLICY_ALTERNATIVE : POLICY_DATIVE;
}

/* What varies for the reader at this place. Nothing does inside an exception, so the subject is the
 * reader where something varies. */
static const struct page_rows *
find_rows(struct composition *c, enum policy_parameter parameter)
{
    static const struct page_rows none = {NULL, 0, false};
    if (c->is_exception || (int)parameter == c->select_parameter)
        return &none;
    return page_find_rows(c->writer, parameter);
}

/* Where a contact stands in full, if it does so already. False: it does not, or is none. */
static bool
add_place(struct composition *c, enum policy_parameter parameter, const struct policy_value *value)
{
    if (value->kind != POLICY_CONTACT || value->absence != POLICY_PRESENT || c->is_exception)
        return false;
    const struct policy_clause *clause = page_find_contact(c->writer, c->clause_id, value->code);
    if (clause == NULL)
        return false;
    open_element(c, parameter, value->code);
    page_add_contact_place(c->writer, clause, words_of(c->clause));
    close_element(c);
    return true;
}

static void
add_value(struct composition *c, const struct policy_part *part)
{
    int found = page_find_parameter(c->writer->policy, c->clause_id, part->parameter);
    if (found < 0) {
        add_words(c, part->parameter);
        return;
    }
    enum policy_parameter parameter = (enum policy_parameter)found;
    const struct page_rows *rows = find_rows(c, parameter);
    struct policy_reading reading =
        policy_read_value(c->writer->arena, c->writer->policy, parameter, &c->subject);
    if (rows->count == 0 && add_place(c, parameter, &reading.value))
        return;
    bool is_list = policy_format_is_list(&reading.value) && !c->is_branch &&
                   c->writer->form != PAGE_SENTENCE &&
                   policy_format_count_items(&reading.value) > 1;
    if (!is_list) {
        add_in_line(c, parameter, rows, page_grammar_of(part), part->kind == POLICY_PART_TABLE);
        return;
    }
    struct page_block *block = add_block(c->clause);
    block->is_list = true;
    block->parameter = parameter;
    block->value = reading.value;
    if (rows->count > 0)
        (void)page_add_column(c->clause, parameter, rows);
}

/* ---- selects ---- */

static void add_parts(struct composition *c, const struct policy_template *text);

/* The branch for a subject, in an element that says which value chose it. */
static void
add_branch(struct composition *c, const struct policy_part *part, enum policy_parameter parameter,
           const struct policy_subject *subject, bool is_exception)
{
    struct composition branch = *c;
    branch.subject = *subject;
    branch.is_branch = true;
    branch.is_exception = c->is_exception || is_exception;
    branch.select_parameter = (int)parameter;
    branch.is_small = is_exception && strcmp(page_word(c->writer, "select.case"), "small") == 0;
    struct arena *scratch = arena_new(VALUE_BUDGET_BYTES);
    struct policy_reading reading =
        policy_read_value(scratch, c->writer->policy, parameter, subject);
    open_element(c, parameter, policy_value_print(scratch, &reading.value));
    add_parts(&branch, page_choose_branch(part, &reading.value));
    close_element(c);
    arena_free(&scratch);
}

static void
add_select(struct composition *c, const struct policy_part *part)
{
    int found = page_find_parameter(c->writer->policy, c->clause_id, part->parameter);
    if (found < 0) {
        add_words(c, part->parameter);
        return;
    }
    enum policy_parameter parameter = (enum policy_parameter)found;
    const struct page_rows *rows = find_rows(c, parameter);
    add_branch(c, part, parameter, &c->subject, false);
    for (size_t i = 0; i < rows->count; i++) {
        struct policy_subject subject =
            page_narrow(&c->writer->policy->axes, &c->subject, &rows->rows[i]);
        struct buf who = {0}, text = {0};
        page_add_who(c->writer, &rows->rows[i], &who);
        policy_words_fill(page_word(c->writer, "select.for"), buf_text(&who), NULL, NULL, &text);
        buf_add_char(words_of(c->clause), ' ');
        page_add_text(c->writer, buf_text(&text), words_of(c->clause));
        add_branch(c, part, parameter, &subject, true);
        buf_free(&who);
        buf_free(&text);
    }
}

/* ---- texts ---- */

static void
add_field(struct composition *c, const struct policy_part *part)
{
    struct buf words = {0};
    page_add_right_field(c->writer, c->right, part, &words);
    page_add_text(c->writer, buf_text(&words), words_of(c->clause));
    buf_free(&words);
}

static void
add_parts(struct composition *c, const struct policy_template *text)
{
    for (size_t i = 0; i < text->part_count; i++) {
        const struct policy_part *part = &text->parts[i];
        if (part->kind == POLICY_PART_WORDS)
            add_words(c, part->words);
        else if (c->right != NULL)
            add_field(c, part);
        else if (part->kind == POLICY_PART_SELECT)
            add_select(c, part);
        else
            add_value(c, part);
        c->is_small = false;
    }
}

/* A text that cannot be read, which the checker refuses, prints as it stands. */
static void
compose(struct composition *c, const struct policy_text *text)
{
    struct fault fault;
    const char *words = page_text_of(c->writer, text);
    const struct policy_template *parsed = policy_template_parse(c->writer->arena, words, &fault);
    *c->clause = (struct page_clause){
        .blocks = arena_alloc(c->writer->arena, BLOCKS_MAX * sizeof(struct page_block))};
    if (parsed != NULL)
        add_parts(c, parsed);
    else
        add_words(c, words);
}

void
page_compose_clause(struct page_writer *writer, const struct policy_clause *clause,
                    struct page_clause *ret_clause)
{
    struct composition c = {.writer = writer,
                            .clause = ret_clause,
                            .clause_id = clause->id,
                            .subject = writer->reader,
                            .select_parameter = -1};
    compose(&c, &clause->text);
}

void
page_compose_right(struct page_writer *writer, const struct policy_right *right,
                   struct page_clause *ret_clause)
{
    struct composition c = {.writer = writer,
                            .clause = ret_clause,
                            .clause_id = right->id,
                            .right = right,
                            .subject = writer->reader,
                            .select_parameter = -1};
    compose(&c, &right->text);
}

void
page_clause_free(struct page_clause *clause)
{
    for (size_t i = 0; i < clause->block_count; i++)
        buf_free(&clause->blocks[i].words);
    clause->block_count = 0;
}
