/*
 * opt_out_store - the SQL of who wants no surveys
 */
// SPDX-License-Identifier: Apache-2.0
#include "invitation.h"

/* $2 person, $3 whether they want none, $4 version. An event that is tried again comes late. */
DB_STATEMENT(
    keep_opt_out, "surveys_keep_opt_out",
    "WITH " CONSUMER_TAKEN(
        "$1") ", kept AS (INSERT INTO opt_outs AS o (person_id,"
              " is_opted_out, version) SELECT $2, $3::boolean, $4 FROM taken ON CONFLICT "
              "(person_id)"
              " DO UPDATE SET is_opted_out = excluded.is_opted_out, version = excluded.version"
              " WHERE o.version < excluded.version)" CONSUMER_COUNTS);

enum err
opt_out_keep_await(struct call *call, const struct consumer_event *event, const char *person_id,
                   bool is_opted_out)
{
    const struct db_param params[] = {db_text(person_id), db_bool(is_opted_out),
                                      db_int8(event->envelope->aggregate_version)};
    return consumer_write_await(svc_db(call->svc), call, event, &keep_opt_out, params,
                                COUNT_OF(params));
}
