/*
 * version_handlers - what daemons that decide ask, and what they say
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy.h"

#include <string.h>

#include "common/clock.h"

#define DAEMON_PREFIX "system:"

enum err
policy_get_versions(struct call *call, const Policy__V1__GetVersionsRequest *req,
                    Policy__V1__GetVersionsResponse *res)
{
    struct policy_line line;
    enum err err = policy_line_await(call, &line);
    if (err != OK)
        return err;
    res->revision = line.revision;
    if (line.revision == req->known_revision)
        return OK;
    /* Read after the line: what is newer than its revision comes again with the next one. */
    const struct db_rows *rows;
    size_t count;
    err = version_list_await(call, &rows, &count);
    if (err != OK)
        return err;
    res->versions = arena_alloc(call->arena, (count + 1) * sizeof *res->versions);
    for (; res->n_versions < count; res->n_versions++)
        res->versions[res->n_versions] = version_from_row(call->arena, rows, res->n_versions);
    return OK;
}

enum err
policy_read_version(struct call *call, const Policy__V1__ReadVersionRequest *req,
                    Policy__V1__ReadVersionResponse *res)
{
    enum err err = version_piece_await(call, req->number, req->offset, &res->content);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, err, "POLICY_MISSING", "there is no version %lld",
                         (long long)req->number);
    return err;
}

enum err
policy_claim_sections(struct call *call, const Policy__V1__ClaimSectionsRequest *req,
                      Policy__V1__ClaimSectionsResponse *res UNUSED)
{
    const char *subject = call_subject(call);
    if (strncmp(subject, DAEMON_PREFIX, strlen(DAEMON_PREFIX)) != 0)
        return call_fail(call, ERR_PERMISSION_DENIED, "ROLE_MISSING", "only daemons enforce");
    return sections_claim_await(call, subject + strlen(DAEMON_PREFIX),
                                (const char *const *)req->sections, req->n_sections,
                                clock_now_us());
}
