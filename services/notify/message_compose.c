/*
 * message_compose - what a message says, by which channel, and to which address
 *
 * Each part is written by its notice as it is now. The contact of the newest part is the reader.
 * The channel is the newest part's that can be reached by one; parts whose notice does not go by it
 * are left out. Once an attempt was made the message stays with its channel while there is an
 * address.
 *
 * One part is a mail of its own words; several are a digest: the subject of the last with how many
 * more there are, then each subject with its link, the newest first, DIGEST_MAX at most. A digest
 * has no words of its own, so it needs no language of its own. An SMS or push message is always
 * written so.
 */
// SPDX-License-Identifier: Apache-2.0
#include "send.h"

#include <ctype.h>
#include <string.h>

#include "catalogue.h"
#include "channel_rules.h"
#include "common/buf.h"
#include "common/cloudevent.h"
#include "contact.h"
#include "event_field.h"
#include "notice_text.h"
#include "notice_write.h"

enum { DIGEST_MAX = 20, REFERENCE_LENGTH = 12 };

/* Where a person is reached about one aggregate, and what its link is. */
struct reach {
    const Common__V1__Contact *contact; /* NULL: there is none */
    const char *link;
    bool is_gone;
};

/* A part that is told. */
struct told {
    const Notify__V1__Notice *notice; /* in the arena */
    const struct contract_message *event;
    const Events__V1__LoggedEvent *logged;
    ProtobufCMessage *payload;
};

/* ---- what is told ---- */

static bool
is_opted_out(const char *categories, const char *category)
{
    const char *found = strstr(categories, category);
    return found != NULL; /* no category is a part of another's name */
}

/* The catalogue's notices are valid until the task next suspends: those that count are copied. */
static const Notify__V1__Notice *
copy_notice(struct arena *arena, const Notify__V1__Notice *notice)
{
    size_t size_bytes = notify__v1__notice__get_packed_size(notice);
    uint8_t *packed = arena_alloc(arena, size_bytes);
    notify__v1__notice__pack(notice, packed);
    return notify__v1__notice__unpack(arena_allocator(arena), size_bytes, packed);
}

/* Answers NULL, or why a part is not told. */
static const char *
take_part(struct call *call, const struct message_due *due, const struct message_part *part,
          struct told *ret_told)
{
    const Notify__V1__Notice *notice = catalogue_find(part->notice_id);
    if (notice == NULL || strcmp(notice->event, part->event->type) != 0)
        return "NOTICE_GONE";
    if (is_opted_out(due->opted_out, notify_enum_name(&notify__v1__notice__category__descriptor,
                                                      (int)notice->category)))
        return "OPTED_OUT";
    ret_told->event = cloudevent_find_type(part->event->type);
    ret_told->logged = part->event;
    struct fault fault;
    if (ret_told->event == NULL || ret_told->event->event_contact == NULL ||
        contract_read(call->arena, ret_told->event, part->event->payload.data,
                      part->event->payload.len, false, &ret_told->payload, &fault) != OK)
        return "NOTICE_GONE";
    ret_told->notice = copy_notice(call->arena, notice);
    return NULL;
}

/* ---- whom it reaches ---- */

/* What may pass is asked again later, and so is what fails by our own fault. Another refusal is an
 * answer: nobody is there. */
static enum err
ask_await(struct call *call, const struct told *told, struct reach *ret_reach)
{
    const struct contract_method *method = told->event->event_contact;
    struct event_field field;
    const ProtobufCMessage *res;
    enum err err = contact_ask_await(call, told->event, told->logged->aggregate_id, &res);
    *ret_reach = (struct reach){.link = "", .is_gone = err == ERR_NOT_FOUND};
    if (err != OK)
        return err_may_pass(err) || err == ERR_INTERNAL ? err : OK;
    if (event_field_find(method->response, res, "contact", &field))
        ret_reach->contact = (const Common__V1__Contact *)event_field_message(&field);
    if (event_field_find(method->response, res, "link", &field) && event_field_code(&field)[0] != 0)
        ret_reach->link =
            arena_printf(call->arena, "%s%s", notify_config.public_url, event_field_code(&field));
    return OK;
}

/* By which an answer is matched: the end of the aggregate's identity, which is random. */
static const char *
make_reference(struct arena *arena, const char *aggregate_id)
{
    size_t size = strlen(aggregate_id);
    const char *end =
        size > REFERENCE_LENGTH ? aggregate_id + size - REFERENCE_LENGTH : aggregate_id;
    char *reference = arena_printf(arena, "AC-%s", end);
    for (char *c = reference; *c != 0; c++)
        *c = (char)toupper((unsigned char)*c);
    return reference;
}

/* ---- by which channel ---- */

/* NULL: nobody can be reached. */
static const char *
find_channel(const struct message_due *due, const struct told *told, size_t count,
             const Common__V1__Contact *contact)
{
    bool is_fixed = !due->is_open && notify_has_channel(due->channel) &&
                    channel_address(contact, due->channel)[0] != 0;
    const char *channel = NULL;
    for (size_t i = count; channel == NULL && i-- > 0;) {
        if (!is_fixed)
            channel = channel_choose(told[i].notice, contact, notify_has_channel);
        else if (channel_is_of(told[i].notice, due->channel))
            channel = due->channel;
    }
    return channel;
}

/* Why find_channel found none. */
static const char *
blame(const struct told *told, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (channel_choose(told[i].notice, NULL, notify_has_channel) != NULL)
            return "NO_ADDRESS";
    return "NO_CHANNEL";
}

/* Leaves those that go by the channel; answers how many. */
static size_t
keep_channel(struct told *told, size_t count, const char *channel)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (channel_is_of(told[i].notice, channel))
            told[kept++] = told[i];
    return kept;
}

/* ---- words ---- */

static void
write_part(struct call *call, const struct policy *policy, const struct told *told,
           const struct reach *reach, const Common__V1__Contact *contact,
           struct notice_words *ret_words)
{
    const struct notice_reader reader = {
        .name = contact->name,
        .language = contact->language,
        .time_zone = contact->time_zone,
        .link = reach->link,
        .reference = make_reference(call->arena, told->logged->aggregate_id),
    };
    notice_write(call->arena, policy, told->notice, told->event, told->payload, &reader, ret_words);
}

/* `words` and `reaches` hold the last `count` of `total` parts, the newest first. */
static void
write_digest(struct call *call, const struct policy *policy, const struct notice_words *words,
             const struct reach *reaches, size_t count, size_t total, struct composed *composed)
{
    struct buf text = {0}, html = {0};
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%s\n%s", i > 0 ? "\n\n" : "", words[i].subject, reaches[i].link);
    if (total > count)
        buf_printf(&text, "\n\n+ %zu", total - count);
    composed->subject = words[0].subject;
    if (total > 1)
        composed->subject = arena_printf(call->arena, "%s (+ %zu)", words[0].subject, total - 1);
    composed->plain = arena_copy_text(call->arena, buf_text(&text));
    notice_write_html(composed->subject, composed->plain, words[0].language, &policy->branding,
                      &html);
    composed->html = arena_copy_text(call->arena, buf_text(&html));
    buf_free(&text);
    buf_free(&html);
}

/* What holds for all of its parts, or for one of them. */
static void
take_notices(const struct told *told, size_t count, struct composed *composed)
{
    composed->is_quiet_at_night = true;
    composed->stoppable = "";
    for (size_t i = 0; i < count; i++) {
        const Notify__V1__Notice *notice = told[i].notice;
        composed->is_quiet_at_night = composed->is_quiet_at_night && notice->is_quiet_at_night;
        if (notice->category != NOTIFY__V1__NOTICE__CATEGORY__CASE)
            composed->stoppable =
                notify_enum_name(&notify__v1__notice__category__descriptor, (int)notice->category);
    }
}

static enum err
write_all_await(struct call *call, const struct policy *policy, const struct told *told,
                size_t total, const Common__V1__Contact *contact, struct composed *ret)
{
    size_t count = total < DIGEST_MAX ? total : DIGEST_MAX;
    struct notice_words *words = arena_alloc(call->arena, count * sizeof *words);
    struct reach *reaches = arena_alloc(call->arena, count * sizeof *reaches);
    for (size_t i = 0; i < count; i++) {
        const struct told *one = &told[total - 1 - i];
        enum err err = ask_await(call, one, &reaches[i]);
        if (err != OK)
            return err;
        write_part(call, policy, one, &reaches[i], contact, &words[i]);
    }
    take_notices(told, total, ret);
    ret->language = words[0].language;
    if (total > 1 || strcmp(ret->channel, "EMAIL") != 0) {
        write_digest(call, policy, words, reaches, count, total, ret);
        return OK;
    }
    ret->subject = words[0].subject;
    ret->plain = words[0].plain;
    ret->html = words[0].html;
    return OK;
}

/* ---- all of it ---- */

/* Whom it reaches, and by what; `reason` is set where that is nobody. */
static enum err
find_reader_await(struct call *call, const struct message_due *due, const struct told *told,
                  size_t count, struct reach *ret_reach, struct composed *ret)
{
    enum err err = ask_await(call, &told[count - 1], ret_reach);
    if (err != OK)
        return err;
    const Common__V1__Contact *contact = ret_reach->contact;
    if (contact != NULL)
        ret->channel = find_channel(due, told, count, contact);
    if (ret_reach->is_gone)
        ret->reason = "ERASED";
    else if (ret->channel == NULL)
        ret->reason = blame(told, count);
    if (ret->reason != NULL)
        return OK;
    ret->address = channel_address(contact, ret->channel);
    ret->name = contact->name;
    ret->time_zone = contact->time_zone;
    return OK;
}

enum err
message_compose_await(struct call *call, const struct message_due *due, const struct policy *policy,
                      struct composed *ret)
{
    struct told *told = arena_alloc(call->arena, (due->part_row_count + 1) * sizeof *told);
    struct reach reach;
    size_t count = 0;
    const char *reason = "NOTICE_GONE";
    *ret = (struct composed){0};
    for (size_t i = 0; i < due->part_row_count; i++) {
        const char *missing = take_part(call, due, &due->parts[i], &told[count]);
        if (missing == NULL)
            count++;
        else
            reason = missing;
    }
    if (count == 0) {
        ret->reason = reason;
        return OK;
    }
    enum err err = find_reader_await(call, due, told, count, &reach, ret);
    if (err != OK || ret->reason != NULL)
        return err;
    count = keep_channel(told, count, ret->channel);
    return write_all_await(call, policy, told, count, reach.contact, ret);
}
