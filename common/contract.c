/*
 * contract - looking things up in the generated tables
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/contract.h"

#include <string.h>

#include "common/contract_field.h"

const struct contract_transition *
contract_find_move(const struct contract_machine *machine, int from, const char *verb)
{
    for (size_t i = 0; i < machine->count; i++) {
        const struct contract_transition *transition = &machine->transitions[i];
        if (transition->from == from && strcmp(transition->verb, verb) == 0)
            return transition;
    }
    return NULL;
}

const struct contract_transition *
contract_find_way(const struct contract_machine *machine, int from, const char *verb, int to)
{
    for (size_t i = 0; i < machine->count; i++) {
        const struct contract_transition *transition = &machine->transitions[i];
        if (transition->from == from && transition->to == to && strcmp(transition->verb, verb) == 0)
            return transition;
    }
    return NULL;
}

static bool is_equal_from(const struct contract_message *contract, const struct contract_path *path,
                          uint32_t step, const ProtobufCMessage *message, const char *text);

/* One value on the way: the text at its end, or a message to go on from. */
static bool
is_value_equal(const struct contract_message *contract, const struct contract_path *path,
               uint32_t step, const void *value, const char *text)
{
    unsigned index = path->indexes[step];
    if (step + 1 == path->count)
        return strcmp(*(const char *const *)value, text) == 0;
    const struct contract_message *next = contract->fields[index].message;
    const ProtobufCMessage *message = *(const ProtobufCMessage *const *)value;
    return message != NULL ? is_equal_from(next, path, step + 1, message, text) : text[0] == 0;
}

static bool
is_equal_from(const struct contract_message *contract, const struct contract_path *path,
              uint32_t step, const ProtobufCMessage *message, const char *text)
{
    const ProtobufCFieldDescriptor *field = &contract->descriptor->fields[path->indexes[step]];
    CHECK(field->type ==
          (step + 1 == path->count ? PROTOBUF_C_TYPE_STRING : PROTOBUF_C_TYPE_MESSAGE));
    if (field_is_oneof(field) && *field_case(field, message) != field->id)
        return text[0] == 0;
    if (!field_is_repeated(field))
        return is_value_equal(contract, path, step, field_place(field, message), text);
    void *const *values = field_values(field, message);
    for (size_t i = 0, count = *field_count(field, message); i < count; i++)
        if (!is_value_equal(contract, path, step, &values[i], text))
            return false;
    return true;
}

bool
contract_path_is_equal(const struct contract_message *contract, const struct contract_path *path,
                       const ProtobufCMessage *message, const char *text)
{
    CHECK(path->text != NULL && path->count > 0);
    return is_equal_from(contract, path, 0, message, text);
}

/* protobuf-c's own lookup overflows at the largest int32, and does not find it. Values are sorted.
 */
const char *
contract_enum_name(const ProtobufCEnumDescriptor *states, int value)
{
    const ProtobufCEnumValue *values = states->values;
    unsigned start = 0;
    unsigned end = states->n_values;
    while (start < end) {
        unsigned middle = start + (end - start) / 2;
        if (values[middle].value == value)
            return values[middle].name;
        if (values[middle].value < value)
            start = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

bool
contract_enum_value(const ProtobufCEnumDescriptor *states, const char *name, int *ret_value)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value_by_name(states, name);
    if (found == NULL)
        return false;
    *ret_value = found->value;
    return true;
}

/* By the numbers of common.v1.Role; the test compares the two. */
static const char *const role_codes[] = {
    NULL,
    "customer",
    "agent",
    "technician",
    "parts_clerk",
    "trainer",
    "complaint_handler",
    "manager",
    "policy_owner",
    "analyst",
    "administrator",
    "integration",
    "system",
};
enum { ROLE_SYSTEM = 12 };

uint32_t
contract_role_bit(const char *code)
{
    for (uint32_t role = 1; role < COUNT_OF(role_codes); role++)
        if (role != ROLE_SYSTEM && strcmp(role_codes[role], code) == 0)
            return UINT32_C(1) << role;
    return 0;
}

const char *
contract_role_code(unsigned role)
{
    return role < COUNT_OF(role_codes) ? role_codes[role] : NULL;
}
