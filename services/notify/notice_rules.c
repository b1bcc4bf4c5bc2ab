/*
 * notice_rules - which notices can be kept, and which events they tell of: no I/O and no clock
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/cloudevent.h"
#include "event_field.h"
#include "notice_text.h"

static enum err
refuse(struct fault *fault, const char *field, const char *reason, const char *sentence)
{
    enum err err = fault_set(fault, ERR_INVALID_ARGUMENT, reason, "%s", sentence);
    (void)snprintf(fault->field, sizeof fault->field, "%s", field);
    return err;
}

static enum err
check_event(const char *type, const struct contract_message **ret_event, struct fault *ret_fault)
{
    *ret_event = cloudevent_find_type(type);
    if (*ret_event == NULL)
        return refuse(ret_fault, "notice.event", "EVENT_UNKNOWN", "there is no such event");
    if ((*ret_event)->event_contact == NULL)
        return refuse(ret_fault, "notice.event", "EVENT_WITHOUT_READER",
                      "this event is about nobody who can be written to");
    return OK;
}

static enum err
check_condition(const struct contract_message *event, const Notify__V1__NoticeCondition *condition,
                size_t place, struct fault *ret_fault)
{
    char name[ERR_FIELD_SIZE];
    struct event_field field;
    (void)snprintf(name, sizeof name, "notice.conditions[%zu].field", place);
    if (!event_field_find(event, NULL, condition->field, &field) ||
        !event_field_is_comparable(&field))
        return refuse(ret_fault, name, "CONDITION_FIELD_UNKNOWN",
                      "the event has no text and no code of this name");
    for (size_t i = 0; i < condition->n_values; i++) {
        (void)snprintf(name, sizeof name, "notice.conditions[%zu].values[%zu]", place, i);
        if (!event_field_has_code(&field, condition->values[i]))
            return refuse(ret_fault, name, "CONDITION_VALUE_UNKNOWN",
                          "the field never has this value");
    }
    return OK;
}

static enum err
check_words(const char *words, const struct contract_message *event, size_t place, const char *part,
            struct fault *ret_fault)
{
    enum err err = notice_text_check(words, event, ret_fault);
    if (err != OK)
        (void)snprintf(ret_fault->field, sizeof ret_fault->field, "notice.texts[%zu].%s", place,
                       part);
    return err;
}

static enum err
check_texts(const Notify__V1__Notice *notice, const struct contract_message *event,
            const char *language, struct fault *ret_fault)
{
    bool has_language = false;
    char name[ERR_FIELD_SIZE];
    for (size_t i = 0; i < notice->n_texts; i++) {
        const Notify__V1__NoticeText *text = notice->texts[i];
        for (size_t j = 0; j < i; j++) {
            (void)snprintf(name, sizeof name, "notice.texts[%zu].language", i);
            if (strcasecmp(text->language, notice->texts[j]->language) == 0)
                return refuse(ret_fault, name, "LANGUAGE_TWICE", "it has these words already");
        }
        has_language = has_language || strcasecmp(text->language, language) == 0;
        enum err err = check_words(text->subject, event, i, "subject", ret_fault);
        if (err == OK)
            err = check_words(text->body, event, i, "body", ret_fault);
        if (err != OK)
            return err;
    }
    if (has_language)
        return OK;
    char sentence[ERR_MESSAGE_SIZE];
    (void)snprintf(sentence, sizeof sentence, "it has no words in the policy's first language, %s",
                   language);
    return refuse(ret_fault, "notice.texts", "LANGUAGE_MISSING", sentence);
}

static enum err
check_channels(const Notify__V1__Notice *notice, struct fault *ret_fault)
{
    for (size_t i = 0; i < notice->n_channels; i++) {
        if (notice->channels[i] == 0)
            return refuse(ret_fault, "notice.channels", "FIELD_REQUIRED", "a channel is not said");
        for (size_t j = 0; j < i; j++)
            if (notice->channels[i] == notice->channels[j])
                return refuse(ret_fault, "notice.channels", "CHANNEL_TWICE",
                              "a channel stands there twice");
    }
    return OK;
}

enum err
notice_check(const Notify__V1__Notice *notice, const char *language, struct fault *ret_fault)
{
    const struct contract_message *event;
    enum err err = check_event(notice->event, &event, ret_fault);
    for (size_t i = 0; err == OK && i < notice->n_conditions; i++)
        err = check_condition(event, notice->conditions[i], i, ret_fault);
    if (err == OK)
        err = check_channels(notice, ret_fault);
    if (err == OK)
        err = check_texts(notice, event, language, ret_fault);
    return err;
}

static bool
holds(const Notify__V1__NoticeCondition *condition, const struct contract_message *event,
      const ProtobufCMessage *payload)
{
    struct event_field field;
    if (!event_field_find(event, payload, condition->field, &field) ||
        !event_field_is_comparable(&field))
        return false;
    const char *code = event_field_code(&field);
    for (size_t i = 0; i < condition->n_values; i++)
        if (strcmp(code, condition->values[i]) == 0)
            return true;
    return false;
}

bool
notice_wants(const Notify__V1__Notice *notice, const struct contract_message *event,
             const ProtobufCMessage *payload)
{
    if (!notice->is_enabled || strcmp(notice->event, event->descriptor->name) != 0)
        return false;
    for (size_t i = 0; i < notice->n_conditions; i++)
        if (!holds(notice->conditions[i], event, payload))
            return false;
    return true;
}
