/*
 * contract_text - is it UTF-8, and does it look as its format says
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/contract.h"

/* UTF-8 by RFC 3629: shortest forms, no surrogates, nothing beyond U+10FFFF. */
bool text_is_utf8(const char *text, size_t size_bytes);

/* How many bytes from the beginning on are that. */
size_t text_utf8_size(const char *text, size_t size_bytes);

/* Whether a text that is not empty, and is UTF-8, has the format. */
bool text_has_format(const char *text, size_t size_bytes, enum contract_format format);

/* What the format asks for, to end the sentence "must be ...". */
const char *text_format_sentence(enum contract_format format);
