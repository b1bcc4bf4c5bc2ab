/*
 * policy_upload - the bytes that a client sent, from the documents service
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy.h"

/* Reads the whole of an upload, which the contract limits, into `out` (empty before, freed by the
 * caller also after an error). Errors as svc_ask_await; ERR_UNAVAILABLE, UPLOAD_MISSING: it is not
 * there, or not what was sent, and should be sent again. */
enum err upload_read_await(struct call *call, const Common__V1__Upload *upload,
                           struct buf *out) MUST_CHECK;
