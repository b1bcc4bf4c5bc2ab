/*
 * channel_rules - by which channel somebody is reached
 */
// SPDX-License-Identifier: Apache-2.0
#include "channel_rules.h"

#include <string.h>

static const char *
name_of(Notify__V1__Notice__Channel channel)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
        &notify__v1__notice__channel__descriptor, (int)channel);
    return value != NULL ? value->name : "";
}

const char *
channel_address(const Common__V1__Contact *contact, const char *channel)
{
    if (strcmp(channel, "EMAIL") == 0)
        return contact->email;
    if (strcmp(channel, "SMS") == 0)
        return contact->phone;
    return strcmp(channel, "PUSH") == 0 ? contact->push_token : "";
}

bool
channel_is_of(const Notify__V1__Notice *notice, const char *channel)
{
    for (size_t i = 0; i < notice->n_channels; i++)
        if (strcmp(name_of(notice->channels[i]), channel) == 0)
            return true;
    return false;
}

const char *
channel_choose(const Notify__V1__Notice *notice, const Common__V1__Contact *contact,
               bool (*has)(const char *channel))
{
    for (size_t i = 0; i < notice->n_channels; i++) {
        const char *channel = name_of(notice->channels[i]);
        if (has(channel) && (contact == NULL || channel_address(contact, channel)[0] != 0))
            return channel;
    }
    return NULL;
}
