/*
 * policy - what the parts of aftercare-policy share
 *
 * Rows as plain structs: the stores fill them, the rules and handlers read them, `..._to_message`
 * makes the answer of them. Texts live in the call's arena. What a policy says is common/policy's
 * struct policy; a row is what is known about one.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/change.h"
#include "common/page.h"
#include "common/policy/policy_read.h"
#include "common/svc.h"
#include "policy/v1/policy.contract.h"
#include "policy/v1/policy.dispatch.h"

struct policyd_config {
    const char *holidays;    /* folder; "" for none */
    unsigned page_cache_mib; /* rendered pages */
    unsigned read_cache_mib; /* policies that were read */
};

extern struct policyd_config policyd_config;

/* Reads the lists of holidays; exits, and says why, if it cannot. */
void policyd_init(void);
void policyd_deinit(void);

/* The installation's lists of holidays, each "DE.yaml". */
const struct policy_file *policyd_find_holidays(const char *code); /* NULL: there is none */

/* ---- policies: policy_store.c, policy_change_store.c ---- */

/* What is known of a policy. */
struct policy_row {
    struct uuid policy_id;
    int state;              /* Policy__V1__Policy__State */
    int64_t version_number; /* 0 in a draft */
    const char *title;
    const char *languages; /* tags with a blank between them */
    const void *digest;    /* POLICY_DIGEST_BYTES */
    struct date effective_from;
    int64_t create_time_us;
    int64_t publish_time_us; /* 0: it was not */
    int64_t revoke_time_us;  /* 0: it was not */
    const char *revoke_reason;
    int64_t version;
};

/* What a policy says: the form that is canonical, and what its author sent. */
struct policy_content {
    const char *canonical;
    size_t canonical_size_bytes;
    const char *source;
    size_t source_size_bytes;
};

/* The line of versions, as it was read. */
struct policy_line {
    int64_t revision;
    int64_t last_number;
    int64_t published_count;         /* that are not revoked */
    struct date last_effective_from; /* of those; absent: there is none */
};

/* In hexadecimal digits, in the arena. */
const char *policy_digest_print(struct arena *arena, const void *digest);
Policy__V1__Policy *policy_row_to_message(struct arena *arena, const struct policy_row *row);

/* Finds a policy by its identity or by a version's number in decimal digits. Refuses with
 * NOT_FOUND, POLICY_MISSING. */
enum err policy_row_find_await(struct call *call, const char *name,
                               struct policy_row *ret_row) MUST_CHECK;
/* The published versions that take effect on a day or before, the latest first, at most `count`;
 * ERR_NOT_FOUND: none. */
enum err policy_rows_in_force_await(struct call *call, struct date day, size_t count,
                                    struct policy_row *ret_rows, size_t *ret_count) MUST_CHECK;
/* The version before one: the last that takes effect before it; of a draft the last at all.
 * ERR_NOT_FOUND: there is none. */
enum err policy_row_before_await(struct call *call, const struct policy_row *row,
                                 struct policy_row *ret_before) MUST_CHECK;
/* ERR_ABORTED: the policy is at another version by now. */
enum err policy_content_await(struct call *call, const struct policy_row *row, bool with_source,
                              struct policy_content *ret_content) MUST_CHECK;
enum err policy_line_await(struct call *call, struct policy_line *ret_line) MUST_CHECK;

/* What a list is narrowed by, and after which row it goes on; 0 for all, and from the start. */
struct policy_filter {
    int state;
    int64_t before_time_us;
    struct uuid before_id;
};
enum err policy_list_await(struct call *call, const struct policy_filter *filter, int32_t size,
                           struct page *ret_page) MUST_CHECK;

/* Each stores `response` with the key and says `event` (change_commit_await's errors). `row` is
 * what the policy is to be; a change rests on the version before. */
enum err policy_create_await(struct call *call, const struct policy_row *row,
                             const struct policy_content *content, const ProtobufCMessage *event,
                             const ProtobufCMessage *response) MUST_CHECK;
enum err policy_replace_await(struct call *call, const struct policy_row *row,
                              const struct policy_content *content, const ProtobufCMessage *event,
                              const ProtobufCMessage *response) MUST_CHECK;
/* `row` is the draft as it was read. */
enum err policy_delete_await(struct call *call, const struct policy_row *row,
                             const ProtobufCMessage *event,
                             const ProtobufCMessage *response) MUST_CHECK;
/* These two rest on the line as it was read, too. */
enum err policy_publish_await(struct call *call, const struct policy_row *row,
                              const struct policy_line *line, const struct policy_content *content,
                              const ProtobufCMessage *event,
                              const ProtobufCMessage *response) MUST_CHECK;
enum err policy_revoke_await(struct call *call, const struct policy_row *row,
                             const struct policy_line *line, const ProtobufCMessage *event,
                             const ProtobufCMessage *response) MUST_CHECK;

/* ---- what daemons ask and say: version_store.c ---- */

/* All versions that were ever published, by number; none is fine. */
enum err version_list_await(struct call *call, const struct db_rows **ret_rows,
                            size_t *ret_count) MUST_CHECK;
Policy__V1__GetVersionsResponse__Version *version_from_row(struct arena *arena,
                                                           const struct db_rows *rows, size_t row);
/* A piece of a version's canonical form; ERR_NOT_FOUND: no such version. */
enum err version_piece_await(struct call *call, int64_t number, int64_t offset,
                             ProtobufCBinaryData *ret_piece) MUST_CHECK;

enum err sections_claim_await(struct call *call, const char *service, const char *const *sections,
                              size_t section_count, int64_t now_us) MUST_CHECK;
/* The sections that daemons claimed since `since_us`, by name; in the call's arena. */
enum err sections_enforced_await(struct call *call, int64_t since_us,
                                 struct policy_codes *ret_sections) MUST_CHECK;

/* ---- staff: staff_store.c ---- */

struct staff_row {
    struct uuid staff_id;
    const char *subject;
    int role;             /* Common__V1__Role */
    const char *position; /* "" for none */
    bool has_authority;
    int64_t authority_minor;
    const char *currency_code;
    int64_t create_time_us;
    int64_t version;
};

Policy__V1__StaffMember *staff_to_message(struct arena *arena, const struct staff_row *row);

enum err staff_read_await(struct call *call, const char *subject,
                          struct staff_row *ret_row) MUST_CHECK;
/* `position` "" and `role` 0 for all. */
enum err staff_list_await(struct call *call, const char *position, int role,
                          const char *after_subject, int32_t size,
                          struct page *ret_page) MUST_CHECK;
enum err staff_create_await(struct call *call, const struct staff_row *row,
                            const ProtobufCMessage *event,
                            const ProtobufCMessage *response) MUST_CHECK;
enum err staff_update_await(struct call *call, const struct staff_row *row,
                            const ProtobufCMessage *event,
                            const ProtobufCMessage *response) MUST_CHECK;
enum err staff_delete_await(struct call *call, const struct staff_row *row,
                            const ProtobufCMessage *event,
                            const ProtobufCMessage *response) MUST_CHECK;
