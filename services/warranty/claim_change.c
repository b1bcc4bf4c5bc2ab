/*
 * claim_change - the one write of a claim: state, evidence, decision, timer, units and their facts
 *
 * One statement for a new claim and one for a claim that is there; both hold the units that
 * the decision rests on first, in the order of their serial numbers, then the claim. Whatever a
 * change does not have (documents, a finding, a decision, facts) comes as empty arrays or nulls, so
 * that there is one text for every verb. What most customers file has none of that: such claims are
 * one statement for all that come at once (create_plain_claims).
 *
 *   held      the units, at their versions and at the number of accepted claims
 *   locked    the claim at its version (a new one: the units alone)
 *   changed   the claim
 *   ...       what goes with it, each from `changed`
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/v1/decision.contract.h"

/* Parameters from $22 on (behind CHANGE_SAID_ALSO's), in the order of fill_shared. */
#define P_UNITS "$22"
#define P_SERIAL "$23"
#define P_CLAIM_COUNT "$24"
#define P_RAISES "$25"
#define P_FACTS "$26"
#define P_CLAIM_ID "$27"
#define P_VERSION "$28"

/* The columns that verbs change, and the parameters they come by. */
#define MOVED_COLUMNS                                                                              \
    "state, at_date, assignee_id, submit_time, decision_id, outcome, reason, deciding_clause_id,"  \
    " decide_by, is_late, decided_by, is_by_person, decide_reason, appeal_reason, is_overridden,"  \
    " override_minor, override_currency, accept_number, fulfilment, verdict"
#define MOVED_PARAMS                                                                               \
    "$29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46,"    \
    " $47, $48"

/* The count is looked at by the query that locks: one that waited for another claim sees what that
 * one left, which a plain read of this statement does not. */
#define HELD                                                                                       \
    UNITS_WANTED(P_UNITS)                                                                          \
    ", units_locked AS " UNITS_LOCKED ", counted AS (SELECT u.serial FROM units_locked, units u"   \
    " WHERE u.serial = " P_SERIAL " AND u.claim_count = " P_CLAIM_COUNT " FOR UPDATE OF u),"       \
    " held AS (SELECT 1 FROM units_locked WHERE cardinality(" P_UNITS "::text[]) = 0"              \
    " OR EXISTS (SELECT FROM counted))"

/* $49 the decision; $50 to $56 documents and the finding that they prove; $57 to $61 the finding;
 * $62 the timer. */
#define EVIDENCE                                                                                   \
    "decided AS (INSERT INTO decisions (decision_id, claim_id, create_time, outcome, reason,"      \
    " deciding_clause_id, record) SELECT $33, " P_CLAIM_ID ", $5, $34, $35, $36, $49 FROM changed" \
    " WHERE $49::bytea IS NOT NULL),"                                                              \
    " documented AS (INSERT INTO claim_documents (claim_id, number, document_id, kind, sha256,"    \
    " media_type, document_date, finding_number, create_time) SELECT " P_CLAIM_ID                  \
    ", $50::integer + d.place, d.document_id::uuid, d.kind, d.sha256, d.media_type,"               \
    " nullif(d.document_date, '')::date, nullif($56::integer, 0), $5 FROM changed,"                \
    " unnest($51::text[], $52::text[], $53::text[], $54::text[], $55::text[]) WITH ORDINALITY"     \
    " AS d (document_id, kind, sha256, media_type, document_date, place)),"                        \
    " found AS (INSERT INTO claim_findings (claim_id, number, finding, component, fault_code,"     \
    " description, record_time) SELECT " P_CLAIM_ID ", $57, $58, $59, $60, $61, $5 FROM changed"   \
    " WHERE $57::integer > 0),"                                                                    \
    " timed AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time) SELECT $62,"           \
    " '" CLAIM_TIMER_DECIDE_BY "', " P_CLAIM_ID "::text, $37 FROM changed"                         \
    " WHERE $62::uuid IS NOT NULL), "
#define UNITS                                                                                      \
    "learnt AS (" FACTS_INSERTED(                                                                  \
        "changed", P_FACTS) "),"                                                                   \
                            " units_created AS (" UNITS_CREATED(                                   \
                                "changed") "),"                                                    \
                                           " units_changed AS (UPDATE units u SET " UNITS_SET      \
                                           ", claim_count = u.claim_count +"                       \
                                           " CASE WHEN u.serial = " P_SERIAL " THEN " P_RAISES     \
                                           "::integer ELSE 0 END"                                  \
                                           " FROM changed, wanted w WHERE u.serial = w.serial "    \
                                           "AND (w.hold = 'changed' OR (" P_RAISES                 \
                                           "::integer > 0 AND u.serial = " P_SERIAL "))), "
/* Other claims of units that turned out to be different are looked at again. */
#define OTHERS                                                                                     \
    "others AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"                       \
    " SELECT gen_random_uuid(), '" CLAIM_TIMER_DECIDE "', w.serial, $5 FROM changed, wanted w"     \
    " WHERE w.hold = 'changed' AND EXISTS (SELECT FROM claims c WHERE c.serial = w.serial"         \
    " AND c.claim_id <> " P_CLAIM_ID                                                               \
    " AND c.state NOT IN ('DRAFT', 'SETTLED', 'CLOSED', 'WITHDRAWN'))), "
#define GOES_WITH_IT EVIDENCE UNITS OTHERS CHANGE_SAID ", " CHANGE_SAID_ALSO CHANGE_COUNTS

/* $63 to $73: what stays as it was filed. A claim that is there breaks claims_pk. */
DB_STATEMENT(create_claim, "warranty_create_claim",
             "WITH " HELD ", locked AS (SELECT 1 FROM held WHERE " P_VERSION
             "::bigint = 0), " CHANGE_KEYED
             ", changed AS (INSERT INTO claims (claim_id, serial, " MOVED_COLUMNS
             ", cause, component, description, contact_name, contact_email, contact_phone,"
             " contact_language, contact_time_zone, contact_push_token, owner_id, create_time)"
             " SELECT " P_CLAIM_ID ", " P_SERIAL ", " MOVED_PARAMS
             ", $63, $64, $65, $66, $67, $68, $69, $70, $71, $72, $73 FROM keyed RETURNING version)"
             ", " GOES_WITH_IT);

DB_STATEMENT(move_claim, "warranty_move_claim",
             "WITH " HELD ", locked AS (SELECT c.claim_id FROM held, claims c WHERE c.claim_id ="
             " " P_CLAIM_ID " AND c.version = " P_VERSION " FOR UPDATE OF c), " CHANGE_KEYED
             ", changed AS (UPDATE claims SET (" MOVED_COLUMNS ") = ROW (" MOVED_PARAMS
             "), version = version + 1 FROM keyed WHERE claim_id = " P_CLAIM_ID
             " RETURNING version), " GOES_WITH_IT);

enum { SHARED_PARAMS = 41, CREATE_PARAMS = 11 };

static struct db_param
pack(struct arena *arena, const ProtobufCMessage *message)
{
    if (message == NULL)
        return (struct db_param){.type = DB_BYTEA, .is_null = true};
    return db_message(arena, message);
}

static struct db_param
null_unless(bool is_there, struct db_param param)
{
    param.is_null = param.is_null || !is_there;
    return param;
}

/* ---- parameters ---- */

static size_t
fill_units(struct arena *arena, const struct claim_change *change, struct db_param *params)
{
    size_t count = 0;
    params[count++] = unit_param(arena, change->units, change->unit_count);
    params[count++] = db_text(change->claim->serial);
    params[count++] = db_int4(change->claim_count);
    params[count++] = db_int4(change->raises_count ? 1 : 0);
    params[count++] = fact_param(arena, change->facts, change->fact_count);
    params[count++] = db_uuid(&change->claim->claim_id);
    params[count++] = db_int8(change->claim->version - 1);
    return count;
}

static size_t
fill_moved(struct arena *arena, const struct claim *claim, struct db_param *params)
{
    const ProtobufCEnumDescriptor *states = warranty_v1_claim_state_machine.states;
    const ProtobufCEnumDescriptor *outcomes = &common__v1__decision__outcome__descriptor;
    bool has_cost = claim->override_cost.currency_code[0] != 0;
    const char *outcome = claim->has_decision ? contract_enum_name(outcomes, claim->outcome) : NULL;
    const struct db_param moved[] = {
        db_text(contract_enum_name(states, claim->state)),
        db_date(claim->at_date),
        db_text_or_null(claim->assignee_id),
        null_unless(claim->submit_time_us != 0, db_time(claim->submit_time_us)),
        db_uuid(claim->has_decision ? &claim->decision_id : NULL),
        db_text(outcome),
        db_text_or_null(claim->reason),
        db_text_or_null(claim->deciding_clause_id),
        null_unless(claim->decide_by_us != 0, db_time(claim->decide_by_us)),
        db_bool(claim->is_late),
        db_text_or_null(claim->decided_by),
        db_bool(claim->is_by_person),
        db_text_or_null(claim->decide_reason),
        db_text_or_null(claim->appeal_reason),
        db_bool(claim->is_overridden),
        null_unless(has_cost, db_int8(claim->override_cost.minor)),
        db_text_or_null(claim->override_cost.currency_code),
        null_unless(claim->accept_number != 0, db_int8(claim->accept_number)),
        pack(arena, claim->fulfilment != NULL ? &claim->fulfilment->base : NULL),
        pack(arena, claim->verdict != NULL ? &claim->verdict->base : NULL),
    };
    for (size_t i = 0; i < COUNT_OF(moved); i++)
        params[i] = moved[i];
    return COUNT_OF(moved);
}

static const char *
print_date(struct arena *arena, struct date date)
{
    if (date_is_absent(date))
        return "";
    char *text = arena_alloc(arena, DATE_TEXT_SIZE);
    date_print(date, text);
    return text;
}

/* The new documents are the last ones. */
static size_t
fill_documents(struct arena *arena, const struct claim_change *change, struct db_param *params)
{
    const struct claim_evidence *evidence = &change->evidence;
    const char *texts[5][CLAIM_ADDED_MAX];
    size_t first = evidence->document_count - change->new_document_count;
    CHECK(change->new_document_count <= CLAIM_ADDED_MAX);
    int finding_number = 0;
    for (size_t i = 0; i < change->new_document_count; i++) {
        const struct claim_document *document = &evidence->documents[first + i];
        texts[0][i] = document->document_id;
        texts[1][i] = document->kind;
        texts[2][i] = document->sha256;
        texts[3][i] = document->media_type;
        texts[4][i] = print_date(arena, document->document_date);
        finding_number = document->finding_number;
    }
    size_t count = 0;
    params[count++] = db_int4((int32_t)first);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        params[count++] = db_text_array(arena, texts[i], change->new_document_count);
    params[count++] = db_int4(finding_number);
    return count;
}

static size_t
fill_finding(const struct claim_change *change, struct db_param *params)
{
    static const struct claim_finding none = {
        .finding = "", .component = "", .fault_code = "", .description = ""};
    const struct claim_evidence *evidence = &change->evidence;
    const struct claim_finding *finding =
        change->has_new_finding ? &evidence->findings[evidence->finding_count - 1] : &none;
    size_t count = 0;
    params[count++] = db_int4(finding->number);
    params[count++] = db_text(finding->finding);
    params[count++] = db_text_or_null(finding->component);
    params[count++] = db_text_or_null(finding->fault_code);
    params[count++] = db_text(finding->description);
    return count;
}

static size_t
fill_filed(const struct claim *claim, struct db_param *params)
{
    size_t count = 0;
    params[count++] = db_text(claim->cause);
    params[count++] = db_text_or_null(claim->component);
    params[count++] = db_text(claim->description);
    params[count++] = db_text_or_null(claim->contact_name);
    params[count++] = db_text_or_null(claim->contact_email);
    params[count++] = db_text_or_null(claim->contact_phone);
    params[count++] = db_text_or_null(claim->contact_language);
    params[count++] = db_text_or_null(claim->contact_time_zone);
    params[count++] = db_text_or_null(claim->contact_push_token);
    params[count++] = db_text_or_null(claim->owner_id);
    params[count++] = db_time(claim->create_time_us);
    return count;
}

/* ---- writing ---- */

/* ---- a claim as most are filed ---- */

/*
 * A new claim that brings nothing along: no documents, no facts, no change of a unit. Those that
 * come at the same time are one statement.
 *
 * $14 unit, $15 its version, $16 its number of accepted claims; $17 claim, $18 .. $25 and $28 ..
 * $38 its columns, $26 the decision, $27 the timer.
 */
DB_BATCH(
    create_plain_claims, "warranty_create_plain_claims",
    "WITH locked AS (SELECT asked.n::integer AS n FROM unnest($14::text[], $15::bigint[],"
    " $16::integer[]) WITH ORDINALITY AS asked (serial, version, claim_count, n)"
    " JOIN units u ON u.serial = asked.serial AND u.version = asked.version"
    " AND u.claim_count = asked.claim_count ORDER BY u.serial FOR UPDATE OF u), " CHANGE_EACH_KEYED
    ", changed AS (INSERT INTO claims (claim_id, serial, state, at_date, submit_time,"
    " decision_id, outcome, reason, deciding_clause_id, decide_by, cause, component,"
    " description, contact_name, contact_email, contact_phone, contact_language,"
    " contact_time_zone, contact_push_token, owner_id, create_time)"
    " SELECT ($17::uuid[])[n], ($14::text[])[n], ($18::text[])[n], ($19::date[])[n],"
    " ($20::timestamptz[])[n], ($21::uuid[])[n], ($22::text[])[n], ($23::text[])[n],"
    " ($24::text[])[n], ($25::timestamptz[])[n], ($28::text[])[n], ($29::text[])[n],"
    " ($30::text[])[n], ($31::text[])[n], ($32::text[])[n], ($33::text[])[n],"
    " ($34::text[])[n], ($35::text[])[n], ($36::text[])[n], ($37::text[])[n],"
    " ($38::timestamptz[])[n] FROM done RETURNING 1),"
    " decided AS (INSERT INTO decisions (decision_id, claim_id, create_time, outcome, reason,"
    " deciding_clause_id, record) SELECT ($21::uuid[])[n], ($17::uuid[])[n],"
    " ($5::timestamptz[])[n], ($22::text[])[n], ($23::text[])[n], ($24::text[])[n],"
    " ($26::bytea[])[n] FROM done WHERE ($21::uuid[])[n] IS NOT NULL),"
    " timed AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"
    " SELECT ($27::uuid[])[n], '" CLAIM_TIMER_DECIDE_BY "', ($17::uuid[])[n]::text,"
    " ($25::timestamptz[])[n] FROM done WHERE ($27::uuid[])[n] IS NOT NULL), " CHANGE_EACH_SAID
        CHANGE_EACH_COUNTS);

static bool
is_plain(const struct claim_change *change)
{
    return change->claim->version == 1 && change->new_document_count == 0 &&
           !change->has_new_finding && change->fact_count == 0 && change->also_count == 0 &&
           !change->raises_count && change->claim->accept_number == 0 && change->unit_count == 1 &&
           change->units[0].kind == UNIT_HELD;
}

/* $14 and on. The columns stand in `moved` as fill_moved says, in `params` as a new claim has them:
 * the others are as the table begins them. */
static size_t
fill_plain(struct arena *arena, const struct claim_change *change, const struct uuid *timer_id,
           struct db_param *params)
{
    enum { STATE, AT_DATE, ASSIGNEE, SUBMIT_TIME, DECIDE_BY = 8 };
    const struct claim *claim = change->claim;
    struct db_param moved[SHARED_PARAMS];
    fill_moved(arena, claim, moved);
    size_t count = 0;
    params[count++] = db_text(claim->serial);
    params[count++] = db_int8(change->units[0].unit.version);
    params[count++] = db_int4(change->claim_count);
    params[count++] = db_uuid(&claim->claim_id);
    params[count++] = moved[STATE];
    params[count++] = moved[AT_DATE];
    for (size_t i = SUBMIT_TIME; i <= DECIDE_BY; i++)
        params[count++] = moved[i];
    params[count++] = pack(arena, change->decision != NULL ? &change->decision->base : NULL);
    params[count++] = db_uuid(timer_id);
    return count + fill_filed(claim, &params[count]);
}

/* The parameters of create_claim or move_claim from $22 on. */
static size_t
fill_any(struct arena *arena, const struct claim_change *change, const struct uuid *timer_id,
         struct db_param *params)
{
    size_t count = fill_units(arena, change, params);
    count += fill_moved(arena, change->claim, &params[count]);
    params[count++] = pack(arena, change->decision != NULL ? &change->decision->base : NULL);
    count += fill_documents(arena, change, &params[count]);
    count += fill_finding(change, &params[count]);
    params[count++] = db_uuid(timer_id);
    CHECK(count == SHARED_PARAMS);
    return change->claim->version == 1 ? count + fill_filed(change->claim, &params[count]) : count;
}

static const struct db_stmt *
choose_stmt(const struct claim_change *change)
{
    if (is_plain(change))
        return &create_plain_claims;
    return change->claim->version == 1 ? &create_claim : &move_claim;
}

enum err
claim_write_await(struct call *call, const struct claim_change *change)
{
    struct arena *arena = call->arena;
    struct claim *claim = change->claim;
    const struct db_stmt *stmt = choose_stmt(change);
    struct uuid new_timer_id = uuid_make();
    const struct uuid *timer_id = change->sets_timer ? &new_timer_id : NULL;
    struct db_param params[SHARED_PARAMS + CREATE_PARAMS];
    size_t count = stmt->is_batch ? fill_plain(arena, change, timer_id, params)
                                  : fill_any(arena, change, timer_id, params);

    char claim_id[UUID_TEXT_SIZE];
    uuid_print(&claim->claim_id, claim_id);
    const struct change unit_of_work = {
        .stmt = stmt,
        .time_us = change->time_us,
        .params = params,
        .param_count = count,
        .aggregate_id = claim_id,
        .owner_id = claim->owner_id,
        .unit_serial = claim->serial,
        .event_contract = change->event_contract,
        .event = change->event,
        .response = change->response,
        .says_also = !stmt->is_batch,
        .also = change->also,
        .also_count = change->also_count,
    };
    enum err err = change_commit_await(svc_db(call->svc), call, &unit_of_work);
    if (err == OK && change->sets_timer)
        timer_poke(svc_timer_service(call->svc), claim->decide_by_us);
    if (err == OK && change->fact_count > 0)
        timer_poke(svc_timer_service(call->svc), change->time_us);
    return err;
}
