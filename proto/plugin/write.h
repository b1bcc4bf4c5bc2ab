/*
 * write - one function for each kind of file that the plugin writes
 *
 * They are given a model that the lint has passed, so they look up without asking whether it is
 * there.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/plugin/model.h"
#include "proto/plugin/output.h"

/* Of one file: side tables, handler prototypes and dispatch table, client stubs. */
void write_contract(const struct model_file *file, struct output *output);
void write_dispatch(const struct model_file *file, struct output *output);
void write_client(const struct model_file *file, struct output *output);

/* Of all wanted files: <name>.h and <name>.c with arrays of every message, method, route and
 * machine. */
void write_all(const struct model *model, const char *name, struct output *output);

/* Of all wanted files: for people and foreign programs. */
void write_openapi(const struct model *model, const char *version, struct output *output);
void write_docs(const struct model *model, const char *version, struct output *output);
void write_events(const struct model *model, struct output *output);
void write_schema(const struct model *model, struct output *output);

/* The first lines of a generated header, and of a source that belongs to `header_name`. */
void write_header_head(struct text *text, const char *purpose);
void write_source_head(struct text *text, const char *header_name, const char *purpose);

/* The name of a handler or client stub: "warranty_get_unit". */
char *write_function_name(const struct model_method *method);
/* "warranty_v1_get_unit_method" without the ending. */
char *write_method_symbol(const struct model_method *method);

/* Adds <stem>.h and <stem>.c holding `content` as the array `symbol`, with its size. */
void write_embedded(const char *symbol, const struct text *content, struct output *output);
