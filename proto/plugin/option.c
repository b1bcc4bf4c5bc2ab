/*
 * option - see option.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/option.h"

#include "proto/plugin/memory.h"
#include "proto/plugin/text.h"

/* Numbers of the extensions in common/v1/options.proto. */
enum {
    TAG_HTTP = 50001,
    TAG_ACCESS = 50002,
    TAG_RUN = 50003,
    TAG_FIELD = 50011,
    TAG_EVENT = 50021,
    TAG_MACHINE = 50031,
};

static size_t
prefix_len(const ProtobufCMessageUnknownField *field)
{
    size_t len = 0;
    while (len < field->len && (field->data[len] & 0x80) != 0)
        len++;
    return len < field->len ? len + 1 : field->len;
}

static void *
unpack(const ProtobufCMessage *options, uint32_t tag, const ProtobufCMessageDescriptor *descriptor)
{
    if (options == NULL)
        return NULL;
    struct text joined = {0};
    bool is_set = false;
    for (unsigned i = 0; i < options->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *field = &options->unknown_fields[i];
        if (field->tag != tag || field->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
            continue;
        size_t skip = prefix_len(field);
        text_add_bytes(&joined, (const char *)field->data + skip, field->len - skip);
        is_set = true;
    }
    if (!is_set)
        return NULL;
    return protobuf_c_message_unpack(descriptor, &memory_allocator, joined.size_bytes,
                                     (const uint8_t *)joined.bytes);
}

const Common__V1__Http *
option_http(const Google__Protobuf__MethodOptions *options)
{
    return unpack((const ProtobufCMessage *)options, TAG_HTTP, &common__v1__http__descriptor);
}

const Common__V1__Access *
option_access(const Google__Protobuf__MethodOptions *options)
{
    return unpack((const ProtobufCMessage *)options, TAG_ACCESS, &common__v1__access__descriptor);
}

const Common__V1__Run *
option_run(const Google__Protobuf__MethodOptions *options)
{
    return unpack((const ProtobufCMessage *)options, TAG_RUN, &common__v1__run__descriptor);
}

const Common__V1__Event *
option_event(const Google__Protobuf__MessageOptions *options)
{
    return unpack((const ProtobufCMessage *)options, TAG_EVENT, &common__v1__event__descriptor);
}

const Common__V1__Machine *
option_machine(const Google__Protobuf__EnumOptions *options)
{
    return unpack((const ProtobufCMessage *)options, TAG_MACHINE, &common__v1__machine__descriptor);
}

const Common__V1__Field *
option_field(const Google__Protobuf__FieldOptions *options)
{
    static const Common__V1__Field empty = COMMON__V1__FIELD__INIT;
    const Common__V1__Field *field =
        unpack((const ProtobufCMessage *)options, TAG_FIELD, &common__v1__field__descriptor);
    return field == NULL ? &empty : field;
}
