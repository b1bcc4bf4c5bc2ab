/*
 * policy_source - texts that become policies: read, checked, and refused with every problem
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy_source.h"

#include <sodium.h>
#include <string.h>

#include "common/clock.h"
#include "common/policy/policy_canon.h"
#include "common/policy/policy_check.h"
#include "common/task.h"

/* A turn of the loop that has taken this long lets others run. */
enum { TURN_US = 5000, SUGGESTION_BYTES_MAX = 65536 };

/* ---- reading ---- */

/* The lists that a text wants and the installation has. */
static size_t
collect_holidays(const struct policy_wants *wants, struct policy_file *ret_files)
{
    size_t count = 0;
    for (size_t i = 0; i < wants->holiday_code_count; i++) {
        const struct policy_file *file = policyd_find_holidays(wants->holiday_codes[i]);
        if (file != NULL)
            ret_files[count++] = *file;
    }
    return count;
}

void
source_read(struct source *reading, const char *bytes, size_t size_bytes)
{
    source_close(reading);
    reading->arena = arena_new(POLICY_READ_BUDGET_BYTES);
    reading->problems.arena = reading->arena;
    struct policy_sources sources = {.main = {"", bytes, size_bytes}};
    struct policy_wants wants;
    if (!policy_read_wants(reading->arena, &sources.main, &wants, &reading->problems))
        return;
    struct policy_file *files =
        arena_alloc(reading->arena, (wants.holiday_code_count + 1) * sizeof *files);
    sources.holiday_count = collect_holidays(&wants, files);
    sources.holidays = files;
    reading->policy = policy_read(reading->arena, &sources, &reading->problems);
}

void
source_close(struct source *reading)
{
    arena_free(&reading->arena);
    *reading = (struct source){0};
}

bool
source_check_await(struct source *reading, bool suggests)
{
    bool is_fine = true;
    int64_t start_us = clock_mono_us();
    for (int part = 0; part < POLICY_CHECK_PART_COUNT; part++) {
        is_fine &=
            policy_check_part(reading->arena, reading->policy, part, suggests, &reading->problems);
        if (clock_mono_us() - start_us < TURN_US)
            continue;
        task_sleep_await(0);
        start_us = clock_mono_us();
    }
    return is_fine;
}

/* ---- telling ---- */

static Common__V1__Problem *
to_message(struct arena *arena, const struct policy_problem *problem)
{
    Common__V1__Problem *message = arena_alloc(arena, sizeof *message);
    common__v1__problem__init(message);
    message->severity = problem->severity == POLICY_ERROR ? COMMON__V1__PROBLEM__SEVERITY__ERROR
                                                          : COMMON__V1__PROBLEM__SEVERITY__WARNING;
    message->reason = arena_copy_text(arena, problem->reason);
    message->file = arena_copy_text(arena, problem->file);
    message->line = problem->line;
    message->column = problem->column;
    message->clause_id = arena_copy_text(arena, problem->clause_id);
    message->message = arena_copy_text(arena, problem->message);
    if (problem->suggestion != NULL && strlen(problem->suggestion) <= SUGGESTION_BYTES_MAX)
        message->suggestion = arena_copy_text(arena, problem->suggestion);
    return message;
}

/* Errors first: what fits not is left out from the end. */
static void
add_problems(struct arena *arena, const struct policy_problems *problems,
             enum policy_severity severity, size_t size_bytes_max, size_t *size_bytes,
             struct call_problems *list)
{
    for (size_t i = 0; i < problems->problem_count; i++) {
        if (problems->problems[i].severity != severity)
            continue;
        Common__V1__Problem *message = to_message(arena, &problems->problems[i]);
        *size_bytes += protobuf_c_message_get_packed_size(&message->base);
        if (*size_bytes > size_bytes_max)
            return;
        list->list[list->count++] = message;
    }
}

struct call_problems
source_problems(struct arena *arena, struct source *reading, size_t size_bytes_max)
{
    struct policy_problems *problems = &reading->problems;
    policy_problems_sort(problems);
    struct call_problems list = {
        arena_alloc(arena, (problems->problem_count + 1) * sizeof *list.list), 0};
    size_t size_bytes = 0;
    add_problems(arena, problems, POLICY_ERROR, size_bytes_max, &size_bytes, &list);
    add_problems(arena, problems, POLICY_WARNING, size_bytes_max, &size_bytes, &list);
    return list;
}

enum err
source_refuse(struct call *call, struct source *reading)
{
    struct call_problems problems = source_problems(call->arena, reading, CALL_PROBLEMS_BYTES_MAX);
    size_t errors = reading->problems.error_count;
    bool is_read = reading->policy != NULL;
    return call_fail_problems(call, is_read ? "POLICY_FAULTY" : "POLICY_MALFORMED", &problems,
                              "the policy %s: %zu error%s, %zu warning%s",
                              is_read ? "cannot be published" : "cannot be read", errors,
                              errors == 1 ? "" : "s", reading->problems.warning_count,
                              reading->problems.warning_count == 1 ? "" : "s");
}

/* ---- what is stored ---- */

void
source_write(const struct policy *policy, int64_t version_number, struct date effective_from,
             struct buf *out, uint8_t ret_digest[POLICY_DIGEST_BYTES])
{
    _Static_assert(POLICY_DIGEST_BYTES == crypto_hash_sha256_BYTES, "the digest is a SHA-256");
    policy_canon_write_as(policy, version_number, effective_from, out);
    crypto_hash_sha256(ret_digest, (const unsigned char *)out->bytes, out->size_bytes);
}

/* Whether a text is the policy that is stored. Its own number and day do not count: a draft may
 * have been written from a version. */
static bool
is_stored(const struct source *reading, const struct policy_row *row)
{
    uint8_t digest[POLICY_DIGEST_BYTES];
    struct buf text = {0};
    if (reading->policy == NULL)
        return false;
    source_write(reading->policy, row->version_number, row->effective_from, &text, digest);
    buf_free(&text);
    return memcmp(digest, row->digest, sizeof digest) == 0;
}

enum err
source_read_stored(struct call *call, const struct policy_row *row,
                   const struct policy_content *content, struct source *reading)
{
    if (content->source_size_bytes > 0) {
        source_read(reading, content->source, content->source_size_bytes);
        if (is_stored(reading, row))
            return OK;
    }
    source_read(reading, content->canonical, content->canonical_size_bytes);
    if (is_stored(reading, row))
        return OK;
    return call_fail(call, ERR_INTERNAL, "POLICY_UNREADABLE",
                     "a stored policy cannot be read by this program any more: %s",
                     reading->problems.problem_count > 0 ? reading->problems.problems[0].message
                                                         : "its digest is another one");
}
