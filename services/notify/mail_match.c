/*
 * mail_match - where a mail belongs
 *
 *     REFERENCE   its subject, else its text, has the reference of one aggregate we wrote about
 *     REPLY       it answers a message of ours about one aggregate, or a mail that belongs to one
 *     SENDER      we wrote to its sender's address, about one case that is still open
 *
 * Whoever knows a reference can put a mail to a case, and learns nothing by it. Of what is said of
 * several aggregates, none is chosen: a person looks.
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_take.h"

#include <string.h>

#include "common/cloudevent.h"
#include "common/message.h"
#include "common/principal.h"
#include "contact.h"
#include "event_field.h"
#include "mail_rules.h"

static bool
is_found(const struct mail_place *place)
{
    return place->aggregate_type[0] != 0;
}

/* The one of them. */
static void
choose(const struct mail_place *places, size_t count, const char *matched_by,
       struct mail_place *place)
{
    if (count != 1)
        return;
    *place = places[0];
    place->matched_by = matched_by;
}

/* ---- by reference ---- */

static enum err
match_text_await(struct call *call, const char *text, struct mail_place *place)
{
    struct mail_reference references[MAIL_FOUND_MAX];
    const char *texts[MAIL_FOUND_MAX];
    struct mail_place places[MAIL_PLACES_MAX];
    size_t count = 0, place_count = 0;
    mail_find_references(text, references, &count);
    if (count == 0)
        return OK;
    for (size_t i = 0; i < count; i++)
        texts[i] = references[i].text;
    enum err err = mail_find_by_references_await(call, texts, count, places, &place_count);
    if (err == OK)
        choose(places, place_count, "REFERENCE", place);
    return err;
}

/* ---- by what it answers ---- */

static enum err
match_ids_await(struct call *call, const struct mail *mail, struct mail_place *place)
{
    const char *ids[MAIL_REFERENCES_MAX + 1], *our_ids[MAIL_REFERENCES_MAX + 1];
    struct mail_place places[MAIL_PLACES_MAX];
    size_t count = 0, our_count = 0, place_count = 0;
    for (size_t i = 0; i < mail->reference_count; i++)
        ids[count++] = mail->references[i];
    if (mail->bounce.is_bounce)
        ids[count++] = mail->bounce.message_id;
    for (size_t i = 0; i < count; i++) {
        struct uuid id;
        if (mail_is_ours(ids[i], mail_domain(notify_config.mail_from), &id))
            our_ids[our_count++] = message_uuid(call->arena, &id);
    }
    if (count == 0)
        return OK;
    enum err err =
        mail_find_by_ids_await(call, our_ids, our_count, ids, count, places, &place_count);
    if (err == OK)
        choose(places, place_count, "REPLY", place);
    return err;
}

/* ---- by who sent it ---- */

static bool
says_open(const struct contract_method *method, const ProtobufCMessage *res)
{
    struct event_field field;
    if (!event_field_find(method->response, res, "is_open", &field) ||
        field.descriptor->type != PROTOBUF_C_TYPE_BOOL)
        return false;
    protobuf_c_boolean is_open;
    memcpy(&is_open, (const uint8_t *)res + field.descriptor->offset, sizeof is_open);
    return is_open;
}

/* Who does not know it any more says that it is not open. */
static enum err
ask_open_await(struct call *call, const struct mail_candidate *candidate, bool *ret_is_open)
{
    const struct contract_message *event = cloudevent_find_type(candidate->event->type);
    const ProtobufCMessage *res;
    *ret_is_open = false;
    if (event == NULL || event->event_contact == NULL)
        return OK;
    enum err err = contact_ask_await(call, event, candidate->place.aggregate_id, &res);
    if (err == OK)
        *ret_is_open = says_open(event->event_contact, res);
    return err == ERR_NOT_FOUND || err == ERR_INVALID_ARGUMENT ? OK : err;
}

static enum err
match_sender_await(struct call *call, const char *address, struct mail_place *place)
{
    char address_id[PRINCIPAL_PSEUDONYM_SIZE];
    struct mail_candidate candidates[MAIL_CANDIDATES_MAX];
    struct mail_place open[MAIL_PLACES_MAX];
    size_t count = 0, open_count = 0;
    if (address[0] == 0)
        return OK;
    principal_person(address, "", "", address_id);
    enum err err = mail_find_candidates_await(call, address_id, candidates, &count);
    if (err != OK || count > MAIL_CANDIDATES_MAX)
        return err;
    for (size_t i = 0; i < count && open_count < MAIL_PLACES_MAX; i++) {
        bool is_open;
        err = ask_open_await(call, &candidates[i], &is_open);
        if (err != OK)
            return err;
        if (is_open)
            open[open_count++] = candidates[i].place;
    }
    choose(open, open_count, "SENDER", place);
    return OK;
}

enum err
mail_match_await(struct call *call, const struct mail *mail, bool is_by_sender,
                 struct mail_place *ret_place)
{
    struct mail_place place = {.aggregate_type = "", .aggregate_id = "", .matched_by = ""};
    enum err err = OK;
    if (!mail->bounce.is_bounce)
        err = match_text_await(call, mail->subject, &place);
    if (err == OK && !is_found(&place))
        err = match_ids_await(call, mail, &place);
    if (err == OK && !is_found(&place) && !mail->bounce.is_bounce)
        err = match_text_await(call, mail->text, &place);
    if (err == OK && !is_found(&place) && is_by_sender)
        err = match_sender_await(call, mail->from_address, &place);
    if (err == OK)
        *ret_place = place;
    return err;
}
