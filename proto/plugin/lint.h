/*
 * lint - what a contract must keep to, beyond the grammar of proto
 *
 * Looks at the wanted files and collects every mistake with its place, so that one run shows them
 * all. The rules are listed in docs/protocol/contract.md; each is a line of code that begins with
 * lint_report.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/plugin/model.h"
#include "proto/plugin/route.h"

struct lint_mistake {
    struct source_place place;
    const char *text;
};

struct lint {
    const struct model *model;
    struct lint_mistake *mistakes;
    size_t count;
};

/* Adds a mistake. The text says what must be, without a full stop. */
void lint_report(struct lint *lint, const struct source_place *place, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Every rule but those about the last release, over the wanted files of lint->model. */
void lint_check(struct lint *lint);

/* What broke since the last release (lint_baseline.c). */
void lint_check_baseline(struct lint *lint, const struct model *baseline);

/* All mistakes in the order of files and lines, one a line as "file:line:column: text"; NULL if
 * there is none. */
const char *lint_text(struct lint *lint);

/* Parts of lint_check. */
void lint_check_file(struct lint *lint, const struct model_file *file);
void lint_check_message(struct lint *lint, const struct model_message *message);
void lint_check_event(struct lint *lint, const struct model_message *message);
void lint_check_enum(struct lint *lint, const struct model_enum *enumeration);
void lint_check_machine(struct lint *lint, const struct model_enum *states);
void lint_check_method(struct lint *lint, const struct model_method *method);
void lint_check_route(struct lint *lint, const struct model_method *method);
void lint_check_access(struct lint *lint, const struct model_method *method);
void lint_check_bodies(struct lint *lint, const struct model_method *method,
                       const struct route *route);
void lint_check_carried(struct lint *lint, const struct model_field *field);
void lint_check_collisions(struct lint *lint);
