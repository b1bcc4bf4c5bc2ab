/*
 * name - how proto names are written in C
 *
 * The first two are protobuf-c's own rules (its compiler does not tell them), the others ours. Full
 * names come without a leading dot. Results live until memory_free_all.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

/* "warranty.v1.GetUnitRequest": "Warranty__V1__GetUnitRequest", the struct. */
char *name_c_type(const char *full_name);
/* "warranty__v1__get_unit_request", the prefix of its functions and descriptor. */
char *name_c_prefix(const char *full_name);

/* "warranty_v1_get_unit_request", the prefix of what we write for it. */
char *name_symbol(const char *full_name);
/* "GetUnit": "get_unit". */
char *name_snake(const char *camel);
/* "WITHDRAW_CLAIM": "withdraw_claim". */
char *name_lower(const char *text);

bool name_is_snake(const char *name);       /* "purchase_date", begins with a letter */
bool name_is_upper_snake(const char *name); /* "NOT_COVERED", begins with a letter */
bool name_is_camel(const char *name);       /* "GetUnit", letters and digits only */
