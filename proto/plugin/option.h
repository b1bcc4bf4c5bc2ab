/*
 * option - the custom options of common/v1/options.proto
 *
 * protobuf-c knows no extensions: they arrive as unknown fields of the options message, each with
 * its length prefix. An option written in pieces ((common.v1.field).etag = true,
 * (common.v1.field).required = true) arrives in several fields; protobuf merges messages by joining
 * their bytes, and so do we.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/v1/options.pb-c.h"
#include "google/protobuf/descriptor.pb-c.h"

/* NULL where the option is not set. */
const Common__V1__Http *option_http(const Google__Protobuf__MethodOptions *options);
const Common__V1__Access *option_access(const Google__Protobuf__MethodOptions *options);
const Common__V1__Run *option_run(const Google__Protobuf__MethodOptions *options);
const Common__V1__Event *option_event(const Google__Protobuf__MessageOptions *options);
const Common__V1__Machine *option_machine(const Google__Protobuf__EnumOptions *options);

/* Never NULL: an empty one where the option is not set. */
const Common__V1__Field *option_field(const Google__Protobuf__FieldOptions *options);
