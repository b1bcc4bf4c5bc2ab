/*
 * docs_method - the parts of docs.html that tell of one method
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/plugin/model.h"
#include "proto/plugin/text.h"

/* A method with its parameters, body, reply, examples and refusals. Nothing for a method without a
 * route. */
void docs_write_method(struct text *out, const struct model_method *method);

/* A table of a message's fields. */
void docs_write_fields(struct text *out, const char *caption, const struct model_message *message);
