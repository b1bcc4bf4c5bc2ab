/*
 * policies - the published policy in a daemon that decides by it
 *
 * The versions that a daemon uses stand in its own schema (common/policies.sql), so it decides also
 * while the policy daemon is down. At the start they are read from there; then new ones are asked
 * for once a minute, and as soon as a test clock is moved. A version that came is fetched in
 * pieces, compared with its digest, checked, stored, and becomes part of a new line: all versions
 * that were not revoked, and an engine over them. The new line takes the old one's place at once.
 *
 *     policies = policies_open(svc, &(struct policies_options){.sections = sections, ...});
 *     ...
 *     const struct policies_line *line;
 *     enum err err = policies_need(policies, call, &line);
 *     if (err == OK)
 *         err = policy_decide(call->arena, line->engine, &question, &decision, &call->fault);
 *
 * Invariants
 *   (1) A line never changes. It stays valid for POLICIES_KEEP_MS after another took its place:
 *       longer than any call lasts, so whoever got it in a call may use it, and what borrows from
 *       it, until that call is answered. Nobody keeps it beyond.
 *   (2) Versions are never changed and never forgotten, so a later line has all of an earlier one's
 *       apart from those that were revoked before they took effect.
 *   (3) /readyz says no until there is a version. Calls that come while the daemon still reads its
 *       own versions wait for that, for two seconds at most.
 *
 * Not part of the pure libraries, and not of `common`, which those rest on: the library `policies`.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide.h"
#include "common/svc.h"

struct policies;

enum { POLICIES_KEEP_MS = 180 * 1000 };

/* What a daemon says of itself. Everything is borrowed and must outlive it. */
struct policies_options {
    /* Ids of the sections of the policy that this daemon enforces, as "warranty": staff see the
     * others marked. */
    const char *const *sections;
    size_t section_count;
};

/* The versions that count, and the engine that decides by them. */
struct policies_line {
    struct policy_set set;
    struct policy_engine *engine;
};

/* After svc_serve. Registers with svc_on_ready; a daemon that has more to ask there registers its
 * own function afterwards, which asks policies_reason_not_ready too. */
struct policies *policies_open(struct svc *svc, const struct policies_options *options);
/* After svc_run, before svc_deinit. NULL is fine. */
void policies_close(struct policies **policies);

/* The line as it is now; NULL before there is a version. */
const struct policies_line *policies_get(const struct policies *policies);

/* The same for a call that cannot do without: ERR_UNAVAILABLE, POLICY_NONE. */
enum err policies_need(const struct policies *policies, struct call *call,
                       const struct policies_line **ret_line) MUST_CHECK;

/* The version in force now, by the clock of the newest one's zone: versions begin days apart, so
 * the day of one zone is near enough to find it. */
const struct policy *policies_in_force(const struct policies_line *line);

/* Why the daemon cannot decide; NULL: it can. `policies` is a struct policies. */
const char *policies_reason_not_ready(void *policies);
