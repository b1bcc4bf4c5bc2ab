/*
 * mail_take_store - the SQL of mails that come in
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_take.h"

#include "common/clock.h"
#include "common/message.h"

static const int64_t DAY_US = INT64_C(24) * 3600 * 1000000;

/* $1 Message-ID. */
DB_STATEMENT(find_kept, "notify_is_mail_kept",
             "SELECT EXISTS (SELECT FROM mails WHERE message_id = $1)");

/* $1 person, $2 a day ago. */
DB_STATEMENT(may_answer, "notify_may_answer_mail",
             "SELECT NOT EXISTS (SELECT FROM mail_answers WHERE person_id = $1"
             " AND answer_time > $2)");

/* What was told of a mail (that it has come) is told of the case that the mail belongs to. */
#define SELECT_PLACES                                                                              \
    "SELECT DISTINCT coalesce(m.aggregate_type, p.aggregate_type),"                                \
    " coalesce(m.aggregate_id, p.aggregate_id) FROM message_parts p LEFT JOIN mails m"             \
    " ON m.mail_id = CASE WHEN p.aggregate_type = 'mail' THEN p.aggregate_id::uuid END"            \
    " WHERE (p.aggregate_type <> 'mail' OR m.aggregate_id IS NOT NULL) AND "

/* $1 ends of identities. */
DB_STATEMENT(find_by_references, "notify_find_by_references",
             SELECT_PLACES "right(p.aggregate_id, 12) = ANY ($1) LIMIT 2");

/* $1 messages of ours, $2 Message-IDs of any. */
DB_STATEMENT(find_by_ids, "notify_find_by_ids",
             "SELECT * FROM (" SELECT_PLACES "p.message_id = ANY ($1::text[]::uuid[])"
             " UNION SELECT aggregate_type, aggregate_id FROM mails WHERE message_id = ANY ($2)"
             " AND aggregate_id IS NOT NULL) places LIMIT 2");

/* $1 pseudonym of the address, $2 how many. The index has only those that are not ''. */
DB_STATEMENT(find_candidates, "notify_find_candidates",
             "SELECT DISTINCT ON (p.aggregate_type, p.aggregate_id) p.aggregate_type,"
             " p.aggregate_id, p.event FROM messages b JOIN message_parts p USING (message_id)"
             " WHERE b.address_id = $1 AND b.address_id <> '' AND p.aggregate_type <> 'mail'"
             " ORDER BY p.aggregate_type, p.aggregate_id, p.event_id DESC LIMIT $2");

/*
 * $22 mail, $23 its Message-ID, $24 person, $25 sender, $26 its address, $27 subject, $28 text, $29
 * state, $30 how it was matched, $31 reason, $32 and $33 type and id of the aggregate or null, $34
 * when it came; $35 whether its sender is told, $36 a day ago; $37 the message that it ends or
 * null, $38 that one's version; $39 .. $43 documents, names, types, sizes and reasons of
 * attachments.
 *
 * `answered` comes before `locked`: of two mails of one sender at once only one is answered, and
 * the other is read again.
 */
DB_STATEMENT(
    keep_mail, "notify_keep_mail",
    "WITH fresh AS (SELECT 1 AS one WHERE NOT EXISTS (SELECT FROM mails WHERE message_id = $23)),"
    " held AS (SELECT b.message_id FROM messages b, fresh WHERE b.message_id = $37"
    " AND b.version = $38 AND b.state = 'SENT' FOR UPDATE OF b),"
    " answered AS (INSERT INTO mail_answers AS a (person_id, answer_time) SELECT $24, $5"
    " FROM fresh WHERE $35 ON CONFLICT (person_id) DO UPDATE SET answer_time ="
    " EXCLUDED.answer_time WHERE a.answer_time <= $36 RETURNING 1),"
    " locked AS (SELECT one FROM fresh WHERE (NOT $35 OR EXISTS (SELECT FROM answered))"
    " AND ($37::uuid IS NULL OR EXISTS (SELECT FROM held))), " CHANGE_KEYED
    ", changed AS (INSERT INTO mails (mail_id, message_id, person_id, sender, sender_address,"
    " subject, body, state, matched_by, reason, aggregate_type, aggregate_id, receive_time)"
    " SELECT $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34 FROM keyed"
    " RETURNING version),"
    " attached AS (INSERT INTO mail_attachments (mail_id, number, document_id, file_name,"
    " media_type, size_bytes, reason) SELECT $22, a.number, nullif(a.document_id, '')::uuid,"
    " a.file_name, a.media_type, a.size_bytes::bigint, a.reason FROM changed,"
    " unnest($39::text[], $40::text[], $41::text[], $42::text[], $43::text[]) WITH ORDINALITY"
    " AS a (document_id, file_name, media_type, size_bytes, reason, number)),"
    " died AS (UPDATE messages b SET state = 'DEAD', reason = 'BOUNCED', version = b.version + 1"
    " FROM changed WHERE b.message_id = $37), " CHANGE_SAID ", " CHANGE_SAID_ALSO CHANGE_COUNTS);

/* ---- reading ---- */

enum err
mail_is_kept_await(struct call *call, const char *message_id, bool *ret_is_kept)
{
    const struct db_param params[] = {db_text(message_id)};
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &find_kept, params, 1, &rows);
    if (err == OK)
        *ret_is_kept = db_get_bool(rows, 0, 0);
    return err;
}

enum err
mail_may_answer_await(struct call *call, const char *person_id, bool *ret_may_answer)
{
    const struct db_param params[] = {db_text(person_id), db_time(clock_now_us() - DAY_US)};
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &may_answer, params, 2, &rows);
    if (err == OK)
        *ret_may_answer = db_get_bool(rows, 0, 0);
    return err;
}

static enum err
find_await(struct call *call, const struct db_stmt *stmt, const struct db_param *params,
           size_t param_count, struct mail_place *ret_places, size_t *ret_count)
{
    const struct db_rows *rows;
    *ret_count = 0;
    enum err err = db_read_await(svc_db(call->svc), call, stmt, params, param_count, &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    for (; *ret_count < db_row_count(rows); (*ret_count)++)
        ret_places[*ret_count] = (struct mail_place){
            .aggregate_type = db_get_text(rows, *ret_count, 0),
            .aggregate_id = db_get_text(rows, *ret_count, 1),
        };
    return OK;
}

enum err
mail_find_by_references_await(struct call *call, const char *const *references, size_t count,
                              struct mail_place *ret_places, size_t *ret_count)
{
    const struct db_param params[] = {db_text_array(call->arena, references, count)};
    return find_await(call, &find_by_references, params, 1, ret_places, ret_count);
}

enum err
mail_find_by_ids_await(struct call *call, const char *const *our_ids, size_t our_count,
                       const char *const *ids, size_t count, struct mail_place *ret_places,
                       size_t *ret_count)
{
    const struct db_param params[] = {db_text_array(call->arena, our_ids, our_count),
                                      db_text_array(call->arena, ids, count)};
    return find_await(call, &find_by_ids, params, 2, ret_places, ret_count);
}

enum err
mail_find_candidates_await(struct call *call, const char *address_id,
                           struct mail_candidate *ret_candidates, size_t *ret_count)
{
    const struct db_param params[] = {db_text(address_id), db_int8(MAIL_CANDIDATES_MAX + 1)};
    const struct db_rows *rows;
    *ret_count = 0;
    enum err err = db_read_await(svc_db(call->svc), call, &find_candidates, params, 2, &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    *ret_count = db_row_count(rows);
    for (size_t i = 0; *ret_count <= MAIL_CANDIDATES_MAX && i < *ret_count; i++) {
        size_t size_bytes;
        const void *bytes = db_get_bytea(rows, i, 2, &size_bytes);
        ret_candidates[i].place = (struct mail_place){.aggregate_type = db_get_text(rows, i, 0),
                                                      .aggregate_id = db_get_text(rows, i, 1)};
        ret_candidates[i].event =
            events__v1__logged_event__unpack(arena_allocator(call->arena), size_bytes, bytes);
        CHECK(ret_candidates[i].event != NULL); /* we packed it */
    }
    return OK;
}

/* ---- writing ---- */

enum { ATTACHMENT_PARAM_COUNT = 5, EVENT_PARTS_MAX = 400 };

static void
fill_attachments(struct arena *arena, const struct mail_taken *taken, struct db_param *params)
{
    const char *texts[ATTACHMENT_PARAM_COUNT][MAIL_PARTS_MAX];
    CHECK(taken->attachment_count <= MAIL_PARTS_MAX);
    for (size_t i = 0; i < taken->attachment_count; i++) {
        const struct mail_document *document = &taken->documents[i];
        bool is_kept = document->reason[0] == 0;
        texts[0][i] = is_kept ? message_uuid(arena, &document->document_id) : "";
        texts[1][i] = taken->attachments[i].name;
        texts[2][i] = document->media_type;
        texts[3][i] = arena_printf(arena, "%zu", taken->attachments[i].size_bytes);
        texts[4][i] = document->reason;
    }
    for (size_t i = 0; i < ATTACHMENT_PARAM_COUNT; i++)
        params[i] = db_text_array(arena, texts[i], taken->attachment_count);
}

static void
fill_received(struct arena *arena, const struct mail_taken *taken,
              Notify__V1__MailReceived *received)
{
    notify__v1__mail_received__init(received);
    received->mail_id = message_uuid(arena, &taken->mail_id);
    received->person_id = (char *)taken->person_id;
    received->state = taken->state;
    received->aggregate_type = (char *)taken->place.aggregate_type;
    received->aggregate_id = (char *)taken->place.aggregate_id;
    received->answer = taken->is_answered ? NOTIFY__V1__MAIL_RECEIVED__ANSWER__ANSWERED
                                          : NOTIFY__V1__MAIL_RECEIVED__ANSWER__UNANSWERED;
    received->document_ids = arena_alloc(arena, (taken->attachment_count + 1) * sizeof(char *));
    for (size_t i = 0; i < taken->attachment_count; i++) {
        if (taken->documents[i].reason[0] == 0)
            received->document_ids[received->n_document_ids++] =
                message_uuid(arena, &taken->documents[i].document_id);
    }
}

static void
fill_failed(const struct mail_taken *taken, Notify__V1__MessageFailed *failed)
{
    const Notify__V1__Message *bounced = taken->bounced;
    notify__v1__message_failed__init(failed);
    if (bounced == NULL)
        return;
    failed->message_id = bounced->message_id;
    failed->person_id = bounced->person_id;
    failed->channel = bounced->channel;
    failed->parts = bounced->parts;
    failed->n_parts = bounced->n_parts < EVENT_PARTS_MAX ? bounced->n_parts : EVENT_PARTS_MAX;
    failed->reason = (char *)"BOUNCED";
}

static enum err
commit_await(struct call *call, const struct mail_taken *taken, const struct db_param *params,
             size_t param_count)
{
    Notify__V1__MailReceived received;
    Notify__V1__MessageFailed failed;
    Notify__V1__GetMailResponse response = NOTIFY__V1__GET_MAIL_RESPONSE__INIT;
    fill_received(call->arena, taken, &received);
    fill_failed(taken, &failed);
    const struct change_event also = {
        .event_contract = &notify_v1_message_failed_contract,
        .event = &failed.base,
        .aggregate_id = failed.message_id,
        .aggregate_version = taken->bounced_version + 1,
        .owner_id = "",
        .unit_serial = "",
    };
    const struct change change = {
        .stmt = &keep_mail,
        .params = params,
        .param_count = param_count,
        .aggregate_id = received.mail_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = &notify_v1_mail_received_contract,
        .event = &received.base,
        .response = &response.base,
        .says_also = true,
        .also = &also,
        .also_count = taken->bounced != NULL,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}

enum err
mail_keep_await(struct call *call, const struct mail_taken *taken)
{
    enum { OWN_COUNT = 17 };
    struct uuid bounced_id = {{0}};
    if (taken->bounced != NULL)
        bounced_id = message_get_uuid(taken->bounced->message_id);
    struct db_param params[OWN_COUNT + ATTACHMENT_PARAM_COUNT] = {
        db_uuid(&taken->mail_id),
        db_text(taken->message_id),
        db_text(taken->person_id),
        db_text(taken->sender),
        db_text(taken->sender_address),
        db_text(taken->subject),
        db_text(taken->text),
        db_text(notify_enum_name(&notify__v1__mail__state__descriptor, (int)taken->state)),
        db_text(taken->place.matched_by),
        db_text(taken->reason),
        db_text_or_null(taken->place.aggregate_type),
        db_text_or_null(taken->place.aggregate_id),
        db_time(taken->receive_us),
        db_bool(taken->is_answered),
        db_time(clock_now_us() - DAY_US),
        db_uuid(taken->bounced != NULL ? &bounced_id : NULL),
        db_int8(taken->bounced_version),
    };
    fill_attachments(call->arena, taken, params + OWN_COUNT);
    return commit_await(call, taken, params, COUNT_OF(params));
}
