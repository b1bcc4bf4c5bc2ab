/*
 * openapi_common - the parts of openapi.json that hold for every path
 *
 * They say what docs/protocol/http.md says.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/plugin/json.h"
#include "proto/plugin/model.h"
#include "proto/plugin/route.h"

/* openapi, info, servers and the default security. */
void openapi_write_info(const char *version, struct json *json);

/* One way to authenticate, as an element of "security". */
void openapi_write_security(const char *scheme, struct json *json);

/* The refusals that a method may answer, as members of its "responses". */
void openapi_write_problems(const struct model_method *method, const struct route *route,
                            struct json *json);

/* The member "Problem" of the schemas. */
void openapi_write_problem_schema(struct json *json);

/* Security schemes, parameters, headers and responses, as members of "components". */
void openapi_write_common(struct json *json);
