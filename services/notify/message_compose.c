/*
 * message_compose - what a message says, by which channel, and to which address
 *
 * Each part is written by its notice as it is now. Contacts belong to aggregates, so that two
 * claims of one owner may have two. The reader is the contact of the newest part that has an
 * address for a channel of its notice, and that is the channel. Once an attempt was made the
 * message stays with its channel while there is an address.
 *
 * A message is told as a whole, or not at all. Where only some parts are told to this reader by
 * this channel, they leave into a message of their own, and what stays finds its own reader, or its
 * reason for having none: so each part moves once, however many there are. Once an attempt was made
 * the others leave, because the other side may know the message. DIGEST_MAX aggregates are asked
 * for; of further ones the reader is taken to be the same as long as nobody else was seen.
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

#include "case_link.h"
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
    const Events__V1__LoggedEvent *logged;
    const Common__V1__Contact *contact; /* NULL: there is none */
    const char *link;
    bool is_gone;
};

/* A part with what becomes of it. */
struct told {
    const struct message_part *part;
    const char *reason;               /* why it is not told; NULL: it may be */
    const Notify__V1__Notice *notice; /* the catalogue's */
    const struct contract_message *event;
    const Events__V1__LoggedEvent *logged;
    ProtobufCMessage *payload;
    const struct reach *reach; /* NULL: nobody asked */
};

/* What is known of a message's parts while it is composed, in the order of their events. */
struct parts {
    struct told *told;
    size_t count;
    struct reach reaches[DIGEST_MAX];
    size_t reach_count;
};

/* ---- what is told ---- */

static bool
is_opted_out(const char *categories, const char *category)
{
    const char *found = strstr(categories, category);
    return found != NULL; /* no category is a part of another's name */
}

static const char *
take_part(struct call *call, const struct message_due *due, const struct catalogue *catalogue,
          struct told *told)
{
    const Notify__V1__Notice *notice = catalogue_find(catalogue, told->part->notice_id);
    if (notice == NULL || strcmp(notice->event, told->logged->type) != 0)
        return "NOTICE_GONE";
    if (is_opted_out(due->opted_out, notify_enum_name(&notify__v1__notice__category__descriptor,
                                                      (int)notice->category)))
        return "OPTED_OUT";
    struct fault fault;
    told->notice = notice;
    told->event = cloudevent_find_type(told->logged->type);
    if (channel_choose(notice, NULL, notify_has_channel) == NULL)
        return "NO_CHANNEL"; /* whoever the reader is */
    if (told->event == NULL || told->event->event_contact == NULL ||
        contract_read(call->arena, told->event, told->logged->payload.data,
                      told->logged->payload.len, false, &told->payload, &fault) != OK)
        return "NOTICE_GONE";
    return NULL;
}

static void
take_parts(struct call *call, const struct message_due *due, const struct catalogue *catalogue,
           struct parts *parts)
{
    parts->count = due->part_row_count;
    parts->told = arena_alloc(call->arena, (parts->count + 1) * sizeof *parts->told);
    for (size_t i = 0; i < parts->count; i++) {
        struct told *told = &parts->told[i];
        told->part = &due->parts[i];
        told->logged = due->parts[i].event;
        told->reason = take_part(call, due, catalogue, told);
    }
}

/* ---- whom it reaches ---- */

/* Only these say that nobody is there. Others may pass, or are of a rolling upgrade, or of a wrong
 * configuration: the question is put again. */
static bool
is_answer(enum err err)
{
    return err == ERR_NOT_FOUND || err == ERR_INVALID_ARGUMENT || err == ERR_FAILED_PRECONDITION ||
           err == ERR_OUT_OF_RANGE;
}

static enum err
ask_await(struct call *call, const struct told *told, struct reach *ret_reach)
{
    const struct contract_method *method = told->event->event_contact;
    struct event_field field;
    const ProtobufCMessage *res;
    enum err err = contact_ask_await(call, told->event, told->logged->aggregate_id, &res);
    *ret_reach =
        (struct reach){.logged = told->logged, .link = "", .is_gone = err == ERR_NOT_FOUND};
    if (err != OK)
        return is_answer(err) ? OK : ERR_UNAVAILABLE;
    if (event_field_find(method->response, res, "contact", &field))
        ret_reach->contact = (const Common__V1__Contact *)event_field_message(&field);
    if (event_field_find(method->response, res, "link", &field))
        ret_reach->link = case_link_make(call->arena, notify_config.public_url,
                                         notify_config.case_url, event_field_code(&field),
                                         told->logged->aggregate_type, told->logged->aggregate_id);
    return OK;
}

static const struct reach *
find_reach(const struct parts *parts, const Events__V1__LoggedEvent *logged)
{
    for (size_t i = 0; i < parts->reach_count; i++) {
        const struct reach *reach = &parts->reaches[i];
        if (strcmp(reach->logged->aggregate_id, logged->aggregate_id) == 0 &&
            strcmp(reach->logged->aggregate_type, logged->aggregate_type) == 0)
            return reach;
    }
    return NULL;
}

/* Each aggregate once, those of the newest parts first. */
static enum err
ask_all_await(struct call *call, struct parts *parts)
{
    for (size_t i = parts->count; i-- > 0;) {
        struct told *told = &parts->told[i];
        if (told->reason != NULL)
            continue;
        told->reach = find_reach(parts, told->logged);
        if (told->reach != NULL || parts->reach_count == DIGEST_MAX)
            continue;
        enum err err = ask_await(call, told, &parts->reaches[parts->reach_count]);
        if (err != OK)
            return err;
        told->reach = &parts->reaches[parts->reach_count++];
    }
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

/* NULL: this part can reach nobody. */
static const char *
find_channel(const struct message_due *due, const struct told *told)
{
    const Common__V1__Contact *contact = told->reach != NULL ? told->reach->contact : NULL;
    if (told->reason != NULL || contact == NULL)
        return NULL;
    if (!due->is_open && notify_has_channel(due->channel) &&
        channel_address(contact, due->channel)[0] != 0)
        return channel_is_of(told->notice, due->channel) ? due->channel : NULL;
    return channel_choose(told->notice, contact, notify_has_channel);
}

/* Of the newest part that can be reached; NULL: none can. */
static const struct told *
find_reader(const struct message_due *due, const struct parts *parts, const char **ret_channel)
{
    for (size_t i = parts->count; i-- > 0;) {
        *ret_channel = find_channel(due, &parts->told[i]);
        if (*ret_channel != NULL)
            return &parts->told[i];
    }
    return NULL;
}

/* ---- who goes along ---- */

static bool
is_readers(const struct reach *reach, const struct composed *composed)
{
    return reach->contact != NULL &&
           strcmp(channel_address(reach->contact, composed->channel), composed->address) == 0;
}

static bool
is_alone(const struct parts *parts, const struct composed *composed)
{
    for (size_t i = 0; i < parts->reach_count; i++)
        if (!is_readers(&parts->reaches[i], composed))
            return false;
    return true;
}

/* Whether a part shares what becomes of the message. */
static bool
goes_along(const struct told *told, const struct composed *composed, bool is_readers_alone)
{
    if (composed->reason != NULL)
        return told->reason != NULL && strcmp(told->reason, composed->reason) == 0;
    return told->reason == NULL && channel_is_of(told->notice, composed->channel) &&
           (told->reach != NULL ? is_readers(told->reach, composed) : is_readers_alone);
}

/* Leaves those that share one fate; says what is to leave the message where that is not all. Of
 * what was not read nobody knows whether it has the same reason. */
static void
keep_parts(struct call *call, struct message_due *due, struct parts *parts,
           const struct composed *composed)
{
    bool is_readers_alone = composed->reason == NULL && is_alone(parts, composed);
    struct message_part *kept = arena_alloc(call->arena, (parts->count + 1) * sizeof *kept);
    struct message_part *others = arena_alloc(call->arena, (parts->count + 1) * sizeof *others);
    size_t kept_count = 0, other_count = 0;
    for (size_t i = 0; i < parts->count; i++) {
        if (!goes_along(&parts->told[i], composed, is_readers_alone)) {
            others[other_count++] = *parts->told[i].part;
            continue;
        }
        kept[kept_count] = *parts->told[i].part;
        parts->told[kept_count++] = parts->told[i];
    }
    parts->count = kept_count;
    if (other_count == 0 && (composed->reason == NULL || due->unread_count == 0))
        return;
    bool do_others_leave = due->attempt_count > 0 && other_count > 0;
    due->leaving = do_others_leave ? others : kept;
    due->leaving_count = do_others_leave ? other_count : kept_count;
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
             const struct reach *const *reaches, size_t count, size_t total,
             struct composed *composed)
{
    struct buf text = {0}, html = {0};
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%s%s%s", i > 0 ? "\n\n" : "", words[i].subject,
                   reaches[i]->link[0] != 0 ? "\n" : "", reaches[i]->link);
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

/* What nobody asked for has no link: it is counted only. */
static void
write_all(struct call *call, const struct policy *policy, const struct parts *parts,
          size_t unread_count, const Common__V1__Contact *contact, struct composed *ret)
{
    struct notice_words *words = arena_alloc(call->arena, DIGEST_MAX * sizeof *words);
    const struct reach *reaches[DIGEST_MAX];
    size_t count = 0, total = parts->count + unread_count;
    for (size_t i = parts->count; count < DIGEST_MAX && i-- > 0;) {
        const struct told *one = &parts->told[i];
        if (one->reach == NULL)
            continue;
        reaches[count] = one->reach;
        write_part(call, policy, one, one->reach, contact, &words[count++]);
    }
    take_notices(parts->told, parts->count, ret);
    ret->language = words[0].language;
    if (total > 1 || strcmp(ret->channel, "EMAIL") != 0) {
        write_digest(call, policy, words, reaches, count, total, ret);
        return;
    }
    ret->subject = words[0].subject;
    ret->plain = words[0].plain;
    ret->html = words[0].html;
}

/* ---- all of it ---- */

/* Whom it reaches, and by what; `reason` is set where that is nobody. */
static const Common__V1__Contact *
take_reader(const struct message_due *due, struct parts *parts, struct composed *ret)
{
    const struct told *reader = find_reader(due, parts, &ret->channel);
    if (reader == NULL)
        ret->reason = "NOTICE_GONE";
    for (size_t i = 0; reader == NULL && i < parts->count; i++) {
        struct told *told = &parts->told[i];
        if (told->reason == NULL && told->reach != NULL)
            told->reason = told->reach->is_gone ? "ERASED" : "NO_ADDRESS";
        if (told->reason != NULL)
            ret->reason = told->reason; /* of the newest in the end */
    }
    if (reader == NULL)
        return NULL;
    ret->address = channel_address(reader->reach->contact, ret->channel);
    ret->name = reader->reach->contact->name;
    ret->time_zone = reader->reach->contact->time_zone;
    return reader->reach->contact;
}

enum err
message_compose_await(struct call *call, struct message_due *due, const struct catalogue *catalogue,
                      const struct policy *policy, struct composed *ret)
{
    struct parts *parts = arena_alloc(call->arena, sizeof *parts);
    *ret = (struct composed){0};
    take_parts(call, due, catalogue, parts);
    enum err err = ask_all_await(call, parts);
    if (err != OK)
        return err;
    const Common__V1__Contact *contact = take_reader(due, parts, ret);
    keep_parts(call, due, parts, ret);
    if (ret->reason == NULL)
        write_all(call, policy, parts, due->unread_count, contact, ret);
    return OK;
}
