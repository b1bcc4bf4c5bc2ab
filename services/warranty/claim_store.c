/*
 * claim_store - all SQL for claims
 */
// SPDX-License-Identifier: Apache-2.0
#include "warranty.h"

#include "warranty/v1/warranty.contract.h"

#define SELECT_CLAIMS                                                                              \
    "SELECT claim_id, serial, state, cause, description, contact_name, contact_email, "            \
    "contact_phone, report_date,"                                                                  \
    " outcome, last_date, clause_id, owner_id, create_time, version FROM claims "

/* $1 and $2: the row to go on after, newest first; null for the first page. $3 how many, $4 state
 * or ''. */
#define PAGE                                                                                       \
    " ($1::timestamptz IS NULL OR (create_time, claim_id) < ($1, $2::uuid)) AND ($4 = '' OR "      \
    "state = $4)"                                                                                  \
    " ORDER BY create_time DESC, claim_id DESC LIMIT $3"

DB_STATEMENT(read_claim, "warranty_read_claim", SELECT_CLAIMS "WHERE claim_id = $1");

/* One text for each way to narrow, so that each has its index. */
DB_STATEMENT(list_claims, "warranty_list_claims", SELECT_CLAIMS "WHERE" PAGE);
DB_STATEMENT(list_serial_claims, "warranty_list_serial_claims",
             SELECT_CLAIMS "WHERE serial = $5 AND ($6::text IS NULL OR owner_id = $6) AND" PAGE);
DB_STATEMENT(list_owner_claims, "warranty_list_owner_claims",
             SELECT_CLAIMS "WHERE owner_id = $5 AND" PAGE);

/* $14 claim, $15 serial, $16 state, $17 cause, $18 description, $19 name, $20 e-mail, $21 phone,
 * $22 report date, $23 outcome, $24 last date, $25 clause, $26 owner. */
DB_STATEMENT(
    create_claim, "warranty_create_claim",
    "WITH locked AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM claims WHERE claim_id = "
    "$14)), " CHANGE_KEYED
    ", changed AS (INSERT INTO claims (claim_id, serial, state, cause, description, contact_name,"
    " contact_email, contact_phone, report_date, outcome, last_date, clause_id, owner_id, "
    "create_time)"
    " SELECT $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $5 FROM keyed"
    " RETURNING version), " CHANGE_SAID CHANGE_COUNTS);

/* $14 claim, $15 the version that was read, $16 state. */
DB_STATEMENT(move_claim, "warranty_move_claim",
             "WITH locked AS (SELECT claim_id FROM claims WHERE claim_id = $14 AND version = $15 "
             "FOR UPDATE),"
             " " CHANGE_KEYED
             ", changed AS (UPDATE claims SET state = $16, version = version + 1 FROM keyed"
             " WHERE claim_id = $14 RETURNING version), " CHANGE_SAID CHANGE_COUNTS);

static const char *
state_name(int state)
{
    return contract_enum_name(warranty_v1_claim_state_machine.states, state);
}

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

static struct claim
claim_from_row(const struct db_rows *rows, size_t row)
{
    return (struct claim){
        .claim_id = db_get_uuid(rows, row, 0),
        .serial = db_get_text(rows, row, 1),
        .state = value_of(warranty_v1_claim_state_machine.states, db_get_text(rows, row, 2)),
        .cause = db_get_text(rows, row, 3),
        .description = db_get_text(rows, row, 4),
        .contact_name = db_get_text(rows, row, 5),
        .contact_email = db_get_text(rows, row, 6),
        .contact_phone = db_get_text(rows, row, 7),
        .report_date = db_get_date(rows, row, 8),
        .outcome =
            value_of(&warranty__v1__coverage__outcome__descriptor, db_get_text(rows, row, 9)),
        .last_date = db_get_date(rows, row, 10),
        .clause_id = db_get_text(rows, row, 11),
        .owner_id = db_get_text(rows, row, 12),
        .create_time_us = db_get_time(rows, row, 13),
        .version = db_get_int8(rows, row, 14),
    };
}

enum err
claim_read_await(struct call *call, const struct uuid *claim_id, struct claim *ret_claim)
{
    const struct db_param params[] = {db_uuid(claim_id)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_claim, params, COUNT_OF(params), &rows);
    if (err == OK)
        *ret_claim = claim_from_row(rows, 0);
    return err;
}

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
    struct claim claim = claim_from_row(rows, row);
    return claim_to_message(arena, &claim);
}

enum err
claim_list_await(struct call *call, const struct claim_filter *filter, int32_t size,
                 struct page *ret_page)
{
    struct db_param params[6] = {time_or_null(filter->before_time_us), db_uuid(&filter->before_id),
                                 page_limit(size),
                                 db_text(filter->state != 0 ? state_name(filter->state) : "")};
    const struct db_stmt *stmt = &list_claims;
    size_t param_count = 4;
    if (filter->serial[0] != 0) {
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

static enum err
commit_await(struct call *call, const struct claim *claim, const struct db_stmt *stmt,
             const struct db_param *params, size_t param_count, const ProtobufCMessage *event,
             const struct contract_message *event_contract, const ProtobufCMessage *response)
{
    char claim_id[UUID_TEXT_SIZE];
    uuid_print(&claim->claim_id, claim_id);
    const struct change change = {
        .stmt = stmt,
        .is_creation = stmt == &create_claim,
        .time_us = stmt == &create_claim ? claim->create_time_us : 0,
        .params = params,
        .param_count = param_count,
        .aggregate_id = claim_id,
        .owner_id = claim->owner_id,
        .unit_serial = claim->serial,
        .event_contract = event_contract,
        .event = event,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}

enum err
claim_create_await(struct call *call, const struct claim *claim, const ProtobufCMessage *event,
                   const ProtobufCMessage *response)
{
    const struct db_param params[] = {
        db_uuid(&claim->claim_id),
        db_text(claim->serial),
        db_text(state_name(claim->state)),
        db_text(claim->cause),
        db_text(claim->description),
        db_text_or_null(claim->contact_name),
        db_text_or_null(claim->contact_email),
        db_text_or_null(claim->contact_phone),
        db_date(claim->report_date),
        db_text(contract_enum_name(&warranty__v1__coverage__outcome__descriptor, claim->outcome)),
        db_date(claim->last_date),
        db_text(claim->clause_id),
        db_text_or_null(claim->owner_id),
    };
    return commit_await(call, claim, &create_claim, params, COUNT_OF(params), event,
                        &warranty_v1_claim_submitted_contract, response);
}

enum err
claim_move_await(struct call *call, const struct claim *claim, const ProtobufCMessage *event,
                 const struct contract_message *event_contract, const ProtobufCMessage *response)
{
    const struct db_param params[] = {db_uuid(&claim->claim_id), db_int8(claim->version - 1),
                                      db_text(state_name(claim->state))};
    return commit_await(call, claim, &move_claim, params, COUNT_OF(params), event, event_contract,
                        response);
}
