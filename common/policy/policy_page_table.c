/*
 * policy_page_table - tables of who gets what
 *
 * Parameters of a clause share a table where the rows of one are among the rows of the other: then
 * the narrowest row around a reader is right for both. Otherwise each has a table of its own.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"

#include <string.h>

/* Both are sorted by policy_when_compare. */
static bool
is_among(const struct page_rows *some, const struct page_rows *all)
{
    size_t found = 0;
    for (size_t i = 0; i < all->count && found < some->count; i++)
        found += policy_when_equals(&all->rows[i], &some->rows[found]);
    return found == some->count;
}

static bool
has_column(const struct page_table *table, enum policy_parameter parameter)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i] == parameter)
            return true;
    }
    return false;
}

const struct page_table *
page_add_column(struct page_clause *clause, enum policy_parameter parameter,
                const struct page_rows *rows)
{
    for (size_t i = 0; i < clause->table_count; i++) {
        if (has_column(&clause->tables[i], parameter))
            return &clause->tables[i];
    }
    for (size_t i = 0; i < clause->table_count; i++) {
        struct page_table *table = &clause->tables[i];
        bool is_wider = is_among(&table->rows, rows);
        if (table->column_count == PAGE_COLUMNS_MAX || (!is_wider && !is_among(rows, &table->rows)))
            continue;
        if (is_wider)
            table->rows = *rows;
        table->columns[table->column_count++] = parameter;
        return table;
    }
    if (clause->table_count == PAGE_TABLES_MAX)
        return NULL;
    struct page_table *table = &clause->tables[clause->table_count++];
    *table = (struct page_table){.column_count = 1, .rows = *rows};
    table->columns[0] = parameter;
    return table;
}

const char *
page_parameter_name(const struct page_writer *writer, enum policy_parameter parameter)
{
    const char *name = policy_parameter_row(parameter)->name;
    const char *label = policy_find_label(writer->policy, NULL, name, writer->page->language);
    return label != NULL ? label : name;
}

const char *
page_column_name(const struct page_writer *writer, enum policy_parameter parameter)
{
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    const char *label = policy_find_label(writer->policy, NULL, row->name, writer->page->language);
    return label != NULL ? label : page_word(writer, "table.value");
}

void
page_add_cell(struct page_writer *writer, enum policy_parameter parameter,
              const struct policy_when *when, struct buf *out)
{
    struct policy_subject subject =
        when == NULL ? writer->reader : page_narrow(&writer->policy->axes, &writer->reader, when);
    page_add_reading(writer, parameter, &subject, POLICY_NOMINATIVE, out);
}
