/*
 * trace - W3C trace context: continue the client's trace, or begin one
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/call.h"

enum { TRACE_ID_SIZE = 33 };

/* The gateway's own span: a child of `header` where that is a valid traceparent, else the first of
 * a new trace. NULL is fine. `ret_traceparent` has CALL_TRACEPARENT_SIZE bytes. */
void trace_begin(const char *header, char *ret_traceparent);

/* The trace's id out of a traceparent; `ret_id` has TRACE_ID_SIZE bytes. */
void trace_print_id(const char *traceparent, char *ret_id);
