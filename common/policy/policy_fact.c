/*
 * policy_fact - facts of a case, found by name, each reading told to the caller
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_fact.h"

#include <stdlib.h>
#include <string.h>

const char *
policy_trust_name(enum policy_trust trust)
{
    static const char *const names[] = {
        [POLICY_STATED] = "STATED",
        [POLICY_DOCUMENTED] = "DOCUMENTED",
        [POLICY_FOUND] = "FOUND",
        [POLICY_RECORDED] = "RECORDED",
    };
    CHECK(trust >= POLICY_STATED && trust <= POLICY_RECORDED);
    return names[trust];
}

static int
compare_name(const void *name, const void *fact)
{
    return strcmp(name, ((const struct policy_fact *)fact)->name);
}

const struct policy_fact *
policy_fact_read_row(struct policy_fact_reader *reader, const struct policy_fact_row *row)
{
    const struct policy_fact *fact = NULL;
    if (reader->find != NULL)
        fact = reader->find(reader->context, row);
    else if (reader->fact_count > 0)
        fact = bsearch(row->name, reader->facts, reader->fact_count, sizeof *fact, compare_name);
    if (reader->find == NULL && reader->on_read != NULL)
        reader->on_read(reader->context, row, fact);
    return fact != NULL && fact->is_known ? fact : NULL;
}

const struct policy_fact *
policy_fact_read(struct policy_fact_reader *reader, const char *name)
{
    const struct policy_fact_row *row = policy_find_fact(name);
    CHECK(row != NULL);
    return policy_fact_read_row(reader, row);
}
