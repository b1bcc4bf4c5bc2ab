/*
 * db_batch - several ops as one statement
 *
 * The ops of a group that ask for the same DB_BATCH and follow each other are a run: parameter by
 * parameter, their values become one array in PostgreSQL's binary form. Any other op is a run by
 * itself. Arrays of texts of all ops become one, one behind the other: where it matters whose an
 * element is, another such array beside it says so.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_parts.h"

#include <endian.h>
#include <string.h>

#include "common/buf.h"

/* Of an array with one dimension, before its elements; one without any is shorter. */
enum { ARRAY_COUNT_AT = 12, ARRAY_HEAD_BYTES = 20 };

static bool
goes_with(const struct db_op *op, const struct db_op *first)
{
    return op->stmt == first->stmt && op->stmt->is_batch && !op->is_alone && !first->is_alone;
}

void
db_batch_divide(struct db_group *group)
{
    group->run_count = 0;
    for (unsigned i = 0; i < group->count; i++) {
        struct db_run *last = group->run_count > 0 ? &group->runs[group->run_count - 1] : NULL;
        if (last != NULL && goes_with(group->ops[i], group->ops[last->first]))
            last->count++;
        else
            group->runs[group->run_count++] = (struct db_run){.first = i, .count = 1};
    }
}

static void
put_int4(struct buf *out, int value)
{
    uint32_t wire = htobe32((uint32_t)value);
    buf_add(out, &wire, sizeof wire);
}

static const void *
bytes_of(const struct db_param *param)
{
    return param->bytes != NULL ? param->bytes : param->scratch;
}

static int
read_int4(const uint8_t *at)
{
    uint32_t wire;
    memcpy(&wire, at, sizeof wire);
    return (int)be32toh(wire);
}

/* The elements of db_text_array of all ops; a null has none. */
static void
put_joined(struct buf *out, struct db_op *const *ops, unsigned count, size_t place)
{
    int total = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct db_param *param = &ops[i]->params[place];
        if (!param->is_null && param->size_bytes > ARRAY_HEAD_BYTES)
            total += read_int4((const uint8_t *)param->bytes + ARRAY_COUNT_AT);
    }
    put_int4(out, total > 0 ? 1 : 0);
    put_int4(out, 0);
    put_int4(out, (int)db_param_oid(DB_TEXT));
    if (total == 0)
        return;
    put_int4(out, total);
    put_int4(out, 1);
    for (unsigned i = 0; i < count; i++) {
        const struct db_param *param = &ops[i]->params[place];
        if (!param->is_null && param->size_bytes > ARRAY_HEAD_BYTES)
            buf_add(out, (const uint8_t *)param->bytes + ARRAY_HEAD_BYTES,
                    (size_t)(param->size_bytes - ARRAY_HEAD_BYTES));
    }
}

/* One dimension: as db_text_array, and -1 is the length of a null. */
static void
put_array(struct buf *out, struct db_op *const *ops, unsigned count, size_t place)
{
    bool has_null = false;
    for (unsigned i = 0; i < count; i++)
        has_null = has_null || ops[i]->params[place].is_null;
    put_int4(out, 1);
    put_int4(out, has_null ? 1 : 0);
    put_int4(out, (int)db_param_oid(ops[0]->params[place].type));
    put_int4(out, (int)count);
    put_int4(out, 1);
    for (unsigned i = 0; i < count; i++) {
        const struct db_param *param = &ops[i]->params[place];
        put_int4(out, param->is_null ? -1 : param->size_bytes);
        if (!param->is_null)
            buf_add(out, bytes_of(param), (size_t)param->size_bytes);
    }
}

static bool
send_batch(PGconn *pg, struct db_op *const *ops, unsigned count)
{
    size_t param_count = ops[0]->param_count;
    const char *values[DB_PARAMS_MAX];
    int lengths[DB_PARAMS_MAX], formats[DB_PARAMS_MAX];
    struct buf bytes = {0};
    for (size_t i = 0; i < param_count; i++) {
        size_t start = bytes.size_bytes;
        if (ops[0]->params[i].type == DB_TEXT_ARRAY)
            put_joined(&bytes, ops, count, i);
        else
            put_array(&bytes, ops, count, i);
        lengths[i] = (int)(bytes.size_bytes - start);
        formats[i] = 1;
    }
    const char *at = bytes.bytes; /* it moves no more */
    for (size_t i = 0; i < param_count; i++) {
        values[i] = at;
        at += lengths[i];
    }
    bool is_sent = PQsendQueryPrepared(pg, ops[0]->stmt->name, (int)param_count, values, lengths,
                                       formats, 1) == 1;
    buf_free(&bytes);
    return is_sent;
}

bool
db_batch_send(PGconn *pg, struct db_op *const *ops, unsigned count)
{
    const struct db_op *op = ops[0];
    if (op->stmt->is_batch)
        return send_batch(pg, ops, count);
    const char *values[DB_PARAMS_MAX];
    int lengths[DB_PARAMS_MAX], formats[DB_PARAMS_MAX];
    for (size_t i = 0; i < op->param_count; i++) {
        const struct db_param *param = &op->params[i];
        values[i] = param->is_null ? NULL : bytes_of(param);
        lengths[i] = param->size_bytes;
        formats[i] = 1;
    }
    return PQsendQueryPrepared(pg, op->stmt->name, (int)op->param_count, values, lengths, formats,
                               1) == 1;
}
