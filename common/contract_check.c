/*
 * contract_check - does a message keep what its contract promises?
 *
 * One walk by descriptor, on the hot path of every call: nothing is allocated but where a map comes
 * unsorted, and text is made only for a refusal. What the checks let through, json_write can write.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/contract.h"

#include <stdlib.h>
#include <string.h>

#include "common/contract_field.h"
#include "common/contract_path.h"
#include "common/contract_rule.h"
#include "common/contract_text.h"

struct check {
    bool is_request;
    unsigned depth;
    struct fault *fault;
};

static enum err check_object(struct check *check, const struct contract_message *contract,
                             const ProtobufCMessage *message, const struct path *path);

static enum err
refuse_range(struct check *check, const struct contract_field *rule, const struct path *path)
{
    int64_t min = rule_has_bounds(rule) ? rule->number_min : -FIELD_INTEGER_MAX;
    int64_t max = rule_has_bounds(rule) ? rule->number_max : FIELD_INTEGER_MAX;
    return path_refuse(path, "FIELD_RANGE", check->fault, "must be from %lld to %lld",
                       (long long)min, (long long)max);
}

static enum err
check_integer(struct check *check, const struct contract_field *rule, int64_t value,
              const struct path *path)
{
    return rule_takes_integer(rule, value) ? OK : refuse_range(check, rule, path);
}

/* An unknown value may come from a newer service, in an answer; a caller must know what they ask
 * for. */
static enum err
check_enum(struct check *check, const ProtobufCFieldDescriptor *field, int value,
           const struct path *path)
{
    if (check->is_request && contract_enum_name(field->descriptor, value) == NULL)
        return path_refuse(path, "FIELD_ENUM", check->fault, "%d is no value that is known", value);
    return OK;
}

static enum err
check_text(struct check *check, const struct contract_field *rule, const char *text,
           uint32_t size_bytes_max, const struct path *path)
{
    size_t size_bytes = strlen(text);
    if (size_bytes == 0)
        return OK;
    if (size_bytes > size_bytes_max)
        return path_refuse(path, "FIELD_TOO_LONG", check->fault,
                           "must have at most %u bytes, not %zu", size_bytes_max, size_bytes);
    if (!text_is_utf8(text, size_bytes))
        return path_refuse(path, "FIELD_NOT_UTF8", check->fault, "must be UTF-8");
    if (!text_has_format(text, size_bytes, rule->format))
        return path_refuse(path, "FIELD_FORMAT", check->fault, "must be %s",
                           text_format_sentence(rule->format));
    return OK;
}

static enum err
check_date(struct check *check, const ProtobufCMessage *message, const struct path *path)
{
    const Common__V1__Date *date = (const Common__V1__Date *)message;
    if (rule_takes_date(date))
        return OK;
    return path_refuse(path, "FIELD_DATE", check->fault,
                       "must be a day that exists, years 1 to 9999");
}

static enum err
check_timestamp(struct check *check, const ProtobufCMessage *message, const struct path *path)
{
    const Google__Protobuf__Timestamp *time = (const Google__Protobuf__Timestamp *)message;
    if (!rule_takes_time(time))
        return path_refuse(path, "FIELD_DATE", check->fault,
                           "must be a time in whole microseconds, years 1 to 9999");
    return OK;
}

static enum err
check_message(struct check *check, const struct contract_message *contract,
              const ProtobufCMessage *message, const struct path *path)
{
    if (message == NULL)
        return path_refuse(path, "FIELD_REQUIRED", check->fault, "must be there");
    switch (contract->kind) {
    case CONTRACT_DATE:
        return check_date(check, message, path);
    case CONTRACT_TIMESTAMP:
        return check_timestamp(check, message, path);
    case CONTRACT_OBJECT:
    case CONTRACT_MAP_ENTRY:
        return check_object(check, contract, message, path);
    }
    CHECK(false && "a kind of message");
    return ERR_INTERNAL;
}

/* One value that is there. `size_max` is for texts and bytes. */
static enum err
check_value(struct check *check, const ProtobufCFieldDescriptor *field,
            const struct contract_field *rule, const void *value, uint32_t size_max,
            const struct path *path)
{
    switch (field_kind(field)) {
    case FIELD_INT32:
        return check_integer(check, rule, *(const int32_t *)value, path);
    case FIELD_UINT32:
        return check_integer(check, rule, *(const uint32_t *)value, path);
    case FIELD_INT64:
        return check_integer(check, rule, *(const int64_t *)value, path);
    case FIELD_UINT64:
        if (*(const uint64_t *)value > (uint64_t)FIELD_INTEGER_MAX)
            return refuse_range(check, rule, path);
        return check_integer(check, rule, (int64_t) * (const uint64_t *)value, path);
    case FIELD_BOOL:
        return OK;
    case FIELD_ENUM:
        return check_enum(check, field, *(const int *)value, path);
    case FIELD_TEXT:
        return check_text(check, rule, field_text(value), size_max, path);
    case FIELD_BYTES:
        if (((const ProtobufCBinaryData *)value)->len > size_max)
            return path_refuse(path, "FIELD_TOO_LONG", check->fault, "must have at most %u bytes",
                               size_max);
        return OK;
    case FIELD_MESSAGE:
        return check_message(check, rule->message, *(const ProtobufCMessage *const *)value, path);
    case FIELD_NONE:
        break;
    }
    CHECK(false && "a kind of field");
    return ERR_INTERNAL;
}

/* Whether a single value is the one that means absent. A false is an answer like any other. */
static bool
is_absent(const ProtobufCFieldDescriptor *field, const void *value)
{
    switch (field_kind(field)) {
    case FIELD_INT32:
    case FIELD_UINT32:
    case FIELD_ENUM:
        return *(const uint32_t *)value == 0;
    case FIELD_INT64:
    case FIELD_UINT64:
        return *(const uint64_t *)value == 0;
    case FIELD_BOOL:
        return false;
    case FIELD_TEXT:
        return field_text(value)[0] == 0;
    case FIELD_BYTES:
        return ((const ProtobufCBinaryData *)value)->len == 0;
    case FIELD_MESSAGE:
        return *(const void *const *)value == NULL;
    case FIELD_NONE:
        break;
    }
    CHECK(false && "a kind of field");
    return true;
}

/* ---- lists and maps ---- */

static bool
are_keys_rising(ProtobufCMessage *const *entries, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (field_compare_entries(&entries[i - 1], &entries[i]) >= 0)
            return false;
    return true;
}

/* protobuf-c keeps an entry whose key comes twice; JSON must not have it twice. All entries are
 * there. */
static enum err
check_keys(struct check *check, ProtobufCMessage *const *entries, size_t count,
           const struct path *path)
{
    if (are_keys_rising(entries, count))
        return OK;
    ProtobufCMessage **sorted = mem_alloc(count * sizeof *sorted);
    memcpy(sorted, entries, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, field_compare_entries);
    bool is_unique = are_keys_rising(sorted, count);
    mem_free(sorted);
    return is_unique ? OK
                     : path_refuse(path, "FIELD_FORMAT", check->fault, "must have each key once");
}

static enum err
check_list(struct check *check, const ProtobufCFieldDescriptor *field,
           const struct contract_field *rule, const ProtobufCMessage *message,
           const struct path *path)
{
    size_t count = *field_count(field, message);
    if (count == 0 && (rule->flags & CONTRACT_REQUIRED) != 0)
        return path_refuse(path, "FIELD_REQUIRED", check->fault, "must not be empty");
    if (count > rule->size_max)
        return path_refuse(path, "FIELD_TOO_MANY", check->fault,
                           "must have at most %u elements, not %zu", rule->size_max, count);
    const char *value = field_values(field, message);
    size_t step_bytes = field_value_size_bytes(field->type);
    for (size_t i = 0; i < count; i++, value += step_bytes) {
        struct path element = {.parent = path, .index = i};
        enum err err = check_value(check, field, rule, value, CONTRACT_TEXT_BYTES, &element);
        if (err != OK)
            return err;
    }
    if ((rule->flags & CONTRACT_MAP) == 0)
        return OK;
    return check_keys(check, field_values(field, message), count, path);
}

/* ---- fields ---- */

/* A map's entry always has its value: JSON has no other form for it. */
static enum err
check_single(struct check *check, const ProtobufCFieldDescriptor *field,
             const struct contract_field *rule, const ProtobufCMessage *message, bool is_entry,
             const struct path *path)
{
    const void *value = field_place(field, message);
    bool is_oneof = field_is_oneof(field);
    bool is_needed = (rule->flags & CONTRACT_REQUIRED) != 0 ||
                     (is_entry && field->type == PROTOBUF_C_TYPE_MESSAGE);
    bool is_unset = is_oneof ? *field_case(field, message) != field->id : is_absent(field, value);
    if (is_unset && is_needed)
        return path_refuse(path, "FIELD_REQUIRED", check->fault, "must be given");
    return is_unset ? OK : check_value(check, field, rule, value, rule->size_max, path);
}

static bool
is_given(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    if (field_is_repeated(field))
        return *field_count(field, message) > 0;
    if (field_is_oneof(field))
        return *field_case(field, message) == field->id;
    if (field->type == PROTOBUF_C_TYPE_BOOL)
        return *(const protobuf_c_boolean *)field_place(field, message);
    return !is_absent(field, field_place(field, message));
}

static enum err
check_object(struct check *check, const struct contract_message *contract,
             const ProtobufCMessage *message, const struct path *path)
{
    const ProtobufCMessageDescriptor *descriptor = contract->descriptor;
    CHECK(message->descriptor == descriptor);
    if (check->depth == CONTRACT_DEPTH_MAX)
        return path_refuse(path, "FIELD_TOO_DEEP", check->fault,
                           "must not nest deeper than %d messages", CONTRACT_DEPTH_MAX);
    check->depth++;
    bool is_entry = contract->kind == CONTRACT_MAP_ENTRY;
    enum err err = OK;
    for (unsigned i = 0; i < descriptor->n_fields && err == OK; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        const struct contract_field *rule = &contract->fields[i];
        struct path here = {.parent = path, .name = rule->name};
        bool is_ours = check->is_request && (rule->flags & CONTRACT_OUTPUT_ONLY) != 0;
        if (is_ours && is_given(field, message))
            err =
                path_refuse(&here, "FIELD_OUTPUT_ONLY", check->fault, "is set by the service only");
        else if (field_is_repeated(field))
            err = check_list(check, field, rule, message, &here);
        else
            err = check_single(check, field, rule, message, is_entry, &here);
    }
    check->depth--;
    return err;
}

enum err
contract_check(const struct contract_message *contract, const ProtobufCMessage *message,
               bool is_request, struct fault *ret_fault)
{
    struct check check = {.is_request = is_request, .fault = ret_fault};
    return check_message(&check, contract, message, NULL);
}
