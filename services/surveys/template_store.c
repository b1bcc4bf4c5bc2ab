/*
 * template_store - all SQL for templates
 *
 * A template is kept packed, once for each of its versions.
 */
// SPDX-License-Identifier: Apache-2.0
#include "surveys.h"

#include "common/message.h"

#define READ                                                                                       \
    "SELECT t.template_id, v.content, v.version, t.create_time FROM templates t"                   \
    " JOIN template_versions v ON v.template_id = t.template_id AND v.version = "

/* $2 0: the last version. */
DB_STATEMENT(read_template, "surveys_read_template",
             READ "CASE WHEN $2::bigint = 0 THEN t.version ELSE $2::bigint END"
                  " WHERE t.template_id = $1");

DB_STATEMENT(find_template, "surveys_find_template",
             READ "t.version WHERE t.trigger = $1 AND t.is_enabled");

DB_STATEMENT(list_templates, "surveys_list_templates",
             READ "t.version WHERE t.template_id > $1 ORDER BY t.template_id LIMIT $2");

/* $14 template, $15 trigger, $16 enabled, $17 content. */
DB_STATEMENT(create_template, "surveys_create_template",
             "WITH locked AS (SELECT 1 WHERE NOT EXISTS"
             " (SELECT FROM templates WHERE template_id = $14)), " CHANGE_KEYED
             ", changed AS (INSERT INTO templates (template_id, trigger, is_enabled, create_time)"
             " SELECT $14, $15, $16, $5 FROM keyed RETURNING version),"
             " kept AS (INSERT INTO template_versions (template_id, version, content)"
             " SELECT $14, version, $17 FROM changed), " CHANGE_SAID CHANGE_COUNTS);

/* As above, and $18 the version that was read. */
DB_STATEMENT(update_template, "surveys_update_template",
             "WITH locked AS (SELECT template_id FROM templates"
             " WHERE template_id = $14 AND version = $18 FOR UPDATE), " CHANGE_KEYED
             ", changed AS (UPDATE templates SET trigger = $15, is_enabled = $16,"
             " version = version + 1 FROM keyed WHERE template_id = $14 RETURNING version),"
             " kept AS (INSERT INTO template_versions (template_id, version, content)"
             " SELECT $14, version, $17 FROM changed), " CHANGE_SAID CHANGE_COUNTS);

static void *
make_template(struct arena *arena, const struct db_rows *rows, size_t row)
{
    size_t size_bytes;
    const uint8_t *content = db_get_bytea(rows, row, 1, &size_bytes);
    ProtobufCMessage *message;
    struct fault fault;
    /* It was packed by this service, of a message that kept its contract. */
    CHECK(contract_unpack(arena, &surveys_v1_template_contract, content, size_bytes, &message,
                          &fault) == OK);
    Surveys__V1__Template *template = (Surveys__V1__Template *)message;
    template->version = db_get_int8(rows, row, 2);
    template->create_time = message_time(arena, db_get_time(rows, row, 3));
    return template;
}

static enum err
read_one_await(struct call *call, const struct db_stmt *stmt, const struct db_param *params,
               size_t param_count, Surveys__V1__Template **ret_template)
{
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, stmt, params, param_count, &rows);
    if (err == OK)
        *ret_template = make_template(call->arena, rows, 0);
    return err;
}

enum err
template_read_await(struct call *call, const char *template_id, int64_t version,
                    Surveys__V1__Template **ret_template)
{
    const struct db_param params[] = {db_text(template_id), db_int8(version)};
    return read_one_await(call, &read_template, params, COUNT_OF(params), ret_template);
}

enum err
template_find_await(struct call *call, const char *trigger, Surveys__V1__Template **ret_template)
{
    const struct db_param params[] = {db_text(trigger)};
    return read_one_await(call, &find_template, params, COUNT_OF(params), ret_template);
}

enum err
template_list_await(struct call *call, const char *after, int32_t size, struct page *ret_page)
{
    const struct db_param params[] = {db_text(after), page_limit(size)};
    return page_read_await(svc_db(call->svc), call, &list_templates, params, COUNT_OF(params), size,
                           make_template, ret_page);
}

static enum err
write_await(struct call *call, const Surveys__V1__Template *template, int64_t version_before,
            struct change *change)
{
    const struct db_param params[] = {
        db_text(template->template_id), db_text(template->trigger),
        db_bool(template->is_enabled),  db_message(call->arena, &template->base),
        db_int8(version_before),
    };
    change->params = params;
    change->param_count = COUNT_OF(params) - (change->is_creation ? 1 : 0);
    change->aggregate_id = template->template_id;
    change->owner_id = "";
    change->unit_serial = "";
    return change_commit_await(svc_db(call->svc), call, change);
}

enum err
template_create_await(struct call *call, const Surveys__V1__Template *template,
                      const ProtobufCMessage *event, const ProtobufCMessage *response)
{
    struct change change = {
        .stmt = &create_template,
        .is_creation = true,
        .time_us = message_get_time(template->create_time),
        .event_contract = &surveys_v1_template_created_contract,
        .event = event,
        .response = response,
    };
    return write_await(call, template, 0, &change);
}

enum err
template_update_await(struct call *call, const Surveys__V1__Template *template,
                      const ProtobufCMessage *event, const ProtobufCMessage *response)
{
    struct change change = {
        .stmt = &update_template,
        .event_contract = &surveys_v1_template_updated_contract,
        .event = event,
        .response = response,
    };
    return write_await(call, template, template->version - 1, &change);
}
