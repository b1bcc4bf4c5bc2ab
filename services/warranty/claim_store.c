/*
 * claim_store - all SQL that reads claims, their evidence and their decisions
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <stdio.h>
#include <string.h>

#include "common/message.h"
#include "common/v1/decision.contract.h"

#define SELECT_CLAIMS                                                                              \
    "SELECT claim_id, serial, state, cause, component, description, contact_name, contact_email,"  \
    " contact_phone, contact_language, contact_time_zone, contact_push_token, at_date, owner_id,"  \
    " assignee_id, create_time, submit_time, decision_id, outcome, reason, deciding_clause_id,"    \
    " decide_by, is_late, decided_by, is_by_person, decide_reason, appeal_reason, is_overridden,"  \
    " override_minor, override_currency, accept_number, fulfilment, verdict, version FROM claims "

enum claim_column {
    CLAIM_ID,
    SERIAL,
    STATE,
    CAUSE,
    COMPONENT,
    DESCRIPTION,
    CONTACT_NAME,
    CONTACT_EMAIL,
    CONTACT_PHONE,
    CONTACT_LANGUAGE,
    CONTACT_TIME_ZONE,
    CONTACT_PUSH_TOKEN,
    AT_DATE,
    OWNER_ID,
    ASSIGNEE_ID,
    CREATE_TIME,
    SUBMIT_TIME,
    DECISION_ID,
    OUTCOME,
    REASON,
    DECIDING_CLAUSE_ID,
    DECIDE_BY,
    IS_LATE,
    DECIDED_BY,
    IS_BY_PERSON,
    DECIDE_REASON,
    APPEAL_REASON,
    IS_OVERRIDDEN,
    OVERRIDE_MINOR,
    OVERRIDE_CURRENCY,
    ACCEPT_NUMBER,
    FULFILMENT,
    VERDICT,
    VERSION
};

/* $1 and $2: the row to go on after, newest first; null for the first page. $3 how many, $4 state
 * or ''. */
#define PAGE                                                                                       \
    " ($1::timestamptz IS NULL OR (create_time, claim_id) < ($1, $2::uuid)) AND ($4 = '' OR "      \
    "state = $4) ORDER BY create_time DESC, claim_id DESC LIMIT $3"

/* As claims_contact_trgm_ix has it. */
#define CONTACT                                                                                    \
    "(coalesce(contact_name, '') || ' ' || coalesce(contact_email, '') || ' ' ||"                  \
    " coalesce(contact_phone, ''))"

DB_STATEMENT(read_claim, "warranty_read_claim", SELECT_CLAIMS "WHERE claim_id = $1");

/* One text for each way to narrow, so that each has its index. */
DB_STATEMENT(list_claims, "warranty_list_claims", SELECT_CLAIMS "WHERE" PAGE);
DB_STATEMENT(list_state_claims, "warranty_list_state_claims",
             SELECT_CLAIMS "WHERE state = $4 AND" PAGE);
DB_STATEMENT(list_serial_claims, "warranty_list_serial_claims",
             SELECT_CLAIMS "WHERE serial = $5 AND ($6::text IS NULL OR owner_id = $6) AND" PAGE);
DB_STATEMENT(list_owner_claims, "warranty_list_owner_claims",
             SELECT_CLAIMS "WHERE owner_id = $5 AND" PAGE);
DB_STATEMENT(list_contact_claims, "warranty_list_contact_claims",
             SELECT_CLAIMS "WHERE " CONTACT " ILIKE $5 AND ($6 = '' OR serial = $6) AND" PAGE);

/* Documents, then findings; `part` says which. */
DB_STATEMENT(read_evidence, "warranty_read_claim_evidence",
             "SELECT 1 AS part, number, document_id, kind AS code, sha256 AS first_text, media_type"
             " AS second_text, '' AS third_text, document_date, finding_number, create_time"
             " FROM claim_documents WHERE claim_id = $1"
             " UNION ALL SELECT 2, number, NULL, finding, component, fault_code, description, NULL,"
             " NULL, record_time FROM claim_findings WHERE claim_id = $1 ORDER BY part, number");

DB_STATEMENT(read_decision, "warranty_read_decision",
             "SELECT record FROM decisions WHERE decision_id = $1");
/* $2 the decision to go on after, or null; $3 how many. */
DB_STATEMENT(list_decisions, "warranty_list_decisions",
             "SELECT record FROM decisions WHERE claim_id = $1 AND ($2::uuid IS NULL"
             " OR (create_time, decision_id) < (SELECT d.create_time, d.decision_id"
             " FROM decisions d WHERE d.decision_id = $2 AND d.claim_id = $1))"
             " ORDER BY create_time DESC, decision_id DESC LIMIT $3");

/* $1 unit, $2 the claim, $3 its accept_number, $4 after which day, $5 its day. */
DB_STATEMENT(count_accepted, "warranty_count_accepted_claims",
             "SELECT count(*) FROM claims WHERE serial = $1 AND claim_id <> $2"
             " AND accept_number IS NOT NULL AND ($3::bigint = 0 OR accept_number < $3)"
             " AND ($4::date IS NULL OR at_date > $4) AND at_date <= $5");

DB_STATEMENT(list_open, "warranty_list_open_claims",
             "SELECT claim_id FROM claims WHERE serial = $1 AND NOT is_by_person AND state IN"
             " ('DOCUMENTS_REQUIRED', 'UNDER_REVIEW', 'APPROVED', 'PARTLY_APPROVED', 'REJECTED')"
             " ORDER BY create_time, claim_id LIMIT 1000");

/* ---- one claim ---- */

/* What the database holds passed its CHECK, so a name that is not known is a newer daemon's: 0,
 * unspecified. */
static int
value_of(const ProtobufCEnumDescriptor *names, const char *name)
{
    int value = 0;
    if (!contract_enum_value(names, name, &value))
        return 0;
    return value;
}

/* A message that is packed in a column; NULL: none is. */
static void *
unpack_column(struct arena *arena, const struct db_rows *rows, size_t row, int column,
              const struct contract_message *contract)
{
    size_t size_bytes;
    const void *bytes = db_get_bytea(rows, row, column, &size_bytes);
    ProtobufCMessage *message;
    struct fault fault;
    if (db_is_null(rows, row, column) ||
        contract_unpack(arena, contract, bytes, size_bytes, &message, &fault) != OK)
        return NULL;
    return message;
}

static void
people_from_row(const struct db_rows *rows, size_t row, struct claim *claim)
{
    claim->decided_by = db_get_text(rows, row, DECIDED_BY);
    claim->is_by_person = db_get_bool(rows, row, IS_BY_PERSON);
    claim->decide_reason = db_get_text(rows, row, DECIDE_REASON);
    claim->appeal_reason = db_get_text(rows, row, APPEAL_REASON);
    claim->is_overridden = db_get_bool(rows, row, IS_OVERRIDDEN);
    claim->override_cost.minor = db_get_int8(rows, row, OVERRIDE_MINOR);
    (void)snprintf(claim->override_cost.currency_code, sizeof claim->override_cost.currency_code,
                   "%s", db_get_text(rows, row, OVERRIDE_CURRENCY));
}

static struct claim
claim_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct claim claim = {
        .claim_id = db_get_uuid(rows, row, CLAIM_ID),
        .serial = db_get_text(rows, row, SERIAL),
        .state = value_of(warranty_v1_claim_state_machine.states, db_get_text(rows, row, STATE)),
        .cause = db_get_text(rows, row, CAUSE),
        .component = db_get_text(rows, row, COMPONENT),
        .description = db_get_text(rows, row, DESCRIPTION),
        .contact_name = db_get_text(rows, row, CONTACT_NAME),
        .contact_email = db_get_text(rows, row, CONTACT_EMAIL),
        .contact_phone = db_get_text(rows, row, CONTACT_PHONE),
        .contact_language = db_get_text(rows, row, CONTACT_LANGUAGE),
        .contact_time_zone = db_get_text(rows, row, CONTACT_TIME_ZONE),
        .contact_push_token = db_get_text(rows, row, CONTACT_PUSH_TOKEN),
        .at_date = db_get_date(rows, row, AT_DATE),
        .owner_id = db_get_text(rows, row, OWNER_ID),
        .assignee_id = db_get_text(rows, row, ASSIGNEE_ID),
        .create_time_us = db_get_time(rows, row, CREATE_TIME),
        .submit_time_us = db_get_time(rows, row, SUBMIT_TIME),
        .has_decision = !db_is_null(rows, row, DECISION_ID),
        .decision_id = db_get_uuid(rows, row, DECISION_ID),
        .outcome =
            value_of(&common__v1__decision__outcome__descriptor, db_get_text(rows, row, OUTCOME)),
        .reason = db_get_text(rows, row, REASON),
        .deciding_clause_id = db_get_text(rows, row, DECIDING_CLAUSE_ID),
        .decide_by_us = db_get_time(rows, row, DECIDE_BY),
        .is_late = db_get_bool(rows, row, IS_LATE),
        .accept_number = db_get_int8(rows, row, ACCEPT_NUMBER),
        .fulfilment = unpack_column(arena, rows, row, FULFILMENT, &warranty_v1_fulfilment_contract),
        .verdict = unpack_column(arena, rows, row, VERDICT, &warranty_v1_verdict_contract),
        .version = db_get_int8(rows, row, VERSION),
    };
    people_from_row(rows, row, &claim);
    return claim;
}

enum err
claim_read_await(struct call *call, const struct uuid *claim_id, struct claim *ret_claim)
{
    const struct db_param params[] = {db_uuid(claim_id)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_claim, params, COUNT_OF(params), &rows);
    if (err == OK)
        *ret_claim = claim_from_row(call->arena, rows, 0);
    return err;
}

enum err
claim_count_await(struct call *call, const struct claim *claim, struct date after,
                  int64_t *ret_count)
{
    const struct db_param params[] = {db_text(claim->serial), db_uuid(&claim->claim_id),
                                      db_int8(claim->accept_number), db_date(after),
                                      db_date(claim->at_date)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &count_accepted, params, COUNT_OF(params), &rows);
    if (err == OK)
        *ret_count = db_get_int8(rows, 0, 0);
    return err;
}

enum err
claim_open_list_await(struct call *call, const char *serial, struct uuid **ret_claim_ids,
                      size_t *ret_count)
{
    const struct db_param params[] = {db_text(serial)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &list_open, params, COUNT_OF(params), &rows);
    *ret_count = 0;
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    *ret_count = db_row_count(rows);
    *ret_claim_ids = arena_alloc(call->arena, *ret_count * sizeof **ret_claim_ids);
    for (size_t row = 0; row < *ret_count; row++)
        (*ret_claim_ids)[row] = db_get_uuid(rows, row, 0);
    return OK;
}

/* ---- evidence ---- */

static struct claim_document
document_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct uuid document_id = db_get_uuid(rows, row, 2);
    return (struct claim_document){
        .document_id = message_uuid(arena, &document_id),
        .kind = db_get_text(rows, row, 3),
        .sha256 = db_get_text(rows, row, 4),
        .media_type = db_get_text(rows, row, 5),
        .document_date = db_get_date(rows, row, 7),
        .finding_number = db_get_int4(rows, row, 8),
        .create_time_us = db_get_time(rows, row, 9),
    };
}

static struct claim_finding
finding_from_row(const struct db_rows *rows, size_t row)
{
    return (struct claim_finding){
        .number = db_get_int4(rows, row, 1),
        .finding = db_get_text(rows, row, 3),
        .component = db_get_text(rows, row, 4),
        .fault_code = db_get_text(rows, row, 5),
        .description = db_get_text(rows, row, 6),
        .record_time_us = db_get_time(rows, row, 9),
    };
}

enum err
claim_evidence_read_await(struct call *call, const struct uuid *claim_id,
                          struct claim_evidence *ret_evidence)
{
    const struct db_param params[] = {db_uuid(claim_id)};
    const struct db_rows *rows;
    *ret_evidence = (struct claim_evidence){0};
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_evidence, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    size_t count = db_row_count(rows);
    struct claim_document *documents = arena_alloc(call->arena, count * sizeof *documents);
    struct claim_finding *findings = arena_alloc(call->arena, count * sizeof *findings);
    ret_evidence->documents = documents;
    ret_evidence->findings = findings;
    for (size_t row = 0; row < count; row++) {
        if (db_get_int4(rows, row, 0) == 1)
            documents[ret_evidence->document_count++] = document_from_row(call->arena, rows, row);
        else
            findings[ret_evidence->finding_count++] = finding_from_row(rows, row);
    }
    return OK;
}

/* ---- decisions ---- */

/* What was stored was a decision; what cannot be read is damaged, and is told as an empty one. */
static void *
decision_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    size_t size_bytes;
    const void *bytes = db_get_bytea(rows, row, 0, &size_bytes);
    ProtobufCMessage *message;
    struct fault fault = {0};
    if (contract_unpack(arena, &common_v1_decision_contract, bytes, size_bytes, &message, &fault) ==
        OK)
        return message;
    Common__V1__Decision *empty = arena_alloc(arena, sizeof *empty);
    common__v1__decision__init(empty);
    return empty;
}

enum err
claim_decision_read_await(struct call *call, const struct uuid *decision_id,
                          Common__V1__Decision **ret_decision)
{
    const struct db_param params[] = {db_uuid(decision_id)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_decision, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    *ret_decision = decision_from_row(call->arena, rows, 0);
    if ((*ret_decision)->decision_id[0] == 0)
        return call_fail(call, ERR_DATA_LOSS, "DECISION_MALFORMED",
                         "a stored decision cannot be read");
    return OK;
}

enum err
claim_decisions_list_await(struct call *call, const struct uuid *claim_id, const struct uuid *after,
                           int32_t size, struct page *ret_page)
{
    const struct db_param params[] = {db_uuid(claim_id), db_uuid(after), page_limit(size)};
    return page_read_await(svc_db(call->svc), call, &list_decisions, params, COUNT_OF(params), size,
                           decision_from_row, ret_page);
}

/* ---- lists ---- */

static struct db_param
time_or_null(int64_t unix_us)
{
    struct db_param param = db_time(unix_us);
    param.is_null = unix_us == 0;
    return param;
}

static void *
message_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct claim claim = claim_from_row(arena, rows, row);
    return claim_to_message(arena, &claim, NULL, NULL);
}

/* A pattern that finds the text anywhere; its own % and _ stand for themselves. */
static const char *
pattern_of(struct arena *arena, const char *part)
{
    char *pattern = arena_alloc(arena, 2 * strlen(part) + 3);
    char *at = pattern;
    *at++ = '%';
    for (const char *c = part; *c != 0; c++) {
        if (*c == '%' || *c == '_' || *c == '\\')
            *at++ = '\\';
        *at++ = *c;
    }
    *at++ = '%';
    *at = 0;
    return pattern;
}

enum err
claim_list_await(struct call *call, const struct claim_filter *filter, int32_t size,
                 struct page *ret_page)
{
    const char *state =
        filter->state != 0
            ? contract_enum_name(warranty_v1_claim_state_machine.states, filter->state)
            : "";
    struct db_param params[6] = {time_or_null(filter->before_time_us), db_uuid(&filter->before_id),
                                 page_limit(size), db_text(state)};
    const struct db_stmt *stmt = filter->state != 0 ? &list_state_claims : &list_claims;
    size_t param_count = 4;
    if (filter->contact[0] != 0) {
        stmt = &list_contact_claims;
        params[param_count++] = db_text(pattern_of(call->arena, filter->contact));
        params[param_count++] = db_text(filter->serial);
    } else if (filter->serial[0] != 0) {
        stmt = &list_serial_claims;
        params[param_count++] = db_text(filter->serial);
        params[param_count++] = db_text(filter->owner_id);
    } else if (filter->owner_id != NULL) {
        stmt = &list_owner_claims;
        params[param_count++] = db_text(filter->owner_id);
    }
    return page_read_await(svc_db(call->svc), call, stmt, params, param_count, size,
                           message_from_row, ret_page);
}
